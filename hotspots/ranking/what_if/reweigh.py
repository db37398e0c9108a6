"""Other weights, other hot spots? Two weight sets side by side, and how far a ranking hangs on its weights.

All of it starts from counts per cell and offence, made once, so that a change of weights costs a product of a
sparse matrix with a vector. Ranks and ties are those of `hotspots.ranking.rank`.

Limits: agreement of two weight sets says nothing of whether either is right. Offences that neither set scores move
nothing. Under 'harm-cap' the cap is in days, so there (and only there) the unit of a set matters. Expected harm is
fitted anew for each set that is compared; the draws of `robustness` keep the fit and change what offences weigh.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hotspots.base.choices import DEFAULT_METHOD, EXPECTED
from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.harm.offences import normalise_ho_class, normalise_urn
from hotspots.harm.scoring import WeightSet, is_scored, score_offences, scored_days
from hotspots.ranking.expected.model import band_rates, expected_harm
from hotspots.ranking.rank import CAP_DAYS, checked_method, levelled, order_of, transformed

if TYPE_CHECKING:
    from scipy.sparse import csr_array

PERSISTENCE = 0.9  # of rank-biased overlap: the first ten ranks carry 86% of the weight
INTERVAL = (0.05, 0.5, 0.95)  # of the draws: rank_low, rank_median, rank_high
BLOCK = 50  # draws at a time, to bound memory
NO_CHANGE = 1e-12  # of all harm: less is the rounding of sums
OWN_COLUMNS = ("cell", "rank", "share_in_top", "rank_low", "rank_median", "rank_high")


@dataclass(frozen=True, eq=False)
class Counts:
    """Offences per cell, whatever the weights. ``matrix``: cells × offence codes; rows in order of cell id.

    ``cube``: what it was made from, all cells and periods; ``periods`` and ``exposure`` as in `expected_harm`.
    """

    cell: np.ndarray
    n_incidents: np.ndarray
    matrix: csr_array
    cube: pd.DataFrame
    periods: Sequence[int] | None = None
    exposure: Sequence[float] | None = None
    horizon: float = Settings.expected_months


@dataclass(frozen=True, eq=False)
class Ranks:
    """One ranking: per cell its rank (from 1), the figure ranked by (nan where none is scored) and harm days."""

    rank: np.ndarray
    figure: np.ndarray
    harm: np.ndarray

    def in_top(self, top: int) -> np.ndarray:
        """Whether each cell is among the first ``top``; a cell without a figure never is."""
        return (self.rank <= top) & ~np.isnan(self.figure)


def count_cells(
    cube: pd.DataFrame, n_offences: int, cells: np.ndarray | None = None, periods: Sequence[int] | None = None,
    exposure: Sequence[float] | None = None, horizon: float = Settings.expected_months,
) -> Counts:  # fmt: skip
    """The counts of a cube (`hotspots.ranking.gather`), over its periods; ``cells``: of these only (int64)."""
    from scipy.sparse import coo_array

    whole = cube
    if cells is not None:
        cube = cube[np.isin(cube["cell"].to_numpy(), cells)]
    code, cell = pd.factorize(cube["cell"].to_numpy(dtype=np.int64), sort=True)
    n = cube["n_offences"].to_numpy(dtype=float)
    matrix = coo_array((n, (code, cube["offence"].to_numpy())), shape=(len(cell), n_offences)).tocsr()
    incidents = np.bincount(code, weights=cube["n_incidents"].to_numpy(dtype=float), minlength=len(cell))
    return Counts(cell, incidents, matrix, whole, periods or None, exposure or None, horizon)


def rank_counts(counts: Counts, scores: pd.DataFrame, method: str = DEFAULT_METHOD, cap: float = CAP_DAYS) -> Ranks:
    """The ranking that `hotspots.ranking.rank.rank_cells` gives, from counts."""
    days = scored_days(scores)
    has_figure = counts.matrix @ is_scored(scores).astype(float) > 0
    harm = np.where(has_figure, counts.matrix @ days, np.nan)
    if method == "count":
        figure = counts.n_incidents
    elif method == EXPECTED:
        found = expected_harm(counts.cube, scores, counts.periods, counts.exposure, draws=0, horizon=counts.horizon)
        figure = found.set_index("cell")["harm_expected_days"].reindex(counts.cell).to_numpy(dtype=float)
    else:
        figure = np.where(has_figure, counts.matrix @ transformed(days, method, cap), np.nan)
    rank = np.empty(len(counts.cell), dtype=np.int64)
    rank[order_of(figure, harm, counts.n_incidents, counts.cell)] = np.arange(1, len(rank) + 1)
    return Ranks(rank, figure, harm)


def rescore(scores: pd.DataFrame, weights: WeightSet) -> pd.DataFrame:
    """The same offences, in the same order and columns, with the weights of another set."""
    return score_offences(scores, weights)[scores.columns.tolist()]


def equal_weights(scores: pd.DataFrame) -> pd.DataFrame:
    """The same offences, every scored one weighing one day: a count of scored offences."""
    scored = is_scored(scores)
    return scores.assign(**{c: np.where(scored, 1.0, scores[c]) for c in ("days", "days_low", "days_high")})


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two rankings of the same cells, A and B.

    ``table``: every cell, in the order of A: cell (int64), rank_a, rank_b, shift = rank_a − rank_b (above 0: B puts it
    higher), change ('enters', 'leaves', 'stays', or '' outside both tops), harm_a and harm_b (the figure ranked by;
    nan where nothing is scored), driver (label of the offence that moved the cell most, '' where none did),
    driver_days (its harm days here under B less those under A), driver_share (change of its part in all harm).
    """

    table: pd.DataFrame
    jaccard: float
    rbo: float
    n_enter: int
    n_leave: int
    top: int


def compare_rankings(
    counts: Counts, scores_a: pd.DataFrame, scores_b: pd.DataFrame, method: str = DEFAULT_METHOD,
    top: int = Settings.top, cap: float = CAP_DAYS,
) -> Comparison:  # fmt: skip
    """Rank the cells under two sets of weights and say what moved.

    ``counts``: of `count_cells`; ``scores_a``, ``scores_b``: one line per offence code (`rescore` makes one from the
    other). Jaccard = |A ∩ B| / |A ∪ B| of the two tops; `rbo` takes their order into account.

    **Driver.** Sets differ in scale, so days cannot be compared. An offence's part in a cell is
    s = n · f(w) / Σ n · f(w), over all ranked cells and offences, f being the method's (w, √w, min(w, cap)). The
    driver is the offence with the largest |s_b − s_a|; of equals, the first by code. Multiplying a set by a constant
    moves nothing and drives nothing (but see the module on 'harm-cap'). The driver can sink only because another
    offence rises everywhere: then its share falls though its days do not.
    """
    method = checked_method(method)
    check_top(top)
    same_offences(scores_a, scores_b)
    a, b = (rank_counts(counts, s, method, cap) for s in (scores_a, scores_b))
    top_a, top_b = a.in_top(top), b.in_top(top)
    driver, days, share = drivers(counts, scores_a, scores_b, method, cap)
    table = pd.DataFrame(
        {
            "cell": counts.cell,
            "rank_a": a.rank,
            "rank_b": b.rank,
            "shift": a.rank - b.rank,
            "change": np.select([top_a & top_b, top_a, top_b], ["stays", "leaves", "enters"], ""),
            "harm_a": a.figure,
            "harm_b": b.figure,
            "driver": driver,
            "driver_days": days,
            "driver_share": share,
        }
    )
    lists = [counts.cell[np.flatnonzero(t)[np.argsort(r.rank[t])]].tolist() for r, t in ((a, top_a), (b, top_b))]
    return Comparison(
        table.sort_values("rank_a").reset_index(drop=True), jaccard(*lists), rbo(*lists),
        int((top_b & ~top_a).sum()), int((top_a & ~top_b).sum()), top,
    )  # fmt: skip


def drivers(
    counts: Counts, scores_a: pd.DataFrame, scores_b: pd.DataFrame, method: str, cap: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per cell: the driver's label, its change in days and in share. See `compare_rankings`."""
    matrix = counts.matrix
    days_a, days_b = scored_days(scores_a), scored_days(scores_b)
    change = np.zeros(len(days_a))
    if method != "count":
        n = matrix.sum(axis=0)
        change = share_of_all(transformed(days_b, method, cap), n) - share_of_all(transformed(days_a, method, cap), n)
    moved = np.abs(matrix.data * change[matrix.indices])
    if not len(moved):
        return np.array([], dtype=object), np.array([]), np.array([])
    most = np.maximum.reduceat(moved, matrix.indptr[:-1])  # every cell of a cube has an offence
    row = np.repeat(np.arange(len(most)), np.diff(matrix.indptr))
    leads = np.flatnonzero(moved >= most[row] * (1 - 1e-9))[::-1]  # the first of equals is written last, and stays
    entry = np.zeros(len(most), dtype=np.int64)
    entry[row[leads]] = leads
    offence, n_here, any_ = matrix.indices[entry], matrix.data[entry], most > NO_CHANGE
    label = np.where(any_, scores_b["label"].to_numpy(dtype=object)[offence], "")
    days = np.where(any_, n_here * (days_b - days_a)[offence], np.nan)
    return label, days, np.where(any_, n_here * change[offence], np.nan)


def share_of_all(weights: np.ndarray, n: np.ndarray) -> np.ndarray:
    """The part in all harm of one offence of each kind."""
    total = float(n @ weights)
    return weights / total if total > 0 else np.zeros(len(weights))


def jaccard(first: Sequence[Hashable], second: Sequence[Hashable]) -> float:
    """|A ∩ B| / |A ∪ B| of two lists as sets; 1 where both are empty. Blind to order."""
    both, either = set(first) & set(second), set(first) | set(second)
    return len(both) / len(either) if either else 1.0


def rbo(first: Sequence[Hashable], second: Sequence[Hashable], p: float = PERSISTENCE) -> float:
    """Rank-biased overlap of two lists without repeats, extrapolated: 1 the same, 0 nothing in common.

    With X_d the number of items common to the first d of both, s and l the lengths (s ≤ l):
    RBO_ext = (1−p)/p · [Σ_{d=1..l} X_d/d · p^d + Σ_{d=s+1..l} X_s (d−s)/(s d) · p^d] + [(X_l − X_s)/l + X_s/s] · p^l.
    A disagreement at the first rank counts most; 1 − p is the chance that a reader stops at each rank. The unseen
    rest is taken to agree as the lists do at their end. There are no ties: ranks are made distinct before.

    Misleads: at p = 0.9 ranks beyond the twentieth hardly count, and a swap of the first two costs much even where
    their harm is all but equal. Reference: Webber, Moffat and Zobel (2010), A similarity measure for indefinite
    rankings, ACM Transactions on Information Systems 28(4), 20, eq. 32, doi 10.1145/1852102.1852106.
    """
    if not 0 < p < 1:
        raise HotspotsError(f"The persistence of rank-biased overlap is {p}; it must lie between 0 and 1.")
    short, long = sorted((list(first), list(second)), key=len)
    s, n = len(short), len(long)
    if s == 0:
        return float(n == 0)
    place_short, place_long = ({item: d for d, item in enumerate(items, 1)} for items in (short, long))
    meets = [max(place_short[i], place_long[i]) for i in place_short.keys() & place_long.keys()]
    overlap = np.cumsum(np.bincount(meets, minlength=n + 1))[1:].astype(float)  # X_d, d = 1 … l
    d = np.arange(1, n + 1)
    powers = p**d
    x_s, x_l = overlap[s - 1], overlap[-1]
    seen = np.sum(overlap / d * powers) + np.sum((x_s * (d - s) / (s * d) * powers)[s:])
    return float((1 - p) / p * seen + ((x_l - x_s) / n + x_s / s) * p**n)


def robustness(
    counts: Counts, scores: pd.DataFrame, method: str = DEFAULT_METHOD, top: int = Settings.top,
    draws: int = Settings.weight_draws, spread: float = Settings.weight_spread, seed: int = Settings.seed,
    alternatives: Mapping[str, pd.DataFrame] | None = None, cap: float = CAP_DAYS,
) -> pd.DataFrame:  # fmt: skip
    """How often a cell stays in the top N when every weight is uncertain by a factor.

    Each draw multiplies every weight of the set (a row of it: offences that share the row share the factor) by
    exp(U), U uniform in [−ln spread, ln spread], independently (PCG64, ``seed``), and ranks anew. Order of draws and
    the number of cells change nothing.

    Returns the cells that are in the top under the set itself, in any draw or under any alternative (all others have
    share 0), by rank: cell (int64), rank under the set itself, share_in_top, rank_low, rank_median and rank_high (ranks
    that 5, 50 and 95% of the draws reach or better), and one bool column per alternative (name → scores): in the top
    under it. The Monte-Carlo standard error of a share is `standard_error`: at most 0.022 with 500 draws.

    Misleads: the spread is an assumption, not an estimate, and errors of real weights are not independent (a guideline
    moves whole groups of offences). The counts are taken as given: this is no interval for chance in the crimes.
    """
    alternatives = alternatives or {}
    method = checked_method(method)
    check_draws(top, draws, spread, alternatives)
    base = rank_counts(counts, scores, method, cap)
    others = {}
    for name, other in alternatives.items():
        same_offences(scores, other)
        others[name] = rank_counts(counts, other, method, cap).in_top(top)
    ranks = drawn_ranks(counts, scores, method, cap, draw_factors(scores, draws, spread, seed), base)
    share = np.count_nonzero(ranks <= top, axis=1) / draws * ~np.isnan(base.figure)
    kept = np.flatnonzero(np.any([base.in_top(top), share > 0, *others.values()], axis=0))
    kept = kept[np.argsort(base.rank[kept])]
    low, median, high = (
        np.quantile(ranks[kept], INTERVAL, axis=1, method="inverted_cdf") if len(kept) else np.empty((3, 0))
    )
    columns = (counts.cell[kept], base.rank[kept], share[kept], *(r.astype(np.int64) for r in (low, median, high)))
    return pd.DataFrame(
        dict(zip(OWN_COLUMNS, columns, strict=True)) | {name: inside[kept] for name, inside in others.items()}
    )


def standard_error(share: np.ndarray | float, draws: int) -> np.ndarray:
    """Monte-Carlo standard error of a share of draws: √(share · (1 − share) / draws)."""
    share = np.asarray(share, dtype=float)
    return np.sqrt(share * (1 - share) / draws)


def draw_factors(scores: pd.DataFrame, draws: int, spread: float, seed: int) -> np.ndarray:
    """Factor of each offence code in each draw: log-uniform in [1/spread, spread], one per row of the weight set."""
    rows = weight_rows(scores)
    random = np.random.Generator(np.random.PCG64(seed))
    reach = np.log(spread)
    return np.exp(random.uniform(-reach, reach, (int(rows.max(initial=-1)) + 1, draws)))[rows]


def weight_rows(scores: pd.DataFrame) -> np.ndarray:
    """A number per offence code, the same for codes that were scored by the same row of the weight set."""
    columns = (scores[c].tolist() for c in ("matched_by", "athena_urn", "ho_class", "crime_type", "offence"))
    keys = []
    for by, urn, ho_class, kind, offence in zip(*columns, strict=True):
        found = {"urn": urn, "class": ho_class, "decision": ho_class, "crime_type": kind}.get(by, offence)
        normal = {"urn": normalise_urn, "class": normalise_ho_class, "decision": normalise_ho_class}.get(
            by, str.casefold
        )
        keys.append((by, normal("" if pd.isna(found) else str(found))))
    return np.asarray(pd.factorize(pd.Series(keys, dtype=object))[0])


def drawn_ranks(
    counts: Counts, scores: pd.DataFrame, method: str, cap: float, factors: np.ndarray, base: Ranks
) -> np.ndarray:
    """Rank of every cell (rows) in every draw (columns). Cells without a figure keep their place at the end."""
    draws = factors.shape[1]
    ranks = np.repeat(base.rank[:, None].astype(np.int32), draws, axis=1)
    if method == "count":
        return ranks
    has_figure = np.flatnonzero(~np.isnan(base.figure))
    # ties that harm does not settle go by count, then cell id: with cells in that order a stable sort leaves them so
    settled = has_figure[np.lexsort((counts.cell[has_figure], -counts.n_incidents[has_figure]))]
    matrix, days = counts.matrix[settled], scored_days(scores)[:, None] * factors
    if method == EXPECTED:
        from scipy.sparse import csr_array

        held, rates, parts = band_rates(counts.cube, scores, counts.periods, counts.exposure)
        # cells × bands: expected offences; bands × draws: what one weighs
        matrix, days = csr_array(rates[np.searchsorted(held, counts.cell[settled])]), parts @ days
        method = "harm"
    for start in range(0, draws, BLOCK):
        block = days[:, start : start + BLOCK]
        order = draw_order(matrix, block, method, cap)
        here = np.empty_like(order, dtype=np.int32)
        np.put_along_axis(here, order, np.arange(1, order.shape[1] + 1, dtype=np.int32)[None, :], axis=1)
        ranks[settled, start : start + block.shape[1]] = here.T
    return ranks


def draw_order(matrix: csr_array, days: np.ndarray, method: str, cap: float) -> np.ndarray:
    """Order of the cells (rows of ``matrix``, ties settled) in each draw (columns of ``days``): draws × cells."""
    figure = falling(matrix @ transformed(days, method, cap))
    order = np.argsort(figure, axis=1, kind="stable")
    if method == "harm":
        return order
    ordered = np.take_along_axis(figure, order, axis=1)
    harm = falling(matrix @ days)
    by_figure = np.take_along_axis(harm, order, axis=1)
    tied = ordered[:, 1:] == ordered[:, :-1]
    for draw in np.flatnonzero((tied & (by_figure[:, 1:] != by_figure[:, :-1])).any(axis=1)):
        order[draw] = np.lexsort((harm[draw], figure[draw]))
    return order


def falling(figures: np.ndarray) -> np.ndarray:
    """Cells × draws → draws × cells, levelled, the largest first when sorted."""
    return -np.ascontiguousarray(levelled(figures).T)


def same_offences(first: pd.DataFrame, second: pd.DataFrame) -> None:
    """Two scorings of the same offences in the same order; anything else is a defect of ours."""
    if first["offence"].tolist() != second["offence"].tolist():
        raise RuntimeError("The two scorings are not of the same offences in the same order.")


def check_top(top: int) -> None:
    if top < 1:
        raise HotspotsError(f"The number of cells in the top is {top}; it must be at least 1.")


def check_draws(top: int, draws: int, spread: float, alternatives: Mapping[str, object]) -> None:
    """Refuse, all problems at once, what cannot be drawn."""
    check_top(top)
    problems = []
    if draws < 1:
        problems.append(f"The number of draws is {draws}; it must be at least 1.")
    if not 1 <= spread < float("inf"):
        problems.append(f"The spread of the weights is {spread}; it must be a factor of 1 or more, such as 2.")
    problems += [f"An alternative cannot be named '{n}': a column is." for n in alternatives if n in OWN_COLUMNS]
    if problems:
        raise HotspotsError(problems)
