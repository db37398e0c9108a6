"""Dosage out: the figures of the tables, text that stays text, and no unit where none belongs.

Figures are those of tests/dose_workspace.py, counted by hand.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import h3.api.basic_str as h3
import openpyxl
import pandas as pd
import pytest
import shapely

from hotspots.base.columns import DOSAGE
from hotspots.exports.dosage import dosage_text, dosage_xlsx, file_name
from hotspots.patrols.dosage.stretches import DoseQuestion
from hotspots.patrols.dosage.workspace import Dose, dose_workspace
from tests.area_workspace import A, C, D
from tests.dose_workspace import make_dose
from tests.workspaces import HOSTILE

CONTRACT = [
    "area", "bcu", "patrol_day", "visits", "visits_below_threshold", "officer_minutes", "patrol_minutes",
    "target_minutes", "gps_coverage", "days_since_adequate_visit",
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_dose(tmp_path_factory.mktemp("dose"))


@pytest.fixture(scope="module")
def dose(folder: Path) -> Dose:
    return dose_workspace(folder, DoseQuestion("all", "2024-03-04", "2024-03-07"))  # the log goes on a day longer


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def sheets(content: bytes) -> dict[str, list[dict[Any, Any]]]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    lines = {name: list(book[name].iter_rows(values_only=True)) for name in book.sheetnames}
    return {name: [dict(zip(ls[0], line, strict=True)) for line in ls[1:]] for name, ls in lines.items()}


def test_the_csv_has_the_contract_first_and_the_figures_counted_by_hand(dose: Dose, folder: Path) -> None:
    text = dosage_text(dose, "csv", folder)
    assert text.splitlines()[0].split(",")[:10] == CONTRACT
    assert text.splitlines()[0].split(",") == [c.name for c in DOSAGE]
    by = {(r["area"], r["patrol_day"]): r for r in rows(text)}
    assert len(by) == 12
    tuesday = by["South-01", "2024-03-05"]
    assert (float(tuesday["patrol_minutes"]), float(tuesday["officer_minutes"])) == (30.0, 36.0)
    assert (tuesday["visits"], tuesday["days_since_adequate_visit"]) == ("1", "0")
    nothing, zero = by["West-01", "2024-03-06"], by["West-01", "2024-03-05"]
    assert (nothing["patrol_minutes"], nothing["visits"], nothing["data"]) == ("", "", "no data")
    assert (zero["patrol_minutes"], zero["visits"], zero["data"]) == ("0.0", "0", "tracked")


def test_json_says_what_it_is_and_has_null_where_nothing_is_known(dose: Dose, folder: Path) -> None:
    told = json.loads(dosage_text(dose, "json", folder))
    assert told["about"]["registers"] == "hot-spots@1"
    assert told["about"]["first_patrol_day"] == "2024-03-04"
    one = next(r for r in told["rows"] if (r["area"], r["patrol_day"]) == ("West-01", "2024-03-06"))
    assert one["patrol_minutes"] is None
    assert one["data"] == "no data"


def test_geojson_has_each_hot_spot_on_its_own_ground_with_its_whole_dose(dose: Dose, folder: Path) -> None:
    shapes = json.loads(dosage_text(dose, "geojson", folder))
    facts = {f["properties"]["area"]: f for f in shapes["features"]}
    assert {a: f["properties"]["patrol_minutes"] for a, f in facts.items()} == {
        "South-01": 105.0, "South-02": 10.0, "West-01": 32.0
    }  # fmt: skip
    assert {a: f["properties"]["verdict"] for a, f in facts.items()} == {
        "South-01": "on target", "South-02": "no target", "West-01": "underdosed"
    }  # fmt: skip
    for area, cell in (("South-01", A), ("South-02", C), ("West-01", D)):
        lat, lon = h3.cell_to_latlng(cell)
        assert shapely.geometry.shape(facts[area]["geometry"]).contains(shapely.Point(lon, lat))
        assert facts[area]["properties"]["cells"] == [cell]
        assert facts[area]["properties"]["register"] == "hot-spots@1"


def test_the_workbook_has_every_table_with_the_same_figures(dose: Dose, folder: Path) -> None:
    content = dosage_xlsx(dose)
    found = sheets(content)
    assert list(found) == [
        "About",
        "Dosage",
        "Summary",
        "Visits",
        "Hours",
        "Coverage",
        "Shifts",
        "Logs",
        "Masked sites",
    ]
    plain = rows(dosage_text(dose, "csv", folder))
    assert [list(map(str, r)) for r in found["Dosage"]] == [list(r) for r in plain]
    for line, row in zip(found["Dosage"], plain, strict=True):
        assert line["patrol_minutes"] == (float(row["patrol_minutes"]) if row["patrol_minutes"] else None)
        assert line["visits"] == (int(row["visits"]) if row["visits"] else None)
    assert {r["area"]: r["share_of_target"] for r in found["Summary"]} == {
        "South-01": pytest.approx(105 / 90, abs=1e-4), "South-02": None, "West-01": pytest.approx(32 / 90, abs=1e-4)
    }  # fmt: skip
    assert [r["patrol_minutes"] for r in found["Visits"]] == [30, 30, 45, 10, 12, 20]
    assert [(r["log_minutes"], r["gps_minutes"], r["counted"]) for r in found["Logs"]] == [
        (40, 30, "positions"), (20, 0, "log")
    ]  # fmt: skip
    assert sum(r["patrol_minutes"] for r in found["Hours"] if r["area"] == "South-01") == pytest.approx(105)
    assert content == dosage_xlsx(dose), "the same dose makes the same bytes"


def test_units_stand_only_among_shifts_and_logs_and_nobody_by_name(dose: Dose, folder: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO(dosage_xlsx(dose)))
    words = {n: [str(c) for line in book[n].iter_rows(values_only=True) for c in line] for n in book.sheetnames}
    assert any(w.startswith("unit-") for w in words["Logs"])
    for name, texts in words.items():
        assert not {"U1", "U2", "U3", "V1", "V9"} & set(texts), name
        if name not in ("Shifts", "Logs", "About"):
            assert not any("unit-" in t for t in texts), name
    for kind in ("csv", "json", "geojson"):
        assert "unit-" not in dosage_text(dose, kind, folder)


def test_hostile_names_stay_text(dose: Dose, folder: Path) -> None:
    texts = [HOSTILE[i % len(HOSTILE)] for i in range(len(dose.table))]
    bad = replace(dose, table=dose.table.assign(name=pd.Series(texts, dtype="str")))
    names = [r["name"] for r in rows(dosage_text(bad, "csv", folder))]
    assert names[texts.index("=cmd|' /C calc'!A0")] == "'=cmd|' /C calc'!A0"
    assert all(name[0] not in "=+-@\t\r\n" for name in names)
    assert [r["name"] for r in json.loads(dosage_text(bad, "json", folder))["rows"]] == texts
    book = openpyxl.load_workbook(io.BytesIO(dosage_xlsx(bad)))
    column = [c.name for c in DOSAGE].index("name") + 1
    cells = [book["Dosage"].cell(i + 2, column) for i in range(len(texts))]
    assert [c.value for c in cells] == texts
    assert {c.data_type for c in cells} == {"s"}


def test_synthetic_figures_say_so_in_name_and_content(dose: Dose, folder: Path) -> None:
    assert file_name(dose) == "dosage-all-2024-03-04-2024-03-07"
    made_up = replace(dose, synthetic=True)
    assert file_name(made_up) == "synthetic-dosage-all-2024-03-04-2024-03-07"
    for kind in ("json", "geojson"):
        assert "SYNTHETIC" in json.loads(dosage_text(made_up, kind, folder))["about"]["data"]
    about = openpyxl.load_workbook(io.BytesIO(dosage_xlsx(made_up)))["About"]
    assert any("SYNTHETIC" in str(line[1]) for line in about.iter_rows(values_only=True))
