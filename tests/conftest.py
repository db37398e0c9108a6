"""Shared fixtures: where the real data lies, and a skip that says so when it is absent."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings

from tests.thorough import THOROUGH

MEMORY, ROOM = Path("/dev/shm"), 4 * 2**30  # a file system in memory, and the bytes of it that a whole run may want
if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
    # Thousands of small workspaces, each file and commit flushed: on a disk a third of the time is waiting for it.
    # Faults of a disk are tried by tests/faults.py, which needs none.
    os.environ["TMPDIR"] = str(MEMORY)

# Tests run side by side, so that more threads for the small matrices of one only wait for one another, busily.
os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

os.environ["PYTHONDONTWRITEBYTECODE"] = ""  # or each process that a test starts compiles the whole library anew

DEEP = os.environ.get("HOTSPOTS_TESTS") == "thorough"  # as `make test-thorough` says


def examples(n: int) -> int:
    """How many examples a property is tried on: ``n`` in `make test-thorough`, a fifth in `make test`.

    `make test` draws the same examples every time, so that a commit passes or fails alike on every machine;
    `make test-thorough` draws anew.
    """
    return n if DEEP else max(6, n // 5)


def sets(n: int, few: int) -> int:
    """How many made-up sets a recovery is tried on: ``n`` in `make test-thorough`, ``few`` in `make test`.

    Bounds that follow from the number are wider with few: there `make test` sees the larger errors only.
    """
    return n if DEEP else few


# A slow machine is no defect: no test here is about time.
settings.register_profile("hotspots", deadline=None, max_examples=examples(100), derandomize=not DEEP)
settings.load_profile("hotspots")


LONG = tuple(f"tests/unit/test_{name}.py" for name in ("store", "workspace_loss", "visits", "workspace"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave what `tests.thorough` names to `make test-thorough`, unless a test is asked for by its name.

    Long files that would come last come first: a worker that begins one when all else is done works alone.
    """
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))
    if DEEP or any("::" in asked for asked in config.args):
        return
    left = [i for i in items if i.nodeid.startswith(tuple(THOROUGH))]
    config.hook.pytest_deselected(items=left)
    items[:] = [i for i in items if i not in left]


def pytest_collection_finish() -> None:
    """Libraries and tests stay to the end: no collection of garbage need look through them again."""
    gc.collect()
    gc.freeze()


REPOSITORY = Path(__file__).resolve().parents[1]


def shared_data_folder() -> Path:
    """The folder with the real open data, outside the repository."""
    return Path(os.environ.get("HOTSPOTS_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))


@pytest.fixture(scope="session", autouse=True)
def options_written_once() -> Iterator[None]:
    """Writing the options of every verb takes a hundredth of a second, and tests ask many verbs in one process."""
    import hotspots.cli.main as line

    written = line.parser
    made = cache(lambda workspace: written())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(line, "parser", lambda: made(os.environ.get("HOTSPOTS_WORKSPACE")))  # the default of --workspace
        yield


@pytest.fixture(scope="session")
def shared_data() -> Path:
    folder = shared_data_folder()
    if not folder.is_dir():
        pytest.skip(f"the real open data is not at {folder}; set HOTSPOTS_SHARED_DATA to run this test")
    return folder


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """``mounted(options)``: a small file system in memory; skips where this user may not mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    done: list[int] = []

    def mount(options: str) -> Path:
        code = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], capture_output=True).returncode
        if code:
            pytest.skip("this user may not mount a file system")
        done.append(code)
        return place

    yield mount
    if done:
        subprocess.run(["umount", place], check=True)  # nothing holds a file of it open


def fill(path: Path) -> None:
    """Write until the disk is full."""
    with path.open("wb", buffering=0) as filler, suppress(OSError):
        while filler.write(bytes(4096)):
            pass
