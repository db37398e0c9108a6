"""A trial's assignment with everything it was made from: its hash, its text and back, and how balanced it is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots.base.errors import HotspotsError
from hotspots.base.words import joined

FORMAT = 2  # of designs drawn now
FORMATS = (1, 2)  # 1: in a block all hot spots have equally many days; 2: staggered, so that no block is a treatment
COVARIATES = ("pre_count", "pre_harm")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

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
    format: int = FORMAT  # the rules it was drawn by, of `FORMATS`

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
        return pd.DataFrame({
            "area": np.repeat(areas["area"].to_numpy(), len(days)),
            "bcu": np.repeat(areas["bcu"].to_numpy(), len(days)), "patrol_day": np.tile(days.to_numpy(), len(areas)),
            "treated": self.treated.ravel(),
        })  # fmt: skip

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
        "format": design.format, "kind": design.kind, "first": str(design.first), "last": str(design.last),
        "seed": design.seed, "share": design.share, "per_day": dict(design.per_day),
        "longest_run": design.longest_run, "days_off": [str(d) for d in design.days_off],
        "strata": list(design.strata), "block_days": design.block_days,
        "areas": [dict(place) for place in design.places],
        "treated": ["".join("1" if t else "0" for t in row) for row in design.treated],
    }  # fmt: skip


def canonical(body: Mapping[str, Any]) -> str:
    """The one way to write it: keys in order, no blanks."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def to_json(design: Design) -> str:
    """The frozen design with its hash, for a file; `from_json` reads it back."""
    return json.dumps({**facts_of(design), "sha256": design.sha256}, indent=1, ensure_ascii=True)


def from_json(text: str) -> Design:
    """The design in a file written by `to_json`. HotspotsError when one cell or argument is no longer what it was."""
    try:
        body = json.loads(text)
        stored = body.pop("sha256")
        found = hashlib.sha256(canonical(body).encode()).hexdigest()
    except (ValueError, KeyError, AttributeError, TypeError) as problem:
        words = "This is not a trial design: a file written when the trial was frozen is wanted."
        raise HotspotsError(words) from problem
    if found != stored:
        raise HotspotsError(
            f"The trial design was changed after it was frozen: its hash was {str(stored)[:12]}… and is now"
            f" {found[:12]}…. A frozen design cannot be edited; use the file as it was, or draw a new design."
        )
    if body["format"] not in FORMATS:
        raise HotspotsError(
            f"The trial design has format {body['format']}; this version reads formats {joined(map(str, FORMATS))}."
        )
    treated = np.array([[c == "1" for c in row] for row in body["treated"]], dtype=bool)
    asked = Design(
        kind=body["kind"], first=date.fromisoformat(body["first"]), last=date.fromisoformat(body["last"]),
        seed=body["seed"], share=body["share"], per_day=tuple(sorted(body["per_day"].items())),
        longest_run=body["longest_run"], days_off=tuple(map(date.fromisoformat, body["days_off"])),
        strata=tuple(body["strata"]), block_days=body["block_days"],
        places=tuple(tuple(place.items()) for place in body["areas"]), treated=treated, format=body["format"],
    )  # fmt: skip
    return with_treated(asked, treated)


def balance_table(design: Design) -> pd.DataFrame:
    """Patrolled and other days by area, BCU, weekday and block, and what was known of the time before.

    Columns: by, name, place_days (days off left out), treated_days, untreated_days, treated_share and, where given,
    pre_count and pre_harm: totals for hot spots and BCUs; for ``by`` "group" (cluster trials) means of the patrolled
    and the other hot spots.
    """
    areas, shape = design.areas, design.treated.shape
    is_open = np.broadcast_to(design.open_days, shape)
    starts = [str(design.first + timedelta(days=int(b) * design.block_days)) for b in design.blocks]
    labels = {
        "all": np.array("all"), **{by: areas[by].to_numpy(dtype=str)[:, None] for by in ("bcu", "area")},
        "weekday": np.array(WEEKDAYS)[design.days.day_of_week], "block": np.array(starts),
    }  # fmt: skip
    parts = []
    for by, label in labels.items():
        names = np.broadcast_to(label, shape)
        cells = pd.DataFrame({"name": names[is_open], "treated_days": design.treated[is_open].astype(np.int64)})
        table = cells.groupby("name", sort=by in ("bcu", "area", "block"))["treated_days"].agg(["size", "sum"])
        parts.append(table.reset_index().set_axis(["name", "place_days", "treated_days"], axis=1).assign(by=by))
    out = pd.concat(parts, ignore_index=True)
    out["untreated_days"] = out["place_days"] - out["treated_days"]
    out["treated_share"] = out["treated_days"] / out["place_days"]
    covariates = [c for c in COVARIATES if c in areas]
    columns = ["by", "name", "place_days", "treated_days", "untreated_days", "treated_share"]
    return _with_before(design, out[columns], areas, covariates) if covariates else out[columns]


def _with_before(design: Design, table: pd.DataFrame, areas: pd.DataFrame, before: list[str]) -> pd.DataFrame:
    """The pre-period beside it: totals of hot spots and BCUs and, in cluster trials, the means of both groups."""
    totals = [areas.groupby(by)[before].sum().rename_axis("name").reset_index().assign(by=by) for by in ("area", "bcu")]
    out = table.merge(pd.concat(totals), on=["by", "name"], how="left")
    if design.kind == "crossover":
        return out
    group = np.where(design.treated.any(axis=1), "patrolled", "not patrolled")
    means = areas.groupby(group)[before].mean().rename_axis("name").reset_index().assign(by="group")
    return pd.concat([out, means], ignore_index=True)[out.columns]
