"""From the demo's file through import, placing, scoring and ranking: what was planted is found, and nothing else."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from hotspots.__main__ import main
from hotspots.areas import register
from hotspots.base.errors import HotspotsError
from hotspots.base.identity import SECRET, unit_codes, unit_text
from hotspots.cli.check import check_workspace
from hotspots.demo.incidents import synthetic_incidents
from hotspots.demo.workspace import MAPPING, REGISTER, TRUTH, build_demo, clear_synthetic, make_export, publish_export
from hotspots.intake import import_files
from hotspots.ranking.answer import Answer
from hotspots.ranking.pipeline import rank_workspace
from hotspots.ranking.question import Question
from hotspots.store.database import FILE
from hotspots.store.workspace import MANIFEST, open_workspace, read_incidents
from tests.samples import crime, street

# Domestic violence and dwellings are left out: what remains is what the demo plants, and some background.
VISIBLE = {"start": "2024-11", "end": "2026-10", "offences": "street-visible"}


@pytest.fixture(scope="session")
def truth(demo: Path) -> dict:
    return json.loads((demo / TRUTH).read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def unplanted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unplanted")
    path, _ = publish_export(folder, *synthetic_incidents(planted=False))
    import_files(folder / "workspace", [path], "incidents", MAPPING, synthetic=True)
    return folder / "workspace"


def found(answer: Answer, truth: dict) -> tuple[float, float]:
    """Shares of the planted cells, and of the planted hot spots by any cell, among the top cells.

    The top is half as many cells again as were planted.
    """
    cells = [c for s in truth["hot_spots"] for c in s["cells"]]
    top = set(answer.table["cell"].head(len(cells) * 3 // 2))
    spots = [any(c in top for c in s["cells"]) for s in truth["hot_spots"]]
    return float(np.mean([c in top for c in cells])), float(np.mean(spots))


def test_the_whole_file_is_accounted_for(demo, truth):
    made = open_workspace(demo)
    (report,) = made.manifest.reports
    assert report.read == truth["rows"]
    assert report.accepted + report.repeated + report.quarantined == report.read
    assert report.quarantined < 0.01 * report.read
    records = read_incidents(made, ["record"])["record"]
    assert len(set(records.to_pylist())) >= 0.99 * truth["records"]
    assert made.manifest.kind == "synthetic"
    assert check_workspace(demo)[0] == []


def test_planted_hot_spots_lead_the_ranking_by_count(demo, truth):
    cells, spots = found(rank_workspace(demo, Question(by="count", **VISIBLE)), truth)
    assert cells >= 0.75
    assert spots >= 0.95


def test_planted_hot_spots_are_found_by_square_root_harm(demo, truth):
    cells, spots = found(rank_workspace(demo, Question(by="harm-sqrt", **VISIBLE)), truth)
    assert cells >= 0.6
    assert spots >= 0.9


def test_raw_harm_is_led_astray_by_single_events(demo, truth):
    """One murder is 5,475 days: raw sums find fewer of the planted cells and put more lone events at the top."""
    raw = rank_workspace(demo, Question(by="harm", **VISIBLE))
    root = rank_workspace(demo, Question(by="harm-sqrt", **VISIBLE))
    assert found(raw, truth)[0] < found(root, truth)[0]
    lone = [int(a.table["flag"].head(20).str.contains("one severe event").sum()) for a in (raw, root)]
    assert lone[0] > lone[1]


def test_each_bcu_has_its_planted_spots(demo, truth):
    by_bcu = pd.DataFrame([{"bcu": s["bcu"], "cells": s["cells"]} for s in truth["hot_spots"]])
    for bcu, spots in by_bcu.groupby("bcu"):
        answer = rank_workspace(demo, Question(bcu=str(bcu), by="count", **VISIBLE))
        cells = [c for cells in spots["cells"] for c in cells]
        assert np.mean([c in set(answer.table["cell"].head(2 * len(cells))) for c in cells]) >= 0.7, bcu


def test_counts_in_planted_cells_are_those_of_the_truth(demo, truth):
    """The truth counts rows by their titles; the same titles, non-domestic, counted from the workspace."""
    columns = ["cell_10", "title", "domestic"]
    rows = read_incidents(open_workspace(demo), columns).to_pandas()
    street = rows[rows["title"].isin(truth["street_violence"]["titles"]) & ~rows["domestic"].fillna(False).astype(bool)]
    count = street["cell_10"].map("{:x}".format).value_counts()
    expected = pd.Series({c: e for s in truth["hot_spots"] for c, e in s["expected_street_violence"].items()})
    z = (count.reindex(expected.index, fill_value=0) - expected) / np.sqrt(expected)
    assert z.abs().max() < 5
    assert abs(z.mean()) < 0.5


def test_without_planting_the_places_do_not_show(unplanted, truth):
    for by in ("count", "harm-sqrt"):
        cells, spots = found(rank_workspace(unplanted, Question(by=by, **VISIBLE)), truth)
        assert cells <= 0.25  # town centres are busy without planting too
        assert spots <= 0.45


def test_another_selection_finds_them_too(demo, unplanted, truth):
    """Grip with robbery holds domestic violence as well, so the spots stand out less, but they do."""
    question = Question(by="count", **{**VISIBLE, "offences": "grip-robbery"})
    assert found(rank_workspace(demo, question), truth)[1] >= 0.8
    assert found(rank_workspace(unplanted, question), truth)[1] <= 0.45


def test_the_hot_hours_hold_more_of_the_planted_violence(demo, unplanted, truth):
    """Asking for the nights raises the planted night spots' share of what is left."""
    nights = [s for s in truth["hot_spots"] if mostly_at_night(s["hot_hours_of_week"])]
    assert nights
    cells = {c for s in nights for c in s["cells"]}

    def share(hours: str) -> float:
        table = rank_workspace(demo, Question(by="count", hours=hours, **VISIBLE)).table
        return float(table.loc[table["cell"].isin(cells), "n_incidents"].sum() / table["n_incidents"].sum())

    assert share("20-04") > 1.2 * share("8-16")


def mostly_at_night(hours_of_week: list[int]) -> bool:
    return np.mean([h % 24 >= 20 or h % 24 < 4 for h in hours_of_week]) >= 0.9


def test_the_demo_never_overwrites_real_data(tmp_path):
    import_files(tmp_path, [street("2022-01", [crime("a", "2022-01")])], "police-uk")
    before = (tmp_path / MANIFEST).read_bytes()
    with pytest.raises(HotspotsError, match="real data"):
        build_demo(tmp_path, patrols=False)
    assert (tmp_path / MANIFEST).read_bytes() == before
    assert open_workspace(tmp_path).manifest.kind == "real"


# ---------------------------------------------------------------- with patrols


def test_the_planted_hot_spots_are_frozen(patrolled, truth):
    frozen = register.load(patrolled, REGISTER)
    assert frozen.valid_from.isoformat() == "2025-11-01"
    assert {n: set(c) for n, c in zip(frozen.areas["name"], frozen.areas["cells"], strict=True)} == {
        s["name"]: set(s["cells"]) for s in truth["hot_spots"]
    }
    roles = frozen.areas.groupby("bcu")["role"].value_counts()
    assert roles.xs("treated", level="role").to_dict() == {"East": 5, "South": 4, "West": 5}
    assert roles.xs("comparison", level="role").to_dict() == {"East": 2, "South": 2, "West": 2}
    assert (frozen.areas["n_incidents"] > 0).all()
    assert check_workspace(patrolled)[0] == []


def test_the_planted_change_is_in_the_workspace_and_in_its_truth(patrolled, demo, truth):
    """Records of both workspaces: a quarter less in treated hot spots from the start on, all else as it was."""
    planted = json.loads((patrolled / TRUTH).read_text(encoding="utf-8"))
    effects = planted["effects"]
    assert "effects" not in truth
    frozen = register.load(patrolled, REGISTER).areas
    role = {int(c, 16): r for r, cells in zip(frozen["role"], frozen["cells"], strict=True) for c in cells}

    def counted(folder: Path) -> pd.Series:
        rows = read_incidents(open_workspace(folder), ["record", "cell_10", "month"]).to_pandas()
        rows = rows.drop_duplicates("record")
        after = np.where(rows["month"] >= 202511, "after", "before")
        where = rows["cell_10"].map(role).fillna(rows["cell_10"].gt(0).map({True: "elsewhere", False: "no place"}))
        return rows.groupby([where.to_numpy(), after]).size()

    with_it, without = counted(patrolled), counted(demo)
    gone = without - with_it
    assert gone["treated", "after"] == effects["dropped"] + effects["moved"]
    assert gone["elsewhere", "after"] == -effects["moved"] < 0
    assert (gone.drop([("treated", "after"), ("elsewhere", "after")]) == 0).all()
    low, high = binom.interval(0.9999, int(without["treated", "after"]), 0.25)
    assert low <= gone["treated", "after"] <= high
    assert planted["records"] == truth["records"] - effects["dropped"]
    (report,) = [r for r in open_workspace(patrolled).manifest.reports if r.source == "incidents"]
    assert report.read == planted["rows"]


def test_the_register_has_the_figures_of_the_year_before(patrolled, demo):
    """Counted from the workspace without the change: what came after the start does not reach what was frozen."""
    year = {"start": "2024-11", "end": "2025-10", "by": "harm"}
    count = rank_workspace(demo, Question(**year)).table.set_index("cell")["n_incidents"]
    frozen = register.load(patrolled, REGISTER).areas
    assert frozen["n_incidents"].tolist() == [int(count.reindex(list(c)).fillna(0).sum()) for c in frozen["cells"]]


def test_an_effect_of_nothing_is_the_demo_without_one(tmp_path):
    plain, _ = publish_export(tmp_path / "plain", *synthetic_incidents(3))
    same, truth, words = make_export(tmp_path / "same", 3, 0.0)
    assert same.read_bytes() == plain.read_bytes()
    assert json.loads(truth.read_text(encoding="utf-8"))["effects"]["dropped"] == 0
    assert "no change is planted" in words


def test_a_wrong_effect_is_refused_before_anything_is_written(tmp_path, capsys):
    assert main(["demo", "--workspace", str(tmp_path / "new"), "--effect", "25"]) == 1
    assert "The planted fall is 25.0; give a share from 0 to 1" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_every_position_is_accounted_for_and_only_faults_are_set_aside(patrolled):
    planted = json.loads((patrolled / TRUTH).read_text(encoding="utf-8"))["patrols"]
    reports = {r.source: r for r in open_workspace(patrolled).manifest.reports}
    feed, log = reports["pings"], reports["patrol-log"]
    assert feed.read == planted["rows"]
    assert feed.accepted + feed.repeated + feed.quarantined == feed.read
    assert feed.quarantined == planted["faults"]["zero_positions"] + planted["faults"]["jumps"]
    assert feed.repeated == pytest.approx(planted["faults"]["repeated_rows"], abs=5)  # some repeat a faulty row
    assert (log.read, log.accepted) == (planted["log_entries"], planted["log_entries"])
    days = [d.day for d in open_workspace(patrolled).manifest.ping_days]
    assert (days[0], days[-1], len(days)) == ("2026-10-04", "2026-10-31", 28)


def test_no_call_sign_is_stored_anywhere(patrolled):
    planted = json.loads((patrolled / TRUTH).read_text(encoding="utf-8"))["patrols"]
    names = ["Grip West 1", "Grip South 6", "Grip East 3"]
    codes = {unit_text(c) for c in unit_codes(patrolled, names)}
    assert codes <= {u["unit"] for u in planted["units"]}
    for path in patrolled.rglob("*"):
        if path.is_file():
            assert not any(n.encode() in path.read_bytes() for n in names), path.name


def assert_same_demo(folder: Path, demo: Path) -> None:
    one, other = open_workspace(demo), open_workspace(folder)
    assert one.manifest.reports[0].read == other.manifest.reports[0].read
    assert one.manifest.reports[0].accepted == other.manifest.reports[0].accepted
    columns = ["record", "cell_10", "month"]
    assert read_incidents(one, columns).equals(read_incidents(other, columns))
    assert check_workspace(folder)[0] == []


def test_rebuilding_starts_from_scratch_but_spares_what_is_not_the_demos(demo, tmp_path):
    """And changes no incident."""
    folder = Path(shutil.copytree(demo, tmp_path / "demo"))
    ours = (FILE, f"{FILE}-wal", SECRET, "cache/dose.parquet")
    theirs = ("settings.toml", "notes.txt")
    (folder / "cache").mkdir(exist_ok=True)
    for name in (*ours, *theirs):
        (folder / name).write_bytes(b"")
    build_demo(folder, patrols=False)
    assert not any((folder / name).exists() for name in ours)
    assert all((folder / name).exists() for name in theirs)
    assert_same_demo(folder, demo)


def test_clearing_leaves_the_edits_of_a_real_workspace(tmp_path):
    import_files(tmp_path, [street("2022-01", [crime("a", "2022-01")])], "police-uk")
    for name in (FILE, SECRET):
        (tmp_path / name).write_bytes(b"mine")
    clear_synthetic(tmp_path)
    assert all((tmp_path / name).read_bytes() == b"mine" for name in (FILE, SECRET))


def test_a_removal_that_was_cut_short_is_finished_by_the_next_build(demo, tmp_path):
    """The manifest goes first: what a kill leaves behind is known as a demo's by its truth."""
    folder = Path(shutil.copytree(demo, tmp_path / "demo"))
    (folder / MANIFEST).unlink()
    (folder / FILE).write_bytes(b"rest of a demo")
    build_demo(folder, patrols=False)
    assert not (folder / FILE).exists()
    assert_same_demo(folder, demo)
