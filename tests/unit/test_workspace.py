"""A workspace is as it was or as it should be, whenever the program is killed; damage is told in sentences."""

from __future__ import annotations

import json
import os
import random
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from hotspots.base.errors import HotspotsError
from hotspots.cli.check import check_workspace
from hotspots.demo.workspace import clear_synthetic
from hotspots.intake import import_files
from hotspots.store import workspace as workspaces
from hotspots.store.held import months_held
from hotspots.store.publishing import new_file
from hotspots.store.workspace import MANIFEST, open_workspace, read_incidents
from tests.apart import at_once, begun
from tests.conftest import sets
from tests.samples import (
    BURNLEY,
    MAPPING,
    PRESTON,
    STREET_COLUMNS,
    VIOLENCE,
    crime,
    csv_bytes,
    export,
    files_of,
    held,
    one_district,
    record,
    street,
)  # fmt: skip

FIRST = street("2022-01", [crime("a", "2022-01"), crime("b", "2022-01", place=BURNLEY), crime("c", "2022-01", kind="")])
SECOND = street("2022-02", [crime("a", "2022-02", outcome="Charged"), crime("d", "2022-02")])
CORRECTED = street("2022-01", [crime("a", "2022-01"), crime("e", "2022-01")])


class Killed(BaseException):
    """Stands for the end of the process: nothing in the program may catch it."""


def kill_at(monkeypatch: pytest.MonkeyPatch, n: int) -> Callable[[], int]:
    """The n-th step that touches the disk is begun and not finished, and nothing happens after it.

    Returns a count of the steps taken.
    """
    taken = 0

    def step() -> bool:
        nonlocal taken
        taken += 1
        return taken >= n

    write, replace, unlink = pq.write_table, os.replace, Path.unlink

    def half_written(table, where, **how):
        if step():
            if taken == n:
                Path(where).write_bytes(b"PAR1 half a file")
            raise Killed
        return write(table, where, **how)

    def not_renamed(source, target):
        if step():
            raise Killed
        replace(source, target)

    def not_removed(path, missing_ok=False):
        if step():
            raise Killed
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(pq, "write_table", half_written)
    monkeypatch.setattr(os, "replace", not_renamed)
    monkeypatch.setattr(Path, "unlink", not_removed)
    return lambda: taken


def import_second(folder: Path) -> None:
    import_files(folder, [SECOND, CORRECTED], "police-uk", replacing=True)


def import_export(folder: Path) -> None:
    rows = [record("1", "05/01/2026 10:00"), record("2", "05/02/2026 10:00"), record("3", "32/02/2026 10:00")]
    import_files(folder, [export(rows)], "incidents", MAPPING)


def import_polygons(folder: Path) -> None:
    import_files(folder, [one_district(folder.parent)], "boundaries")


@pytest.mark.parametrize("change", [import_second, import_export, import_polygons])
def test_a_kill_at_any_step_leaves_the_workspace_before_or_after(tmp_path, change):
    start, goal = tmp_path / "start", tmp_path / "goal"
    import_files(start, [FIRST], "police-uk")
    shutil.copytree(start, goal)
    change(goal)
    before, after = held(start), held(goal)
    assert not before.equals(after)
    seen = set()
    for n in range(1, 60):
        folder = tmp_path / f"killed at {n}"
        shutil.copytree(start, folder)
        with pytest.MonkeyPatch.context() as patch:
            steps = kill_at(patch, n)
            with suppress(Killed):
                change(folder)
        if steps() < n:
            break
        now = held(folder)
        state = "before" if now.equals(before) else "after" if now.equals(after) else "between"
        seen.add(state)
        assert state != "between", f"step {n}"
        assert check_workspace(folder)[0] == []
        change(folder)
        assert held(folder).equals(after)
        assert check_workspace(folder)[0] == []
    else:
        pytest.fail("more steps than were tried")
    assert seen == {"before", "after"}


def many_crimes(folder: Path) -> Path:
    """Six months of 3,000 crimes, every tenth published again in the next month."""
    draw = random.Random(1)
    archive = folder / "many"
    archive.mkdir()
    for number in range(6):
        month = f"2021-{number + 1:02d}"
        rows = [
            crime(
                f"{number if i % 10 else number - 1}-{i}",
                month,
                place=(round(PRESTON[0] + draw.random() / 20, 6), round(PRESTON[1] + draw.random() / 20, 6)),
                outcome=f"outcome {number}",
            )
            for i in range(3_000)
        ]
        (archive / f"{month}-street.csv").write_bytes(csv_bytes(rows, STREET_COLUMNS))
    return archive


def test_a_killed_process_leaves_the_workspace_before_or_after(tmp_path):
    """SIGKILL at moments spread over an import: no handler runs, no file is closed."""
    start, goal = tmp_path / "start", tmp_path / "goal"
    import_files(start, [FIRST], "police-uk")
    archive = many_crimes(tmp_path)
    shutil.copytree(start, goal)
    began = time.perf_counter()
    import_files(goal, [archive], "police-uk")
    lasts = time.perf_counter() - began
    before, after = held(start), held(goal)
    for n, share in enumerate((0.05, 0.3, 0.6, 0.8, 0.95, 1.1)[:: sets(1, 2)]):
        folder = tmp_path / f"killed {n}"
        shutil.copytree(start, folder)
        (child,) = begun(partial(import_files, folder, [archive], "police-uk"))
        time.sleep(lasts * share)
        child.kill()
        child.join()
        now = held(folder)
        assert now.equals(before) or now.equals(after), f"killed after {share:.0%}"
        import_files(folder, [archive], "police-uk")
        assert held(folder).equals(after)
        assert check_workspace(folder)[0] == []


def test_what_a_killed_import_left_behind_goes_with_the_next(tmp_path):
    import_files(tmp_path, [FIRST], "police-uk")
    with pytest.MonkeyPatch.context() as patch:
        kill_at(patch, 2)
        with pytest.raises(Killed):
            import_second(tmp_path)
    left = set(workspaces.stored_files(tmp_path)) - workspaces.referenced(open_workspace(tmp_path).manifest)
    assert left
    (tmp_path / ".manifest.json.deadbeef").write_text("half a manifest")
    import_second(tmp_path)
    assert not left & set(workspaces.stored_files(tmp_path))
    assert not list(tmp_path.glob(".manifest.json.*"))


def test_a_second_writer_waits_its_turn(tmp_path):
    def write(n: int) -> None:
        month = f"2022-0{n}"
        import_files(tmp_path / "shared", [street(month, [crime(f"crime {n}", month)])], "police-uk")

    assert at_once(*(partial(write, n) for n in (1, 2, 3))) == [0, 0, 0]
    assert sorted(held(tmp_path / "shared")["record_id"]) == ["crime 1", "crime 2", "crime 3"]
    assert check_workspace(tmp_path / "shared")[0] == []


# ---------------------------------------------------------------- folders that are no workspace, or a damaged one


def test_there_is_no_workspace(tmp_path):
    with pytest.raises(HotspotsError, match="no workspace at"):
        open_workspace(tmp_path / "nowhere")
    (tmp_path / "a file").write_text("x")
    for action in (open_workspace, lambda f: import_files(f, [FIRST], "police-uk")):
        with pytest.raises(HotspotsError, match="is a file"):
            action(tmp_path / "a file")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"schema": 1}' b" trailing", b'{"schema": "x", "parts": []}',
     b'{"schema": 1, "parts": [{"source": "police-uk"}], "breaks": [], "reports": []}',
     b'{"schema": 1, "parts": [], "breaks": [], "reports": [], "surprise": 1}'],
)  # fmt: skip
def test_a_damaged_manifest_is_told(tmp_path, content):
    import_files(tmp_path, [FIRST], "police-uk")
    (tmp_path / MANIFEST).write_bytes(content)
    with pytest.raises(HotspotsError, match=r"manifest\.json of the workspace .* is damaged"):
        open_workspace(tmp_path)


def test_a_newer_workspace_is_refused(tmp_path):
    import_files(tmp_path, [FIRST], "police-uk")
    given = json.loads((tmp_path / MANIFEST).read_text())
    (tmp_path / MANIFEST).write_text(json.dumps(given | {"schema": 99}))
    with pytest.raises(HotspotsError, match="newer version"):
        open_workspace(tmp_path)


def test_a_manifest_survives_being_written_and_read(tmp_path):
    import_files(tmp_path, [FIRST, SECOND], "police-uk")
    manifest = open_workspace(tmp_path).manifest
    assert workspaces.from_json(workspaces.to_json(manifest), tmp_path / MANIFEST) == manifest


def test_a_missing_part_is_told_by_its_file(tmp_path):
    import_files(tmp_path, [FIRST], "police-uk")
    part = open_workspace(tmp_path).manifest.parts[0]
    (tmp_path / part.file).unlink()
    with pytest.raises(HotspotsError, match=r"Import 2022-01-lancashire-street\.csv again"):
        held(tmp_path)


def test_other_peoples_files_are_never_removed(tmp_path):
    """A folder may hold a 'boundaries' or 'facts' folder that is not ours."""
    mine = {"boundaries/lancashire.geojson": b"{}", "facts/2022/notes.txt": b"x", "quarantine/patients.csv": b"y"}
    for name, content in mine.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    import_files(tmp_path, [FIRST], "police-uk")
    import_second(tmp_path)
    clear_synthetic(tmp_path)
    assert {k: v for k, v in files_of(tmp_path).items() if k in mine} == mine


def test_a_full_disk_is_told_and_changes_nothing(tmp_path, monkeypatch):
    import_files(tmp_path, [FIRST], "police-uk")
    before = held(tmp_path)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq, "write_table", full)
    with pytest.raises(HotspotsError, match="No space left on device"):
        import_second(tmp_path)
    monkeypatch.undo()
    assert held(tmp_path).equals(before)


# ---------------------------------------------------------------- reading


def test_reading_by_source_and_month(tmp_path):
    import_files(tmp_path, [FIRST, SECOND], "police-uk")
    import_export(tmp_path)
    workspace = open_workspace(tmp_path)

    def months(**how) -> list[int]:
        return sorted(read_incidents(workspace, ["month"], **how)["month"].to_pylist())

    assert months() == [202201, 202201, 202202, 202601, 202602]
    assert months(source="police-uk") == [202201, 202201, 202202]
    assert months(source="incidents", months=(202602, 202612)) == [202602]
    assert months(source="police-uk", months=(202202, 202202)) == [202202]  # the repeat counts in January
    assert months(months=(201001, 201012)) == []
    assert months_held(workspace, "police-uk") == [202201, 202202]
    assert months_held(workspace, "incidents") == [202601, 202602]


def test_the_version_changes_whenever_the_data_does(tmp_path):
    seen = [import_files(tmp_path, [FIRST], "police-uk").workspace.version]
    seen.append(import_files(tmp_path, [SECOND], "police-uk").workspace.version)
    assert import_files(tmp_path, [SECOND], "police-uk").workspace.version == seen[-1]
    seen.append(import_files(tmp_path, [CORRECTED], "police-uk", replacing=True).workspace.version)
    seen.append(import_files(tmp_path, [one_district(tmp_path)], "boundaries").workspace.version)
    assert len(set(seen)) == 4


def test_real_and_synthetic_data_are_not_mixed(tmp_path):
    import_files(tmp_path, [FIRST], "police-uk")
    with pytest.raises(HotspotsError, match="holds real data"):
        import_files(tmp_path, [export([record("1", "05/01/2026 10:00")])], "incidents", MAPPING, synthetic=True)
    other = tmp_path / "other"
    import_files(other, [export([record("1", "05/01/2026 10:00")])], "incidents", MAPPING, synthetic=True)
    with pytest.raises(HotspotsError, match="holds synthetic data"):
        import_files(other, [FIRST], "police-uk")
    assert import_files(other, [one_district(tmp_path)], "boundaries").workspace.manifest.kind == "synthetic"


# ---------------------------------------------------------------- check


def test_check_finds_nothing_wrong_with_a_sound_workspace(tmp_path):
    import_files(tmp_path, [FIRST, SECOND], "police-uk")
    assert check_workspace(tmp_path) == ([], [])


def test_check_names_a_missing_file_and_what_to_import(tmp_path):
    import_files(tmp_path, [FIRST], "police-uk")
    (tmp_path / open_workspace(tmp_path).manifest.parts[0].file).unlink()
    (words,) = check_workspace(tmp_path)[0]
    assert "missing" in words
    assert "2022-01-lancashire-street.csv" in words


@pytest.mark.parametrize("where", [0.2, 0.35, 0.5, 0.65, 0.8, 0.999])
def test_check_finds_a_flipped_bit(tmp_path, where):
    """A disk fault inside the stored values must not pass for data."""
    rows = [crime(f"{i:064x}", "2022-01", place=(PRESTON[0] + i / 1e4, PRESTON[1])) for i in range(500)]
    import_files(tmp_path, [street("2022-01", rows)], "police-uk")
    path = tmp_path / open_workspace(tmp_path).manifest.parts[0].file
    content = bytearray(path.read_bytes())
    content[int(len(content) * where)] ^= 0x10
    path.write_bytes(content)
    (words,) = check_workspace(tmp_path)[0]
    assert path.name in words


def test_check_finds_a_part_that_was_exchanged(tmp_path):
    import_files(tmp_path, [FIRST, SECOND], "police-uk")
    first, second = (tmp_path / p.file for p in open_workspace(tmp_path).manifest.parts)
    shutil.copy(second, first)
    (words,) = check_workspace(tmp_path)[0]
    assert first.name in words
    assert FIRST[0] in words


def test_what_check_says_to_import_mends_the_workspace(tmp_path):
    import_files(tmp_path, [one_district(tmp_path)], "boundaries")
    import_files(tmp_path, [FIRST, SECOND], "police-uk")
    import_export(tmp_path)
    whole, quarantine = held(tmp_path), open_workspace(tmp_path).manifest.reports
    assert any(r.quarantine for r in quarantine)
    for i in range(len(workspaces.referenced(open_workspace(tmp_path).manifest))):
        name = sorted(workspaces.referenced(open_workspace(tmp_path).manifest))[i]
        path = tmp_path / name
        path.write_bytes(path.read_bytes()[:-9])
        (words,) = check_workspace(tmp_path)[0]
        remedies = {
            FIRST[0]: lambda: import_files(tmp_path, [FIRST], "police-uk"),
            SECOND[0]: lambda: import_files(tmp_path, [SECOND], "police-uk"),
            "export.csv": lambda: import_export(tmp_path),
            "the district boundaries": lambda: import_polygons_again(tmp_path),
            "any file of data.police.uk": lambda: import_files(tmp_path, [SECOND], "police-uk"),
        }
        ((_, remedy),) = [(n, r) for n, r in remedies.items() if f"Import {n} again" in words]
        remedy()
        assert check_workspace(tmp_path)[0] == [], name
        assert held(tmp_path).equals(whole), name
    assert len(open_workspace(tmp_path).manifest.reports) == len(quarantine)


def import_polygons_again(folder: Path) -> None:
    import_files(folder, [one_district(folder)], "boundaries")


def test_an_import_that_does_not_mend_the_damage_is_refused(tmp_path):
    import_files(tmp_path, [FIRST], "police-uk")
    (tmp_path / open_workspace(tmp_path).manifest.parts[0].file).unlink()
    before = files_of(tmp_path)
    with pytest.raises(HotspotsError, match=r"Import 2022-01-lancashire-street\.csv again"):
        import_files(tmp_path, [SECOND], "police-uk")
    assert files_of(tmp_path)[MANIFEST] == before[MANIFEST]


def test_check_mentions_files_that_belong_to_nothing(tmp_path):
    import_files(tmp_path, [FIRST], "police-uk")
    name = new_file(open_workspace(tmp_path), "facts", "police-uk", "2022-01")
    (tmp_path / name).write_bytes(b"")
    wrong, untidy = check_workspace(tmp_path)
    assert wrong == []
    assert name in untidy[0]


def test_check_finds_a_damaged_database(tmp_path):
    from hotspots.store.database import FILE
    from tests.workspaces import prepare

    import_files(tmp_path, [FIRST], "police-uk")
    prepare(tmp_path)
    assert check_workspace(tmp_path) == ([], [])
    (tmp_path / FILE).write_bytes(b"not a database at all, whatever its name says" * 100)
    (words,) = check_workspace(tmp_path)[0]
    assert FILE in words


def test_violence_is_what_the_samples_hold(tmp_path):
    """The samples themselves: a guard against tests that compare nothing with nothing."""
    import_files(tmp_path, [FIRST], "police-uk")
    table = held(tmp_path)
    assert table["crime_type"].tolist() == [VIOLENCE, VIOLENCE]
