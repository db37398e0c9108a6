"""What must hold of expected harm whatever happened: what one more incident may do, and that figures are figures.

One offence per band, and one incident of each in a corner: so another never changes the mean weight of its band.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from h3.api import basic_int as h3
from hypothesis import assume, given
from hypothesis import strategies as st

from hotspots.ranking.expected.counts import decayed, surroundings_of, tally
from hotspots.ranking.expected.fitting import (
    FAR,
    HALF_LIVES,
    HOT,
    HOT_MEAN,
    KAPPA,
    NEAR,
    STRENGTH,
    Fitted,
    Split,
    prior_rate,
    prior_share,
    priors,
)
from hotspots.ranking.expected.model import expected_harm

DISK = sorted(h3.grid_disk(h3.latlng_to_cell(53.7590, -2.6990, 10), 3))  # 37 cells
CORNER = h3.latlng_to_cell(53.8100, -2.6990, 10)
DAYS = (1.0, 19.0, 365.0, 5475.0)
PERIODS = range(8)
SCORES = pd.DataFrame({"status": ["scored"] * 4 + ["unscored"], "days": [*DAYS, np.nan]})
# An own rate that is both far more even than the surroundings and the hot cells' is outside: with a larger κ, a cell in
# busy surroundings can seem hot by its own count although the hot Gamma is the lower of its two.
KAPPAS = [k for k in KAPPA if k <= 2.5]
BUSY = 20  # times the mean
ALMOST = 1e-9  # relative: sums in another order
FIGURES = ["harm_expected_low", "harm_expected_days", "harm_expected_high"]

INCIDENT = st.tuples(st.sampled_from(DISK), st.sampled_from(PERIODS), st.integers(0, 3))
INCIDENTS = st.lists(st.tuples(INCIDENT, st.integers(1, 30)), min_size=1, max_size=40)


@dataclass
class Case:
    cube: pd.DataFrame
    fitted: Fitted


def with_incidents(cube: pd.DataFrame | None, *incidents: tuple[int, int, int], n: int = 1) -> pd.DataFrame:
    rows = [(*incident, n, n) for incident in incidents]
    more = pd.DataFrame(rows, columns=["cell", "period", "offence", "n_offences", "n_incidents"]).astype("int64")
    return more if cube is None else pd.concat([cube, more], ignore_index=True)


@st.composite
def cubes(draw: st.DrawFn) -> pd.DataFrame:
    cube = with_incidents(None, *((CORNER, 0, band) for band in range(4)))
    for incident, n in draw(INCIDENTS):
        cube = with_incidents(cube, incident, n=n)
    return cube


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A cube, and hyperparameters from the grids, its strengths as small as `fit_splits` allows, or larger."""
    cube = draw(cubes())
    counts = tally(cube, SCORES, periods=PERIODS)
    near = surroundings_of(counts.cell)
    half_life = draw(st.sampled_from(HALF_LIVES)) * len(PERIODS)
    bands, periods = decayed(counts, half_life)
    volume = bands.sum(axis=0)
    mean = float(volume.sum() / periods / len(volume))
    fitted = Fitted(
        half_life=half_life,
        dispersion=draw(st.sampled_from([1.0, 1.5, 3.0])),
        mean=mean,
        kappa=draw(st.sampled_from(KAPPAS)) / mean,
        near=draw(st.sampled_from(NEAR)),
        hot=draw(st.sampled_from(HOT)),
        hot_mean=draw(st.sampled_from(HOT_MEAN)) * mean,
    )
    assume(prior_rate(near @ volume, periods, fitted).max() < BUSY * mean)
    least = float(priors(volume, periods, near, fitted)[0].max())
    left, splits = volume, []
    for band in bands[:-1]:
        strength = draw(st.sampled_from([least, *(s for s in STRENGTH if s > least)]))
        split = Split(draw(st.sampled_from([0.3, 0.9, 0.999])), strength, draw(st.sampled_from(FAR)))
        share = prior_share(split.share, split.far, near @ band, near @ left)
        splits.append(split)
        left, least = np.maximum(left - band, 0.0), strength * float(1 - share.min())
    return Case(cube, replace(fitted, splits=tuple(splits)))


def figures(cube: pd.DataFrame, fitted: Fitted | None) -> pd.Series:
    table = expected_harm(cube, SCORES, periods=PERIODS, fitted=fitted, draws=0)
    return table.set_index("cell")["harm_expected_days"]


@given(cases(), INCIDENT)
def test_one_more_incident_never_lowers_its_cell(case: Case, incident: tuple[int, int, int]):
    cell = incident[0]
    after = figures(with_incidents(case.cube, incident), case.fitted)
    before = figures(case.cube, case.fitted)
    assert after[cell] >= before.get(cell, 0.0) * (1 - ALMOST)


@given(cases(), INCIDENT)
def test_what_happens_in_a_cell_concerns_it_and_its_neighbours_only(case: Case, incident: tuple[int, int, int]):
    before, after = figures(case.cube, case.fitted), figures(with_incidents(case.cube, incident), case.fitted)
    others = ~before.index.isin(h3.grid_disk(incident[0], 1))
    assert np.allclose(before[others], after[before.index[others]], rtol=ALMOST)


@given(cases(), INCIDENT)
def test_one_more_of_the_severest_lowers_no_cell(case: Case, incident: tuple[int, int, int]):
    cell, period, _ = incident
    before = figures(case.cube, case.fitted)
    after = figures(with_incidents(case.cube, (cell, period, 3)), case.fitted)
    assert (after[before.index] >= before * (1 - ALMOST)).all()


@given(cases(), INCIDENT, st.integers(0, 3))
def test_a_severer_incident_counts_for_no_less(case: Case, incident: tuple[int, int, int], other: int):
    cell, period, band = incident
    light, severe = (
        figures(with_incidents(case.cube, (cell, period, b)), case.fitted)[cell] for b in sorted((band, other))
    )
    assert severe >= light * (1 - ALMOST)


@given(cases(), INCIDENT, st.sampled_from(PERIODS))
def test_a_later_incident_counts_for_no_less(case: Case, incident: tuple[int, int, int], other: int):
    cell, period, band = incident
    early, late = (
        figures(with_incidents(case.cube, (cell, p, band)), case.fitted)[cell] for p in sorted((period, other))
    )
    assert late >= early * (1 - ALMOST)


@given(cases(), st.sampled_from(DISK), st.sampled_from(PERIODS))
def test_what_has_no_weight_changes_nothing(case: Case, cell: int, period: int):
    before = expected_harm(case.cube, SCORES, PERIODS, fitted=case.fitted, top=3, draws=50)
    cube = with_incidents(case.cube, (cell, period, 4), n=7)
    assert expected_harm(cube, SCORES, PERIODS, fitted=case.fitted, top=3, draws=50).equals(before)


@given(cubes(), st.integers(1, 10), st.integers(0, 5))
def test_figures_of_a_fit_are_figures(cube: pd.DataFrame, top: int, seed: int):
    found = expected_harm(cube, SCORES, periods=PERIODS, top=top, draws=100, seed=seed)
    assert found["cell"].tolist() == sorted(cube["cell"].unique())
    assert np.isfinite(found[FIGURES]).all(axis=None)
    low, middle, high = (found[c] for c in FIGURES)
    assert (low >= 0).all()
    assert ((middle > 0) & (low <= middle) & (middle <= high)).all()
    assert found["p_top"].between(0, 1).all()
    assert found["p_top"].sum() == pytest.approx(min(top, len(found)), abs=0.011)  # a tie in a draw is a hundredth


@given(cubes(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_fit(cube: pd.DataFrame, random):
    mixed = cube.iloc[random.sample(range(len(cube)), len(cube))]
    assert np.allclose(figures(mixed, None), figures(cube, None), rtol=1e-6)


@given(cubes(), st.floats(0.01, 100))
def test_the_unit_of_weights_is_only_a_unit(cube: pd.DataFrame, unit: float):
    one = expected_harm(cube, SCORES, draws=0)
    other = expected_harm(cube, SCORES.assign(days=SCORES["days"] * unit), draws=0)
    assert np.allclose(other[FIGURES], unit * one[FIGURES], rtol=1e-6)


# ---------------------------------------------------------------- with everything learnt anew


CELLS = np.array(sorted(h3.grid_disk(DISK[0], 13)))[:500]


def simulated(rng: np.random.Generator) -> pd.DataFrame:
    """A year of 500 cells, five of them hot."""
    rate = rng.gamma(0.5, 0.5, len(CELLS))
    rate[rng.choice(len(CELLS), 5, replace=False)] = rng.uniform(2, 5, 5)
    mix = rng.dirichlet(30 * np.array([0.5, 0.4, 0.07, 0.03]), len(CELLS))
    counts = rng.poisson((rate[:, None] * mix)[:, :, None] * np.ones(len(PERIODS)))
    cell, band, period = np.nonzero(counts)
    n = counts[cell, band, period]
    return pd.DataFrame({"cell": CELLS[cell], "period": period, "offence": band, "n_offences": n, "n_incidents": n})


@pytest.mark.parametrize("seed", range(50))
def test_one_more_incident_lowers_no_rank_when_all_is_learnt_anew(seed: int):
    """No theorem: hyperparameters move with every incident. So it is tried."""
    rng = np.random.default_rng([seed, 4])
    cube = simulated(rng)
    before = figures(cube, None)
    incident = (int(rng.choice(before.index)), int(rng.choice(PERIODS)), int(rng.integers(4)))
    after = figures(with_incidents(cube, incident), None)
    cell = incident[0]
    assert after[cell] > before[cell]
    assert (after > after[cell]).sum() <= (before > before[cell]).sum()
