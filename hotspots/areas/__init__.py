"""From ranked cells to hot spots: adjoining cells joined into areas to be patrolled, named, and edited by people.

An area is a connected set of cells of one BCU. Candidates come from `candidate_areas`; people then add and drop cells,
each with a reason, and `hotspots.areas.register` freezes what they settle on. Everything here is plain tables in and
out; an areas table has the columns of `AREAS`, its cells as tuples of hexadecimal text in order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from hotspots import geography
from hotspots.areas.search import Ground, Members, best_areas
from hotspots.base import choices
from hotspots.base.columns import AREAS, TEXT
from hotspots.base.errors import HotspotsError, sample
from hotspots.geography.neighbours import neighbour_pairs

if TYPE_CHECKING:
    from shapely import MultiPolygon, Polygon

MAX_AREA_M2 = 50_000.0  # an area of the Thames Valley trials; three cells of resolution 10
MIN_SHARE = 0.0025  # of its BCU's harm
MIN_DENSITY = 0.5  # a cell adds where it has more harm per m² than so many times its BCU's mean cell
PER_BCU = {"West": 7, "South": 6, "East": 7}  # the force's own numbers of late 2022
OTHERWISE = 7  # areas of a BCU that is not in PER_BCU
ROLES = ("treated", "comparison", "none")
EXCLUSION_KINDS = ("prison", "hospital", "police station", "dual carriageway", "other")
_UNITS = 1_000_000_000  # whole units in which the largest cell's harm is counted

AREA_COLUMNS = tuple(c.name for c in AREAS)
FACTS = ("cell", "bcu", "harm", "n_incidents", "harm_days", "area_m2", "place")


# ---------------------------------------------------------------- candidates


def candidate_areas(
    cells: pd.DataFrame,
    max_area_m2: float = MAX_AREA_M2,
    min_share: float = MIN_SHARE,
    per_bcu: int | Mapping[str, int] | None = None,
    excluded: Iterable[int] = (),
    min_density: float = MIN_DENSITY,
) -> pd.DataFrame:
    """Join adjoining cells into the areas that catch most harm. Returns a table in `AREAS`, BCU by BCU, best first.

    ``cells`` has `FACTS`, a row per cell with incidents: cell (int64, one resolution), bcu, harm (the figure to catch,
    such as harm_expected_days; nan counts as 0), n_incidents, harm_days, area_m2, place; harm_expected_days if known.
    Cells without a row are not used, ``excluded`` ones neither (nor cells inside them), but they count in the BCU's
    harm. ``per_bcu``: areas wanted of each BCU; default `PER_BCU`.

    Maximises Σ over the areas' cells of (harmᵢ − d · m · areaᵢ), m being harm per m² over the BCU's cells and
    d = ``min_density``: a cell joins where it has more harm per m² than d times the mean. With d = 0 it is harm caught
    alone, and areas fill up with whatever adjoins. Every area is connected, within ``max_area_m2``, holds at least
    ``min_share`` of its BCU's harm, and lies in one BCU: hot cells on both sides of a line make an area on each side.
    How good: `hotspots.areas.search`. Order of rows changes nothing; ties go to the lower cell id.

    Misleads: the areas are the highest of many noisy figures, so that their harm falls afterwards without any
    patrol (regression to the mean). HotspotsError for settings that cannot be met and for tables that are not cells.
    """
    _check_settings(max_area_m2, min_share, min_density)
    cells = _checked_facts(cells)
    if len(cells) and cells["area_m2"].min() > max_area_m2:
        raise HotspotsError(
            f"The smallest cell has {cells['area_m2'].min():,.0f} m², more than the maximum area of {max_area_m2:,.0f}"
            " m²: no area fits. Use a finer resolution or a larger maximum."
        )
    usable = cells[~inside_excluded(cells["cell"].to_numpy(), excluded)]
    made: list[dict[str, Any]] = []
    for bcu in _in_order(cells["bcu"]):
        wanted = wanted_of(bcu, per_bcu)
        mine = usable[usable["bcu"] == bcu].reset_index(drop=True)
        ground = _ground(mine, cells[cells["bcu"] == bcu], max_area_m2, min_share, min_density)
        found = [mine["cell"].to_numpy()[sorted(m)] for m in best_areas(ground, wanted)]
        found.sort(key=lambda c: (-round(float(mine.loc[mine["cell"].isin(c), "harm"].sum()), 6), c[0]))
        made += [{"area": f"{bcu}-{i:02d}", "bcu": bcu, "cells": _hex(c)} for i, c in enumerate(found, 1)]
    return named(measured(_empty(made), cells), cells)


def wanted_of(bcu: str, per_bcu: int | Mapping[str, int] | None) -> int:
    """How many areas a BCU is to have."""
    wanted = per_bcu if isinstance(per_bcu, int) else (per_bcu or PER_BCU).get(bcu, OTHERWISE)
    if wanted < 0:
        raise HotspotsError(f"{wanted} areas were asked for in {bcu}; ask for 0 or more.")
    return wanted


def inside_excluded(cells: ArrayLike, excluded: Iterable[int]) -> NDArray[np.bool_]:
    """Which cells are excluded themselves or lie inside an excluded cell of a coarser resolution."""
    from h3.api import basic_int as h3

    cells = np.asarray(cells, dtype=np.int64)
    out = np.zeros(len(cells), dtype=bool)
    by_resolution: dict[int, set[int]] = {}
    for cell in excluded:
        by_resolution.setdefault(h3.get_resolution(int(cell)), set()).add(int(cell))
    for resolution, those in by_resolution.items():
        inside = [
            h3.get_resolution(c) >= resolution and h3.cell_to_parent(c, resolution) in those for c in cells.tolist()
        ]
        out |= np.array(inside, dtype=bool)
    return out


def _check_settings(max_area_m2: float, min_share: float, min_density: float) -> None:
    problems = []
    if not 0 < max_area_m2 < float("inf"):
        problems.append(f"The maximum area is {max_area_m2}; it must be a number of m² above 0.")
    if not 0 <= min_share <= 1:
        problems.append(f"The minimum share of harm is {min_share}; it must lie between 0 and 1.")
    if not 0 <= min_density < float("inf"):
        problems.append(f"The least harm per m² is {min_density} times the mean; it must be 0 or more.")
    if problems:
        raise HotspotsError(problems)


def _checked_facts(cells: pd.DataFrame) -> pd.DataFrame:
    """The cells in order of cell id, without those of no BCU; the harm is never unknown."""
    missing = [c for c in FACTS if c not in cells.columns]
    if missing:
        raise HotspotsError(f"The table of cells has no column {sample(missing)}; areas need {', '.join(FACTS)}.")
    cells = cells.sort_values("cell", ignore_index=True)
    refuse_cells(_hex(cells["cell"].to_numpy()), "The table of cells")
    cells = cells.assign(harm=cells["harm"].fillna(0.0).astype(float))
    if (cells["harm"] < 0).any() or np.isinf(cells["harm"]).any():
        raise HotspotsError("The table of cells has harm below 0 or without end: areas cannot be made of it.")
    return cells[cells["bcu"].fillna("").astype(str) != ""].reset_index(drop=True)


def _in_order(bcus: pd.Series) -> list[str]:
    """The BCUs there are: West, South, East, then any other by name."""
    there = {str(b) for b in bcus}
    return [*(b for b in choices.BCUS if b in there), *sorted(there - set(choices.BCUS))]


def _ground(
    mine: pd.DataFrame, whole: pd.DataFrame, max_area_m2: float, min_share: float, min_density: float
) -> Ground:
    """The usable cells of a BCU in whole units; ``whole`` are all its cells, excluded ones too."""
    harm, area = mine["harm"].to_numpy(dtype=float), mine["area_m2"].to_numpy(dtype=float)
    largest = whole["harm"].max() if len(whole) and whole["harm"].max() > 0 else 1.0
    total = float(np.sort(whole["harm"].to_numpy()).sum())
    mean = total / float(np.sort(whole["area_m2"].to_numpy()).sum()) if len(whole) else 0.0
    worth = harm - min_density * mean * area

    def units(figures: NDArray[np.float64]) -> tuple[int, ...]:
        return tuple(int(v) for v in np.rint(figures / largest * _UNITS))

    areas = np.rint(area * 10).astype(int)
    most = int(max_area_m2 * 10 // max(areas.min(), 1)) if len(areas) else 0
    return Ground(
        neighbours=_neighbours(mine["cell"].to_numpy()),
        value=units(worth),
        harm=units(harm),
        area=tuple(areas.tolist()),
        max_area=int(max_area_m2 * 10),
        min_harm=max(int(np.floor(min_share * total / largest * _UNITS)) - most, 1),  # each cell is rounded
    )


def _neighbours(cells: NDArray[np.int64]) -> tuple[Members, ...]:
    """The positions that adjoin each cell."""
    rows, columns = neighbour_pairs(cells)
    found: list[set[int]] = [set() for _ in cells]
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        found[row].add(column)
    return tuple(frozenset(f) for f in found)


# ---------------------------------------------------------------- figures and names


def measured(areas: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    """The areas with n_cells, area_m2, n_incidents, harm_days, harm_expected_days and share_of_bcu_harm summed anew.

    ``facts``: the cells with `FACTS` (see `candidate_areas`), all of a BCU for its share to be right. HotspotsError
    for a cell that it does not hold; `with_quiet_cells` adds cells without incidents.
    """
    held = facts.drop_duplicates("cell").set_index("cell").sort_index()
    expected = held["harm_expected_days"] if "harm_expected_days" in held else pd.Series(np.nan, index=held.index)
    totals = held.groupby("bcu")["harm"].sum()
    rows = []
    for bcu, cells in zip(areas["bcu"], areas["cells"], strict=True):
        ids = cell_ids(cells)
        unknown = [c for c in ids.tolist() if c not in held.index]
        if unknown:
            raise HotspotsError(f"{sample(_hex(unknown))} is not among the cells that have figures.")
        mine = held.loc[ids.tolist()]
        total = float(totals.get(bcu, 0.0))
        rows.append(
            {
                "n_cells": len(ids),
                "area_m2": round(float(mine["area_m2"].sum()), 1),
                "n_incidents": int(mine["n_incidents"].sum()),
                "harm_days": round(float(mine["harm_days"].sum(min_count=1)), 2),
                "harm_expected_days": round(float(expected.loc[ids.tolist()].sum(min_count=1)), 2),
                "share_of_bcu_harm": round(float(mine["harm"].sum()) / total, 6) if total else np.nan,
            }
        )
    return in_form(areas.assign(**{c: [r[c] for r in rows] for c in rows[0]})) if rows else in_form(areas)


def in_form(areas: pd.DataFrame) -> pd.DataFrame:
    """The table in `AREAS`, columns in order and of their type; further columns are left out."""
    table = areas.reindex(columns=list(AREA_COLUMNS)).reset_index(drop=True)
    for column in AREAS:
        if column.name == "cells":
            table["cells"] = pd.Series([tuple(c) for c in table["cells"]], dtype=object)
        elif column.type == TEXT:
            table[column.name] = table[column.name].fillna("").astype(str)
        else:
            table[column.name] = table[column.name].astype("int64" if column.type == pa.int64() else "float64")
    return table


def in_order(areas: pd.DataFrame) -> pd.DataFrame:
    """The areas by BCU (West, South, East, then any other) and number."""
    place = {bcu: i for i, bcu in enumerate(_in_order(areas["bcu"]))}
    order = sorted(range(len(areas)), key=lambda i: (place[areas["bcu"].iloc[i]], areas["area"].iloc[i]))
    return areas.iloc[order].reset_index(drop=True)


def named(areas: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    """The areas with names for those that have none: 'Preston, Church Street', made unique by '(2)', '(3)', …

    The place is that of the cell with most harm; at a tie, most incidents, then the lower cell id.
    """
    held = facts.drop_duplicates("cell").set_index("cell")
    names = [str(n) for n in areas["name"]]
    used = {n for n in names if n}
    for i, cells in enumerate(areas["cells"]):
        if names[i]:
            continue
        mine = held.loc[cell_ids(cells)].reset_index()
        best = mine.sort_values(["harm", "n_incidents", "cell"], ascending=[False, False, True]).iloc[0]
        plain = name_of_place(int(best["cell"]), str(best["place"] or ""))
        name, n = plain, 1
        while name in used:
            n += 1
            name = f"{plain} ({n})"
        used.add(name)
        names[i] = name
    return areas.assign(name=pd.Series(names, index=areas.index, dtype="str"))


def name_of_place(cell: int, place: str) -> str:
    """'Church Street, Preston, 300 m north of the centre' → 'Preston, Church Street'; without a street, the place."""
    near = geography.nearest_place(*geography.cell_centres([cell]))[0]
    place = " ".join(place.split()) or near
    if not place.endswith(f", {near}"):
        return place
    town = near.removesuffix(" centre").split(", ")[0]
    return f"{town}, {place.removesuffix(f', {near}')}"


def with_quiet_cells(facts: pd.DataFrame, cells: Iterable[int], boundaries: geography.Boundaries) -> pd.DataFrame:
    """``facts`` and a row of zeros for every cell of ``cells`` that it has not: no incident of the window lies there.

    Their BCU is told by the boundaries; '' where they lie outside, so that no area can take them.
    """
    new = np.array(sorted(set(cells) - set(facts["cell"].tolist())), dtype=np.int64)
    if not len(new):
        return facts
    zero = pd.DataFrame({"cell": new, "bcu": bcus_of(new, boundaries), "harm": 0.0, "n_incidents": 0, "harm_days": 0.0,
                         "area_m2": np.round(geography.cell_areas_m2(new), 1),
                         "place": geography.nearest_place(*geography.cell_centres(new))})  # fmt: skip
    if "harm_expected_days" in facts:
        zero["harm_expected_days"] = 0.0 if facts["harm_expected_days"].notna().any() else np.nan
    return pd.concat([facts, zero], ignore_index=True)


def bcus_of(cells: ArrayLike, boundaries: geography.Boundaries) -> list[str]:
    """The one BCU of each cell, '' where it lies outside."""
    names = np.array([*boundaries.bcus, ""], dtype=object)
    return [str(b) for b in names[np.asarray(geography.cell_districts(cells, boundaries), dtype=np.int64)]]


def cell_ids(cells: Iterable[str]) -> NDArray[np.int64]:
    """Hexadecimal cells as numbers, sorted; HotspotsError for a text that is no cell."""
    return np.array(sorted(geography.cell_from_hex(c) for c in cells), dtype=np.int64)


def _hex(cells: ArrayLike) -> tuple[str, ...]:
    return tuple(geography.hex_ids(cells))


def _empty(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Areas with nothing but what the rows give."""
    start = {"name": "", "valid_from": "", "valid_to": "", "role": "none", "edits": "", "n_cells": 0, "n_incidents": 0}
    return pd.DataFrame([{**start, **row} for row in rows], columns=list(AREA_COLUMNS))


# ---------------------------------------------------------------- editing


def add_cells(
    areas: pd.DataFrame,
    area: str,
    cells: Collection[int],
    facts: pd.DataFrame,
    author: str,
    reason: str = "",
    day: date | None = None,
) -> pd.DataFrame:
    """The areas with cells added to one of them, its figures summed anew.

    HotspotsError for a cell that an area has already, that lies in another BCU or has another resolution.
    """
    at = _position(areas, area)
    held, new = set(areas["cells"].iloc[at]), set(_hex(sorted(cells)))
    if held & new:
        raise HotspotsError(f"{area} has {sample(sorted(held & new))} already.")
    return _edited(areas, at, held | new, facts, "added", cells, author, reason, day)


def drop_cells(
    areas: pd.DataFrame,
    area: str,
    cells: Collection[int],
    facts: pd.DataFrame,
    author: str,
    reason: str,
    day: date | None = None,
) -> pd.DataFrame:
    """The areas with cells taken out of one of them; a reason is needed, and one cell must stay."""
    at = _position(areas, area)
    if not reason.strip():
        raise HotspotsError("A cell is dropped for a reason: say why, for those who have to defend the area later.")
    held, gone = set(areas["cells"].iloc[at]), set(_hex(sorted(cells)))
    strange = gone - held
    if strange:
        raise HotspotsError(f"{area} has no cell {sample(sorted(strange))}, so it cannot be dropped.")
    if not held - gone:
        raise HotspotsError(f"{area} would have no cell left. Drop the whole area instead.")
    return _edited(areas, at, held - gone, facts, "dropped", cells, author, reason, day)


def drop_area(areas: pd.DataFrame, area: str) -> pd.DataFrame:
    """The areas without one of them; the others keep their numbers."""
    return areas.drop(index=areas.index[_position(areas, area)]).reset_index(drop=True)


def new_area(
    areas: pd.DataFrame,
    cells: Collection[int],
    facts: pd.DataFrame,
    author: str,
    reason: str = "",
    name: str = "",
    day: date | None = None,
) -> pd.DataFrame:
    """The areas and one more made of ``cells``, with the next free number of its BCU."""
    held = facts.drop_duplicates("cell").set_index("cell")["bcu"]
    bcu = str(held.get(min(cells), "")) if cells else ""
    if not bcu:
        raise HotspotsError("An area needs at least one cell inside the force.")
    taken = set(areas["area"])
    number = next(f"{bcu}-{i:02d}" for i in range(1, len(areas) + 2) if f"{bcu}-{i:02d}" not in taken)
    row = _empty([{"area": number, "name": " ".join(name.split()), "bcu": bcu, "cells": ()}])
    table = in_form(pd.concat([areas, row], ignore_index=True) if len(areas) else row)
    table = _edited(table, len(table) - 1, {*_hex(sorted(cells))}, facts, "made of", cells, author, reason, day)
    return named(table, facts)


def with_role(areas: pd.DataFrame, area: str, role: str) -> pd.DataFrame:
    """The areas with the role of one of them set: treated, comparison or none."""
    at = _position(areas, area)
    _check_role(role)
    return areas.assign(role=[role if i == at else r for i, r in enumerate(areas["role"])])


def _edited(
    areas: pd.DataFrame,
    at: int,
    cells: set[str],
    facts: pd.DataFrame,
    what: str,
    which: Collection[int],
    author: str,
    reason: str,
    day: date | None,
) -> pd.DataFrame:
    """The areas with one of them made of other cells, and a line in its ``edits`` that says who did what and why."""
    author, reason = " ".join(author.split()), " ".join(reason.split())
    if not author:
        raise HotspotsError("A change of an area needs an author: say who makes it.")
    told = f"{day or date.today()} {author}: {what} {', '.join(_hex(sorted(which)))}" + (
        f" ({reason})" if reason else ""
    )
    table = areas.reset_index(drop=True)
    table["cells"] = pd.Series(
        [tuple(sorted(cells)) if i == at else c for i, c in enumerate(table["cells"])], dtype=object
    )
    table["edits"] = ["; ".join(filter(None, [e, told])) if i == at else e for i, e in enumerate(table["edits"])]
    problems = refusals(table, dict(zip(facts["cell"].tolist(), facts["bcu"].astype(str), strict=True)))
    if problems:
        raise HotspotsError(problems)
    return measured(table, facts)


def _position(areas: pd.DataFrame, area: str) -> int:
    at = np.flatnonzero(areas["area"].to_numpy() == area)
    if len(at) != 1:
        raise HotspotsError(f"There is no area '{area[:40]}'. There are: {', '.join(areas['area'])}.")
    return int(at[0])


# ---------------------------------------------------------------- rules


def check_areas(areas: pd.DataFrame, bcu_of: Mapping[int, str], max_area_m2: float = MAX_AREA_M2) -> list[str]:
    """Sentences to read before areas are used: not connected, larger than the maximum. Empty where all is well.

    HotspotsError, all problems at once, where they cannot be used at all (`refusals`).
    """
    problems = refusals(areas, bcu_of)
    if problems:
        raise HotspotsError(problems)
    return warnings_of(areas, max_area_m2)


def warnings_of(areas: pd.DataFrame, max_area_m2: float = MAX_AREA_M2) -> list[str]:
    """What is odd about areas that can be used, a sentence each."""
    words = []
    for row in areas.to_dict("records"):
        ids = cell_ids(row["cells"])
        pieces = n_pieces(ids)
        if pieces > 1:
            words.append(f"{row['area']} ({row['name']}) is not connected: its cells form {pieces} separate pieces.")
        size = float(geography.cell_areas_m2(ids).sum())
        if size > max_area_m2:
            words.append(
                f"{row['area']} ({row['name']}) has {size:,.0f} m², more than the maximum of {max_area_m2:,.0f} m²."
            )
    return words


def refusals(areas: pd.DataFrame, bcu_of: Mapping[int, str]) -> list[str]:
    """Why areas cannot be used, a sentence each.

    ``bcu_of``: the BCU of each cell, '' or missing outside the force. A cell that is none, or comes twice; resolutions
    that are mixed; a cell of another BCU; an unknown role; a number or name that comes twice.
    """
    problems = []
    every = [str(c) for cells in areas["cells"] for c in cells]
    try:
        refuse_cells(every, "These areas")
    except HotspotsError as error:
        problems += list(error.problems)
    for column, what in (("area", "number"), ("name", "name")):
        texts = areas.loc[areas[column] != "", column]
        if texts.duplicated().any():
            problems.append(f"The {what} {sample(texts[texts.duplicated()])} is given to more than one area.")
    for row in areas.to_dict("records"):
        if not row["cells"]:
            problems.append(f"{row['area']} has no cells.")
        strange = [c for c in row["cells"] if _known(c) and bcu_of.get(int(c, 16), "") != row["bcu"]]
        if strange:
            problems.append(
                f"{row['area']} lies in {row['bcu'] or 'no BCU'}, but its cell {sample(strange)} does not: an area"
                " never crosses a BCU line. Drop the cell or give it to an area of its own BCU."
            )
        if row["role"] not in ROLES:
            problems.append(f"{row['area']} has the role '{str(row['role'])[:40]}'; use {', '.join(ROLES)}.")
    return problems


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise HotspotsError(f"There is no role '{role[:40]}'. Use {', '.join(ROLES)}.")


def _known(cell: str) -> bool:
    try:
        return geography.cell_from_hex(cell) > 0
    except HotspotsError:
        return False


def refuse_cells(cells: Collection[str], whose: str) -> None:
    """HotspotsError for cells that are none, of more than one resolution, or given twice."""
    strange = [c for c in cells if not _known(c)]
    problems = [f"{whose} name {sample(strange)}, which is not an H3 cell."] if strange else []
    resolutions = geography.resolutions_of(c for c in cells if c not in set(strange))
    if len(resolutions) > 1:
        problems.append(f"{whose} mix cells of the resolutions {', '.join(map(str, resolutions))}; use one.")
    seen: set[str] = set()
    twice = [c for c in cells if c in seen or seen.add(c)]  # type: ignore[func-returns-value]
    if twice:
        problems.append(f"{whose} have {sample(twice)} more than once: a cell belongs to one area.")
    if problems:
        raise HotspotsError(problems)


def checked_exclusion(kind: str, note: str) -> tuple[str, str]:
    """The kind and note of an exclusion; HotspotsError for a kind not in the list, or 'other' without a note."""
    kind, note = " ".join(kind.casefold().split()), " ".join(note.split())[:2_000]
    if kind not in EXCLUSION_KINDS:
        raise HotspotsError(
            f"'{kind[:40]}' is not a reason to exclude a cell. Use one of: {', '.join(EXCLUSION_KINDS)}."
        )
    if kind == "other" and not note:
        raise HotspotsError("A cell excluded for another reason needs a note that says which.")
    return kind, note


def n_pieces(cells: NDArray[np.int64]) -> int:
    """How many connected pieces cells form."""
    adjoining = _neighbours(cells)
    left, pieces = set(range(len(cells))), 0
    while left:
        reached, fresh = set[int](), {min(left)}
        while fresh:
            reached |= fresh
            fresh = {c for i in fresh for c in adjoining[i]} - reached
        left -= reached
        pieces += 1
    return pieces


def outline(cells: Iterable[str]) -> Polygon | MultiPolygon:
    """The outline of an area, WGS84 degrees: a polygon where its cells are connected, else one for each piece.

    Outer rings run anticlockwise, holes clockwise, as GeoJSON asks.
    """
    import shapely
    from h3.api import basic_int as h3
    from shapely.geometry.polygon import orient

    shape = h3.cells_to_h3shape(cell_ids(cells).tolist(), tight=False)
    pieces = [
        orient(shapely.Polygon([(x, y) for y, x in p.outer], [[(x, y) for y, x in hole] for hole in p.holes]))
        for p in shape
    ]
    return pieces[0] if len(pieces) == 1 else shapely.MultiPolygon(pieces)
