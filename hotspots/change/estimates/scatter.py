"""How far the change of a group of places may be off, seen from how its places scatter round it.

A place's rest is what it differs by from its share h of the group's change. A group's change is drawn to a place by as
much as that holds of the group, so the rests are too small, and those of large places most: each square counts
1/(1 − h). The variance of the sum is Σ e²/(1 − h), unbiased where places' variances are as their shares; it is CR2, the
correction of `panel_models`, for a single ratio. Its degrees of freedom are those of Bell and McCaffrey under the same
variances, 1 / (Σ h² + (Σ q)² − Σ q²) with q = h²/(1 − h): n − 1 for n places of one size, fewer where few hold most.

When it misleads: with two or three places it is rough; places are taken as independent of each other.

References: Imbens and Kolesár (2016), doi:10.1162/REST_a_00552; Welch (1947), doi:10.1093/biomet/34.1-2.28.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import nan

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def scatter(rest: Floats, share: Floats) -> tuple[float, float]:
    """(variance of the group's sum, degrees of freedom); nan for a group whose places but one hold nothing.

    ``rest``: of each place, together 0; ``share``: of each place, together 1.
    """
    if not len(share) or not share.max() < 1:
        return nan, nan
    drawn = share**2 / (1 - share)
    freedom = 1 / (share @ share + drawn.sum() ** 2 - drawn @ drawn)
    return float((rest**2 / (1 - share)).sum()), max(float(freedom), 1.0)


def pooled(variances: Sequence[float], freedoms: Sequence[float], none: float) -> float:
    """Welch and Satterthwaite's degrees of freedom of a sum of variances; ``none`` where nothing scatters."""
    lost = sum(v**2 / f for v, f in zip(variances, freedoms, strict=True))
    return max(sum(variances) ** 2 / lost, min(freedoms)) if lost > 0 else none
