"""Where harm clusters, and whether a hot spot is new, lasting or fading.

**Hot in a span.** The window's observed periods are cut into consecutive spans of equal length, oldest left out first
where they don't divide (`spans_of`): a third as many spans as periods, at least `MIN_SPANS` and at most `MAX_SPANS`.
So 12 months are 4 quarters and 24 months 8. A period that was not observed belongs to no span: it is not a zero. In
each span every cell has its Gi* on harm and the exact upper-tail p of it against scattered harm
(`hotspots.ranking.gi_star`).
- A cell is *hot* in a span when that p is below `HOT_P`.
- A cell is *evident* when in one span at least its Benjamini-Hochberg q, over all cells of all spans together, is
  below `EVIDENT_Q`. Cells that are not evident have no pattern: so luck seldom makes one, while a hot spot that is
  beyond doubt once need not prove itself anew in each span.
- Its z *rises* (falls) when the one-sided exact p of Mann and Kendall's S over the spans is at most `TREND_P`. With
  4 spans only a z that rises every time is enough (p = 1/24).
- *Recent* spans are the last quarter of them, rounded up, and 2 at least (`recent_spans`).

**The rules**, of which the first that holds is the cell's one pattern:
1. not evident: '' (none)
2. hot in the last span, and in no other but an unbroken run up to it within the recent spans: new
3. hot in no recent span, before that in 2 at least: former
4. hot in fewer than 2 spans: '' (one blip, now gone)
5. hot in the last span and in `MOST_SHARE` of the spans or more, z rises: intensifying
6. hot in the last span or in `MOST_SHARE` of the spans or more, z falls: fading
7. hot in the last span and in `LASTING_SHARE` of the spans or more: persistent
8. anything else: intermittent

**Why so** (Lancashire, violence and robbery, square roots of proxy days, resolution 10, 12 months to 2022-06: 30,844
cells with their surroundings, 1.5 incidents per used cell and quarter). The usual p by the normal distribution, even
with honest q-values, called about 450 cells hot after the same harm had been scattered at random, and 1,200 on the
real map: sums of seven sparse cells are far from normal, and where it says 0.001 the truth is near 0.02. The exact p
called 0 to 2. Of cells with an exact p below 0.01 in one span, these had it again in the next: months 49%, two months
59%, quarters 64%. A q-value per span is no steady yardstick: its threshold moved so much with the largest cells that it
found 89 cells in one quarter and none in the next. By these rules 85 cells have a pattern (81 persistent, 3
intensifying, 1 fading). Over 14 overlapping windows of 12 months, 98% of persistent cells and all 33 new ones were hot
in the three months after the window, and 73% of persistent cells were persistent again a quarter later.

**When it misleads.** When anonymised map points change, spots move without cause: over the change of 2022-07, 17 cells
were fading, against 1 in the window before it. Pass the periods on one side only (`periods_since_break`). A spot that
is busy every summer is intermittent or has a trend. z is relative to the whole map: a spot can fade because others
grew. Places on the line between hot and not waver: of the patterns of simulated places that never change, 80 to 86%
were persistent, 4 to 11% intermittent, 6 to 8% had a trend, 1 to 3% were former and up to 1% new (8 and 4 spans). Over
scattered harm without any hot spot 8 of 360 maps had a pattern at all.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from hotspots import geography
from hotspots.ranking.gi_star import Floats, bh_q_values, gi_star, scatter_p

Bools = NDArray[np.bool_]

# Defaults of ours, all of them; the module says why.
HOT_P = 0.01
EVIDENT_Q = 0.05
TREND_P = 0.05
SPAN_PERIODS = 3
MIN_SPANS, MAX_SPANS = 4, 12
LASTING_SHARE, MOST_SHARE, RECENT_SHARE = 0.75, 0.5, 0.25
MIN_RECENT = 2

NEW, INTENSIFYING, PERSISTENT = "new", "intensifying", "persistent"
INTERMITTENT, FADING, FORMER, NONE = "intermittent", "fading", "former", ""
PATTERNS = {
    NEW: "Hot in the latest part of the window, without a break since it began, and never before.",
    INTENSIFYING: "Hot now and for at least half of the window, and standing out more and more.",
    PERSISTENT: "Hot now and for at least three quarters of the window, with no clear trend.",
    INTERMITTENT: "Hot more than once in the window, but it comes and goes.",
    FADING: "Still hot, or hot for at least half of the window, but standing out less and less.",
    FORMER: "Hot more than once early in the window, and not in its latest part.",
}


@dataclass(frozen=True, eq=False)
class SpanScores:
    """Gi* of each cell in each span.

    ``cells`` (n,) the population, sorted; ``spans`` k tuples of periods, oldest first; ``z`` and upper-tail ``p``
    against scattered harm, both n × k; nan for a span in which every cell had the same harm, or none.
    """

    cells: NDArray[np.int64]
    spans: tuple[tuple[int, ...], ...]
    z: Floats
    p: Floats


def spans_of(periods: Iterable[int]) -> tuple[tuple[int, ...], ...]:
    """The observed periods in consecutive spans of equal number of periods, oldest first; () when too few.

    One span for every `SPAN_PERIODS` periods, but `MIN_SPANS` to `MAX_SPANS` of them; the oldest periods are left over.
    """
    held = sorted({int(p) for p in periods})
    k = min(max(len(held) // SPAN_PERIODS, MIN_SPANS), MAX_SPANS)
    if len(held) < k:
        return ()
    length = len(held) // k
    first = len(held) - k * length
    return tuple(tuple(held[first + i * length : first + (i + 1) * length]) for i in range(k))


def why_no_patterns(periods: Iterable[int]) -> str:
    """Why `cell_patterns` gives none for these observed periods, as a sentence; '' when it gives some."""
    held = len({int(p) for p in periods})
    if held >= MIN_SPANS:
        return ""
    return (
        f"Patterns need at least {MIN_SPANS} observed periods to compare, and this window has {held}. "
        "Choose a longer window."
    )


def periods_since_break(periods: Iterable[int], breaks: Iterable[int]) -> list[int]:
    """The periods from the last break on, sorted. A break is the first period of a new way of placing incidents."""
    held = sorted({int(p) for p in periods})
    within = [b for b in breaks if held and b <= held[-1]]
    return [p for p in held if p >= max(within)] if within else held


def span_scores(cube: pd.DataFrame, values: ArrayLike, spans: Sequence[Sequence[int]]) -> SpanScores:
    """Gi* on harm in each span; the population is the same in all of them, so that z can be compared.

    Arguments as `cell_patterns`, with spans from `spans_of`. The population: the cube's cells and those adjoining.
    """
    cells = cube["cell"].to_numpy(dtype=np.int64)
    everyone = geography.surroundings(np.unique(cells))
    weights = np.nan_to_num(np.asarray(values, dtype=np.float64))
    harm = cube["n_offences"].to_numpy(dtype=np.float64) * weights[cube["offence"].to_numpy()]
    span_of = {period: i for i, span in enumerate(spans) for period in span}
    span = cube["period"].map(span_of).fillna(-1).to_numpy(dtype=np.int64)
    place = np.searchsorted(everyone, cells)
    adjoining = geography.adjacency(everyone)
    z, p = np.empty((2, len(everyone), len(spans)))
    for i in range(len(spans)):
        inside = span == i
        total = np.bincount(place[inside], weights=harm[inside], minlength=len(everyone))
        z[:, i], p[:, i] = gi_star(total, adjoining), scatter_p(total, adjoining)
    return SpanScores(everyone, tuple(tuple(s) for s in spans), z, p)


def cell_patterns(cube: pd.DataFrame, values: ArrayLike, periods: Iterable[int]) -> pd.DataFrame:
    """cell and pattern (a key of `PATTERNS`, or '' for none), one row per cell of the cube, by cell id.

    ``cube``: cell, period, offence, n_offences (`hotspots.ranking.gather`). ``values``: the weight of each
    offence code, such as the square roots of its days (with raw days one murder outweighs a year of a busy street);
    nan, an offence without a weight, adds no harm. ``periods``: those that were observed; rows of other periods are
    left out. With too few of them every pattern is ''; `why_no_patterns` says so.

    The rules, why they are so and when they mislead: see the module.
    """
    cells = np.unique(cube["cell"].to_numpy(dtype=np.int64))
    spans = spans_of(periods)
    found = np.full(len(cells), NONE, dtype=object)
    if spans and len(cells):
        scores = span_scores(cube, values, spans)
        found = patterns_of(scores.z, scores.p)[np.searchsorted(scores.cells, cells)]
    return pd.DataFrame({"cell": cells, "pattern": pd.array(found, dtype="str")})


def patterns_of(z: Floats, p: Floats) -> NDArray[np.object_]:
    """The pattern of each cell from its z and upper-tail p in each span (n × k, oldest span first; nan = no harm)."""
    with np.errstate(invalid="ignore"):
        hot = p < HOT_P
        evident = np.asarray((bh_q_values(p) < EVIDENT_Q).any(axis=1))
    rising, falling = trends(np.nan_to_num(z))
    return apply_rules(hot, evident, rising, falling)


def apply_rules(hot: Bools, evident: Bools, rising: Bools, falling: Bools) -> NDArray[np.object_]:
    """The module's rules: ``hot`` is n × k, the others (n,). The first rule that holds gives the pattern."""
    k = hot.shape[1]
    recent = recent_spans(k)
    times = hot.sum(axis=1)
    last = hot[:, -1]
    run = np.cumprod(hot[:, ::-1], axis=1).sum(axis=1)  # hot spans up to the last without a break
    most = times >= MOST_SHARE * k
    rules = [
        (~evident, NONE),
        (last & (times == run) & (run <= recent), NEW),
        (~hot[:, -recent:].any(axis=1) & (times >= 2), FORMER),
        (times < 2, NONE),
        (last & most & rising, INTENSIFYING),
        ((last | most) & falling, FADING),
        (last & (times >= LASTING_SHARE * k), PERSISTENT),
    ]
    found = np.full(len(hot), INTERMITTENT, dtype=object)
    for holds, name in reversed(rules):
        found[holds] = name
    return found


def recent_spans(k: int) -> int:
    """How many of k spans are recent: the last quarter, rounded up, and 2 at least."""
    return max(MIN_RECENT, math.ceil(RECENT_SHARE * k))


def trends(z: Floats) -> tuple[Bools, Bools]:
    """Whether each row (n × k) rises, and whether it falls: Mann and Kendall's test, exact, one-sided, `TREND_P` each.

    S = Σ over i < j of sign(zⱼ − zᵢ). Its p comes from all orders of k different values; ties only bring S nearer to 0,
    so with ties the test calls fewer trends, never more. Misleads with values that hang together from span to span:
    then it calls more. Mann 1945, https://doi.org/10.2307/1907187
    """
    k = z.shape[1]
    s = np.zeros(len(z))
    for i in range(k):
        s += np.sign(z[:, i + 1 :] - z[:, i : i + 1]).sum(axis=1)
    enough = least_s(k)
    return np.asarray(s >= enough), np.asarray(-s >= enough)


def least_s(k: int) -> float:
    """The smallest S of k spans whose one-sided p is at most `TREND_P`; infinite when none is.

    S = k(k − 1)/2 − 2 × inversions, and the orders of k values with so many inversions are counted one value at a time.
    """
    orders = [1]
    for size in range(2, k + 1):
        longer = [0] * (len(orders) + size - 1)
        for inversions, n in enumerate(orders):
            for more in range(size):
                longer[inversions + more] += n
        orders = longer
    total, so_far, enough = math.factorial(k), 0, math.inf
    for inversions, n in enumerate(orders):
        so_far += n
        if so_far > TREND_P * total:
            break
        enough = k * (k - 1) / 2 - 2 * inversions
    return enough
