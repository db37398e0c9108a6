"""Colour classes of a map, and their legend.

Going up from the lowest value, each class takes whole values until it holds its equal share of the cells
still left; equal values never part. So a map with many ties has fewer classes, and the top class says
"among the highest here", never "significant".
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from hotspots.base.words import counted
from hotspots.ranking.sureness import sureness

RAMP = ("#fef0d9", "#fdcc8a", "#fc8d59", "#e34a33", "#b30000")  # ColorBrewer OrRd, five classes
NOT_SCORED = "#bdbdbd"
NOT_SCORED_LABEL = "not scored"
INK = "#1f1f1f"


class Measure(NamedTuple):
    """A column that can colour the map. ``share`` values (0–1) are written as per cent."""

    label: str
    share: bool = False


MEASURES = {
    "n_incidents": Measure("Incidents"),
    "harm_days": Measure("Harm, days"),
    "harm_sqrt": Measure("Harm, square-root weights"),
    "harm_capped": Measure("Harm, capped weights"),
    "harm_expected_days": Measure("Expected harm, days"),
    "largest_offence_share": Measure("Share of the largest offence", share=True),
    "p_top": Measure("Chance of belonging in the top", share=True),
    "p_top_next": Measure("Chance of being in the next months' top", share=True),
    "gi_z": Measure("Gi* (z)"),
}


class Classes(NamedTuple):
    """``numbers``, a class per cell (-1 = not scored), the largest value of each class, and a label for each.

    ``own``: colours for classes that have no order; without, the ramp. ``glyphs`` and ``meanings``: the sign of
    each class and a sentence on it, where classes have them ('' for a class without).
    """

    numbers: npt.NDArray[np.int8]
    breaks: list[float]
    labels: list[str]
    own: tuple[str, ...] = ()
    glyphs: tuple[str, ...] = ()
    meanings: tuple[str, ...] = ()

    @property
    def colours(self) -> list[str]:
        return list(self.own) or class_colours(len(self.labels))


def colour_classes(values: Iterable[float], share: bool = False) -> Classes:
    """At most five classes by equal shares of the cells, ties kept together (rule: top of this file).

    ``values`` that are empty or infinite get class -1, "not scored". ``share`` writes labels as per cent.
    """
    numbers = pd.to_numeric(pd.Series(values), errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    scored = np.isfinite(numbers)
    distinct, counts = np.unique(numbers[scored], return_counts=True)
    tops = _class_tops(counts, len(RAMP))
    breaks = [float(distinct[top]) for top in tops]
    lows = [float(distinct[start]) for start in [0, *(top + 1 for top in tops[:-1])]] if tops else []
    index = np.full(len(numbers), -1, dtype=np.int8)
    index[scored] = np.searchsorted(breaks, numbers[scored], side="left")
    return Classes(index, breaks, _range_labels(lows, breaks, share))


def _class_tops(counts: npt.NDArray[np.int64], n: int) -> list[int]:
    """Position of the last distinct value in each class, for distinct values held ``counts`` times."""
    tops: list[int] = []
    classes, left, held = min(n, len(counts)), int(counts.sum()), 0
    for place, count in enumerate(counts):
        held += int(count)
        values_left, classes_left = len(counts) - place - 1, classes - len(tops) - 1
        if values_left == 0 or (classes_left and (held * (classes_left + 1) >= left or values_left <= classes_left)):
            tops.append(place)
            left, held = left - held, 0
    return tops


def _range_labels(lows: Sequence[float], highs: Sequence[float], share: bool) -> list[str]:
    """``1–4``, ``5``, ``6–90``: each class from its lowest to its highest value, with decimals where needed."""
    dash = " to " if any(low < 0 for low in lows) else "–"
    labels: list[str] = []
    for decimals in range(4):
        low_text = [number_text(low, decimals, share) for low in lows]
        high_text = [number_text(high, decimals, share) for high in highs]
        labels = [a if a == b else f"{a}{dash}{b}" for a, b in zip(low_text, high_text, strict=True)]
        if all(high != low for high, low in zip(high_text, low_text[1:], strict=False)):
            break
    return [label + "%" for label in labels] if share else labels


def number_text(value: float, decimals: int = 0, share: bool = False) -> str:
    """``2738.8`` → ``2,739``; a share is multiplied by 100 (the sign is the caller's); ``−`` for minus."""
    text = f"{value * 100 if share else value:,.{decimals}f}"
    return "0" if decimals == 0 and text == "-0" else text.replace("-", "−")


def class_colours(n: int) -> list[str]:
    """``n`` colours of the five-class ramp, light to dark; one class alone gets the middle one."""
    if n <= 1:
        return [RAMP[2]] * n
    return [RAMP[round(i * (len(RAMP) - 1) / (n - 1))] for i in range(n)]


def legend(classes: Classes) -> list[dict[str, Any]]:
    """Swatches from low to high: label, colour, hatched. "not scored" is there when a cell needs it.

    Classes with signs give ``glyph`` and ``meaning`` too.
    """
    colours = classes.colours
    rows = [{"label": t, "colour": c, "hatched": False} for t, c in zip(classes.labels, colours, strict=True)]
    if classes.glyphs:
        signs = zip(rows, classes.glyphs, classes.meanings, strict=True)
        rows = [{**row, "glyph": glyph, "meaning": meaning} for row, glyph, meaning in signs]
    if (classes.numbers < 0).any():
        rows.append({"label": NOT_SCORED_LABEL, "colour": NOT_SCORED, "hatched": True})
    return rows


MARKED_LABEL = "in the draft area"
EXPECTED = ("harm_expected_days", "harm_expected_low", "harm_expected_high", "p_top_next", "pattern")


def cell_texts(cells: pd.DataFrame, measure: str, top: int) -> list[str]:
    """What a person reads on a cell: rank and place, figures, how sure, pattern, warning; one line each.

    Expected harm with its range, p_top_next in words (of the top ``top``) and the pattern are there where these columns
    are there and filled.
    """
    wanted = list(dict.fromkeys(["rank", "place", "district", "n_incidents", "harm_days", "flag", *EXPECTED, measure]))
    columns = {name: cells[name].tolist() if name in cells else [None] * len(cells) for name in wanted}
    return [
        _cell_text(dict(zip(columns, row, strict=True)), measure, top) for row in zip(*columns.values(), strict=True)
    ]


def _cell_text(row: dict[str, Any], measure: str, top: int) -> str:
    where = plain(row["place"]) or plain(row["district"])
    place = f"{_figure(row['rank'])}. {where}" if where else _figure(row["rank"])
    pattern = f"Pattern: {plain(row['pattern'])}" if plain(row["pattern"]) else ""
    lines = [place, _figures(row, measure), expected_words(row, top), pattern, plain(row["flag"])]
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
    """``Expected harm 420 days (90 to 1,100); almost certainly in the top 20 counted next``; '' where there is neither.

    From harm_expected_days, harm_expected_low, harm_expected_high and p_top_next, each of which may be missing.
    """
    days, low, high = (days_text(row.get(name)) for name in EXPECTED[:3])
    words = []
    if days:
        words.append(f"Expected harm {days} days" + (f" ({low} to {high})" if low and high else ""))
    chance = _number(row.get("p_top_next"))
    if chance is not None:
        words.append(sureness(chance, top, whose) + " counted next")
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
