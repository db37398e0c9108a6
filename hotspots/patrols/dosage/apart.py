"""Minutes with a unit there that are no patrol: at a masked site, standing still to the metre, or in one stay for long.

They are counted apart and are no dose: eight hours at a police station inside a hot spot are not 480 patrol-minutes.

- *masked*: at a site that people have masked (`hotspots.patrols.dosage.masks`).
- *frozen*: positions of a stay equal to the metre for ``frozen_minutes`` or more: a parked car, a device on charge or a
  frozen fix. That part of it alone; what lies before and after it stays dose.
- *parked*: a unit in one hot spot for longer than ``visit_most_minutes`` without being seen elsewhere for more than
  ``visit_gap_minutes``, over lost signal and over 06:00 too. The whole of it.

Limits: a patrol on foot that leaves its car, and the car's device, standing for an hour is taken for a parked car, and
so are officers who walk in one hot spot for hours; what stands still over 06:00 is looked at on either side of it; and
a device that rounds its positions to ten metres or more stands still on every patrol.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from hotspots.base.clock import HOUR
from hotspots.base.settings import Settings
from hotspots.patrols.dosage.logs import Span, without
from hotspots.patrols.presence import Presence
from hotspots.patrols.visits import lengths, still_overnight

MASKED, FROZEN, PARKED = APART = ("masked", "frozen", "parked")
PATROL = ""
PLACE = ["area", "patrol_day"]
SHOWN = 3  # hot spots and days named in a sentence


def stays_apart(
    stays: pd.DataFrame, found: Presence, codes: Sequence[tuple[str, str]], settings: Settings
) -> pd.DataFrame:
    """The stays in hot spots with ``apart``: masked, frozen, parked, or '' for those that may be dose.

    ``stays``: of `hotspots.patrols.visits.stays`; a stay that stood still in part comes out in parts. ``found``: what
    they come from; ``codes``: of its areas. Reactive and moving stays are no dose anyway and are looked at for masks
    alone.
    """
    mine = stays[stays["area"] != ""].reset_index(drop=True)
    apart = pd.Series(np.where(mine["site"] != "", MASKED, PATROL), index=mine.index, dtype="str")
    judged = ~mine["reactive"] & ~mine["moving"] & (mine["site"] == "")
    mine = mine.assign(apart=apart.mask(judged & staying_long(mine, found.silences, settings), PARKED))
    return cut_where_still(mine, judged, standing(still_overnight(found, settings), codes))


def staying_long(stays: pd.DataFrame, silences: pd.DataFrame, settings: Settings) -> pd.Series:
    """Whether each stay is part of a time in one hot spot, with one status, that is longer than the setting.

    Stays of a unit go on from each other where no more than ``visit_gap_minutes`` lie between (a parked car's device
    throws it over an edge now and then), or nothing but a silence that does not end a shift.
    """
    before = stays.shift()
    same = pd.Series(True, index=stays.index)
    for column in ("unit", "area", "site", "reactive"):
        same &= stays[column] == before[column]
    short = silences[silences["to_t"] - silences["from_t"] <= settings.shift_silence_hours * HOUR]
    quiet = pd.MultiIndex.from_frame(short[["unit", "from_t", "to_t"]].astype("float64"))
    between = pd.MultiIndex.from_arrays([stays["unit"].astype("float64"), before["end"], stays["start"]])
    goes_on = same & ((stays["start"] - before["end"] <= 60 * settings.visit_gap_minutes) | between.isin(quiet))
    one = stays.groupby((~goes_on).cumsum())
    return one["end"].transform("max") - one["start"].transform("min") > 60 * settings.visit_most_minutes


def standing(standstills: pd.DataFrame, codes: Sequence[tuple[str, str]]) -> dict[tuple[int, int, str], list[Span]]:
    """(unit, patrol day, hot spot) → times at which the unit stood still there, in order."""
    found: dict[tuple[int, int, str], list[Span]] = {}
    columns = ["unit", "patrol_day", "area", "from_t", "to_t", "before2", "after2"]
    for unit, day, code, start, end, before2, after2 in standstills.sort_values("from_t")[columns].to_numpy().tolist():
        area, site = codes[code]
        if not site:
            found.setdefault((unit, day, area), []).append((start - before2 / 2, end + after2 / 2))
    return found


def cut_where_still(
    stays: pd.DataFrame, judged: pd.Series, still: dict[tuple[int, int, str], list[Span]]
) -> pd.DataFrame:
    """The stays, those of ``judged`` cut at the ends of the times at which their unit stood still."""
    if not still:
        return stays
    places = pd.MultiIndex.from_frame(stays[["unit", "patrol_day", "area"]])
    touched = judged & places.isin(list(still))
    parts = [
        part
        for row in stays[touched].to_dict("records")
        for part in parts_of(row, still[row["unit"], row["patrol_day"], row["area"]])
    ]
    cut = pd.DataFrame(parts, columns=stays.columns).astype(stays.dtypes.to_dict())
    both = pd.concat([stays[~touched], cut]) if len(cut) else stays
    return both.sort_values(["unit", "patrol_day", "start"], ignore_index=True)


def parts_of(stay: dict[Any, Any], still: list[Span]) -> Iterator[dict[Any, Any]]:
    """The parts of a stay in which it stood still and those in which it did not; its officers are spread evenly."""
    whole = (stay["start"], stay["end"])
    moved = without([whole], still)
    credited = [whole] if stay["pieces"] is None else stay["pieces"]
    for span, apart in [(s, stay["apart"]) for s in moved] + [(s, FROZEN) for s in without([whole], moved)]:
        held = without(credited, without([whole], [span]))
        seconds = sum(end - start for start, end in held)
        if seconds:
            yield stay | {
                "start": held[0][0], "end": held[-1][1], "seconds": seconds, "apart": apart,
                "officer_seconds": stay["officer_seconds"] * seconds / stay["seconds"],
                "pieces": None if stay["pieces"] is None else held,
            }  # fmt: skip


def minutes_apart(stays: pd.DataFrame) -> pd.DataFrame:
    """Minutes with a unit there, by hot spot and patrol day and by why they are no dose: the union of the stays.

    Columns: area, patrol_day, masked_minutes, frozen_minutes, parked_minutes; 0 where there are none. ``stays``: of
    `stays_apart`, with ``log``. Only what would be dose: proactive, on foot or stopped, by positions.
    """
    mine = stays[~stays["reactive"] & ~stays["moving"] & ~stays["log"]]
    kinds = [union_of(mine[mine["apart"] == kind], PLACE).rename(f"{kind}_minutes") for kind in APART]
    return pd.concat(kinds, axis=1).fillna(0.0).reset_index()


def union_of(stays: pd.DataFrame, groups: list[str]) -> pd.Series:
    """Minutes with any of these stays, by group."""
    ordered = stays.sort_values([*groups, "start"], ignore_index=True)
    one = ordered.groupby(groups)
    names = ordered[groups].drop_duplicates().set_index(groups).index  # in the order of their numbers
    return pd.Series(lengths(ordered.assign(number=one.ngroup())).to_numpy(dtype=float) / 60, index=names)


def apart_warnings(table: pd.DataFrame, settings: Settings) -> list[str]:
    """A sentence for each BCU with minutes of standing still or staying long. ``table``: `base.columns.DOSAGE`."""
    words = []
    for bcu, mine in table.groupby("bcu", sort=True):
        frozen, parked = (mine[c].fillna(0) for c in ("frozen_minutes", "parked_minutes"))
        both = mine.assign(both=frozen + parked)
        both = both[both["both"] > 0].sort_values(["both", *PLACE], ascending=[False, True, True])
        if not len(both):
            continue
        kinds = [f"{frozen.sum():,.0f} with positions equal to the metre for {settings.frozen_minutes:g} minutes or"
                 " more"] if frozen.sum() else []  # fmt: skip
        if parked.sum():
            kinds.append(f"{parked.sum():,.0f} in stays of more than {settings.visit_most_minutes:g} minutes")
        named = ", ".join(f"{area} on {day}" for area, day in both[PLACE].head(SHOWN).itertuples(index=False))
        more = f" and {len(both) - SHOWN:,} more" if len(both) > SHOWN else ""
        words.append(
            f"{bcu}: {both['both'].sum():,.0f} minutes are counted apart and are no dose, {' and '.join(kinds)}: a"
            f" parked car, a device on charge or a frozen fix. The {mine['patrol_minutes'].sum():,.0f} patrol-minutes"
            f" are without them. {named}{more}."
        )
    return words
