"""A trial from its schedule to its result, in a workspace that can be counted by hand (tests/trial_workspace.py)."""

from __future__ import annotations

import itertools
import json
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import h3.api.basic_str as h3
import numpy as np
import pandas as pd
import pytest

from hotspots.areas import register as area_register
from hotspots.base.columns import TRIAL, TRIAL_BALANCE, TRIAL_DAYS, TRIAL_EFFECT, TRIAL_SCHEDULE
from hotspots.base.errors import HotspotsError
from hotspots.base.months import Window
from hotspots.base.settings import Settings
from hotspots.intake import import_files
from hotspots.store import ledger
from hotspots.store.publishing import publish, writing
from hotspots.store.workspace import open_workspace
from hotspots.trials import draw, register
from hotspots.trials.analysis import DIFFERENCE, HARM, RATIO, RING
from hotspots.trials.draw import redraw
from hotspots.trials.outcomes import Wanted, covered_days, outcomes, patrol_days
from hotspots.trials.planning import DesignQuestion, design_workspace, freeze_designed, holidays
from hotspots.trials.workspace import trial_workspace
from tests.area_workspace import cell_at
from tests.dose_workspace import make_frozen
from tests.samples import record
from tests.trial_workspace import (
    BEFORE,
    ELSEWHERE,
    FIRST,
    LAST,
    PLACES,
    ROBBERY_DAYS,
    days,
    make_before,
    put_incidents,
    put_trial,
    spots,
)

ASKED = DesignQuestion(first=str(FIRST), last=str(LAST), per_day=(("all", 1),), simulations=0, seed=4)
JANUARY = datetime(2026, 1, 26, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_before(tmp_path_factory.mktemp("before"))


@pytest.fixture(scope="module")
def frozen(before: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with the frozen trial 'spring'."""
    folder = copied(before, tmp_path_factory.mktemp("frozen"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger, "now", lambda: JANUARY)
        freeze_designed(folder, design_workspace(folder, ASKED), "spring", "Ann", "Agreed")
    return folder


def copied(folder: Path, to: Path) -> Path:
    shutil.copytree(folder, to / "workspace")
    return to / "workspace"


def assigned_days(folder: Path) -> dict[tuple[str, date], bool]:
    """Hot spot and patrol day → whether the lot says patrol, by the frozen design."""
    table = register.load(folder, "spring").design.assignment
    rows = table[["area", "patrol_day", "treated"]].itertuples(index=False)
    return {(a, date.fromisoformat(d)): bool(t) for a, d, t in rows}


def put_log(folder: Path, patrolled: list[tuple[str, date]], minutes: int = 30, entry: str = "e") -> None:
    """A log with one patrol at noon in each of these."""
    lines = ["entry,unit,area,start,end"]
    for i, (area, day) in enumerate(patrolled):
        begin = datetime.combine(day, datetime.min.time()) + timedelta(hours=12)
        end = begin + timedelta(minutes=minutes)
        lines.append(f"{entry}{i},U{area},{area},{begin:%Y-%m-%dT%H:%M:%SZ},{end:%Y-%m-%dT%H:%M:%SZ}")
    import_files(folder, [("log.csv", "\n".join([*lines, ""]).encode())], "patrol-log")


def row(told, measure: str, counted_as: str = "assigned") -> pd.Series:
    table = told.table
    return table[(table["counted_as"] == counted_as) & (table["measure"] == measure)].iloc[0]


# ---------------------------------------------------------------- the schedule


def test_the_schedule_keeps_what_was_asked_for(before):
    off = ("2026-02-13", "2026-02-20")
    question = DesignQuestion(
        first=str(FIRST), last=str(LAST), share=0.4, per_day=(("all", 1), ("West", 2)), longest_run=2, days_off=off,
        simulations=0,
    )  # fmt: skip
    told = design_workspace(before, question)
    table = told.schedule
    assert list(table.columns) == [c.name for c in TRIAL_SCHEDULE]
    assert set(table["area"]) == set(PLACES)  # the hot spot for comparison takes no part
    assert len(table) == 6 * 28
    assert set(table.groupby("area")["treated"].sum()) == {10}  # 0.4 of 26 days, rounded down
    assert table.loc[table["day_off"], "patrol_day"].unique().tolist() == list(off)
    assert not table.loc[table["day_off"], "treated"].any()
    a_day = table.groupby(["bcu", "patrol_day"])["treated"].sum().groupby("bcu").max()
    assert a_day["South"] == a_day["East"] == 1
    assert a_day["West"] <= 2
    for _, rows in table.groupby("area"):
        runs = [len(list(g)) for treated, g in itertools.groupby(rows["treated"]) if treated]
        assert max(runs) <= 2
    assert table.loc[table["patrol_day"] == "2026-02-02", "weekday"].unique().tolist() == ["Monday"]
    assert table.loc[table["area"] == "West-01", "name"].unique().tolist() == ["West-01 centre"]
    assert any("2 days off are left out: 2026-02-13, 2026-02-20" in note for note in told.notes)
    assert design_workspace(before, question).design == told.design
    assert told.facts["design_sha256"] == told.design.sha256


def test_the_balance_tells_of_the_time_before(before):
    told = design_workspace(before, ASKED)
    table = told.balance.set_index(["by", "name"])
    assert list(told.balance.columns) == [c.name for c in TRIAL_BALANCE]
    assert table.loc[("all", "all"), ["place_days", "treated_days"]].tolist() == [168, 84]
    # one incident a day from 2 December on: of 1 December and 31 January nobody can say that they are complete
    n_days = len(days(*BEFORE)) - 2
    assert table.loc[("area", "West-01"), "pre_count"] == n_days
    assert table.loc[("area", "West-01"), "pre_harm"] == n_days * ROBBERY_DAYS
    assert "Time before: 2025-12-02 to 2026-01-30." in told.notes


def test_what_a_design_could_find(before):
    told = design_workspace(before, DesignQuestion(first=str(FIRST), last="2026-04-26", simulations=40))
    assert list(told.effect.columns) == [c.name for c in TRIAL_EFFECT]
    assert told.effect[["measure", "compliance"]].to_numpy().tolist() == [
        ["count", 1.0], ["harm", 1.0], ["count", 0.7], ["harm", 0.7]
    ]  # fmt: skip
    assert told.effect.loc[2, "detectable_fall"] > told.effect.loc[0, "detectable_fall"]
    assert told.effect.loc[2, "sentence"].startswith("If only 70% of the days assigned are patrolled, it must be ")
    assert told.no_effect == ""
    # one incident in every cell, so all the chance there is is that of the fall itself
    assert 0 < told.effect.loc[0, "detectable_fall"] < 0.4
    assert told.definition["detectable"] == told.effect["sentence"].tolist()
    assert json.dumps(told.definition)


def test_days_are_suggested(before, monkeypatch):
    monkeypatch.setattr(ledger, "now", lambda: datetime(2026, 1, 28, 12, tzinfo=UTC))  # a Wednesday
    told = design_workspace(before, DesignQuestion(simulations=0))
    assert (told.design.first, told.design.last) == (date(2026, 2, 9), date(2026, 5, 9))


def test_what_cannot_be_designed_is_refused(before, tmp_path):
    for question, says in (
        (DesignQuestion(first="2026-02-02", last="2026-01-02"), "ends on 2026-01-02, before it starts"),
        (DesignQuestion(first="soon"), "The first day is 'soon'"),
        (DesignQuestion(first="2025-11-03"), "No version of hot-spots held on 2025-11-03"),
        (DesignQuestion(register="hot-spots@1", first="2025-11-03"), "holds from 2025-12-01, after the trial begins"),
        (DesignQuestion(register="other"), "There is no register 'other'"),
        (DesignQuestion(bcu="North"), "BCU 'North'"),
        (DesignQuestion(per_day=(("North", 2),)), "BCU 'North'"),
        (DesignQuestion(kind="coin"), "Kind 'coin'"),
        (DesignQuestion(share=0.9, per_day=(("all", 1),)), "too few"),
        (DesignQuestion(days_off=("Easter",)), "A day off is 'Easter'"),
    ):
        with pytest.raises(HotspotsError, match=says):
            design_workspace(before, question)
    with writing(tmp_path) as workspace:
        publish(workspace, workspace.manifest)
    with pytest.raises(HotspotsError, match="No hot spots have been frozen"):
        design_workspace(tmp_path)


def test_hot_spots_that_change_during_the_trial_are_refused(before, tmp_path):
    folder = copied(before, tmp_path)
    later = datetime.now(UTC).date() + timedelta(days=60)
    area_register.freeze(folder, spots(), "hot-spots", later, "A. Analyst", "Second list", {})
    with pytest.raises(HotspotsError, match="and the trial goes on to"):
        design_workspace(folder, DesignQuestion(first=str(later - timedelta(days=10)), simulations=0))
    told = design_workspace(folder, DesignQuestion(first=str(later), simulations=0))
    assert told.register == "hot-spots@2"


def test_month_only_crime_gives_no_days_and_says_so(tmp_path):
    folder = make_frozen(tmp_path)  # data.police.uk; treated: South-01 with 5 crimes, West-01 with 3
    told = design_workspace(folder, DesignQuestion(first="2024-04-01"))
    assert told.effect.empty
    assert told.no_effect.startswith("data.police.uk gives the month of a crime and no day.")
    table = told.balance.set_index(["by", "name"])["pre_count"]
    assert table[("area", "South-01")] == 5
    assert table[("area", "West-01")] == 3
    workspace = open_workspace(folder)
    frozen = area_register.load(folder, "hot-spots")
    with pytest.raises(HotspotsError, match="no day"):
        outcomes(workspace, frozen, ["South-01"], Window(FIRST, LAST), Wanted())


def test_holidays_come_from_the_context_lines():
    lines = pd.DataFrame(
        [
            ("holiday", "Christmas", "2026-12-25", "2026-12-26", "all"),
            ("holiday", "Gala", "2026-07-01", "", "West"),
            ("operation", "Sceptre", "2026-11-16", "2026-11-22", "all"),
        ],
        columns=["kind", "name", "first_day", "last_day", "where"],
    )
    assert holidays(lines) == ("2026-12-25", "2026-12-26")
    assert holidays(lines, "West") == ("2026-07-01", "2026-12-25", "2026-12-26")
    assert holidays(lines.iloc[2:]) == ()


# ---------------------------------------------------------------- the result


def test_a_planted_fall_is_found_as_it_was_planted(frozen, tmp_path):
    """One robbery on a patrolled day, two on the others: half as many, whatever the lot was."""
    folder = copied(frozen, tmp_path)
    drawn = assigned_days(folder)
    put_trial(folder, {k: 1 if treated else 2 for k, treated in drawn.items()})
    put_log(folder, [k for k, treated in drawn.items() if treated])
    told = trial_workspace(folder, "spring", draws=99)
    assert list(told.table.columns) == [c.name for c in TRIAL]
    ratio, harm = row(told, RATIO), row(told, HARM)
    assert ratio[["treated_days", "untreated_days", "treated_total", "untreated_total"]].tolist() == [84, 84, 84, 168]
    assert ratio["estimate"] == pytest.approx(0.5)
    assert ratio["p"] == pytest.approx(0.01)  # of 99 other lots none is as extreme
    assert ratio["verdict"] == told.verdict == "fell"
    assert row(told, DIFFERENCE)["estimate"] == pytest.approx(-1)
    assert harm["estimate"] == pytest.approx(-ROBBERY_DAYS)
    assert harm["largest_share"] == pytest.approx(1 / 252, abs=5e-5)
    assert told.answer.startswith("Events fell on patrolled days: 50% fewer than on other days (between ")
    assert told.no_delivered == ""
    assert row(told, RATIO, "delivered")["estimate"] == pytest.approx(0.5)
    assert any("84 of 84 hot spot days assigned to patrol had 10 or more" in note for note in told.notes)
    assert any("0 of 84 hot spot days of the others" in note for note in told.notes)
    assert told.warnings == ()
    assert told.facts["design_sha256"] == register.load(folder, "spring").design.sha256
    assert told.facts["weights_sha256"]
    assert told.facts["days_covered"] == "2026-02-02 to 2026-03-01"


def next_door(area: str) -> tuple[float, float]:
    """The centre of a cell beside its cell."""
    lat, lon = h3.cell_to_latlng(sorted(h3.grid_ring(cell_at(PLACES[area]), 1))[0])
    return round(lon, 6), round(lat, 6)


def test_what_moves_next_door_on_patrolled_days_is_seen_there(frozen, tmp_path):
    """In the hot spot one robbery when patrolled and two else; next door of South-01 the other way round."""
    folder = copied(frozen, tmp_path)
    drawn = assigned_days(folder)
    put_trial(folder, {k: 1 if treated else 2 for k, treated in drawn.items()})
    moved = [
        record(f"n-{day}-{i}", f"{day + timedelta(days=1):%d/%m/%Y} 02:00", place=next_door("South-01"))
        for (area, day), treated in drawn.items() if area == "South-01" for i in range(2 if treated else 1)
    ]  # fmt: skip
    put_incidents(folder, moved, "moved")
    told = trial_workspace(folder, "spring", draws=99)
    ring = row(told, RING)
    assert ring[["treated_total", "untreated_total"]].tolist() == [28, 14]
    assert ring["estimate"] == pytest.approx(2)
    assert row(told, RATIO)["estimate"] == pytest.approx(0.5)  # those next door are in no hot spot
    days_ = told.days.set_index(["area", "patrol_day"])
    assert days_.loc["South-01", "ring_count"].sum() == 42
    assert days_.loc["West-01", "ring_count"].sum() == 0


@pytest.mark.parametrize(("kept_to", "others", "contrast"), [(1.0, 1.0, False), (0.7, 0.0, True), (0.25, 0.1, False)])
def test_without_contrast_between_the_days_nothing_is_said_of_patrols(frozen, tmp_path, kept_to, others, contrast):
    """Half as many on the days assigned, but patrols came on so many of them and of the others (84 each)."""
    folder = copied(frozen, tmp_path)
    drawn = assigned_days(folder)
    put_trial(folder, {k: 1 if treated else 2 for k, treated in drawn.items()})
    both = [[k for k, treated in drawn.items() if treated is t] for t in (True, False)]
    kept = [k for part, share in zip(both, (kept_to, others), strict=True) for k in part[: int(84 * share)]]
    put_log(folder, kept)
    put_log(folder, [k for k in drawn if k not in kept] or kept, minutes=2, entry="short")
    told = trial_workspace(folder, "spring", draws=99)
    assert told.answer.startswith("No contrast between the days") is not contrast
    assert told.verdict == ("fell" if contrast else "can't tell")
    if not contrast:
        said = (
            f"{int(84 * kept_to) / 84:.0%} of the hot spot days assigned to patrol had 10 or more patrol-minutes, and"
        )
        assert f"{said} {int(84 * others) / 84:.0%} of the others" in told.answer
        assert set(told.table["verdict"]) <= {"can't tell", ""}
        assert row(told, RATIO)["estimate"] == pytest.approx(0.5)  # the figure stays


def test_nothing_planted_is_not_found(frozen, tmp_path):
    folder = copied(frozen, tmp_path)
    rng = np.random.default_rng(20260202)
    put_trial(folder, {k: int(n) for k, n in zip(assigned_days(folder), rng.poisson(1.5, 168), strict=True)})
    told = trial_workspace(folder, "spring", draws=199)
    ratio = row(told, RATIO)
    assert told.verdict == "can't tell"
    assert ratio["ci_low"] < 1 < ratio["ci_high"]
    assert ratio["p"] > 0.05
    assert "no positions and no patrol log" in told.no_delivered
    assert set(told.table["counted_as"]) == {"assigned"}
    assert "fell" not in told.answer
    assert told.days["minutes"].isna().all()


def test_days_that_the_data_do_not_cover_are_missing_and_not_zero(frozen, tmp_path):
    """The last incident of the force is of 15 February, noon: its patrol day may go on, those after it are unknown."""
    folder = copied(frozen, tmp_path)
    put_trial(folder, {k: 1 if treated else 2 for k, treated in assigned_days(folder).items()}, last=date(2026, 2, 15))
    told = trial_workspace(folder, "spring", draws=99)
    table = told.days.set_index("patrol_day").sort_index()
    assert list(told.days.columns) == [c.name for c in TRIAL_DAYS]
    assert table.loc["2026-02-14", "count"].notna().all()
    assert table.loc["2026-02-15":, ["count", "harm"]].isna().all(axis=None)
    ratio = row(told, RATIO)
    assert ratio["treated_days"] + ratio["untreated_days"] == 6 * 13
    assert ratio["estimate"] == pytest.approx(0.5)  # zeros would have made it something else
    assert any("90 hot spot days without data: left out" in note for note in told.notes)
    assert any("cover its days up to 2026-02-14 only" in w for w in told.warnings)


def test_a_trial_without_data_is_refused_in_words(frozen):
    with pytest.raises(HotspotsError, match=r"from 2025-12-02 to 2026-01-30: nothing to compare yet"):
        trial_workspace(frozen, "spring")
    with pytest.raises(HotspotsError, match="5 redraws cannot give"):
        trial_workspace(frozen, "spring", draws=5)


def test_another_analysis_than_was_settled_says_so(frozen, tmp_path):
    folder = copied(frozen, tmp_path)
    put_trial(folder, dict.fromkeys(assigned_days(folder), 1))
    told = trial_workspace(folder, "spring", washout_days=1, offences="all", draws=99)
    assert len(told.warnings) == 1
    assert "offences: all in place of serious-violence; wash-out days: 1 in place of 0" in told.warnings[0]
    # as the lot had it: days without patrol on the day after a patrolled one
    drawn = assigned_days(folder)
    after = sum(not t and drawn.get((a, d - timedelta(days=1)), False) for (a, d), t in drawn.items())
    ratio = row(told, RATIO)
    assert ratio["untreated_days"] == 84 - after
    assert ratio["estimate"] == pytest.approx(1)


def test_patrols_outside_the_trial_are_no_delivery(frozen, tmp_path):
    folder = copied(frozen, tmp_path)
    put_trial(folder, dict.fromkeys(assigned_days(folder), 1))
    put_log(folder, [("South-01", date(2026, 1, 5))])
    told = trial_workspace(folder, "spring", draws=99)
    assert "held from 2026-01-05 to 2026-01-05, outside the trial" in told.no_delivered


def test_a_day_without_positions_or_log_is_no_day_without_patrol(frozen, tmp_path):
    """Only South logged, only on the first day: its two hot spots are known then, nobody else and never again."""
    folder = copied(frozen, tmp_path)
    put_trial(folder, dict.fromkeys(assigned_days(folder), 1))
    put_log(folder, [("South-01", FIRST)])
    told = trial_workspace(folder, "spring", draws=99)
    known = told.days[told.days["minutes"].notna()].set_index(["area", "patrol_day"])["minutes"]
    assert known.to_dict() == {("South-01", str(FIRST)): 30.0, ("South-02", str(FIRST)): 0.0}


def test_redraws_are_kept_and_never_trusted_blindly(frozen, tmp_path):
    folder = copied(frozen, tmp_path)
    design = register.load(folder, "spring").design
    plain = redraw(design, 30, 3)
    for _ in range(2):
        np.testing.assert_array_equal(draw.redraws(folder, design, 30, 3), plain)
    (file,) = (folder / "cache" / "redraws").glob("*.npy")
    file.write_bytes(file.read_bytes()[:-9])
    np.testing.assert_array_equal(draw.redraws(folder, design, 30, 3), plain)
    draw.redraws(folder, design, 30, 4)
    draw.redraws(folder, design, 31, 3)
    assert len(list((folder / "cache" / "redraws").glob("*.npy"))) == 3
    (folder / "other").write_text("a file where a folder is wanted")
    np.testing.assert_array_equal(draw.redraws(folder / "other", design, 30, 3), plain)


# ---------------------------------------------------------------- patrol days


def test_a_patrol_day_begins_at_six_by_the_wall_clock():
    clock = pd.Series(pd.to_datetime(["2026-02-02 06:00:00", "2026-02-03 05:59:59", "2026-02-03 06:00:00"]))
    monday = (date(2026, 2, 2) - date(1970, 1, 1)).days
    assert patrol_days(clock, Settings()).tolist() == [monday, monday, monday + 1]


def test_a_span_over_two_patrol_days_counts_on_its_first_and_is_told(frozen, tmp_path):
    folder = copied(frozen, tmp_path)
    place = (PLACES["West-01"][0], PLACES["West-01"][1])
    spans = [
        record("s1", "05/02/2026 05:00", place=place, end="05/02/2026 07:00"),
        record("s2", "05/02/2026 07:00", place=place, end="06/02/2026 05:59"),
        record("last", "10/03/2026 12:00", place=ELSEWHERE),
    ]
    put_incidents(folder, spans, "spans")
    workspace = open_workspace(folder)
    frozen_areas = area_register.load(folder, "hot-spots")
    found = outcomes(workspace, frozen_areas, list(PLACES), Window(FIRST, LAST), Wanted())
    west = found.daily[found.daily["area"] == "West-01"].set_index("patrol_day")["count"]
    assert west[west > 0].to_dict() == {"2026-02-04": 1, "2026-02-05": 1}
    assert (found.incidents, found.between) == (2, 1)
    assert found.daily["harm"].sum() == 2 * ROBBERY_DAYS


def test_a_month_that_was_never_imported_is_not_covered(frozen, tmp_path):
    folder = copied(frozen, tmp_path)
    put_incidents(folder, [record("april", "10/04/2026 12:00", place=ELSEWHERE)], "april")
    held = covered_days(open_workspace(folder), "incidents", Window(date(2026, 1, 25), date(2026, 4, 20)))
    as_dates = [str(date(1970, 1, 1) + timedelta(days=n)) for n in sorted(held)]
    # the incident of the night to 1 February makes February a month that is held; of March nothing is
    assert as_dates[0] == "2026-01-25"
    assert not any(d.startswith("2026-03") for d in as_dates)
    assert "2026-02-28" not in as_dates  # its last hours are of March
    assert [d for d in as_dates if d > "2026-03"] == [f"2026-04-{d:02d}" for d in range(1, 10)]
