"""benchmarks/results.json → docs/benchmarks.md. The date and the machine stand with every set of figures."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

LIBRARIES = ("numpy", "pandas", "pyarrow", "h3", "h3ronpy", "streamlit")
IMPORT_RATIO, MEMORY_MB, RANK_SECONDS, RERUN_SECONDS, MAP_BYTES = 3.0, 1_500, 1.0, 0.3, 1_000_000


def machine() -> dict[str, str]:
    """What the figures depend on; no names of hosts or folders."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": f"{cpu_model()}, {os.cpu_count()} cores, {memory:.0f} GB memory",
        "software": f"{platform.system()}, Python {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in LIBRARIES),
        "load": f"{os.getloadavg()[0]:.1f}",
    }


def cpu_model() -> str:
    info = Path("/proc/cpuinfo")
    for line in info.read_text().splitlines() if info.is_file() else []:
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def render(results: dict[str, dict[str, Any]]) -> str:
    """The whole page, as Markdown."""
    parts = [INTRODUCTION, "## Targets\n\n" + targets(results) + "\n" + REASONS]
    makers = {"import": import_section, "large": import_section, "rank": rank_section, "cells": cells_section,
              "page": page_section}  # fmt: skip
    for name, title in TITLES.items():
        body = makers[name](results[name]) if results.get(name) else "Not measured yet.\n"
        parts.append(f"## {title}\n\n{body}")
    if results.get("peers"):
        parts.append("## Ranking and Gi* against the peers\n\n" + peers_section(results["peers"]))
    if results.get("dosage"):
        from benchmarks import dosage

        parts.append("## Patrol dosage\n\n" + dosage.section(results["dosage"]))
    if results.get("change"):
        from benchmarks import change

        parts.append("## Change\n\n" + change.section(results["change"]))
    return "\n".join(parts)


def peers_section(found: dict[str, Any]) -> str:
    """Written by `python -m benchmarks.peers`."""
    about = ", ".join(f"{k} {v}" for k, v in found["machine"].items() if k != "load")
    gi, draws = found["gi"], found["draws"]
    ours = sum(gi["seconds"][step][0] for step in ("ours_adjacency", "ours_z"))
    peer = sum(gi["seconds"][step][0] for step in ("peer_dict", "peer_w", "peer_z"))
    rows = [
        ("Gi* with its neighbours", f"{gi['cells']:,} cells, simulated", ours, "esda, weights object", peer,
         gi["ratio"]["with_weights"]),
        ("expected harm, 1,000 draws", f"{draws['cells']:,} cells, five bands, simulated",
         draws["seconds"]["draws_1000"][0], "–", None, None),
    ]  # fmt: skip
    for name, what in (("year", "violence, a year"), ("all", "all offences, 31 months")):
        if name in found:
            one = found[name]
            seconds = one["seconds"]
            rows.append(
                ("the whole ranking, 1,000 draws", f"{what}: {one['rows']:,} rows, {one['cells']:,} cells",
                 seconds["library"][0], "a notebook with pandas, h3 and esda", seconds["notebook"][0],
                 one["ratio"]["wall"])
            )  # fmt: skip
    lines = ["| what | data | seconds | peer | its seconds | ratio |", "|---|---|---:|---|---:|---:|"]
    for what, data, mine, name, theirs, ratio in rows:
        told = ("–", "–") if theirs is None else (f"{theirs:.2f}", f"{ratio:.0f}×")
        lines.append(f"| {what} | {data} | {mine:.2f} | {name} | {told[0]} | {told[1]} |")
    return (
        f"Written by `python -m benchmarks.peers --workspace DIR`. {about}. Medians, the ways taking turns; counts,"
        " harm, z and q of both are held equal. Reading files and naming places is in neither. Targets: 20× for Gi* and"
        " for the ranking, a second for the draws.\n\n" + "\n".join(lines) + "\n"
    )


TITLES = {
    "import": "Importing the 32-month archive",
    "large": "Importing ten million rows",
    "rank": "Ranking one BCU",
    "cells": "Points to cells",
    "page": "The Hot spots page",
}

INTRODUCTION = """# Benchmarks

Written by `python -m benchmarks` (`make bench`); `--large` measures ten million rows as well, in some minutes.
Figures from another machine are other figures: what carries over are the ratios. Every run is a process of its
own. The ways of one table take turns, round by round, so that a slow minute of the machine falls on all of them;
a first round does not count. Seconds are *median (least–most)*. A ratio is the median over the rounds of one way
against its floor or peer in the same round. "Inside" is measured within the process once the libraries are
imported; "whole process" is what a user waits for; "processor" is the processor time of the whole process; "peak"
is the system's figure for its memory. Ways of doing the same are held to the same result, or the run stops.
"""

REASONS = """What moves these figures. `rank` answers without SQL until somebody edits weights; from then on loading
SQLAlchemy and the set costs about 0.25 s more. The import figures were taken while other work shared the machine (its
load stands with each table), so the ratios of processor time are the steadier ones. Maps draw at most the first 3,200
cells; the table and the downloads have all.

New weights (`python -m benchmarks.reweigh WORKSPACE`; 17,997 cells of the real archive, all months, 340,930 rows of the
cube; medians of seven): scoring, ranking and comparing under another set 0.011–0.012 s from counts that are held and
0.022–0.023 s from the cube (target 0.05 s); 500 draws of the weights 0.49 s (harm), 0.66 s (square root), 0.80 s (cap)
(target 2 s). Each result is held to the ranking itself, or the run stops.
"""


def seconds(figures: list[float]) -> str:
    """0.85 (0.80–0.91)"""
    digits = 1 if figures[0] >= 10 else 2 if figures[0] >= 0.1 else 3
    return f"{figures[0]:.{digits}f} ({figures[1]:.{digits}f}–{figures[2]:.{digits}f})"


def about(figures: dict[str, Any]) -> str:
    m = figures["machine"]
    return (
        f"*{m['date']}; {m['processor']}; {m['software']}. Load of the machine at the start: {m['load']}."
        f" {figures['rounds']} rounds; data: {figures.get('data', 'as above')}.*\n"
    )


def way(name: str, figures: dict[str, list[float]], *ratios: float | None) -> str:
    """One line of a table: the four measures, then ratios."""
    inside = seconds(figures["inside"]) if figures["inside"][0] == figures["inside"][0] else "–"
    cells = [name, inside, seconds(figures["wall"]), seconds(figures["cpu"]), f"{figures['peak_mb'][2]:,.0f}"]
    return "| " + " | ".join([*cells, *("–" if r is None else f"{r:.2f}" for r in ratios)]) + " |\n"


HEADS = ("way", "inside, s", "whole process, s", "processor, s", "peak, MB")


def heading(*more: str) -> str:
    names = (*HEADS, *more)
    return "| " + " | ".join(names) + " |\n|" + "---|" + "---:|" * (len(names) - 1) + "\n"


def import_section(f: dict[str, Any]) -> str:
    return (
        about(f)
        + f"\n{f['rows']:,} rows in 32 CSV files of one zip. The floor reads them with pyarrow and indexes every"
        " located row with h3ronpy at resolution 10, and does nothing else. The import checks every row, places it at"
        " three resolutions, in district and BCU, finds repeats and breaks, and writes the workspace; the command also"
        " counts what the workspace then holds.\n\n"
        + heading("× floor, inside", "× floor, whole process", "× floor, processor")
        + way("floor", f["floor"], 1, 1, 1)
        + way("`import_files`", f["ours"], f["ratio_inside"], None, None)
        + way("`python -m hotspots import`", f["command"], None, f["ratio_wall"], f["ratio_cpu"])
    )


def rank_section(f: dict[str, Any]) -> str:
    return (
        about(f)
        + f"\n{f['incidents']:,} incidents in {f['cells']:,} cells of one BCU, twelve months, the default selection and"
        " weights. The peer is plain pandas: read one Parquet file of incidents that are already placed and counted"
        " once each (prepared from the CSVs without our import), filter, group by cell, sort. Counts and harm of every"
        " cell are the same. Ours also merges published repeats, finds each cell's one BCU, scores by the weight set,"
        " and names and measures the cells.\n\n"
        + heading("× pandas, inside", "× pandas, whole process")
        + way("plain pandas", f["pandas"], 1, 1)
        + way("`rank_workspace`", f["ours"], f["ratio_inside"], None)
        + way("`python -m hotspots rank`", f["command"], None, f["ratio_wall"])
    )


def cells_section(f: dict[str, Any]) -> str:
    return (
        about(f)
        + f"\n{f['rows']:,} located rows on {f['distinct']:,} distinct points, resolution 10; all three give the same"
        " cells. Ours indexes each distinct point once with plain `h3`, after checking that it is on the globe.\n\n"
        + heading("× h3ronpy, inside")
        + way("comprehension over `h3.api.basic_int`", f["cells_plain"], f["ratio_cells_plain"])
        + way("h3ronpy, every row", f["cells_h3ronpy"], 1)
        + way("`geography.cells_at`", f["cells_ours"], f["ratio_cells_ours"])
    )


def page_section(f: dict[str, Any]) -> str:
    lines = "".join(
        f"| {name} | {seconds(f[d]['first'])} | {seconds(f[d]['again'])} | {seconds(f[d]['changed'])}"
        f" | {f[d]['map_bytes'] / 1000:,.0f} | {f[d]['peak_mb'][2]:,.0f} |\n"
        for d, name in (("webgl", "deck.gl"), ("svg", "SVG"))
    )
    return (
        about(f) + "\nScript time in Streamlit's test harness, without the browser's own drawing. All three BCUs; "
        '"first" is the first visit of a new server, "rerun" a run with nothing changed (any click that asks nothing'
        ' new), "another BCU" one that nobody has asked for since the data changed.\n\n'
        "| map | first, s | rerun, s | another BCU, s | map, kB | peak, MB |\n|---|---:|---:|---:|---:|---:|\n" + lines
    )


def targets(results: dict[str, dict[str, Any]]) -> str:
    """Every target with its figure, and in words what missed."""
    rows = target_rows(results)
    if not rows:
        return "Nothing measured yet.\n"
    table = "| target | measured | |\n|---|---:|---|\n"
    table += "".join(f"| {t} | {value} | {'met' if met else '**missed**'} |\n" for t, value, met in rows)
    missed = [f"{t} ({value})" for t, value, met in rows if not met]
    words = "Missed: " + "; ".join(missed) + "." if missed else "All targets that were measured are met."
    absent = [TITLES[n] for n in TITLES if not results.get(n)]
    return table + "\n" + words + (f" Not measured: {'; '.join(absent)}." if absent else "") + "\n"


def target_rows(results: dict[str, dict[str, Any]]) -> list[tuple[str, str, bool]]:
    rows: list[tuple[str, str, bool]] = []
    for name, what in (("import", "32 months"), ("large", "ten million rows")):
        f = results.get(name)
        if f:
            for key, how in (("ratio_inside", "inside"), ("ratio_wall", "whole process"), ("ratio_cpu", "processor")):
                rows.append((f"import of {what}, {how}: at most 3 × floor", f"{f[key]:.2f} ×", f[key] <= IMPORT_RATIO))
            peak = f["command"]["peak_mb"][2]
            rows.append((f"import of {what}: peak under 1.5 GB", f"{peak / 1000:.2f} GB", peak < MEMORY_MB))
    if results.get("rank"):
        wall = results["rank"]["command"]["wall"][0]
        rows.append(("`python -m hotspots rank`: under 1 s", f"{wall:.2f} s", wall < RANK_SECONDS))
    if results.get("page"):
        for d, name in (("webgl", "deck.gl"), ("svg", "SVG")):
            f = results["page"][d]
            for key, how in (("again", "rerun"), ("changed", "another BCU")):
                rows.append((f"{name} page, {how}: under 0.3 s", f"{f[key][0]:.2f} s", f[key][0] < RERUN_SECONDS))
            size = f["map_bytes"]
            rows.append((f"{name} map: under 1 MB", f"{size / 1e6:.2f} MB", size < MAP_BYTES))
    return rows
