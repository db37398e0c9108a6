"""How long expected harm takes: ``python -m benchmarks.expected [--workspace DIR] [--rounds N]``. One line of JSON.

``cells``: `hotspots.ranking.expected.expected_harm` on 60,000 simulated cells, a year, nine offences in five bands,
1,000 draws, three groups. Median, least and most seconds; target one second.

``ranking``: on the workspace's data.police.uk incidents, from the same rows in memory (month, kind of offence,
longitude, latitude, BCU): cells of points, counts, harm, expected harm with an interval and p_top per BCU from 1,000
draws, Gi* with q-values. Ours by the library. The peer as an analyst would write it in a notebook with pandas, h3,
numpy and esda (`notebook`): each point by ``apply``, groupby and pivot, an empirical-Bayes Gamma–Poisson per weight
by moments, draws of all cells, p_top by sorting, neighbours by ``grid_disk`` into libpysal's ``W``,
``esda.G_Local(star=True, permutations=0)``. Its model is the simpler one: no surroundings, memory, dispersion or hot
cells, nothing fitted by likelihood. Patterns, place names and reading are in neither. Two questions: a year of the
violence categories, and all offences of all months since the start or the last break. Ways take turns in each round,
one round warms up; counts, harm and z are held to each other.
"""

from __future__ import annotations

import argparse
import json
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

ROUNDS = 5
DRAWS, TOP, MONTHS_AHEAD = 1000, 20, 3
SECONDS, TIMES = 1.0, 20.0
CELLS = 60_000
DAYS = (1, 10, 19, 365, 547.5, 1460, 1825, 3285, 5475)
MIX = (36, 36, 10, 6, 3, 3, 5.5, 0.4, 0.1)


@dataclass
class Loaded:
    """Rows in memory: month, kind, lon, lat, bcu and what scoring needs; days of each kind; the months."""

    rows: pd.DataFrame
    days: dict[str, float]
    months: list[int]
    weights: Any
    window: str


# ---------------------------------------------------------------- expected harm alone


def simulated_cube() -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    """(cube, scores, group of each cell): sparse and uneven, as real months are."""
    from h3.api import basic_int as h3

    rng = np.random.default_rng(1)
    disk = np.array(sorted(h3.grid_disk(h3.latlng_to_cell(53.76, -2.70, 10), 160)))
    cells = rng.choice(disk, CELLS, replace=False)
    n = np.maximum(rng.poisson(rng.gamma(0.4, 2.5, CELLS) * 3.6), 1)
    cell = np.repeat(cells, n)
    offence = rng.choice(len(DAYS), len(cell), p=np.array(MIX) / sum(MIX))
    rows = pd.DataFrame({"cell": cell, "period": 202101 + rng.integers(0, 12, len(cell)), "offence": offence})
    cube = rows.value_counts().rename("n_offences").reset_index()
    cube["n_incidents"] = cube["n_offences"]
    scores = pd.DataFrame({"status": "scored", "days": np.array(DAYS, dtype=float)})
    return cube, scores, pd.Series(rng.choice(["West", "South", "East"], CELLS), index=cells)


def measure_cells(rounds: int) -> dict[str, Any]:
    """Seconds of 60,000 cells × 1,000 draws."""
    from hotspots.ranking.expected.model import expected_harm

    cube, scores, groups = simulated_cube()
    took = by_turns(
        {
            "draws_1000": lambda: expected_harm(cube, scores, groups=groups, draws=DRAWS),
            "no_draws": lambda: expected_harm(cube, scores, groups=groups, draws=0),
        },
        rounds,
    )
    seconds = {name: spread([t.wall for t in times]) for name, times in took.items()}
    return {
        "cells": CELLS,
        "cube_rows": len(cube),
        "draws": DRAWS,
        "seconds": seconds,
        "processor": {name: spread([t.cpu for t in times]) for name, times in took.items()},
        "within_target": seconds["draws_1000"][0] < SECONDS,
    }


# ---------------------------------------------------------------- the ranking against a notebook


def load(workspace: str, months: int, offences: str) -> Loaded:
    """The located rows of the last ``months`` (0: all) before the last break, with what both ways start from."""
    from hotspots.base.months import months_between
    from hotspots.harm import offences as offence
    from hotspots.harm import scoring as harm
    from hotspots.harm.offences import POLICE_UK
    from hotspots.ranking.gather import gather
    from hotspots.ranking.question import Question, settle
    from hotspots.store.held import months_held
    from hotspots.store.workspace import open_workspace, read_incidents

    opened = open_workspace(Path(workspace))
    breaks = [month for _, month, _ in opened.manifest.breaks]
    held = [m for m in months_held(opened, POLICE_UK) if not breaks or m < max(breaks)]
    held = [m for m in months_between(held[0], held[-1]) if m in set(held)][-months:]
    first, last = (f"{m // 100}-{m % 100:02d}" for m in (held[0], held[-1]))
    asked = Question(start=first, end=last, offences=offences, source=POLICE_UK, include_proactive=True)
    source, window, weights, question = settle(opened, asked)
    rows = gather(opened, source, window, question).rows.drop(columns="cell").reset_index(drop=True)
    places = read_incidents(opened, ["record", "lon", "lat"], source, window.months).to_pandas()
    rows = rows.merge(places.drop_duplicates("record"), on="record", how="left", validate="m:1")
    codes, distinct = offence.distinct_offences(rows)
    scores = harm.score_offences(distinct, weights)
    rows["kind"] = scores["label"].to_numpy(dtype=object)[codes]
    rows["bcu"] = rows["bcu"].astype(object)
    known = scores.dropna(subset=["days"])
    days = {str(kind): float(d) for kind, d in zip(known["label"], known["days"], strict=True)}
    return Loaded(rows, days, held, weights, f"{first} to {last}")


def library(loaded: Loaded) -> pd.DataFrame:
    """The ranking by the library."""
    from scipy.special import ndtr

    from hotspots import geography
    from hotspots.ranking import rank as ranking
    from hotspots.ranking.expected.model import expected_harm
    from hotspots.ranking.gather import count_and_score
    from hotspots.ranking.gi_star import bh_q_values, gi_star

    cells = geography.cells_at(loaded.rows["lon"], loaded.rows["lat"], 10)
    rows = loaded.rows.assign(cell=cells)
    scores, cube = count_and_score(rows, loaded.weights)
    bcu = rows.drop_duplicates("cell").set_index("cell")["bcu"]
    expected = expected_harm(cube, scores, loaded.months, groups=bcu, top=TOP, draws=DRAWS, horizon=MONTHS_AHEAD)
    table = ranking.rank_cells(cube, scores, "expected-harm", expected=expected)
    everyone = geography.surroundings(table["cell"])
    harm = table.set_index("cell")["harm_days"].reindex(everyone).fillna(0.0)
    z = gi_star(harm.to_numpy(), geography.adjacency(everyone))
    gi = pd.DataFrame({"gi_z": z, "gi_q": bh_q_values(ndtr(-z))}, index=everyone).loc[table["cell"]]
    return table.assign(gi_z=gi["gi_z"].to_numpy(), gi_q=gi["gi_q"].to_numpy())


def notebook(loaded: Loaded) -> pd.DataFrame:
    """The same by pandas, h3, numpy and esda, as an analyst would write it."""
    import esda
    import h3
    from libpysal.weights import W
    from scipy.stats import norm

    df = loaded.rows[["month", "kind", "lon", "lat", "bcu"]].copy()
    df["cell"] = df.apply(lambda r: h3.latlng_to_cell(r["lat"], r["lon"], 10), axis=1)
    df["days"] = df["kind"].map(loaded.days)
    cells = df.groupby("cell").agg(
        n_incidents=("kind", "size"),
        harm_days=("days", "sum"),
        largest=("days", "max"),
        bcu=("bcu", "first"),
    )
    cells["harm_sqrt"] = np.sqrt(df["days"]).groupby(df["cell"]).sum()
    cells["largest_offence_share"] = cells["largest"] / cells["harm_days"]

    # Gamma-Poisson per weight, the prior by moments over the cells
    counts = df.pivot_table(index="cell", columns="days", values="month", aggfunc="count")
    counts = counts.reindex(cells.index).fillna(0)
    months = len(loaded.months)
    rng = np.random.default_rng(1)
    harm = np.zeros((len(cells), DRAWS))
    for days in counts.columns.astype(float):
        y = counts[days].to_numpy()
        mean, var = y.mean() / months, y.var() / months**2
        extra = max(var - mean / months, 1e-6 * mean)
        a, b = mean**2 / extra, mean / extra
        draws = rng.gamma((a + y)[:, None], 1 / (b + months), size=(len(y), DRAWS))
        harm += days * MONTHS_AHEAD * draws
    cells["harm_expected_days"] = harm.mean(axis=1)
    cells["harm_expected_low"], cells["harm_expected_high"] = np.quantile(harm, [0.05, 0.95], axis=1)
    cells["p_top"] = 0.0
    for name in cells["bcu"].unique():
        mine = (cells["bcu"] == name).to_numpy()
        bar = np.sort(harm[mine], axis=0)[-TOP]
        cells.loc[mine, "p_top"] = (harm[mine] >= bar).mean(axis=1)

    # Gi* over the cells and those round about
    everyone = set().union(*(h3.grid_disk(c, 1) for c in cells.index))
    near = {c: [d for d in h3.grid_disk(c, 1) if d != c and d in everyone] for c in everyone}
    w = W(near, silence_warnings=True)
    values = cells["harm_days"].reindex(w.id_order).fillna(0.0)
    g = esda.G_Local(values.to_numpy(), w, star=True, transform="B", permutations=0)
    z = pd.Series(g.Zs, index=w.id_order)
    p = np.sort(norm.sf(z))
    q = np.minimum.accumulate((p * len(p) / np.arange(1, len(p) + 1))[::-1])[::-1]
    cells["gi_z"] = z
    cells["gi_q"] = pd.Series(q, index=z.sort_values(ascending=False).index)
    return cells.sort_values(["harm_expected_days", "harm_days"], ascending=False).reset_index()


def hold(ours: pd.DataFrame, peer: pd.DataFrame) -> float:
    """Stop unless counts and harm are the same; the furthest that two z are apart."""
    peer = peer.assign(cell=[int(c, 16) for c in peer["cell"]]).set_index("cell")
    ours = ours.set_index("cell").fillna({"harm_days": 0.0})  # nothing scored is no figure here, 0 in the notebook
    peer = peer.loc[ours.index]
    same = (ours["n_incidents"] == peer["n_incidents"]).all() and np.allclose(ours["harm_days"], peer["harm_days"])
    furthest = float((ours["gi_z"] - peer["gi_z"]).abs().max())
    if len(ours) != len(peer) or not same or not furthest < 1e-9 or not np.allclose(ours["gi_q"], peer["gi_q"]):
        raise RuntimeError(f"the notebook does not do the same work: z differ by {furthest}")
    return furthest


def measure_ranking(workspace: str, months: int, offences: str, rounds: int) -> dict[str, Any]:
    """Seconds of both ways, and the notebook's over ours."""
    import esda  # noqa: F401  slow to import: not to be timed
    import libpysal  # noqa: F401
    import scipy.stats  # noqa: F401

    warnings.filterwarnings("ignore")
    loaded = load(workspace, months, offences)
    ours, peer = library(loaded), notebook(loaded)
    furthest = hold(ours, peer)
    took = by_turns({"library": lambda: library(loaded), "notebook": lambda: notebook(loaded)}, rounds)
    ratios = {
        measure: median(getattr(b, measure) / getattr(a, measure) for a, b in zip(*took.values(), strict=True))
        for measure in ("wall", "cpu")
    }
    return {
        "window": loaded.window,
        "offences": offences or "violence-categories",
        "rows": len(loaded.rows),
        "cells": len(ours),
        "distinct_weights": len(set(loaded.days.values())),
        "furthest_z": furthest,
        "seconds": {name: spread([t.wall for t in times]) for name, times in took.items()},
        "processor": {name: spread([t.cpu for t in times]) for name, times in took.items()},
        "ratio": {measure: round(ratio, 1) for measure, ratio in ratios.items()},
        "within_target": ratios["wall"] >= TIMES,
    }


# ---------------------------------------------------------------- timing


class Took(NamedTuple):
    """Seconds by the clock and of the processor; these hardly move with what else the machine does."""

    wall: float
    cpu: float


def by_turns(ways: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[Took]]:
    """What every way took in each round, in turn, after a round that does not count."""
    took: dict[str, list[Took]] = {name: [] for name in ways}
    for i in range(rounds + 1):
        for name, way in ways.items():
            start, cpu = perf_counter(), process_time()
            way()
            if i:
                took[name].append(Took(perf_counter() - start, process_time() - cpu))
    return took


def spread(seconds: list[float]) -> list[float]:
    """[median, least, most]."""
    return [round(f(seconds), 3) for f in (median, min, max)]


def main() -> None:
    asked = argparse.ArgumentParser(description="How long expected harm takes")
    asked.add_argument("--workspace", default=os.environ.get("HOTSPOTS_WORKSPACE", ""))
    asked.add_argument("--rounds", type=int, default=ROUNDS)
    given = asked.parse_args()
    found: dict[str, Any] = {"cells": measure_cells(given.rounds)}
    if given.workspace:
        found["ranking_year"] = measure_ranking(given.workspace, 12, "", given.rounds)
        found["ranking_all"] = measure_ranking(given.workspace, 0, "all", given.rounds)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
