"""Drawing a cluster trial: whole hot spots, balanced on the time before."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hotspots.base.errors import HotspotsError
from hotspots.trials.layout import COVARIATES, Bools, Design, Ints, rows_by

ACCEPTED_SHARE = 0.1  # of random cluster assignments, the best balanced (Morgan & Rubin's p_a)
CLUSTER_TRIES = 20_000


def draw_clusters(asked: Design, draws: int, rng: np.random.Generator) -> Bools:
    """Whole-period assignments, balanced on what is known of the time before: draws × hot spots × days.

    Re-randomisation (Morgan & Rubin 2012, doi:10.1214/12-AOS1008): with ``pre_count`` or ``pre_harm`` an assignment
    is drawn again until its Mahalanobis distance M = n p(1 − p) · d' S⁻¹ d between the groups' means is at most the
    ``ACCEPTED_SHARE`` quantile of a chi-square with as many degrees of freedom as covariates.
    """
    wanted, groups = _treated_clusters(asked), rows_by(asked, asked.strata)
    covariates = asked.areas[[c for c in COVARIATES if c in asked.areas]].to_numpy(dtype=float)
    kept: list[Bools] = []
    tries, limit = 0, CLUSTER_TRIES * max(1, draws // 100)
    while sum(map(len, kept)) < draws and tries < limit:
        batch = np.stack([_one_clusters(asked, groups, wanted, rng) for _ in range(200)])
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


def _one_clusters(asked: Design, groups: list[Ints], wanted: int, rng: np.random.Generator) -> Bools:
    """One assignment: each stratum gets its share, rounded down or up at random."""
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
