"""The few positions that matter, and each unit's days, read off sorted files of positions: what an engine is asked for,
without one.

Files as an import writes them hold one unit after the other, each in order of time. There a position's neighbours are
the rows beside it, and nothing has to be sorted, which is most of an engine's work. `near_of`, `unit_days_of` and
`slow_feeds` of `hotspots.patrols.presence` say the same for any engine; the tests hold both to the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from hotspots.base.settings import Settings
from hotspots.patrols.presence import COUNTS, MASK_CELL, NEAR, TO_THE_METRE, clock_pieces, rule_of

MOST = 200_000  # positions that matter, handed on at a time
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Places(NamedTuple):
    """Cells and the codes of their areas, by cell, as `hotspots.patrols.presence.near_of` has them."""

    cell: Ints
    area: Ints
    masked: Ints
    first: Ints
    outside: Ints


class Runs(NamedTuple):
    """The rows of a file by unit and patrol day: where each begins, and how many rows it has."""

    start: Ints
    n: Ints


def scanned(
    files: Sequence[tuple[Path, tuple[int, int]]], cells: Mapping[int, int], masked: Mapping[int, tuple[int, int]],
    settings: Settings, cell: str,
) -> Iterator[tuple[pa.Table, pd.DataFrame]]:  # fmt: skip
    """(the positions that matter, in the columns `NEAR`; patrol_day, unit, n, gap_s and `COUNTS` of every unit's day).

    ``files``: each with the first and last second of its positions, and whole patrol days; a few files at a time, as
    many as have `MOST` positions that matter. The rest as of `hotspots.patrols.presence.near_of`.
    """
    places = places_of(cells, masked)
    parts: list[tuple[pa.Table, pd.DataFrame]] = []
    for part in ahead(lambda one: of_file(one[0], places, one[1], settings, cell), files):
        parts.append(part)
        if sum(len(near) for near, _ in parts) >= MOST:
            yield together(parts)
            parts = []
    if parts:
        yield together(parts)


def together(parts: Sequence[tuple[pa.Table, pd.DataFrame]]) -> tuple[pa.Table, pd.DataFrame]:
    return pa.concat_tables([near for near, _ in parts]), pd.concat([days for _, days in parts], ignore_index=True)


def ahead(work: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
    """The work on each item, in order; while one result is used, the next is worked out."""
    with ThreadPoolExecutor(1) as aside:  # reading, and arithmetic on arrays, let go of the interpreter
        waiting: Future[Any] | None = None
        for item in items:
            following = aside.submit(work, item)
            if waiting is not None:
                yield waiting.result()
            waiting = following
        if waiting is not None:
            yield waiting.result()


def places_of(cells: Mapping[int, int], masked: Mapping[int, tuple[int, int]]) -> Places:
    inside, sites = sorted(cells), sorted(masked)
    columns = (
        inside, [cells[c] for c in inside], sites, [masked[c][0] for c in sites], [masked[c][1] for c in sites]
    )  # fmt: skip
    return Places(*(np.array(column, dtype=np.int64) for column in columns))


def of_file(
    file: Path, places: Places, span: tuple[int, int], settings: Settings, cell: str
) -> tuple[pa.Table, pd.DataFrame]:
    """The same of one file."""
    names = ["unit", "t", "on_call", "bcu", *dict.fromkeys((cell, *([MASK_CELL] if len(places.masked) else [])))]
    held = pq.ParquetFile(file)
    rows = held.read(columns=names, use_threads=False)
    unit, t = (rows[c].to_numpy() for c in ("unit", "t"))
    order = None if in_order(unit, t) else np.lexsort((t, unit))
    if order is not None:
        rows, unit, t = rows.take(pa.array(order)), unit[order], t[order]
    day = patrol_days(t, span, settings)
    begins = np.ones(len(t), dtype=np.bool_)
    begins[1:] = (unit[1:] != unit[:-1]) | (day[1:] != day[:-1])
    start = np.flatnonzero(begins)
    runs = Runs(start, np.diff(np.append(start, len(t))))
    ends = np.append(begins[1:], True)[: len(t)]
    apart = np.diff(t, prepend=t[:1])
    place = places_at(rows, places, settings, cell)
    kept = np.flatnonzero((place >= 0) | begins | ends | ((apart > rule_of(settings).gap_s) & ~begins))
    days = unit_days(unit, day, t, rows["bcu"].to_numpy(), runs, settings)
    del rows  # before the next columns are read
    rest = held.read(columns=["speed_kmh", "officers", "lon", "lat"], use_threads=False)
    rest = rest.take(pa.array(kept if order is None else order[kept]))
    before, after = t[np.maximum(kept - 1, 0)], t[np.minimum(kept + 1, len(t) - 1)]
    near = pa.table({
        "unit": unit[kept], "t": t[kept], "speed_kmh": rest["speed_kmh"], "officers": rest["officers"],
        "east": metres(rest["lon"]), "north": metres(rest["lat"]), "patrol_day": day[kept], "place": place[kept],
        "prev_t": pa.array(before, mask=begins[kept]), "next_t": pa.array(after, mask=ends[kept]),
    })  # fmt: skip
    return near.select(NEAR), days


def in_order(unit: Ints, t: Ints) -> bool:
    """Whether every unit's rows stand together, in order of time."""
    change = unit[1:] != unit[:-1]
    if not (change | (t[1:] > t[:-1])).all():
        return False
    first = unit[np.append(0, np.flatnonzero(change) + 1)] if len(unit) else unit
    return len(np.unique(first)) == len(first)


def patrol_days(t: Ints, span: tuple[int, int], settings: Settings) -> Ints:
    """The patrol day of each second: as `hotspots.patrols.presence.patrol_day_of` has it."""
    first, shift, last = (np.array(c, dtype=np.int64) for c in zip(*clock_pieces(span, settings), strict=True))
    piece = np.maximum(np.searchsorted(first, t, side="right") - 1, 0) if len(first) > 1 else 0
    return np.asarray(np.minimum((t + shift[piece]) // 86_400, last[piece]))


def places_at(rows: pa.Table, places: Places, settings: Settings, cell: str) -> Ints:
    """Twice the code of each row's area, plus 1 on a call; −1 outside."""
    code = looked_up(rows[cell], places.cell, places.area)
    if len(places.masked):
        first, outside = (looked_up(rows[MASK_CELL], places.masked, c) for c in (places.first, places.outside))
        code = np.where(first < 0, code, np.where(code < 0, outside, first + code))
    calls = rows["on_call"].to_numpy().astype(np.int64) if settings.exclude_on_call else 0
    return np.where(code < 0, -1, 2 * code + calls)


def looked_up(cell: pa.ChunkedArray, known: Ints, codes: Ints) -> Ints:
    """The code of each cell; −1 where it is not known. ``known`` is sorted."""
    found = np.full(len(cell), -1, dtype=np.int64)
    at = np.flatnonzero(pc.is_in(cell, pa.array(known)).to_numpy())
    found[at] = codes[np.searchsorted(known, cell.take(pa.array(at)).to_numpy())]
    return found


def metres(degrees: pa.ChunkedArray) -> Ints:
    """Degrees as whole numbers that tell places apart to the metre."""
    scaled = degrees.to_numpy() * TO_THE_METRE
    return np.trunc(scaled + np.copysign(0.5, scaled)).astype(np.int64)


def unit_days(unit: Ints, day: Ints, t: Ints, bcu: NDArray[Any], runs: Runs, settings: Settings) -> pd.DataFrame:
    """patrol_day, unit, n, gap_s and `COUNTS` of each run of rows."""
    table = pd.DataFrame({"patrol_day": day[runs.start], "unit": unit[runs.start], "n": runs.n})
    table["gap_s"] = [gap_of(t[start : start + n], settings) for start, n in zip(*runs, strict=True)]
    number = np.repeat(np.arange(len(runs.n)), runs.n)
    counted = np.bincount(number * (len(COUNTS) + 1) + np.clip(bcu, 0, None), minlength=len(runs.n) * (len(COUNTS) + 1))
    by_bcu = counted.reshape(len(runs.n), len(COUNTS) + 1)[:, 1:]
    return table.assign(**dict(zip(COUNTS, by_bcu.T, strict=True)))


def gap_of(t: Ints, settings: Settings) -> int:
    """The gap in seconds of a unit's day: `hotspots.patrols.presence.slow_feeds`."""
    rule, per_gap = rule_of(settings), settings.gap_intervals
    if len(t) < Settings.least_of_a_feed or (t[-1] - t[0]) / max(len(t) - 1, 1) < rule.gap_s / per_gap / 2:
        return rule.gap_s
    usual = float(np.median(np.diff(t)))
    return max(rule.gap_s, int(min(np.floor(per_gap * usual), round(60 * settings.visit_gap_most_minutes))))
