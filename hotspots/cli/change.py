"""python -m hotspots change …: treated hot spots against comparison; matches, trials and context lines."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from hotspots.base.errors import HotspotsError
from hotspots.change.question import BASELINES, COMPARISONS, ChangeQuestion
from hotspots.cli.console import Words, put_out, say

ESTIMATES = "estimates"
TABLES = {
    ESTIMATES: "table", "spots": "spots", "series": "series", "trend": "trend", "cells": "cells", "context": "context",
}  # fmt: skip
DOSE_TABLES = {"dose": "table", "scatter": "scatter"}
MATCH_TABLES = ("pairs", "balance")
Run = Callable[[argparse.Namespace], None]


def add_parsers(verbs: Any, common: argparse.ArgumentParser, result: argparse.ArgumentParser) -> None:
    """Add ``change`` with its words to the program's verbs. ``result`` carries --out."""
    from hotspots.cli.context import add_words as add_context
    from hotspots.cli.matching import add_words as add_matching
    from hotspots.cli.trials import add_words as add_trials

    about = "treated hot spots against comparison; change match, matches, design, designs, trial, context"
    whole = verbs.add_parser("change", help=about, description=about, parents=[common, result])
    whole.set_defaults(run=run_change)
    add_question(whole)
    whole.add_argument("--table", choices=(*TABLES, *DOSE_TABLES, *MATCH_TABLES), default=ESTIMATES)
    whole.add_argument("--format", choices=("csv", "json", "geojson"), default="csv")
    words = whole.add_subparsers(dest="what", required=False, metavar="WORD", action=Words)
    words.above = whole

    def word(name: str, run: Run, help_: str, *parents: argparse.ArgumentParser) -> argparse.ArgumentParser:
        one: argparse.ArgumentParser = words.add_parser(name, help=help_, description=help_, parents=[common, *parents])
        one.set_defaults(run=run)
        return one

    add_matching(word, result, add_question)
    add_trials(word, result)
    add_context(word, result)


def add_question(one: argparse.ArgumentParser) -> None:
    """The options of a question about change."""
    one.add_argument("--bcu", default="all", help="West, South, East or all")
    one.add_argument("--measure", choices=("count", "harm"), default="count", help="what the answer is about")
    one.add_argument("--register", default="", metavar="NAME[@VERSION]", help="of the hot spots; default: the only one")
    one.add_argument("--top", type=int, default=0, metavar="N", help="instead of a register: the first N cells")
    for name, dest, help_ in (
        ("--chosen-from", "chosen_from", "--top: first day or month of choosing; default: the window before"),
        ("--chosen-to", "chosen_to", "--top: last one"),
        ("--before-from", "before_from", "first day or month before; default: the days after, whole years earlier"),
        ("--before-to", "before_to", "last one"),
        ("--from", "after_from", "first day or month after the start; default: since the register began"),
        ("--to", "after_to", "last one; default: the last held"),
    ):
        one.add_argument(name, dest=dest, default="", metavar="DATE", help=help_)
    one.add_argument("--by", default="count", metavar="METHOD", help="--top: how cells are ranked")
    one.add_argument("--comparison", choices=tuple(COMPARISONS), default=None, help="default: register, else matched")
    one.add_argument("--match", default="", metavar="NAME", help="a frozen match")
    one.add_argument("--baseline", choices=tuple(BASELINES), default=None, help="what the answer rests on")
    one.add_argument("--offences", default="", metavar="SELECTION")
    one.add_argument("--weights", default="", metavar="SET")
    one.add_argument("--source", default="", choices=("", "police-uk", "incidents"))
    one.add_argument("--resolution", type=int, default=0, metavar="9|10|11", help="--top only")
    one.add_argument("--include-proactive", action="store_true", help="count offences found by police activity")
    one.add_argument("--period", choices=("week", "month"), default=None)
    one.add_argument("--ring", type=float, default=ChangeQuestion.ring_m, metavar="METRES", help="width; default: 100")


def question_of(asked: argparse.Namespace) -> ChangeQuestion:
    """The question asked by the options of `add_question`."""
    return ChangeQuestion(
        bcu=asked.bcu, measure=asked.measure, register=asked.register, top=asked.top, chosen_from=asked.chosen_from,
        chosen_to=asked.chosen_to, by=asked.by, before_from=asked.before_from, before_to=asked.before_to,
        after_from=asked.after_from, after_to=asked.after_to, comparison=asked.comparison or "", match=asked.match,
        baseline=asked.baseline or "", offences=asked.offences, weights=asked.weights, source=asked.source,
        resolution=asked.resolution, include_proactive=asked.include_proactive, period=asked.period or "",
        ring_m=asked.ring,
    )  # fmt: skip


def run_change(asked: argparse.Namespace) -> None:
    from hotspots.change.workspace import change_workspace
    from hotspots.exports import as_text
    from hotspots.exports.change import about, change_text

    if asked.format == "geojson" and asked.table != ESTIMATES:
        raise HotspotsError("--format geojson gives the hot spots and rings with their figures: leave --table out.")
    found = change_workspace(asked.workspace, question_of(asked))
    say(found.asked)
    for line in (found.answer, *found.also):
        say(line)
    for line in (*found.warnings, *found.notes, *([found.no_dose] if found.no_dose else [])):
        say(line)
    if asked.table == ESTIMATES:
        put_out(change_text(found, asked.format), asked.out)
    else:
        put_out(as_text(table_named(found, asked.table), asked.format, about(found)), asked.out)


def table_named(found: Any, name: str) -> Any:
    """One of the tables of an answer. HotspotsError where the answer has none of it."""
    if name in TABLES:
        return getattr(found, TABLES[name])
    if name in DOSE_TABLES:
        if found.dose is None:
            raise HotspotsError(found.no_dose)
        return getattr(found.dose, DOSE_TABLES[name])
    if found.matched is None:
        raise HotspotsError("No places were matched for this question: add --comparison matched.")
    return found.pairs if name == "pairs" else found.matched.balance
