"""python -m hotspots concentration, near-repeats: the program itself, on a demo and on three months of police.uk."""

from __future__ import annotations

import csv
import io
import json

import pytest

from hotspots.__main__ import main
from tests.workspaces import demo, police

__all__ = ["demo", "police"]

SHARES = {"0.01", "0.02", "0.05", "0.1"}


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


# ---------------------------------------------------------------- concentration


def test_concentration_of_three_months_by_hand(police, capsys):
    """tests/workspaces.py: Blackpool has West's 4 incidents in one cell, Preston 7 and Ashton 1 of South's 8."""
    assert main(["concentration", "--workspace", str(police), "--every", "month"]) == 0
    table = rows(capsys.readouterr().out)
    assert {r["bcu"] for r in table} == {"all", "West", "South", "East"}
    assert {r["share_of_area"] for r in table} == SHARES
    whole = {
        (r["bcu"], r["measure"]): r for r in table if r["period"] == "whole window" and r["share_of_area"] == "0.01"
    }
    assert {bcu: int(whole[bcu, "incidents"]["n"]) for bcu in ("all", "West", "South", "East")} == {
        "all": 13, "West": 4, "South": 8, "East": 1,
    }  # fmt: skip
    assert {bcu: int(whole[bcu, "incidents"]["n_cells"]) for bcu in ("West", "South", "East")} == {
        "West": 1, "South": 2, "East": 1,
    }  # fmt: skip
    # a hundredth of any BCU is far larger than two cells
    assert all(float(r["share"]) == 1 for r in whole.values())
    january = [r for r in table if r["period"] == "2024-01" and r["bcu"] == "all" and r["measure"] == "incidents"]
    assert {int(r["n"]) for r in january} == {7}


def test_concentration_of_one_bcu_and_the_window_only(demo, capsys):
    assert main(["concentration", "--workspace", str(demo), "--bcu", "West", "--every", "window"]) == 0
    table = rows(capsys.readouterr().out)
    assert {(r["bcu"], r["period"]) for r in table} == {("West", "whole window")}
    assert len(table) == 2 * len(SHARES)
    for row in table:  # picked in hindsight it is at least what held-out incidents confirm
        assert 0 < float(row["share_adjusted"]) <= float(row["share"]) <= 1


def test_concentration_as_json_says_what_it_is(demo, tmp_path):
    out = tmp_path / "found.json"
    assert (
        main(["concentration", "--workspace", str(demo), "--every", "year", "--format", "json", "--out", str(out)]) == 0
    )
    found = json.loads(out.read_text(encoding="utf-8"))
    assert found["about"]["data"].startswith("SYNTHETIC")
    assert {"share", "share_by_chance", "share_adjusted"} <= set(found["rows"][0])


def test_what_concentration_cannot_answer_is_told(police, capsys):
    assert main(["concentration", "--workspace", str(police), "--bcu", "North"]) == 1
    assert "no BCU 'North'" in capsys.readouterr().err


# ---------------------------------------------------------------- near repeats


def test_near_repeats_of_the_demo(demo, capsys):
    words = ["near-repeats", "--workspace", str(demo), "--rings", "1", "--permutations", "99"]
    assert main(words) == 0
    told = capsys.readouterr()
    table = rows(told.out)
    assert [(r["ring"], r["days_from"], r["days_to"]) for r in table] == [
        ("0", "0", "7"), ("0", "8", "14"), ("0", "15", "28"), ("1", "0", "7"), ("1", "8", "14"), ("1", "15", "28"),
    ]  # fmt: skip
    assert told.err.startswith("Same place again soon: ")
    assert all(0.01 <= float(r["p"]) <= 1 for r in table)
    assert all(float(r["p"]) <= float(r["p_family"]) for r in table)  # having looked at every row costs something
    main([*words, "--seed", "1"])
    assert rows(capsys.readouterr().out) == table, "the default seed is 1"


def test_near_repeats_of_one_bcu_counts_its_own_incidents(demo, capsys):
    counts = {}
    for bcu in ("all", "West", "South", "East"):
        main(["near-repeats", "--workspace", str(demo), "--bcu", bcu, "--rings", "0", "--permutations", "99"])
        counts[bcu] = int(rows(capsys.readouterr().out)[0]["n_incidents"])
    assert counts["West"] + counts["South"] + counts["East"] == counts["all"]
    assert min(counts.values()) > 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--permutations", "9"], "9 permutations are too few"),
        (["--rings", "-1"], "The number of rings is -1"),
    ],
)
def test_what_near_repeats_cannot_answer_is_told(demo, capsys, words, sentence):
    assert main(["near-repeats", "--workspace", str(demo), *words]) == 1
    assert sentence in capsys.readouterr().err


def test_near_repeats_are_refused_where_no_day_is_known(police, capsys):
    assert main(["near-repeats", "--workspace", str(police)]) == 1
    told = capsys.readouterr()
    assert "gives the month of a crime and no day" in told.err
    assert told.out == ""
