"""Positions → stays → visits: what counts as a patrol of a hot spot.

A *stay* is one unit's unbroken time inside one hot spot: consecutive positions inside its cells, each no more than
``visit_gap_minutes`` (or 1.5 times the unit's usual interval of that day, where it sends more rarely) from the next,
with the same status. Positions outside for no longer than ``edge_tolerance_seconds`` between two inside do not end it;
over a border that two hot spots share, the longer of the two stays has them
(`hotspots.patrols.presence.borders_settled`). An interval between two positions of a stay counts whole (up to
``ping_credit_minutes``); at its edges half of the interval to the unit's next position counts, for somewhere in that
interval the unit crossed the line; nothing counts across lost signal. So at regular intervals Δ the expected error of a
stay is zero, with a standard deviation of Δ/√6 (each edge is uniform over Δ about its estimate), as long as stays last
longer than Δ; shorter ones may be missed altogether.

A stay is *moving* where fewer than half of its positions with a known speed are at ``stationary_kmh`` or less (the
median is above), *reactive* where the unit was on a call. A *visit* is what a street sees: proactive stays, on foot or
stopped, of any units that overlap or touch, in one hot spot and patrol day. Its band goes by the longest stay of one
unit in it. Stays and visits are cut where a patrol day ends.

It misleads where positions are rarer than stays are long, where a device's error is large against the hot spot, and
where officers leave the device in the car. Sources of the defaults: Koper (1995), doi:10.1080/07418829500096231, for
ten to fifteen minutes; the rest is policy (docs/method.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hotspots.base.choices import DEFAULT_ENGINE
from hotspots.base.clock import EPOCH, day_starts
from hotspots.base.errors import HotspotsError, sample
from hotspots.base.settings import Settings
from hotspots.patrols.engine import engine, read_files
from hotspots.patrols.presence import (
    SEGMENTS,
    SILENCES,
    STANDSTILLS,
    UNIT_DAYS,
    Presence,
    asked,
    place_codes,
    presence,
    rule_for,
)
from hotspots.patrols.scanning import scanned

BATCH_ROWS = 3_000_000  # positions that an engine is asked about at a time, in whole files
PASS, BELOW, ON_TARGET, LONG = BANDS = ("pass-through", "below threshold", "on target", "long")
POSITIONS, LOG, BOTH = "positions", "log", "both"
STAYS = (
    "unit", "area", "patrol_day", "start", "end", "seconds", "officer_seconds", "reactive", "moving", "n_pings",
    "pieces", "site",
)  # fmt: skip
NOWHERE_MASKED: Mapping[int, str] = {}


def presence_of_files(
    files: Sequence[Path], cells: Mapping[int, str], cell: str, settings: Settings, engine_url: str,
    masked: Mapping[int, str] = NOWHERE_MASKED,
) -> Presence:  # fmt: skip
    """Who was where by the positions of some Parquet files, a few files at a time: memory stays small.

    The files have the columns of `hotspots.base.columns.PINGS`, and each holds whole patrol days: no day is in two of
    them. ``cells``: cell → hot spot; ``cell``: the column that holds cells of their resolution; ``masked``: cell of
    `hotspots.patrols.presence.MASK_CELL` → masked site. Codes of places are those of `codes_of`.
    """
    names = sorted(set(cells.values()))
    numbers = {place: code for code, place in enumerate(codes_of(cells, masked))}
    codes = {c: numbers[a, ""] for c, a in cells.items()}
    sites = {c: (numbers[names[0] if names else "", s], numbers["", s]) for c, s in masked.items()}
    read, rest = split(files) if engine_url == DEFAULT_ENGINE else ([], files)
    parts = []
    with engine(engine_url) as backend:
        held = [(file, span) for file in read if (span := span_of([file])) is not None]
        for rows, days in scanned(held, codes, sites, settings, cell):
            near = backend.create_table("near", rows, temp=True, overwrite=True)
            parts.append(presence(backend, near, days, settings))
        for batch in batches(rest):
            if (span := span_of(batch)) is not None:
                near, days = asked(backend, read_files(backend, batch), codes, sites, span, settings, cell)
                parts.append(presence(backend, near, days, settings))
                near.release()
    return together(parts)


def split(files: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """(files that are read whole, files too large for it: an engine goes to the disk where memory ends)."""
    import pyarrow.parquet as pq

    large = [pq.read_metadata(file).num_rows > BATCH_ROWS for file in files]
    return [f for f, no in zip(files, large, strict=True) if not no], [
        f for f, no in zip(files, large, strict=True) if no
    ]


def codes_of(cells: Mapping[int, str], masked: Mapping[int, str] = NOWHERE_MASKED) -> list[tuple[str, str]]:
    """(hot spot, masked site) by code, of the sorted names of both."""
    return place_codes(sorted(set(cells.values())), sorted(set(masked.values())))


def together(parts: Sequence[Presence]) -> Presence:
    """Several results of different days as one."""
    if not parts:
        segments, *others = (
            pd.DataFrame({c: pd.Series(dtype="int64") for c in names})
            for names in (SEGMENTS, UNIT_DAYS, SILENCES, STANDSTILLS)
        )
        return Presence(segments.astype({"joined": "bool"}), *others)
    orders = ("first_t", "unit", "from_t", "from_t")
    tables = [
        pd.concat([getattr(p, name) for p in parts]).sort_values(["patrol_day", "unit", last], ignore_index=True)
        for name, last in zip(("segments", "unit_days", "silences", "standstills"), orders, strict=True)
    ]
    return Presence(*tables)


def batches(files: Sequence[Path]) -> Iterator[list[Path]]:
    """Files in batches of about `BATCH_ROWS` rows."""
    import pyarrow.parquet as pq

    batch: list[Path] = []
    rows = 0
    for file in files:
        n = pq.read_metadata(file).num_rows
        if batch and rows + n > BATCH_ROWS:
            yield batch
            batch, rows = [], 0
        batch.append(file)
        rows += n
    if batch:
        yield batch


def span_of(files: Sequence[Path]) -> tuple[int, int] | None:
    """First and last second of the positions in the files, from their statistics; None where there are none."""
    import pyarrow.parquet as pq

    low, high = [], []
    for file in files:
        facts = pq.read_metadata(file)
        at = facts.schema.names.index("t")
        for i in range(facts.num_row_groups):
            ends = facts.row_group(i).column(at).statistics
            if ends is None or not ends.has_min_max:
                return None if not facts.num_rows else span_by_reading(files)
            low.append(ends.min)
            high.append(ends.max)
    return (min(low), max(high)) if low else None


def span_by_reading(files: Sequence[Path]) -> tuple[int, int]:
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    ends = [pc.min_max(pq.read_table(f, columns=["t"])["t"]).as_py() for f in files]
    return min(e["min"] for e in ends), max(e["max"] for e in ends)


def joined_overnight(found: Presence, settings: Settings) -> pd.DataFrame:
    """The segments, with what lies between a unit's last position of a day and its first of the next credited.

    Each day's share ends where the day does. Adds start2 and end2, in half seconds since 1970.
    """
    segments = found.segments.assign(
        start2=2 * found.segments["first_t"] - found.segments["before2"],
        end2=2 * found.segments["last_t"] + found.segments["after2"],
    )
    over = overnight_credits(found.unit_days, settings)
    if not len(over) or not len(segments):
        return segments
    late = over.rename(columns={"last_t": "key"}).set_index(["patrol_day", "unit", "key"])
    early = over.assign(patrol_day=over["patrol_day"] + 1, key=over["first_t"])
    early = early.set_index(["patrol_day", "unit", "key"])
    for part, column, end, sign, which in (
        (late, "last_t", "end2", 1, "late"), (early, "first_t", "start2", -1, "early"),
    ):  # fmt: skip
        keys = pd.MultiIndex.from_frame(segments[["patrol_day", "unit", column]])
        more = part[[f"{which}2", f"{which}_officer2"]].reindex(keys).fillna(0).astype("int64").set_axis(segments.index)
        segments[end] = segments[end] + sign * more[f"{which}2"]
        segments["credit2"] = segments["credit2"] + more[f"{which}2"]
        segments["officer2"] = segments["officer2"] + more[f"{which}_officer2"]
    return segments


def still_overnight(found: Presence, settings: Settings) -> pd.DataFrame:
    """The standstills, with what is credited over the end of a day to the position at either side of it."""
    still = found.standstills
    over = overnight_credits(found.unit_days, settings) if len(still) else still
    if not len(over):
        return still
    late = over.set_index(["patrol_day", "unit", "last_t"])["late2"]
    early = over.assign(patrol_day=over["patrol_day"] + 1).set_index(["patrol_day", "unit", "first_t"])["early2"]
    more = {}
    for part, column, end in ((late, "to_t", "after2"), (early, "from_t", "before2")):
        keys = pd.MultiIndex.from_frame(still[["patrol_day", "unit", column]])
        more[end] = still[end] + part.reindex(keys).fillna(0).astype("int64").to_numpy()
    return still.assign(**more)


def overnight_credits(days: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """What is credited over the end of each unit's patrol day, in half seconds: late to that day, early to the next."""
    following = days.assign(patrol_day=days["patrol_day"] - 1)
    pairs = days.merge(following, on=["patrol_day", "unit"], suffixes=("", "_next"))
    pairs = pairs.assign(gap_s=np.maximum(pairs["gap_s"], pairs["gap_s_next"]))
    pairs = pairs[pairs["first_t_next"] - pairs["last_t"] <= pairs["gap_s"]]
    if not len(pairs):
        return pairs.assign(first_t=pairs["first_t_next"])
    apart = (pairs["first_t_next"] - pairs["last_t"]).to_numpy()
    turn = turns(pairs["patrol_day"].to_numpy(), settings)
    # Half seconds from the last position to the end of the day, and from there to the first position of the next.
    until, since = 2 * (turn - pairs["last_t"].to_numpy()), 2 * (pairs["first_t_next"].to_numpy() - turn)
    most = rule_for(pairs["gap_s"].to_numpy(), settings).credit_s
    credit = np.minimum(apart, most)
    last, first = pairs["last_place"].to_numpy(), pairs["first_place_next"].to_numpy()
    whole = (last == first) & (last >= 0) & (apart <= most)
    late = np.where(whole, until, np.where(last >= 0, np.minimum(credit, until), 0))
    early = np.where(whole, since, np.where(first >= 0, np.minimum(credit, since), 0))
    by_last, by_first = pairs["last_officers"].to_numpy(), pairs["first_officers_next"].to_numpy()
    own_late, own_early = np.minimum(late, apart), np.minimum(early, apart)  # each position vouches for its half
    return pd.DataFrame({
        "patrol_day": pairs["patrol_day"].to_numpy(), "unit": pairs["unit"].to_numpy(),
        "last_t": pairs["last_t"].to_numpy(), "first_t": pairs["first_t_next"].to_numpy(),
        "late2": late, "late_officer2": own_late * by_last + (late - own_late) * by_first,
        "early2": early, "early_officer2": own_early * by_first + (early - own_early) * by_last,
    })  # fmt: skip


def turns(days: np.ndarray[Any, Any], settings: Settings) -> np.ndarray[Any, Any]:
    """The UTC second at which each patrol day ends."""
    first, last = int(days.min()), int(days.max())
    starts = day_starts(EPOCH + np.timedelta64(first, "D").item(), EPOCH + np.timedelta64(last, "D").item(), settings)
    return starts[days - first + 1]


def stays(segments: pd.DataFrame, codes: Sequence[tuple[str, str]]) -> pd.DataFrame:
    """The segments of each stay put together: `STAYS`, and log (False), by unit, patrol day and start.

    ``codes``: of `codes_of`. At a masked site ``site`` is its name, and outside every hot spot ``area`` is ''. Times in
    UTC seconds, patrol_day in days since 1970-01-01; ``seconds`` credited, ``officer_seconds`` summed over officers;
    ``pieces`` the (start, end) of what is credited, where that is not the whole stay, else None.
    """
    number = (~segments["joined"]).cumsum().to_numpy()
    one = segments.assign(number=number).groupby("number", sort=False)
    table = one.agg(
        unit=("unit", "first"), place=("place", "first"), patrol_day=("patrol_day", "first"), start2=("start2", "min"),
        end2=("end2", "max"), credit2=("credit2", "sum"), officer2=("officer2", "sum"), n_pings=("n", "sum"),
        n_known=("n_known", "sum"), n_slow=("n_slow", "sum"),
    )  # fmt: skip
    if not len(table):
        kinds = {"unit": "int64", "area": "str", "site": "str", "patrol_day": "int64", "n_pings": "int64"}
        kinds |= {"reactive": "bool", "moving": "bool", "log": "bool", "pieces": "object"}
        return pd.DataFrame({c: pd.Series(dtype=kinds.get(c, "float64")) for c in (*STAYS, "log")})
    areas, sites = np.array(codes, dtype=object)[table["place"].to_numpy() // 2].T
    pieces = pd.Series([None] * len(table), index=table.index, dtype=object)
    for key in table.index[one.size() > 1]:
        pieces[key] = [(a / 2, b / 2) for a, b in one.get_group(key)[["start2", "end2"]].to_numpy().tolist()]
    found = pd.DataFrame({
        "unit": table["unit"], "area": pd.Series(areas, index=table.index, dtype="str"),
        "patrol_day": table["patrol_day"], "start": table["start2"] / 2, "end": table["end2"] / 2,
        "seconds": table["credit2"] / 2, "officer_seconds": table["officer2"] / 2,
        "reactive": table["place"] % 2 == 1, "moving": 2 * table["n_slow"] < table["n_known"],
        "n_pings": table["n_pings"], "pieces": pieces,
        "site": pd.Series(sites, index=table.index, dtype="str"), "log": False,
    })  # fmt: skip
    return found.sort_values(["unit", "patrol_day", "start"], ignore_index=True)


def patrols(stays: pd.DataFrame) -> pd.Series:
    """Which stays are dose: proactive, on foot or stopped, and not counted apart."""
    dose = ~stays["reactive"] & ~stays["moving"]
    return dose & (stays["apart"] == "") if "apart" in stays.columns else dose


def visits(stays: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Stays that are dose and overlap or touch in one hot spot and patrol day → one row per visit.

    Columns: area, patrol_day, start, end (UTC seconds), patrol_minutes (its length), longest_minutes (longest stay of
    one unit), officer_minutes, units, band, told_by. Officer A 14:00 to 14:12 and officer B 14:05 to 14:15: one visit,
    15 patrol-minutes, 22 officer-minutes, on target by A's 12 minutes.
    """
    mine = stays[patrols(stays)].sort_values(["area", "patrol_day", "start", "end"])
    mine = mine.assign(number=overlapping(mine, ["area", "patrol_day"]))
    logged = mine["log"] if "log" in mine.columns else pd.Series(False, index=mine.index)
    one = mine.assign(log=logged, tracked=~logged).groupby("number", sort=False)
    table = one.agg(
        area=("area", "first"), patrol_day=("patrol_day", "first"), start=("start", "min"), end=("end", "max"),
        longest_minutes=("seconds", "max"), officer_minutes=("officer_seconds", "sum"), units=("unit", "nunique"),
        logged=("log", "any"), tracked=("tracked", "any"),
    )  # fmt: skip
    table["patrol_minutes"] = lengths(mine).reindex(table.index) / 60
    table = table.reset_index(drop=True)
    for column in ("longest_minutes", "officer_minutes"):
        table[column] = table[column] / 60
    table["band"] = pd.Series(band(table["longest_minutes"], settings), dtype="str")
    source = np.where(table["logged"] & table["tracked"], BOTH, np.where(table["logged"], LOG, POSITIONS))
    table["told_by"] = pd.Series(source, dtype="str")
    columns = (
        "area", "patrol_day", "start", "end", "patrol_minutes", "longest_minutes", "officer_minutes", "units", "band",
        "told_by",
    )  # fmt: skip
    return table[list(columns)]


def overlapping(table: pd.DataFrame, groups: list[str]) -> pd.Series:
    """A number for each run of intervals that overlap or touch in a group; ``table`` is sorted by group and start."""
    reached = table.groupby(groups)["end"].cummax()
    before = reached.groupby([table[c] for c in groups]).shift()
    return (~(table["start"] <= before)).cumsum()


def lengths(stays: pd.DataFrame) -> pd.Series:
    """Seconds with anyone there, by visit (``number``): the union of what its stays are credited."""
    table = stays[["number", "start", "end"]]
    if "pieces" in stays.columns and stays["pieces"].notna().any():
        whole = zip(stays["pieces"], stays["start"], stays["end"], strict=True)
        parts = [[(start, end)] if pieces is None else pieces for pieces, start, end in whole]
        number = np.repeat(stays["number"].to_numpy(), [len(p) for p in parts])
        table = pd.DataFrame([p for each in parts for p in each], columns=["start", "end"]).assign(number=number)
    table = table.sort_values(["number", "start"], ignore_index=True)
    runs = table.assign(run=overlapping(table, ["number"])).groupby("run")
    ends = runs.agg(number=("number", "first"), start=("start", "min"), end=("end", "max"))
    return (ends["end"] - ends["start"]).groupby(ends["number"]).sum()


def band(minutes: Any, settings: Settings) -> np.ndarray[Any, Any]:
    """The band of stays of so many minutes: each holds its lower end, and on target its upper end too.

    >>> band([0.9, 1, 9.99, 10, 20, 20.01], Settings()).tolist()
    ['pass-through', 'below threshold', 'below threshold', 'on target', 'on target', 'long']
    """
    minutes = np.asarray(minutes, dtype=float)
    short, enough, long = settings.visit_pass_minutes, settings.visit_min_minutes, settings.visit_long_minutes
    chosen = [minutes < short, minutes < enough, minutes <= long]
    return np.select(chosen, [PASS, BELOW, ON_TARGET], LONG).astype(object)


def refuse_overlaps(areas: pd.DataFrame) -> dict[int, str]:
    """cell → area of a table of hot spots. HotspotsError where two share a cell, or resolutions differ."""
    owner: dict[int, str] = {}
    twice = []
    for area, cells in zip(areas["area"], areas["cells"], strict=True):
        for cell in cells:
            number = int(cell, 16)
            if number in owner and owner[number] != area:
                twice.append(f"{cell} ({owner[number]} and {area})")
            owner[number] = str(area)
    if twice:
        raise HotspotsError(f"Hot spots overlap in {sample(twice)}. Freeze a version where each cell has one hot spot.")
    return owner
