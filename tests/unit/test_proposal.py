"""A mapping proposed from the columns and values of a file, and what is said to be uncertain about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.cli.main import main
from hotspots.intake.proposing import Proposed, first_table, has_standard_names, propose_for
from hotspots.sources.mapping import Mapping, read_mapping
from hotspots.store.workspace import open_workspace

SETTINGS = Settings()


def file(header: str, *rows: str, name: str = "crimes-2026-05.csv") -> tuple[str, bytes]:
    return name, "\n".join([header, *rows, ""]).encode()


def look(source: str, header: str, *rows: str) -> Proposed:
    return propose_for([file(header, *rows)], source, SETTINGS)[1]


def mapping(source: str, header: str, *rows: str) -> Mapping:
    return look(source, header, *rows).proposal.mapping


def doubts(found: Proposed) -> str:
    return " ".join(found.proposal.doubts)


ATHENA = (
    "Athena Crime Ref,HO Class Code,Offence Description,Committed From Date,Committed From Time,Committed To Date,"
    "Committed To Time,Recorded Date,Easting,Northing,Domestic Abuse Flag,Victim Age,Officer in case",
    "04/1/26,008/06,ABH,13/05/2026,21:30,13/05/2026,22:00,14/05/2026,354000,429500,Y,23,Smith",
    "04/2/26,034/02,Robbery,3/5/2026,1:30,,,14/05/2026,354100,429500,N,31,Jones",
)
NICHE = (
    "Occurrence File No,Occurrence Start Date/Time,Occurrence End Date/Time,X Coord,Y Coord,Offence Title 1,"
    "Offence Title 2,HO Code 1,HO Code 2,DA",
    "L1,01-May-2026 21:30,01-May-2026 21:45,354000,429500,Wounding,Robbery,008/01,034/02,True",
    "L2,02-May-2026 21:30,,354000,429500,Assault,,008/06,,False",
)
SHORT = (
    "REF,OFFENCE,FROM,TO,x,y",
    "R1,Robbery,2026-05-13T21:30:00Z,,-2.7,53.76",
    "R2,Robbery,2026-05-14T21:30:00Z,,-2.71,53.7",
)
AVL = (
    "Resource Callsign,GPS Date,GPS Time,Lat,Long,Speed (mph),Resource Status",
    "BP01,14/10/2026,14:00:05,53.819835,-3.049675,12,At Scene",
    "BP02,14/10/2026,14:01:05,53.819835,-3.049675,3,On Patrol",
)
SHEET = (
    "Date,Hotspot,Time In,Time Out,Officer Names,On foot / vehicle,Stop Searches",
    "13/05/2026,West-01,1430,1450,A Smith,Foot,1",
    "14/05/2026,West-02,930,945,B Jones,Vehicle,0",
)


@pytest.mark.parametrize(
    ("source", "rows", "columns"),
    [
        ("incidents", ATHENA, {
            "id": ("Athena Crime Ref",), "ho_class": ("HO Class Code",), "title": ("Offence Description",),
            "committed_from": ("Committed From Date", "Committed From Time"),
            "committed_to": ("Committed To Date", "Committed To Time"), "recorded": ("Recorded Date",),
            "easting": ("Easting",), "northing": ("Northing",), "domestic": ("Domestic Abuse Flag",),
            "victim_age": ("Victim Age",),
        }),
        ("incidents", NICHE, {
            "id": ("Occurrence File No",), "ho_class": ("HO Code 1",), "title": ("Offence Title 1",),
            "committed_from": ("Occurrence Start Date/Time",), "committed_to": ("Occurrence End Date/Time",),
            "easting": ("X Coord",), "northing": ("Y Coord",), "domestic": ("DA",),
        }),
        ("incidents", SHORT, {
            "id": ("REF",), "title": ("OFFENCE",), "committed_from": ("FROM",), "committed_to": ("TO",),
            "longitude": ("x",), "latitude": ("y",),
        }),
        ("pings", AVL, {
            "unit": ("Resource Callsign",), "time": ("GPS Date", "GPS Time"), "longitude": ("Long",),
            "latitude": ("Lat",), "speed": ("Speed (mph)",), "status": ("Resource Status",),
        }),
        ("patrol-log", SHEET, {
            "officers": ("Officer Names",), "area": ("Hotspot",), "start": ("Date", "Time In"),
            "end": ("Date", "Time Out"), "mode": ("On foot / vehicle",), "searches": ("Stop Searches",),
        }),
    ],
)  # fmt: skip
def test_columns_of_police_systems_are_found_by_their_names(source: str, rows: tuple, columns: dict) -> None:
    found = look(source, *rows)
    assert found.proposal.mapping.columns == columns
    assert found.problems == found.proposal.lacking == ()
    assert found.rows is not None
    assert found.rows["source_row"].min() == 2
    assert found.rows["reason"].isna().all()
    assert read_mapping(source, found.text) == found.proposal.mapping


def test_the_rows_are_those_that_an_import_would_read() -> None:
    shown = look("incidents", *ATHENA).rows
    assert shown is not None
    first = shown.iloc[0]
    assert (first["record_id"], first["title"], bool(first["domestic"])) == ("04/1/26", "ABH", True)
    assert str(first["local_from"]) == "2026-05-13 21:30:00"
    assert abs(first["lat"] - 53.76) < 0.001
    assert "Smith" not in str(shown)


def test_nobody_is_named_in_the_rows_of_units_and_officers() -> None:
    for source, rows in (("pings", AVL), ("patrol-log", SHEET)):
        shown = look(source, *rows).rows
        assert not any(name in str(shown) for name in ("BP01", "Smith", "Jones"))


def test_what_is_bad_about_a_row_stands_beside_it() -> None:
    shown = look(
        "incidents", "REF,OFFENCE,FROM,E,N", *(f"R{d},A,{d}/05/2026 10:00,354000,429500" for d in range(13, 18)),
        "R2,A,nonsense,354000,429500",
    ).rows  # fmt: skip
    assert shown is not None
    assert shown["reason"].fillna("").str.contains("cannot be read as a time").tolist() == [False] * 5 + [True]


@pytest.mark.parametrize(
    ("times", "formats", "said"),
    [
        (("13/05/2026 21:30", "01/02/2026 10:00"), ("%d/%m/%Y %H:%M",), ""),
        (("05/13/2026 21:30", "01/02/2026 10:00"), ("%m/%d/%Y %H:%M",), "The month comes before the day"),
        (("05/12/2026 21:30", "01/02/2026 10:00"), ("%d/%m/%Y %H:%M",), "Does the day come before the month?"),
        (("2026-05-12 21:30", "2026-05-13T10:00"), ("%Y-%m-%d %H:%M:%S",), ""),
        (("13/05/2026", "14/05/2026"), ("%d/%m/%Y",), "no time of day"),
        (("13 May 2026 21:30", "1 June 2026 10:00"), ("%d %b %Y %H:%M", "%d %B %Y %H:%M"), ""),
        (("13/05/2026 21:30", "05/14/2026 10:00"), ("%d/%m/%Y %H:%M",), "some the month"),
        ((*(f"{d}/05/2026 21:30" for d in range(10, 20)), "31/06/2026 10:00"), ("%d/%m/%Y %H:%M",), "1 time of 11"),
    ],
)
def test_how_times_are_written(times: tuple, formats: tuple, said: str) -> None:
    found = look("incidents", "REF,OFFENCE,FROM,E,N", *(f"R{i},A,{t},354000,429500" for i, t in enumerate(times)))
    made = found.proposal.mapping.datetime_formats
    assert set(made) <= set(formats)
    assert made
    assert said in doubts(found)
    assert ("before the month?" in doubts(found)) == ("before the month?" in said)


@pytest.mark.parametrize(
    ("column", "time", "zone", "asked"),
    [
        ("FixTime", "2026-05-13 21:30:00", "Europe/London", True),
        ("DateTimeUTC", "2026-05-13 21:30:00", "UTC", False),
        ("FixTime", "2026-05-13T21:30:00Z", "Europe/London", False),
        ("FixTime", "1778707800", "Europe/London", False),
    ],
)
def test_the_clock_is_asked_about_where_nothing_tells_it(column: str, time: str, zone: str, asked: bool) -> None:
    found = look("pings", f"callsign,{column},lat,lon", f"A1,{time},53.76,-2.7", f"A1,{time},53.77,-2.7")
    assert found.proposal.mapping.timezone == zone
    assert ("By which clock" in doubts(found)) == asked


@pytest.mark.parametrize(
    ("rows", "offences"),
    [
        (("R1,A,13/05/2026 10:00,1,1", "R2,B,13/05/2026 10:00,1,1"), "one"),
        (("R1,A,13/05/2026 10:00,1,1", "R1,B,13/05/2026 10:00,1,1"), "rows"),
        (("R1,A,13/05/2026 10:00,1,1", "R1,A,13/05/2026 10:00,1,1"), "one"),  # a row repeated
    ],
)
def test_what_a_row_is(rows: tuple, offences: str) -> None:
    assert mapping("incidents", "REF,OFFENCE,FROM,E,N", *rows).offences == offences


def test_further_offences_in_columns() -> None:
    found = mapping("incidents", *NICHE)
    assert found.offences == "columns"
    assert found.further == ({"ho_class": "HO Code 2", "title": "Offence Title 2"},)


def test_words_for_yes_and_for_a_call_are_asked_about() -> None:
    found = look(
        "incidents", "REF,OFFENCE,FROM,E,N,Knife", "R1,A,13/05/2026 10:00,1,1,Blade", "R2,A,13/05/2026 10:00,1,1,N"
    )
    assert "Which words of 'Knife' mean yes, which no? Not known: 'BLADE'." in found.proposal.doubts
    found = look("pings", *AVL)
    assert found.proposal.mapping.words("on_call")
    assert "AT SCENE" in found.proposal.mapping.words("on_call")
    assert "Read as one: 'AT SCENE'; as patrol: 'ON PATROL'" in doubts(found)


@pytest.mark.parametrize(
    ("name", "unit", "asked"),
    [
        ("Speed (mph)", "mph", False),
        ("speed_kmh", "km/h", False),
        ("Speed Knots", "knots", False),
        ("speed", "km/h", True),
    ],
)
def test_the_unit_of_a_speed(name: str, unit: str, asked: bool) -> None:
    found = look("pings", f"callsign,time,lat,lon,{name}", "A1,2026-05-13T21:30:00Z,53.76,-2.7,12")
    assert found.proposal.mapping.speed_unit == unit
    assert ("In which unit" in doubts(found)) == asked


def test_columns_without_a_telling_name_are_found_by_their_values() -> None:
    found = look(
        "incidents",
        "a,b,c,d,offence",
        "AB12,2026-05-01T21:30:00Z,-2.6992,53.7598,A",
        "AB13,2026-05-02T21:30:00Z,-2.6982,53.7597,A",
    )
    assert found.proposal.mapping.columns == {
        "id": ("a",), "title": ("offence",), "committed_from": ("b",), "longitude": ("c",), "latitude": ("d",),
    }  # fmt: skip
    for asked in ("Is 'a' the id?", "Is 'b' the committed_from?", "Are 'c' and 'd' longitude and latitude?"):
        assert asked in doubts(found)


@pytest.mark.parametrize("clock", ["Committed At", "Hour committed", "Uhrzeit"])
def test_a_time_of_day_in_a_column_of_its_own_is_found_whatever_it_is_called(clock: str) -> None:
    found = look("incidents", f"Crime Ref,HO Code,Committed On,{clock},E,N", "R1,034/02,06/02/2026,07:05,354000,429500")
    assert found.proposal.mapping.columns["committed_from"] == ("Committed On", clock)
    assert ("belong together" in doubts(found)) == (clock == "Uhrzeit")
    assert found.rows is not None
    assert str(found.rows["local_from"].iloc[0]) == "2026-02-06 07:05:00"


def test_offences_in_words_alone_are_told_to_weigh_nothing() -> None:
    assert "nothing can be ranked by harm" in doubts(look("incidents", *SHORT))
    assert "nothing can be ranked by harm" not in doubts(look("incidents", *ATHENA))


def test_what_is_lacking_is_named_and_stands_as_a_blank() -> None:
    found = look("pings", "b,c,d", "2026-05-01T21:30:00Z,-2.6992,53.7598")
    assert found.proposal.lacking == ("unit",)
    assert "must name 'unit'" in found.problems[0]
    assert found.rows is None
    assert '# unit = ""  # needed' in found.text
    assert "# - Which column is unit?" in found.text


@pytest.mark.parametrize(
    ("names", "values", "fields"),
    [
        ("Loc X,Loc Y", "354000,429500", ("easting", "northing")),
        ("POINT_X,POINT_Y", "-2.7,53.76", ("longitude", "latitude")),
        ("X,Y", "-2.7,53.76", ("longitude", "latitude")),
        ("E,N", "SD 540,SD 295", ("easting", "northing")),  # what the reader makes of it is its own affair
    ],
)
def test_coordinates_whose_name_says_no_unit_are_what_their_values_are(names: str, values: str, fields: tuple) -> None:
    found = mapping("incidents", f"REF,OFFENCE,FROM,{names}", f"R1,A,13/05/2026 10:00,{values}")
    assert set(found.columns) & {"easting", "northing", "longitude", "latitude"} == set(fields)


def test_two_pairs_of_coordinates_leave_one() -> None:
    found = look(
        "incidents", "REF,OFFENCE,FROM,Easting,Northing,Lat,Lon", "R1,A,13/05/2026 10:00,354000,429500,,",
        "R2,A,13/05/2026 10:00,354000,429500,53.76,-2.7",
    )  # fmt: skip
    assert "easting" in found.proposal.mapping.columns
    assert "longitude" not in found.proposal.mapping.columns
    assert "easting and northing are read" in doubts(found)


def test_a_system_stands_in_the_mapping() -> None:
    text = (
        'name = "a"\nsystem = "Athena, Lancashire"\n[columns]\nunit = "u"\ntime = "t"\neasting = "e"\nnorthing = "n"\n'
    )
    assert read_mapping("pings", text).system == "Athena, Lancashire"
    for wrong in ("3", '"a\\nb"', f'"{"a" * 81}"'):
        with pytest.raises(HotspotsError, match="'system' must be text on one line of at most 80"):
            read_mapping("pings", text.replace('"Athena, Lancashire"', wrong))


def test_standard_names_need_no_mapping() -> None:
    standard = [file("unit,time,lon,lat", "A1,2026-05-13T21:30:00Z,-2.7,53.76")]
    assert has_standard_names(first_table(standard, "pings", SETTINGS), "pings")
    assert not has_standard_names(first_table([file(*AVL)], "pings", SETTINGS), "pings")


# ---------------------------------------------------------------- the command line


def run(tmp_path: Path, *arguments: object) -> int:
    return main(["import", *map(str, arguments), "--workspace", str(tmp_path / "ws")])


def written(folder: Path, header: str, *rows: str) -> Path:
    path = folder / "crimes.csv"
    path.write_bytes(file(header, *rows)[1])
    return path


@pytest.mark.parametrize(("source", "rows"), [("incidents", NICHE), ("pings", AVL), ("patrol-log", SHEET)])
def test_an_import_without_the_mapping_it_needs_proposes_one(tmp_path: Path, capsys, source: str, rows: tuple) -> None:
    path = written(tmp_path, *rows)
    assert run(tmp_path, path, "--source", source) == 1
    out, told = capsys.readouterr()
    made = tmp_path / "crimes.mapping.toml"
    assert f"import with --mapping {made}" in told
    assert "Nothing was imported" in told
    assert "By which clock were the times written?" in told
    assert out.count("\n") == len(look(source, *rows).rows) + 1  # type: ignore[arg-type]
    assert not (tmp_path / "ws" / "manifest.json").exists()
    assert run(tmp_path, path, "--source", source, "--mapping", made) == 0
    assert open_workspace(tmp_path / "ws").manifest.reports[0].accepted == 2


def test_a_mapping_is_proposed_where_it_is_asked_for_and_none_is_written_over(tmp_path: Path, capsys) -> None:
    path, made = written(tmp_path, *AVL), tmp_path / "avl.toml"
    assert run(tmp_path, path, "--source", "pings", "--propose", made) == 0
    before = made.read_text(encoding="utf-8")
    assert run(tmp_path, path, "--source", "pings", "--propose", made) == 1
    assert "is there already and was left as it is" in capsys.readouterr().err
    assert made.read_text(encoding="utf-8") == before


def test_standard_names_are_imported_as_they_are(tmp_path: Path) -> None:
    path = written(tmp_path, "unit,time,lon,lat", "A1,2026-05-13T21:30:00Z,-2.7,53.76")
    assert run(tmp_path, path, "--source", "pings") == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--source", "boundaries", "--propose", "x.toml"], "boundaries needs no mapping"),
        (["--source", "pings", "--propose", "x.toml", "--mapping", "y.toml"], "give one of them"),
        (["--source", "pings"], "a time zone is not given"),  # standard names, but no time zone: no proposal
    ],
)
def test_what_excludes_a_proposal(tmp_path: Path, capsys, options: list, said: str) -> None:
    path = written(tmp_path, "unit,time,lon,lat", "A1,2026-05-13 21:30:00,-2.7,53.76")
    assert run(tmp_path, path, *options) == 1
    assert said in capsys.readouterr().err
    assert not list(tmp_path.glob("*.toml"))
