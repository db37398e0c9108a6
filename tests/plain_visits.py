"""Stays and visits worked out slowly and plainly, position by position, to hold the fast way to.

Written from the rule's words alone, with loops and exact fractions; it shares no code with the library's way.

The rule
--------
*Day.* Every patrol day (from ``patrol_day_starts`` local time) is worked out from its own positions.

*Stay.* Two consecutive inside positions of a unit, in one area and with one ``on_call``, are of one stay where no
other position of the unit lies between them and they are at most ``gap_s`` apart, or where only outside ones lie
between and they are at most ``edge_s`` apart.

*Border.* Hot spots may adjoin. First, each area is looked at alone, and all other areas are outside: its *run* is
a row of its positions that would be one stay. A position with another ``on_call`` inside any area ends every run.
Where a position lies within the time of a longer run of another area, it counts for that area, as if it lay in it.
How long a run is: the sum over its positions of half of the time to the unit's position before and half of that to
the one after, of at most ``credit_s``, nothing where it is more than ``gap_s``. Of several such runs the longest
takes it, of equally long ones the one that began first. Then stays are made as above.

*Feed.* On a unit's day of ten or more positions ``gap_s`` is at least ``gap_intervals`` times the median interval
between them (but no more than ``most_gap_s``), in whole seconds, and ``credit_s`` grows as ``gap_s`` does. Over 06:00
the greater of both days' holds.

*Credit.* The time between two positions of a stay counts up to ``credit_s``. At either end of a stay half of the
time to the unit's next position, wherever that is, counts (of at most ``credit_s``), if it is at most ``gap_s`` away.

*06:00.* Nothing goes over the start of a patrol day. Where the positions on both sides of it are consecutive and
would be of one stay, the time up to it belongs to the first day and the rest to the second (of more than
``credit_s``, half of the credit at each side).

*Officers.* A position's officers hold for the half of each interval that lies on its side.

*Moving.* Fewer than half of the stay's positions with a known speed are at ``stationary_kmh`` or slower. Positions
outside belong to no stay.

*Masked sites.* What a site has in a hot spot, and what it has outside of all, are areas of their own, and no dose.

*Still.* A proactive, not moving stay's positions of one row that are equal to the metre (a hundred-thousandth of a
degree), with no other position of the unit between, from the first to the last for ``frozen_s`` or more: what is
credited to them is frozen and no dose, and the rest of the stay is parted by them.

*Long.* Stays of a unit in one area and with one ``on_call``, the next of which begins at most ``gap_s`` after the one
before ends, or between which it sent nothing for at most ``shift_s``: where the first begins more than ``most_s``
before the last ends, what is proactive, not moving and not frozen of them is parked and no dose.

*Visit.* Overlapping or touching stays of any units, proactive and not moving, in one area and patrol day.

Choices where the words leave one: see `plain_stays` and `plain_visits`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from itertools import pairwise
from math import floor, isnan
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from hotspots.base.settings import Settings

EPOCH = date(1970, 1, 1)
HALF = Fraction(1, 2)


@dataclass(frozen=True)
class PlainRules:
    """The visit rule in seconds and minutes."""

    gap_s: int = 300
    credit_s: int = 300
    edge_s: int = 90
    gap_intervals: float = 1.5
    most_gap_s: int = 900
    stationary_kmh: float = 7.0
    min_minutes: float = 10.0
    long_minutes: float = 20.0
    pass_minutes: float = 1.0
    exclude_on_call: bool = True
    frozen_s: int = 3600
    most_s: int = 7200
    shift_s: int = 14_400

    @classmethod
    def of(cls, settings: Settings) -> PlainRules:
        return cls(
            gap_s=round(60 * settings.visit_gap_minutes),
            credit_s=round(60 * settings.ping_credit_minutes),
            gap_intervals=settings.gap_intervals,
            most_gap_s=round(60 * settings.visit_gap_most_minutes),
            edge_s=settings.edge_tolerance_seconds,
            stationary_kmh=settings.stationary_kmh,
            min_minutes=settings.visit_min_minutes,
            long_minutes=settings.visit_long_minutes,
            pass_minutes=settings.visit_pass_minutes,
            exclude_on_call=settings.exclude_on_call,
            frozen_s=round(60 * settings.frozen_minutes),
            most_s=round(60 * settings.visit_most_minutes),
            shift_s=round(3600 * settings.shift_silence_hours),
        )


DEFAULT = PlainRules()
LONDON = Settings()


@dataclass
class Position:
    """One position. ``before`` and ``after`` are the unit's neighbours in time, wherever they are."""

    unit: int
    t: int
    area: str | None
    on_call: bool
    officers: int
    speed: float | None
    day: int
    before: Position | None = None
    after: Position | None = None
    gap_s: int = 0  # of the unit's day
    credit_s: int = 0
    counts_for: str | None = None  # the area, where another one's longer run holds it
    point: tuple[int, int] = (0, 0)  # to the metre

    @property
    def state(self) -> tuple[str, bool] | None:
        return None if self.area is None else (self.counts_for or self.area, self.on_call)


@dataclass
class Credit:
    """Time credited to a position, on one side of it: how much, how far it reaches, and its officer-seconds."""

    seconds: Fraction = Fraction(0)
    reach: Fraction = Fraction(0)
    officer_seconds: Fraction = Fraction(0)


def plain_stays(
    rows: Any, cells: Mapping[int, str], rules: Any = DEFAULT, settings: Settings = LONDON
) -> list[dict[str, Any]]:
    """One dict per unit, area, patrol day and stay, by unit and start.

    ``rows``: mappings (or a DataFrame) with unit, t, cell, speed_kmh, on_call, officers, in any order; a unit has
    one position per second. Keys: unit, area, patrol_day, start, end, seconds (credited), officer_seconds, reactive,
    moving, n_pings.

    Choices: where calls are not excluded, ``on_call`` is not looked at; the ``on_call`` of positions outside does not
    matter; positions outside are in no stay's n_pings; ``start`` and ``end`` are the span, which is more than
    ``seconds`` where credit_s is below gap_s; over 06:00, too, officers change half-way between two positions.
    """
    stays = []
    for track in tracks_of(rows, cells, rules, settings).values():
        for day in sorted({p.day for p in track}):
            for stay in stays_of_day([p for p in track if p.day == day], rules):
                stays.append(described(stay, rules, settings))
    return sorted(stays, key=lambda s: (s["unit"], s["start"], s["end"]))


def tracks_of(rows: Any, cells: Mapping[int, str], rules: Any, settings: Settings) -> dict[int, list[Position]]:
    """Every unit's positions in order of time, each with its neighbours."""
    if hasattr(rows, "to_dict"):
        rows = rows.to_dict("records")
    tracks: dict[int, list[Position]] = {}
    for row in rows:
        t, speed = int(row["t"]), row["speed_kmh"]
        known = speed is not None and not isnan(speed)
        position = Position(
            unit=int(row["unit"]),
            t=t,
            area=cells.get(int(row["cell"])),
            on_call=bool(row["on_call"]) and rules.exclude_on_call,
            officers=int(row["officers"]),
            speed=float(speed) if known else None,
            day=patrol_day(t, settings),
            point=(round(float(row.get("lon", 0)) * 100_000), round(float(row.get("lat", 0)) * 100_000)),
        )
        tracks.setdefault(position.unit, []).append(position)
    for track in tracks.values():
        track.sort(key=lambda p: p.t)
        for first, second in pairwise(track):
            assert first.t < second.t, "a unit has two positions in one second"
            first.after, second.before = second, first
        for day in {p.day for p in track}:
            mine = [p for p in track if p.day == day]
            gap_s = gap_of_feed([p.t for p in mine], rules)
            for p in mine:
                p.gap_s, p.credit_s = gap_s, rules.credit_s * gap_s // rules.gap_s
    return tracks


def gap_of_feed(times: list[int], rules: Any) -> int:
    """The gap of a unit's day."""
    if len(times) < 10:
        return int(rules.gap_s)
    usual = median(b - a for a, b in pairwise(times))
    return max(rules.gap_s, min(floor(rules.gap_intervals * usual), rules.most_gap_s))


def patrol_day(t: int, settings: Settings) -> int:
    """Days since 1970 of the local date, less one before the hour at which patrol days start."""
    local = datetime.fromtimestamp(t, ZoneInfo(settings.timezone))
    day = local.date() if local.hour >= settings.patrol_day_starts else local.date() - timedelta(days=1)
    return (day - EPOCH).days


def day_start(day: int, settings: Settings) -> int:
    """UTC second at which a patrol day starts."""
    local = datetime.combine(EPOCH + timedelta(days=day), time(settings.patrol_day_starts))
    return int(local.replace(tzinfo=ZoneInfo(settings.timezone)).astimezone(UTC).timestamp())


def stays_of_day(track: list[Position], rules: Any) -> list[list[Position]]:
    """The inside positions of one unit and patrol day, cut into stays."""
    settle_borders(track, rules)
    stays: list[list[Position]] = []
    last: Position | None = None
    for position in track:
        if position.state is None:
            continue
        if last is not None and belong_together(last, position, rules):
            stays[-1].append(position)
        else:
            stays.append([position])
        last = position
    return stays


def settle_borders(track: list[Position], rules: Any) -> None:
    """Say of each position in a longer run of another area that it counts for that one."""
    runs: list[list[Position]] = []
    for area in sorted({p.area for p in track if p.area is not None}):
        call, last = None, None
        for position in track:
            if position.area is None:
                continue
            if last is not None and position.on_call != call:
                last = None  # also where the call is in another area
            call = position.on_call
            if position.area != area:
                continue
            if last is not None and belong_together(last, position, rules):
                runs[-1].append(position)
            else:
                runs.append([position])
            last = position
    rank = {id(run): (-length(run), run[0].t) for run in runs}
    for own in runs:
        for position in own:
            over = [run for run in runs if run[0].t <= position.t <= run[-1].t]
            over = [run for run in over if run[0].day == position.day and run[0].on_call == position.on_call]
            best = min(over, key=lambda run: rank[id(run)])
            position.counts_for = best[0].area


def length(run: list[Position]) -> Fraction:
    """The time nearest to the positions of a run, within their patrol day."""
    total = Fraction(0)
    for position in run:
        for other in (position.before, position.after):
            if other is not None and other.day == position.day and abs(other.t - position.t) <= position.gap_s:
                total += Fraction(min(abs(other.t - position.t), position.credit_s)) * HALF
    return total


def belong_together(first: Position, second: Position, rules: Any) -> bool:
    """Whether two inside positions with no other inside one between them are of one stay."""
    if first.state != second.state:
        return False
    limit = first.gap_s if first.after is second else rules.edge_s
    return second.t - first.t <= limit


def described(stay: list[Position], rules: Any, settings: Settings) -> dict[str, Any]:
    first, last = stay[0], stay[-1]
    credits = [before_first(first, settings), after_last(last, settings)]
    for one, other in pairwise(stay):
        credits += between(one, other)
    speeds = [p.speed for p in stay if p.speed is not None]
    slow = [speed for speed in speeds if speed <= rules.stationary_kmh]
    assert first.state is not None
    return {
        "unit": first.unit,
        "area": first.state[0],
        "patrol_day": first.day,
        "start": float(first.t - credits[0].reach),
        "end": float(last.t + credits[1].reach),
        "seconds": float(sum(c.seconds for c in credits)),
        "officer_seconds": float(sum(c.officer_seconds for c in credits)),
        "reactive": first.state[1],
        "moving": 2 * len(slow) < len(speeds),
        "n_pings": len(stay),
    }


def between(one: Position, other: Position) -> list[Credit]:
    """The credit of the time between two positions of a stay: half of it each one's."""
    half = Fraction(min(other.t - one.t, one.credit_s)) * HALF
    return [Credit(half, half, half * p.officers) for p in (one, other)]


def after_last(last: Position, settings: Settings) -> Credit:
    """What the last position of a stay is credited with beyond itself."""
    following = last.after
    if following is None or following.t - last.t > max(last.gap_s, following.gap_s):
        return Credit()
    room = Fraction(day_start(last.day + 1, settings) - last.t)
    return to_one_side(last, following, following.t - last.t, room)


def before_first(first: Position, settings: Settings) -> Credit:
    """What the first position of a stay is credited with before itself."""
    previous = first.before
    if previous is None or first.t - previous.t > max(first.gap_s, previous.gap_s):
        return Credit()
    room = Fraction(first.t - day_start(first.day, settings))
    return to_one_side(first, previous, first.t - previous.t, room)


def to_one_side(mine: Position, neighbour: Position, apart: int, room: Fraction) -> Credit:
    """Credit of one position towards a neighbour that is not of its stay; ``room`` is the time to 06:00 on that side.

    Where the neighbour would be of the stay but for 06:00, all of the time up to then counts, not half of the way.
    """
    credit_s = max(mine.credit_s, neighbour.credit_s)
    half = Fraction(min(apart, credit_s)) * HALF
    goes_on = neighbour.day != mine.day and neighbour.state == mine.state
    reach = min(Fraction(apart) if goes_on and apart <= credit_s else half, room)
    own = min(reach, half)  # beyond half-way the neighbour's officers hold
    return Credit(reach, reach, own * mine.officers + (reach - own) * neighbour.officers)


# ---------------------------------------------------------------- no patrol


def plain_minutes(
    rows: Any, cells: Mapping[int, str], rules: Any = DEFAULT, settings: Settings = LONDON
) -> dict[tuple[int, str, int, str], Fraction]:
    """Seconds credited to each unit, area, patrol day and reason (frozen, parked, or '' for dose), where there are any.

    Proactive and not moving alone; ``rows``, ``cells``: as `plain_stays` has them, lon and lat beside.
    """
    found: dict[tuple[int, str, int, str], Fraction] = {}
    for track in tracks_of(rows, cells, rules, settings).values():
        stays = [
            s for day in sorted({p.day for p in track}) for s in stays_of_day([p for p in track if p.day == day], rules)
        ]
        long = in_long_stays(stays, rules, settings)
        for number, stay in enumerate(stays):
            facts = described(stay, rules, settings)
            if facts["reactive"] or facts["moving"]:
                continue
            frozen = still_positions(stay, rules)
            for position, seconds in shares_of(stay, settings):
                reason = "frozen" if id(position) in frozen else "parked" if number in long else ""
                key = (position.unit, facts["area"], position.day, reason)
                found[key] = found.get(key, Fraction(0)) + seconds
    return {key: seconds for key, seconds in found.items() if seconds}


def shares_of(stay: list[Position], settings: Settings) -> list[tuple[Position, Fraction]]:
    """What is credited to each position of a stay."""
    shares = [(stay[0], before_first(stay[0], settings).seconds), (stay[-1], after_last(stay[-1], settings).seconds)]
    for one, other in pairwise(stay):
        shares += [(p, c.seconds) for p, c in zip((one, other), between(one, other), strict=True)]
    return shares


def still_positions(stay: list[Position], rules: Any) -> set[int]:
    """Those positions of a stay (by id) that are equal to the metre for long."""
    rows: list[list[Position]] = []
    for position in stay:
        last = rows[-1][-1] if rows else None
        if last is not None and last.after is position and last.point == position.point:
            rows[-1].append(position)
        else:
            rows.append([position])
    return {id(p) for row in rows if row[-1].t - row[0].t >= rules.frozen_s for p in row}


def in_long_stays(stays: list[list[Position]], rules: Any, settings: Settings) -> set[int]:
    """The numbers of a unit's stays that are part of a long one."""
    found: set[int] = set()
    chain: list[int] = []
    spans = [(described(s, rules, settings)["start"], described(s, rules, settings)["end"]) for s in stays]
    for number, stay in enumerate(stays):
        if not (chain and goes_on(stays[number - 1], stay, spans[number - 1], spans[number], rules)):
            chain = []
        chain.append(number)
        if spans[number][1] - spans[chain[0]][0] > rules.most_s:
            found |= set(chain)
    return found


def goes_on(one: list[Position], other: list[Position], first: Any, then: Any, rules: Any) -> bool:
    """Whether a stay goes on from the one before."""
    if one[0].state != other[0].state:
        return False
    silent = one[-1].after is other[0] and other[0].t - one[-1].t <= rules.shift_s and one[-1].day == other[0].day
    return bool(then[0] - first[1] <= rules.gap_s or (silent and other[0].t - one[-1].t > one[-1].gap_s))


# ---------------------------------------------------------------- visits


def plain_visits(stays: Iterable[Mapping[str, Any]], rules: Any = DEFAULT) -> list[dict[str, Any]]:
    """One dict per visit, by area, patrol day and start.

    Keys: area, patrol_day, start, end, patrol_seconds (of the union), longest_seconds (the longest stay of one unit),
    officer_seconds, units, band (pass-through, below threshold, on target, long).

    Choices: the length of a stay is its span, ``end`` − ``start``; two stays of one unit in a visit are two stays,
    also where they touch.
    """
    wanted = [s for s in stays if not s["reactive"] and not s["moving"]]
    wanted.sort(key=lambda s: (s["area"], s["patrol_day"], s["start"], s["end"]))
    visits: list[list[Mapping[str, Any]]] = []
    for stay in wanted:
        place = (stay["area"], stay["patrol_day"])
        same_place = bool(visits) and place == (visits[-1][0]["area"], visits[-1][0]["patrol_day"])
        if same_place and stay["start"] <= max(s["end"] for s in visits[-1]):
            visits[-1].append(stay)
        else:
            visits.append([stay])
    return [visit_of(together, rules) for together in visits]


def visit_of(stays: list[Mapping[str, Any]], rules: Any) -> dict[str, Any]:
    start, end = min(s["start"] for s in stays), max(s["end"] for s in stays)
    longest = max(s["end"] - s["start"] for s in stays)
    return {
        "area": stays[0]["area"],
        "patrol_day": stays[0]["patrol_day"],
        "start": start,
        "end": end,
        "patrol_seconds": end - start,
        "longest_seconds": longest,
        "officer_seconds": sum(s["officer_seconds"] for s in stays),
        "units": len({s["unit"] for s in stays}),
        "band": band(longest, rules),
    }


def band(seconds: float, rules: Any) -> str:
    """Of a visit whose longest stay of one unit lasts so long."""
    if seconds < 60 * rules.pass_minutes:
        return "pass-through"
    if seconds < 60 * rules.min_minutes:
        return "below threshold"
    return "on target" if seconds <= 60 * rules.long_minutes else "long"
