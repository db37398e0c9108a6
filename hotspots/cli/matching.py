"""python -m hotspots change match, and change matches: comparison places, made, frozen and listed."""

from __future__ import annotations

import argparse
from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING, Any

from hotspots.base.errors import HotspotsError
from hotspots.base.words import counted
from hotspots.cli.change_question import add_question, question_of
from hotspots.cli.console import put_out, say
from hotspots.cli.options import add_format, add_freezing
from hotspots.cli.verbs import Verbs

if TYPE_CHECKING:
    import pandas as pd

    from hotspots.change.matching.places import MatchedPlaces

OPTIONS = ("author", "note")  # of freezing


def add_words(words: Verbs) -> None:
    """Add ``match`` and ``matches`` to the words of ``change``."""
    about = "comparison places for treated hot spots, matched on the time before"
    one = words.add("match", run_match, about, "--from 2026-05 --to 2026-10 --out pairs.csv")
    add_question(one)
    add_format(one)
    add_freezing(one, "match")
    one = words.add("matches", run_matches, "frozen matches, and whether they were frozen before the start")
    one.add_argument("--show", default="", metavar="NAME", help="the pairs of this one")
    add_format(one)


def run_match(asked: argparse.Namespace) -> None:
    refuse(asked)
    from hotspots.change.evidence import match_for
    from hotspots.change.matching.pairs import pairs_of
    from hotspots.change.matching.register import asked_facts, freeze
    from hotspots.store.workspace import open_workspace

    question = question_of(asked)
    if question.match:
        raise HotspotsError(f"--match {question.match} is frozen already: see it with change matches --show.")
    workspace = open_workspace(asked.workspace)
    settled, matched = match_for(workspace, replace(question, comparison="matched"))
    facts = asked_facts(settled, workspace.version)
    matched = replace(matched, facts=facts)
    report(matched)
    if asked.freeze:
        first, treated = settled.after.start, str(facts["treated"])
        found = freeze(workspace.folder, matched, asked.freeze, first, treated, asked.author, asked.note)
        say(f"Frozen as {found.name}, SHA-256 {found.sha256}.")
        if not found.frozen_before:
            say(
                f"This was frozen after {found.first_day}, the first day of the window after: nothing proves that the"
                " comparison was not picked for its outcome."
            )
    show(pairs_of(matched), asked, about(matched))


def run_matches(asked: argparse.Namespace) -> None:
    from hotspots.change.matching.pairs import pairs_of
    from hotspots.change.matching.register import load, matches
    from hotspots.store.workspace import open_workspace

    folder = open_workspace(asked.workspace).folder
    if not asked.show:
        show(matches(folder), asked, {})
        return
    found = load(folder, asked.show)
    when = "before" if found.frozen_before else "after"
    say(f"{found.name}: {found.treated}; frozen {found.created} by {found.author}, {when} {found.first_day} began.")
    say(f"Note: {found.note}")
    report(found.matched)
    frozen = {"name": found.name, "frozen": found.created, "author": found.author, "sha256": found.sha256}
    show(pairs_of(found.matched), asked, {**about(found.matched), **frozen})


def refuse(asked: argparse.Namespace) -> None:
    idle = [f"--{name}" for name in OPTIONS if getattr(asked, name) and not asked.freeze]
    if idle:
        raise HotspotsError(f"{' and '.join(idle)} belong to --freeze NAME: nothing is written down without it.")


def report(matched: MatchedPlaces) -> None:
    """Balance and notes, on standard error."""
    places, cells = len(matched.places), int(matched.places["n_cells"].sum())
    say(f"{counted(places, 'comparison place')} of {counted(cells, 'cell')}.")
    for line in balance_lines(matched.match.balance):
        say(line)
    for line in matched.notes:
        say(line)


def balance_lines(balance: pd.DataFrame) -> list[str]:
    """Every measure with the standardised difference before and after matching."""
    wide = max(len(m) for m in balance["measure"])
    rows = zip(balance["measure"], balance["smd_before"], balance["smd_after"], strict=True)
    head = f"{'Standardised difference of the cells in':<{max(wide, 39)}}  before   after"
    return [head, *(f"{m:<{max(wide, 39)}}  {b:>6.2f}  {a:>6.2f}" for m, b, a in rows)]


def about(matched: MatchedPlaces) -> dict[str, Any]:
    """What the pairs are, to go with them in JSON."""
    built_in = round(matched.built_in, 4) if isfinite(matched.built_in) else None
    return {**matched.facts, "notes": list(matched.notes), "built_in": built_in, "match_sha256": matched.sha256}


def show(table: pd.DataFrame, asked: argparse.Namespace, facts: dict[str, Any]) -> None:
    from hotspots.exports import as_text

    put_out(as_text(table, asked.format, facts), asked.out)
