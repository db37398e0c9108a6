"""The hot spots of a day, kept until areas are frozen."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import streamlit as st

from hotspots.areas import register as area_register


@st.cache_data(max_entries=64, show_spinner=False)
def areas_on(folder: str, stamp: str, day: date) -> pd.DataFrame:
    """The hot spots of every register that held on a day: `hotspots.areas.register.areas_on`."""
    return area_register.areas_on(Path(folder), day)
