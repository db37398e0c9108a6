"""Stays from positions: ``python -m benchmarks.dosage [--sizes 10m 100m] [--rounds N] [--ways …] [--write]``.

Positions are made up: 500 units, one position every 30 s round the clock, on random walks between 20 hot spots of three
cells and elsewhere, so that about 8% lie inside; some drive through, some are on calls, signal is lost now and then;
nobody turns back into a hot spot just left, so that no two stays overlap. One Parquet file per patrol day, sorted by
unit and time as the import writes them: 7 days are some 10 million positions, 70 days 100 million.

All ways read the same files and do the same work: the stays by the whole rule of docs/method.md at the default
settings (gaps, edges, credit, cut at 06:00, calls and driving apart), and what coverage is told from (every unit's
positions by patrol day and BCU, and its silences). They are held to each other: number of stays, seconds,
officer-seconds, stays on calls and stays that move, unit-days, positions by BCU, silences and their seconds must be
equal, to the half second, or the run stops.

- ``ours``: `hotspots.patrols.visits.presence_of_files` and `hotspots.patrols.visits.stays`, on DuckDB.
- ``pandas``: what a careful analyst would write: sort, shift by unit, running sum of breaks, groupby.
- ``polars``: the same, lazy, on its streaming engine.
- ``spark``: ours again, on Spark inside this machine; needs Java and pyspark, one run.

Each run is a process of its own, the ways take turns, a first round does not count (with fewer than three rounds all
count). 100 million positions take pandas and polars well over 10 GB: there only ours runs unless ``--ways`` says more.
``--write`` keeps the figures in benchmarks/results.json and writes docs/benchmarks.md anew.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.measure import Run, by_turns, ratio, run, summary

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import polars as pl

FIRST_DAY = "2026-09-01"  # with 70 days the autumn clock change lies in the window
SECONDS = 30  # between two positions of a unit
AREAS, CELLS_EACH = 20, 3
ELSEWHERE_RINGS = 115  # about 40,000 cells round Preston
INSIDE_STEPS, OUTSIDE_STEPS = 24, 215  # mean length of a stretch: 12 minutes inside, nearly two hours outside
DRIVING = 0.25  # of the stretches inside
COLUMNS = ["unit", "t", "cell_10", "speed_kmh", "on_call", "officers", "bcu"]  # that all ways read
GAP, CREDIT, EDGE, STATIONARY = 300, 300, 90, 7.0  # the default settings, in seconds and km/h
OURS, PEERS = "ours", ("pandas", "polars")
FASTER, MEMORY_MB, GROWTH, LARGE_MEMORY_MB = 2.0, 600, 12.0, 2_000  # targets


class Size(NamedTuple):
    days: int
    units: int
    rounds: int
    ways: tuple[str, ...]


SIZES = {
    "trial": Size(2, 18, 1, (OURS, *PEERS)),  # some 100,000 positions
    "10m": Size(7, 500, 5, (OURS, *PEERS)),
    "100m": Size(70, 500, 2, (OURS,)),
}

# ---------------------------------------------------------------- positions


def hot_cells() -> tuple[dict[int, str], list[int]]:
    """(cell → hot spot, 60 cells in all; the cells elsewhere)."""
    from h3.api import basic_int as h3

    disk = sorted(h3.grid_disk(h3.latlng_to_cell(53.7590, -2.6990, 10), ELSEWHERE_RINGS))
    step = len(disk) // AREAS
    hot = {disk[i * step + k]: f"Spot-{i + 1:02d}" for i in range(AREAS) for k in range(CELLS_EACH)}
    return hot, [cell for cell in disk if cell not in hot]


class Walk:
    """500 units that go in and out of hot spots, one step every 30 seconds; all units take a step at once."""

    def __init__(self, units: int, seed: int = 1) -> None:
        import numpy as np

        self.rng = np.random.default_rng(seed)
        hot, elsewhere = hot_cells()
        self.hot = np.array(list(hot), dtype=np.int64).reshape(AREAS, CELLS_EACH)
        self.elsewhere = np.array(elsewhere, dtype=np.int64)
        self.unit = np.unique(self.rng.integers(1, 2**62, units))
        self.officers = self.rng.integers(1, 3, units).astype(np.int16)
        self.bcu = self.rng.integers(1, 4, units).astype(np.int8)
        self.area = np.full(units, -1)
        self.place = self.rng.integers(0, len(elsewhere), units)
        self.driving, self.on_call, self.lost = (np.zeros(units, dtype=bool) for _ in range(3))

    def step(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """(cell, speed, on_call, sent) of every unit."""
        import numpy as np

        rng, n = self.rng, len(self.unit)
        chance = rng.random((6, n))
        inside = self.area >= 0
        leaves = inside & (chance[0] < np.where(self.driving, 1 / 3, 1 / INSIDE_STEPS))
        enters = ~inside & (chance[0] < 1 / OUTSIDE_STEPS) | leaves & (chance[1] < 0.05)  # some go to the next one
        following = np.where(inside, (self.area + 1) % AREAS, rng.integers(0, AREAS, n))
        self.area = np.where(enters, following, np.where(leaves, -1, self.area))
        self.driving = np.where(enters, chance[2] < DRIVING, self.driving)
        self.on_call = np.where(self.on_call, chance[3] > 1 / 40, chance[3] < 1 / 200)
        self.lost = np.where(self.lost, chance[4] > 1 / 16, chance[4] < 1 / 2000)
        self.place = (self.place + rng.integers(-40, 41, n)) % len(self.elsewhere)
        here = (self.area >= 0) & (chance[5] > 0.03)  # a position at the edge may fall outside
        cell = np.where(here, self.hot[self.area, rng.integers(0, CELLS_EACH, n)], self.elsewhere[self.place])
        fast = self.driving | (self.area < 0) & (chance[1] > 0.4)
        speed = np.where(fast, 12 + 40 * chance[2], 6 * chance[2])
        return cell, np.where(chance[1] < 0.02, np.nan, speed), self.on_call, ~self.lost


def make(folder: str, days: str, units: str) -> dict[str, Any]:
    """Write the files, a patrol day at a time; the answer is the number of positions and of those inside."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    start = perf_counter()
    walk, turns = Walk(int(units)), turns_of(int(days))
    phase = walk.rng.integers(0, SECONDS, len(walk.unit))
    rows = inside = 0
    for day in range(int(days)):
        ticks = np.arange(turns[day], turns[day + 1], SECONDS)
        cell, speed, on_call, sent = (
            np.stack(part, axis=1) for part in zip(*(walk.step() for _ in ticks), strict=True)
        )
        t = np.broadcast_to(ticks, sent.shape) + phase[:, None]
        fixed = (walk.unit, walk.officers, walk.bcu)
        unit, officers, bcu = (np.broadcast_to(column[:, None], sent.shape) for column in fixed)
        east, north = (walk.rng.normal(place, 0.0005, sent.shape).round(6) for place in (-2.699, 53.759))
        columns = (unit, t, cell, speed.astype(np.float32), on_call, officers, bcu, east, north)
        names = (*COLUMNS, "lon", "lat")
        table = pa.table(dict(zip(names, (pa.array(c[sent], from_pandas=True) for c in columns), strict=True)))
        pq.write_table(table, Path(folder) / f"{day:03d}.parquet", compression="zstd")
        rows += len(table)
        inside += int(np.isin(cell[sent], walk.hot).sum())
    return {"seconds": perf_counter() - start, "answer": [rows, inside]}


def turns_of(days: int) -> np.ndarray:
    """UTC seconds at which the patrol days of the files start, and the end of the last."""
    from datetime import date, timedelta

    from hotspots.base.clock import day_starts
    from hotspots.base.settings import Settings

    first = date.fromisoformat(FIRST_DAY)
    return day_starts(first, first + timedelta(days=days - 1), Settings())


def files_in(folder: str) -> list[str]:
    return sorted(str(path) for path in Path(folder).glob("*.parquet"))


# ---------------------------------------------------------------- ours


def ours(folder: str, engine: str = "duckdb://") -> dict[str, Any]:
    import duckdb  # noqa: F401 – imported by the function itself; the library's import is not the measure
    import ibis  # noqa: F401

    from hotspots.base.settings import Settings
    from hotspots.patrols import visits

    settings, (cells, _) = Settings(), hot_cells()
    files = [Path(f) for f in files_in(folder)]
    start = perf_counter()
    found = visits.presence_of_files(files, cells, "cell_10", settings, engine)
    table = visits.stays(visits.joined_overnight(found, settings), visits.codes_of(cells))
    seconds = perf_counter() - start
    by_bcu = [found.unit_days[f"n_{bcu}"].sum() for bcu in (1, 2, 3)]
    return {"seconds": seconds, "answer": answer(table, len(found.unit_days), by_bcu, found.silences)}


def spark(folder: str) -> dict[str, Any]:
    return ours(folder, "spark-local")


# ---------------------------------------------------------------- the peers


def pandas(folder: str) -> dict[str, Any]:
    import pandas as pd

    (cells, _), files = hot_cells(), files_in(folder)
    turns = turns_of(len(files))
    pd.read_parquet(files[0], columns=["t"]).head(0)  # loads what reads Parquet
    start = perf_counter()
    rows = pandas_positions(files, cells, turns)
    days, silences = pandas_coverage(rows)
    table = pandas_stays(rows, turns)
    seconds = perf_counter() - start
    return {"seconds": seconds, "answer": answer(table, len(days), [days[b].sum() for b in (1, 2, 3)], silences)}


def pandas_positions(files: list[str], cells: dict[int, str], turns: np.ndarray) -> pd.DataFrame:
    """All positions in one frame, sorted, with their patrol day and the unit's positions before and after."""
    import numpy as np
    import pandas as pd

    rows = pd.concat([pd.read_parquet(f, columns=COLUMNS) for f in files])
    rows = rows.sort_values(["unit", "t"], ignore_index=True)
    rows["day"] = np.searchsorted(turns, rows["t"], side="right") - 1
    code = pd.Series({cell: int(area[-2:]) for cell, area in cells.items()})
    area = rows.pop("cell_10").map(code)
    rows["place"] = (2 * area + rows.pop("on_call")).fillna(-1).astype("int16")
    by_unit = rows.groupby("unit")
    for side, by in (("before", 1), ("after", -1)):
        rows[f"t_{side}"] = by_unit["t"].shift(by)
        rows[f"place_{side}"] = by_unit["place"].shift(by, fill_value=-1)
    return rows


def pandas_coverage(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(first, last and number of positions of each unit and day, by BCU; the silences)."""
    by_day = rows.groupby(["day", "unit"])
    days = by_day.agg(first_t=("t", "min"), last_t=("t", "max"), n=("t", "size"))
    days = days.join(rows.groupby(["day", "unit", "bcu"]).size().unstack(fill_value=0))
    silent = rows[(rows["t"] - rows["t_before"] > GAP) & (rows["day"] == rows["day"].shift(1))]
    return days, silent[["day", "unit", "t_before", "t"]].set_axis(["day", "unit", "from_t", "to_t"], axis=1)


def pandas_stays(rows: pd.DataFrame, turns: np.ndarray) -> pd.DataFrame:
    """Running sum of the breaks between positions inside, and groupby."""
    import numpy as np
    import pandas as pd

    inside = rows[rows["place"] >= 0].rename_axis("at").reset_index()
    last = inside.groupby("unit")[["at", "t", "place", "day", "officers"]].shift(1)
    apart = inside["t"] - last["t"]
    limit = np.where(inside["at"] - last["at"] == 1, GAP, EDGE)
    same = (inside["place"] == last["place"]) & (inside["day"] == last["day"]) & (apart <= limit)
    ends = ~same.shift(-1, fill_value=False)
    room = (inside["t"] - turns[inside["day"]], turns[inside["day"] + 1] - inside["t"])
    before, after = (
        pandas_edge(which, away, inside["place"] == inside[f"place_{side}"], space)
        for which, away, side, space in (
            (~same, inside["t"] - inside["t_before"], "before", room[0]),
            (ends, inside["t_after"] - inside["t"], "after", room[1]),
        )
    )
    between = (apart.clip(upper=CREDIT) / 2 * (inside["officers"] + last["officers"])).where(same, 0)
    table = pd.DataFrame(
        {
            "unit": inside["unit"],
            "place": inside["place"],
            "day": inside["day"],
            "start": inside["t"] - before,
            "end": inside["t"] + after,
            "officer_seconds": between + (before + after) * inside["officers"],
            "slow": inside["speed_kmh"] <= STATIONARY,
            "known": inside["speed_kmh"].notna(),
        }
    )
    found = table.groupby((~same).cumsum()).agg(
        unit=("unit", "first"), place=("place", "first"), day=("day", "first"), start=("start", "first"),
        end=("end", "last"), officer_seconds=("officer_seconds", "sum"), slow=("slow", "sum"),
        known=("known", "sum"), n_pings=("known", "size"),
    )  # fmt: skip
    return found.assign(moving=2 * found["slow"] < found["known"], reactive=found["place"] % 2 == 1)


def pandas_edge(at_edge: pd.Series, apart: pd.Series, goes_on: pd.Series, room: pd.Series) -> pd.Series:
    """Seconds credited beyond the first or last position of a stay; ``goes_on``: only 06:00 cuts it there."""
    half = apart.clip(upper=CREDIT) / 2
    reach = apart.where(goes_on & (apart <= CREDIT), half)
    return reach.where(reach <= room, room).where(at_edge & (apart <= GAP), 0.0)


def polars(folder: str) -> dict[str, Any]:
    import polars as pl

    (cells, _), files = hot_cells(), files_in(folder)
    turns = turns_of(len(files))
    pl.scan_parquet(files[0]).head(1).collect()
    start = perf_counter()
    rows = polars_positions(files, cells, turns)
    asked = [polars_stays(rows, turns), *polars_coverage(rows)]
    table, days, silences = pl.collect_all(asked, engine="streaming")
    seconds = perf_counter() - start
    by_bcu = [days[f"n_{b}"].sum() for b in (1, 2, 3)]
    return {"seconds": seconds, "answer": answer(table, len(days), by_bcu, silences)}


def polars_positions(files: list[str], cells: dict[int, str], turns: np.ndarray) -> pl.LazyFrame:
    """As `pandas_positions`."""
    import polars as pl

    c = pl.col
    code = {cell: int(area[-2:]) for cell, area in cells.items()}
    area = c("cell_10").replace_strict(code, default=None, return_dtype=pl.Int16)
    place = (2 * area + c("on_call").cast(pl.Int16)).fill_null(-1)
    day = c("t").cut(turns[1:-1].tolist(), left_closed=True).to_physical().cast(pl.Int16)
    return (
        pl.scan_parquet(files)
        .select("unit", "t", "speed_kmh", "officers", "bcu", place=place, day=day)
        .sort("unit", "t")
        .with_row_index("at")
        .with_columns(
            t_before=of_unit("t", 1),
            t_after=of_unit("t", -1),
            place_before=of_unit("place", 1),
            place_after=of_unit("place", -1),
            day_before=of_unit("day", 1),
        )
    )


def polars_coverage(rows: pl.LazyFrame) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """As `pandas_coverage`."""
    import polars as pl

    c = pl.col
    by_bcu = {f"n_{b}": (c("bcu") == b).sum() for b in (1, 2, 3)}
    days = rows.group_by("day", "unit").agg(first_t=c("t").min(), last_t=c("t").max(), n=pl.len(), **by_bcu)
    silent = rows.filter((c("t") - c("t_before") > GAP) & (c("day") == c("day_before")))
    return days, silent.select("day", "unit", from_t="t_before", to_t="t")


def polars_stays(rows: pl.LazyFrame, turns: np.ndarray) -> pl.LazyFrame:
    """As `pandas_stays`."""
    import polars as pl

    c = pl.col
    inside = rows.filter(c("place") >= 0)
    apart = c("t") - of_unit("t", 1)
    limit = pl.when(c("at") - of_unit("at", 1) == 1).then(GAP).otherwise(EDGE)
    same = (c("place") == of_unit("place", 1)) & (c("day") == of_unit("day", 1)) & (apart <= limit)
    starts, ends = (c("day").replace_strict(dict(enumerate(t.tolist()))) for t in (turns[:-1], turns[1:]))
    return (
        inside.with_columns(same=same.fill_null(False), officers_last=of_unit("officers", 1), apart=apart)
        .with_columns(first=~c("same"), last=~c("same").shift(-1, fill_value=False))
        .with_columns(
            before=polars_edge("first", c("t") - c("t_before"), "place_before", c("t") - starts),
            after=polars_edge("last", c("t_after") - c("t"), "place_after", ends - c("t")),
            between=pl.when("same").then(c("apart").clip(upper_bound=CREDIT) / 2).otherwise(0.0),
            stay=c("first").cum_sum(),
        )
        .group_by("stay")
        .agg(
            c("unit", "day").first(),
            reactive=c("place").min() % 2 == 1,
            start=(c("t") - c("before")).min(),
            end=(c("t") + c("after")).max(),
            officer_seconds=(
                c("between") * (c("officers") + c("officers_last").fill_null(0))
                + (c("before") + c("after")) * c("officers")
            ).sum(),
            moving=2 * (c("speed_kmh") <= STATIONARY).sum() < c("speed_kmh").count(),
            n_pings=pl.len(),
        )
    )


def of_unit(column: str, by: int) -> pl.Expr:
    """The value ``by`` rows before, where that is the same unit's; rows are sorted by unit."""
    import polars as pl

    return pl.when(pl.col("unit") == pl.col("unit").shift(by)).then(pl.col(column).shift(by))


def polars_edge(at_edge: str, apart: pl.Expr, beside: str, room: pl.Expr) -> pl.Expr:
    """As `pandas_edge`."""
    import polars as pl

    half = apart.clip(upper_bound=CREDIT) / 2
    goes_on = (pl.col("place") == pl.col(beside)) & (apart <= CREDIT)
    reach = pl.min_horizontal(pl.when(goes_on).then(apart).otherwise(half), room)
    return pl.when(pl.col(at_edge) & (apart <= GAP)).then(reach).otherwise(0.0)


def answer(stays: Any, unit_days: int, by_bcu: list[Any], silences: Any) -> list[int]:
    """What the ways are held to, in whole numbers.

    Stays, half seconds, half officer-seconds, stays on calls, stays that move; unit-days, positions in each BCU,
    silences, their seconds.
    """
    doubled = (2 * (stays["end"] - stays["start"]).sum(), 2 * stays["officer_seconds"].sum())
    kinds = (stays["reactive"].sum(), stays["moving"].sum())
    silent = (len(silences), (silences["to_t"] - silences["from_t"]).sum())
    return [len(stays), *(round(float(f)) for f in (*doubled, *kinds, unit_days, *by_bcu, *silent))]


# ---------------------------------------------------------------- measuring


def measure(size: str, scratch: Path, rounds: int = 0, ways: tuple[str, ...] = ()) -> dict[str, Any]:
    """Every way on one size, in turn, each run in a process of its own."""
    planned = SIZES[size]
    rounds, ways = rounds or planned.rounds, ways or planned.ways
    folder = scratch / size
    folder.mkdir()
    rows, inside = task("make", str(folder), str(planned.days), str(planned.units)).answer
    found = by_turns({w: in_turn(w, folder) for w in ways if w != "spark"}, rounds, warm=rounds > 2)
    if "spark" in ways:
        found["spark"] = [task("spark", str(folder))]
    hold(found)
    return {
        "rows": rows,
        "inside": inside,
        "days": planned.days,
        "units": planned.units,
        "rounds": rounds,
        "stays": found[ways[0]][0].answer[0],
        "ways": {w: summary(runs) for w, runs in found.items()},
        "ratio": {w: ratio(found[w], found[OURS], "inside") for w in PEERS if w in found and OURS in found},
    }


def in_turn(way: str, folder: Path) -> Callable[[], Run]:
    return lambda: task(way, str(folder))


def task(*arguments: str) -> Run:
    """One of `TASKS`, in a process of its own."""
    return run(["benchmarks.dosage", "--task", *arguments])


def hold(found: dict[str, list[Run]]) -> None:
    """Stop unless every run of every way gave the same figures."""
    answers = {way: {tuple(r.answer) for r in runs} for way, runs in found.items()}
    if len(set().union(*answers.values())) > 1:
        raise RuntimeError(f"the ways do not give the same stays: {answers}")


# ---------------------------------------------------------------- telling

NAMES = {
    OURS: "`hotspots.patrols.visits`, DuckDB",
    "pandas": "pandas: sort, shift, cumsum, groupby",
    "polars": "polars, lazy and streaming",
    "spark": "`hotspots.patrols.visits`, Spark in this machine, one run",
}


def section(found: dict[str, Any]) -> str:
    """The figures as Markdown, with their targets; the sizes that were not measured are left out."""
    from benchmarks.report import seconds

    about = ", ".join(f"{k} {v}" for k, v in found["machine"].items())
    lines = [
        "Written by `python -m benchmarks.dosage`. Positions are made up; all ways read the same files, one for each"
        " patrol day, follow the same rule, work out the coverage too, and give the same figures to the half second. "
        f"{about}. Seconds inside the process, *median (least–most)*.",
        "",
        "| positions | way | inside, s | processor, s | peak, MB | × ours |",
        "|---:|---|---:|---:|---:|---:|",
    ]
    for one in sizes_in(found):
        for way, f in one["ways"].items():
            times = "1.00" if way == OURS else f"{one['ratio'][way]:.2f}" if way in one["ratio"] else "–"
            # Spark works in processes of its own, which the system does not count to the one that asks.
            cpu, peak = ("–", "–") if way == "spark" else (seconds(f["cpu"]), f"{f['peak_mb'][2]:,.0f}")
            lines.append(f"| {one['rows']:,} | {NAMES[way]} | {seconds(f['inside'])} | {cpu} | {peak} | {times} |")
    lines += [
        f"\n{one['rows']:,} positions of {one['units']} units on {one['days']} patrol days:"
        f" {one['inside'] / one['rows']:.1%} inside, {one['stays']:,} stays; {one['rounds']} rounds."
        for one in sizes_in(found)
    ]
    return "\n".join([*lines, "", *target_lines(found)]) + "\n"


def sizes_in(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [found[size] for size in SIZES if size in found]


def target_lines(found: dict[str, Any]) -> list[str]:
    """Each target that can be told, with its figure."""
    rows: list[tuple[str, str, bool]] = []
    small, large = (found.get(size, {}) for size in ("10m", "100m"))
    if "pandas" in small.get("ratio", {}):
        times = small["ratio"]["pandas"]
        rows.append(("10 million: at least twice as fast as pandas", f"{times:.2f} ×", times >= FASTER))
    if small:
        peak = small["ways"][OURS]["peak_mb"][2]
        rows.append(("10 million: under 600 MB", f"{peak:,.0f} MB", peak < MEMORY_MB))
    if large:
        peak = large["ways"][OURS]["peak_mb"][2]
        rows.append(("100 million: under 2 GB", f"{peak:,.0f} MB", peak < LARGE_MEMORY_MB))
    if small and large:
        times = large["ways"][OURS]["inside"][0] / small["ways"][OURS]["inside"][0]
        rows.append(("100 million: under 12 × the time of 10 million", f"{times:.1f} ×", times < GROWTH))
    if not rows:
        return []
    table = [f"| {target} | {value} | {'met' if met else '**missed**'} |" for target, value, met in rows]
    return ["| target | measured | |", "|---|---:|---|", *table]


def keep(found: dict[str, Any]) -> None:
    """Put the figures into benchmarks/results.json, beside sizes measured before, and write docs/benchmarks.md."""
    from benchmarks import report
    from benchmarks.__main__ import PAGE, RESULTS

    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    results["dosage"] = results.get("dosage", {}) | found
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(report.render(results), encoding="utf-8")


TASKS: dict[str, Callable[..., dict[str, Any]]] = {
    "make": make, "ours": ours, "spark": spark, "pandas": pandas, "polars": polars,
}  # fmt: skip


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m benchmarks.dosage", description="Measure stays from positions.")
    asked.add_argument("--sizes", nargs="+", choices=SIZES, default=["10m"], help="trial is 100,000 (default: 10m)")
    asked.add_argument("--rounds", type=int, default=0, metavar="N", help="that count (default: 5; 2 for 100m)")
    asked.add_argument("--ways", nargs="+", choices=NAMES, default=[], help="(default: ours and peers; ours for 100m)")
    asked.add_argument("--scratch", type=Path, help="where files may be written (2 GB for 100m)")
    asked.add_argument("--write", action="store_true", help="keep the figures and write docs/benchmarks.md")
    given = asked.parse_args()
    from benchmarks.report import machine

    here = machine()
    here["software"] += "".join(f", {name} {version(name)}" for name in ("duckdb", "ibis-framework", "polars"))
    found: dict[str, Any] = {"machine": here}
    if given.scratch:
        given.scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=given.scratch) as scratch:
        for size in given.sizes:
            print(f"{size} …", file=sys.stderr)
            found[size] = measure(size, Path(scratch), given.rounds, tuple(given.ways))
    if given.write:
        keep(found)
    print(section(found))
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--task"]:
        print(json.dumps(TASKS[sys.argv[2]](*sys.argv[3:])))
    else:
        sys.exit(main())
