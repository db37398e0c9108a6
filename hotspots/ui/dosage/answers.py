"""What the Patrol dosage page works out, kept for each version of the data, the register, logs and targets."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import streamlit as st

from hotspots.patrols.dosage import dose as dose_room
from hotspots.patrols.dosage.stretches import DoseQuestion, days_held, opens_on
from hotspots.patrols.dosage.workspace import Dose, dose_workspace
from hotspots.store import ledger
from hotspots.store.workspace import open_workspace


def patrol_stamp(folder: str) -> str:
    """Changes whenever areas are frozen, a target is set, a site is masked, or a log entry entered or corrected."""
    return ledger.stamp(
        Path(folder), "area_registers", "area_exclusions", "patrol_entries", "dose_targets", "dose_masks"
    )


@st.cache_data(max_entries=8, show_spinner=False)
def patrol_days(folder: str, version: str, stamp: str) -> tuple[date, date, date] | None:
    """The first and the last patrol day with positions or a log entry, and the one shown unasked; None without any."""
    workspace = open_workspace(Path(folder))
    held = days_held(workspace)
    return held and (*held, opens_on(workspace, held))


@st.cache_resource(max_entries=16, show_spinner="Adding up the minutes …")
def dose(folder: str, version: str, question: DoseQuestion, stamp: str) -> Dose:
    """The dose of a question, worked out once for each version of the data, of what is frozen and of the logs."""
    return dose_workspace(open_workspace(Path(folder)), question)


@st.cache_data(max_entries=8, show_spinner=False)
def targets(folder: str, stamp: str, register: str) -> pd.DataFrame:
    """Every target ever set for a register, oldest first."""
    return dose_room.targets(Path(folder), register)
