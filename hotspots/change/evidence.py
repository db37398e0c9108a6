"""What a question about change rests on: both groups of places, what was counted there, what was to be expected."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hotspots.base.errors import HotspotsError, NothingLeft
from hotspots.base.months import Window, months_between
from hotspots.change.counting import Counted, count, covered_days, inside, sums
from hotspots.change.estimates.expected_fall import expected_fall
from hotspots.change.matching.cells import CellFacts, cell_facts, expected_of
from hotspots.change.places import (
    COMPARISON,
    LEAST_OWN,
    TREATED,
    Groups,
    cells_of,
    hot_cells,
    in_form,
    of_bcu,
    register_comparison,
    rest_of_force,
    treated_places,
    with_rings,
)
from hotspots.change.question import COMPARISONS, ChangeQuestion
from hotspots.change.rings import rings
from hotspots.change.settling import APART, INSIDE, Settled, settle
from hotspots.ranking.gather import observed
from hotspots.store.workspace import Workspace

if TYPE_CHECKING:
    from hotspots.change.matching.places import MatchedPlaces

Pair = tuple[float, float]
LEAP_DAY = 0.003  # of a year


@dataclass(frozen=True, eq=False, kw_only=True)
class Evidence:
    """Everything counted that the estimates are made of."""

    asked: Settled
    counted: Counted
    groups: Groups
    facts: CellFacts  # of the learned window
    own: pd.DataFrame  # sums by place
    ring: pd.DataFrame  # sums by place, of its ring
    lengths: Pair  # covered days before and after
    matched: MatchedPlaces | None  # where places were matched
    notes: tuple[str, ...]
    instead: str = ""  # why the usual comparison could not be had, and which one this is


def evidence_to_be_had(workspace: Workspace, question: ChangeQuestion) -> Evidence:
    """`Evidence`. Where nobody asked for a comparison and the usual one is not there, with the next that is.

    Matched places, then the register's own comparison hot spots, then the rest of the force: in a very small force
    every cell with an incident may lie in or next to a hot spot.
    """
    asked = settle(workspace, question)
    try:
        return evidence_for(workspace, asked, count(workspace, asked))
    except NothingLeft:
        if question.comparison or question.match:
            raise
    usual, bcu = asked.question.comparison, asked.question.bcu
    for other in others_to_try(asked, workspace.settings.least_comparison):
        try:
            next_ = settle(workspace, replace(question, comparison=other))
            found = evidence_for(workspace, next_, count(workspace, next_))
        except NothingLeft:
            continue
        return replace(found, instead=instead_words(usual, other, bcu))
    raise HotspotsError(NOTHING.format(where="the force" if bcu == "all" else bcu))


NOTHING = (
    "Every place in {where} with an incident before the start lies in or next to a hot spot, so there is nothing to"
    " compare with: freeze a version of the register in which some hot spots are for comparison (role comparison), take"
    " a longer window before, or ask for more offences."
)


def others_to_try(asked: Settled, least: int) -> list[str]:
    """Comparisons in order of how much they show, without the usual one; one hot spot does not show how they vary."""
    own = 0
    if asked.frozen is not None:
        areas = asked.frozen.areas
        own = int(((areas["role"] == COMPARISON) & of_bcu(areas, asked.question.bcu)).sum())
    tries = ["register", "rest"] if own >= min(LEAST_OWN, least) else ["rest", "register"]
    return [c for c in tries if c != asked.question.comparison and (c != "register" or asked.frozen is not None)]


def instead_words(usual: str, other: str, bcu: str) -> str:
    where = "the force" if bcu == "all" else bcu
    whom = f"the rest of {bcu}" if other == "rest" and bcu != "all" else COMPARISONS[other]
    return (
        f"Compared with {whom}: {COMPARISONS[usual]} are not to be had, for every cell of {where} with an incident"
        " before the start lies in or next to a hot spot."
    )


def evidence_for(workspace: Workspace, asked: Settled, counted: Counted) -> Evidence:
    """Choose both groups, and sum."""
    lengths = lengths_of(covered_days(asked.before, asked.held), covered_days(asked.after, asked.held))
    for window, days in zip((asked.before, asked.after), lengths, strict=True):
        if not days:
            raise HotspotsError(f"No month of {window} has been imported: missing is not zero. Take other days.")
    facts = facts_of_cells(asked, counted)
    whole = treated_places(asked, counted)
    comparison, matched, notes = comparison_places(workspace, asked, counted, facts, whole)
    treated, picked = asked_for(asked, whole)
    notes = [*picked, *notes]
    places = pd.concat([treated, comparison], ignore_index=True)
    groups = with_rings(workspace, asked, places, tuple(notes))
    own = sums(counted.rows, cells_of(places), list(places["area"]))
    around = dict(zip(groups.rings["cell"], groups.rings["area"], strict=True))
    ring = sums(counted.rows, around, sorted(set(around.values())))
    return Evidence(
        asked=asked, counted=counted, groups=groups, facts=facts, own=own, ring=ring, lengths=lengths, matched=matched,
        notes=tuple(notes),
    )  # fmt: skip


def asked_for(asked: Settled, treated: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Those of the treated hot spots that the question is about, and what it means that they were picked.

    Their comparison is that of all treated hot spots: more places say more of how places vary.
    """
    if not asked.question.areas:
        return treated, []
    mine = treated[treated["area"].astype(str).isin(asked.question.areas)]
    if len(mine) == len(treated):
        return mine, []
    return mine, [
        f"{len(mine)} of {len(treated)} treated hot spots asked for. Who looks at each of {len(treated)} sees one in"
        " twenty change by chance alone, so a hot spot that was picked for its figures proves little; the comparison is"
        " that of all of them."
    ]


def facts_of_cells(asked: Settled, counted: Counted) -> CellFacts:
    """What the learned window shows of every cell."""
    return cell_facts(counted.cube, counted.scores, counted.whose, counted.months, counted.exposure, asked.weights.unit)


def lengths_of(before: float, after: float) -> Pair:
    """Days before and after; years that differ by a leap day count as equally long, so that counts stay counts."""
    return (after, after) if before and abs(before - after) <= LEAP_DAY * before else (before, after)


def comparison_places(
    workspace: Workspace, asked: Settled, counted: Counted, facts: CellFacts, treated: pd.DataFrame
) -> tuple[pd.DataFrame, MatchedPlaces | None, list[str]]:
    """(the comparison places, the match behind them, notes)."""
    if asked.question.comparison == "register":
        places, notes = register_comparison(asked)
        return places, None, notes
    if asked.question.comparison == "matched":
        matched, frozen = match_asked_for(workspace, asked, facts, treated)
        return in_form(matched.places), matched, [*frozen, *matched.notes]
    closed = set(cells_of(treated)) | set(rings(treated, asked.question.ring_m)["cell"].tolist())
    return rest_of_force(asked, counted, closed), None, []


def match_for(workspace: Workspace, question: ChangeQuestion) -> tuple[Settled, MatchedPlaces]:
    """The match for a question, made anew, and the question with nothing left open."""
    asked = settle(workspace, question)
    counted = count(workspace, asked)
    facts = facts_of_cells(asked, counted)
    return asked, match_now(workspace, asked, facts, treated_places(asked, counted))


def match_now(workspace: Workspace, asked: Settled, facts: CellFacts, treated: pd.DataFrame) -> MatchedPlaces:
    from hotspots.change.matching.places import matched_places

    return matched_places(treated, facts, asked.question.ring_m, hot_cells(workspace))


def match_asked_for(
    workspace: Workspace, asked: Settled, facts: CellFacts, treated: pd.DataFrame
) -> tuple[MatchedPlaces, list[str]]:
    """The frozen match asked for, or one made now; and what that means."""
    from hotspots.change.matching import register as matches

    name = asked.question.match
    if not name:
        note = (
            "The match was made now, from the time before alone, and is not frozen. Freeze one before the start"
            " (change match --freeze) to prove that it was not picked for its outcome."
        )
        return match_now(workspace, asked, facts, treated), [note]
    frozen = matches.load(workspace.folder, name)
    other = matches.made_for_another(frozen, matches.asked_facts(asked, workspace.version))
    left = sorted(set(treated["area"]) - set(frozen.matched.places["matched_to"]))
    if other:
        raise HotspotsError([*other, "Freeze a match for this question, or ask the question it was made for."])
    notes = [f"The match {name} has no place for {', '.join(left)}."] if left else []
    return frozen.matched, [frozen_words(f"The match {name}", frozen.created, frozen.frozen_before), *notes]


def frozen_words(what: str, created: str, before: bool) -> str:
    """Whether something was settled before the outcome could be seen."""
    if before:
        return f"{what} was frozen on {created[:10]}, before the first day of the window after."
    return (
        f"{what} was frozen on {created[:10]}, after the window after began: nothing proves that the comparison was"
        " chosen before the outcome was seen."
    )


@dataclass(frozen=True)
class Selection:
    """What the treated cells were to be expected to bring after, over what they brought before: chance taken out.

    ``ratio`` with its interval of what will be counted; ``before`` and ``after`` are scored offences (or days) a month.
    ``chosen``: whether the places were chosen by figures of the window before, so that this is their own fall.
    """

    ratio: float
    low: float
    high: float
    before: float
    after: float
    chosen: bool


def expected_of_selection(evidence: Evidence) -> dict[str, Selection]:
    """What selection alone would bring to the treated cells, by measure; none where nothing is scored there.

    Where places were chosen by another window than the one before, their level is moved as the whole force's was from
    the one to the other: a lockdown in one of them is not chance in these places.
    """
    counted, asked = evidence.counted, evidence.asked
    units = list(cells_of(evidence.groups.of(TREATED)))
    months = covered_months(evidence, asked.before)
    scored = counted.rows[counted.rows["days"].notna()]
    before, learned = inside(scored, asked.before), inside(scored, asked.learned)
    shift = len(before) / months / (len(learned) / sum(counted.exposure)) if len(learned) else 1.0
    mine = before[before["cell"].isin(units)]
    found = {}
    for measure, total in {"count": float(len(mine)), "harm": float(mine["days"].sum())}.items():
        if not total:
            continue
        try:
            ahead = covered_months(evidence, asked.after)
            fall = expected_fall(counted.cube, counted.scores, units, counted.months, counted.exposure, ahead, measure)
        except HotspotsError:  # nothing scored in those cells
            continue
        monthly = total / months
        share = shift / monthly
        found[measure] = Selection(
            share * fall.after, share * fall.after_low, share * fall.after_high, monthly, shift * fall.after,
            asked.position in (INSIDE, APART),
        )  # fmt: skip
    return found


def covered_months(evidence: Evidence, window: Window) -> float:
    """Months of a window that the data cover, one in part as a part."""
    missing = [m for m in months_between(*window.months) if m not in set(evidence.asked.held)]
    return sum(observed(window, missing)[1])


def expected_places(evidence: Evidence) -> pd.DataFrame:
    """count and harm to be expected in each place over the covered part of the window after (index: area)."""
    places = evidence.groups.places
    cells = counted_cells(evidence, places) if evidence.asked.question.comparison == "rest" else cells_of(places)
    level = expected_of(evidence.facts, list(cells)).set_axis(["count", "harm"], axis=1)
    table = level.groupby([cells[int(c)] for c in level.index]).sum().reindex(places["area"]).fillna(0.0)
    if evidence.asked.question.comparison == "rest":
        table = table + unseen_in(evidence, cells, table)
    return table * covered_months(evidence, evidence.asked.after)


def counted_cells(evidence: Evidence, places: pd.DataFrame) -> dict[int, str]:
    """cell → place, neighbourhoods without the cells that had nothing before: `unseen_in` estimates those."""
    seen = set(evidence.facts.cell.tolist())
    near = set(evidence.groups.summary["area"])
    return {c: a for c, a in cells_of(places).items() if c in seen or a in near}


def unseen_in(evidence: Evidence, cells: dict[int, str], level: pd.DataFrame) -> pd.DataFrame:
    """What cells without an incident before are to be expected to bring in each neighbourhood, per full period.

    As many as there are cells with exactly one (`mixture_means`), weighing what incidents weigh on average.
    """
    once = evidence.facts.cell[evidence.facts.counts.sum(axis=1) == 1].tolist()
    places = pd.Series([cells.get(c, "") for c in once], dtype="str")
    near = places.isin(evidence.groups.summary["area"].astype("str"))
    ones = places[~near].value_counts().reindex(level.index).fillna(0.0) / sum(evidence.counted.exposure)
    weighs = float(level["harm"].sum() / level["count"].sum()) if level["count"].sum() else 0.0
    return pd.DataFrame({"count": ones, "harm": ones * weighs}, index=level.index)


def from_level(evidence: Evidence, measure: str, level: pd.DataFrame) -> pd.DataFrame:
    """unit, group, observed and expected, for the estimate from the expected level, and the count behind it.

    Places that nobody chose or matched by the window before have no luck of it to lose: of them what was counted then
    is to be expected (``counted``, else 0).
    """
    places, own = evidence.groups.places, evidence.own
    role = places["role"].to_numpy()
    treated, comparison = evidence.asked.untouched
    plain = np.where(role == TREATED, treated, comparison)
    before = own[f"{measure}_before"].to_numpy(dtype=float)
    ahead = evidence.lengths[1] / evidence.lengths[0]
    return pd.DataFrame({
        "unit": places["area"].to_numpy(), "group": role,
        "observed": own[f"{measure}_after"].to_numpy(dtype=float),
        "expected": np.where(plain, before * ahead, level[measure].to_numpy()),
        "counted": np.where(plain, before, 0.0),
    })  # fmt: skip


def built_in(evidence: Evidence, measure: str, against: pd.DataFrame) -> float:
    """The double ratio of expected over counted before: what a difference in differences shows by selection alone.

    ``against``: of `from_level`.
    """
    role, before = against["group"].to_numpy(), evidence.own[f"{measure}_before"].to_numpy(dtype=float)
    expected = against["expected"].to_numpy()
    ratios = {
        g: float(expected[role == g].sum()) / max(float(before[role == g].sum()), 1e-9) for g in (TREATED, COMPARISON)
    }
    return ratios[TREATED] / ratios[COMPARISON] if ratios[COMPARISON] > 0 else float("nan")
