"""New files of a folder, each taken once: what is taken, what waits, what fails and is tried again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from hotspots.base.errors import HotspotsError
from hotspots.cli.check import check_workspace
from hotspots.cli.main import main
from hotspots.intake import import_files, watching
from hotspots.intake.watching import (
    FAILED,
    FAILED_BEFORE,
    KNOWN,
    LOCK,
    SETTLED_S,
    STATE,
    TAKEN,
    WAITING,
    Request,
    Told,
    changed,
    left_out,
    take_new,
)
from hotspots.store.publishing import Busy
from hotspots.store.workspace import open_workspace

GOOD = "unit,time,longitude,latitude\nA1,2026-05-13T21:{minute:02d}:00Z,-2.7,53.76\n"
BAD = "unit,when\nA1,2026\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "new").mkdir()
    return tmp_path / "new"


def put(folder: Path, name: str, text: str, age: float = 3_600) -> Path:
    """A file that was last touched so many seconds ago."""
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    at = path.stat().st_mtime - age
    os.utime(path, (at, at))
    return path


def run(folder: Path, source: str = "pings", **more) -> list[Told]:
    return list(take_new(folder, Request(folder.parent / "ws", source, **more)))


def what(told: list[Told]) -> dict[str, str]:
    return {t.name: t.what for t in told}


def rows(folder: Path) -> int:
    return sum(d.rows for d in open_workspace(folder.parent / "ws").manifest.ping_days)


def test_each_file_is_taken_once_by_its_content(folder: Path) -> None:
    put(folder, "a.csv", GOOD.format(minute=1))
    put(folder, "day/b.csv", GOOD.format(minute=2))
    first = run(folder)
    assert what(first) == {"a.csv": TAKEN, "day/b.csv": TAKEN}
    assert first[0].line == "a.csv: 1 rows read = 1 accepted, 0 updated, 0 unchanged, 0 repeated, 0 quarantined."
    shutil.move(folder / "a.csv", folder / "c.csv")
    assert what(run(folder)) == {"c.csv": KNOWN, "day/b.csv": KNOWN}
    put(folder, "c.csv", GOOD.format(minute=3))
    assert what(run(folder)) == {"c.csv": TAKEN, "day/b.csv": KNOWN}
    assert rows(folder) == 3
    assert check_workspace(folder.parent / "ws")[0] == []


def test_a_file_that_failed_is_tried_again_when_it_or_the_request_changed(folder: Path) -> None:
    put(folder, "a.csv", BAD)
    put(folder, "b.csv", GOOD.format(minute=1))
    told = run(folder)
    assert what(told) == {"a.csv": FAILED, "b.csv": TAKEN}
    assert "a.csv lacks a column 'time'" in told[0].line
    assert what(run(folder)) == {"a.csv": FAILED_BEFORE, "b.csv": KNOWN}
    assert what(run(folder, timezone="UTC"))["a.csv"] == FAILED
    put(folder, "a.csv", GOOD.format(minute=2))
    assert what(run(folder)) == {"a.csv": TAKEN, "b.csv": KNOWN}


def test_another_mapping_tries_again(folder: Path) -> None:
    put(folder, "a.csv", "u,time,x,y\nA1,2026-05-13T21:01:00Z,-2.7,53.76\n")
    mapping = folder.parent / "m.toml"
    text = 'name = "avl"\n[columns]\nunit = "{}"\ntime = "time"\nlongitude = "x"\nlatitude = "y"\n'
    mapping.write_text(text.format("other"), encoding="utf-8")
    assert what(run(folder, mapping=mapping)) == {"a.csv": FAILED}
    mapping.write_text(text.format("u"), encoding="utf-8")
    assert what(run(folder, mapping=mapping)) == {"a.csv": TAKEN}


@pytest.mark.parametrize("age", [0, SETTLED_S - 5])
def test_a_file_that_is_being_written_waits(folder: Path, age: float) -> None:
    put(folder, "a.csv", GOOD.format(minute=1), age)
    (told,) = run(folder)
    assert (told.what, "left for the next run" in told.line) == (WAITING, True)
    put(folder, "a.csv", GOOD.format(minute=1), SETTLED_S + 5)
    assert what(run(folder)) == {"a.csv": TAKEN}


def test_a_file_that_grows_while_it_is_read_is_taken_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(folder, "a.csv", GOOD.format(minute=1))
    real: Callable = import_files

    def grows(*given, **more):
        done = real(*given, **more)
        put(folder, "a.csv", GOOD.format(minute=1) + "A1,2026-05-13T21:02:00Z,-2.7,53.76\n", 60)
        return done

    monkeypatch.setattr(watching, "import_files", grows)
    assert what(run(folder)) == {path.name: WAITING}
    monkeypatch.setattr(watching, "import_files", real)
    assert what(run(folder)) == {path.name: TAKEN}
    assert rows(folder) == 2


@pytest.mark.parametrize("name", ["a.csv.tmp", "a.csv.part", ".a.csv", "~$a.xlsx", "a.csv~", "a.crdownload"])
def test_names_of_unfinished_files_are_passed_over(folder: Path, name: str) -> None:
    put(folder, name, GOOD.format(minute=1))
    assert run(folder) == []
    assert left_out(folder, "pings") == []


def test_what_holds_no_table_is_named(folder: Path) -> None:
    put(folder, "README.md", "hello")
    assert run(folder) == []
    assert left_out(folder, "pings") == ["README.md"]


def test_a_busy_workspace_is_no_fault_of_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(folder, "a.csv", GOOD.format(minute=1))

    def busy(*_, **__):
        raise Busy("Another import is running in this workspace. Wait until it has finished.")

    with monkeypatch.context() as patched:
        patched.setattr(watching, "import_files", busy)
        assert what(run(folder)) == {"a.csv": FAILED}
    assert what(run(folder)) == {"a.csv": TAKEN}


def test_two_runs_at_once_do_no_harm(folder: Path, capsys: pytest.CaptureFixture) -> None:
    from filelock import FileLock

    put(folder, "a.csv", GOOD.format(minute=1))
    (folder.parent / "ws").mkdir()
    with FileLock(folder.parent / "ws" / LOCK):
        assert (
            main(["import", "--source", "pings", "--new-in", str(folder), "--workspace", str(folder.parent / "ws")])
            == 0
        )
    assert "Another run is taking new files" in capsys.readouterr().err
    assert what(run(folder)) == {"a.csv": TAKEN}


def test_a_lost_record_changes_nothing_and_names_nobody(folder: Path) -> None:
    put(folder, "PC77 Ramsbottom.csv", GOOD.format(minute=1).replace("A1", "PC77 Ramsbottom"))
    run(folder)
    state = folder.parent / "ws" / STATE
    assert "ramsbottom" not in state.read_text(encoding="utf-8").casefold()
    for text in (None, "{", "[]"):
        state.unlink()
        if text is not None:
            state.write_text(text, encoding="utf-8")
        (told,) = run(folder)
        assert (told.what, "1 unchanged" in told.line) == (TAKEN, True)
    assert rows(folder) == 1


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(HotspotsError, match="is no folder"):
        run(tmp_path / "none")


def test_the_command_line_prints_a_line_a_file_and_fails_where_one_failed(
    folder: Path, capsys: pytest.CaptureFixture
) -> None:
    asked = ["import", "--source", "pings", "--new-in", str(folder), "--workspace", str(folder.parent / "ws")]
    put(folder, "a.csv", GOOD.format(minute=1))
    put(folder, "notes.md", "x")
    assert main(asked) == 0
    told = capsys.readouterr().err.splitlines()
    assert told[0].startswith("a.csv: 1 rows read = 1 accepted")
    assert told[1:] == [
        "1 file that holds no table was left out: 'notes.md'.",
        "1 new file taken, 0 failed, 0 left for the next run, 0 taken before.",
    ]
    put(folder, "b.csv", BAD)
    for _ in range(2):
        assert main(asked) == 1
        assert "b.csv: failed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--source", "pings", "x.csv"], "give no other path"), (["--source", "boundaries"], "not for boundaries"),
        (["--source", "incidents"], "needs the mapping of the incidents"),
        (["--source", "pings", "--mapping", "none.toml"], "cannot be opened"),
    ],
)  # fmt: skip
def test_what_excludes_a_run(folder: Path, capsys: pytest.CaptureFixture, options: list[str], said: str) -> None:
    asked = ["import", "--new-in", str(folder), "--workspace", str(folder.parent / "ws"), *options]
    assert main(asked) == 1
    assert said in capsys.readouterr().err


def test_a_file_that_went_is_another_than_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a")
    before = path.stat()
    assert not changed(path, before)
    path.unlink()
    assert changed(path, before)
