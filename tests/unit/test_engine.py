"""One expression, two engines: the same rows from DuckDB and from Spark."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hotspots.base.choices import DEFAULT_ENGINE
from hotspots.base.clock import day_number, day_numbers, day_starts
from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.patrols.engine import SPARK_LOCAL, engine, read_files
from hotspots.patrols.presence import NEAR, UNIT_DAYS, Presence, asked, clock_pieces
from hotspots.patrols.scanning import scanned
from hotspots.patrols.visits import BATCH_ROWS, batches, codes_of, presence_of_files, span_of, together

SETTINGS = Settings(frozen_minutes=5.0)  # so that some of the positions stand still for so long
# A few thousand rows are not worth compiling for: what is asked stays the same.
QUICK_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
QUICK_SPARK = " ".join(
    f"--conf spark.sql.{name}"
    for name in ("codegen.wholeStage=false", "codegen.factoryMode=NO_CODEGEN", "adaptive.enabled=false")
)
CELLS = {100 + i: f"area {i // 3}" for i in range(12)}
MASKED = {3: "yard", 4: "garage"}  # by cell_11: a fifth of all positions, in hot spots and outside


def presence(files: list[Path], url: str = DEFAULT_ENGINE) -> Presence:
    return presence_of_files(files, CELLS, "cell_10", SETTINGS, url, MASKED)


def write_days(folder: Path, first: str, days: int, units: int = 9, seed: int = 3) -> list[Path]:
    """Random positions, a file a patrol day: every rule of the expression has something to do."""
    rng = np.random.default_rng(seed)
    start = day_number(first)
    from hotspots.base.clock import EPOCH

    span = [EPOCH + np.timedelta64(start, "D").item(), EPOCH + np.timedelta64(start + days - 1, "D").item()]
    edges = day_starts(span[0], span[1], SETTINGS)
    files = []
    for i in range(days):
        rows = []
        for unit in range(1, units + 1):
            gaps = rng.choice([1, 29, 30, 30, 60, 89, 90, 91, 240, 300, 301, 900], size=600)
            t = int(edges[i]) + int(rng.integers(0, 200)) + np.cumsum(gaps)
            t = t[t < edges[i + 1]]
            cell = np.repeat(rng.integers(98, 114, size=len(t) // 4 + 1), 4)[: len(t)]
            speed = rng.choice([0.0, 6.9, 7.0, 7.1, 40.0, np.nan], size=len(t)).astype("float32")
            rows.append(pd.DataFrame({
                "unit": unit, "t": t, "lon": -2.7 + 0.001 * cell, "lat": 53.76,
                "cell_10": cell, "cell_11": cell // 3 % 10,
                "bcu": rng.integers(0, 4, len(t)).astype("int8"),
                "speed_kmh": speed, "on_call": rng.random(len(t)) < 0.1,
                "officers": rng.integers(1, 4, len(t)).astype("int16"),
            }))  # fmt: skip
        file = folder / f"{i}.parquet"
        pd.concat(rows).to_parquet(file, index=False)
        files.append(file)
    return files


@pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java 17, which is not installed here")
def test_duckdb_and_spark_give_the_same_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Across the night on which the clocks go back, in days of 24 and of 25 hours."""
    pytest.importorskip("pyspark", reason="pyspark is an optional extra (requirements-spark.txt)")
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", QUICK_JAVA)
    monkeypatch.setenv("PYSPARK_SUBMIT_ARGS", f"{QUICK_SPARK} pyspark-shell")
    files = write_days(tmp_path, "2026-10-23", 3)
    here = presence(files)
    there = presence(files, SPARK_LOCAL)
    assert len(here.segments) > 300
    assert len(here.standstills) > 30
    for name in ("segments", "unit_days", "silences", "standstills"):
        pd.testing.assert_frame_equal(getattr(here, name), getattr(there, name))


MASKED = {50: "yard", 51: "yard", 60: "pumps"}


@pytest.mark.parametrize("masked", [{}, MASKED])
@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize("calls", [True, False])
def test_what_is_read_off_files_is_what_an_engine_is_asked_for(
    tmp_path: Path, masked: dict[int, str], shuffled: bool, calls: bool
) -> None:
    """Several days in one file too, over a change of the clock, with units that send rarely."""
    rng = np.random.default_rng(11)
    settings = replace(SETTINGS, exclude_on_call=calls)
    days = []
    for file in write_days(tmp_path, "2026-10-23", 3):
        rows = pd.read_parquet(file)
        days.append(rows[(rows["unit"] < 7) | (rng.random(len(rows)) < 0.2)])
    files = [tmp_path / "both.parquet", tmp_path / "last.parquet"]
    for file, rows in zip(files, (pd.concat(days[:2]).sort_values(["unit", "t"]), days[2]), strict=True):
        rows["cell_11"] = rng.integers(48, 64, len(rows))
        (rows.sample(frac=1, random_state=1) if shuffled else rows).to_parquet(file, index=False)
    names = sorted(set(CELLS.values()))
    codes = {c: names.index(a) for c, a in CELLS.items()}
    numbers = {place: i for i, place in enumerate(codes_of(CELLS, masked))}
    sites = {c: (numbers[names[0], s], numbers["", s]) for c, s in masked.items()}
    span = span_of(files)
    assert span is not None
    held = [(file, span_of([file])) for file in files]
    ((near, unit_days),) = scanned(held, codes, sites, settings, "cell_10")
    with engine() as backend:
        other, other_days = asked(backend, read_files(backend, files), codes, sites, span, settings, "cell_10")
        other = other.execute()
    keys = ["patrol_day", "unit", "t"]
    pd.testing.assert_frame_equal(
        near.to_pandas().sort_values(keys, ignore_index=True),
        other[list(NEAR)].sort_values(keys, ignore_index=True), check_dtype=False,
    )  # fmt: skip
    found = [d.sort_values(keys[:2], ignore_index=True).astype("int64") for d in (unit_days, other_days)]
    pd.testing.assert_frame_equal(found[0], found[1][list(found[0].columns)])
    assert (found[0]["gap_s"] > 300).any()
    assert (found[0]["gap_s"] == 300).any()


def test_a_file_too_large_to_be_read_whole_is_asked_of_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = write_days(tmp_path, "2026-03-27", 2)
    read = presence(files)
    monkeypatch.setattr("hotspots.patrols.visits.BATCH_ROWS", 10)
    monkeypatch.setattr("hotspots.patrols.visits.scanned", lambda held, *_: iter([None] * len(held)))  # none is left
    for name in ("segments", "unit_days", "silences", "standstills"):
        pd.testing.assert_frame_equal(getattr(presence(files), name), getattr(read, name))


def test_days_apart_give_what_days_together_give(tmp_path: Path) -> None:
    files = write_days(tmp_path, "2026-03-27", 4)
    whole = presence(files)
    apart = together([presence([f]) for f in reversed(files)])
    for name in ("segments", "unit_days", "silences", "standstills"):
        pd.testing.assert_frame_equal(getattr(whole, name), getattr(apart, name))


@pytest.mark.parametrize("first", ["2026-03-20", "2026-10-18", "2026-06-01", "2025-12-25"])
def test_patrol_days_are_those_of_the_calendar(tmp_path: Path, first: str) -> None:
    """The division that the engine does, against the table of day starts."""
    rng = np.random.default_rng(1)
    low = int(pd.Timestamp(first).timestamp())
    t = np.unique(rng.integers(low, low + 14 * 86_400, size=4_000))
    starts = day_starts(pd.Timestamp(first).date(), (pd.Timestamp(first) + pd.Timedelta(days=15)).date(), SETTINGS)
    t = np.unique(np.concatenate([t, starts[1:12], starts[1:12] - 1]))
    table = pd.DataFrame({
        "unit": np.arange(len(t)), "t": t, "lon": -2.7, "lat": 53.76, "cell_10": 1, "cell_11": 0, "bcu": np.int8(0),
        "speed_kmh": np.float32(0), "on_call": False, "officers": np.int16(1),
    })  # fmt: skip
    table.to_parquet(tmp_path / "all.parquet")
    found = presence([tmp_path / "all.parquet"]).unit_days.sort_values("unit")
    assert found["patrol_day"].tolist() == day_numbers(t, SETTINGS).tolist()


def test_a_year_has_three_runs_of_days_under_one_clock() -> None:
    span = (int(pd.Timestamp("2026-01-05").timestamp()), int(pd.Timestamp("2026-12-20").timestamp()))
    assert len(clock_pieces(span, SETTINGS)) == 3


def test_files_are_asked_about_in_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = write_days(tmp_path, "2026-06-01", 3, units=1)
    assert [len(b) for b in batches(files)] == [3]
    monkeypatch.setattr("hotspots.patrols.visits.BATCH_ROWS", 500)
    assert [len(b) for b in batches(files)] == [1, 1, 1]
    assert BATCH_ROWS > 1_000_000  # a lot of days of a small force, one of a large one


def test_an_empty_file_has_no_span_and_gives_nothing(tmp_path: Path) -> None:
    files = write_days(tmp_path, "2026-06-01", 1, units=1)
    empty = pd.read_parquet(files[0]).iloc[:0]
    empty.to_parquet(tmp_path / "none.parquet")
    assert span_of([tmp_path / "none.parquet"]) is None
    found = presence([tmp_path / "none.parquet"])
    assert found.segments.empty
    assert list(found.unit_days.columns) == list(UNIT_DAYS)


def test_spark_that_does_not_answer_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyspark", reason="pyspark is an optional extra (requirements-spark.txt)")

    def refuse(*_: object) -> None:
        raise RuntimeError("JAVA_HOME is not set\nand more")

    monkeypatch.setattr("hotspots.patrols.engine.built", refuse)
    told = r"Spark at spark://h:1 does not answer \(JAVA_HOME is not set\)"
    with pytest.raises(HotspotsError, match=told), engine("spark://h:1"):
        pass


def test_spark_that_is_not_installed_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(HotspotsError, match=r"Spark is not installed\. Install it with"), engine(SPARK_LOCAL):
        pass


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(HotspotsError, match="Engine 'oracle://' is not known"), engine("oracle://"):
        pass
