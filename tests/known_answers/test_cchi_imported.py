"""The official 2020 workbook, imported: every published offence by URN and by class, and every anomaly in the report.

Source of the figures: the workbook (© Cambridge Centre for Evidence-Based Policing) read by hand; see test_cchi.py.
"""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from hotspots.harm.scoring import WeightSet, score_offences, shipped_weight_sets
from hotspots.harm.weights.importing import ImportedWeights, export_csv, import_weights, read_weight_file
from hotspots.harm.weights.register import load, versions
from hotspots.intake import import_files
from hotspots.ranking.pipeline import rank_workspace
from hotspots.ranking.question import Question
from tests.known_answers.test_cchi import AMBIGUOUS, PUBLISHED
from tests.samples import MAPPING, export, record

CONFLICTS = {  # every class whose rows disagree, counted with a pivot table in a spreadsheet
    "005/01": (1460, 1825), "008/01": (19, 912.5), "008/06": (10, 182.5), "019/08": (1825, 2555), "028/03": (10, 365),
    "067/01": (2, 182.5), "069/05": (10, 19), "079/05": (42, 126), "099/99": (2, 357), "125/12": (1, 2),
    "810/90": (1, 2),
}  # fmt: skip


@pytest.fixture(scope="module")
def imported(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ImportedWeights]:
    folder = tmp_path_factory.mktemp("imported")
    return folder, import_weights(folder, shared_data / "harm" / "cchi2020.xlsx", author="Ann", note="official")


@pytest.fixture(scope="module")
def index(imported: tuple[Path, ImportedWeights]) -> WeightSet:
    return load(imported[0], "cchi-2020@2020")


def score(index: WeightSet, **offence: str) -> pd.Series:
    found = score_offences(pd.DataFrame([offence]), index)
    assert len(found) == 1
    return found.iloc[0]


def test_all_rows_as_printed(index: WeightSet, shared_data: Path) -> None:
    sheet = openpyxl.load_workbook(shared_data / "harm" / "cchi2020.xlsx", read_only=True)["CCHI 2020 values sheet"]
    printed = {row[0]: float(row[3]) for row in sheet.iter_rows(min_row=2, max_col=4, values_only=True) if row[0]}
    assert len(printed) == 698
    assert dict(zip(index.table["athena_urn"], index.table["days"], strict=True)) == printed
    assert (index.name, index.version, index.unit, index.is_proxy) == ("cchi-2020", "2020", "days", False)
    assert index.source_sha256 == shipped_weight_sets()["cchi-2020-sv"].source_sha256


@pytest.mark.parametrize(
    "part",
    [
        "698 weights (698 Athena URNs, 516 classes) in days of imprisonment",
        "517 distinct classes as printed; 135 have more than one row and 11 of these conflict",
        *(f"{c} {low:,.10g} to {high:,.10g}" for c, (low, high) in CONFLICTS.items()),
        "'00200' is read as 002/00 (row 7)",
        "118 of 698 rows are offences that need not be notified",
        "26 weeks is printed as 182 (8 rows) and 182.5 (12 rows); scores are taken as printed",
        "322 cells with some around the text, 2 cells of nothing else",
        "1 row without 'SHORT_TITLE'",
        "A link stands where a group or title should be (row 656)",
    ],
)
def test_every_anomaly_is_in_the_report(imported: tuple[Path, ImportedWeights], part: str) -> None:
    assert part in "\n".join(imported[1].notes)


@pytest.mark.parametrize(("name", "urn", "ho_class", "days"), PUBLISHED)
def test_published_days_by_urn_and_by_class(index: WeightSet, name: str, urn: str, ho_class: str, days: float) -> None:
    line = score(index, athena_urn=urn, ho_class=ho_class)
    assert (line.status, line.matched_by, line.days) == ("scored", "urn", days), name
    line = score(index, ho_class=ho_class)
    assert line.matched_by == "class"
    if ho_class in AMBIGUOUS:
        assert (line.status, line.days_low, line.days_high) == ("ambiguous", *AMBIGUOUS[ho_class])
        assert pd.isna(line.days)
    else:
        assert (line.status, line.days) == ("scored", days)


def test_the_conflicting_classes_are_ambiguous_and_no_other(index: WeightSet) -> None:
    classes = sorted(set(index.table["ho_class"]))
    found = score_offences(pd.DataFrame({"ho_class": classes}), index)
    unsure = found[found["status"] != "scored"].set_index("ho_class")
    assert {c: (r["days_low"], r["days_high"]) for c, r in unsure.iterrows()} == CONFLICTS
    assert len(found) - len(unsure) == 505


def test_one_burglary_of_028_03_is_one_offence(index: WeightSet, tmp_path: Path) -> None:
    """Joined naively it meets 8 rows that sum to 1,040 days. A dwelling burglary is 19."""
    by_urn = {"CLASS": "028/03", "URN": "28E.28.3.1", "TITLE": "Burglary"}
    by_class = {"CLASS": "028/03", "URN": "", "TITLE": "Burglary"}
    rows = [record("a", "01/05/2024 22:00", by_urn), record("b", "02/05/2024 22:00", by_class)]
    import_files(tmp_path, [export(rows)], "incidents", MAPPING)
    import_weights(tmp_path, ("index.csv", export_csv(index).encode()), name="cchi-2020", version="2020")
    answer = rank_workspace(tmp_path, Question(weights="cchi-2020@2020", offences="all"))
    (cell,) = answer.table.to_dict("records")
    assert (cell["n_offences"], cell["n_ambiguous"], cell["harm_days"]) == (2, 1, 19)
    assert (cell["harm_days_low"], cell["harm_days_high"]) == (19 + 10, 19 + 365)
    assert len(answer.scores) == 2


def test_the_shipped_selection_says_the_same_as_the_whole(index: WeightSet) -> None:
    ours = shipped_weight_sets()["cchi-2020-sv"].table
    asked = pd.concat([ours[["athena_urn", "ho_class"]], ours[["ho_class"]].drop_duplicates()], ignore_index=True)
    whole = score_offences(asked, index)
    part = score_offences(asked, shipped_weight_sets()["cchi-2020-sv"])
    for column in ("status", "matched_by", "days", "days_low", "days_high"):
        pd.testing.assert_series_equal(whole[column], part[column])


def test_a_second_import_and_a_round_trip_change_nothing(
    imported: tuple[Path, ImportedWeights], index: WeightSet, shared_data: Path
) -> None:
    folder, _ = imported
    before = versions(folder)
    again = import_weights(folder, shared_data / "harm" / "cchi2020.xlsx")
    assert not again.stored
    assert "already here as cchi-2020@2020" in again.notes[-1]
    out = ("exported.csv", export_csv(index).encode())
    assert not import_weights(folder, out).stored
    assert read_weight_file(out)[0].sha256 == index.sha256
    pd.testing.assert_frame_equal(versions(folder), before)


# ---------------------------------------------------------------- the other published files


def test_the_force_category_file_is_the_shipped_proxy(shared_data: Path) -> None:
    weights, _ = read_weight_file(shared_data / "harm" / "cchi_2026_lancashire_policeuk_category_days.csv")
    assert weights.sha256 == shipped_weight_sets()["policeuk-proxy-2026"].sha256
    assert weights.is_proxy


@pytest.mark.parametrize(
    ("urn", "ho_class", "severity"),
    [  # by the Home Office's codes: 34B, 8N, 105A, 8L, 9A, 58A to 58J
        ("34B.34.1.2", "034/01", 993.55),
        ("8N.8.6.0", "008/06", 203.07),
        ("8N.8.1.1", "008/01", 203.07),
        ("105A.105.1.0", "105/01", 12.99),
        ("8L.195.94.0", "195/94", 39.64),
        ("9A.125.9.0", "125/09", 7.576),
        ("58D.149.0.0", "149/00", 9.16),
        ("34A.34.1.1", "034/01", None),  # of business: not among the six
        ("8S.8.6.0", "008/06", None),  # on a constable: a weight of its own
        ("1.1.1.1", "001/01", None),
    ],
)
def test_ons_severity_scores_by_title_to_code(
    shared_data: Path, urn: str, ho_class: str, severity: float | None
) -> None:
    weights, _ = read_weight_file(shared_data / "harm" / "ons_css_weights_partial.csv")
    assert (weights.name, weights.unit) == ("ons-severity", "severity")
    line = score(weights, athena_urn=urn, ho_class=ho_class)
    assert (None if pd.isna(line.days) else line.days) == severity
