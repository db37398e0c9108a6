"""The errors of a fit, clustered by unit, and the joint test of several coefficients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hotspots.change.estimates.panel_models.model import Effects, Fit, Floats, sums_by


@dataclass(frozen=True, eq=False)
class Clustered:
    """Estimates of m contrasts of β with clustered errors; nan where a cluster alone decides the contrast."""

    estimate: Floats
    se: Floats
    df: Floats
    parts: Floats  # clusters × m: what each cluster adds to the error

    def interval(self) -> tuple[Floats, Floats]:
        """Lower and upper limits of the estimates at 95%, by t."""
        from scipy.special import stdtrit

        reach = self.se * stdtrit(self.df, 0.975)
        return self.estimate - reach, self.estimate + reach

    def p(self) -> Floats:
        """Two-sided p of each contrast being 0."""
        from scipy.special import stdtr

        return 2 * stdtr(self.df, -np.abs(self.estimate) / self.se)


def clustered(found: Fit, contrasts: Floats | None = None) -> Clustered:
    """CR2 by contrast c: Var = Σ_g (s_g Σ d_i (y_i − μ_i))², d = x̃ (x̃'Wx̃)⁻¹ c, s_g² = A_g / Γ_gg.

    A_g = Σ w d² and Γ is the covariance of the clusters' parts after fitting, were the data Poisson; the degrees of
    freedom are (Σ A)² / ΣΣ (s_g s_h Γ_gh)². ``contrasts``: m × K, the coefficients one by one if not given.
    """
    design, k = found.design, len(found.beta)
    which = np.eye(k) if contrasts is None else np.atleast_2d(contrasts)
    inverse = np.linalg.pinv(found.information, hermitian=True).astype(np.float64)
    score = found.weight * (design.y - found.mu) / found.mu
    effects = Effects(design, found.weight) if design.column is not None else None
    parts, freedom = [], []
    for contrast in which:
        d = found.x @ (inverse @ contrast)
        scale, df = _scales(found, effects, inverse, d)
        parts.append(scale * np.bincount(design.cluster, d * score))
        freedom.append(df)
    table = np.column_stack(parts)
    se = np.sqrt((table**2).sum(0))
    return Clustered(which @ found.beta, np.where(se > 0, se, np.nan), np.array(freedom), table)


def _scales(found: Fit, effects: Effects | None, inverse: Floats, d: Floats) -> tuple[Floats, float]:
    """s_g of each cluster and the degrees of freedom; nan where a cluster is fitted exactly."""
    design = found.design
    weighted = found.weight * d
    own = np.bincount(design.cluster, weighted * d)
    shared = sums_by(found.x * weighted[:, None], design.cluster)
    gamma = np.diag(own) - shared @ inverse @ shared.T
    if effects is not None and design.column is not None:
        g, c = len(own), len(effects.column_sum)
        place = design.cluster * c + design.column
        by_column = np.bincount(place, weighted, minlength=g * c).astype(np.float64).reshape(g, c)
        _, columns = effects.solve(np.zeros((len(effects.row_sum), len(own))), by_column.T)
        gamma -= by_column @ columns
    left = np.diag(gamma)
    matters = own > 1e-10 * own.sum()
    if not own.sum() > 0 or (left[matters] <= 1e-8 * own[matters]).any():
        return np.full(len(own), np.nan), np.nan
    scale = np.where(matters, np.sqrt(own / np.where(matters, left, 1.0)), 0.0)
    spread = gamma * np.outer(scale, scale)
    return scale, float(np.trace(spread) ** 2 / (spread**2).sum())


def joint_test(errors: Clustered) -> float:
    """p of all m contrasts being 0: Wald with Hotelling's correction.

    F = (ν − m + 1) / (ν m) · b'V⁻¹b on m and ν − m + 1, ν the smallest degrees of freedom of the contrasts (after
    Pustejovsky & Tipton 2018). nan where that leaves less than one. With few units it errs towards finding nothing: for
    m = 6 it rejected 0–4% of true hypotheses at 5%, where the chi-squared test rejected 10–68%.
    """
    from scipy.special import fdtrc

    m, freedom = len(errors.estimate), float(np.min(errors.df, initial=np.inf))
    rest = freedom - m + 1
    if not m or not rest >= 1:
        return np.nan
    wald = float(errors.estimate @ np.linalg.pinv(errors.parts.T @ errors.parts, hermitian=True) @ errors.estimate)
    statistic = rest / (freedom * m) * wald
    return float(fdtrc(m, rest, statistic))
