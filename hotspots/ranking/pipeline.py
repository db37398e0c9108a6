"""From a question to its answer, the same for the pages and the command line.

gather the offence rows → count them per cell → score the offences → what to expect → rank the cells → patterns →
say where they are
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from hotspots import geography
from hotspots.base import choices
from hotspots.base.choices import BCUS
from hotspots.base.columns import RANK
from hotspots.base.errors import HotspotsError
from hotspots.base.months import Window, month_text, months_between, parse_window, window_of_months
from hotspots.base.settings import RESOLUTIONS, Settings
from hotspots.harm import offences
from hotspots.harm import scoring as harm
from hotspots.harm.weights import register as weight_register
from hotspots.intake.place import boundaries_of
from hotspots.ranking import patterns
from hotspots.ranking import rank as ranking
from hotspots.ranking.cell_periods import build_cell_periods
from hotspots.ranking.expected import expected_harm
from hotspots.ranking.sureness import sureness_column
from hotspots.store.workspace import Workspace, months_held, open_workspace, read_incidents

POLICE_UK = offences.POLICE_UK
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
    counted: bool = False  # p_top_next as well, which takes a second or more


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Ranked cells and what must be said beside them."""

    question: Question
    window: Window
    source: str
    weights: harm.WeightSet
    table: pd.DataFrame  # columns of hotspots.base.columns.RANK, every cell, best first
    scores: pd.DataFrame  # each distinct offence with its weight, status and count
    cube: pd.DataFrame  # of hotspots.ranking.cell_periods, by month; its offence codes are the rows of scores
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    version: str = ""
    synthetic: bool = False
    missing_months: tuple[int, ...] = ()
    breaks: tuple[int, ...] = ()
    periods: tuple[int, ...] = ()  # months of the window that are held
    exposure: tuple[float, ...] = ()  # the part of each that the window covers
    memory: float = float("nan")  # half-life of the expectation in months; inf: nothing is forgotten
    no_patterns: str = ""  # why there are none
    ahead: int = Settings.expected_months  # months that the expectation is about
    top: int = Settings.top  # cells of a BCU that p_top is about


@dataclass
class Gathered:
    """Offence rows of the window that can be placed in the force, and what was left out on the way."""

    rows: pd.DataFrame
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def rank_workspace(folder: Path | Workspace, question: Question) -> Answer:
    """Answer a question from a workspace. Raises HotspotsError where it cannot be answered, with the reason."""
    workspace = folder if isinstance(folder, Workspace) else open_workspace(folder)
    source, window, weights, question = settle(workspace, question)
    gathered = gather(workspace, source, window, question)
    scores, cube = count_and_score(gathered.rows, weights)
    missing, breaks = holes_and_breaks(workspace, source, window)
    periods, exposure = observed(window, missing)
    whose = say_whose(workspace, cube, gathered.rows)
    expected = expect(cube, scores, periods, exposure, whose, workspace.settings, question.counted)
    ranked = ranking.rank_cells(cube, scores, question.by, cap=workspace.settings.harm_cap_days, expected=expected)
    ranked["flag"] = ranking.flags(ranked, workspace.settings)
    ranked, no_patterns = say_patterns(ranked.merge(whose, on="cell"), cube, scores, periods, breaks)
    table = of_bcu(say_where(ranked, gathered.rows, workspace.settings), question.bcu)
    warnings = window_warnings(missing, breaks, source) + gathered.warnings + score_warnings(scores, weights)
    warnings, notes = whole_force(warnings, question.bcu), whole_force(gathered.notes, question.bcu)
    return Answer(
        question=question, window=window, source=source, weights=weights, table=table, scores=scores, cube=cube,
        notes=tuple(notes), warnings=tuple(warnings), version=workspace.version,
        synthetic=workspace.manifest.kind == "synthetic", missing_months=tuple(missing), breaks=tuple(breaks),
        periods=tuple(periods), exposure=tuple(exposure), memory=memory_of(expected), no_patterns=no_patterns,
        ahead=workspace.settings.expected_months, top=workspace.settings.top,
    )  # fmt: skip


def observed(window: Window, missing: Sequence[int]) -> tuple[list[int], list[float]]:
    """The window's months that are held, and the part of each that lies in the window."""
    months = [m for m in months_between(*window.months) if m not in set(missing)]
    parts = []
    for month in months:
        whole = window_of_months(month, month)
        days = (min(whole.end, window.end) - max(whole.start, window.start)).days + 1
        parts.append(days / ((whole.end - whole.start).days + 1))
    return months, parts


def expect(
    cube: pd.DataFrame,
    scores: pd.DataFrame,
    periods: Sequence[int],
    exposure: Sequence[float],
    whose: pd.DataFrame,
    settings: Settings,
    counted: bool = False,
) -> pd.DataFrame:
    """`expected_harm` with the workspace's settings; the top is that of each BCU."""
    return expected_harm(
        cube, scores, periods, exposure, whose.set_index("cell")["bcu"], settings.top, settings.draws, settings.seed,
        settings.expected_months, counted=counted,
    )  # fmt: skip


def memory_of(expected: pd.DataFrame) -> float:
    """Half-life in months of what the expectation remembers; nan where there is none."""
    fitted = expected.attrs.get("fitted")
    return float(fitted.half_life) if fitted else float("nan")


def say_patterns(
    ranked: pd.DataFrame, cube: pd.DataFrame, scores: pd.DataFrame, periods: Sequence[int], breaks: Sequence[int]
) -> tuple[pd.DataFrame, str]:
    """The ranked cells with gi_z, gi_q and pattern, and why there are no patterns ('' where there are).

    Gi* is on harm days over the window. Patterns are on square roots, so that one severe event is no pattern, and on
    the months since the last break of map points.
    """
    cells = ranked["cell"].to_numpy(dtype=np.int64)
    gi = patterns.gi_table(cells, ranked["harm_days"].to_numpy(dtype=float), p="scatter")
    ranked = ranked.assign(gi_z=gi["gi_z"].to_numpy(), gi_q=gi["gi_q"].to_numpy(), pattern="")
    since = patterns.periods_since_break(periods, breaks)
    reason = patterns.why_no_patterns(since)
    if not reason and len(ranked):
        days = np.sqrt(harm.scored_days(scores, np.nan))
        found = patterns.cell_patterns(cube, days, since).set_index("cell")["pattern"]
        ranked["pattern"] = found.reindex(cells).fillna("").to_numpy()
    return ranked, reason


def of_bcu(ranked: pd.DataFrame, bcu: str) -> pd.DataFrame:
    """The cells of one BCU, ranked among themselves; all of them for 'all'."""
    if bcu == "all":
        return ranked
    mine = ranked[ranked["bcu"] == bcu].reset_index(drop=True)
    return mine.assign(rank=np.arange(1, len(mine) + 1))


def narrowed(answer: Answer, bcu: str) -> Answer:
    """A force-wide answer as `rank_workspace` gives it for one BCU, without asking the workspace again."""
    return replace(
        answer,
        question=replace(answer.question, bcu=bcu),
        table=of_bcu(answer.table, bcu),
        warnings=tuple(whole_force(list(answer.warnings), bcu)),
        notes=tuple(whole_force(list(answer.notes), bcu)),
    )


def settle(workspace: Workspace, question: Question) -> tuple[str, Window, harm.WeightSet, Question]:
    """The question with its defaults filled in; refuses what does not exist or the source cannot tell."""
    if question.bcu not in ("all", *BCUS):
        raise HotspotsError(f"There is no BCU '{question.bcu[:40]}'. Use West, South, East or all.")
    resolution = question.resolution or workspace.settings.resolution
    if resolution not in RESOLUTIONS:
        raise HotspotsError(f"Resolution is {resolution}; use 9, 10 or 11.")
    held = workspace.manifest.sources
    if not held:
        raise HotspotsError(
            "The workspace holds no incidents yet. Import some, or build the demo: python -m hotspots demo."
        )
    source = question.source or ("incidents" if "incidents" in held else held[0])
    if source not in held:
        raise HotspotsError(f"The workspace holds no '{source[:40]}' incidents; it holds {', '.join(held)}.")
    window = parse_window(question.start, question.end, months_held(workspace.manifest, source))
    if source == POLICE_UK:
        refuse_finer_than_months(window, question.hours)
    by = ranking.known_method(question.by)
    weights = weight_register.load(
        workspace.folder, question.weights or weight_register.defaults(workspace.folder)[source]
    )
    name = weight_register.ref(weights)
    chosen = offences.selection_named(question.offences or DEFAULT_OFFENCES[source]).name
    return (
        source,
        window,
        weights,
        replace(question, resolution=resolution, weights=name, offences=chosen, source=source, by=by),
    )


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


def gather(workspace: Workspace, source: str, window: Window, question: Question) -> Gathered:
    """The rows of the window and selection that lie in the force, with a sentence for each kind left out."""
    cell = f"cell_{question.resolution}"
    wanted = {"record", "month", cell, "district", "bcu", "location", *offences.OFFENCE_COLUMNS}
    wanted |= offences.columns_needed(question.offences) | set(offences.PROACTIVE_COLUMNS)
    if source != POLICE_UK:
        wanted |= {"local_from", "local_to"}
    rows = read_incidents(workspace, sorted(wanted), source, window.months).to_pandas()
    if source != POLICE_UK:
        days = rows["local_from"].to_numpy().astype("datetime64[D]")
        rows = rows[(days >= np.datetime64(window.start)) & (days <= np.datetime64(window.end))]
    found = Gathered(rows)
    choose_offences(found, source, question)
    if question.hours:
        choose_hours(found, question.hours)
    leave_out_unplaced(found, cell)
    found.rows = found.rows.rename(columns={cell: "cell"})
    return found


def choose_offences(found: Gathered, source: str, question: Question) -> None:
    """Keep the selection's rows; proactively detected offences go unless they are asked for."""
    rows = found.rows
    mask = offences.selection_mask(rows, question.offences, source)
    proactive = offences.proactive_mask(rows)
    if not question.include_proactive:
        n = int((mask & proactive).sum())
        if n:
            found.notes.append(f"{n:,} offences found by police activity are left out; they can be included.")
        mask &= ~proactive
    unknown = offences.unknown_flags(rows, question.offences)
    if unknown:
        found.notes.append(f"{unknown:,} offences may belong to this selection, but the record has no flag to say so.")
    if source != POLICE_UK and question.offences != "all":
        n = offences.unclassified_rows(rows)
        if n:
            found.notes.append(
                f"{n:,} offences have a code that is missing or not in the Home Office list: in no selection."
            )
    found.rows = rows[mask]


def choose_hours(found: Gathered, hours: str) -> None:
    """Keep incidents whose whole span of possible times lies in these local hours."""
    first, last = parse_hours(hours)
    if first == last:
        return  # the whole day
    rows = found.rows
    length = (last - first) % 24
    start, end = rows["local_from"], rows["local_to"].fillna(rows["local_from"])
    into = (start.dt.hour - first) % 24 + start.dt.minute / 60
    hours_long = (end - start).dt.total_seconds() / 3600
    inside = (into < length) & (into + hours_long <= length)
    touches = ((into < length) | (into + hours_long > 24)) & ~inside
    if touches.any():
        found.notes.append(
            f"{int(touches.sum()):,} offences may have happened in these hours or outside them: left out."
        )
    found.rows = rows[inside.to_numpy()]


def parse_hours(text: str) -> tuple[int, int]:
    """'20-04' → (20, 4): from 20:00 until 04:00."""
    first, _, last = text.partition("-")
    if not (text.isascii() and first.isdigit() and last.isdigit() and int(first) < 24 and int(last) <= 24):
        raise HotspotsError(f"Hours are '{text[:20]}'; write them like 20-04: from 20:00 until 04:00.")
    return int(first), int(last) % 24


def leave_out_unplaced(found: Gathered, cell: str) -> None:
    """Rows without coordinates and rows outside the force cannot be ranked; they are counted, by type."""
    rows = found.rows
    nowhere = rows[cell].fillna(0).to_numpy() == 0
    outside = ~nowhere & rows["district"].isna().to_numpy()
    if nowhere.any():
        share = nowhere.mean()
        found.warnings.append(
            f"{int(nowhere.sum()):,} of {len(rows):,} offences ({share:.1%}) have no coordinates and are on no map:"
            f" {worst_types(rows, nowhere)}."
        )
    if outside.any():
        found.notes.append(f"{int(outside.sum()):,} offences lie outside the force area and are not ranked.")
    found.rows = rows[~nowhere & ~outside]


def worst_types(rows: pd.DataFrame, nowhere: np.ndarray) -> str:
    """'Robbery 11.3%, …': the types that lose most."""
    name = "crime_type" if rows["crime_type"].notna().any() else "title"
    shares = pd.Series(nowhere).groupby(rows[name].astype(object).fillna("no title").to_numpy()).agg(["mean", "sum"])
    worst = shares[shares["sum"] > 0].sort_values(["sum", "mean"], ascending=False).head(3)
    return ", ".join(f"{n} {r['mean']:.1%}" for n, r in worst.iterrows())


def count_and_score(rows: pd.DataFrame, weights: harm.WeightSet) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(each distinct offence with its weight and count, the cube). Offence codes follow the offences' names."""
    codes, scores = code_and_score(rows, weights)
    cube = build_cell_periods(
        rows["cell"].to_numpy(dtype=np.int64), rows["month"].to_numpy(dtype=np.int64), codes, rows["record"].to_numpy()
    )
    return scores, cube


def code_and_score(rows: pd.DataFrame, weights: harm.WeightSet) -> tuple[np.ndarray, pd.DataFrame]:
    """(each row's offence as a row number of the second, each distinct offence with its weight and count)."""
    codes, distinct = offences.distinct_offences(rows)
    order = np.argsort(distinct["offence"].astype(str).to_numpy(), kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    codes = place[codes] if len(codes) else codes.astype(np.int64)
    scores = harm.score_offences(distinct.iloc[order].reset_index(drop=True), weights)
    scores["n_offences"] = np.bincount(codes, minlength=len(scores))
    return codes, scores


def say_whose(workspace: Workspace, cube: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Each cell of a cube with its one district and BCU, in order of cell."""
    cells = np.unique(cube["cell"].to_numpy(dtype=np.int64))
    area = boundaries_of(workspace)
    district = np.asarray(geography.cell_districts(cells, area), dtype=np.int64)
    names = np.array([*area.districts, ""], dtype=object)[district]
    bcus = np.array([*area.bcus, ""], dtype=object)[district]
    lone = np.flatnonzero(district < 0)  # no sampled point of the cell is in the force, yet an incident is
    if len(lone):
        inside = rows.drop_duplicates("cell").set_index("cell")[["district", "bcu"]].astype(object)
        names[lone], bcus[lone] = inside.loc[cells[lone], "district"], inside.loc[cells[lone], "bcu"]
    return pd.DataFrame({"cell": cells, "district": names, "bcu": bcus})


ROUNDED = {
    **dict.fromkeys(("harm_days", "harm_sqrt", "harm_capped", "harm_days_low", "harm_days_high"), 2),
    **dict.fromkeys(("harm_expected_days", "harm_expected_low", "harm_expected_high"), 2),
    **dict.fromkeys(("largest_offence_share", "p_top", "p_top_next", "gi_q"), 4),
    "gi_z": 3,
}  # decimals


def say_where(ranked: pd.DataFrame, rows: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """The ranked cells with centre, area and a name, in the columns of RANK, rounded once for all."""
    cells = ranked["cell"].to_numpy(dtype=np.int64)
    lon, lat = geography.cell_centres(cells)
    table = ranked.assign(
        cell=geography.hex_ids(cells),
        lon=np.round(lon, 6),
        lat=np.round(lat, 6),
        area_m2=np.round(geography.cell_areas_m2(cells), 1),
        place=place_names(cells, lon, lat, rows),
    )
    table = table.round(ROUNDED)
    table["sure"] = ""
    for bcu, members in table.groupby("bcu").groups.items():
        table.loc[members, "sure"] = sureness_column(table.loc[members, "p_top"], settings.top, f"{bcu} BCU")
    return table[[c.name for c in RANK]]


def place_names(cells: np.ndarray, lon: np.ndarray, lat: np.ndarray, rows: pd.DataFrame) -> list[str]:
    """The street most often named in a cell, if the source names any, and the nearest town."""
    near = geography.nearest_place(lon, lat)
    if not rows["location"].notna().any():
        return near
    named = rows[["cell", "location"]].dropna()
    counts = named.groupby(["cell", "location"], observed=True).size().rename("n").reset_index()
    counts["location"] = counts["location"].astype(str)
    best = (
        counts.sort_values(["n", "location"], ascending=[False, True])
        .drop_duplicates("cell")
        .set_index("cell")["location"]
    )
    streets = best.reindex(cells).fillna("").str.removeprefix("On or near ").to_numpy()
    return [
        f"{street}, {town}" if street and street != "No Location" else town
        for street, town in zip(streets, near, strict=True)
    ]


def whole_force(lines: list[str], bcu: str) -> list[str]:
    """Lines that begin with a count, saying whose it is: what has no place has no BCU either."""
    return lines if bcu == "all" else [f"Whole force: {n}" if n[:1].isdigit() else n for n in lines]


def holes_and_breaks(workspace: Workspace, source: str, window: Window) -> tuple[list[int], list[int]]:
    """Months of the window that were never imported, and map-point breaks inside it."""
    held = set(months_held(workspace.manifest, source))
    asked = months_between(*window.months)
    missing = [m for m in asked if m not in held]
    breaks = [m for _, m, _ in workspace.manifest.breaks if asked[0] < m <= asked[-1]] if source == POLICE_UK else []
    return missing, sorted(set(breaks))


def window_warnings(missing: list[int], breaks: list[int], source: str) -> list[str]:
    words = []
    if missing:
        months = ", ".join(month_text(m) for m in missing[:6]) + (" …" if len(missing) > 6 else "")
        words.append(
            f"{len(missing)} of the window's months were not imported ({months}); they count as missing, not as zero."
        )
    for month in breaks:
        words.append(
            f"The anonymised map points changed in {month_text(month)}, inside this window: the same street"
            " counts in other cells before and after. Choose a window on one side of it."
        )
    if source == POLICE_UK:
        words.append("Places are snapped to anonymised map points: a cell is the area around a point, not an address.")
    return words


def unit_warning(weights: harm.WeightSet) -> str:
    """What to read in place of days on a page that shows another index."""
    return f"These weights are in {choices.UNITS[weights.unit]}, not days: read every figure of harm as that."


def score_warnings(scores: pd.DataFrame, weights: harm.WeightSet, listed: bool = True) -> list[str]:
    """What the weights do not cover. ``listed``: the offences stand below the table that this goes with."""
    words = []
    if weights.unit != "days":
        words.append(f"Weights are in {choices.UNITS[weights.unit]}: every figure of harm is in that unit.")
    if weights.unit != "days":
        words.append(unit_warning(weights))
    if weights.is_proxy:
        words.append(f"Weights are a proxy: {weights.label}. They hardly tell one offence of a category from another.")
    for status, what in (
        ("ambiguous", "could have several weights (the code alone does not say)"),
        ("unscored", "have no weight"),
    ):
        n = int(scores.loc[scores["status"] == status, "n_offences"].sum())
        if n:
            where = ", and are listed below the table" if listed else ""
            words.append(f"{n:,} offences {what}: they are counted but add no harm{where}.")
    return words


def about(answer: Answer) -> dict[str, object]:
    """What a figure is, to go with it in every download: definitions, hashes, cut-off, warnings."""
    question = answer.question
    facts: dict[str, object] = {
        "what": "Ranked H3 cells (micro-hotspots). Places, never people.",
        "data": "SYNTHETIC DEMO DATA, not real crime" if answer.synthetic else answer.source,
        "bcu": question.bcu,
        "window": str(answer.window),
        "offences": f"{question.offences}: {offences.selection_named(question.offences).meaning}",
        "ranked_by": choices.METHODS[question.by],
        "resolution": question.resolution,
        "expectation": expectation(answer),
        "hours": question.hours or "all",
        "proactive_offences": "included" if question.include_proactive else "left out",
        "weights": weight_register.ref(answer.weights) + (" (proxy)" if answer.weights.is_proxy else ""),
        "weights_unit": choices.UNITS[answer.weights.unit],
        "weights_sha256": answer.weights.sha256,
        "workspace_version": answer.version,
        "warnings": list(answer.warnings),
        "notes": list(answer.notes),
    }
    if answer.source == POLICE_UK:
        facts["attribution"] = "Contains public sector information licensed under the Open Government Licence v3.0."
    return facts


def expectation(answer: Answer) -> str:
    """What harm_expected_days and p_top stand for, in a sentence."""
    memory = "all months count alike"
    if np.isfinite(answer.memory):
        memory = f"a month counts half as much {answer.memory:.1f} months later"
    return (
        f"Expected harm is that of the next {answer.ahead} months; {memory}. p_top: among the first {answer.top} of"
        " the cell's BCU."
    )


def in_unit(table: pd.DataFrame, weights: harm.WeightSet) -> pd.DataFrame:
    """The table with the columns of days named by the set's own unit: harm_severity is no harm_days."""
    if weights.unit == "days":
        return table
    return table.rename(columns={c: c.replace("days", weights.unit) for c in table.columns})


def cell_detail(answer: Answer, cell: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One cell's offences (offence, n_incidents, n_offences, days, harm_days) and its months.

    Months are all those of the window: one that was never imported has empty figures, one without an incident zero.
    """
    number = geography.cell_from_hex(cell)
    cube = answer.cube[answer.cube["cell"] == number]
    kinds = cube.groupby("offence", as_index=False)[["n_incidents", "n_offences"]].sum()
    scores = answer.scores.iloc[kinds["offence"].to_numpy()]
    kinds.insert(0, "label", scores["label"].to_numpy())
    kinds["days"] = scores["days"].to_numpy()
    kinds["harm_days"] = (kinds["n_offences"] * kinds["days"]).round(2)
    kinds = kinds.drop(columns="offence").rename(columns={"label": "offence"})
    kinds = kinds.sort_values(
        ["harm_days", "n_offences", "offence"], ascending=[False, False, True], na_position="last"
    )
    days = answer.scores["days"].fillna(0).to_numpy()[cube["offence"].to_numpy()]
    monthly = cube.assign(harm_days=cube["n_offences"] * days).groupby("period")[["n_incidents", "harm_days"]].sum()
    asked = months_between(*answer.window.months)
    months = monthly.reindex(asked, fill_value=0).astype(float).round(2)
    months.loc[list(answer.missing_months)] = np.nan
    return kinds.reset_index(drop=True), months.rename_axis("month").reset_index()
