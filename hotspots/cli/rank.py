"""python -m hotspots rank: the cells in order."""

from __future__ import annotations

import argparse

from hotspots.base.words import counted
from hotspots.cli.console import put_out, say
from hotspots.cli.options import add_question, add_weights, question_of
from hotspots.cli.verbs import Verbs


def add_verbs(verbs: Verbs) -> None:
    one = verbs.add(
        "rank",
        run_rank,
        "the cells in order of expected harm, or of another method, and how sure that is",
        "--bcu South --from 2026-01 --to 2026-06 --top 20",
    )
    add_weights(one)
    add_question(one)
    one.add_argument("--next", action="store_true", help="p_top_next too: the top by what will be counted (slower)")


def run_rank(asked: argparse.Namespace) -> None:
    from hotspots.exports import as_text
    from hotspots.ranking.answer import about, in_unit
    from hotspots.ranking.pipeline import rank_workspace
    from hotspots.store.workspace import open_workspace

    question = question_of(asked)
    workspace = open_workspace(asked.workspace)
    answer = rank_workspace(workspace, question)
    top = asked.top or workspace.settings.top
    say(f"{answer.weights.label} ({answer.question.weights}); {answer.window}.")
    say(f"{counted(len(answer.table), 'cell')} with incidents.")
    for line in (*answer.warnings, *answer.notes):
        say(line)
    if len(answer.table) < top:
        say("The list ends there: cells without any of these incidents are not ranked.")
    put_out(as_text(in_unit(answer.table.head(top), answer.weights), asked.format, about(answer)), asked.out)
