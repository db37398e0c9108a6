"""A trial's assignment with everything it was made from, and the hash that covers all of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FORMAT = 1
COVARIATES = ("pre_count", "pre_harm")

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]


@dataclass(frozen=True, eq=False, kw_only=True)
class Design:
    """A trial's assignment with everything it was made from. Two designs are equal when their hashes are.

    ``treated``: bool, hot spots × days, not writable; rows in the order of ``areas``, columns from ``first`` to
    ``last``.
    """

    kind: str
    first: date
    last: date
    seed: int
    share: float
    per_day: tuple[tuple[str, int], ...]
    longest_run: int
    days_off: tuple[date, ...]
    strata: tuple[str, ...]
    block_days: int
    places: tuple[tuple[tuple[str, Any], ...], ...]  # each hot spot's columns and values
    treated: Bools

    @property
    def areas(self) -> pd.DataFrame:
        """The hot spots as they were given: area, bcu and what else was beside them."""
        return pd.DataFrame([dict(place) for place in self.places])

    @property
    def days(self) -> pd.DatetimeIndex:
        """Every patrol day of the trial, days off included."""
        return pd.date_range(self.first, self.last)

    @property
    def open_days(self) -> Bools:
        """Which days are not days off."""
        return ~self.days.isin(pd.DatetimeIndex(list(self.days_off)))

    @property
    def blocks(self) -> Ints:
        """Each day's block, from 0."""
        return np.arange(len(self.days)) // self.block_days

    @property
    def assignment(self) -> pd.DataFrame:
        """area, bcu, patrol_day (like 2026-10-05), treated: one row per hot spot and day."""
        areas, days = self.areas, self.days.strftime("%Y-%m-%d")
        return pd.DataFrame(
            {
                "area": np.repeat(areas["area"].to_numpy(), len(days)),
                "bcu": np.repeat(areas["bcu"].to_numpy(), len(days)),
                "patrol_day": np.tile(days.to_numpy(), len(areas)),
                "treated": self.treated.ravel(),
            }
        )

    @property
    def sha256(self) -> str:
        """Of the design's canonical JSON: every cell and every argument counts."""
        return hashlib.sha256(canonical(facts_of(self)).encode()).hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Design) and self.sha256 == other.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)


def with_treated(asked: Design, treated: Bools) -> Design:
    """The same request with this assignment, locked."""
    kept = np.ascontiguousarray(treated, dtype=bool).copy()
    kept.flags.writeable = False
    fields = {name: getattr(asked, name) for name in asked.__dataclass_fields__}
    return Design(**{**fields, "treated": kept})


def rows_by(asked: Design, columns: Sequence[str]) -> list[Ints]:
    """Row numbers of the hot spots that share the values of these columns."""
    if not columns:
        return [np.arange(len(asked.places))]
    labels = asked.areas.groupby(list(columns)).ngroup().to_numpy()
    return [np.flatnonzero(labels == k) for k in range(labels.max() + 1)]


def facts_of(design: Design) -> dict[str, Any]:
    """Everything that the hash covers."""
    return {
        "format": FORMAT, "kind": design.kind, "first": str(design.first), "last": str(design.last),
        "seed": design.seed, "share": design.share, "per_day": dict(design.per_day),
        "longest_run": design.longest_run, "days_off": [str(d) for d in design.days_off],
        "strata": list(design.strata), "block_days": design.block_days,
        "areas": [dict(place) for place in design.places],
        "treated": ["".join("1" if t else "0" for t in row) for row in design.treated],
    }  # fmt: skip


def canonical(body: Mapping[str, Any]) -> str:
    """The one way to write it: keys in order, no blanks."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
