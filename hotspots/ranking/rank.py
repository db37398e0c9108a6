"""Cells in order of how much happened there or is expected there, with what makes each figure fragile.

A raw sum of harm days is led by luck: one murder is 5,475 days. So every row carries the count, the raw sum,
the square-root sum, the sum of capped weights and the share of the largest single offence, whatever it is ranked by;
and the method that catches most harm on later data is expected harm (`hotspots.ranking.expected`, docs/method.md).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from hotspots.base.choices import DEFAULT_METHOD, EXPECTED, METHODS
from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.ranking.expected.model import expected_harm

MEASURE = {
    EXPECTED: "harm_expected_days", "count": "n_incidents", "harm": "harm_days", "harm-sqrt": "harm_sqrt",
    "harm-cap": "harm_capped",
}  # fmt: skip
CAP_DAYS = Settings.harm_cap_days
TIE = 12  # decimals of the largest figure: sums nearer than that differ by the order of adding, not by harm
SEVERE, FEW, INDOORS = "one severe event", "few incidents", "rape leads (mostly indoors)"


def rank_cells(
    cell_periods: pd.DataFrame, weights: pd.DataFrame, method: str = DEFAULT_METHOD, top: int | None = None,
    cap: float = CAP_DAYS, expected: pd.DataFrame | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Rank the cells of a cube.

    ``cell_periods``: from `hotspots.ranking.gather.build_cell_periods`; ``weights``: one line per offence code,
    in order, from `hotspots.harm.scoring.score_offences` (days, days_low, days_high, status, label, offence_group; days
    alone will do, see `completed`). ``cap``: days, for harm_capped. ``expected``: from
    `hotspots.ranking.expected.expected_harm`, if it is there already; ranked by expected harm it is made here
    otherwise, over the cube's own periods and with one top for all cells. A method's name may be written with _ for -.

    Returns one row per cell with at least one offence, best first: rank, cell (int64), n_incidents,
    harm_days = Σ nᵢ wᵢ, harm_sqrt = Σ nᵢ √wᵢ, largest_offence_share = max wᵢ / harm_days (one single offence, not
    one kind of offence), largest_offence, n_offences, n_unscored, n_ambiguous, harm_days_low and harm_days_high
    (ambiguous offences at the ends of their range), rape_share, harm_capped = Σ nᵢ min(wᵢ, cap). Sums are over scored
    offences only: a cell with none has no harm figure (nan), not zero, and comes last. With expected harm also
    harm_expected_days, harm_expected_low, harm_expected_high, p_top and p_top_next.

    Ties go by harm_days, then n_incidents, then cell id, so that two runs agree (`order_of`). Misleads: see the
    module; and a rank says nothing of how sure it is.
    """
    method, weights = checked_method(method), completed(weights)
    table = measure_cells(cell_periods, weights, cap)
    if expected is None and method == EXPECTED:
        expected = expected_harm(cell_periods, weights, top=top or Settings.top)
    if expected is not None:
        table = table.merge(expected, on="cell", how="left", validate="1:1")
    figure, harm, n = (table[c].to_numpy(dtype=float) for c in (MEASURE[method], "harm_days", "n_incidents"))
    table = table.iloc[order_of(figure, harm, n, table["cell"].to_numpy())]
    table.insert(0, "rank", np.arange(1, len(table) + 1))
    return (table if top is None else table.head(top)).reset_index(drop=True)


def completed(weights: pd.DataFrame) -> pd.DataFrame:
    """Weights made by hand, with all that the ranking reads: an offence with days is scored, one without is not."""
    days = weights["days"].astype(float)
    lacking: dict[str, Any] = {
        "status": np.where(days.notna(), "scored", "unscored"),
        "days_low": days,
        "days_high": days,
        "label": weights["offence"] if "offence" in weights else [f"offence {i}" for i in range(len(weights))],
        "offence_group": "",
    }
    return weights.assign(**{name: values for name, values in lacking.items() if name not in weights})


def checked_method(method: str) -> str:
    """The method's own name, for one that may be written with _ for -; refuses one that does not exist."""
    method = method.replace("_", "-")
    if method not in METHODS:
        raise HotspotsError(f"There is no ranking method '{method}'. Use one of: {', '.join(METHODS)}.")
    return method


def order_of(measure: np.ndarray, harm: np.ndarray, n_incidents: np.ndarray, cell: np.ndarray) -> np.ndarray:
    """Where the best cell stands, then the next …: by measure, harm, count (all falling), then cell id.

    No figure (nan) comes last. Sums that differ only by the order of adding are ties (`levelled`).
    """
    return np.lexsort((cell, -n_incidents, -levelled(harm), -levelled(measure)))


def levelled(figures: np.ndarray) -> np.ndarray:
    """Figures over the largest of their column (the last axis but one), rounded to `TIE` decimals.

    So equal harm is equal, whichever way it was summed, and no unit of weights makes a difference. nan becomes −1.
    """
    if not figures.size:
        return figures
    largest = np.nanmax(np.where(np.isnan(figures), 0.0, figures), axis=0)
    return np.nan_to_num(np.round(figures / np.where(largest > 0, largest, 1.0), TIE), nan=-1.0)


def transformed(days: np.ndarray, method: str, cap: float = CAP_DAYS) -> np.ndarray:
    """What an offence of so many days adds to a cell under a method of harm: w, √w or min(w, cap)."""
    if method == "harm-sqrt":
        return np.sqrt(days)
    return np.minimum(days, cap) if method == "harm-cap" else days


def measure_cells(cell_periods: pd.DataFrame, weights: pd.DataFrame, cap: float = CAP_DAYS) -> pd.DataFrame:
    """One row per cell, in order of cell id, with the columns that `rank_cells` describes.

    Sums run in the order of cell and offence code, so the order of the incidents cannot change the last digit.
    """
    code, cell = pd.factorize(cell_periods["cell"].to_numpy(), sort=True)
    offence = cell_periods["offence"].to_numpy()
    n = cell_periods["n_offences"].to_numpy(dtype=float)
    days = weights["days"].to_numpy(dtype=float)[offence]
    status = weights["status"].to_numpy(dtype=object)[offence]
    scored, ambiguous = status == "scored", status == "ambiguous"
    weight = np.where(scored, days, 0.0)

    def total(values: np.ndarray) -> np.ndarray:
        return np.bincount(code, weights=values, minlength=len(cell))

    n_scored = total(n * scored)
    harm = np.where(n_scored > 0, total(n * weight), np.nan)
    low, high = (
        total(n * np.where(scored, weight, np.where(ambiguous, weights[c].to_numpy(dtype=float)[offence], 0.0)))
        for c in ("days_low", "days_high")
    )
    largest, share = largest_offence(
        code, len(cell), weight, scored, harm, weights["label"].to_numpy(dtype=object)[offence]
    )
    rape = np.array(["rape" in str(g).lower() for g in weights["offence_group"]], dtype=float)[offence]
    with np.errstate(invalid="ignore", divide="ignore"):
        rape_share = np.where(harm > 0, total(n * weight * rape) / harm, np.nan)
    return pd.DataFrame(
        {
            "cell": cell,
            "n_incidents": total(cell_periods["n_incidents"].to_numpy(dtype=float)).astype(np.int64),
            "harm_days": harm,
            "harm_sqrt": np.where(n_scored > 0, total(n * transformed(weight, "harm-sqrt")), np.nan),
            "largest_offence_share": share,
            "n_offences": total(n).astype(np.int64),
            "n_unscored": total(n * ~(scored | ambiguous)).astype(np.int64),
            "n_ambiguous": total(n * ambiguous).astype(np.int64),
            "harm_days_low": np.where(n_scored + total(n * ambiguous) > 0, low, np.nan),
            "harm_days_high": np.where(n_scored + total(n * ambiguous) > 0, high, np.nan),
            "largest_offence": largest,
            "rape_share": rape_share,
            "harm_capped": np.where(n_scored > 0, total(n * transformed(weight, "harm-cap", cap)), np.nan),
        }
    )


def largest_offence(
    code: np.ndarray, n_cells: int, weight: np.ndarray, scored: np.ndarray, harm: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The name of each cell's heaviest single offence, and its share of the cell's harm."""
    heaviest = np.full(n_cells, -1.0)
    np.maximum.at(heaviest, code[scored], weight[scored])
    names = np.full(n_cells, "", dtype=object)
    leads = np.flatnonzero(scored & (weight == heaviest[code]))[::-1]  # the first of equals is written last, and stays
    names[code[leads]] = labels[leads]
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(harm > 0, heaviest / harm, np.nan)
    return names, share


def flags(table: pd.DataFrame, settings: Settings) -> pd.Series:
    """What makes a cell's figure fragile, in words; '' where nothing does.

    One severe event: a single offence is at least ``dominant_share`` of the harm. Few incidents: fewer than
    ``few_incidents``. Rape leads: at least ``dominant_share`` of the harm is rape, which is largely indoors.
    """
    found = {
        SEVERE: table["largest_offence_share"] >= settings.dominant_share,
        FEW: table["n_incidents"] < settings.few_incidents,
        INDOORS: table["rape_share"] >= settings.dominant_share,
    }
    words = pd.Series("", index=table.index, dtype=object)
    for text, holds in found.items():
        words = words.where(~holds.fillna(False).astype(bool), words + "; " + text)
    return words.str.removeprefix("; ")
