"""Trial designs: published sizes, what is refused and by how much, the balance table, and frozen files."""

from __future__ import annotations

import hashlib
import json
from dataclasses import FrozenInstanceError
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from hotspots.base.errors import HotspotsError
from hotspots.trials import draw
from hotspots.trials.draw import design, redraw
from hotspots.trials.layout import balance_table, from_json, to_json
from tests.conftest import REPOSITORY

MONDAY = date(2026, 1, 5)


def places(n: int, bcus: tuple[str, ...] = ("South",)) -> pd.DataFrame:
    return pd.DataFrame({"area": [f"A{i:02d}" for i in range(n)], "bcu": [bcus[i % len(bcus)] for i in range(n)]})


def until(days: int) -> date:
    return MONDAY + timedelta(days=days - 1)


@pytest.mark.parametrize(
    ("n", "share", "a_day", "patrolled", "others"),
    [(20, 0.4, 8, 720, 1080), (21, 1 / 3, 7, 630, 1260)],
    ids=["Southend", "Bedfordshire"],
)
def test_the_published_trials_can_be_drawn(n, share, a_day, patrolled, others):
    trial = design(places(n), MONDAY, until(90), 1, share=share, per_day={"South": a_day})
    assert trial.treated.sum() == patrolled
    assert (~trial.treated).sum() == others
    assert set(trial.treated.sum(axis=0)) == {a_day}
    assert set(trial.treated.sum(axis=1)) == {patrolled // n}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("n", [2, 4, 5, 6, 9])
def test_every_day_has_as_many_hot_spots_give_or_take_one_and_weeks_are_staggered(n, seed):
    """Half of the days: n/2 hot spots a day; 3 or 4 days of a week, and in no week all have 4."""
    trial = design(places(n), MONDAY, until(56), seed)
    a_day = trial.treated.sum(axis=0)
    assert set(a_day) <= {n // 2, -(-n // 2)}
    assert set(trial.treated.sum(axis=1)) == {28}
    weeks = trial.treated.reshape(n, 8, 7).sum(axis=2)
    assert set(weeks.ravel()) <= {3, 4}
    assert len({tuple(row) for row in weeks.tolist()}) > 1
    if n % 2 == 0:
        assert weeks.sum(axis=0).tolist() == [7 * n // 2] * 8  # so in no week all have four


def test_which_week_has_more_days_is_drawn_too():
    """Over 100 seeds each hot spot has 3½ days of each week on average: four standard errors of ½/√100."""
    drawn = np.array([design(places(4), MONDAY, until(56), s).treated.reshape(4, 8, 7).sum(axis=2) for s in range(100)])
    assert set(np.unique(drawn)) == {3, 4}
    assert drawn.mean(axis=0) == pytest.approx(np.full((4, 8), 3.5), abs=0.2)
    again = redraw(design(places(4), MONDAY, until(56), 1), 50, 8).reshape(50, 4, 8, 7).sum(axis=3)
    assert len(np.unique(again.reshape(50, -1), axis=0)) > 1


FIXTURES = REPOSITORY / "tests" / "fixtures" / "trials"
FROZEN = {  # written by the version before designs were staggered: hash of the design, and of 20 redraws of it
    "crossover_1": ("c039eb104e4676bf", "55a70947c2e6fcde"),
    "crossover_1_uneven": ("d00fedbf69dcf070", "55d83040bc549be2"),
    "cluster_1": ("df65e93f74a38ada", "ad7d3f245bdb7a5d"),
}


@pytest.mark.parametrize("name", FROZEN)
def test_a_design_frozen_by_older_rules_is_read_redrawn_and_drawn_again_as_it_was(name):
    frozen = from_json((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    assert frozen.format == 1
    assert frozen.sha256.startswith(FROZEN[name][0])
    packed = np.packbits(redraw(frozen, 20, 3)).tobytes()
    assert hashlib.sha256(packed).hexdigest().startswith(FROZEN[name][1])
    again = design(
        frozen.areas, frozen.first, frozen.last, frozen.seed, frozen.kind, frozen.share, dict(frozen.per_day) or None,
        frozen.longest_run, block_days=frozen.block_days, format=1,
    )  # fmt: skip
    assert again == frozen


def test_redraws_patrol_each_hot_spot_and_weekday_equally_often():
    trial = design(places(9, ("East", "South", "West")), MONDAY, until(84), 2)
    drawn = redraw(trial, 600, 3)
    assert (drawn.sum(axis=2) == 42).all()
    by_weekday = drawn.reshape(600, 9, 12, 7).mean(axis=(0, 2))
    # 9 × 7 means of 7,200 place-days each, of which about one in fifty is the same in all draws
    assert by_weekday == pytest.approx(np.full((9, 7), 0.5), abs=0.09)
    assert by_weekday.mean(axis=0) == pytest.approx(np.full(7, 0.5), abs=0.02)
    assert len(np.unique(drawn.reshape(600, -1), axis=0)) == 600


def test_the_chain_draws_every_schedule_equally_often(monkeypatch):
    """Two hot spots, seven days, three patrols each, at most one a day, none two days running: counted out."""
    trial = design(places(2), MONDAY, until(7), 1, share=3 / 7, per_day={"South": 1}, longest_run=1)
    rows = [r for r in range(128) if bin(r).count("1") == 3 and not r & (r >> 1)]
    possible = {(a, b) for a in rows for b in rows if not a & b}
    monkeypatch.setattr(draw, "REDRAW_SWEEPS", 60)
    drawn = redraw(trial, 6000, 2)
    codes = drawn @ (2 ** np.arange(7))
    seen, n = np.unique(codes, axis=0, return_counts=True)
    assert {tuple(map(int, c)) for c in seen} == possible
    expected = 6000 / len(possible)
    assert ((n - expected) ** 2 / expected).sum() < len(possible) + 5 * np.sqrt(2 * len(possible))


def test_days_off_are_nobodys_and_the_seed_is_the_design():
    off = [MONDAY + timedelta(days=3), MONDAY + timedelta(days=4)]
    trial = design(places(6), MONDAY, until(28), 5, days_off=off)
    assert not trial.treated[:, [3, 4]].any()
    assert trial == design(places(6), MONDAY, until(28), 5, days_off=off)
    assert trial.sha256 != design(places(6), MONDAY, until(28), 6, days_off=off).sha256


def test_too_little_capacity_is_told_with_the_shortfall():
    with pytest.raises(
        HotspotsError, match=r"20 hot spots × 45 days are 900 .* 8 a day on 90 days are 720: 180 too few"
    ):
        design(places(20), MONDAY, until(90), 1, per_day={"South": 8})


def test_runs_that_cannot_be_kept_are_told_with_the_excess():
    # 28 days in a row with at most one patrolled day running hold 14
    with pytest.raises(HotspotsError, match=r"on 21 of 28 days, but with at most 1 in a row only 14 fit: 7 too many"):
        design(places(4), MONDAY, until(28), 1, share=0.75, longest_run=1)


def test_all_wrong_arguments_are_told_at_once():
    with pytest.raises(HotspotsError) as refused:
        design(places(3), MONDAY, MONDAY - timedelta(days=1), 1, kind="diary", share=1.5, longest_run=0, block_days=9)
    assert len(refused.value.problems) == 5
    with pytest.raises(HotspotsError, match="no column 'bcu'"):
        design(places(3).drop(columns="bcu"), MONDAY, until(28), 1)
    with pytest.raises(HotspotsError, match="more than once: 'A00'"):
        design(pd.concat([places(2), places(1)]), MONDAY, until(28), 1)
    with pytest.raises(HotspotsError, match="was given for BCU 'West'"):
        design(places(4, ("South", "West")), MONDAY, until(28), 1, per_day={"South": 2})
    with pytest.raises(HotspotsError, match="days off"):
        design(places(2), MONDAY, MONDAY, 1, days_off=[MONDAY])


def test_the_balance_table_adds_up():
    trial = design(places(6, ("East", "West")).assign(pre_count=range(6)), MONDAY, until(28), 3)
    table = balance_table(trial).set_index(["by", "name"])
    assert table.loc[("all", "all"), "place_days"] == 6 * 28
    assert table.loc[("all", "all"), "treated_days"] == 6 * 14
    for by in ("bcu", "area", "weekday", "block"):
        assert table.loc[by, "treated_days"].sum() == 6 * 14, by
    assert table.loc["block"].index.tolist() == ["2026-01-05", "2026-01-12", "2026-01-19", "2026-01-26"]
    assert table.loc[("bcu", "West"), "pre_count"] == 1 + 3 + 5


def test_clusters_are_balanced_on_the_time_before():
    """One in ten random halves at most lies as close together as each that is drawn."""
    rng = np.random.default_rng(1)
    before = places(20).assign(pre_count=rng.gamma(1, 50, 20))
    trial = design(before, MONDAY, until(14), 1, kind="cluster")
    counts = before["pre_count"].to_numpy()
    halves = [rng.permutation(20)[:10] for _ in range(4000)]
    usual = np.array([abs(counts[h].mean() - np.delete(counts, h).mean()) for h in halves])
    for drawn in [trial.treated, *redraw(trial, 50, 2)]:
        chosen = drawn.any(axis=1)
        assert chosen.sum() == 10
        assert abs(counts[chosen].mean() - counts[~chosen].mean()) <= np.quantile(usual, 0.13)
    means = balance_table(trial).set_index(["by", "name"]).loc["group", "pre_count"]
    assert means["patrolled"] == pytest.approx(counts[trial.treated.any(axis=1)].mean())


def test_clusters_above_the_capacity_are_refused():
    with pytest.raises(HotspotsError, match=r"up to 5 of 10 hot spots .* only 3 can be: 2 too few"):
        design(places(10), MONDAY, until(14), 1, kind="cluster", per_day={"South": 3})


def test_a_design_survives_its_file_and_nobody_edits_it():
    asked = places(5, ("East", "West")).assign(pre_harm=1.5)
    trial = design(asked, MONDAY, until(21), 7, per_day={"East": 2, "West": 1}, days_off=[MONDAY], share=0.4)
    again = from_json(to_json(trial))
    assert again == trial
    pd.testing.assert_frame_equal(again.assignment, trial.assignment)
    np.testing.assert_array_equal(redraw(again, 2, 1), redraw(trial, 2, 1))
    with pytest.raises(ValueError, match="read-only"):
        trial.treated[0, 0] = True
    with pytest.raises(FrozenInstanceError):
        trial.seed = 8  # type: ignore[misc]
    for field, value in {"seed": 8, "longest_run": 9, "share": 0.41, "sha256": "0" * 64}.items():
        changed = {**json.loads(to_json(trial)), field: value}
        with pytest.raises(HotspotsError, match="changed after it was frozen"):
            from_json(json.dumps(changed))
    for nonsense in ("", "[]", "{}", "not a design"):
        with pytest.raises(HotspotsError, match="not a trial design"):
            from_json(nonsense)
