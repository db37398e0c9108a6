"""How often is a change called where nothing was done, and found where a quarter was planted? Made-up worlds.

Run from the repository: ``python scripts/check_nulls.py [--seeds 200] [--out docs/recovery.md]``. Each world is a force
of three BCUs with months of incidents and a register frozen in some way. The whole of `hotspots.change` answers, but
for reading files. Writes its part of docs/recovery.md: every row that gives a verdict, in every world.

It takes about 0.7 seconds a force. With ``--kept FOLDER`` the rows of each world are kept there as they are made, and
seeds found there are not made again while `hotspots.change` and the world stay as they were. Empty the folder after a
change of anything else, such as how this script draws a force.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # threads on matrices this small wait longer than they work

import numpy as np
import pandas as pd

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

from hotspots import geography  # noqa: E402
from hotspots.areas import in_form  # noqa: E402
from hotspots.areas.register import Frozen  # noqa: E402
from hotspots.base.months import month_text, months_between, window_of_months  # noqa: E402
from hotspots.change.counting import counted_rows, inside_mask  # noqa: E402
from hotspots.change.estimates.panel_models import Did, did  # noqa: E402
from hotspots.change.evidence import evidence_for, expected_of_selection  # noqa: E402
from hotspots.change.question import ChangeQuestion  # noqa: E402
from hotspots.change.settling import settled  # noqa: E402
from hotspots.change.tables import table_of, trend_of  # noqa: E402
from hotspots.change.withholding import reasons, without_verdicts  # noqa: E402
from hotspots.geography import boundaries_of  # noqa: E402
from hotspots.intake import import_files  # noqa: E402
from hotspots.store.workspace import Workspace, open_workspace  # noqa: E402

COMMAND = "python scripts/check_nulls.py"
PAGE = REPOSITORY / "docs" / "recovery.md"
BEGINS, ENDS = "<!-- worlds without a change: begin -->", "<!-- worlds without a change: end -->"
MONTHS = list(months_between(202101, 202312))
TREATED, COMPARISON = 14, 6
CELLS = 250  # of each BCU
DAYS = (20.0, 1_000.0)  # what offences weigh, and how often they occur
SHARE = (0.8, 0.2)
TOWNS = {"South": (-2.6990, 53.7590), "West": (-3.0503, 53.8179), "East": (-2.2430, 53.7890)}
ROWS = ("panel", "expected", "panel_nb", "wdd", "wdd_km2", "ring", "ring_wdd")


@dataclass(frozen=True, kw_only=True)
class World:
    """One kind of world. ``chosen``: months of choice, none for hand-picked; windows as months YYYYMM.

    ``rate``: mean incidents a year of the hot spots; ``burst``: sd of the logarithm of a cell's level, each month
    drawing on the last; ``shock``: sd of the logarithm of a BCU's level in a year; ``season``: of treated places, peak
    over mean in logarithms; ``only``: the one hot spot asked for.
    """

    name: str
    how: str = "hand"
    chosen: tuple[int, int] = ()  # type: ignore[assignment]
    before: tuple[int, int] = (202201, 202212)
    after: tuple[int, int] = (202301, 202312)
    comparison: str = "register"
    bcu: str = "all"
    rate: float = 40.0
    burst: float = 0.0
    memory: float = 0.7
    shock: float = 0.0
    season: float = 0.0
    missing: tuple[int, ...] = ()
    alone: str = ""
    only: str = ""


SHORT = {"how": "ranking", "comparison": "matched", "burst": 0.5}
HALF = {"before": (202201, 202206), "after": (202301, 202306)}
WORLDS = (
    World(name="stationary"),
    World(name="bursts", burst=0.6),
    World(name="bursts, against matched places", burst=0.6, comparison="matched"),
    World(name="bursts, against the rest of the force", burst=0.6, comparison="rest"),
    World(name="shocks of BCUs, all three", shock=0.3),
    World(name="shocks of BCUs, South alone", shock=0.3, bcu="South"),
    World(name="shocks, South against the spots of all", shock=0.3, bcu="South", alone="South"),
    World(name="a season of the treated, summer against winter", season=0.4, before=(202212, 202302),
          after=(202306, 202308)),
    World(name="a season of the treated, the same months", season=0.4, **HALF),  # type: ignore[arg-type]
    World(name="chosen before both windows", chosen=(202101, 202112), **SHORT),  # type: ignore[arg-type]
    World(name="chosen inside the window before", chosen=(202201, 202212), **SHORT),  # type: ignore[arg-type]
    World(name="chosen between the windows", chosen=(202207, 202212), **HALF, **SHORT),  # type: ignore[arg-type]
    World(name="chosen overlapping the window before", chosen=(202204, 202212), **HALF, **SHORT),  # type: ignore[arg-type]
    World(name="hand-picked, against matched places", comparison="matched", burst=0.3),
    World(name="rare events", rate=3.0),
    World(name="one hot spot, stationary", comparison="matched", only="South-00"),
    World(name="one hot spot, bursts", comparison="matched", only="South-00", burst=0.6),
    World(name="unequal exposure", before=(202201, 202212), after=(202302, 202312), missing=(202205, 202308),
          burst=0.3),
)  # fmt: skip
PLANTED = (
    World(name="stationary"),
    World(name="scatter as in real places", burst=0.45),
    World(name="scatter as in real places, matched", burst=0.45, comparison="matched"),
    World(name="chosen inside the window before, matched", chosen=(202201, 202212), **SHORT),  # type: ignore[arg-type]
)


# ---------------------------------------------------------------- a force


@dataclass(frozen=True, eq=False)
class Ground:
    """Cells of a made-up force: 20 hot spots of one cell each, spaced so that their rings do not meet, and the rest."""

    cell: np.ndarray
    bcu: np.ndarray
    spot: np.ndarray  # position of the 20 candidate hot spots by BCU in turn


@cache
def ground() -> Ground:
    from h3.api import basic_int as h3

    cells, bcus, spots = [], [], []
    for bcu, (lon, lat) in TOWNS.items():
        middle = h3.latlng_to_cell(lat, lon, 10)
        disk = sorted(h3.grid_disk(middle, 9))[:CELLS]
        taken: set[int] = set()
        for i, c in enumerate(disk):
            if c not in taken:
                spots.append(len(cells) + i)
                taken |= set(h3.grid_disk(c, 3))
        cells += disk
        bcus += [bcu] * len(disk)
    return Ground(np.array(cells, dtype=np.int64), np.array(bcus), np.array(spots))


@cache
def workspace(missing: tuple[int, ...]) -> Workspace:
    """A workspace that holds the months, a crime each, and nothing else."""
    from tests.samples import crime, street

    folder = Path(tempfile.mkdtemp(prefix="hotspots-nulls-"))
    held = [m for m in MONTHS if m not in missing]
    files = [street(month_text(m), [crime(f"c{m}", month_text(m))]) for m in held]
    import_files(folder, files, "police-uk")
    return open_workspace(folder)


def levels(world: World, rng: np.random.Generator, g: Ground, spots: np.ndarray, treated: np.ndarray) -> np.ndarray:
    """Incidents to be expected of each cell (rows) in each month (columns)."""
    n, months = len(g.cell), len(MONTHS)
    base = rng.gamma(0.6, 10.0, n)  # a year: many quiet cells, some busy ones
    if world.how == "hand":
        base[spots] = world.rate * rng.lognormal(0, 0.4, len(spots))
    drift = np.zeros((n, months))
    if world.burst:
        step = world.burst * np.sqrt(1 - world.memory**2)
        drift[:, 0] = rng.normal(0, world.burst, n)
        for m in range(1, months):
            drift[:, m] = world.memory * drift[:, m - 1] + rng.normal(0, step, n)
    if world.shock:
        shocks = dict(zip(TOWNS, rng.normal(0, world.shock, (3, 3)), strict=True))  # a level for each year
        year = np.array([m // 100 - 2021 for m in MONTHS])
        drift += np.array([shocks[b][year] for b in g.bcu])
    if world.season:
        summer = -np.cos(2 * np.pi * (np.array(MONTHS) % 100 - 1) / 12)
        drift[treated] += world.season * summer
    return base[:, None] / 12 * np.exp(drift)


def chosen_spots(world: World, g: Ground, counts: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, list[str]]:
    """(positions of the hot spots, their roles): drawn by hand, or the worst of each BCU by the months of choice."""
    if world.how == "hand":
        raise ValueError("hand-picked hot spots are drawn before anything is counted")
    at = [i for i, m in enumerate(MONTHS) if world.chosen[0] <= m <= world.chosen[1]]
    total = counts[:, at].sum(axis=1) + rng.random(len(g.cell)) / 2
    found = []
    for bcu, n in zip(TOWNS, (5, 5, 4), strict=True):
        mine = np.flatnonzero(g.bcu == bcu)
        found += mine[np.argsort(-total[mine])][:n].tolist()
    return np.array(found), ["treated"] * TREATED


def hand_picked(g: Ground, rng: np.random.Generator, without: str) -> tuple[np.ndarray, list[str]]:
    """14 treated and 6 comparison hot spots: 5 or 4 and 2 of each BCU; none for comparison in the BCU ``without``."""
    spots, roles = [], []
    for bcu, n in zip(TOWNS, (5, 5, 4), strict=True):
        mine = rng.permutation([s for s in g.spot if g.bcu[s] == bcu])[: n + 2]
        spots += mine.tolist()
        roles += ["treated"] * n + ["none" if bcu == without else "comparison"] * 2
    return np.array(spots), roles


def register(g: Ground, spots: np.ndarray, roles: list[str], world: World) -> Frozen:
    ids = geography.hex_ids(g.cell[spots])
    table = in_form(pd.DataFrame({
        "area": [f"{g.bcu[s]}-{i:02d}" for i, s in enumerate(spots)], "name": ids, "bcu": g.bcu[spots],
        "cells": [(c,) for c in ids], "n_cells": 1, "area_m2": 13_000.0, "role": roles, "n_incidents": 1,
        "valid_from": "", "valid_to": "", "edits": "",
    }))  # fmt: skip
    stated: dict[str, Any] = {"how": world.how}
    if world.how != "hand":
        window = window_of_months(*world.chosen)
        stated |= {"from": str(window.start), "to": str(window.end)}
    start = window_of_months(world.after[0], world.after[0]).start
    return Frozen(
        name="made", version=1, valid_from=start, valid_to=None, author="", note="",
        created="2020-01-01T00:00:00+00:00",
        definition={"chosen": stated}, sha256="", areas=table,
    )  # fmt: skip


def rows_of(g: Ground, counts: np.ndarray, missing: tuple[int, ...], rng: np.random.Generator) -> pd.DataFrame:
    """A row per incident: record, cell, month, day, code, days."""
    cell, month = np.divmod(np.repeat(np.arange(counts.size), counts.ravel()), counts.shape[1])
    months = np.array(MONTHS)[month]
    code = rng.choice(len(DAYS), len(cell), p=SHARE)
    table = pd.DataFrame({
        "record": np.arange(len(cell)), "cell": g.cell[cell], "month": months,
        "day": ((months // 100 - 1970) * 12 + months % 100 - 1).astype("datetime64[M]").astype("datetime64[D]"),
        "code": code, "days": np.array(DAYS)[code],
    })  # fmt: skip
    return table[~table["month"].isin(missing)].reset_index(drop=True)


SCORES = pd.DataFrame({
    "offence": [f"offence {d:g}" for d in DAYS], "label": [f"offence {d:g}" for d in DAYS], "status": "scored",
    "days": DAYS,
})  # fmt: skip


def one(world: World, seed: int, ratio: float = 1.0) -> pd.DataFrame:
    """The estimates of one made-up force; ``ratio``: what the treated have after for one that they would have had."""
    rng = np.random.default_rng([seed, sum(map(ord, world.name))])
    g = ground()
    spots, roles = hand_picked(g, rng, world.alone) if world.how == "hand" else (np.zeros(0, dtype=int), [])
    treated = spots[[r == "treated" for r in roles]] if len(spots) else spots
    mean = levels(world, rng, g, spots, treated)
    counts = rng.poisson(mean)
    if world.how != "hand":
        spots, roles = chosen_spots(world, g, counts, rng)
        treated = spots
    after = np.array([m >= world.after[0] for m in MONTHS])
    counts[np.ix_(treated, after)] = rng.binomial(counts[np.ix_(treated, after)], ratio)
    rows = rows_of(g, counts, world.missing, rng)
    place = workspace(world.missing)
    windows = {f"{n}_{e}": month_text(w[i]) for n, w in (("before", world.before), ("after", world.after))
               for i, e in enumerate(("from", "to"))}  # fmt: skip
    areas = (world.only,) if world.only else ()
    question = ChangeQuestion(bcu=world.bcu, comparison=world.comparison, register="made@1", areas=areas, **windows)
    asked = settled(place, question, register(g, spots, roles, world))
    sides = [inside_mask(rows, w) for w in (asked.before, asked.after)]
    rows = rows.assign(side=np.select(sides, ["before", "after"], ""))
    whose = pd.DataFrame({"cell": g.cell, "district": "", "bcu": g.bcu})
    evidence = evidence_for(place, asked, counted_rows(rows, SCORES, whose, boundaries_of(place), asked))
    table = table_of(place, evidence, expected_of_selection(evidence))
    settings = place.settings
    why = reasons(evidence, trend_of(evidence)[2], settings.trend_warning_p, settings.unlike_months_share)
    bare = table["verdict"].to_numpy()
    table = without_verdicts(table, why)
    kept = table[
        [
            "measure",
            "estimate_of",
            "scale",
            "estimate",
            "ci_low",
            "ci_high",
            "verdict",
            "withheld",
            "leads",
            "smallest_fall",
        ]
    ]
    return kept.assign(world=world.name, seed=seed, bare=bare)


# ---------------------------------------------------------------- many, and the page


def trial(given: tuple[World, int, float]) -> pd.DataFrame:
    return one(*given)


def trials(worlds: Sequence[World], seeds: int, ratio: float, jobs: int, kept: Path | None) -> pd.DataFrame:
    """Every row of every world and seed that is set against a comparison. ``kept``: a folder, see above."""
    began, found = time.monotonic(), []
    with ProcessPoolExecutor(jobs) as pool:
        for world in worlds:
            file = kept / kept_name(world, ratio) if kept else None
            done = pd.read_parquet(file) if file and file.exists() else pd.DataFrame({"seed": []})
            given = [(world, seed, ratio) for seed in range(1, seeds + 1) if seed not in set(done["seed"])]
            new = pool.map(trial, given, chunksize=max(1, seeds // (4 * jobs)))
            mine = pd.concat([*([done] if len(done) else []), *new], ignore_index=True)
            if file and given:
                file.parent.mkdir(parents=True, exist_ok=True)
                mine.to_parquet(file)
            found.append(mine[mine["seed"] <= seeds])
            print(f"{world.name}: {time.monotonic() - began:.0f} s, {len(given)} forces", file=sys.stderr, flush=True)
    table = pd.concat(found, ignore_index=True)
    table = table[table["verdict"] != ""]
    band = table["measure"].str.startswith("count: ")
    return table.assign(
        measure=table["measure"].mask(band, "band"), called=table["verdict"].isin(CALLED),
        held=table["bare"].isin(CALLED) & ~table["verdict"].isin(CALLED), covers=covers(table, ratio),
    )  # fmt: skip


def kept_name(world: World, ratio: float) -> str:
    """The file of a world's rows, by what they hang on: the world, what is planted and `hotspots.change`."""
    told = hashlib.sha256(f"{world!r} {ratio}".encode())
    for file in sorted((REPOSITORY / "hotspots" / "change").rglob("*.py")):
        told.update(file.read_bytes())
    return f"{''.join(c if c.isalnum() else '-' for c in world.name)}-{ratio:g}-{told.hexdigest()[:12]}.parquet"


def covers(table: pd.DataFrame, truth: float) -> pd.Series:
    """Whether a ratio's interval holds the truth; one that is left out as too wide does."""
    inside = (table["ci_low"] <= truth) & (table["ci_high"] >= truth)
    return inside | table["ci_low"].isna() | (table["scale"] != "ratio")


CALLED = ("fell", "rose")
SHOWN = (
    *(("count", of) for of in ("answer", *ROWS, "single")),
    *(("harm", of) for of in ("panel", "expected", "wdd", "wdd_km2", "ring")), ("band", "panel"), ("band", "wdd"),
)  # fmt: skip


MOST = 0.07  # of false verdicts
LEAST, FULLEST = 0.93, 0.97  # of intervals that cover
RATIOS = ("answer", "panel", "expected", "panel_nb")


def with_answer(table: pd.DataFrame) -> pd.DataFrame:
    """The rows, and those that lead a count once more as the answer."""
    return pd.concat([table, table[table["leads"] & (table["measure"] == "count")].assign(estimate_of="answer")])


def nulls_part(table: pd.DataFrame) -> str:
    """The table of worlds × rows: false verdicts, and what was withheld, in percent; and what misses the bar."""
    by = with_answer(table).groupby(["world", "measure", "estimate_of"])
    share = by[["called", "held"]].mean()
    head = "| world | " + " | ".join(f"{m}: {of}" for m, of in SHOWN) + " |"
    lines = [head, "|---|" + "---:|" * len(SHOWN)]
    for world in dict.fromkeys(table["world"]):
        cells = [cell_of(share, (world, m, of)) for m, of in SHOWN]
        lines.append(f"| {world} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", missed_part(by["called"].agg(["sum", "size"]))])


def cell_of(share: pd.DataFrame, key: tuple[str, str, str]) -> str:
    if key not in share.index:
        return "–"
    called, held = share.loc[key]
    text = f"{100 * called:.0f}" + (f" ({100 * held:.0f})" if held else "")
    return f"**{text}**" if called > MOST else text


def missed_part(found: pd.DataFrame) -> str:
    """Which rows were called too often, and how many would be by chance. ``found``: sum and size of the called."""
    from scipy.stats import binom

    over = found[found["sum"] > MOST * found["size"]]
    chance = float(binom.sf((MOST * found["size"]).astype(int), found["size"], 0.05).sum())
    said = (
        f"{len(over)} of {len(found)} are above {100 * MOST:.0f}; were each row wrong in 5 of 100, chance would put"
        f" about {chance:.0f} there."
    )
    if over.empty:
        return said
    lines = [f"- {world}, {measure}: {of}: {limits_of(int(row['sum']), int(row['size']))}"
             for (world, measure, of), row in over.iterrows()]  # fmt: skip
    return "\n".join([f"{said} Behind each, where its true share lies with 95% probability:", "", *lines])


def limits_of(n: int, of: int) -> str:
    """A share with Clopper and Pearson's 95% interval."""
    from scipy.stats import binomtest

    ends = binomtest(n, of).proportion_ci(method="exact")
    return f"{n / of:.1%} ({ends.low:.1%} to {ends.high:.1%})"


def planted_part(table: pd.DataFrame) -> str:
    """What is seen of a quarter less: how often each row's interval covers, how often the answer finds it."""
    lines = [
        "| world | found, median | found in | smallest fall found in 80%, median |"
        + "".join(f" {of} covers |" for of in RATIOS),
        "|---|---:|---:|---:|" + "---:|" * len(RATIOS),
    ]
    counts = with_answer(table[table["measure"] == "count"])
    for world, mine in counts.groupby("world", sort=False):
        lead = mine[mine["estimate_of"] == "answer"]
        covered = " | ".join(coverage_of(mine[mine["estimate_of"] == of]) for of in RATIOS)
        lines.append(
            f"| {world} | {lead['estimate'].median():.2f} | {(lead['verdict'] == 'fell').mean():.0%} |"
            f" {lead['smallest_fall'].median():.0%} | {covered} |"
        )
    return "\n".join(lines)


def coverage_of(table: pd.DataFrame) -> str:
    """The share of intervals that cover, bold outside the bar; none of rows that get no verdict whatever they say."""
    if table["held"].any() and not table["called"].any():
        return "no verdict"
    text = limits_of(int(table["covers"].sum()), len(table))
    return text if LEAST <= table["covers"].mean() <= FULLEST else f"**{text}**"


def power_part(seeds: int) -> str:
    """What `panel` sees of nothing and of a quarter less in 14 hot spots against 6, by how much places scatter.

    Two years as two long periods, 40 incidents a year: the same estimate as over months.
    """
    lines = ["| sd of a place's year | called, nothing done | covers | a quarter less is found in | covers |",
             "|---|---:|---:|---:|---:|"]  # fmt: skip
    for scatter in (0.0, 0.2, 0.3):
        cells = []
        for ratio in (1.0, 0.75):
            found = [two_years(np.random.default_rng([seed, round(100 * scatter)]), scatter, ratio)
                     for seed in range(seeds)]  # fmt: skip
            inside = np.mean([f.ci_low <= ratio <= f.ci_high for f in found])
            apart = np.mean([f.ci_high < 1 or (ratio == 1 and f.ci_low > 1) for f in found])
            cells += [f"{apart:.0%}", f"{inside:.1%}"]
        lines.append(f"| {scatter:.0%} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def two_years(rng: np.random.Generator, scatter: float, ratio: float) -> Did:
    n = TREATED + COMPARISON
    level = 40 * rng.lognormal(0, 0.4, n)[:, None] * np.exp(rng.normal(0, scatter, (n, 2)))
    level[:TREATED, 1] *= ratio
    panel = pd.DataFrame({
        "unit": np.repeat([f"p{i:02d}" for i in range(n)], 2), "period": np.tile([0, 1], n),
        "group": np.repeat(["treated"] * TREATED + ["comparison"] * COMPARISON, 2), "post": np.tile([False, True], n),
        "exposure": 1.0, "count": rng.poisson(level).ravel(), "harm": 0.0,
    })  # fmt: skip
    return did(panel)


INTRODUCTION = """## Worlds in which nothing was done

*Written by `{command}` on {day}; do not edit by hand. {seeds} made-up forces of each world.*

Each is a force of three BCUs with 750 cells and three years of months. Hot spots are single cells with some 40
incidents a year: 14 treated and 6 for comparison, picked by hand, or the 14 with most incidents of the months of choice
against matched places. *Bursts*: the level of each cell drifts with a standard deviation of 0.3 to 0.6 in logarithms, a
month holding 0.7 of the last. *Shocks*: each BCU has a level of its own in each year, 0.3. *Season*: 0.4 either way.

In percent of forces: a verdict of fell or rose though nothing was done; in brackets where the interval said so and no
verdict was given (`withheld`). At most 7 are wanted; what is above is bold. *Answer*: the row that the answer rests on.
*Band*: over all bands of offences. *Single*: of one hot spot alone."""
PLANTED_WORDS = """### The same with a quarter planted

{seeds} forces of each world. Where places vary as real ones do (bursts of 0.45 and 0.5), a quarter less in 14 hot
spots is found in a minority of forces. *Covers*: the share of 95% intervals that hold the truth, 0.75, and where that
share lies with 95% probability, given so many forces; wanted are 93 to 97%, and bold is what lies outside. *No
verdict*: rows that get none there, whatever they say."""


def main() -> int:
    parser = argparse.ArgumentParser(prog=COMMAND, description="Look for changes in worlds without any.")
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--planted-seeds", type=int, metavar="N", help="for the worlds with a quarter planted")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--out", type=Path, default=PAGE)
    parser.add_argument("--rows", type=Path, metavar="FILE.csv", help="keep every row of every force too")
    parser.add_argument("--kept", type=Path, metavar="FOLDER", help="keep the rows made, and go on from those there")
    parser.add_argument("--power", action="store_true", help="print what a fall of a quarter needs, and no more")
    asked = parser.parse_args()
    if asked.power:
        print(power_part(asked.seeds))
        return 0
    seeds = asked.planted_seeds or asked.seeds
    more = "" if seeds == asked.seeds else f" --planted-seeds {seeds}"
    nulls = trials(WORLDS, asked.seeds, 1.0, asked.jobs, asked.kept)
    planted = trials(PLANTED, seeds, 0.75, asked.jobs, asked.kept)
    if asked.rows:
        pd.concat([nulls.assign(planted=False), planted.assign(planted=True)]).to_csv(asked.rows, index=False)
    command = f"{COMMAND} --seeds {asked.seeds}{more}"
    intro = INTRODUCTION.format(command=command, day=date.today().isoformat(), seeds=asked.seeds)
    words = PLANTED_WORDS.format(seeds=seeds)
    part = "\n\n".join([BEGINS, intro, nulls_part(nulls), words, planted_part(planted), ENDS])
    write_part(asked.out, part)
    return 0


def write_part(page: Path, part: str) -> None:
    """Put the part in its place on the page, or at its end."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGINS)
    _, _, after = rest.partition(ENDS)
    page.write_text(before.rstrip("\n") + "\n\n" + part + "\n" + after.lstrip("\n"), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
