"""The Data page takes officers' positions and patrol logs: with a mapping or without, and with a time zone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hotspots.ui.data import KINDS, STANDARD_NAMES


@pytest.mark.parametrize(
    ("source", "example", "zone"),
    [
        ("pings", "avl_positions.toml", True),
        ("patrol-log", "patrol_log.toml", True),
        ("incidents", "athena_export.toml", False),
    ],
)
def test_each_source_offers_its_own_mappings(at: Any, empty: Path, source: str, example: str, zone: bool) -> None:
    app = at(empty, "Data")
    kind = next(b for b in app.test.selectbox if b.label == "What is it?")
    kind.select(source)
    app.run()
    mapping = next(b for b in app.test.selectbox if b.label == "Mapping")
    others = {"avl_positions.toml", "patrol_log.toml", "athena_export.toml"} - {example}
    assert example in mapping.options
    assert not others & set(mapping.options)
    assert (STANDARD_NAMES in mapping.options) == zone
    assert ("Time zone" in [t.label for t in app.test.text_input]) == zone


def test_every_source_of_an_import_is_on_the_page() -> None:
    from hotspots.base.choices import FEEDS

    assert set(KINDS) == set(FEEDS)
