"""Trends before the start: block by block, treated against comparison."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hotspots.base.errors import HotspotsError
from hotspots.base.words import counted
from hotspots.change.estimates.panel_models.checks import GROUPS, checked_panel, design_of, informative
from hotspots.change.estimates.panel_models.clusters import Clustered, clustered, joint_test
from hotspots.change.estimates.panel_models.model import Ints, fit

MOST_PRE_BLOCKS = 6  # more differences than this are not tested jointly well by a few dozen units
LITTLE_POWER = (
    "Finding no difference before the start is weak evidence that there was none, and keeping only comparisons that "
    "pass makes the remaining bias worse (Roth 2022, doi:10.1257/aeri.20210236)."
)


@dataclass(frozen=True, eq=False)
class PreTrend:
    """``table``: block (−1 the last before the start, 0 the first after), first_period, last_period, post, treated,
    comparison (totals), rate_ratio, ci_low, ci_high, p, reason. ``joint_p``: of all blocks before the start."""

    table: pd.DataFrame
    joint_p: float
    note: str


def pre_trend(panel: pd.DataFrame) -> PreTrend:
    """The rate ratio treated / comparison of counts in each block of periods, against the last block before the start.

    Blocks are counted both ways from the start, so the outermost may be shorter; they are the shortest that give at
    most 6 before it besides the last. The model of `did` with treated × block; the joint test is `joint_test` on the
    blocks before. Ratios near 1 before the start are what a fair comparison looks like.

    Misleads: the joint test has little power (Roth 2022, doi:10.1257/aeri.20210236), and a last block that was high by
    chance, as when places were chosen by it, lowers every other ratio. A block with nothing in one of the groups has
    no interval and says so. HotspotsError where the last block before the start is empty in a group, or is the only
    one.
    """
    table = checked_panel(panel)
    table = table.assign(block=_blocks(table))
    if not (table["block"] < -1).any():
        raise HotspotsError("There is one period before the start, so no trend before it: take a longer time before.")
    sums = table.pivot_table(index="block", columns="group", values="count", aggfunc="sum", fill_value=0)
    both = sums.reindex(columns=GROUPS, fill_value=0).gt(0).all(axis=1)
    if not both[-1]:
        raise HotspotsError(
            "One of the groups has no incident in the last periods before the start, so there is nothing to set the"
            " earlier ones against."
        )
    kept = informative(table[table["block"].map(both)], "count")
    names = [int(b) for b in sums.index[both] if b != -1]
    treated = (kept["group"] == "treated").to_numpy()
    x = np.column_stack([treated & (kept["block"] == b).to_numpy() for b in names]).astype(float)
    errors = clustered(fit(design_of(kept, "count", x)))
    before = [i for i, b in enumerate(names) if b < 0]
    p = joint_test(Clustered(errors.estimate[before], errors.se[before], errors.df[before], errors.parts[:, before]))
    few = f"Too few places for a joint test of {counted(len(before), 'block')}. "
    return PreTrend(_event_table(table, sums, names, errors), p, ("" if np.isfinite(p) else few) + LITTLE_POWER)


def _blocks(table: pd.DataFrame) -> Ints:
    """−1 for the last block before the start, 0 for the first after."""
    period, post = table["period"].to_numpy(), table["post"].to_numpy()
    last, first = period[~post].max(), period[post].min()
    size = -(-(last - period[~post].min() + 1) // (MOST_PRE_BLOCKS + 1))
    return np.where(post, (period - first) // size, -1 - (last - period) // size)


def _event_table(table: pd.DataFrame, sums: pd.DataFrame, names: list[int], errors: Clustered) -> pd.DataFrame:
    spans = table.groupby("block").agg(
        first_period=("period", "min"), last_period=("period", "max"), post=("post", "first")
    )
    shown = spans.join(sums.reindex(columns=GROUPS, fill_value=0).astype(float))
    low, high = errors.interval()
    values = {"rate_ratio": np.exp(errors.estimate), "ci_low": np.exp(low), "ci_high": np.exp(high), "p": errors.p()}
    shown = shown.join(pd.DataFrame(values, index=names))
    shown.loc[-1, ["rate_ratio", "ci_low", "ci_high"]] = 1.0
    shown["reason"] = ""
    shown.loc[-1, "reason"] = "all others are set against this block"
    empty = [b for b in shown.index if b not in names and b != -1]
    shown.loc[empty, "reason"] = "nothing in one of the groups"
    shown.index.name = "block"
    return shown.reset_index()
