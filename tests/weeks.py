"""Incidents by hour of the week through `area_weeks`: each in a cell and an area of its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from hotspots.insight.hours import area_weeks


def weeks_of(starts: Any, ends: Any) -> np.ndarray:
    """Incidents × 168 hours: how each incident is spread over the week."""
    incidents = pd.DataFrame({"cell": np.arange(len(starts)), "local_from": starts, "local_to": ends})
    times = ["local_from", "local_to"]
    incidents[times] = incidents[times].apply(pd.to_datetime)
    table = area_weeks(incidents, {i: f"{i:06d}" for i in range(len(starts))})
    return table["n_incidents"].to_numpy(dtype=float).reshape(len(starts), 168)
