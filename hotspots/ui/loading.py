"""Every cache of the app, keyed by the workspace's version: new data, new answers."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
import streamlit as st

from hotspots import geography, maps
from hotspots.areas import excluded
from hotspots.areas import register as area_register
from hotspots.areas.candidates import Limits
from hotspots.areas.finding import Candidates, areas_of
from hotspots.areas.register import Frozen
from hotspots.base.errors import HotspotsError
from hotspots.change import context
from hotspots.harm.scoring import WeightSet
from hotspots.harm.weights import register as weight_register
from hotspots.harm.weights.stored import weight_sets
from hotspots.intake.place import boundaries_of
from hotspots.intake.report import headline, holdings
from hotspots.ranking.answer import Answer, cell_detail, narrowed
from hotspots.ranking.pipeline import rank_workspace
from hotspots.ranking.question import Question
from hotspots.ranking.what_if import edits as weight_edits
from hotspots.ranking.what_if import effects as weight_effects
from hotspots.ranking.what_if import reweigh
from hotspots.store import ledger
from hotspots.store.workspace import MANIFEST, Manifest, Workspace, open_workspace

if TYPE_CHECKING:
    from hotspots.change.question import Change, ChangeQuestion
    from hotspots.patrols.dosage.workspace import Dose, DoseQuestion
    from hotspots.trials.register import FrozenDesign
    from hotspots.trials.workspace import Trial

NEAR = 14.4  # zoom at which an area and its surroundings fill the map


def workspace_folder() -> Path:
    return Path(os.environ.get("HOTSPOTS_WORKSPACE") or "workspace")


def current() -> Workspace:
    """The workspace as it stands now; an empty one where there is none yet."""
    try:
        return open_workspace(workspace_folder())
    except HotspotsError:
        if (workspace_folder() / "manifest.json").exists():
            raise
        from hotspots.base.settings import Settings

        return Workspace(workspace_folder(), Manifest(), Settings())


# Answers are shared by all sessions and never changed: cache_resource hands out the object itself.
@st.cache_resource(max_entries=24, show_spinner="Ranking …")
def ranked_force(folder: str, version: str, question: Question) -> Answer:
    """The answer for all BCUs, worked out once for each version of the data."""
    return rank_workspace(Path(folder), question)


def ranked(folder: str, version: str, question: Question) -> Answer:
    """The answer to a question; another BCU is another part of the same answer."""
    return narrowed(ranked_force(folder, version, replace(question, bcu="all")), question.bcu)


@st.cache_resource(max_entries=4, show_spinner=False)
def outlines(folder: str, version: str) -> dict[str, Any]:
    """District outlines for drawing: those that ship with the program, or of the polygons imported."""
    workspace = open_workspace(Path(folder))
    return geography.outlines(boundaries_of(workspace))


def ground(folder: str, version: str, bcu: str) -> tuple[dict[str, Any], pd.DataFrame]:
    """(outlines, places) of a BCU, or of all."""
    shape, places = outlines(folder, version), geography.places()
    if bcu == "all":
        return shape, places
    shape = {**shape, "features": [f for f in shape["features"] if f["properties"]["bcu"] == bcu]}
    inside = {f["properties"]["district"] for f in shape["features"]}
    return shape, places[places["district"].isin(inside)]


class Outlined(NamedTuple):
    """The areas on a map (label, area, name, role, cells), the cells with a ring, and where to look: lon, lat."""

    areas: pd.DataFrame | None = None
    marked: tuple[str, ...] = ()
    middle: tuple[float, float] | None = None

    @property
    def key(self) -> str:
        """Changes with what is drawn of them."""
        if self.areas is None:
            return ""
        drawn = self.areas[["label", "name", "role", "cells"]].to_numpy(dtype=object).tolist()
        return sha256(repr(drawn).encode()).hexdigest()[:16]


def map_of(
    folder: str, version: str, question: Question, measure: str, selected: str | None, top: int, dark: bool,
    outlined: Outlined,
) -> tuple[str, str]:  # fmt: skip
    """The map for deck.gl and for SVG, as JSON text: made once, sent as it is. ``measure`` colours it."""
    key, areas = outlined.key, outlined.areas
    return map_strings(
        folder, version, question, measure, selected, top, dark, outlined.marked, outlined.middle, key, areas
    )


@st.cache_data(max_entries=48, show_spinner=False)
def map_strings(
    folder: str, version: str, question: Question, measure: str, selected: str | None, top: int, dark: bool,
    marked: tuple[str, ...], middle: tuple[float, float] | None, areas: str, _areas: pd.DataFrame | None,
) -> tuple[str, str]:  # fmt: skip
    """`map_of`, its areas known by their key."""
    answer = ranked(folder, version, question)
    shape, places = ground(folder, version, question.bcu)
    view = {"lon": middle[0], "lat": middle[1], "zoom": NEAR} if middle else None
    extras: dict[str, Any] = {"selected": selected, "areas": _areas, "marked": marked, "top": top, "view": view}
    deck = maps.deck_json(answer.table, shape, places, measure, dark=dark, **extras)
    return deck, json.dumps(maps.svg_map(answer.table, shape, places, measure, **extras), ensure_ascii=False)


@st.cache_data(max_entries=48, show_spinner=False)
def detail(folder: str, version: str, question: Question, cell: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(offences, months) of one cell."""
    return cell_detail(ranked(folder, version, question), cell)


@st.cache_resource(max_entries=4, show_spinner=False)
def weights(folder: str, version: str) -> dict[str, WeightSet]:
    return weight_sets(Path(folder))


@st.cache_data(max_entries=4, show_spinner=False)
def summary(folder: str, version: str) -> tuple[list[str], pd.DataFrame]:
    """What the workspace holds: sentences, and counts."""
    workspace = open_workspace(Path(folder))
    return headline(workspace), holdings(workspace)


# ---------------------------------------------------------------- areas


def areas_stamp(folder: str) -> str:
    """Changes whenever areas are frozen, or a cell is excluded or let in again, by anyone."""
    return area_register.stamp(Path(folder))


@st.cache_resource(max_entries=16, show_spinner="Joining cells into areas …")
def candidates(folder: str, version: str, question: Question, stamp: str) -> Candidates:
    """Candidate areas of a question, within the limits of the settings: as the verb ``areas`` gives them."""
    workspace = open_workspace(Path(folder))
    return areas_of(workspace, ranked(folder, version, question), Limits.of(workspace.settings))


@st.cache_data(max_entries=8, show_spinner=False)
def exclusions(folder: str, stamp: str) -> pd.DataFrame:
    """Every exclusion of a cell, and every lifting of one."""
    return excluded.exclusions(Path(folder))


@st.cache_data(max_entries=8, show_spinner=False)
def registers(folder: str, stamp: str) -> pd.DataFrame:
    """Every frozen version."""
    return area_register.registers(Path(folder))


def frozen(folder: str, name: str) -> Frozen:
    """One frozen version, its hash verified now: read anew each time."""
    return area_register.load(Path(folder), name)


# ---------------------------------------------------------------- harm weights


def version_of(workspace: Workspace, state: str) -> str:
    """The key of every cache: the data's version, the state of the weights, and the settings."""
    return f"{workspace.version}-{state}-{sha256(repr(workspace.settings).encode()).hexdigest()[:8]}"


def weights_state(folder: str) -> str:
    """Changes whenever a version of weights is stored or a default is set, by anyone."""
    if not (Path(folder) / MANIFEST).is_file():
        return ""
    return weight_register.stamp(Path(folder))


@st.cache_data(max_entries=4, show_spinner=False)
def versions(folder: str, version: str) -> pd.DataFrame:
    """Every version of every set, with who made it and why."""
    return weight_register.versions(Path(folder))


@st.cache_resource(max_entries=64, show_spinner=False)
def weight_set(folder: str, version: str, name: str) -> WeightSet:
    """One version: name@version. Never changed once stored."""
    return weight_register.load(Path(folder), name)


def has_weights(folder: str, version: str, name: str) -> bool:
    table = versions(folder, version)
    return name in set(table["name"] + "@" + table["version"])


@st.cache_data(max_entries=8, show_spinner=False)
def default_weights(folder: str, version: str, source: str) -> str:
    """The default set of a source, as name@version."""
    return weight_register.defaults(Path(folder))[source]


@st.cache_data(max_entries=8, show_spinner=False)
def weights_history(folder: str, version: str, name: str) -> pd.DataFrame:
    return weight_register.audit(Path(folder), name)


@st.cache_resource(max_entries=8, show_spinner=False)
def counts(folder: str, version: str, question: Question) -> reweigh.Counts:
    """Offences per cell of the question's BCU, whatever the weights."""
    answer = ranked(folder, version, question)
    return weight_effects.counts_of(answer, current().settings)


@st.cache_resource(max_entries=32, show_spinner=False)
def rescored(folder: str, version: str, question: Question, sha256: str, _weights: WeightSet) -> pd.DataFrame:
    """The question's offences under other weights; refuses weights that fit none of them."""
    scores = reweigh.rescore(ranked(folder, version, question).scores, _weights)
    weight_edits.only_known(_weights, scores)
    return scores


@st.cache_resource(max_entries=32, show_spinner=False)
def compared(
    folder: str, version: str, question: Question, top: int, hashes: tuple[str, str],
    _pair: tuple[WeightSet, WeightSet],
) -> tuple[reweigh.Comparison, pd.DataFrame]:  # fmt: skip
    """(the comparison, its cells in either top with places: movers first) of two sets, known by their hashes."""
    answer = ranked(folder, version, question)
    first, second = (
        rescored(folder, version, question, sha, weights) for sha, weights in zip(hashes, _pair, strict=True)
    )
    found = reweigh.compare_rankings(
        counts(folder, version, question), first, second, question.by, top, cap=harm_cap(folder)
    )
    return found, weight_edits.with_places(found.table, answer.table)


def harm_cap(folder: str) -> float:
    return current().settings.harm_cap_days


@st.cache_data(max_entries=32, show_spinner=False)
def change_map_strings(
    folder: str, version: str, question: Question, top: int, hashes: tuple[str, str], dark: bool, _changed: pd.DataFrame
) -> tuple[str, str]:
    """The map of gainers and losers for deck.gl and for SVG, as JSON text."""
    shape, places = ground(folder, version, question.bcu)
    deck = maps.change_deck_json(_changed, shape, places, dark)
    return deck, json.dumps(maps.change_svg_map(_changed, shape, places))


@st.cache_data(max_entries=16, show_spinner="Drawing 500 weightings …")
def robust(
    folder: str, version: str, question: Question, top: int, hashes: tuple[str, ...],
    _weights: WeightSet, _others: dict[str, WeightSet],
) -> pd.DataFrame:  # fmt: skip
    """`reweigh.robustness` of the chosen weights against the other sets and equal weights, with places."""
    answer = ranked(folder, version, question)
    scores = rescored(folder, version, question, hashes[0], _weights)
    others = {name: reweigh.rescore(answer.scores, other) for name, other in _others.items()}
    others = {name: s for name, s in others.items() if (s["status"] == "scored").any()}
    others["Equal weights"] = reweigh.equal_weights(scores)
    found = reweigh.robustness(
        counts(folder, version, question), scores, question.by, top, alternatives=others, cap=harm_cap(folder)
    )
    return weight_edits.placed(found, answer.table)


# ---------------------------------------------------------------- patrols


def patrol_stamp(folder: str) -> str:
    """Changes whenever areas are frozen, a log entry is entered, corrected or withdrawn, or a target is set."""
    return ledger.stamp(Path(folder), "area_registers", "area_exclusions", "patrol_entries", "dose_targets")


@st.cache_data(max_entries=8, show_spinner=False)
def patrol_days(folder: str, version: str, stamp: str) -> tuple[date, date] | None:
    """The first and the last patrol day with positions or a log entry; None where there is neither."""
    from hotspots.patrols.dosage.workspace import days_held

    return days_held(open_workspace(Path(folder)))


@st.cache_resource(max_entries=16, show_spinner="Adding up the minutes …")
def dose(folder: str, version: str, question: DoseQuestion, stamp: str) -> Dose:
    """The dose of a question, worked out once for each version of the data, of what is frozen and of the logs."""
    from hotspots.patrols.dosage.workspace import dose_workspace

    return dose_workspace(open_workspace(Path(folder)), question)


@st.cache_data(max_entries=64, show_spinner=False)
def areas_on(folder: str, stamp: str, day: date) -> pd.DataFrame:
    """The hot spots of every register that held on a day: `hotspots.areas.register.areas_on`."""
    return area_register.areas_on(Path(folder), day)


@st.cache_data(max_entries=8, show_spinner=False)
def targets(folder: str, stamp: str, register: str) -> pd.DataFrame:
    """Every target ever set for a register, oldest first."""
    from hotspots.patrols.dosage.targets import targets as set_so_far

    return set_so_far(Path(folder), register)


# ---------------------------------------------------------------- context lines


def context_stamp(folder: str) -> str:
    """Changes whenever a context line is added, corrected or withdrawn, by anyone."""
    return context.stamp(Path(folder))


@st.cache_data(max_entries=8, show_spinner=False)
def context_lines(folder: str, stamp: str) -> pd.DataFrame:
    """Every context line that holds, by first day."""
    return context.lines(Path(folder))


@st.cache_data(max_entries=8, show_spinner=False)
def context_history(folder: str, stamp: str) -> pd.DataFrame:
    """Every context line, correction and withdrawal ever written, oldest first."""
    return context.history(Path(folder))


# ---------------------------------------------------------------- change


def change_stamp(folder: str) -> str:
    """Changes whenever people add anything: areas, logs, targets, context lines, matches, trials."""
    return ledger.stamp(
        Path(folder), "area_registers", "area_exclusions", "patrol_entries", "dose_targets", "change_designs",
        "change_matches", "context_lines",
    )  # fmt: skip


@st.cache_resource(max_entries=16, show_spinner="Comparing before and after …")
def change(folder: str, version: str, question: ChangeQuestion, stamp: str) -> Change:
    """The answer about change, worked out once for each version of the data and of what people added."""
    from hotspots.change.workspace import change_workspace

    return change_workspace(open_workspace(Path(folder)), question)


@st.cache_resource(max_entries=16, show_spinner=False)
def change_charts(
    folder: str, version: str, question: ChangeQuestion, stamp: str, dark: bool
) -> dict[str, dict[str, Any]]:
    """The charts of an answer by name, those that have something to show."""
    from hotspots.charts import change as charts

    found = change(folder, version, question, stamp)
    made = {
        "forest": charts.forest_spec(found.spots, found.table, dark, found.withheld),
        "series": charts.series_spec(found.series, dark),
    }
    if len(found.trend):
        made["trend"] = charts.trend_chart_spec(found.trend, dark)
    if found.dose is not None:
        made["scatter"] = charts.dose_scatter_spec(found.dose.scatter, dark)
        for name, build in (("bands", charts.dose_bands_spec), ("curve", charts.dose_curve_spec)):
            if found.dose.table.loc[found.dose.table["part"] == name, "rate_ratio"].notna().any():
                made[name] = build(found.dose.table, dark)
    return made


@st.cache_data(max_entries=48, show_spinner=False)
def ring_map_strings(
    folder: str, version: str, question: ChangeQuestion, stamp: str, area: str, dark: bool
) -> tuple[str, str]:
    """The map of hot spots and rings for deck.gl and for SVG, as JSON text; ``area``: look at this one first."""
    found = change(folder, version, question, stamp)
    shape, places = ground(folder, version, question.bcu)
    drawn, view = (found.cells, found.spots, shape, places), maps.ring_view(found.cells, area)
    deck = maps.ring_deck_json(*drawn, dark, view)
    return deck, json.dumps(maps.ring_svg_map(*drawn, view), ensure_ascii=False)


@st.cache_data(max_entries=8, show_spinner=False)
def frozen_matches(folder: str, stamp: str) -> tuple[str, ...]:
    """Names of the frozen matches, the newest first."""
    from hotspots.change.matching import register

    return tuple(register.matches(Path(folder))["name"])[::-1]


@st.cache_data(max_entries=8, show_spinner=False)
def designs(folder: str, stamp: str) -> pd.DataFrame:
    """Every frozen trial design, oldest first."""
    from hotspots.trials import register

    return register.designs(Path(folder))


@st.cache_resource(max_entries=16, show_spinner=False)
def trial_design(folder: str, stamp: str, name: str) -> tuple[FrozenDesign, pd.DataFrame]:
    """A frozen design and its schedule by hot spot and patrol day."""
    from hotspots.trials import register
    from hotspots.trials.planning import schedule_of

    found = register.load(Path(folder), name)
    return found, schedule_of(found.design, area_register.load(Path(folder), found.register))


@st.cache_resource(max_entries=8, show_spinner="Drawing the lots again …")
def trial(folder: str, version: str, stamp: str, name: str) -> Trial:
    """What a frozen trial shows so far."""
    from hotspots.trials.workspace import trial_workspace

    return trial_workspace(open_workspace(Path(folder)), name)
