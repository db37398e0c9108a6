"""Positions: however they are split, shuffled or repeated, the workspace holds the same and loses nothing."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.base.identity import SECRET
from hotspots.intake import Imported, import_files
from hotspots.intake.ping_days import jumps_of, metres_between
from hotspots.store.workspace import open_workspace
from tests.conftest import examples

SIX = 1_772_344_800  # 2026-03-01 06:00: two patrol days meet
KEY = "5c" * 32
PLACES = [(-2.7, 53.76), (-2.7004, 53.7601), (-2.6996, 53.76), (-3.05, 53.81), (0.0, 0.0), (-2.7, 3.76), (None, 53.76)]
SAID = [(4.2, "patrol", 2), (None, "at scene", None), (0.0, None, 2)]  # speed, status, officers
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "unit": st.sampled_from(["PC1", "PC1", "PC2", ""]),
            "time": st.sampled_from([*(SIX + 20 * i for i in range(-3, 7)), None, 99]),
            "place": st.sampled_from([*PLACES[:3] * 4, *PLACES[3:]]),
            "said": st.sampled_from([*[(None, None, None)] * 4, *SAID]),
        }
    ),
    min_size=4,
    max_size=40,
)  # fmt: skip
SCHEMA = pa.schema(
    [("unit", pa.string()), ("time", pa.int64()), ("longitude", pa.float64()), ("latitude", pa.float64()),
     ("speed", pa.float64()), ("status", pa.string()), ("officers", pa.int16())]
)  # fmt: skip


@contextmanager
def workspace(*_: object) -> Iterator[Path]:
    """An empty workspace whose key is known, so that two of them hash alike."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / SECRET).write_text(KEY + "\n", encoding="ascii")
        # One bad coordinate out of few is no reason to refuse the import here: that is a rule of its own.
        (Path(folder) / "settings.toml").write_text("bad_coordinate_share = 1.0\n", encoding="utf-8")
        yield Path(folder)


def file(name: str, rows: Sequence[dict]) -> tuple[str, bytes]:
    flat = [dict(zip(SCHEMA.names, (r["unit"], r["time"], *r["place"], *r["said"]), strict=True)) for r in rows]
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(flat, schema=SCHEMA), out)
    return name, out.getvalue()


GOOD = {"unit": "PC9", "time": SIX, "place": PLACES[0], "said": (None, None, None)}


def stored(folder: Path) -> dict[str, bytes]:
    """The bytes of each patrol day."""
    return {d.day: (folder / d.file).read_bytes() for d in open_workspace(folder).manifest.ping_days}


def totals(imported: Imported) -> dict[str, int]:
    names = ("read", "accepted", "updated", "unchanged", "repeated", "quarantined")
    return {n: sum(getattr(r, n) for r in imported.reports) for n in names}


@settings(max_examples=examples(80))
@given(rows=ROWS, data=st.data())
def test_splitting_and_shuffling_change_no_byte(rows, data):
    rows = [GOOD, *rows]
    mixed = data.draw(st.permutations(rows))
    number = data.draw(st.lists(st.integers(0, 3), min_size=len(rows), max_size=len(rows)))
    parts = [[r for r, k in zip(mixed, number, strict=True) if k == i] for i in range(4)]
    with workspace(1) as one, workspace(2) as other:
        whole = import_files(one, [file("all.parquet", rows)], "pings")
        split = import_files(other, [file(f"{i}.parquet", p) for i, p in enumerate(parts) if p], "pings")
        assert stored(one) == stored(other)
        assert totals(whole) == totals(split)


@settings(max_examples=examples(40))
@given(rows=ROWS)
def test_counts_add_up_and_importing_again_changes_nothing(rows):
    with workspace() as folder:
        files = [file("a.parquet", [GOOD, *rows])]
        first = totals(import_files(folder, files, "pings"))
        manifest = open_workspace(folder).manifest
        assert first["read"] == 1 + len(rows) == first["accepted"] + first["repeated"] + first["quarantined"]
        assert sum(d.rows for d in manifest.ping_days) == first["accepted"]
        again = import_files(folder, files, "pings")
        assert not again.changed
        assert totals(again) == first | {"accepted": 0, "unchanged": first["accepted"]}
        assert open_workspace(folder).manifest == manifest


@settings(max_examples=examples(40))
@given(rows=ROWS, cut=st.integers(0, 40))
def test_every_day_is_sorted_with_one_position_of_a_unit_in_a_second(rows, cut):
    with workspace() as folder:
        for part in (rows[:cut], rows[cut:]):
            import_files(folder, [file("a.parquet", [GOOD, *part])], "pings")
        for day in open_workspace(folder).manifest.ping_days:
            table = pq.read_table(folder / day.file)
            keys = list(zip(table["unit"].to_pylist(), table["t"].to_pylist(), strict=True))
            assert keys == sorted(set(keys))
            assert len(keys) == day.rows
            assert 0 not in table["unit"].to_pylist()


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 400), st.sampled_from([0, 1])),
        max_size=40,
        unique_by=lambda r: r[:2],
    )
)
def test_jumps_never_take_a_whole_unit_and_none_where_nobody_is_too_fast(found):
    """Against a plain look at each unit: without a jump nothing is marked, and never everything."""
    rows = np.array(sorted(found), dtype=float).reshape(-1, 3)
    code, t, at = rows[:, 0].astype(int), rows[:, 1].astype(int) * 10, rows[:, 2]
    lon, lat = -2.7 + 0.1 * at, np.full(len(rows), 53.76)
    marked, _ = jumps_of(code, t, lon, lat, 200.0)
    for unit in set(code.tolist()):
        mine = code == unit
        assert not marked[mine].all()
        fast = [
            metres_between(lon[mine][i : i + 2], lat[mine][i : i + 2])[0] / (t[mine][i + 1] - t[mine][i]) * 3.6 > 200
            for i in range(mine.sum() - 1)
        ]
        if not any(fast):
            assert not marked[mine].any()
