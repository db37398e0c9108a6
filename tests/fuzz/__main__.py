"""python -m tests.fuzz: every source for so long, or so many files; what was found stays in tests/fuzz/found."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from itertools import islice

from tests.fuzz.harness import SECONDS, SLOW, attempt, cases, keep
from tests.fuzz.seeds import SOURCES


def run(source: str, seconds: float, most: int, seed: int) -> Counter[str]:
    """How many files of a source were taken, refused, and faults."""
    ended: Counter[str] = Counter()
    seen: set[str] = set()
    end = time.monotonic() + seconds
    for case in islice(cases(source, seed), most or None):
        outcome = attempt(case)
        if outcome.words.startswith(SLOW):
            outcome = attempt(case, 4 * SECONDS)  # others may have had the machine: a hang stays one
        ended[outcome.ended] += 1
        if outcome.ended == "fault":
            kind = outcome.words.strip().splitlines()[-1][:60]
            kept = keep(case, outcome)
            if kind not in seen:  # one of a kind
                print(f"{kept}: {kind}", flush=True)
            seen.add(kind)
        if time.monotonic() > end:
            break
    return ended


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--source", choices=SOURCES, action="append", help="default: each in turn")
    parser.add_argument("--seconds", type=float, default=600, help="for each source; default: 600")
    parser.add_argument("--most", type=int, default=0, metavar="N", help="files of each source; default: no limit")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="default: another each time")
    asked = parser.parse_args()
    faults = 0
    for source in asked.source or SOURCES:
        ended = run(source, asked.seconds, asked.most, asked.seed)
        print(f"{source}, seed {asked.seed}: {ended.total():,} files, {dict(ended)}", flush=True)
        faults += ended["fault"]
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
