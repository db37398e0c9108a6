"""The one reader of log entries: imported ones and those of the form, by span, and where they are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from h3.api import basic_int as h3
from sqlalchemy import insert

from hotspots.base.columns import LOG_ENTRIES
from hotspots.base.errors import HotspotsError
from hotspots.base.identity import unit_codes, unit_text
from hotspots.patrols.log import entries, placed, stamp
from hotspots.store.database import FILE, write
from hotspots.store.schema import METADATA
from hotspots.store.workspace import open_workspace
from tests.samples import PRESTON
from tests.unit.test_intake_patrol_log import LONDON, entry, load, log

NINE = 1_772_485_200  # 2026-03-02 21:00 in London, and in UTC


def form_row(number: str, **more: Any) -> dict[str, Any]:
    row = {"entry": number, "revision": 1, "area": "West-01", "unit": "", "mode": "foot", "activity": "Engagement",
           "notes": "", "author": "", "why": "", "start": NINE, "end": NINE + 900, "officers": 2, "reactive": 0,
           "withdrawn": 0, "searches": None, "arrests": 1, "weapons": None, "created": "2026-03-02"} | more  # fmt: skip
    return row | {"key": f"{row['entry']}-{row['revision']}"}


def store(folder: Path, *rows: dict[str, Any]) -> None:
    with write(folder) as connection:
        connection.execute(insert(METADATA.tables["patrol_entries"]), list(rows))


def told(folder: Path, *span: int | None) -> list[str]:
    return entries(open_workspace(folder), *span)["entry"].tolist()


@pytest.fixture
def folder(tmp_path):
    load(tmp_path, log([entry("b"), entry("a", searches=1), entry("early", start="2026-03-02 20:00")]))
    return tmp_path


def test_an_empty_workspace_has_no_entries(tmp_path):
    table = entries(open_workspace(tmp_path, create=True))
    assert table.columns.tolist() == [c.name for c in LOG_ENTRIES]
    assert len(table) == 0
    assert stamp(tmp_path) == ""
    assert not (tmp_path / FILE).exists()


def test_imported_entries_and_those_of_the_form_are_one_table(folder):
    alpha = int(unit_codes(folder, ["Alpha 1"])[0])
    store(folder, form_row("7f", unit=unit_text(alpha), reactive=1, searches=2, start=NINE - 1, end=NINE + 60))
    table = entries(open_workspace(folder))
    assert table["entry"].tolist() == ["early", "form-7f", "a", "b"]
    assert table["origin"].tolist() == ["imported", "form", "imported", "imported"]
    assert table["unit"].tolist() == [alpha] * 4
    form = table.iloc[1]
    assert (form["start"], form["end"], form["officers"], form["arrests"]) == (NINE - 1, NINE + 60, 2, 1)
    assert table["reactive"].tolist() == [False, True, False, False]
    assert table["searches"].astype(object).where(table["searches"].notna(), None).tolist() == [None, 2, 1, None]
    assert table["lon"].isna().all()
    assert table.dtypes.astype(str).to_dict() == {
        "entry": "str", "unit": "int64", "area": "str", "lon": "float64", "lat": "float64", "start": "int64",
        "end": "int64", "officers": "int16", "mode": "str", "activity": "str", "reactive": "bool", "searches": "Int16",
        "arrests": "Int16", "weapons": "Int16", "origin": "str",
    }  # fmt: skip


def test_only_the_latest_revision_counts_and_none_that_is_withdrawn(folder):
    store(folder, form_row("1a"), form_row("2b"), form_row("3c"))
    store(folder, form_row("1a", revision=2, area="West-02"), form_row("2b", revision=2, withdrawn=1))
    table = entries(open_workspace(folder)).query("origin == 'form'").set_index("entry")
    assert table["area"].to_dict() == {"form-1a": "West-02", "form-3c": "West-01"}
    store(folder, form_row("2b", revision=3))
    assert "form-2b" in told(folder)


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ((None, None), ["early", "a", "b", "form-1"]),
        ((NINE + 900, None), ["early", "a", "b", "form-1"]),  # the last second still counts
        ((NINE + 901, None), ["form-1"]),
        ((None, NINE - 1), ["early"]),
        ((None, NINE), ["early", "a", "b"]),
        ((NINE - 60, NINE - 30), ["early"]),
        ((None, NINE - 3601), []),
        ((NINE + 4000, NINE + 5000), []),
    ],
)
def test_the_entries_of_a_span(folder, span, expected):
    """early runs from an hour before nine to a quarter past, a and b from nine, form-1 from 21:30 to 22:00."""
    store(folder, form_row("1", start=NINE + 1800, end=NINE + 3600))
    assert told(folder, *span) == expected


def test_the_stamp_changes_with_every_entry_correction_and_withdrawal(folder):
    seen = [stamp(folder)]
    for row in (form_row("1"), form_row("1", revision=2), form_row("1", revision=3, withdrawn=1)):
        store(folder, row)
        seen.append(stamp(folder))
        assert stamp(folder) == seen[-1]
    assert len(set(seen)) == 4


def test_missing_or_damaged_entries_are_told(folder):
    workspace = open_workspace(folder)
    path = folder / workspace.manifest.patrol_log
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(HotspotsError, match=r"patrol-log.*missing or damaged"):
        entries(workspace)
    path.unlink()
    with pytest.raises(HotspotsError, match=r"patrol-log.*missing or damaged"):
        entries(workspace)


def test_a_number_of_two_feeds_is_told_apart(folder):
    load(folder, log([entry("a", area="East-01"), entry("c")], "other.csv"), mapping=replace(LONDON, name="other"))
    assert told(folder) == ["early", "b", "c", "other/a", "patrol-log/a"]
    assert told(folder, None, NINE - 1) == ["early"]


# ---------------------------------------------------------------- where they are


def logged(*places: tuple[str, float, float]) -> pd.DataFrame:
    return pd.DataFrame(places, columns=["area", "lon", "lat"], index=range(5, 5 + len(places)))


def test_an_entry_is_where_it_says_or_else_where_its_position_lies():
    nan = float("nan")
    here = h3.latlng_to_cell(PRESTON[1], PRESTON[0], 10)
    table = placed(
        logged(
            ("West-01", nan, nan), ("west-01", nan, nan), ("West-99", nan, nan), ("", *PRESTON), ("", -2.5, 53.7),
            ("West-99", *PRESTON), ("West-01", *PRESTON), ("", nan, nan),
        ),
        {here: "South-03"},
        10,
        {"West-01", "South-03"},
    )  # fmt: skip
    spots = ["West-01", "West-01", "", "South-03", "", "South-03", "West-01", ""]
    assert table["hot_spot"].tolist() == spots
    assert table.index.tolist() == list(range(5, 13))
    assert table.attrs["unknown_areas"] == {"West-99": 2}
    assert str(table["hot_spot"].dtype) == "str"


def test_nothing_to_place():
    table = placed(logged(), {}, 10, set())
    assert table["hot_spot"].tolist() == []
    assert table.attrs["unknown_areas"] == {}


def test_cells_are_looked_up_at_their_own_resolution():
    cells = {h3.latlng_to_cell(PRESTON[1], PRESTON[0], 9): "South-03"}
    assert placed(logged(("", *PRESTON)), cells, 9, set())["hot_spot"].tolist() == ["South-03"]
    assert placed(logged(("", *PRESTON)), cells, 10, set())["hot_spot"].tolist() == [""]
