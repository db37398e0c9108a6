"""Dose: what patrols gave each hot spot on each patrol day, and how far the figures can be trusted.

Kept apart, for published programmes mix them: *visits* (what a street sees), *officer-minutes* (summed over officers),
*patrol-minutes* (time with anyone there). Funded hours are none of these and are not in here. Reactive minutes, on a
call, driving through, at masked sites and parked are counted beside the dose and are no part of it
(`hotspots.patrols.dosage.apart`).

No data is not no patrol: on a day without positions or logs in a BCU the figures are empty, and ``gps_coverage`` says
how much of the units' time on shift the positions cover.

Targets are set by people, dated, never rewritten. The newest target of a hot spot that holds on a day counts; else the
newest for its whole register; else the setting ``target_minutes`` for treated hot spots, and none for the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from hotspots.areas.register import load
from hotspots.base.clock import day_of, day_text
from hotspots.base.columns import DOSE_HOURS, DOSE_SUMMARY, in_columns
from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.insight.hours import HOURS, area_weeks, hot_hours, minutes_by_hour
from hotspots.patrols.dosage.apart import minutes_apart
from hotspots.patrols.visits import BELOW, LOG, LONG, ON_TARGET, PASS, patrols
from hotspots.store import ledger

TRACKED, LOGS_ONLY, NO_DATA = "tracked", "logs only", "no data"
UNDER, MET, OVER, NO_TARGET = "underdosed", "on target", "overdosed", "no target"
DOSES = ("visits", "visits_below_threshold", "officer_minutes", "patrol_minutes", "pass_throughs", "visits_on_target",
         "visits_long", "reactive_minutes", "moving_minutes", "log_minutes", "frozen_minutes", "parked_minutes",
         "masked_minutes")  # fmt: skip
PLACE = ["area", "patrol_day"]


def dose(grid: pd.DataFrame, stays: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    """Dose per hot spot and patrol day: one row for each of ``grid``, whose columns come first.

    ``grid``: area, patrol_day (days since 1970), data, target_minutes, gps_coverage and what else names the area;
    ``stays``, ``visits``: as `hotspots.patrols.visits` has them, with ``log``. Figures are empty where ``data`` is "no
    data". Minutes are rounded to a hundredth.
    """
    unmasked = stays["site"] == ""
    kinds = {
        "officer_minutes": patrols(stays),
        "reactive_minutes": stays["reactive"] & unmasked,
        "moving_minutes": ~stays["reactive"] & stays["moving"] & unmasked,
    }
    table = stays[PLACE].assign(**{c: stays["officer_seconds"].where(mask, 0.0) / 60 for c, mask in kinds.items()})
    minutes = table.groupby(PLACE, as_index=False).sum()
    named = {"visits_below_threshold": BELOW, "pass_throughs": PASS, "visits_on_target": ON_TARGET, "visits_long": LONG}
    of_visits = visits[[*PLACE, "patrol_minutes"]].assign(
        **{c: (visits["band"] == b).astype("int64") for c, b in named.items()},
        log_minutes=visits["patrol_minutes"].where(visits["told_by"] == LOG, 0.0),
    )
    of_visits["visits"] = of_visits["visits_on_target"] + of_visits["visits_long"]
    counts = of_visits.groupby(PLACE, as_index=False).sum()
    whole = grid
    for part in (minutes, counts, minutes_apart(stays)):
        whole = whole.merge(part, on=PLACE, how="left")
    nothing = whole["data"] == NO_DATA
    for column in DOSES:
        values = whole[column].fillna(0).where(~nothing)
        whole[column] = values.round(2) if column.endswith("minutes") else values.astype("Int64")
    whole["share_of_target"] = share(whole["patrol_minutes"], whole["target_minutes"])
    return whole


def share(part: pd.Series, whole: pd.Series) -> pd.Series:
    """part / whole to four places; empty where the whole is 0 or unknown."""
    return (part / whole.where(whole > 0)).round(4)


def days_since(table: pd.DataFrame) -> pd.Series:
    """Days since the last patrol day with an adequate visit, by row: 0 that day, empty where none is known of.

    ``table``: area, register, patrol_day (whole number), visits; every day of the look-back is in it.
    """
    ordered = table.sort_values(["register", "area", "patrol_day"])
    seen = ordered["patrol_day"].where(ordered["visits"].fillna(0) > 0).astype("Float64")
    last = seen.groupby([ordered["register"], ordered["area"]]).ffill()
    return (ordered["patrol_day"] - last).astype("Int64").reindex(table.index)


def summary(
    table: pd.DataFrame, in_hot_hours: pd.DataFrame, coverage: pd.DataFrame, settings: Settings
) -> pd.DataFrame:
    """The whole window, one row per hot spot and version, in `DOSE_SUMMARY`: delivered against target.

    ``table``: `DOSAGE`; ``in_hot_hours``: area, share_in_hot_hours; ``coverage``: `COVERAGE`. Targets count on days
    with data only.
    """
    with_data = table["data"] != NO_DATA
    counted = table.assign(
        days=1, days_with_data=with_data.astype("int64"), target_minutes=table["target_minutes"].where(with_data),
        days_without_adequate_visit=(with_data & (table["visits"].fillna(0) == 0)).astype("int64"),
    )  # fmt: skip
    names = ["area", "register", "name", "bcu", "role"]
    sums = ("days", "days_with_data", "visits", "visits_below_threshold", "officer_minutes", "patrol_minutes",
            "target_minutes", "days_without_adequate_visit", "reactive_minutes", "frozen_minutes", "parked_minutes",
            "masked_minutes")  # fmt: skip
    one = counted.groupby(names, sort=False)
    found = one[list(sums)].sum(min_count=1).reset_index()
    hours = coverage.groupby("bcu")[["covered_hours", "shift_hours"]].sum()
    found["gps_coverage"] = found["bcu"].map(share(hours["covered_hours"], hours["shift_hours"]))
    found["share_of_target"] = share(found["patrol_minutes"], found["target_minutes"])
    reached = found["share_of_target"].astype(float)
    cases = [found["days_with_data"] == 0, reached.isna(), reached < settings.underdosed_share]
    cases.append(reached > settings.overdosed_share)
    found["verdict"] = np.select(cases, [NO_DATA, NO_TARGET, UNDER, OVER], MET).astype(object)
    found = found.merge(in_hot_hours, on="area", how="left")
    return in_columns(found, DOSE_SUMMARY)


TABLE = "dose_targets"
LONGEST = 24 * 60
COLUMNS = ("register", "area", "valid_from", "minutes", "author", "note", "created")


def set_target(
    folder: Path, register: str, area: str, minutes: float | None, valid_from: date | str, author: str, note: str
) -> None:
    """Store a target from a day on: patrol-minutes per patrol day, None to lift it; area '' means every treated one.

    Raises HotspotsError without an author and a note, for minutes that fit no day, and for a register or hot spot that
    does not exist.
    """
    author, note = ledger.signature(author, note)
    first = day_of(valid_from, "The first day")
    if minutes is not None and not 0 <= minutes <= LONGEST:
        raise HotspotsError(f"A target of {minutes} minutes fits no patrol day; give 0 to {LONGEST:,}.")
    frozen = load(folder, register)
    if area and area not in set(frozen.areas["area"]):
        raise HotspotsError(f"{frozen.ref} has no hot spot '{area[:40]}'.")
    row = {
        "register": frozen.name, "area": area, "valid_from": first.isoformat(), "minutes": minutes, "author": author,
        "note": note, "created": ledger.created(),
    }  # fmt: skip
    ledger.append(folder, lambda connection: ledger.insert(connection, TABLE, row))


def targets(folder: Path, register: str = "") -> pd.DataFrame:
    """Every target ever set, oldest first: register, area, valid_from, minutes, author, note, created."""
    rows = ledger.rows(folder, TABLE, **({"register": register} if register else {}))
    if words := damaged(rows):
        raise HotspotsError(words)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def problems(folder: Path) -> list[str]:
    """What is wrong with the stored targets, each a sentence."""
    return damaged(ledger.rows(folder, TABLE))


def damaged(rows: Sequence[ledger.Row]) -> list[str]:
    """Targets that nobody can have set: they have no hash, but a day and minutes that fit it."""

    def check(row: ledger.Row) -> None:
        minutes, first = row["minutes"], str(row["valid_from"])
        fits = minutes is None or (isinstance(minutes, (int, float)) and 0 <= minutes <= LONGEST)
        if not fits or not is_day(first):
            raise HotspotsError(
                f"Target {row['id']} of {str(row['register'])[:40]}, {str(minutes)[:20]} minutes from {first[:20]} on,"
                " is such as nobody can have set. Restore the database from a copy."
            )

    return ledger.faults(rows, check)


def is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def target_on(table: pd.DataFrame, area: str, role: str, day: int, settings: Settings) -> float:
    """The target of a hot spot on a patrol day (days since 1970); nan where there is none. ``table``: of `targets`."""
    usual = settings.target_minutes if role == "treated" else float("nan")
    if not len(table):
        return usual
    holds = table[table["valid_from"] <= day_text(day)]
    for own in (holds[holds["area"] == area], holds[holds["area"] == ""] if role == "treated" else holds.iloc[:0]):
        if len(own):
            minutes = own.sort_values("valid_from", kind="stable")["minutes"].iloc[-1]
            return float("nan") if pd.isna(minutes) else float(minutes)
    return usual


ALL = "all"  # the treated hot spots of a BCU together


def dose_hours(
    stays: pd.DataFrame, visits: pd.DataFrame, areas: pd.DataFrame, incidents: pd.DataFrame | None,
    cells: Mapping[int, str], settings: Settings,
) -> pd.DataFrame:  # fmt: skip
    """`DOSE_HOURS`: 168 rows for every area, and for the treated ones of every BCU together.

    ``stays``, ``visits``: of `hotspots.patrols.visits`; ``areas``: area, bcu, role; ``incidents``: cell, local_from,
    local_to, one row each; None where no source has times: then incidents are empty and no hour is hot. A BCU's hot
    hours are those of its treated hot spots' incidents together.
    """
    proactive = stays[patrols(stays)]
    rate = (proactive["officer_seconds"] / (proactive["end"] - proactive["start"]).where(lambda s: s > 0)).fillna(0)
    grid = pd.MultiIndex.from_product([areas["area"], range(HOURS)], names=["area", "hour_of_week"])
    length = (visits["end"] - visits["start"]).where(lambda s: s > 0)
    table = pd.DataFrame({
        "patrol_minutes": by_hour(visits, 60 * visits["patrol_minutes"] / length, settings).reindex(grid),
        "officer_minutes": by_hour(proactive, rate, settings).reindex(grid),
    }).fillna(0.0).reset_index()  # fmt: skip
    if incidents is None:
        table["n_incidents"] = np.nan
    else:
        table = table.merge(area_weeks(incidents, dict(cells)), on=["area", "hour_of_week"], how="left")
    table = table.merge(areas[["area", "bcu", "role"]], on="area")
    sums = ["patrol_minutes", "officer_minutes", "n_incidents"]
    treated = table[table["role"] == "treated"].groupby(["bcu", "hour_of_week"], as_index=False)[sums].sum(min_count=1)
    whole = pd.concat([treated.assign(area=ALL), table], ignore_index=True)
    one = whole.groupby(["bcu", "area"], sort=False)["n_incidents"]
    whole["share_of_incidents"] = share(whole["n_incidents"], one.transform("sum"))
    whole["hot"] = one.transform(lambda week: hot_hours(week.fillna(0).to_numpy())).astype(bool)
    return in_columns(whole.round({"n_incidents": 2}), DOSE_HOURS)


def by_hour(intervals: pd.DataFrame, rate: pd.Series, settings: Settings) -> pd.Series:
    """Minutes by area and hour of the week of intervals (area, start, end), each second counted ``rate`` times."""
    rows, hours, seconds = minutes_by_hour(intervals["start"], intervals["end"], settings)
    table = pd.DataFrame({
        "area": intervals["area"].to_numpy()[rows], "hour_of_week": hours,
        "minutes": seconds / 60 * rate.fillna(0).to_numpy()[rows],
    })  # fmt: skip
    return table.groupby(["area", "hour_of_week"])["minutes"].sum()


def in_hot_hours(hours: pd.DataFrame) -> pd.DataFrame:
    """Of each area's patrol-minutes, the part in its hot hours: area, share_in_hot_hours; empty where none is hot."""
    mine = hours[hours["area"] != ALL]
    hot = mine["patrol_minutes"].where(mine["hot"], 0.0).groupby(mine["area"]).sum()
    whole = mine["patrol_minutes"].groupby(mine["area"]).sum().where(mine.groupby("area")["hot"].any())
    return share(hot, whole).rename("share_in_hot_hours").reset_index()
