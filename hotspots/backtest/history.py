"""What a back-test runs on, wherever it comes from."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, eq=False)
class History:
    """Everything a back-test needs.

    ``groups``: the BCU of each cell (index), None where all are one group; ``facts`` go with every download.
    """

    cube: pd.DataFrame
    scores: pd.DataFrame
    periods: list[int]
    breaks: tuple[int, ...]
    total_area_m2: float
    groups: pd.Series | None
    cap: float
    facts: dict[str, object]
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
