"""The map of hot spots and the ground around them: four kinds of cell, told by colour, by letter and in the legend."""

from __future__ import annotations

import json
from typing import Any

import h3.api.basic_str as h3
import pandas as pd
import pytest

from hotspots import maps
from hotspots.maps.rings import PARTS, ring_cells
from tests.area_workspace import A, B, C, D
from tests.change_samples import make_cells, make_spots
from tests.unit.test_maps import PLACES, SQUARE


def layers(cells: pd.DataFrame, spots: pd.DataFrame) -> dict[str, Any]:
    deck: dict[str, Any] = json.loads(maps.draw_deck(maps.ring_drawing(cells, spots), SQUARE, PLACES))
    return {layer["id"].split("-")[0]: layer for layer in deck["layers"]}


def test_hot_spots_come_first_and_each_cell_has_the_letter_of_what_it_belongs_to() -> None:
    drawn, classes = ring_cells(make_cells(), make_spots())
    assert drawn["cell"].tolist()[:3] == [A, D, C]
    assert drawn["mark"].tolist() == ["T", "T", "C", *12 * ["t"], *6 * ["c"]]
    assert classes.numbers.tolist() == [0, 0, 1, *12 * [2], *6 * [3]]
    assert classes.labels == [
        "treated hot spot: 2 cells", "comparison hot spot: 1 cell", "around a treated one: 12 cells",
        "around a comparison one: 6 cells",
    ]  # fmt: skip
    assert classes.glyphs == ("T", "C", "t", "c")


def test_a_cell_tells_the_counts_of_its_whole_hot_spot_and_ring() -> None:
    texts = ring_cells(make_cells(), make_spots())[0].set_index("cell")["text"]
    counts = "\nHot spot: 60 before → 42 after\nAround it: 30 before → 33 after"
    assert texts[A] == "Treated hot spot TS1, Preston, High Street" + counts
    assert texts[B] == "Around treated hot spot TS1, Preston, High Street" + counts


def test_a_hot_spot_that_lost_its_ring_says_so() -> None:
    cells, spots = make_cells(), make_spots()
    spots.loc[0, ["ring_m2", "ring_before", "ring_after"]] = [0.0, pd.NA, pd.NA]
    kept = cells[(cells["ring"] == 0) | (cells["area"] != "South-01")]
    texts = ring_cells(kept, spots)[0].set_index("cell")["text"]
    assert texts[A].endswith("\nAround it: no cell")
    spots.loc[0, "ring_m2"] = 5_000.0
    assert ring_cells(kept, spots)[0].set_index("cell")["text"][A].endswith("not known before → not known after")


def test_both_drawings_have_the_same_cells_letters_and_outlines() -> None:
    cells, spots = make_cells(), make_spots()
    svg = maps.draw_svg(maps.ring_drawing(cells, spots), SQUARE, PLACES)
    found = layers(cells, spots)
    assert [c["m"] for c in svg["cells"]] == ["T", "T", "C", *12 * ["t"], *6 * ["c"]]
    assert [row["k"] for row in found["cells"]["data"]] == [c["k"] for c in svg["cells"]]
    assert [row["t"] for row in found["cells"]["data"]] == [c["t"] for c in svg["cells"]]
    assert [(a["n"], a["line"]) for a in svg["areas"]] == [("TS1", "solid"), ("CS2", "dashed"), ("TW1", "solid")]
    written = [row["n"] for row in found["labels"]["data"]]
    assert written.count("t") == 12
    assert written[21:24] == ["TS1", "CS2", "TW1"]
    assert svg["name"] == (
        "Map of 3 cells of hot spots and 18 cells around them, 3 areas outlined (2 treated, 1 comparison)"
    )


def test_comparison_cells_without_a_number_are_numbered_and_the_hot_spots_keep_theirs() -> None:
    spots = make_spots().replace({"area": {"South-02": C}})
    cells = make_cells().replace({"area": {"South-02": C}})
    rest = spots.tail(1).assign(area="rest", role="comparison")  # it has no cells on the map
    labels = maps.ring_labels(cells, pd.concat([spots, rest], ignore_index=True))
    assert labels == {"South-01": "TS1", C: "C1", "West-01": "TW1"}
    assert maps.ring_labels(make_cells(), make_spots()) == {"South-01": "TS1", "South-02": "CS2", "West-01": "TW1"}


def test_the_map_can_look_at_one_hot_spot_and_its_ring_first() -> None:
    cells, spots = make_cells(), make_spots()
    view = maps.ring_view(cells, "West-01")
    assert view is not None
    lat, lon = h3.cell_to_latlng(D)
    assert (view["lon"], view["lat"]) == pytest.approx((lon, lat), abs=2e-4)
    assert maps.ring_view(cells, "East-09") is None
    deck = json.loads(maps.draw_deck(maps.ring_drawing(cells, spots), SQUARE, PLACES, view))
    assert deck["initialViewState"]["longitude"] == view["lon"]
    near, far = (maps.draw_svg(maps.ring_drawing(cells, spots), SQUARE, PLACES, v)["view"] for v in (view, None))
    assert near[2] < far[2] / 5


def test_every_kind_differs_in_grey_from_the_ground_and_spots_from_their_rings() -> None:
    def grey(colour: str) -> float:
        red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    greys = {key: grey(part.colour) for key, part in PARTS.items()}
    for role in ("treated", "comparison"):
        assert abs(greys[role, False] - greys[role, True]) > 60
    assert abs(greys["treated", False] - greys["comparison", False]) > 60


def test_without_a_cell_the_map_is_empty_ground_with_its_legend() -> None:
    svg = maps.draw_svg(maps.ring_drawing(make_cells().head(0), make_spots()), SQUARE, PLACES)
    assert svg["cells"] == []
    assert len(svg["legend"]) == 4
    assert "cells" in layers(make_cells().head(0), make_spots().head(0))


def test_hostile_names_stay_text() -> None:
    spots = make_spots().assign(name="@@=alert(1)\u202e<script>")
    svg = maps.draw_svg(maps.ring_drawing(make_cells(), spots), SQUARE, PLACES)
    assert svg["cells"][0]["t"].startswith("Treated hot spot TS1, @@=alert(1) <script>\n")
    assert all(not row["t"].startswith("@@") for row in layers(make_cells(), spots)["cells"]["data"])
