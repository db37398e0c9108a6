"""What a person reads on a cell and hears of a map."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from hotspots.base.words import counted
from hotspots.maps.classes import MEASURES, NOT_SCORED_LABEL, number_text
from hotspots.ranking.sureness import sureness

MARKED_LABEL = "in the draft area"
EXPECTED = ("harm_expected_days", "harm_expected_low", "harm_expected_high", "p_top", "pattern")


def cell_texts(cells: pd.DataFrame, measure: str, top: int) -> list[str]:
    """What a person reads on a cell: rank and place, figures, how sure, pattern, warning; one line each.

    Expected harm with its range, p_top in words (of the top ``top``) and the pattern are there where these columns
    are there and filled.
    """
    wanted = list(dict.fromkeys(["rank", "place", "district", "n_incidents", "harm_days", "flag", *EXPECTED, measure]))
    columns = {name: cells[name].tolist() if name in cells else [None] * len(cells) for name in wanted}
    return [
        _cell_text(dict(zip(columns, row, strict=True)), measure, top) for row in zip(*columns.values(), strict=True)
    ]


def _cell_text(row: dict[str, Any], measure: str, top: int) -> str:
    where = plain(row["place"]) or plain(row["district"])
    lines = [
        f"{_figure(row['rank'])}. {where}" if where else f"{_figure(row['rank'])}",
        _figures(row, measure),
        expected_words(row, top),
        f"Pattern: {plain(row['pattern'])}" if plain(row["pattern"]) else "",
        plain(row["flag"]),
    ]
    return "\n".join(line for line in lines if line).strip()


def _figures(row: dict[str, Any], measure: str) -> str:
    n, days = _number(row["n_incidents"]), _figure(row["harm_days"])
    figures = ["no count of incidents" if n is None else counted(n, "incident")]
    figures.append(f"{days} day{'' if days == '1' else 's'} of harm" if days else NOT_SCORED_LABEL)
    said_below = measure == "harm_expected_days" and _figure(row[measure])
    if measure in MEASURES and measure not in ("n_incidents", "harm_days") and not said_below:
        about = MEASURES[measure]
        value = _figure(row[measure], about.share) or NOT_SCORED_LABEL
        figures.append(f"{about.label}: {value}{'%' if about.share and value != NOT_SCORED_LABEL else ''}")
    return "; ".join(figures)


def expected_words(row: Mapping[str, Any], top: int, whose: str = "") -> str:
    """``Expected harm 420 days (90 to 1,100); almost certainly in the top 20``; '' where there is neither.

    From harm_expected_days, harm_expected_low, harm_expected_high and p_top, each of which may be missing.
    """
    days, low, high = (days_text(row.get(name)) for name in EXPECTED[:3])
    words = []
    if days:
        words.append(f"Expected harm {days} days" + (f" ({low} to {high})" if low and high else ""))
    chance = _number(row.get("p_top"))
    if chance is not None:
        words.append(sureness(chance, top, whose))
    sentence = "; ".join(words)
    return sentence[:1].upper() + sentence[1:]


def days_text(value: Any) -> str:
    """Whole days; below ten with one decimal: a model's figure has no more to say."""
    number = _number(value)
    return "" if number is None else number_text(number, 1 if 0 < number < 9.95 else 0)


def _number(value: Any) -> float | None:
    if value is None or pd.isna(value) or not math.isfinite(value):
        return None
    return float(value)


def _figure(value: Any, share: bool = False) -> str:
    number = _number(value)
    if number is None:
        return ""
    number *= 100 if share else 1
    return number_text(number, 0 if number == round(number) or abs(number) >= 1000 else 1)


def plain(value: Any) -> str:
    """Text from data on one line, without control characters; '' for an empty value."""
    text = "" if value is None or value is pd.NA or value != value else str(value)
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+", " ", text).strip()


def with_lines(texts: Iterable[str], cells: Iterable[str], lines: Mapping[str, Sequence[str]]) -> list[str]:
    """Each cell's text, and below it the lines about this cell."""
    return ["\n".join([text, *lines.get(cell, ())]) for text, cell in zip(texts, cells, strict=True)]


def map_name(n_cells: int, measure: str) -> str:
    """The accessible name of a map."""
    return f"Map of {counted(n_cells, 'cell')} coloured by {MEASURES[measure].label}"
