"""python -m hotspots change context: the context lines, their history; add, correct or withdraw one."""

from __future__ import annotations

import argparse
from typing import Any

from hotspots.base.choices import BCUS
from hotspots.base.errors import HotspotsError
from hotspots.cli.console import put_out, say
from hotspots.cli.options import add_format
from hotspots.cli.verbs import Verbs

NONE = "none"
OPTIONS = {
    "kind": "--kind", "name": "--name", "first_day": "--first-day", "last_day": "--last-day", "where": "--where",
    "reference": "--reference", "author": "--author", "note": "--note",
}  # fmt: skip


def add_words(words: Verbs) -> None:
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
    one.add_argument("--where", metavar="BCU", help=f"{', '.join(BCUS)} or all; default: all")
    one.add_argument("--reference", metavar="TEXT", help="where the dates come from")
    one.add_argument("--author", metavar="WHO", help="needed to add, correct or withdraw")
    one.add_argument("--note", metavar="WHY", help="needed to add, correct or withdraw")
    add_format(one)


def run_context(asked: argparse.Namespace) -> None:
    """List the lines, or store what is asked."""
    from hotspots.store.workspace import open_workspace

    if asked.add is not None:
        add(asked)
    elif asked.correct is not None:
        correct(asked)
    elif asked.withdraw is not None:
        withdraw(asked)
    else:
        from hotspots.change.context import history, lines
        from hotspots.exports import as_text

        refuse(asked, OPTIONS, "a list")
        folder = open_workspace(asked.workspace).folder
        put_out(as_text(history(folder) if asked.history else lines(folder), asked.format), asked.out)


def add(asked: argparse.Namespace) -> None:
    from hotspots.change.context import add_line

    refuse(asked, ("name",), "--add, which has it already")
    line = add_line(
        asked.workspace, asked.kind or "", asked.add, asked.first_day or "", open_ended(asked.last_day),
        asked.where or "all", asked.reference or "", asked.author or "", asked.note or "",
    )  # fmt: skip
    say(f"Context line {line} is stored: {asked.add}.")


def correct(asked: argparse.Namespace) -> None:
    from hotspots.change.context import correct_line

    changes: dict[str, Any] = {k: getattr(asked, k) for k in ("kind", "name", "first_day", "where")}
    last = None if asked.last_day is None else open_ended(asked.last_day)
    correct_line(
        asked.workspace, asked.correct, asked.author or "", asked.note or "", **changes, last_day=last,
        source=asked.reference,
    )  # fmt: skip
    say(f"Context line {asked.correct} is corrected; what it said before stays in the history.")


def withdraw(asked: argparse.Namespace) -> None:
    from hotspots.change.context import withdraw_line

    refuse(asked, ("kind", "name", "first_day", "last_day", "where", "reference"), "--withdraw")
    withdraw_line(asked.workspace, asked.withdraw, asked.author or "", asked.note or "")
    say(f"Context line {asked.withdraw} is withdrawn; it stays in the history.")


def open_ended(day: str | None) -> str:
    return "" if day in (None, NONE) else str(day)


def refuse(asked: argparse.Namespace, names: Any, to: str) -> None:
    """HotspotsError where an option was given that would be lost."""
    idle = [OPTIONS[name] for name in names if getattr(asked, name) is not None]
    if idle:
        go = "does" if len(idle) == 1 else "do"
        raise HotspotsError(f"{', '.join(idle)} {go} not go with {to}. Leave it out, or use --add or --correct.")
