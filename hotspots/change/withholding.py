"""When an interval that says fell or rose is not believed, and why: the figure would show as much with nothing done."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from hotspots.base.months import Window, month_text
from hotspots.change.estimates import CANT_TELL, FELL, ROSE
from hotspots.change.evidence import Evidence
from hotspots.change.places import COMPARISON, TREATED
from hotspots.change.settling import APART, INSIDE, Settled, back, position_of
from hotspots.change.words import p_words

# Estimates against the comparison: all of them; those of hot spots; those that start from what was counted before.
RINGS = ("ring", "ring_wdd")
RAW = ("panel", "panel_nb", "wdd", "wdd_km2")
AGAINST = (*RAW, "expected", "single")
# Lancashire's archive, 30 windows and BCUs with nothing done: docs/method.md, "How often it is wrong".
REST = (
    "The worst cells fall against the rest of a force by themselves: regression to the mean (in 7 of 30 trials on open"
    " data where nothing was done, in 21 by a plain panel)."
)


@dataclass(frozen=True)
class Reason:
    """Why rows get no verdict. ``code``: as in the column withheld; ``words``: a sentence and the way out."""

    code: str
    rows: tuple[str, ...]
    words: str


def reasons(evidence: Evidence, trend_p: float, below: float, unlike: float) -> list[Reason]:
    """Every reason that applies to a question, most serious first.

    ``trend_p``: of the trend before the start, ``below``: at which it withholds; ``unlike``: the share of days in other
    months from which the windows are of unlike seasons.
    """
    asked = evidence.asked
    rest = REST if evidence.instead else f"{REST} Compare with matched places."
    raw = RAW if asked.question.baseline == "expected" else (*RAW, "single")
    found = [
        Reason("choice", (*AGAINST, *RINGS), apart_words(asked)) if asked.position == APART else None,
        Reason("rest", AGAINST, rest) if asked.question.comparison == "rest" and asked.position == INSIDE else None,
        Reason("bcu", (*AGAINST, *RINGS), bcu_words(evidence)) if other_bcus(evidence) else None,
        Reason("seasons", (*AGAINST, *RINGS), season_words(asked)) if unlike_months(asked) > unlike else None,
        Reason("paths", AGAINST, path_words(trend_p)) if trend_p < below and asked.position not in (APART, INSIDE)
        else None,
        Reason("selection", raw, SELECTION) if not all(asked.untouched) else None,
    ]  # fmt: skip
    return [reason for reason in found if reason]


def without_verdicts(table: pd.DataFrame, why: list[Reason]) -> pd.DataFrame:
    """No row says fell or rose for which there is a reason; the first stands in ``withheld`` and before its note."""
    rows = []
    for row in table.to_dict("records"):
        mine = [r for r in why if row["estimate_of"] in r.rows and row["verdict"] in (FELL, ROSE)]
        for reason in mine[:1]:
            row |= {"verdict": CANT_TELL, "withheld": reason.code, "note": f"{reason.words} {row['note']}".strip()}
        rows.append(row)
    return pd.DataFrame(rows, columns=table.columns)


SELECTION = (
    "Its count before is partly chance, for places were chosen or matched by it: what follows differs from it with"
    " nothing done, as built_in shows. Read the estimate from the expected level."
)


def apart_words(asked: Settled) -> str:
    chosen = asked.choice.window or asked.before
    first, last = chosen.start, min(chosen.end, asked.after.start - timedelta(days=1))
    return (
        f"These places were chosen by figures of {chosen}, and that lies between the two windows or in part of the"
        " window before: what they had in either was partly chance, so they rise or fall with nothing done. Take a"
        f" window before that holds those months: --before-from {first} --before-to {last}."
    )


def other_bcus(evidence: Evidence) -> bool:
    """Whether places are compared with those of other BCUs alone, or with too few of their own."""
    places = evidence.groups.places
    bcus = {role: set(places.loc[places["role"] == role, "bcu"]) for role in (TREATED, COMPARISON)}
    return evidence.asked.question.bcu != "all" and bool(bcus[COMPARISON] - bcus[TREATED])


def bcu_words(evidence: Evidence) -> str:
    bcu = evidence.asked.question.bcu
    way = f"No other place of {bcu} is to be had: freeze some of its hot spots for comparison."
    if not evidence.instead:
        way = "Compare with matched places, which lie in the same BCU: --comparison matched."
    return (
        f"Most comparison hot spots lie outside {bcu}: whatever moves a whole BCU, such as an event or a way of"
        f" recording, looks like a change here. {way}"
    )


def unlike_months(asked: Settled) -> float:
    """The share of the days of one window, in months held, that lie in other months of the year than the other's."""
    one, other = (month_shares(w, asked.held) for w in (asked.before, asked.after))
    return 1 - sum(min(one[m], other[m]) for m in one.keys() & other.keys())


def month_shares(window: Window, held: tuple[int, ...]) -> dict[int, float]:
    """Month of the year → its share of the covered days."""
    months = set(held)
    days = [window.start + timedelta(days=i) for i in range((window.end - window.start).days + 1)]
    counted = Counter(d.month for d in days if d.year * 100 + d.month in months)
    return {m: n / sum(counted.values()) for m, n in counted.items()}


def season_words(asked: Settled) -> str:
    """That the windows have unlike months, and the same months of an earlier year where they can be taken."""
    told = (
        f"The windows have unlike months ({named_months(asked.before)}; {named_months(asked.after)}), and places differ"
        " in their seasons."
    )
    same = Window(back(asked.after.start, 1), back(asked.after.end, 1))
    held = {d.year * 100 + d.month for d in (same.start, same.end)} <= set(asked.held)
    if not held:
        return f"{told} The same months of the year before are not held: import them, or wait for a whole year after."
    if position_of(asked.choice, same) == APART:
        return (
            f"{told} The same months a year before ({same}) leave out the months by whose figures the places were"
            " chosen. Choose places by a whole year, or wait for a whole year after."
        )
    return f"{told} Take the same months a year before: --before-from {same.start} --before-to {same.end}."


def named_months(window: Window) -> str:
    first, last = (month_text(m) for m in window.months)
    return first if first == last else f"{first} to {last}"


def path_words(p: float) -> str:
    return (
        f"Treated and comparison places followed different trends before the start ({p_words(p)}): a later difference"
        " may have begun before. Compare with matched places, or with other ones."
    )
