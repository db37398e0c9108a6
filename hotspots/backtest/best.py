"""What the workspace's own back-test says is best here, kept until the data, the weights or the definition change.

It lies in the workspace's cache under the hash of its definition, so an answer of other data is never read. What leads
the list stays expected harm (docs/decisions/0015): this says how it fares here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import pandas as pd

from hotspots.backtest.compare import shares
from hotspots.backtest.evidence import QUICK, against_best_other, in_words, interval, points, stands
from hotspots.backtest.periods import origins_available
from hotspots.backtest.run import backtest
from hotspots.backtest.workspace import history_of
from hotspots.base.choices import DEFAULT_METHOD, METHODS
from hotspots.base.disk import make_folder, write_whole
from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.ranking.question import Question, settle
from hotspots.store.held import sources_held
from hotspots.store.workspace import Workspace, open_workspace

FORM = 1  # of the test and of what is kept: another reads nothing of before


@dataclass(frozen=True)
class Best:
    """The method with the best mean, the best of the others, and by how much it is better (shares, 95% interval)."""

    method: str
    other: str
    difference: float
    ci_low: float | None
    ci_high: float | None
    stands: str  # as `hotspots.backtest.evidence.stands` has it
    default_stands: str  # the default against the best of the others
    n_origins: int

    @property
    def clear(self) -> bool:
        return self.stands == "more"


class Tested(NamedTuple):
    """A back-test of a workspace's own data: its rows, the origins, what to know of them, and what they are of."""

    found: pd.DataFrame
    origins: list[int]
    warnings: tuple[str, ...]
    facts: dict[str, object]


def tested_here(workspace: Workspace, question: Question, methods: Sequence[str]) -> Tested:
    """All months held, as ``python -m hotspots backtest --leave-out-breaks``; what it comes to is kept.

    HotspotsError where there are too few months.
    """
    history = history_of(workspace, question)
    train, horizon = Settings.spans["month"]
    origins, said = origins_available(history.periods, train, horizon, breaks=history.breaks, leave_out_breaks=True)
    cells = workspace.settings.top * len(workspace.profile.bcus)
    found = backtest(
        history.cube, history.scores, periods=history.periods, total_area_m2=history.total_area_m2, methods=methods,
        train=train, horizon=horizon, origins=origins, n_cells=cells, cap=history.cap, breaks=history.breaks,
    )  # fmt: skip
    keep(workspace, question, methods, best_of(found))
    return Tested(found, origins, (*history.warnings, *said), history.facts | {"cells": cells})


def work_out(folder: Path) -> None:
    """Test each source of a workspace whose answer is not kept yet; too few months leave it without one."""
    workspace = open_workspace(folder)
    for source in sources_held(workspace):
        question = Question(source=source)
        if kept(workspace, question, QUICK) is None:
            with suppress(HotspotsError):
                tested_here(workspace, question, QUICK)


def in_background(folder: Path) -> Thread:
    """`work_out` in a thread of its own, which ends with the program: nobody waits for it."""
    thread = Thread(target=work_out, args=(folder,), daemon=True, name="back-test")
    thread.start()
    return thread


def best_of(found: pd.DataFrame) -> Best:
    """From a table of `hotspots.backtest.run.backtest`."""
    means = shares(found).mean()
    method = str(means.idxmax())
    row = against_best_other(found, method)
    own = against_best_other(found, DEFAULT_METHOD)
    low, high = (None if row[end] != row[end] else float(row[end]) for end in ("ci_low", "ci_high"))
    return Best(
        method, row["other"], float(row["difference"]), low, high, stands(row | {"method": method}),
        stands(own | {"method": DEFAULT_METHOD}), int(row["n_origins"]),
    )  # fmt: skip


def sentence(best: Best) -> str:
    """'Number of incidents caught most here: +0.41 points …', or that no method is clearly better here."""
    gap = f"{points(best.difference)} percentage points against {in_words(best.other)}{interval(asdict(best))}"
    name = in_words(best.method)
    if best.clear:
        return f"Here {name} caught most of later harm: {gap}, over {best.n_origins} origins."
    return f"No method is clearly better here: {name} caught most, {gap}, over {best.n_origins} origins."


def label_of(method: str, best: Best | None) -> str:
    """A method's name as it is chosen, with what the back-test here says of it."""
    name, usual = METHODS[method], method == DEFAULT_METHOD
    if best is None:
        return f"{name} (default)" if usual else name
    if best.clear and method == best.method:
        return f"{name} (best here on later data, {points(best.difference)} points)"
    if usual:
        return (
            f"{name} (default; {'another is better here' if best.default_stands == 'less' else 'none clearly better'})"
        )
    return name


def place_of(workspace: Workspace, question: Question, methods: Sequence[str]) -> Path:
    """Where the answer to this definition is kept."""
    source, _, weights, _ = settle(workspace, question)
    definition = {
        "form": FORM, "data": workspace.version, "source": source, "weights": weights.sha256,
        "offences": question.offences, "resolution": workspace.settings.resolution, "methods": list(methods),
        "top": workspace.settings.top, "cap": workspace.settings.harm_cap_days, "bcus": list(workspace.profile.bcus),
    }  # fmt: skip
    key = sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()[:32]
    return workspace.folder / "cache" / "best" / f"{key}.json"


def keep(workspace: Workspace, question: Question, methods: Sequence[str], best: Best) -> None:
    """Keep it; a folder that cannot be written to keeps nothing, and the test can be asked for again."""
    place = place_of(workspace, question, methods)
    try:
        make_folder(place.parent)
        write_whole(place, json.dumps(asdict(best)).encode())
    except OSError:
        return


def kept(workspace: Workspace, question: Question, methods: Sequence[str]) -> Best | None:
    """What was kept for this definition; None where it was not tested yet."""
    try:
        found: dict[str, Any] = json.loads(place_of(workspace, question, methods).read_text(encoding="utf-8"))
        return Best(**found)
    except (OSError, ValueError, TypeError, HotspotsError):
        return None
