"""The evidence that ships with the program: which ranking caught most where it was tested, and what to say of it.

`data/evidence.json` is written by ``python -m benchmarks.evidence``; docs/backtest.md and the Method page say what
stands in it. Only figures are in it, no incident.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from hotspots.backtest.compare import MEASURE, TIE_DECIMALS, paired, shares
from hotspots.base import choices
from hotspots.base.errors import HotspotsError
from hotspots.base.shipped import DATA

FILE = DATA / "evidence.json"
LABELS = {
    **choices.METHODS, "harm-decay": "Harm days, older ones fading", "kde": "Kernel density of harm",
    "gi": "Gi* of harm", "gbm": "Gradient-boosted trees",
}  # fmt: skip
QUICK = ("count", "harm", "harm-sqrt", "harm-cap", "harm-decay", "gi", "expected-harm")  # seconds, not minutes
AGAINST = "count"
CAUTION = (
    "The form of expected harm was settled while looking at these same two cities, though each of its rankings sees the"
    " past only: expect a smaller lead elsewhere. Neighbouring origins share months, so these are fewer independent"
    " tests than they look."
)
COMPARED = (
    "method", "share_caught", "pei", "pai", "difference", "ci_low", "ci_high", "wins", "draws", "losses", "n_origins",
)  # fmt: skip


@cache
def load(path: Path = FILE) -> dict[str, Any]:
    """What `data/evidence.json` holds. HotspotsError where it is missing or not such a file."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise HotspotsError(f"The evidence {path.name} cannot be read: run python -m benchmarks.evidence.") from error
    if not isinstance(found, dict) or not {"about", "tests", "calibration", "by_offence"} <= set(found):
        raise HotspotsError(f"{path.name} is not a file of evidence: run python -m benchmarks.evidence.")
    return found


def unfold(part: dict[str, Any]) -> pd.DataFrame:
    """The table that was stored as its columns and rows."""
    return pd.DataFrame(part["rows"], columns=part["columns"])


def one_of(evidence: dict[str, Any], key: str) -> dict[str, Any]:
    """One of the tests, by its key."""
    found = [t for t in evidence["tests"] if t["key"] == key]
    if len(found) != 1:
        raise HotspotsError(f"The evidence holds no test '{key}'.")
    return dict(found[0])


def compared(found: pd.DataFrame, against: str = AGAINST) -> pd.DataFrame:
    """`COMPARED`, best first, from a table of `hotspots.backtest.run.backtest`; differences are against one method."""
    table = paired(found, against)
    names = {f"mean_{MEASURE}": "share_caught", "mean_pei": "pei", "mean_pai": "pai"}
    return table.rename(columns=names)[list(COMPARED)]


def against_best_other(found: pd.DataFrame, method: str) -> dict[str, Any]:
    """A method against the best of the others: other, difference, ci_low, ci_high, wins, draws, losses, n_origins."""
    means = shares(found).drop(columns=method).mean().to_dict()
    other = max(means, key=lambda name: means[name])
    row = row_of(paired(found, str(other)), method)
    names = ("difference", "ci_low", "ci_high", "wins", "draws", "losses", "n_origins")
    return {"other": str(other), **{n: row[n] for n in names}}


def row_of(table: pd.DataFrame, method: str) -> dict[str, Any]:
    """The line of a method as plain values. HotspotsError where it was not tested."""
    found = table[table["method"] == method].to_dict("records")
    if len(found) != 1:
        raise HotspotsError(f"The method '{method}' was not tested.")
    return {str(k): v for k, v in found[0].items()}


def label(method: str) -> str:
    """A method's name as a reader sees it."""
    return LABELS.get(method, method)


def in_words(method: str) -> str:
    """The same inside a sentence: 'expected harm', 'the number of incidents', 'Gi* of harm'."""
    name = label(method)
    if method == AGAINST:
        return f"the {name.lower()}"
    return name if name.startswith("Gi") else name[0].lower() + name[1:]


def points(share: float) -> str:
    """0.0035 → '+0.35'; percentage points. A real minus sign, so that it cannot be read as a dash."""
    return f"{100 * share:+.2f}".replace("-", "−").replace("−0.00", "0.00").replace("+0.00", "0.00")


def interval(row: Any) -> str:
    """' (95% interval −0.02 to +0.70)'; '' where there is none."""
    if row["ci_low"] is None or row["ci_low"] != row["ci_low"]:
        return ""
    return f" (95% interval {points(row['ci_low'])} to {points(row['ci_high'])})"


def at_origins(row: Any) -> str:
    """'7 of 7 origins', '8 of 14 origins and equal at 3'."""
    tied = f" and equal at {int(row['draws'])}" if row["draws"] else ""
    return f"{int(row['wins'])} of {int(row['n_origins'])} origin{'s' if row['n_origins'] != 1 else ''}{tied}"


def difference(row: Any) -> str:
    """'+0.35 (+0.02 to +0.70)'; '–' for the count itself."""
    if row["method"] == AGAINST:
        return "–"
    return points(row["difference"]) + interval(row).replace("95% interval ", "")


def more(row: Any) -> str:
    """'7 of 7', '3 of 7, 1 equal'; '–' for the count itself."""
    if row["method"] == AGAINST:
        return "–"
    tied = f", {int(row['draws'])} equal" if row["draws"] else ""
    return f"{int(row['wins'])} of {int(row['n_origins'])}{tied}"


def stands(row: Any) -> str:
    """'more', 'less' or 'equal': whether the difference is beyond its interval; 'unsure' where 0 lies inside."""
    if round(row["difference"], TIE_DECIMALS) == 0:
        return "equal"
    if row["ci_low"] is None or row["ci_low"] != row["ci_low"] or row["ci_low"] <= 0 <= row["ci_high"]:
        return "unsure"
    return "more" if row["difference"] > 0 else "less"


def default_sentences(table: pd.DataFrame, other: dict[str, Any], default: str = choices.DEFAULT_METHOD) -> list[str]:
    """How much the default catches, by how much more than a count and the best other method, and how sure that is.

    ``table``: of `compared` against the count; ``other``: of `against_best_other` for the default.
    """
    own = row_of(table, default)
    words = [
        f"{label(default)} caught {own['share_caught']:.2%} of later harm (PEI {own['pei']:.2f}):"
        f" {points(own['difference'])} percentage points against the number of incidents{interval(own)}, more at"
        f" {at_origins(own)}."
    ]
    second = (
        f"The best of the other methods is {in_words(other['other'])}: the default caught"
        f" {points(other['difference'])} points against it{interval(other)}, more at {at_origins(other)}."
    )
    surety = {
        "more": "", "less": " Here the default is beaten.", "equal": " The two are equal.",
        "unsure": " This does not show which of the two is better.",
    }[stands(other)]  # fmt: skip
    if other["other"] != AGAINST:
        words.append(second + surety)
    elif surety:
        words.append(surety.strip())
    return words


def short_of(evidence: dict[str, Any]) -> list[str]:
    """A line for each test in which the default is not the best, or not surely better than a count."""
    lines = []
    for test in evidence["tests"]:
        table = unfold(test["summary"])
        own, best = row_of(table, choices.DEFAULT_METHOD), table.to_dict("records")[0]
        if best["method"] != own["method"]:
            gap = 100 * (best["share_caught"] - own["share_caught"])
            lines.append(
                f"{test['title']}: {in_words(best['method'])} caught {best['share_caught']:.2%},"
                f" {in_words(own['method'])} {own['share_caught']:.2%}, {gap:.2f} points less."
            )
        elif stands(own) != "more":
            lines.append(
                f"{test['title']}: it came first, but its lead over the number of incidents may be chance:"
                f" {points(own['difference'])} points{interval(own)}."
            )
    return lines + short_by_offence(evidence["by_offence"])


def short_by_offence(part: dict[str, Any]) -> list[str]:
    """A line for each simulated mix of offences in which expected harm is not the best on average."""
    lines = []
    for row in by_offence_means(part).to_dict("records"):
        best = max(part["methods"], key=lambda m: row[m])
        if best != choices.EXPECTED:
            lines.append(
                f"{row['city']}, weights by offence, mixes {row['spread']}: {in_words(best)} caught {row[best]:.2%},"
                f" expected harm {row[choices.EXPECTED]:.2%}, on average over the seeds."
            )
    return lines


def band(low: float, high: float) -> str:
    """'80–95%'."""
    return f"{100 * low:.0f}–{100 * high:.0f}%"


def calibration_sentences(rows: pd.DataFrame, figure: str = "p_top_next") -> list[str]:
    """'Of 60 cells said to be 80–95% likely (87% on average), 87% were (95% interval 76–93%).', likeliest first."""
    said = {"p_top_next": "to be in the next period's top", "p_top": "to belong in the top"}[figure]
    own = rows[rows["figure"] == figure].sort_values("low", ascending=False)
    return [
        f"Of {r['n_cells']:,} cells said to be {band(r['low'], r['high'])} likely {said}"
        f" ({percent(r['mean_stated'])} on average), {percent(r['share_in_top'])} were"
        f" (95% interval {percent(r['ci_low'])} to {percent(r['ci_high'])})."
        for r in own.to_dict("records")
    ]


def percent(share: float) -> str:
    """'87%'; one decimal below 1%."""
    return f"{share:.1%}" if share < 0.01 else f"{share:.0%}"


def within_interval(rows: pd.DataFrame) -> tuple[int, int]:
    """(bins whose mean p_top_next lies inside the interval of what came, bins)."""
    own = rows[rows["figure"] == "p_top_next"]
    inside = (own["ci_low"] <= own["mean_stated"]) & (own["mean_stated"] <= own["ci_high"])
    return int(inside.sum()), len(own)


def by_offence_means(part: dict[str, Any]) -> pd.DataFrame:
    """Mean share caught over the seeds: one line per city and spread of mixes, one column per method."""
    table = unfold(part["table"])
    return table.groupby(["city", "spread"], sort=False)[list(part["methods"])].mean().reset_index()
