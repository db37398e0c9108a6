"""An entry as far as it is entered: kept in the session and on the server, under the key in the address."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from hotspots.base.settings import Settings
from hotspots.patrols import form as patrol_form
from hotspots.patrols.form import COUNTS
from hotspots.patrols.moments import patrol_day
from hotspots.store import ledger
from hotspots.ui.log_form import answers
from hotspots.ui.session import held, hold, keep

Draft = dict[str, Any]
EMPTY: Draft = {
    "area": "", "unit": "", "officers": None, "start": None, "end": None, "mode": "", "activity": [], "reactive": False,
    **dict.fromkeys(COUNTS), "notes": "", "note_start": "", "note_end": "",
}  # fmt: skip


class Site(NamedTuple):
    """Where entries are stored, and the hot spots there."""

    folder: Path
    settings: Settings
    stamp: str  # changes whenever areas are frozen

    @property
    def today(self) -> date:
        """The patrol day of this moment."""
        return patrol_day(ledger.now().timestamp(), self.settings)

    def areas(self, day: date) -> pd.DataFrame:
        """The hot spots that held on a day: `hotspots.areas.register.areas_on`."""
        return answers.areas_on(str(self.folder), self.stamp, day)

    def names(self, second: int) -> dict[str, str]:
        """The names of the hot spots that held at a time."""
        areas = self.areas(patrol_day(second, self.settings))
        return dict(zip(areas["area"], areas["name"], strict=True))


class Desk(NamedTuple):
    """What the form works on."""

    site: Site
    key: str
    draft: Draft
    areas: pd.DataFrame  # that can be chosen

    def name(self, field: str) -> str:
        """The name of a widget of this entry: another entry has other widgets."""
        return f"log_{self.key[:8]}_{field}"


def desk_of(site: Site, key: str, stored: Mapping[str, Any] | None, today: pd.DataFrame, bcu: str) -> Desk:
    """The entry as entered so far in this session, else as the stored draft has it, else as it begins."""
    draft = in_hand(key)
    if draft is None:
        draft = {**EMPTY, **(held("log_last") or {}), **{k: v for k, v in (stored or {}).items() if k in EMPTY}}
        hold("log_draft", (key, draft))
        hold("log_kept", dict(draft))
    areas = today
    if draft["start"] is not None:
        areas = site.areas(patrol_day(draft["start"], site.settings))
    offered = areas if bcu == "all" else areas[(areas["bcu"] == bcu) | (areas["area"] == draft["area"])]
    return Desk(site, key, draft, offered)


def in_hand(key: str) -> Draft | None:
    """What was entered in this session under a key."""
    kept = held("log_draft")
    return kept[1] if kept is not None and kept[0] == key else None


def keep_draft(desk: Desk) -> None:
    """What is entered, kept on the server where it has changed."""
    if desk.draft != held("log_kept"):
        patrol_form.save_draft(desk.site.folder, desk.key, desk.draft)
        hold("log_kept", dict(desk.draft))


def new_entry() -> None:
    hold("log_draft", None)
    keep("log", patrol_form.new_key())
