"""The answer about change in plain words. What they say follows the interval: fell, rose, or can't tell."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite, isinf, isnan
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from hotspots.base.words import joined
from hotspots.change.estimates import CANT_TELL, FELL, ROSE
from hotspots.change.estimates.rows import WIDE
from hotspots.change.estimates.small_counts import percent_change
from hotspots.change.question import ChangeQuestion
from hotspots.harm import selections

if TYPE_CHECKING:
    from hotspots.change.evidence import Selection

MEASURES = {"count": "incidents", "harm": "harm"}
AGAINST = {
    "register": "the comparison hot spots",
    "matched": "their matched places",
    "rest": "the rest of the force",
}
NAMED = 3  # hot spots that a sentence names; of more it gives the number


class Than(NamedTuple):
    """How a ratio is said: below 1, above 1, and above 2."""

    below: str
    above: str
    times: str


FEWER = Than("fewer", "more", "as many")  # of counts
LESS = Than("less", "more", "as much")  # of harm
TWICE = 2.0  # above it a percentage is harder to read than "2.6 times as many"


def what(question: ChangeQuestion, measure: str) -> str:
    """'incidents of serious violence', 'harm from serious violence', with the hours where they are asked for."""
    label = selections.selection_named(question.offences).label.partition(" (")[0]
    label = label[:1].lower() + label[1:] if not label[:2].isupper() else label
    return f"{'incidents of' if measure == 'count' else 'harm from'} {label}{hours_words(question.hours)}"


def hours_words(hours: str) -> str:
    """' from 20:00 to 04:00'; nothing for the whole day."""
    if not hours:
        return ""
    first, _, last = hours.partition("-")
    return f" from {int(first):02d}:00 to {int(last):02d}:00"


def whom(question: ChangeQuestion, n: int) -> str:
    """'the 14 treated hot spots', 'South's 4 treated hot spots', 'hot spot South-03', 'the top 20 cells of South'."""
    if question.top:
        where = "" if question.bcu == "all" else f" of {question.bcu}"
        return f"the top {n} cells{where}" if n > 1 else f"the top cell{where}"
    if 0 < len(question.areas) <= NAMED:
        return f"hot spot{'s' if n > 1 else ''} {joined(question.areas)}"
    spots = "treated hot spot" if n == 1 else "treated hot spots"
    if question.areas:
        return f"{n} of the {spots}"
    return f"the {n} {spots}" if question.bcu == "all" else f"{question.bcu}'s {n} {spots}"


def against(question: ChangeQuestion) -> str:
    if question.comparison == "rest" and question.bcu != "all":
        return f"the rest of {question.bcu}"
    return AGAINST[question.comparison]


def question_words(question: ChangeQuestion, n: int) -> str:
    """The question in plain words."""
    return f"Did {what(question, question.measure)} in {whom(question, n)} fall more than in {against(question)}?"


def much_of(ratio: float, than: Than) -> tuple[str, str]:
    """('25%', 'fewer'), ('under 1%', 'more'), ('2.6 times', 'as many'): how far a ratio lies from 1, and which way."""
    if ratio > TWICE:
        return f"{ratio:,.1f} times", than.times
    percent = 100 * abs(ratio - 1)
    much = f"{percent:.0f}%" if percent >= 1 else "under 1%" if percent else "0%"
    return much, than.below if ratio < 1 else than.above


def than_expected(ratio: float, than: Than, to: str = "expected") -> str:
    """'25% fewer than expected', '2.6 times as many as expected'; ``to``: what it is compared with."""
    if isnan(ratio):
        return "unknown"
    if ratio == 1:
        return f"{than.times} as {to}"
    much, way = much_of(ratio, than)
    return f"{much} {way} {'as' if way == than.times else 'than'} {to}"


def between(low: float, high: float, than: Than) -> str:
    """'between 8% and 50% fewer', 'between 8% fewer and 20% more': the ends of an interval of ratios."""
    (first, down), (last, up) = much_of(low, than), much_of(high, than)
    if isinf(high):
        return f"at least {first} {down}" if low > 1 else f"anything from {first} {down} upwards"
    if down != up:
        return f"between {first} {down} and {last} {up}"
    return f"between {last} and {first} {down}" if down == than.below else f"between {first} and {last} {up}"


def ratio_text(value: float) -> str:
    """Two places; three where two would read 1.00 and it is not."""
    return f"{value:.3f}" if f"{value:.2f}" == "1.00" and value != 1 else f"{value:,.2f}"


def signed(percent: float) -> str:
    """'−26%', '+4%'."""
    return f"{percent:+.0f}%".replace("-", "−")


def answer_words(question: ChangeQuestion, lead: dict[str, Any], n: int, why: Mapping[str, str]) -> str:
    """What the leading estimate says, with its interval, or why there is no verdict and what it could have found.

    ``why``: what is said of each reason to withhold a verdict.
    """
    subject = f"{what(question, str(lead['measure']))} in {whom(question, n)}"
    if lead["withheld"] == WIDE:
        counts = f"{lead['treated_before']:,.0f} before and {lead['treated_after']:,.0f} after"
        little = f"Too little to say whether {subject} changed relative to {against(question)}"
        return f"{little}: with {counts} anything from a tenth to ten times may be true."
    if isnan(lead["estimate"]) or isnan(lead["ci_low"]):
        return f"Can't tell whether {subject} changed relative to {against(question)}: there is no interval."
    than = FEWER if lead["measure"] == "count" else LESS
    range_ = f"{than_expected(lead['estimate'], than)} ({between(lead['ci_low'], lead['ci_high'], than)})"
    if lead["verdict"] == CANT_TELL:
        more = why.get(str(lead["withheld"]), "") or power_words(float(lead["smallest_fall"]))
        found = f"Can't tell whether {subject} fell or rose relative to {against(question)}: {range_}."
        return f"{found} {more}".strip()
    subject = subject[:1].upper() + subject[1:]
    return f"{subject} {lead['verdict']} relative to {against(question)}: {range_}."


def power_words(smallest: float) -> str:
    """The smallest fall that would have been found; nothing where it is not known."""
    if isnan(smallest):
        return ""
    return f"Only a fall of {100 * smallest:.0f}% or more would have been found in 80 of 100 such comparisons."


def totals_words(lead: dict[str, Any], lengths: tuple[float, float], unit: str) -> str:
    """What was counted in both groups; ``unit``: of harm."""
    unit = f"{unit} of harm" if lead["measure"] == "harm" else "incidents"
    words = (
        f"Treated: {lead['treated_before']:,.0f} {unit} before, {lead['treated_after']:,.0f} after. Comparison:"
        f" {lead['comparison_before']:,.0f} before, {lead['comparison_after']:,.0f} after."
    )
    if round(lengths[0]) != round(lengths[1]):
        words += f" Before has {lengths[0]:,.0f} days with data, after {lengths[1]:,.0f}."
    return words


# what the rings did, what the treated hot spots did → what that means
NEXT_DOOR = {
    (FELL, FELL): "Incidents in the rings also fell: no sign of displacement",
    (FELL, CANT_TELL): "Incidents in the rings fell: no sign of displacement",
    (FELL, ROSE): "Incidents in the rings fell while those in the hot spots rose: no sign of displacement",
    (ROSE, FELL): "Incidents in the rings rose while those in the hot spots fell: some may have been displaced",
    (ROSE, CANT_TELL): "Incidents in the rings rose: some may have been displaced",
    (ROSE, ROSE): "Incidents in the rings also rose: there was no fall that could have been displaced",
}


def next_door_words(ring: dict[str, Any] | None, treated: str) -> str:
    """What happened in the rings; ``treated``: the verdict on incidents in the treated hot spots."""
    if ring is None:
        return "There is no ring in which displacement could be seen."
    counts = f"{ring['displacement_before']:,.0f} before, {ring['displacement_after']:,.0f} after"
    if isnan(ring["ci_low"]):
        return f"Too few incidents in the rings to judge displacement: {counts}."
    range_ = f"{than_expected(ring['estimate'], FEWER)}, {between(ring['ci_low'], ring['ci_high'], FEWER)}"
    meaning = NEXT_DOOR.get((str(ring["verdict"]), treated), "Can't tell whether incidents in the rings changed")
    return f"{meaning} ({range_}; {counts})."


def selection_words(
    found: Selection | None, naive: dict[str, Any], lengths: tuple[float, float], least_for_percent: int
) -> str:
    """What selection alone would bring, beside what was seen without a comparison."""
    before, after = naive["treated_before"], naive["treated_after"]
    percent = percent_change(before, after * lengths[0] / lengths[1], least_for_percent)
    seen = signed(percent.value) if isfinite(percent.value) else f"from {before:,.0f} to {after:,.0f}"
    if found is None or not found.chosen:
        return f"Without a comparison: {seen}. That is no evidence by itself."
    low, middle, high = (signed(100 * (x - 1)) for x in (found.low, found.ratio, found.high))
    return (
        f"Without a comparison: {seen}. These places were chosen for a bad spell, so {middle} was to be expected anyway"
        f" ({low} to {high}): regression to the mean."
    )


def p_words(p: float) -> str:
    """'p = 0.34', 'p < 0.01'."""
    return "p < 0.01" if p < 0.01 else f"p = {p:.2f}"


def apart_before(p: float, below: float) -> list[str]:
    """That places chosen by figures went another way before the start than the others: they stand out for that alone.

    Said where ``p``, of all blocks before it, is ``below``.
    """
    if not p < below:
        return []
    return [
        f"Treated and comparison places followed different trends before the start ({p_words(p)}): places chosen for a"
        " bad spell stand out in it."
    ]


def lead_row(table: pd.DataFrame, measure: str) -> dict[str, Any]:
    """The leading row of a measure."""
    found = table[(table["measure"] == measure) & table["leads"].astype(bool)]
    return {str(k): v for k, v in found.iloc[0].to_dict().items()}


def row_of(table: pd.DataFrame, measure: str, of: str) -> dict[str, Any] | None:
    """The row of an estimate, None where there is none."""
    found = table[(table["measure"] == measure) & (table["estimate_of"] == of)]
    return {str(k): v for k, v in found.iloc[0].to_dict().items()} if len(found) else None
