"""python -m hotspots dosage …: visits and minutes per hot spot and patrol day; target and targets."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from hotspots.base.errors import HotspotsError
from hotspots.cli.console import Words, put_out, say

TABLES = {
    "days": "table", "summary": "summary", "visits": "visits", "hours": "hours", "coverage": "coverage",
    "shifts": "shifts", "logs": "reconciled",
}  # fmt: skip
Run = Callable[[argparse.Namespace], None]


def add_parsers(verbs: Any, common: argparse.ArgumentParser, result: argparse.ArgumentParser) -> None:
    """Add ``dosage`` with its words to the program's verbs. ``result`` carries --out."""
    about = "visits and minutes per hot spot and patrol day; dosage target, targets"
    whole = verbs.add_parser("dosage", help=about, description=about, parents=[common, result])
    whole.set_defaults(run=run_dosage)
    add_question(whole)
    words = whole.add_subparsers(dest="what", required=False, metavar="WORD", action=Words)
    words.above = whole

    def word(name: str, run: Run, help_: str, *parents: argparse.ArgumentParser) -> argparse.ArgumentParser:
        one: argparse.ArgumentParser = words.add_parser(name, help=help_, description=help_, parents=[common, *parents])
        one.set_defaults(run=run)
        return one

    one = word("target", run_target, "set the patrol-minutes that hot spots should get in a patrol day")
    one.add_argument("--register", required=True, metavar="NAME", help="of the frozen hot spots")
    one.add_argument("--area", default="", metavar="AREA", help="such as West-01; default: every treated one")
    one.add_argument("--minutes", required=True, metavar="N", help="patrol-minutes; none lifts the target")
    one.add_argument("--valid-from", required=True, metavar="DATE", help="first patrol day on which it holds")
    one.add_argument("--author", required=True, metavar="WHO")
    one.add_argument("--note", required=True, metavar="WHY")
    one = word("targets", run_targets, "every target ever set", result)
    one.add_argument("--format", choices=("csv", "json"), default="csv")


def add_question(one: argparse.ArgumentParser) -> None:
    from hotspots.patrols.engine import DEFAULT

    one.add_argument("--bcu", default="all", help="West, South, East or all")
    one.add_argument("--from", dest="start", default="", metavar="DATE", help="first patrol day; default: 7 days back")
    one.add_argument("--to", dest="end", default="", metavar="DATE", help="last patrol day, included")
    one.add_argument("--register", default="", metavar="NAME[@VERSION]", help="default: the only one")
    one.add_argument("--engine", default=DEFAULT, metavar="URL", help="duckdb://, spark://HOST:PORT or spark-local")
    one.add_argument("--table", choices=tuple(TABLES), default="days", help="which table; default: days")
    one.add_argument("--format", choices=("csv", "json", "geojson"), default="csv")


def run_dosage(asked: argparse.Namespace) -> None:
    from hotspots.exports import as_text
    from hotspots.exports.dosage import dosage_text
    from hotspots.patrols.dosage.workspace import DoseQuestion, about, dose_workspace

    if asked.format == "geojson" and asked.table != "days":
        raise HotspotsError("--format geojson gives the hot spots with their whole dose: leave --table out.")
    question = DoseQuestion(asked.bcu, asked.start, asked.end, asked.register, asked.engine)
    told = dose_workspace(asked.workspace, question)
    say(f"Patrol days {told.first} to {told.last}; {', '.join(told.registers)}.")
    for line in (*told.warnings, *told.notes):
        say(line)
    if asked.table == "days":
        put_out(dosage_text(told, asked.format, asked.workspace), asked.out)
    else:
        put_out(as_text(getattr(told, TABLES[asked.table]), asked.format, about(told)), asked.out)


def run_target(asked: argparse.Namespace) -> None:
    from hotspots.patrols.dosage.targets import set_target

    minutes = None if asked.minutes == "none" else number(asked.minutes)
    set_target(asked.workspace, asked.register, asked.area, minutes, asked.valid_from, asked.author, asked.note)
    whose = asked.area or f"every treated hot spot of {asked.register}"
    told = "no target" if minutes is None else f"a target of {minutes:g} patrol-minutes a patrol day"
    say(f"From {asked.valid_from} {whose} has {told}.")


def number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise HotspotsError(f"--minutes is '{text[:40]}'; give a number, or none.") from error


def run_targets(asked: argparse.Namespace) -> None:
    from hotspots.exports import as_text
    from hotspots.patrols.dosage.targets import targets
    from hotspots.store.workspace import open_workspace

    put_out(as_text(targets(open_workspace(asked.workspace).folder), asked.format), asked.out)
