"""Running things in processes of their own, by turns, and what they took."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks.tasks import HOME


@dataclass(frozen=True)
class Run:
    """One process: wall-clock and processor seconds of all of it, its peak memory, and what it printed."""

    wall: float
    cpu: float
    peak_mb: float
    inside: float  # seconds it measured itself; nan where it did not
    answer: Any


def run(arguments: Sequence[str], is_task: bool = True) -> Run:
    """Run ``python -m ARGUMENTS`` and wait for it. Raises RuntimeError with what it said when it fails.

    The peak is the system's figure for that one process (wait4). A child begins with its parent's peak, so
    the process that runs this imports nothing large.
    """
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        start = perf_counter()
        process = subprocess.Popen([sys.executable, "-m", *arguments], cwd=HOME, stdout=out, stderr=err)
        _, status, used = os.wait4(process.pid, 0)
        wall = perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode != 0:
            raise RuntimeError(f"{' '.join(arguments[:3])} failed: {err.read()[-2000:]}")
        told = json.loads(out.read().splitlines()[-1]) if is_task else {}
    peak = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)  # macOS gives bytes, Linux KiB
    seconds = told.get("seconds", float("nan"))
    return Run(wall, used.ru_utime + used.ru_stime, peak / 1e6, seconds, told.get("answer"))


def task(*arguments: str) -> Run:
    """One task of benchmarks.tasks."""
    return run(["benchmarks.tasks", *arguments])


def command(*arguments: str) -> Run:
    """One verb of the command line, as a user runs it."""
    return run(["hotspots", *arguments], is_task=False)


def by_turns(ways: Mapping[str, Callable[[], Run]], rounds: int, warm: bool = True) -> dict[str, list[Run]]:
    """Every way once in each round, in turn, so that a slow minute of the machine falls on all of them.

    ``warm``: one round more at the start that does not count (file cache, compiled modules).
    """
    found: dict[str, list[Run]] = {name: [] for name in ways}
    for i in range(rounds + warm):
        for name, way in ways.items():
            done = way()
            if i >= warm:
                found[name].append(done)
    return found


def spread(values: Sequence[float]) -> list[float]:
    """[median, least, most]."""
    return [median(values), min(values), max(values)]


def ratio(runs: Sequence[Run], floor: Sequence[Run], measure: str) -> float:
    """Median over the rounds of one way's time over that of its floor in the same round."""
    return median(getattr(a, measure) / getattr(b, measure) for a, b in zip(runs, floor, strict=True))


def summary(runs: Sequence[Run]) -> dict[str, list[float]]:
    """Median, least and most of each measure of one way."""
    return {m: spread([getattr(r, m) for r in runs]) for m in ("inside", "wall", "cpu", "peak_mb")}
