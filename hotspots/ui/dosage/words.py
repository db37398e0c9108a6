"""The sentences of the Patrol dosage page: what was delivered, in plain words, from the tables of a dose."""

from __future__ import annotations

import pandas as pd

from hotspots.base.words import counted, joined
from hotspots.charts.dosage import ABOVE, BELOW, Bands, hours_shares

DOSAGE, LOG_FORM, RECONCILED = "dosage", "log", "reconciled"
PARTS = {DOSAGE: "Dosage", LOG_FORM: "Log form", RECONCILED: "Logs against positions"}
NO_REGISTER = (
    "Patrols are counted in frozen hot spots, and none is frozen yet. On the page Hot spots choose “Areas” and"
    " freeze them."
)
NO_PATROLS = (
    "There are no positions and no patrol log here yet. Import them on the page Data, or enter patrols under the part"
    " “Log form”."
)
NO_HOT_SPOTS = (
    "No hot spot of this register was in force on these days in this BCU. Choose other days, another BCU or another"
    " register."
)
NO_DATA = (
    "No unit sent positions on these days, and no log covers them. That does not mean that nobody patrolled. Choose"
    " other days, or import what is missing on the page Data."
)
NO_LOGS = (
    "There is no log entry on these days, so there is nothing to compare with the positions. Enter patrols under “Log"
    " form”, import a patrol log on the page Data, or choose other days."
)
GRID_HELP = (
    "In each cell: patrol-minutes, the time with anyone there. ▼ below and ▲ above the target. “–” is no data, which is"
    " not the same as no patrol. Point at a cell to see its visits, or open the table below."
)
GRID_LOGS = " “L”: from logs only."
HOURS_HELP = (
    "In each cell: patrol-minutes in that hour of the week, over all days shown; the darker, the more. Blank: none."
)
HOURS_RINGED = " Orange frame: a hot hour, one of the quarter of the week with most incidents."
TARGETS_HELP = (
    "Patrol-minutes that a hot spot should get in a patrol day. Where none is set, {minutes} for each treated one. A"
    " target holds from its day on, until a later one; what was set before stays in the list."
)
MASKS_HELP = (
    "Being at a masked site is no patrol, and the minutes there are in no figure above. Sites are masked from a file,"
    " with a reason for each: python -m hotspots dosage mask FILE; dosage unmask lifts one."
)
SHIFTS_HELP = "Each unit's shift, from its first to its last position. A code stands for the unit and names nobody."
COVERAGE_HELP = (
    "Where units sent fewer positions than usual, the minutes above are too low, not the patrols. “Tracked” is the part"
    " of the time on shift with positions."
)
WHAT_COUNTS = (
    "Where positions of its unit cover at least {share} of an entry, the dose takes the positions; elsewhere it takes"
    " the log. No entry is changed."
)
NAMED = 3  # hot spots named in a headline; the lists below name all


def headline(part: pd.DataFrame) -> str:
    """``5 of 6 treated hot spots had their dose; Leyland centre got 41% of its target. No data for 1.``"""
    treated = part[part["role"] == "treated"]
    if treated.empty:
        return "no hot spot of the register is treated here."
    verdicts = treated["verdict"]
    judged = treated[verdicts.isin(["underdosed", "on target", "overdosed"])]
    return " ".join(filter(None, (judged_words(judged), unjudged_words(verdicts))))


def judged_words(judged: pd.DataFrame) -> str:
    """Of the treated hot spots with data and a target, how many had their dose; the worst by name."""
    if judged.empty:
        return ""
    under = judged[judged["verdict"] == "underdosed"].sort_values(["share_of_target", "area"])
    one, whose = ("hot spot", "its") if len(judged) == 1 else ("hot spots", "their")
    text = f"{len(judged) - len(under):,} of {len(judged):,} treated {one} had {whose} dose"
    if under.empty:
        return text + "."
    worst = under.head(NAMED).to_dict("records")
    shares = joined(f"{row['name']} got {percent(row['share_of_target'])}" for row in worst)
    rest = f" ({len(under) - len(worst)} more below)" if len(under) > len(worst) else ""
    return f"{text}; {shares} of {'its' if len(worst) == 1 else 'their'} target{rest}."


def unjudged_words(verdicts: pd.Series) -> str:
    """Treated hot spots of which nothing can be said, and why."""
    silent, aimless = int((verdicts == "no data").sum()), int((verdicts == "no target").sum())
    words = []
    if silent == len(verdicts):
        words.append(f"no data for its {counted(silent, 'treated hot spot')}: how much was patrolled is not known.")
    elif silent:
        words.append(f"No data for {silent}.")
    if aimless:
        words.append(f"{counted(aimless, 'treated hot spot')} without a target.")
    return " ".join(words)


def named_by_verdict(summary: pd.DataFrame, bands: Bands) -> list[str]:
    """All under- and overdosed hot spots by name, worst first, each with its share of the target."""
    lines = []
    for verdict, words, rising in (
        ("underdosed", f"{BELOW} Underdosed (less than {percent(bands.under)} of target)", True),
        ("overdosed", f"{ABOVE} Overdosed (more than {percent(bands.over)} of target)", False),
    ):
        found = summary[summary["verdict"] == verdict].sort_values(
            ["share_of_target", "area"], ascending=[rising, True]
        )
        if len(found):
            lines.append(f"{words}: {'; '.join(named_shares(found, bands))}.")
    return lines


def named_shares(found: pd.DataFrame, bands: Bands) -> list[str]:
    """'Leyland centre 41%'; a comparison area is marked as one. Next to the limit a decimal more: 120.3%, not 120%."""
    limits = {percent(bands.under), percent(bands.over)}
    shares = [(s, percent(s)) for s in found["share_of_target"]]
    texts = [f"{100 * s:.1f}%" if text in limits else text for s, text in shares]
    return [
        f"{row['name']} {text}" + ("" if row["role"] == "treated" else f" ({row['role']})")
        for row, text in zip(found.to_dict("records"), texts, strict=True)
    ]


def percent(share: float) -> str:
    return f"{100 * share:.0f}%"


def hours_sentence(hours: pd.DataFrame, why_not: str) -> str:
    """``38% of the minutes fell in the hot hours, which hold 61% of the incidents and are 25% of the week.``

    Where no hour is hot, the reason.
    """
    if not hours["hot"].fillna(False).astype(bool).any():
        return f"No hour is marked as hot. {why_not or 'No incident with a time of day lies here.'}"
    shares = hours_shares(hours)
    if shares is None:
        return "There are no patrol-minutes here in these days, so no part of them fell in the hot hours."
    minutes, incidents, week = (percent(share) for share in shares)
    return (
        f"{minutes} of the minutes fell in the hot hours, which hold {incidents} of the incidents and are {week} of the"
        " week."
    )
