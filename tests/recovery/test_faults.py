"""Faults at every file and SQL event of every operation: what stands is what stood before or what should stand after.

After each fault `check` finds the workspace whole, or names what is left with a remedy that works; every verb answers
with the figures of before or those of after; and the same operation, run again, ends as if nothing had happened.
`make test` tries some of the points, drawn by a fixed seed; `make test-thorough` tries all of them. With -s the counts
of docs/reliability.md are printed.
"""

from __future__ import annotations

import os
import random
import re
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from hotspots.cli.check import check_workspace
from hotspots.store.database import VARIABLE
from hotspots.store.workspace import COPY, MANIFEST, is_workspace, stored_files
from tests.conftest import DEEP, fill
from tests.faulted import OPERATIONS, RANDOM, WS, Operation, begin, design_made, make_empty, match_made, seen
from tests.faults import FAULTS, Outcome, attempt
from tests.unit.test_store import postgres

__all__ = ["postgres"]
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
TRIED = {"killed": 1, "full": 1, "broken": 1}  # points of each operation in `make test`
OURS = re.compile(r"\.[0-9a-f]{8}(-journal|-wal|-shm)?$|^\.demo$|^positions-")  # files aside, and folders


@dataclass(frozen=True)
class Expected:
    """What is seen before an operation, after it, and after it was done twice; and how the second time ends."""

    before: dict[str, str]
    begun: dict[str, str]  # of a workspace that an import has made and not filled
    after: dict[str, str]
    twice: dict[str, str]
    second: str
    files: list[str]  # of facts and quarantine, after it and after the second time
    files_twice: list[str]
    events: dict[str, int]  # fault → events of the undisturbed operation


@pytest.fixture(scope="module")
def starts(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder that holds the workspace that stands before, by its name; made once."""
    made: dict[str, Path] = {}
    match_made()
    design_made()

    def start(name: str) -> Path:
        if name not in made:
            made[name] = tmp_path_factory.mktemp("start")
            done = attempt(lambda place: begin(name, place), made[name])
            assert done.ended == "done", done.words
        return made[name]

    return start


def copied(base: Path, to: Path) -> Path:
    return Path(shutil.copytree(base, to))


def expected_of(operation: Operation, base: Path, folder: Path) -> Expected:
    place = copied(base, folder / "undisturbed")
    before = seen(operation, place)
    done = attempt(operation.act, place)
    assert done.ended == "done", done.words
    after, files_after = seen(operation, place), files(place / WS)
    assert after != before
    second = attempt(operation.act, place)
    assert second.ended != "traceback", second.words
    assert check_workspace(place / WS)[0] == []
    twice, files_twice = seen(operation, place), files(place / WS)
    begun = before
    if operation.start == "nothing":
        make_empty(folder / "begun" / WS)
        begun = seen(operation, folder / "begun")
    return Expected(before, begun, after, twice, second.ended, files_after, files_twice, done.events)


def files(folder: Path) -> list[str]:
    """Data files of the workspace, without what is random in their names."""
    return sorted(RANDOM.sub("-*.", name) for name in stored_files(folder))


def points(n: int, most: int, name: str) -> list[int]:
    """The events to strike at: all, or ``most`` of them by a seed of their own."""
    every = range(1, n + 1)
    return list(every) if DEEP else sorted(random.Random(name).sample(every, min(most, n)))


def leftovers(folder: Path) -> list[str]:
    return [p.name for p in folder.rglob("*") if OURS.search(p.name)]


def tried(operation: Operation, expected: Expected, place: Path, fault: str, n: int) -> str:
    """One trial; returns what stands after it: before, after, refused or restored."""
    done = attempt(operation.act, place, fault, n, operation.server)
    where = f"{fault} at {n}, {done.event}: {done.ended} {done.words}"
    assert done.event, f"{where}: nothing struck"
    assert done.ended in (("killed",) if fault == "killed" else ("refused", "done")), where
    return settled(operation, expected, place, done, n, where)


def settled(
    operation: Operation, expected: Expected, place: Path, done: Outcome, n: int, where: str,
    mend: Callable[[], object] = lambda: None,
) -> str:  # fmt: skip
    """What stands after a fault, and after the operation was run again, once ``mend`` has taken the fault away."""
    state = state_of(operation, expected, place, check_first=n % 2 == 0, where=where)
    if done.ended == "done":
        assert state == "after", where
    if "Nothing was stored" in done.words or "Nothing changed" in done.words:
        assert state == "before" or operation.start == "old", where  # whose shape may be new by then
    mend()
    again = attempt(operation.act, place)
    stood = state in ("after", "restored")
    assert again.ended == (expected.second if stood else "done"), f"{where}; again: {again.ended} {again.words}"
    assert seen(operation, place) == (expected.twice if stood else expected.after), where
    assert check_workspace(place / WS)[0] == [], where
    assert leftovers(place / WS) == [], where
    assert files(place / WS) == (expected.files_twice if stood else expected.files), where
    return state


def state_of(operation: Operation, expected: Expected, place: Path, check_first: bool, where: str) -> str:
    """before, after, or refused; restored where a remedy that check names was followed. Anything else fails."""
    folder = place / WS
    wrong = check_workspace(folder)[0] if check_first and is_workspace(folder) else []
    now = seen(operation, place)
    if now == expected.after:
        assert wrong == [], where
        return "after"
    if now in (expected.before, expected.begun):
        assert wrong == [], where
        return "before"
    assert operation.rest, f"{where}\nneither before nor after: {now}"
    assert all(words.startswith("refused") for name, words in now.items() if name in operation.asked), (where, now)
    wrong = check_workspace(folder)[0] if is_workspace(folder) else list(now.values())
    assert any(remedy in " ".join(wrong) for remedy in operation.rest), (where, wrong)
    if COPY in " ".join(wrong):
        shutil.copyfile(folder / COPY, folder / MANIFEST)
        assert check_workspace(folder)[0] == [], where
        assert seen(operation, place) == expected.after, where
        return "restored"
    return "refused"


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_fault_at_any_event_leaves_what_was_or_what_should_be(name, starts, tmp_path, monkeypatch, request):
    operation = OPERATIONS[name]
    monkeypatch.delenv(VARIABLE, raising=False)
    base = starts(operation.start)
    if operation.server:
        request.getfixturevalue("postgres")
    expected = expected_of(operation, base, tmp_path)
    line = [name]
    for fault in FAULTS:
        ended: Counter[str] = Counter()
        for n in points(expected.events[fault], TRIED[fault], f"{name} {fault}"):
            place = copied(base, tmp_path / f"{fault}-{n}")
            ended[tried(operation, expected, place, fault, n)] += 1
            if not operation.server:  # whose schema is dropped by what lies here
                shutil.rmtree(place)
        line += [
            f"{ended.total()} of {expected.events[fault]}",
            ", ".join(f"{w} {c}" for w, c in sorted(ended.items())),
        ]
    print("\n| " + " | ".join(line) + " |")


@pytest.mark.parametrize(
    "name", ["import of police-uk", "import of pings, the first", "areas freeze", "change match freeze"]
)
def test_a_disk_that_is_really_full_is_a_sentence_and_takes_nothing(name, starts, tmp_path, monkeypatch, mounted):
    """As much room as nothing needs, and as some of it needs; with room enough the same again succeeds."""
    monkeypatch.delenv(VARIABLE, raising=False)
    operation = OPERATIONS[name]
    base = starts(operation.start)
    expected = expected_of(operation, base, tmp_path)
    disk = mounted("size=16m")
    ended = Counter()
    for n, room in enumerate((0, 4, 16, 64, 256) if DEEP else (0, 64)):  # KiB
        place = copied(base, disk / str(n))
        fill(filler := disk / "filler")
        os.truncate(filler, filler.stat().st_size - room * 1024)
        done = attempt(operation.act, place)
        where = f"{room} KiB: {done.ended} {done.words}"
        assert done.ended in ("refused", "done"), where
        ended[done.ended] += 1
        settled(operation, expected, place, done, n, where, filler.unlink)
        shutil.rmtree(place)
    assert ended["refused"]
