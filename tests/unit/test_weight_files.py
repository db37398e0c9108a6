"""Weight sets from files that were not made for us: columns found by meaning, oddities told, bad input refused."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from hotspots.base.errors import HotspotsError
from hotspots.harm.scoring import score_offences, shipped_weight_sets, weight_set_from_table
from hotspots.harm.weights.importing import describe_toml, export_csv, read_weight_file

COVER = [["Cambridge Crime Harm Index 2023"], ["Please cite this version"]]
LATER = [  # another version's headings, in another order, below two lines of text
    ["Crime harm values", None, None, None, None, None],
    [None, None, None, None, None, None],
    ["HO code", "Offence title", "CCHI 2023 score\n(days)", "Score from", "Ref (URN)", "Notifiable?"],
    ["008/06", " ABH ", 10, "https://x", "8N.8.6.0", "Yes"],
    ["008/06", "ABH on police", 182.5, "https://x", "8S.8.6.0", "Yes"],
    ["001/01", "Murder", 5475, "https://x", "1.1.1.1", "Yes"],
    ["115/32", "Trespassing with firearm", 182, None, "NN.115.32.0", "Non-notifiable"],
]


def workbook(sheets: dict[str, list[list[Any]]], name: str = "later.xlsx") -> tuple[str, bytes]:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return name, out.getvalue()


def csv_file(text: str, name: str = "local.csv") -> tuple[str, bytes]:
    return name, text.encode()


def weights_of(file: tuple[str, bytes], **about: str) -> dict[str, float]:
    """Key → weight."""
    table = read_weight_file(file, **about)[0].table
    keys = table["athena_urn"].where(table["athena_urn"] != "", table["ho_class"])
    return dict(zip(keys.where(keys != "", table["crime_type"]), table["days"], strict=True))


def refusal(file: tuple[str, bytes]) -> str:
    with pytest.raises(HotspotsError) as told:
        read_weight_file(file)
    return str(told.value)


# ---------------------------------------------------------------- found by meaning


def test_a_later_version_is_read_by_the_meaning_of_its_headings() -> None:
    weights, notes = read_weight_file(workbook({"Cover": COVER, "Values 2023": LATER, "Change log": [["v", "who"]]}))
    assert dict(zip(weights.table["athena_urn"], weights.table["days"], strict=True)) == {
        "8N.8.6.0": 10, "8S.8.6.0": 182.5, "1.1.1.1": 5475, "NN.115.32.0": 182,
    }  # fmt: skip
    assert weights.table["ho_class"].tolist() == ["008/06", "008/06", "001/01", "115/32"]
    assert weights.table["title"].tolist()[0] == "ABH"
    assert (weights.name, weights.version, weights.unit, weights.is_proxy) == ("cchi-2023", "2023", "days", False)
    assert weights.source == "Cambridge Crime Harm Index 2023, sheet 'Values 2023' of later.xlsx"
    told = "\n".join(notes)
    assert "1 cell with some around the text" in told
    assert "1 of 4 rows are offences that need not be notified" in told
    assert "1 of these conflict, so that the class alone is ambiguous: 008/06 10 to 182.5" in told


def test_the_sheet_with_most_weights_is_read_and_the_other_named() -> None:
    short = [LATER[2], LATER[3]]
    weights, notes = read_weight_file(workbook({"Extract": short, "Full": LATER}))
    assert len(weights.table) == 4
    assert "Sheet 'Extract' looks like weights too and is not read." in notes


def test_hidden_sheets_are_not_read() -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["note", "nothing"])
    hidden = book.create_sheet("Old")
    for row in LATER:
        hidden.append(row)
    hidden.sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    assert "no columns that can be told as weights" in refusal(("later.xlsx", out.getvalue()))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("key,days\n008/06,10\n034/01,365\n", {"008/06": 10, "034/01": 365}),
        ("Athena;Weight\n 8n.8.6.0 ;10\n1.1.1.1;5475\n", {"8N.8.6.0": 10, "1.1.1.1": 5475}),
        ("type of crime,harm score\nRobbery,365\nburglary,200.5\n", {"Robbery": 365, "burglary": 200.5}),
        ("whatever,severity\nHomicide,5000\n", {"001/01": 5000, "001/02": 5000, "004/01": 5000}),
    ],
)
def test_any_two_columns(text: str, wanted: dict[str, float]) -> None:
    assert weights_of(csv_file(text)) == wanted


def test_a_table_of_categories_is_a_proxy_by_crime_type() -> None:
    text = "force,crime_type,cchi_days\nKent,Robbery,1\nLancashire,Robbery,365.0\nLancashire,Drugs,3.55\n"
    weights, notes = read_weight_file(csv_file(text, "cchi_2026_categories.csv"))
    assert weights.is_proxy
    assert (weights.unit, weights.version) == ("days", "2026")
    assert dict(zip(weights.table["crime_type"], weights.table["days"], strict=True)) == {"Robbery": 365, "Drugs": 3.55}
    assert any("1 row of another force than Lancashire" in n for n in notes)
    assert "none of them Lancashire" in refusal(csv_file("force,crime_type,days\nKent,Drugs,1\nEssex,Drugs,2\n"))


def test_a_unit_that_the_file_does_not_say_is_not_called_days() -> None:
    plain = csv_file("ho_class,weight\n008/06,3\n")
    weights, notes = read_weight_file(plain)
    assert weights.unit == "points"
    assert any("does not say what its figures are" in n for n in notes)
    assert read_weight_file(plain, kind="days")[0].unit == "days"
    with pytest.raises(HotspotsError, match="'years' is not a unit"):
        read_weight_file(plain, kind="years")


# ---------------------------------------------------------------- ONS severity: by code or title

ONS = "offence,ons_css_weight\nAssault with injury,203.07\nAssault without injury,12.99\nCriminal damage,9.16\n"


def test_ons_weights_score_classes_of_one_code_and_known_urns_of_a_shared_one() -> None:
    weights, notes = read_weight_file(csv_file(ONS))
    assert (weights.name, weights.unit) == ("ons-severity", "severity")
    asked = pd.DataFrame(
        {
            "athena_urn": ["8N.8.6.0", "8S.8.6.0", None, None, None, None],
            "ho_class": ["008/06", "008/06", "008/06", "105/01", "058/00", "001/01"],
        }
    )
    found = score_offences(asked, weights)
    # 8S, assault with injury on a constable, has a weight of its own that this file lacks; so 008/06 alone stays open.
    assert found["status"].tolist() == ["scored", "unscored", "unscored", "scored", "scored", "unscored"]
    assert found["days"].dropna().tolist() == [203.07, 12.99, 9.16]
    assert any("shared with codes of another weight or none" in n and "'008/06'" in n for n in notes)


def test_with_both_codes_of_a_class_given_alike_the_class_scores() -> None:
    text = "Offence code,Severity weight\n8N,203.07\n8S,203.07\n34B,993.55\n"
    found = weights_of(csv_file(text))
    assert found["008/06"] == 203.07
    assert "034/01" not in found  # shared with 34A, which is not given
    assert found["34B.34.1.2"] == 993.55
    assert "8N.8.6.0" not in found


def test_one_weight_by_crime_type_among_those_of_classes_makes_no_proxy() -> None:
    text = "ho_class,crime_type,title,days\n008/06,,ABH,10\n,Robbery,Robbery,365\n"
    assert not read_weight_file(csv_file(text))[0].is_proxy


def test_a_title_is_finer_than_the_group_that_holds_it() -> None:
    text = "offence,css\nViolence without injury,20\nAssault without injury,12.99\n"
    found = weights_of(csv_file(text))
    assert (found["105/01"], found["003/01"]) == (12.99, 20)


def test_titles_nobody_knows_are_told_and_a_file_of_them_refused() -> None:
    _, notes = read_weight_file(csv_file(ONS + "Jaywalking,1\n"))
    assert any(n.startswith("1 title known as") and "'Jaywalking'" in n for n in notes)
    assert "none of its 1 offences is a URN" in refusal(csv_file("offence,css\nJaywalking,1\n"))


# ---------------------------------------------------------------- odd, and told


def test_malformed_unread_and_missing_classes() -> None:
    text = (
        "urn,home_office_classification,days\n1.1.1.1A,00200,3285\n1.1.1.1,001/01,5475\n8N.8.6.0,8.6,10\n"
        "34B.34.1.2,,365\n2.2.0.1,002/00,3285\n"
    )
    weights, notes = read_weight_file(csv_file(text))
    assert weights.table["ho_class"].tolist() == ["002/00", "001/01", "", "", "002/00"]
    told = "\n".join(notes)
    assert "'00200' is read as 002/00 (row 2)" in told
    assert "1 class code that cannot be read ('8.6'; row 4)" in told  # may have been 8.60
    assert "1 row without a class (row 5)" in told


def test_26_weeks_is_taken_as_printed() -> None:
    text = (
        "urn,starting point,cchi score\n62A.65.0.0,26 weeks,182\n10D.8.64.0,26 weeks custody,182.5\n8N.8.6.0,Fine,10\n"
    )
    weights, notes = read_weight_file(csv_file(text))
    assert weights.table["days"].tolist() == [182, 182.5, 10]
    assert any("26 weeks is printed as 182 (1 row) and 182.5 (1 row)" in n for n in notes)


def test_blank_rows_are_passed_over_and_repeats_left_out() -> None:
    text = "urn,days,note\n8N.8.6.0,10,\n , ,see below\n8N.8.6.0,10,\n"
    weights, notes = read_weight_file(csv_file(text))
    assert len(weights.table) == 1
    told = "\n".join(notes)
    assert "1 row with neither score nor offence" in told
    assert "1 row left out for repeating" in told
    assert "(row 4)" in told


def test_absurd_days_are_told() -> None:
    assert any("more than a hundred years" in n for n in read_weight_file(csv_file("urn,days\n1.1.1.1,54750\n"))[1])


# ---------------------------------------------------------------- refused


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("name,colour\nABH,red\n", "no columns that can be told as weights"),
        ("urn,days\n8N.8.6.0,ten\n1.1.1.1,5475\n8S.8.6.0,n/a\n", "2 values that are not numbers: 'ten', 'n/a' (rows 2"),
        ("urn,days\n8N.8.6.0,ten\n", "1 values that are not numbers: 'ten' (row 2)"),
        ('urn,days\n8N.8.6.0,"1,825"\n1.1.1.1,2\n', "not numbers: '1,825' (row 2)"),
        ("urn,days\n8N.8.6.0,nan\n1.1.1.1,inf\n8S.8.6.0,1\n34B.34.1.2,1\n", "2 values that are not numbers: 'nan'"),
        ("urn,days\n8N.8.6.0,1e999\n1.1.1.1,2\n", "not numbers: '1e999' (row 2)"),
        ("urn,days\n8N.8.6.0,-1\n", "1 values that are below 0: '-1' (row 2)"),
        ("urn,days\n8N.8.6.0,\n1.1.1.1,5475\n", "1 values that are empty (row 2)"),
        ("urn,days\n8N.8.6.0,10\n8n.8.6.0,11\n", "same offence has different scores: '8N.8.6.0' (rows 2, 3)"),
        ("ho_class,days\n8/6,10\n008/06,11\n", "same offence has different scores: '008/06' (rows 2, 3)"),
        ("crime_type,days\nRobbery,10\nrobbery,11\n", "same offence has different scores: 'robbery'"),
        ("offence,css\nHomicide,10\nhomicide,11\n", "same offence has different scores: 'homicide' (rows 2, 3)"),
        ("urn,days\n8N.8.6.0,10\nTotal,20\n1.1.1.1,3\n", "row 3 has a score but no offence"),
        ("urn,days\n", "header but no rows"),
        ("", "empty (0 bytes)"),
        ("urn,old score,new score\n8N.8.6.0,1,2\n", "2 columns of scores: 'old score', 'new score'"),
        ("urn,days\n8N.8.6.0,10,9\n1.1.1.1,3\n", "another number of values than columns in row 2"),
    ],
)  # fmt: skip
def test_bad_csv_is_a_sentence(text: str, part: str) -> None:
    told = refusal(csv_file(text))
    assert part in told
    assert told.startswith("local.csv")
    assert told.rstrip().endswith(".")


def test_several_problems_of_the_scores_are_told_at_once() -> None:
    told = refusal(csv_file("urn,days\n8N.8.6.0,-1\n1.1.1.1,x\n8S.8.6.0,\n34B.34.1.2,4\n36.36.1.0,4\n"))
    assert [line.count("local.csv: Column 'days'") for line in told.splitlines()] == [1, 1, 1]


def test_rows_are_numbered_as_in_the_file_where_lines_stand_above_the_heading() -> None:
    told = refusal(workbook({"Index": [["Our index"], [], ["urn", "days"], ["8N.8.6.0", 10], ["1.1.1.1", -5]]}))
    assert "(row 5)" in told


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 60_000_000)
    return out.getvalue()


def plain_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "a")
    return out.getvalue()


def test_files_that_are_not_what_their_name_says() -> None:
    assert "grow more than" in refusal(("a.xlsx", bomb()))
    assert "not a zip archive" in refusal(("a.xlsx", b"urn,days\n8N.8.6.0,10\n"))
    assert "cannot be read as a workbook" in refusal(("a.xlsx", plain_zip()))
    assert "cut short or damaged" in refusal(("a.xlsx", workbook({"v": LATER})[1][:-300]))
    assert "without a password, as .xlsx or CSV" in refusal(("a.xlsx", b"\xd0\xcf\x11\xe0" + b"0" * 600))
    assert "is not a CSV: it is a zip archive or an Excel workbook" in refusal(("a.csv", workbook({"v": LATER})[1]))
    assert "give a CSV or a workbook" in refusal(("a.pdf", b"%PDF"))
    assert "no visible sheet with data" in refusal(workbook({"v": []}))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(HotspotsError, match="There is no file"):
        read_weight_file(tmp_path / "none.csv")
    with pytest.raises(HotspotsError, match="cannot be read"):
        read_weight_file(tmp_path)


# ---------------------------------------------------------------- out and in again


def test_shipped_sets_go_out_and_come_in_the_same(tmp_path: Path) -> None:
    for weights in shipped_weight_sets().values():
        path = tmp_path / "out.csv"
        path.write_text(export_csv(weights), encoding="utf-8")
        path.with_suffix(".toml").write_text(describe_toml(weights), encoding="utf-8")
        back, _ = read_weight_file(path)
        assert back.sha256 == weights.sha256
        for field in ("name", "version", "label", "unit", "is_proxy", "source", "licence", "notes"):
            assert getattr(back, field) == getattr(weights, field)


def test_words_beyond_ascii_stand_in_the_description_as_they_are(tmp_path: Path) -> None:
    """TOML knows no pairs of surrogates, as JSON writes 𝛿."""
    table = pd.DataFrame({"ho_class": ["008/06"], "title": ["ABH"], "days": [10.0]})
    weights = weight_set_from_table(table, name="x", version="1", source="Café 𝛿", label="Días – 𝛿")
    path = tmp_path / "out.csv"
    path.write_text(export_csv(weights), encoding="utf-8")
    path.with_suffix(".toml").write_text(describe_toml(weights), encoding="utf-8")
    back, _ = read_weight_file(path)
    assert (back.label, back.source) == ("Días – 𝛿", "Café 𝛿")


def test_a_unit_survives_the_way_out_and_in_without_its_description() -> None:
    weights, _ = read_weight_file(csv_file(ONS))
    text = export_csv(weights)
    assert text.splitlines()[0] == "athena_urn,ho_class,crime_type,title,offence_group,severity"
    back, _ = read_weight_file(csv_file(text, "x.csv"))
    assert (back.unit, back.sha256) == ("severity", weights.sha256)


def test_text_that_a_spreadsheet_would_run_goes_out_as_text_and_comes_in_as_it_was() -> None:
    titles = ['=1+1, "quoted"', "'=1+1", "''@x", "'tis", "-5"]
    table = pd.DataFrame({"ho_class": [f"008/0{i}" for i in range(5)], "title": titles, "days": 10.5})
    weights = weight_set_from_table(table, name="x", version="1", source="test")
    text = export_csv(weights)
    assert "'=1+1" in text
    back, _ = read_weight_file(csv_file(text))
    assert back.sha256 == weights.sha256


def test_a_broken_description_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("urn,days\n8N.8.6.0,10\n")
    (tmp_path / "a.toml").write_text("name = ")
    with pytest.raises(HotspotsError, match=r"description a\.toml cannot be read"):
        read_weight_file(tmp_path / "a.csv")
