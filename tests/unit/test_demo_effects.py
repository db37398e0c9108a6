"""The change planted in the demo: who is thinned, who moves where, and that nothing else happens."""

from __future__ import annotations

from datetime import date

import h3.api.basic_int as h3
import numpy as np
import pandas as pd
import pytest
from convertbng.cutil import convert_bng, convert_osgb36_to_ll
from scipy import stats

from hotspots import geography
from hotspots.base.errors import HotspotsError
from hotspots.demo.effects import expected_in_areas, in_words, with_effects
from hotspots.demo.incidents import expected_rows, synthetic_incidents
from hotspots.demo.records import EXPORT_COLUMNS
from hotspots.demo.workspace import demo_areas

SEED = 7
START = date(2025, 11, 1)
AREAS = demo_areas()
ROLE = {int(c, 16): r for r, cells in zip(AREAS["role"], AREAS["cells"], strict=True) for c in cells}
AREA = {int(c, 16): a for a, cells in zip(AREAS["area"], AREAS["cells"], strict=True) for c in cells}


@pytest.fixture(scope="module")
def made() -> tuple[pd.DataFrame, dict]:
    return synthetic_incidents(SEED)


@pytest.fixture(scope="module")
def export(made) -> pd.DataFrame:
    return made[0]


@pytest.fixture(scope="module")
def changed(export) -> tuple[pd.DataFrame, dict]:
    return with_effects(export, AREAS, START, seed=SEED)


def cells(table: pd.DataFrame) -> np.ndarray:
    """By convertbng and h3 themselves; 0 without coordinates."""
    found = np.zeros(len(table), dtype=np.int64)
    known = (table["EASTING"] != "").to_numpy()
    east, north = (table.loc[known, c].astype(float).to_numpy() for c in ("EASTING", "NORTHING"))
    found[known] = [h3.latlng_to_cell(a, o, 10) for o, a in zip(*convert_osgb36_to_ll(east, north), strict=True)]
    return found


def days(table: pd.DataFrame) -> pd.Series:
    text = table["COMMITTED_FROM"]
    return text.str[6:10] + "-" + text.str[3:5] + "-" + text.str[:2]


def at_risk(table: pd.DataFrame) -> pd.Series:
    """area of each record in a treated hot spot from the start on, by record."""
    where = pd.Series(cells(table), index=table.index)
    mine = table[(where.map(ROLE) == "treated") & (days(table) >= START.isoformat())]
    return pd.Series(where[mine.index].map(AREA).to_numpy(), index=mine["CRIME_REF"]).groupby(level=0).first()


def within(n: int, of: int, share: float) -> bool:
    low, high = stats.binom.interval(0.9999, of, share)
    return low <= n <= high


# ---------------------------------------------------------------- by hand


def record(ref: str, cell: int | None, day: str, title: str = "Robbery") -> dict[str, str]:
    row = dict.fromkeys(EXPORT_COLUMNS, "") | {"CRIME_REF": ref, "COMMITTED_FROM": day, "OFFENCE_TITLE": title}
    if cell is not None:
        lat, lon = h3.cell_to_latlng(cell)
        east, north = convert_bng(np.array([lon]), np.array([lat]))
        row |= {"EASTING": str(round(float(east[0]))), "NORTHING": str(round(float(north[0])))}
    return row


def test_six_records_by_hand():
    """With a fall of 100% exactly what lies in a treated hot spot from the day on is gone."""
    spot, other = (int(AREAS.loc[AREAS["role"] == role, "cells"].iloc[0][0], 16) for role in ("treated", "comparison"))
    next_door = next(c for c in sorted(h3.grid_ring(spot, 1)) if c not in ROLE)
    table = pd.DataFrame(
        [
            record("last minute", spot, "31/10/2025 23:59"),
            record("first minute", spot, "01/11/2025 00:00"),
            record("first minute", spot, "01/11/2025 00:00", "Possession of a knife"),
            record("a year later", spot, "15/10/2026 12:00"),
            record("comparison", other, "15/10/2026 12:00"),
            record("next door", next_door, "15/10/2026 12:00"),
            record("nowhere", None, "15/10/2026 12:00"),
        ],
        dtype="str",
    )
    left, truth = with_effects(table, AREAS, START, 1.0, {}, SEED)
    assert left["CRIME_REF"].tolist() == ["last minute", "comparison", "next door", "nowhere"]
    pd.testing.assert_frame_equal(left, table.loc[left.index])
    assert (truth["at_risk"], truth["dropped"], truth["moved"]) == (2, 2, 0)
    moved, truth = with_effects(table, AREAS, START, 1.0, {"West": 1.0}, SEED)
    assert moved["CRIME_REF"].tolist() == table["CRIME_REF"].tolist()
    assert (truth["dropped"], truth["moved"]) == (0, 2)
    pd.testing.assert_frame_equal(
        moved.drop(columns=["EASTING", "NORTHING"]), table.drop(columns=["EASTING", "NORTHING"])
    )
    ring = {c for a in AREAS.loc[AREAS["area"] == "West-01", "cells"].iloc[0] for c in h3.grid_ring(int(a, 16), 1)}
    assert set(cells(moved)[[1, 2, 3]].tolist()) <= ring - set(ROLE)
    assert cells(moved)[1] == cells(moved)[2]  # one record, one place


@pytest.mark.parametrize(
    ("fall", "displaced", "words"),
    [
        (-0.1, {}, "planted fall is -0.1"),
        (1.2, {}, "planted fall is 1.2"),
        (float("nan"), {}, "planted fall is nan"),
        (0.25, {"East": 1.5}, "displaced in East is 1.5"),
        (0.25, {"North": 0.5}, "no hot spot in North"),
    ],
)
def test_what_cannot_be_planted_is_refused(fall, displaced, words):
    with pytest.raises(HotspotsError, match=words):
        with_effects(pd.DataFrame(columns=list(EXPORT_COLUMNS), dtype="str"), AREAS, START, fall, displaced, SEED)


# ---------------------------------------------------------------- on the whole export


def test_no_fall_is_no_change(export):
    same, truth = with_effects(export, AREAS, START, 0.0, seed=SEED)
    pd.testing.assert_frame_equal(same, export)
    assert (truth["dropped"], truth["moved"], truth["at_risk"]) == (0, 0, len(at_risk(export)))
    assert "no change is planted" in in_words(truth)


def test_a_quarter_is_prevented_in_every_hot_spot_and_half_of_it_moves_in_east(export, changed):
    left, truth = changed
    risk = at_risk(export)
    inside = at_risk(left)
    assert truth["at_risk"] == len(risk) > 1500
    assert within(len(risk) - len(inside), len(risk), 0.25)
    for area, n in risk.value_counts().items():
        assert within(int(n - (inside == area).sum()), int(n), 0.25), area
    gone = risk.index.difference(left["CRIME_REF"])
    moved = risk.index.intersection(left["CRIME_REF"]).difference(inside.index)
    assert (truth["dropped"], truth["moved"]) == (len(gone), len(moved))
    assert set(risk[moved].str[:4]) == {"East"}
    prevented = len(moved) + int(risk[gone].str.startswith("East").sum())
    assert within(len(moved), prevented, 0.5)
    told = {row["area"]: (row["stays"], row["dropped"], row["moved"]) for row in truth["by_area"]}
    assert told == {
        a: (int((inside == a).sum()), int((risk[gone] == a).sum()), int((risk[moved] == a).sum())) for a in set(risk)
    }


def test_records_stay_whole_and_only_the_place_of_the_moved_changes(export, changed):
    left, _ = changed
    rows = export["CRIME_REF"].value_counts()
    assert left["CRIME_REF"].value_counts().to_dict() == rows[left["CRIME_REF"].unique()].to_dict()
    assert (rows[rows > 1].index.isin(left["CRIME_REF"])).any()
    before = export.loc[left.index]
    place = ["EASTING", "NORTHING"]
    pd.testing.assert_frame_equal(left.drop(columns=place), before.drop(columns=place))
    other = (left[place] != before[place]).any(axis=1)
    assert set(left.loc[other, "CRIME_REF"]) <= set(at_risk(export).index)
    assert ((before["EASTING"] == "") == (left["EASTING"] == "")).all()


def test_nothing_else_changes(export, changed):
    """Before the day, in comparison hot spots, anywhere else and without coordinates: every row is there as it was."""
    left, _ = changed
    spared = ~export["CRIME_REF"].isin(at_risk(export).index)
    pd.testing.assert_frame_equal(left[left.index.isin(export.index[spared])], export[spared])
    assert (pd.Series(cells(export)[spared.to_numpy()]).map(ROLE) == "comparison").sum() > 500


def test_the_moved_land_next_door_in_their_own_bcu(export, changed):
    left, _ = changed
    place = ["EASTING", "NORTHING"]
    moved = left[(left[place] != export.loc[left.index, place]).any(axis=1)]
    risk, boundaries = at_risk(export), geography.load_cover()
    lon, lat = convert_osgb36_to_ll(*(moved[c].astype(float).to_numpy() for c in place))
    bcus = [boundaries.bcus[d] for d in boundaries.district_of(np.array(lon), np.array(lat))]
    assert set(bcus) == {"East"}
    home = AREAS.set_index("area")["cells"]
    for ref, cell in zip(moved["CRIME_REF"], cells(moved), strict=True):
        assert cell not in ROLE
        assert min(h3.grid_distance(int(c, 16), int(cell)) for c in home[risk[ref]]) == 1
    assert len(set(zip(moved["EASTING"], moved["NORTHING"], strict=True))) > 20


def test_the_same_seed_gives_the_same_and_another_another(export, changed):
    again, truth = with_effects(export, AREAS, START, seed=SEED)
    pd.testing.assert_frame_equal(again, changed[0])
    assert truth == changed[1]
    other, _ = with_effects(export, AREAS, START, seed=SEED + 1)
    assert set(other["CRIME_REF"]) != set(again["CRIME_REF"])


def test_neither_order_nor_company_decides_who_goes(export, changed):
    shuffled = export.sample(frac=1, random_state=3)
    left, _ = with_effects(shuffled, AREAS, START, seed=SEED)
    pd.testing.assert_frame_equal(left.sort_index(), changed[0])
    some = export[export["CRIME_REF"].str.endswith(("1", "4"))]
    left, _ = with_effects(some, AREAS, START, seed=SEED)
    pd.testing.assert_frame_equal(left, changed[0].loc[changed[0].index.isin(some.index)])


def test_what_a_small_fall_prevents_a_larger_one_prevents_too(export, changed):
    smaller, _ = with_effects(export, AREAS, START, 0.1, {}, SEED)
    larger, _ = with_effects(export, AREAS, START, 0.4, {}, SEED)
    assert set(larger["CRIME_REF"]) < set(smaller["CRIME_REF"]) < set(export["CRIME_REF"])


def test_expected_counts_are_those_of_the_streams(made, changed):
    """Of two hot spots from the table of means, and of all against what was drawn and thinned."""
    _, truth = made
    left, effects = changed
    told = pd.DataFrame(expected_in_areas(truth, AREAS, effects, date(2026, 10, 31))).set_index("area")
    assert len(told) == 20
    means = {
        when: expected_rows(SEED, *window).groupby("cell")["expected"].sum()
        for when, window in {
            "before": (date(2024, 11, 1), date(2025, 10, 31)), "after": (START, date(2026, 10, 31)),
        }.items()
    }  # fmt: skip
    for area, kept in (("East-01", 0.75), ("East-04", 1.0)):
        inside = list(AREAS.set_index("area")["cells"][area])
        ring = {f"{c:x}" for s in inside for c in h3.grid_ring(int(s, 16), 1)} - {f"{c:x}" for c in ROLE}
        row = told.loc[area]
        assert row["rows_before"] == pytest.approx(means["before"][inside].sum(), abs=0.02)
        assert row["rows_after"] == pytest.approx(kept * means["after"][inside].sum(), abs=0.02)
        came = (1 - kept) / 2 * means["after"][inside].sum()
        assert row["ring_rows_after"] == pytest.approx(means["after"].reindex(ring).sum() + came, abs=0.02)
    drawn = left.assign(area=pd.Series(cells(left), index=left.index).map(AREA), post=days(left) >= START.isoformat())
    n = drawn.groupby(["area", "post"]).size().unstack()
    for post, column in ((False, "rows_before"), (True, "rows_after")):
        z = (n[post] - told[column]) / np.sqrt(told[column])
        assert z.abs().max() < 4.5
        assert abs(z.mean()) < 3.5 / np.sqrt(20)


def test_the_words_say_what_was_planted(changed):
    _, truth = changed
    words = in_words(truth)
    assert words.startswith("Synthetic: from 1 November 2025 on")
    assert f"{truth['dropped']:,} records left out; {truth['moved']:,} moved next door, 50% of those in East" in words
    assert "14 treated" in words
    assert "the 6 comparison" in words
