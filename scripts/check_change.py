"""Does change find what was planted in the demo, and nothing else? Over many seeds; writes docs/recovery.md.

Run from the repository: ``python scripts/check_change.py [--seeds 200] [--out docs/recovery.md]``. Each seed is a
whole demo of its own: two years of incidents on new ground, and in the same incidents four changes: none, a quarter of
what the treated hot spots had prevented, the same with half of it next door, and the demo's own (half of it next door
in East only). Every estimate of `hotspots.change` is then asked what it sees. About two seconds a seed.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # threads on matrices this small wait longer than they work

import numpy as np
import pandas as pd

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

from hotspots import geography  # noqa: E402
from hotspots.base.months import months_between  # noqa: E402
from hotspots.base.profile import home  # noqa: E402
from hotspots.base.settings import Settings  # noqa: E402
from hotspots.change.estimates.expected_fall import expected_fall  # noqa: E402
from hotspots.change.estimates.from_expected import ratio_from_expected  # noqa: E402
from hotspots.change.estimates.model import clustered, without_empty  # noqa: E402
from hotspots.change.estimates.model import fit as fit_panel  # noqa: E402
from hotspots.change.estimates.panel import design_of, panel_of  # noqa: E402
from hotspots.change.estimates.panel_models import before_after, did  # noqa: E402
from hotspots.change.estimates.wdd import wdd  # noqa: E402
from hotspots.change.matching.cells import expected_levels  # noqa: E402
from hotspots.change.matching.choice import match  # noqa: E402
from hotspots.change.rings import rings  # noqa: E402
from hotspots.demo import FALL, VALID_FROM  # noqa: E402
from hotspots.demo.effects import DISPLACED, TIME, cells_of, with_effects  # noqa: E402
from hotspots.demo.ground import address_shares, ground_of  # noqa: E402
from hotspots.demo.incidents import synthetic_incidents  # noqa: E402
from hotspots.demo.records import DEFAULT_PER_YEAR, offence_mix, streams_of  # noqa: E402
from hotspots.demo.rhythms import demo_window  # noqa: E402
from hotspots.demo.workspace import demo_areas  # noqa: E402
from hotspots.ranking.gather import build_cell_periods  # noqa: E402

COMMAND = "python scripts/check_change.py"
PAGE = REPOSITORY / "docs" / "recovery.md"
WEIGHTS = REPOSITORY / "data" / "weights" / "cchi-2020-sv.csv"
FIRST, LAST = demo_window()
MONTHS = list(months_between(FIRST.year * 100 + FIRST.month, LAST.year * 100 + LAST.month))
BEFORE = [m for m in MONTHS if m < VALID_FROM.year * 100 + VALID_FROM.month]
MONDAYS = pd.date_range(FIRST, LAST, freq="W-MON")
MONDAYS = MONDAYS[MONDAYS + pd.Timedelta(days=6) <= pd.Timestamp(LAST)]  # of whole weeks
PERIODS = pd.DataFrame({
    "period": range(len(MONDAYS)), "first": MONDAYS.date, "last": (MONDAYS + pd.Timedelta(days=6)).date,
    "exposure": 1.0,
})  # fmt: skip
HALF = dict.fromkeys(home().bcus, 0.5)
SCENARIOS: Mapping[str, tuple[float, Mapping[str, float]]] = {
    "nothing": (0.0, {}),
    "fall": (FALL, {}),
    "displaced": (FALL, HALF),
    "demo": (FALL, DISPLACED),
}
TOP, NEIGHBOURHOOD, YEAR = 20, 7, 12
REST_MIN = 6  # expected or seen in a year, or a neighbourhood tells nothing


@dataclass(frozen=True, eq=False)
class Ground:
    """What is the same in every seed: the hot spots, their rings, and who is what."""

    areas: pd.DataFrame
    spots: dict[int, str]  # cell → area
    rings: dict[int, str]
    role: dict[str, str]

    def of_bcu(self, bcu: str) -> dict[str, str]:
        """The treated of one BCU against every comparison place."""
        return {a: r for a, r in self.role.items() if r == "comparison" or a.startswith(bcu)}


def ground() -> Ground:
    areas = demo_areas()
    spots = {int(c, 16): a for a, cells in zip(areas["area"], areas["cells"], strict=True) for c in cells}
    around = rings(areas, Settings.ring_m)
    return Ground(
        areas, spots, dict(zip(around["cell"].tolist(), around["area"], strict=True)),
        dict(zip(areas["area"], areas["role"], strict=True)),
    )  # fmt: skip


def days_of() -> dict[str, float]:
    """Athena URN → days of the CCHI 2020."""
    with WEIGHTS.open(encoding="utf-8", newline="") as file:
        return {row["athena_urn"]: float(row["days"]) for row in csv.DictReader(file)}


DAYS = days_of()


def incidents_of(export: pd.DataFrame) -> pd.DataFrame:
    """Rows with a place: record, cell, day, days (harm), street (violence, not domestic), month."""
    cells = cells_of(export)
    located = export[cells > 0]
    day = pd.to_datetime(located["COMMITTED_FROM"], format=TIME).dt.normalize()
    mix = offence_mix()
    violence = set(mix.loc[mix["street_violence"] == 1, "title"])
    return pd.DataFrame({
        "record": located["CRIME_REF"].str[5:].astype(int).to_numpy(),
        "cell": cells[cells > 0],
        "day": day.to_numpy(),
        "days": located["ATHENA_URN"].map(DAYS).to_numpy(float),
        "street": (located["OFFENCE_TITLE"].isin(violence) & (located["DOMESTIC"] != "Y")).to_numpy(),
        "month": (day.dt.year * 100 + day.dt.month).to_numpy(),
        "row": located.index,
    })  # fmt: skip


def changed_incidents(found: pd.DataFrame, export: pd.DataFrame, changed: pd.DataFrame) -> pd.DataFrame:
    """`incidents_of` the changed export, from that of the export: rows gone, and the cells of those that moved."""
    left = found[found["row"].isin(changed.index)].copy()
    other = changed.index[(changed["EASTING"] != export.loc[changed.index, "EASTING"]).to_numpy()]
    moved = pd.Series(cells_of(changed.loc[other]), index=other)
    at = left["row"].isin(other)
    left.loc[at, "cell"] = left.loc[at, "row"].map(moved)
    return left


def expected_records(seed: int, start: date, end: date) -> pd.Series:
    """Expected records with coordinates by cell: the streams, shared out over the addresses."""
    made, mix = ground_of(seed), offence_mix()
    streams = pd.concat(streams_of(start, end, DEFAULT_PER_YEAR, True), ignore_index=True)
    streams["located"] = streams["expected"] * (1 - mix["no_place"].to_numpy()[streams["offence"]])
    by_address = sum(n * address_shares(str(p), made) for p, n in streams.groupby("place")["located"].sum().items())
    return pd.Series(by_address).groupby(made.cell).sum()


# ---------------------------------------------------------------- estimates


def panel(incidents: pd.DataFrame, units: Mapping[int, str], groups: Mapping[str, str]) -> pd.DataFrame:
    mine = {c: u for c, u in units.items() if u in groups}
    return panel_of(incidents, mine, groups, PERIODS, VALID_FROM)


def of_ratio(found: Any, truth: float) -> dict[str, Any]:
    low, high = (found.ci_low, found.ci_high) if hasattr(found, "ci_low") else (found.low, found.high)
    ratio = found.rate_ratio if hasattr(found, "rate_ratio") else found.ratio
    return {
        "found": float(np.log(ratio)), "error": float(np.log(ratio / truth)),
        "covers": low <= truth <= high, "called": not low <= 1 <= high, "low": low, "high": high,
    }  # fmt: skip


def of_did(table: pd.DataFrame, truth: float) -> dict[str, Any]:
    """As `of_ratio` of `did`, without what that tells beside its estimate (it fits everything twice)."""
    table = summed(table)
    treated_after = ((table["group"] == "treated") & table["post"]).to_numpy(float)
    design, _ = without_empty(design_of(table, "count", treated_after[:, None]))
    errors = clustered(fit_panel(design))
    (low,), (high,) = (np.exp(limit) for limit in errors.interval())
    found = float(errors.estimate[0])
    return {
        "found": found, "error": found - float(np.log(truth)), "covers": low <= truth <= high,
        "called": not low <= 1 <= high, "low": low, "high": high,
    }  # fmt: skip


def register_rows(
    name: str, found: pd.DataFrame, g: Ground, expected: pd.Series, levels: pd.DataFrame
) -> list[dict[str, Any]]:
    """Every estimate of the register in one scenario."""
    fall, shares = SCENARIOS[name]
    spots, around = panel(found, g.spots, g.role), panel(found, g.rings, g.role)
    truth = 1 - fall
    rows = [
        {"of": "did", **of_ratio(did(spots), truth)},
        {"of": "did of harm", **of_ratio(did(spots, "harm"), truth)},
        {"of": "naive", **of_ratio(before_after(spots), truth)},
        {"of": "expected", **of_ratio(ratio_from_expected(against_level(spots, g.spots, levels)), truth)},
        {"of": "wdd", **of_wdd(name, spots, around, g, expected)},
    ]
    for bcu in home().bcus:
        chosen = g.of_bcu(bcu)
        rows.append({"of": "did of a BCU", **of_did(spots[spots["unit"].isin(list(chosen))], truth)})
        if name == "fall":
            continue  # its rings are those of "nothing"
        share = shares.get(bcu, 0.0)
        ring = around[around["unit"].isin(list(chosen))]
        there = ring_truth(g, expected, fall, {bcu: share}, bcu)
        rows.append({"of": f"ring of {bcu}", **of_did(ring, there)})
        if bcu in DISPLACED:
            rows.append({"of": f"ring of {bcu}, the rest", **of_did(against_rest(found, around, g, bcu), there)})
            rows.append({"of": f"wdd of the ring of {bcu}", **of_ring_wdd(name, around, g, expected, bcu)})
    there = ring_truth(g, expected, fall, shares)
    rows.append({"of": "ring", **of_did(around, there)})
    if name != "fall":
        rows.append({"of": "wdd of the ring", **of_ring_wdd(name, around, g, expected)})
        rows.append({"of": "ring, the rest", **of_did(against_rest(found, around, g), there)})
    rows.append({"of": "did, the rest", **of_did(against_rest(found, spots, g), truth)})
    return [{"scenario": name, **row} for row in rows]


def against_rest(found: pd.DataFrame, table: pd.DataFrame, g: Ground, bcu: str = "") -> pd.DataFrame:
    """The treated places of a panel, of one BCU if asked, against the rest of the force by neighbourhood."""
    mine = table[(table["group"] == "treated") & table["unit"].str.startswith(bcu)]
    left = found[~found["cell"].isin([*g.spots, *g.rings])]
    rest = neighbourhoods(np.unique(left["cell"]))
    rest_panel = panel(left, rest, dict.fromkeys(rest.values(), "comparison"))
    return telling(summed(pd.concat([mine, rest_panel])))


def neighbourhoods(cells: Any) -> dict[int, str]:
    """cell → its part of the rest of the force, of about 5 km²."""
    from h3.api import basic_int as h3

    return {int(c): f"rest {h3.cell_to_parent(int(c), NEIGHBOURHOOD):x}" for c in cells}


def summed(table: pd.DataFrame) -> pd.DataFrame:
    """Before and after as two long periods: every place has every week, so estimate and error are the same.

    tests/recovery/test_panel_models_recovery.py holds them equal; weeks of hundreds of places take seconds.
    """
    both = table.groupby(["unit", "group", "post"], as_index=False)[["count", "harm"]].sum()
    return both.assign(period=both["post"].astype(int), exposure=1.0)


def telling(table: pd.DataFrame) -> pd.DataFrame:
    """Treated places, and comparison places with more than a handful of incidents."""
    return table[table.groupby("unit")["count"].transform("sum").ge(REST_MIN) | (table["group"] == "treated")]


def sums_of(expected: pd.Series, g: Ground, units: Mapping[int, str], role: str, bcu: str = "") -> float:
    cells = [c for c, a in units.items() if g.role[a] == role and a.startswith(bcu)]
    return float(expected.reindex(cells).sum())


def ring_truth(g: Ground, expected: pd.Series, fall: float, shares: Mapping[str, float], bcu: str = "") -> float:
    """1 + what came from next door over what the rings would have had."""
    came = sum(fall * share * sums_of(expected, g, g.spots, "treated", b) for b, share in shares.items())
    return 1 + came / sums_of(expected, g, g.rings, "treated", bcu)


def of_wdd(name: str, spots: pd.DataFrame, around: pd.DataFrame, g: Ground, expected: pd.Series) -> dict[str, Any]:
    """The weighted displacement difference with its rings, in records, before scaled to the weeks after."""
    fall, shares = SCENARIOS[name]
    left = {bcu: 1 - shares.get(bcu, 0.0) for bcu in home().bcus}
    truth = -sum(fall * part * sums_of(expected, g, g.spots, "treated", bcu) for bcu, part in left.items())
    return of_difference(truth, spots, around)


def of_ring_wdd(name: str, around: pd.DataFrame, g: Ground, expected: pd.Series, bcu: str = "") -> dict[str, Any]:
    """The part of it that lies in the rings: treated rings less comparison rings, of all or of one BCU."""
    fall, shares = SCENARIOS[name]
    came = {b: share for b, share in shares.items() if b.startswith(bcu)}
    truth = sum(fall * share * sums_of(expected, g, g.spots, "treated", b) for b, share in came.items())
    mine = around[(around["group"] == "comparison") | around["unit"].str.startswith(bcu)]
    return of_difference(truth, mine)


def of_difference(truth: float, *tables: pd.DataFrame) -> dict[str, Any]:
    """Treated less comparison of each table, in counts; ``truth``: of all days after the start."""
    weeks = [int(w.sum()) for w in (PERIODS["last"] < VALID_FROM, PERIODS["first"] >= VALID_FROM)]
    sums = [table.groupby(["group", "post"])["count"].sum() for table in tables]
    pairs = [(float(n[group, False]), float(n[group, True])) for n in sums for group in ("treated", "comparison")]
    found = wdd(*pairs, times=(weeks[0] / weeks[1], 1.0))  # type: ignore[arg-type]
    truth *= weeks[1] * 7 / ((LAST - VALID_FROM).days + 1)  # the part of the days that lies in whole weeks
    return {
        "found": found.estimate, "error": found.estimate - truth, "covers": found.low <= truth <= found.high,
        "called": not found.low <= 0 <= found.high, "truth": truth,
    }  # fmt: skip


def against_level(
    table: pd.DataFrame, units: Mapping[int, str], levels: pd.DataFrame, once: frozenset[int] = frozenset()
) -> pd.DataFrame:
    """unit, group, observed after, and expected for as long.

    ``once``: cells with exactly one record before, where places are made of cells with and without any: as much as
    those is to be expected of the latter together, cells that the levels do not know.
    """
    of = pd.Series(dict(units))
    by_unit = levels["count"].reindex(of.index).groupby(of).sum()
    unseen = of[of.index.isin(once)].value_counts() / len(BEFORE)
    after = table[table["post"]]
    found = after.groupby(["unit", "group"], as_index=False)["count"].sum().rename(columns={"count": "observed"})
    a_month = found["unit"].map(by_unit).fillna(0.0) + found["unit"].map(unseen).fillna(0.0)
    found["expected"] = a_month * after["period"].nunique() * 7 / 365.25 * YEAR
    return found


# ---------------------------------------------------------------- selection


def level_of(before: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """(levels a month by cell, cube, scores) of records before the start, each counted once whatever it was."""
    one = before.drop_duplicates("record")
    cube = build_cell_periods(
        one["cell"].to_numpy(), one["month"].to_numpy(), np.zeros(len(one), dtype=np.int64), one["record"].to_numpy()
    )
    scores = pd.DataFrame({"status": ["scored"], "days": [1.0]})
    return expected_levels(cube, scores, BEFORE, [1.0] * len(BEFORE)), cube, scores


def selection_rows(what: str, found: pd.DataFrame) -> list[dict[str, Any]]:
    """Nothing was done, and the 20 worst cells of the year before are called treated: what does each method see?"""
    from h3.api import basic_int as h3

    start = pd.Timestamp(VALID_FROM)
    levels, cube, scores = level_of(found[found["day"] < start])
    total = cube.groupby("cell")["n_incidents"].sum()
    worst = total.sort_values(ascending=False, kind="stable").index[:TOP].tolist()
    fall = expected_fall(cube, scores, worst, BEFORE, [1.0] * len(BEFORE), float(YEAR), "count")
    once = found.drop_duplicates("record")
    after = int((once["cell"].isin(worst) & (once["day"] >= start)).sum())
    spots = {c: f"{c:x}" for c in worst}
    closed = {c for w in worst for c in h3.grid_disk(w, 1)}
    # every cell of either year: leaving out those that had nothing before would lose what happens there after
    rest = neighbourhoods(sorted((set(total.index) | set(found["cell"])) - closed))
    once_before = frozenset(total.index[total == 1].tolist())
    like = alike(found, worst, closed, levels)
    rows: list[dict[str, Any]] = []
    for against, comparison in (("the rest", rest), ("matched", {c: f"{c:x}" for c in like})):
        groups = dict.fromkeys(spots.values(), "treated") | dict.fromkeys(comparison.values(), "comparison")
        weeks = panel(found, spots | comparison, groups)
        table = telling(summed(weeks))
        rows.append({"of": f"did, {against}", **of_did(table, 1.0)})
        known = levels[levels.index.isin(total.index)] if against == "the rest" else levels
        level = against_level(weeks, spots | comparison, known, once_before if against == "the rest" else frozenset())
        rows.append({"of": f"expected, {against}", **of_ratio(ratio_from_expected(level), 1.0)})
    rows.insert(0, {"of": "naive", **of_ratio(before_after(weeks), 1.0)})
    told = fall.after * YEAR
    rows.append({
        "of": "expected fall", "found": 1 - fall.after / fall.before,
        "error": after / float(total[worst].sum()) - fall.after / fall.before,
        "covers": fall.after_low * YEAR <= after <= fall.after_high * YEAR, "called": False, "truth": told,
    })  # fmt: skip
    return [{"scenario": what, **row} for row in rows]


def alike(found: pd.DataFrame, worst: list[int], closed: set[int], levels: pd.DataFrame) -> list[int]:
    """As many other cells, matched on the level to be expected before the start."""
    before = found[(found["day"] < pd.Timestamp(VALID_FROM))].drop_duplicates("record")
    level = levels["count"]
    cells = [*worst, *(c for c in level[level * YEAR >= 3].index.tolist() if c not in closed)]
    lon, lat = geography.cell_centres(cells)
    names = [f"{c:x}" for c in cells]
    counts = before[before["cell"].isin(cells)].groupby(["cell", "month"]).size().unstack(fill_value=0)
    counts = counts.reindex(index=cells, columns=BEFORE, fill_value=0).set_axis(names)
    units = pd.DataFrame({
        "unit": names, "group": ["treated"] * TOP + ["candidate"] * (len(cells) - TOP), "bcu": "all", "lon": lon,
        "lat": lat, "area_m2": geography.cell_areas_m2(cells), "expected_count": level[cells].to_numpy(),
        "expected_harm": 0.0,
    })  # fmt: skip
    none, covered = pd.DataFrame(index=names), counts * 0.0 + 1.0
    return [int(u, 16) for u in match(units, counts, 1.0 * counts, none, covered, {}).pairs["comparison"]]


# ---------------------------------------------------------------- one seed


def one_seed(seed: int) -> list[dict[str, Any]]:
    """Every figure of one demo."""
    g = ground()
    export, _ = synthetic_incidents(seed, FIRST, LAST)
    expected = expected_records(seed, VALID_FROM, LAST)
    ground_of.cache_clear()
    base = incidents_of(export)
    levels, _, _ = level_of(base[base["day"] < pd.Timestamp(VALID_FROM)])
    rows = selection_rows("all", base) + selection_rows("street", base[base["street"]])
    for name, (fall, shares) in SCENARIOS.items():
        changed, _ = with_effects(export, g.areas, VALID_FROM, fall, shares, seed)
        rows += register_rows(name, changed_incidents(base, export, changed), g, expected, levels)
    return [{"seed": seed, **row} for row in rows]


# ---------------------------------------------------------------- the page

NAMES = {
    "did": "difference in differences, comparison hot spots",
    "did, the rest": "difference in differences, rest of the force",
    "did, matched": "difference in differences, matched cells",
    "did of a BCU": "the same for one BCU's treated hot spots (three a seed)",
    "did of harm": "difference in differences of harm days",
    "expected": "from the expected level, comparison hot spots",
    "expected, the rest": "from the expected level, rest of the force",
    "expected, matched": "from the expected level, matched cells",
    "wdd": "weighted displacement difference with rings, records",
    "naive": "naive: after over before",
    "ring": "rings against comparison rings",
    "ring, the rest": "rings against the rest of the force",
    "ring of East": "rings of East against comparison rings",
    "ring of East, the rest": "rings of East against the rest of the force",
    "ring of West": "rings of West against comparison rings",
    "ring of South": "rings of South against comparison rings",
    "wdd of the ring": "rings less comparison rings, records (Poisson)",
    "wdd of the ring of East": "rings of East less comparison rings, records (Poisson)",
    "expected fall": "the fall that selection alone brings, predicted",
}
INSIDE = ("did", "did, the rest", "did of a BCU", "expected", "wdd", "did of harm", "naive")
RINGS = (
    "ring", "ring, the rest", "wdd of the ring", "ring of East", "ring of East, the rest", "wdd of the ring of East",
    "ring of West", "ring of South",
)  # fmt: skip
CHOSEN = ("naive", "did, the rest", "did, matched", "expected, the rest", "expected, matched", "expected fall")
PARTS = (
    ("A quarter planted", "fall", INSIDE),
    ("Nothing planted", "nothing", INSIDE),
    ("A quarter planted, half of it next door: inside", "displaced", ("did", "wdd")),
    ("A quarter planted, half of it next door: in the rings", "displaced", RINGS),
    ("The demo as it is built, half next door in East only: in the rings", "demo", RINGS),
    ("Nothing planted: in the rings", "nothing", RINGS),
    ("Nothing planted, treated are the 20 cells with most incidents of the year before", "all", CHOSEN),
    ("Nothing planted, treated are the 20 cells with most street violence of the year before", "street", CHOSEN),
)  # fmt: skip
HEAD = (
    "| estimate | truth | found | bias | intervals that cover | called a change | outside the bar |\n"
    "|---|---:|---:|---:|---:|---:|---|"
)


def page(table: pd.DataFrame, command: str, day: date) -> str:
    """The figures as Markdown."""
    seeds = table["seed"].nunique()
    parts = [
        "# Does change find what was planted?",
        f"*Written by `{command}` on {day.isoformat()}; do not edit by hand. Synthetic data only: {seeds} demos, seeds "
        f"{table['seed'].min()} to {table['seed'].max()}.*",
        INTRODUCTION,
        *(section(title, table[table["scenario"] == scenario], which) for title, scenario, which in PARTS),
    ]
    return "\n\n".join(parts) + "\n"


def parts_of_others(page: Path) -> str:
    """What other scripts wrote on the page between marks of theirs (check_nulls.py, check_minutes.py), which stays."""
    _, begins, part = (page.read_text(encoding="utf-8") if page.is_file() else "").partition("<!-- ")
    return f"\n{begins}{part}" if begins else ""


INTRODUCTION = """Each seed is a demo of its own: two years of incidents, 14 treated and 6 comparison hot spots, the
change planted from 2025-11-01 on. All records with a place count, in whole weeks of the year before and the year after.

*Found*: the mean over seeds; of ratios the mean of the logarithm. *Bias*: its distance from the truth, of ratios in
logarithms (0.01 is 1%), ± one Monte-Carlo error. *Intervals that cover*: share of 95% intervals that hold the truth.
*Called a change*: share whose interval leaves out no change. Behind both, in brackets: where the true share lies with
95% probability, given so many seeds (Clopper and Pearson).

*The bar*: bias within two Monte-Carlo errors or 0.01, and 95% intervals that cover 93–97%, so that 3–7% are called a
change where there is none. The last column says what lies outside it by more than chance explains. Rows about rings
share the same draws of six small comparison rings (some 270 records a year in all): what chance does to those shows in
every row against them."""


def missed(of: str, table: pd.DataFrame) -> str:
    """In which ways: biased, or intervals that cover too seldom or too often."""
    error = table["error"].dropna()
    mean, spread = float(error.mean()), float(error.std() / np.sqrt(len(error)))
    least = 0.0 if of.startswith("wdd") else 0.01
    told = ["biased"] if abs(mean) > max(2 * spread, least) else []
    low, high = limits(table["covers"])
    if high < 0.93:
        told.append("covers too seldom")
    if low > 0.97:
        told.append("wider than need be")
    return ", ".join(told)


def limits(values: pd.Series) -> tuple[float, float]:
    """Clopper and Pearson's 95% interval of a share."""
    from scipy.stats import binomtest

    found = binomtest(int(values.sum()), len(values)).proportion_ci(method="exact")
    return float(found.low), float(found.high)


def section(title: str, table: pd.DataFrame, which: tuple[str, ...]) -> str:
    rows = [line(of, table[table["of"] == of]) for of in which if (table["of"] == of).any()]
    return "\n".join([f"## {title}", "", HEAD, *rows])


def line(of: str, table: pd.DataFrame) -> str:
    """One row of the page."""
    error = table["error"].dropna()
    mean, spread = float(error.mean()), float(error.std() / np.sqrt(len(error)))
    found = float(table["found"].mean())
    if of.startswith("wdd"):
        figures = f"{found - mean:.1f} | {found:.1f} | {signed(mean, 1)} ± {spread:.1f}"
    elif of == "expected fall":
        figures = f"{found - mean:.1%} | {found:.1%} | {signed(100 * mean, 1)} ± {100 * spread:.1f} points"
    else:
        figures = f"{np.exp(found - mean):.3f} | {np.exp(found):.3f} | {signed(mean, 4)} ± {spread:.4f}"
    called = "–" if of == "expected fall" else share(table["called"])
    return f"| {NAMES[of]} | {figures} | {share(table['covers'])} | {called} | {missed(of, table)} |"


def signed(value: float, digits: int) -> str:
    return f"{value:+.{digits}f}".replace("-", "−")


def share(values: pd.Series) -> str:
    """As a percentage with its interval."""
    low, high = limits(values)
    return f"{values.mean():.1%} ({low:.0%}–{high:.0%})"


def main() -> int:
    parser = argparse.ArgumentParser(prog=COMMAND, description="Look for planted changes in many demos.")
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--out", type=Path, default=PAGE)
    parser.add_argument("--rows", type=Path, metavar="FILE.csv", help="keep every figure of every seed too")
    asked = parser.parse_args()
    began, rows = time.monotonic(), []
    with ProcessPoolExecutor(asked.jobs) as pool:
        for seed, found in enumerate(pool.map(one_seed, range(asked.first, asked.first + asked.seeds)), asked.first):
            rows += found
            if seed % 10 == 0:
                print(f"seed {seed}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    table = pd.DataFrame(rows)
    if asked.rows:
        table.to_csv(asked.rows, index=False)
    command = f"{COMMAND} --seeds {asked.seeds} --jobs {asked.jobs}"
    asked.out.write_text(page(table, command, date.today()) + parts_of_others(asked.out), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
