"""python -m hotspots concentration, near-repeats."""

from __future__ import annotations

import argparse
from typing import Any

from hotspots.cli.console import add_selection, put_out, question_of, say


def add_parsers(verbs: Any, common: argparse.ArgumentParser, result: argparse.ArgumentParser) -> None:
    """Add both verbs. ``result`` carries --out."""
    about = "share of harm and of incidents in the densest part of each BCU, with chance removed, over time"
    one = verbs.add_parser("concentration", help=about, description=about, parents=[common, result])
    one.set_defaults(run=run_concentration)
    one.add_argument("--weights", default="", metavar="SET", help="NAME or NAME@VERSION; default: that of the source")
    one.add_argument("--every", choices=("year", "quarter", "month", "window"), default="quarter")
    add_selection(one)
    one.add_argument("--format", choices=("csv", "json"), default="csv")
    about = "does it come again soon in the same place or near it? (timed sources)"
    one = verbs.add_parser("near-repeats", help=about, description=about, parents=[common, result])
    one.set_defaults(run=run_near_repeats)
    one.add_argument("--rings", type=int, default=2, metavar="N")
    one.add_argument("--permutations", type=int, default=999, metavar="N")
    one.add_argument("--seed", type=int, default=1, metavar="N")
    add_selection(one)
    one.add_argument("--format", choices=("csv", "json"), default="csv")


def run_concentration(asked: argparse.Namespace) -> None:
    from hotspots.exports import as_text
    from hotspots.insight.workspace import concentration_workspace
    from hotspots.ranking.pipeline import about

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
