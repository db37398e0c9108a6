"""Synthetic positions and a patrol log of units on shift, with the dose that was planted.

Nothing in it happened. The paths come from `hotspots.demo.tracks`; here they are looked at as a device would, every so
many seconds and with an error, and as an officer would who fills in a log afterwards. What really happened is worked
out from the exact paths, second by second, and by none of the program's own rules for positions: :func:`true_stays`.

Faults, as real feeds have them: lost signal for 10 to 90 minutes in some shifts, a unit that only logs for a week, a
device clock 7 minutes fast, rows that come twice, rows out of order, positions at longitude and latitude 0, a
position that jumps away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from hotspots.base.clock import day_numbers, day_starts, day_text
from hotspots.base.settings import Settings
from hotspots.demo.roster import AT_CALL, OFF, TO_CALL, Floats, Ints, Place, inside, random_of
from hotspots.demo.tracks import Tracks, make_tracks

INTERVAL_S = 30
NOISE_M = 5.0  # standard deviation of a position's error, east and north each
SPEED_NOISE_KMH = 0.4
STATUS = ("off duty", "refs at station", "available", "on patrol", "on call", "at scene")  # by what a unit does

LOST_SHARE, LOST_S = 0.15, (600, 5_400)  # of the shifts, for so long
REPEATED, DISORDERED, ZEROS, JUMPS = 0.002, 0.002, 25, 8  # shares and numbers of rows
JUMP_DEGREES = 0.6
UNTRACKED_UNIT, UNTRACKED_DAYS = 1, (7, 14)  # positions in units; days of the window, the last not included
FAST_UNIT, FAST_S = 8, 420

LOGGED = 0.6  # of the patrols
LOGGED_CALLS = 0.3  # of the calls inside hot spots
ACTIVITIES = (
    "high-visibility patrol", "community contact", "licensed premises visit", "stop and search", "car park check",
)  # fmt: skip
RESULTS = (("searches", 0.25), ("arrests", 0.05), ("weapons", 0.02))  # mean of each in an entry

LOG_COLUMNS = (
    "entry", "unit", "officers", "area", "start", "end", "mode", "activity", "reactive", "searches", "arrests",
    "weapons",
)  # fmt: skip
DOSE = (
    "proactive_seconds", "officer_seconds", "reactive_officer_seconds", "moving_officer_seconds", "visits",
    "visits_below_threshold",
)  # fmt: skip


@dataclass(frozen=True)
class Faults:
    """What is wrong with the feed on purpose. ``lost``: unit, start, end in UTC seconds: no position from then."""

    lost: pd.DataFrame
    untracked: tuple[int, ...] = ()  # units without positions in the time of ``lost`` that is theirs
    fast: tuple[int, ...] = ()  # units whose clock is FAST_S ahead


@dataclass(frozen=True)
class Patrols:
    """Positions and log as a force would export them, and the truth behind both, ready for JSON."""

    pings: pd.DataFrame  # under the standard names of positions; time in whole seconds since 1970
    log: pd.DataFrame  # LOG_COLUMNS; times as 2026-10-04T18:30Z
    truth: dict[str, Any]


def positions(tracks: Tracks, interval_s: int, noise_m: float, seed: int) -> pd.DataFrame:
    """Every unit's positions on shift: unit (number), t, lon, lat, kmh, does. kmh is nan where the device gives none.

    One every ``interval_s`` seconds from a random second of each shift on, ``noise_m`` the standard deviation of the
    error in metres in each direction. The paths are the same at any interval.
    """
    phase = random_of(seed, "phase").random(len(tracks.shifts))
    first = np.ceil(tracks.shifts["start"].to_numpy() + np.floor(phase * interval_s)).astype(np.int64)
    n = np.maximum((tracks.shifts["end"].to_numpy() - first - 1) // interval_s + 1, 0)
    unit = tracks.shifts["unit"].to_numpy().repeat(n)
    t = first.repeat(n) + interval_s * _count_up(n)
    at, does, kmh = _along(tracks, unit, t)
    rng = random_of(seed, "noise")
    lon, lat = tracks.plane.degrees(at + rng.normal(0.0, 1.0, at.shape) * noise_m)
    shown = np.abs(kmh + rng.normal(0.0, SPEED_NOISE_KMH, len(kmh))).round(1)
    gives = np.array([u.gives_speed for u in tracks.units])[unit]
    return pd.DataFrame({
        "unit": unit, "t": t, "lon": lon.round(6), "lat": lat.round(6), "kmh": np.where(gives, shown, np.nan),
        "does": does,
    })  # fmt: skip


def _count_up(n: Ints) -> Ints:
    """0, 1, …, n₀ − 1, 0, 1, …, n₁ − 1, …"""
    return np.asarray(np.arange(int(n.sum())) - (np.cumsum(n) - n).repeat(n))


def _along(tracks: Tracks, unit: Ints, t: Ints) -> tuple[Floats, Ints, Floats]:
    """Where units are at some seconds, what they do and how fast they go (km/h); ``unit`` in order."""
    at, does, kmh = np.empty((len(t), 2)), np.empty(len(t), dtype=np.int64), np.empty(len(t))
    for number in range(len(tracks.units)):
        knots, rows = tracks.of(number), slice(*np.searchsorted(unit, [number, number + 1]).tolist())
        times = tracks.t[knots]
        for axis in (0, 1):
            at[rows, axis] = np.interp(t[rows], times, tracks.at[knots, axis])
        segment = np.clip(np.searchsorted(times, t[rows], side="right") - 1, 0, len(times) - 1)
        does[rows], kmh[rows] = tracks.does[knots][segment], _speeds(tracks, knots)[segment]
    return at, does, kmh


def _speeds(tracks: Tracks, knots: slice) -> Floats:
    """km/h from each knot to the next; 0 after the last."""
    length = np.hypot(*np.diff(tracks.at[knots], axis=0).T)
    seconds = np.diff(tracks.t[knots])
    return np.append(np.divide(length, seconds, out=np.zeros_like(length), where=seconds > 0) * 3.6, 0.0)


def planned_faults(tracks: Tracks, seed: int, first: date, last: date, settings: Settings) -> Faults:
    """Which units lose their signal when, which is not tracked for a week, and whose clock is fast."""
    rng = random_of(seed, "lost")
    hit = tracks.shifts[rng.random(len(tracks.shifts)) < LOST_SHARE]
    length = rng.integers(*LOST_S, len(hit))
    start = hit["start"] + (rng.random(len(hit)) * (hit["end"] - hit["start"] - length)).astype(np.int64)
    lost = pd.DataFrame({"unit": hit["unit"], "start": start, "end": start + length})
    untracked = UNTRACKED_UNIT % len(tracks.units)
    since = min(first + timedelta(days=UNTRACKED_DAYS[0]), last)
    until = min(first + timedelta(days=UNTRACKED_DAYS[1] - 1), last)
    days = day_starts(since, until, settings)
    whole = pd.DataFrame({"unit": [untracked], "start": [int(days[0])], "end": [int(days[-1])]})
    fast = FAST_UNIT % len(tracks.units)
    return Faults(pd.concat([whole, lost[lost["unit"] != untracked]], ignore_index=True), (untracked,), (fast,))


def no_faults() -> Faults:
    return Faults(pd.DataFrame({c: pd.Series(dtype="int64") for c in ("unit", "start", "end")}))


def tracked(faults: Faults, unit: Ints, t: Ints) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Whether a unit had a signal at some second."""
    seen = np.ones(len(t), dtype=bool)
    for number, start, end in faults.lost.itertuples(index=False):
        seen &= ~((unit == number) & (t >= start) & (t < end))
    return seen


def _spoilt(pings: pd.DataFrame, seed: int) -> tuple[pd.DataFrame, dict[str, int]]:
    """The rows as a feed with faults delivers them, and how many of each fault there are."""
    rng = random_of(seed, "faults")
    pings = pings.copy()
    zeros, jumps = np.split(rng.choice(len(pings), min(ZEROS + JUMPS, len(pings)), replace=False), [ZEROS])
    pings.loc[zeros, ["lon", "lat"]] = 0.0
    pings.loc[jumps, "lon"] += JUMP_DEGREES
    n = int(REPEATED * len(pings))
    order = np.concatenate([np.arange(len(pings), dtype=float), rng.choice(len(pings), n, replace=False) + 0.5])
    late = rng.choice(len(pings), int(DISORDERED * len(pings)), replace=False)
    order[late] += rng.integers(3, 30, len(late))
    rows = np.concatenate([np.arange(len(pings)), (order[len(pings) :] - 0.5).astype(np.int64)])
    spoilt = pings.iloc[rows[np.argsort(order, kind="stable")]].reset_index(drop=True)
    behind = int((spoilt.groupby("unit")["t"].diff() < 0).sum())
    counts = {"repeated_rows": n, "zero_positions": len(zeros), "jumps": len(jumps), "rows_out_of_order": behind}
    return spoilt, counts


def _as_feed(tracks: Tracks, pings: pd.DataFrame) -> pd.DataFrame:
    """Positions under the standard names."""
    unit = pings["unit"].to_numpy()
    names, officers = np.array([u.name for u in tracks.units]), np.array([u.officers for u in tracks.units])
    return pd.DataFrame({
        "unit": pd.Series(names[unit], dtype="str"), "time": pings["t"], "longitude": pings["lon"],
        "latitude": pings["lat"], "speed": pings["kmh"],
        "status": pd.Series(np.array(STATUS)[pings["does"].to_numpy()], dtype="str"), "officers": officers[unit],
    })  # fmt: skip


def log_of(tracks: Tracks, faults: Faults, seed: int, until: int) -> pd.DataFrame:
    """A patrol log in LOG_COLUMNS: some of the visits, and all of a unit's while it is not tracked.

    Those that begin before ``until`` (UTC seconds). Times are rounded as people do: half of them to the minute, half
    to five minutes.
    """
    rng = random_of(seed, "log")
    visits = tracks.visits[tracks.visits["start"] < until].sort_values(["start", "unit"], ignore_index=True)
    call = visits["call"].to_numpy(bool)
    silent = faults.lost[faults.lost["unit"].isin(faults.untracked)]
    unseen = ~tracked(replace(faults, lost=silent), visits["unit"].to_numpy(), visits["start"].to_numpy())
    kept = (rng.random(len(visits)) < np.where(call, LOGGED_CALLS, LOGGED)) | (unseen & ~call)
    visits = visits[kept].reset_index(drop=True)
    step = np.where(rng.random(len(visits)) < 0.5, 60, 300)
    start, end = ((np.rint(visits[c].to_numpy() / step) * step).astype(np.int64) for c in ("start", "end"))
    end = np.maximum(end, start + 60)
    units = [tracks.units[u] for u in visits["unit"]]
    found = {name: rng.poisson(mean, len(visits)) for name, mean in RESULTS}
    activity = np.array(ACTIVITIES)[rng.integers(0, len(ACTIVITIES), len(visits))]
    reactive = visits["call"].to_numpy(bool)
    return pd.DataFrame({
        "entry": [f"L{i + 1:05d}" for i in range(len(visits))], "unit": [u.name for u in units],
        "officers": [u.officers for u in units], "area": visits["area"], "start": _iso(start), "end": _iso(end),
        "mode": np.where(visits["foot"], "foot", "vehicle"), "activity": np.where(reactive, "call", activity),
        "reactive": np.where(reactive, "yes", "no"), **found,
    })[list(LOG_COLUMNS)]  # fmt: skip


def _iso(seconds: Ints) -> list[str]:
    return [f"{t}Z" for t in np.datetime_as_string(seconds.astype("datetime64[s]"), unit="m").tolist()]


def seconds_inside(tracks: Tracks) -> pd.DataFrame:
    """Every second that a unit on shift is inside a hot spot, by the exact paths: unit, area, t, on_call, kmh."""
    kmh = np.concatenate([_speeds(tracks, tracks.of(u)) for u in range(len(tracks.units))])
    parts = [_seconds_in(tracks, place, kmh) for place in tracks.places]
    return pd.concat(parts, ignore_index=True)


def _seconds_in(tracks: Tracks, place: Place, kmh: Floats) -> pd.DataFrame:
    """The same for one hot spot: only pieces of the paths whose box touches the hot spot's are looked at."""
    corners = np.vstack(place.outlines)
    low, high = corners.min(axis=0), corners.max(axis=0)
    here, there = tracks.at[:-1], tracks.at[1:]
    near = (np.minimum(here, there) <= high) & (np.maximum(here, there) >= low)
    piece = np.flatnonzero(near.all(axis=1) & (tracks.does[:-1] != OFF))
    first, end = (np.ceil(tracks.t[piece + i]).astype(np.int64) for i in (0, 1))
    n = np.maximum(end - first, 0)
    piece, t = piece.repeat(n), first.repeat(n) + _count_up(n)
    share = (t - tracks.t[piece]) / (tracks.t[piece + 1] - tracks.t[piece])
    kept = inside(place, here[piece] + share[:, None] * (there[piece] - here[piece]))
    piece, t = piece[kept], t[kept]
    does = tracks.does[piece]
    return pd.DataFrame({
        "unit": tracks.unit[piece], "area": place.area, "t": t, "on_call": (does == TO_CALL) | (does == AT_CALL),
        "kmh": kmh[piece],
    })  # fmt: skip


def true_stays(tracks: Tracks, seconds: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Unbroken times of one unit inside one hot spot, from :func:`seconds_inside` (or those of them that were seen).

    Columns unit, area, patrol_day (days since 1970-01-01), start, end (UTC seconds), seconds, officer_seconds,
    reactive, moving. A stay ends with the patrol day, and where a call begins or ends; it is moving where the median
    speed of its seconds is above ``stationary_kmh``.
    """
    table = seconds.sort_values(["area", "unit", "t"], ignore_index=True)
    table["day"] = day_numbers(table["t"].to_numpy(), settings)
    same = (table["t"].diff() == 1).to_numpy()
    for column in ("area", "unit", "on_call", "day"):
        same = same & (table[column] == table[column].shift()).to_numpy()
    stays = table.groupby(np.cumsum(~same)).agg(
        unit=("unit", "first"), area=("area", "first"), patrol_day=("day", "first"), start=("t", "first"),
        end=("t", "last"), reactive=("on_call", "first"), kmh=("kmh", "median"),
    ).reset_index(drop=True)  # fmt: skip
    stays["end"] += 1
    stays["seconds"] = stays["end"] - stays["start"]
    officers = np.array([u.officers for u in tracks.units])
    stays["officer_seconds"] = stays["seconds"] * officers[stays["unit"].to_numpy(dtype=np.int64)]
    stays["moving"] = stays.pop("kmh") > settings.stationary_kmh
    return stays


def true_dose(stays: pd.DataFrame, areas: Sequence[str], days: Ints, settings: Settings) -> pd.DataFrame:
    """Per hot spot and patrol day what the stays amount to: `DOSE`, 0 where nothing happened.

    ``proactive_seconds`` are those with anyone there: the length of the union of the stays.
    """
    index = pd.MultiIndex.from_product([areas, days], names=["area", "patrol_day"])
    dose = pd.DataFrame(0, index=index, columns=list(DOSE))
    by = ["area", "patrol_day"]
    proactive = stays[~stays["reactive"] & ~stays["moving"]]
    visits = _unions(proactive)
    enough = visits["longest"] >= 60 * settings.visit_min_minutes
    short = ~enough & (visits["longest"] >= 60 * settings.visit_pass_minutes)
    sums = {
        "proactive_seconds": visits.groupby(by)["seconds"].sum(),
        "officer_seconds": proactive.groupby(by)["officer_seconds"].sum(),
        "reactive_officer_seconds": stays[stays["reactive"]].groupby(by)["officer_seconds"].sum(),
        "moving_officer_seconds": stays[stays["moving"] & ~stays["reactive"]].groupby(by)["officer_seconds"].sum(),
        "visits": visits[enough].groupby(by).size(),
        "visits_below_threshold": visits[short].groupby(by).size(),
    }
    for name, values in sums.items():
        dose[name] = values.reindex(index, fill_value=0).astype("int64")
    return dose.reset_index()


def _unions(stays: pd.DataFrame) -> pd.DataFrame:
    """Stays of any units that overlap or touch, as one: area, patrol_day, seconds, longest (of one stay)."""
    rows: list[list[Any]] = []
    until = 0
    order = stays.sort_values(["area", "patrol_day", "start", "end"])
    for area, day, start, end in order[["area", "patrol_day", "start", "end"]].itertuples(index=False):
        if rows and rows[-1][:2] == [area, day] and start <= until:
            rows[-1][2] += max(end - until, 0)
            rows[-1][3] = max(rows[-1][3], end - start)
            until = max(until, end)
        else:
            rows.append([area, day, end - start, end - start])
            until = end
    return pd.DataFrame(rows, columns=["area", "patrol_day", "seconds", "longest"])


def _truth(tracks: Tracks, faults: Faults, first: date, last: date, settings: Settings) -> dict[str, Any]:
    """What happened, and what tracking could see of it."""
    names = [p.area for p in tracks.places]
    days = day_numbers(day_starts(first, last, settings)[:-1], settings)
    seconds = seconds_inside(tracks)
    seen = seconds[tracked(faults, seconds["unit"].to_numpy(), seconds["t"].to_numpy())]
    happened, visible = (
        true_dose(true_stays(tracks, part, settings), names, days, settings) for part in (seconds, seen)
    )
    rows = happened.merge(visible, on=["area", "patrol_day"], suffixes=("", "_tracked"))
    rows["patrol_day"] = [day_text(d) for d in rows["patrol_day"]]
    return {
        "note": "SYNTHETIC: none of these units, patrols or calls existed.",
        "rule": "A stay is an unbroken time of one unit inside a hot spot, not on a call; moving where its median speed"
        f" is above {settings.stationary_kmh:g} km/h. '_tracked' leaves out time without a signal.",
        "first": first.isoformat(),
        "last": last.isoformat(),
        "totals": {name: int(v) for name, v in rows.drop(columns=["area", "patrol_day"]).sum().items()},
        "columns": list(rows.columns),
        "days": rows.astype(object).to_numpy().tolist(),
    }


def synthetic_patrols(
    areas: pd.DataFrame, first: date, last: date, seed: int, settings: Settings, interval_s: int = INTERVAL_S,
    noise_m: float = NOISE_M, faults: bool = True,
) -> Patrols:  # fmt: skip
    """Positions and log of synthetic units on the days ``first`` to ``last``, and the truth. Same seed, same tables.

    ``areas`` has a row per hot spot: area (number), bcu, role and cells (hexadecimal). ``interval_s`` and ``noise_m``:
    of the positions; ``faults=False`` gives a perfect feed and log. The paths depend on none of the three.

    The truth holds, per hot spot and patrol day, proactive seconds (union and officers'), reactive and moving officer-
    seconds and visits; each also as far as tracking could see it ('_tracked'). Raises HotspotsError without hot spots.
    """
    tracks = make_tracks(areas, first, last, seed, settings)
    wrong = planned_faults(tracks, seed, first, last, settings) if faults else no_faults()
    until = int(day_starts(first, last, settings)[-1])
    pings = positions(tracks, interval_s, noise_m, seed)
    seen = pings[tracked(wrong, pings["unit"].to_numpy(), pings["t"].to_numpy())]
    seen = seen.assign(t=seen["t"] + FAST_S * seen["unit"].isin(wrong.fast))
    pings = seen[seen["t"] < until].reset_index(drop=True)
    pings, counts = _spoilt(pings, seed) if faults else (pings, {})
    feed = _as_feed(tracks, pings)
    log = log_of(tracks, wrong, seed, until)
    facts = {"seed": seed, "interval_s": interval_s, "noise_m": noise_m, "rows": len(feed), "log_entries": len(log)}
    rows = []
    for number, unit in enumerate(tracks.units):
        mine = wrong.lost[wrong.lost["unit"] == number]
        rows.append({
            "unit": unit.name, "bcu": unit.bcu, "officers": unit.officers, "gives_speed": unit.gives_speed,
            "untracked": number in wrong.untracked, "clock_fast_s": FAST_S if number in wrong.fast else 0,
            "no_signal": [[int(s), int(e)] for s, e in mine[["start", "end"]].itertuples(index=False)],
        })  # fmt: skip
    units = {"units": rows, "faults": counts}
    return Patrols(feed, log, {**facts, **units, **_truth(tracks, wrong, first, last, settings)})
