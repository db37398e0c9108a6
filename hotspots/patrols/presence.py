"""Who was inside which hot spot, worked out from positions by one expression on any engine.

The engine is DuckDB inside this process, or a Spark cluster by URL. It reads the Parquet files of the workspace and
writes nothing; on a cluster its workers must see the workspace under the same path.

The expression keeps to one patrol day at a time, so a day's result hangs on that day's positions alone: a new day
changes one day of results, and a cluster splits the work by day and unit. What the days owe each other, the interval
over 06:00, is settled afterwards from a row per unit and day (`hotspots.patrols.visits.joined_overnight`).

All arithmetic is in whole numbers: times in seconds, credit in half seconds. So the rows are the same on every engine
and in every order.

Limits: it takes positions as they are. Between two of them a unit may have left and come back; and jitter of the
device across an edge makes stays shorter, for which ``edge_tolerance_seconds`` allows a little.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from hotspots.base.clock import EPOCH, HOUR, day_at, day_starts
from hotspots.base.profile import MOST_BCUS
from hotspots.base.settings import Settings
from hotspots.patrols.engine import small_table

if TYPE_CHECKING:
    import ibis.expr.types as ir


# A piece of a stay: a unit's positions inside one area, none further from the next than a position vouches for.
SEGMENTS = (
    "patrol_day", "unit", "place", "first_t", "last_t", "before2", "after2", "credit2", "officer2", "n", "n_known",
    "n_slow", "joined", "first_officers", "last_officers",
)  # fmt: skip
COUNTS = tuple(f"n_{number}" for number in range(1, MOST_BCUS + 1))  # of positions in each BCU, by its number
# A unit's patrol day: its first and last position, how many there are in each BCU, and the gap that its feed asks for.
UNIT_DAYS = (
    "patrol_day", "unit", "first_t", "last_t", "first_place", "last_place", "first_officers", "last_officers", "n",
    "gap_s", *COUNTS,
)  # fmt: skip
# A silence: two positions of a unit's day further apart than the gap.
SILENCES = ("patrol_day", "unit", "from_t", "to_t")
# A standstill: a unit's positions of one stay that are equal to the metre from one second to another, and the half
# seconds at either end that are credited to them.
STANDSTILLS = ("patrol_day", "unit", "area", "from_t", "to_t", "before2", "after2")
# What matters of a position, and the seconds of the unit's positions before and after.
NEAR = (
    "unit", "t", "speed_kmh", "officers", "east", "north", "patrol_day", "place", "prev_t", "next_t",
)  # fmt: skip
MASK_CELL = "cell_11"  # the column of positions that masked sites are told by: cells of about 2,000 m²
TO_THE_METRE = 100_000  # units of a degree that are told apart: 1.1 m of latitude, 0.7 m of longitude


class Rule(NamedTuple):
    """The visit rule in whole seconds."""

    gap_s: int  # positions further apart are two stays
    credit_s: int  # a position vouches for no more, half before and half after
    edge_s: int  # outside for no longer, between two inside: the stay goes on


def rule_of(settings: Settings) -> Rule:
    """The rule that the settings make."""
    gap, credit = round(60 * settings.visit_gap_minutes), round(60 * settings.ping_credit_minutes)
    return Rule(gap, credit, settings.edge_tolerance_seconds)


def rule_for(gap_s: Any, settings: Settings) -> Rule:
    """The rule of units with this gap: a column of an engine's table, or an array. The credit grows with the gap."""
    rule = rule_of(settings)
    return Rule(gap_s, gap_s * rule.credit_s // rule.gap_s, rule.edge_s)


@dataclass(frozen=True, eq=False)
class Presence:
    """What positions say of some patrol days: the tables named above, in order of day, unit and time.

    ``place`` is twice the area's code, plus 1 on a call; −1 is outside. Areas are the hot spots and, behind them, what
    each masked site has in each of them and outside of all (`place_codes`).
    """

    segments: pd.DataFrame
    unit_days: pd.DataFrame
    silences: pd.DataFrame
    standstills: pd.DataFrame


def slow_feeds(
    positions: ir.Table, days: pd.DataFrame, span: tuple[int, int], settings: Settings, backend: Any
) -> pd.DataFrame:
    """patrol_day, unit, gap_s of the units whose feed is too slow for the setting: 1.5 times the median interval.

    ``days``: n, first_t and last_t of every unit's day. A median above so many seconds takes a mean
    of half as many: only those that may be slow are looked at.
    """
    rule = rule_of(settings)
    per_gap, most = settings.gap_intervals, round(60 * settings.visit_gap_most_minutes)
    mean = (days["last_t"] - days["first_t"]) / (days["n"] - 1).clip(lower=1)
    may = days[(days["n"] >= Settings.least_of_a_feed) & (mean >= rule.gap_s / per_gap / 2)]
    if not len(may):
        return may[["patrol_day", "unit"]].assign(gap_s=0)
    few = small_table(backend, {c: may[c].tolist() for c in ("patrol_day", "unit")})
    mine = positions.select(positions.unit, positions.t, patrol_day=patrol_day_of(positions.t, span, settings))
    mine = mine.semi_join(few, ["patrol_day", "unit"])
    import ibis

    by_unit = ibis.window(group_by=[mine.patrol_day, mine.unit], order_by=mine.t)
    apart = mine.mutate(apart=mine.t - mine.t.lag().over(by_unit))
    found = apart.group_by(["patrol_day", "unit"]).aggregate(usual=apart.apart.median()).execute()
    gap = np.minimum(np.floor(per_gap * found["usual"]), most).astype("int64")
    return found[["patrol_day", "unit"]].assign(gap_s=gap)[gap > rule.gap_s]


def place_codes(names: Sequence[str], sites: Sequence[str]) -> list[tuple[str, str]]:
    """(hot spot, masked site) of each code of an area: the hot spots; then, site by site, its part of each of them and
    of what lies outside ('').

    >>> place_codes(["A", "B"], ["yard"])
    [('A', ''), ('B', ''), ('A', 'yard'), ('B', 'yard'), ('', 'yard')]
    """
    return [(name, "") for name in names] + [(name, site) for site in sites for name in (*names, "")]


def near_of(
    positions: ir.Table, inside: ir.Table, masked: ir.Table | None, settings: Settings, span: tuple[int, int], cell: str
) -> ir.Table:
    """The few positions that matter: inside a hot spot, at either end of a unit's day, and after a silence.

    ``positions`` have the columns of `hotspots.base.columns.PINGS`, no two of one unit in a second; ``inside`` has cell
    and area (codes 0, 1, …), each cell once; ``cell`` is the column of positions that holds cells of their resolution.
    ``masked`` has cell (of `MASK_CELL`), first and outside: the codes of `place_codes` for its site in the first hot
    spot and outside of all. Adds patrol_day, place, and the seconds of the unit's positions before and after (prev_t,
    next_t).
    """
    import ibis

    facts = ["unit", "t", "speed_kmh", "officers", "lon", "lat", "on_call"]
    placed = positions.left_join(inside, positions[cell] == inside.cell)
    if masked is None:
        placed = placed.select(*facts, code=placed.area)
    else:
        placed = placed.select(*facts, "area", at=placed[MASK_CELL])
        placed = placed.left_join(masked, placed["at"] == masked.cell)
        at_site = ibis.coalesce(placed["first"] + placed.area, placed.outside)
        placed = placed.select(*facts, code=ibis.coalesce(at_site, placed.area))
    placed = placed.select(
        "unit", "t", "speed_kmh", "officers",
        east=(placed.lon * TO_THE_METRE).round().cast("int64"),
        north=(placed.lat * TO_THE_METRE).round().cast("int64"),
        patrol_day=patrol_day_of(placed.t, span, settings),
        place=(placed.code * 2 + (placed.on_call.cast("int32") if settings.exclude_on_call else 0)).fill_null(-1),
    )  # fmt: skip
    by_unit = ibis.window(group_by=[placed.patrol_day, placed.unit], order_by=placed.t)
    timed = placed.mutate(prev_t=placed.t.lag().over(by_unit), next_t=placed.t.lead().over(by_unit))
    silent = timed.t - timed.prev_t > rule_of(settings).gap_s
    return timed.filter((timed.place >= 0) | timed.prev_t.isnull() | timed.next_t.isnull() | silent)


def with_gaps(near: ir.Table, slow: ir.Table | None, settings: Settings) -> ir.Table:
    """``near`` with the gap of each unit's day: gap_s. ``slow``: of `slow_feeds`, on the engine."""
    import ibis

    usual = ibis.literal(rule_of(settings).gap_s, "int64")
    if slow is None:
        return near.mutate(gap_s=usual)
    known = near.left_join(slow, ["patrol_day", "unit"])
    return known.select(*(near[c] for c in near.columns), gap_s=known.gap_s.fill_null(usual))


def days_at_borders(segments: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """patrol_day, unit of those who were back in an area from another one at once, each once: few, or none.

    ``segments``: `SEGMENTS` in order, before any border is settled.
    """
    day = ["patrol_day", "unit"]
    other = segments["place"].groupby([segments[c] for c in day]).shift(fill_value=-1) // 2
    away = segments["first_t"] - segments.groupby([*day, "place"])["last_t"].shift()
    back = (other >= 0) & (other != segments["place"] // 2) & (away <= rule_of(settings).edge_s)
    return segments.loc[back, day].drop_duplicates()


def borders_settled(near: ir.Table, days: ir.Table, settings: Settings) -> ir.Table:
    """``near`` with the place that each position counts for, where stays in two areas lie over each other.

    First each area by itself: its *run* goes on while its positions are of one stay, whatever lies between. Where the
    runs of two areas overlap, which takes a border that both share, the positions in the overlap count for the one
    with more time nearest to its own positions, of equal ones the earlier. A call ends every run. ``days``: of
    `days_at_borders`; on others no two runs overlap.
    """
    import ibis

    day = ["patrol_day", "unit"]
    there = near.filter(near.place >= 0).semi_join(days, day)
    by_unit = ibis.window(group_by=[there[c] for c in day], order_by=there.t)
    there = there.mutate(turned=(there.place % 2 != there.place.lag().over(by_unit) % 2).fill_null(False).cast("int64"))
    by_unit = ibis.window(group_by=[there[c] for c in day], order_by=there.t, following=0)
    there = there.mutate(part=there.turned.sum().over(by_unit))
    by_place = ibis.window(group_by=[there[c] for c in (*day, "part", "place")], order_by=there.t)
    rule = rule_for(there.gap_s, settings)
    apart, before, after = there.t - there.t.lag().over(by_place), there.t - there.prev_t, there.next_t - there.t
    there = there.mutate(
        begins=(~same_stay(ibis.literal(True), apart, before, rule)).cast("int64"),
        own2=edge(before, rule) + edge(after, rule),
    )
    by_place = ibis.window(group_by=[there[c] for c in (*day, "part", "place")], order_by=there.t, following=0)
    there = there.mutate(run=there.begins.sum().over(by_place))
    run = [*day, "part", "place", "run"]
    runs = there.group_by(run).aggregate(first_t=there.t.min(), last_t=there.t.max(), own2=there.own2.sum())
    rival = runs.rename(**{f"rival_{c}": c for c in ("place", "run", "first_t", "last_t", "own2")})
    lost = runs.join(rival, [*day, "part"]).filter(
        lambda r: (
            (r.place != r.rival_place) & (r.first_t <= r.rival_last_t) & (r.rival_first_t <= r.last_t)
            & ((r.rival_own2 > r.own2) | ((r.rival_own2 == r.own2) & (r.rival_first_t < r.first_t)))
        )
    )  # fmt: skip
    lost = lost.select(*run, "rival_place", "rival_first_t", "rival_last_t", "rival_own2")
    over = there.select(*run, "t").join(lost, run)
    over = over.filter((over.t >= over.rival_first_t) & (over.t <= over.rival_last_t))
    best = ibis.window(group_by=[over[c] for c in (*day, "t")], order_by=[over.rival_own2.desc(), over.rival_first_t])
    moved = over.mutate(rank=ibis.row_number().over(best))
    moved = moved.filter(moved["rank"] == 0).select(*day, "t", "rival_place")
    settled = near.left_join(moved, [*day, "t"])  # by its own names: ``near``'s may be taken for those of ``moved``
    return settled.select(
        *(settled[c] for c in near.columns if c != "place"), place=settled.rival_place.fill_null(settled.place)
    )


def segments_of(near: ir.Table, settings: Settings) -> ir.Table:
    """`SEGMENTS` of the positions that lie inside an area; ``near`` knows the time of each one's neighbours."""
    import ibis

    there = near.filter(near.place >= 0)
    by_unit = ibis.window(group_by=[there.patrol_day, there.unit], order_by=there.t)
    seen = there.mutate(
        prev_in=there.t.lag().over(by_unit), next_in=there.t.lead().over(by_unit),
        prev_place=there.place.lag().over(by_unit), next_place=there.place.lead().over(by_unit),
    )  # fmt: skip
    rule = rule_for(seen.gap_s, settings)
    before, after = seen.t - seen.prev_t, seen.next_t - seen.t
    in_before, in_after = seen.t - seen.prev_in, seen.next_in - seen.t
    joins = same_stay(seen.prev_place == seen.place, in_before, before, rule)
    goes_on = same_stay(seen.next_place == seen.place, in_after, after, rule)
    credit, slow_kmh = rule.credit_s, ibis.literal(settings.stationary_kmh, "float32")
    has_speed = seen.speed_kmh.notnull() & ~seen.speed_kmh.isnan()
    steps = seen.mutate(
        joined=joins, begins=~(joins & (in_before <= rule.credit_s)), ends=~(goes_on & (in_after <= rule.credit_s)),
        before2=ibis.ifelse(joins, ibis.least(in_before, credit), edge(before, rule)),
        after2=ibis.ifelse(goes_on, ibis.least(in_after, credit), edge(after, rule)),
        has_speed=has_speed.fill_null(False).cast("int64"),
        slow=(has_speed & (seen.speed_kmh <= slow_kmh)).fill_null(False).cast("int64"),
    )  # fmt: skip
    by_unit = ibis.window(group_by=[steps.patrol_day, steps.unit], order_by=steps.t, following=0)
    numbered = steps.mutate(number=steps.begins.cast("int64").sum().over(by_unit))
    one = numbered.group_by(["patrol_day", "unit", "number", "place"])
    found = one.aggregate(
        first_t=numbered.t.min(), last_t=numbered.t.max(),
        before2=ibis.ifelse(numbered.begins, numbered.before2, 0).sum(),
        after2=ibis.ifelse(numbered.ends, numbered.after2, 0).sum(),
        credit2=(numbered.before2 + numbered.after2).sum(),
        officer2=((numbered.before2 + numbered.after2) * numbered.officers).sum(),
        n=numbered.count(), n_known=numbered.has_speed.sum(), n_slow=numbered.slow.sum(),
        joined=(numbered.begins & numbered.joined).any(),
        first_officers=ibis.ifelse(numbered.begins, numbered.officers, 0).max(),
        last_officers=ibis.ifelse(numbered.ends, numbered.officers, 0).max(),
    )  # fmt: skip
    return found.select(*SEGMENTS)


def standstills_of(near: ir.Table, settings: Settings) -> ir.Table:
    """`STANDSTILLS` of at least ``frozen_minutes``: consecutive positions of a unit, all at one point of one area.

    A person who stands still is given a few metres to and fro; what is equal to the metre for so long is a parked car,
    a device on its charger, or a fix that froze.
    """
    import ibis

    there = near.filter(near.place >= 0).mutate(area=near.place // 2)
    by_unit = ibis.window(group_by=[there.patrol_day, there.unit], order_by=there.t)
    before = there.mutate(**{f"{c}_before": there[c].lag().over(by_unit) for c in ("t", "area", "east", "north")})
    # None lies between, and it is one stay: over lost signal nobody knows.
    same = (before.t_before == before.prev_t) & (before.t - before.prev_t <= before.gap_s)
    for c in ("area", "east", "north"):
        same = same & (before[c] == before[f"{c}_before"])
    steps = before.mutate(moved=(~same).fill_null(True).cast("int64"))
    by_unit = ibis.window(group_by=[steps.patrol_day, steps.unit], order_by=steps.t)
    up_to = ibis.window(group_by=[steps.patrol_day, steps.unit], order_by=steps.t, following=0)
    numbered = steps.mutate(number=steps.moved.sum().over(up_to), moved_after=steps.moved.lead().over(by_unit))
    one = numbered.group_by(["patrol_day", "unit", "number", "area"])
    rule = rule_for(numbered.gap_s, settings)
    last = (numbered.moved_after == 1).fill_null(True)
    found = one.aggregate(
        from_t=numbered.t.min(), to_t=numbered.t.max(),
        before2=ibis.ifelse(numbered.moved == 1, edge(numbered.t - numbered.prev_t, rule), 0).sum(),
        after2=ibis.ifelse(last, edge(numbered.next_t - numbered.t, rule), 0).sum(),
    )  # fmt: skip
    return found.filter(found.to_t - found.from_t >= round(60 * settings.frozen_minutes)).select(*STANDSTILLS)


def same_stay(same: Any, between: Any, next_to: Any, rule: Rule) -> Any:
    """Whether the neighbour inside belongs to the stay: nothing lies between and it is near enough, or it is very near.

    ``between``: seconds to the neighbour inside; ``next_to``: seconds to the neighbour of any kind.
    """
    near = ((between == next_to) & (between <= rule.gap_s)) | (between <= rule.edge_s)
    return (same & near).fill_null(False)


def edge(apart: Any, rule: Rule) -> Any:
    """Half seconds credited at the edge of a stay: half of the interval, nothing across lost signal."""
    import ibis

    seen = (apart <= rule.gap_s).fill_null(False)
    return ibis.ifelse(seen, ibis.least(apart, rule.credit_s), 0)


def unit_days_of(positions: ir.Table, span: tuple[int, int], settings: Settings) -> ir.Table:
    """How many positions each unit has in a day, in each BCU."""
    table = positions.select(positions.unit, positions.bcu, patrol_day=patrol_day_of(positions.t, span, settings))
    return table.group_by(["patrol_day", "unit"]).aggregate(
        n=table.count(),
        **{name: (table.bcu == i).cast("int64").sum() for i, name in enumerate(COUNTS, 1)},
    )


def patrol_day_of(t: Any, span: tuple[int, int], settings: Settings) -> Any:
    """The patrol day of each UTC second in the span, as `hotspots.base.clock.day_numbers` has it.

    Between two changes of the clock it is a division; the hour that a day of 25 has more stays with its day.
    """
    import ibis

    pieces = clock_pieces(span, settings)

    def number(shift: int, last: int) -> Any:
        return ibis.least(((t + shift) // (24 * HOUR)).cast("int64"), ibis.literal(last))

    if len(pieces) == 1:
        return number(*pieces[0][1:])
    cases = [(t < following[0], number(*one[1:])) for one, following in pairwise(pieces)]
    return ibis.cases(*cases, else_=number(*pieces[-1][1:]))


def clock_pieces(span: tuple[int, int], settings: Settings) -> list[tuple[int, int, int]]:
    """(first second, seconds to add, last day) of each run of patrol days that begin under one offset of the clock."""
    first, last = day_at(span[0]) - timedelta(days=2), day_at(span[1]) + timedelta(days=2)
    starts = day_starts(first, last, settings)
    numbers = np.arange(len(starts)) + (first - EPOCH).days
    shifts = numbers * 24 * HOUR - starts
    turns = [0, *(np.flatnonzero(np.diff(shifts)) + 1).tolist(), len(starts)]
    return [(int(starts[a]), int(shifts[a]), int(numbers[b - 1])) for a, b in pairwise(turns)]


def asked(
    backend: Any, positions: ir.Table, cells: Mapping[int, int], masked: Mapping[int, tuple[int, int]],
    span: tuple[int, int], settings: Settings, cell: str,
) -> tuple[ir.Table, pd.DataFrame]:  # fmt: skip
    """What `presence` goes by, asked of an engine: (`near_of`, cached; patrol_day, unit, n, gap_s and `COUNTS`).

    ``cells``: cell → code of its area; ``masked``: cell of `MASK_CELL` → the two codes of `near_of`.
    """
    inside = small_table(backend, {"cell": list(cells), "area": list(cells.values())})
    first, outside = ([code[i] for code in masked.values()] for i in (0, 1))
    sites = small_table(backend, {"cell": list(masked), "first": first, "outside": outside}) if masked else None
    near = near_of(positions, inside, sites, settings, span, cell).cache()
    ends = near.filter(near.prev_t.isnull() | near.next_t.isnull())
    spans = ends.group_by(["patrol_day", "unit"]).aggregate(first_t=ends.t.min(), last_t=ends.t.max()).execute()
    unit_days = unit_days_of(positions, span, settings).execute()
    slow = slow_feeds(positions, unit_days.merge(spans, on=["patrol_day", "unit"]), span, settings, backend)
    unit_days = unit_days.merge(slow, on=["patrol_day", "unit"], how="left")
    unit_days["gap_s"] = unit_days["gap_s"].fillna(rule_of(settings).gap_s)
    return near, unit_days


def presence(backend: Any, near: ir.Table, unit_days: pd.DataFrame, settings: Settings) -> Presence:
    """Who was where, by the positions that matter and the days of units; the rows come back sorted."""
    slow = unit_days.loc[unit_days["gap_s"] > rule_of(settings).gap_s, ["patrol_day", "unit", "gap_s"]].astype("int64")
    held = small_table(backend, {c: slow[c].tolist() for c in slow.columns}) if len(slow) else None
    found = with_gaps(near, held, settings)
    segments = in_order(segments_of(found, settings).execute(), SEGMENTS, "first_t")
    days, kept = days_at_borders(segments, settings), found
    try:
        if len(days):
            few = small_table(backend, {c: days[c].tolist() for c in days.columns})
            kept = borders_settled(found, few, settings).cache()
            segments = in_order(segments_of(kept, settings).execute(), SEGMENTS, "first_t")
        standstills = standstills_of(kept, settings).execute()
        ends = kept.filter(kept.prev_t.isnull() | kept.next_t.isnull()).select(
            "patrol_day", "unit", "t", "place", "officers", first=kept.prev_t.isnull(), last=kept.next_t.isnull()
        )  # fmt: skip
        silent = kept.filter(kept.t - kept.prev_t > kept.gap_s)
        silences = silent.select("patrol_day", "unit", from_t=silent.prev_t, to_t=silent.t).execute()
        unit_days = with_ends(unit_days, ends.execute())
    finally:
        if kept is not found:
            kept.release()
    return Presence(
        segments, in_order(unit_days, UNIT_DAYS, "unit"),
        in_order(silences, SILENCES, "from_t"), in_order(standstills, STANDSTILLS, "from_t"),
    )  # fmt: skip


def with_ends(days: pd.DataFrame, ends: pd.DataFrame) -> pd.DataFrame:
    """The unit days with time, place and officers of their first and last positions."""
    keys, facts = ["patrol_day", "unit"], ["t", "place", "officers"]
    for which in ("first", "last"):
        mine = ends[ends[which].astype(bool)]
        days = days.merge(mine[keys + facts].rename(columns={c: f"{which}_{c}" for c in facts}), on=keys)
    return days


def in_order(table: pd.DataFrame, columns: Sequence[str], last_key: str) -> pd.DataFrame:
    """Whole numbers in the same order and of the same type, whichever engine they come from."""
    kinds = {c: "bool" if c == "joined" else "int64" for c in columns}
    return table[list(columns)].astype(kinds).sort_values(["patrol_day", "unit", last_key], ignore_index=True)
