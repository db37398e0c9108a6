"""Positions into the workspace: days, jumps, repeats, bad files, mends, and nothing half-done."""

from __future__ import annotations

import io
import os
import zipfile
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from hotspots import intake
from hotspots.base.columns import PINGS, schema
from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.base.writing import to_csv
from hotspots.cli.check import check_workspace
from hotspots.intake import import_files, ping_days
from hotspots.intake.ping_days import jumps_of
from hotspots.intake.ping_intervals import feed_words, usual_intervals
from hotspots.intake.pings import one_place
from hotspots.intake.quarantine import quarantined_rows
from hotspots.intake.report import headline, holdings, intake_table
from hotspots.sources.mapping import DEGREES, GRID
from hotspots.store.workspace import FileReport, open_workspace, read_pings
from tests.apart import at_once
from tests.samples import KENT, files_of, one_district

NOON = 1_772_366_400  # 2026-03-01 12:00 UTC
PRESTON, BLACKPOOL = (-2.7, 53.76), (-3.05, 53.81)  # 24 km apart
NAMES = ["PC9041 Okafor", "PC77 Ramsbottom"]


def row(unit: str = "A1", t: int = NOON, place: tuple[float, float] = PRESTON, **more) -> dict:
    return {"unit": unit, "time": t, "longitude": place[0], "latitude": place[1]} | more


def track(unit: str, n: int, start: int = NOON, place: tuple[float, float] = PRESTON, step: int = 30) -> list[dict]:
    """``n`` positions in one place."""
    return [row(unit, start + step * i, place) for i in range(n)]


def parquet(name: str, rows: list[dict]) -> tuple[str, bytes]:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), out)
    return name, out.getvalue()


def csv(name: str, rows: list[dict]) -> tuple[str, bytes]:
    out = io.BytesIO()
    pa.csv.write_csv(pa.Table.from_pylist(rows), out)
    return name, out.getvalue()


def held(folder: Path, columns: list[str] | None = None) -> list[dict]:
    return read_pings(open_workspace(folder), "0000-00-00", "9999-99-99", columns).to_pylist()


def counts(report: FileReport) -> tuple[int, ...]:
    return (report.read, report.accepted, report.updated, report.unchanged, report.repeated, report.quarantined)


def load(folder: Path, *files, **more):
    return import_files(folder, list(files), "pings", **more)


# ---------------------------------------------------------------- what is stored


def test_one_file_per_patrol_day_in_the_columns_promised(tmp_path):
    six = 1_772_344_800  # 2026-03-01 06:00 in London
    rows = [row("B1", six), row("A1", six - 1), row("A1", six + 30), row("A1", six)]
    imported = load(tmp_path, parquet("p.parquet", rows))
    days = imported.workspace.manifest.ping_days
    assert [(d.day, d.rows, d.units, d.came_from) for d in days] == [
        ("2026-02-28", 1, 1, "p.parquet"), ("2026-03-01", 3, 2, "p.parquet"),
    ]  # fmt: skip
    table = pq.read_table(tmp_path / days[1].file)
    assert table.schema.equals(schema(PINGS))
    assert sorted(table["t"].to_pylist()) == [six, six, six + 30]
    assert table.sort_by([("unit", "ascending"), ("t", "ascending")]).equals(table)
    assert read_pings(open_workspace(tmp_path), "2026-02-28", "2026-02-28", ["t"]).to_pylist() == [{"t": six - 1}]
    assert imported.workspace.manifest.kind == "real"
    assert check_workspace(tmp_path) == ([], [])


def test_an_import_without_one_usable_row_is_refused(tmp_path):
    rows = [row("A1", 9_000_000_000), row("A1", 9_000_000_001), row("", NOON)]
    with pytest.raises(HotspotsError, match=r"of 3 rows in 'p.csv' none can be used: a time in the future \(2 rows\)"):
        load(tmp_path, csv("p.csv", rows))


def test_units_of_a_day_that_differ_by_zeros_in_front_are_pointed_out(tmp_path):
    assert not any("zeros" in note for note in load(tmp_path, csv("p.csv", track("0017", 3))).notes)
    notes = load(tmp_path, csv("q.csv", track("17", 3, NOON + 600))).notes
    assert [n.split(" from")[0] for n in notes if "zeros" in n] == ["1 unit differs"]
    next_day = load(tmp_path, csv("r.csv", track("17", 3, NOON + 86_400))).notes
    assert not any("zeros" in note for note in next_day)


def test_cells_and_bcu_by_known_places(tmp_path):
    places = {"S1": PRESTON, "W1": BLACKPOOL, "E1": (-2.48, 53.75), "N1": (-2.24, 53.48)}  # Blackburn, Manchester
    load(tmp_path, csv("p.csv", [row(u, place=p) for u, p in places.items()]))
    found = {(r["lon"], r["lat"]): r for r in held(tmp_path)}
    assert [found[places[u]]["bcu"] for u in ("E1", "S1", "W1", "N1")] == [1, 2, 3, 0]
    for resolution, digit in ((9, "9"), (10, "a"), (11, "b")):
        assert all(f"{r[f'cell_{resolution}']:x}"[1] == digit for r in found.values())
    assert open_workspace(tmp_path).manifest.reports[0].hidden == {"outside the force area": 1}


def test_speeds_that_the_device_does_not_give_come_from_the_positions(tmp_path):
    north = (PRESTON[0], PRESTON[1] + 0.001)  # 111.2 m on a sphere of 6,371 km
    rows = [
        row(t=NOON), row(t=NOON + 60, place=north), row(t=NOON + 120, place=PRESTON, speed=5.04),
        row(t=NOON + 421, place=north), row(t=NOON + 721, place=north),
    ]  # fmt: skip
    load(tmp_path, csv("p.csv", [{"speed": None} | r for r in rows]))
    found = held(tmp_path)
    # 111.2 m in 60 s; given; 301 s after the one before: too long ago; 300 s: not
    assert [None if r["speed_kmh"] is None else round(r["speed_kmh"], 1) for r in found] == [None, 6.7, 5.0, None, 0.0]
    assert [r["speed_given"] for r in found] == [False, False, True, False, False]


def test_a_later_import_renews_the_derived_speeds_of_its_day(tmp_path):
    north = (PRESTON[0], PRESTON[1] + 0.001)
    load(tmp_path, csv("a.csv", [row(t=NOON), row(t=NOON + 120, place=north)]))
    assert held(tmp_path)[1]["speed_kmh"] == pytest.approx(3.3)
    load(tmp_path, csv("b.csv", [row(t=NOON + 60)]))
    assert [r["speed_kmh"] for r in held(tmp_path)[1:]] == [0.0, pytest.approx(6.7)]
    assert open_workspace(tmp_path).manifest.ping_days[0].came_from == "a.csv; b.csv"


def test_an_import_rewrites_only_the_days_it_touches(tmp_path):
    load(tmp_path, csv("a.csv", track("A1", 5)))
    before = open_workspace(tmp_path).manifest.ping_days[0]
    load(tmp_path, csv("b.csv", track("A1", 5, NOON + 86_400)))
    assert open_workspace(tmp_path).manifest.ping_days[0] == before


# ---------------------------------------------------------------- again, split, shuffled


def test_the_same_file_again_changes_nothing(tmp_path):
    rows = [*track("A1", 10), row("A1", NOON + 45, BLACKPOOL), *track("B1", 3), row("B1"), row("", NOON)]
    first = load(tmp_path, parquet("p.parquet", rows)).reports[0]
    assert counts(first) == (16, 13, 0, 0, 1, 2)
    before = files_of(tmp_path)
    again = load(tmp_path, parquet("p.parquet", rows))
    assert not again.changed
    assert counts(again.reports[0]) == (16, 0, 0, 13, 1, 2)
    assert files_of(tmp_path) == before


def test_another_file_with_held_rows_and_new_ones(tmp_path):
    load(tmp_path, csv("a.csv", track("A1", 4)))
    report = load(tmp_path, csv("b.csv", track("A1", 6))).reports[0]
    assert counts(report) == (6, 2, 0, 4, 0, 0)


def test_a_feed_that_says_more_updates_and_one_that_says_less_takes_nothing_away(tmp_path):
    load(tmp_path, csv("a.csv", track("A1", 2)))
    more = [r | {"status": "at scene", "speed": 3.0, "officers": 2} for r in track("A1", 2)]
    assert counts(load(tmp_path, csv("b.csv", more)).reports[0]) == (2, 0, 2, 0, 0, 0)
    said = [(r["on_call"], r["speed_kmh"], r["officers"], r["speed_given"]) for r in held(tmp_path)]
    assert said == [(True, 3.0, 2, True)] * 2
    assert not load(tmp_path, csv("a.csv", track("A1", 2))).changed
    assert [(r["on_call"], r["speed_kmh"], r["officers"], r["speed_given"]) for r in held(tmp_path)] == said


def test_the_same_second_at_two_places(tmp_path):
    near = (PRESTON[0] + 0.0001, PRESTON[1])
    report = load(tmp_path, csv("a.csv", [row(place=near), row(place=PRESTON), row(place=near)])).reports[0]
    assert counts(report) == (3, 1, 0, 0, 0, 2)
    assert report.reasons == {"the same unit and second are given at another place": 2}
    assert held(tmp_path, ["lon"]) == [{"lon": PRESTON[0]}]
    # What is held stays: only where both come at once does the place decide.
    west = (PRESTON[0] - 0.0001, PRESTON[1])
    assert counts(load(tmp_path, csv("b.csv", [row(place=west)])).reports[0]) == (1, 0, 0, 0, 0, 1)
    assert held(tmp_path, ["lon"]) == [{"lon": PRESTON[0]}]


def test_the_same_place_and_second_with_another_status(tmp_path):
    rows = [row(status="call"), row(status="free"), row(status="free")]
    report = load(tmp_path, csv("a.csv", rows)).reports[0]
    assert counts(report) == (3, 1, 0, 0, 1, 1)
    assert not held(tmp_path)[0]["on_call"]


# ---------------------------------------------------------------- jumps


def test_a_short_run_elsewhere_is_set_aside_and_a_long_one_believed(tmp_path):
    for n, kept in ((1, 20), (3, 20), (4, 24)):
        rows = [*track("A1", 10), *track("A1", n, NOON + 300, BLACKPOOL), *track("A1", 10, NOON + 300 + 30 * n)]
        report = load(tmp_path / str(n), csv("a.csv", rows)).reports[0]
        assert report.accepted == kept
        if kept == 20:
            assert report.reasons == {"a jump that no vehicle makes": n}
    aside = quarantined_rows(open_workspace(tmp_path / "3"))
    assert aside["quarantined_row"].tolist() == [12, 13, 14]
    assert aside["time"].tolist()[0] == "2026-03-01T12:05:00Z"
    assert (aside["longitude"].tolist()[0], aside["latitude"].tolist()[0]) == ("-3.050000", "53.810000")


def by_turns(n: int, size: int = 1) -> list[dict]:
    """A unit that sends from Preston and from Blackpool by turns, so many positions each time."""
    return [row("A1", NOON + 30 * i, (PRESTON, BLACKPOOL)[i // size % 2]) for i in range(n)]


@pytest.mark.parametrize(
    "rows",
    [
        by_turns(20), by_turns(21, 2), by_turns(50, 5),
        [r for i in range(10) for r in (row(t=NOON + 30 * i), row(t=NOON + 30 * i, place=BLACKPOOL))],
    ],
)  # fmt: skip
def test_two_units_under_one_name_are_told_and_neither_is_believed(tmp_path, rows):
    others = track("B1", 5)
    report = load(tmp_path, csv("a.csv", [*rows, *others])).reports[0]
    assert "two units seem to share this name on that day" in report.reasons
    assert (report.accepted, report.quarantined) == (5, len(rows))
    assert len(held(tmp_path)) == 5
    assert not load(tmp_path, csv("a.csv", [*rows, *others])).changed


def test_the_other_vehicle_in_a_later_file_takes_nothing_from_the_first(tmp_path):
    load(tmp_path, csv("a.csv", track("A1", 20)))
    report = load(tmp_path, csv("b.csv", track("A1", 20, NOON + 15, BLACKPOOL))).reports[0]
    assert report.reasons == {"two units seem to share this name on that day": 20}
    assert len(held(tmp_path)) == 20


@pytest.mark.parametrize(("n", "shared"), [(20, False), (19, True)])
def test_a_fifth_of_the_positions_elsewhere_is_where_two_units_begin(tmp_path, n, shared):
    """Five wild positions of 25, and of 26."""
    wild = [row("A1", NOON + 60 * i + 15, BLACKPOOL) for i in range(1, 6)]
    report = load(tmp_path, csv("a.csv", [*track("A1", n + (0 if shared else 1)), *wild])).reports[0]
    assert ("two units seem to share this name on that day" in report.reasons) is shared


def test_a_device_that_errs_by_less_than_a_kilometre_is_one_unit(tmp_path):
    near = (PRESTON[0], PRESTON[1] + 0.008)  # 890 m
    rows = [row("A1", NOON + 5 * i, near if i % 2 else PRESTON) for i in range(20)]
    assert set(load(tmp_path, csv("a.csv", rows)).reports[0].reasons) <= {"a jump that no vehicle makes"}


def test_a_few_positions_years_before_the_others_are_pointed_out(tmp_path):
    old = 1_420_070_400  # 2015-01-01
    found = load(tmp_path, csv("a.csv", [*track("A1", 3, old), *track("A1", 40)]))
    assert any(n.startswith("3 positions are of 2014-12-31, more than three years before") for n in found.notes)
    assert not any("three years before" in n for n in load(tmp_path / "b", csv("a.csv", track("A1", 4))).notes)


def jumps(runs: list[int], kmh: float = 200.0) -> list[bool]:
    """Runs of so many positions, in two places by turns, 6.6 km apart."""
    place = np.repeat(np.arange(len(runs)) % 2, runs)
    n = len(place)
    mask, _ = jumps_of(np.zeros(n, int), np.arange(n) * 30, -2.7 + 0.1 * place, np.full(n, 53.76), kmh)
    return mask.tolist()


@pytest.mark.parametrize(
    ("runs", "marked"),
    [
        ([5], []),
        ([2, 3], [0]),  # the rest of the day is longer
        ([3, 2], [1]),
        ([2, 2], []),  # nobody can say which
        ([3, 10], [0]),
        ([4, 10], []),
        ([10, 3, 4], [1]),
        ([1, 1, 1], [1]),
        ([2, 1, 10], [1]),  # the two before are where those after are
        ([10, 1, 2, 1, 10], [1, 3]),
        ([10, 2, 3, 1, 10], [1, 3]),
        ([1, 2, 1], [0, 2]),
    ],
)
def test_which_runs_are_jumps(runs, marked):
    assert jumps(runs) == [i in marked for i, n in enumerate(runs) for _ in range(n)]


def test_the_limit_of_speed_on_both_sides():
    lon = np.array([-2.7, -2.7, -2.7, -2.7, -2.7])
    lat = np.array([53.76, 53.76, 53.76 + 0.015, 53.76, 53.76])  # 1,667.9 m in 30 s: 200.15 km/h
    still = (np.zeros(5, int), np.arange(5) * 30, lon, lat)
    assert jumps_of(*still, 200.0)[0].tolist() == [False, False, True, False, False]
    assert not jumps_of(*still, 200.2)[0].any()


def test_two_units_and_two_days_are_no_jump(tmp_path):
    rows = [*track("A1", 2), *track("B1", 2, place=BLACKPOOL)]
    night = 1_772_344_800  # 06:00: a patrol day begins
    rows += [row("C1", night - 1), row("C1", night, BLACKPOOL)]
    assert load(tmp_path, csv("a.csv", rows)).reports[0].accepted == 6


# ---------------------------------------------------------------- bad files


def test_a_file_cut_short_among_good_ones_is_left_out_alone(tmp_path):
    folder = tmp_path / "feed"
    folder.mkdir()
    for i in range(4):
        name, data = parquet(f"{i}.parquet", track(f"U{i}", 5))
        (folder / name).write_bytes(data[:-40] if i == 2 else data)
    (folder / "empty.csv").write_bytes(b"")
    (folder / "zipped.zip").write_bytes(b"PK\x03\x04 and no more")
    (folder / "readme.md").write_text("notes")
    imported = load(tmp_path / "w", folder)
    reports = {r.file: r for r in imported.reports}
    assert {n for n, r in reports.items() if not r.read} == {"2.parquet", "empty.csv", "zipped.zip"}
    assert list(reports["2.parquet"].reasons.values()) == [0]  # no row of it was read, so none was quarantined
    assert sum(r.accepted for r in imported.reports) == 15 == len(held(tmp_path / "w"))
    told = " ".join(imported.notes)
    assert "3 of 6 files cannot be read" in told
    assert "'2.parquet'" in told
    assert "Left out, not read as tables of this source: readme.md." in told
    assert any("cannot be read as Parquet" in r for r in reports["2.parquet"].reasons)
    table = intake_table(imported.workspace.manifest.reports)
    assert table.loc[table["file"] == "2.parquet", "reason"].str.contains("cannot be read").all()
    assert not load(tmp_path / "w", folder).changed
    name, data = parquet("2.parquet", track("U2", 5))
    (folder / name).write_bytes(data)
    assert load(tmp_path / "w", folder).changed
    assert [r.read for r in open_workspace(tmp_path / "w").manifest.reports if r.file == "2.parquet"] == [5]


def test_a_bad_file_alone_is_a_sentence(tmp_path):
    name, data = parquet("p.parquet", track("A1", 5))
    with pytest.raises(HotspotsError, match=r"p\.parquet cannot be read as Parquet"):
        load(tmp_path, (name, data[:100]))
    assert open_workspace(tmp_path, create=True).manifest.kind == "empty"


def test_a_zip_with_one_damaged_member(tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(*csv("a.csv", track("A1", 3)))
        archive.writestr("b.parquet", b"PAR1 but nothing else")
    imported = load(tmp_path, ("p.zip", out.getvalue()))
    assert [(r.file, r.read) for r in imported.reports] == [("p.zip › a.csv", 3), ("p.zip › b.parquet", 0)]


def test_what_the_request_lacks_stops_everything(tmp_path):
    good = csv("a.csv", track("A1", 3))
    with pytest.raises(HotspotsError, match=r"b\.csv lacks a column 'time'"):
        load(tmp_path, good, csv("b.csv", [{"unit": "A", "longitude": -2.7, "latitude": 53.76}]))
    naive = csv("b.csv", [row() | {"time": "2026-03-01 12:00:00"}])
    with pytest.raises(HotspotsError, match=r"b\.csv: a time zone is not given"):
        load(tmp_path, good, naive)
    both = load(tmp_path, good, naive, timezone="Europe/London").reports
    assert counts(both[1]) == (1, 0, 0, 0, 1, 0)  # the first of a.csv
    with pytest.raises(HotspotsError, match="for pings and patrol-log only"):
        import_files(tmp_path, [good], "incidents", timezone="UTC")


def test_coordinates_wrong_as_a_whole_stop_everything_however_they_are_split(tmp_path):
    swapped = [row(t=NOON + i, place=(53.76, -2.7)) for i in range(6)]
    good = [row(t=NOON + 60 + 30 * i) for i in range(6)]
    for files in ([csv("a.csv", [*swapped, *good])], [csv("a.csv", swapped), csv("b.csv", good)]):
        with pytest.raises(HotspotsError, match="look swapped"):
            load(tmp_path / "no", *files)
    more = good + [row(t=NOON + 600 + 30 * i) for i in range(6)]
    imported = load(tmp_path / "yes", csv("a.csv", swapped), csv("b.csv", more))
    assert [counts(r) for r in imported.reports] == [(6, 0, 0, 0, 0, 6), (12, 12, 0, 0, 0, 0)]


def test_times_that_are_written_otherwise_stop_everything_and_are_not_quoted(tmp_path):
    odd = [{**row(t=NOON + 30 * i), "time": f"PC Smith {i}"} for i in range(6)]
    good = [row(t=NOON + 600 + 30 * i) for i in range(5)]
    with pytest.raises(HotspotsError, match=r"6 of 11 times cannot be read; one has the shape 'aa aaaaa 9'") as told:
        load(tmp_path / "no", csv("a.csv", odd), csv("b.csv", [{**r, "time": str(r["time"])} for r in good]))
    assert "Smith" not in str(told.value)
    assert not (tmp_path / "no" / "manifest.json").exists()
    some = load(tmp_path / "yes", csv("a.csv", odd[:4]), csv("b.csv", [{**r, "time": str(r["time"])} for r in good]))
    assert [counts(r) for r in some.reports] == [(4, 0, 0, 0, 0, 4), (5, 5, 0, 0, 0, 0)]  # 4 of 9: less than half


# ---------------------------------------------------------------- killed, damaged


def test_an_import_that_stops_before_publishing_changes_nothing(tmp_path, monkeypatch):
    load(tmp_path, csv("a.csv", track("A1", 5)))
    manifest, rows = (tmp_path / "manifest.json").read_bytes(), held(tmp_path)

    def stopped(*_):
        raise RuntimeError("stopped")

    with monkeypatch.context() as patch:
        patch.setattr("hotspots.intake.publish", stopped)
        with pytest.raises(RuntimeError, match="stopped"):
            load(tmp_path, csv("b.csv", [*track("A1", 9), *track("B1", 9)]))
    assert (tmp_path / "manifest.json").read_bytes() == manifest
    assert held(tmp_path) == rows
    assert check_workspace(tmp_path)[0] == []
    assert load(tmp_path, csv("b.csv", [*track("A1", 9), *track("B1", 9)])).changed
    assert check_workspace(tmp_path)[0] == []


def killed_at_the_end(folder: Path, file: Path) -> None:
    intake.publish = lambda *_: os._exit(9)
    import_files(folder, [file], "pings")


def test_a_killed_import_leaves_the_workspace_as_it_was(tmp_path):
    folder = tmp_path / "w"
    load(folder, csv("a.csv", track("A1", 5)))
    manifest, rows = (folder / "manifest.json").read_bytes(), held(folder)
    name, data = csv("b.csv", [*track("A1", 9), *track("B1", 9)])
    (tmp_path / name).write_bytes(data)
    assert at_once(partial(killed_at_the_end, folder, tmp_path / name)) == [9]
    assert (folder / "manifest.json").read_bytes() == manifest
    assert held(folder) == rows
    assert check_workspace(folder)[0] == []
    load(folder, tmp_path / name)
    assert check_workspace(folder)[0] == []
    assert len(held(folder)) == 18


def test_a_damaged_day_is_told_and_mended_by_its_files(tmp_path):
    a, b = csv("a.csv", track("A1", 5)), csv("b.csv", track("B1", 5))
    load(tmp_path, a, b)
    day = open_workspace(tmp_path).manifest.ping_days[0]
    (tmp_path / day.file).write_bytes(b"no Parquet")
    assert any("Import a.csv; b.csv again" in w for w in check_workspace(tmp_path)[0])
    for ask in (lambda: held(tmp_path), lambda: load(tmp_path, a)):
        with pytest.raises(HotspotsError, match=r"positions of 2026-03-01 are missing or damaged.*a\.csv; b\.csv"):
            ask()
    # Another day does not need this one.
    assert load(tmp_path, csv("c.csv", track("A1", 5, NOON + 86_400))).changed
    assert load(tmp_path, a, b).changed
    assert check_workspace(tmp_path)[0] == []
    assert len(held(tmp_path)) == 15


def test_days_that_an_import_does_not_read_are_not_read(tmp_path, monkeypatch):
    load(tmp_path, csv("a.csv", [*track("A1", 5), *track("A1", 5, NOON + 86_400)]))
    looked: list[str] = []
    from hotspots.intake import report

    real = report.is_sound
    monkeypatch.setattr(report, "is_sound", lambda folder, m, name: (looked.append(name), real(folder, m, name))[1])
    load(tmp_path, csv("b.csv", track("B1", 5)))
    assert [n for n in looked if "/pings/" in n] == [n for n in looked if "2026-03-01" in n]
    assert sum("2026-03-01" in n for n in looked) == 1


# ---------------------------------------------------------------- mends


def test_mended_rows_go_in_and_their_file_is_settled(tmp_path):
    rows = [*track("PC1 Okafor", 6), row("PC1 Okafor", NOON + 600, (2.7, 53.76)), row("", NOON + 630)]
    load(tmp_path, csv("a.csv", rows))
    workspace = open_workspace(tmp_path)
    aside = quarantined_rows(workspace)
    assert aside["quarantined_row"].tolist() == [8, 9]
    hashed = aside["unit"].tolist()[0]
    assert hashed.startswith("unit-")
    assert len({r["unit"] for r in held(tmp_path)}) == 1
    aside.loc[0, "longitude"] = "-2.7"
    mend = ("rows set aside.csv", to_csv(aside).encode() if isinstance(to_csv(aside), str) else to_csv(aside))
    imported = load(tmp_path, mend)
    assert counts(imported.reports[0]) == (2, 1, 0, 0, 0, 1)
    report = open_workspace(tmp_path).manifest.reports
    assert [counts(r) for r in report] == [(8, 7, 0, 0, 0, 1)]
    found = held(tmp_path)
    assert len(found) == 7
    assert {f"unit-{r['unit']:016x}" for r in found} == {hashed}
    assert not load(tmp_path, mend).changed
    again = load(tmp_path, csv("a.csv", rows))
    assert not again.changed
    assert counts(again.reports[0]) == (8, 0, 0, 7, 0, 1)


def test_rows_of_a_jump_come_back_by_the_columns_of_their_mapping(tmp_path):
    mapping = """
name = "avl"
timezone = "Europe/London"
speed_unit = "mph"
[columns]
unit = "u"
time = ["d", "c"]
easting = "x"
northing = "y"
speed = "v"
status = "s"
"""

    def at(minute: int, x: int) -> dict:
        return {"u": "K9", "d": "2025-07-01", "c": f"12:{minute:02}:00", "x": x, "y": 429_000, "v": 10, "s": "Patrol"}

    rows = [at(m, 354_000 + (30_000 if m == 5 else 0)) for m in range(10)]
    load(tmp_path, csv("a.csv", rows), mapping=mapping)
    aside = quarantined_rows(open_workspace(tmp_path))
    one = aside.iloc[0]
    assert (one["d"], one["v"], one["s"]) == ("2025-07-01T11:05:00Z", "10", "Patrol")
    assert abs(float(one["x"]) - 384_000) < 0.5
    assert abs(float(one["y"]) - 429_000) < 0.5
    aside.loc[0, "x"] = "354000"
    content = to_csv(aside)
    load(tmp_path, ("m.csv", content.encode() if isinstance(content, str) else content), mapping=mapping)
    assert len(held(tmp_path)) == 10
    assert open_workspace(tmp_path).manifest.reports[0].quarantined == 0


def test_rows_that_another_limit_of_speed_lets_in_are_set_aside_no_more(tmp_path):
    far = csv("a.csv", [*track("A1", 5), row("A1", NOON + 200, BLACKPOOL), *track("A1", 5, NOON + 300)])
    assert load(tmp_path, far).reports[0].quarantined == 1
    (tmp_path / "settings.toml").write_text("ping_max_kmh = 2000\n", encoding="utf-8")
    assert counts(load(tmp_path, far).reports[0]) == (11, 1, 0, 10, 0, 0)
    assert [counts(r) for r in open_workspace(tmp_path).manifest.reports] == [(11, 11, 0, 0, 0, 0)]
    assert not load(tmp_path, far).changed


def test_a_mend_of_strangers_is_told(tmp_path):
    load(tmp_path, csv("a.csv", track("A1", 3)))
    strange = csv("m.csv", [row() | {"quarantined_from": "z.csv", "quarantined_row": 2}])
    with pytest.raises(HotspotsError, match="never imported as positions"):
        load(tmp_path, strange)


def test_files_of_one_name_keep_their_own_rows_set_aside(tmp_path):
    for day in range(2):
        load(tmp_path, csv("positions.csv", [*track("A1", 3, NOON + 86_400 * day), row("", NOON)]))
    reports = open_workspace(tmp_path).manifest.reports
    assert [(r.file, r.quarantined) for r in reports] == [("positions.csv", 1), ("positions.csv (2)", 1)]


# ---------------------------------------------------------------- who it was


def test_no_unit_is_named_in_any_byte_of_the_workspace(tmp_path):
    rows = [
        r for n in NAMES for r in [*track(n, 8), row(n, NOON + 95, BLACKPOOL), row(n, 5), row(n, NOON, (53.7, -2.7))]
    ]
    rows = [r | {"status": "Patrol", "driver": r["unit"]} for r in rows]
    files = [csv(f"{NAMES[0]}.csv", rows), parquet("p.parquet", rows), ("broken PC77 Ramsbottom.parquet", b"PAR1")]
    name, data = csv("ragged.csv", rows)
    files.append((name, data + f"{NAMES[0]},1,2\n".encode()))
    imported = load(tmp_path, *files)
    assert sum(r.quarantined for r in imported.reports) > 8
    told = repr(
        (imported.reports, imported.notes, intake_table(imported.reports).to_dict(), headline(imported.workspace))
    )
    told += repr(quarantined_rows(imported.workspace).to_dict())
    for path in (p for p in tmp_path.rglob("*") if p.is_file()):
        told += path.name + path.read_bytes().decode("latin-1")
        if path.suffix == ".parquet":
            told += repr(pq.read_table(path).to_pylist()) + repr(pq.read_schema(path))
    for word in ("PC9041", "Okafor", "PC77", "Ramsbottom"):
        assert word.lower() not in told.lower()
    assert "unit-" in told


def test_a_unit_is_the_same_in_every_import_and_way_of_writing(tmp_path):
    load(tmp_path, csv("a.csv", track("pc 9041", 3)), parquet("b.parquet", track("PC  9041 ", 3, NOON + 90)))
    assert len({r["unit"] for r in held(tmp_path)}) == 1
    (tmp_path / "secret.key").unlink()
    assert any("secret.key is missing" in w for w in check_workspace(tmp_path)[0])
    imported = load(tmp_path, csv("c.csv", track("pc 9041", 3, NOON + 300)))
    assert "secret.key was missing" in imported.notes[0]


# ---------------------------------------------------------------- the rest of the workspace


def test_boundaries_imported_later_place_the_positions_anew(tmp_path):
    load(tmp_path, csv("a.csv", [*track("A1", 3), *track("B1", 3, NOON + 86_400, BLACKPOOL)]))
    assert [r["bcu"] for r in held(tmp_path)] == [2, 2, 2, 3, 3, 3]
    before = open_workspace(tmp_path).manifest.ping_days
    imported = import_files(tmp_path, [one_district(tmp_path)], "boundaries")
    assert any("6 positions have the BCU" in n for n in imported.notes)
    assert [r["bcu"] for r in held(tmp_path)] == [2, 2, 2, 0, 0, 0]
    after = open_workspace(tmp_path).manifest.ping_days
    assert after[0] == before[0]  # nothing to change there
    assert check_workspace(tmp_path)[0] == []


def test_the_holdings_tell_of_positions(tmp_path):
    imported = load(tmp_path, csv("a.csv", [*track("A1", 3), *track("B1", 3, NOON + 2 * 86_400)]))
    table = holdings(imported.workspace)
    assert table.loc[table["source"] == "pings", "n"].tolist() == [6, 2, 2]
    told = headline(imported.workspace)[0]
    assert "pings: 6 positions in 2 patrol days, 2026-03-01 to 2026-03-03; 1.0 units a day on average." in told
    assert "1 days between have none: '2026-03-02'" in told


def test_many_rows_go_by_way_of_the_disk_and_come_out_the_same(tmp_path, monkeypatch):
    files = [csv(f"{i}.csv", [*track(f"U{i}", 9), *track("X1", 4, NOON + 86_400 + 30 * i)]) for i in range(5)]
    load(tmp_path / "memory", *files)
    monkeypatch.setattr(ping_days, "MOST_IN_MEMORY", 10)
    imported = load(tmp_path / "disk", *files)
    (tmp_path / "disk" / "secret.key").write_bytes((tmp_path / "memory" / "secret.key").read_bytes())
    assert [len(held(tmp_path / w)) for w in ("memory", "disk")] == [53, 53]
    for column in ("t", "lon", "cell_11", "speed_kmh"):
        one, other = (sorted(map(str, held(tmp_path / w, [column]))) for w in ("memory", "disk"))
        assert one == other
    assert [counts(r)[1:] for r in imported.reports] == [
        counts(r)[1:] for r in open_workspace(tmp_path / "memory").manifest.reports
    ]
    assert not list((tmp_path / "disk" / "cache").iterdir())


def test_an_import_of_many_files_is_told_in_few_lines(tmp_path, capsys):
    from hotspots.__main__ import main

    for i in range(50):
        name, data = csv(f"{i:02}.csv", [*track(f"unit {i}", 2), *([row("")] if i == 7 else [])])
        (tmp_path / name).write_bytes(data)
    assert main(["import", str(tmp_path), "--source", "pings", "--workspace", str(tmp_path / "w")]) == 0
    told = capsys.readouterr().err.splitlines()
    assert "07.csv: 3 rows read = 2 accepted, 0 updated, 0 unchanged, 0 repeated, 1 quarantined." in told
    assert "  quarantined: 1 row: no unit" in told
    assert "No status column: proactive and reactive time cannot be told apart (50 files)" in told
    assert any(line.startswith("50 files: 101 rows read = 100 accepted") for line in told)
    assert len(told) < 10


def test_the_command_line_takes_a_time_zone(tmp_path, capsys):
    from hotspots.__main__ import main

    name, data = csv("a.csv", [row() | {"time": "2025-07-01 12:00:00"}])
    (tmp_path / name).write_bytes(data)
    ask = ["import", str(tmp_path / name), "--source", "pings", "--workspace", str(tmp_path / "w")]
    assert main(ask) == 1
    assert "a time zone is not given" in capsys.readouterr().err
    assert main([*ask, "--timezone", "Europe/London"]) == 0
    assert held(tmp_path / "w", ["t"]) == [{"t": 1_751_367_600}]  # 11:00 UTC
    assert "No status column" in capsys.readouterr().err


# ---------------------------------------------------------------- places outside the force


def test_positions_none_of_which_lies_in_the_force_are_refused_however_they_are_split(tmp_path):
    files = [csv(f"{unit}.csv", track(unit, 2, place=KENT)) for unit in ("A1", "B2")]
    with pytest.raises(HotspotsError, match="Nothing was imported: none of 4 rows with coordinates lies in the force"):
        load(tmp_path, *files)
    home = csv("C3.csv", track("C3", 4))
    assert any("4 of 8 rows with coordinates (50%) lie outside" in n for n in load(tmp_path, *files, home).notes)


def test_one_position_a_day_outside_the_force_still_says_where_it_lies(tmp_path):
    rows = [row("A1", NOON + 86_400 * day + 3_600 * away, (PRESTON, KENT)[away]) for day in range(2) for away in (0, 1)]
    (note,) = (n for n in load(tmp_path, csv("a.csv", rows)).notes if "lie outside" in n)
    assert "2 of 4 rows with coordinates (50%) lie outside the force area: they lie around 51.27°N 0.52°E" in note


@pytest.mark.parametrize(
    ("intervals", "said"),
    [
        ([], []),
        ([30, 30, 60], ["A unit sends a position every 30 s (the median of 3 unit-days)."]),
        (
            [300],
            [
                "A unit sends a position every 300 s (on its one day): there positions up to about 7.5 minutes apart"
                " are one stay."
            ],
        ),
        (
            [30, 30, 300],
            [
                "A unit sends a position every 30 s (the median of 3 unit-days); on 1 of them only every 300 s: there"
                " positions up to about 7.5 minutes apart are one stay."
            ],
        ),
    ],
)
def test_an_import_says_how_often_units_send(intervals, said):
    assert feed_words(intervals, Settings()) == said


def test_the_usual_interval_is_that_of_a_unit_with_enough_positions():
    unit = np.repeat([1, 2, 3], [10, 9, 11])
    t = np.concatenate([300 * np.arange(10), 30 * np.arange(9), [*30 * np.arange(10), 5000]])
    assert usual_intervals(unit, t) == [300, 30]


@pytest.mark.parametrize(("given", "other"), [(DEGREES, GRID), (GRID, DEGREES)])
def test_a_correction_of_files_with_degrees_and_with_metres_has_the_places_of_each(given, other):
    table = pa.table({name: ["1"] for name in given} | {name: pa.nulls(1, pa.string()) for name in other})
    assert one_place(table).column_names == list(given)


# ---------------------------------------------------------------- the hour that October repeats


def october(first: int, last: int, lon: float, every: int = 60, late: int = 0) -> list[str]:
    """Lines of unit A1, from so many minutes after 01:00 summer time on 26 October 2025, as the wall clock prints them;
    east by a few metres each.
    """
    start = datetime(2025, 10, 26, 0, tzinfo=UTC)
    times = [start + timedelta(seconds=60 * m + late) for m in range(first, last + 1, every // 60)]
    return [
        f"A1,{t.astimezone(ZoneInfo('Europe/London')):%Y-%m-%d %H:%M:%S},{lon + i / 100_000:.5f},53.76"
        for i, t in enumerate(times)
    ]


def wall(name: str, lines: list[str]) -> tuple[str, bytes]:
    return name, "\n".join(["unit,time,longitude,latitude", *lines, ""]).encode()


@pytest.mark.parametrize("late", [0, 15])
@pytest.mark.parametrize("places", [(-2.70, -2.71), (-2.71, -2.70)])
def test_two_files_with_one_autumn_hour_each_are_refused_and_none_of_them_wins(tmp_path: Path, places, late):
    """Which of two equal hours a file holds cannot be told, and neither east nor west decides."""
    first, second = october(-30, 59, places[0]), october(60, 150, places[1], late=late)
    found = load(tmp_path, wall("a.csv", first), wall("b.csv", second), timezone="Europe/London")
    assert len(held(tmp_path)) == 30 + 31  # before and after the two hours
    assert [r.reasons for r in found.reports] == [
        {"in the hour that happens twice, and the order of the unit's rows does not tell the first from the second": 60}
    ] * 2


def test_in_one_file_the_order_settles_it(tmp_path: Path):
    load(tmp_path, wall("a.csv", [*october(-30, 59, -2.70), *october(60, 150, -2.71)]), timezone="Europe/London")
    assert len(held(tmp_path)) == 30 + 120 + 31


def test_exports_that_overlap_in_the_autumn_hour_are_one(tmp_path: Path):
    lines = october(0, 40, -2.70)
    load(tmp_path, wall("a.csv", lines[:30]), wall("b.csv", lines[10:]), timezone="Europe/London")
    assert len(held(tmp_path)) == 41
