"""python -m hotspots concentration, near-repeats."""

from __future__ import annotations

import argparse

from hotspots.base.settings import Settings
from hotspots.cli.console import put_out, say
from hotspots.cli.options import add_format, add_number, add_selection, add_weights, question_of
from hotspots.cli.verbs import Verbs


def add_verbs(verbs: Verbs) -> None:
    about = "share of harm and of incidents in the densest part of each BCU, with chance removed, over time"
    one = verbs.add("concentration", run_concentration, about, "--every year")
    add_weights(one)
    one.add_argument(
        "--every",
        choices=("year", "quarter", "month", "window"),
        default="quarter",
        help="length of a period; default: quarter",
    )
    add_selection(one)
    add_format(one)
    about = "does it come again soon in the same place or near it? Timed sources only"
    one = verbs.add("near-repeats", run_near_repeats, about, "--offences street-visible --bcu East")
    add_number(one, "--rings", Settings.near_rings, "of cells around")
    add_number(one, "--permutations", Settings.random_draws, "of the dates, for p")
    add_number(one, "--seed", 1, "of the permutations")
    add_selection(one)
    add_format(one)


def run_concentration(asked: argparse.Namespace) -> None:
    from hotspots.exports import as_text
    from hotspots.insight.workspace import concentration_workspace
    from hotspots.ranking.answer import about

    by = "" if asked.every == "window" else asked.every
    table, answer = concentration_workspace(asked.workspace, question_of(asked), by)
    for line in (*answer.warnings, *answer.notes):
        say(line)
    put_out(as_text(table, asked.format, about(answer)), asked.out)


def run_near_repeats(asked: argparse.Namespace) -> None:
    from hotspots.exports import as_text
    from hotspots.insight.near_repeats import verdict
    from hotspots.insight.workspace import near_repeats_workspace

    table = near_repeats_workspace(asked.workspace, question_of(asked), asked.rings, asked.permutations, asked.seed)
    say(verdict(table))
    put_out(as_text(table, asked.format), asked.out)
