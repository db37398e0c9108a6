"""python -m hotspots backtest: which ranking catches the most of what happens next."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.base.words import counted
from hotspots.cli.verbs import Verb, Verbs, put_table, question_of, say

if TYPE_CHECKING:
    import pandas as pd

    from hotspots.backtest.workspace import History

HIDDEN = ["place"]


def add_verbs(verbs: Verbs) -> None:
    about = "rolling-origin comparison of ranking methods: share of later harm caught in a fixed area, PAI, PEI"
    one = verbs.add("backtest", run_backtest, about, "--origins 2026-02..2026-07 --summary")
    add_data(one)
    add_test(one)
    shown = one.add_mutually_exclusive_group()
    shown.add_argument("--summary", action="store_true", help="a line per method: means, differences, intervals, wins")
    shown.add_argument("--calibration", action="store_true", help="stated chance of the top N against what came")
    one.add_argument("--against", default="count", metavar="METHOD", help="compared with in --summary; default: count")
    one.add_argument("--top", type=int, metavar="N", help=f"of --calibration; default: the setting, {Settings.top}")
    one.add_number("--draws", Settings.draws, "of --calibration")
    one.add_number("--seed", Settings.seed, "of all draws")
    one.add_format()


def add_data(one: Verb) -> None:
    """What is tested on: a question to the workspace, or a plain table."""
    one.add_argument("--table", type=Path, metavar="FILE.csv", help="date, lon, lat[, offence, days] of any city")
    one.add_argument("--total-area-km2", type=float, metavar="X", help="of the city of --table, for PAI")
    one.add_bcu()
    one.add_window("first day or month; default: the first held", "last day or month; default: the last held")
    one.add_resolution()
    one.add_weights()
    one.add_offences()


def add_test(one: Verb) -> None:
    """Periods, origins, area and methods."""
    period = one.add_mutually_exclusive_group()
    for name, help_ in (("months", "the default"), ("weeks", "timed sources only")):
        period.add_argument(
            f"--{name}", nargs="?", type=int, const=0, metavar="AHEAD",
            help=f"periods are {name} ({help_}), so many ahead",
        )  # fmt: skip
    (train, horizon), (weeks, weeks_ahead) = Settings.spans.values()
    one.add_argument("--train", type=int, metavar="N", help=f"periods ranked on; default: {train}, or {weeks} weeks")
    one.add_argument(
        "--horizon", type=int, metavar="N", help=f"periods tested; default: {horizon}, or {weeks_ahead} weeks"
    )
    one.add_argument(
        "--origins",
        default="",
        metavar="FIRST..LAST",
        help="first periods tested, such as 2021-10..2022-04; half of the periods before one may be missing",
    )
    one.add_argument("--first-origin", default="", metavar="DATE", help="the same, one by one")
    one.add_argument("--last-origin", default="", metavar="DATE", help="the same, one by one")
    one.add_argument("--step", type=int, metavar="N", help="every Nth origin; default: 1, weeks: the horizon")
    area = one.add_mutually_exclusive_group()
    area.add_argument("--area-share", type=float, metavar="X", help="share of the area, such as 0.001")
    area.add_argument(
        "--cells", type=int, metavar="N",
        help="ranked first; default: the setting top for each BCU",
    )  # fmt: skip
    one.add_argument("--methods", default="", metavar="A,B,…", help="what is compared; default: all")
    one.add_argument("--leave-out-breaks", action="store_true", help="no origin across a change of map points")


@dataclass(frozen=True)
class Plan:
    """What is asked for, with its defaults."""

    period: str
    train: int
    horizon: int
    step: int
    methods: list[str] | None


def plan_of(asked: argparse.Namespace) -> Plan:
    """Periods and spans from the options; HotspotsError tells all that cannot be."""
    period = "week" if asked.weeks is not None else "month"
    train, horizon = Settings.spans[period]
    ahead = asked.weeks if period == "week" else asked.months
    problems = []
    if ahead and asked.horizon is not None and ahead != asked.horizon:
        problems.append(f"--{period}s {ahead} and --horizon {asked.horizon} both say how far ahead: give one of them.")
    train = asked.train if asked.train is not None else train
    horizon = asked.horizon if asked.horizon is not None else ahead or horizon
    step = asked.step if asked.step is not None else horizon if period == "week" else 1
    if asked.origins and (asked.first_origin or asked.last_origin):
        problems.append("Give either --origins or --first-origin and --last-origin, not both.")
    for name, value in (("train", train), ("horizon", horizon), ("step", step), ("draws", asked.draws)):
        if value < 1:
            problems.append(f"--{name} is {value}; it must be at least 1.")
    if asked.top is not None and asked.top < 1:
        problems.append(f"--top is {asked.top}; it must be at least 1.")
    if problems:
        raise HotspotsError(problems)
    methods = [m.strip() for m in asked.methods.split(",") if m.strip()] if asked.methods else None
    return Plan(period, train, horizon, step, methods)


def run_backtest(asked: argparse.Namespace) -> None:
    from hotspots.backtest import calibration, origins_available

    plan = plan_of(asked)
    history = table_history(asked, plan) if asked.table else workspace_history(asked, plan)
    say(*history.warnings, *history.notes)
    origins, words = origins_available(
        history.periods, plan.train, plan.horizon, origins_asked(asked, plan, history.periods), history.breaks,
        asked.leave_out_breaks, gaps=bool(asked.origins or asked.first_origin or asked.last_origin),
    )  # fmt: skip
    say(*words)
    facts = history.facts | {"train_periods": plan.train, "horizon_periods": plan.horizon, "period": plan.period}
    facts["warnings"] = [*history.warnings, *words]
    facts["notes"] = list(history.notes)
    if asked.calibration:
        top = asked.top or int(str(history.facts.get("top", 20)))
        table = calibration(
            history.cube, history.scores, periods=history.periods, groups=history.groups, train=plan.train,
            horizon=plan.horizon, origins=origins, top=top, draws=asked.draws, seed=asked.seed,
        ).round(6)  # fmt: skip
        say(f"Top {top} of each group, {counted(len(origins), 'origin')}. Only p_top_next is about what can be seen.")
        facts["what"] = f"Stated probability of being in the top {top} against how often the next periods put it there"
    else:
        table = tested(asked, plan, history, origins, facts)
    put_table(asked, table, facts)


def tested(
    asked: argparse.Namespace, plan: Plan, history: History, origins: list[int], facts: dict[str, object]
) -> pd.DataFrame:
    """The table asked for, by origin and method or by method; what it comes to goes to standard error."""
    from hotspots.backtest import backtest, paired

    n_cells = asked.cells
    if n_cells is None and asked.area_share is None:
        n_cells = int(str(history.facts.get("cells", 60)))
    found = backtest(
        history.cube, history.scores, periods=history.periods, total_area_m2=history.total_area_m2,
        methods=plan.methods, train=plan.train, horizon=plan.horizon, origins=origins, area_share=asked.area_share,
        n_cells=n_cells, seed=asked.seed, cap=history.cap, breaks=history.breaks,
    )  # fmt: skip
    against = asked.against if asked.against != "count" or "count" in set(found["method"]) else found["method"].iloc[0]
    summary = paired(found, against, seed=asked.seed)
    facts["what"] = "Share of later harm that each ranking method caught in a fixed area. Places, never people."
    facts["conclusion"] = conclusion(summary)
    say(str(facts["conclusion"]))
    if asked.summary:
        return summary.round(6)
    return found.drop(columns=HIDDEN).assign(origin=[period_label(o) for o in found["origin"]]).round(6)


def conclusion(summary: pd.DataFrame) -> str:
    """Who wins, by how much and how surely, in a sentence."""
    best = summary.iloc[0]
    share, n = best["mean_harm_caught_share"], int(best["n_origins"])
    words = f"Over {counted(n, 'origin')} '{best['method']}' caught most: {share:.2%} of later harm on average"
    words += f" (PEI {best['mean_pei']:.2f})"
    if best["method"] == best["against"]:
        return f"{words}. No other method does better."
    words += f", {100 * best['difference']:+.2f} percentage points against '{best['against']}'"
    if best["ci_low"] == best["ci_low"]:  # one origin has no interval
        words += f" (95% interval {100 * best['ci_low']:+.2f} to {100 * best['ci_high']:+.2f})"
    return f"{words}, better at {int(best['wins'])} of {n}."


def period_label(period: int) -> str:
    from hotspots.backtest.periods import period_text

    return period_text(int(period))


def workspace_history(asked: argparse.Namespace, plan: Plan) -> History:
    """The cube of the question asked of the workspace."""
    from hotspots.backtest.workspace import history_of
    from hotspots.store.workspace import open_workspace

    workspace = open_workspace(asked.workspace)
    history = history_of(workspace, question_of(asked), plan.period)
    top = workspace.settings.top
    n = len(workspace.profile.bcus) if asked.bcu == "all" else 1
    return replace(history, facts=history.facts | {"top": top, "cells": top * n})


def table_history(asked: argparse.Namespace, plan: Plan) -> History:
    """The cube of a plain table of another city; options of the workspace are refused."""
    from hotspots.backtest.tables import history_of_table

    used = {
        "--bcu": asked.bcu != "all", "--from": asked.start, "--to": asked.end, "--weights": asked.weights,
        "--offences": asked.offences, "--source": asked.source, "--include-proactive": asked.include_proactive,
    }  # fmt: skip
    wrong = [name for name, value in used.items() if value]
    if wrong:
        raise HotspotsError(f"{', '.join(wrong)} cannot be used with --table: the table is tested as it is.")
    return history_of_table(asked.table, asked.resolution or 10, plan.period, asked.total_area_km2)


def origins_asked(asked: argparse.Namespace, plan: Plan, periods: list[int]) -> list[int] | None:
    """The origins of --origins, --first-origin, --last-origin and --step; None for all there are."""
    from hotspots.backtest.periods import between
    from hotspots.backtest.periods import possible as possible_origins

    first, last = asked.first_origin, asked.last_origin
    if asked.origins:
        first, dots, last = asked.origins.partition("..")
        last = last if dots else first
    if not (first or last) and plan.step == 1:
        return None
    every = possible_origins(sorted(periods), plan.train, plan.horizon)
    if not every and not (first and last):
        return None
    start = parse_origin(first, plan.period) if first else every[0]
    end = parse_origin(last, plan.period) if last else every[-1]
    if start > end:
        raise HotspotsError(f"The first origin, {period_label(start)}, is after the last, {period_label(end)}.")
    return between(start, end)[:: plan.step]


def parse_origin(text: str, period: str) -> int:
    """'2021-10' → 202110; by week, any date of it → its number."""
    import numpy as np

    from hotspots.backtest.tables import period_numbers

    text = text.strip()
    try:
        day = date.fromisoformat(f"{text}-01" if len(text) == 7 and period == "month" else text)
    except ValueError as error:
        like = "a month like 2021-10" if period == "month" else "a date like 2015-03-02"
        raise HotspotsError(f"An origin is '{text[:40]}'; write {like}, or two of them as FIRST..LAST.") from error
    return int(period_numbers(np.array([day], dtype="datetime64[D]"), period)[0])
