"""What a crossover keeps: days of each hot spot, levels of each day, blocks and runs; and what cannot be kept."""

from __future__ import annotations

from dataclasses import dataclass

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
    for equal_blocks in (True, False):
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
