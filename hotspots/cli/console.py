"""What the verbs of the command line share: the options of a question, and where words and results go."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hotspots.base.errors import HotspotsError

if TYPE_CHECKING:
    from hotspots.ranking.pipeline import Question


def add_question(one: argparse.ArgumentParser) -> None:
    """The options that say what is to be ranked and how, without the weights."""
    from hotspots.base.choices import DEFAULT_METHOD, METHODS

    add_selection(one)
    one.add_argument("--by", default=DEFAULT_METHOD, metavar="METHOD", help=", ".join(METHODS))
    one.add_argument("--top", type=int, default=None, metavar="N", help="default: the workspace's setting, 20")
    one.add_argument("--format", choices=("csv", "json", "geojson"), default="csv")


def add_selection(one: argparse.ArgumentParser) -> None:
    """The options that say which incidents are meant."""
    from hotspots.base.choices import BCUS

    one.add_argument("--bcu", default="all", help=f"{', '.join(BCUS)} or all")
    one.add_argument(
        "--from", dest="start", default="", metavar="DATE", help="first day or month; default: twelve months back"
    )
    one.add_argument("--to", dest="end", default="", metavar="DATE", help="last day or month, included")
    one.add_argument("--resolution", type=int, default=0, metavar="9|10|11")
    one.add_argument("--offences", default="", metavar="SELECTION")
    one.add_argument("--hours", default="", metavar="20-04", help="local hours; timed sources only")
    one.add_argument("--include-proactive", action="store_true", help="count offences found by police activity")
    one.add_argument("--source", default="", choices=("", "police-uk", "incidents"))


def question_of(asked: argparse.Namespace) -> Question:
    """The question asked by the options of `add_question` or `add_selection`, and --weights where the verb has it."""
    from hotspots.base.choices import DEFAULT_METHOD
    from hotspots.ranking.pipeline import Question

    top = getattr(asked, "top", None)
    if top is not None and top < 1:
        raise HotspotsError(f"--top is {top}; it must be at least 1.")
    return Question(
        bcu=asked.bcu, start=asked.start, end=asked.end, resolution=asked.resolution,
        weights=getattr(asked, "weights", ""), offences=asked.offences,
        by=getattr(asked, "by", DEFAULT_METHOD).replace("_", "-"), include_proactive=asked.include_proactive,
        source=asked.source, hours=asked.hours, counted=getattr(asked, "next", False),
    )  # fmt: skip


class Words(argparse._SubParsersAction):
    """Words behind a verb that has options of its own; refuses such options before a word, where they would be lost."""

    above: argparse.ArgumentParser

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        for action in self.above._actions:
            given = getattr(namespace, action.dest, action.default)
            if action.option_strings and action.dest != "help" and given != action.default:
                parser.error(
                    f"write {action.option_strings[0]} behind the word: {self.above.prog.split()[-1]} {values[0]} …"
                )
        super().__call__(parser, namespace, values, option_string)


def say(line: str) -> None:
    """A line of progress or report, on standard error."""
    print(line, file=sys.stderr)


def put_out(text: str, out: Path | None) -> None:
    """To the file, whole or not at all, or to standard output."""
    if out is None:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
        return
    from hotspots.store.workspace import write_aside

    if not out.parent.is_dir():
        raise HotspotsError(f"{out} cannot be written: there is no folder {out.parent}.")
    try:
        write_aside(out, text.encode())
    except OSError as error:
        raise HotspotsError(f"{out} cannot be written: {error.strerror or error}.") from error
