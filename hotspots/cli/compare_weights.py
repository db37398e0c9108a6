"""python -m hotspots weights compare | robustness: what weights do to the ranking."""

from __future__ import annotations

import argparse

from hotspots.cli.console import add_question, put_out, question_of, say


def add_compare(one: argparse.ArgumentParser) -> None:
    one.add_argument("first", metavar="A", help="a weight set: NAME or NAME@VERSION")
    one.add_argument("second", metavar="B")
    add_question(one)


def add_robustness(one: argparse.ArgumentParser) -> None:
    one.add_argument("name", metavar="SET", help="a weight set: NAME or NAME@VERSION")
    one.add_argument("--draws", type=int, default=500, metavar="N", help="default: 500")
    one.add_argument(
        "--spread", type=float, default=2.0, metavar="FACTOR",
        help="each weight is drawn between 1/FACTOR and FACTOR times its value; default: 2",
    )  # fmt: skip
    one.add_argument("--seed", type=int, default=1, metavar="N")
    one.add_argument("--against", nargs="+", default=[], metavar="SET", help="other sets, each a column of its own")
    add_question(one)


def run_compare(asked: argparse.Namespace) -> None:
    from hotspots.exports import as_text
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
    put_out(as_text(effect.table, asked.format, effect.facts), asked.out)


def run_robustness(asked: argparse.Namespace) -> None:
    from hotspots.exports import as_text
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
    put_out(as_text(effect.table, asked.format, effect.facts), asked.out)


def say_beside(warnings: tuple[str, ...], method: str) -> None:
    if method == "count":
        say("Ranked by count, weights change nothing: choose a method of harm with --by.")
    for line in warnings:
        say(line)
