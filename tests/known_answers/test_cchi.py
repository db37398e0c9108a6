"""Cambridge Crime Harm Index 2020: the published days, and the facts of the official workbook.

Source of the table: the official 2020 workbook (© Cambridge Centre for Evidence-Based Policing), read by hand.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import pandas as pd
import pytest

from hotspots.base.shipped import DATA
from hotspots.harm.offences import classify, normalise_ho_class
from hotspots.harm.scoring import score_offences, shipped_weight_sets

PUBLISHED = [  # offence, Athena URN, Home Office class, days
    ("Murder", "1.1.1.1", "001/01", 5475),
    ("Attempted murder", "2.2.0.1", "002/00", 3285),
    ("Manslaughter", "4.1.4.1.0", "004/01", 730),
    ("Rape of a female 16+", "19C.19.8.0", "019/08", 1825),
    ("Wounding with intent (s18)", "5D.5.1.0", "005/01", 1460),
    ("s18 on police", "8S.5.1.0", "005/01", 1825),
    ("Firearm with intent to endanger life", "5E.5.14.0", "005/14", 1825),
    ("Kidnap", "36.36.1.0", "036/01", 1460),
    ("False imprisonment", "36.36.3.0", "036/03", 1460),
    ("GBH s20, serious wound", "8N.8.1.1", "008/01", 547.5),
    ("GBH s20, minor wound", "8N.8.1.2", "008/01", 19),
    ("ABH s47", "8N.8.6.0", "008/06", 10),
    ("ABH s47 on police", "8S.8.6.0", "008/06", 182.5),
    ("Robbery, personal", "34B.34.1.2", "034/01", 365),
    ("Aggravated burglary, residential", "29A.29.0.1", "029/00", 730),
    ("Burglary dwelling", "28E.28.3.1", "028/03", 19),
    ("Threaten with blade", "10D.8.64.0", "008/64", 182.5),
    ("Threaten with offensive weapon", "10C.8.61.0", "008/61", 182.5),
    ("Blade in public", "10D.8.26.0", "008/26", 5),
    ("Offensive weapon in public", "10C.8.11.0", "008/11", 5),
    ("Violent disorder", "62A.65.0.0", "065/00", 182),
    ("Affray", "66.66.1.0", "066/01", 10),
    ("Threats to kill", "3B.3.1.0", "003/01", 10),
    ("Common assault and battery", "105A.105.1.0", "105/01", 1),
    ("Assault on emergency worker, no injury", "105A.8.73.0", "008/73", 2),
]
AMBIGUOUS = {  # class: lowest and highest days over its rows
    "005/01": (1460, 1825),
    "008/01": (19, 912.5),
    "008/06": (10, 182.5),
    "028/03": (10, 365),
    "019/08": (1825, 2555),
}


def score(**offence: str) -> pd.Series:
    table = pd.DataFrame([{"offence": "x", **offence}])
    scored = score_offences(table, shipped_weight_sets()["cchi-2020-sv"])
    assert len(scored) == 1
    return scored.iloc[0]


@pytest.mark.parametrize(("name", "urn", "ho_class", "days"), PUBLISHED)
def test_urn_gives_published_days(name: str, urn: str, ho_class: str, days: float) -> None:
    line = score(athena_urn=urn, ho_class=ho_class)
    assert (line.status, line.matched_by, line.days) == ("scored", "urn", days), name
    assert (line.days_low, line.days_high) == (days, days)


@pytest.mark.parametrize(("name", "urn", "ho_class", "days"), PUBLISHED)
def test_class_alone_gives_published_days_or_says_ambiguous(name: str, urn: str, ho_class: str, days: float) -> None:
    line = score(ho_class=ho_class)
    assert line.matched_by == "class", name
    if ho_class in AMBIGUOUS:
        assert line.status == "ambiguous"
        assert pd.isna(line.days)
        assert (line.days_low, line.days_high) == AMBIGUOUS[ho_class]
    else:
        assert (line.status, line.days) == ("scored", days)


def test_one_dwelling_burglary_is_19_days_and_one_row() -> None:
    """The join trap: by class, one 028/03 crime meets 8 rows that sum to 1,040 days."""
    by_urn = score(athena_urn="28E.28.3.1", ho_class="028/03")
    assert by_urn.days == 19
    by_class = score(ho_class="028/03")
    assert by_class.status == "ambiguous"
    assert (by_class.days_low, by_class.days_high) == (10, 365)


def test_index_and_proxy_do_not_stand_in_for_each_other() -> None:
    sets = shipped_weight_sets()
    table = pd.DataFrame({"offence": ["a", "b", "c"], "athena_urn": ["1.1.1.1", None, None],
                          "crime_type": [None, "Robbery", "Anti-social behaviour"]})  # fmt: skip
    assert score_offences(table, sets["cchi-2020-sv"])["status"].tolist() == ["scored", "unscored", "unscored"]
    proxy = score_offences(table, sets["policeuk-proxy-2026"])
    assert proxy["status"].tolist() == ["unscored", "scored", "unscored"]
    assert proxy["days"].tolist()[1] == 365.0
    assert proxy["days"].isna().tolist() == [True, False, True]
    assert sets["policeuk-proxy-2026"].is_proxy
    assert not sets["cchi-2020-sv"].is_proxy
    assert "proxy" in sets["policeuk-proxy-2026"].label


def test_proxy_holds_the_published_category_values(shared_data: Path) -> None:
    source = shared_data / "harm" / "cchi_2026_lancashire_policeuk_category_days.csv"
    with source.open(encoding="utf-8") as file:
        published = {row["crime_type"]: float(row["cchi_days"]) for row in csv.DictReader(file)}
    table = shipped_weight_sets()["policeuk-proxy-2026"].table
    assert dict(zip(table["crime_type"], table["days"], strict=True)) == published
    assert len(published) == 13


# ---------------------------------------------------------------- against the workbook itself


@pytest.fixture(scope="module")
def workbook(shared_data: Path) -> list[dict[str, str]]:
    """The official rows as text, read cell by cell and without the code that built our file."""
    import openpyxl

    sheet = openpyxl.load_workbook(shared_data / "harm" / "cchi2020.xlsx", read_only=True)["CCHI 2020 values sheet"]
    rows = sheet.iter_rows(values_only=True, max_col=20)
    names = [str(n) for n in next(rows)]
    return [{n: "" if v is None else str(v).strip() for n, v in zip(names, row, strict=True)} for row in rows if row[0]]


def by_class(workbook: list[dict[str, str]]) -> dict[str, list[dict[str, str]]]:
    found = defaultdict(list)
    for row in workbook:
        found[row["HOME_OFFICE_CLASSIFICATION"]].append(row)
    return found


def test_facts_of_the_workbook(workbook: list[dict[str, str]]) -> None:
    classes = by_class(workbook)
    assert len(workbook) == 698
    assert len({row["ATHENA URN"] for row in workbook}) == 698
    assert len(classes) == 517
    assert sum(len(rows) > 1 for rows in classes.values()) == 135
    assert sum(len({float(r["CCHI Score"]) for r in rows}) > 1 for rows in classes.values()) == 11
    assert len(classes["028/03"]) == 8
    assert sum(float(r["CCHI Score"]) for r in classes["028/03"]) == 1040


def test_our_rows_equal_the_workbook_and_are_closed_under_class(workbook: list[dict[str, str]]) -> None:
    official = {row["ATHENA URN"]: row for row in workbook}
    with (DATA / "weights" / "cchi-2020-sv.csv").open(encoding="utf-8", newline="") as file:
        ours = list(csv.DictReader(file))
    assert 60 <= len(ours) < len(workbook) / 2  # a selection, not the workbook
    for row in ours:
        assert row["days"] == official[row["athena_urn"]]["CCHI Score"].removesuffix(".0"), row
    spelled = {"00200": "002/00"}  # the one malformed class
    chosen = {row["ho_class"] for row in ours}
    wanted = {
        urn
        for urn, row in official.items()
        if spelled.get(row["HOME_OFFICE_CLASSIFICATION"], row["HOME_OFFICE_CLASSIFICATION"]) in chosen
    }
    assert {row["athena_urn"] for row in ours} == wanted


def test_every_published_offence_is_classified_as_published(workbook: list[dict[str, str]]) -> None:
    """URN alone finds the printed sub-group of all 698 offences, whatever its capitals."""
    table = pd.DataFrame({"athena_urn": [f" {row['ATHENA URN'].lower()} " for row in workbook]})
    found = classify(table)
    renamed = {
        "BURGLARY - RESIDENTIAL": "RESIDENTIAL BURGLARY",
        "BURGLARY - BUSINESS AND COMMUNITY": "BUSINESS AND COMMUNITY BURGLARY",
        "MISC CRIMES AGAINST SOCIETY": "MISCELLANEOUS CRIMES AGAINST SOCIETY",
        "NFIB": "NFIB FRAUD",
        "OTHER OFFENCES PUBLIC ORDER": "OTHER PUBLIC ORDER OFFENCES",
        "RACE OR RELIGIOUS AGG PUBLIC FEAR": "RACIALLY OR RELIGIOUSLY AGGRAVATED PUBLIC FEAR",
        "THEFT OR UNAUTH TAKING OF A MOTOR VEH": "THEFT OR UNAUTHORISED TAKING OF A MOTOR VEHICLE",
    }
    printed = [renamed.get(row["SUB_GROUP"], row["SUB_GROUP"]) for row in workbook]
    wrong = [
        (row["ATHENA URN"], is_, should)
        for row, is_, should in zip(workbook, found["sub_group"], printed, strict=True)
        if pd.isna(is_) or is_.upper() != should
    ]
    assert wrong == []


def test_class_alone_is_classified_where_the_workbook_has_one_sub_group(workbook: list[dict[str, str]]) -> None:
    groups = {c: {r["SUB_GROUP"] for r in rows} for c, rows in by_class(workbook).items() if c != "00200"}
    found = classify(pd.DataFrame({"ho_class": list(groups)})).set_index("ho_class")["sub_group"]
    spread = {c for c, names in groups.items() if len(names) > 1}
    assert spread == set(found.index[found.isna()])
    assert found["008/06"] == "Violence with injury"
    assert normalise_ho_class("00200") == "002/00"
