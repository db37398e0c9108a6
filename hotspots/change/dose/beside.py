"""Minutes beside outcomes: what patrols gave in the days after the start, and what happened on those days.

dose per hot spot and patrol day → incidents of the same patrol days → four looks at both → one sentence → dose against
change, place by place

Nothing here says what patrols did. Nobody randomised the minutes, and **dose follows crime**: patrols are sent where
something has happened. See `hotspots.change.dose.response` for the models and for when each misleads. Where
one of the four looks (bands, a curve, the day before, days with a visit) cannot be made, its row says why.

A patrol day counts where the hot spot has positions or logs ("no data" is left out, never zero), and where the data on
incidents cover both of its dates: it ends at 06:00 on the second, so the last date of a window begins no whole patrol
day. An incident belongs to the patrol day in which its earliest time lies; without a time, or with a span longer than
a day, it belongs to none.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hotspots.base.clock import HOUR, day_number, day_text
from hotspots.base.columns import CHANGE_DOSE, CHANGE_SCATTER, in_columns
from hotspots.base.errors import HotspotsError
from hotspots.base.months import Window
from hotspots.base.settings import Settings
from hotspots.base.words import counted
from hotspots.change.counting import covered_days
from hotspots.change.dose.response import OnOff, by_band, day_before, on_off, smooth
from hotspots.change.question import DoseBeside
from hotspots.change.words import FEWER, between, than_expected

if TYPE_CHECKING:
    from hotspots.patrols.dosage.workspace import Dose
    from hotspots.store.workspace import Workspace

LONGEST_SPAN_S = 24 * HOUR  # of an incident that can be given to a patrol day
NAMED = ("area", "name", "bcu", "role")

MONTHS_ONLY = (
    "These incidents have a month and no time of day, so none can be assigned to a patrol day: there is no dose by day,"
    " only the dose of each hot spot beside its change."
)
ALL_ROLES = (
    "Comparison hot spots are included: minutes are recorded there too, and each hot spot is compared with its"
    " own other days."
)


def dose_beside(
    workspace: Workspace, register_ref: str, before: Window, after: Window, held: Collection[int],
    incidents: pd.DataFrame, units: Mapping[int, str], names: pd.DataFrame,
) -> tuple[DoseBeside | None, str]:  # fmt: skip
    """Minutes beside outcomes in the days of ``after`` that have positions or logs, or (None, why there are none).

    ``register_ref``: name or name@version; whichever version of it held on a day counts, for hot spots whose cells are
    the same. ``held``: months YYYYMM that the data on incidents cover. ``incidents``: one row per record of both
    windows with record, cell, side ("before" or "after") and the wall clocks local_from and local_to (absent or empty
    for sources of months: then there is no dose by day). ``units``: cell → area; ``names``: area, name, bcu, role.
    """
    from hotspots.patrols.dosage.stretches import DoseQuestion
    from hotspots.patrols.dosage.workspace import dose_workspace

    if not register_ref:
        return None, "Minutes are counted in frozen hot spots; these places are cells of a ranking."
    bcus = set(names["bcu"])
    try:
        first, last, notes = asked_days(workspace, after)
        question = DoseQuestion(
            bcus.pop() if len(bcus) == 1 else "all", str(first), str(last), register_ref.partition("@")[0]
        )
        dose = dose_workspace(workspace, question)
    except HotspotsError as error:
        return None, " ".join(error.problems)
    table, others = placed(dose, workspace, units)
    rows = in_held_months(table[table["area"].isin(set(units.values()))], held)
    recorded = rows[rows["data"] != "no data"]
    if not len(recorded):
        return None, f"No patrol day from {first} to {last} has positions or logs in these hot spots."
    found = beside(recorded, incidents, units, dose.settings)
    scatter = scatter_of(rows, incidents, units, names, [round(covered_days(w, held)) for w in (before, after)])
    begin, end = (day_text(d) for d in (recorded["day"].min(), recorded["day"].max()))
    about = (
        f"Minutes and incidents of {len(recorded):,} hot spot days, the patrol days {begin} to {end}, of the window"
        f" after ({after}). The change of each hot spot is that of the whole windows."
    )
    notes = [about, *notes, *others, *empty_days(len(rows) - len(recorded)), *found.notes, *dose.warnings]
    return DoseBeside(
        table=found.table, scatter=scatter, first=begin, last=end, days=len(recorded), sentence=found.sentence,
        notes=tuple(notes),
    ), ""  # fmt: skip


def asked_days(workspace: Workspace, after: Window) -> tuple[date, date, list[str]]:
    """First and last patrol day with positions or logs that lie wholly in the window; HotspotsError without any."""
    from hotspots.patrols.dosage.stretches import LONGEST_DAYS, days_held

    kept = days_held(workspace)
    if kept is None:
        raise HotspotsError("This workspace has no positions and no patrol log, so no minutes stand beside this.")
    first, last = max(after.start, kept[0]), min(after.end - timedelta(days=1), kept[1])
    if first > last:
        raise HotspotsError(
            f"Positions and logs are of {kept[0]} to {kept[1]}, and no whole patrol day of theirs lies in the window"
            f" after, {after}. So no minutes stand beside this."
        )
    if (last - first).days < LONGEST_DAYS:
        return first, last, []
    return last - timedelta(days=LONGEST_DAYS - 1), last, [f"Only the last {LONGEST_DAYS} patrol days are looked at."]


def placed(dose: Dose, workspace: Workspace, units: Mapping[int, str]) -> tuple[pd.DataFrame, list[str]]:
    """The dose with areas numbered as in ``units``, by their cells: a number means a place in one version only."""
    from hotspots.areas import register

    cells_by: dict[str, set[int]] = {}
    for cell, area in units.items():
        cells_by.setdefault(area, set()).add(int(cell))
    mine = {frozenset(cells): area for area, cells in cells_by.items()}
    same: dict[tuple[str, str], str] = {}
    for ref in dose.registers:
        areas = register.load(workspace.folder, ref).areas
        own = [mine.get(frozenset(int(c, 16) for c in cells)) for cells in areas["cells"]]
        same.update({(ref, area): place for area, place in zip(areas["area"], own, strict=True) if place})
    keys = zip(dose.table["register"], dose.table["area"], strict=True)
    table = dose.table.assign(area=pd.Series([same.get(k) for k in keys], dtype="str"))
    table["day"] = [day_number(d) for d in table["patrol_day"]]
    return table[table["area"].notna()], strangers(dose.registers, same)


def strangers(refs: Sequence[str], same: Mapping[tuple[str, str], str]) -> list[str]:
    """A sentence for each version under which some of the hot spots were not held, or had other cells."""
    places = set(same.values())
    gone = {ref: len(places) - sum(key[0] == ref for key in same) for ref in refs}
    return [
        f"{n:,} of these hot spots had other cells under {ref}, or were not in it: its days are left out for them."
        for ref, n in gone.items()
        if n
    ]


def in_held_months(table: pd.DataFrame, held: Collection[int]) -> pd.DataFrame:
    """Rows of patrol days whose two dates both lie in months that are held."""
    month = {d: int(day_text(d)[:7].replace("-", "")) for day in set(table["day"]) for d in (day, day + 1)}
    good = [d for d in set(table["day"]) if {month[d], month[d + 1]} <= set(held)]
    return table[table["day"].isin(good)].reset_index(drop=True)


def empty_days(n: int) -> list[str]:
    if not n:
        return []
    words = f"{n:,} hot spot days have no positions and no logs" if n > 1 else "1 hot spot day has no positions or logs"
    return [f"{words}: left out. No data is not no patrol."]


@dataclass(frozen=True, eq=False)
class Looks:
    """Four looks at minutes and incidents of the same days."""

    table: pd.DataFrame  # CHANGE_DOSE
    sentence: str
    notes: tuple[str, ...]


def beside(recorded: pd.DataFrame, incidents: pd.DataFrame, units: Mapping[int, str], settings: Settings) -> Looks:
    """The four looks at ``recorded``: `DOSAGE` of days with data, with day as a number, and areas as in ``units``."""
    after = incidents[(incidents["side"] == "after") & incidents["cell"].isin(list(units))]
    if len(after) and ("local_from" not in after or after["local_from"].isna().all()):
        return Looks(in_columns(pd.DataFrame(), CHANGE_DOSE), MONTHS_ONLY, ())
    dated, left_out = by_patrol_day(after, set(recorded["day"]), settings)
    rows = with_counts(recorded, dated, units)
    table, contrast = looks(rows, settings)
    roles = [ALL_ROLES] if (recorded["role"] == "comparison").any() else []
    compared = [] if isinstance(contrast, str) else [
        f"Of {len(rows):,} hot spot days, {contrast.on_days + contrast.off_days:,} can be compared; the others fall on"
        " weekdays on which the hot spot had only days with an adequate visit, only days without, or no incident."
    ]  # fmt: skip
    notes = (*warned(rows), *roles, *compared, *left_out)
    return Looks(table, sentence_of(contrast), notes)


def by_patrol_day(incidents: pd.DataFrame, days: Collection[int], settings: Settings) -> tuple[pd.DataFrame, list[str]]:
    """Incidents of these patrol days with ``day``, that of their earliest time, and what had to be left out.

    On the wall clock: clocks change at night, hours before a patrol day begins, so no second changes its day.
    """
    times = incidents.reindex(columns=["local_from", "local_to"])
    start, end = (times[c].to_numpy().astype("datetime64[s]") for c in times)
    span = np.where(np.isnat(end), 0, np.maximum((end - start).astype("int64"), 0))
    seconds = start.astype("int64") - settings.patrol_day_starts * HOUR
    day, ends = seconds // (24 * HOUR), (seconds + span) // (24 * HOUR)
    timed = ~np.isnat(start)
    mine, long = timed & np.isin(day, list(days)), span > LONGEST_SPAN_S
    words = [
        (~timed, "of the window after without a time belong to no patrol day: left out."),
        (mine & long, "of these days may have happened at any time in more than a day: left out."),
        (mine & ~long & (ends > day), "of these days may have happened on the next day: counted on the earlier."),
    ]
    notes = [f"{counted(n, 'incident')} {what}" for mask, what in words if (n := int(mask.sum()))]
    return incidents.assign(day=day)[mine & ~long], notes


def with_counts(recorded: pd.DataFrame, dated: pd.DataFrame, units: Mapping[int, str]) -> pd.DataFrame:
    """What `hotspots.change.dose.response` asks for: a row for each hot spot day, with 0 where nothing happened."""
    place = dated.assign(area=dated["cell"].map(dict(units)))
    counts = place.groupby(["area", "day"])["record"].nunique().rename("count").reset_index()
    rows = recorded[["area", "day", "patrol_minutes", "visits", "hours_in_day"]].merge(
        counts, on=["area", "day"], how="left"
    )
    hours = rows["hours_in_day"].astype(float)
    return pd.DataFrame({
        "unit": rows["area"], "period": rows["day"], "minutes": rows["patrol_minutes"].astype(float),
        "adequate": (rows["visits"] > 0).astype(bool), "exposure": hours / hours.max(),
        "count": rows["count"].fillna(0).astype("int64"),
    })  # fmt: skip


def scatter_of(
    rows: pd.DataFrame, incidents: pd.DataFrame, units: Mapping[int, str], names: pd.DataFrame, lengths: Sequence[int]
) -> pd.DataFrame:
    """`CHANGE_SCATTER`: a row for each hot spot that minutes are counted in, in the order of ``names``.

    ``lengths``: covered days of the windows before and after, of which the rates are made.
    """
    from hotspots.change.estimates.small_counts import rate_ratio

    dose = rows[rows["data"] != "no data"].groupby("area")
    minutes = dose[["patrol_minutes", "officer_minutes"]].mean().add_suffix("_a_day")
    area = incidents["cell"].map(dict(units))
    counts = incidents.groupby([area, "side"])["record"].nunique()
    table = names[names["area"].isin(rows["area"])][list(NAMED)].reset_index(drop=True)
    table = table.join(minutes, on="area").assign(days_with_data=table["area"].map(dose.size()).fillna(0))
    if all(lengths):
        both = [[int(counts.get((a, side), 0)) for side in ("before", "after")] for a in table["area"]]
        ratios = [rate_ratio(b, a, *map(float, lengths)) for b, a in both]
        for column, field in (("rate_ratio", "ratio"), ("ratio_low", "low"), ("ratio_high", "high")):
            table[column] = np.array([getattr(r, field) for r in ratios], dtype=float)
            table[column] = table[column].where(np.isfinite(table[column]))
    return in_columns(table, CHANGE_SCATTER)


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
    others = f"on their other days of the same {within}"
    if contrast.reason:
        counts = f"{contrast.on_total:,.0f} on {contrast.on_days:,} days with, {contrast.off_total:,.0f} on"
        return (
            f"Incidents on days with and without an adequate visit: {counts} {contrast.off_days:,} without: can't tell,"
            f" because {contrast.reason}. {NOT_RANDOM}"
        )
    ratio, ends = contrast.rate_ratio, between(contrast.ci_low, contrast.ci_high, FEWER)
    verdict = "fewer" if contrast.ci_high < 1 else "more" if contrast.ci_low > 1 else "can't tell"
    said = f"Incidents in the hot spots on days with an adequate visit: {than_expected(ratio, FEWER, others)} ({ends})"
    return f"{said}: {verdict}. {NOT_RANDOM}"


def warned(rows: pd.DataFrame) -> list[str]:
    """What must be said beside every one of the four."""
    spots, n = rows["unit"].nunique(), rows["period"].nunique()
    short = rows.groupby("unit").size().median() < PERIODS_PER_UNIT * spots
    return [f"{NOT_AN_EFFECT} {DOSE_FOLLOWS_CRIME}", *([SHORT.format(days=n, spots=spots)] if short else [])]
