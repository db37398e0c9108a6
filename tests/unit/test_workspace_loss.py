"""Nothing is lost, and nothing is wrong without a word: each file of a workspace damaged, each import cut short."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from hotspots.base import disk
from hotspots.base.errors import HotspotsError
from hotspots.base.identity import SECRET
from hotspots.cli.check import check_workspace
from hotspots.cli.main import main
from hotspots.exports import as_text
from hotspots.intake import import_files
from hotspots.intake.quarantine import quarantined_rows
from hotspots.intake.report import holdings
from hotspots.patrols.dosage.dose import set_target
from hotspots.patrols.dosage.stretches import DoseQuestion
from hotspots.patrols.dosage.workspace import dose_workspace
from hotspots.patrols.form import save_draft
from hotspots.ranking.pipeline import rank_workspace
from hotspots.ranking.question import Question
from hotspots.store import publishing, sound
from hotspots.store.database import FILE
from hotspots.store.workspace import COPY, MANIFEST, open_workspace, referenced, stored_files
from tests.conftest import DEEP
from tests.dose_workspace import FIRST, LAST, LOG, make_dose
from tests.samples import MAPPING, PRESTON, crime, export, files_of, held, one_district, record, street

MONTHS = [
    street("2022-01", [crime("a", "2022-01"), crime("b", "2022-01")]),
    street("2022-02", [crime("a", "2022-02", outcome="Charged"), crime("d", "2022-02")]),
]
NEXT = street("2022-03", [crime("e", "2022-03")])


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every kind of file that a workspace can hold: crimes published twice, quarantined rows, districts, patrols."""
    folder = tmp_path_factory.mktemp("whole") / "workspace"
    make_dose(folder)
    import_files(folder, [one_district(folder.parent)], "boundaries")
    import_files(folder, MONTHS, "police-uk")
    bad = [record(f"q{i}", "32/02/2024 10:00") for i in range(2)]
    import_files(folder, [export([record("good", "05/02/2024 10:00"), *bad], "more.csv")], "incidents", MAPPING)
    set_target(folder, "hot-spots", "", 30, "2024-03-01", "A. Analyst", "as agreed")
    shutil.rmtree(folder / "cache", ignore_errors=True)
    return folder


@pytest.fixture
def own(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "own"))


def figures(folder: Path, patrols: bool = True) -> list[str]:
    """What the pages and verbs show, as text: with the dose, or without it."""
    workspace = open_workspace(folder)
    tables = [rank_workspace(workspace, Question(source=source)).table for source in ("police-uk", "incidents")]
    tables += [holdings(workspace), quarantined_rows(workspace)]
    if patrols:
        dose = dose_workspace(workspace, DoseQuestion(start=FIRST, end=LAST))
        tables += [dose.table, dose.reconciled]
    return [as_text(table, "csv") for table in tables]


def flipped(path: Path) -> None:
    """One bit, in the middle; in the database one of what people wrote, for most of its bytes hold nothing."""
    content = bytearray(path.read_bytes())
    at = content.rindex(b"Preston, High Street") if path.name == FILE else len(content) // 2
    content[at] ^= 0x01
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def zeroed(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


@pytest.mark.parametrize("damage", [flipped, cut, zeroed, Path.unlink])
def test_each_damaged_file_gives_the_right_figures_or_a_sentence_and_check_names_it(whole, tmp_path, damage):
    crimes, right = figures(whole, patrols=False), figures(whole)
    names = [*sorted(referenced(open_workspace(whole).manifest)), MANIFEST, COPY, FILE, SECRET]
    assert len({n.split("/")[0] for n in names}) == 7
    assert len(names) >= 15
    if damage in (cut, zeroed) and not DEEP:  # a table's hash tells whatever was done to it: the other two ask each
        names = [n for n in names if not n.startswith("facts/")]
    refused = []
    for n, name in enumerate(names):
        folder = Path(shutil.copytree(whole, tmp_path / str(n), ignore=shutil.ignore_patterns("cache")))
        patrols = ("facts/p" in name and "police" not in name) or name == FILE
        damage(folder / name)
        sound.VERIFIED.clear()  # as a new process
        try:
            assert figures(folder, patrols) == (right if patrols else crimes), name
        except HotspotsError:
            refused.append(name)
        wrong, untidy = check_workspace(folder)
        assert [words for words in [*wrong, *untidy] if name.rpartition("/")[2] in words or said_of(name, words)], name
        assert bool(wrong) == (name != COPY), name
    assert set(names) - {COPY, SECRET} == set(refused)


def said_of(name: str, words: str) -> bool:
    """What a flipped bit in the database does to: the register that no longer has its hash."""
    return name == FILE and "Register hot-spots@1 is not as it was frozen" in words


# ---------------------------------------------------------------- a manifest that is lost


@pytest.mark.parametrize("left", ["facts", "quarantine", "boundaries", FILE, COPY])
def test_what_remains_of_a_workspace_is_refused_and_nothing_is_touched(whole, tmp_path, left):
    folder = tmp_path / "rest"
    folder.mkdir()
    (shutil.copytree if (whole / left).is_dir() else shutil.copy)(whole / left, folder / left)
    before = files_of(folder)
    with pytest.raises(HotspotsError, match=r"has no manifest\.json"):
        open_workspace(folder)
    for source, files in (("police-uk", [NEXT]), ("boundaries", [one_district(tmp_path)])):
        with pytest.raises(HotspotsError, match=r"has no manifest\.json"):
            import_files(folder, files, source)
    assert main(["demo", "--workspace", str(folder)]) == 1
    assert main(["rank", "--workspace", str(folder)]) == 1
    assert {k: v for k, v in files_of(folder).items() if k != ".lock"} == before
    assert any("has no manifest.json" in words for words in check_workspace(folder)[0])


def test_a_key_may_be_there_before_the_first_import_and_outlives_a_refused_one(whole, tmp_path):
    """Units that are imported anew keep their names where the old key is put there first."""
    folder = tmp_path / "new"
    folder.mkdir()
    shutil.copy(whole / SECRET, folder)
    with pytest.raises(HotspotsError):
        import_files(folder, [tmp_path / "none.csv"], "police-uk")
    assert files_of(folder).keys() - {".lock"} == {SECRET}
    import_files(folder, [NEXT], "police-uk")
    assert (folder / SECRET).read_bytes() == (whole / SECRET).read_bytes()


def test_settings_and_a_cache_alone_are_no_workspace(tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "settings.toml").write_text("top = 5\n", encoding="utf-8")
    with pytest.raises(HotspotsError, match="no workspace at"):
        open_workspace(tmp_path)
    assert import_files(tmp_path, MONTHS, "police-uk").workspace.settings.top == 5


@pytest.mark.parametrize("spoil", [Path.unlink, cut, flipped])
def test_the_copy_put_in_its_place_mends_a_lost_manifest(own, spoil):
    right = figures(own)
    spoil(own / MANIFEST)
    with pytest.raises(HotspotsError, match=r"Copy manifest\.copy\.json, which is sound, to manifest\.json"):
        import_files(own, [NEXT], "police-uk")
    assert [w for w in check_workspace(own)[0] if "Copy manifest.copy.json" in w]
    shutil.copy(own / COPY, own / MANIFEST)
    assert figures(own) == right
    assert check_workspace(own) == ([], [])


def test_no_advice_gives_up_a_database(own):
    for name in (MANIFEST, COPY):
        (own / name).unlink()
    words = " ".join(check_workspace(own)[0])
    assert "Restore manifest.json from a copy of the workspace" in words
    assert "keep this one: it holds what people edited" in words
    assert not [w for w in ("delete", "move", "remove") if w in words]


def test_an_edited_manifest_is_not_as_it_was_written(own):
    path = own / MANIFEST
    path.write_text(path.read_text(encoding="utf-8").replace('"rows": 2', '"rows": 3'), encoding="utf-8")
    with pytest.raises(HotspotsError, match=r"manifest\.json .* is damaged \(it is not as it was written\)"):
        open_workspace(own)


def test_a_lost_copy_is_written_anew_by_check_and_a_workspace_without_one_is_read(own):
    right = figures(own)
    (own / COPY).unlink()
    assert figures(own) == right
    wrong, (words,) = check_workspace(own)
    assert wrong == []
    assert COPY in words
    assert (own / COPY).read_bytes() == (own / MANIFEST).read_bytes()
    assert check_workspace(own) == ([], [])


def test_a_lost_database_is_told_and_an_empty_file_goes_on_without(own):
    (own / FILE).unlink()
    with pytest.raises(HotspotsError, match=r"hotspots\.sqlite of the workspace is missing"):
        open_workspace(own)
    (own / FILE).touch()
    assert len(rank_workspace(own, Question(source="police-uk")).table)


# ---------------------------------------------------------------- imports that come to no end


class Ended(BaseException):
    """Ctrl-C, or anything else."""


def ends_after(n: int, error: BaseException) -> Callable[..., None]:
    """Writing a table that works n times, then fails."""
    write, left = pq.write_table, [n]

    def write_table(table, where, **how):
        left[0] -= 1
        if left[0] < 0:
            raise error
        write(table, where, **how)

    return write_table


@pytest.mark.parametrize("error", [HotspotsError("no"), OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("n", [0, 1, 2])
def test_an_import_that_fails_leaves_no_orphans(own, monkeypatch, error, n):
    before, rows = set(stored_files(own)), held(own)
    monkeypatch.setattr(pq, "write_table", ends_after(n, error))
    with pytest.raises((HotspotsError, KeyboardInterrupt)):
        import_files(own, [NEXT, street("2022-04", [crime("a", "2022-04")])], "police-uk")
    assert set(stored_files(own)) == before  # those of the manifest before are among them
    assert held(own).equals(rows)


def test_a_refused_first_import_leaves_no_workspace_and_no_key(tmp_path):
    folder = tmp_path / "new"
    with pytest.raises(HotspotsError):
        import_files(folder, [("log.csv", LOG), ("bad.csv", b"nothing,here\n1,2\n")], "patrol-log")
    assert [p.name for p in folder.iterdir() if p.name != ".lock"] == []
    import_files(folder, [("log.csv", LOG)], "patrol-log")


def killed_import(folder: Path) -> set[str]:
    """The files that an import has left which was killed: nothing runs after its second table."""
    before = set(stored_files(folder))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pq, "write_table", ends_after(2, Ended()))
        patch.setattr(publishing, "leftovers", lambda folder: [])
        with pytest.raises(Ended):
            import_files(folder, [NEXT, street("2022-04", [crime("f", "2022-04")])], "police-uk")
    left = set(stored_files(folder)) - before
    assert len(left) == 3
    return left


def test_check_removes_what_a_killed_import_left_and_nothing_else(own):
    kept, figures_before = set(stored_files(own)), figures(own)
    left = killed_import(own)
    wrong, untidy = check_workspace(own)
    assert wrong == []
    assert all(name in untidy[0] for name in left)
    assert set(stored_files(own)) == kept
    assert figures(own) == figures_before


def test_check_removes_nothing_while_an_import_runs_or_where_it_cannot_write(own, monkeypatch):
    left = killed_import(own)
    with publishing.locked(own):
        assert check_workspace(own)[0] == []
    assert left <= set(stored_files(own))

    def refused(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("filelock.FileLock.__enter__", refused)
    assert check_workspace(own)[0] == []
    assert left <= set(stored_files(own))


def test_a_kill_between_the_two_copies_leaves_both_sound(own):
    """The copy is one import behind: its files are still there, until a later import has written it."""
    write, named = disk.write_whole, referenced(open_workspace(own).manifest)
    with pytest.MonkeyPatch.context() as patch:

        def killed_at_copy(path: Path, content: bytes, private: bool = False) -> None:
            if path.name == COPY:
                raise Ended
            write(path, content, private)

        patch.setattr(disk, "write_whole", killed_at_copy)
        for month in (NEXT, street("2022-04", [crime("f", "2022-04")])):
            with pytest.raises(Ended):
                import_files(own, [month], "police-uk")
    rows = held(own)
    assert named <= set(stored_files(own))
    assert check_workspace(own)[0] == []
    assert held(own).equals(rows)


def test_a_first_import_that_was_killed_can_be_done_again(tmp_path):
    folder = tmp_path / "new"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pq, "write_table", ends_after(1, Ended()))
        patch.setattr(disk, "remove", lambda path: None)
        with pytest.raises(Ended):
            import_files(folder, MONTHS, "police-uk")
    assert stored_files(folder)
    assert open_workspace(folder).manifest.kind == "empty"
    import_files(folder, MONTHS, "police-uk")
    assert sorted(held(folder)["record_id"]) == ["a", "b", "d"]
    assert check_workspace(folder) == ([], [])


# ---------------------------------------------------------------- hashes and rights


def test_a_file_is_hashed_once_by_a_process_and_again_when_it_changed(own, monkeypatch):
    sound.VERIFIED.clear()
    hashed: list[str] = []
    digest = sound.digest
    monkeypatch.setattr(sound, "digest", lambda path: (hashed.append(path.name), digest(path))[1])
    figures(own)
    assert len(hashed) == len(set(hashed)) > 8
    seen = len(hashed)
    figures(own)
    assert len(hashed) == seen
    part = own / open_workspace(own).manifest.parts[0].file
    os.utime(part, ns=(1, 1))
    figures(own)
    assert hashed[seen:] == [part.name]


def test_another_key_of_the_units_is_refused_by_imports_and_the_log_form(own):
    (own / SECRET).write_text("0" * 64 + "\n", encoding="ascii")
    with pytest.raises(HotspotsError, match=r"secret\.key is not the one that units were hashed with"):
        import_files(own, [("positions.csv", b"unit,time,longitude,latitude\n")], "pings")
    with pytest.raises(HotspotsError, match=r"secret\.key is not the one that units were hashed with"):
        save_draft(own, "a" * 32, {"unit": "U1"})
    (own / SECRET).unlink()
    more = f"unit,time,longitude,latitude\nU1,2024-03-08T10:00:00Z,{PRESTON[0]},{PRESTON[1]}\n".encode()
    assert "a new one was made" in " ".join(import_files(own, [("more.csv", more)], "pings").notes)


@pytest.mark.skipif(os.name == "nt", reason="POSIX has these rights")
def test_folders_and_files_are_for_their_owner_alone(tmp_path):
    os.umask(before := os.umask(0o022))
    assert before & 0o700 == 0
    folder = make_dose(tmp_path / "new")
    dose_workspace(folder, DoseQuestion(start=FIRST, end=LAST))
    modes = {p: stat.S_IMODE(p.stat().st_mode) for p in [folder, *folder.rglob("*")]}
    assert {p.name for p, mode in modes.items() if mode != (0o700 if p.is_dir() else 0o600)} <= {FILE, "settings.toml"}
    assert {SECRET, MANIFEST, COPY, ".lock", "cache", "presence"} <= {p.name for p in modes}


@pytest.mark.skipif(os.name == "nt", reason="POSIX has these rights")
def test_a_folder_that_was_there_keeps_its_rights_and_exports_those_of_the_user(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    folder.chmod(0o755)
    import_files(folder, MONTHS, "police-uk")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755
    out, plain = tmp_path / "rank.csv", tmp_path / "plain.csv"
    plain.touch()
    assert main(["rank", "--workspace", str(folder), "--out", str(out)]) == 0
    assert out.stat().st_mode == plain.stat().st_mode


# ---------------------------------------------------------------- Windows


def held_open(n: int, act: Callable[..., object]) -> Callable[..., object]:
    """What Windows says n times of a file that another process holds, then does."""
    left = [n]

    def refused(*given, **how):
        left[0] -= 1
        if left[0] >= 0:
            error = PermissionError(13, "The process cannot access the file")
            error.winerror = 32  # type: ignore[attr-defined]
            raise error
        return act(*given, **how)

    return refused


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    return waited


@pytest.mark.parametrize("n", [1, 4, len(disk.WAITS)])
def test_a_file_held_open_for_a_moment_is_waited_for(own, monkeypatch, waits, n):
    monkeypatch.setattr(os, "replace", held_open(n, os.replace))
    import_files(own, [NEXT], "police-uk")
    assert waits == list(disk.WAITS[:n])
    assert check_workspace(own)[0] == []
    assert (own / COPY).read_bytes() == (own / MANIFEST).read_bytes()


def test_a_manifest_held_open_for_long_is_told_and_nothing_changed(own, monkeypatch, waits):
    before = files_of(own)
    monkeypatch.setattr(os, "replace", held_open(1_000, os.replace))
    with pytest.raises(HotspotsError, match=r"manifest\.json cannot be replaced: another program holds it open"):
        import_files(own, [NEXT], "police-uk")
    assert sum(waits) < 10
    assert files_of(own) == before


def test_what_cannot_be_removed_goes_with_the_next_clean_up(own, monkeypatch, waits):
    import_files(own, [NEXT], "police-uk")
    old = set(stored_files(own)) - referenced(open_workspace(own).manifest)
    assert old
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", held_open(1_000, Path.unlink))
        import_files(own, [street("2022-04", [crime("f", "2022-04")])], "police-uk")
    assert old <= set(stored_files(own))
    import_files(own, [street("2022-05", [crime("g", "2022-05")])], "police-uk")
    assert not old & set(stored_files(own))


def test_elsewhere_a_refusal_is_told_at_once(tmp_path, monkeypatch, waits):
    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refused)
    with pytest.raises(PermissionError):
        disk.write_whole(tmp_path / "x", b"x")
    assert waits == []
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- results that cannot be written


def test_nothing_is_stored_where_the_result_could_not_be_written(own, capsys):
    before = files_of(own)
    signed = ["--author", "A", "--note", "why"]
    freezing = [
        ["areas", "freeze", "--name", "late", "--valid-from", "2024-03-05", *signed],
        ["weights", "export", "cambridge"],
        ["change", "match", "--freeze", "late", *signed],
        ["change", "design", "--freeze", "late", *signed],
        ["rank"],
    ]
    for verb in freezing:
        for out in ("nofolder/x.csv", "facts", MANIFEST + "/x.csv"):
            assert main([*verb, "--workspace", str(own), "--out", str(own / out)]) == 1, verb
            assert f"{own / out} cannot be written" in capsys.readouterr().err
    assert files_of(own) == before
