"""The map of patterns: classes without order, told by a sign, a word and a count; and what a cell's text says."""

from __future__ import annotations

import json
import math
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hotspots import maps
from hotspots.base.errors import HotspotsError
from hotspots.maps import ranked
from hotspots.maps.classes import cell_texts
from hotspots.maps.ranked import NO_PATTERN, pattern_cells
from tests.unit.test_maps import PLACES, SQUARE, layer, table

KINDS = ["", "fading", "", "new", "persistent", "new"]


def patterned() -> pd.DataFrame:
    return table(6, pattern=KINDS)


def deck(cells: pd.DataFrame, **more: Any) -> dict[str, Any]:
    return json.loads(maps.draw_deck(maps.ranked_drawing(cells, "pattern", 20, **more), SQUARE, PLACES))


def svg(cells: pd.DataFrame, **more: Any) -> dict[str, Any]:
    return maps.draw_svg(maps.ranked_drawing(cells, "pattern", 20, **more), SQUARE, PLACES)


def test_cells_with_a_pattern_come_first_each_with_its_sign() -> None:
    cells = patterned()
    drawn, classes = pattern_cells(cells, 20)
    assert drawn["cell"].tolist() == cells["cell"].iloc[[1, 3, 4, 5, 0, 2]].tolist()
    assert drawn["mark"].tolist() == ["▼", "+", "■", "+", "", ""]
    assert drawn["text"].iloc[0].splitlines() == ["2. Friargate", "5 incidents; 5 days of harm", "Pattern: fading"]
    # new, intensifying, persistent, intermittent, fading, former, none
    assert classes.numbers.tolist() == [4, 0, 2, 0, 6, 6]


def test_the_legend_has_sign_word_count_and_meaning_and_no_hatching() -> None:
    rows = svg(patterned())["legend"]
    assert [row["label"] for row in rows] == [
        "new: 2", "intensifying: 0", "persistent: 1", "intermittent: 0", "fading: 1", "former: 0", "no pattern: 2",
    ]  # fmt: skip
    assert [row["glyph"] for row in rows] == ["+", "▲", "■", "◊", "▼", "×", ""]
    assert (
        rows[0]["meaning"] == "Hot in the latest part of the window, without a break since it began, and never before."
    )
    assert [row["meaning"] == "" for row in rows] == [False] * 6 + [True]
    assert not any(row["hatched"] for row in rows)


def test_a_limit_keeps_patterns_before_ranks_and_the_selected_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranked, "MAX_CELLS", 3)
    cells = patterned()
    first = cells["cell"].iloc[0]
    drawn, _ = pattern_cells(cells, 20)
    assert drawn["cell"].tolist() == cells["cell"].iloc[[1, 3, 4]].tolist()
    drawn, _ = pattern_cells(cells, 20, first)
    assert drawn["cell"].tolist() == cells["cell"].iloc[[1, 3, 0]].tolist()
    drawn, _ = pattern_cells(cells, 20, None, cells["cell"].iloc[[2, 5]])
    assert drawn["cell"].tolist() == cells["cell"].iloc[[1, 5, 2]].tolist()


def test_no_more_than_the_limit_of_cells_is_sent_and_the_last_pattern_is_among_them() -> None:
    many = table(3_400, pattern=[""] * 3_399 + ["new"])
    drawn = svg(many)["cells"]
    assert len(drawn) == maps.MAX_CELLS
    assert drawn[0]["c"] == many["cell"].iloc[-1]
    assert [cell for cell in drawn if cell["m"]] == [drawn[0]]


def test_both_drawings_have_the_same_cells_classes_and_signs() -> None:
    drawn, spec = svg(patterned()), deck(patterned())
    cells = layer(spec, "cells-")
    assert [(c["c"], c["k"], c["t"]) for c in drawn["cells"]] == [(r["h"], r["k"], r["t"]) for r in cells["data"]]
    assert [c["m"] for c in drawn["cells"]] == ["▼", "+", "■", "+", "", ""]
    labels = layer(spec, "labels")
    assert [row["n"] for row in labels["data"]] == ["▼", "+", "■", "+", "Preston"]
    assert labels["data"][0]["p"] == [cells_lon_lat(patterned(), 1)[0], cells_lon_lat(patterned(), 1)[1]]
    assert cells["getFillColor"].startswith("@@=k==0?[244,106,37,255]:")  # new: #F46A25
    assert not [found for found in spec["layers"] if found["id"] in ("hatch", "top-rings")]
    assert drawn["name"] == "Map of 6 cells by pattern, 4 with one"
    assert drawn["ringed"] is False


def cells_lon_lat(cells: pd.DataFrame, row: int) -> tuple[float, float]:
    return round(cells["lon"].iloc[row], 5), round(cells["lat"].iloc[row], 5)


def test_signs_differ_from_each_other_and_colours_in_more_than_name() -> None:
    assert len({sign.glyph for sign in maps.SIGNS.values()}) == len(maps.SIGNS) == 6
    colours = [sign.colour for sign in maps.SIGNS.values()] + [NO_PATTERN[1]]
    for one, other in combinations(colours, 2):
        parts = [abs(int(one[i : i + 2], 16) - int(other[i : i + 2], 16)) for i in (1, 3, 5)]
        assert max(parts) > 40, (one, other)


@pytest.mark.parametrize("empty", [None, math.nan, pd.NA, "", " "])
def test_an_empty_pattern_is_none(empty: Any) -> None:
    drawn, classes = pattern_cells(table(2, pattern=np.array([empty, "new"], dtype=object)), 20)
    assert drawn["mark"].tolist() == ["+", ""]
    assert classes.labels[-1] == "no pattern: 1"


def test_an_unknown_pattern_is_refused_with_a_sentence() -> None:
    with pytest.raises(HotspotsError, match="no sign for the pattern 'sporadic'"):
        pattern_cells(table(1, pattern=["sporadic"]), 20)


@pytest.mark.parametrize("n", [0, 1])
def test_no_pattern_at_all_still_draws_and_explains(n: int) -> None:
    cells = table(1, pattern=[""]).head(n)
    assert [cell["m"] for cell in svg(cells)["cells"]] == [""] * n
    assert len(svg(cells)["legend"]) == 7
    assert len(layer(deck(cells), "cells-")["data"]) == n


# -- how sure, in a cell's text

SURE = {
    "harm_expected_days": [420.4], "harm_expected_low": [89.6], "harm_expected_high": [1100.2], "p_top_next": [0.97],
    "pattern": ["persistent"],
}  # fmt: skip


def test_text_of_a_cell_says_how_sure_and_the_pattern() -> None:
    text = cell_texts(table(1, **SURE, flag=["few incidents"]), "n_incidents", 10)[0]
    assert text.splitlines() == [
        "1. Friargate",
        "1 incident; 1 day of harm",
        "Expected harm 420 days (90 to 1,100); almost certainly in the top 10 counted next",
        "Pattern: persistent",
        "few incidents",
    ]


def test_expected_harm_is_not_told_twice_when_it_colours_the_map() -> None:
    text = cell_texts(table(1, **SURE), "harm_expected_days", 20)[0]
    assert text.count("420") == 1
    empty = cell_texts(table(1, harm_expected_days=[math.nan]), "harm_expected_days", 20)[0]
    assert empty.endswith("Expected harm, days: not scored")


@pytest.mark.parametrize("missing", list(SURE))
def test_a_missing_or_empty_column_says_nothing(missing: str) -> None:
    rest = {name: value for name, value in SURE.items() if name != missing}
    without = cell_texts(table(1, **rest), "n_incidents", 20)
    blank = "" if missing == "pattern" else math.nan
    assert cell_texts(table(1, **{**SURE, missing: [blank]}), "n_incidents", 20) == without
    told = {"pattern": "Pattern", "p_top_next": "top 20", "harm_expected_days": "420"}.get(missing, " to 1,100")
    assert told in cell_texts(table(1, **SURE), "n_incidents", 20)[0]
    assert told not in without[0]


def test_small_figures_keep_a_decimal_and_no_figure_stands_alone() -> None:
    small = {"harm_expected_days": 3.26, "harm_expected_low": 0.0, "harm_expected_high": 9.96}
    assert maps.expected_words(small, 20) == "Expected harm 3.3 days (0 to 10)"
    assert (
        maps.expected_words({"p_top_next": 0.5}, 20, "East BCU")
        == "A realistic possibility for the top 20 of East BCU counted next"
    )
    assert maps.expected_words({}, 20) == ""
