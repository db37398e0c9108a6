"""Tables as text: CSV and JSON in which what is text stays text.

A spreadsheet runs a cell that begins with = + - @ as a formula. Text from data that does gets an apostrophe in
front; numbers are left alone.
"""

from __future__ import annotations

import csv
import json
import re
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

RISKY = re.compile(r"^'*[=+\-@\t\r\n]")  # with apostrophes of its own before it, or taking one off would change it
NUMBER = re.compile(r"^[+\-]?(\d+\.?\d*|\.\d+)([eE][+\-]?\d+)?$")


def safe_text(value: object) -> object:
    """Text that a spreadsheet would run gets an apostrophe in front; everything else is returned as it is."""
    if isinstance(value, str) and RISKY.match(value) and not NUMBER.match(value):
        return f"'{value}"
    return value


def to_csv(table: pd.DataFrame) -> str:
    """Comma-separated text with a header; empty where a value is unknown."""
    out = Lines()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([safe_text(c) for c in table.columns])
    for row in table.itertuples(index=False):
        writer.writerow(["" if is_empty(v) else safe_text(in_one(plain(v))) for v in row])
    return "".join(out)


class Lines(list[str]):
    """Rows of a CSV as they are written, each ended by a line feed alone.

    Asked for ``\\n`` at once, the csv module would leave a carriage return inside a text without its quotation marks.
    """

    def write(self, row: str) -> None:
        self.append(row.removesuffix("\r\n") + "\n")


def to_json(table: pd.DataFrame, about: dict[str, Any] | None = None) -> str:
    """{"about": …, "rows": [ … ]}; null where a value is unknown."""
    return json.dumps({"about": about or {}, "rows": rows_of(table)}, ensure_ascii=False, indent=1)


def rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """A row as a mapping of plain values, None where one is unknown."""
    return [
        {c: None if is_empty(v) else plain(v) for c, v in zip(table.columns, row, strict=True)}
        for row in table.itertuples(index=False)
    ]


def is_empty(value: object) -> bool:
    if isinstance(value, (float, np.floating)):
        return bool(np.isnan(value))
    return value is None or value is pd.NA or value is pd.NaT


def in_one(value: object) -> object:
    """A list, such as the cells of an area, as one text with blanks between; everything else as it is."""
    return " ".join(map(str, value)) if isinstance(value, (list, tuple)) else value


def plain(value: Any) -> Any:
    """NumPy scalars as Python's own; dates as ISO text."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, (date, datetime, pd.Timestamp)):
        return value.isoformat()
    return value
