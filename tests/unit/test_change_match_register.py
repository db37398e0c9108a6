"""Matches frozen for good: before the start or after it, names, hashes, tampering; and the words of it."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from hotspots.base.columns import CHANGE_FROZEN, CHANGE_PAIRS
from hotspots.base.errors import HotspotsError
from hotspots.change.evidence import match_for
from hotspots.change.matching.places import MatchedPlaces
from hotspots.change.matching.register import freeze, load, made_for_another, matches, pairs_of, problems
from hotspots.change.question import ChangeQuestion
from hotspots.cli import main
from hotspots.cli.check import check_workspace
from hotspots.intake import import_files
from hotspots.store import ledger
from hotspots.store.database import FILE, write
from hotspots.store.schema import METADATA
from hotspots.store.workspace import open_workspace
from tests.area_workspace import cell_at
from tests.change_workspace import LANCASTER, crimes
from tests.match_samples import CENTRE, disk, facts_of, like, treated_of
from tests.samples import BLACKPOOL, crime, street

FACTS = {
    "treated": "grip@1", "first_day": "2026-04-01", "learned": ["2025-01-01", "2025-12-31"], "ring_m": 100.0,
    "offences": "violence-categories", "include_proactive": False, "weights_sha256": "ab" * 32,
}  # fmt: skip


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> dict[str, datetime]:
    """The register's clock; tests may turn it."""
    monkeypatch.delenv("HOTSPOTS_DATABASE_URL", raising=False)
    told = {"now": datetime(2026, 3, 20, 9, 0, tzinfo=UTC)}
    monkeypatch.setattr(ledger, "now", lambda: told["now"])
    return told


@pytest.fixture
def folder(own_police: Path) -> Path:
    return own_police


@pytest.fixture(scope="module")
def matched() -> MatchedPlaces:
    facts = facts_of({c: 1 + i % 5 for i, c in enumerate(disk(6))})
    return like(treated_of({"South-01": [CENTRE], "South-02": [disk(4)[0]]}), facts)


def frozen(folder: Path, matched: MatchedPlaces, name: str = "grip-like", first: str = "2026-04-01"):
    return freeze(folder, replace(matched, facts=FACTS), name, first, "grip@1", "Ann", "before the start")


def test_nothing_is_frozen_in_a_new_workspace(folder):
    assert matches(folder).columns.tolist() == [c.name for c in CHANGE_FROZEN]
    assert not len(matches(folder))
    assert problems(folder) == []
    with pytest.raises(HotspotsError, match="None has been frozen"):
        load(folder, "grip-like")


def test_a_frozen_match_comes_back_as_it_was(folder, matched):
    made = frozen(folder, matched)
    again = load(folder, "grip-like")
    assert again.sha256 == made.sha256
    assert again.matched.sha256 == matched.sha256
    assert again.matched.places["cells"].tolist() == matched.places["cells"].tolist()
    assert pairs_of(again.matched)["comparison_cell"].tolist() == pairs_of(matched)["comparison_cell"].tolist()
    assert again.facts == FACTS == again.matched.facts
    assert (again.treated, again.author, again.note) == ("grip@1", "Ann", "before the start")
    assert again.frozen_before
    (row,) = matches(folder).to_dict("records")
    assert row == {
        "name": "grip-like", "kind": "match", "first_day": "2026-04-01", "last_day": "", "frozen_before": True,
        "author": "Ann", "note": "before the start", "created": "2026-03-20T09:00:00.000000+00:00",
        "sha256": made.sha256,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("hour", "before"),
    [
        (datetime(2026, 3, 31, 22, 59, 59, tzinfo=UTC), True),  # 23:59:59 in London, the clocks having gone forward
        (datetime(2026, 3, 31, 23, 0, 0, tzinfo=UTC), False),  # midnight: the first day has begun
        (datetime(2026, 4, 2, tzinfo=UTC), False),
    ],
)
def test_before_is_before_the_first_day_begins_by_the_clock_here(folder, matched, clock, hour, before):
    clock["now"] = hour
    assert frozen(folder, matched).frozen_before is before
    assert matches(folder)["frozen_before"].tolist() == [before]


def test_a_name_is_given_once(folder, matched):
    frozen(folder, matched)
    first = ledger.stamp(folder, "change_matches")
    with pytest.raises(HotspotsError, match="frozen match 'grip-like' already"):
        frozen(folder, matched)
    frozen(folder, matched, "other")
    assert ledger.stamp(folder, "change_matches") != first
    assert matches(folder)["name"].tolist() == ["grip-like", "other"]
    with pytest.raises(HotspotsError, match="There are: grip-like, other"):
        load(folder, "third")


@pytest.mark.parametrize(
    ("name", "author", "note", "first", "said"),
    [
        ("Grip Like", "Ann", "why", "2026-04-01", "small letters"),
        ("grip", " ", "why", "2026-04-01", "an author"),
        ("grip", "Ann", "", "2026-04-01", "a note"),
        ("grip", "Ann", "why", "1 April", "write a date"),
    ],
)
def test_what_cannot_be_frozen_is_refused(folder, matched, name, author, note, first, said):
    with pytest.raises(HotspotsError, match=said):
        freeze(folder, matched, name, first, "grip@1", author, note)
    assert not len(matches(folder))


def test_rows_are_never_changed_or_deleted(folder, matched):
    frozen(folder, matched)
    kept = METADATA.tables["change_matches"]
    for change in (update(kept).values(note="other"), delete(kept)):
        with pytest.raises(IntegrityError, match="never changed"), write(folder) as connection:
            connection.execute(change)


@pytest.mark.parametrize(
    "tampering",
    [
        "SET first_day = '2026-05-01'",
        "SET created = '2026-01-01T00:00:00+00:00'",
        "SET question = replace(question, 'grip@1', 'grip@2')",
        "SET match = replace(match, 'South-01', 'South-09')",
        "SET match = 'no JSON'",
    ],
)
def test_a_match_that_was_tampered_with_is_told(folder, matched, tampering):
    frozen(folder, matched)
    assert check_workspace(folder)[0] == []
    with sqlite3.connect(folder / FILE) as connection:
        connection.execute("DROP TRIGGER change_matches_no_update")
        connection.execute(f"UPDATE change_matches {tampering}")
    with pytest.raises(HotspotsError, match="not as it was frozen"):
        load(folder, "grip-like")
    assert [w for w in check_workspace(folder)[0] if "The match grip-like is not as it was frozen" in w]


def test_a_match_made_for_another_question_says_in_what(folder, matched):
    found = frozen(folder, matched)
    assert made_for_another(found, FACTS) == []
    told = made_for_another(found, {**FACTS, "learned": ["2024-01-01", "2024-12-31"], "include_proactive": True})
    assert told == [
        "The match grip-like was made for a time before of 2025-01-01 to 2025-12-31; asked for is 2024-01-01 to"
        " 2024-12-31.",
        "The match grip-like was made for offences found by police activity left out; asked for is included.",
    ]
    assert made_for_another(found, {**FACTS, "hours": "20-04"}) == [
        "The match grip-like was made for the hours all day; asked for is 20-04."
    ]


# ---------------------------------------------------------------- the words


def run(folder: Path, *words: str) -> None:
    main.run(["change", *words, "--workspace", str(folder)])


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_matches_are_listed(folder, matched, capsys):
    frozen(folder, matched)
    run(folder, "matches")
    (row,) = rows(capsys.readouterr().out)
    assert list(row) == [c.name for c in CHANGE_FROZEN]
    assert (row["name"], row["kind"], row["frozen_before"]) == ("grip-like", "match", "True")


def test_the_pairs_of_one_are_shown_with_balance_and_notes(folder, matched, capsys, tmp_path):
    frozen(folder, matched)
    run(folder, "matches", "--show", "grip-like", "--format", "json", "--out", str(tmp_path / "pairs.json"))
    told = json.loads((tmp_path / "pairs.json").read_text(encoding="utf-8"))
    assert [r["treated_cell"] for r in told["rows"]] == pairs_of(matched)["treated_cell"].tolist()
    assert list(told["rows"][0]) == [c.name for c in CHANGE_PAIRS]
    assert told["about"]["treated"] == "grip@1"
    assert told["about"]["match_sha256"] == matched.sha256
    said = capsys.readouterr().err
    assert "grip@1; frozen 2026-03-20T09:00:00.000000+00:00 by Ann, before 2026-04-01 began." in said
    assert "2 comparison places of 2 cells." in said
    assert "√ expected count per period" in said
    for note in matched.notes:
        assert note in said


def test_author_and_note_without_freezing_are_refused(folder):
    with pytest.raises(HotspotsError, match="--author and --note belong to --freeze"):
        run(folder, "match", "--author", "Ann", "--note", "why")


def test_nothing_frozen_nothing_listed(folder, capsys):
    run(folder, "matches")
    assert rows(capsys.readouterr().out) == []


QUESTION = ("--top", "1", "--before-from", "2023-01", "--before-to", "2023-03", "--from", "2024-01", "--to", "2024-03")


@pytest.fixture
def two_springs(tmp_path: Path) -> Path:
    """Blackpool is the busiest cell of the spring of 2023; of its BCU there is Lancaster besides."""
    files = [street(f"{year}-{month:02d}", crimes(year, month)) for year in (2023, 2024) for month in (1, 2, 3)]
    import_files(tmp_path / "springs", files, "police-uk")
    return tmp_path / "springs"


def test_a_match_is_made_from_the_workspace_and_frozen(two_springs, capsys):
    run(two_springs, "match", *QUESTION)
    out, said = capsys.readouterr()
    (row,) = rows(out)
    assert (row["treated_cell"], row["comparison_cell"]) == (cell_at(BLACKPOOL), cell_at(LANCASTER))
    assert row["bcu"] == "West"
    assert "1 comparison places of 1 cells" not in said
    assert "1 comparison place of 1 cell." in said
    assert "√ expected count per period" in said
    assert not len(matches(two_springs))
    run(two_springs, "match", *QUESTION, "--freeze", "coast", "--author", "Ann", "--note", "a look back")
    assert "This was frozen after 2024-01-01, the first day of the window after" in capsys.readouterr().err
    found = load(two_springs, "coast")
    assert found.treated == "top 1 cells by count"
    assert (found.first_day.isoformat(), found.frozen_before) == ("2024-01-01", False)
    assert found.facts["learned"] == ["2023-01-01", "2023-03-31"]
    assert len(found.facts["weights_sha256"]) == 64
    assert found.matched.places["cells"].tolist() == [(cell_at(LANCASTER),)]


def test_what_comes_after_the_start_cannot_enter_a_match(tmp_path):
    """Nine more crimes a month in Lancaster, Blackpool's only candidate, after the start: the same hash."""
    windows = {"before_from": "2023-01", "before_to": "2023-03", "after_from": "2024-01", "after_to": "2024-03"}
    question = ChangeQuestion(top=1, comparison="matched", **windows)
    hashes = set()
    for n in (0, 9):
        months = [(year, month) for year in (2023, 2024) for month in (1, 2, 3)]
        more = {m: [crime(f"more-{m}-{i}", f"2024-{m:02d}", place=LANCASTER) for i in range(n)] for m in (1, 2, 3)}
        files = [street(f"{y}-{m:02d}", crimes(y, m) + (more[m] if y == 2024 else [])) for y, m in months]
        import_files(tmp_path / str(n), files, "police-uk")
        hashes.add(match_for(open_workspace(tmp_path / str(n)), question)[1].sha256)
    assert len(hashes) == 1


def test_a_frozen_match_is_not_made_again(two_springs):
    with pytest.raises(HotspotsError, match="--match coast is frozen already"):
        run(two_springs, "match", *QUESTION, "--match", "coast")
