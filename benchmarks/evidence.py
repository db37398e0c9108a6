"""``python -m benchmarks.evidence``: back-test on real data; keep the figures in data/evidence.json, write them up.

Three parts: (a) Lancashire by data.police.uk, (b) timed assaults of Chicago, by month and by week, (c) the same two
cities with offence-level weights drawn per offence, because the proxy weights hardly tell offences apart. Figures only
are kept, no incident. docs/backtest.md is made from the file, and a test holds the two together.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.suites import make_workspace, real_archive
from benchmarks.tasks import HOME
from hotspots.backtest import METHODS, backtest, calibration, origins_available
from hotspots.backtest.evidence import (
    CAUTION,
    FILE,
    against_best_other,
    by_offence_means,
    calibration_sentences,
    compared,
    default_sentences,
    difference,
    in_words,
    label,
    more,
    points,
    short_of,
    unfold,
    within_interval,
)
from hotspots.backtest.methods import Context, Method
from hotspots.backtest.periods import period_text
from hotspots.backtest.tables import History, history_of_table
from hotspots.backtest.workspace import history_of
from hotspots.base import choices
from hotspots.geography.neighbours import adjacency
from hotspots.harm.offences import POLICE_UK
from hotspots.harm.scoring import scored_days
from hotspots.ranking.question import Question

PAGE = HOME / "docs" / "backtest.md"
COMMAND = "python -m benchmarks.evidence"
OGL = "Contains public sector information licensed under the Open Government Licence v3.0."
CHICAGO = "incidents_with_times/chicago_aggravated_assaults_2010_2017.csv.gz"
CHICAGO_FROM = "City of Chicago open data, through the R package crimemappingdata (M. Ashby, MIT licence)"
ORIGINS = [202110, 202111, 202112, 202201, 202202, 202203, 202204]
CELLS = (60, 575)
KEPT = (
    "origin", "method", "harm_caught_share", "pei", "pai", "harm_best_share", "count_caught_share", "n_caught",
    "n_cells", "area_share",
)  # fmt: skip
SLOW = ("kde", "gbm")
SEEDS = range(1, 11)
OTHER_SEEDS = range(1, 6)  # of the other spreads
TESTED = ("count", "harm", "harm-sqrt", "harm-cap", "expected-harm")


def main() -> int:
    parser = argparse.ArgumentParser(prog=COMMAND, description="Back-test on real data; write the evidence.")
    parser.add_argument(
        "--workspace", type=Path, metavar="DIR", help="holds the Lancashire archive; default: made anew"
    )
    parser.add_argument("--page-only", action="store_true", help="write docs/backtest.md from the file that is there")
    asked = parser.parse_args()
    if not asked.page_only:
        chicago = shared(CHICAGO)
        if not chicago.is_file() or not (asked.workspace or real_archive()):
            say("The real open data are not there: set HOTSPOTS_SHARED_DATA to their folder.")
            return 1
        with tempfile.TemporaryDirectory() as scratch:
            FILE.write_text(written(gather(asked.workspace or archive_in(Path(scratch)), chicago)), encoding="utf-8")
    PAGE.write_text(page(json.loads(FILE.read_text(encoding="utf-8"))), encoding="utf-8")
    return 0


def shared(name: str) -> Path:
    return Path(os.environ.get("HOTSPOTS_SHARED_DATA", HOME.parent / "shared" / "data")) / name


def archive_in(scratch: Path) -> Path:
    """A workspace of the real archive."""
    archive = real_archive()
    assert archive is not None
    make_workspace(archive, scratch / "workspace")
    return scratch / "workspace"


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def gather(workspace: Path, chicago: Path) -> dict[str, Any]:
    """All parts of the evidence."""
    began = time.perf_counter()
    with_all, default = (lancashire(workspace, proactive) for proactive in (True, False))
    months, weeks = (history_of_table(chicago, 10, period) for period in ("month", "week"))
    tests = [*lancashire_tests(with_all, default), *chicago_tests(months, weeks)]
    sure = stated(with_all), stated(default)
    drawn = by_offence({"Lancashire": (with_all, ORIGINS), "Chicago": (months, half_years(months))})
    facts = with_all.facts
    about = {
        "what": "Which ranking catches most of later harm in a fixed area. Figures only: no incident, no person.",
        "command": COMMAND,
        "date": date.today().isoformat(),
        "minutes": round((time.perf_counter() - began) / 60, 1),
        "default_method": choices.DEFAULT_METHOD,
        "lancashire": f"data.police.uk, Lancashire Constabulary, {facts['window']}, {facts['weights']}",
        "workspace_version": facts["workspace_version"],
        "weights_sha256": facts["weights_sha256"],
        "chicago": f"aggravated assaults, {months.facts['window']}; {CHICAGO_FROM}",
        "chicago_sha256": hashlib.sha256(chicago.read_bytes()).hexdigest(),
        "attribution": OGL,
    }
    return {"about": about, "tests": tests, "calibration": list(sure), "by_offence": drawn}


def written(evidence: dict[str, Any]) -> str:
    """JSON with one table row to a line."""
    text = json.dumps(evidence, indent=1, ensure_ascii=False)
    return re.sub(r"\[\s+([^\[\]{}]*?)\s+\]", lambda m: "[" + " ".join(m[1].split()) + "]", text) + "\n"


def folded(table: pd.DataFrame, decimals: int = 6) -> dict[str, Any]:
    """A table as columns and rows; no figure is null."""
    rows = [[None if v != v else v for v in row] for row in table.round(decimals).astype(object).to_numpy().tolist()]
    return {"columns": list(table.columns), "rows": rows}


# ---------------------------------------------------------------- (a) Lancashire, (b) Chicago


def lancashire(workspace: Path, proactive: bool) -> History:
    question = Question(
        offences="violence-categories", resolution=10, include_proactive=proactive, source=POLICE_UK,
    )  # fmt: skip
    return history_of(workspace, question)


def remembering(methods: Sequence[str]) -> Mapping[str, Method]:
    """The methods, each origin ranked once however many areas are tested."""
    kept: dict[tuple[str, int], np.ndarray] = {}

    def one(name: str) -> Method:
        def method(train: pd.DataFrame, scores: pd.DataFrame, context: Context) -> np.ndarray:
            key = (name, context.origin)
            if key not in kept:
                kept[key] = METHODS[name](train, scores, context)
            return kept[key]

        return method

    return {name: one(name) for name in methods}


@dataclass(frozen=True)
class Plan:
    """One test: what it is called, over which spans, where and with what."""

    key: str
    title: str
    data: str
    train: int
    horizon: int
    period: str
    origins: list[int]
    cells: int


def lancashire_tests(with_all: History, default: History) -> list[dict[str, Any]]:
    tests = []
    for history, key, what in (
        (with_all, "lancashire", "violence, robbery and weapons"),
        (default, "lancashire-default", "violence and robbery, as the page has it (found by police left out)"),
    ):
        methods = remembering(list(METHODS))
        for cells in CELLS:
            title = f"Lancashire, {what}, {cells} cells"
            plan = Plan(f"{key}-{cells}", title, "police-uk", 12, 3, "month", ORIGINS, cells)
            tests.append(tested(plan, history, methods))
    return tests


def half_years(months: History) -> list[int]:
    """January and July: test windows of three months that do not overlap."""
    return [o for o in origins_available(months.periods, 12, 3)[0] if o % 100 in (1, 7)]


def quarters(weeks: History, horizon: int) -> list[int]:
    """Every thirteenth week."""
    return origins_available(weeks.periods, 52, horizon)[0][::13]


def chicago_tests(months: History, weeks: History) -> list[dict[str, Any]]:
    quick = remembering([m for m in METHODS if m not in SLOW])
    cells = CELLS[0]
    plan = Plan(
        "chicago-months", f"Chicago, assaults, 3 months ahead, {cells} cells", "chicago", 12, 3, "month",
        half_years(months), cells,
    )  # fmt: skip
    tests = [tested(plan, months, remembering(list(METHODS)))]
    for horizon in (4, 13):
        plan = Plan(
            f"chicago-{horizon}-weeks", f"Chicago, assaults, {horizon} weeks ahead, {cells} cells", "chicago", 52,
            horizon, "week", quarters(weeks, horizon), cells,
        )  # fmt: skip
        tests.append(tested(plan, weeks, dict(quick) if horizon == 4 else remembering(list(quick))))
    return tests


def tested(plan: Plan, history: History, methods: Mapping[str, Method]) -> dict[str, Any]:
    """One back-test as it is kept."""
    say(f"{plan.title} …")
    found = backtest(
        history.cube, history.scores, periods=history.periods, total_area_m2=history.total_area_m2, methods=methods,
        train=plan.train, horizon=plan.horizon, origins=plan.origins, n_cells=plan.cells, cap=history.cap,
        breaks=history.breaks,
    )  # fmt: skip
    left = [m for m in METHODS if m not in methods]
    return {
        "key": plan.key,
        "title": plan.title,
        "data": plan.data,
        "offences": str(history.facts.get("offences", "aggravated assaults, every one weighing 1")),
        "resolution": history.facts["resolution"],
        "train": plan.train,
        "horizon": plan.horizon,
        "period": plan.period,
        "cells": plan.cells,
        "area_share": round(float(found["area_share"].mean()), 6),
        "origins": [period_text(o) for o in plan.origins],
        "not_run": left,
        "summary": folded(compared(found)),
        "against_best_other": rounded(against_best_other(found, choices.DEFAULT_METHOD)),
        "per_origin": folded(found.assign(origin=[period_text(o) for o in found["origin"]])[list(KEPT)]),
    }


def rounded(facts: dict[str, Any]) -> dict[str, Any]:
    return {k: None if v != v else round(v, 6) if isinstance(v, float) else v for k, v in facts.items()}


def stated(history: History, top: int = 20) -> dict[str, Any]:
    """How often the stated chances of the top of each BCU came true."""
    say("calibration …")
    table = calibration(
        history.cube, history.scores, periods=history.periods, groups=history.groups, train=12, horizon=3,
        origins=ORIGINS, top=top,
    )  # fmt: skip
    return {
        "title": f"Lancashire, top {top} of each BCU, 3 months ahead",
        "offences": str(history.facts["offences"]),
        "proactive_offences": history.facts["proactive_offences"],
        "top": top,
        "origins": [period_text(o) for o in ORIGINS],
        "table": folded(table),
    }


# ---------------------------------------------------------------- (c) weights by offence


@dataclass(frozen=True)
class Kind:
    """An invented kind of offence: its days, its share of all, and how much its odds vary from place to place."""

    name: str
    days: float
    share: float
    spread: float


# Days as in the Cambridge index; shares and spreads are assumptions. Of all violence, most is slight; of Chicago's
# aggravated assaults, more is severe.
KINDS = {
    "Lancashire": (
        Kind("common assault", 1, 0.36, 0.4),
        Kind("actual bodily harm", 10, 0.36, 0.4),
        Kind("threats", 10, 0.12, 0.4),
        Kind("wounding, less serious", 19, 0.05, 0.5),
        Kind("wounding", 547.5, 0.02, 0.6),
        Kind("wounding with intent", 1460, 0.025, 0.8),
        Kind("rape", 1825, 0.055, 0.5),
        Kind("attempted murder", 3285, 0.002, 1.0),
        Kind("murder", 5475, 0.0007, 1.0),
    ),
    "Chicago": (
        Kind("threatened with a weapon", 10, 0.55, 0.4),
        Kind("wounding, less serious", 19, 0.25, 0.4),
        Kind("wounding", 547.5, 0.05, 0.5),
        Kind("wounding with intent", 1460, 0.12, 0.8),
        Kind("attempted murder", 3285, 0.005, 1.0),
        Kind("murder", 5475, 0.03, 0.9),
    ),
}
SPREADS = {
    "as assumed": 1.0,
    "the same everywhere": 0.0,
    "twice as varied": 2.0,
}
LIMITS = (
    "The places and times are real; which offence it was is not. Each offence draws its kind at random, so the luck of"
    " a single severe event is simulated.",
    "The shares of the kinds and how much they vary from place to place are assumptions. Half of that variation is the"
    " cell's own and half is shared with the cells around it; it does not change with time.",
    "Kinds are drawn independently. Real series (a feud, one violent household) come in clusters.",
    "The seeds redraw the kinds over the same places and origins, so their spread is that of the luck alone: it says"
    " nothing of another city or another year.",
)


def by_offence(cities: dict[str, tuple[History, list[int]]]) -> dict[str, Any]:
    """Share caught by each method, for each city, spread of mixes and seed."""
    rows = []
    for city, (history, origins) in cities.items():
        place = Places.of(history)
        for spread, factor in SPREADS.items():
            say(f"offence-level weights, {city}, mixes {spread} …")
            for seed in SEEDS if factor == 1 else OTHER_SEEDS:
                cube, scores = with_kinds(history, place, KINDS[city], factor, seed)
                found = backtest(
                    cube, scores, periods=history.periods, total_area_m2=history.total_area_m2, methods=TESTED,
                    train=12, horizon=3, origins=origins, n_cells=CELLS[0], cap=history.cap,
                )  # fmt: skip
                means = found.groupby("method")["harm_caught_share"].mean()
                best = found.groupby("method")["harm_best_share"].mean().iloc[0]
                rows.append((city, spread, seed, *(means[m] for m in TESTED), best))
    table = pd.DataFrame(rows, columns=["city", "spread", "seed", *TESTED, "best"])
    return {
        "what": "Real places and times; kinds of offence drawn at random, with days as in the Cambridge index.",
        "limits": list(LIMITS),
        "methods": list(TESTED),
        "cells": CELLS[0],
        "origins": {city: [period_text(o) for o in origins] for city, (_, origins) in cities.items()},
        "kinds": {c: [[k.name, k.days, k.share, k.spread] for k in kinds] for c, kinds in KINDS.items()},
        "table": folded(table),
    }


@dataclass(frozen=True, eq=False)
class Places:
    """The cells of a city and which adjoin."""

    cells: np.ndarray
    near: Any
    degree: np.ndarray

    @classmethod
    def of(cls, history: History) -> Places:
        cells = np.unique(history.cube["cell"].to_numpy(dtype=np.int64))
        near = adjacency(cells)
        return cls(cells, near, 1 + np.asarray(near.sum(axis=1)).ravel())

    def field(self, random: np.random.Generator, rounds: int = 3) -> np.ndarray:
        """Noise of variance 1 that cells share with those around them: white noise averaged over neighbours."""
        z = random.normal(size=len(self.cells))
        for _ in range(rounds):
            z = (self.near @ z + z) / self.degree
        return np.asarray(z / z.std())


def with_kinds(
    history: History, places: Places, kinds: Sequence[Kind], factor: float, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(cube, scores) in which every offence of the most common code has drawn a kind; the other codes stay.

    P(kind k in cell i) ∝ shareₖ exp(factor · spreadₖ · (uᵢₖ + sᵢₖ)/√2), u white and s smooth noise of variance 1. Each
    offence counts as an incident of its own.
    """
    random = np.random.default_rng(seed)
    noise = np.stack(
        [k.spread * (random.normal(size=len(places.cells)) + places.field(random)) / np.sqrt(2) for k in kinds], axis=1
    )
    odds = np.array([k.share for k in kinds]) * np.exp(factor * noise)
    chance = odds / odds.sum(axis=1, keepdims=True)
    cube, known = history.cube, scored_days(history.scores)
    commonest = int(cube.groupby("offence")["n_offences"].sum().idxmax())
    mixed = cube[cube["offence"] == commonest]
    drawn = random.multinomial(mixed["n_offences"], chance[np.searchsorted(places.cells, mixed["cell"])])
    row, kind = np.nonzero(drawn)
    parts = mixed.iloc[row].assign(offence=len(known) + kind, n_offences=drawn[row, kind])
    every = pd.concat([cube[cube["offence"] != commonest], parts]).assign(n_incidents=lambda f: f["n_offences"])
    days = np.r_[known, [k.days for k in kinds]]
    scores = pd.DataFrame(
        {"status": "scored", "days": days, "label": [*history.scores["label"], *(k.name for k in kinds)]}
    )
    return every.sort_values(["cell", "period", "offence"], ignore_index=True), scores


# ---------------------------------------------------------------- docs/backtest.md


def page(evidence: dict[str, Any]) -> str:
    """docs/backtest.md, from the figures alone."""
    about = evidence["about"]
    parts: list[Callable[[dict[str, Any]], str]] = [heading, tests_part, calibration_part, by_offence_part]
    return "\n".join(part(evidence).rstrip("\n") + "\n" for part in parts) + f"\n{about['attribution']}\n"


def heading(evidence: dict[str, Any]) -> str:
    about = evidence["about"]
    default = in_words(about["default_method"])
    made = (
        f"*Generated by `{about['command']}` on {about['date']} ({about['minutes']} minutes), with the figures of"
        f" `data/evidence.json`; do not edit by hand. Lancashire: {about['lancashire']}. Chicago: {about['chicago']}.*"
    )
    weak = "\n".join(f"- {line}" for line in short_of(evidence)) or "- Nowhere in these tests."
    lead = " ".join(default_sentences(*told(evidence["tests"][0])))
    return f"""# Which ranking catches most

{wrapped(made)}

At each origin every method ranks the cells on the periods before it and is judged on the periods from it on, which it
has not seen. All methods take the same number of cells. *Share caught*: of all harm of the tested periods. *PEI*: share
caught over that of the best choice of the same area, made in hindsight; 1 is out of reach. *PAI*: share caught over
share of the area. *Difference*: percentage points against the number of incidents at the same origins, with a 95%
interval (bootstrap of blocks of origins that overlap). *More*: origins at which the method caught more than the count.

{wrapped(CAUTION)}

{wrapped(f"**The default is {default}.** {evidence['tests'][0]['title']}: {lead}")}

Where it is not the best, or its lead over a count may be chance:

{weak}

The same from the command line, on your own data:

```
python -m hotspots backtest --months --origins 2021-10..2022-04 --include-proactive --summary
python -m hotspots backtest --months --origins 2021-10..2022-04 --include-proactive --calibration
```
"""


def wrapped(text: str) -> str:
    return textwrap.fill(text, 120, break_long_words=False, break_on_hyphens=False)


def told(test: dict[str, Any]) -> tuple[pd.DataFrame, dict[str, Any]]:
    return unfold(test["summary"]), test["against_best_other"]


def tests_part(evidence: dict[str, Any]) -> str:
    return "\n".join(test_part(test) for test in evidence["tests"])


def test_part(test: dict[str, Any]) -> str:
    first, last = test["origins"][0], test["origins"][-1]
    spans = (
        f"Train {test['train']} {test['period']}s, test the next {test['horizon']}; {len(test['origins'])} origins,"
        f" {first} to {last}; H3 resolution {test['resolution']}; {test['area_share']:.3%} of the"
        f" {'area' if test['data'] == 'police-uk' else 'area of the cells that ever had one, on which PAI rests'}"
    )
    left = (
        f" Not run, because they take minutes here: {', '.join(map(in_words, test['not_run']))}."
        if test["not_run"]
        else ""
    )
    lines = "".join(
        f"| {label(r['method'])} | {r['share_caught']:.2%} | {r['pei']:.3f} | {r['pai']:.1f} |"
        f" {difference(r)} | {more(r)} |\n"
        for r in unfold(test["summary"]).to_dict("records")
    )
    return f"""## {test["title"]}

{wrapped(f"{spans}.{left} {' '.join(default_sentences(*told(test)))}")}

| method | share caught | PEI | PAI | difference, points | more |
|---|---:|---:|---:|---:|---:|
{lines}"""


def calibration_part(evidence: dict[str, Any]) -> str:
    text = """## Do the stated chances come true?

`p_top_next` says how likely a cell is to be among the first of its BCU by the harm counted over the next three
months: that can be checked. `p_top` says how likely it is to *belong* there, by its underlying rate, which nobody can
see; chance moves cells in and out of the counted top, so fewer of them are found there than it says. The intervals
take cells as independent, which they are not, so they are too narrow.
"""
    for one in evidence["calibration"]:
        rows = unfold(one["table"])
        inside, bins = within_interval(rows)
        proactive = one["proactive_offences"]
        text += f"\n### {one['title']}; offences found by police {proactive}\n\n"
        text += f"In {inside} of {bins} bands the stated chance lies inside the interval of what came.\n\n"
        for figure in ("p_top_next", "p_top"):
            text += f"`{figure}`\n\n" + "".join(f"- {line}\n" for line in calibration_sentences(rows, figure)) + "\n"
    return text


def by_offence_leads(part: dict[str, Any]) -> pd.DataFrame:
    """Lead of expected harm over each other method: city, spread, other, mean, lowest, highest, wins, n_seeds."""
    table, rows = unfold(part["table"]), []
    for (city, spread), own in table.groupby(["city", "spread"], sort=False):
        for other in (m for m in part["methods"] if m != choices.EXPECTED):
            gap = own[choices.EXPECTED] - own[other]
            rows.append((city, spread, other, gap.mean(), gap.min(), gap.max(), int((gap > 0).sum()), len(gap)))
    return pd.DataFrame(rows, columns=["city", "spread", "other", "mean", "lowest", "highest", "wins", "n_seeds"])


def by_offence_part(evidence: dict[str, Any]) -> str:
    part = evidence["by_offence"]
    means, leads = by_offence_means(part), by_offence_leads(part)
    names = part["methods"]
    table = (
        f"| city | mixes | seeds | {' | '.join(label(m) for m in names)} |\n|---|---|---:|"
        + "---:|" * len(names)
        + "\n"
    )
    for r in means.to_dict("records"):
        seeds = leads[(leads["city"] == r["city"]) & (leads["spread"] == r["spread"])]["n_seeds"].iloc[0]
        table += f"| {r['city']} | {r['spread']} | {seeds} | {' | '.join(f'{r[m]:.2%}' for m in names)} |\n"
    lead = "| city | mixes | against | lead of expected harm, points | lowest and highest seed | seeds ahead |\n"
    lead += "|---|---|---|---:|---:|---:|\n"
    for r in leads.to_dict("records"):
        spread = f"{points(r['lowest'])} to {points(r['highest'])}"
        lead += (
            f"| {r['city']} | {r['spread']} | {in_words(r['other'])} | {points(r['mean'])} | {spread} |"
            f" {r['wins']} of {r['n_seeds']} |\n"
        )
    kinds = "".join(
        f"- {city}: " + "; ".join(f"{n} {d:g} days, {s:.2%}" for n, d, s, _ in rows) + ".\n"
        for city, rows in part["kinds"].items()
    )
    return f"""## With weights by offence

The proxy weights of data.police.uk hardly tell one offence from another, so they say little on luck. Here the places
and times stay, and every offence (in Lancashire: of *Violence and sexual offences*) draws a kind with the days of a
harm index. {part["cells"]} cells, train 12 months, test the next 3. Kinds, before the shares are made to sum to 1:

{kinds}
What this can and cannot show:

{"".join(f"- {line}" + chr(10) for line in part["limits"])}
Share of later harm caught, mean over the origins and seeds:

{table}
{lead}"""


if __name__ == "__main__":
    sys.exit(main())
