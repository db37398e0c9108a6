"""Which dose is meant: the BCU, the days and the register, with nothing left open."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from hotspots.areas import register
from hotspots.base.choices import BCUS
from hotspots.base.clock import EPOCH, day_number, day_numbers, day_of
from hotspots.base.errors import HotspotsError
from hotspots.patrols import log as patrol_log
from hotspots.patrols.engine import DEFAULT
from hotspots.store.workspace import Workspace

USUAL_DAYS = 7
LONGEST_DAYS = 366
SHORT = "Longer windows make a table that nobody reads; ask for them one after the other."


@dataclass(frozen=True)
class DoseQuestion:
    """Which dose is meant. Empty text means: the last 7 patrol days held; the only register.

    ``start`` and ``end`` are patrol days like 2026-10-05, both included; ``register`` is a name, whose version of each
    day counts, or name@version, which counts on every day it held; ``engine`` a URL of `hotspots.patrols.engine`.
    """

    bcu: str = "all"
    start: str = ""
    end: str = ""
    register: str = ""
    engine: str = DEFAULT


def bcus_of(bcu: str) -> tuple[str, ...]:
    return BCUS if bcu == "all" else (bcu,)


def settle(workspace: Workspace, question: DoseQuestion) -> tuple[DoseQuestion, date, date]:
    """The question with nothing left open, its first and its last patrol day."""
    if question.bcu not in ("all", *BCUS):
        raise HotspotsError(f"BCU '{question.bcu[:40]}' is not one of {', '.join(BCUS)} or all.")
    name = question.register or register.only_register(workspace.folder, "positions belong nowhere")
    held = days_held(workspace)
    if held is None:
        raise HotspotsError(
            "This workspace has no positions and no patrol log. Import them (--source pings, --source patrol-log), or"
            " enter patrols in the log form."
        )
    last = day_of(question.end, "The last day") if question.end else held[1]
    usual = max(held[0], last - timedelta(days=USUAL_DAYS - 1))
    first = day_of(question.start, "The first day") if question.start else min(usual, last)
    if first > last:
        raise HotspotsError(f"The window ends on {last}, before it begins on {first}. Swap the two days.")
    if (last - first).days >= LONGEST_DAYS:
        raise HotspotsError(f"The window of {first} to {last} has more than {LONGEST_DAYS} days. {SHORT}")
    return replace(question, start=str(first), end=str(last), register=name), first, last


def days_held(workspace: Workspace) -> tuple[date, date] | None:
    """First and last patrol day with positions or a log entry; None where there is neither."""
    held = [day_number(d.day) for d in workspace.manifest.ping_days]
    starts = patrol_log.entries(workspace)["start"]
    if len(starts):
        held += day_numbers([starts.min(), starts.max()], workspace.settings).tolist()
    return (EPOCH + timedelta(days=min(held)), EPOCH + timedelta(days=max(held))) if held else None
