"""python -m hotspots change …: treated hot spots against comparison; matches, trials and context lines."""

from __future__ import annotations

import argparse
from typing import Any

from hotspots.base.errors import HotspotsError
from hotspots.cli import context, matching, trials
from hotspots.cli.change_question import add_question, question_of
from hotspots.cli.console import put_out, say
from hotspots.cli.options import add_format, add_table
from hotspots.cli.verbs import Verbs

ESTIMATES = "estimates"
TABLES = {
    ESTIMATES: "table", "spots": "spots", "series": "series", "trend": "trend", "cells": "cells", "context": "context",
}  # fmt: skip
DOSE_TABLES = {"dose": "table", "scatter": "scatter"}
MATCH_TABLES = ("pairs", "balance")


def add_verbs(verbs: Verbs) -> None:
    about = "what changed in treated hot spots, compared with what"
    whole = verbs.add("change", run_change, about, "--bcu South --from 2026-05 --to 2026-10")
    add_question(whole)
    add_table(whole, (*TABLES, *DOSE_TABLES, *MATCH_TABLES))
    add_format(whole, "geojson")
    words = Verbs(whole, required=False)
    matching.add_words(words)
    trials.add_words(words)
    context.add_words(words)


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
