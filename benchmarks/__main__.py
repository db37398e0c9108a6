"""``python -m benchmarks``: measure, keep the figures in benchmarks/results.json, write docs/benchmarks.md."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import report, suites
from benchmarks.measure import task
from benchmarks.tasks import HOME

RESULTS = HOME / "benchmarks" / "results.json"
PAGE = HOME / "docs" / "benchmarks.md"
SUITES = ("import", "rank", "cells", "page")


def main() -> int:
    asked = arguments()
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        archive, data = the_archive(scratch)
        for name, measure in chosen_suites(asked, archive, scratch).items():
            say(f"{name} …")
            machine = report.machine()
            figures = measure()
            if figures:
                made_up = f"synthetic, {suites.LARGE:,} rows on 60,000 map points"
                results[name] = {**figures, "machine": machine, "data": made_up if name == "large" else data}
            else:
                say(f"{name}: there is no {suites.PAGE} yet, so nothing was measured.")
            RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
            PAGE.parent.mkdir(exist_ok=True)
            PAGE.write_text(report.render(results), encoding="utf-8")
    say(report.targets(results))
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure, and write docs/benchmarks.md.")
    parser.add_argument("--rounds", type=int, default=7, metavar="N", help="rounds that count (default: 7)")
    parser.add_argument("--large", action="store_true", help="import ten million rows as well (3 rounds, minutes)")
    parser.add_argument("--only", nargs="*", choices=SUITES, default=SUITES, help="measure these; others keep figures")
    asked = parser.parse_args()
    if asked.rounds < 1:
        parser.error("--rounds must be at least 1")
    return asked


def the_archive(scratch: Path) -> tuple[Path, str]:
    """The real archive and its name, or a synthetic one of the same layout and size."""
    real = suites.real_archive()
    if real:
        return real, "the real archive, Lancashire 2019-12 to 2022-10"
    say("The real archive is not there (HOTSPOTS_SHARED_DATA names its folder): a synthetic one is used.")
    task("make_archive", str(scratch / "archive.zip"), str(suites.SMALL))
    return scratch / "archive.zip", "synthetic, of the real archive's layout and size"


def chosen_suites(asked: argparse.Namespace, archive: Path, scratch: Path) -> dict[str, Callable[[], dict[str, Any]]]:
    """What is to be measured, in order; a workspace is made for those that need one."""
    workspace = scratch / "workspace"
    if {"rank", "page"} & set(asked.only):
        suites.make_workspace(archive, workspace)

    def large() -> dict[str, Any]:
        task("make_archive", str(scratch / "large.zip"), str(suites.LARGE))
        return suites.importing(scratch / "large.zip", scratch, min(asked.rounds, 3), warm=False)

    every: dict[str, Callable[[], dict[str, Any]]] = {
        "import": lambda: suites.importing(archive, scratch, asked.rounds),
        "rank": lambda: suites.ranking(archive, workspace, scratch, asked.rounds),
        "cells": lambda: suites.cells(archive, scratch, asked.rounds),
        "page": lambda: suites.page(workspace, asked.rounds),
    }
    return {n: m for n, m in every.items() if n in asked.only} | ({"large": large} if asked.large else {})


def say(line: str) -> None:
    print(line, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
