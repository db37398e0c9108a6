"""A trial planned in a workspace: its hot spots, a randomised schedule, and what it could find.

which hot spots → what happened in them in the year before → randomisation → the smallest fall that would be found
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hotspots.areas import register as area_register
from hotspots.areas.register import Frozen
from hotspots.base.choices import UNITS
from hotspots.base.clock import EPOCH, day_of
from hotspots.base.columns import TRIAL_BALANCE, TRIAL_EFFECT, TRIAL_SCHEDULE, in_columns
from hotspots.base.errors import HotspotsError
from hotspots.base.months import Window, add_months, month_text, window_of_months
from hotspots.base.profile import either
from hotspots.base.settings import Settings
from hotspots.change.settling import resolution_of
from hotspots.harm.offences import POLICE_UK
from hotspots.harm.scoring import WeightSet
from hotspots.harm.selections import selection_named
from hotspots.ranking.gather import count_and_score, gather
from hotspots.store import ledger
from hotspots.store.held import months_held
from hotspots.store.workspace import Workspace, open_workspace
from hotspots.trials import register
from hotspots.trials.draw import design as draw_design
from hotspots.trials.draw import redraw
from hotspots.trials.layout import COVARIATES, WEEKDAYS, Design, balance_table
from hotspots.trials.outcomes import (
    NO_DAYS,
    Outcomes,
    Wanted,
    by_place,
    cells_of,
    first_and_last,
    outcomes,
    settled,
    source_of,
)
from hotspots.trials.power import minimum_detectable_effect

TREATED = "treated"
NOTICE_DAYS = 7  # suggested between today and the first day
LEARN_DAYS = 365
LEAST_DAYS = 28  # of the time before, to simulate from
REDRAWS = 199  # in simulated trials, and that a cluster design must allow
SAID = {"pre_count": "incidents before", "pre_harm": "harm before"}


@dataclass(frozen=True, kw_only=True)
class DesignQuestion:
    """Which trial is meant. Empty text means: the only register; a Monday at least a week ahead; 90 days.

    ``register``: a name, whose version of the trial's days counts, or name@version. ``first``, ``last``: patrol days
    like 2027-01-04, both included. ``share``: of the days (crossover) or hot spots (cluster). ``per_day``: (BCU, hot
    spots that it can patrol on one day); BCU "all" stands for each that has no number of its own. ``days_off``: days
    that are not randomised. ``washout_days``, ``offences``, ``weights``, ``source``: settled on beforehand, for
    the analysis. ``simulations`` of trials for the smallest fall that can be found; 0: none.
    """

    bcu: str = "all"
    register: str = ""
    kind: str = "crossover"
    first: str = ""
    last: str = ""
    seed: int = 1
    share: float = Settings.trial_share
    per_day: tuple[tuple[str, int], ...] = ()
    longest_run: int = Settings.trial_longest_run
    days_off: tuple[str, ...] = ()
    block_days: int = Settings.trial_block_days
    washout_days: int = 0
    offences: str = ""
    weights: str = ""
    source: str = ""
    include_proactive: bool = False
    simulations: int = Settings.trial_simulations


@dataclass(frozen=True, eq=False, kw_only=True)
class Designed:
    """A drawn design, not yet frozen, and what must be said beside it."""

    question: DesignQuestion  # completed
    design: Design
    register: str  # name@version
    schedule: pd.DataFrame  # TRIAL_SCHEDULE
    balance: pd.DataFrame  # TRIAL_BALANCE
    effect: pd.DataFrame  # TRIAL_EFFECT; empty where there is none
    no_effect: str  # why there is none
    notes: tuple[str, ...]
    definition: dict[str, Any]  # goes into the register with the design
    facts: dict[str, Any]  # what it is, for every download
    version: str
    synthetic: bool


@dataclass(frozen=True, eq=False)
class Before:
    """What is known of the time before. ``totals``: area, pre_count, pre_harm."""

    totals: pd.DataFrame
    daily: pd.DataFrame | None
    window: str
    why_not: str  # nothing can be simulated
    counted: dict[str, Any] = field(default_factory=dict)  # offences, weights and so on, by name
    notes: tuple[str, ...] = ()


def design_workspace(folder: Path | Workspace, question: DesignQuestion | None = None) -> Designed:
    """Draw a trial for the treated hot spots of a register. HotspotsError where it cannot be, with every reason.

    The same question of the same workspace gives the same design. Nothing is stored: see `freeze_designed`.
    """
    workspace = folder if isinstance(folder, Workspace) else open_workspace(folder)
    question, first, last = dated(workspace, question or DesignQuestion())
    frozen = register_for(workspace.folder, question.register, first, last)
    areas = treated_areas(frozen, question.bcu)
    before = before_of(workspace, frozen, areas["area"].tolist(), first, question)
    question = replace(
        question, register=frozen.ref,
        **{k: before.counted[k] for k in ("offences", "weights", "source") if k in before.counted},
    )  # fmt: skip
    drawn, unbalanced = drawn_from(areas, before.totals, first, last, question)
    effect, no_effect = detectable(drawn, before, question)
    notes = (*before.notes, *unbalanced, *notes_of(workspace, drawn, frozen, before))
    definition = {
        **before.counted, "washout_days": question.washout_days, "time_before": before.window,
        "patrol_day_starts": workspace.settings.patrol_day_starts, "timezone": workspace.settings.timezone,
        "adequate_minutes": workspace.settings.visit_min_minutes, "detectable": effect["sentence"].tolist(),
    }  # fmt: skip
    synthetic = workspace.manifest.kind == "synthetic"
    return Designed(
        question=question, design=drawn, register=frozen.ref, schedule=schedule_of(drawn, frozen),
        balance=in_columns(balance_table(drawn), TRIAL_BALANCE), effect=in_columns(effect, TRIAL_EFFECT),
        no_effect=no_effect, notes=notes, definition=definition,
        facts=about(drawn, frozen.ref, definition, no_effect, notes, workspace.version, synthetic),
        version=workspace.version, synthetic=synthetic,
    )  # fmt: skip


def freeze_designed(folder: Path, designed: Designed, name: str, author: str, note: str) -> register.FrozenDesign:
    """Freeze a drawn design under a name. HotspotsError when its first day has begun, or the name is taken."""
    return register.freeze(folder, designed.design, name, designed.register, author, note, designed.definition)


def dated(workspace: Workspace, question: DesignQuestion) -> tuple[DesignQuestion, date, date]:
    """The question with its days filled in. HotspotsError for what makes no sense before anything is read."""
    force = workspace.profile
    force.refuse_bcu(question.bcu)
    if unknown := [b for b, _ in question.per_day if b not in force.choices]:
        raise HotspotsError(f"Hot spots a day are given for BCU '{unknown[0][:40]}'; use {either(force.choices)}.")
    if question.washout_days < 0 or question.simulations < 0:
        raise HotspotsError("Wash-out days and simulations are 0 or more.")
    ahead = ledger.now().date() + timedelta(days=NOTICE_DAYS)
    monday = ahead + timedelta(days=-ahead.weekday() % 7)
    first = day_of(question.first, "The first day") if question.first else monday
    last = day_of(question.last, "The last day") if question.last else first + timedelta(days=Settings.trial_days - 1)
    off = tuple(sorted({day_of(d, "A day off").isoformat() for d in question.days_off}))
    return replace(question, first=str(first), last=str(last), days_off=off), first, last


def register_for(folder: Path, asked: str, first: date, last: date) -> Frozen:
    """The version of the register that holds on all the trial's days. HotspotsError where none does."""
    name = asked or area_register.only_register(folder, "there is nothing to randomise")
    frozen = area_register.load(folder, name) if "@" in name else area_register.version_on(folder, name, first)
    if frozen.valid_from > first:
        raise HotspotsError(f"{frozen.ref} holds from {frozen.valid_from}, after the trial begins on {first}.")
    if frozen.valid_to is not None and frozen.valid_to < last:
        raise HotspotsError(
            f"{frozen.ref} holds until {frozen.valid_to}, and the trial goes on to {last}: its hot spots must stay the"
            " same throughout. End it earlier, or begin it with the next version."
        )
    return frozen


def treated_areas(frozen: Frozen, bcu: str) -> pd.DataFrame:
    """The treated hot spots of a BCU, or of all. HotspotsError with fewer than two."""
    areas = frozen.areas[(frozen.areas["role"] == TREATED) & ((frozen.areas["bcu"] == bcu) | (bcu == "all"))]
    if len(areas) < 2:
        where = "" if bcu == "all" else f" in {bcu}"
        raise HotspotsError(
            f"{frozen.ref} has {len(areas)} treated hot spots{where}; a trial needs at least two. Choose another"
            " register or BCU, or give roles when freezing."
        )
    return areas.reset_index(drop=True)


def holidays(lines: pd.DataFrame, bcu: str = "all") -> tuple[str, ...]:
    """The days of the context lines of kind holiday that hold for a BCU, for ``days_off``. ``lines``: `CONTEXT`."""
    mine = lines[(lines["kind"] == "holiday") & lines["where"].isin(["", "all", bcu])]
    found: set[str] = set()
    for begin, end in zip(mine["first_day"], mine["last_day"], strict=True):
        found |= set(pd.date_range(begin, end or begin).strftime("%Y-%m-%d"))
    return tuple(sorted(found))


def before_of(
    workspace: Workspace, frozen: Frozen, areas: Sequence[str], first: date, question: DesignQuestion
) -> Before:
    """What happened in these hot spots in the year before the trial, as far as it is held."""
    wanted = Wanted(question.offences, question.weights, question.source, question.include_proactive)
    source = source_of(workspace, wanted)
    if not source:
        none = pd.DataFrame({"area": list(areas)})
        return Before(none, None, "", "The workspace holds no incidents, so nothing is known of the time before.")
    if source == POLICE_UK:
        return before_by_month(workspace, frozen, areas, first, wanted)
    span = first_and_last(workspace, source)
    end = first - timedelta(days=1)
    if span is not None:
        end = min(end, EPOCH + timedelta(days=span[1] - 1))
    window = Window(end - timedelta(days=LEARN_DAYS - 1), end)
    found = outcomes(workspace, frozen, areas, window, wanted)
    why_not = ""
    if found.n_days < LEAST_DAYS:
        why_not = (
            f"Incidents are held for {found.n_days} patrol days of the year before, and at least {LEAST_DAYS} are"
            " needed to simulate trials."
        )
    days = found.daily.dropna()
    sums = days.groupby("area", as_index=False)[["count", "harm"]].sum()
    totals = pd.DataFrame({"area": list(areas)})
    if found.n_days:
        totals = totals.merge(sums, on="area", how="left").fillna(0)
    covered = f"{found.covered[0]} to {found.covered[1]}" if found.covered else ""
    return Before(
        totals.rename(columns={"count": "pre_count", "harm": "pre_harm"}), days, covered, why_not,
        counted_as(found.wanted, found.weights), (*found.warnings, *found.notes, *spans_note(found)),
    )  # fmt: skip


def before_by_month(workspace: Workspace, frozen: Frozen, areas: Sequence[str], first: date, wanted: Wanted) -> Before:
    """The same from the last twelve months held of data.police.uk: totals, and nothing by day."""
    held = [m for m in months_held(workspace, POLICE_UK) if m < first.year * 100 + first.month]
    if not held:
        return Before(pd.DataFrame({"area": list(areas)}), None, "", f"No month before {first} is held. {NO_DAYS}")
    window = window_of_months(max(held[0], add_months(held[-1], -11)), held[-1])
    question, weights = settled(workspace, wanted, window, resolution_of(frozen))
    found = gather(workspace, POLICE_UK, window, question)
    cells = cells_of(frozen, areas)
    scores, cube = count_and_score(found.rows[found.rows["cell"].isin(cells)], weights)
    sums = by_place(cube.assign(area=cube["cell"].map(cells)), scores).groupby("area")[["count", "harm"]].sum()
    totals = sums.reindex(list(areas), fill_value=0).set_axis(list(COVARIATES), axis=1).rename_axis("area")
    low, high = (month_text(m) for m in window.months)
    note = "Offences and weights are not settled: those of data.police.uk are not those of incidents with times."
    return Before(totals.reset_index(), None, f"{low} to {high}", NO_DAYS, notes=(note,))


def counted_as(wanted: Wanted, weights: WeightSet) -> dict[str, Any]:
    """What counts, as it is frozen with a design."""
    return {
        "offences": wanted.offences, "source": wanted.source, "include_proactive": wanted.include_proactive,
        "weights": wanted.weights, "weights_sha256": weights.sha256, "weights_unit": UNITS[weights.unit],
    }  # fmt: skip


def spans_note(found: Outcomes) -> list[str]:
    """A sentence about incidents whose patrol day is not certain."""
    if not found.between:
        return []
    return [
        f"{found.between:,} of {found.incidents:,} incidents may have happened on a later patrol day than that of their"
        " earliest time, on which they count: they blur the contrast between days."
    ]


def drawn_from(
    areas: pd.DataFrame, totals: pd.DataFrame, first: date, last: date, question: DesignQuestion
) -> tuple[Design, list[str]]:
    """(the design, what must be said of it). A cluster trial is balanced on as much of the time before as it can be."""
    table = areas[["area", "bcu"]].merge(totals, on="area")
    ways = [[c for c in COVARIATES if c in table]]
    if question.kind == "cluster":
        ways += [["pre_count"], []] if ways[0] else []
    for used in ways:
        try:
            drawn = draw_design(
                table[["area", "bcu", *used]], first, last, question.seed, question.kind, question.share,
                capacity(table["bcu"], question.per_day), question.longest_run,
                [date.fromisoformat(d) for d in question.days_off], block_days=question.block_days,
            )  # fmt: skip
            if question.kind == "cluster":  # or it could be drawn and never be analysed
                redraw(drawn, REDRAWS, question.seed)
        except HotspotsError:
            if used == ways[-1]:
                raise
            continue
        left = [c for c in ways[0] if c not in used]
        return drawn, [f"Too few hot spots to balance {' and '.join(SAID[c] for c in left)} too."] if left else []
    raise AssertionError("no way was tried")


def capacity(bcus: pd.Series, per_day: Sequence[tuple[str, int]]) -> dict[str, int] | None:
    """Hot spots a day of each BCU that has a hot spot; one without a number, and without one for all, has no limit."""
    if not per_day:
        return None
    limits, sizes = dict(per_day), bcus.value_counts()
    return {str(b): limits.get(str(b), limits.get("all", int(n))) for b, n in sizes.items()}


def detectable(drawn: Design, before: Before, question: DesignQuestion) -> tuple[pd.DataFrame, str]:
    """(`TRIAL_EFFECT`, why it is empty or '')."""
    none = in_columns(pd.DataFrame(), TRIAL_EFFECT)
    if before.why_not or before.daily is None:
        return none, before.why_not
    if not question.simulations:
        return none, "No trials were simulated, as was asked for."
    if not before.daily["count"].sum():
        return none, "Nothing happened in these hot spots in the year before: no fall could be found."
    shares = (1.0, Settings.trial_compliance)
    return minimum_detectable_effect(
        before.daily, drawn, REDRAWS, question.seed, question.simulations, shares
    ), ""  # fmt: skip


def schedule_of(drawn: Design, frozen: Frozen) -> pd.DataFrame:
    """`TRIAL_SCHEDULE`: by hot spot and patrol day."""
    names = dict(zip(frozen.areas["area"], frozen.areas["name"], strict=True))
    table, n = drawn.assignment, len(drawn.places)
    table["name"] = table["area"].map(names)
    table["weekday"] = np.tile(np.array(WEEKDAYS)[drawn.days.day_of_week], n)
    table["day_off"] = np.tile(~drawn.open_days, n)
    return in_columns(table, TRIAL_SCHEDULE)


def notes_of(workspace: Workspace, drawn: Design, frozen: Frozen, before: Before) -> list[str]:
    """What stands beside a design."""
    words = [f"{len(drawn.places)} treated hot spots of {frozen.ref}; those for comparison take no part."]
    if before.window:
        words.append(f"Time before: {before.window}.")
    if before.daily is not None and not before.why_not:
        words.append(
            "Hot spots chosen because that time was bad will be quieter in the trial (regression to the mean): then the"
            " smallest fall that can be found is larger than stated here."
        )
    if drawn.days_off:
        words.append(f"{len(drawn.days_off)} days off are left out: {', '.join(map(str, drawn.days_off[:12]))}.")
    if ledger.now() >= register.begins(drawn.first, workspace.settings):
        words.append("Its first patrol day has begun, so this design cannot be frozen.")
    return words


def about(
    drawn: Design, ref: str, definition: dict[str, Any], no_effect: str, notes: Sequence[str], version: str,
    synthetic: bool,
) -> dict[str, Any]:  # fmt: skip
    """What a design is, to go with every download of it."""
    chosen = definition.get("offences", "")
    return {
        "what": f"Schedule of a randomised trial ({drawn.kind}): which hot spot is patrolled on which day",
        "data": "SYNTHETIC DEMO DATA, not real hot spots" if synthetic else "real",
        "register": ref, "first_patrol_day": str(drawn.first), "last_patrol_day": str(drawn.last),
        "seed": drawn.seed, "share": drawn.share, "longest_run": drawn.longest_run, "block_days": drawn.block_days,
        "per_day": ", ".join(f"{b} {n}" for b, n in drawn.per_day) or "no limit",
        "days_off": [str(d) for d in drawn.days_off], "design_sha256": drawn.sha256,
        "offences": f"{chosen}: {selection_named(chosen).meaning}" if chosen else "not settled",
        **{k: v for k, v in definition.items() if k not in ("offences", "detectable")},
        "detectable": list(definition.get("detectable") or [no_effect]),
        "workspace_version": version, "notes": list(notes),
    }  # fmt: skip
