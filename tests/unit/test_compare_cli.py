"""weights compare and weights robustness, as a user runs them. Figures by hand from tests/workspaces.py.

January and February 2024, harm days under A (violence 197.25, robbery 365) and B (violence 10, robbery 3,000):

                Preston 5 + 1        Blackpool 2 + 2      Ashton 1      all
    A           986.25 + 365         394.5 + 730          197.25        2,673
    B           50 + 3,000           20 + 6,000           10            9,080
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pandas as pd
import pytest

from hotspots.__main__ import main
from hotspots.base.columns import COMPARISON, ROBUSTNESS
from hotspots.harm.scoring import weight_set_from_table
from hotspots.harm.weights.register import store_weight_set
from hotspots.store.database import write
from tests.samples import VIOLENCE
from tests.workspaces import make_police, prepare

A, B = "policeuk-proxy-2026", "robbery-first"
WINDOW = ("--from", "2024-01", "--to", "2024-02")
NAMES = [c.name for c in COMPARISON]


@pytest.fixture(scope="module")
def police(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_police(tmp_path_factory.mktemp("police"))
    prepare(folder)  # the shipped sets go in first
    weights = {
        B: {VIOLENCE: 10, "Robbery": 3000},
        "nothing-known": {"Piracy": 5},
    }
    with write(folder) as connection:
        for name, days in weights.items():
            table = pd.DataFrame({"crime_type": list(days), "days": list(days.values())})
            store_weight_set(connection, weight_set_from_table(table, name=name, version="7", source="a test"))
    return folder


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_compare_tells_what_enters_leaves_and_why(police, capsys):
    asked = ["weights", "compare", A, f"{B}@7", *WINDOW, "--by", "harm", "--top", "1", "--workspace", str(police)]
    assert main(asked) == 0
    told = capsys.readouterr()
    table = rows(told.out)
    assert list(table[0]) == NAMES
    assert [r["district"] for r in table] == ["Preston", "Blackpool"]
    preston, blackpool = table
    assert (preston["rank_a"], preston["rank_b"], preston["shift"], preston["change"]) == ("1", "2", "-1", "leaves")
    assert (blackpool["rank_a"], blackpool["rank_b"], blackpool["shift"], blackpool["change"]) == (
        "2",
        "1",
        "1",
        "enters",
    )
    assert [float(preston[c]) for c in ("harm_a", "harm_b")] == [1351.25, 3050]
    assert [float(blackpool[c]) for c in ("harm_a", "harm_b")] == [1124.5, 6020]
    assert (preston["driver"], float(preston["driver_days"])) == (VIOLENCE, -936.25)
    assert float(preston["driver_share"]) == pytest.approx(50 / 9080 - 986.25 / 2673, abs=1e-6)
    assert (blackpool["driver"], float(blackpool["driver_days"])) == ("Robbery", 5270)
    assert float(blackpool["driver_share"]) == pytest.approx(6000 / 9080 - 730 / 2673, abs=1e-6)
    assert "Top 1 of 3 cells" in told.err
    assert "Jaccard 0.000, rank-biased overlap 0.000" in told.err
    assert "1 enter, 1 leave" in told.err
    assert f"{A}: Weights are a proxy" in told.err
    assert f"{B}: Weights are a proxy" not in told.err


def test_compare_as_geojson_has_both_tops_as_polygons(police, tmp_path):
    out = tmp_path / "moved.geojson"
    asked = ["weights", "compare", A, B, *WINDOW, "--by", "harm", "--format", "geojson", "--out", str(out)]
    assert main([*asked, "--workspace", str(police)]) == 0
    found = json.loads(out.read_text(encoding="utf-8"))
    assert [f["properties"]["change"] for f in found["features"]] == ["stays"] * 3
    assert {f["geometry"]["type"] for f in found["features"]} == {"Polygon"}
    about = found["about"]
    assert (about["jaccard"], about["entering"], about["leaving"], about["top"]) == (1.0, 0, 0, 20)
    # order 1 2 3 against 2 1 3: X = 0, 2, 3; (0.1/0.9)(0.81 + 0.729) + 0.729 = 0.9
    assert about["rank_biased_overlap"] == pytest.approx(0.9, abs=1e-9)
    assert about["weights_a"].startswith(f"{A} ")
    assert "sha256" in about["weights_b"]
    assert "weights" not in about


def test_compare_within_a_bcu_counts_ranks_anew(police, capsys):
    asked = ["weights", "compare", A, B, *WINDOW, "--bcu", "West", "--by", "harm-cap", "--workspace", str(police)]
    assert main(asked) == 0
    (row,) = rows(capsys.readouterr().out)
    assert (row["district"], row["bcu"], row["rank_a"], row["rank_b"]) == ("Blackpool", "West", "1", "1")
    assert float(row["harm_b"]) == 2 * 10 + 2 * 365  # robbery is cut to the cap


def test_a_set_that_knows_none_of_the_offences_is_told(police, capsys):
    assert main(["weights", "compare", A, "nothing-known", *WINDOW, "--workspace", str(police)]) == 0
    told = capsys.readouterr()
    assert {r["change"] for r in rows(told.out)} == {"leaves"}
    assert {r["harm_b"] for r in rows(told.out)} == {""}
    assert "nothing-known has no weight for any of these offences" in told.err


def test_robustness_tells_shares_and_the_other_sets(police, capsys):
    # by harm Preston and Blackpool differ by a fifth: with a spread of 2 both come first in some draws
    asked = ["weights", "robustness", A, *WINDOW, "--by", "harm", "--top", "1", "--against", B, "--draws", "400"]
    assert main([*asked, "--workspace", str(police)]) == 0
    told = capsys.readouterr()
    table = rows(told.out)
    assert list(table[0]) == [*(c.name for c in ROBUSTNESS), "equal_weights", B]
    shares = {r["district"]: float(r["share_in_top"]) for r in table}
    assert sum(shares.values()) == pytest.approx(1)
    # Blackpool leads where robbery weighs more than three violences: 365 f > 591.75 g, so f / g > 1.6212. With L = ln 2
    # the difference of two uniforms is triangular on ±2L: P = (2L − ln 1.6212)² / 8L²
    assert shares["Blackpool"] == pytest.approx(0.2122, abs=4 * (0.2122 * 0.7878 / 400) ** 0.5)
    assert {r["district"]: r[B] for r in table} == {"Preston": "False", "Blackpool": "True"}
    assert {r["district"]: r["equal_weights"] for r in table} == {"Preston": "True", "Blackpool": "False"}
    assert "400 draws, each weight between 1/2 and 2 times its value" in told.err
    assert "at most 0.025" in told.err


def test_by_count_it_is_said_that_weights_change_nothing(police, capsys):
    assert main(["weights", "robustness", A, *WINDOW, "--by", "count", "--draws", "5", "--workspace", str(police)]) == 0
    assert "weights change nothing" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (["compare", A, "no-such"], "There is no weight set 'no-such'"),
        (["compare", A, f"{B}@99"], "no version '99'"),
        (["compare", A, B, "--top", "0"], "--top is 0"),
        (["compare", A, B, "--by", "murders"], "no ranking method 'murders'"),
        (["robustness", A, "--draws", "0"], "number of draws is 0"),
        (["robustness", A, "--spread", "0.5"], "spread of the weights is 0.5"),
        (["robustness", A, "--against", "no-such"], "no-such"),
    ],
)
def test_what_cannot_be_answered_is_told_in_a_sentence(police, capsys, asked, sentence):
    assert main(["weights", *asked, "--workspace", str(police)]) == 1
    assert sentence in capsys.readouterr().err
