"""Four looks at minutes and incidents of the same hot spot days: bands, a curve, the day before, and days with a visit.

The models, and when each misleads, are in `hotspots.change.dose.response`. Where one of the four cannot be fitted its
row says why; the others stand.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd

from hotspots.base.columns import CHANGE_DOSE, in_columns
from hotspots.base.errors import HotspotsError

if TYPE_CHECKING:
    from hotspots.change.dose.response import DoseResponse, OnOff

EDGES = (10.0, 20.0, 40.0)  # patrol-minutes of a day: below one adequate visit, one, two, more
BLOCK_DAYS = 28  # with two of them or more, days are compared within stretches of four weeks
SPLINE_TERMS = 3
NO_LOTS = "Nobody drew lots for those days."
SHORT = (
    "{days} patrol days for {spots} hot spots are a short series: where dose follows crime, minutes of the day before"
    " then look protective when they are not."
)
IN_PLAIN_WORDS = (
    ("take shorter periods or a longer window", "take a longer window"),
    ("unit-period", "hot spot day"),
    ("unit", "hot spot"),
    ("period", "day"),
)


def looks(rows: pd.DataFrame) -> tuple[pd.DataFrame, OnOff | str]:
    """`CHANGE_DOSE`, and the days with against the days without an adequate visit, or why they cannot be compared."""
    contrast = days_compared(rows)
    parts: dict[str, Callable[[], pd.DataFrame]] = {
        "bands": lambda: bands(rows),
        "curve": lambda: curve(rows),
        "earlier": lambda: earlier(rows),
        "days": lambda: days(contrast),
    }
    tables = [in_columns(attempt(make).assign(part=part), CHANGE_DOSE) for part, make in parts.items()]
    return pd.concat(tables, ignore_index=True), contrast


def attempt(make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """The table, or one row with the reason why there is none."""
    try:
        return make()
    except HotspotsError as error:
        return pd.DataFrame({"reason": [plain(" ".join(error.problems))]})


def bands(rows: pd.DataFrame) -> pd.DataFrame:
    from hotspots.change.dose.response import by_band

    found = by_band(rows, EDGES).table
    table = found.rename(columns={"from_minutes": "minutes", "total": "count"})
    return with_plain_reasons(table.assign(term=found["band"] + " minutes"))


def curve(rows: pd.DataFrame) -> pd.DataFrame:
    from hotspots.change.dose.response import smooth

    terms = min(SPLINE_TERMS, rows.loc[rows["minutes"] > 0, "minutes"].nunique())
    if not terms:
        raise HotspotsError("No hot spot had a minute of patrol on these days.")
    found = smooth(rows, terms).table
    return with_plain_reasons(found.assign(term=[f"{m:.3g} minutes" for m in found["minutes"]]))


def earlier(rows: pd.DataFrame) -> pd.DataFrame:
    """The minutes of the day before, and of the same day beside them; each in a model of its own."""
    from hotspots.change.dose.response import lagged

    used = rows.merge(rows[["unit", "period"]].assign(period=rows["period"] + 1), on=["unit", "period"])
    if len(used) and not used["count"].sum() > 0:
        raise HotspotsError("Nothing happened on days whose day before is known: nothing to compare.")
    found: DoseResponse = lagged(rows, 1)
    table = found.table[found.table["lag"].notna()].reset_index(drop=True)
    terms = {0: "minutes of the same day, per 10", 1: "minutes of the day before, per 10"}
    return with_plain_reasons(
        table.assign(term=table["lag"].astype(int).map(terms), n=len(used), count=float(used["count"].sum()))
    )


def days_compared(rows: pd.DataFrame) -> OnOff | str:
    from hotspots.change.dose.response import on_off

    span = int(rows["period"].max() - rows["period"].min()) + 1
    try:
        return on_off(rows, block_days=BLOCK_DAYS if span >= 2 * BLOCK_DAYS else None)
    except HotspotsError as error:
        return plain(" ".join(error.problems))


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
        **{f: getattr(contrast, f) for f in figures}, "reason": plain(contrast.reason),
    }  # fmt: skip
    return pd.DataFrame([without, with_visit])


def with_plain_reasons(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(reason=[plain(r) for r in table["reason"]])


def plain(text: str) -> str:
    """A sentence about units and periods as one about hot spots and days."""
    for ours, theirs in IN_PLAIN_WORDS:
        text = text.replace(ours, theirs).replace(ours.capitalize(), theirs.capitalize())
    return text


# ---------------------------------------------------------------- in words


def sentence_of(contrast: OnOff | str) -> str:
    """Days with an adequate visit against days without: more, fewer, or can't tell, by the interval alone."""
    if isinstance(contrast, str):
        return f"Days with and without an adequate visit cannot be compared: {contrast}"
    within = "week-day and four weeks" if contrast.block_days else "week-day"
    asked = f"the incidents of their other days of the same {within}"
    if contrast.reason:
        counts = f"{contrast.on_total:,.0f} on {contrast.on_days:,} days with, {contrast.off_total:,.0f} on"
        return (
            f"Incidents on days with and without an adequate visit: {counts} {contrast.off_days:,} without: can't tell,"
            f" for {plain(contrast.reason)}. {NO_LOTS}"
        )
    ratio, low, high = (ratio_text(v) for v in (contrast.rate_ratio, contrast.ci_low, contrast.ci_high))
    verdict = "fewer" if contrast.ci_high < 1 else "more" if contrast.ci_low > 1 else "can't tell"
    told = f"On days with an adequate visit the hot spots had {ratio} times {asked} ({low} to {high}): {verdict}."
    return f"{told} {NO_LOTS}"


def ratio_text(value: float) -> str:
    """Two places; three where two would read 1.00 and it is not."""
    return f"{value:.3f}" if f"{value:.2f}" == "1.00" and value != 1 else f"{value:,.2f}"


def days_that_tell(contrast: OnOff | str, n: int) -> list[str]:
    if isinstance(contrast, str):
        return []
    return [
        f"Of {n:,} hot spot days, {contrast.on_days + contrast.off_days:,} tell days with from days without an adequate"
        " visit; the others lie on week-days on which the hot spot had only one kind of day, or no incident."
    ]


def warned(rows: pd.DataFrame) -> list[str]:
    """What must be said beside every one of the four."""
    from hotspots.change.dose.response import DOSE_FOLLOWS_CRIME, NOT_AN_EFFECT, PERIODS_PER_UNIT

    spots, n = rows["unit"].nunique(), rows["period"].nunique()
    short = rows.groupby("unit").size().median() < PERIODS_PER_UNIT * spots
    return [f"{NOT_AN_EFFECT} {plain(DOSE_FOLLOWS_CRIME)}", *([SHORT.format(days=n, spots=spots)] if short else [])]
