"""python -m hotspots weights …: import, list, show, decide, undo, default, export.

One function per word. A new word is one `word(…)` in `add_parsers` and one `run_…` below.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hotspots.base.choices import UNITS
from hotspots.cli.compare_weights import add_compare, add_robustness, run_compare, run_robustness
from hotspots.cli.console import put_out, say
from hotspots.harm.scoring import WeightSet

Run = Callable[[argparse.Namespace], None]


def add_parsers(verbs: Any, common: argparse.ArgumentParser, result: argparse.ArgumentParser) -> None:
    """Add ``weights`` with its words to the program's verbs. ``result`` carries --out."""
    about = "harm-weight sets: versions, sources, hashes, and who changed what"
    whole = verbs.add_parser("weights", help=about, description=about)
    words = whole.add_subparsers(dest="what", required=True, metavar="WORD")

    def word(name: str, run: Run, help_: str, *parents: argparse.ArgumentParser) -> argparse.ArgumentParser:
        one: argparse.ArgumentParser = words.add_parser(name, help=help_, description=help_, parents=[common, *parents])
        one.set_defaults(run=run)
        return one

    add_import(word("import", run_import, "store a file of weights as a version; prints what is odd about it"))
    add_format(word("list", run_list, "every version of every weight set, and which is the default", result))
    one = word("show", run_show, "the weights of a version, or who changed what, when and why", result)
    one.add_argument("name", metavar="NAME[@VERSION]")
    one.add_argument("--history", action="store_true", help="every change of this set instead of its weights")
    add_format(one)
    one = word("default", run_default, "use a version for every question to a source that names no weights")
    one.add_argument("source", choices=("police-uk", "incidents"))
    one.add_argument("name", metavar="NAME@VERSION")
    add_signature(one)
    add_decide(word("decide", run_decide, "say what an ambiguous or unscored offence weighs; makes a new version"))
    one = word("undo", run_undo, "go back one step: a new version with the weights of the one before")
    one.add_argument("name", metavar="NAME")
    add_signature(one)
    one = word("export", run_export, "a version as CSV that imports to the same hash", result)
    one.add_argument("name", metavar="NAME[@VERSION]")
    add_compare(word("compare", run_compare, "what enters and leaves the top from set A to set B", result))
    add_robustness(word("robustness", run_robustness, "how firmly cells stand in the top when weights vary", result))


def add_format(one: argparse.ArgumentParser) -> None:
    one.add_argument("--format", choices=("csv", "json"), default="csv")


def add_signature(one: argparse.ArgumentParser) -> None:
    one.add_argument("--author", required=True, metavar="WHO")
    one.add_argument("--note", required=True, metavar="WHY")


def add_import(one: argparse.ArgumentParser) -> None:
    one.add_argument("path", type=Path, metavar="PATH", help="the official workbook, or a CSV or Excel file of weights")
    one.add_argument("--name", metavar="NAME", help="default: told from the file, such as cchi-2020")
    one.add_argument("--version", metavar="VERSION", help="default: the year the file mentions, or the next number")
    one.add_argument("--label", metavar="TEXT", help="what people see")
    one.add_argument("--source-note", metavar="TEXT", help="where the weights come from")
    one.add_argument("--unit", choices=tuple(UNITS), help="what the scores are, where the file does not say")
    one.add_argument("--author", default="not stated", metavar="WHO")
    one.add_argument("--note", default="", metavar="WHY")


def add_decide(one: argparse.ArgumentParser) -> None:
    one.add_argument("name", metavar="NAME[@VERSION]", help="the set the decision is added to")
    which = one.add_mutually_exclusive_group(required=True)
    which.add_argument("--urn", default="", metavar="8N.8.1.1", help="the offence by Athena URN")
    which.add_argument("--class", dest="ho_class", default="", metavar="008/01", help="offences known by class alone")
    which.add_argument("--crime-type", default="", metavar="TYPE", help="a data.police.uk crime type")
    one.add_argument("--days", required=True, type=float, metavar="N", help="the weight, in the unit of the set")
    one.add_argument("--reason", required=True, metavar="WHY")
    one.add_argument("--author", required=True, metavar="WHO")


def run_import(asked: argparse.Namespace) -> None:
    from hotspots.harm.weights.importing import import_weights

    done = import_weights(
        asked.workspace, asked.path, asked.name, asked.version, asked.label, asked.source_note, asked.unit,
        asked.author, asked.note,
    )  # fmt: skip
    for line in done.notes:
        say(line)


def run_list(asked: argparse.Namespace) -> None:
    from hotspots.exports import as_text
    from hotspots.harm.weights.register import versions

    put_out(as_text(versions(asked.workspace), asked.format), asked.out)


def run_show(asked: argparse.Namespace) -> None:
    from hotspots.exports import as_text
    from hotspots.harm.weights.register import audit, load

    weights = load(asked.workspace, asked.name)
    say(f"{weights.label}; {weights.source}; {UNITS[weights.unit]}")
    say(f"{weights.name}@{weights.version}, sha256 {weights.sha256}; licence: {weights.licence}")
    if not asked.history:
        table = weights.table.rename(columns={"days": weights.unit})
    else:
        table = audit(asked.workspace, weights.name)
        if "@" in asked.name:
            table = table[table["version"] == weights.version]
    put_out(as_text(table, asked.format), asked.out)


def run_default(asked: argparse.Namespace) -> None:
    from hotspots.harm.weights.register import set_default

    chosen = set_default(asked.workspace, asked.source, asked.name, asked.author, asked.note)
    say(f"Questions to {asked.source} that name no weights now use {chosen}.")


def run_decide(asked: argparse.Namespace) -> None:
    from hotspots.harm.weights.register import decide

    offence = {"athena_urn": asked.urn, "ho_class": asked.ho_class, "crime_type": asked.crime_type}
    stored(decide(asked.workspace, asked.name, offence, asked.days, asked.reason, asked.author))


def run_undo(asked: argparse.Namespace) -> None:
    from hotspots.harm.weights.register import undo

    stored(undo(asked.workspace, asked.name, asked.author, asked.note))


def stored(weights: WeightSet) -> None:
    say(f"Stored as {weights.name}@{weights.version}, sha256 {weights.sha256}. The version before stays as it was.")


def run_export(asked: argparse.Namespace) -> None:
    from hotspots.harm.weights.files import describe_toml, export_csv
    from hotspots.harm.weights.register import load

    weights = load(asked.workspace, asked.name)
    put_out(export_csv(weights), asked.out)
    if asked.out is not None:
        beside = asked.out.with_suffix(".toml")
        put_out(describe_toml(weights), beside)
        say(f"{beside.name} beside it holds the description: name, version, unit, source.")
