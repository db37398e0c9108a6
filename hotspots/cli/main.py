"""python -m hotspots VERB: everything the pages compute, by the same functions.

Results go to standard output or --out, progress and reports to standard error. Exit status: 0 done, 1 the input
or the request is wrong (said in sentences), 2 wrong usage.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from hotspots.base.errors import HotspotsError
from hotspots.cli import areas, backtest, change, dosage, intake, profile, rank, store, weights
from hotspots.cli.verbs import PROGRAM, Verb, Verbs, refuse_out


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit status."""
    if sys.platform == "win32":  # what goes to a file or another program would be in the code page of the machine
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(encoding="utf-8")
    try:
        run(arguments)
    except HotspotsError as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader (such as head) has had enough; nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def run(arguments: Sequence[str] | None) -> None:
    """Run one verb. Raises HotspotsError with what is wrong, SystemExit on wrong usage."""
    asked = parser().parse_args(arguments)
    refuse_out(getattr(asked, "out", None))  # before anything is worked out, or frozen for good
    asked.run(asked)


def parser() -> Verb:
    """Every verb with its options."""
    whole = Verb(prog=PROGRAM, description="Micro-hotspots of harm, from the command line.")
    verbs = Verbs(whole)
    for family in (intake, rank, areas, dosage, change, backtest):
        family.add_verbs(verbs)
    rank.add_insight(verbs)
    weights.add_verbs(verbs)
    profile.add_verbs(verbs)
    store.add_verbs(verbs)
    return whole
