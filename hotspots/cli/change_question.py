"""The options of a question about change, which ``change`` and ``change match`` share."""

from __future__ import annotations

import argparse

from hotspots.base.settings import Settings
from hotspots.change.question import BASELINES, COMPARISONS, PERIODS, ChangeQuestion
from hotspots.cli.options import (
    add_bcu,
    add_number,
    add_offences,
    add_register,
    add_resolution,
    add_weights,
    add_window,
)


def add_question(one: argparse.ArgumentParser) -> None:
    """The options of a question about change."""
    add_bcu(one)
    one.add_argument("--measure", choices=("count", "harm"), default="count", help="of the answer; default: count")
    add_register(one)
    one.add_argument("--top", type=int, default=0, metavar="N", help="instead of a register: the first N cells")
    one.add_argument("--by", default="count", metavar="METHOD", help="with --top: how cells are ranked; default: count")
    for name, help_ in (
        ("chosen-from", "with --top: first day or month of choosing; default: the window before"),
        ("chosen-to", "with --top: last day or month of choosing"),
        ("before-from", "first day or month before; default: the days after, whole years earlier"),
        ("before-to", "last day or month before"),
    ):
        one.add_argument(f"--{name}", default="", metavar="DATE", help=help_)
    add_window(
        one, "first day or month after the start; default: since the register began",
        "last day or month after; default: the last held", "after_from", "after_to",
    )  # fmt: skip
    one.add_argument(
        "--comparison", choices=tuple(COMPARISONS), help="places compared with; default: register, else matched"
    )
    one.add_argument("--match", default="", metavar="NAME", help="a frozen match to compare with")
    one.add_argument("--baseline", choices=tuple(BASELINES), help="of the answer; default: by how places were chosen")
    add_offences(one)
    add_weights(one)
    add_resolution(one, "with --top only; ")
    one.add_argument("--period", choices=PERIODS, help="of the series; default: week, or month without days")
    add_number(one, "--ring", Settings.ring_m, "width of the rings", "METRES")


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
