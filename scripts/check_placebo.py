"""How often change is "found" where nobody did anything: ``python scripts/check_placebo.py WORKSPACE [--top 20]``.

On a workspace with the open archive of data.police.uk: for each start from ``--first`` to ``--last``, and for each
BCU, the worst cells of the months of choice are "treated" for six months. Nobody treated them, so 5% of 95% intervals
should leave out no change. The months of choice lie in every position: six months before the window before, the same
months, between the two windows, or overlapping the window before. Prints, by position, comparison and estimate, how
many intervals said fell and rose, and how many verdicts were given. Starts overlap, and windows with them: the trials
are not independent of each other. The figures stand in docs/method.md.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd

HOME = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HOME))

from hotspots.base.months import add_months, month_text, months_between  # noqa: E402
from hotspots.base.profile import home  # noqa: E402
from hotspots.change.question import ChangeQuestion  # noqa: E402
from hotspots.change.workspace import change_workspace  # noqa: E402
from hotspots.store.workspace import Workspace, open_workspace  # noqa: E402

MONTHS = 6
# months before the start at which the window before and the months of choice begin and end
POSITIONS = {
    "before": ((-6, -1), (-12, -7)), "inside": ((-6, -1), (-6, -1)), "between": ((-12, -7), (-6, -1)),
    "overlapping": ((-12, -7), (-9, -1)),
}  # fmt: skip
SHOWN = ("naive", "selection", "panel", "expected", "wdd", "ring", "ring_wdd")


def trial(workspace: Workspace, start: int, bcu: str, comparison: str, top: int, position: str) -> pd.DataFrame:
    """The estimates of one start."""
    before, chosen = ([month_text(add_months(start, n)) for n in ends] for ends in POSITIONS[position])
    question = ChangeQuestion(
        bcu=bcu, top=top, comparison=comparison, before_from=before[0], before_to=before[1], chosen_from=chosen[0],
        chosen_to=chosen[1], after_from=month_text(start), after_to=month_text(add_months(start, MONTHS - 1)),
    )  # fmt: skip
    table = change_workspace(workspace, question).table
    mine = table[(table["measure"] == "count") & table["estimate_of"].isin(SHOWN)]
    return mine[["estimate_of", "scale", "estimate", "ci_low", "ci_high", "verdict"]].assign(
        comparison=comparison, bcu=bcu, start=start, position=position
    )


def summary(trials: pd.DataFrame) -> pd.DataFrame:
    """Trials, intervals that fell and rose, verdicts and the median, by position, comparison and estimate."""
    nothing = (trials["scale"] == "ratio").astype(float)
    told = trials.assign(
        fell=trials["ci_high"] < nothing, rose=trials["ci_low"] > nothing, said=trials["verdict"].isin(["fell", "rose"])
    )
    return told.groupby(["position", "comparison", "estimate_of"], as_index=False).agg(
        trials=("estimate", "size"), fell=("fell", "sum"), rose=("rose", "sum"), verdicts=("said", "sum"),
        median=("estimate", "median"),
    )  # fmt: skip


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("workspace", type=Path)
    asked.add_argument("--top", type=int, default=20)
    asked.add_argument("--first", type=int, default=202104)
    asked.add_argument("--last", type=int, default=202201)
    asked.add_argument("--positions", nargs="+", default=list(POSITIONS), choices=list(POSITIONS))
    given = asked.parse_args()
    workspace = open_workspace(given.workspace)
    trials = [
        trial(workspace, start, bcu, comparison, given.top, position)
        for position in given.positions
        for start in months_between(given.first, given.last)
        for bcu in home().bcus
        for comparison in ("matched", "rest")
    ]
    print(summary(pd.concat(trials, ignore_index=True)).to_string(index=False))


if __name__ == "__main__":
    main()
