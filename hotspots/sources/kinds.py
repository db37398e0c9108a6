"""Which kinds of file hold tables, and what a reader looks for in them: one list for pages, command line and messages.

No library is loaded here: the parser of the command line tells these kinds, too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from hotspots.base.choices import BESIDE, SHAPES

PLAIN = (".csv", ".tsv", ".tab", ".txt")
TEXT_ENDINGS = (*PLAIN, *(f"{ending}.gz" for ending in PLAIN))
SHEET_ENDINGS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
JSON_ENDINGS = (".geojson", ".json")
TABLE_ENDINGS = (*TEXT_ENDINGS, *SHEET_ENDINGS, ".parquet")
# In a folder or an archive only these are surely meant: what is wrong with one of them is said, and nothing is
# imported. Others that hold no table (a licence text, a damaged old workbook) are left out, and named.
MEANT = (".csv", ".tsv", ".xlsx", ".xlsm", ".parquet")
SPECIAL = {"incidents": JSON_ENDINGS, "pings": (*JSON_ENDINGS, ".gpx")}  # beside the tables
BOUNDARIES = (*SHAPES, ".zip", *BESIDE, ".csv")
_TABLES_SAID = (
    "CSV or other text with columns (.csv, .tsv, .tab, .txt, also as .gz), workbooks (.xlsx, .xlsm, .xlsb, .xls, .ods),"
    " Parquet"
)
_SPECIAL_SAID = {"incidents": ", GeoJSON of points", "pings": ", GeoJSON of points, GPX"}


def ending_of(name: str) -> str:
    """The ending of a file's name in small letters; that of a packed file with what it packs: '.csv.gz'."""
    parts = name.rpartition("/")[2].lower().split(".")
    kept = parts[-2:] if parts[-1] == "gz" and len(parts) > 2 else parts[-1:]
    return "." + ".".join(kept) if len(parts) > 1 else ""


def endings(source: str) -> tuple[str, ...]:
    """The endings of files that hold tables of a source."""
    return (*TABLE_ENDINGS, *SPECIAL.get(source, ()))


def upload_types(source: str) -> list[str]:
    """What the Data page accepts, without the dots. A browser knows only the last part of a double ending."""
    kinds = BOUNDARIES if source == "boundaries" else (*endings(source), ".zip")
    return list(dict.fromkeys(kind.rpartition(".")[2] for kind in kinds))


def kinds_said(source: str = "") -> str:
    """The kinds of file that a source takes, in words; without one, those that any takes."""
    return f"{_TABLES_SAID}{_SPECIAL_SAID.get(source, '')}, or a zip or folder of them"


@dataclass(frozen=True)
class Sought:
    """What a source looks for in the files given; without names, any table is what is looked for."""

    source: str = ""
    names: frozenset[str] = frozenset()  # of columns, in small letters
    needed: frozenset[str] = frozenset()  # of these: a sheet that lacks one which the best has is another table

    @classmethod
    def of(cls, source: str, names: Iterable[str], needed: Iterable[str] = ()) -> Sought:
        """The same from names in any letters; without ``needed``, all are."""
        folded = frozenset(name.strip().casefold() for name in names)
        return cls(source, folded, frozenset(name.strip().casefold() for name in needed) or folded)

    def among(self, cells: Collection[str]) -> frozenset[str]:
        """The names that stand among these cells."""
        return self.names & {cell.strip().casefold() for cell in cells}


ANYTHING = Sought()
