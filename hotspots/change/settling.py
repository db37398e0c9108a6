"""From a question about change to one with nothing left open: which windows, which register, which comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from hotspots import geography
from hotspots.areas import register
from hotspots.areas.choosing import Choice, choice_of
from hotspots.base.choices import FIGURES
from hotspots.base.errors import HotspotsError, sample
from hotspots.base.months import Window, months_between, parse_day, window_of_months
from hotspots.change.question import BASELINES, COMPARISONS, PERIODS, ChangeQuestion
from hotspots.harm.offences import POLICE_UK
from hotspots.ranking import rank as ranking
from hotspots.ranking.gather import parse_hours
from hotspots.ranking.question import Question, refuse_finer_than_months
from hotspots.ranking.question import settle as settle_ranking
from hotspots.store.held import months_held, own_breaks, sources_held
from hotspots.store.workspace import Workspace

if TYPE_CHECKING:
    from hotspots.areas.register import Frozen
    from hotspots.harm.scoring import WeightSet

MEASURES = ("count", "harm")
USUAL_MONTHS = 6  # of a window for single cells
HISTORY_YEARS = 2  # before the start: for the trend
YEAR = 366
WIDEST_RING_M = 2000.0
BY_HAND, EARLIER, INSIDE, APART = "by hand", "earlier", "inside", "apart"
MOSTLY = 0.75  # of the window before lies in the months of choice: one level tells of both


@dataclass(frozen=True, kw_only=True)
class Settled:
    """A question with nothing left open. ``learned``: the window that the expected level is made of."""

    question: ChangeQuestion
    ranking: Question  # the same for `hotspots.ranking.gather.gather`
    source: str
    weights: WeightSet
    frozen: Frozen | None  # the register of the treated; None for single cells
    before: Window
    after: Window
    choice: Choice
    chosen: Window  # the window before, for places chosen by hand
    position: str  # of the months of choice: `position_of`
    untouched: tuple[bool, bool]  # the window before, by choosing the treated; and by choosing their comparison
    learned: Window
    history: Window
    held: tuple[int, ...]  # months
    breaks: tuple[int, ...]  # months whose map points are new


def settle(workspace: Workspace, question: ChangeQuestion) -> Settled:
    """Fill in the question and refuse what cannot be answered. Raises HotspotsError with every reason."""
    refuse_words(question, workspace.profile.choices)
    return settled(workspace, question, None if question.top else register_of(workspace, question))


def settled(workspace: Workspace, question: ChangeQuestion, frozen: Frozen | None) -> Settled:
    """The same for the treated hot spots of a version; None: for the top cells."""
    question = replace(of_areas(question, frozen), hours=hours_asked(question.hours))
    resolution = question.resolution if frozen is None else resolution_of(frozen)
    source, _, weights, asked = settle_ranking(
        workspace,
        Question(
            bcu=question.bcu, resolution=resolution, weights=question.weights, offences=question.offences,
            include_proactive=question.include_proactive, source=question.source, by="count", hours=question.hours,
        ),
    )  # fmt: skip
    held = months_held(workspace, source)
    before, after = windows_of(question, frozen, held, choice_asked(question, frozen))
    choice = choice_asked(question, frozen, before)
    chosen = choice.window or before
    refuse_windows(source, before, after, chosen)
    period = question.period or ("month" if source == POLICE_UK else "week")
    if source == POLICE_UK and period != "month":
        raise HotspotsError("data.police.uk gives the month of a crime and no day, so periods are months: take month.")
    comparison = question.comparison or usual_comparison(frozen, question.bcu, workspace.settings.least_comparison)
    position = position_of(choice, before)
    learned = learned_window(position, before, chosen, comparison, held)
    clear = position in (BY_HAND, EARLIER)
    untouched = clear, learned.end < before.start if comparison == "matched" else clear
    baseline = question.baseline or ("counted" if all(untouched) else "expected")
    earliest = window_of_months(held[0], held[0]).start
    history = Window(max(earliest, min(learned.start, back(after.start, HISTORY_YEARS))), after.end)
    full = replace(
        question, register=frozen.ref if frozen else "", comparison=comparison, baseline=baseline, period=period,
        offences=asked.offences, weights=asked.weights, source=source, resolution=asked.resolution,
        by=ranking.checked_method(question.by), before_from=str(before.start), before_to=str(before.end),
        after_from=str(after.start), after_to=str(after.end),
        chosen_from=str(chosen.start), chosen_to=str(chosen.end),
    )  # fmt: skip
    return Settled(
        question=full, ranking=asked, source=source, weights=weights, frozen=frozen, before=before, after=after,
        choice=choice, chosen=chosen, position=position, untouched=untouched, learned=learned,
        history=history, held=tuple(held), breaks=tuple(own_breaks(workspace, source)),
    )  # fmt: skip


def refuse_words(question: ChangeQuestion, bcus: Sequence[str]) -> None:
    """Words that do not exist, and numbers that make no sense, all at once."""
    problems = [
        f"{what} is '{value[:40]}'; use {', '.join(offered)}."
        for what, value, offered in (
            ("The BCU", question.bcu, bcus),
            ("The measure", question.measure, MEASURES),
            ("The comparison", question.comparison, ("", *COMPARISONS)),
            ("The baseline", question.baseline, ("", *BASELINES)),
            ("The period", question.period, ("", *PERIODS)),
        )
        if value not in offered
    ]
    if question.top < 0:
        problems.append(f"The number of cells is {question.top}; give 1 or more, or leave it out.")
    if question.top and question.register:
        problems.append("Ask for a register or for the top cells, not for both.")
    if question.top and question.areas:
        problems.append("Single hot spots are those of a register: ask for them or for the top cells, not for both.")
    if question.top and question.comparison == "register":
        problems.append("Single cells have no register to be compared with: use matched or rest.")
    if question.match and question.comparison not in ("", "matched"):
        problems.append("A frozen match goes with the comparison 'matched'.")
    if not 0 < question.ring_m <= WIDEST_RING_M:
        problems.append(f"The ring is {question.ring_m:g} m wide; give a width above 0, up to {WIDEST_RING_M:,.0f} m.")
    if problems:
        raise HotspotsError(problems)


def hours_asked(hours: str) -> str:
    """The hours, empty where they are the whole day. HotspotsError where they are none."""
    if not hours:
        return ""
    first, last = parse_hours(hours)
    return "" if first == last else hours


def of_areas(question: ChangeQuestion, frozen: Frozen | None) -> ChangeQuestion:
    """The question about some of the register's treated hot spots: each once, in order, and in their BCU if it is one.

    So that their comparison lies in the same BCU, too. HotspotsError for areas that are not there or not treated.
    """
    if frozen is None or not question.areas:
        return question
    table = frozen.areas.set_index(frozen.areas["area"].astype(str))
    asked = sorted(set(question.areas))
    if unknown := [a for a in asked if a not in table.index]:
        raise HotspotsError(f"{frozen.ref} has no hot spot {sample(unknown)}; it has {', '.join(sorted(table.index))}.")
    problems = [
        f"{area} is {table['role'][area]} in {frozen.ref}: a change is asked of treated hot spots."
        for area in asked
        if table["role"][area] != "treated"
    ]
    bcus = sorted({str(table["bcu"][area]) for area in asked})
    if question.bcu != "all" and bcus != [question.bcu]:
        problems.append(f"Not all of {', '.join(asked)} lie in {question.bcu}: leave the BCU out.")
    if problems:
        raise HotspotsError(problems)
    bcu = bcus[0] if len(bcus) == 1 else question.bcu
    return replace(question, areas=tuple(asked), bcu=bcu)


def register_of(workspace: Workspace, question: ChangeQuestion) -> Frozen:
    """The version asked for; of a name alone, the first that held in the window after (else its first version)."""
    name, _, version = question.register.partition("@")
    name = name or usual_register(workspace, question)
    if version:
        return register.load(workspace.folder, question.register)
    if question.after_from:
        return register.version_on(workspace.folder, name, parse_day(question.after_from, "The first day after", False))
    return register.load(workspace.folder, f"{name}@1")


def usual_register(workspace: Workspace, question: ChangeQuestion) -> str:
    """The only register, or the only one that held in the window after: by default the year up to the last month held.

    HotspotsError, with the names to choose among, where there are several such.
    """
    known = register.registers(workspace.folder)
    names = list(dict.fromkeys(known["name"]))
    held = [m for s in sources_held(workspace) if question.source in ("", s) for m in months_held(workspace, s)]
    which = "There are several"
    if len(names) > 1 and held:
        last = window_of_months(max(held), max(held)).end
        end = parse_day(question.after_to, "The last day after", True) if question.after_to else last
        asked = parse_day(question.after_from, "The first day after", False) if question.after_from else None
        start = asked or end - timedelta(days=YEAR - 2)
        in_force, _ = register.in_force_first(known, start, max(start, end))
        if in_force:
            names, which = in_force, f"Several held between {start} and {max(start, end)}"
    if len(names) != 1:
        found = f"{which}: {', '.join(names)}." if names else "None has been frozen in this workspace."
        raise HotspotsError(f"Which hot spots? {found} Name a register, or ask for the top cells.")
    return str(names[0])


def usual_comparison(frozen: Frozen | None, bcu: str, least: int) -> str:
    """The register's comparison hot spots where the BCU has ``least`` of its own, else matched places: within the BCU.

    What moves a whole BCU would else look like a change.
    """
    if frozen is None:
        return "matched"
    mine = frozen.areas[(frozen.areas["role"] == "comparison") & ((frozen.areas["bcu"] == bcu) | (bcu == "all"))]
    return "register" if len(mine) >= (1 if bcu == "all" else least) else "matched"


def resolution_of(frozen: Frozen) -> int:
    found = geography.resolutions_of(c for cells in frozen.areas["cells"] for c in cells)
    if len(found) != 1:
        raise HotspotsError(
            f"The hot spots of {frozen.ref} are made of cells of resolutions {', '.join(map(str, found))}. Change is"
            " counted at one resolution: freeze such a version."
        )
    return found[0]


def windows_of(
    question: ChangeQuestion, frozen: Frozen | None, held: list[int], choice: Choice
) -> tuple[Window, Window]:
    """Before and after. Suggested: since the register began, at most the last year; before, the same days a year back.

    For single cells the last six months held. The window before is moved back by whole years until it ends before the
    hot spots began (before the window after, for cells). Where that would leave the months of choice between the two,
    before is those months.
    """
    last = window_of_months(held[-1], held[-1]).end
    end = parse_day(question.after_to, "The last day after", True) if question.after_to else last
    start = parse_day(question.after_from, "The first day after", False) if question.after_from else None
    begins = frozen.valid_from if frozen else None
    if start is None and begins is not None:
        start = max(begins, back(end, 1) + timedelta(days=1))
    if start is None:
        start = months_back(end, USUAL_MONTHS)
    if start > last and not question.after_to:
        end = back(start, -1) - timedelta(days=1)  # still to come: a match may be frozen before it begins
    if start > end:
        raise HotspotsError(
            f"The window after begins on {start} and ends on {end}: incidents are held up to {last}. Give other days."
        )
    after = Window(start, end)
    return window_before(question, after, begins or start, choice), after


def window_before(question: ChangeQuestion, after: Window, begins: date, choice: Choice) -> Window:
    """The window asked for, else the days of the window after, whole years earlier; or the months of choice."""
    years = 1
    while back(after.end, years) >= min(begins, after.start):
        years += 1
    suggested = Window(back(after.start, years), back(after.end, years))
    if not question.before_from and not question.before_to:
        months = choice.window
        apart = months is not None and months.end < after.start and position_of(choice, suggested) == APART
        return months if months is not None and apart else suggested
    first = parse_day(question.before_from, "The first day before", False) if question.before_from else suggested.start
    last = parse_day(question.before_to, "The last day before", True) if question.before_to else suggested.end
    if first > last:
        raise HotspotsError(f"The window before begins on {first} and ends on {last}. Put the earlier day first.")
    return Window(first, last)


def back(day: date, years: int) -> date:
    """The same day some years earlier; the end of February for the 29th, and for the last of February its last."""
    year = day.year - years
    if day.month == 2 and (day + timedelta(days=1)).month == 3:
        return date(year, 3, 1) - timedelta(days=1)
    return day.replace(year=year)


def months_back(end: date, n: int) -> date:
    """The first day of the n months that end with the month of ``end``."""
    months = end.year * 12 + end.month - n
    return date(months // 12, months % 12 + 1, 1)


def choice_asked(question: ChangeQuestion, frozen: Frozen | None, before: Window | None = None) -> Choice:
    """How the treated places were chosen. Top cells: by figures of the days asked for, an end left out as ``before``.

    Without ``before`` the window is not known unless both ends are asked for.
    """
    if frozen is not None:
        return choice_of(frozen.definition)
    first = parse_day(question.chosen_from, "The first day of choosing", False) if question.chosen_from else None
    last = parse_day(question.chosen_to, "The last day of choosing", True) if question.chosen_to else None
    if before is not None:
        first, last = first or before.start, last or before.end
    return Choice(FIGURES, Window(first, last) if first and last else None)


def position_of(choice: Choice, before: Window) -> str:
    """Where the months of choice lie: wholly before the window before, (mostly) the same months, or apart from it.

    Apart is what lies between the two windows, and what holds part of the window before: then the places were picked
    for one part of the time before and are judged by another, and what they had in either is chance in another measure.
    """
    if choice.window is None:
        return BY_HAND
    if choice.window.end < before.start:
        return EARLIER
    first, last = max(choice.window.start, before.start), min(choice.window.end, before.end)
    both = max((last - first).days + 1, 0)
    return INSIDE if both >= MOSTLY * ((before.end - before.start).days + 1) else APART


def learned_window(position: str, before: Window, chosen: Window, comparison: str, held: Sequence[int]) -> Window:
    """The window of which levels are learned and by which places are matched.

    It has the months of choice, and where it can it leaves the window before untouched, which then shows no chance.
    """
    if position == EARLIER:
        return Window(chosen.start, before.start - timedelta(days=1))
    if position == BY_HAND and comparison == "matched":
        year = Window(back(before.start, 1), before.start - timedelta(days=1))
        return year if set(months_between(*year.months)) <= set(held) else before
    return Window(min(before.start, chosen.start), max(before.end, chosen.end))


def refuse_windows(source: str, before: Window, after: Window, chosen: Window) -> None:
    problems = []
    if before.end >= after.start:
        problems.append(f"The window before ends on {before.end}, the one after begins on {after.start}: they overlap.")
    if chosen.start > chosen.end:
        problems.append(f"The window of choosing begins on {chosen.start} and ends on {chosen.end}.")
    elif chosen.end >= after.start:
        problems.append(
            f"The treated places were chosen by figures up to {chosen.end}, and the window after begins on"
            f" {after.start}: places chosen by their outcome prove nothing. Begin later, or choose by earlier months."
        )
    for window in (before, after):
        if (window.end - window.start).days >= 3 * YEAR:
            problems.append(f"The window {window} is longer than three years. Take shorter ones.")
    if problems:
        raise HotspotsError(problems)
    if source == POLICE_UK:
        for window in (before, after, chosen):
            refuse_finer_than_months(window, "")
