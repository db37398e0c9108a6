"""Areas as outlines, told by kind of line and by label, and marked cells, in both drawings."""

from __future__ import annotations

import json
import re
from typing import Any

import h3.api.basic_str as h3
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots import geography, maps
from hotspots.base.errors import HotspotsError
from hotspots.maps.drawing import area_shapes, cell_rings
from hotspots.ui import components
from tests.conftest import examples
from tests.unit.test_maps import PLACES, PRESTON, SQUARE, layer, table

DISK = h3.grid_disk(PRESTON, 2)  # 19 cells: the centre, a ring of 6 and a ring of 12


def areas(**columns: Any) -> pd.DataFrame:
    """A filled disk of seven, a ring of six round nothing, and a single cell."""
    ring = h3.grid_ring(h3.grid_ring(PRESTON, 5)[0], 1)
    frame = pd.DataFrame({
        "area": ["South-02", "South-05", "South-09"], "name": ["Friargate", "Station", "Park"],
        "role": ["treated", "comparison", "none"],
        "cells": [tuple(DISK[:7]), list(ring), [h3.grid_ring(PRESTON, 9)[0]]],
    })  # fmt: skip
    return frame.assign(**columns)


def deck(cells: pd.DataFrame, **more: Any) -> dict[str, Any]:
    return json.loads(maps.draw_deck(maps.ranked_drawing(cells, "n_incidents", 20, **more), SQUARE, PLACES))


def svg(cells: pd.DataFrame, **more: Any) -> dict[str, Any]:
    return maps.draw_svg(maps.ranked_drawing(cells, "n_incidents", 20, **more), SQUARE, PLACES)


def polygon(rings: list[Any]) -> Any:
    """The area inside an odd number of rings."""
    found = shapely.Polygon()
    for ring in rings:
        found = found.symmetric_difference(shapely.Polygon(ring))
    return found


# -- outlines


def test_a_disk_of_seven_has_eighteen_edges_and_a_ring_of_six_a_hole() -> None:
    # seven hexagons have 42 edges; 12 are shared by two and vanish from both: 42 − 24 = 18
    disk, around, single = (shape.rings for shape in area_shapes(areas()))
    assert [len(ring) - 1 for ring in disk] == [18]
    # six in a ring: 36 edges, six shared: 24 = 18 outside and 6 round the hole
    assert sorted(len(ring) - 1 for ring in around) == [6, 18]
    assert [len(ring) - 1 for ring in single] == [6]
    assert all(ring[0] == ring[-1] for ring in disk + around + single)


def test_cells_that_do_not_adjoin_have_a_ring_each_and_a_repeat_counts_once() -> None:
    far = h3.grid_ring(PRESTON, 4)[0]
    assert [len(ring) - 1 for ring in cell_rings([PRESTON, far, PRESTON])] == [6, 6]


@settings(max_examples=examples(25), deadline=None)
@given(st.lists(st.sampled_from(DISK), min_size=1, max_size=19))
def test_outline_equals_the_union_of_the_cells_polygons(cells: list[str]) -> None:
    slow = shapely.union_all(geography.cell_polygons([int(cell, 16) for cell in cells]))
    fast = polygon(cell_rings(cells))
    assert fast.symmetric_difference(slow).area < slow.area * 1e-9


# -- labels and roles


def test_a_label_has_the_role_and_the_number_of_the_area() -> None:
    assert maps.area_labels(areas()) == ["T2", "C5", "A9"]


@pytest.mark.parametrize(
    ("ids", "roles", "labels"),
    [
        (["West-01", "East-01"], ["treated", "treated"], ["TW1", "TE1"]),
        (["West-01", "East-01"], ["treated", "comparison"], ["T1", "C1"]),
        (["docks", "mill", "park"], ["treated", "none", "treated"], ["T1", "A1", "T2"]),
        ([7, 12], ["", None], ["A7", "A12"]),
        (["a1", "a01"], ["treated", "treated"], ["T1", "T2"]),
    ],
)
def test_labels_are_never_the_same(ids: list[Any], roles: list[Any], labels: list[str]) -> None:
    frame = pd.DataFrame({"area": ids, "role": roles})
    assert maps.area_labels(frame) == labels


def test_own_labels_are_taken_as_they_are() -> None:
    assert maps.area_labels(areas(label=["one", "two", "three"])) == ["one", "two", "three"]


def test_roles_differ_in_line_and_not_in_colour_alone() -> None:
    lines = {row["n"]: row["line"] for row in svg(table(20), areas=areas())["areas"]}
    assert lines == {"T2": "solid", "C5": "dashed", "A9": "dotted"}
    drawn = layer(deck(table(20), areas=areas()), "areas")  # the casing comes first
    assert drawn["id"] == "areas-casing"
    found = {row["w"]: row["d"] for row in drawn["data"]}
    assert found == {3.0: [3.0, 2.0], 2.0: [1.0, 1.5]}  # the last of width 3 is the dashed one
    assert drawn["data"][0]["d"] == [0, 0]


def test_the_style_sheet_draws_the_lines_that_the_library_means() -> None:
    """Widths and dashes stand in Python (deck.gl) and in CSS (SVG); they must be the same."""
    from hotspots.maps.drawing import AREA_COLOUR, CASING, LINES
    from hotspots.maps.ground import MARKED_COLOUR

    css = components.static_text("svg_map.css")

    def rule(selector: str) -> str:
        return re.search(rf"^{re.escape(selector)} {{(.*?)}}", css, re.M | re.S)[1]  # type: ignore[index]

    width, dashes = LINES["dashed"]
    assert f"stroke-dasharray: {width * dashes[0]:g} {width * dashes[1]:g};" in rule(".area.line.dashed")
    width, dashes = LINES["dotted"]
    assert f"stroke-dasharray: {width * dashes[0]:g} {width * dashes[1]:g};" in rule(".area.line.dotted")
    assert f"stroke-width: {width:g};" in rule(".area.line.dotted")
    assert f"stroke-width: {LINES['solid'][0]:g};" in rule(".area.line")
    assert f"stroke-width: {LINES['solid'][0] + CASING:g};" in rule(".area.casing")
    assert AREA_COLOUR.lower() in rule(".area.line")
    assert MARKED_COLOUR.lower() in rule(".marked.line")


def test_an_unknown_role_is_refused_with_a_sentence() -> None:
    with pytest.raises(HotspotsError, match="the role 'control'"):
        svg(table(3), areas=areas(role="control"))


# -- the two drawings


def test_both_drawings_outline_the_same_ground() -> None:
    """Rings of the SVG, in metres, against those of deck.gl, in degrees, by their areas."""
    cells = table(20)
    rows = layer(deck(cells, areas=areas()), "areas")["data"]
    degrees = [abs(shapely.Polygon(row["p"]).area) for row in rows]
    paths = [part for row in svg(cells, areas=areas())["areas"] for part in row["d"].split("Z")[:-1]]
    metres = [
        shapely.Polygon([tuple(map(int, point.split())) for point in path.removeprefix("M").split("L")]).area
        for path in paths
    ]
    assert len(degrees) == len(metres) == 4
    # a square degree at 53.75° north: 111,319.49² × cos 53.75° m²
    square = 111_319.49**2 * np.cos(np.radians(53.75))
    assert np.allclose(np.array(degrees) * square, metres, rtol=0.02)
    assert metres[0] == pytest.approx(7 * 13_422, rel=0.02)  # seven cells of the published 13,422 m²


def test_areas_lie_above_the_cells_cannot_be_picked_and_cost_little() -> None:
    cells = table(100)
    spec = deck(cells, areas=areas())
    names = [found["id"].split("-")[0] for found in spec["layers"]]
    assert names.index("areas") > names.index("cells")
    assert names.index("labels") > names.index("areas")
    assert not [found for found in spec["layers"] if found["pickable"] and not found["id"].startswith("cells-")]
    twenty = pd.DataFrame({
        "area": range(1, 21), "name": "Friargate", "role": "treated",
        "cells": [h3.grid_disk(c, 1) for c in cells["cell"][:20]],
    })  # fmt: skip
    assert len(json.dumps(deck(cells, areas=twenty))) - len(json.dumps(deck(cells))) < 35_000  # bytes


def test_labels_stand_at_the_northern_tip_and_before_the_ranks() -> None:
    rows = {row["n"]: row for row in layer(deck(table(30), areas=areas()), "labels")["data"]}
    north = max(lat for cell in DISK[:7] for lat, _ in h3.cell_to_boundary(cell))
    assert rows["T2"]["p"][1] == round(north, 5)
    assert rows["T2"]["v"] > rows["C5"]["v"] > rows["1"]["v"] > rows["20"]["v"] > rows["A9"]["v"] > rows["Preston"]["v"]
    assert all(-1000 <= row["v"] <= 1000 for row in rows.values())  # what deck.gl allows


def test_names_and_texts_mention_the_areas() -> None:
    drawn = svg(table(20), areas=areas())
    assert drawn["name"] == (
        "Map of 20 cells coloured by Incidents, 3 areas outlined (1 treated, 1 comparison, 1 without a role)"
    )
    assert drawn["cells"][0]["t"].endswith("\nIn area T2: Friargate (treated)")
    assert "In area" not in drawn["cells"][8]["t"]
    assert [row["label"] for row in drawn["lines"]] == [
        "Treated area: 1 (T2)", "Comparison area: 1 (C5)", "Area without a role: 1 (A9)",
    ]  # fmt: skip
    assert [row["line"] for row in drawn["lines"]] == ["solid", "dashed", "dotted"]


def test_without_areas_the_map_is_as_before() -> None:
    cells = table(10)
    for none in (None, areas().head(0)):
        drawn = svg(cells, areas=none)
        assert (drawn["areas"], drawn["lines"], drawn["marked"]) == ([], [], "")
        assert drawn["name"] == "Map of 10 cells coloured by Incidents"
        assert not [found for found in deck(cells, areas=none)["layers"] if found["id"].startswith("areas")]
    hollow = svg(cells, areas=areas(cells=[[], None, ()]))
    assert hollow["areas"] == []


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        (PRESTON, "must be a list"),
        (["8a195180"], "is not an H3 cell"),
        ([PRESTON, h3.cell_to_parent(PRESTON, 9)], "resolutions 9 and 10"),
    ],
)
def test_cells_that_make_no_area_are_refused_with_a_sentence(cells: Any, sentence: str) -> None:
    with pytest.raises(HotspotsError, match=sentence):
        svg(table(3), areas=areas().head(1).assign(cells=[cells]))


def test_hostile_names_stay_text() -> None:
    wrong = areas(name="@@=alert(1)\u202e<b>", label="@@=alert(2)")
    spec = deck(table(8), areas=wrong)
    assert "@@=alert" not in [row["n"][:8] for row in layer(spec, "labels")["data"]]
    assert all(not row["t"].startswith("@@") for row in layer(spec, "cells-")["data"])
    line = svg(table(8), areas=wrong)["cells"][0]["t"].splitlines()[-1]
    assert line == "In area @@=alert(2): @@=alert(1) <b> (treated)"
    html = components.legend_html(
        [{"label": "<i>", "colour": "#fff", "hatched": True}], "<u>", [{"label": "<b>", "line": "solid"}]
    )
    assert not re.search("<[iub]>", html)


def test_the_legend_shows_each_sign_and_kind_of_line() -> None:
    cells = table(3, pattern=["new", "former", ""])
    drawing = maps.ranked_drawing(cells, "pattern", 20, areas=areas(), marked=[PRESTON])
    drawn = maps.draw_svg(drawing, SQUARE, PLACES)
    html = components.legend_html(drawn["legend"], drawn["legend_title"], drawn["lines"])
    for said in (
        "+</span>new: 1 – Hot in the latest part",
        "×</span>former: 1 – Hot more than once early",
        "no pattern: 1<",
        "dashed",
        "dotted",
        "Treated area",
    ):
        assert said in html
    assert html.count("In the draft area: 1 cell<") == 1


# -- marked cells


def test_marked_cells_have_a_ring_each_inside_the_cell() -> None:
    cells = table(30)
    marked = [PRESTON, h3.grid_ring(PRESTON, 20)[0]]  # the second is not in the table
    rows = layer(deck(cells, marked=marked), "marked")["data"]
    assert len(rows) == 4  # a casing and a line each
    for row, cell in zip(rows, marked * 2, strict=True):
        outline = shapely.Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(cell)])
        inner = shapely.Polygon(row["p"])
        assert outline.contains(inner)
        assert inner.area / outline.area == pytest.approx(0.64, rel=0.01)  # 0.8 of the size
    drawn = svg(cells, marked=marked)
    assert drawn["marked"].count("M") == 2
    assert drawn["lines"] == [{"label": "In the draft area: 2 cells", "line": "marked"}]
    assert drawn["name"].endswith("; 2 cells in the draft area")
    assert drawn["cells"][0]["t"].endswith("\nIn the draft area")


def test_marking_changes_the_drawing_so_that_an_old_click_is_forgotten() -> None:
    cells, others = table(30), h3.grid_ring(PRESTON, 1)
    cases = [[], [PRESTON], [PRESTON, others[0]], [others[0]]]
    assert len({layer(deck(cells, marked=marked), "cells-")["id"] for marked in cases}) == 4
    assert len({svg(cells, marked=marked)["version"] for marked in cases}) == 4
    with_areas = {layer(deck(cells, areas=areas().head(n)), "cells-")["id"] for n in (0, 1, 2)}
    assert len(with_areas) == 3


def test_a_marked_cell_of_the_table_is_drawn_wherever_it_ranks() -> None:
    many = table(3_300)
    last = many["cell"].iloc[-1]
    drawn = svg(many, marked=[last])["cells"]
    assert len(drawn) == maps.MAX_CELLS
    assert drawn[-1]["c"] == last
