"""Colour classes of a map, and their legend.

Going up from the lowest value, each class takes whole values until it holds its equal share of the cells
still left; equal values never part. So a map with many ties has fewer classes, and the top class says
"among the highest here", never "significant".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

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
    "p_top": Measure("Chance of being in the top", share=True),
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
