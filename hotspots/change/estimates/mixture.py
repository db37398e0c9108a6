"""What a count says of the rate behind it, whatever shape the rates of all places have.

Poisson counts n of many places are drawn from rates of an unknown distribution; its nonparametric maximum-likelihood
estimate is a mixture of points, found by EM on a fine grid. The posterior mean of a place's rate, given its count, is
what its next count is to be expected to be, whoever picked the place for its count. Places with 0 are not all known
(most of a force is empty ground), so the likelihood is that of counts of 1 or more: Poisson cut off at 0. What places
without a count bring together is as much as there are places with exactly one (Robbins, Good and Turing).

Gamma rates, as `hotspots.ranking.expected` takes them, rank cells well and foretell them; but a force with some places
far above the rest is no Gamma, and the worst 20 are then drawn too far, or not far enough. Measured:
docs/decisions/0028.

When it misleads: it takes rates as constant over the window and after it, where real places burst and fade, and
places as exchangeable: neighbours show nothing. With fewer than some hundred places the mixture is rough.

References: Kiefer and Wolfowitz (1956), doi:10.1214/aoms/1177728066; Robbins (1956); Good (1953),
doi:10.1093/biomet/40.3-4.237; Koenker and Mizera (2014), doi:10.1080/01621459.2013.869224.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

POINTS = 150  # of the grid
STEPS = 400  # of EM: further ones change the means of the highest places by less than a thousandth
LOWEST = 0.05  # rate, in counts per window
ABOVE = 1.1  # times the largest count, and 1: the highest rate


def mixture_means(counts: ArrayLike) -> tuple[Floats, Floats]:
    """Mean and variance of each place's rate given its count, in counts per window; counts are whole, 1 or more.

    Formula: Σ λ w L(n|λ) / Σ w L(n|λ) over grid points λ, L(n|λ) = λⁿ e^(−λ) / n! / (1 − e^(−λ)), w their weights.
    """
    n = np.asarray(counts, dtype=np.int64)
    if not len(n):
        return np.zeros(0), np.zeros(0)
    if n.min() < 1:
        raise ValueError("counts must be 1 or more: places without any are not all known")
    distinct, place, many = np.unique(n, return_inverse=True, return_counts=True)
    grid = np.exp(np.linspace(np.log(LOWEST), np.log(distinct[-1] * ABOVE + 1), POINTS))
    likelihood = cut_poisson(distinct, grid)
    weight = np.full(POINTS, 1 / POINTS)
    for _ in range(STEPS):
        joint = likelihood * weight
        weight = (joint / joint.sum(1, keepdims=True) * many[:, None]).sum(0) / len(n)
    joint = likelihood * weight
    posterior = joint / joint.sum(1, keepdims=True)
    mean = posterior @ grid
    return mean[place], (posterior @ grid**2 - mean**2)[place]


def cut_poisson(counts: NDArray[np.int64], rates: Floats) -> Floats:
    """Probability of each count at each rate, given that it is not 0: counts × rates, each row by its largest."""
    from scipy.special import gammaln

    log = counts[:, None] * np.log(rates) - rates - gammaln(counts + 1.0)[:, None] - np.log(-np.expm1(-rates))
    return np.exp(log - log.max(1, keepdims=True))
