"""What weight sets do to the answer to a question, the same for the pages and the command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from hotspots.base.choices import UNITS
from hotspots.base.columns import COMPARISON, ROBUSTNESS
from hotspots.base.settings import Settings
from hotspots.harm.scoring import SCORED, WeightSet
from hotspots.harm.weights.register import load
from hotspots.ranking.answer import Answer, about, score_warnings, whole_force
from hotspots.ranking.pipeline import rank_workspace
from hotspots.ranking.question import Question
from hotspots.ranking.what_if import reweigh
from hotspots.ranking.what_if.edits import placed
from hotspots.store.workspace import Workspace, open_workspace

EQUAL = "equal_weights"


@dataclass(frozen=True, eq=False)
class Effect:
    """A table for people (cells in hexadecimal, with their places), and what must be said beside it.

    ``comparison`` has every cell; it is None for robustness.
    """

    table: pd.DataFrame
    facts: dict[str, object]
    warnings: tuple[str, ...]
    comparison: reweigh.Comparison | None = None


def compare_workspace(
    folder: Path | Workspace, question: Question, first: str, second: str, top: int | None = None
) -> Effect:
    """Two weight sets ("name" or "name@version") on one question: `COMPARISON`, cells in either top, by rank_a.

    The question's own weights are not used. Raises HotspotsError where a set or an answer does not exist.
    """
    workspace = folder if isinstance(folder, Workspace) else open_workspace(folder)
    sets = {name: load(workspace.folder, name) for name in (first, second)}
    answer = rank_workspace(workspace, replace(question, weights=""))
    top = workspace.settings.top if top is None else top
    scores = {name: reweigh.rescore(answer.scores, weights) for name, weights in sets.items()}
    found = reweigh.compare_rankings(
        counts_of(answer, workspace.settings), scores[first], scores[second], question.by, top,
        cap=workspace.settings.harm_cap_days,
    )  # fmt: skip
    table = placed(found.table[found.table["change"] != ""], answer.table)[[c.name for c in COMPARISON]]
    table = table.round({"harm_a": 2, "harm_b": 2, "driver_days": 2, "driver_share": 6})
    warnings = warnings_of(answer, sets, scores)
    facts = facts_of(answer, warnings) | {
        "what": "Cells in the top under either of two harm-weight sets. Places, never people.",
        **{f"weights_{k}": called(sets[name]) for k, name in (("a", first), ("b", second))},
        "top": top, "jaccard": round(found.jaccard, 4), "rank_biased_overlap": round(found.rbo, 4),
        "rbo_persistence": reweigh.PERSISTENCE, "entering": found.n_enter, "leaving": found.n_leave,
    }  # fmt: skip
    return Effect(table, facts, warnings, found)


def robustness_workspace(
    folder: Path | Workspace, question: Question, name: str, top: int | None = None, draws: int = Settings.weight_draws,
    spread: float = Settings.weight_spread, seed: int = Settings.seed, against: Sequence[str] = (),
) -> Effect:  # fmt: skip
    """How firmly cells stand in the top when every weight of a set is uncertain: `ROBUSTNESS`, and a bool column for
    equal weights and for each set of ``against``. See `hotspots.ranking.what_if.reweigh.robustness`.
    """
    workspace = folder if isinstance(folder, Workspace) else open_workspace(folder)
    sets = {n: load(workspace.folder, n) for n in dict.fromkeys((name, *against))}
    answer = rank_workspace(workspace, replace(question, weights=""))
    top = workspace.settings.top if top is None else top
    scores = {n: reweigh.rescore(answer.scores, weights) for n, weights in sets.items()}
    others = {EQUAL: reweigh.equal_weights(scores[name])} | {n: scores[n] for n in against}
    found = reweigh.robustness(
        counts_of(answer, workspace.settings), scores[name], question.by, top, draws, spread, seed, others,
        cap=workspace.settings.harm_cap_days,
    )  # fmt: skip
    table = placed(found, answer.table)[[*(c.name for c in ROBUSTNESS), *others]].round({"share_in_top": 4})
    warnings = warnings_of(answer, sets, scores)
    facts = facts_of(answer, warnings) | {
        "what": "Cells that reach the top when harm weights are varied. Places, never people.",
        "weights": called(sets[name]), "top": top, "draws": draws, "spread": spread, "seed": seed,
        "largest_standard_error": round(float(reweigh.standard_error(0.5, draws)), 4),
        "against": [called(sets[n]) for n in against],
    }  # fmt: skip
    return Effect(table, facts, warnings)


def counts_of(answer: Answer, settings: Settings) -> reweigh.Counts:
    """Offences per cell of the answer's BCU, with all that its ranking rests on."""
    return reweigh.count_cells(
        answer.cube, len(answer.scores), np.array([int(c, 16) for c in answer.table["cell"]], dtype=np.int64),
        answer.periods, answer.exposure, settings.expected_months,
    )  # fmt: skip


def warnings_of(answer: Answer, sets: dict[str, WeightSet], scores: dict[str, pd.DataFrame]) -> tuple[str, ...]:
    """The answer's warnings, with those on weights said of each set that is asked about."""
    bcu = answer.question.bcu
    own = whole_force(score_warnings(answer.scores, answer.weights), bcu)
    each = [f"{n}: {line}" for n in sets for line in whole_force(score_warnings(scores[n], sets[n]), bcu)]
    each += [f"{n} has no weight for any of these offences." for n in sets if not (scores[n]["status"] == SCORED).any()]
    words = []
    if len({weights.unit for weights in sets.values()}) > 1:
        units = ", ".join(f"{n} in {UNITS[weights.unit]}" for n, weights in sets.items())
        words.append(f"The sets count in different units ({units}): compare ranks and shares, not figures.")
    if answer.question.by == "harm-cap" and any(weights.unit != "days" for weights in sets.values()):
        words.append("The cap is in days; in a set with another unit it cuts elsewhere.")
    return (*(line for line in answer.warnings if line not in own), *each, *words)


def facts_of(answer: Answer, warnings: tuple[str, ...]) -> dict[str, object]:
    """What is true of the question whatever the weights."""
    facts = {k: v for k, v in about(answer).items() if k not in ("weights", "weights_sha256")}
    return facts | {"warnings": list(warnings)}


def called(weights: WeightSet) -> str:
    """Name, version and hash of a set."""
    return f"{weights.name} {weights.version}{' (proxy)' if weights.is_proxy else ''}, sha256 {weights.sha256}"
