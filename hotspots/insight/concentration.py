"""How much of the harm lies in how little of the area.

Cells differ in area by a few per cent, and most of a force's area is empty: shares are of the *whole* area of the
BCU, moorland and sea front included, unless only cells are counted. A share divided by its share of area is the
PAI: 41% of harm in 2.6% of the area is 15.8.

**Sparse data always look concentrated.** Ten incidents in a thousand cells lie in ten cells at most, even if every
cell is equally likely. Four figures therefore stand side by side:

- *share*: held by the top x%, picked with hindsight from the same incidents. Too high, always.
- *share_by_chance*: what the top x% would hold if the same offences had fallen anywhere with equal chance.
- *share_adjusted*: the incidents are dealt into ten parts; the top x% is picked on nine and measured on the tenth
  (`held_out_share`). What these x% would catch of fresh incidents of the same months; where risk is even it is x%.
  A little too low as a measure of how concentrated risk is, since the pick itself is uncertain. It needs no model and
  holds for harm, where a cell's sum is a compound Poisson.
- *share_of_rates*: the spread of the underlying risk itself, Poisson noise taken out (`share_of_rates`). Counts only.

In expectation share_adjusted ≤ the truth ≤ share. When all of them mislead: places snapped to map points, or to the
police station, are concentrated by the snapping; months on both sides of a change of map points look *less*
concentrated; and where one event makes several offences, they may be dealt into different parts and the adjustment
corrects too little.

References: Bernasco & Steenbeek 2017, doi:10.1007/s10940-016-9324-7; Mohler et al. 2019,
doi:10.1007/s10940-019-09404-1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from hotspots.base.errors import HotspotsError, sample
from hotspots.geography import cell_from_hex

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

SHARES = (0.01, 0.02, 0.05, 0.10)
FOLDS = 10
REPEATS = 5  # times the incidents are dealt anew
DRAWS = 20  # of incidents falling by chance
WHOLE_WINDOW = "whole window"
WHOLE_FORCE = "all"
MEASURES = ("incidents", "harm_days")
PERIODS: dict[str, Callable[[int], str]] = {
    "year": lambda month: f"{month // 100}",
    "quarter": lambda month: f"{month // 100}-Q{(month % 100 + 2) // 3}",
    "month": lambda month: f"{month // 100}-{month % 100:02d}",
}
COLUMNS = (
    "bcu", "measure", "period", "share_of_area", "share", "share_by_chance", "share_adjusted", "share_of_rates",
    "share_of_cells", "pai", "gini", "gini_adjusted", "cells_in_top", "n_cells", "n", "n_months",
)  # fmt: skip

OVERHANG = 0.005  # cells on the edge reach a little beyond a BCU: when all are given, beyond its whole area

_LOG_SHAPE = (-9.0, 9.0)  # beyond e⁹ a gamma distribution is one rate for all cells
_STARTS = ((-2.0, -1.0), (9.0, -3.0), (9.0, 3.0))  # logit of the part at risk, log shape: sparse, concentrated, even


# ---------------------------------------------------------------- Lorenz, shares and Gini


def lorenz(
    values: ArrayLike, areas: ArrayLike | None = None, total_area: float | None = None, n_cells: int | None = None
) -> pd.DataFrame:
    """The Lorenz curve, highest first: share_of_cells (or share_of_area) and share, from (0, 0) to (1, 1).

    ``values``: a number ≥ 0 per cell (incidents, harm days). Without ``areas`` cells count alike, the highest value
    first, and ``n_cells`` is how many there are with the empty ones. With ``areas`` (m²) the densest cell comes
    first and ``total_area`` is the whole area with its empty parts. Both default to the cells given. A straight line
    between two points: part of a cell holds that part of its value.

    With values that sum to 0 the share is nan. HotspotsError for negative or missing values, areas that are not
    above 0, or cells that outnumber or outgrow the whole.
    """
    value, area, whole = _cells(values, areas, total_area, n_cells)
    across, share = _curve(value / area, area, value, whole)
    return pd.DataFrame({"share_of_cells" if areas is None else "share_of_area": across, "share": share})


def share_in_top(
    values: ArrayLike, shares: Sequence[float] = SHARES, areas: ArrayLike | None = None,
    total_area: float | None = None, n_cells: int | None = None,
) -> Floats:  # fmt: skip
    """The share of the values held by the top 1%, 2%, … of cells, or of area where ``areas`` are given.

    Arguments as for `lorenz`. Misleads on sparse data, always towards concentration: see the module.
    """
    value, area, whole = _cells(values, areas, total_area, n_cells)
    return _read_off(_curve(value / area, area, value, whole), shares)


def gini(
    values: ArrayLike, areas: ArrayLike | None = None, total_area: float | None = None, n_cells: int | None = None
) -> float:
    """Gini coefficient: twice the area between the Lorenz curve and the diagonal; 0 even, towards 1 concentrated.

    Over cells it equals (2 Σ i yᵢ − n − 1) / n, with yᵢ the shares in rising order. At most 1 − 1/n. nan where the
    values sum to 0. On sparse data use `adjusted_gini`. Arguments as for `lorenz`.
    """
    value, area, whole = _cells(values, areas, total_area, n_cells)
    across, share = _curve(value / area, area, value, whole)
    return float(2 * np.trapezoid(share, across) - 1)


def adjusted_gini(counts: ArrayLike, n_cells: int | None = None) -> float:
    """The generalised Gini of Bernasco & Steenbeek (2017): G′ = max(1, n / c) (G − 1) + 1.

    c incidents in n cells. Fewer incidents than cells cannot be spread evenly; the line of greatest equality then
    reaches 1 at c / n of the cells, not at 1, and G′ is the area between that line and the curve over the area above
    the line. So G′ = 0 when no cell has two incidents, 1 − 1/c when one cell has all of them, and G where c ≥ n.

    Misleads: the yardstick is the *most even* outcome, not the one chance gives: incidents that fall at random still
    have G′ above 0 (about 0.52 where c = n, 0.09 where c = n / 10). Compare with share_by_chance. nan without
    incidents; HotspotsError where the counts are not whole numbers. Reference: doi:10.1007/s10940-016-9324-7.
    """
    count = _whole(counts)
    n, c = n_cells or len(count), int(count.sum())
    return float(max(1.0, n / c) * (gini(count, n_cells=n) - 1) + 1) if c else float("nan")


def _cells(
    values: ArrayLike, areas: ArrayLike | None, total_area: float | None, n_cells: int | None
) -> tuple[Floats, Floats, float]:
    """Values, the area of each cell (1 where cells count alike) and the whole."""
    value = np.asarray(values, dtype=np.float64)
    bad = ~(np.isfinite(value) & (value >= 0))
    if bad.any():
        raise HotspotsError(f"Concentration needs numbers of 0 or more; {bad.sum():,} are not: {sample(value[bad])}.")
    if areas is None:
        area, whole, unit = np.ones(len(value)), float(n_cells or len(value)), "cells"
        most = whole
    else:
        area, unit = np.asarray(areas, dtype=np.float64), "m²"
        if len(area) != len(value) or not (area > 0).all():
            raise HotspotsError("Concentration needs an area above 0 m² for every cell.")
        whole = float(area.sum() if total_area is None else total_area)
        most = whole * (1 + OVERHANG)
    total = float(area.sum())
    if total > most:
        raise HotspotsError(f"The cells come to {total:,.0f} {unit}, more than the whole of {whole:,.0f} {unit}.")
    return value, area, max(whole, total)


def _curve(order_by: Floats, area: Floats, held: Floats, whole: float) -> tuple[Floats, Floats]:
    """Cumulative shares of area and of ``held``, by falling ``order_by``. Ties are one straight piece.

    What is left of the whole is empty: it ties with cells whose ``order_by`` is 0.
    """
    # ties must not be broken by the order of the cells, nor empty cells go before empty land
    level, place = np.unique(np.append(-order_by, 0.0), return_inverse=True)
    rest = max(whole - float(area.sum()), 0.0)
    across = np.bincount(place, weights=np.append(area, rest), minlength=len(level))
    up = np.bincount(place, weights=np.append(held, 0.0), minlength=len(level))
    total = float(up.sum())
    x = np.append(0.0, np.cumsum(across) / max(float(across.sum()), 1e-300))
    y = np.append(0.0, np.cumsum(up) / total) if total > 0 else np.full(len(level) + 1, np.nan)
    if total > 0:
        x[-1], y[-1] = 1.0, 1.0
    return x, y


def _read_off(curve: tuple[Floats, Floats], shares: Sequence[float]) -> Floats:
    return np.interp(_checked_shares(shares), *curve)


def _checked_shares(shares: Sequence[float]) -> Floats:
    wanted = np.asarray(shares, dtype=np.float64)
    if not ((wanted > 0) & (wanted <= 1)).all():
        raise HotspotsError(f"Shares are parts of 1, above 0; found {sample(wanted[(wanted <= 0) | (wanted > 1)])}.")
    return wanted


def _whole(counts: ArrayLike) -> Counts:
    count = np.asarray(counts, dtype=np.float64)
    if not (np.isfinite(count) & (count >= 0) & (count == np.round(count))).all():
        raise HotspotsError("Counts of incidents are whole numbers of 0 or more; weighted sums cannot be used here.")
    return count.astype(np.int64)


# ---------------------------------------------------------------- sparse data


def share_by_chance(
    counts: ArrayLike, weights: ArrayLike, n_cells: int, shares: Sequence[float] = SHARES, draws: int = DRAWS,
    seed: int = 1,
) -> Floats:  # fmt: skip
    """The share the top x% of cells would hold if the same offences fell on ``n_cells`` equal cells by chance.

    ``counts``: offences of each kind; ``weights``: what one of that kind adds (1 for incidents, its days for harm).
    The mean of ``draws`` seeded draws in which every single offence falls anywhere with equal chance. Offences of
    one incident fall apart here, so with several offences to an incident it is a little too low.
    """
    weight = np.repeat(np.asarray(weights, dtype=np.float64), _whole(counts))
    if not weight.sum() > 0 or n_cells < 1:
        return np.full(len(shares), np.nan)
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(draws):
        cell = rng.integers(0, n_cells, len(weight))
        held = np.bincount(cell, weights=weight)
        drawn.append(share_in_top(held[held > 0], shares, n_cells=n_cells))
    return np.mean(drawn, axis=0)


def held_out_share(
    counts: ArrayLike, cell_of: ArrayLike | None = None, weights: ArrayLike | None = None,
    shares: Sequence[float] = SHARES, areas: ArrayLike | None = None, total_area: float | None = None,
    n_cells: int | None = None, folds: int = FOLDS, repeats: int = REPEATS, seed: int = 1,
) -> Floats:  # fmt: skip
    """The share of held-out harm (or incidents) that lies in the top x%, picked without it.

    ``counts``: offences, one line per cell or per cell and kind of offence; ``cell_of``: the position of each line's
    cell in ``areas``, and ``weights`` what one offence of the line adds (default: a line per cell, weight 1). Areas
    as for `lorenz`, for every cell.

    Every offence is dealt to one of ``folds`` parts at random (multinomial thinning). Each part in turn is measured
    on the cells that are densest in the others; cells that tie share alike. The parts' sums are added up, so the
    whole harm counts once, and the figure is the mean over ``repeats`` deals, seeded. ``folds=2`` is split-half.

    Given the number in each part, the places in one say nothing of those in another beyond the risk of the places
    (Poisson thinning; for harm, kind by kind). Hence, with even risk, the top 5% of area holds 5% in expectation,
    however sparse the data, and otherwise the figure is what the pick would catch of as many fresh incidents. It
    rests on nine tenths of the incidents and an uncertain pick, so it stays a little below the concentration of risk.
    """
    count = _whole(counts)
    line = np.arange(len(count)) if cell_of is None else np.asarray(cell_of, dtype=np.int64)
    weight = np.ones(len(count)) if weights is None else np.asarray(weights, dtype=np.float64)
    least = 0 if areas is None else len(np.asarray(areas))
    harm, area, whole = _cells(np.bincount(line, count * weight, least), areas, total_area, n_cells)
    if not harm.sum() > 0:
        return np.full(len(shares), np.nan)
    rng = np.random.default_rng(seed)
    caught = np.zeros(len(shares))
    for _ in range(repeats):
        dealt = rng.multinomial(count, np.full(folds, 1 / folds))
        for part in dealt.T:
            held: Floats = np.bincount(line, weights=part * weight, minlength=len(area)).astype(np.float64)
            rest = np.bincount(line, weights=(count - part) * weight, minlength=len(area))
            if held.sum() > 0:
                caught += held.sum() * _read_off(_curve(rest / area, area, held, whole), shares)
    return caught / (repeats * harm.sum())


def share_of_rates(counts: ArrayLike, n_cells: int | None = None, shares: Sequence[float] = SHARES) -> Floats:
    """The share of all *risk* in the top x% of cells, by risk: the Lorenz curve of the rates, without Poisson noise.

    After Mohler et al. (2019), counts are Poisson given each cell's rate and rates follow a gamma distribution; here
    a part of the cells (moor, fields, water) may have no risk at all (`fit_rates`). With the part π at risk and the
    shape k, the top x of the cells holds 1 − F(F⁻¹(1 − x / π; k); k + 1), F being the standard gamma's distribution
    function. Cells count alike, whatever their area. Counts only: harm has no such distribution.

    Misleads where no gamma fits: on the Lancashire archive a plain gamma puts more risk in the top 1% of East than
    was *observed*; with the part without risk the figure lies between share_adjusted and share, or within two points.
    Incidents that come in series (a month of one neighbour dispute) push it up in short periods: it takes them for
    risk of the place. nan without incidents.
    """
    count = _whole(counts)
    wanted = _checked_shares(shares)
    if not count.sum():
        return np.full(len(wanted), np.nan)
    from scipy.special import gammaincc, gammainccinv

    at_risk, shape = fit_rates(count, n_cells)
    within = np.minimum(wanted / at_risk, 1.0)
    return np.asarray(gammaincc(shape + 1, gammainccinv(shape, within)), dtype=np.float64)


def fit_rates(counts: ArrayLike, n_cells: int | None = None) -> tuple[float, float]:
    """(part of the cells at risk, shape k of their rates' gamma distribution), by maximum likelihood.

    The zero-inflated negative binomial with the mean held at the observed one. (1, k) is the plain Poisson–gamma
    model. The best of three Nelder–Mead searches.
    """
    from scipy.optimize import minimize
    from scipy.special import expit

    count = _whole(counts)
    empty = (n_cells or len(count)) - len(count)
    seen, times = np.unique(np.append(count, np.zeros(empty, dtype=np.int64)), return_counts=True)
    mean = float(count.sum()) / (len(count) + empty)

    def cost(at: Floats) -> float:
        at_risk, shape = float(expit(at[0])), float(np.exp(np.clip(at[1], *_LOG_SHAPE)))
        chance = at_risk * np.exp(_log_negative_binomial(seen, shape, mean / at_risk))
        chance[seen == 0] += 1 - at_risk
        return -float(times @ np.log(np.maximum(chance, 1e-300)))

    found = [minimize(cost, start, method="Nelder-Mead", options={"maxiter": 1000}) for start in _STARTS]
    best = min(found, key=lambda result: float(result.fun)).x
    return float(expit(best[0])), float(np.exp(np.clip(best[1], *_LOG_SHAPE)))


def _log_negative_binomial(count: Counts, shape: float, mean: float) -> Floats:
    """log P(count) of a Poisson whose rate is gamma with this shape and mean."""
    from scipy.special import gammaln

    ways = gammaln(count + shape) - gammaln(shape) - gammaln(count + 1)
    return np.asarray(ways + shape * np.log(shape / (shape + mean)) + count * np.log(mean / (shape + mean)))


# ---------------------------------------------------------------- per BCU and over time


def concentration_table(
    cube: pd.DataFrame, scores: pd.DataFrame, cells: pd.DataFrame, total_area_m2: Mapping[str, float],
    by: str = "quarter",
) -> pd.DataFrame:  # fmt: skip
    """Concentration of incidents and of harm, per BCU, in the whole window and over time: `COLUMNS`.

    ``cube``: of `hotspots.ranking.gather` by month (YYYYMM); ``scores``: of
    `hotspots.harm.scoring.score_offences`; ``cells``: cell (int64 or hex), bcu and area_m2, such as an answer's table
    (cells of the cube that it lacks are left out); ``total_area_m2``: the whole area of each BCU
    (`hotspots.geography.bcu_areas_m2`); ``by``: year, quarter, month, or '' for the whole window only. With several
    BCUs, the force as a whole comes first, as 'all'.

    A row per BCU, measure (incidents; harm_days, of scored offences only), period and share of area. The columns are
    explained in the module and the data dictionary; shares are rounded to four decimals. gini is over area,
    gini_adjusted over cells and for counts only. A figure that cannot be given is nan.

    Over time compare share_adjusted, or share with share_by_chance beside it: a quarter has fewer incidents than a
    year and looks more concentrated for that alone. The same seed gives the same table. HotspotsError for another
    ``by`` or a BCU without an area.
    """
    if by and by not in PERIODS:
        raise HotspotsError(f"Periods are '{by[:20]}'; use {', '.join(PERIODS)} or nothing.")
    placed = _placed_cells(cells, total_area_m2)
    rows = cube.merge(placed, on="cell", how="inner")
    bcus = sorted(placed["bcu"].unique(), key=list(total_area_m2).index)
    groups = [WHOLE_FORCE, *bcus] if len(bcus) > 1 else bcus
    total = {**total_area_m2, WHOLE_FORCE: sum(total_area_m2[bcu] for bcu in bcus)}
    lines: list[dict[str, object]] = []
    for bcu in groups:
        mine = rows if bcu == WHOLE_FORCE else rows[rows["bcu"] == bcu]
        for period, part in _periods(mine, by):
            for measure in MEASURES:
                about = {"bcu": bcu, "measure": measure, "period": period}
                lines += _measured(about, part, scores, total[bcu])
    return pd.DataFrame(lines, columns=list(COLUMNS))


def lorenz_curves(
    cube: pd.DataFrame, scores: pd.DataFrame, cells: pd.DataFrame, total_area_m2: Mapping[str, float], bcu: str
) -> pd.DataFrame:
    """Lorenz curves over area of incidents and of harm in one BCU, or in 'all': curve, share_of_area and share.

    Arguments as for `concentration_table`; drawn by `hotspots.charts.evidence.lorenz_spec`. A measure that sums to 0
    has none.
    """
    placed = _placed_cells(cells, total_area_m2)
    placed = placed if bcu == WHOLE_FORCE else placed[placed["bcu"] == bcu]
    rows = cube.merge(placed, on="cell", how="inner")
    total = sum(total_area_m2[name] for name in placed["bcu"].unique())
    curves = []
    for curve, is_count in (("Incidents", True), ("Harm days", False)):
        lines = _lines(rows, scores, is_count).assign(held=lambda f: f["n"] * f["weight"])
        held = lines.groupby("cell").agg({"held": "sum", "area_m2": "first"})
        if len(held):
            curves.append(lorenz(held["held"], held["area_m2"], total).assign(curve=curve))
    names = ["curve", "share_of_area", "share"]
    return pd.concat(curves, ignore_index=True)[names] if curves else pd.DataFrame(columns=names)


def _placed_cells(cells: pd.DataFrame, total_area_m2: Mapping[str, float]) -> pd.DataFrame:
    """cell (int64), bcu and area_m2, once each."""
    placed = cells[["cell", "bcu", "area_m2"]].drop_duplicates("cell")
    if not pd.api.types.is_integer_dtype(placed["cell"]):
        placed = placed.assign(cell=np.array([cell_from_hex(text) for text in placed["cell"]], dtype=np.int64))
    if lacking := sorted(set(placed["bcu"]) - set(total_area_m2)):
        raise HotspotsError(f"The whole area of {sample(lacking)} is not given.")
    return placed


def _periods(rows: pd.DataFrame, by: str) -> list[tuple[str, pd.DataFrame]]:
    """The whole window, then each year, quarter or month that has rows."""
    found = [(WHOLE_WINDOW, rows)]
    if by:
        name = {month: PERIODS[by](int(month)) for month in rows["period"].unique()}
        found += [(str(label), part) for label, part in rows.groupby(rows["period"].map(name))]
    return found


def _measured(
    about: dict[str, object], rows: pd.DataFrame, scores: pd.DataFrame, total_area: float
) -> list[dict[str, object]]:
    """One row for each share of area, for one BCU, period and measure."""
    months = rows["period"].nunique()
    is_count = about["measure"] == "incidents"
    lines = _lines(rows, scores, is_count)
    cell, first = np.unique(lines["cell"], return_index=True)
    area = lines["area_m2"].to_numpy(dtype=np.float64)[first]
    place = np.searchsorted(cell, lines["cell"])
    n, weight = lines["n"].to_numpy(), lines["weight"].to_numpy()
    held = np.bincount(place, weights=n * weight, minlength=len(cell))
    n_all = max(round(total_area / area.mean()), len(cell)) if len(cell) else 0
    kinds = lines.groupby("weight")["n"].sum()
    share = share_in_top(held, areas=area, total_area=total_area)
    figures = {
        "share_of_area": np.asarray(SHARES),
        "share": share,
        "share_by_chance": share_by_chance(kinds.to_numpy(), kinds.index.to_numpy(), n_all),
        "share_adjusted": held_out_share(n, place, weight, areas=area, total_area=total_area),
        "share_of_rates": share_of_rates(held, n_all) if is_count else np.full(len(SHARES), np.nan),
        "share_of_cells": share_in_top(held, n_cells=n_all),
        "pai": share / np.asarray(SHARES),
    }
    same = {
        "gini": round(gini(held, area, total_area), 4),
        "gini_adjusted": round(adjusted_gini(held, n_all), 4) if is_count else np.nan,
        "n_cells": len(cell),
        "n": int(n.sum()),
        "n_months": months,
    }
    table = pd.DataFrame(figures).round(4).assign(cells_in_top=[round(n_all * s) for s in SHARES])
    return [{**about, **same, **{str(k): v for k, v in row.items()}} for row in table.to_dict("records")]


def _lines(rows: pd.DataFrame, scores: pd.DataFrame, is_count: bool) -> pd.DataFrame:
    """cell, area_m2, weight and n: incidents per cell, or scored offences per cell and weight."""
    if is_count:
        lines = rows.assign(weight=1.0, n=rows["n_incidents"])
    else:
        days = scores["days"].where(scores["status"] == "scored").to_numpy(dtype=np.float64)[rows["offence"]]
        lines = rows.assign(weight=days, n=rows["n_offences"]).dropna(subset="weight")
    lines = lines.groupby(["cell", "weight"], as_index=False).agg({"area_m2": "first", "n": "sum"})
    return lines[(lines["n"] > 0) & (lines["weight"] > 0)]
