"""A draft: what people make of candidate areas, or of a frozen version, before they freeze it.

Plain values in and out; the session keeps one. Every change has an author and a reason, and can be undone.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple

import pandas as pd

from hotspots import areas, geography
from hotspots.areas.finding import Candidates, with_cells_of
from hotspots.areas.register import Frozen
from hotspots.base import choices
from hotspots.base.errors import HotspotsError, sample
from hotspots.base.words import joined
from hotspots.geography import boundaries_of
from hotspots.geography.neighbours import surroundings
from hotspots.harm import selections
from hotspots.ranking.answer import Answer
from hotspots.ranking.question import Question
from hotspots.store.workspace import Workspace

CANDIDATES = "candidates"
NAME_MOST = 100  # characters
ADD, DROP, ROLE, NAME, REMOVE, NEW = "add", "drop", "role", "name", "remove", "new"  # kinds of change


class Basis(NamedTuple):
    """What the figures of a draft were summed from."""

    question: Question
    data: str
    weights: str

    @classmethod
    def of(cls, answer: Answer) -> Basis:
        return cls(answer.question, answer.version, answer.weights.sha256)


class Step(NamedTuple):
    """The areas after a change, and the change in words."""

    areas: pd.DataFrame
    change: str


@dataclass(frozen=True)
class Draft:
    """Areas as they stand, every step on the way, and where they come from: candidates, or name@version."""

    basis: Basis
    source: str
    steps: tuple[Step, ...]
    earlier: tuple[str, ...] = ()  # changes before the figures were worked out again

    @property
    def areas(self) -> pd.DataFrame:
        return self.steps[-1].areas

    @property
    def changes(self) -> list[str]:
        return [*self.earlier, *(step.change for step in self.steps[1:])]


# ---------------------------------------------------------------- beginning, and what changed under it


def from_frozen(workspace: Workspace, found: Candidates, frozen: Frozen) -> Draft:
    """The areas of a frozen version with the figures of the question on the page."""
    open_ended = areas.in_form(frozen.areas.assign(valid_from="", valid_to=""))
    return Draft(Basis.of(found.answer), frozen.ref, (Step(figured(workspace, found, open_ended), ""),))


def refigured(workspace: Workspace, found: Candidates, draft: Draft) -> Draft:
    """The same areas with the figures of the question on the page."""
    table = figured(workspace, found, draft.areas)
    return Draft(Basis.of(found.answer), draft.source, (Step(table, ""),), tuple(draft.changes))


def figured(workspace: Workspace, found: Candidates, table: pd.DataFrame) -> pd.DataFrame:
    """The areas summed from the answer on the page; refuses those that the answer does not cover."""
    question = found.answer.question
    strange = sorted(set(table["bcu"]) - {question.bcu})
    if question.bcu != "all" and strange:
        raise HotspotsError(
            f"These areas lie in {joined(strange)}, but the page shows {question.bcu} BCU alone."
            f" Choose {workspace.profile.together} (or their own BCU) in the menu first."
        )
    sizes = geography.resolutions_of(c for cells in table["cells"] for c in cells)
    if set(sizes) - {question.resolution}:
        raise HotspotsError(
            f"These areas are made of cells of resolution {', '.join(map(str, sizes))}, but the page shows"
            f" {question.resolution}. Choose theirs in the menu first."
        )
    facts = with_cells_of(workspace, found.facts, table)
    problems = areas.refusals(table, bcu_of(facts))
    if problems:
        raise HotspotsError(problems)
    return areas.measured(table, facts)


def bcu_of(facts: pd.DataFrame) -> dict[int, str]:
    return dict(zip(facts["cell"].tolist(), facts["bcu"].astype(str), strict=True))


def changed_under(draft: Draft, answer: Answer) -> list[str]:
    """What is no longer as it was when the draft's figures were summed, a sentence each."""
    now = Basis.of(answer)
    both = zip(asked(draft.basis.question).items(), asked(now.question).values(), strict=True)
    words = [f"{what}: the draft's figures are for {a}, the page shows {b}." for (what, a), b in both if a != b]
    if draft.basis.weights != now.weights and draft.basis.question.weights == now.question.weights:
        words.append("The harm weights have changed since the draft's figures were summed.")
    if draft.basis.data != now.data:
        words.append("The data have changed since the draft's figures were summed.")
    return words


def asked(question: Question) -> dict[str, str]:
    """A question in words, part by part."""
    return {
        "BCU": question.bcu, "Window": f"{question.start} to {question.end}",
        "Source": question.source, "Offences": selections.selection_named(question.offences).label,
        "Rank by": choices.METHODS[question.by].lower(), "Harm weights": question.weights,
        "Cell size": f"resolution {question.resolution}", "Hours": question.hours or "all",
        "Offences found by police activity": "included" if question.include_proactive else "left out",
    }  # fmt: skip


# ---------------------------------------------------------------- changes


def facts_round(workspace: Workspace, found: Candidates, cells: Collection[int]) -> pd.DataFrame:
    """The answer's cells, and zeros for those of ``cells`` and round them where the window has no incident."""
    return areas.with_quiet_cells(found.facts, surroundings(sorted(set(cells))).tolist(), boundaries_of(workspace))


@dataclass(frozen=True)
class Change:
    """Who changes a draft, why, on which facts, and which cells no area may hold."""

    facts: pd.DataFrame
    excluded: frozenset[int]
    author: str
    reason: str

    def checked(self) -> Change:
        """With blanks taken out; refuses a change without an author or a reason."""
        author, reason = " ".join(self.author.split())[:100], " ".join(self.reason.split())[:500]
        missing = [what for what, text in (("your name", author), ("the reason", reason)) if not text]
        if missing:
            raise HotspotsError(f"Nothing was changed: please give {joined(missing)}. Others must be able to ask why.")
        return replace(self, author=author, reason=reason)

    def line(self, what: str) -> str:
        return f"{date.today()} {self.author}: {what} ({self.reason})"

    def refuse_excluded(self, cell: int) -> None:
        if areas.inside_excluded([cell], self.excluded)[0]:
            raise HotspotsError(
                f"Cell {cell:x} is excluded from areas. Lift its exclusion first, below, if it should be in one."
            )


def changed(draft: Draft, what: str, area: str, value: Any, change: Change) -> Draft:
    """The draft after a change of one area: one of the kinds above; ``value``: a cell, a role or a name."""
    change = change.checked()
    before, signed = draft.areas, (change.facts, change.author, change.reason)
    if what in (ADD, NEW):
        change.refuse_excluded(value)
    if what == ADD:
        table, said = areas.add_cells(before, area, [value], *signed), f"added {value:x}"
    elif what == DROP:
        table, said = areas.drop_cells(before, area, [value], *signed), f"dropped {value:x}"
    elif what == REMOVE:
        table, said = areas.drop_area(before, area), "dropped the whole area"
    elif what == NEW:
        table = areas.new_area(before, [value], *signed)
        area, said = table["area"].iloc[-1], f"new, made of {value:x}"
    elif what == ROLE:
        said = f"role {value}"
        table = noted(areas.with_role(before, area, value), area, change.line(said))
    else:
        name = name_for(before, area, value)
        said = f"named {name}"
        table = before.assign(name=before["name"].mask(before["area"] == area, name))
        table = noted(table, area, change.line(said))
    return replace(draft, steps=(*draft.steps, Step(table, change.line(f"{area}: {said}"))))


def name_for(table: pd.DataFrame, area: str, name: str) -> str:
    """Another name for an area, without blanks at its ends; refuses an empty one and one that another area has."""
    name = " ".join(name.split())[:NAME_MOST]
    if not name:
        raise HotspotsError("An area needs a name.")
    if name in set(table.loc[table["area"] != area, "name"]):
        raise HotspotsError(f"Another area is named '{name}' already. Give this one a name of its own.")
    return name


def noted(table: pd.DataFrame, area: str, line: str) -> pd.DataFrame:
    """The areas with a line more in the ``edits`` of one of them."""
    lines = [
        "; ".join(filter(None, [e, line])) if a == area else e
        for a, e in zip(table["area"], table["edits"], strict=True)
    ]
    return table.assign(edits=lines)


# ---------------------------------------------------------------- before it is frozen


def refuse_excluded(table: pd.DataFrame, excluded: Collection[int]) -> None:
    """Areas that hold an excluded cell cannot be frozen."""
    problems = []
    for area, cells in zip(table["area"], table["cells"], strict=True):
        ids = areas.cell_ids(cells)
        inside = [f"{c:x}" for c in ids[areas.inside_excluded(ids, excluded)].tolist()]
        if inside:
            problems.append(f"{area} holds {sample(inside)}, which is excluded. Take it out, or lift the exclusion.")
    if problems:
        raise HotspotsError(problems)


def definition(found: Candidates, draft: Draft | None) -> dict[str, Any]:
    """What was asked and what was changed by hand, to be frozen with the areas."""
    if draft is None:
        return {**found.definition, "areas_from": CANDIDATES}
    return {**found.definition, "areas_from": draft.source, "changes": draft.changes}
