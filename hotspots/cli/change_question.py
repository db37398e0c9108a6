"""The options of a question about change, which ``change`` and ``change match`` share."""

from __future__ import annotations

import argparse

from hotspots.change.question import BASELINES, COMPARISONS, ChangeQuestion


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
