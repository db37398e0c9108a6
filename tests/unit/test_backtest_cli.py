"""python -m hotspots backtest, on a demo workspace, a police.uk workspace and a plain table."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from hotspots.backtest import METHODS
from hotspots.backtest.periods import monday
from hotspots.backtest.workspace import history_of
from hotspots.base.errors import HotspotsError
from hotspots.cli import main
from hotspots.ranking.question import Question
from tests.workspaces import demo, police

__all__ = ["demo", "police"]

QUICK = ("--methods", "count,harm,harm-decay")


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty weeks from Monday 2024-01-01: three incidents a week in one place, one a week in another."""
    path = tmp_path_factory.mktemp("city") / "city.csv"
    lines = ["date,longitude,latitude"]
    for day in pd.date_range("2024-01-01", periods=140):
        if day.weekday() in (0, 2, 6):
            lines.append(f"{day:%Y-%m-%d} 12:00,-2.699,53.759")
        if day.weekday() == 3:
            lines.append(f"{day:%Y-%m-%d} 12:00,-2.740,53.765")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def run(*words: str) -> None:
    main.run(["backtest", *words])


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_by_month_on_the_demo(demo, capsys):
    run("--workspace", str(demo), "--months", *QUICK, "--area-share", "0.0002")
    told = capsys.readouterr()
    table = rows(told.out)
    names = ["origin", "method", "horizon", "area_share", "n_caught", "harm_caught_share", "pai", "pei"]
    assert list(table[0])[:8] == names
    assert {r["method"] for r in table} == {"count", "harm", "harm-decay"}
    # 24 months: 12 to rank on and 3 to test leave 24 − 15 + 1 origins
    assert len({r["origin"] for r in table}) == 10
    assert all(0 < float(r["pei"]) <= 1 for r in table)
    assert all(0.00019 < float(r["area_share"]) <= 0.0002 for r in table)
    assert "caught most" in told.err


def test_by_week_on_the_demo(demo, capsys):
    weeks = history_of(demo, Question(), "week").periods
    # two years from the first whole week to the last
    assert 100 <= len(weeks) <= 104
    start, end = monday(weeks[55]), monday(weeks[61])
    wednesday = (start + timedelta(days=2)).isoformat()  # any day of the week names it
    run("--workspace", str(demo), "--weeks", "2", *QUICK, "--first-origin", wednesday, "--last-origin", end.isoformat())
    table = rows(capsys.readouterr().out)
    origins = [r["origin"] for r in table if r["method"] == "count"]
    assert origins == [(start + timedelta(days=14 * i)).isoformat() for i in range(4)]  # every horizon
    assert {r["horizon"] for r in table} == {"2"}
    assert {r["n_cells"] for r in table} == {"60"}


def test_one_bcu_has_its_own_cells_area_and_number(demo, capsys):
    force, west = history_of(demo, Question()), history_of(demo, Question(bcu="West"))
    assert set(west.groups) == {"West"}
    assert 0 < west.total_area_m2 < force.total_area_m2
    assert west.cube["n_incidents"].sum() < force.cube["n_incidents"].sum()
    run("--workspace", str(demo), "--bcu", "West", *QUICK)
    assert {r["n_cells"] for r in rows(capsys.readouterr().out)} == {"20"}


def test_the_areas_of_the_bcus_add_up(demo):
    parts = [history_of(demo, Question(bcu=b)).total_area_m2 for b in ("West", "South", "East")]
    assert sum(parts) == pytest.approx(history_of(demo, Question()).total_area_m2)
    # the fourteen districts measure 3,066 km² on the ellipsoid, 0.4% less on H3's sphere
    assert sum(parts) / 1e6 == pytest.approx(3_066 * 0.996, rel=0.002)


def test_the_summary_as_json_says_what_it_is(demo, tmp_path):
    out = tmp_path / "summary.json"
    run("--workspace", str(demo), "--summary", "--against", "harm", *QUICK, "--format", "json", "--out", str(out))
    found = json.loads(out.read_text(encoding="utf-8"))
    about = found["about"]
    assert about["data"].startswith("SYNTHETIC")
    assert (about["train_periods"], about["horizon_periods"], about["cells"]) == (12, 3, 60)
    assert {r["method"]: r["difference"] for r in found["rows"]}["harm"] == 0
    means = [r["mean_harm_caught_share"] for r in found["rows"]]
    assert means == sorted(means, reverse=True)
    assert found["rows"][0]["method"] in about["conclusion"]


def test_calibration_on_the_demo(demo, capsys):
    run("--workspace", str(demo), "--calibration", "--draws", "50", "--top", "10", "--first-origin", "2026-06")
    told = capsys.readouterr()
    table = rows(told.out)
    assert {r["figure"] for r in table} == {"p_top", "p_top_next"}
    assert "Top 10 of each group" in told.err


def test_a_plain_table_by_week(city, capsys):
    run("--table", str(city), "--weeks", "--train", "8", "--horizon", "4", "--cells", "1", "--methods", "count,harm")
    told = capsys.readouterr()
    table = rows(told.out)
    assert [r["origin"] for r in table if r["method"] == "count"] == ["2024-02-26", "2024-03-25", "2024-04-22"]
    assert {(r["n_caught"], float(r["harm_caught_share"]), float(r["pei"])) for r in table} == {("12", 0.75, 1.0)}
    # two cells of about one size: three quarters of harm in half the area
    assert all(float(r["pai"]) == pytest.approx(1.5, rel=0.01) for r in table)
    assert "The whole area is that of the cells with any incident" in told.err


def test_a_plain_table_with_the_area_of_the_city(city, capsys):
    run("--table", str(city), "--weeks", "--train", "8", "--cells", "1", "--methods", "count", "--total-area-km2", "10")
    assert all(float(r["pai"]) == pytest.approx(0.75 / (0.0134 / 10), rel=0.01) for r in rows(capsys.readouterr().out))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--weeks",), "cannot be tested by week"),
        ((), "needs 12 periods before it"),
        (("--train", "0"), "--train is 0"),
        (("--months", "2", "--horizon", "3"), "both say how far ahead"),
        (("--train", "1", "--horizon", "1", "--methods", "magic"), "no such method to test: 'magic'"),
        (("--train", "1", "--horizon", "1", "--origins", "soon"), "An origin is 'soon'; write a month like 2021-10"),
        (("--train", "1", "--horizon", "1", "--origins", "2024-03..2024-02"), "is after the last"),
        (("--train", "1", "--horizon", "1", "--origins", "2024-09"), "No origin can be tested"),
        (("--origins", "2024-02", "--last-origin", "2024-03"), "either --origins or"),
        (("--bcu", "North"), "no BCU 'North'"),
    ],
)
def test_what_cannot_be_answered_is_told_in_a_sentence(police, words, sentence):
    with pytest.raises(HotspotsError, match=sentence):
        run("--workspace", str(police), *words)


def test_options_of_the_workspace_are_refused_with_a_table(city):
    with pytest.raises(HotspotsError, match="--bcu, --weights cannot be used with --table"):
        run("--table", str(city), "--bcu", "West", "--weights", "x")


def test_by_hand_on_police_uk(police, capsys):
    """Violence and robbery of tests/workspaces.py: January ranks Preston first, February brings it 2 of 4 incidents."""
    run("--workspace", str(police), "--train", "1", "--horizon", "1", "--cells", "1", "--origins", "2024-02", *QUICK)
    table = {r["method"]: r for r in rows(capsys.readouterr().out)}
    for row in table.values():
        assert row["n_caught"] == "2"
        # Preston 2 × 197.25, Blackpool 2 × 365
        assert float(row["harm_caught_share"]) == pytest.approx(394.5 / 1124.5, abs=1e-6)
        assert float(row["pei"]) == pytest.approx(394.5 / 730, rel=5e-3)  # cells differ in area by 0.3%


def test_every_method_has_a_name_that_the_command_takes(city, capsys):
    run("--table", str(city), "--weeks", "--train", "8", "--cells", "1", "--methods", ",".join(METHODS), "--summary")
    assert {r["method"] for r in rows(capsys.readouterr().out)} == set(METHODS)
