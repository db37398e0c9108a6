"""From a question about change to its answer, the same for the page and the command line.

settle the question → count incidents → which places against which, and their rings → what was to be expected →
every estimate → single places → minutes beside it → what else was going on → the answer in words
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from hotspots.areas import register
from hotspots.base import choices
from hotspots.base.columns import CHANGE, CHANGE_CELLS, CHANGE_PAIRS, CHANGE_SPOTS, CHANGE_TREND, in_columns
from hotspots.base.words import counted
from hotspots.change import context, words
from hotspots.change.counting import covered_days
from hotspots.change.dose.beside import dose_beside
from hotspots.change.evidence import Evidence, Selection, evidence_to_be_had, expected_of_selection, frozen_words
from hotspots.change.places import TREATED, cells_of
from hotspots.change.question import BASELINES, COMPARISONS, Change, ChangeQuestion, DoseBeside
from hotspots.change.settling import APART, INSIDE, Settled
from hotspots.change.tables import cells_table, series_of, spots_table, table_of, trend_of, with_context
from hotspots.change.withholding import reasons, without_verdicts
from hotspots.harm.offences import POLICE_UK
from hotspots.harm.weights.register import ref as weights_ref
from hotspots.ranking.answer import score_warnings
from hotspots.ranking.gather import holes_and_breaks
from hotspots.store.workspace import Workspace, open_workspace

GRAVE = ("restriction", "recording", "map points")  # context that makes windows incomparable; the rest is a note


def change_workspace(folder: Path | Workspace, question: ChangeQuestion | None = None) -> Change:
    """Answer a question about change. Raises HotspotsError where it cannot be answered, with the reason."""
    workspace = folder if isinstance(folder, Workspace) else open_workspace(folder)
    return answered(workspace, evidence_to_be_had(workspace, question or ChangeQuestion()))


def answered(workspace: Workspace, evidence: Evidence) -> Change:
    """The answer that follows from what was counted."""
    asked = evidence.asked
    q = asked.question
    fall = expected_of_selection(evidence)
    trend, trend_note, trend_p = trend_of(evidence)
    dose, no_dose = dose_of(workspace, evidence)
    lines = context.lines(workspace.folder)
    treated = evidence.groups.of(TREATED)
    grave, slight = overlaps_of(evidence, lines)
    settings = workspace.settings
    why = reasons(evidence, trend_p, settings.trend_warning_p, settings.unlike_months_share)
    table = with_context(without_verdicts(table_of(workspace, evidence, fall), why), grave)
    lead = words.lead_row(table, q.measure)
    apart = words.apart_before(trend_p, settings.trend_warning_p) if asked.position in (APART, INSIDE) else []
    instead = [evidence.instead] if evidence.instead else []
    said = [*instead, *grave, *apart, *(reason.words for reason in why if reason.code != "selection")]
    return Change(
        question=q,
        asked=words.question_words(q, len(treated)),
        answer=words.answer_words(q, lead, len(treated), {reason.code: reason.words for reason in why}),
        verdict=str(lead["verdict"]),
        withheld=bool(words.lead_row(table, "count")["withheld"]),
        also=also_of(workspace, evidence, table, fall),
        before=asked.before,
        after=asked.after,
        table=in_columns(table, CHANGE),
        spots=in_columns(spots_table(workspace, evidence), CHANGE_SPOTS),
        series=series_of(evidence),
        trend=in_columns(trend, CHANGE_TREND),
        trend_note=trend_note,
        cells=in_columns(cells_table(evidence.groups, evidence.counted), CHANGE_CELLS),
        context=context.touching(lines, asked.before, asked.after, q.bcu),
        pairs=pairs_of(evidence),
        matched=evidence.matched.match if evidence.matched else None,
        dose=dose,
        no_dose=no_dose,
        warnings=tuple(warnings_of(workspace, evidence, said)),
        notes=notes_of(evidence, slight),
        facts=facts_of(workspace, evidence),
        settings=settings,
        version=workspace.version,
        synthetic=workspace.manifest.kind == "synthetic",
    )


def dose_of(workspace: Workspace, evidence: Evidence) -> tuple[DoseBeside | None, str]:
    """Minutes beside the change, for hot spots of a register."""
    asked = evidence.asked
    if asked.frozen is None:
        return None, "Minutes are counted in frozen hot spots; these are single cells. Freeze them to see the dose."
    if asked.question.hours:
        return None, "Minutes are counted over whole patrol days: ask without hours to see them beside incidents."
    spots = evidence.groups.places[evidence.groups.places["area"].isin(asked.frozen.areas["area"])]
    units = cells_of(spots)
    rows = evidence.counted.rows
    mine = rows[rows["cell"].isin(list(units)) & (rows["side"] != "")].drop_duplicates("record")
    return dose_beside(
        workspace, asked.frozen.ref, asked.before, asked.after, asked.held, mine, units,
        spots[["area", "name", "bcu", "role"]],
    )  # fmt: skip


def also_of(
    workspace: Workspace, evidence: Evidence, table: pd.DataFrame, falls: dict[str, Selection]
) -> tuple[str, ...]:
    """What stands below the answer: totals, the other measure, next door, and what selection alone would bring."""
    q, n = evidence.asked.question, len(evidence.groups.of(TREATED))
    other = "harm" if q.measure == "count" else "count"
    naive = words.row_of(table, q.measure, "naive")
    assert naive is not None
    return (
        words.totals_words(words.lead_row(table, q.measure), evidence.lengths, evidence.asked.weights.unit),
        words.answer_words(q, words.lead_row(table, other), n, {}),
        words.next_door_words(words.row_of(table, "count", "ring"), words.lead_row(table, "count")["verdict"]),
        words.selection_words(falls.get(q.measure), naive, evidence.lengths, workspace.settings.least_for_percent),
    )


def pairs_of(evidence: Evidence) -> pd.DataFrame:
    """`CHANGE_PAIRS`; empty where nothing was matched."""
    from hotspots.change.matching import register

    if evidence.matched is None:
        return in_columns(pd.DataFrame(), CHANGE_PAIRS)
    return in_columns(register.pairs_of(evidence.matched), CHANGE_PAIRS)


def overlaps_of(evidence: Evidence, lines: pd.DataFrame) -> tuple[list[str], list[str]]:
    """(what makes the windows incomparable, what differs a little): sentences of `context.overlap_notes`."""
    asked = evidence.asked
    grave = lines["kind"].isin(GRAVE)
    first, second = (
        context.overlap_notes(part, breaks, asked.before, asked.after, asked.question.bcu, asked.source)
        for part, breaks in ((lines[grave], asked.breaks), (lines[~grave], ()))
    )
    return first, second


def warnings_of(workspace: Workspace, evidence: Evidence, differences: list[str]) -> list[str]:
    """What makes the figures less than they look, most serious first. ``differences``: of windows or groups."""
    asked = evidence.asked
    found = list(differences)
    before, after = evidence.lengths
    if round(before) != round(after):
        found.append(f"The windows have {before:,.0f} and {after:,.0f} days with data: rates are compared.")
    found += superseded(workspace, asked)
    for window in (asked.before, asked.after):
        missing, _ = holes_and_breaks(workspace, asked.source, window)
        if missing:
            found.append(f"{counted(len(missing), 'month')} of {window} not imported: missing, not zero.")
    scored = score_warnings(evidence.counted.scores, asked.weights, listed=False)
    return [*found, *evidence.counted.warnings, *scored]


def superseded(workspace: Workspace, asked: Settled) -> list[str]:
    """That a later version of the register took over before the window after ended."""
    if asked.frozen is None:
        return []
    held = register.registers(workspace.folder)
    later = held[(held["name"] == asked.frozen.name) & (held["version"].astype(int) > asked.frozen.version)]
    later = later[later["valid_from"] <= str(asked.after.end)]
    return [
        f"{asked.frozen.ref} was superseded by {row['name']}@{row['version']} from {row['valid_from']} on, inside the"
        " window after: from then on other places may have been patrolled. End the window there, or ask for that"
        " version."
        for row in later.head(1).to_dict("records")
    ]


def notes_of(evidence: Evidence, slight: list[str]) -> tuple[str, ...]:
    """What stands beside the figures."""
    asked, found = evidence.asked, list(evidence.notes)
    if asked.frozen is not None and not asked.choice.stated:
        found.insert(0, unstated_words(asked))
    if asked.frozen is not None and asked.question.comparison == "register":
        created = asked.frozen.created
        found.insert(
            0, frozen_words(f"The register {asked.frozen.ref}", created, created[:10] < str(asked.after.start))
        )
    lost = evidence.groups.summary[evidence.groups.summary["n_cells"] == 0]
    if len(lost):
        found.append(f"No ring is left around {', '.join(lost['area'])}: other hot spots lie all around.")
    return (*found, *slight, *evidence.counted.notes)


def unstated_words(asked: Settled) -> str:
    """What is taken of a register that was frozen before freezing asked how its places were chosen."""
    assert asked.frozen is not None
    window = asked.choice.window
    taken = f"as chosen by the figures of {window}" if window else "as chosen by hand, without figures"
    return (
        f"{asked.frozen.ref} does not say how its places were chosen; they are taken {taken}. If that is not so, freeze"
        " a version that says it."
    )


def facts_of(workspace: Workspace, evidence: Evidence) -> dict[str, Any]:
    """What the figures are, to go with every download."""
    asked = evidence.asked
    q = asked.question
    days = [round(covered_days(w, asked.held)) for w in (asked.before, asked.after)]
    facts: dict[str, Any] = {
        "what": "Change in treated places against comparison places. Places, never people.",
        "data": "SYNTHETIC DEMO DATA, not real crime" if workspace.manifest.kind == "synthetic" else asked.source,
        "treated": q.register or f"top {q.top} cells of {asked.chosen} by {q.by}",
        "hot_spots": ", ".join(q.areas) or "all that are treated", "hours": q.hours or "all day",
        "chosen": choices.HOWS[asked.choice.how] + (f", {asked.choice.window}" if asked.choice.window else ""),
        "bcu": q.bcu,
        "comparison": COMPARISONS[q.comparison] + (f" ({q.match})" if q.match else ""),
        "before": str(asked.before), "after": str(asked.after), "days_with_data": days,
        "answer_rests_on": BASELINES[q.baseline], "level_learned_from": str(asked.learned),
        "periods": q.period, "ring_m": q.ring_m, "resolution": q.resolution,
        "offences": q.offences, "proactive_offences": "included" if q.include_proactive else "left out",
        "weights": weights_ref(asked.weights) + (" (proxy)" if asked.weights.is_proxy else ""),
        "weights_unit": choices.UNITS[asked.weights.unit], "weights_sha256": asked.weights.sha256,
        "match_sha256": evidence.matched.sha256 if evidence.matched else "",
        "register_sha256": asked.frozen.sha256 if asked.frozen else "",
        "workspace_version": workspace.version,
    }  # fmt: skip
    if asked.source == POLICE_UK:
        facts["attribution"] = "Contains public sector information licensed under the Open Government Licence v3.0."
    return facts
