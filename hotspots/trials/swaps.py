"""Drawing a crossover: a round robin, then a long chain of swaps between two hot spots that keeps every rule.

The rules: days of each hot spot, levels of each day, blocks and runs. A request that no schedule can keep is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from hotspots.base.errors import HotspotsError
from hotspots.trials.layout import Bools, Bytes, Design, Ints, rows_by


@dataclass(frozen=True, eq=False)
class Rules:
    """What swaps must keep. Rows are the hot spots, then one *idle* row per pool (a BCU).

    A pool's idle row holds 1 on the days on which it could patrol one more, so that swaps with it move patrols to
    other days while the day's sum stays level; no run or block limit holds for it.
    """

    pools: list[Ints]
    idle: Ints  # each pool's idle row
    spare: Bools  # whether that row has anything to swap
    low: Ints  # rows × blocks (padded)
    high: Ints
    n_days: int
    n_blocks: int
    block_days: int
    run: int  # 0 where no run can be too long
    spans: tuple[int, ...]  # blocks that one swap may cover


def quotas_of(asked: Design) -> tuple[int, Ints, Ints]:
    """Patrolled days of each hot spot in all, by block when all blocks are equal, and the open days of each block."""
    open_in = np.bincount(asked.blocks, weights=asked.open_days).astype(np.int64)
    running = np.floor(asked.share * np.cumsum(open_in) + 1e-9).astype(np.int64)
    return int(running[-1]), np.diff(running, prepend=0), open_in


def _most(open_days: Bools, run: int) -> int:
    """The most patrolled days among these with at most ``run`` in a row."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], open_days.astype(np.int8), [0]])))
    lengths = edges[1::2] - edges[::2]
    return int((lengths - lengths // (run + 1)).sum())


def refuse_infeasible(asked: Design) -> None:
    """HotspotsError with the rules that no schedule can keep, and by how much."""
    problems, (total, _, _), n_open = [], quotas_of(asked), int(asked.open_days.sum())
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
class Levels:
    """One pool's limits: patrolled hot spots on each day, and each hot spot's days in each block."""

    day_low: Ints
    day_high: Ints
    low: Ints
    high: Ints
    equal_blocks: bool


def _levels(asked: Design, n: int, capacity: int | None, equal_blocks: bool) -> Levels | None:
    """A pool of ``n`` hot spots kept level; None when equal blocks do not fit under the capacity."""
    total, quotas, open_in = quotas_of(asked)
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
    return Levels(day_low, day_high, low, high, equal_blocks)


_ROUND = ((np.floor, 1e-9), (np.ceil, -1e-9))


def _pool_levels(asked: Design, equal_blocks: bool) -> tuple[list[Ints], list[Levels]]:
    """Each BCU's hot spots and limits; with ``equal_blocks`` blocks are equal wherever the capacity allows it."""
    pools, capacity, bcus = rows_by(asked, ("bcu",)), dict(asked.per_day), asked.areas["bcu"]
    levels = []
    for pool in pools:
        held = capacity.get(str(bcus.iloc[pool[0]]))
        found = _levels(asked, len(pool), held, True) if equal_blocks else None
        levels.append(found or _levels(asked, len(pool), held, False))
    return pools, [level for level in levels if level is not None]


def ways_of(asked: Design) -> tuple[bool, ...]:
    """Whether blocks are equal, in the order tried. Format 1: where the capacity and the longest run allow it.

    All hot spots then had 3, 4, 3, 4 days of a week, so that week and treatment went together, and a BCU of four hot
    spots had one to three a day.
    """
    return (True, False) if asked.format == 1 else (False,)


def rules_for(asked: Design, equal_blocks: bool) -> tuple[Rules, list[Levels]]:
    """The rules of a request, one way or the other."""
    pools, levels = _pool_levels(asked, equal_blocks)
    n_areas, n_blocks, n_days = len(asked.places), int(asked.blocks[-1]) + 1, len(asked.days)
    low = np.zeros((n_areas + len(pools), n_blocks + 2), dtype=np.int64)
    high = np.full_like(low, n_days)
    for pool, level in zip(pools, levels, strict=True):
        low[pool, :n_blocks], high[pool, :n_blocks] = level.low, level.high
    spare = np.array([bool((level.day_high > level.day_low).any()) for level in levels])
    spans = (1,) if all(level.equal_blocks for level in levels) or n_blocks == 1 else (1, 2)
    run = asked.longest_run if asked.longest_run < n_days else 0
    idle = n_areas + np.arange(len(pools))
    return Rules(pools, idle, spare, low, high, n_days, n_blocks, asked.block_days, run, spans), levels


def rules_of(design: Design) -> tuple[Rules, Bytes]:
    """The rules that a finished design was drawn under, and its schedule with the idle rows."""
    total = np.add.reduceat(design.treated, np.arange(0, len(design.days), design.block_days), axis=1, dtype=np.int64)
    for equal_blocks in ways_of(design):
        rules, levels = rules_for(design, equal_blocks)
        limits = slice(0, rules.n_blocks)
        rows = slice(0, len(total))
        if ((rules.low[rows, limits] <= total) & (total <= rules.high[rows, limits])).all():
            break
    return rules, padded(rules, design.treated, levels)


def padded(rules: Rules, treated: Bools, levels: list[Levels]) -> Bytes:
    """The schedule as swaps want it: days (padded at both ends) × rows (hot spots, then idle rows)."""
    x = np.zeros((rules.n_days + 2 * rules.run + 3 * rules.block_days, len(rules.low)), dtype=np.uint8)
    days = slice(rules.run, rules.run + rules.n_days)
    x[days, : len(treated)] = treated.T
    for pool, row, level in zip(rules.pools, rules.idle, levels, strict=True):
        x[days, row] = level.day_high - treated[pool].sum(axis=0)
    return x


def inner(rules: Rules, x: Bytes) -> Bools:
    """Hot spots × days × chains of a padded schedule."""
    inside = x[rules.run : rules.run + rules.n_days, : len(rules.low) - len(rules.pools)]
    return np.moveaxis(inside, 0, 1).astype(bool)


DESIGN_SWEEPS = 300  # of swaps from the round robin to the design
REDRAW_SWEEPS = 40  # from the common ancestor to each redraw
REPAIR_SWEEPS = 500
CHAINS_AT_ONCE = 32
ACTIVE_DAYS = 9  # of a stretch that may change in one swap, on average: longer exchanges are refused too often


def draw_crossover(asked: Design, rng: np.random.Generator) -> Bools:
    """A schedule drawn from all that keep the rules."""
    refuse_infeasible(asked)
    worst = 0
    for equal_blocks in ways_of(asked):
        rules, levels = rules_for(asked, equal_blocks)
        x = padded(rules, _round_robin(asked, rules, levels, rng), levels)[:, :, None]
        for _ in range(REPAIR_SWEEPS // 10):
            # runs beyond the longest allowed, each counted once for each day by which it is too long
            worst = int(_windows(x[:, : rules.idle[0]], rules.run).sum()) if rules.run else 0
            if not worst:
                break
            x = run_chains(rules, x, swaps_of(rules, 10, rng), rng, repairing=True)
        if not worst:
            return inner(rules, run_chains(rules, x, swaps_of(rules, DESIGN_SWEEPS, rng), rng))[:, :, 0]
    raise HotspotsError(
        f"No schedule was found with at most {asked.longest_run} patrolled days in a row that also gives every hot spot"
        f" the same number of days in each block: the best still had {worst:,} runs too long. Lower the share, allow"
        " longer runs, or have fewer days off."
    )


def _round_robin(asked: Design, rules: Rules, levels: list[Levels], rng: np.random.Generator) -> Bools:
    """Every day the next few hot spots of the pool in a random order: even over any stretch of days."""
    out = np.zeros((len(asked.places), rules.n_days), dtype=bool)
    total, quotas, _ = quotas_of(asked)
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


@dataclass(frozen=True, eq=False)
class _Swap:
    """Pairs of rows that swap at the same time within the same stretches of days."""

    left: Ints
    right: Ints
    blocks: Ints  # the first block of each stretch
    span: int
    active: Bytes  # which days of a stretch may change


def swaps_of(rules: Rules, sweeps: int, rng: np.random.Generator) -> Iterator[_Swap]:
    """Who swaps with whom, in an order that is fixed before any schedule is looked at.

    Stretches that swap at the same time lie further apart than the longest run, so that no two of them can make one
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
                yield _Swap(left, right, blocks, span, active)


def _matching(rules: Rules, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Random pairs within each pool, its idle row among them."""
    left, right = [], []
    for pool, idle, spare in zip(rules.pools, rules.idle, rules.spare, strict=True):
        rows = rng.permutation(np.append(pool, idle) if spare else pool)
        left.append(rows[0 : len(rows) // 2 * 2 : 2])
        right.append(rows[1::2])
    return np.concatenate(left), np.concatenate(right)


def run_chains(rules: Rules, x: Bytes, swaps: Any, rng: np.random.Generator, repairing: bool = False) -> Bytes:
    """Chains (days × rows × chains) after these swaps."""
    x = x.copy()
    for swap in swaps:
        _swap(rules, x, swap, rng, repairing)
    return x


def _swap(rules: Rules, x: Bytes, swap: _Swap, rng: np.random.Generator, repairing: bool) -> None:
    """One swap between each pair, in each stretch and chain, in place."""
    width, run = swap.span * rules.block_days, rules.run
    days = (swap.blocks * rules.block_days)[None, :] + np.arange(width + 2 * run)[:, None]
    core = slice(run, run + width)
    a, b = x[days[:, :, None], swap.left], x[days[:, :, None], swap.right]
    change = _exchange(a[core], b[core], swap.active, rng)
    kept = _within_blocks(rules, a[core] ^ change, b[core] ^ change, swap)
    if run:
        kept &= _within_runs(rules, (a, b), change, swap, repairing)
    change &= kept
    x[days[core, :, None], swap.left] = a[core] ^ change
    x[days[core, :, None], swap.right] = b[core] ^ change


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


def _within_blocks(rules: Rules, a: Bytes, b: Bytes, swap: _Swap) -> Bytes:
    """1 where both rows keep their number of days in every block of the stretch."""
    kept = np.ones(a.shape[1:], dtype=np.uint8)
    if swap.span == 1:
        return kept
    for part in range(swap.span):
        inside = slice(part * rules.block_days, (part + 1) * rules.block_days)
        for z, rows in ((a, swap.left), (b, swap.right)):
            n = z[inside].sum(axis=0, dtype=np.uint8)
            low, high = (limit[rows[None, :], swap.blocks[:, None] + part] for limit in (rules.low, rules.high))
            kept &= (n >= low[:, :, None]) & (n <= high[:, :, None])
    return kept


def _within_runs(rules: Rules, rows: tuple[Bytes, Bytes], change: Bytes, swap: _Swap, repairing: bool) -> Bytes:
    """1 where no run becomes too long; while repairing, where there are no more of them than before."""
    core = slice(rules.run, rules.run + len(change))
    before, after = (np.zeros(change.shape[1:], dtype=np.int16) for _ in range(2))
    for z, which in zip(rows, (swap.left, swap.right), strict=True):
        limited = (which < rules.idle[0])[None, :, None]
        new = z.copy()
        new[core] ^= change
        if repairing:
            before += _windows(z, rules.run).sum(axis=0, dtype=np.int16) * limited
            after += _windows(new, rules.run).sum(axis=0, dtype=np.int16) * limited
        else:
            after += np.bitwise_or.reduce(_windows(new, rules.run), axis=0) * limited
    return (after <= before).view(np.uint8)
