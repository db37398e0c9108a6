"""Four looks at minutes and incidents of the same hot spot days: bands, a curve, the day before, and days with a visit.

The models, and when each misleads, are in `hotspots.change.dose.response`. Where one of the four cannot be fitted its
row says why; the others stand.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from hotspots.base.columns import CHANGE_DOSE, in_columns
from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.change.dose.response import OnOff, by_band, day_before, on_off, smooth
from hotspots.change.words import ratio_text

BLOCK_DAYS = 28  # with two of them or more, days are compared within stretches of four weeks
SPLINE_TERMS = 3
PERIODS_PER_UNIT = 4  # fewer days than this many times the hot spots: the bias of short series reaches half an error
NOT_RANDOM = "Nobody randomised those days."
NOT_AN_EFFECT = "These rates go with the dose; they are not what the dose did, for it was not randomised."
DOSE_FOLLOWS_CRIME = (
    "Dose follows crime: patrols are sent where something has just happened. So minutes and crime of the same day often"
    " rise together, which is no sign that patrols bring crime. Minutes of earlier days cannot have been a reply to"
    " crime that came later, but they may be a reply to a run of crime that is still going on."
)
SHORT = (
    "{days} patrol days for {spots} hot spots are a short series: where dose follows crime, minutes of the day before"
    " then look protective when they are not."
)


def looks(rows: pd.DataFrame, settings: Settings) -> tuple[pd.DataFrame, OnOff | str]:
    """`CHANGE_DOSE`, and the days with against the days without an adequate visit, or why they cannot be compared."""
    span = int(rows["period"].max() - rows["period"].min()) + 1
    contrast: OnOff | str
    try:
        contrast = on_off(rows, BLOCK_DAYS if span >= 2 * BLOCK_DAYS else None)
    except HotspotsError as error:
        contrast = " ".join(error.problems)
    parts: dict[str, Callable[[], pd.DataFrame]] = {
        "bands": lambda: bands(rows, settings), "curve": lambda: curve(rows), "earlier": lambda: earlier(rows),
        "days": lambda: days(contrast),
    }  # fmt: skip
    tables = []
    for part, make in parts.items():
        try:
            found = make()
        except HotspotsError as error:
            found = pd.DataFrame({"reason": [" ".join(error.problems)]})
        tables.append(in_columns(found.assign(part=part), CHANGE_DOSE))
    return pd.concat(tables, ignore_index=True), contrast


def bands(rows: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Below the minutes of one adequate visit, from one to two, two to four, and more."""
    found = by_band(rows, [times * settings.visit_min_minutes for times in (1, 2, 4)])
    table = found.rename(columns={"from_minutes": "minutes", "total": "count"})
    return table.assign(term=found["band"] + " minutes")


def curve(rows: pd.DataFrame) -> pd.DataFrame:
    terms = min(SPLINE_TERMS, rows.loc[rows["minutes"] > 0, "minutes"].nunique())
    if not terms:
        raise HotspotsError("No hot spot had a minute of patrol on these days.")
    found = smooth(rows, terms)
    return found.assign(term=[f"{m:.3g} minutes" for m in found["minutes"]])


def earlier(rows: pd.DataFrame) -> pd.DataFrame:
    """The minutes of the day before, and of the same day beside them; each in a model of its own."""
    terms = {0: "minutes of the same day, per 10", 1: "minutes of the day before, per 10"}
    found = day_before(rows)
    return found.rename(columns={"total": "count"}).assign(term=found["lag"].map(terms))


def days(contrast: OnOff | str) -> pd.DataFrame:
    """Days with an adequate visit, and those without that they are set against."""
    if isinstance(contrast, str):
        raise HotspotsError(contrast)
    figures = ("rate_ratio", "ci_low", "ci_high", "p")
    without = {
        "term": "days without an adequate visit", "n": contrast.off_days, "count": contrast.off_total,
        **dict.fromkeys(figures[:3], 1.0), "reason": "the days with a visit are set against these",
    }  # fmt: skip
    with_visit = {
        "term": "days with an adequate visit", "n": contrast.on_days, "count": contrast.on_total,
        **{f: getattr(contrast, f) for f in figures}, "reason": contrast.reason,
    }  # fmt: skip
    return pd.DataFrame([without, with_visit])


def sentence_of(contrast: OnOff | str) -> str:
    """Days with an adequate visit against days without: more, fewer, or can't tell, by the interval alone."""
    if isinstance(contrast, str):
        return f"Days with and without an adequate visit cannot be compared: {contrast}"
    within = "weekday in the same four weeks" if contrast.block_days else "weekday"
    asked = f"the incidents of their other days of the same {within}"
    if contrast.reason:
        counts = f"{contrast.on_total:,.0f} on {contrast.on_days:,} days with, {contrast.off_total:,.0f} on"
        return (
            f"Incidents on days with and without an adequate visit: {counts} {contrast.off_days:,} without: can't tell,"
            f" because {contrast.reason}. {NOT_RANDOM}"
        )
    ratio, low, high = (ratio_text(v) for v in (contrast.rate_ratio, contrast.ci_low, contrast.ci_high))
    verdict = "fewer" if contrast.ci_high < 1 else "more" if contrast.ci_low > 1 else "can't tell"
    said = f"On days with an adequate visit the hot spots had {ratio} times {asked} ({low} to {high}): {verdict}."
    return f"{said} {NOT_RANDOM}"


def days_compared_note(contrast: OnOff | str, n: int) -> list[str]:
    if isinstance(contrast, str):
        return []
    return [
        f"Of {n:,} hot spot days, {contrast.on_days + contrast.off_days:,} can be compared; the others fall on weekdays"
        " on which the hot spot had only days with an adequate visit, only days without, or no incident."
    ]


def warned(rows: pd.DataFrame) -> list[str]:
    """What must be said beside every one of the four."""
    spots, n = rows["unit"].nunique(), rows["period"].nunique()
    short = rows.groupby("unit").size().median() < PERIODS_PER_UNIT * spots
    return [f"{NOT_AN_EFFECT} {DOSE_FOLLOWS_CRIME}", *([SHORT.format(days=n, spots=spots)] if short else [])]
