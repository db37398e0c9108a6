"""python -m hotspots change …: treated hot spots against comparison; matches, trials and context lines."""

from __future__ import annotations

import argparse
from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING, Any

from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.base.words import counted
from hotspots.change.question import BASELINES, COMPARISONS, PERIODS, ChangeQuestion
from hotspots.cli import trials
from hotspots.cli.verbs import Verb, Verbs, built, put_out, put_table, say

if TYPE_CHECKING:
    from hotspots.change.matching.places import MatchedPlaces

ESTIMATES = "estimates"
TABLES = {
    ESTIMATES: "table", "spots": "spots", "series": "series", "trend": "trend", "cells": "cells", "context": "context",
}  # fmt: skip
DOSE_TABLES = {"dose": "table", "scatter": "scatter"}
MATCH_TABLES = ("pairs", "balance")


def add_verbs(verbs: Verbs) -> None:
    about = "what changed in treated hot spots, compared with what"
    whole = verbs.add("change", run_change, about, "--bcu South --from 2026-05 --to 2026-10")
    add_change_question(whole)
    whole.add_table((*TABLES, *DOSE_TABLES, *MATCH_TABLES))
    whole.add_format("geojson")
    words = Verbs(whole, required=False)
    add_matching(words)
    trials.add_words(words)
    add_context(words)


def run_change(asked: argparse.Namespace) -> None:
    from hotspots.change.workspace import change_workspace
    from hotspots.exports.change import about, change_text

    if asked.format == "geojson" and asked.table != ESTIMATES:
        raise HotspotsError("--format geojson gives the hot spots and rings with their figures: leave --table out.")
    found = change_workspace(asked.workspace, question_of(asked))
    say(found.asked, found.answer, *found.also, *found.warnings, *found.notes)
    say(*([found.no_dose] if found.no_dose else []))
    if asked.table == ESTIMATES:
        put_out(change_text(found, asked.format), asked.out)
    else:
        put_table(asked, table_named(found, asked.table), about(found))


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


def add_change_question(one: Verb) -> None:
    """The options of a question about change."""
    one.add_bcu()
    one.add_argument("--measure", choices=("count", "harm"), default="count", help="of the answer; default: count")
    one.add_register()
    one.add_argument(
        "--area", dest="areas", action="append", default=[], metavar="AREA",
        help="of the register only this hot spot, such as West-01; repeatable",
    )  # fmt: skip
    one.add_argument("--top", type=int, default=0, metavar="N", help="instead of a register: the first N cells")
    one.add_argument("--by", default="count", metavar="METHOD", help="with --top: how cells are ranked; default: count")
    first = "with --top: first day or month of choosing; default: the window before"
    one.add_argument("--chosen-from", default="", metavar="DATE", help=first)
    one.add_argument("--chosen-to", default="", metavar="DATE", help="with --top: last day or month of choosing")
    first = "first day or month before; default: the days after, whole years earlier"
    one.add_argument("--before-from", default="", metavar="DATE", help=first)
    one.add_argument("--before-to", default="", metavar="DATE", help="last day or month before")
    one.add_window("first day or month after the start; default: since the register began",
        "last day or month after; default: the last held", "after_from", "after_to",
    )  # fmt: skip
    one.add_argument(
        "--comparison", choices=tuple(COMPARISONS), help="places compared with; default: register, else matched"
    )
    one.add_argument("--match", default="", metavar="NAME", help="a frozen match to compare with")
    one.add_argument("--baseline", choices=tuple(BASELINES), help="of the answer; default: by how places were chosen")
    one.add_hours()
    one.add_offences()
    one.add_weights()
    one.add_resolution("with --top only; ")
    one.add_argument("--period", choices=PERIODS, help="of the series; default: week, or month without days")
    one.add_number("--ring", Settings.ring_m, "width of the rings", "METRES")


def question_of(asked: argparse.Namespace) -> ChangeQuestion:
    """The question asked by the options of `add_change_question`."""
    chosen = {name: getattr(asked, name) or "" for name in ("comparison", "baseline", "period")}
    return built(ChangeQuestion, asked, ring_m=asked.ring, areas=tuple(asked.areas), **chosen)


def add_matching(words: Verbs) -> None:
    """Add ``match`` and ``matches`` to the words of ``change``."""
    about = "comparison places for treated hot spots, matched on the time before"
    one = words.add("match", run_match, about, "--from 2026-05 --to 2026-10 --out pairs.csv")
    add_change_question(one)
    one.add_format()
    one.add_freezing("match")
    one = words.add("matches", run_matches, "frozen matches, and whether they were frozen before the start")
    one.add_argument("--show", default="", metavar="NAME", help="the pairs of this one")
    one.add_format()


def run_match(asked: argparse.Namespace) -> None:
    from hotspots.change.evidence import match_for
    from hotspots.change.matching.register import asked_facts, freeze, pairs_of
    from hotspots.store.workspace import open_workspace

    idle = [f"--{name}" for name in ("author", "note") if getattr(asked, name) and not asked.freeze]
    if idle:
        raise HotspotsError(f"{' and '.join(idle)} belong to --freeze NAME: nothing is written down without it.")
    if asked.areas:
        raise HotspotsError("A match is made for all treated hot spots: leave --area out, and ask change for one.")
    question = question_of(asked)
    if question.match:
        raise HotspotsError(f"--match {question.match} is frozen already: see it with change matches --show.")
    workspace = open_workspace(asked.workspace)
    settled, matched = match_for(workspace, replace(question, comparison="matched"))
    facts = asked_facts(settled, workspace.version)
    matched = replace(matched, facts=facts)
    report_match(matched)
    if asked.freeze:
        first, treated = settled.after.start, str(facts["treated"])
        found = freeze(workspace.folder, matched, asked.freeze, first, treated, asked.author, asked.note)
        say(f"Frozen as {found.name}, SHA-256 {found.sha256}.")
        if not found.frozen_before:
            say(
                f"This was frozen after {found.first_day}, the first day of the window after: nothing proves that the"
                " comparison was not picked for its outcome."
            )
    put_table(asked, pairs_of(matched), about_match(matched))


def run_matches(asked: argparse.Namespace) -> None:
    from hotspots.change.matching.register import load, matches, pairs_of
    from hotspots.store.workspace import open_workspace

    folder = open_workspace(asked.workspace).folder
    if not asked.show:
        put_table(asked, matches(folder))
        return
    found = load(folder, asked.show)
    when = "before" if found.frozen_before else "after"
    say(f"{found.name}: {found.treated}; frozen {found.created} by {found.author}, {when} {found.first_day} began.")
    say(f"Note: {found.note}")
    report_match(found.matched)
    frozen = {"name": found.name, "frozen": found.created, "author": found.author, "sha256": found.sha256}
    put_table(asked, pairs_of(found.matched), {**about_match(found.matched), **frozen})


def report_match(matched: MatchedPlaces) -> None:
    """Balance and notes, on standard error."""
    places, cells = len(matched.places), int(matched.places["n_cells"].sum())
    say(f"{counted(places, 'comparison place')} of {counted(cells, 'cell')}.")
    balance, head = matched.match.balance, "Standardised difference of the cells in"
    wide = max(len(head), *(len(m) for m in balance["measure"]))
    rows = zip(balance["measure"], balance["smd_before"], balance["smd_after"], strict=True)
    say(f"{head:<{wide}}  before   after", *(f"{m:<{wide}}  {b:>6.2f}  {a:>6.2f}" for m, b, a in rows))
    say(*matched.notes)


def about_match(matched: MatchedPlaces) -> dict[str, Any]:
    """What the pairs are, to go with them in JSON."""
    built_in = round(matched.built_in, 4) if isfinite(matched.built_in) else None
    return {**matched.facts, "notes": list(matched.notes), "built_in": built_in, "match_sha256": matched.sha256}


NONE = "none"
CONTEXT_OPTIONS = {
    "kind": "--kind", "name": "--name", "first_day": "--first-day", "last_day": "--last-day", "where": "--where",
    "reference": "--reference", "author": "--author", "note": "--note",
}  # fmt: skip


def add_context(words: Verbs) -> None:
    """Add ``context`` to the words of ``change``."""
    about = "what else was going on: list, add, correct or withdraw context lines"
    example = '--add "Night watch" --kind operation --first-day 2026-05-18 --where West --author "A Analyst" --note run'
    one = words.add("context", run_context, about, example)
    what = one.add_mutually_exclusive_group()
    what.add_argument("--history", action="store_true", help="every line and correction ever written, oldest first")
    what.add_argument("--add", metavar="NAME", help="a line of this name; needs --kind and --first-day")
    what.add_argument("--correct", metavar="LINE", help="a line by its number; only the options used change")
    what.add_argument("--withdraw", metavar="LINE", help="a line by its number; it stays in the history")
    one.add_argument("--kind", metavar="KIND", help="restriction, recording, operation, holiday or other")
    one.add_argument("--name", metavar="NAME", help="with --correct: what the line is called from now on")
    one.add_argument("--first-day", metavar="DATE", help="such as 2026-05-18")
    one.add_argument("--last-day", metavar="DATE", help="included; left out or none: since the first day for good")
    one.add_argument("--where", metavar="BCU", help="a BCU of the force or all; default: all")
    one.add_argument("--reference", metavar="TEXT", help="where the dates come from")
    one.add_argument("--author", metavar="WHO", help="needed to add, correct or withdraw")
    one.add_argument("--note", metavar="WHY", help="needed to add, correct or withdraw")
    one.add_format()


def run_context(asked: argparse.Namespace) -> None:
    """List the lines, or store what is asked."""
    from hotspots.store.workspace import open_workspace

    if asked.add is not None:
        add_one(asked)
    elif asked.correct is not None:
        correct_one(asked)
    elif asked.withdraw is not None:
        withdraw_one(asked)
    else:
        from hotspots.change.context import history, lines

        refuse_lost(asked, CONTEXT_OPTIONS, "a list")
        folder = open_workspace(asked.workspace).folder
        put_table(asked, history(folder) if asked.history else lines(folder))


def add_one(asked: argparse.Namespace) -> None:
    from hotspots.change.context import add_line

    refuse_lost(asked, ("name",), "--add, which has it already")
    line = add_line(
        asked.workspace, asked.kind or "", asked.add, asked.first_day or "", open_ended(asked.last_day),
        asked.where or "all", asked.reference or "", asked.author or "", asked.note or "",
    )  # fmt: skip
    say(f"Context line {line} is stored: {asked.add}.")


def correct_one(asked: argparse.Namespace) -> None:
    from hotspots.change.context import correct_line

    changes: dict[str, Any] = {k: getattr(asked, k) for k in ("kind", "name", "first_day", "where")}
    changes |= {"last_day": asked.last_day and open_ended(asked.last_day), "source": asked.reference}
    correct_line(asked.workspace, asked.correct, asked.author or "", asked.note or "", **changes)
    say(f"Context line {asked.correct} is corrected; what it said before stays in the history.")


def withdraw_one(asked: argparse.Namespace) -> None:
    from hotspots.change.context import withdraw_line

    refuse_lost(asked, ("kind", "name", "first_day", "last_day", "where", "reference"), "--withdraw")
    withdraw_line(asked.workspace, asked.withdraw, asked.author or "", asked.note or "")
    say(f"Context line {asked.withdraw} is withdrawn; it stays in the history.")


def open_ended(day: str | None) -> str:
    return "" if day in (None, NONE) else str(day)


def refuse_lost(asked: argparse.Namespace, names: Any, to: str) -> None:
    """HotspotsError where an option was used that would be lost."""
    idle = [CONTEXT_OPTIONS[name] for name in names if getattr(asked, name) is not None]
    if idle:
        go = "does" if len(idle) == 1 else "do"
        raise HotspotsError(f"{', '.join(idle)} {go} not go with {to}. Leave it out, or use --add or --correct.")
