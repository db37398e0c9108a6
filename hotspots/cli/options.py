"""Options that several verbs have, each written once, and the question they ask.

Nothing here, and nothing that a parser needs, loads pandas: `--help` answers at once.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from hotspots.base.choices import BCUS, DEFAULT_METHOD, METHODS, SOURCES
from hotspots.base.errors import HotspotsError
from hotspots.base.settings import RESOLUTIONS, Settings

if TYPE_CHECKING:
    from hotspots.ranking.question import Question

TOP = f"how many cells; default: the setting, {Settings.top}"
SET = "NAME or NAME@VERSION; default: that of the source"


def add_bcu(one: argparse.ArgumentParser) -> None:
    one.add_argument("--bcu", default="all", help=f"{', '.join(BCUS)} or all; default: all")


def add_window(one: argparse.ArgumentParser, first: str, last: str, start: str = "start", end: str = "end") -> None:
    """--from and --to, stored as ``start`` and ``end``; ``first`` and ``last`` say what they are."""
    one.add_argument("--from", dest=start, default="", metavar="DATE", help=first)
    one.add_argument("--to", dest=end, default="", metavar="DATE", help=last)


def add_resolution(one: argparse.ArgumentParser, more: str = "") -> None:
    help_ = f"H3 size of cells; {more}default: the setting, {Settings.resolution}"
    one.add_argument("--resolution", type=int, default=0, metavar="|".join(map(str, RESOLUTIONS)), help=help_)


def add_offences(one: argparse.ArgumentParser) -> None:
    """Which offences of which source count."""
    help_ = "which offences count, such as knife or category:Robbery; default: that of the source"
    one.add_argument("--offences", default="", metavar="SELECTION", help=help_)
    one.add_argument("--include-proactive", action="store_true", help="count offences found by police activity")
    one.add_argument(
        "--source", default="", choices=("", *SOURCES), help="of incidents; default: incidents where there are any"
    )


def add_weights(one: argparse.ArgumentParser, help_: str = SET) -> None:
    one.add_argument("--weights", default="", metavar="SET", help=help_)


def add_register(one: argparse.ArgumentParser) -> None:
    help_ = "of the frozen hot spots; default: the only one"
    one.add_argument("--register", default="", metavar="NAME[@VERSION]", help=help_)


def add_format(one: argparse.ArgumentParser, *more: str) -> None:
    one.add_argument("--format", choices=("csv", "json", *more), default="csv", help="of the table; default: csv")


def add_table(one: argparse.ArgumentParser, names: Any) -> None:
    """Which of its tables a verb gives; the first is the default."""
    first = next(iter(names))
    one.add_argument("--table", choices=tuple(names), default=first, help=f"which table; default: {first}")


def add_signature(one: argparse.ArgumentParser, note_needed: bool = True) -> None:
    one.add_argument("--author", required=True, metavar="WHO", help="who does it")
    one.add_argument("--note", required=note_needed, default="", metavar="WHY", help="why")


def add_number(one: argparse.ArgumentParser, name: str, default: float, help_: str, metavar: str = "N") -> None:
    """A whole number or a number, as its default is."""
    help_ += f"; default: {str(default).removesuffix('.0')}"
    one.add_argument(name, type=type(default), default=default, metavar=metavar, help=help_)


def add_freezing(one: argparse.ArgumentParser, what: str) -> None:
    one.add_argument("--freeze", default="", metavar="NAME", help=f"freeze the {what} under this name, for good")
    one.add_argument("--author", default="", metavar="WHO", help="who freezes it")
    one.add_argument("--note", default="", metavar="WHY", help="why it is frozen")


def add_selection(one: argparse.ArgumentParser) -> None:
    """The options that say which incidents are meant."""
    add_bcu(one)
    add_window(
        one, "first day or month; default: twelve months back", "last day or month, included; default: the last held"
    )
    one.add_argument("--hours", default="", metavar="20-04", help="local hours; timed sources only")
    add_resolution(one)
    add_offences(one)


def add_question(one: argparse.ArgumentParser, top: str = TOP) -> None:
    """The options that say what is to be ranked and how, without the weights. ``top``: help of --top."""
    add_selection(one)
    one.add_argument(
        "--by", default=DEFAULT_METHOD, metavar="METHOD", help=f"{', '.join(METHODS)}; default: {DEFAULT_METHOD}"
    )
    one.add_argument("--top", type=int, metavar="N", help=top)
    add_format(one, "geojson")


def question_of(asked: argparse.Namespace) -> Question:
    """The question asked by the options of `add_question` or `add_selection`, and --weights where the verb has it."""
    from hotspots.ranking.question import Question

    top = getattr(asked, "top", None)
    if top is not None and top < 1:
        raise HotspotsError(f"--top is {top}; it must be at least 1.")
    return Question(
        bcu=asked.bcu, start=asked.start, end=asked.end, resolution=asked.resolution,
        weights=getattr(asked, "weights", ""), offences=asked.offences,
        by=getattr(asked, "by", DEFAULT_METHOD).replace("_", "-"), include_proactive=asked.include_proactive,
        source=asked.source, hours=getattr(asked, "hours", ""), counted=getattr(asked, "next", False),
    )  # fmt: skip
