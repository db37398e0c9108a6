"""Every sentence that more than one page says."""

from __future__ import annotations

from typing import Any

SYNTHETIC = "Synthetic data: made up to show the tool. No street, person or crime here is real."
EMPTY = "There is no data here yet. Import your own, or build the demo to look around."
PROXY = "Weights are a proxy. They are set per broad crime type, so they hardly tell one offence from another."
BREAK = (
    "The anonymised map points changed in {month}, inside this window. Counts move between cells without any change in"
    " crime. Choose a window on one side of it."
)
NO_CELL = "Choose a cell on the map or a row in the table to see what is behind its rank."
UNSCORED = "Offences without a harm weight. They are counted as incidents and add no harm: unknown, not zero."
EDIT_HELP = "Double-click a number in the second column to change it. Nothing is stored until you save."
CELL_LIMIT = "The map draws the first {n:,} cells; the download has all of them."
PAGES = (
    ("app.py", "Overview"),
    ("pages/1_Hot_spots.py", "Hot spots"),
    ("pages/6_Harm_weights.py", "Harm weights"),
    ("pages/7_Data.py", "Data"),
    ("pages/8_Method.py", "Method"),
)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SOURCES = {"police-uk": "data.police.uk (month only)", "incidents": "Force records (with times)"}


def why_it_ranks(row: dict[str, Any], measure: str, total: int) -> str:
    """One paragraph on a ranked cell, in plain words."""
    share = row["largest_offence_share"]
    words = [f"Ranked {row['rank']:,} of {total:,} cells by {measure.lower()}: {row['n_incidents']:,} incidents"]
    if isinstance(row["harm_days"], float) and row["harm_days"] == row["harm_days"]:
        words[0] += f", {row['harm_days']:,.2f} harm days."
    else:
        words[0] += "; none of its offences has a harm weight."
    if isinstance(share, float) and share == share:
        words.append(f"Its heaviest single offence ({row['largest_offence']}) is {share:.1%} of that harm.")
    if row["flag"]:
        words.append(f"Take care: {row['flag']}.")
    if row["n_unscored"] or row["n_ambiguous"]:
        words.append(f"{row['n_unscored']:,} offences have no weight and {row['n_ambiguous']:,} could have several.")
    return " ".join(words)
