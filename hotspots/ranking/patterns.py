"""Where harm clusters, and whether a hot spot is new, lasting or fading.

Every p here belongs to the UPPER tail: small means "more harm here and round about than chance would put here". Cold
spots are not looked for.

**Hot in a span.** The window's observed periods are cut into consecutive spans of equal length, oldest left out first
where they don't divide (`spans_of`): a third as many spans as periods, at least `MIN_SPANS` and at most `MAX_SPANS`.
So 12 months are 4 quarters and 24 months 8. A period that was not observed belongs to no span: it is not a zero. In
each span every cell has its Gi* on harm (`gi_star`) and the exact p of it against scattered harm (`gi_star_scatter_p`).
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
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from hotspots import geography

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = NDArray[np.float64]
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

_BINS = 2**17  # steps into which the range of sums is cut; a transform of this size takes milliseconds
_LEAST_P = 1e-12  # sums of rounding errors are near 1e-14
_BLOCK = 5_000_000  # numbers drawn at a time


# ---------------------------------------------------------------- Gi*


def gi_star(values: ArrayLike, adjacency: csr_array) -> Floats:
    """Getis and Ord's Gi* of each cell as a z score; binary weights, the cell itself included.

    ``values``: (n,) harm per cell (weighted, not a count, unless counts are meant); every one a number.
    ``adjacency``: n × n, 1 where two cells adjoin, no diagonal (`hotspots.geography.adjacency`).
    With x the values, wᵢ = 1 + the number of cell i's neighbours, and s² = Σ (x − x̄)² / n:

        zᵢ = (xᵢ + Σⱼ xⱼ − wᵢ x̄) / (s √((n wᵢ − wᵢ²) / (n − 1)))

    The denominator is the standard deviation of the sum when the values are scattered at random over the cells. nan
    where it is 0: all values equal, or a cell that adjoins all others. Equals esda's G_Local(star=True, transform='B').

    Which cells form the population matters: with all of a county's empty fields every street is hot. Give the cells
    with at least one incident and the empty ones adjoining them (`hotspots.geography.surroundings`). Misleads where
    few cells hold nearly all harm: then z is far from normal, and one severe event lifts seven cells. Neighbours share
    values, so their z go together. Ord & Getis 1995, https://doi.org/10.1111/j.1538-4632.1995.tb00912.x
    """
    x, size = _checked(values, adjacency)
    n = len(x)
    if n < 2 or x.min() == x.max():
        return np.full(n, np.nan)
    off = x - x.mean()  # sums of differences lose less than differences of sums
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (off + adjacency @ off) / (off.std() * np.sqrt((n * size - size**2) / (n - 1)))
    z[size >= n] = np.nan
    return np.asarray(z, dtype=np.float64)


def _checked(values: ArrayLike, adjacency: csr_array) -> tuple[Floats, Floats]:
    """The values as floats and the size of each neighbourhood, itself included; ValueError for what is no map."""
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 1 or adjacency.shape != (len(x), len(x)):
        raise ValueError(f"values of shape {x.shape} and adjacency of shape {adjacency.shape} do not go together")
    if not np.isfinite(x).all():
        raise ValueError(f"{int((~np.isfinite(x)).sum())} values are no numbers; leave cells without a figure out")
    if (adjacency.data != 1).any() or adjacency.diagonal().any():
        raise ValueError("the adjacency must hold 1 for each neighbour and nothing on its diagonal")
    return x, np.diff(adjacency.indptr) + 1.0


def upper_tail_p(z: ArrayLike) -> Floats:
    """The share of a normal distribution above z: one-sided, upper tail; nan stays nan.

    For Gi* on sparse harm far too small (see the module): compare `gi_star_scatter_p`.
    """
    from scipy.special import ndtr

    return np.asarray(ndtr(-np.asarray(z, dtype=np.float64)), dtype=np.float64)


def bh_q_values(p: ArrayLike) -> Floats:
    """Benjamini and Hochberg's q of each p: the smallest false discovery rate at which it would be called.

    With m p values in order, q₍ᵢ₎ = min over j ≥ i of p₍ⱼ₎ m / j; so p ≤ q ≤ 1, and q keeps the order of p. nan stays
    nan and is not counted in m. Holds for independent p and for the positive dependence that neighbours have.
    Misleads when the p themselves are too small. ValueError for a p outside 0 to 1.
    Benjamini & Hochberg 1995, https://doi.org/10.1111/j.2517-6161.1995.tb02031.x; Benjamini & Yekutieli 2001,
    https://doi.org/10.1214/aos/1013699998
    """
    p = np.asarray(p, dtype=np.float64)
    known = ~np.isnan(p)
    given = p[known]
    if ((given < 0) | (given > 1)).any():
        raise ValueError("a p value lies between 0 and 1")
    order = np.argsort(given)
    # m / j first: times a number of 1 or more, so that no rounding takes q below p.
    scaled = given[order] * (len(given) / np.arange(1, len(given) + 1))
    stepped = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    found = np.empty(len(given))
    found[order] = stepped
    q = np.full(p.shape, np.nan)
    q[known] = found
    return q


# ---------------------------------------------------------------- p without the normal distribution


def gi_star_scatter_p(values: ArrayLike, adjacency: csr_array) -> Floats:
    """Exact upper-tail p of Gi* when the map's harm is scattered at random over its cells.

    The null: a neighbourhood of w cells, the cell itself included, is w draws from all values of the map, so
    pᵢ = P(a sum of wᵢ draws ≥ the sum found). Computed, not simulated: the distribution of the sum is the distribution
    of one value folded w times (Fourier transform), on a grid of 131,072 steps. No seed, no floor of 1/(draws + 1), no
    normal approximation, so it holds for sparse and skewed harm. Sums within rounding of the grid count as reached: p
    is never too small by it. Draws are with replacement, which makes p a little larger than shuffling does, by about
    one part in n for a lone largest value. Values below 1e-12 are given as 1e-12; nan where `gi_star` is.

    Another null than `gi_star_permutation_p`: here the cell's own value is part of the evidence.
    """
    from scipy import fft

    x, size = _checked(values, adjacency)
    p = np.full(len(x), np.nan)
    defined = ~np.isnan(gi_star(x, adjacency))
    if not defined.any():
        return p
    widest = int(size.max())
    step = (x.max() - x.min()) * widest / (_BINS - 1)
    grid = np.round((x - x.min()) / step).astype(np.int64)
    found = grid + np.rint(adjacency @ grid).astype(np.int64)
    one = fft.rfft(np.bincount(grid, minlength=_BINS) / len(x))
    for width in np.unique(size[defined]).astype(int):
        here = defined & (size == width)
        tail = np.cumsum(fft.irfft(one**width, _BINS)[::-1])[::-1]
        p[here] = tail[np.maximum(found[here] - width, 0)]  # each draw and each value is at most half a step off
    return np.clip(p, _LEAST_P, 1.0)


def gi_star_permutation_p(values: ArrayLike, adjacency: csr_array, draws: int = 999, seed: int = 1) -> Floats:
    """Conditional permutation p of Gi*, upper tail: (r + 1) / (draws + 1).

    For each cell its own value is held, and its neighbours' values are drawn without replacement from all other cells;
    r counts the draws whose sum is at least the one found. The null is that the *surroundings* of the cell are like
    any other cells, given what the cell holds: a hot cell among quiet ones is not significant, however hot. Shuffling
    the whole map (`gi_star_scatter_p`) asks whether cell and surroundings together are more than chance puts anywhere.

    One set of random orders serves all cells: dropping the cell itself from an order of all cells leaves a fair order
    of the others. Each p is right by itself; the p of a map share the luck of the draws, so repeat with another seed
    or take more draws (they are cheap) before reading much into one. The least p is 1 / (draws + 1): too coarse for
    q-values of a large map with 999. A cell without neighbours has p = 1; nan where `gi_star` is.
    Anselin 1995, https://doi.org/10.1111/j.1538-4632.1995.tb00338.x
    """
    x, size = _checked(values, adjacency)
    if draws < 1:
        raise ValueError(f"{draws} draws: at least 1 is needed")
    z = gi_star(x, adjacency)
    if not len(x):
        return z
    degree = (size - 1).astype(np.int64)
    reach = np.asarray(adjacency @ x) - 1e-10 * np.abs(x).max()  # sums added in another order are ties all the same
    rng = np.random.default_rng(seed)
    width = int(degree.max()) + 1
    block = max(1, _BLOCK // (len(x) if len(x) <= width**2 else width))
    count = np.zeros(len(x), dtype=np.int64)
    for start in range(0, draws, block):
        orders = _random_orders(len(x), width, min(block, draws - start), rng)
        count += _times_reached(x, degree, reach, orders)
    return np.where(np.isnan(z), np.nan, (count + 1) / (draws + 1))


def _random_orders(n: int, length: int, draws: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """(draws, length): the beginnings of random orders of n cells, no cell twice in a row."""
    if n <= length**2:
        return rng.permuted(np.tile(np.arange(n), (draws, 1)), axis=1)[:, :length]
    orders = rng.integers(n, size=(draws, length))
    again = np.arange(draws)
    while len(again):  # an order with a repeat is drawn anew as a whole, which leaves all others equally likely
        ordered = np.sort(orders[again], axis=1)
        again = again[(ordered[:, 1:] == ordered[:, :-1]).any(axis=1)]
        orders[again] = rng.integers(n, size=(len(again), length))
    return orders


def _times_reached(x: Floats, degree: NDArray[np.int64], reach: Floats, orders: NDArray[np.int64]) -> NDArray[np.int64]:
    """How often the first cells of an order, as many as a cell has neighbours and itself left out, sum to ``reach``.

    Sorted sums answer for all cells of one degree at once; the few orders in which the cell itself came up are mended.
    """
    sums = np.zeros((len(orders), orders.shape[1] + 1))
    np.cumsum(x[orders], axis=1, out=sums[:, 1:])
    count = np.zeros(len(x), dtype=np.int64)
    for d in np.unique(degree):
        same = np.flatnonzero(degree == d)
        count[same] = len(orders) - np.searchsorted(np.sort(sums[:, d]), reach[same])
    draw, position = np.nonzero(np.arange(orders.shape[1]) < degree[orders])
    cell = orders[draw, position]
    d = degree[cell]
    counted = (sums[draw, d] >= reach[cell]).astype(np.int64)
    rightly = (sums[draw, d + 1] - x[cell] >= reach[cell]).astype(np.int64)
    np.add.at(count, cell, rightly - counted)
    return count


# ---------------------------------------------------------------- tables


def gi_table(
    cells: ArrayLike, values: ArrayLike, population: ArrayLike | None = None, p: str = "normal"
) -> pd.DataFrame:
    """cell, gi_z, gi_p, gi_q for each of ``cells``, in their order. p and q belong to the upper tail.

    ``values``: harm of each cell. A cell without a figure (nan) is unknown, not zero: it is left out of the population
    and has no z. ``population``: the cells that are compared, those not in ``cells`` being zero; without it the cells
    and all that adjoin them. Every cell of the population counts as a test in q. ``p``: "normal" for `upper_tail_p`,
    "scatter" for `gi_star_scatter_p`, which holds for sparse harm where the other calls far too much.
    ValueError for cells that come twice, or that the population lacks.
    """
    cells = np.asarray(cells, dtype=np.int64)
    x = np.asarray(values, dtype=np.float64)
    if p not in ("normal", "scatter"):
        raise ValueError(f"p is {p!r}; use normal or scatter")
    if x.shape != cells.shape:
        raise ValueError(f"cells of shape {cells.shape} and values of shape {x.shape} do not pair up")
    everyone = geography.surroundings(cells) if population is None else np.unique(np.asarray(population, np.int64))
    everyone = np.setdiff1d(everyone, cells[np.isnan(x)])
    known = np.flatnonzero(~np.isnan(x))
    place = _places(cells[known], everyone)
    full = np.zeros(len(everyone))
    full[place] = x[known]
    adjoining = geography.adjacency(everyone)
    z = gi_star(full, adjoining)
    tail = upper_tail_p(z) if p == "normal" else gi_star_scatter_p(full, adjoining)
    table = pd.DataFrame({"cell": cells})
    for name, column in (("gi_z", z), ("gi_p", tail), ("gi_q", bh_q_values(tail))):
        of_cells = np.full(len(cells), np.nan)
        of_cells[known] = column[place]
        table[name] = of_cells
    return table


def _places(cells: NDArray[np.int64], everyone: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each cell stands in the sorted population; ValueError when it is not there."""
    place = np.searchsorted(everyone, cells)
    lacking = place == len(everyone)
    lacking[~lacking] = everyone[place[~lacking]] != cells[~lacking]
    if lacking.any():
        raise ValueError(f"the population lacks {int(lacking.sum())} of the {len(cells)} cells")
    return place


# ---------------------------------------------------------------- spans


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


def spans_of(periods: Iterable[int], n_spans: int | None = None) -> tuple[tuple[int, ...], ...]:
    """The observed periods in consecutive spans of equal number of periods, oldest first; () when too few.

    Without ``n_spans``: one span for every `SPAN_PERIODS` periods, but `MIN_SPANS` to `MAX_SPANS` of them. Periods that
    are left over are the oldest. For weeks, which are sparser than months, ask for fewer spans.
    """
    held = sorted({int(p) for p in periods})
    k = min(max(len(held) // SPAN_PERIODS, MIN_SPANS), MAX_SPANS) if n_spans is None else n_spans
    if k < MIN_SPANS or len(held) < k:
        return ()
    length = len(held) // k
    first = len(held) - k * length
    return tuple(tuple(held[first + i * length : first + (i + 1) * length]) for i in range(k))


def why_no_patterns(periods: Iterable[int], n_spans: int | None = None) -> str:
    """Why `cell_patterns` gives none for these observed periods, as a sentence; '' when it gives some."""
    held = len({int(p) for p in periods})
    if n_spans is not None and n_spans < MIN_SPANS:
        return f"Patterns need at least {MIN_SPANS} spans to compare, and {n_spans} were asked for."
    if spans_of(periods, n_spans):
        return ""
    return (
        f"Patterns need at least {n_spans or MIN_SPANS} observed periods to compare, and this window has {held}. "
        "Choose a longer window."
    )


def periods_since_break(periods: Iterable[int], breaks: Iterable[int]) -> list[int]:
    """The periods from the last break on, sorted. A break is the first period of a new way of placing incidents."""
    held = sorted({int(p) for p in periods})
    within = [b for b in breaks if held and b <= held[-1]]
    return [p for p in held if p >= max(within)] if within else held


def span_scores(
    cube: pd.DataFrame,
    values: ArrayLike,
    spans: Sequence[Sequence[int]],
    population: ArrayLike | None = None,
) -> SpanScores:
    """Gi* on harm in each span; the population is the same in all of them, so that z can be compared.

    Arguments as `cell_patterns`, with spans from `spans_of`. Cells of the result are the population, sorted.
    """
    cells = cube["cell"].to_numpy(dtype=np.int64)
    if population is None:
        everyone = geography.surroundings(np.unique(cells))
    else:
        everyone = np.unique(np.asarray(population, dtype=np.int64))
    weights = np.nan_to_num(np.asarray(values, dtype=np.float64))
    harm = cube["n_offences"].to_numpy(dtype=np.float64) * weights[cube["offence"].to_numpy()]
    span_of = {period: i for i, span in enumerate(spans) for period in span}
    span = cube["period"].map(span_of).fillna(-1).to_numpy(dtype=np.int64)
    place = _places(cells, everyone)
    adjoining = geography.adjacency(everyone)
    z, p = np.empty((2, len(everyone), len(spans)))
    for i in range(len(spans)):
        inside = span == i
        total = np.bincount(place[inside], weights=harm[inside], minlength=len(everyone))
        z[:, i], p[:, i] = gi_star(total, adjoining), gi_star_scatter_p(total, adjoining)
    return SpanScores(everyone, tuple(tuple(s) for s in spans), z, p)


# ---------------------------------------------------------------- patterns


def cell_patterns(
    cube: pd.DataFrame,
    values: ArrayLike,
    periods: Iterable[int],
    population: ArrayLike | None = None,
    n_spans: int | None = None,
) -> pd.DataFrame:
    """cell and pattern (a key of `PATTERNS`, or '' for none), one row per cell of the cube, by cell id.

    ``cube``: cell, period, offence, n_offences (`hotspots.ranking.cell_periods`). ``values``: the weight of each
    offence code, such as the square roots of its days (with raw days one murder outweighs a year of a busy street);
    nan, an offence without a weight, adds no harm. ``periods``: those that were observed; rows of other periods are
    left out. ``population``: the cells that are compared, all of the cube's among them; without it the cube's cells and
    those adjoining. ``n_spans``: see `spans_of`. With too few periods every pattern is ''; `why_no_patterns` says so.

    The rules, why they are so and when they mislead: see the module.
    """
    cells = np.unique(cube["cell"].to_numpy(dtype=np.int64))
    spans = spans_of(periods, n_spans)
    found = np.full(len(cells), NONE, dtype=object)
    if spans and len(cells):
        scores = span_scores(cube, values, spans, population)
        found = patterns_of(scores.z, scores.p)[_places(cells, scores.cells)]
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
