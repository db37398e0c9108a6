"""Build the bank holidays among the shipped context lines from the file that GOV.UK publishes.

Run from the repository: ``python scripts/build_context.py [FILE]``, where FILE is GOV.UK's bank-holidays JSON (default:
``calendar/bank-holidays_2026.json`` in the folder that the environment variable HOTSPOTS_SHARED_DATA names). Writes
``data/context_lines.csv``: its bank holidays anew, one line a day, and every other line as it stands. Those are facts
written by hand, each with its source: edit them in the file itself.

Contains public sector information licensed under the Open Government Licence v3.0.
"""

from __future__ import annotations

import csv
import json
import os
import sys
from datetime import date, datetime
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
TABLE = REPOSITORY / "data" / "context_lines.csv"
COLUMNS = ("line", "kind", "name", "first_day", "last_day", "where", "source", "note", "force")
OURS = "s-holiday-"  # how the lines made here begin
DIVISION = "common.nations.england-and-wales_slug"
SUBSTITUTE = "common.substitute_day"
NAMES = {  # the file's key → how people call the day
    "bank_holidays.new_year": "New Year's Day",
    "bank_holidays.good_friday": "Good Friday",
    "bank_holidays.easter_monday": "Easter Monday",
    "bank_holidays.early_may": "Early May bank holiday",
    "bank_holidays.early_may_ve": "Early May bank holiday (VE Day)",
    "bank_holidays.spring": "Spring bank holiday",
    "bank_holidays.queen_platinum": "Platinum Jubilee bank holiday",
    "bank_holidays.late_august": "Summer bank holiday",
    "bank_holidays.queens_bank_holiday": "State funeral of Queen Elizabeth II",
    "bank_holidays.kings_coronation": "Coronation of King Charles III",
    "bank_holidays.christmas": "Christmas Day",
    "bank_holidays.boxing_day": "Boxing Day",
}


def holidays(published: dict[str, object]) -> list[dict[str, str]]:
    """A line for each bank holiday of England and Wales, oldest first. SystemExit for a day without plain words."""
    years = published["divisions"][DIVISION]  # type: ignore[index]
    days = [day for year, listed in years.items() if year.isdigit() for day in listed]
    unknown = sorted({d["title"] for d in days} - NAMES.keys())
    if unknown:
        raise SystemExit(f"No plain words for {', '.join(unknown)}: add them to NAMES.")
    updated = datetime.strptime(str(published["last_updated"]), "%d/%m/%Y").date()
    return sorted((line_of(day, updated) for day in days), key=lambda line: line["first_day"])


def line_of(day: dict[str, str], updated: date) -> dict[str, str]:
    """One bank holiday as a context line."""
    text = datetime.strptime(day["date"], "%d/%m/%Y").date().isoformat()
    substitute = " (substitute day)" if day["notes"] == SUBSTITUTE else ""
    return {
        "line": OURS + text,
        "kind": "holiday",
        "name": NAMES[day["title"]] + substitute,
        "first_day": text,
        "last_day": text,
        "where": "all",
        "source": f"GOV.UK, bank holidays of England and Wales, as of {updated.isoformat()}",
        "note": "Bank holiday",
        "force": "",
    }


def with_holidays(table: Path, found: list[dict[str, str]]) -> list[dict[str, str]]:
    """The lines of the table that were written by hand, then these."""
    with table.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if not row["line"].startswith(OURS)] + found


def main() -> None:
    shared = Path(os.environ.get("HOTSPOTS_SHARED_DATA", str(REPOSITORY.parent / "shared" / "data")))
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else shared / "calendar" / "bank-holidays_2026.json"
    lines = with_holidays(TABLE, holidays(json.loads(path.read_text(encoding="utf-8"))))
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
    print(f"{TABLE.relative_to(REPOSITORY)}: {len(lines)} rows", file=sys.stderr)


if __name__ == "__main__":
    main()
