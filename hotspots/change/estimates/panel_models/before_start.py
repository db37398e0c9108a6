"""Trends before the start: block by block, treated against comparison."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hotspots.base.errors import HotspotsError
from hotspots.change.estimates.panel_models.checks import (
    GROUPS,
    Measure,
    checked_panel,
    design_of,
    informative,
    many,
    method_of,
)
from hotspots.change.estimates.panel_models.clusters import Clustered, clustered, joint_test
from hotspots.change.estimates.panel_models.model import Ints, fit

MOST_PRE_BLOCKS = 6  # more differences than this are not tested jointly well by a few dozen units
LITTLE_POWER = (
    "A test of trends before the start has little power: finding none does not show that there were none, and keeping "
    "only comparisons that pass makes what bias remains worse (Roth 2022, doi:10.1257/aeri.20210236)."
)


@dataclass(frozen=True, eq=False, kw_only=True)
class PreTrend:
    """``table``: block (−1 the last before the start, 0 the first after), first_period, last_period, post, treated,
    comparison (totals), rate_ratio, ci_low, ci_high, p, reason. ``joint_p``: of all blocks before the start."""

    table: pd.DataFrame
    block: int  # periods
    joint_f: float
    joint_df: tuple[float, float]
    joint_p: float
    note: str
    method: str
    dropped: tuple[str, ...]


def pre_trend(panel: pd.DataFrame, measure: Measure = "count", block: int = 0, alpha: float = 0.05) -> PreTrend:
    """The rate ratio treated / comparison in each block of periods, against the last block before the start.

    Blocks of ``block`` periods are counted both ways from the start, so the outermost may be shorter; 0 chooses the
    shortest that gives at most 6 before it. The model of `did` with treated × block; the joint test is `joint_test` on
    the blocks before. Ratios near 1 before the start are what a fair comparison looks like.

    Misleads: the joint test has little power (Roth 2022, doi:10.1257/aeri.20210236), and a last block that was high by
    chance, as when places were chosen by it, lowers every other ratio. A block with nothing in one of the groups has
    no interval and says so. HotspotsError where the last block before the start is empty in a group, or is the only
    one.
    """
    table = checked_panel(panel, measure)
    size = _block_size(table, block)
    table = table.assign(block=_blocks(table, size))
    if not (table["block"] < -1).any():
        raise HotspotsError(
            "All periods before the start are in one block: take shorter blocks or a longer time before."
        )
    sums = table.pivot_table(index="block", columns="group", values=measure, aggfunc="sum", fill_value=0)
    both = sums.reindex(columns=GROUPS, fill_value=0).gt(0).all(axis=1)
    if not both[-1]:
        raise HotspotsError(
            f"The last {many(size, 'period')} before the start hold nothing in one group: take longer blocks."
        )
    kept, dropped = informative(table[table["block"].map(both)], measure)
    names = [int(b) for b in sums.index[both] if b != -1]
    treated = (kept["group"] == "treated").to_numpy()
    x = np.column_stack([treated & (kept["block"] == b).to_numpy() for b in names]).astype(float)
    found = fit(design_of(kept, measure, x))
    errors = clustered(found)
    before = [i for i, b in enumerate(names) if b < 0]
    early = Clustered(errors.estimate[before], errors.se[before], errors.df[before], errors.parts[:, before])
    f, m, rest, p = joint_test(early)
    shown = _event_table(table, sums, names, errors, alpha)
    note = LITTLE_POWER if np.isfinite(p) else f"Too few units for a joint test of {len(before)} blocks. {LITTLE_POWER}"
    return PreTrend(
        table=shown, block=size, joint_f=f, joint_df=(m, rest), joint_p=p, note=note, method=method_of("poisson"),
        dropped=dropped,
    )  # fmt: skip


def _block_size(table: pd.DataFrame, block: int) -> int:
    before = table.loc[~table["post"], "period"]
    length = int(before.max() - before.min() + 1)
    if block < 0:
        raise HotspotsError(f"Blocks have at least one period; {block} was asked for.")
    return block or -(-length // (MOST_PRE_BLOCKS + 1))


def _blocks(table: pd.DataFrame, size: int) -> Ints:
    """−1 for the last block before the start, 0 for the first after."""
    period, post = table["period"].to_numpy(), table["post"].to_numpy()
    last, first = period[~post].max(), period[post].min()
    return np.where(post, (period - first) // size, -1 - (last - period) // size)


def _event_table(
    table: pd.DataFrame, sums: pd.DataFrame, names: list[int], errors: Clustered, alpha: float
) -> pd.DataFrame:
    spans = table.groupby("block").agg(
        first_period=("period", "min"), last_period=("period", "max"), post=("post", "first")
    )
    shown = spans.join(sums.reindex(columns=GROUPS, fill_value=0).astype(float))
    low, high = errors.interval(alpha)
    values = {"rate_ratio": np.exp(errors.estimate), "ci_low": np.exp(low), "ci_high": np.exp(high), "p": errors.p()}
    shown = shown.join(pd.DataFrame(values, index=names))
    shown.loc[-1, ["rate_ratio", "ci_low", "ci_high"]] = 1.0
    shown["reason"] = ""
    shown.loc[-1, "reason"] = "all others are set against this block"
    empty = [b for b in shown.index if b not in names and b != -1]
    shown.loc[empty, "reason"] = "nothing in one of the groups"
    shown.index.name = "block"
    return shown.reset_index()
