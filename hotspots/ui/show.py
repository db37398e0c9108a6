"""Tables and downloads on the page."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from hotspots.base.months import month_text
from hotspots.ui import words


class Shown(NamedTuple):
    """How a column is headed, written and explained. ``decimals`` None: text; ``share``: per cent."""

    label: str
    help: str
    decimals: int | None = None
    share: bool = False


COLUMNS = {
    "rank": Shown("Rank", "1 is the cell with the most; ties go by harm, then count, then cell id", 0),
    "label": Shown("Map", "Its label on the map: T treated, C comparison, A without a role, and its number"),
    "name": Shown("Name", "Name of the area"),
    "role": Shown("Role", "Treated: patrolled more. Comparison: watched beside it. None: neither"),
    "place": Shown("Place", "Nearest place or street"),
    "sure": Shown(
        "How sure",
        "Chance of belonging in the top of its BCU, in words: the scale that UK intelligence analysts use",
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
    "harm_expected_low": Shown("Expected at least", "Lower end of the range of the expected harm, in days", 0),
    "harm_expected_high": Shown("Expected at most", "Upper end of the range of the expected harm, in days", 0),
    "p_top": Shown("Chance in top", "Chance that the cell truly belongs in the top of its BCU", 0, True),
    "p_top_next": Shown(
        "Chance next 3 months", "Chance of being in the top N counted over the next 3 months: luck included", 0, True
    ),
    "gi_z": Shown("Gi* z", "How far the cell and those adjoining it stand out from the rest: above 0 higher", 2),
    "gi_q": Shown("Gi* q", "Share of false finds to expect among cells that stand out as much as this one", 3),
    "valid_from": Shown("From", "First day on which the area is as it stands here"),
    "valid_to": Shown("To", "Last such day; empty: until further notice"),
    "bcu": Shown("BCU", "Basic Command Unit: West, South or East"),
    "district": Shown("District", "District that holds most of the cell"),
    "largest_offence": Shown("Heaviest offence", "The heaviest single offence in the cell"),
    "n_offences": Shown("Offences", "Number of offences on those incidents", 0),
    "n_unscored": Shown("Not scored", "Offences without a harm weight: not zero harm, unknown harm", 0),
    "n_ambiguous": Shown("Ambiguous", "Offences whose code has more than one weight", 0),
    "harm_capped": Shown("Harm, capped weights", "Sum of the weights, each cut to a largest number of days", 2),
    "harm_days_low": Shown("Harm at least, days", "With the lowest weight for each ambiguous offence", 2),
    "harm_days_high": Shown("Harm at most, days", "With the highest weight for each ambiguous offence", 2),
    "area_m2": Shown("Area, m²", "Area of its own geometry", 0),
    "lon": Shown("Longitude", "Of the cell's centre, WGS84", 6),
    "lat": Shown("Latitude", "Of the cell's centre, WGS84", 6),
    "cell": Shown("Cell", "H3 cell id"),
    "area": Shown("Area", "Number of the area"),
    "edits": Shown("Changed by hand", "Day, who, what, and why"),
}


# Pixels: what a sergeant reads first must fit beside the map.
WIDTHS = {
    "rank": 45, "place": 175, "n_incidents": 75, "flag": 115, "harm_sqrt": 110, "harm_days": 90, "bcu": 60,
    "harm_expected_days": 85, "expected_range": 110, "harm_expected_low": 80, "harm_expected_high": 80, "sure": 185,
    "p_top": 80, "p_top_next": 90, "gi_z": 60, "gi_q": 60, "pattern": 105, "area": 85, "label": 55, "name": 185,
    "role": 90, "n_cells": 50, "share_of_bcu_harm": 75, "valid_from": 90, "valid_to": 90, "area_m2": 75,
}  # fmt: skip


def column_settings(names: Iterable[str]) -> dict[str, Any]:
    """Streamlit column settings for columns of ours; others keep their own name."""
    settings = {}
    for name in names:
        if name not in COLUMNS:
            continue
        shown = COLUMNS[name]
        if shown.decimals is None:
            settings[name] = st.column_config.TextColumn(shown.label, help=shown.help, width=WIDTHS.get(name))
        else:
            # "%d" would cut 2738.8 to 2738; "%%" is the sign itself
            pattern = f"%.{shown.decimals}f" + ("%%" if shown.share else "")
            settings[name] = st.column_config.NumberColumn(
                shown.label, help=shown.help, format=pattern, pinned=name == "rank", width=WIDTHS.get(name)
            )
    return settings


def rounded(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame as it is shown: numbers rounded to their decimals, shares as per cent, empty kept empty."""
    changed = {}
    for name, shown in COLUMNS.items():
        if name in frame and shown.decimals is not None:
            numbers = pd.to_numeric(frame[name], errors="coerce").astype("Float64")
            changed[name] = (numbers * 100 if shown.share else numbers).round(shown.decimals)
    return frame.assign(**changed)


def ordered(names: Iterable[str]) -> list[str]:
    """Rank first, then our order, then columns that are not ours."""
    given = list(names)
    return [name for name in COLUMNS if name in given] + [name for name in given if name not in COLUMNS]


def show_table(
    frame: pd.DataFrame,
    key: str,
    columns: Iterable[str] | None = None,
    name: str | None = None,
    height: int = 420,
    what: str = "cell",
) -> str | None:
    """A table whose rows can be chosen. The ``what`` (cell or area) of a row chosen *in this run*, else None.

    ``columns`` are those shown, in their order (default: all that hold a value, in ours); the frame keeps its row
    order. The key of the widget follows the rows, so that one chosen in one table is never read from another.
    """
    given = list(frame.columns if columns is None else columns)
    shown = [c for c in given if c in frame and (columns is not None or frame[c].notna().any())]
    own_key = f"{key}-{_digest(frame[what])}"
    fresh = f"{own_key}-fresh"
    state = st.dataframe(
        rounded(frame), key=own_key, hide_index=True, column_order=shown if columns is not None else ordered(shown),
        column_config=column_settings(shown), on_select=lambda: st.session_state.update({fresh: True}),
        selection_mode="single-row", height=height, alt=name,
    )  # fmt: skip
    return chosen_row(frame, state, what) if st.session_state.pop(fresh, False) else None


def chosen_row(frame: pd.DataFrame, state: Any, what: str = "cell") -> str | None:
    """The ``what`` in the selected row of `st.dataframe`; None when no row is selected."""
    rows = (state or {}).get("selection", {}).get("rows") or []
    return str(frame[what].iloc[rows[0]]) if rows and 0 <= rows[0] < len(frame) else None


def _digest(ids: pd.Series) -> str:
    return hashlib.sha256("\n".join(map(str, ids)).encode()).hexdigest()[:10]


class Download(NamedTuple):
    """A button: ``build`` makes the file when it is pressed, not before."""

    label: str
    file_name: str
    mime: str
    build: Callable[[], bytes | str]


def download_buttons(downloads: Iterable[Download], key: str) -> None:
    """Buttons side by side (below each other on a phone); pressing one builds the file, without a rerun."""
    with st.container(horizontal=True):
        for download in downloads:
            st.download_button(
                download.label, data=download.build, file_name=download.file_name, mime=download.mime,
                on_click="ignore", key=f"{key}-{download.file_name}", icon=":material/download:",
            )  # fmt: skip


def show_breaks(breaks: Iterable[int]) -> None:
    """Wherever figures of a window stand: that the map points changed inside it."""
    for month in breaks:
        st.warning(words.BREAK.format(month=month_text(month)), icon=":material/warning:")
