"""A ranking with all that belongs to it, seen as a whole, for one BCU, or for one cell."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from hotspots import geography
from hotspots.base.choices import METHODS, UNITS
from hotspots.base.months import Window, month_text, months_between
from hotspots.base.settings import Settings
from hotspots.harm.offences import POLICE_UK
from hotspots.harm.scoring import WeightSet
from hotspots.harm.selections import selection_named
from hotspots.harm.weights.contents import ref
from hotspots.ranking.question import Question


def whole_force(lines: list[str], bcu: str) -> list[str]:
    """Lines that begin with a count, saying whose it is: what has no place has no BCU either."""
    return lines if bcu == "all" else [f"Whole force: {n}" if n[:1].isdigit() else n for n in lines]


def window_warnings(missing: list[int], breaks: list[int], source: str) -> list[str]:
    words = []
    if missing:
        months = ", ".join(month_text(m) for m in missing[:6]) + (" …" if len(missing) > 6 else "")
        words.append(
            f"{len(missing)} of the window's months were not imported ({months}); they count as missing, not as zero."
        )
    for month in breaks:
        words.append(
            f"The anonymised map points changed in {month_text(month)}, inside this window: the same street"
            " counts in other cells before and after. Choose a window on one side of it."
        )
    if source == POLICE_UK:
        words.append("Places are snapped to anonymised map points: a cell is the area around a point, not an address.")
    return words


def unit_warning(weights: WeightSet) -> str:
    """What to read in place of days on a page that shows another index."""
    return f"These weights are in {UNITS[weights.unit]}, not days: read every figure of harm as that."


def score_warnings(scores: pd.DataFrame, weights: WeightSet, listed: bool = True) -> list[str]:
    """What the weights do not cover. ``listed``: the offences stand below the table that this goes with."""
    words = []
    if weights.unit != "days":
        words += [f"Weights are in {UNITS[weights.unit]}: every figure of harm is in that unit.", unit_warning(weights)]
    if weights.is_proxy:
        words.append(f"Weights are a proxy: {weights.label}. They hardly tell one offence of a category from another.")
    for status, what in (
        ("ambiguous", "could have several weights (the code alone does not say)"),
        ("unscored", "have no weight"),
    ):
        n = int(scores.loc[scores["status"] == status, "n_offences"].sum())
        if n:
            where = ", and are listed below the table" if listed else ""
            words.append(f"{n:,} offences {what}: they are counted but add no harm{where}.")
    return words


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Ranked cells and what must be said beside them."""

    question: Question
    window: Window
    source: str
    weights: WeightSet
    table: pd.DataFrame  # columns of hotspots.base.columns.RANK, every cell, best first
    scores: pd.DataFrame  # each distinct offence with its weight, status and count
    cube: pd.DataFrame  # of hotspots.ranking.gather, by month; its offence codes are the rows of scores
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    version: str = ""
    synthetic: bool = False
    missing_months: tuple[int, ...] = ()
    breaks: tuple[int, ...] = ()
    periods: tuple[int, ...] = ()  # months of the window that are held
    exposure: tuple[float, ...] = ()  # the part of each that the window covers
    memory: float = float("nan")  # half-life of the expectation in months; inf: nothing is forgotten
    no_patterns: str = ""  # why there are none
    ahead: int = Settings.expected_months  # months that the expectation is about
    top: int = Settings.top  # cells of a BCU that p_top is about


def of_bcu(ranked: pd.DataFrame, bcu: str) -> pd.DataFrame:
    """The cells of one BCU, ranked among themselves; all of them for 'all'."""
    if bcu == "all":
        return ranked
    mine = ranked[ranked["bcu"] == bcu].reset_index(drop=True)
    return mine.assign(rank=np.arange(1, len(mine) + 1))


def narrowed(answer: Answer, bcu: str) -> Answer:
    """A force-wide answer as `rank_workspace` gives it for one BCU, without asking the workspace again."""
    return replace(
        answer, question=replace(answer.question, bcu=bcu), table=of_bcu(answer.table, bcu),
        warnings=tuple(whole_force(list(answer.warnings), bcu)), notes=tuple(whole_force(list(answer.notes), bcu)),
    )  # fmt: skip


def about(answer: Answer) -> dict[str, object]:
    """What a figure is, to go with it in every download: definitions, hashes, cut-off, warnings."""
    question = answer.question
    facts: dict[str, object] = {
        "what": "Ranked H3 cells (micro-hotspots). Places, never people.",
        "data": "SYNTHETIC DEMO DATA, not real crime" if answer.synthetic else answer.source,
        "bcu": question.bcu,
        "window": str(answer.window),
        "offences": f"{question.offences}: {selection_named(question.offences).meaning}",
        "ranked_by": METHODS[question.by], "resolution": question.resolution, "expectation": expectation(answer),
        "hours": question.hours or "all",
        "proactive_offences": "included" if question.include_proactive else "left out",
        "weights": ref(answer.weights) + (" (proxy)" if answer.weights.is_proxy else ""),
        "weights_unit": UNITS[answer.weights.unit], "weights_sha256": answer.weights.sha256,
        "workspace_version": answer.version, "warnings": list(answer.warnings), "notes": list(answer.notes),
    }  # fmt: skip
    if answer.source == POLICE_UK:
        facts["attribution"] = "Contains public sector information licensed under the Open Government Licence v3.0."
    return facts


def expectation(answer: Answer) -> str:
    """What harm_expected_days and p_top stand for, in a sentence."""
    memory = "all months count alike"
    if np.isfinite(answer.memory):
        memory = f"a month counts half as much {answer.memory:.1f} months later"
    return (
        f"Expected harm is that of the next {answer.ahead} months; {memory}. p_top_next, and sure in words: among"
        f" the first {answer.top} of the cell's BCU by what will be counted then; p_top: by its own rate."
    )


def in_unit(table: pd.DataFrame, weights: WeightSet) -> pd.DataFrame:
    """The table with the columns of days named by the set's own unit: harm_severity is no harm_days."""
    if weights.unit == "days":
        return table
    return table.rename(columns={c: c.replace("days", weights.unit) for c in table.columns})


def cell_detail(answer: Answer, cell: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One cell's offences (offence, n_incidents, n_offences, days, harm_days) and its months.

    Months are all those of the window: one that was never imported has empty figures, one without an incident zero.
    """
    number = geography.cell_from_hex(cell)
    cube = answer.cube[answer.cube["cell"] == number]
    kinds = cube.groupby("offence", as_index=False)[["n_incidents", "n_offences"]].sum()
    scores = answer.scores.iloc[kinds["offence"].to_numpy()]
    kinds.insert(0, "label", scores["label"].to_numpy())
    kinds["days"] = scores["days"].to_numpy()
    kinds["harm_days"] = (kinds["n_offences"] * kinds["days"]).round(2)
    kinds = kinds.drop(columns="offence").rename(columns={"label": "offence"})
    kinds = kinds.sort_values(
        ["harm_days", "n_offences", "offence"], ascending=[False, False, True], na_position="last"
    )
    days = answer.scores["days"].fillna(0).to_numpy()[cube["offence"].to_numpy()]
    monthly = cube.assign(harm_days=cube["n_offences"] * days).groupby("period")[["n_incidents", "harm_days"]].sum()
    asked = months_between(*answer.window.months)
    months = monthly.reindex(asked, fill_value=0).astype(float).round(2)
    months.loc[list(answer.missing_months)] = np.nan
    return kinds.reset_index(drop=True), months.rename_axis("month").reset_index()
