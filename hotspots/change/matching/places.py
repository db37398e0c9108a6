"""Comparison places for treated hot spots from what a workspace holds: cell for cell, and never next door.

Every cell of every treated hot spot is matched with one cell of the force (`hotspots.change.matching.match`), and the
cells matched to one hot spot's cells make up its comparison place, called "like West-01". So both groups have equally
many cells. A comparison place is a set of cells and need not be connected: it is there to be counted, not patrolled.

Barred are the cells of the treated hot spots, those within reach of their rings (`hotspots.change.rings`), and the
cells of any other frozen hot spot: what was patrolled, or will be, is nothing to compare with.

When it misleads: the worst cells of a force have no equals among the rest; then the notes say what still differs
("not like with like"), and `MatchedPlaces.built_in` what would show if nothing were done: `hotspots.change.matching`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

import numpy as np
import pandas as pd

from hotspots import geography
from hotspots.base.errors import HotspotsError, NothingLeft, sample
from hotspots.change.matching.cells import LEVELS, CellFacts, with_quiet_cells
from hotspots.change.matching.choice import match
from hotspots.change.matching.quality import canonical
from hotspots.change.matching.rules import Match
from hotspots.change.rings import within_reach

METHOD = "places 1"  # goes into the hash; raise it when the same match may give other places
UNLIKE = 0.25  # standard deviations; groups further apart are not like with like (Stuart 2010 doi:10.1214/09-STS313)
NEVER_UNLIKE = ("area m²",)  # cells of one resolution differ by a few in a thousand, which says nothing
LEAST_SAID = 0.005  # incidents per cell and period
NAMED_MOST = 4  # measures in a sentence
Tables = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]
PLACE_COLUMNS = ("area", "name", "bcu", "cells", "n_cells", "area_m2", "role", "matched_to")
TREATED, CANDIDATE, COMPARISON = "treated", "candidate", "comparison"


@dataclass(frozen=True, eq=False)
class MatchedPlaces:
    """Comparison places, the match they come from, and what must be said beside it.

    ``places``: `PLACE_COLUMNS`, a row per treated hot spot that has a match, by its number; ``match``: of the cells,
    whose ids are hexadecimal text; ``notes``: sentences. ``sha256`` is of places, match and notes. ``facts``: what was
    asked, put in by whoever asked and not part of the hash.
    """

    places: pd.DataFrame
    match: Match
    notes: tuple[str, ...]
    sha256: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def built_in(self) -> float:
        """What a raw difference in differences of the count would show per cell and period, were nothing done."""
        return self.match.built_in


def matched_places(
    treated: pd.DataFrame, facts: CellFacts, ring_m: float, taken: Mapping[int, str],
) -> MatchedPlaces:  # fmt: skip
    """For each treated hot spot of k cells a comparison place of k cells, as like it as there are.

    ``treated``: area (its number), bcu and cells (hexadecimal text) of hot spots, or of single cells; name where there
    is one. ``facts``: of `cell_facts`, the time before only. ``ring_m``: width of the rings. ``taken``:
    cells of any frozen hot spot, each with what to call that.

    Raises HotspotsError where areas cannot be used, cells of the facts have another resolution, there is nothing
    before the start to match on, or no cell is left to compare with.
    """
    owner = owners(treated)
    refuse_facts(owner, facts)
    bcus = {c: str(b) for b, cells in zip(treated["bcu"], treated["cells"], strict=True) for c in _numbers(cells)}
    whole = with_quiet_cells(facts, owner, bcus)
    units = units_of(whole, bcus)
    barred = barred_cells(treated, units, ring_m, taken)
    refuse_nobody(units, barred)
    counts, harm, shares, exposure = tables_of(whole, units)
    found = match(units, counts, harm, shares, exposure, barred)
    places = places_of(treated, owner, found)
    notes = (*found.notes, *_short(treated, owner, found), *_unlike(found), *_built_in(found))
    return hashed(MatchedPlaces(places, found, notes))


def hashed(matched: MatchedPlaces) -> MatchedPlaces:
    """The same with its SHA-256."""
    places = matched.places[["area", "bcu", "cells", "matched_to"]].to_dict("split", index=False)["data"]
    whole = {"method": METHOD, "matched": matched.match.sha256, "places": places, "notes": list(matched.notes)}
    return replace(matched, sha256=sha256(canonical(whole).encode()).hexdigest())


def owners(treated: pd.DataFrame) -> dict[int, str]:
    """cell → treated hot spot. HotspotsError where there is none, or a cell or number comes twice."""
    if not len(treated):
        raise HotspotsError("There is no treated hot spot to find places like it for.")
    areas = treated["area"].astype(str)
    if areas.duplicated().any():
        raise HotspotsError(f"The number {sample(areas[areas.duplicated()])} is given to more than one hot spot.")
    pairs = [(c, a) for a, cells in zip(areas, treated["cells"], strict=True) for c in _numbers(cells)]
    found = dict(pairs)
    if len(found) < len(pairs):
        seen = pd.Series([c for c, _ in pairs])
        twice = geography.hex_ids(seen[seen.duplicated()].to_numpy(dtype=np.int64))
        raise HotspotsError(f"The cell {sample(twice)} lies in more than one treated hot spot.")
    return found


def refuse_facts(owner: Mapping[int, str], facts: CellFacts) -> None:
    if not len(facts.cell) or not facts.exposure.sum() > 0:
        raise HotspotsError(
            "There is no incident before the start, so nothing to match on. Choose another window before, or offences"
            " that happen more often."
        )
    sizes = {int(r) for r in geography.resolution_of([*owner, facts.cell[0]])}
    if len(sizes) > 1:
        raise HotspotsError(
            f"Cells of resolutions {', '.join(map(str, sorted(sizes)))} cannot be matched with each other. Ask at the"
            " resolution of the hot spots."
        )


def units_of(facts: CellFacts, treated: Mapping[int, str]) -> pd.DataFrame:
    """The cells as `match` takes them: the treated ones, and all others that lie in a BCU. ``treated``: cell → BCU."""
    mine = np.isin(facts.cell, list(treated))
    own = np.array([treated.get(int(c), str(b)) for c, b in zip(facts.cell, facts.bcu, strict=True)], dtype=object)
    table = pd.DataFrame({
        "cell": facts.cell, "unit": geography.hex_ids(facts.cell), "group": np.where(mine, TREATED, CANDIDATE),
        "bcu": own, "lon": facts.lon, "lat": facts.lat, "area_m2": facts.area_m2,
        **{level: getattr(facts, level) for level in LEVELS},
    })  # fmt: skip
    return table[mine | (own != "")].reset_index(drop=True)


def tables_of(facts: CellFacts, units: pd.DataFrame) -> Tables:
    """counts, harm, shares and exposure as `match` takes them; nan in periods that the data do not cover."""
    at = np.searchsorted(facts.cell, units["cell"].to_numpy(dtype=np.int64))
    index = pd.Index(units["unit"], name="unit")
    covered = np.broadcast_to(facts.exposure, (len(at), len(facts.exposure)))

    def by_period(values: np.ndarray) -> pd.DataFrame:
        return pd.DataFrame(np.where(covered > 0, values, np.nan), index=index, columns=list(facts.periods))

    shares = pd.DataFrame(facts.shares[at], index=index, columns=list(facts.bands))
    return by_period(facts.counts[at]), by_period(facts.harm[at]), shares, by_period(covered)


def barred_cells(treated: pd.DataFrame, units: pd.DataFrame, ring_m: float, taken: Mapping[int, str]) -> dict[str, str]:
    """Candidates that must not serve, each with the reason."""
    free = units[units["group"] == CANDIDATE]
    areas = treated[["area", "cells"]].assign(role=TREATED)
    near = within_reach(
        free.assign(cells=pd.Series([(u,) for u in free["unit"]], index=free.index, dtype=object))[["unit", "cells"]],
        areas,
        ring_m,
    )
    names = free.loc[free["cell"].isin(list(taken)), ["cell", "unit"]]
    frozen = {str(u): f"it belongs to {taken[int(c)]}" for c, u in zip(names["cell"], names["unit"], strict=True)}
    return frozen | near


def refuse_nobody(units: pd.DataFrame, barred: Mapping[str, str]) -> None:
    """HotspotsError where no cell is left in any BCU that would do."""
    free = units[(units["group"] == CANDIDATE) & ~units["unit"].isin(list(barred))]
    wanted = sorted(set(units.loc[units["group"] == TREATED, "bcu"]))
    if not free["bcu"].isin(wanted).any():
        raise NothingLeft(
            f"No cell is left to compare with in {', '.join(wanted)}: every one with an incident before the start lies"
            " in or next to a hot spot. Compare with the rest of the force, or take a longer window before."
        )


def places_of(treated: pd.DataFrame, owner: Mapping[int, str], found: Match) -> pd.DataFrame:
    """The comparison places in `PLACE_COLUMNS`; a hot spot none of whose cells has a match has none."""
    whose = {unit: owner[int(unit, 16)] for unit in found.pairs["treated"]}
    chosen = found.pairs["comparison"].groupby(found.pairs["treated"].map(whose)).agg(sorted)
    areas = [str(a) for a in treated["area"]]
    bcus = dict(zip(areas, treated["bcu"], strict=True))
    names = dict(zip(areas, treated.get("name", areas), strict=True))
    rows = [
        {
            "area": f"like {area}",
            "name": f"like {names[str(area)]}",
            "bcu": str(bcus[str(area)]),
            "cells": tuple(cells),
            "n_cells": len(cells),
            "area_m2": round(float(geography.cell_areas_m2(_numbers(cells)).sum()), 1),
            "role": COMPARISON,
            "matched_to": str(area),
        }
        for area, cells in sorted(chosen.items())
    ]
    return pd.DataFrame(rows, columns=list(PLACE_COLUMNS))


def _short(treated: pd.DataFrame, owner: Mapping[int, str], found: Match) -> tuple[str, ...]:
    """Which hot spots have fewer comparison cells than cells, or none."""
    areas = pd.Series(owner)
    wanted = areas.value_counts()
    got = areas[[int(u, 16) for u in found.pairs["treated"].unique()]].value_counts()
    notes = []
    for area in sorted(treated["area"].astype(str)):
        whole, n = int(wanted[area]), int(got.get(area, 0))
        if not n:
            notes.append(f"{area} has no comparison place: no suitable cell is left for any of its cells.")
        elif n < whole:
            notes.append(
                f"{area} has {whole} cells, and like {area} only {n}: for the others no suitable cell is left."
            )
    return tuple(notes)


def _unlike(found: Match) -> tuple[str, ...]:
    """What still differs after matching, the furthest apart first."""
    table = found.balance[~found.balance["measure"].isin(NEVER_UNLIKE)]
    far = table[table["smd_after"].abs() > UNLIKE]
    if not len(far):
        return ()
    order = np.argsort(-far["smd_after"].abs().to_numpy(), kind="stable")
    words = [
        f"{measure} ({abs(d):.2f} {'higher' if d > 0 else 'lower'})"
        for measure, d in zip(far["measure"].iloc[order], far["smd_after"].iloc[order], strict=True)
    ]
    more = f" and {len(words) - NAMED_MOST} more" if len(words) > NAMED_MOST else ""
    return (
        f"Not like with like: after matching, the treated cells still differ from the comparison cells by more than"
        f" {UNLIKE} standard deviations in {', '.join(words[:NAMED_MOST])}{more}.",
    )


def _built_in(found: Match) -> tuple[str, ...]:
    if not abs(found.built_in) >= LEAST_SAID:
        return ()
    return (
        f"With nothing done, regression to the mean would change the counts of treated cells by {found.built_in:+.2f}"
        " incidents per cell and period more than those of their matches. A change from the expected level is free of"
        " it.",
    )


def _numbers(cells: Any) -> list[int]:
    return [geography.cell_from_hex(str(c)) for c in cells]
