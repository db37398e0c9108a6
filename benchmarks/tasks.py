"""What is measured, each in a process of its own: ``python -m benchmarks.tasks NAME ARGUMENT…``.

Prints one line of JSON: ``seconds`` (inside the process, after the libraries are imported, unless said
otherwise) and ``answer``, by which two ways of doing the same are held to the same result. Answers are
worked out after the clock has stopped.
"""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

HOME = Path(__file__).resolve().parents[1]
BCU = "South"
TYPES = ("Violence and sexual offences", "Robbery")  # the default selection, without proactive offences


def make_archive(path: str, rows: str) -> dict[str, Any]:
    from benchmarks.archive import write_archive

    start = perf_counter()
    write_archive(Path(path), int(rows))
    return {"seconds": perf_counter() - start, "answer": int(rows)}


# ---------------------------------------------------------------- importing


def import_floor(archive: str) -> dict[str, Any]:
    """Read the CSVs with pyarrow and index every located row with h3ronpy at resolution 10; nothing else."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.csv
    from h3ronpy.vector import coordinates_to_cells  # type: ignore[import-untyped]

    start = perf_counter()
    rows, cells = 0, []
    with zipfile.ZipFile(archive) as file:
        for name in file.namelist():
            if name.endswith("street.csv"):
                table = pa.csv.read_csv(pa.BufferReader(file.read(name)))
                rows += len(table)
                located = table.select(["Longitude", "Latitude"]).drop_null()
                found = coordinates_to_cells(located["Latitude"].to_numpy(), located["Longitude"].to_numpy(), 10)
                cells.append(pa.array(found).to_numpy())
    seconds = perf_counter() - start
    checks = [int(np.bitwise_xor.reduce(c)) for c in cells]
    return {"seconds": seconds, "answer": [rows, sum(map(len, cells)), *sorted(checks)]}


def import_ours(archive: str, workspace: str) -> dict[str, Any]:
    """The whole import, as the page and the command line do it."""
    import numpy as np

    from hotspots.intake import (
        import_files,
        police_uk,  # noqa: F401 – import_files imports it when it needs it
    )
    from hotspots.store.workspace import read_part

    start = perf_counter()
    done = import_files(Path(workspace), [Path(archive)], "police-uk")
    seconds = perf_counter() - start
    located, checks = 0, []
    for part in done.workspace.manifest.parts:
        cells = read_part(done.workspace, part, ["cell_10"])["cell_10"].to_numpy().astype(np.uint64)
        located += int(np.count_nonzero(cells))
        checks.append(int(np.bitwise_xor.reduce(cells)))
    return {"seconds": seconds, "answer": [sum(r.read for r in done.reports), located, *sorted(checks)]}


# ---------------------------------------------------------------- points to cells


def save_points(archive: str, path: str) -> dict[str, Any]:
    """Longitude and latitude of every located row, as one NumPy file."""
    import numpy as np
    import pandas as pd

    with zipfile.ZipFile(archive) as file:
        names = sorted(n for n in file.namelist() if n.endswith("street.csv"))
        tables = [pd.read_csv(file.open(n), usecols=["Longitude", "Latitude"]) for n in names]
    points = pd.concat(tables)[["Longitude", "Latitude"]].dropna().to_numpy().T.copy()
    np.save(path, points)
    return {"seconds": 0.0, "answer": [points.shape[1], len(np.unique(points, axis=1).T)]}


def cells_ours(path: str) -> dict[str, Any]:
    import pandas  # noqa: F401 – imported by the function itself; the library's import is not the measure

    from hotspots.geography import cells_at

    return timed_cells(path, lambda lon, lat: cells_at(lon, lat, 10))


def cells_h3ronpy(path: str) -> dict[str, Any]:
    import pyarrow as pa
    from h3ronpy.vector import coordinates_to_cells

    return timed_cells(path, lambda lon, lat: pa.array(coordinates_to_cells(lat, lon, 10)).to_numpy())


def cells_plain(path: str) -> dict[str, Any]:
    import numpy as np
    from h3.api import basic_int as h3

    def plain(lon: Any, lat: Any) -> Any:
        index = h3.latlng_to_cell
        return np.array([index(b, a, 10) for a, b in zip(lon.tolist(), lat.tolist(), strict=True)], dtype=np.int64)

    return timed_cells(path, plain)


def timed_cells(path: str, index: Callable[[Any, Any], Any]) -> dict[str, Any]:
    from hashlib import sha256

    import numpy as np

    lon, lat = np.load(path)
    start = perf_counter()
    cells = index(lon, lat)
    seconds = perf_counter() - start
    return {"seconds": seconds, "answer": [len(cells), sha256(cells.astype("<u8").tobytes()).hexdigest()]}


# ---------------------------------------------------------------- ranking


def prepare_peer(archive: str, folder: str) -> dict[str, Any]:
    """Incidents for the plain pandas ranking, worked out from the CSVs without our import: once each, with a cell.

    Writes incidents.parquet (month, crime_type, cell, inside the force) and cells.parquet (cell, bcu).
    """
    import numpy as np
    import pandas as pd
    from h3.api import basic_int as h3

    from hotspots.geography import cell_districts, load_cover

    with zipfile.ZipFile(archive) as file:
        names = sorted(n for n in file.namelist() if n.endswith("street.csv"))
        rows = pd.concat([pd.read_csv(file.open(n)) for n in names], ignore_index=True)
    rows["month"] = rows["Month"].str.replace("-", "").astype(int)
    known = rows[rows["Crime ID"].notna()].sort_values("month", kind="stable")
    once = known.groupby(["Crime ID", "Crime type"], sort=False)[["month", "Longitude", "Latitude"]].first()
    incidents = pd.concat([rows[rows["Crime ID"].isna()], once.reset_index()], ignore_index=True)
    incidents = incidents[incidents["Longitude"].notna()]
    points = incidents[["Longitude", "Latitude"]].drop_duplicates()
    points["cell"] = [h3.latlng_to_cell(b, a, 10) for a, b in zip(points["Longitude"], points["Latitude"], strict=True)]
    points["inside"] = load_cover().district_of(points["Longitude"], points["Latitude"]) >= 0
    incidents = incidents.merge(points, on=["Longitude", "Latitude"], validate="many_to_one")
    table = incidents[["month", "Crime type", "cell", "inside"]].rename(columns={"Crime type": "crime_type"})
    table.to_parquet(Path(folder) / "incidents.parquet", index=False)
    cover = load_cover()
    cells = np.unique(table.loc[table["inside"], "cell"])
    bcus = np.array([*cover.bcus, ""], dtype=object)[cell_districts(cells, cover)]
    pd.DataFrame({"cell": cells, "bcu": bcus.astype(str)}).to_parquet(Path(folder) / "cells.parquet", index=False)
    return {"seconds": 0.0, "answer": len(table)}


def rank_peer(folder: str) -> dict[str, Any]:
    """Read the prepared Parquet, filter, group by cell, sort: what a careful analyst would write in pandas."""
    import numpy as np
    import pandas as pd

    start = perf_counter()
    rows = pd.read_parquet(Path(folder) / "incidents.parquet")
    bcus = pd.read_parquet(Path(folder) / "cells.parquet").set_index("cell")["bcu"]
    weights = pd.read_csv(HOME / "data" / "weights" / "policeuk-proxy-2026.csv").set_index("crime_type")["days"]
    last = int(rows["month"].max())
    first = last - 11 if last % 100 == 12 else last - 99  # twelve months: 202301 to 202312, 202111 to 202210
    rows = rows[rows["inside"] & rows["month"].between(first, last) & rows["crime_type"].isin(TYPES)]
    rows = rows[rows["cell"].map(bcus) == BCU]
    days = rows["crime_type"].map(weights)
    rows = rows.assign(harm_days=days, harm_sqrt=np.sqrt(days))
    ranked = rows.groupby("cell").agg(
        n_incidents=("month", "size"), harm_days=("harm_days", "sum"), harm_sqrt=("harm_sqrt", "sum")
    )
    ranked = ranked.reset_index().sort_values(
        ["harm_sqrt", "harm_days", "n_incidents", "cell"], ascending=[False, False, False, True], kind="stable"
    )
    seconds = perf_counter() - start
    ranked["cell"] = [f"{cell:x}" for cell in ranked["cell"]]
    return {"seconds": seconds, "answer": by_cell(ranked)}


def rank_ours(workspace: str) -> dict[str, Any]:
    from hotspots.ranking.pipeline import rank_workspace
    from hotspots.ranking.question import Question

    start = perf_counter()
    answer = rank_workspace(Path(workspace), Question(bcu=BCU))
    seconds = perf_counter() - start
    return {"seconds": seconds, "answer": by_cell(answer.table)}


def by_cell(ranked: Any) -> dict[str, list[float]]:
    """cell → incidents, harm days and square-root harm, for comparing two rankings."""
    columns = ("n_incidents", "harm_days", "harm_sqrt")
    return {row[0]: list(row[1:]) for row in zip(ranked["cell"], *(ranked[c].tolist() for c in columns), strict=True)}


# ---------------------------------------------------------------- the page


def page(script: str, workspace: str, drawing: str) -> dict[str, Any]:
    """Script time of the Hot spots page, all BCUs, in Streamlit's own test harness, and the bytes of its map.

    ``drawing``: webgl or svg, as if the browser had said so. ``seconds`` is the median of seven reruns with
    nothing changed; the answer has the first run, the median with another BCU, not asked for before, and the bytes.
    """
    import os
    from statistics import median

    from streamlit.testing.v1 import AppTest

    from hotspots.ui.components import WEBGL

    os.environ["HOTSPOTS_WORKSPACE"] = workspace
    app = AppTest.from_file(str(HOME / "app.py"), default_timeout=60)
    app.session_state[f"held_{WEBGL}"] = drawing == "webgl"
    app.run()
    first = timed_run(app.switch_page(script))
    again = [timed_run(app) for _ in range(7)]
    kind = "deck_gl_json_chart" if drawing == "webgl" else "bidi_component"
    size = max(chart.proto.ByteSize() for chart in app.get(kind))
    other = []
    for bcu in ("West", "South", "East"):
        app.selectbox(key="_bcu").set_value(bcu)
        other.append(timed_run(next(b for b in app.button if b.label == "Apply").click()))
    answer = {"first": first, "changed": median(other), "map_bytes": size}
    return {"seconds": median(again), "answer": answer}


def timed_run(app: Any) -> float:
    start = perf_counter()
    done = app.run()
    seconds = perf_counter() - start
    if done.exception or done.error:
        raise RuntimeError([e.value for e in (*done.exception, *done.error)])
    return seconds


TASKS: dict[str, Callable[..., dict[str, Any]]] = {
    task.__name__: task
    for task in (
        make_archive, import_floor, import_ours, save_points, cells_ours, cells_h3ronpy, cells_plain,
        prepare_peer, rank_peer, rank_ours, page,
    )
}  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](*sys.argv[2:])))
