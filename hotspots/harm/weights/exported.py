"""A weight set as the files that import to the same set: its rows as CSV, and what they cannot say beside it."""

from __future__ import annotations

import json
from io import BytesIO

import pandas as pd

from hotspots.base.writing import to_csv
from hotspots.harm.scoring import WeightSet, to_csv_bytes

DESCRIBED = ("name", "version", "label", "unit", "source", "licence", "attribution", "notes", "is_proxy")


def export_csv(weights: WeightSet) -> str:
    """The set as CSV that imports to the same hash: its columns, the last one named by the unit, text kept text."""
    table = pd.read_csv(BytesIO(to_csv_bytes(weights)), dtype=str, keep_default_na=False)
    return to_csv(table.rename(columns={"days": weights.unit}))


def describe_toml(weights: WeightSet) -> str:
    """The description that goes beside an exported set: what its columns cannot say."""
    lines = []
    for field in DESCRIBED:
        value = getattr(weights, field)
        written = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        lines.append(f"{field} = {written}")
    return "\n".join(lines) + "\n"
