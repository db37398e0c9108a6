"""From a frozen trial to what it shows, the same for the page and the command line.

the frozen design → incidents per hot spot and patrol day → minutes that were delivered → the randomisation test

Planning a trial is `hotspots.trials.planning`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hotspots.areas import register as area_register
from hotspots.base.choices import UNITS
from hotspots.base.clock import day_text
from hotspots.base.columns import TRIAL, TRIAL_DAYS, in_columns
from hotspots.base.errors import HotspotsError
from hotspots.base.months import Window
from hotspots.base.settings import Settings
from hotspots.change.estimates import CANT_TELL
from hotspots.harm.selections import selection_named
from hotspots.patrols.dosage.stretches import LONGEST_DAYS, DoseQuestion, days_held
from hotspots.patrols.dosage.workspace import dose_workspace
from hotspots.store.workspace import Workspace, open_workspace
from hotspots.trials import draw, register
from hotspots.trials.analysis import RATIO, analyse
from hotspots.trials.layout import Design
from hotspots.trials.outcomes import Outcomes, Wanted, first_and_last, outcomes
from hotspots.trials.planning import counted_as, spans_note
from hotspots.trials.register import FrozenDesign
from hotspots.trials.scores import ALPHA

LEAST_RECORDED = 10  # hot spot days of each kind with positions or logs: of fewer no contrast is worked out
FEWEST_DRAWS = round(1 / ALPHA) - 1  # with fewer no p value could be as small as alpha


@dataclass(frozen=True, eq=False, kw_only=True)
class Trial:
    """What a trial shows, and what must be said beside it."""

    frozen: FrozenDesign
    table: pd.DataFrame  # TRIAL
    days: pd.DataFrame  # TRIAL_DAYS
    answer: str  # events and harm, as assigned
    verdict: str  # fell, rose or can't tell, of events as assigned
    no_delivered: str  # why there is nothing as delivered, or ''
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    facts: dict[str, Any]  # what the figures are, for every download
    version: str
    synthetic: bool


def trial_workspace(
    folder: Path | Workspace, name: str, washout_days: int | None = None, draws: int = Settings.random_draws,
    seed: int = 1, offences: str = "", weights: str = "",
) -> Trial:  # fmt: skip
    """What the frozen trial ``name`` shows so far, as assigned by randomisation and as delivered.

    ``washout_days``, ``offences``, ``weights``: None and empty text mean what was settled when the design was frozen;
    where they differ from it, a warning says so. ``draws``: redraws of the design, from ``seed``. HotspotsError where
    no day of the trial is covered by incidents with times.
    """
    workspace = folder if isinstance(folder, Workspace) else open_workspace(folder)
    if draws < FEWEST_DRAWS:
        raise HotspotsError(f"{draws} redraws cannot give a p value of {ALPHA:g}: ask for {FEWEST_DRAWS} or more.")
    frozen = register.load(workspace.folder, name)
    settled, design = frozen.definition, frozen.design
    wash = int(settled.get("washout_days", 0)) if washout_days is None else washout_days
    wanted = Wanted(
        offences or settled.get("offences", ""), weights or settled.get("weights", ""), settled.get("source", ""),
        bool(settled.get("include_proactive", False)),
    )  # fmt: skip
    found = observed(workspace, frozen, wanted)
    minutes, no_delivered = delivered(workspace, frozen)
    redraws = draw.redraws(workspace.folder, design, draws, seed)
    unit = found.weights.unit
    result = analyse(design, found.daily, redraws, workspace.settings, minutes, wash, unit, found.ring, True)
    days = days_of(design, found, minutes)
    no_contrast = contrast_words(days, workspace.settings.visit_min_minutes)
    table = in_columns(without_contrast(result.table, no_contrast), TRIAL)
    events = table[(table["counted_as"] == "assigned") & (table["measure"] == RATIO)]
    warnings = (*departures(workspace, frozen, found, wash), *early(workspace, frozen, found), *found.warnings)
    notes = (
        *result.notes, *adherence(days, workspace.settings.visit_min_minutes), *([no_delivered] * bool(no_delivered)),
        *spans_note(found), *found.notes,
    )  # fmt: skip
    synthetic = workspace.manifest.kind == "synthetic"
    return Trial(
        frozen=frozen, table=table, days=days, answer=no_contrast or result.sentence,
        verdict=str(events["verdict"].iloc[0]), no_delivered=no_delivered, warnings=warnings, notes=notes,
        facts=about(workspace, frozen, found, (wash, draws, seed), warnings, notes), version=workspace.version,
        synthetic=synthetic,
    )  # fmt: skip


def areas_of(design: Design) -> list[str]:
    return [str(dict(place)["area"]) for place in design.places]


def observed(workspace: Workspace, frozen: FrozenDesign, wanted: Wanted) -> Outcomes:
    """Incidents of the trial's days. HotspotsError where the data cover none of them."""
    design = frozen.design
    spots = area_register.load(workspace.folder, frozen.register)
    span = Window(design.first, design.last)
    found = outcomes(workspace, spots, areas_of(design), span, wanted, Settings.ring_m)
    if not found.n_days:
        ends = first_and_last(workspace, found.wanted.source)
        held = f"incidents are held from {day_text(ends[0] + 1)} to {day_text(ends[1] - 1)}" if ends else "none is held"
        raise HotspotsError(
            f"The trial {frozen.name} runs from {design.first} to {design.last}, and {held}: nothing to compare yet."
            " Import the incidents of its days first."
        )
    return found


def delivered(workspace: Workspace, frozen: FrozenDesign) -> tuple[pd.DataFrame | None, str]:
    """(area, patrol_day, minutes of the trial's days; nan without data), or None and why.

    Who keeps a log in a trial keeps it for all its hot spots: on a day with data of one of them in a BCU, the others
    there had no patrol. Without this the days off, of which no log speaks, would be unknown.
    """
    design, held = frozen.design, days_held(workspace)
    if held is None:
        return None, "As delivered is left out: this workspace has no positions and no patrol log."
    first, last = max(design.first, held[0]), min(design.last, held[1])
    if first > last:
        return None, (
            f"As delivered is left out: positions and patrol logs are held from {held[0]} to {held[1]}, outside the"
            " trial."
        )
    try:
        parts = [
            dose_workspace(workspace, DoseQuestion("all", str(a), str(b), frozen.register)).table
            for a, b in pieces(first, last)
        ]
    except HotspotsError as error:
        return None, f"As delivered is left out: {error}"
    table = pd.concat(parts, ignore_index=True)
    table = table[table["area"].isin(areas_of(design))]
    found = table[["area", "patrol_day"]].assign(minutes=table["patrol_minutes"].to_numpy(dtype=float, na_value=np.nan))
    some = found["minutes"].notna().groupby([table["bcu"].astype(str), table["patrol_day"]]).transform("any")
    found.loc[some & found["minutes"].isna(), "minutes"] = 0.0
    if found["minutes"].isna().all():
        return None, "As delivered is left out: no day of the trial has positions or logs in these hot spots' BCUs."
    return found.reset_index(drop=True), ""


def pieces(first: date, last: date) -> list[tuple[date, date]]:
    """The days in stretches that are short enough to ask for at once."""
    starts = [first + timedelta(days=i) for i in range(0, (last - first).days + 1, LONGEST_DAYS)]
    return [(a, min(a + timedelta(days=LONGEST_DAYS - 1), last)) for a in starts]


def adherence(days: pd.DataFrame, adequate: float) -> list[str]:
    """How far patrols kept to the schedule, in a sentence; nothing where nobody knows."""
    recorded = days[days["minutes"].notna() & ~days["day_off"]]
    if not len(recorded):
        return []
    parts = []
    for treated, what in ((True, "assigned to patrol"), (False, "of the others")):
        mine = recorded.loc[recorded["treated"] == treated, "minutes"]
        if len(mine):
            parts.append(
                f"{int((mine >= adequate).sum()):,} of {len(mine):,} hot spot days {what} had {adequate:g} or more"
                f" patrol-minutes ({mine.mean():.1f} on average)"
            )
    return [f"Where there are positions or logs: {'; '.join(parts)}."]


def contrast_words(days: pd.DataFrame, adequate: float) -> str:
    """That patrols came on the days assigned hardly more often than on the others; '' where they did, or nobody knows.

    Then a difference between the days is none between patrol and no patrol, whatever its p value.
    """
    recorded = days[days["minutes"].notna() & ~days["day_off"]]
    visited = [(recorded.loc[recorded["treated"] == t, "minutes"] >= adequate).to_numpy() for t in (True, False)]
    if min(map(len, visited)) < LEAST_RECORDED:
        return ""
    assigned, other = (float(v.mean()) for v in visited)
    if assigned - other >= Settings.trial_least_contrast:
        return ""
    return (
        f"No contrast between the days: {assigned:.0%} of the hot spot days assigned to patrol had {adequate:g} or more"
        f" patrol-minutes, and {other:.0%} of the others. So nothing can be said of what patrols do: that takes"
        f" {100 * Settings.trial_least_contrast:.0f} points between them or more."
    )


def without_contrast(table: pd.DataFrame, words: str) -> pd.DataFrame:
    """No row has a verdict where there is no contrast, and its note says why."""
    if not words:
        return table
    return table.assign(verdict=table["verdict"].where(table["verdict"] == "", CANT_TELL), note=[
        f"{words} {note}".strip() for note in table["note"]
    ])  # fmt: skip


def days_of(design: Design, found: Outcomes, minutes: pd.DataFrame | None) -> pd.DataFrame:
    """`TRIAL_DAYS`."""
    table = design.assignment.assign(day_off=np.tile(~design.open_days, len(design.places)))
    table = table.merge(found.daily, on=["area", "patrol_day"], how="left", validate="one_to_one")
    if found.ring is not None:
        ring = found.ring[["area", "patrol_day", "count"]].rename(columns={"count": "ring_count"})
        table = table.merge(ring, on=["area", "patrol_day"], how="left", validate="one_to_one")
    if minutes is not None:
        table = table.merge(minutes, on=["area", "patrol_day"], how="left", validate="one_to_one")
    return in_columns(table, TRIAL_DAYS)


def departures(workspace: Workspace, frozen: FrozenDesign, found: Outcomes, washout_days: int) -> list[str]:
    """Where the analysis is not the one that was settled before the trial began."""
    words, settled = [], frozen.definition
    if not register.frozen_before(frozen.created, str(frozen.design.first), workspace.settings):
        words.append("This design was not frozen before its first patrol day began: it proves nothing.")
    used: Mapping[str, Any] = {
        **counted_as(found.wanted, found.weights), "washout_days": washout_days,
        "patrol_day_starts": workspace.settings.patrol_day_starts, "timezone": workspace.settings.timezone,
        "adequate_minutes": workspace.settings.visit_min_minutes,
    }  # fmt: skip
    other = [f"{NAMES[k]}: {used[k]} in place of {settled[k]}" for k in NAMES if k in settled and used[k] != settled[k]]
    if other:
        words.append(
            f"Not what was settled when the trial was frozen: {'; '.join(other)}. An analysis chosen after the"
            " outcome can be seen finds something by chance more often than its p value says."
        )
    return words


NAMES = {
    "offences": "offences", "weights": "weights", "weights_sha256": "hash of the weights",
    "include_proactive": "offences found by police activity", "washout_days": "wash-out days",
    "patrol_day_starts": "hour at which a patrol day begins", "timezone": "time zone",
    "adequate_minutes": "minutes of an adequate visit",
}  # fmt: skip


def early(workspace: Workspace, frozen: FrozenDesign, found: Outcomes) -> list[str]:
    """A trial that is looked at before all its days are in."""
    last = frozen.design.last
    if found.covered is None or found.covered[1] >= last:
        return []
    return [
        f"The trial runs to {last}, and incidents cover its days up to {found.covered[1]} only; the later ones are"
        " missing, not zero. Looked at again and again before its end, a trial finds something by chance more often"
        " than its p value says."
    ]


def about(
    workspace: Workspace, frozen: FrozenDesign, found: Outcomes, analysis: tuple[int, int, int],
    warnings: Sequence[str], notes: Sequence[str],
) -> dict[str, Any]:  # fmt: skip
    """What the figures are, to go with every download. ``analysis``: wash-out days, redraws and their seed."""
    design, wanted, (wash, draws, seed) = frozen.design, found.wanted, analysis
    return {
        "what": f"Randomised trial ({design.kind}): patrolled against other patrol days of the same hot spots",
        "data": "SYNTHETIC DEMO DATA, not real crime" if workspace.manifest.kind == "synthetic" else wanted.source,
        "trial": frozen.name, "register": frozen.register,
        "first_patrol_day": str(design.first), "last_patrol_day": str(design.last),
        "frozen": f"{frozen.created} by {frozen.author}: {frozen.note}",
        "frozen_sha256": frozen.sha256, "design_sha256": design.sha256,
        "offences": f"{wanted.offences}: {selection_named(wanted.offences).meaning}",
        "proactive_offences": "included" if wanted.include_proactive else "left out",
        "weights": wanted.weights, "weights_sha256": found.weights.sha256, "weights_unit": UNITS[found.weights.unit],
        "days_covered": f"{found.covered[0]} to {found.covered[1]}" if found.covered else "none",
        "incidents": found.incidents, "washout_days": wash, "redraws": draws, "seed_of_redraws": seed,
        "patrol_day_starts": workspace.settings.patrol_day_starts,
        "timezone": workspace.settings.timezone,
        "patrolled_as_delivered": f"{workspace.settings.visit_min_minutes:g} patrol-minutes or more",
        "workspace_version": workspace.version, "warnings": list(warnings), "notes": list(notes),
    }  # fmt: skip
