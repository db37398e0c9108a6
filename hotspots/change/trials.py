"""Randomised trials of patrols: which hot spot is patrolled on which day, drawn by lot and frozen before it starts.

*Crossover*: every hot spot is its own comparison, patrolled on random days and left alone on the others, as in Thames
Valley, Southend (20 hot spots × 90 days, 720 patrolled and 1,080 not) and Bedfordshire (21 × 90, 630 and 1,260).
*Cluster*: each hot spot is patrolled for the whole time or not at all; slower to learn from, but it can see effects
that outlast the day.

A crossover schedule keeps, exactly: the same number of patrolled days for every hot spot; in every block of days the
same number too, or, where the capacity leaves no room for that, numbers that differ by one at most; an even number of
hot spots patrolled from day to day in each BCU (they differ by one at most), never above its capacity; at most
``longest_run`` patrolled days in a row, across blocks too; nothing on days off. Among all schedules that keep these
rules one is drawn by a long chain of trades: two hot spots exchange a random part of the days on which they differ,
and the trade stands only if the rules still hold. Trades are symmetric, so that every schedule that the chain can
reach is equally likely (the "curveball" trade: Strona et al. 2014, doi:10.1038/ncomms5114; uniform: Carstens 2015,
doi:10.1103/PhysRevE.91.042812). The start is a round robin; the chain also mends its runs where they are too long.

When it misleads: a crossover cannot see an effect that lasts into the next day (leave days out after a patrolled one,
``washout_days``); officers who know tomorrow's list may patrol it today; an event in one hot spot can move to another.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots.errors import HotspotsError, sample

KINDS = ("crossover", "cluster")
BLOCK_DAYS = (7, 14)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
FORMAT = 1

DESIGN_SWEEPS = 300  # of trades from the round robin to the design
REDRAW_SWEEPS = 40  # from the common ancestor to each redraw
MEND_SWEEPS = 500
CHAINS_AT_ONCE = 32
ACTIVE_DAYS = 9  # of a stretch that may change in one trade, on average: longer exchanges are refused too often

ACCEPTED_SHARE = 0.1  # of random cluster assignments, the best balanced (Morgan & Rubin's p_a)
CLUSTER_TRIES = 20_000
COVARIATES = ("pre_count", "pre_harm")

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Design:
    """A trial's assignment with everything it was made from. Two designs are equal when their hashes are.

    ``treated``: bool, hot spots × days, not writable; rows in the order of ``areas``, columns from ``first`` to
    ``last``.
    """

    kind: str
    first: date
    last: date
    seed: int
    share: float
    per_day: tuple[tuple[str, int], ...]
    longest_run: int
    days_off: tuple[date, ...]
    strata: tuple[str, ...]
    block_days: int
    places: tuple[tuple[tuple[str, Any], ...], ...]  # each hot spot's columns and values
    treated: Bools

    @property
    def areas(self) -> pd.DataFrame:
        """The hot spots as they were given: area, bcu and what else was beside them."""
        return pd.DataFrame([dict(place) for place in self.places])

    @property
    def days(self) -> pd.DatetimeIndex:
        """Every patrol day of the trial, days off included."""
        return pd.date_range(self.first, self.last)

    @property
    def open_days(self) -> Bools:
        """Which days are not days off."""
        return ~self.days.isin(pd.DatetimeIndex(list(self.days_off)))

    @property
    def blocks(self) -> Ints:
        """Each day's block, from 0."""
        return np.arange(len(self.days)) // self.block_days

    @property
    def assignment(self) -> pd.DataFrame:
        """area, bcu, patrol_day (like 2026-10-05), treated: one row per hot spot and day."""
        areas, days = self.areas, self.days.strftime("%Y-%m-%d")
        return pd.DataFrame(
            {
                "area": np.repeat(areas["area"].to_numpy(), len(days)),
                "bcu": np.repeat(areas["bcu"].to_numpy(), len(days)),
                "patrol_day": np.tile(days.to_numpy(), len(areas)),
                "treated": self.treated.ravel(),
            }
        )

    @property
    def balance(self) -> pd.DataFrame:
        """See `balance_table`."""
        return balance_table(self)

    @property
    def sha256(self) -> str:
        """Of the design's canonical JSON: every cell and every argument counts."""
        return hashlib.sha256(_canonical(_body(self)).encode()).hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Design) and self.sha256 == other.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)


def design(
    areas: pd.DataFrame,
    first: date,
    last: date,
    seed: int,
    kind: str = "crossover",
    share: float = 0.5,
    per_day: Mapping[str, int] | None = None,
    longest_run: int = 3,
    days_off: Collection[date] = (),
    strata: Sequence[str] = ("bcu",),
    block_days: int = 7,
) -> Design:
    """A trial drawn by lot from ``seed``; the same arguments give the same design.

    ``areas``: area, bcu, the columns that ``strata`` names and, if known, ``pre_count`` and ``pre_harm`` (events and
    harm days in the period before). ``share``: of the days that are not off (crossover) or of the hot spots (cluster).
    ``per_day``: hot spots that each BCU can patrol on one day. ``strata``, ``pre_count`` and ``pre_harm`` steer the
    cluster assignment only: a crossover keeps its rules within each BCU, and every hot spot is its own comparison.
    HotspotsError says which request cannot be kept, and by how much.
    """
    _refuse(areas, first, last, kind, share, per_day, longest_run, strata, block_days)
    off = tuple(sorted({d for d in days_off if first <= d <= last}))
    columns = [c for c in dict.fromkeys(("area", "bcu", *strata, *COVARIATES)) if c in areas.columns]
    rows = areas[columns].sort_values("area").to_dict("records")
    places = tuple(tuple((str(c), _plain(c, v)) for c, v in row.items()) for row in rows)
    capacity = tuple(sorted((str(b), int(n)) for b, n in (per_day or {}).items()))
    empty = np.zeros((len(places), (last - first).days + 1), dtype=bool)
    asked = Design(
        kind, first, last, int(seed), float(share), capacity, int(longest_run), off, tuple(strata), int(block_days),
        places, empty,
    )  # fmt: skip
    if not asked.open_days.any():
        raise HotspotsError(f"All {len(asked.days)} days of the trial are days off: leave some to patrol.")
    rng = np.random.default_rng([seed, 1])
    treated = _crossover(asked, rng) if kind == "crossover" else _clusters(asked, 1, rng)[0]
    return _with(asked, treated)


def redraw(design: Design, draws: int, seed: int, sweeps: int = REDRAW_SWEEPS) -> Bools:
    """Other assignments that the lot could have drawn under the same rules: bool, draws × hot spots × days.

    Crossover: from the design the chain of trades runs back to a common ancestor, and from there once more for each
    draw on its own (``sweeps`` rounds, in each of which every hot spot trades once along all its days). Design and
    draws are then exchangeable whatever the length of the chains, so that a p value of (1 + as extreme)/(draws + 1)
    is exact (Besag & Clifford 1989, doi:10.1093/biomet/76.4.633). With few sweeps draws resemble one another, which
    costs power and not validity. Cluster: independent draws by the rule that made the design.
    """
    if draws < 1:
        raise HotspotsError(f"{draws} redraws were asked for: ask for at least one.")
    rng = np.random.default_rng([seed, 2])
    if design.kind == "cluster":
        return _clusters(design, draws, rng)
    rules, start = _rules_of(design)
    moves = list(_moves(rules, sweeps, rng))
    ancestor = _run(rules, start[:, :, None], moves[::-1], rng)
    out = np.empty((draws, *design.treated.shape), dtype=bool)
    for at in range(0, draws, CHAINS_AT_ONCE):
        n = min(CHAINS_AT_ONCE, draws - at)
        x = _run(rules, np.repeat(ancestor, n, axis=2), moves, rng)
        out[at : at + n] = np.moveaxis(_inner(rules, x), 2, 0)
    return out


# ---- what is asked for ----


def _refuse(
    areas: pd.DataFrame,
    first: date,
    last: date,
    kind: str,
    share: float,
    per_day: Mapping[str, int] | None,
    longest_run: int,
    strata: Sequence[str],
    block_days: int,
) -> None:
    """HotspotsError with every argument that cannot be used."""
    problems = []
    if kind not in KINDS:
        problems.append(f"Kind '{kind}' of trial is not known: choose {' or '.join(KINDS)}.")
    if last < first:
        problems.append(f"The trial ends on {last}, before it starts on {first}.")
    if not 0 < share < 1:
        problems.append(f"A share of {share:g} leaves nothing to compare: give one between 0 and 1.")
    if longest_run < 1:
        problems.append(f"A longest run of {longest_run} days forbids every patrol: give 1 or more.")
    if block_days not in BLOCK_DAYS:
        problems.append(f"Blocks of {block_days} days are not offered: choose 7 or 14.")
    wanted = dict.fromkeys(("area", "bcu", *strata))
    if missing := [c for c in wanted if c not in areas.columns]:
        raise HotspotsError([*problems, f"The table of hot spots has no column {sample(missing)}."])
    if blank := [c for c in [*wanted, *COVARIATES] if c in areas.columns and areas[c].isna().any()]:
        problems.append(f"Some hot spots have no value in {sample(blank)}: fill it in, or leave the column out.")
    if (again := areas["area"].duplicated()).any():
        problems.append(f"Hot spots appear more than once: {sample(areas.loc[again, 'area'])}.")
    if len(areas) < 2:
        problems.append(f"A trial needs at least two hot spots; the table has {len(areas)}.")
    if per_day is not None:
        if unknown := sorted(set(map(str, areas["bcu"].dropna())) - set(per_day)):
            problems.append(f"No number of hot spots a day was given for BCU {sample(unknown)}.")
        if low := [b for b, n in per_day.items() if n < 1 or n != int(n)]:
            problems.append(f"Hot spots a day must be a whole number of 1 or more; it is not for BCU {sample(low)}.")
    if problems:
        raise HotspotsError(problems)


def _plain(column: object, value: Any) -> Any:
    """A value as JSON keeps it."""
    return float(value) if column in COVARIATES else str(value)


def _with(asked: Design, treated: Bools) -> Design:
    """The same request with this assignment, locked."""
    kept = np.ascontiguousarray(treated, dtype=bool).copy()
    kept.flags.writeable = False
    fields = {name: getattr(asked, name) for name in asked.__dataclass_fields__}
    return Design(**{**fields, "treated": kept})


def _groups(asked: Design, columns: Sequence[str]) -> list[Ints]:
    """Row numbers of the hot spots that share the values of these columns."""
    if not columns:
        return [np.arange(len(asked.places))]
    labels = asked.areas.groupby(list(columns)).ngroup().to_numpy()
    return [np.flatnonzero(labels == k) for k in range(labels.max() + 1)]


# ---- the rules of a crossover ----


@dataclass(frozen=True, eq=False)
class _Rules:
    """What trades must keep. Rows are the hot spots, then one *idle* row per pool (a BCU).

    A pool's idle row holds 1 on the days on which it could patrol one more, so that trades with it move patrols to
    other days while the day's sum stays level; no run or block limit holds for it.
    """

    pools: list[Ints]
    idle: Ints  # each pool's idle row
    moving: Bools  # whether that row has anything to trade
    low: Ints  # rows × blocks (padded)
    high: Ints
    n_days: int
    n_blocks: int
    block_days: int
    run: int  # 0 where no run can be too long
    spans: tuple[int, ...]  # blocks that one trade may cover


def _quotas(asked: Design) -> tuple[int, Ints, Ints]:
    """Patrolled days of each hot spot in all, by block when all blocks are equal, and the open days of each block."""
    open_in = np.bincount(asked.blocks, weights=asked.open_days).astype(np.int64)
    running = np.floor(asked.share * np.cumsum(open_in) + 1e-9).astype(np.int64)
    return int(running[-1]), np.diff(running, prepend=0), open_in


def _most(open_days: Bools, run: int) -> int:
    """The most patrolled days among these with at most ``run`` in a row."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], open_days.astype(np.int8), [0]])))
    lengths = edges[1::2] - edges[::2]
    return int((lengths - lengths // (run + 1)).sum())


def _refuse_infeasible(asked: Design) -> None:
    """HotspotsError with the rules that no schedule can keep, and by how much."""
    problems, (total, _, _), n_open = [], _quotas(asked), int(asked.open_days.sum())
    if total < 1 or total >= n_open:
        problems.append(
            f"A share of {asked.share:g} of {n_open} days is {total} patrolled days per hot spot, with nothing to"
            " compare: make the trial longer or the share more even."
        )
    if total > (most := _most(asked.open_days, asked.longest_run)):
        problems.append(
            f"Each hot spot would be patrolled on {total} of {n_open} days, but with at most {asked.longest_run} in a"
            f" row only {most} fit: {total - most} too many. Lower the share or allow longer runs."
        )
    capacity, bcus = dict(asked.per_day), asked.areas["bcu"].value_counts()
    for bcu in sorted(set(bcus.index) & set(capacity)):
        needed, held = int(bcus[bcu]) * total, capacity[bcu] * n_open
        if needed > held:
            problems.append(
                f"BCU {bcu}: {bcus[bcu]} hot spots × {total} days are {needed:,} patrolled hot-spot days, but"
                f" {capacity[bcu]} a day on {n_open} days are {held:,}: {needed - held:,} too few. Patrol more hot"
                f" spots a day, or lower the share to {held / bcus[bcu] / n_open:.3f} or less."
            )
    if problems:
        raise HotspotsError(problems)


@dataclass(frozen=True, eq=False)
class _Levels:
    """One pool's limits: patrolled hot spots on each day, and each hot spot's days in each block."""

    day_low: Ints
    day_high: Ints
    low: Ints
    high: Ints
    equal_blocks: bool


def _levels(asked: Design, n: int, capacity: int | None, equal_blocks: bool) -> _Levels | None:
    """A pool of ``n`` hot spots kept level; None when equal blocks do not fit under the capacity."""
    total, quotas, open_in = _quotas(asked)
    block, is_open = asked.blocks, asked.open_days
    if equal_blocks:
        each_day = np.divide(n * quotas, open_in, out=np.zeros(len(quotas)), where=open_in > 0)[block]
        low = high = quotas
    else:
        each_day = np.full(len(block), n * total / is_open.sum())
        low, high = (r(total * open_in / is_open.sum() + e).astype(np.int64) for r, e in _ROUND)
    day_low, day_high = (np.where(is_open, r(each_day + e), 0).astype(np.int64) for r, e in _ROUND)
    if equal_blocks and capacity is not None and day_high.max() > capacity:
        return None
    return _Levels(day_low, day_high, low, high, equal_blocks)


_ROUND = ((np.floor, 1e-9), (np.ceil, -1e-9))


def _pool_levels(asked: Design, equal_blocks: bool) -> tuple[list[Ints], list[_Levels]]:
    """Each BCU's hot spots and limits; with ``equal_blocks`` blocks are equal wherever the capacity allows it."""
    pools, capacity, bcus = _groups(asked, ("bcu",)), dict(asked.per_day), asked.areas["bcu"]
    levels = []
    for pool in pools:
        held = capacity.get(str(bcus.iloc[pool[0]]))
        found = _levels(asked, len(pool), held, True) if equal_blocks else None
        levels.append(found or _levels(asked, len(pool), held, False))
    return pools, [level for level in levels if level is not None]


def _rules(asked: Design, equal_blocks: bool) -> tuple[_Rules, list[_Levels]]:
    """The rules of a request, one way or the other."""
    pools, levels = _pool_levels(asked, equal_blocks)
    n_areas, n_blocks, n_days = len(asked.places), int(asked.blocks[-1]) + 1, len(asked.days)
    low = np.zeros((n_areas + len(pools), n_blocks + 2), dtype=np.int64)
    high = np.full_like(low, n_days)
    for pool, level in zip(pools, levels, strict=True):
        low[pool, :n_blocks], high[pool, :n_blocks] = level.low, level.high
    moving = np.array([bool((level.day_high > level.day_low).any()) for level in levels])
    spans = (1,) if all(level.equal_blocks for level in levels) or n_blocks == 1 else (1, 2)
    run = asked.longest_run if asked.longest_run < n_days else 0
    idle = n_areas + np.arange(len(pools))
    return _Rules(pools, idle, moving, low, high, n_days, n_blocks, asked.block_days, run, spans), levels


def _rules_of(design: Design) -> tuple[_Rules, Bytes]:
    """The rules that a finished design was drawn under, and its schedule with the idle rows."""
    total = np.add.reduceat(design.treated, np.arange(0, len(design.days), design.block_days), axis=1, dtype=np.int64)
    for equal_blocks in (True, False):
        rules, levels = _rules(design, equal_blocks)
        limits = slice(0, rules.n_blocks)
        rows = slice(0, len(total))
        if ((rules.low[rows, limits] <= total) & (total <= rules.high[rows, limits])).all():
            break
    return rules, _padded(rules, design.treated, levels)


def _padded(rules: _Rules, treated: Bools, levels: list[_Levels]) -> Bytes:
    """The schedule as trades want it: days (padded at both ends) × rows (hot spots, then idle rows)."""
    x = np.zeros((rules.n_days + 2 * rules.run + 3 * rules.block_days, len(rules.low)), dtype=np.uint8)
    days = slice(rules.run, rules.run + rules.n_days)
    x[days, : len(treated)] = treated.T
    for pool, row, level in zip(rules.pools, rules.idle, levels, strict=True):
        x[days, row] = level.day_high - treated[pool].sum(axis=0)
    return x


def _inner(rules: _Rules, x: Bytes) -> Bools:
    """Hot spots × days × chains of a padded schedule."""
    inside = x[rules.run : rules.run + rules.n_days, : len(rules.low) - len(rules.pools)]
    return np.moveaxis(inside, 0, 1).astype(bool)


# ---- drawing a crossover ----


def _crossover(asked: Design, rng: np.random.Generator) -> Bools:
    """A schedule drawn from all that keep the rules."""
    _refuse_infeasible(asked)
    worst = 0
    for equal_blocks in (True, False):
        rules, levels = _rules(asked, equal_blocks)
        x = _padded(rules, _round_robin(asked, rules, levels, rng), levels)[:, :, None]
        for _ in range(MEND_SWEEPS // 10):
            if not (worst := _too_long(rules, x)):
                break
            x = _run(rules, x, _moves(rules, 10, rng), rng, mending=True)
        if not worst:
            return _inner(rules, _run(rules, x, _moves(rules, DESIGN_SWEEPS, rng), rng))[:, :, 0]
    raise HotspotsError(
        f"No schedule was found with at most {asked.longest_run} patrolled days in a row that also gives every hot spot"
        f" the same number of days in each block: the best still had {worst:,} runs too long. Lower the share, allow"
        " longer runs, or have fewer days off."
    )


def _round_robin(asked: Design, rules: _Rules, levels: list[_Levels], rng: np.random.Generator) -> Bools:
    """Every day the next few hot spots of the pool in a random order: even over any stretch of days."""
    out = np.zeros((len(asked.places), rules.n_days), dtype=bool)
    total, quotas, _ = _quotas(asked)
    for pool, level in zip(rules.pools, levels, strict=True):
        wanted = _daily(asked, len(pool), total, quotas if level.equal_blocks else None)
        order = rng.permutation(pool)
        turns = order[np.arange(wanted.sum()) % len(pool)]
        out[turns, np.repeat(np.arange(rules.n_days), wanted)] = True
    return out


def _daily(asked: Design, n: int, total: int, quotas: Ints | None) -> Ints:
    """How many of a pool's ``n`` hot spots are patrolled on each day: as even as whole numbers can be."""
    out = np.zeros(len(asked.days), dtype=np.int64)
    stretches = [(np.flatnonzero(asked.open_days), n * total)]
    if quotas is not None:
        at = [np.flatnonzero(asked.open_days & (asked.blocks == b)) for b in range(len(quotas))]
        stretches = [(days, n * int(q)) for days, q in zip(at, quotas, strict=True)]
    for days, patrols in stretches:
        if len(days):
            out[days] = np.diff(np.arange(len(days) + 1) * patrols // len(days))
    return out


def _windows(z: Bytes, run: int) -> Bytes:
    """1 where ``run`` + 1 days in a row are all patrolled, by the first of them."""
    n = len(z) - run
    full = z[:n].copy()
    for k in range(1, run + 1):
        full &= z[k : k + n]
    return full


def _too_long(rules: _Rules, x: Bytes) -> int:
    """Runs beyond the longest allowed, counted once for each day by which they are too long."""
    return int(_windows(x[:, : rules.idle[0]], rules.run).sum()) if rules.run else 0


@dataclass(frozen=True, eq=False)
class _Move:
    """Pairs of rows that trade at the same time within the same stretches of days."""

    left: Ints
    right: Ints
    blocks: Ints  # the first block of each stretch
    span: int
    active: Bytes  # which days of a stretch may change


def _moves(rules: _Rules, sweeps: int, rng: np.random.Generator) -> Iterator[_Move]:
    """Who trades with whom, in an order that is fixed before any schedule is looked at.

    Stretches that trade at the same time lie further apart than the longest run, so that no two of them can make one
    run too long together.
    """
    for sweep in range(sweeps):
        span = rules.spans[sweep % len(rules.spans)]
        left, right = _matching(rules, rng)
        if not len(left):
            return
        phases = 1 + -(-rules.run // (span * rules.block_days))
        width = span * rules.block_days
        starts = np.arange(rng.integers(span), rules.n_blocks, span)
        active = (rng.random(width) < ACTIVE_DAYS / width).astype(np.uint8)
        for phase in range(phases):
            if len(blocks := starts[phase::phases]):
                yield _Move(left, right, blocks, span, active)


def _matching(rules: _Rules, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Random pairs within each pool, its idle row among them."""
    left, right = [], []
    for pool, idle, moving in zip(rules.pools, rules.idle, rules.moving, strict=True):
        rows = rng.permutation(np.append(pool, idle) if moving else pool)
        left.append(rows[0 : len(rows) // 2 * 2 : 2])
        right.append(rows[1::2])
    return np.concatenate(left), np.concatenate(right)


def _run(rules: _Rules, x: Bytes, moves: Any, rng: np.random.Generator, mending: bool = False) -> Bytes:
    """Chains (days × rows × chains) after these moves."""
    x = x.copy()
    for move in moves:
        _trade(rules, x, move, rng, mending)
    return x


def _trade(rules: _Rules, x: Bytes, move: _Move, rng: np.random.Generator, mending: bool) -> None:
    """One trade between each pair, in each stretch and chain, in place."""
    width, run = move.span * rules.block_days, rules.run
    days = (move.blocks * rules.block_days)[None, :] + np.arange(width + 2 * run)[:, None]
    core = slice(run, run + width)
    a, b = x[days[:, :, None], move.left], x[days[:, :, None], move.right]
    change = _exchange(a[core], b[core], move.active, rng)
    kept = _within_blocks(rules, a[core] ^ change, b[core] ^ change, move)
    if run:
        kept &= _within_runs(rules, (a, b), change, move, mending)
    change &= kept
    x[days[core, :, None], move.left] = a[core] ^ change
    x[days[core, :, None], move.right] = b[core] ^ change


def _exchange(a: Bytes, b: Bytes, active: Bytes, rng: np.random.Generator) -> Bytes:
    """1 on the days whose two values change places: a random re-sharing of the days on which the rows differ.

    The row on the left keeps its number of days; each choice of them is equally likely (drawn one by one: needed of
    left).
    """
    differ = (a ^ b) & active[:, None, None, None]
    left = differ.sum(axis=0, dtype=np.uint8).astype(np.float32)
    needed = (differ & a).sum(axis=0, dtype=np.uint8).astype(np.float32)
    change = np.empty_like(a)
    for j in range(len(a)):
        if not active[j]:
            change[j] = 0
            continue
        pick = (rng.random(left.shape, dtype=np.float32) * left < needed) & differ[j].view(bool)
        needed -= pick
        left -= differ[j]
        change[j] = differ[j] & (pick.view(np.uint8) ^ a[j])
    return change


def _within_blocks(rules: _Rules, a: Bytes, b: Bytes, move: _Move) -> Bytes:
    """1 where both rows keep their number of days in every block of the stretch."""
    kept = np.ones(a.shape[1:], dtype=np.uint8)
    if move.span == 1:
        return kept
    for part in range(move.span):
        inside = slice(part * rules.block_days, (part + 1) * rules.block_days)
        for z, rows in ((a, move.left), (b, move.right)):
            n = z[inside].sum(axis=0, dtype=np.uint8)
            low, high = (limit[rows[None, :], move.blocks[:, None] + part] for limit in (rules.low, rules.high))
            kept &= (n >= low[:, :, None]) & (n <= high[:, :, None])
    return kept


def _within_runs(rules: _Rules, rows: tuple[Bytes, Bytes], change: Bytes, move: _Move, mending: bool) -> Bytes:
    """1 where no run becomes too long; while mending, where there are no more of them than before."""
    core = slice(rules.run, rules.run + len(change))
    before, after = (np.zeros(change.shape[1:], dtype=np.int16) for _ in range(2))
    for z, which in zip(rows, (move.left, move.right), strict=True):
        limited = (which < rules.idle[0])[None, :, None]
        new = z.copy()
        new[core] ^= change
        if mending:
            before += _windows(z, rules.run).sum(axis=0, dtype=np.int16) * limited
            after += _windows(new, rules.run).sum(axis=0, dtype=np.int16) * limited
        else:
            after += np.bitwise_or.reduce(_windows(new, rules.run), axis=0) * limited
    return (after <= before).view(np.uint8)


# ---- clusters ----


def _clusters(asked: Design, draws: int, rng: np.random.Generator) -> Bools:
    """Whole-period assignments, balanced on what is known of the time before: draws × hot spots × days.

    Re-randomisation (Morgan & Rubin 2012, doi:10.1214/12-AOS1008): with ``pre_count`` or ``pre_harm`` an assignment
    is drawn again until its Mahalanobis distance M = n p(1 − p) · d' S⁻¹ d between the groups' means is at most the
    ``ACCEPTED_SHARE`` quantile of a chi-square with as many degrees of freedom as covariates.
    """
    wanted = _treated_clusters(asked)
    covariates = asked.areas[[c for c in COVARIATES if c in asked.areas]].to_numpy(dtype=float)
    kept: list[Bools] = []
    tries, limit = 0, CLUSTER_TRIES * max(1, draws // 100)
    while sum(map(len, kept)) < draws and tries < limit:
        batch = np.stack([_one_clusters(asked, wanted, rng) for _ in range(200)])
        kept.append(batch[_balanced(batch, covariates)])
        tries += len(batch)
    found = np.concatenate(kept)[:draws]
    if len(found) < draws:
        raise HotspotsError(
            f"Only {len(found)} of {draws} balanced assignments were found in {tries:,} draws: the hot spots differ too"
            " much before the trial. Use fewer strata, or leave out 'pre_count' or 'pre_harm'."
        )
    return found[:, :, None] & asked.open_days[None, None, :]


def _treated_clusters(asked: Design) -> int:
    """How many hot spots are patrolled; HotspotsError when that leaves no comparison or is above the capacity."""
    n = len(asked.places)
    wanted = int(np.floor(asked.share * n + 0.5))
    problems = []
    if not 0 < wanted < n:
        problems.append(f"A share of {asked.share:g} of {n} hot spots is {wanted}, with nothing to compare.")
    bcus = asked.areas["bcu"].value_counts()
    for bcu, held in asked.per_day:
        if (most := -(-asked.share * int(bcus.get(bcu, 0)) // 1)) > held:
            problems.append(
                f"BCU {bcu}: up to {most:.0f} of {bcus[bcu]} hot spots would be patrolled each day, but only {held} can"
                f" be: {most - held:.0f} too few. Patrol more a day or lower the share."
            )
    if problems:
        raise HotspotsError(problems)
    return wanted


def _one_clusters(asked: Design, wanted: int, rng: np.random.Generator) -> Bools:
    """One assignment: each stratum gets its share, rounded down or up by lot."""
    groups = _groups(asked, asked.strata)
    exact = np.array([asked.share * len(g) for g in groups])
    take = np.floor(exact + 1e-9).astype(np.int64)
    spare = rng.permutation(np.flatnonzero(exact - take > 1e-9))[: max(wanted - int(take.sum()), 0)]
    take[spare] += 1
    out = np.zeros(len(asked.places), dtype=bool)
    for group, n in zip(groups, take, strict=True):
        out[rng.permutation(group)[:n]] = True
    return out


def _balanced(batch: Bools, covariates: NDArray[np.float64]) -> Bools:
    """Which of these assignments are balanced; all of them when there is nothing to balance."""
    from scipy.stats import chi2

    covariates = covariates[:, covariates.std(axis=0) > 0]
    k, n = covariates.shape[1], batch.shape[1]
    if not k:
        return np.ones(len(batch), dtype=bool)
    n1 = batch.sum(axis=1, keepdims=True)
    gap = batch @ covariates / n1 - ~batch @ covariates / (n - n1)
    inverse = np.linalg.pinv(np.atleast_2d(np.cov(covariates.T)))
    distance = (n1 * (n - n1) / n)[:, 0] * np.einsum("ij,jk,ik->i", gap, inverse, gap)
    return np.asarray(distance <= chi2.ppf(ACCEPTED_SHARE, k))


# ---- what the lot gave ----


def balance_table(design: Design) -> pd.DataFrame:
    """Patrolled and other days by area, BCU, weekday and block, and what was known of the time before.

    Columns: by, name, place_days (days off left out), treated_days, untreated_days, treated_share and, where given,
    pre_count and pre_harm: totals for hot spots and BCUs; for ``by`` "group" (cluster trials) means of the patrolled
    and the other hot spots.
    """
    areas, is_open = design.areas, np.broadcast_to(design.open_days, design.treated.shape)
    shape = design.treated.shape
    labels = {
        "all": np.full(shape, "all"),
        "bcu": np.broadcast_to(areas["bcu"].to_numpy(dtype=str)[:, None], shape),
        "area": np.broadcast_to(areas["area"].to_numpy(dtype=str)[:, None], shape),
        "weekday": np.broadcast_to(np.array(WEEKDAYS)[design.days.day_of_week], shape),
        "block": np.broadcast_to(_block_names(design), shape),
    }
    parts = []
    for by, names in labels.items():
        cells = pd.DataFrame({"name": names[is_open], "treated_days": design.treated[is_open].astype(np.int64)})
        table = cells.groupby("name", sort=by in ("bcu", "area", "block"))["treated_days"].agg(["size", "sum"])
        parts.append(table.reset_index().set_axis(["name", "place_days", "treated_days"], axis=1).assign(by=by))
    out = pd.concat(parts, ignore_index=True)
    out["untreated_days"] = out["place_days"] - out["treated_days"]
    out["treated_share"] = out["treated_days"] / out["place_days"]
    known = [c for c in COVARIATES if c in areas]
    columns = ["by", "name", "place_days", "treated_days", "untreated_days", "treated_share"]
    return _with_before(design, out[columns], areas, known) if known else out[columns]


def _block_names(design: Design) -> NDArray[Any]:
    """Each day's block by its first day."""
    starts = [str(design.first + timedelta(days=int(b) * design.block_days)) for b in design.blocks]
    return np.array(starts)


def _with_before(design: Design, table: pd.DataFrame, areas: pd.DataFrame, known: list[str]) -> pd.DataFrame:
    """The pre-period beside it: totals of hot spots and BCUs and, in cluster trials, the means of both groups."""
    totals = [areas.groupby(by)[known].sum().rename_axis("name").reset_index().assign(by=by) for by in ("area", "bcu")]
    out = table.merge(pd.concat(totals), on=["by", "name"], how="left")
    if design.kind == "crossover":
        return out
    group = np.where(design.treated.any(axis=1), "patrolled", "not patrolled")
    means = areas.groupby(group)[known].mean().rename_axis("name").reset_index().assign(by="group")
    return pd.concat([out, means], ignore_index=True)[out.columns]


# ---- frozen ----


def _body(design: Design) -> dict[str, Any]:
    """Everything that the hash covers."""
    return {
        "format": FORMAT, "kind": design.kind, "first": str(design.first), "last": str(design.last),
        "seed": design.seed, "share": design.share, "per_day": dict(design.per_day),
        "longest_run": design.longest_run, "days_off": [str(d) for d in design.days_off],
        "strata": list(design.strata), "block_days": design.block_days,
        "areas": [dict(place) for place in design.places],
        "treated": ["".join("1" if t else "0" for t in row) for row in design.treated],
    }  # fmt: skip


def _canonical(body: Mapping[str, Any]) -> str:
    """The one way to write it: keys in order, no blanks."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def to_json(design: Design) -> str:
    """The frozen design with its hash, for a file; `from_json` reads it back."""
    return json.dumps({**_body(design), "sha256": design.sha256}, indent=1, ensure_ascii=True)


def from_json(text: str) -> Design:
    """The design in a file written by `to_json`. HotspotsError when one cell or argument is no longer what it was."""
    try:
        body = json.loads(text)
        stored = body.pop("sha256")
        found = hashlib.sha256(_canonical(body).encode()).hexdigest()
    except (ValueError, KeyError, AttributeError, TypeError) as problem:
        raise HotspotsError("This is not a trial design: a file written when the trial was frozen is wanted.") from (
            problem
        )
    if found != stored:
        raise HotspotsError(
            f"The trial design was changed after it was frozen: its hash was {str(stored)[:12]}… and is now"
            f" {found[:12]}…. A frozen design cannot be edited; use the file as it was, or draw a new design."
        )
    if body["format"] != FORMAT:
        raise HotspotsError(f"The trial design has format {body['format']}; this version reads format {FORMAT}.")
    treated = np.array([[c == "1" for c in row] for row in body["treated"]], dtype=bool)
    asked = Design(
        body["kind"], date.fromisoformat(body["first"]), date.fromisoformat(body["last"]), body["seed"], body["share"],
        tuple(sorted(body["per_day"].items())), body["longest_run"], tuple(map(date.fromisoformat, body["days_off"])),
        tuple(body["strata"]), body["block_days"],
        tuple(tuple(place.items()) for place in body["areas"]), treated,
    )  # fmt: skip
    return _with(asked, treated)
