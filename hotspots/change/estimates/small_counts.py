"""Two Poisson counts: did a single place change? Counts and intervals lead; percentages of small counts are refused."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf, isfinite, log, nan, sqrt
from statistics import NormalDist

import numpy as np

from hotspots.base.errors import HotspotsError

NORMAL = NormalDist().inv_cdf(0.975)
TAIL = 1e-10  # probability left out of the sums of the E-test


@dataclass(frozen=True)
class Ratio:
    """A ratio of rates with its interval; ``note`` says why there is none."""

    ratio: float
    low: float
    high: float
    note: str = ""


@dataclass(frozen=True)
class Percent:
    """A percentage change, or why it is refused (then ``value`` is nan)."""

    value: float
    reason: str = ""


def poisson_z(before: float, now: float) -> float:
    """Z = 2(√now − √before), of which Var ≈ 1 where ``before`` is a known level and ``now`` Poisson.

    Flag |Z| > 3. When it misleads: the count before is itself uncertain (two Poisson counts of one rate differ by √2
    as much), and near zero. Source: Wheeler (2016), International Journal of Police Science and Management 18(3).

    >>> poisson_z(4, 9)
    2.0
    """
    refuse_counts(before, now)
    return 2 * (sqrt(now) - sqrt(before))


def e_test(before: int, now: int, time_before: float = 1.0, time_now: float = 1.0) -> float:
    """Two-sided p that two Poisson counts have one rate; nan where both are 0.

    T = |x₁/t₁ − x₀/t₀| / √(x₁/t₁² + x₀/t₀²); p is the probability of a T at least as large for two Poisson counts of
    the pooled rate (x₁ + x₀)/(t₁ + t₀). More powerful than the exact conditional test; its size stays near its level.
    Source: Krishnamoorthy and Thomson (2004), doi:10.1016/S0378-3758(02)00408-1.
    """
    refuse_counts(before, now)
    if not (time_before > 0 and time_now > 0):
        raise HotspotsError("The lengths of time must be above 0.")
    if before + now == 0:
        return nan
    rate = (before + now) / (time_before + time_now)
    x0, p0 = poisson_masses(rate * time_before)
    x1, p1 = poisson_masses(rate * time_now)
    seen = statistic(np.array([float(before)]), np.array([float(now)]), time_before, time_now)[0, 0]
    larger = statistic(x0, x1, time_before, time_now) >= seen * (1 - 1e-12)
    return min(1.0, float((p0[:, None] * p1[None, :])[larger].sum()))


def statistic(x0: np.ndarray, x1: np.ndarray, t0: float, t1: float) -> np.ndarray:
    """|T| for every pair of counts; 0 where both are 0."""
    apart = np.abs(x1[None, :] / t1 - x0[:, None] / t0)
    spread = np.sqrt(x1[None, :] / t1**2 + x0[:, None] / t0**2)
    return np.divide(apart, spread, out=np.zeros_like(apart), where=spread > 0)


def poisson_masses(mean: float) -> tuple[np.ndarray, np.ndarray]:
    """The counts that hold all but a sliver of a Poisson's probability, and their probabilities."""
    counts = np.arange(poisson_quantile(TAIL, mean), poisson_quantile(1 - TAIL, mean) + 1, dtype=float)
    return counts, poisson_chance(counts, mean)


def poisson_quantile(share: float, mean: float) -> int:
    """The smallest count that a Poisson of this mean exceeds with a chance of at most 1 − ``share``."""
    from scipy.special import pdtr, pdtrik

    count = int(np.ceil(pdtrik(share, mean)))
    return count - 1 if count and pdtr(count - 1, mean) >= share else count  # pdtrik may end just above a whole one


def poisson_chance(count: np.ndarray, mean: float | np.ndarray) -> np.ndarray:
    """P(count) of a Poisson with this mean."""
    from scipy.special import gammaln, xlogy

    return np.exp(xlogy(count, mean) - gammaln(count + 1) - mean)


def rate_ratio(before: float, now: float, time_before: float = 1.0, time_now: float = 1.0) -> Ratio:
    """Rate now over rate before with the exact conditional 95% interval (Clopper–Pearson on the share of ``now``).

    Given their sum, ``now`` is Binomial with odds ratio·t₁/t₀. The interval covers at least as often as it says; with
    nothing before it has no upper end. Source: Przyborowski and Wilenski (1940), doi:10.1093/biomet/31.3-4.313.
    """
    refuse_counts(before, now)
    total = before + now
    if total == 0:
        return Ratio(nan, nan, nan, "Nothing happened before or after.")
    from scipy.special import betaincinv

    low = float(betaincinv(now, before + 1, 0.025)) if now else 0.0
    high = float(betaincinv(now + 1, before, 0.975)) if before else 1.0
    scale = time_before / time_now
    return Ratio(odds(now / total) * scale, odds(low) * scale, odds(high) * scale)


def odds(share: float) -> float:
    return inf if share >= 1 else share / (1 - share)


def ratio_of_ratios(
    treated: tuple[float, float], comparison: tuple[float, float], spread: float = 1.0, reach: float = NORMAL
) -> Ratio:
    """(T₁/T₀)/(C₁/C₀) with the 95% interval of its logarithm, Var = φ (1/T₀ + 1/T₁ + 1/C₀ + 1/C₁); φ is 1 for Poisson.

    Below 1 the treated fell more (or rose less) than the comparison. Lengths of time cancel where both groups have the
    same. With T₀ or T₁ 0 there is a limit on one side only: that of T₁/T₀, exact, over the far limit of C₁/C₀. Counts
    that come in series make it too narrow: give the ``spread`` φ ≥ 1 by which places' changes vary more than Poisson
    counts; n counts then tell as much as n/φ. ``reach``: standard errors to either side, more where φ is an estimate.
    """
    counts = (*treated, *comparison)
    refuse_counts(*counts)
    (t0, t1), (c0, c1) = treated, comparison
    phi = max(spread, 1.0)
    if not c0 or not c1 or not t0 + t1:
        return Ratio(nan, nan, nan, "One of the groups has nothing to compare with. Take a longer window.")
    if not t0 or not t1:
        far = exp(reach * sqrt(phi * (1 / c0 + 1 / c1)))
        one = rate_ratio(t0 / phi, t1 / phi)
        return Ratio(nan if t1 else 0.0, one.low / (c1 / c0 * far), one.high / (c1 / c0 / far))
    middle = log(t1 / t0) - log(c1 / c0)
    wide = reach * sqrt(phi * sum(1 / n for n in counts))
    return Ratio(exp(middle), exp(middle - wide), exp(middle + wide))


def percent_change(before: float, now: float, least: int) -> Percent:
    """100·(now/before − 1), refused below ``least`` before: 4 to 3 is a "fall of 25%" and nothing at all."""
    refuse_counts(before, now)
    if before == 0:
        return Percent(nan, "Nothing happened before, so there is no percentage.")
    if before < least:
        return Percent(
            nan, f"{before:g} before is fewer than {least}: a percentage of so few is mostly chance. Read the counts."
        )
    return Percent(100 * (now / before - 1))


def refuse_counts(*counts: float) -> None:
    if any(not isfinite(n) or n < 0 for n in counts):
        raise HotspotsError("Counts must be numbers of 0 or more.")
