"""From a workspace to an answer: what is refused, what is counted, and what is said beside it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from hotspots import geography
from hotspots.base.columns import RANK
from hotspots.base.errors import HotspotsError
from hotspots.base.writing import to_csv
from hotspots.intake import import_files
from hotspots.ranking.answer import Answer, about, cell_detail, whole_force
from hotspots.ranking.gather import parse_hours
from hotspots.ranking.pipeline import rank_workspace
from hotspots.ranking.question import Question
from hotspots.ranking.what_if.effects import warnings_of
from tests.samples import (
    ABH,
    BLACKPOOL,
    BLADE,
    BURNLEY,
    KENT,
    MAPPING,
    NOWHERE,
    PRESTON,
    ROBBERY,
    VIOLENCE,
    crime,
    export,
    one_district,
    record,
    street,
)

PRESTON_CELL = "8a1951803b4ffff"  # worked out with the h3 library v4


@pytest.fixture(scope="module")
def police(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("police")
    files = [
        street("2022-01", [crime(f"a{i}", "2022-01") for i in range(3)] + [crime("b", "2022-01", place=BLACKPOOL)]),
        street("2022-02", [crime("c", "2022-02", "Robbery", place=NOWHERE), crime("d", "2022-02", "Robbery"),
                           crime("e", "2022-02", "Drugs"), crime("f", "2022-02", place=KENT)]),
        street("2022-04", [crime("g", "2022-04", "Possession of weapons", place=BURNLEY), crime("h", "2022-04")]),
    ]  # fmt: skip
    import_files(folder, files, "police-uk")
    return folder


def timed(folder: Path, rows: list[dict[str, object]]) -> Path:
    import_files(folder, [export(rows)], "incidents", MAPPING)
    return folder


def counted(answer: Answer) -> dict[str, int]:
    return dict(zip(answer.table["cell"], answer.table["n_incidents"], strict=True))


# ---------------------------------------------------------------- what a source cannot tell


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (Question(offences="knife"), "cannot be made from data.police.uk"),
        (Question(offences="serious-violence"), "violence-categories"),
        (Question(start="2022-01-05", end="2022-01-31"), "gives the month of a crime and no day"),
        (Question(start="2022-01", end="2022-02-27"), "whole months"),
        (Question(hours="20-04"), "no time of day"),
        (Question(bcu="North"), "West, South, East or all"),
        (Question(resolution=8), "9, 10 or 11"),
        (Question(source="incidents"), "holds no 'incidents'"),
        (Question(weights="guess"), "no weight set 'guess'"),
        (Question(offences="everything"), "no selection 'everything'"),
        (Question(offences="category:Murder"), "not a data.police.uk crime type"),
        (Question(by="luck"), "no ranking method 'luck'"),
        (Question(start="2022-03", end="2022-02"), "earlier date first"),
        (Question(start="yesterday"), "write a date like"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_the_reason(police, question, words):
    with pytest.raises(HotspotsError) as caught:
        rank_workspace(police, question)
    assert words in str(caught.value)


def test_an_empty_workspace_is_told(tmp_path):
    with pytest.raises(HotspotsError, match="no workspace"):
        rank_workspace(tmp_path, Question())
    import_files(tmp_path, [one_district(tmp_path)], "boundaries")
    with pytest.raises(HotspotsError, match="holds no incidents yet"):
        rank_workspace(tmp_path, Question())


def test_categories_are_refused_for_a_forces_own_export(tmp_path):
    folder = timed(tmp_path, [record("1", "05/01/2026 10:00")])
    with pytest.raises(HotspotsError, match="does not carry"):
        rank_workspace(folder, Question(offences="category:Robbery"))


# ---------------------------------------------------------------- what is counted


def test_the_defaults(police):
    answer = rank_workspace(police, Question())
    assert answer.source == "police-uk"
    assert (answer.question.offences, answer.weights.name) == ("violence-categories", "policeuk-proxy-2026")
    assert str(answer.window) == "2022-01-01 to 2022-04-30"
    assert counted(answer)[PRESTON_CELL] == 3 + 1 + 1  # three in January, the robbery, April; drugs are not violence
    assert list(answer.table.columns) == [c.name for c in RANK]
    assert answer.table["rank"].tolist() == list(range(1, len(answer.table) + 1))


def test_each_bcu_is_ranked_on_its_own(police):
    whole = rank_workspace(police, Question(by="count"))
    for bcu in ("West", "South", "East"):
        table = rank_workspace(police, Question(bcu=bcu, by="count", include_proactive=True)).table
        assert (table["bcu"] == bcu).all()
        assert table["rank"].tolist() == list(range(1, len(table) + 1))
        assert len(table) == 1
    assert whole.table["bcu"].tolist() == ["South", "West"]


def test_the_window_chooses_whole_months(police):
    assert counted(rank_workspace(police, Question(start="2022-01", end="2022-01")))[PRESTON_CELL] == 3
    assert counted(rank_workspace(police, Question(start="2022-01-01", end="2022-02-28")))[PRESTON_CELL] == 4


def test_police_activity_is_left_out_unless_asked_for(police):
    plain = rank_workspace(police, Question(by="count"))
    assert not (plain.table["bcu"] == "East").any()
    assert any("1 offences found by police activity are left out" in n for n in plain.notes)
    asked = rank_workspace(police, Question(by="count", include_proactive=True))
    assert (asked.table["bcu"] == "East").sum() == 1
    assert not any("police activity" in n for n in asked.notes)
    assert rank_workspace(police, Question(offences="category:Drugs")).table.empty
    drugs = rank_workspace(police, Question(offences="category:Drugs", include_proactive=True))
    assert counted(drugs) == {PRESTON_CELL: 1}


def test_the_proactive_flag_of_an_export(tmp_path):
    rows = [record("1", "05/01/2026 10:00"), record("2", "05/01/2026 10:00", PROACTIVE="Y"),
            record("3", "05/01/2026 10:00", PROACTIVE="")]  # fmt: skip
    folder = timed(tmp_path, rows)
    assert rank_workspace(folder, Question(offences="grip-robbery")).table["n_incidents"].sum() == 2
    both = rank_workspace(folder, Question(offences="grip-robbery", include_proactive=True))
    assert both.table["n_incidents"].sum() == 3


def test_a_window_by_days_includes_both_ends(tmp_path):
    rows = [record(str(d), f"{d:02d}/01/2026 23:59", end=f"{d + 1:02d}/01/2026 00:30") for d in range(1, 6)]
    folder = timed(tmp_path, rows)

    def n(start: str, end: str) -> int:
        return int(rank_workspace(folder, Question(start=start, end=end)).table["n_incidents"].sum())

    assert n("2026-01-02", "2026-01-04") == 3
    assert n("2026-01-03", "2026-01-03") == 1
    assert n("2026-01-06", "2026-01-31") == 0
    assert n("2026-01", "2026-01") == 5


def test_harm_by_hand(tmp_path):
    """Two robberies and an assault with injury in one cell: 2 × 365 + 10 days, by the 2020 Cambridge index."""
    rows = [record("1", "05/01/2026 10:00"), record("2", "06/01/2026 10:00"), record("3", "07/01/2026 10:00", ABH),
            record("4", "07/01/2026 10:00", ABH, place=BURNLEY)]  # fmt: skip
    answer = rank_workspace(timed(tmp_path, rows), Question(by="harm"))
    first, second = answer.table.to_dict("records")
    assert (first["cell"], first["n_incidents"], first["harm_days"]) == (PRESTON_CELL, 3, 740)
    assert (first["largest_offence_share"], first["flag"]) == (0.4932, "few incidents")
    assert (second["bcu"], second["district"], second["harm_days"]) == ("East", "Burnley", 10)
    assert answer.weights.name == "cchi-2020-sv"


def test_a_record_with_two_offences_is_one_incident(tmp_path):
    rows = [record("1", "05/01/2026 10:00"), record("1", "05/01/2026 10:00", ABH)]
    (row,) = rank_workspace(timed(tmp_path, rows), Question(by="harm")).table.to_dict("records")
    assert (row["n_incidents"], row["n_offences"], row["harm_days"]) == (1, 2, 375)


def test_one_cell_by_offence_and_month(tmp_path):
    rows = [record(str(i), f"05/0{1 + i % 3}/2026 10:00", (ROBBERY, ABH)[i % 2]) for i in range(7)]
    rows += [record("other", "05/01/2026 10:00", place=BURNLEY)]
    answer = rank_workspace(timed(tmp_path, rows), Question(start="2025-12", end="2026-04"))
    kinds, months = cell_detail(answer, PRESTON_CELL)
    assert kinds[["n_incidents", "harm_days"]].to_numpy().tolist() == [[4, 4 * 365], [3, 3 * 10]]
    assert months["month"].tolist() == [202512, 202601, 202602, 202603, 202604]
    # December and April were never imported: unknown, not zero. January: robbery, ABH, robbery; and so on.
    assert months["n_incidents"].fillna(-1).tolist() == [-1, 3, 2, 2, -1]
    assert months["harm_days"].fillna(-1).tolist() == [-1, 740, 375, 375, -1]
    with pytest.raises(HotspotsError):
        cell_detail(answer, "nonsense")


# ---------------------------------------------------------------- hours of the day


def times(*spans: tuple[str, str]) -> list[dict[str, object]]:
    return [record(str(i), f"05/01/2026 {a}", end=b and f"{b}") for i, (a, b) in enumerate(spans)]


@pytest.mark.parametrize(
    ("start", "end", "inside"),
    [
        ("05/01/2026 20:00", "", True),
        ("05/01/2026 19:59", "", False),
        ("05/01/2026 23:59", "06/01/2026 00:01", True),
        ("05/01/2026 03:59", "", True),
        ("05/01/2026 04:00", "", False),
        ("05/01/2026 12:00", "", False),
        ("05/01/2026 20:00", "06/01/2026 04:00", True),  # the whole of it, to the minute
        ("05/01/2026 20:00", "06/01/2026 04:01", False),
        ("05/01/2026 19:00", "05/01/2026 21:00", False),  # may have happened before
        ("05/01/2026 21:00", "06/01/2026 21:30", False),  # a day and more
        ("28/03/2026 23:00", "29/03/2026 03:30", True),  # the clocks go forward: still inside
    ],
)
def test_hours_over_midnight(tmp_path, start, end, inside):
    rows = [record("1", start, end=end), record("2", "07/01/2026 21:00")]
    answer = rank_workspace(timed(tmp_path, rows), Question(hours="20-04", start="2026-01", end="2026-03"))
    assert answer.table["n_incidents"].sum() == 1 + inside


@pytest.mark.parametrize(
    ("clocks", "said"), [(["00:00", "00:00", "21:00"], True), (["00:00", "21:00", "22:00"], False)]
)
def test_hours_of_dates_without_a_time_of_day_are_not_known(tmp_path, clocks, said):
    rows = [record(str(i), f"0{i + 1}/01/2026 {clock}") for i, clock in enumerate(clocks)]
    answer = rank_workspace(timed(tmp_path, rows), Question(hours="20-04"))
    expected = "2 of 3 offences are at exactly 00:00, as dates without a time of day are: their hours are not known."
    assert (expected in answer.warnings) == said


def test_every_minute_that_ends_with_the_hours_is_inside(tmp_path):
    """23:10 to 04:00 lies in 20-04 to the minute, whatever the rounding of a third of an hour."""
    rows = [record(f"{h}{m}", f"05/01/2026 {h:02d}:{m:02d}", end="06/01/2026 04:00")
            for h in (20, 21, 22, 23) for m in range(60)]  # fmt: skip
    answer = rank_workspace(timed(tmp_path, rows), Question(hours="20-04"))
    assert answer.table["n_incidents"].sum() == 240


def test_hours_within_a_day_and_the_whole_day(tmp_path):
    spans = ("09:00", ""), ("08:59", ""), ("17:00", ""), ("10:00", "05/01/2026 16:59"), ("23:00", "09/01/2026 01:00")
    rows = times(*spans)
    folder = timed(tmp_path, rows)
    assert rank_workspace(folder, Question(hours="9-17")).table["n_incidents"].sum() == 2
    for whole in ("0-24", "6-6"):
        assert rank_workspace(folder, Question(hours=whole)).table["n_incidents"].sum() == 5


def test_incidents_that_may_lie_outside_the_hours_are_said(tmp_path):
    spans = ("21:00", ""), ("19:00", "05/01/2026 21:00"), ("12:00", "05/01/2026 13:00"), ("03:00", "05/01/2026 09:00")
    rows = times(*spans)
    answer = rank_workspace(timed(tmp_path, rows), Question(hours="20-04"))
    assert answer.table["n_incidents"].sum() == 1
    assert any(n.startswith("2 offences may have happened in these hours or outside") for n in answer.notes)


@pytest.mark.parametrize("text", ["20", "20-", "-4", "24-4", "20-25", "8pm-4am", "20:00-04:00", "²-4"])
def test_hours_written_otherwise(text):
    with pytest.raises(HotspotsError, match="write them like 20-04"):
        parse_hours(text)


# ---------------------------------------------------------------- what is said beside the figures


def test_months_that_were_not_imported(police):
    answer = rank_workspace(police, Question(start="2021-12", end="2022-04"))
    assert answer.missing_months == (202112, 202203)
    assert any("2021-12, 2022-03" in w and "not as zero" in w for w in answer.warnings)
    assert rank_workspace(police, Question(start="2022-01", end="2022-02")).missing_months == ()


def test_incidents_without_a_place_are_counted_by_type(police):
    answer = rank_workspace(police, Question(start="2022-02", end="2022-02"))
    (words,) = [w for w in answer.warnings if "no coordinates" in w]
    assert words.startswith("1 of 3 offences (33.3%)")
    assert "Robbery 50.0%" in words


def test_incidents_outside_the_force_are_counted(police):
    answer = rank_workspace(police, Question(start="2022-02", end="2022-02"))
    assert any(n.startswith("1 offences lie outside the force area") for n in answer.notes)
    assert counted(answer) == {PRESTON_CELL: 1}


def broken(tmp_path: Path) -> Path:
    """Four months of 250 crimes; the map points of the last two are new."""
    files = []
    for number, shift in enumerate((0.0, 0.0, 0.01, 0.01), 1):
        rows = [crime(f"{number}-{i}", f"2022-0{number}", place=(PRESTON[0] + shift + i % 50 / 1e4, PRESTON[1]))
                for i in range(250)]  # fmt: skip
        files.append(street(f"2022-0{number}", rows))
    import_files(tmp_path, files, "police-uk")
    return tmp_path


def test_a_window_across_new_map_points_warns(tmp_path):
    folder = broken(tmp_path)

    def breaks(start: str, end: str) -> tuple[int, ...]:
        answer = rank_workspace(folder, Question(start=start, end=end))
        said = [w for w in answer.warnings if "map points changed in 2022-03" in w]
        assert len(said) == len(answer.breaks)
        return answer.breaks

    assert breaks("2022-01", "2022-04") == (202203,)
    assert breaks("2022-02", "2022-03") == (202203,)
    assert breaks("2022-01", "2022-02") == ()
    assert breaks("2022-03", "2022-04") == ()  # wholly after it


def test_proxy_weights_are_called_so(police):
    answer = rank_workspace(police, Question())
    assert any("proxy" in w for w in answer.warnings)
    assert "(proxy)" in str(about(answer)["weights"])


def test_unscored_offences_are_said_and_add_no_harm(tmp_path):
    mystery = {"CLASS": "", "URN": "", "TITLE": "Something else"}
    rows = [record("1", "05/01/2026 10:00"), record("2", "05/01/2026 10:00", mystery)]
    answer = rank_workspace(timed(tmp_path, rows), Question(offences="all"))
    assert answer.table[["n_incidents", "n_unscored", "harm_days"]].to_numpy().tolist() == [[2, 1, 365]]
    assert any("1 offences have no weight" in w for w in answer.warnings)
    assert answer.scores["n_offences"].sum() == 2


def test_every_download_says_what_it_is(tmp_path):
    rows = [record("1", "05/01/2026 10:00"), record("2", "05/01/2026 10:00", BLADE, PROACTIVE="Y")]
    answer = rank_workspace(timed(tmp_path, rows), Question(start="2026-01", end="2026-02"))
    facts = about(answer)
    assert facts["weights_sha256"] == answer.weights.sha256
    assert facts["window"] == "2026-01-01 to 2026-02-28"
    assert facts["workspace_version"] == answer.version
    assert facts["proactive_offences"] == "left out"
    assert facts["data"] == "incidents"
    assert str(facts["offences"]).startswith("serious-violence: ")
    assert facts["warnings"] == list(answer.warnings)


# ---------------------------------------------------------------- nothing there


@pytest.mark.parametrize(
    "question", [Question(offences="category:Shoplifting"), Question(start="2019-01", end="2019-02")]
)
def test_no_incident_at_all_is_an_empty_table(police, question):
    answer = rank_workspace(police, question)
    assert answer.table.empty
    assert list(answer.table.columns) == [c.name for c in RANK]
    assert to_csv(answer.table).count("\n") == 1


def test_only_incidents_without_a_place(tmp_path):
    import_files(tmp_path, [street("2022-01", [crime("a", "2022-01", place=NOWHERE)])], "police-uk")
    answer = rank_workspace(tmp_path, Question())
    assert answer.table.empty
    assert any("1 of 1 offences (100.0%) have no coordinates" in w and VIOLENCE in w for w in answer.warnings)


@pytest.mark.parametrize("resolution", [9, 10, 11])
def test_each_resolution_counts_the_same_incidents(police, resolution):
    answer = rank_workspace(police, Question(resolution=resolution))
    assert answer.table["n_incidents"].sum() == 6
    assert all(len(c) == 15 and geography.resolution_of(int(c, 16)) == resolution for c in answer.table["cell"])


def test_types_of_the_columns_are_those_of_the_dictionary(police):
    table = rank_workspace(police, Question()).table
    kinds = {"int64": "iu", "double": "f", "string": "OU"}
    for column in RANK:
        kind = table[column.name].dtype
        text = str(column.type)
        assert str(kind) == "str" or kind.kind in kinds[text], column.name


def test_an_index_that_is_not_in_days_is_never_called_days():
    from hotspots.harm.scoring import weight_set_from_table
    from hotspots.ranking.answer import in_unit, score_warnings, unit_warning

    table = pd.DataFrame({"ho_class": ["008/06"], "days": [203.07]})
    severity = weight_set_from_table(table, name="css", version="1", source="x", unit="severity")
    scores = pd.DataFrame({"status": ["scored"], "n_offences": [1]})
    assert unit_warning(severity) in score_warnings(scores, severity)
    assert "not days" in unit_warning(severity)
    assert list(in_unit(pd.DataFrame(columns=["harm_days", "rank"]), severity)) == ["harm_severity", "rank"]


def test_a_count_of_what_has_no_place_is_called_the_whole_forces_beside_one_bcu() -> None:
    said = ["3 offences have no coordinates.", "1,204 offences lie outside.", "Weights are a proxy."]
    named = ["Whole force: 3 offences have no coordinates.", "Whole force: 1,204 offences lie outside.", said[2]]
    assert whole_force(said, "South") == named
    assert whole_force(said, "all") == said


def test_a_centre_has_six_decimals_of_a_degree(police):
    """A tenth of a metre, and the same text in every download."""
    places = rank_workspace(police, Question()).table[["lon", "lat"]]
    assert places.round(6).equals(places)


@pytest.mark.parametrize(
    ("by", "units", "said"),
    [("harm-cap", ("days", "severity"), 1), ("harm-cap", ("days", "days"), 0), ("harm", ("days", "severity"), 0)],
)
def test_a_cap_in_days_is_said_where_a_set_has_another_unit(police, by, units, said):
    answer = rank_workspace(police, Question(by=by))
    sets = {name: replace(answer.weights, unit=unit) for name, unit in zip("ab", units, strict=True)}
    words = warnings_of(answer, sets, dict.fromkeys(sets, answer.scores))
    assert sum(line.startswith("The cap is in days") for line in words) == said
