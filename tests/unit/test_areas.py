"""Cells joined into areas: hand-made grids, the exact optimum of small ones, names, edits and rules."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import shapely
import xlsxwriter
from h3.api import basic_int as h3

from hotspots import geography
from hotspots.areas.editing import add_cells, drop_area, drop_cells, new_area, with_role
from hotspots.areas.rules import checked_exclusion, n_pieces, outline, refusals, warnings_of
from hotspots.areas.table import AREA_COLUMNS, cell_ids, measured, name_of_place, with_quiet_cells
from hotspots.base.errors import HotspotsError
from hotspots.exports import as_text, to_geojson
from hotspots.exports.areas import read_areas
from tests.area_samples import CENTRE, SIZE, best_sum, candidates, disk, every_area, facts, no_areas

THREE = 3 * SIZE
ROW = h3.grid_path_cells(CENTRE, h3.latlng_to_cell(53.7590, -2.6800, 10))[:7]  # seven cells in a row
DAY = date(2026, 4, 1)


def row(harm: list[float], **more: object) -> pd.DataFrame:
    return facts(ROW[: len(harm)], harm, **more)


def members(areas: pd.DataFrame, i: int = 0) -> set[int]:
    return set(cell_ids(areas["cells"].iloc[i]).tolist())


def best(harm: list[float], n: int = 1, max_area_m2: float = THREE, **more: float) -> list[set[int]]:
    settings = {"min_share": 0.0, "min_density": 0.0, **more}
    found = candidates(row(harm), max_area_m2, per_bcu=n, **settings)
    return [{ROW.index(c) for c in members(found, i)} for i in range(len(found))]


def test_the_row_is_a_row() -> None:
    assert all(h3.are_neighbor_cells(a, b) for a, b in pairwise(ROW))
    assert not any(h3.are_neighbor_cells(ROW[i], ROW[j]) for i in range(7) for j in range(i + 2, 7))


# ---------------------------------------------------------------- candidates


def test_the_three_best_neighbours_and_their_figures() -> None:
    cells = row([0, 50, 45, 40, 0, 30, 5])
    found = candidates(cells, THREE, 0.0, 2, min_density=0.0)
    assert list(found.columns) == list(AREA_COLUMNS)
    # 50 + 45 + 40 = 135 is the most of any three in a row; then 30 + 5; 0 adds nothing
    assert [members(found, i) for i in range(2)] == [set(ROW[1:4]), set(ROW[5:7])]
    first = found.iloc[0]
    assert (first["area"], first["bcu"], first["role"], first["valid_from"]) == ("South-01", "South", "none", "")
    assert (first["n_cells"], first["area_m2"], first["n_incidents"], first["harm_days"]) == (3, 39_000, 13, 135)
    assert first["share_of_bcu_harm"] == pytest.approx(135 / 170, abs=1e-6)
    assert np.isnan(first["harm_expected_days"])
    assert first["cells"] == tuple(sorted(f"{c:x}" for c in ROW[1:4]))


def test_it_looks_past_a_quiet_cell_to_the_next_hot_one() -> None:
    assert best([0, 5, 0, 60, 1, 59, 0]) == [{3, 4, 5}]


def test_the_best_area_gives_way_where_two_others_hold_more() -> None:
    # The best pair is {2, 3} with 20 + 21 = 41, which leaves {4, 5} with 19. {1, 2} and {3, 4} hold 78 together.
    harm = [0.0, 19, 20, 21, 18, 1, 0]
    assert sorted(map(sorted, best(harm, 2, 2 * SIZE))) == [[1, 2], [3, 4]]


def test_a_cell_joins_only_where_it_has_more_harm_than_the_average_ground() -> None:
    harm = [100.0, 3, 0, 0, 0, 0, 0]  # mean 14.7
    assert best(harm, min_density=0.0) == [{0, 1}]
    assert best(harm, min_density=1.0) == [{0}]
    assert best(harm, min_density=0.2) == [{0, 1}]  # 2.9
    assert best([20.0, 15, 15, 15, 15, 15, 15], min_density=1.0) == [{0}]


def test_an_area_has_its_share_of_the_harm_or_is_none() -> None:
    harm = [40.0, 0, 30, 0, 20, 0, 10]
    assert best(harm, 4, SIZE, min_share=0.2) == [{0}, {2}, {4}]  # 20 of 100: just enough
    assert best(harm, 4, SIZE, min_share=0.21) == [{0}, {2}]
    assert best(harm, 4, SIZE, min_share=0.41) == []


def test_the_maximum_area_is_on_both_sides_of_the_line() -> None:
    assert best([9.0, 8, 7, 0], max_area_m2=THREE) == [{0, 1, 2}]
    assert best([9.0, 8, 7, 0], max_area_m2=THREE - 0.1) == [{0, 1}]


def test_an_area_never_crosses_a_bcu_line() -> None:
    cells = row([50, 60, 70, 65, 55, 0, 0], bcu=["South"] * 3 + ["West"] * 4)
    found = candidates(cells, 5 * SIZE, 0.0, min_density=0.0, per_bcu=1)
    assert found["area"].tolist() == ["West-01", "South-01"]
    assert [members(found, i) for i in range(2)] == [set(ROW[3:5]), set(ROW[:3])]


def test_cells_outside_every_bcu_are_in_no_area() -> None:
    cells = row([50, 60, 70], bcu=["South", "", "South"])
    found = candidates(cells, 5 * SIZE, 0.0, 7, min_density=0.0)
    assert [members(found, i) for i in range(2)] == [{ROW[2]}, {ROW[0]}]
    assert len(found) == 2


def test_each_bcu_gets_its_own_number_of_areas() -> None:
    cells = facts(disk(8), np.arange(1.0, 218.0))  # 1 + 3 · 8 · 9 = 217 cells
    assert len(candidates(cells, SIZE, 0.0)) == 6  # as Lancashire's profile says of South
    assert len(candidates(cells, SIZE, 0.0, {"South": 3})) == 3
    assert len(candidates(cells, SIZE, 0.0, 0)) == 0
    with pytest.raises(HotspotsError, match="-1 areas were asked for in South"):
        candidates(cells, SIZE, 0.0, -1)


def test_an_excluded_cell_is_left_out_and_still_counts_in_the_bcus_harm() -> None:
    found = candidates(row([10, 50, 40, 30, 0, 0, 0]), THREE, 0.0, 1, [ROW[1]], 0.0)
    assert members(found) == set(ROW[2:4])
    assert found["share_of_bcu_harm"].iloc[0] == pytest.approx(70 / 130, abs=1e-6)


def test_what_lies_inside_an_excluded_coarser_cell_is_excluded_too() -> None:
    parent = h3.cell_to_parent(ROW[1], 9)
    inside = {c for c in ROW if h3.cell_to_parent(c, 9) == parent}
    assert 0 < len(inside) < 7
    found = candidates(row([10.0, 50, 40, 30, 20, 10, 10]), THREE, 0.0, 7, [parent], 0.0)
    assert {c for i in range(len(found)) for c in members(found, i)} == set(ROW) - inside


def test_no_incident_and_unknown_harm_make_no_area() -> None:
    assert len(candidates(row([]))) == 0
    assert len(candidates(row([0, 0, 0]), min_share=0.0)) == 0
    found = candidates(row([np.nan, 20, np.nan]), 2 * SIZE, 0.0, 1, min_density=0.0)
    assert members(found) == {ROW[1]}
    unscored = row([5.0]).assign(harm_days=np.nan)
    assert np.isnan(candidates(unscored, min_density=0.0)["harm_days"].iloc[0])


def test_ties_go_to_the_lower_cell_id() -> None:
    cells = facts(disk(2), np.full(19, 10.0))
    found = candidates(cells, SIZE, 0.0, 3, min_density=0.0)
    assert [members(found, i) for i in range(3)] == [{c} for c in disk(2)[:3]]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"max_area_m2": 0}, "maximum area is 0"),
        ({"max_area_m2": float("nan")}, "maximum area is nan"),
        ({"min_share": 1.1}, "minimum share of harm is 1.1"),
        ({"min_density": -1}, "least harm per m² is -1"),
        ({"max_area_m2": 12_999.0}, r"smallest cell has 13,000 m², more than the maximum area of 12,999"),
    ],
)
def test_settings_that_cannot_be_met_are_refused(settings: dict[str, float], words: str) -> None:
    with pytest.raises(HotspotsError, match=words):
        candidates(row([10, 20]), **settings)


def test_a_table_that_is_no_table_of_cells_is_refused() -> None:
    with pytest.raises(HotspotsError, match="no column 'place'"):
        candidates(row([1.0]).drop(columns="place"))
    with pytest.raises(HotspotsError, match="more than once"):
        candidates(pd.concat([row([1.0, 2.0]), row([1.0])]))
    mixed = facts([ROW[0], h3.cell_to_parent(ROW[3], 9)], [1, 2])
    with pytest.raises(HotspotsError, match="resolutions 9, 10"):
        candidates(mixed)
    with pytest.raises(HotspotsError, match="below 0"):
        candidates(row([1.0, -2.0]))


# ---------------------------------------------------------------- as good as can be

SHAPES = {"skewed": lambda r, n: r.pareto(1.2, n) * 10, "even": lambda r, n: r.uniform(0, 100, n),
          "many equal": lambda r, n: r.integers(0, 4, n) * 10.0}  # fmt: skip


def caught(cells: pd.DataFrame, most: int, n: int, min_density: float = 0.0) -> tuple[float, float]:
    """(worth caught, the most that could be) by trying every choice."""
    found = candidates(cells, most * SIZE, 0.0, n, min_density=min_density)
    worth = cells["harm"] - min_density * cells["harm"].mean()
    by_cell = dict(zip(cells["cell"].tolist(), worth.tolist(), strict=True))
    got = sum(by_cell[c] for i in range(len(found)) for c in members(found, i))
    return got, best_sum(cells["cell"].tolist(), by_cell, most, n)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("most", [1, 2, 3, 4, 5])
def test_one_area_is_the_best_there_is(shape: str, most: int) -> None:
    """Up to five cells the search for one area is complete."""
    random = np.random.default_rng(most)
    for _ in range(4):
        cells = facts(disk(2), SHAPES[shape](random, 19))
        got, best = caught(cells, most, 1)
        assert got == pytest.approx(best, rel=1e-9)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("min_density", [0.0, 1.0])
def test_several_areas_together_are_nearly_the_best_choice(shape: str, min_density: float) -> None:
    """The optimum of every choice, but for rare cases at least 97% of it. Up to four areas of three of 19 cells."""
    random = np.random.default_rng(7)
    shares = []
    for n, most in [(2, 2), (3, 2), (4, 2), (2, 3), (3, 3), (4, 3)] * 3:
        got, best = caught(facts(disk(2), SHAPES[shape](random, 19)), most, n, min_density)
        assert best > 0
        shares.append(got / best)
    assert max(shares) <= 1 + 1e-9
    assert min(shares) >= 0.97
    assert np.mean(np.array(shares) > 1 - 1e-9) >= 0.9


def test_areas_of_more_cells_than_are_searched_completely_are_near_the_best() -> None:
    random = np.random.default_rng(3)
    shares = []
    for shape in SHAPES.values():
        for most in (6, 7):
            got, best = caught(facts(disk(2)[:16], shape(random, 16)), most, 1)
            shares.append(got / best)
    assert max(shares) <= 1 + 1e-9
    assert min(shares) >= 0.97


def test_the_slow_way_knows_the_shapes_of_hexagons() -> None:
    """In seven cells, a middle and its ring: by hand."""
    seven = disk(1)
    sizes = [len(a) for a in every_area(seven, 3)]
    # triples: 15 pairs of the ring with the middle, and 6 of three in a row on the ring
    assert [sizes.count(n) for n in (1, 2, 3)] == [7, 12, 21]


# ---------------------------------------------------------------- names


def test_names_are_town_and_street_of_the_worst_cell() -> None:
    near = geography.nearest_place(*geography.cell_centres(ROW[:1]), geography.load_cover())[0]
    assert near.startswith("Preston")
    assert name_of_place(ROW[0], f"Church Street, {near}") == "Preston, Church Street"
    assert name_of_place(ROW[0], f"St Mary's Street, North, {near}") == "Preston, St Mary's Street, North"
    assert name_of_place(ROW[0], near) == near
    assert name_of_place(ROW[0], "") == geography.hex_ids(ROW[:1])[0]
    assert name_of_place(ROW[0], "A place of its own") == "A place of its own"


def test_names_are_unique_whatever_the_places_are_called() -> None:
    cells = row([90, 0, 80, 0, 70, 0, 60]).assign(place=["Bar", "", "Bar (2)", "", "Bar", "", "Bar"])
    found = candidates(cells, SIZE, 0.0, 4, min_density=0.0)
    assert found["name"].tolist() == ["Bar", "Bar (2)", "Bar (3)", "Bar (4)"]


# ---------------------------------------------------------------- editing


@pytest.fixture
def cells() -> pd.DataFrame:
    return row([10, 50, 40, 30, 5, 90, 5])


@pytest.fixture
def two(cells: pd.DataFrame) -> pd.DataFrame:
    """South-01 {1, 2} and South-02 {5}, 90 each."""
    first = new_area(no_areas(), ROW[1:3], cells, "Ann", day=DAY)
    both = new_area(first, [ROW[5]], cells, "Ann", day=DAY)
    return both.assign(name=["Street 1", "The Square"])


def test_an_area_made_by_hand(two: pd.DataFrame, cells: pd.DataFrame) -> None:
    assert two["area"].tolist() == ["South-01", "South-02"]
    assert new_area(no_areas(), ROW[1:3], cells, "Ann")["name"].tolist() == ["Street 1"]
    assert two["harm_days"].tolist() == [90, 90]
    assert two["edits"].iloc[1] == f"2026-04-01 Ann: made of {ROW[5]:x}"


def test_adding_a_cell_sums_the_figures_anew_and_says_who_did_it(two: pd.DataFrame, cells: pd.DataFrame) -> None:
    before = two.copy(deep=True)
    done = add_cells(two, "South-01", [ROW[3]], cells, " Bob ", "the car park", DAY)
    assert members(done) == set(ROW[1:4])
    assert done.loc[0, ["n_cells", "n_incidents", "harm_days", "area_m2"]].tolist() == [3, 12, 120, 39_000]
    assert done["edits"].iloc[0].endswith(f"; 2026-04-01 Bob: added {ROW[3]:x} (the car park)")
    assert done.iloc[1].equals(two.iloc[1])
    pd.testing.assert_frame_equal(two, before)


def test_dropping_a_cell_needs_a_reason(two: pd.DataFrame, cells: pd.DataFrame) -> None:
    with pytest.raises(HotspotsError, match="for a reason"):
        drop_cells(two, "South-01", [ROW[1]], cells, "Bob", "  ", DAY)
    done = drop_cells(two, "South-01", [ROW[1]], cells, "Bob", "prison", DAY)
    assert members(done) == {ROW[2]}
    assert done["edits"].iloc[0].endswith(f"; 2026-04-01 Bob: dropped {ROW[1]:x} (prison)")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda a, f: add_cells(a, "South-01", [ROW[5]], f, "Bob"), "more than once: a cell belongs to one area"),
        (lambda a, f: add_cells(a, "South-01", [ROW[1]], f, "Bob"), "has .* already"),
        (lambda a, f: add_cells(a, "South-01", [ROW[0]], f, " "), "needs an author"),
        (lambda a, f: add_cells(a, "South-09", [ROW[0]], f, "Bob"), "There are: South-01, South-02"),
        (lambda a, f: add_cells(a, "South-01", [h3.cell_to_parent(ROW[0], 9)], f, "Bob"), "resolutions 9, 10"),
        (lambda a, f: add_cells(a, "South-01", [12345], f, "Bob"), "not an H3 cell"),
        (
            lambda a, f: add_cells(a, "South-01", [ROW[6]], f.assign(bcu=["South"] * 6 + ["East"]), "Bob"),
            "never crosses a BCU line",
        ),
        (lambda a, f: drop_cells(a, "South-02", [ROW[5]], f, "Bob", "gone"), "no cell left"),
        (lambda a, f: drop_cells(a, "South-02", [ROW[1]], f, "Bob", "gone"), "has no cell"),
        (lambda a, f: new_area(a, [], f, "Bob"), "at least one cell"),
        (lambda a, f: with_role(a, "South-01", "control"), "no role 'control'"),
    ],
)
def test_an_edit_that_breaks_a_rule_is_refused(
    change: object, words: str, two: pd.DataFrame, cells: pd.DataFrame
) -> None:
    assert callable(change)
    with pytest.raises(HotspotsError, match=words):
        change(two, cells)


def test_roles_and_whole_areas(two: pd.DataFrame, cells: pd.DataFrame) -> None:
    assert with_role(two, "South-02", "comparison")["role"].tolist() == ["none", "comparison"]
    left = drop_area(two, "South-01")
    assert left["area"].tolist() == ["South-02"]
    assert new_area(left, [ROW[0]], cells, "Bob")["area"].tolist() == ["South-02", "South-01"]


def test_a_cell_without_incidents_may_be_added_once_its_bcu_is_known(two: pd.DataFrame, cells: pd.DataFrame) -> None:
    quiet = sorted(set(h3.grid_disk(ROW[2], 1)) - set(ROW))[0]
    with pytest.raises(HotspotsError, match="never crosses"):
        add_cells(two, "South-01", [quiet], cells, "Bob")
    known = with_quiet_cells(cells, [quiet, ROW[0]], geography.load_cover())
    assert len(known) == 8
    done = add_cells(two, "South-01", [quiet], known, "Bob")
    assert done.loc[0, ["n_cells", "n_incidents", "harm_days"]].tolist() == [3, 9, 90]
    assert done["share_of_bcu_harm"].iloc[0] == two["share_of_bcu_harm"].iloc[0]


def test_figures_cannot_be_summed_over_cells_without_any(two: pd.DataFrame, cells: pd.DataFrame) -> None:
    with pytest.raises(HotspotsError, match="is not among the cells"):
        measured(two, cells[cells["cell"] != ROW[5]])


def test_what_is_odd_is_told_and_not_refused(two: pd.DataFrame, cells: pd.DataFrame) -> None:
    south = dict.fromkeys(ROW, "South")
    assert refusals(two, south) == []
    assert warnings_of(two, THREE) == []
    apart = add_cells(two, "South-02", [ROW[0], ROW[3]], cells, "Bob")
    assert refusals(apart, south) == []
    assert warnings_of(apart, 5 * THREE) == [
        "South-02 (The Square) is not connected: its cells form 3 separate pieces."
    ]
    size = float(geography.cell_areas_m2(ROW[1:3]).sum())
    assert warnings_of(two, size + 1) == []
    (words,) = warnings_of(two, size - 1)
    assert words.startswith(f"South-01 (Street 1) has {size:,.0f} m², more than the maximum of")


def test_every_reason_to_refuse_is_told_at_once(two: pd.DataFrame) -> None:
    cells = pd.Series([(f"{ROW[1]:x}", "nonsense"), (f"{ROW[1]:x}",)], dtype=object)
    wrong = two.assign(cells=cells, role=["control", "none"], name="Same", area="South-01", bcu=["South", "East"])
    found = refusals(wrong, {ROW[1]: "South"})
    told = "\n".join(found)
    for words in (
        "'nonsense', which is not an H3 cell", "more than once", "number 'South-01' is given", "name 'Same' is given",
        "lies in East, but its cell", "role 'control'",
    ):  # fmt: skip
        assert words in told
    assert len(found) == 6


def test_a_reason_to_exclude_comes_from_the_list() -> None:
    assert checked_exclusion(" Prison ", "") == ("prison", "")
    assert checked_exclusion("other", " a  quarry ") == ("other", "a quarry")
    for kind, note, words in (("school", "x", "not a reason"), ("other", " ", "says which")):
        with pytest.raises(HotspotsError, match=words):
            checked_exclusion(kind, note)


# ---------------------------------------------------------------- outlines and files


def test_an_outline_covers_its_cells_and_nothing_else() -> None:
    for cells in (ROW[:1], ROW[1:4], disk(1), sorted(set(disk(1)) - {CENTRE}), [ROW[0], ROW[5]]):
        shape = outline([f"{c:x}" for c in cells])
        plain = shapely.union_all(shapely.buffer(geography.cell_polygons(cells), 1e-9))
        assert shapely.symmetric_difference(shape, plain).area < 1e-4 * plain.area
        assert shape.is_valid
        pieces = list(shape.geoms) if shape.geom_type == "MultiPolygon" else [shape]
        assert len(pieces) == n_pieces(np.array(sorted(cells), dtype=np.int64))
        assert all(p.exterior.is_ccw for p in pieces)
    ring = outline([f"{c:x}" for c in set(disk(1)) - {CENTRE}])
    assert len(ring.interiors) == 1


def test_geojson_has_outlines_with_every_column(two: pd.DataFrame, cells: pd.DataFrame) -> None:
    apart = add_cells(two, "South-02", [ROW[0]], cells, "Bob")
    found = json.loads(to_geojson(apart, {"weights": "x@1"}))
    assert [f["geometry"]["type"] for f in found["features"]] == ["Polygon", "MultiPolygon"]
    assert found["about"] == {"weights": "x@1"}
    first = found["features"][0]["properties"]
    assert list(first) == list(AREA_COLUMNS)
    assert first["cells"] == sorted(f"{c:x}" for c in ROW[1:3])
    assert first["harm_expected_days"] is None
    shape = shapely.geometry.shape(found["features"][0]["geometry"])
    assert shape.contains(shapely.Point(*(c[0] for c in geography.cell_centres(ROW[1:2]))))


def test_csv_comes_back_as_it_went_out(two: pd.DataFrame, cells: pd.DataFrame, tmp_path) -> None:
    names = ["=cmd|' /C calc'!A0", '\'@quoted, "twice"']
    given = add_cells(with_role(two.assign(name=names), "South-02", "treated"), "South-01", [ROW[3]], cells, "=Bob")
    path = tmp_path / "areas.csv"
    text = as_text(given, "csv")
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    first = next(csv.DictReader(io.StringIO(text)))
    assert first["name"] == "'=cmd|' /C calc'!A0"
    assert first["cells"] == " ".join(sorted(f"{c:x}" for c in ROW[1:4]))
    pd.testing.assert_frame_equal(measured(read_areas(path), cells), given)
    assert json.loads(as_text(given, "json"))["rows"][0]["cells"] == sorted(f"{c:x}" for c in ROW[1:4])


def test_a_short_file_is_enough_and_a_wrong_one_is_told(tmp_path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(f'bcu,area,cells\nSouth,South-01,"{ROW[1]:X}, {ROW[0]:x}"\n\n', encoding="utf-8")
    found = read_areas(path)
    assert found["cells"].tolist() == [tuple(sorted(f"{c:x}" for c in ROW[:2]))]
    assert found["role"].tolist() == ["none"]
    path.write_text(f"bcu,area,cells,role\nSouth,A,{ROW[0]:x},Treated\nSouth,B,{ROW[1]:x},N/A\n", encoding="utf-8")
    assert read_areas(path)["role"].tolist() == ["treated", "none"]
    for content, words in (
        (b"area,bcu\n1,South\n", "no column 'cells'"), (b"", "is empty"), (b"area,bcu,cells\n", "no rows"),
        (b"area,bcu,cells\nA,South,x\nB,South,x,y\n", "another number of values than columns in row 3"),
    ):  # fmt: skip
        path.write_bytes(content)
        with pytest.raises(HotspotsError, match=words):
            read_areas(path)
    with pytest.raises(HotspotsError, match="does not exist"):
        read_areas(tmp_path / "absent.csv")


@pytest.mark.parametrize("kind", [";", "\t", "|", "utf-16", "xlsx"])
def test_areas_are_read_however_a_spreadsheet_saves_them(tmp_path, kind: str) -> None:
    rows = [["area", "name", "bcu", "cells"], ["South-01", "The Square; north", "South", f"{ROW[0]:x} {ROW[1]:x}"]]
    path = tmp_path / ("mine.xlsx" if kind == "xlsx" else "mine.csv")
    if kind == "xlsx":
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet()
            for r, row in enumerate(rows):
                sheet.write_row(r, 0, row)
    else:
        out = io.StringIO()
        csv.writer(out, delimiter="," if kind == "utf-16" else kind).writerows(rows)
        path.write_bytes(out.getvalue().encode("utf-16" if kind == "utf-16" else "utf-8"))
    found = read_areas(path)
    assert found[["area", "name", "bcu"]].to_numpy().tolist() == [["South-01", "The Square; north", "South"]]
    assert found["cells"].tolist() == [tuple(sorted(f"{c:x}" for c in ROW[:2]))]
