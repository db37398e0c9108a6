"""How verbs are added to the program, and words to a verb."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

PROGRAM = "python -m hotspots"
Run = Callable[[argparse.Namespace], None]


class Verbs:
    """The verbs of the program, or the words behind one of them."""

    def __init__(self, above: argparse.ArgumentParser, required: bool = True) -> None:
        self.asked = above.prog
        name = "WORD" if self.asked != PROGRAM else "VERB"
        self.added = above.add_subparsers(dest=name.lower(), required=required, metavar=name, action=Behind)

    def add(self, name: str, run: Run | None, about: str, example: str = "", out: bool = True) -> Any:
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
