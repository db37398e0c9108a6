"""How the places of a register were chosen: what freezing asks, and what is read of what was stored."""

from __future__ import annotations

from datetime import date

import pytest

from hotspots.areas.choosing import Choice, choice_of, stated_choice
from hotspots.base.errors import HotspotsError
from hotspots.base.months import Window

YEAR = ["2025-01-01", "2025-12-31"]
WHOLE = Window(date(2025, 1, 1), date(2025, 12, 31))


@pytest.mark.parametrize(
    ("how", "first", "last", "stored"),
    [
        ("", "", "", {"how": "ranking", "from": "2025-01-01", "to": "2025-12-31"}),
        ("hand", "", "", {"how": "hand"}),
        ("figures", "2024-02", "2024-04", {"how": "figures", "from": "2024-02-01", "to": "2024-04-30"}),
    ],
)
def test_what_is_stored_is_what_is_read(how, first, last, stored):
    assert stated_choice(how, first, last, YEAR, edited=False) == stored
    window = Window(*(date.fromisoformat(stored[end]) for end in ("from", "to"))) if "from" in stored else None
    assert choice_of({"window": YEAR, "chosen": stored}) == Choice(stored["how"], window)


@pytest.mark.parametrize(
    ("how", "first", "last", "edited", "said"),
    [
        ("", "", "", True, "How were these areas chosen"),
        ("luck", "", "", False, "not chosen by 'luck'"),
        ("figures", "2024-02", "", False, "need the months"),
        ("hand", "2024-02", "2024-03", False, "go with other figures only"),
        ("figures", "2024-05", "2024-03", False, "Put the earlier day first"),
    ],
)
def test_what_cannot_be_stored_is_asked_for(how, first, last, edited, said):
    with pytest.raises(HotspotsError, match=said):
        stated_choice(how, first, last, YEAR, edited)


@pytest.mark.parametrize(
    ("definition", "choice"),
    [
        ({"window": YEAR}, Choice("ranking", WHOLE, stated=False)),
        ({"window": YEAR, "chosen": "the planted hot spots of the demo"}, Choice("hand")),
        ({}, Choice("hand", stated=False)),
    ],
)
def test_registers_that_were_frozen_before_it_was_asked_stay_readable(definition, choice):
    assert choice_of(definition) == choice
