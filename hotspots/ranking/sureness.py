"""How sure a probability is, in words that police analysts already use.

The words are those of the Probability Yardstick of the UK's Professional Head of Intelligence Assessment
(PHIA, Cabinet Office), on which police and other intelligence analysts are trained. It has seven bands with gaps
between them, so that nobody quarrels over a point of per cent:

    remote chance 0–5%, highly unlikely 10–20%, unlikely 25–35%, realistic possibility 40–<50%,
    likely or probable 55–75%, highly likely 80–90%, almost certain 95–100%

A probability from a model may fall into a gap. Our rule there: **the weaker claim**, the band nearer to even. So
93% is "highly likely", not "almost certain", 7% is "highly unlikely", not "a remote chance", and 50–55% still is "a
realistic possibility". Every band then begins where the yardstick begins it and none says more than the figure.

The probability is p_top_next: what is said can be looked up when the next months have been counted. How often each band
came true on months that the model had not seen stands in docs/chances.md.

When it misleads: the words are as good as the probability. They say nothing of what the model leaves out (offences
never reported, map points moved, a new venue).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple


class Band(NamedTuple):
    """Probabilities from ``low`` on; above it only when ``open_below``. ``phrase`` takes "the top 20 …"."""

    low: float
    open_below: bool
    phrase: str


# Above even a band begins at the yardstick's own lower edge; below even it begins just above the upper edge of the
# band beneath, because there the weaker claim is the upper one.
BANDS = (
    Band(0.95, False, "almost certainly in {}"), Band(0.80, False, "highly likely to be in {}"),
    Band(0.55, False, "likely to be in {}"), Band(0.35, True, "a realistic possibility for {}"),
    Band(0.20, True, "unlikely to be in {}"), Band(0.05, True, "highly unlikely to be in {}"),
    Band(0.00, False, "a remote chance for {}"),
)  # fmt: skip


def sureness(p: float, top: int, whose: str = "") -> str:
    """``almost certainly in the top 20 of West BCU``: fits after "This cell is …" and alone in a table.

    ``p``: probability from 0 to 1 that the cell belongs in the top ``top``; ``whose`` top it is ('' = not said).
    '' for an empty ``p``; ValueError for one outside 0 to 1 or a ``top`` below 1.
    """
    if top < 1:
        raise ValueError(f"a top of {top} holds no cell")
    if p is None or math.isnan(p):
        return ""
    if not 0 <= p <= 1:
        raise ValueError(f"{p} is not a probability; it must be from 0 to 1")
    phrase = next(band.phrase for band in BANDS if (p > band.low if band.open_below else p >= band.low))
    return phrase.format(f"the top {top:,}" + (f" of {whose}" if whose else ""))


def sureness_column(p: Iterable[Any], top: int, whose: str = "") -> list[str]:
    """`sureness` of each probability in a column; '' where it is empty."""
    import pandas as pd

    numbers = pd.to_numeric(pd.Series(list(p), dtype="object"), errors="coerce").astype(float)
    words = {value: sureness(value, top, whose) for value in numbers.unique()}  # most cells share a few values
    return [words.get(value, "") for value in numbers]
