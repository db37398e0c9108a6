"""What is put on the page: text from data as text, errors as sentences, tables, charts and downloads."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from hotspots.base.errors import HotspotsError
from hotspots.base.months import month_text
from hotspots.base.settings import Settings
from hotspots.base.words import DASH
from hotspots.ui import words
from hotspots.ui.session import hand_over, handed_over


class Shown(NamedTuple):
    """How a column is headed, written and explained. ``decimals`` None: text; ``share``: per cent."""

    label: str
    help: str
    decimals: int | None = None
    share: bool = False
    width: int | None = None  # pixels; else of `WIDTHS`


ROW = 35  # pixels
NAME = Shown("Hot spot", "Name of the hot spot")
BCU = Shown("BCU", "Basic Command Unit of the force")
COLUMNS = {
    "rank": Shown("Rank", "1 is the cell with the most; ties go by harm, then count, then cell id", 0),
    "label": Shown("Map", "Its label on the map: T treated, C comparison, A without a role, and its number"),
    "name": Shown("Name", "Name of the area"),
    "role": Shown("Role", "Treated: patrolled more. Comparison: watched beside it. None: neither"),
    "place": Shown("Place", "Nearest place or street"),
    "sure": Shown(
        "How sure",
        "Chance of being in the top of its BCU by what will be counted in the next months, in the words that UK"
        " intelligence analysts use",
    ),
    "harm_expected_days": Shown(
        "Expected harm, days",
        "Harm expected in the next period, in days: luck is taken out as far as the data allow",
        0,
    ),
    "expected_range": Shown("Range of it", "90% interval of what is expected, not of what will come"),
    "n_incidents": Shown("Incidents", "Number of incidents in the cell and the period", 0),
    "pattern": Shown("Pattern", "New, intensifying, persistent, intermittent, fading or former; empty: none"),
    "flag": Shown("Take care", "Why the rank may mislead: one severe event, few incidents"),
    "harm_sqrt": Shown("Harm, root weights", "Sum of the square roots of the weights: one severe event counts less", 2),
    "harm_days": Shown("Harm, days", "Sum of the harm weights of the offences that have one, in days", 2),
    "n_cells": Shown("Cells", "Number of cells in the area", 0),
    "share_of_bcu_harm": Shown("Share of BCU harm", "Share of its BCU's harm that lies in the area", 1, True),
    "largest_offence_share": Shown(
        "Heaviest share", "Share of the cell's harm that is its heaviest single offence", 2, True
    ),
    "bcu": BCU,
    "n_offences": Shown("Offences", "Number of offences on those incidents", 0),
    "harm_capped": Shown("Harm, capped weights", "Sum of the weights, each cut to a largest number of days", 2),
    "area_m2": Shown("Area, m²", "Area of its own geometry", 0),
    "cell": Shown("Cell", "H3 cell id"),
    "area": Shown("Area", "Number of the area"),
    "edits": Shown("Changed by hand", "Day, who, what, and why"),
}


OFFENCES = {
    "offence": Shown("Offence", "Its name"), "label": Shown("Offence", "Its name"),
    "status": Shown("Status", "Scored, ambiguous (several weights fit), or unscored (none does)"),
    "n_incidents": COLUMNS["n_incidents"], "n_offences": COLUMNS["n_offences"],
    "days": Shown("Weight, days", "What one such offence weighs", 2), "harm_days": COLUMNS["harm_days"],
    "days_low": Shown("Lowest weight", "Of those that fit", 2),
    "days_high": Shown("Highest weight", "Of those that fit", 2),
    "athena_urn": Shown("Athena URN", "Code of the offence in the records"),
    "ho_class": Shown("Home Office class", "Code by which offences are counted nationally"),
    "crime_type": Shown("Crime type", "As data.police.uk has it"),
}  # fmt: skip
DAY = Shown("Patrol day", "From {patrol_day_starts:02d}:00 on this day up to the same hour of the next")
LOOSE = ("label", "status", "n_offences", "days_low", "days_high", "athena_urn", "ho_class", "crime_type")
# Pixels: what a sergeant reads first must fit on the screen.
WIDTHS = {
    "rank": 45, "place": 175, "n_incidents": 75, "flag": 115, "harm_sqrt": 110, "harm_days": 90, "bcu": 60,
    "harm_expected_days": 85, "expected_range": 110, "sure": 185,
    "pattern": 105, "area": 85, "label": 55, "name": 185,
    "role": 95, "n_cells": 50, "share_of_bcu_harm": 75, "area_m2": 75,
    "verdict": 90, "share_of_target": 95, "patrol_minutes": 95, "target_minutes": 60, "start": 140, "end": 140,
    "unit": 160, "entry": 130, "register": 110, "counted": 90, "lead": 30, "group": 165, "finding": 235,
    "treated": 110, "comparison": 110, "change": 115, "interval": 125, "against_interval": 115, "note": 280,
    "method": 320, "count_before": 60, "count_after": 60, "rate_ratio": 60, "ring_note": 220, "percent_refused": 170,
    "fact": 190, "value": 620, "looks": 200, "term": 160, "comparison_cell": 140, "treated_cell": 140, "reason": 220,
}  # fmt: skip


def column_settings(columns: Mapping[str, Shown], settings: Settings | None = None) -> dict[str, Any]:
    """Headings, help, format and width as Streamlit takes them. ``settings`` fill in the numbers that a help names."""
    made: dict[str, Any] = {}
    for column, how in columns.items():
        width, pinned = how.width or WIDTHS.get(column), column == "rank"
        help_ = how.help.format(**vars(settings)) if settings else how.help
        if how.decimals is None:
            made[column] = st.column_config.Column(how.label, help=help_, width=width)
        else:
            # "%d" would cut 2738.8 to 2738; "%%" is the sign itself
            pattern = f"%.{how.decimals}f" + ("%%" if how.share else "")
            made[column] = st.column_config.NumberColumn(
                how.label, help=help_, format=pattern, width=width, pinned=pinned
            )
    return made


def as_shown(frame: pd.DataFrame, columns: Mapping[str, Shown]) -> pd.DataFrame:
    """These columns: numbers rounded to their decimals, shares in per cent, what is unknown left empty."""
    table = {}
    for column, how in columns.items():
        if how.decimals is None:
            table[column] = frame[column]
            continue
        numbers = pd.to_numeric(frame[column], errors="coerce").astype("Float64")
        table[column] = (numbers * 100 if how.share else numbers).round(how.decimals)
    return pd.DataFrame(table).reset_index(drop=True)


def height_of(n_rows: int, most: int) -> int:
    """Pixels for a table: as high as its rows, and no higher than ``most``."""
    return min(most, 40 + ROW * max(n_rows, 1))


def show_columns(
    frame: pd.DataFrame, columns: Mapping[str, Shown], name: str, tallest: int = 420, settings: Settings | None = None
) -> None:
    """The columns of the frame in this order; a figure that is missing is a dash, never 0."""
    shown = {c: how for c, how in columns.items() if c in frame}
    st.dataframe(
        as_shown(frame, shown), hide_index=True, column_config=column_settings(shown, settings), placeholder=DASH,
        alt=name, height=height_of(len(frame), tallest),
    )  # fmt: skip


def show_table(
    frame: pd.DataFrame, key: str, columns: Iterable[str], name: str, height: int, what: str = "cell"
) -> str | None:
    """Columns of `COLUMNS`; the ``what`` (cell or area) of the row chosen *in this run*, else None.

    The key of the widget follows the rows, so that one chosen in one table is never read from another.
    """
    shown = {c: COLUMNS[c] for c in columns if c in frame}
    ids = frame[what].astype(str)
    own_key = f"{key}-{hashlib.sha256(chr(10).join(ids).encode()).hexdigest()[:10]}"
    state = st.dataframe(
        as_shown(frame, shown), key=own_key, hide_index=True, column_config=column_settings(shown),
        on_select=lambda: hand_over(own_key, True), selection_mode="single-row", height=height, alt=name,
    )  # fmt: skip
    return chosen_row(ids, state) if handed_over(own_key) else None


def chosen_row(ids: pd.Series, state: Any) -> str | None:
    """The id of the selected row of `st.dataframe`; None when no row is selected."""
    rows = (state or {}).get("selection", {}).get("rows") or []
    return str(ids.iloc[rows[0]]) if rows and 0 <= rows[0] < len(ids) else None


FILES = {
    "csv": ("CSV", "text/csv"),
    "xlsx": ("Excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "json": ("JSON", "application/json"),
    "geojson": ("GeoJSON", "application/geo+json"),
}


def offer_files(name: str, what: str = "", **makers: Callable[[], bytes | str]) -> None:
    """A button for each file, by its ending, side by side (below each other on a phone).

    Pressing one makes the file, without a rerun. ``what`` it holds stands on the button where a page has several.
    """
    with st.container(horizontal=True):
        for ending, make in makers.items():
            kind, mime = FILES[ending]
            st.download_button(
                f"{what}, {kind}" if what else kind, data=make, file_name=f"{name}.{ending}", mime=mime,
                on_click="ignore", key=f"file-{name}.{ending}", icon=":material/download:",
            )  # fmt: skip


def show_loose(loose: pd.DataFrame) -> None:
    """Offences without one weight, the most frequent first; only columns that say something."""
    columns = [c for c in LOOSE if loose[c].notna().any() and loose[c].astype(str).ne("").any()]
    ordered = loose.sort_values(["n_offences", "label"], ascending=[False, True])
    show_columns(ordered, {c: OFFENCES[c] for c in columns}, "Offences without one weight")


def show_chart(spec: dict[str, Any]) -> None:
    st.vega_lite_chart(None, spec, width="stretch", theme=None)


def show_breaks(breaks: Iterable[int]) -> None:
    """Wherever figures of a window stand: that the map points changed inside it."""
    for month in breaks:
        st.warning(words.BREAK.format(month=month_text(month)), icon=":material/warning:")


WORD_JOINER = "\u2060"
LINK_OR_ICON = re.compile(r":(?=//|[\w+/-]+:)|@(?=\S)|www(?=\.)", re.IGNORECASE)


@contextmanager
def errors_shown() -> Iterator[None]:
    """Errors of the input or the request are shown as sentences; the rest of the block is left out."""
    try:
        yield
    except HotspotsError as error:
        for problem in error.problems:
            st.error(plain_text(problem), icon=":material/error:")


def plain_text(text: str) -> str:
    """Text from data, safe inside Markdown: nothing in it is a link, a formula, an icon or a heading.

    Addresses, :material/icons: and :emoji: are found after the escapes are gone, so an unseen character
    (U+2060, word joiner) parts them.
    """
    text = " ".join(text.split())
    text = LINK_OR_ICON.sub(lambda found: found[0] + WORD_JOINER, text)
    for mark in "\\`*_{}[]()<>#+!|$~:":
        text = text.replace(mark, "\\" + mark)
    return text


def show_warnings(lines: Sequence[str]) -> None:
    """One box for all: a wall of boxes is not read."""
    if lines:
        st.warning(plain_text(lines[0]) if len(lines) == 1 else bullets(lines), icon=":material/warning:")


def bullets(lines: Iterable[str]) -> str:
    """Text from data as a list in Markdown."""
    return "\n".join(f"- {plain_text(line)}" for line in lines)
