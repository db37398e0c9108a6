"""What is asked, and the same with its defaults filled in; what cannot be answered is refused."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hotspots.base import choices
from hotspots.base.errors import HotspotsError
from hotspots.base.months import Window, parse_window
from hotspots.base.settings import RESOLUTIONS
from hotspots.harm import selections
from hotspots.harm.offences import POLICE_UK
from hotspots.harm.scoring import WeightSet
from hotspots.harm.weights import register as weight_register
from hotspots.ranking.rank import checked_method
from hotspots.store.held import months_held, none_of_ours, sources_held
from hotspots.store.workspace import Workspace

DEFAULT_OFFENCES = {POLICE_UK: "violence-categories", "incidents": "serious-violence"}


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is to be ranked. Empty text means the default for the source and the workspace.

    ``weights`` is name@version, or a name for its newest version; an `Answer` names the version it used.
    """

    bcu: str = "all"
    start: str = ""
    end: str = ""
    resolution: int = 0
    weights: str = ""
    offences: str = ""
    by: str = choices.DEFAULT_METHOD
    include_proactive: bool = False
    source: str = ""
    hours: str = ""  # such as 20-04: from 20:00 to 03:59, local time


def settle(workspace: Workspace, question: Question) -> tuple[str, Window, WeightSet, Question]:
    """The question with its defaults filled in; refuses what does not exist or the source cannot tell."""
    workspace.profile.refuse_bcu(question.bcu)
    resolution = question.resolution or workspace.settings.resolution
    if resolution not in RESOLUTIONS:
        raise HotspotsError(f"Resolution is {resolution}; use 9, 10 or 11.")
    held = sources_held(workspace)
    if not held:
        raise HotspotsError(
            none_of_ours(workspace)
            or "The workspace holds no incidents yet. Import some, or build the demo: python -m hotspots demo."
        )
    source = question.source or ("incidents" if "incidents" in held else held[0])
    if source not in held:
        raise HotspotsError(f"The workspace holds no '{source[:40]}' incidents; it holds {', '.join(held)}.")
    window = parse_window(question.start, question.end, months_held(workspace, source))
    if source == POLICE_UK:
        refuse_finer_than_months(window, question.hours)
    by = checked_method(question.by)
    weights = weight_register.load(
        workspace.folder, question.weights or weight_register.defaults(workspace.folder)[source]
    )
    name = weight_register.ref(weights)
    chosen = selections.selection_named(question.offences or DEFAULT_OFFENCES[source]).name
    question = replace(question, resolution=resolution, weights=name, offences=chosen, source=source, by=by)
    return source, window, weights, question


def refuse_finer_than_months(window: Window, hours: str) -> None:
    """data.police.uk knows the month and no more."""
    if hours:
        raise HotspotsError(
            "data.police.uk gives the month of a crime and no time of day, so hours cannot be chosen."
            " Use a force's own export for that."
        )
    if not window.whole_months:
        raise HotspotsError(
            f"data.police.uk gives the month of a crime and no day, so the window {window} cannot be answered."
            " Use whole months, such as 2022-01 to 2022-03."
        )
