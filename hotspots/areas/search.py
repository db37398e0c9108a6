"""The search behind `hotspots.areas`: which connected sets of cells catch most within a maximum area.

Choosing the best connected set is NP-hard in general, but a patrollable hot spot has few cells (three at resolution
10). So each cell in turn is grown into sets in which it is the best cell, keeping the `width` best at every size: that
lists *every* set of up to five cells, and is a heuristic above. Several areas of one BCU are then picked together,
because the best one may stand in the way of the next two: by a beam search over choices, improved by exchanges.

All quantities are whole numbers, so that sums do not depend on their order. Ties go to fewer cells, then to the lower
position.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import accumulate, islice

EXACT = 5  # cells: areas of at most so many are searched completely
WIDE = 200  # more than the 176 connected sets of four cells round a cell, so none of five is missed
NARROW = 6  # sets kept at every size above that
KEPT = 200  # sets kept of each cell, to be tried when areas stand in each other's way
SEEDS = 60  # cells grown above EXACT; below, the bound alone ends the search
POOL = 300  # cells whose areas are put together
BEAM, BRANCHES = 30, 12  # choices of areas kept, and ways in which each goes on
TRIALS = 3000  # other choices tried per BCU, `SEEDS` above EXACT

Members = frozenset[int]
Found = tuple[int, Members]


@dataclass(frozen=True)
class Ground:
    """The cells of one BCU that may be used, by position: whole numbers, in the same order everywhere."""

    neighbours: tuple[Members, ...]
    value: tuple[int, ...]  # what an area is to have most of; may be negative
    harm: tuple[int, ...]
    area: tuple[int, ...]
    max_area: int
    min_harm: int  # harm that an area must have

    @property
    def most(self) -> int:
        """The largest number of cells that an area can have."""
        return self.max_area // min(self.area) if self.area else 0


@dataclass
class Search:
    """Best areas of a ground, remembering what was grown from each cell."""

    ground: Ground
    order: list[int] = field(init=False)
    place: list[int] = field(init=False)
    bound: list[int] = field(init=False)
    remembered: dict[int, list[tuple[Members, list[Found]]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        value = self.ground.value
        self.order = sorted(range(len(value)), key=lambda i: (-value[i], i))
        self.place = [0] * len(value)
        for rank, i in enumerate(self.order):
            self.place[i] = rank
        sums = [0, *accumulate(max(value[i], 0) for i in self.order)]
        most = self.ground.most
        self.bound = [sums[min(r + most, len(value))] - sums[r] for r in range(len(value))]

    def best(self, taken: Members) -> Found | None:
        """The best area free of ``taken`` cells; None where none has the harm that is asked for.

        Cells are grown in order of value. The `most` best values from a cell on are more than any area that begins
        with it can have, so the search ends where they fall below the best found.
        """
        found: Found | None = None
        grown = 0
        for rank, seed in enumerate(self.order):
            if self.ground.value[seed] <= 0 or (found and self.bound[rank] < found[0]):
                break
            if seed in taken:
                continue
            if self.ground.most > EXACT and grown == SEEDS:
                break
            grown += 1
            for one in self.grown(seed, taken)[:1]:
                found = one if found is None or _key(one) < _key(found) else found
        return found

    def grown(self, seed: int, taken: Members) -> list[Found]:
        """The best areas with ``seed`` as their first cell in order, best first.

        What was grown before holds as long as it is free and the cells that were taken then still are.
        """
        for avoided, found in self.remembered.setdefault(seed, []):
            if avoided <= taken and not (found and found[0][1] & taken):
                return found
        avoided_now, found = self._grow(seed, taken)
        self.remembered[seed].append((avoided_now, found))
        return found

    def _grow(self, seed: int, taken: Members) -> tuple[Members, list[Found]]:
        ground, first = self.ground, self.place[seed]
        avoided: set[int] = set()
        found: list[Found] = []
        width = WIDE if ground.most <= EXACT else NARROW

        def reach(cell: int) -> set[int]:
            later = {c for c in ground.neighbours[cell] if self.place[c] > first}
            avoided.update(later & taken)
            return later - taken

        start: Members = frozenset((seed,))
        beam = [(ground.value[seed], start, frozenset(reach(seed)), ground.area[seed], ground.harm[seed])]
        if ground.area[seed] > ground.max_area:
            return frozenset(), []
        while beam:
            found += [(value, members) for value, members, _, _, harm in beam if harm >= ground.min_harm and value > 0]
            made: dict[Members, tuple[int, int, Members, int, int]] = {}
            for value, members, edge, area, harm in beam:
                for cell in edge:
                    new = members | {cell}
                    if area + ground.area[cell] <= ground.max_area and new not in made:
                        made[new] = (value + ground.value[cell], cell, edge, area + ground.area[cell],
                                     harm + ground.harm[cell])  # fmt: skip
            kept = sorted(made.items(), key=lambda m: (-m[1][0], sorted(m[0])))[:width]
            beam = [
                (value, new, frozenset((edge | reach(cell)) - new), area, harm)
                for new, (value, cell, edge, area, harm) in kept
            ]
        if ground.most > EXACT:
            found += [self._improved(members, taken, avoided) for _, members in sorted(found, key=_key)[:1]]
        return frozenset(avoided), sorted(set(found), key=_key)[:KEPT]

    def _improved(self, members: Members, taken: Members, avoided: set[int]) -> Found:
        """The area after every single addition, removal or exchange that makes it better, the best one first."""
        ground = self.ground
        while True:
            now = self._value(members)
            edge = frozenset().union(*(ground.neighbours[c] for c in members)) - members
            avoided.update(edge & taken)
            changes = [members | {c} for c in edge - taken]
            changes += [members - {d} for d in members]
            changes += [members - {d} | {c} for d in members for c in edge - taken if ground.value[c] > ground.value[d]]
            better = sorted(((self._value(m), m) for m in changes if self._value(m) > now), key=_key)
            fitting = next((m for _, m in better if self.allows(m)), None)
            if fitting is None:
                return now, members
            members = fitting

    def _value(self, members: Members) -> int:
        return sum(self.ground.value[c] for c in members)

    def allows(self, members: Members) -> bool:
        """Whether a set is an area: within the maximum, with the harm asked for, and connected."""
        ground = self.ground
        if not members or sum(ground.area[c] for c in members) > ground.max_area:
            return False
        if sum(ground.harm[c] for c in members) < ground.min_harm:
            return False
        return is_connected(members, ground.neighbours)


def is_connected(members: Members, neighbours: tuple[Members, ...]) -> bool:
    """Whether one can walk from any cell of the set to any other without leaving it."""
    reached = {min(members)}
    fresh = set(reached)
    while fresh:
        fresh = {c for i in fresh for c in neighbours[i] if c in members} - reached
        reached |= fresh
    return len(reached) == len(members)


def _key(found: Found) -> tuple[int, int, list[int]]:
    """Most value first, then the smaller area, then the lower positions."""
    return -found[0], len(found[1]), sorted(found[1])


def best_areas(ground: Ground, n: int) -> list[Members]:
    """At most ``n`` separate areas with the largest sum of values that the search finds, best first."""
    search = Search(ground)
    chosen = _filled(search, [], n)
    if n > 1:
        chosen = max(chosen, _packed(search, n), key=lambda areas: sum(value for value, _ in areas))
    trials = TRIALS if ground.most <= EXACT else SEEDS
    better: list[Found] | None = chosen
    while better is not None and trials > 0:
        chosen = better
        better, trials = _exchanged(search, chosen, n, trials)
    return [members for _, members in sorted(chosen if better is None else better, key=_key)]


def _packed(search: Search, n: int) -> list[Found]:
    """Separate areas out of all that were grown, by a beam search over choices in order of value.

    A choice is judged by what it comes to when it is filled up greedily; the best `BEAM` go on, each in
    `BRANCHES` ways.
    """
    none: Members = frozenset()
    seeds = [i for i in search.order[: POOL if search.ground.most <= EXACT else SEEDS] if search.ground.value[i] > 0]
    pool = sorted((one for seed in seeds for one in search.grown(seed, none)), key=_key)
    masks = [sum(1 << c for c in members) for _, members in pool]

    def rest(start: int, taken: int, left: int) -> list[int]:
        """The greedy choice among those from ``start`` on."""
        found: list[int] = []
        for i in range(start, len(pool) if left else start):
            if not masks[i] & taken:
                found.append(i)
                taken |= masks[i]
                if len(found) == left:
                    break
        return found

    beam: list[tuple[int, ...]] = [()]
    best: tuple[int, tuple[int, ...]] = (0, ())
    for level in range(n):
        tried: list[tuple[int, tuple[int, ...], tuple[int, ...]]] = []
        for picks in beam:
            taken = sum(masks[i] for i in picks)
            start = picks[-1] + 1 if picks else 0
            free = (i for i in range(start, len(pool)) if not masks[i] & taken)
            for i in islice(free, BRANCHES):
                whole = (*picks, i, *rest(i + 1, taken | masks[i], n - level - 1))
                tried.append((-sum(pool[j][0] for j in whole), whole, (*picks, i)))
        tried.sort()
        if not tried:
            break
        best = min(best, tried[0][:2])
        beam = [picks for _, _, picks in tried[:BEAM]]
    return [pool[i] for i in best[1]]


def _filled(search: Search, chosen: list[Found], n: int) -> list[Found]:
    """``chosen`` and, one after the other, the best area that is still free, until there are ``n``."""
    chosen = list(chosen)
    while len(chosen) < n:
        one = search.best(frozenset().union(*(members for _, members in chosen)))
        if one is None:
            break
        chosen.append(one)
    return chosen


def _exchanged(search: Search, chosen: list[Found], n: int, trials: int) -> tuple[list[Found] | None, int]:
    """A better choice that gives up the areas in the way of another one and fills up anew; None where none is found."""
    total = sum(value for value, _ in chosen)
    near = frozenset().union(*(members for _, members in chosen))
    near = near.union(*(search.ground.neighbours[c] for c in near))
    for seed in sorted(near, key=lambda c: search.place[c]):
        if search.ground.value[seed] <= 0:
            break
        for one in search.grown(seed, frozenset()):
            rest = [c for c in chosen if not c[1] & one[1]]
            if len(rest) == len(chosen) or one in chosen:
                continue
            trials -= 1
            tried = _filled(search, [*rest, one], n)
            if sum(value for value, _ in tried) > total:
                return tried, trials
            if trials <= 0:
                return None, 0
    return None, trials
