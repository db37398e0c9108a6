"""An answer about change, made by hand: what the page shows of it can be counted without the code that works it out.

Two treated hot spots and one for comparison, the first half of 2024 against that of 2023. Every figure is typed in
here; none comes from the estimates.

                     count before → after    ring before → after
    South-01 Preston    60 → 42                 30 → 33
    West-01  Blackpool  40 → 33                 20 → 18
    both treated       100 → 75                 50 → 51
    South-02 Ashton     50 → 48 (comparison)    25 → 24
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import h3.api.basic_str as h3
import pandas as pd

from hotspots.base import columns
from hotspots.base.columns import Column, in_columns
from hotspots.base.months import Window
from hotspots.change.question import Change, ChangeQuestion, DoseBeside
from tests.area_workspace import A, C, D

NAMES = ("Preston, High Street", "Ashton, Blackpool Road", "Blackpool, Promenade")
SPOTS = (
    ("South-01", NAMES[0], "South", "treated", A, 60, 42, 30, 33),
    ("South-02", NAMES[1], "South", "comparison", C, 50, 48, 25, 24),
    ("West-01", NAMES[2], "West", "treated", D, 40, 33, 20, 18),
)
QUESTION = ChangeQuestion(
    register="hot-spots@1", before_from="2023-01-01", before_to="2023-06-30", after_from="2024-01-01",
    after_to="2024-06-30", comparison="register", baseline="expected", offences="violence-categories",
    source="police-uk", resolution=10, period="month",
)  # fmt: skip


def made(rows: list[dict[str, Any]], wanted: Sequence[Column]) -> pd.DataFrame:
    """The rows in the columns of a table; what is not given is empty."""
    return in_columns(pd.DataFrame(rows), wanted)


def make_table() -> pd.DataFrame:
    """CHANGE: the answer, harm, one band, next door, and what must not be quoted alone."""
    counts = {
        "treated_before": 100.0, "treated_after": 75.0, "comparison_before": 50.0, "comparison_after": 48.0,
        "displacement_before": 50.0, "displacement_after": 51.0, "comparison_ring_before": 25.0,
        "comparison_ring_after": 24.0,
    }  # fmt: skip
    ratio = {"scale": "ratio", "se": 0.1}
    rows = [
        {**counts, **ratio, "measure": "count", "estimate_of": "panel", "estimate": 0.78, "ci_low": 0.62,
         "ci_high": 0.97, "p": 0.03, "z": -2.2, "verdict": "fell", "method": "Panel of months", "leads": True},
        {**counts, "measure": "count", "estimate_of": "wdd", "scale": "incidents", "estimate": -23.0, "se": 16.5,
         "ci_low": -55.3, "ci_high": 9.3, "z": -1.39, "p": 0.16, "verdict": "can't tell",
         "method": "Displacement difference", "note": "Rings left out"},
        {"measure": "harm", "estimate_of": "panel", **ratio, "treated_before": 9000.0, "treated_after": 8100.0,
         "comparison_before": 4000.0, "comparison_after": 3900.0, "estimate": 0.92, "ci_low": 0.5, "ci_high": 1.7,
         "p": 0.8, "z": -0.3, "verdict": "can't tell", "method": "Panel of months",
         "note": "Half of the variance is one robbery"},
        {"measure": "count: 100 to 999 days", "estimate_of": "panel", **ratio, "treated_before": 20.0,
         "treated_after": 16.0, "comparison_before": 9.0, "comparison_after": 10.0, "estimate": 0.72, "ci_low": 0.3,
         "ci_high": 1.75, "p": 0.47, "z": -0.7, "verdict": "can't tell", "method": "Panel of months"},
        {**counts, **ratio, "measure": "count", "estimate_of": "ring", "estimate": 1.06, "ci_low": 0.7,
         "ci_high": 1.6, "p": 0.78, "z": 0.3, "verdict": "can't tell", "method": "Ratio of rings"},
        {**counts, **ratio, "measure": "count", "estimate_of": "naive", "estimate": 0.75, "ci_low": 0.55,
         "ci_high": 1.01, "p": 0.06, "z": -1.9, "verdict": "", "method": "Before and after alone",
         "note": "No comparison"},
    ]  # fmt: skip
    return made([{"leads": False, **row} for row in rows], columns.CHANGE)


def make_spots() -> pd.DataFrame:
    """CHANGE_SPOTS of the three hot spots."""
    rows = []
    for area, name, bcu, role, _, before, after, ring_before, ring_after in SPOTS:
        ratio = after / before
        treated = role == "treated"
        rows.append({
            "area": area, "name": name, "bcu": bcu, "role": role, "n_cells": 1, "area_m2": 13_000.0,
            "count_before": before, "count_after": after, "harm_before": 90.0 * before, "harm_after": 90.0 * after,
            "expected_count": before * 0.95, "percent": 100 * (ratio - 1) if before >= 50 else None,
            "percent_refused": "" if before >= 50 else "Fewer than 50 before", "rate_ratio": ratio,
            "ratio_low": ratio * 0.6, "ratio_high": ratio * 1.6, "poisson_z": -1.8, "e_test_p": 0.07,
            "against": ratio / 0.96 if treated else None, "against_low": 0.4 if treated else None,
            "against_high": 1.3 if treated else None, "ring_before": ring_before, "ring_after": ring_after,
            "ring_m2": 80_000.0, "ring_note": "", "likes": "",
        })  # fmt: skip
    return made(rows, columns.CHANGE_SPOTS)


def make_series() -> pd.DataFrame:
    rows = []
    for year, side, counts in ((2023, "before", (100, 50)), (2024, "after", (75, 48))):
        for month in range(1, 7):
            last = (pd.Timestamp(year, month, 1) + pd.offsets.MonthEnd(0)).date()
            for group, total in zip(("treated", "comparison"), counts, strict=True):
                n = total // 6 + (month <= total % 6)
                rows.append({
                    "group": group, "first_day": f"{year}-{month:02d}-01", "last_day": str(last), "side": side,
                    "exposure": 1.0, "count": n, "harm": 90.0 * n,
                })  # fmt: skip
    return made(rows, columns.CHANGE_SERIES)


def make_trend() -> pd.DataFrame:
    blocks = [(-2, "2023-01-01", "2023-03-31", 51, 26), (-1, "2023-04-01", "2023-06-30", 49, 24),
              (0, "2024-01-01", "2024-03-31", 38, 25)]  # fmt: skip
    rows = [
        {"block": block, "first_day": first, "last_day": last, "post": block >= 0, "treated": float(treated),
         "comparison": float(comparison), "rate_ratio": 1.0 if block == -1 else treated / comparison / (49 / 24),
         "ci_low": None if block == -1 else 0.5, "ci_high": None if block == -1 else 1.6,
         "p": None if block == -1 else 0.6, "reason": "the others are against this one" if block == -1 else ""}
        for block, first, last, treated, comparison in blocks
    ]  # fmt: skip
    return made(rows, columns.CHANGE_TREND)


def make_cells() -> pd.DataFrame:
    """CHANGE_CELLS: each hot spot is one cell with the six around it as its ring."""
    rows = []
    for area, _, _, role, cell, before, after, ring_before, ring_after in SPOTS:
        rows.append((cell, area, role, 0, before, after))
        around = sorted(h3.grid_ring(cell, 1))
        for i, other in enumerate(around):
            rows.append((other, area, role, 1, *(n // 6 + (i < n % 6) for n in (ring_before, ring_after))))
    named = ("cell", "area", "role", "ring", "count_before", "count_after")
    table = pd.DataFrame(rows, columns=list(named))
    table = table.assign(harm_before=90.0 * table["count_before"], harm_after=90.0 * table["count_after"])
    return made(table.to_dict("records"), columns.CHANGE_CELLS)


def make_beside() -> DoseBeside:
    bands = [("none", 0, 100, 20.0, None, None, None, "the others are against this one"),
             ("under 10", 1, 60, 11.0, 0.95, 0.6, 1.5, ""), ("10 to 20", 10, 40, 6.0, 0.8, 0.4, 1.6, "")]  # fmt: skip
    rows = [
        {"part": "bands", "term": term, "minutes": float(minutes), "n": n, "count": count, "rate_ratio": ratio,
         "ci_low": low, "ci_high": high, "p": None if ratio is None else 0.5, "reason": why}
        for term, minutes, n, count, ratio, low, high, why in bands
    ]  # fmt: skip
    rows += [
        {"part": "curve", "term": str(m), "minutes": float(m), "rate_ratio": 1 - m / 100, "ci_low": 0.5, "ci_high": 1.5}
        for m in (5, 10, 15)
    ]
    rows += [{"part": "days", "term": "with against without", "n": 200, "count": 37.0, "rate_ratio": 0.9,
              "ci_low": 0.6, "ci_high": 1.4, "p": 0.6}]  # fmt: skip
    scatter = [
        {"area": area, "name": name, "bcu": bcu, "role": role, "days_with_data": 60, "patrol_minutes_a_day": minutes,
         "officer_minutes_a_day": 2 * minutes, "rate_ratio": after / before, "ratio_low": 0.5, "ratio_high": 1.3}
        for (area, name, bcu, role, _, before, after, *_), minutes in zip(SPOTS, (25.0, 2.0, 12.0), strict=True)
    ]  # fmt: skip
    return DoseBeside(
        table=made(rows, columns.CHANGE_DOSE), scatter=made(scatter, columns.CHANGE_SCATTER), first="2024-04-01",
        last="2024-06-29", days=200,
        sentence="Days with an adequate visit had 0.90 times the incidents of days without (0.60 to 1.40).",
        notes=("Positions cover 200 hot spot days.",),
    )  # fmt: skip


def make_context() -> pd.DataFrame:
    row = {"line": "1", "kind": "operation", "name": "Operation Sceptre", "first_day": "2024-05-13",
           "last_day": "2024-05-19", "where": "all", "source": "Force plan", "author": "shipped"}  # fmt: skip
    return made([row], columns.CONTEXT)


def make_change(names: tuple[str, str, str] = NAMES, dose: bool = True) -> Change:
    """The whole answer; ``names`` of the three hot spots in the order of `SPOTS`."""
    known = dict(zip(NAMES, names, strict=True))
    beside = make_beside()
    beside = replace(beside, scatter=beside.scatter.assign(name=beside.scatter["name"].map(known)))
    spots = make_spots()
    return Change(
        question=QUESTION,
        asked="Did violence in the treated hot spots fall more than in the comparison hot spots?",
        answer="Violence fell: 22% less than the comparison led one to expect (38% less to 3% less).",
        verdict="fell",
        withheld=False,
        also=("Harm: can't tell.", "Can't tell whether incidents in the rings changed."),
        before=Window(date(2023, 1, 1), date(2023, 6, 30)),
        after=Window(date(2024, 1, 1), date(2024, 6, 30)),
        table=make_table(),
        spots=spots.assign(name=spots["name"].map(known)),
        series=make_series(),
        trend=make_trend(),
        trend_note="Nothing shows that they moved apart before the start.",
        cells=make_cells(),
        context=make_context(),
        pairs=made([], columns.CHANGE_PAIRS),
        matched=None,
        dose=beside if dose else None,
        no_dose="" if dose else "There are no positions and no logs in the window after.",
        warnings=("The windows are not the same length.",),
        notes=("Months are whole.",),
        facts={"question": "Made by hand", "interval": "95%"},
        version="made-by-hand",
        synthetic=False,
    )


def weeks_from(monday: date, n: int) -> pd.DataFrame:
    """So many whole weeks, as `panel_of` takes them."""
    first = [monday + timedelta(days=7 * i) for i in range(n)]
    last = [day + timedelta(days=6) for day in first]
    return pd.DataFrame({"period": range(n), "first": first, "last": last, "exposure": 1.0})
