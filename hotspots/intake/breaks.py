"""Months in which the anonymised map points of data.police.uk changed.

Crimes are published at the nearest of a list of map points. When the list is renewed, counts move from cell
to cell without any change in crime. The list is not announced in the files, so it is found from the data: in
an ordinary month most crimes lie at points used in the months before; in a month with a new list hardly any do.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from hotspots.base.settings import Settings


def find_breaks(months: Sequence[tuple[int, np.ndarray]], settings: Settings) -> list[tuple[int, float]]:
    """Breaks among one force's months, given (YYYYMM, complex lon + i·lat of each located crime).

    A month is a break when at least ``break_new_share`` of its located crimes lie at points that none of
    the ``break_look_back`` months held before it used. Months with fewer than ``break_min_rows`` located
    crimes cannot show one. Returns (month, that share), oldest first.

    Misleads: where a force's files begin at a break, it cannot be seen; where months are missing around a
    break, it is placed at the first month held after it.
    """
    points = [(month, *points_used(places)) for month, places in sorted(months, key=lambda m: m[0])]
    found = []
    start = 0  # months before a break are no guide to what is normal after it
    for i in range(1, len(points)):
        month, here, counts = points[i]
        before = points[max(start, i - settings.break_look_back) : i]
        enough = (
            counts.sum() >= settings.break_min_rows and sum(c.sum() for _, _, c in before) >= settings.break_min_rows
        )
        if not enough:
            continue
        used = np.concatenate([p for _, p, _ in before])
        new_share = float(counts[~pd.Index(here).isin(used)].sum() / counts.sum())
        if new_share >= settings.break_new_share:
            found.append((month, new_share))
            start = i
    return found


def points_used(places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct points and how many crimes lie at each, in no particular order."""
    codes, points = pd.factorize(places)
    return points, np.bincount(codes, minlength=len(points))
