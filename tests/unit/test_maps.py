"""Colour classes, legends and the two map specs, on tables that can be checked by hand."""

from __future__ import annotations

import json
import math
from collections import Counter
from itertools import pairwise
from typing import Any
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots import maps
from hotspots.base.errors import HotspotsError
from hotspots.maps import drawing
from hotspots.maps.classes import MEASURES, cell_texts, class_colours, colour_classes, legend
from hotspots.maps.ground import fit_view

PRESTON = "8a1951803b4ffff"  # holds 53.7590, −2.6990
SQUARE = {
    "type": "FeatureCollection",
    "features": [{
        "type": "Feature", "properties": {"district": "Preston", "bcu": "South"},
        "geometry": {"type": "Polygon", "coordinates": [
            [[-2.8, 53.7], [-2.6, 53.7], [-2.6, 53.8], [-2.8, 53.8], [-2.8, 53.7]]]},
    }],
}  # fmt: skip
PLACES = pd.DataFrame({"name": ["Preston"], "lon": [-2.7], "lat": [53.76], "district": ["Preston"], "size": [3]})


def table(n: int, **columns: Any) -> pd.DataFrame:
    """n adjoining cells round Preston in rank order, centre first."""
    import h3.api.basic_str as h3

    ids = h3.grid_disk(PRESTON, 70)[:n]
    assert len(ids) == n
    points = np.array([h3.cell_to_latlng(cell) for cell in ids]).reshape(-1, 2)
    frame = pd.DataFrame({
        "rank": range(1, n + 1), "cell": ids, "bcu": "South", "district": "Preston",
        "n_incidents": range(n, 0, -1), "harm_days": [float(i) for i in range(n, 0, -1)],
        "lon": points[:, 1], "lat": points[:, 0], "place": "Friargate", "flag": "",
    })  # fmt: skip
    return frame.assign(**columns)


def layer(spec: dict[str, Any], start: str) -> dict[str, Any]:
    return next(found for found in spec["layers"] if found["id"].startswith(start))


def deck(cells: pd.DataFrame, measure: str = "n_incidents", **more: Any) -> dict[str, Any]:
    return json.loads(maps.draw_deck(maps.ranked_drawing(cells, measure, 20, **more), SQUARE, PLACES))


def svg(cells: pd.DataFrame, measure: str = "n_incidents", **more: Any) -> dict[str, Any]:
    return maps.draw_svg(maps.ranked_drawing(cells, measure, 20, **more), SQUARE, PLACES)


# -- colour classes


def test_ten_values_make_five_classes_of_two() -> None:
    found = colour_classes([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    assert found.numbers.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert found.breaks == [2, 4, 6, 8, 10]
    assert found.labels == ["1–2", "3–4", "5–6", "7–8", "9–10"]


def test_equal_values_never_part_and_the_rest_shares_the_classes() -> None:
    found = colour_classes([1] * 60 + [2] * 10 + [3] * 10 + [4] * 10 + [5] * 5 + [90] * 5)
    assert found.labels == ["1", "2", "3", "4", "5–90"]
    assert Counter(found.numbers.tolist()) == {0: 60, 1: 10, 2: 10, 3: 10, 4: 10}


@pytest.mark.parametrize(
    ("values", "numbers", "labels"),
    [
        ([], [], []),
        ([7], [0], ["7"]),
        ([3, 3, 3], [0, 0, 0], ["3"]),
        ([math.nan, math.nan], [-1, -1], []),
        ([math.inf, 2, None], [-1, 0, -1], ["2"]),
        ([1, 1, 1, 1, 9], [0, 0, 0, 0, 1], ["1", "9"]),
        ([0.4, 0.6], [0, 1], ["0", "1"]),
        ([-2.0, -1.0, 3.0], [0, 1, 2], ["−2", "−1", "3"]),
        ([1000, 2738.8, 5475], [0, 1, 2], ["1,000", "2,739", "5,475"]),
        ([1.1, 1.2], [0, 1], ["1.1", "1.2"]),
    ],
)
def test_awkward_values(values: list[Any], numbers: list[int], labels: list[str]) -> None:
    found = colour_classes(values)
    assert found.numbers.tolist() == numbers
    assert found.labels == labels


def test_nullable_numbers_with_gaps_are_not_scored() -> None:
    assert colour_classes(pd.Series([1, None, 3], dtype="Float64")).numbers.tolist() == [0, -1, 1]


def test_a_share_is_labelled_in_per_cent() -> None:
    shares = [0.1, 0.2, 0.21, 0.22, 0.3, 0.35, 0.4, 0.45, 0.5, 1.0]
    assert colour_classes(shares, share=True).labels == ["10–20%", "21–22%", "30–35%", "40–45%", "50–100%"]


@given(st.lists(st.one_of(st.integers(-5, 30).map(float), st.just(math.nan)), max_size=80))
def test_classes_are_ordered_complete_and_keep_ties(values: list[float]) -> None:
    found = colour_classes(values)
    seen: dict[float, int] = {}
    for value, number in zip(values, found.numbers.tolist(), strict=True):
        assert (number == -1) == math.isnan(value)
        if number >= 0:
            assert seen.setdefault(value, number) == number
    in_order = [seen[value] for value in sorted(seen)]
    assert in_order == sorted(in_order)
    assert set(in_order) == set(range(min(5, len(seen))))
    assert len(found.labels) == len(found.breaks) == min(5, len(seen))


@given(st.lists(st.integers(0, 10_000), min_size=5, max_size=60, unique=True))
def test_without_ties_no_class_is_more_than_one_cell_larger(values: list[int]) -> None:
    sizes = Counter(colour_classes(values).numbers.tolist())
    assert max(sizes.values()) - min(sizes.values()) <= 1


def test_legend_has_words_and_says_what_is_not_scored() -> None:
    rows = legend(colour_classes([1, 5, math.nan]))
    assert [row["label"] for row in rows] == ["1", "5", "not scored"]
    assert [row["hatched"] for row in rows] == [False, False, True]
    assert len({row["colour"] for row in rows}) == 3
    assert len(legend(colour_classes([1, 5]))) == 2


def test_ramp_gets_darker_so_that_it_prints_in_grey() -> None:
    def grey(colour: str) -> float:
        red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    greys = [grey(colour) for colour in class_colours(5)]
    assert all(light - dark > 15 for light, dark in pairwise(greys))
    assert class_colours(1) == ["#fc8d59"]
    assert class_colours(0) == []


# -- what is drawn


def test_best_ranked_cells_are_drawn_and_the_selected_one_always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "MAX_CELLS", 4)
    cells = table(12).sample(frac=1, random_state=1)
    assert drawing.cells_to_draw(cells, [])["rank"].tolist() == [1, 2, 3, 4]
    last = cells.loc[cells["rank"] == 12, "cell"].item()
    assert drawing.cells_to_draw(cells, [last])["rank"].tolist() == [1, 2, 3, 12]
    assert drawing.cells_to_draw(cells, ["8a0000000000fff"])["rank"].tolist() == [1, 2, 3, 4]


def test_no_more_than_the_limit_of_cells_is_sent() -> None:
    cells = table(4_200)
    assert len(layer(deck(cells), "cells-")["data"]) == maps.MAX_CELLS
    assert len(svg(cells)["cells"]) == maps.MAX_CELLS


def test_text_of_a_cell_is_words_and_figures() -> None:
    cells = table(2, harm_days=[5475.0, math.nan], n_incidents=[1, 12], flag=["one severe event", ""])
    first, second = cell_texts(cells, "harm_days", 20)
    assert first == "1. Friargate\n1 incident; 5,475 days of harm\none severe event"
    assert second == "2. Friargate\n12 incidents; not scored"


def test_text_of_a_cell_tells_the_measure_on_the_map() -> None:
    text = cell_texts(table(1, largest_offence_share=[0.41]), "largest_offence_share", 20)[0]
    assert text.endswith("Share of the largest offence: 41%")


# -- deck.gl


def test_deck_is_compact_flat_and_fetches_nothing() -> None:
    text = maps.draw_deck(maps.ranked_drawing(table(50), "n_incidents", 20), SQUARE, PLACES)
    assert "\n" not in text
    assert ": " not in text.replace("; ", "")
    assert "http" not in text
    spec = json.loads(text)
    cells = layer(spec, "cells-")
    assert cells["@@type"] == "H3HexagonLayer"
    assert cells["extruded"] is False
    assert set(cells["data"][0]) == {"h", "k", "t"}
    assert json.loads(unquote(spec["mapStyle"]).removeprefix("data:application/json,"))["sources"] == {}


def test_a_dot_fits_inside_its_cell() -> None:
    dots = layer(deck(table(3)), "dots")
    assert [row["k"] for row in dots["data"]] == [0, 1, 2]  # the best last, so that it lies on top
    # a hexagon of 13,422 m² has an inner radius of √(13,422 / (2√3)) = 62 m
    assert 20 < dots["getRadius"] < 62
    assert dots["radiusMinPixels"] == 2


def test_only_cells_can_be_picked() -> None:
    spec = deck(table(30, harm_days=[math.nan] * 30), "harm_days", selected=PRESTON)
    assert {found["id"].split("-")[0]: found["pickable"] for found in spec["layers"]} == {
        "cells": True, "outlines": False, "dots": False, "hatch": False, "selected": False, "top": False,
        "labels": False,
    }  # fmt: skip


def test_layer_id_follows_the_drawing_and_the_selection() -> None:
    def name(cells: pd.DataFrame, measure: str = "n_incidents", selected: str | None = None) -> str:
        return layer(deck(cells, measure, selected=selected), "cells-")["id"]

    cells = table(30)
    names = [name(cells), name(cells, selected=PRESTON), name(cells, "harm_days"), name(cells.head(29))]
    assert len(set(names)) == 4
    assert name(cells) == names[0]


def test_text_from_data_is_never_run() -> None:
    cells = table(1, place=["@@=alert(1)"])
    places = PLACES.assign(name="@@#GL.ONE")
    spec = json.loads(maps.draw_deck(maps.ranked_drawing(cells, "n_incidents", 20), SQUARE, places))
    texts = [row["t"] for row in layer(spec, "cells-")["data"]] + [row["n"] for row in layer(spec, "labels")["data"]]
    assert not [text for text in texts if text.startswith("@@")]
    assert "text" in maps.TOOLTIP
    assert "html" not in maps.TOOLTIP


def test_control_characters_and_direction_marks_are_taken_out_of_labels() -> None:
    text = cell_texts(table(1, place=["High\x00\nStreet\u202e!"]), "n_incidents", 20)[0]
    assert text.splitlines()[0] == "1. High Street !"


def test_top_twenty_are_numbered_and_places_named() -> None:
    rows = layer(deck(table(30)), "labels")["data"]
    assert [row["n"] for row in rows] == [str(i) for i in range(1, 21)] + ["Preston"]
    assert rows[0]["v"] > rows[19]["v"] > rows[20]["v"]


def test_a_colour_for_every_class_and_for_none() -> None:
    expression = layer(deck(table(10)), "cells-")["getFillColor"]
    assert expression.startswith("@@=k==0?[254,240,217,255]:k==1?")
    assert expression.endswith(":[189,189,189,255]")


def test_view_holds_every_cell() -> None:
    cells = table(3_000)
    view = fit_view(cells, SQUARE)
    world = 512 * 2 ** view["zoom"]
    x = (cells["lon"] - view["lon"]) / 360 * world
    mercator = np.log(np.tan(np.pi / 4 + np.radians(cells["lat"]) / 2)) / (2 * np.pi) * world
    middle = math.log(math.tan(math.pi / 4 + math.radians(view["lat"]) / 2)) / (2 * math.pi) * world
    assert x.abs().max() <= 210
    assert (mercator - middle).abs().max() <= 250
    assert max(x.abs().max() / 210, (mercator - middle).abs().max() / 250) > 0.8


@pytest.mark.parametrize("measure", list(MEASURES))
def test_no_cells_still_draws_the_districts(measure: str) -> None:
    empty = table(1, **{name: [1.0] for name in MEASURES}).head(0)
    assert layer(deck(empty, measure), "cells-")["data"] == []
    drawn = svg(empty, measure)
    assert drawn["cells"] == []
    assert drawn["view"] == drawn["box"]
    assert drawn["outlines"][0]["name"] == "Preston"


# -- SVG


def test_svg_is_in_metres() -> None:
    drawn = svg(table(1))
    # 0.2° of longitude at 53.75° north, and 0.1° of latitude: 2πR/360 = 111,319.49 m
    assert drawn["box"] == [0, 0, round(0.2 * 111_319.49 * math.cos(math.radians(53.75))), 11_132]
    cell = drawn["cells"][0]
    corners = np.array(cell["p"]).reshape(6, 2) + np.array([cell["x"], cell["y"]])
    x, y = corners[:, 0], corners[:, 1]
    area = abs((x * np.roll(y, -1) - y * np.roll(x, -1)).sum()) / 2
    assert area == pytest.approx(13_422, rel=0.03)  # the published area of this cell, m²
    assert np.abs(corners.mean(axis=0) - [cell["x"], cell["y"]]).max() <= 2
    # the cell holds 53.7590 north, 2.6990 west
    assert abs(cell["x"] - 0.101 * 111_319.49 * math.cos(math.radians(53.75))) < 80
    assert abs(cell["y"] - 0.041 * 111_319.49) < 80


def test_svg_is_plain_json_with_names_and_legend() -> None:
    drawn = svg(table(25, harm_days=[math.nan] + [5.0] * 24), "harm_days", selected=PRESTON)
    assert json.loads(json.dumps(drawn, allow_nan=False)) == drawn
    assert drawn["name"] == "Map of 25 cells coloured by Harm, days"
    assert drawn["cells"][0]["k"] == -1
    assert [row["label"] for row in drawn["legend"]] == ["5", "not scored"]
    assert drawn["outlines"][0]["d"].startswith("M0 11132L")
    assert drawn["places"][0]["n"] == "Preston"
    assert svg(table(25))["version"] != drawn["version"]


def test_adjoining_cells_share_corners_after_rounding() -> None:
    cells = svg(table(7))["cells"]
    corners = Counter(
        (x + cell["x"], y + cell["y"]) for cell in cells for x, y in zip(cell["p"][::2], cell["p"][1::2], strict=True)
    )
    # a centre and six neighbours: 42 corners at 24 places; six of them belong to three cells, six to two
    assert sum(corners.values()) == 42
    assert len(corners) == 24
    assert Counter(corners.values()) == {3: 6, 2: 6, 1: 12}


def test_outlines_of_another_kind_are_refused_with_a_sentence() -> None:
    wrong = {"type": "FeatureCollection", "features": [{"geometry": {"type": "Point", "coordinates": [0, 0]}}]}
    with pytest.raises(HotspotsError, match="must be polygons or lines"):
        maps.draw_svg(maps.ranked_drawing(table(1), "n_incidents", 20), wrong, PLACES)
