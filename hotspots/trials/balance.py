"""What randomisation gave: patrolled and other days, side by side."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots.trials.layout import COVARIATES, Design

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def balance_table(design: Design) -> pd.DataFrame:
    """Patrolled and other days by area, BCU, weekday and block, and what was known of the time before.

    Columns: by, name, place_days (days off left out), treated_days, untreated_days, treated_share and, where given,
    pre_count and pre_harm: totals for hot spots and BCUs; for ``by`` "group" (cluster trials) means of the patrolled
    and the other hot spots.
    """
    areas, is_open = design.areas, np.broadcast_to(design.open_days, design.treated.shape)
    shape = design.treated.shape
    labels = {
        "all": np.full(shape, "all"),
        "bcu": np.broadcast_to(areas["bcu"].to_numpy(dtype=str)[:, None], shape),
        "area": np.broadcast_to(areas["area"].to_numpy(dtype=str)[:, None], shape),
        "weekday": np.broadcast_to(np.array(WEEKDAYS)[design.days.day_of_week], shape),
        "block": np.broadcast_to(_block_names(design), shape),
    }
    parts = []
    for by, names in labels.items():
        cells = pd.DataFrame({"name": names[is_open], "treated_days": design.treated[is_open].astype(np.int64)})
        table = cells.groupby("name", sort=by in ("bcu", "area", "block"))["treated_days"].agg(["size", "sum"])
        parts.append(table.reset_index().set_axis(["name", "place_days", "treated_days"], axis=1).assign(by=by))
    out = pd.concat(parts, ignore_index=True)
    out["untreated_days"] = out["place_days"] - out["treated_days"]
    out["treated_share"] = out["treated_days"] / out["place_days"]
    known = [c for c in COVARIATES if c in areas]
    columns = ["by", "name", "place_days", "treated_days", "untreated_days", "treated_share"]
    return _with_before(design, out[columns], areas, known) if known else out[columns]


def _block_names(design: Design) -> NDArray[Any]:
    """Each day's block by its first day."""
    starts = [str(design.first + timedelta(days=int(b) * design.block_days)) for b in design.blocks]
    return np.array(starts)


def _with_before(design: Design, table: pd.DataFrame, areas: pd.DataFrame, known: list[str]) -> pd.DataFrame:
    """The pre-period beside it: totals of hot spots and BCUs and, in cluster trials, the means of both groups."""
    totals = [areas.groupby(by)[known].sum().rename_axis("name").reset_index().assign(by=by) for by in ("area", "bcu")]
    out = table.merge(pd.concat(totals), on=["by", "name"], how="left")
    if design.kind == "crossover":
        return out
    group = np.where(design.treated.any(axis=1), "patrolled", "not patrolled")
    means = areas.groupby(group)[known].mean().rename_axis("name").reset_index().assign(by="group")
    return pd.concat([out, means], ignore_index=True)[out.columns]
