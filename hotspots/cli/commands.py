"""The reference of all verbs as Markdown, generated from the parser: ``python -m hotspots.cli.commands``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from hotspots.cli.main import parser

COMMON = ("help", "workspace")  # the same for every verb: said once
HEAD = """\
# Commands

Generated from the command line itself by `make docs`; do not edit.

`python -m hotspots VERB` gives everything that the pages show, by the same functions. Every verb takes `--help` and
`--workspace DIR` (else the variable `HOTSPOTS_WORKSPACE`, else the folder `workspace`). Results go to standard output
or to `--out FILE`; progress, reports and warnings go to standard error. Exit status: 0 done, 1 the input or the request
is wrong (said in sentences; nothing is half-written), 2 wrong usage. Options of a word stand behind the word.

Selections, methods and weight sets are explained in [method.md](method.md), every column in
[data_dictionary.md](data_dictionary.md). For those who script it: verbs, options and columns keep their names, and new
columns come at the end.
"""


def verbs(of: argparse.ArgumentParser | None = None) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every verb and word with its parser, in order: 'areas', 'areas freeze', …"""
    for action in (of or parser())._actions:
        if isinstance(action, argparse._SubParsersAction):
            for one in action.choices.values():
                yield one.prog.partition(" hotspots ")[2], one
                yield from verbs(one)


def commands() -> str:
    """The whole page."""
    found = list(verbs())
    lines = [HEAD, "| verb | does |", "|---|---|"]
    lines += [f"| [`{name}`](#{name.replace(' ', '-')}) | {one.description} |" for name, one in found]
    for name, one in found:
        example = str(one.epilog).removeprefix("Example: ")
        lines += ["", f"## {name}", "", str(one.description), "", "```", example, "```"]
        rows = [row(action) for action in sorted(filter(asked, one._actions), key=place)]
        if rows:
            lines += ["", "| option | default | meaning |", "|---|---|---|", *rows]
    return "\n".join(lines) + "\n"


def asked(action: argparse.Action) -> bool:
    hidden = action.dest in COMMON or action.help == argparse.SUPPRESS
    return not hidden and not isinstance(action, argparse._SubParsersAction)


def place(action: argparse.Action) -> tuple[bool, bool]:
    """Arguments first, --out last."""
    return bool(action.option_strings), action.dest == "out"


def row(action: argparse.Action) -> str:
    """An option or argument: how it is written, what holds without it, what it means."""
    meaning, _, default = (str(action.help) % vars(action)).partition("default: ")
    names = " ".join([*action.option_strings, value(action)]).strip().replace("|", r"\|")
    choices = ", ".join(f"`{c}`" for c in action.choices or () if c)
    meaning = ": ".join(filter(None, (meaning.rstrip("; "), choices)))
    return f"| `{names}` | {'needed' if action.required else default} | {meaning} |"


def value(action: argparse.Action) -> str:
    """What stands behind an option: 'FILE', 'SET …', '[AHEAD]', or nothing."""
    if action.nargs == 0:
        return ""
    name = str(action.metavar or ("" if action.choices and action.option_strings else action.dest.upper()))
    return {"+": f"{name} …", "?": f"[{name}]"}.get(str(action.nargs), name)


if __name__ == "__main__":
    print(commands(), end="")
