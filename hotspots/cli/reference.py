"""The two pages of reference as Markdown: ``python -m hotspots.cli.reference commands``, or ``dictionary``.

Verbs are read from the parser, columns from `hotspots.base.columns`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

import pyarrow as pa

from hotspots.base import columns
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


def plain_type(kind: pa.DataType) -> str:
    """The type in an analyst's words."""
    if pa.types.is_boolean(kind):
        return "yes or no"
    if pa.types.is_integer(kind):
        return "whole number"
    if pa.types.is_floating(kind):
        return "number"
    return "date and time" if pa.types.is_timestamp(kind) else "text"


def dictionary() -> str:
    """Every table and column: type, unit, meaning."""
    tables = (
        ("Incidents (one row per offence on a record)", columns.INCIDENTS),
        ("Rank (one row per cell)", columns.RANK),
        ("Areas (one row per hot spot)", columns.AREAS),
        ("Frozen registers (`areas list`)", columns.AREA_REGISTERS),
        ("Cells excluded from areas (`areas list --excluded`)", columns.EXCLUSIONS),
        ("Back-test (one row per origin and method)", columns.BACKTEST),
        ("Concentration (one row per BCU, measure, period and share of area)", columns.CONCENTRATION),
        ("Near repeats (one row per ring and span of days)", columns.NEAR_REPEATS),
        ("Two weight sets compared (one row per cell in either top)", columns.COMPARISON),
        ("Robustness to the weights (one row per cell that reaches the top)", columns.ROBUSTNESS),
        ("Versions of weight sets (`weights list`)", columns.WEIGHT_VERSIONS),
        ("Changes of weights (`weights show NAME --history`, one row per weight changed)", columns.WEIGHT_AUDIT),
        ("Positions (one row per unit and second)", columns.PINGS),
        ("Patrol log (one row per entry)", columns.LOG_ENTRIES),
        ("Dosage (one row per hot spot and patrol day)", columns.DOSAGE),
        ("Dosage of a whole window (`dosage --table summary`, one row per hot spot)", columns.DOSE_SUMMARY),
        ("Visits (one row per visit)", columns.VISITS),
        ("Dose by hour of the week (one row per hot spot and hour)", columns.DOSE_HOURS),
        ("Coverage (one row per BCU and patrol day)", columns.COVERAGE),
        ("Shifts (`dosage --table shifts`, one row per unit and patrol day)", columns.SHIFTS),
        ("Logs against positions (one row per log entry)", columns.RECONCILED),
        ("Masks of sites, and liftings (`dosage masks`)", columns.MASKS),
        ("Masked sites (`dosage --table masks`, one row per site and hot spot)", columns.MASKED_SITES),
        ("Change (one row per measure, estimate and place)", columns.CHANGE),
        ("Change of single places (`change --table spots`, one row per place)", columns.CHANGE_SPOTS),
        ("Change by period (`change --table series`, one row per group and period)", columns.CHANGE_SERIES),
        ("Trend before the start (`change --table trend`, one row per block of periods)", columns.CHANGE_TREND),
        ("Cells of hot spots and rings (`change --table cells`, one row per cell)", columns.CHANGE_CELLS),
        ("Minutes beside outcomes (`change --table dose`, one row per term)", columns.CHANGE_DOSE),
        ("Dose and change of each hot spot (`change --table scatter`)", columns.CHANGE_SCATTER),
        ("Pairs of a match (`change match`, `change --table pairs`, one row per treated cell)", columns.CHANGE_PAIRS),
        ("Context lines (`change context`; what: with `--history` only)", columns.CONTEXT_HISTORY),
        ("Schedule of a trial (`change design`, one row per hot spot and patrol day)", columns.TRIAL_SCHEDULE),
        ("Balance of a trial (`change design --table balance`)", columns.TRIAL_BALANCE),
        ("Smallest fall that a trial would find (`change design --table effect`)", columns.TRIAL_EFFECT),
        ("What a trial shows (`change trial NAME`, one row per way of counting and measure)", columns.TRIAL),
        ("Days of a trial (`change trial NAME --table days`, one row per hot spot and patrol day)", columns.TRIAL_DAYS),
        ("Frozen matches and trial designs (`change matches`, `change designs`)", columns.CHANGE_FROZEN),
        ("Intake (one row per file and reason)", columns.INTAKE),
        ("Profile of a force (`profile`, one row per district)", columns.PROFILE),
    )
    lines = ["# Data dictionary", "", "Generated from `hotspots/base/columns.py` by `make docs`; do not edit.", ""]
    for title, fields in tables:
        lines += [f"## {title}", "", "| column | type | unit | meaning |", "|---|---|---|---|"]
        lines += [f"| `{c.name}` | {plain_type(c.type)} | {c.unit} | {c.meaning} |" for c in fields]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    print(dictionary() if sys.argv[1:] == ["dictionary"] else commands(), end="")
