"""The methods under test. Each is a plain function: (training cube, scores, context) → one figure per cell.

A method sees the training cube and the context, nothing later: it cannot look ahead. To add one, write the function
and name it in `METHODS`, which runs from simple to elaborate (a tie goes to the simpler).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hotspots.base.settings import Settings
from hotspots.geography import cell_areas_m2, cell_centres
from hotspots.harm.scoring import scored_days
from hotspots.ranking.expected.counts import steps_of
from hotspots.ranking.rank import transformed

if TYPE_CHECKING:
    from scipy.sparse import csr_array

EARTH_M = 6_371_007.18
# of the kernel density, in distances between adjoining cells (resolution 9: 329 m, 10: 124 m); under a quarter is raw
BANDWIDTHS = (0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.8, 1.0, 1.5, 2.5, 4.0)
LAGS = (1, 3, 6, 12)  # periods before the origin whose sums the gradient-boosted model knows
TREES = {"max_iter": 120, "learning_rate": 0.05, "max_leaf_nodes": 12, "min_samples_leaf": 40}


@dataclass(frozen=True, eq=False)
class Context:
    """What a method may know beside the training cube.

    ``cells``: the candidates, sorted H3 cells with an incident in any observed period before the origin.
    ``train_periods``: those observed, oldest first. ``horizon``: periods to be tested.
    """

    origin: int
    train_periods: tuple[int, ...]
    horizon: int
    cells: np.ndarray
    seed: int = Settings.seed
    cap: float = Settings.harm_cap_days

    @cached_property
    def metres(self) -> np.ndarray:
        """Centres of the cells in metres east and north of their middle (plate carrée at the mean latitude)."""
        lon, lat = (np.radians(x) for x in cell_centres(self.cells))
        middle = lat.mean() if len(lat) else 0.0
        return EARTH_M * np.column_stack([(lon - lon.mean()) * np.cos(middle), lat - middle]) if len(lat) else lon

    @cached_property
    def spacing_m(self) -> float:
        """Metres between the centres of adjoining cells: hexagons of area A lie √(2A/√3) apart."""
        return float(np.sqrt(2 * cell_areas_m2(self.cells).mean() / np.sqrt(3)))

    @cached_property
    def adjacency(self) -> csr_array:
        """Which candidates adjoin (0/1, no diagonal)."""
        from hotspots.geography.neighbours import adjacency

        return adjacency(self.cells)


Method = Callable[[pd.DataFrame, pd.DataFrame, Context], np.ndarray]


def incidents(cube: pd.DataFrame, cells: np.ndarray) -> np.ndarray:
    """Incidents of each cell (sorted) over the whole cube; rows in other cells do not count."""
    return per_cell(cube, cells, cube["n_incidents"].to_numpy(dtype=float))


def harm(cube: pd.DataFrame, cells: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Σ nᵢ daysᵢ of each cell (sorted); ``days``: per offence code."""
    return per_cell(cube, cells, cube["n_offences"].to_numpy(dtype=float) * days[cube["offence"].to_numpy()])


def per_cell(cube: pd.DataFrame, cells: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The sum of a value per row of the cube, for each of the cells (sorted)."""
    if not len(cells) or not len(cube):
        return np.zeros(len(cells))
    rows = cube["cell"].to_numpy(dtype=np.int64)
    place = np.minimum(np.searchsorted(cells, rows), len(cells) - 1)
    inside = cells[place] == rows
    return np.bincount(place[inside], weights=values[inside], minlength=len(cells))


def by_count(train: pd.DataFrame, scores: pd.DataFrame, context: Context) -> np.ndarray:
    return incidents(train, context.cells)


def by_harm(train: pd.DataFrame, scores: pd.DataFrame, context: Context) -> np.ndarray:
    return harm(train, context.cells, scored_days(scores))


def by_decay(train: pd.DataFrame, scores: pd.DataFrame, context: Context) -> np.ndarray:
    """Harm days that lose half their weight every half training window: six months of twelve."""
    places = steps_of(np.array([*context.train_periods, context.origin]))  # in time: an unobserved period ages the rest
    age = places[-1] - places[np.searchsorted(context.train_periods, train["period"].to_numpy())]
    fading = 0.5 ** (age / (places[-1] / 2))
    days = scored_days(scores)[train["offence"].to_numpy()]
    return per_cell(train, context.cells, train["n_offences"].to_numpy(dtype=float) * days * fading)


def by_density(train: pd.DataFrame, scores: pd.DataFrame, context: Context) -> np.ndarray:
    """Gaussian kernel density of harm at the cells' centres: Σⱼ hⱼ φ(dᵢⱼ / b), by scikit-learn.

    The bandwidth b is that of `BANDWIDTHS` under which the harm of the last ``horizon`` training periods was likeliest,
    given the periods before them (log-likelihood weighted by harm; a hundredth is spread evenly, so that one far cell
    does not decide). Likely are cells, not points: a kernel's weight is shared among the centres of a whole lattice. As
    a density per square metre the narrowest would always be likeliest, because all harm of a cell stands at one point.
    """
    days = scored_days(scores)
    every = harm(train, context.cells, days)
    learnable = len(context.train_periods) - context.horizon
    if not every.any():
        return every
    chosen = BANDWIDTHS[0]
    if learnable >= 1:
        late = train["period"].to_numpy() >= context.train_periods[learnable]
        before, after = (harm(train[part], context.cells, days) for part in (~late, late))
        if before.any() and after.any():
            chosen = likeliest(context, before, after)
    return density(context, every, chosen)


def likeliest(context: Context, before: np.ndarray, after: np.ndarray) -> float:
    """The bandwidth at which the likelihood first stops rising; it has one peak, and wide ones take long."""
    best, highest = BANDWIDTHS[0], -np.inf
    for width in BANDWIDTHS:
        found = likelihood(context, before, after, width)
        if found < highest:
            break
        best, highest = width, found
    return best


def density(context: Context, weight: np.ndarray, bandwidth: float, within: float = 1e-6) -> np.ndarray:
    """What each cell gets of the weights, within a relative error; over the whole lattice it sums to theirs.

    ``bandwidth``: in distances between adjoining cells.
    """
    from sklearn.neighbors import KernelDensity

    some = weight > 0
    metres = context.metres / context.spacing_m
    model = KernelDensity(bandwidth=bandwidth, kernel="gaussian", rtol=within)
    model.fit(metres[some], sample_weight=weight[some])
    kernels = np.exp(model.score_samples(metres)) * weight.sum() * 2 * np.pi * bandwidth**2
    return np.asarray(kernels / lattice_sum(bandwidth))


def lattice_sum(bandwidth: float) -> float:
    """Σ exp(−d²/2b²) over the centres of a lattice of hexagons whose neighbours are at distance 1."""
    reach = np.arange(-math.ceil(6 * bandwidth) - 1, math.ceil(6 * bandwidth) + 2)
    a, b = np.meshgrid(reach, reach)
    return float(np.exp(-(a * a + a * b + b * b) / (2 * bandwidth**2)).sum())


def likelihood(context: Context, before: np.ndarray, after: np.ndarray, bandwidth: float) -> float:
    """Log-likelihood of the cells of later harm under those of earlier harm, a little of it spread over all."""
    share = density(context, before, bandwidth, 0.01) / before.sum()
    return float(after @ np.log(0.99 * share + 0.01 / len(share)))


def by_gi(train: pd.DataFrame, scores: pd.DataFrame, context: Context) -> np.ndarray:
    """Getis-Ord Gi* on harm over the candidates and every cell that adjoins one (those have none)."""
    from hotspots.geography.neighbours import adjacency, surroundings
    from hotspots.ranking.gi_star import gi_star

    if not len(context.cells):
        return np.zeros(0)
    cells = surroundings(context.cells)
    z = gi_star(harm(train, cells, scored_days(scores)), adjacency(cells))
    return np.nan_to_num(np.asarray(z))[np.searchsorted(cells, context.cells)]  # nan where harm is the same everywhere


def by_expected_harm(train: pd.DataFrame, scores: pd.DataFrame, context: Context) -> np.ndarray:
    """Gamma–Poisson expected harm days in the tested periods (`hotspots.ranking.expected`)."""
    from hotspots.ranking.expected.model import expected_harm

    found = expected_harm(train, scores, periods=list(context.train_periods), draws=0, horizon=context.horizon)
    figures = found.set_index("cell")["harm_expected_days"].reindex(context.cells)
    return figures.fillna(0.0).to_numpy(dtype=float)  # a cell without a scored offence in training comes last


def by_trees(train: pd.DataFrame, scores: pd.DataFrame, context: Context) -> np.ndarray:
    """Gradient-boosted trees with a Poisson loss (scikit-learn): expected harm days in the tested periods.

    Learns inside the training window: what was known before its last ``horizon`` periods → the harm of these; then
    looks ahead from the origin by as long a memory. Features: incidents and harm over the last 1, 3, 6, 12 and all
    periods of the memory, the same summed over adjoining cells, periods since the last incident, longitude and
    latitude. Needs a window longer than the horizon; else it is the plain harm.
    """
    from sklearn.ensemble import HistGradientBoostingRegressor

    memory = len(context.train_periods) - context.horizon
    days = scored_days(scores)
    if memory < 1 or not len(context.cells):
        return by_harm(train, scores, context)
    periods = np.asarray(context.train_periods)
    target = harm(train[train["period"] >= periods[memory]], context.cells, days)
    learnt_on = features(train, days, periods[:memory], context)
    inside = learnt_on[:, 0] <= memory  # a cell that only the target knows was no candidate then
    scale = target[inside].mean() if inside.any() else 0.0
    if not scale > 0:
        return by_harm(train, scores, context)
    model = HistGradientBoostingRegressor(loss="poisson", random_state=context.seed, early_stopping=False, **TREES)
    model.fit(learnt_on[inside], target[inside] / scale)
    return np.asarray(model.predict(features(train, days, periods[context.horizon :], context)) * scale)


def features(train: pd.DataFrame, days: np.ndarray, periods: np.ndarray, context: Context) -> np.ndarray:
    """Cells × features from these periods of the training window; the first column is the periods since an incident."""
    cube = train[train["period"].isin(periods)]
    n = len(periods)
    latest = np.zeros(len(context.cells))
    age_of = np.searchsorted(periods, cube["period"].to_numpy())
    place = np.searchsorted(context.cells, cube["cell"].to_numpy(dtype=np.int64))
    np.maximum.at(latest, place, age_of + 1.0)
    columns = [n + 1.0 - latest]  # 1: in the last period; n + 1: never
    for lag in sorted({*(k for k in LAGS if k < n), n}):
        recent = cube[cube["period"] >= periods[n - lag]]
        for own in (incidents(recent, context.cells), harm(recent, context.cells, days)):
            columns += [own, context.adjacency @ own]
    return np.column_stack([*columns, context.metres])


METHODS: dict[str, Method] = {
    "count": by_count,
    "harm": by_harm,
    "harm-sqrt": lambda train, scores, at: harm(train, at.cells, transformed(scored_days(scores), "harm-sqrt")),
    "harm-cap": lambda train, scores, at: harm(train, at.cells, transformed(scored_days(scores), "harm-cap", at.cap)),
    "harm-decay": by_decay,
    "kde": by_density,
    "gi": by_gi,
    "expected-harm": by_expected_harm,
    "gbm": by_trees,
}
FORECASTS = ("expected-harm", "gbm")  # their figure is harm days in the tested periods
