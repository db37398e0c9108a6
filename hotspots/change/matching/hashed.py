"""A match as one text, and its hash: the same match has the same hash on every machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import numpy as np

from hotspots.change.matching.covariates import Places
from hotspots.change.matching.rules import METHOD, RULES, Floats, Match


def frozen_text(matched: Match) -> str:
    """The match as canonical JSON: keys in order, no blanks, numbers to nine significant digits, nan as null.

    Everything but its own hash is in it; ``sha256`` is of this text in UTF-8.
    """
    facts = {
        "method": METHOD,
        "rules": RULES,
        "inputs": matched.inputs,
        "tests": [matched.joint_x2, matched.joint_df, matched.joint_p, matched.drift_z, matched.drift_p],
        "built_in": matched.built_in,
        "notes": list(matched.notes),
        **{
            name: getattr(matched, name).to_dict("split", index=False)
            for name in ("pairs", "balance", "pre_periods", "regression", "unmatched")
        },
    }
    return canonical(facts)


def canonical(facts: Any) -> str:
    return json.dumps(_plain(facts), sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _plain(value: Any) -> Any:
    """Numbers, texts, lists and dictionaries only; numbers rounded so that two machines agree."""
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(f"{float(value):.9g}") + 0.0 if np.isfinite(value) else None
    return value if value is None else str(value)


def digest(places: Places, barred: Mapping[str, str]) -> str:
    """SHA-256 of the covariates, whatever the order of rows and columns; numbers to nine decimals, as bytes."""
    facts: dict[str, Any] = {"barred": dict(barred)}
    for name, value in places.__dict__.items():
        number = isinstance(value, np.ndarray) and value.dtype.kind == "f"
        facts[name] = _number_hash(value) if number else [str(v) for v in value]
    return sha256(canonical(facts).encode()).hexdigest()


def _number_hash(values: Floats) -> str:
    rounded = np.where(np.isnan(values), np.nan, np.round(values, 9) + 0.0)  # one nan, and no minus zero
    return f"{values.shape} {sha256(rounded.astype('<f8').tobytes()).hexdigest()}"
