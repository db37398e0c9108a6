"""python -m hotspots weights …: import, list, show, decide, undo, default, export, compare, robustness.

One function per word. A new word is one `words.add(…)` in `add_verbs` and one `run_…` below.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from hotspots.base.choices import SOURCES, UNITS
from hotspots.base.settings import Settings
from hotspots.cli.verbs import Verb, Verbs, put_out, put_table, question_of, say

if TYPE_CHECKING:
    from hotspots.harm.scoring import WeightSet


def add_verbs(verbs: Verbs) -> None:
    about = "harm-weight sets: versions, sources, hashes, and who changed what"
    words = Verbs(verbs.add("weights", None, about, "list", out=False))
    signed = '--author "A Analyst" --note "as agreed"'
    about = "store a file of weights as a version; prints what is odd about it"
    add_import(words.add("import", run_import, about, "cchi.xlsx", out=False))
    words.add("list", run_list, "every version of every weight set, and which is the default").add_format()
    one = words.add(
        "show", run_show, "the weights of a version, or who changed what, when and why", "cchi-2020-sv --history"
    )
    one.add_argument("name", metavar="NAME[@VERSION]", help="of the set")
    one.add_argument("--history", action="store_true", help="every change of this set instead of its weights")
    one.add_format()
    one = words.add(
        "default", run_default, "use a version for every question to a source that names no weights",
        f"incidents cchi-2020-sv@2020 {signed}", out=False,
    )  # fmt: skip
    one.add_argument("source", choices=SOURCES, help="of incidents")
    one.add_argument("name", metavar="NAME@VERSION", help="of the set")
    one.add_signature()
    one = words.add(
        "decide", run_decide, "say what an ambiguous or unscored offence weighs; makes a new version",
        'cchi-2020-sv --class 008/01 --days 19 --reason "mostly minor" --author "A Analyst"', out=False,
    )  # fmt: skip
    add_decide(one)
    about = "go back one step: a new version with the weights of the one before"
    one = words.add("undo", run_undo, about, f"cchi-2020-sv {signed}", out=False)
    one.add_argument("name", metavar="NAME", help="of the set")
    one.add_signature()
    one = words.add(
        "export", run_export, "a version as CSV that imports to the same hash", "cchi-2020-sv --out weights.csv"
    )
    one.add_argument("name", metavar="NAME[@VERSION]", help="of the set")
    add_effects(words)


def add_import(one: Verb) -> None:
    one.add_argument("path", type=Path, metavar="PATH", help="the official workbook, or a CSV or Excel file of weights")
    one.add_argument("--name", metavar="NAME", help="default: by the file, such as cchi-2020")
    one.add_argument("--version", metavar="VERSION", help="default: the year the file mentions, or the next number")
    one.add_argument("--label", metavar="TEXT", help="what people see")
    one.add_argument("--source-note", metavar="TEXT", help="where the weights come from")
    one.add_argument("--unit", choices=tuple(UNITS), help="what the scores are, where the file does not say")
    one.add_argument("--author", default="not stated", metavar="WHO", help="who imports it; default: not stated")
    one.add_argument("--note", default="", metavar="WHY", help="why")


def add_decide(one: Verb) -> None:
    one.add_argument("name", metavar="NAME[@VERSION]", help="the set the decision is added to")
    which = one.add_mutually_exclusive_group(required=True)
    which.add_argument("--urn", default="", metavar="8N.8.1.1", help="the offence by Athena URN")
    which.add_argument("--class", dest="ho_class", default="", metavar="008/01", help="offences with a class alone")
    which.add_argument("--crime-type", default="", metavar="TYPE", help="a data.police.uk crime type")
    one.add_argument("--days", required=True, type=float, metavar="N", help="the weight, in the unit of the set")
    one.add_argument("--reason", required=True, metavar="WHY", help="why this weight")
    one.add_argument("--author", required=True, metavar="WHO", help="who decides")


def add_effects(words: Verbs) -> None:
    """What weights do to the ranking."""
    one = words.add(
        "compare", run_compare, "what enters and leaves the top from set A to set B", "cchi-2020-sv cchi-2020"
    )
    one.add_argument("first", metavar="A", help="a weight set: NAME or NAME@VERSION")
    one.add_argument("second", metavar="B", help="another")
    one.add_question()
    one = words.add(
        "robustness", run_robustness, "how firmly cells stand in the top when weights vary", "cchi-2020-sv --bcu South"
    )
    one.add_argument("name", metavar="SET", help="a weight set: NAME or NAME@VERSION")
    one.add_number("--draws", Settings.weight_draws, "other weightings")
    one.add_number(
        "--spread", Settings.weight_spread, "each weight is drawn between 1/FACTOR and FACTOR times its value", "FACTOR"
    )
    one.add_number("--seed", Settings.seed, "of the draws")
    one.add_argument("--against", nargs="+", default=[], metavar="SET", help="other sets, each a column of its own")
    one.add_question()


def run_import(asked: argparse.Namespace) -> None:
    from hotspots.harm.weights.importing import import_weights

    done = import_weights(
        asked.workspace, asked.path, asked.name, asked.version, asked.label, asked.source_note, asked.unit,
        asked.author, asked.note,
    )  # fmt: skip
    say(*done.notes)


def run_list(asked: argparse.Namespace) -> None:
    from hotspots.harm.weights.register import versions

    put_table(asked, versions(asked.workspace))


def run_show(asked: argparse.Namespace) -> None:
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
    put_table(asked, table)


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
    from hotspots.harm.weights.importing import describe_toml, export_csv
    from hotspots.harm.weights.register import load

    weights = load(asked.workspace, asked.name)
    put_out(export_csv(weights), asked.out)
    if asked.out is not None:
        beside = asked.out.with_suffix(".toml")
        put_out(describe_toml(weights), beside)
        say(f"{beside.name} beside it holds the description: name, version, unit, source.")


def run_compare(asked: argparse.Namespace) -> None:
    from hotspots.ranking.what_if.effects import compare_workspace
    from hotspots.ranking.what_if.reweigh import PERSISTENCE

    effect = compare_workspace(asked.workspace, question_of(asked), asked.first, asked.second, asked.top)
    found = effect.comparison
    assert found is not None
    say(f"A: {effect.facts['weights_a']}")
    say(f"B: {effect.facts['weights_b']}")
    say(
        f"Top {found.top} of {len(found.table):,} cells, {effect.facts['window']}: Jaccard {found.jaccard:.3f},"
        f" rank-biased overlap {found.rbo:.3f} (p = {PERSISTENCE}); {found.n_enter} enter, {found.n_leave} leave."
    )
    say_beside(effect.warnings, asked.by)
    put_table(asked, effect.table, effect.facts)


def run_robustness(asked: argparse.Namespace) -> None:
    from hotspots.ranking.what_if.effects import robustness_workspace

    effect = robustness_workspace(
        asked.workspace, question_of(asked), asked.name, asked.top, asked.draws, asked.spread, asked.seed, asked.against
    )
    say(f"{effect.facts['weights']}; {effect.facts['window']}.")
    say(
        f"{asked.draws:,} draws, each weight between 1/{asked.spread:g} and {asked.spread:g} times its value;"
        f" a share in the top has a standard error of at most {effect.facts['largest_standard_error']}."
        " The spread is assumed, not estimated."
    )
    say_beside(effect.warnings, asked.by)
    put_table(asked, effect.table, effect.facts)


def say_beside(warnings: tuple[str, ...], method: str) -> None:
    if method == "count":
        say("Ranked by count, weights change nothing: choose a method of harm with --by.")
    say(*warnings)
