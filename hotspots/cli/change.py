"""python -m hotspots change …: treated hot spots against comparison; matches, trials and context lines."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from hotspots.base.errors import HotspotsError
from hotspots.cli.change_question import add_question, question_of
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

    add_matching(word, result)
    add_trials(word, result)
    add_context(word, result)


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
