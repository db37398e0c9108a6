"""Which ways are set side by side. Every suite returns plain numbers for benchmarks.report."""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.measure import Run, by_turns, command, ratio, run, spread, summary, task
from benchmarks.tasks import BCU, HOME

ARCHIVE = "police_uk/lancashire_2019-12_to_2022-10.zip"
SMALL, LARGE = 564_082, 10_000_000
PAGE = "pages/1_Hot_spots.py"


def real_archive() -> Path | None:
    """The real archive of 32 months, outside the repository, if it is there."""
    folder = Path(os.environ.get("HOTSPOTS_SHARED_DATA", HOME.parent / "shared" / "data"))
    return folder / ARCHIVE if (folder / ARCHIVE).is_file() else None


def hold(ways: dict[str, Sequence[Run]], what: str) -> None:
    """Stop unless every run of every way gave the same answer."""
    answers = [r.answer for runs in ways.values() for r in runs]
    if any(a != answers[0] for a in answers):
        raise RuntimeError(f"{what}: {' and '.join(ways)} do not give the same result")


def importing(archive: Path, scratch: Path, rounds: int, warm: bool = True) -> dict[str, Any]:
    """The whole import against reading and indexing alone; the command line's process against the floor's."""

    def fresh(way: str) -> Run:
        folder = scratch / "import"
        shutil.rmtree(folder, ignore_errors=True)
        if way == "ours":
            return task("import_ours", str(archive), str(folder))
        return command("import", str(archive), "--source", "police-uk", "--workspace", str(folder))

    found = by_turns(
        {
            "floor": lambda: task("import_floor", str(archive)),
            "ours": lambda: fresh("ours"),
            "command": lambda: fresh("command"),
        },
        rounds,
        warm,
    )
    hold({"the floor": found["floor"], "the import": found["ours"]}, "Rows, located rows and cells by month")
    shutil.rmtree(scratch / "import", ignore_errors=True)
    floor = found["floor"]
    return {
        "rows": floor[0].answer[0],
        "rounds": rounds,
        **{name: summary(runs) for name, runs in found.items()},
        "ratio_inside": ratio(found["ours"], floor, "inside"),
        "ratio_wall": ratio(found["command"], floor, "wall"),
        "ratio_cpu": ratio(found["command"], floor, "cpu"),
    }


def ranking(archive: Path, workspace: Path, scratch: Path, rounds: int) -> dict[str, Any]:
    """The ranking of one BCU against plain pandas on incidents prepared without our import."""
    task("prepare_peer", str(archive), str(scratch))
    out = str(scratch / "rank.csv")
    found = by_turns(
        {
            "pandas": lambda: task("rank_peer", str(scratch)),
            "ours": lambda: task("rank_ours", str(workspace)),
            "command": lambda: command("rank", "--bcu", BCU, "--workspace", str(workspace), "--out", out),
        },
        rounds,
    )
    for mine, theirs in zip(found["ours"], found["pandas"], strict=True):
        same_ranking(mine.answer, theirs.answer)
    return {
        "cells": len(found["ours"][0].answer),
        "incidents": int(sum(row[0] for row in found["ours"][0].answer.values())),
        "rounds": rounds,
        **{name: summary(runs) for name, runs in found.items()},
        "ratio_inside": ratio(found["ours"], found["pandas"], "inside"),
        "ratio_wall": ratio(found["command"], found["pandas"], "wall"),
    }


def same_ranking(mine: dict[str, list[float]], theirs: dict[str, list[float]]) -> None:
    """Same cells, same counts, and harm equal to the cent that ours is rounded to; otherwise RuntimeError."""
    if mine.keys() != theirs.keys():
        raise RuntimeError(f"ranking: the cells differ ({len(mine):,} and {len(theirs):,})")
    for cell, (n, *harm) in mine.items():
        if n != theirs[cell][0]:
            raise RuntimeError(f"ranking: {cell} has {n} incidents and in plain pandas {theirs[cell][0]}")
        if not all(math.isclose(a, b, abs_tol=0.00501) for a, b in zip(harm, theirs[cell][1:], strict=True)):
            raise RuntimeError(f"ranking: {cell} has harm {harm} and in plain pandas {theirs[cell][1:]}")


def cells(archive: Path, scratch: Path, rounds: int) -> dict[str, Any]:
    """Points to cells of resolution 10, three ways."""
    points = str(scratch / "points.npy")
    rows, distinct = task("save_points", str(archive), points).answer
    names = ("cells_plain", "cells_h3ronpy", "cells_ours")
    found = by_turns({n: (lambda n=n: task(n, points)) for n in names}, rounds)  # type: ignore[misc]
    hold(dict(found), "Cells")
    return {
        "rows": rows,
        "distinct": distinct,
        "rounds": rounds,
        **{n: summary(runs) for n, runs in found.items()},
        **{f"ratio_{n}": ratio(found[n], found["cells_h3ronpy"], "inside") for n in names},
    }


def page(workspace: Path, rounds: int) -> dict[str, Any]:
    """The Hot spots page, drawn both ways."""
    if not (HOME / PAGE).is_file():
        return {}
    ways = {d: (lambda d=d: task("page", PAGE, str(workspace), d)) for d in ("webgl", "svg")}
    found = by_turns(ways, rounds)
    return {"rounds": rounds} | {
        d: {
            "again": spread([r.inside for r in runs]),
            "first": spread([r.answer["first"] for r in runs]),
            "changed": spread([r.answer["changed"] for r in runs]),
            "map_bytes": runs[-1].answer["map_bytes"],
            "peak_mb": spread([r.peak_mb for r in runs]),
        }
        for d, runs in found.items()
    }


def make_workspace(archive: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    run(["hotspots", "import", str(archive), "--source", "police-uk", "--workspace", str(folder)], is_task=False)
