"""What `make test` leaves to `make test-thorough`: tests whose kind runs in `make test` already, once more or deeper.

Named by the beginning of their node id, with the reason. Nothing stands here whose kind would otherwise not run at all.
"""

from __future__ import annotations

PATTERNS = "tests/recovery/test_patterns_recovery.py"
PAGES = "tests/pages/test_pages.py"
FROM_FIRST = f"{PAGES}::test_every_page_loads[from the first page"
THOROUGH = {
    "tests/browser/test_app.py::test_hostile_text_is_text[every]": "two kinds are, all on text_app",
    "tests/browser/test_harm_weights.py::test_how_sure_in_every_look[wide]": "dark is as wide",
    "tests/browser/test_harm_weights.py::test_how_sure_in_every_look[nogl]": "the map of all four is the simple one",
    f"{PAGES}::test_the_demo_is_built_at_a_press[Hot spots]": "Overview is asked; the button is the same",
    f"{FROM_FIRST}-demo": "both sources and an empty workspace are asked; cold all are",
    f"{FROM_FIRST}-police": "as above",
    f"{FROM_FIRST}-flagless": "as above",
    f"{FROM_FIRST}-hostile": "as above",
    f"{PATTERNS}::test_harm_without_hot_spots_seldom_has_a_pattern[even-8]": "4 spans are asked",
    f"{PATTERNS}::test_harm_without_hot_spots_seldom_has_a_pattern[uneven, scattered anew in each span-8]": "as above",
}
