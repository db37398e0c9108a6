"""How long Gi* takes: ``python -m benchmarks.patterns [RINGS]``. Prints one line of JSON.

An H3 disk round Preston (407 rings: 498,169 cells of resolution 10) with skewed, sparse harm. Ours: the adjacency of
the cells and z by one sparse product. The peer: esda's ``G_Local(star=True, transform='B', permutations=0)`` on its
usual weights object, ``libpysal.weights.W`` from a dict of neighbours. Both are timed with the building of their
weights and without; the peer's dict of neighbours is counted for it once by plain h3 (``with_weights``) and once given
for nothing (``w_from_dict``). Ways take turns in each round, one round warms up, and the figures are [median, least,
most] seconds and the median over the rounds of the peer's time over ours. Every z is held to the peer's within 1e-9.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any

ROUNDS = 5
RINGS = 407
TARGET = 20.0


def measure(rings: int = RINGS, rounds: int = ROUNDS) -> dict[str, Any]:
    """Seconds by way, the ratios, and whether the target holds."""
    import esda
    import numpy as np
    from h3.api import basic_int as h3
    from libpysal.weights import W

    from hotspots import geography
    from hotspots.geography.neighbours import remembered
    from hotspots.ranking.gi_star import gi_star

    warnings.filterwarnings("ignore")
    cells = np.array(sorted(h3.grid_disk(h3.latlng_to_cell(53.7590, -2.6990, 10), rings)), dtype=np.int64)
    rng = np.random.default_rng(1)
    values = rng.gamma(0.3, 200.0, len(cells)) * (rng.random(len(cells)) < 0.3)
    held = {}

    def ours_adjacency() -> None:
        remembered.cache_clear()
        held["adjacency"] = geography.adjacency(cells)

    def ours_z() -> None:
        held["ours"] = gi_star(values, held["adjacency"])

    def peer_dict() -> None:
        ids = cells.tolist()
        known = set(ids)
        held["near"] = {c: [d for d in h3.grid_ring(c, 1) if d in known] for c in ids}

    def peer_w() -> None:
        # G_Local turns the weights object it is given into 'B' and fills its diagonal: each round has its own.
        held["w"] = W(held["near"], id_order=cells.tolist(), silence_warnings=True)

    def peer_z() -> None:
        held["peer"] = esda.G_Local(values, held["w"], star=True, transform="B", permutations=0).Zs

    steps = (ours_adjacency, ours_z, peer_dict, peer_w, peer_z)
    took: dict[str, list[float]] = {step.__name__: [] for step in steps}
    for i in range(rounds + 1):
        for step in steps:
            seconds = timed(step)
            if i:
                took[step.__name__].append(seconds)
    furthest = float(np.abs(held["ours"] - held["peer"]).max())
    if not furthest < 1e-9:
        raise RuntimeError(f"Gi*: ours and esda's differ by {furthest}")
    return {"cells": len(cells), "rounds": rounds, "furthest_z": furthest, **compared(took)}


def timed(step: Callable[[], None]) -> float:
    """Seconds of one step."""
    start = perf_counter()
    step()
    return perf_counter() - start


def compared(took: dict[str, list[float]]) -> dict[str, Any]:
    """Seconds of each step, and the peer's over ours by what is counted."""

    def ratio(peer: tuple[str, ...], ours: tuple[str, ...]) -> float:
        rounds = range(len(took[peer[0]]))
        return round(median(sum(took[p][i] for p in peer) / sum(took[o][i] for o in ours) for i in rounds), 1)

    both = ("ours_adjacency", "ours_z")
    ratios = {
        "with_weights": ratio(("peer_dict", "peer_w", "peer_z"), both),
        "w_from_dict": ratio(("peer_w", "peer_z"), both),
        "z_alone": ratio(("peer_z",), ("ours_z",)),
    }
    seconds = {name: [round(f(s), 4) for f in (median, min, max)] for name, s in took.items()}
    return {"seconds": seconds, "ratio": ratios, "within_target": all(r >= TARGET for r in ratios.values())}


if __name__ == "__main__":
    print(json.dumps(measure(*(int(a) for a in sys.argv[1:]))))
