"""What the verbs share: how one is added, the options that several have, the question they ask, where results go.

Nothing here, and nothing that a parser needs, loads pandas: `--help` answers at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from hotspots.base import disk
from hotspots.base.choices import DEFAULT_METHOD, METHODS, SOURCES
from hotspots.base.errors import HotspotsError
from hotspots.base.settings import RESOLUTIONS, Settings

if TYPE_CHECKING:
    import pandas as pd

    from hotspots.ranking.question import Question

TOP = f"how many cells; default: the setting, {Settings.top}"
SET = "NAME or NAME@VERSION; default: that of the source"
PROGRAM = "python -m hotspots"
Run = Callable[[argparse.Namespace], None]
Kind = TypeVar("Kind")


class Verb(argparse.ArgumentParser):
    """The options of a verb; those that several verbs have are written once, here."""

    def add_bcu(self) -> None:
        self.add_argument("--bcu", default="all", help="a BCU of the force (profile lists them) or all; default: all")

    def add_window(self, first: str, last: str, start: str = "start", end: str = "end") -> None:
        """--from and --to, stored as ``start`` and ``end``; ``first`` and ``last`` say what they are."""
        self.add_argument("--from", dest=start, default="", metavar="DATE", help=first)
        self.add_argument("--to", dest=end, default="", metavar="DATE", help=last)

    def add_resolution(self, more: str = "") -> None:
        help_ = f"H3 size of cells; {more}default: the setting, {Settings.resolution}"
        self.add_argument("--resolution", type=int, default=0, metavar="|".join(map(str, RESOLUTIONS)), help=help_)

    def add_offences(self) -> None:
        """Which offences of which source count."""
        help_ = "which offences count, such as knife or category:Robbery; default: that of the source"
        self.add_argument("--offences", default="", metavar="SELECTION", help=help_)
        self.add_argument("--include-proactive", action="store_true", help="count offences found by police activity")
        self.add_argument(
            "--source", default="", choices=("", *SOURCES), help="of incidents; default: incidents where there are any"
        )

    def add_weights(self, help_: str = SET) -> None:
        self.add_argument("--weights", default="", metavar="SET", help=help_)

    def add_register(self, default: str = "the only one that held on these days") -> None:
        help_ = f"of the frozen hot spots; default: {default}"
        self.add_argument("--register", default="", metavar="NAME[@VERSION]", help=help_)

    def add_format(self, *more: str) -> None:
        self.add_argument("--format", choices=("csv", "json", *more), default="csv", help="of the table; default: csv")

    def add_table(self, names: Any) -> None:
        """Which of its tables a verb gives; the first is the default."""
        first = next(iter(names))
        self.add_argument("--table", choices=tuple(names), default=first, help=f"which table; default: {first}")

    def add_signature(self, note_needed: bool = True) -> None:
        self.add_argument("--author", required=True, metavar="WHO", help="who does it")
        self.add_argument("--note", required=note_needed, default="", metavar="WHY", help="why")

    def add_number(self, name: str, default: float, help_: str, metavar: str = "N") -> None:
        """A whole number or a number, as its default is."""
        help_ += f"; default: {str(default).removesuffix('.0')}"
        self.add_argument(name, type=type(default), default=default, metavar=metavar, help=help_)

    def add_freezing(self, what: str) -> None:
        self.add_argument("--freeze", default="", metavar="NAME", help=f"freeze the {what} under this name, for good")
        self.add_argument("--author", default="", metavar="WHO", help="who freezes it")
        self.add_argument("--note", default="", metavar="WHY", help="why it is frozen")

    def add_hours(self) -> None:
        self.add_argument("--hours", default="", metavar="20-04", help="local hours; timed sources only")

    def add_selection(self) -> None:
        """The options that say which incidents are meant."""
        self.add_bcu()
        self.add_window(
            "first day or month; default: twelve months back", "last day or month, included; default: the last held"
        )
        self.add_hours()
        self.add_resolution()
        self.add_offences()

    def add_question(self, top: str = TOP) -> None:
        """The options that say what is to be ranked and how, without the weights. ``top``: help of --top."""
        self.add_selection()
        self.add_argument(
            "--by", default=DEFAULT_METHOD, metavar="METHOD", help=f"{', '.join(METHODS)}; default: {DEFAULT_METHOD}"
        )
        self.add_argument("--top", type=int, metavar="N", help=top)
        self.add_format("geojson")


class Verbs:
    """The verbs of the program, or the words behind one of them."""

    def __init__(self, above: Verb, required: bool = True) -> None:
        self.asked = above.prog
        name = "WORD" if self.asked != PROGRAM else "VERB"
        self.added = above.add_subparsers(dest=name.lower(), required=required, metavar=name, action=Behind)

    def add(self, name: str, run: Run | None, about: str, example: str = "", out: bool = True) -> Verb:
        """A verb with --workspace and, as a rule, --out. ``run`` None: it only has words. ``example``: its options."""
        one = self.added.add_parser(
            name, help=about, description=f"{about[0].upper()}{about[1:]}.",
            epilog=f"Example: {self.asked} {name} {example}".strip(),
        )  # fmt: skip
        folder = os.environ.get("HOTSPOTS_WORKSPACE") or "workspace"
        one.add_argument("--workspace", type=Path, default=Path(folder), metavar="DIR", help=f"default: {folder}")
        if out:
            one.add_argument("--out", type=Path, metavar="FILE", help="write there instead of to standard output")
        one.set_defaults(run=run)
        return one


class Behind(argparse._SubParsersAction):
    """Verbs, and words behind a verb; refuses options before a word, where they would be lost."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        for action in parser._actions:
            asked = getattr(namespace, action.dest, action.default)
            if action.option_strings and action.dest != "help" and asked != action.default:
                parser.error(
                    f"write {action.option_strings[0]} behind the word: {parser.prog.split()[-1]} {values[0]} …"
                )
        super().__call__(parser, namespace, values, option)


def question_of(asked: argparse.Namespace) -> Question:
    """The question asked by the options of `add_question` or `add_selection`, and --weights where the verb has it."""
    from hotspots.ranking.question import Question

    top = getattr(asked, "top", None)
    if top is not None and top < 1:
        raise HotspotsError(f"--top is {top}; it must be at least 1.")
    by = getattr(asked, "by", DEFAULT_METHOD).replace("_", "-")
    return built(Question, asked, by=by)


def built(kind: type[Kind], asked: argparse.Namespace, **more: object) -> Kind:
    """A question of this kind: its fields are the options of the same names, and ``more``."""
    names = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    return kind(**{**{n: v for n, v in vars(asked).items() if n in names}, **more})


def say(*lines: str) -> None:
    """Lines of progress or report, on standard error."""
    for line in lines:
        print(line, file=sys.stderr)


def put_table(asked: argparse.Namespace, table: pd.DataFrame, facts: dict[str, Any] | None = None) -> None:
    """A table in the format and to the place asked for: `hotspots.exports.as_text`."""
    from hotspots.exports import as_text

    put_out(as_text(table, asked.format, facts), asked.out)


def put_out(text: str, out: Path | None) -> None:
    """To the file, whole or not at all, or to standard output."""
    if out is None:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
        return
    try:
        disk.write_whole(out, text.encode())
    except OSError as error:
        raise HotspotsError(f"{out} cannot be written: {error.strerror or error}.") from error


def refuse_out(out: Path | None) -> None:
    """HotspotsError where a result could not be written to this file."""
    if out is None:
        return
    if not out.parent.is_dir():
        raise HotspotsError(f"{out} cannot be written: there is no folder {out.parent}.")
    if out.is_dir():
        raise HotspotsError(f"{out} cannot be written: it is a folder. Give the name of a file.")
    aside = disk.aside_of(out)
    try:
        aside.touch()
    except OSError as error:
        raise HotspotsError(f"{out} cannot be written: {error.strerror or error}.") from error
    finally:
        disk.remove(aside)
