"""python -m hotspots rank, concentration, near-repeats: the cells in order, and how incidents cluster."""

from __future__ import annotations

import argparse

from hotspots.base.settings import Settings
from hotspots.base.words import counted
from hotspots.cli.verbs import Verbs, put_table, question_of, say


def add_verbs(verbs: Verbs) -> None:
    about = "the cells in order of expected harm, or of another method, and how sure that is"
    one = verbs.add("rank", run_rank, about, "--bcu South --from 2026-01 --to 2026-06 --top 20")
    one.add_weights()
    one.add_question()
    one.add_argument("--next", action="store_true", help="p_top_next, which is always there now")


def add_insight(verbs: Verbs) -> None:
    about = "share of harm and of incidents in the densest part of each BCU, with chance removed, over time"
    one = verbs.add("concentration", run_concentration, about, "--every year")
    one.add_weights()
    periods = ("year", "quarter", "month", "window")
    one.add_argument("--every", choices=periods, default="quarter", help="length of a period; default: quarter")
    one.add_selection()
    one.add_format()
    about = "does it come again soon in the same place or near it? Timed sources only"
    one = verbs.add("near-repeats", run_near_repeats, about, "--offences street-visible --bcu East")
    one.add_number("--rings", Settings.near_rings, "of cells around")
    one.add_number("--permutations", Settings.random_draws, "of the dates, for p")
    one.add_number("--seed", 1, "of the permutations")
    one.add_selection()
    one.add_format()


def run_rank(asked: argparse.Namespace) -> None:
    from hotspots.ranking.answer import about, in_unit
    from hotspots.ranking.pipeline import rank_workspace
    from hotspots.store.workspace import open_workspace

    question = question_of(asked)
    workspace = open_workspace(asked.workspace)
    answer = rank_workspace(workspace, question)
    top = asked.top or workspace.settings.top
    say(f"{answer.weights.label} ({answer.question.weights}); {answer.window}.")
    say(f"{counted(len(answer.table), 'cell')} with incidents.")
    say(*answer.warnings, *answer.notes)
    if len(answer.table) < top:
        say("The list ends there: cells without any of these incidents are not ranked.")
    put_table(asked, in_unit(answer.table.head(top), answer.weights), about(answer))


def run_concentration(asked: argparse.Namespace) -> None:
    from hotspots.insight.workspace import concentration_workspace
    from hotspots.ranking.answer import about

    by = "" if asked.every == "window" else asked.every
    table, answer = concentration_workspace(asked.workspace, question_of(asked), by)
    say(*answer.warnings, *answer.notes)
    put_table(asked, table, about(answer))


def run_near_repeats(asked: argparse.Namespace) -> None:
    from hotspots.insight.near_repeats import verdict
    from hotspots.insight.workspace import near_repeats_workspace

    table = near_repeats_workspace(asked.workspace, question_of(asked), asked.rings, asked.permutations, asked.seed)
    say(verdict(table))
    put_table(asked, table)
