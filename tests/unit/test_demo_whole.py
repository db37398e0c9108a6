"""A demo is all or nothing: killed at any step, the folder holds what it held, the new demo, or what is refused."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest

from hotspots.base.errors import HotspotsError
from hotspots.base.identity import SECRET, workspace_key
from hotspots.cli.check import check_workspace
from hotspots.demo import workspace as demo
from hotspots.intake import Imported, import_files
from hotspots.store.database import FILE
from hotspots.store.workspace import COPY, DEMO, MANIFEST, TRUTH, open_workspace
from tests.conftest import sets
from tests.samples import MAPPING, crime, export, held, record, street
from tests.workspaces import prepare


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A demo of as many incidents as its seed says, with a database, a key and a truth: milliseconds, not a minute."""

    def build_in(aside: Path, folder: Path, made: int, seed: int | None) -> Imported:
        rows = [record(str(i), f"0{i + 1}/01/2026 10:00") for i in range(made)]
        done = import_files(aside, [export([*rows, record("bad", "32/01/2026 10:00")])], "incidents", MAPPING, True)
        prepare(aside)
        workspace_key(aside)
        (aside / TRUTH).write_text("{}", encoding="utf-8")
        return done

    monkeypatch.setattr(demo, "make_export", lambda scratch, seed, effect: seed)
    monkeypatch.setattr(demo, "build_in", build_in)


def kill_at(patch: pytest.MonkeyPatch, n: int) -> list[int]:
    """Nothing is renamed or removed from the n-th time on; returns a count of the steps taken."""
    taken = [0]
    replace, unlink, rmtree = os.replace, Path.unlink, shutil.rmtree

    def stepping(act):
        def step(*given, **how):
            taken[0] += 1
            if taken[0] >= n:
                raise Killed
            return act(*given, **how)

        return step

    patch.setattr(os, "replace", stepping(replace))
    patch.setattr(Path, "unlink", stepping(unlink))
    patch.setattr(shutil, "rmtree", stepping(rmtree))
    return taken


def state_of(folder: Path) -> tuple[pd.DataFrame, bytes] | None:
    """What verbs would take for the workspace: rows, and the key that belongs to them; None where they refuse."""
    try:
        return held(folder), (folder / SECRET).read_bytes()
    except HotspotsError:
        return None


@pytest.mark.parametrize("there", [True, False])
def test_a_kill_at_any_step_leaves_the_demo_before_or_after_or_what_is_refused(tmp_path, small, there):
    start = tmp_path / "start"
    if there:
        demo.build_demo(start, seed=2)
    seen = set()
    for n in range(1, 150, sets(1, 3)):
        folder = tmp_path / str(n)
        if there:
            shutil.copytree(start, folder)
        before = state_of(folder)
        with pytest.MonkeyPatch.context() as patch:
            taken = kill_at(patch, n)
            with suppress(Killed):
                demo.build_demo(folder, seed=3)
        now = state_of(folder)
        if now is None:
            seen.add("refused")
            if there:
                with pytest.raises(
                    HotspotsError, match=r"builds it anew|Copy manifest\.copy\.json|There is no workspace"
                ):
                    open_workspace(folder)
        elif before is not None and now[0].equals(before[0]):
            assert now[1] == before[1], n
            seen.add("before")
        else:
            assert len(now[0]) == 3, n
            assert before is None or now[1] != before[1]
            assert (folder / FILE).is_file()
            seen.add("after")
        if taken[0] < n:
            break
        demo.build_demo(folder, seed=4)
        assert len(held(folder)) == 4
        assert check_workspace(folder) == ([], [])
        assert not (folder / DEMO).exists()
    else:
        pytest.fail("more steps than were tried")
    assert seen == ({"before", "after", "refused"} if there else {"after", "refused"})


def test_a_demo_that_fails_leaves_what_was_there(tmp_path, small, monkeypatch):
    demo.build_demo(tmp_path, seed=2)
    before = state_of(tmp_path)
    monkeypatch.setattr(demo, "build_in", lambda *_: (_ for _ in ()).throw(HotspotsError("no")))
    with pytest.raises(HotspotsError, match="no"):
        demo.build_demo(tmp_path, seed=3)
    now = state_of(tmp_path)
    assert now is not None
    assert before is not None
    assert now[0].equals(before[0])
    assert now[1] == before[1]
    assert not (tmp_path / DEMO).exists()


def test_check_removes_a_demo_that_was_cut_short_beside_a_whole_workspace(tmp_path, small):
    demo.build_demo(tmp_path, seed=2)
    (tmp_path / DEMO).mkdir()
    (tmp_path / DEMO / "rest").touch()
    wrong, (words,) = check_workspace(tmp_path)
    assert wrong == []
    assert DEMO in words
    assert not (tmp_path / DEMO).exists()


def test_what_people_hold_is_never_overwritten(tmp_path, small):
    real = import_files(tmp_path / "real", [street("2022-01", [crime("a", "2022-01")])], "police-uk")
    with pytest.raises(HotspotsError, match="holds real data"):
        demo.build_demo(real.workspace.folder, seed=2)
    (real.workspace.folder / MANIFEST).unlink()
    for _ in range(2):
        with pytest.raises(HotspotsError, match=r"has no manifest\.json"):
            demo.build_demo(real.workspace.folder, seed=2)
        (real.workspace.folder / COPY).unlink(missing_ok=True)
    (tmp_path / "edited").mkdir()
    prepare(tmp_path / "edited")
    with pytest.raises(HotspotsError, match=r"has no manifest\.json"):
        demo.build_demo(tmp_path / "edited", seed=2)
