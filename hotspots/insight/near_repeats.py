"""Near repeats: is a place where something happened more likely to see it again soon?

A *repeat* is a further incident at the same place, a *near repeat* one close by, both soon after. Burglary and
vehicle crime often show them; violence often does not, so the table is off unless somebody asks for it.

The test is Knox's: count the pairs of incidents that are close in place and close in time, and compare with what
shuffling the dates over the incidents gives. Places keep their number of incidents and days keep theirs, so neither
a busy corner nor a busy December counts as a repeat. Places are H3 cells and distance is counted in rings: 0 the same
cell, 1 the cells next to it, and so on; at resolution 10 a ring is about 120 m wide here.

When it misleads:

- **Shifts of place over time.** Where trade moves from one quarter to another during the window (building works, a
  new club, seasonal resorts, a change of recording or of map points), pairs in one place are also close in time:
  the whole district looks like repeats. Keep to a year or less, and look whether the ratio falls with days: true
  repeats fade within weeks, a shift does not (Kulldorff & Hjalmars 1999, doi:10.1111/j.0006-341X.1999.00544.x).
- **One event, several records.** Three victims of one brawl are three records within the hour. `incident_days`
  makes one incident of what happened in one cell in one minute; a series recorded together stays one of many.
- **Late or vague times.** An offence found on Monday is often dated Monday. Wide spans of possible days are left out.
- **Days, not hours.** "Within 7 days" includes the same day.
- **Large places.** A cell is some 50 addresses: "the same cell" is not the same victim or house.
- **Month-only sources** cannot be used at all (`refuse_month_only`).

References: Knox 1964, doi:10.2307/2985220; Ratcliffe & Rengert 2008, doi:10.1057/palgrave.sj.8350068.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.geography.neighbours import disk_pairs
from hotspots.harm.offences import POLICE_UK

MONTH_ONLY = (POLICE_UK,)

DAY_BANDS = ((0, 7), (8, 14), (15, 28))
LEAST_PERMUTATIONS = 99  # fewer cannot give a p of 0.01
MOST_PAIRS = 30_000_000  # pairs of incidents close in place; more take minutes
LONGEST_SPAN_DAYS = 1  # an incident that may have happened over more days than this has no day

ALPHA = 0.05
LEAST_RATIO = 1.2  # a fifth more than by chance: below that nothing is worth planning by (Ratcliffe & Rengert)
FEW_PAIRS = 5

COLUMNS = ("ring", "days_from", "days_to", "observed", "expected", "ratio", "p", "p_family", "pairs", "n_incidents")

_AT_ONCE = 8  # permutations side by side: eight int16 days are one 16-byte item, fetched at once
_CHUNK = 255 * 64  # pairs at a time; a multiple of 255, the most ones that fit in a byte

Positions = NDArray[np.int64]


def refuse_month_only(source: str) -> None:
    """HotspotsError for a source that gives the month of an incident and no day."""
    if source in MONTH_ONLY:
        raise HotspotsError(
            "data.police.uk gives the month of a crime and no day, so nobody can say whether one followed another"
            " within days. Use a force's own export for near repeats."
        )


def incident_days(rows: pd.DataFrame, source: str) -> pd.DataFrame:
    """Offence rows → one line per incident: cell (int64), day (days since 1970-01-01, local time), sorted by both.

    ``rows``: record, cell (0 = no place), local_from, local_to. Rows of one record are one incident; so are records
    of one cell and minute, most often the victims of one event. (Where a feed writes 00:00 for an unknown time,
    that also joins different incidents of a day: rather too few repeats than too many.) Left out: no place, no time,
    or a span of more than `LONGEST_SPAN_DAYS` days. The day is that of the span's start. HotspotsError as
    `refuse_month_only`, and where no row has a time.
    """
    refuse_month_only(source)
    start = rows["local_from"]
    if len(rows) and not start.notna().any():
        raise HotspotsError("No incident of this selection has a time, so near repeats cannot be counted.")
    span = rows["local_to"].fillna(start) - start
    dated = start.notna() & (span <= pd.Timedelta(days=LONGEST_SPAN_DAYS)) & (rows["cell"].fillna(0) != 0)
    kept = rows.loc[dated, ["record", "cell", "local_from"]].sort_values(["local_from", "cell", "record"])
    kept = kept.drop_duplicates("record").assign(minute=lambda f: f["local_from"].dt.floor("min"))
    kept = kept.drop_duplicates(["cell", "minute"])
    day = kept["minute"].to_numpy().astype("datetime64[D]").astype(np.int64)
    found = pd.DataFrame({"cell": kept["cell"].to_numpy(dtype=np.int64), "day": day})
    return found.sort_values(["cell", "day"], ignore_index=True)


def near_repeats(
    cells: ArrayLike, days: ArrayLike, rings: int = Settings.near_rings, permutations: int = Settings.random_draws,
    seed: int = 1,
) -> pd.DataFrame:  # fmt: skip
    """Knox's table: a row per ring (0 … ``rings``) and band of `DAY_BANDS`, with `COLUMNS`.

    ``cells``: H3, int64, one resolution, 0 = no place (left out); ``days``: whole day numbers. Every row is an
    incident: take `incident_days` first.

    observed: pairs that many rings and days apart, each pair once. expected: the mean of observed over *all* ways to
    deal the dates out to the incidents, exactly: pairs at that ring × share of all pairs that are that many days
    apart. ratio: observed / expected (nan where nothing is expected). p: of the upper tail, (r + 1) / (m + 1), where
    r of m seeded random permutations of the dates reach observed; a low p says *more* than by chance, never fewer.
    p_family: the same for the largest standardised excess of the whole table (Westfall & Young's single-step maxT):
    below 0.05 even allowing for having looked at every row. Use p for the one row chosen beforehand, p_family for
    rows picked after looking. pairs: at that ring, whatever the days between.

    The order of the rows changes nothing. HotspotsError: fewer than `LEAST_PERMUTATIONS`, a window of over 89 years, or
    more than `MOST_PAIRS` pairs close in place.
    """
    if permutations < LEAST_PERMUTATIONS:
        raise HotspotsError(f"{permutations} permutations are too few; use at least {LEAST_PERMUTATIONS}.")
    if rings < 0:
        raise HotspotsError(f"The number of rings is {rings}; use 0 (the same cell only) or more.")
    cell, day = _incidents(np.asarray(cells), np.asarray(days))
    ring, left, right = _close_pairs(cell, rings)
    ends = np.searchsorted(ring, np.arange(rings + 2))
    rng = np.random.default_rng(seed)
    observed = _counts(day[:, None], left, right, ends)[0]
    shuffled = []
    for done in range(0, permutations, _AT_ONCE):
        orders = [rng.permutation(day) for _ in range(min(_AT_ONCE, permutations - done))]
        shuffled.append(_counts(np.column_stack(orders), left, right, ends))
    return _table(observed, np.concatenate(shuffled), np.diff(ends), day)


def _incidents(cells: NDArray[Any], days: NDArray[Any]) -> tuple[Positions, Positions]:
    """Cell and day of each incident, in order of cell and day; days count from the first."""
    table = pd.DataFrame({"cell": cells.astype(np.int64), "day": days.astype(np.int64)})
    table = table[table["cell"] != 0].sort_values(["cell", "day"])
    day = table["day"].to_numpy()
    if len(day) and np.ptp(day) > np.iinfo(np.int16).max:
        raise HotspotsError(f"The incidents lie {np.ptp(day):,} days apart; near repeats need a window of few years.")
    return table["cell"].to_numpy(), day - day.min() if len(day) else day.copy()


def _close_pairs(cell: Positions, rings: int) -> tuple[Positions, NDArray[np.int32], NDArray[np.int32]]:
    """Every pair of incidents at most so many rings apart, once: ring and positions, in order of ring.

    ``cell`` is sorted, so the incidents of a cell are a run of positions and so are their partners in another cell.
    """
    held, start, n = np.unique(cell, return_index=True, return_counts=True)
    one, other, apart = disk_pairs(held, rings)
    once = one <= other
    one, other, apart = one[once], other[once], apart[once]
    total = int(np.where(one == other, n[one] * (n[one] - 1) // 2, n[one] * n[other]).sum())
    if total > MOST_PAIRS:
        raise HotspotsError(
            f"{len(cell):,} incidents make {total:,} pairs within {rings} rings, more than the {MOST_PAIRS:,} that can"
            " be shuffled in a reasonable time. Choose a shorter window, one BCU, fewer rings or smaller cells."
        )
    order = np.argsort(apart, kind="stable")
    one, other, apart = one[order], other[order], apart[order]
    owner = np.repeat(np.arange(len(one)), n[one])  # a line for each incident of the first cell of each pair of cells
    nth = np.arange(len(owner)) - np.repeat(np.cumsum(n[one]) - n[one], n[one])
    incident = start[one][owner] + nth
    first = np.where(one == other, 0, start[other])[owner]
    first = np.where((one == other)[owner], incident + 1, first)
    length = (start + n)[other][owner] - first
    left = np.repeat(incident, length).astype(np.int32)
    ran = np.cumsum(length) - length
    right = (np.arange(len(left)) - np.repeat(ran - first, length)).astype(np.int32)
    return np.repeat(apart[owner], length), left, right


def _counts(columns: Positions, left: NDArray[np.int32], right: NDArray[np.int32], ends: Positions) -> Positions:
    """For each column of days: pairs by ring and band, shape (columns, rings × bands). At most eight columns."""
    n_columns = columns.shape[1]
    padded = np.zeros((len(columns), _AT_ONCE), dtype=np.int16)
    padded[:, :n_columns] = columns
    items = padded.view("V16").ravel()
    edges = sorted({edge for first, last in DAY_BANDS for edge in (first - 1, last)})
    found = np.zeros((len(ends) - 1, len(edges), _AT_ONCE), dtype=np.int64)
    for ring, (begin, end) in enumerate(pairwise(ends)):
        for at in range(begin, end, _CHUNK):
            part = slice(at, min(at + _CHUNK, end))
            gap = np.abs(items[left[part]].view(np.int16) - items[right[part]].view(np.int16))
            for number, edge in enumerate(edges):
                found[ring, number] += _ones_by_column(gap <= edge)
    within = dict(zip(edges, found.transpose(1, 2, 0), strict=True))
    bands = np.stack([within[last] - within[first - 1] for first, last in DAY_BANDS], axis=-1)
    return bands[:n_columns].reshape(n_columns, -1)


def _ones_by_column(flags: NDArray[np.bool_]) -> Positions:
    """How many of each of the eight interleaved columns of flags are true.

    Eight flags are one 64-bit word; up to 255 words add up without a carry from one byte to the next.
    """
    words = flags.view(np.uint64)
    sums = np.add.reduceat(words, np.arange(0, len(words), 255))
    return sums.view(np.uint8).reshape(-1, _AT_ONCE).sum(axis=0, dtype=np.int64)


def _days_apart(day: Positions) -> Positions:
    """Pairs of incidents, wherever they are, with so many days between, by band."""
    ordered = np.sort(day)

    def within(most: int) -> int:
        if most < 0:
            return 0
        return int((np.searchsorted(ordered, ordered + most, side="right") - 1 - np.arange(len(ordered))).sum())

    return np.array([within(last) - within(first - 1) for first, last in DAY_BANDS], dtype=np.int64)


def _table(observed: Positions, shuffled: Positions, pairs: Positions, day: Positions) -> pd.DataFrame:
    n = len(day)
    share = _days_apart(day) / max(n * (n - 1) / 2, 1)
    expected = np.outer(pairs, share).ravel()
    first, last = np.array(DAY_BANDS).T
    return pd.DataFrame({
        "ring": np.repeat(np.arange(len(pairs)), len(DAY_BANDS)), "days_from": np.tile(first, len(pairs)),
        "days_to": np.tile(last, len(pairs)), "observed": observed, "expected": expected,
        "ratio": np.divide(observed, expected, out=np.full(len(observed), np.nan), where=expected > 0),
        "p": _upper_p(observed, shuffled), "p_family": _family_p(observed, shuffled),
        "pairs": np.repeat(pairs, len(DAY_BANDS)), "n_incidents": n,
    })  # fmt: skip


def _upper_p(observed: NDArray[Any], shuffled: NDArray[Any]) -> NDArray[np.float64]:
    """(r + 1) / (m + 1): how often chance reaches what was seen, itself counted as one of the draws."""
    reached = (shuffled >= observed).sum(axis=0)
    return (reached + 1) / (len(shuffled) + 1)


def _family_p(observed: Positions, shuffled: Positions) -> NDArray[np.float64]:
    """p of each excess against the largest of the table; every draw, the observed one too, is standardised alike."""
    draws = np.vstack([observed, shuffled]).astype(np.float64)
    spread = draws.std(axis=0)
    z = (draws - draws.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    z = np.round(z, 9)  # equal counts are ties, not rounding
    return _upper_p(z[0], z[1:].max(axis=1, keepdims=True))


def verdict(table: pd.DataFrame) -> str:
    """Same cell within a week, the row that is named before looking, as a sentence for a sergeant.

    Yes: p ≤ `ALPHA` and at least `LEAST_RATIO` times as many as by chance; hardly: unlikely to be chance, but less
    than that; cannot be told: fewer than `FEW_PAIRS` pairs seen and expected.
    """
    row = table[(table["ring"] == 0) & (table["days_to"] == DAY_BANDS[0][1])].iloc[0]
    where = f"within {DAY_BANDS[0][1]} days in the same cell"
    if max(row["observed"], row["expected"]) < FEW_PAIRS:
        return f"Same place again soon: cannot be told – there are too few pairs of incidents {where}."
    sure = row["p"] <= ALPHA
    said = f"{row['ratio']:.1f} times as many as by chance {where} (p = {row['p']:.3f})"
    if sure and row["ratio"] >= LEAST_RATIO:
        return f"Same place again soon: yes – {said}."
    if sure:
        return f"Same place again soon: hardly – {said}, too little to plan by."
    return f"Same place again soon: no – {said}; chance alone can explain that."
