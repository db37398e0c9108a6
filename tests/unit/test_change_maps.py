"""The map of gainers and losers: three kinds of cell, told by colour, by letter and in the legend."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest

from hotspots import maps
from hotspots.maps.deck import GROUND
from hotspots.maps.ranked import CHANGES, change_cells
from tests.unit.test_maps import PLACES, SQUARE, table


def changed() -> pd.DataFrame:
    """Five cells: one outside both lists, one that leaves from 2, one that stays, two that enter."""
    return table(5)[["cell", "place", "lon", "lat"]].assign(
        change=["", "leaves", "stays", "enters", "enters"], rank_a=[9, 2, 1, 7, 8], rank_b=[9, 6, 2, 3, 1]
    )


def test_movers_come_first_and_each_cell_has_its_mark() -> None:
    drawn, classes = change_cells(changed())
    assert drawn["mark"].tolist() == ["E1", "E3", "L2", "2"]
    assert classes.numbers.tolist() == [0, 0, 1, 2]
    assert classes.labels == ["enters: 2 (E + rank)", "leaves: 1 (L + rank)", "stays: 1 (rank alone)"]
    assert drawn["text"].iloc[0] == "Enters · Friargate\nRank 8 before, 1 after"


def test_both_drawings_have_the_same_cells_colours_and_marks() -> None:
    svg = maps.draw_svg(maps.change_drawing(changed()), SQUARE, PLACES)
    assert [(c["m"], c["k"]) for c in svg["cells"]] == [("E1", 0), ("E3", 0), ("L2", 1), ("2", 2)]
    assert [row["colour"] for row in svg["legend"]] == ["#12436D", "#F46A25", "#28A197"]
    assert svg["legend_title"] == "In the list"
    assert svg["top"] == 4
    deck: dict[str, Any] = json.loads(maps.draw_deck(maps.change_drawing(changed()), SQUARE, PLACES))
    layers = {layer["id"].split("-")[0]: layer for layer in deck["layers"]}
    assert [row["k"] for row in layers["cells"]["data"]] == [0, 0, 1, 2]
    assert layers["cells"]["getFillColor"].startswith("@@=k==0?[18,67,109,255]:k==1?[244,106,37,255]:")
    assert [row["n"] for row in layers["labels"]["data"]][:4] == ["E1", "E3", "L2", "2"]
    assert [row["k"] for row in layers["top"]["data"]] == [0, 0, 1, 2]


def test_every_colour_differs_in_grey_from_the_ground_and_the_rest() -> None:
    def grey(colour: str) -> float:
        red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    greys = [grey(colour) for colour, _ in CHANGES.values()]
    assert all(abs(g - grey(ground)) > 60 for g in greys for ground in GROUND.values())
    assert abs(greys[0] - greys[1]) > 60  # enters and leaves


@pytest.mark.parametrize("kinds", [[], ["stays"], ["leaves", "leaves"]])
def test_a_kind_without_cells_is_still_in_the_legend(kinds: list[str]) -> None:
    some = changed().head(len(kinds)).assign(change=kinds)
    svg = maps.draw_svg(maps.change_drawing(some), SQUARE, PLACES)
    assert len(svg["cells"]) == len(kinds)
    assert len(svg["legend"]) == 3
    json.loads(maps.draw_deck(maps.change_drawing(some), SQUARE, PLACES))


def test_forty_marks_are_all_drawn() -> None:
    many = table(40)[["cell", "place", "lon", "lat"]].assign(change="stays", rank_a=range(1, 41), rank_b=range(1, 41))
    deck = json.loads(maps.draw_deck(maps.change_drawing(many), SQUARE, PLACES))
    labels = next(layer for layer in deck["layers"] if layer["id"] == "labels")
    assert [row["n"] for row in labels["data"]][:40] == [str(i) for i in range(1, 41)]


def test_hostile_places_stay_text() -> None:
    hostile = maps.change_drawing(changed().assign(place="@@=alert(1)\u202e"))
    svg = maps.draw_svg(hostile, SQUARE, PLACES)
    assert svg["cells"][0]["t"].startswith("Enters · @@=alert(1)\n")
    deck = maps.draw_deck(hostile, SQUARE, PLACES)
    rows = next(layer for layer in json.loads(deck)["layers"] if layer["id"].startswith("cells-"))["data"]
    assert all(not row["t"].startswith("@@") for row in rows)
