"""How often change is "found" where nobody did anything: ``python scripts/check_placebo.py WORKSPACE [--top 20]``.

On a workspace with the open archive of data.police.uk: for each start from ``--first`` to ``--last``, and for each
BCU, the worst cells of the six months before are "treated" for six months. Nobody treated them, so 5% of 95% intervals
should leave out no change. Prints, by comparison and estimate, how many said fell and rose. Starts overlap, and windows
with them: the trials are not independent of each other. The figures stand in docs/method.md.
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
SHOWN = ("naive", "selection", "panel", "expected", "wdd")


def trial(workspace: Workspace, start: int, bcu: str, comparison: str, top: int) -> pd.DataFrame:
    """The estimates of one start."""
    question = ChangeQuestion(
        bcu=bcu, top=top, comparison=comparison,
        before_from=month_text(add_months(start, -MONTHS)), before_to=month_text(add_months(start, -1)),
        after_from=month_text(start), after_to=month_text(add_months(start, MONTHS - 1)),
    )  # fmt: skip
    table = change_workspace(workspace, question).table
    mine = table[(table["measure"] == "count") & table["estimate_of"].isin(SHOWN)]
    return mine[["estimate_of", "scale", "estimate", "ci_low", "ci_high"]].assign(
        comparison=comparison, bcu=bcu, start=start
    )


def summary(trials: pd.DataFrame) -> pd.DataFrame:
    """Trials, how many fell and rose, and the median estimate, by comparison and estimate."""
    nothing = (trials["scale"] == "ratio").astype(float)
    told = trials.assign(fell=trials["ci_high"] < nothing, rose=trials["ci_low"] > nothing)
    return told.groupby(["comparison", "estimate_of"], as_index=False).agg(
        trials=("estimate", "size"), fell=("fell", "sum"), rose=("rose", "sum"), median=("estimate", "median")
    )


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("workspace", type=Path)
    asked.add_argument("--top", type=int, default=20)
    asked.add_argument("--first", type=int, default=202104)
    asked.add_argument("--last", type=int, default=202201)
    given = asked.parse_args()
    workspace = open_workspace(given.workspace)
    trials = [
        trial(workspace, start, bcu, comparison, given.top)
        for start in months_between(given.first, given.last)
        for bcu in home().bcus
        for comparison in ("matched", "rest")
    ]
    print(summary(pd.concat(trials, ignore_index=True)).to_string(index=False))


if __name__ == "__main__":
    main()
