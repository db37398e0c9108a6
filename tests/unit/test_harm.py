"""Weight sets and scoring on tables small enough to check by hand."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd
import pytest

from hotspots.base.errors import HotspotsError
from hotspots.harm import scoring as harm
from hotspots.harm.scoring import (
    read_weight_set,
    score_offences,
    shipped_weight_sets,
    to_csv_bytes,
    weight_set_from_table,
)

ABOUT = {"name": "test", "version": "1", "source": "made by hand"}
TABLE = pd.DataFrame(
    {
        "athena_urn": ["8N.8.6.0", "8S.8.6.0", "105A.105.1.0", "", ""],
        "ho_class": ["008/06", "008/06", "105/01", "034/01", ""],
        "crime_type": ["", "", "", "", "Robbery"],
        "title": ["ABH", "ABH on police", "Common assault", "Robbery", "Robbery (category)"],
        "offence_group": ["Injury", "Injury", "No injury", "Robbery", "Robbery"],
        "days": [10, 182.5, 1, 365, 300],
    }
)
WEIGHTS = weight_set_from_table(TABLE, **ABOUT)


def line(**offence: object) -> tuple[str, str, float | None, float | None, float | None]:
    found = score_offences(pd.DataFrame([offence]), WEIGHTS).iloc[0]
    days = [None if pd.isna(found[c]) else float(found[c]) for c in ("days", "days_low", "days_high")]
    return (found["status"], found["matched_by"], *days)


def test_urn_decides_whatever_its_capitals_and_blanks() -> None:
    assert line(athena_urn=" 8n.8.6.0 ", ho_class="105/01") == ("scored", "urn", 10, 10, 10)


def test_class_scores_only_where_its_rows_agree() -> None:
    assert line(ho_class="105/1") == ("scored", "class", 1, 1, 1)
    assert line(ho_class="8/6") == ("ambiguous", "class", None, 10, 182.5)
    assert line(ho_class="8/6", title="ABH")[0] == "ambiguous"  # a title never settles it


def test_unknown_urn_falls_back_to_class() -> None:
    assert line(athena_urn="99Z.105.1.9", ho_class="105/01") == ("scored", "class", 1, 1, 1)
    assert line(athena_urn="8N.8.6.7", ho_class="008/06") == ("ambiguous", "class", None, 10, 182.5)


def test_unknown_is_unscored_and_never_nought() -> None:
    nothing = ("unscored", "", None, None, None)
    assert line(athena_urn="99Z.9.9.9") == nothing
    assert line(ho_class="999/99") == nothing
    assert line(crime_type="Anti-social behaviour") == nothing
    assert line(title="ABH") == nothing
    assert line(athena_urn=None, ho_class=float("nan")) == nothing


def test_crime_type_counts_only_where_nothing_finer_is_given() -> None:
    assert line(crime_type="robbery") == ("scored", "crime_type", 300, 300, 300)
    assert line(crime_type="Robbery", ho_class="999/99")[0] == "unscored"
    assert line(crime_type="Robbery", athena_urn="99Z.9.9.9")[0] == "unscored"
    assert line(crime_type="Robbery", athena_urn="n/a", ho_class="-") == ("scored", "crime_type", 300, 300, 300)
    assert line(crime_type="Robbery", ho_class="034/01") == ("scored", "class", 365, 365, 365)


def test_labels_and_groups() -> None:
    table = pd.DataFrame(
        {
            "offence": ["urn:8N.8.6.0", "class:008/06", "class:999/99", "type:Robbery"],
            "athena_urn": ["8N.8.6.0", None, None, None],
            "ho_class": ["008/06", "008/06", "999/99", None],
            "crime_type": [None, None, None, "Robbery"],
        }
    )
    found = score_offences(table, WEIGHTS)
    assert found["label"].tolist() == ["ABH", "class:008/06", "class:999/99", "Robbery (category)"]
    assert found["offence_group"].tolist() == ["Injury", "Injury", "", "Robbery"]
    assert found.columns.tolist() == [*table.columns, *harm.SCORE_COLUMNS]


def test_scoring_twice_replaces_the_first_scores() -> None:
    table = pd.DataFrame({"ho_class": ["105/01"]})
    once = score_offences(table, WEIGHTS)
    assert score_offences(once, WEIGHTS).equals(once)


def test_attempts_have_their_own_row_with_the_days_of_the_completed_offence() -> None:
    table = pd.DataFrame({"athena_urn": ["34B.34.1.2", "34B.34.1.2A"]})
    assert score_offences(table, shipped_weight_sets()["cchi-2020-sv"])["days"].tolist() == [365, 365]


# ---------------------------------------------------------------- sets


def test_hash_is_of_the_canonical_csv_and_ignores_row_order() -> None:
    assert to_csv_bytes(WEIGHTS).decode() == (
        "athena_urn,ho_class,crime_type,title,offence_group,days\n"
        ",,Robbery,Robbery (category),Robbery,300\n"
        ",034/01,,Robbery,Robbery,365\n"
        "105A.105.1.0,105/01,,Common assault,No injury,1\n"
        "8N.8.6.0,008/06,,ABH,Injury,10\n"
        "8S.8.6.0,008/06,,ABH on police,Injury,182.5\n"
    )
    assert WEIGHTS.sha256 == hashlib.sha256(to_csv_bytes(WEIGHTS)).hexdigest()
    assert weight_set_from_table(TABLE.iloc[::-1], **ABOUT).sha256 == WEIGHTS.sha256
    changed = TABLE.assign(days=[10, 182.5, 1, 365, 301])
    assert weight_set_from_table(changed, **ABOUT).sha256 != WEIGHTS.sha256


def test_csv_comes_back_the_same(tmp_path: Path) -> None:
    for weights in [WEIGHTS, *shipped_weight_sets().values()]:
        path = tmp_path / f"{weights.name}.csv"
        path.write_bytes(to_csv_bytes(weights))
        back = read_weight_set(path, version="1", source="x")
        assert (back.sha256, back.name) == (weights.sha256, weights.name)


def test_description_beside_the_file_is_read_and_can_be_overridden(tmp_path: Path) -> None:
    path = tmp_path / "local.csv"
    path.write_text("\ufeffho_class,days,note\n8/6,12,x\n", encoding="utf-8")
    path.with_suffix(".toml").write_text('name = "local-1"\nversion = "3"\nsource = "us"\nis_proxy = true\n')
    weights = read_weight_set(path, version="4")
    assert (weights.name, weights.label, weights.version, weights.is_proxy) == ("local-1", "local-1", "4", True)
    assert weights.table["ho_class"].tolist() == ["008/06"]


def test_shipped_sets_say_what_they_are() -> None:
    sets = shipped_weight_sets()
    assert sorted(sets) == ["cchi-2020-sv", "policeuk-proxy-2026"]
    for weights in sets.values():
        assert weights.unit == "days"
        assert "Cambridge Centre for Evidence-Based Policing" in weights.attribution
        assert len(weights.source_sha256) == 64
        assert len(weights.licence) > 40
        assert (weights.table["days"] > 0).all()


def refused(table: pd.DataFrame, **about: object) -> str:
    with pytest.raises(HotspotsError) as error:
        weight_set_from_table(table, **{**ABOUT, **about})
    return str(error.value)


def test_malformed_tables_are_refused_in_sentences() -> None:
    assert "a column 'days'" in refused(pd.DataFrame({"ho_class": ["008/06"], "score": [1]}))
    assert "at least one of" in refused(pd.DataFrame({"title": ["x"], "days": [1]}))
    assert "no rows" in refused(TABLE.iloc[:0])
    assert "'days' more than once" in refused(pd.concat([TABLE, TABLE[["days"]]], axis=1))
    days = refused(TABLE.astype({"days": object}).assign(days=["ten", -3, None, float("inf"), 1]))
    assert "3 values that are not numbers: 'ten', '', 'inf' (rows 2, 4, 5)" in days
    assert "1 values below 0: '-3' (row 3)" in days
    assert "values that are not like 8N.8.6.0: 'foo' (row 2)" in refused(
        TABLE.assign(athena_urn=["foo", "8S.8.6.0", "", "", ""])
    )
    assert "not like 008/06: '06-Aug' (row 5)" in refused(TABLE.assign(ho_class=["8/6", "8/6", "105/1", "06-Aug", ""]))
    assert "Nothing says what offence is meant in row 6" in refused(TABLE.assign(crime_type=""))


def test_same_urn_or_crime_type_twice() -> None:
    twice = pd.DataFrame({"athena_urn": ["8N.8.6.0", " 8n.8.6.0", "1.1.1.1"], "days": [10, 11, 5]})
    assert "same Athena URN has different days: '8N.8.6.0' (rows 2, 3)" in refused(twice)
    same = weight_set_from_table(twice.assign(days=[10, 10, 5]), **ABOUT)
    assert score_offences(pd.DataFrame({"athena_urn": ["8N.8.6.0"]}), same)["days"].tolist() == [10]
    types = pd.DataFrame({"crime_type": ["Robbery", "ROBBERY "], "days": [1, 1]})
    assert "same crime type is given more than once: 'Robbery', 'ROBBERY' (rows 2, 3)" in refused(types)


def test_all_problems_are_told_at_once() -> None:
    text = refused(TABLE.assign(days=-1), version="", source=None, colour="red", unit="years", is_proxy="no")
    for part in ("has no version", "has no source", "'colour'", "'years'", "'no'", "5 values below 0"):
        assert part in text


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"", "is empty"), (b"\xff\xfe\x00", "cannot be read"), (b"ho_class,days\n8/6,x\n", "not numbers"),
     (b'a,b\n"x', "cannot be read|needs a column")],
)  # fmt: skip
def test_files_that_are_no_weight_sets(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    with pytest.raises(HotspotsError, match=rf"bad\.csv.*({sentence})"):
        read_weight_set(path, **ABOUT)
    with pytest.raises(HotspotsError, match=r"no file absent\.csv"):
        read_weight_set(tmp_path / "absent.csv")
