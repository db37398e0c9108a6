"""What `make test` leaves to `make test-thorough`: tests whose kind runs in `make test` already, once more or deeper.

Named by the beginning of their node id, with the reason. Nothing stands here whose kind would otherwise not run at all.
"""

from __future__ import annotations

PATTERNS = "tests/recovery/test_patterns_recovery.py"
PAGES = "tests/pages/test_pages.py"
FROM_FIRST = f"{PAGES}::test_every_page_loads[from the first page"
THOROUGH = {
    "tests/browser/test_app.py::test_no_serious_axe_violations[a cell-dark]": "dark is asked on Data",
    "tests/browser/test_app.py::test_no_serious_axe_violations[Hot spots-wide]": "asked on a cell of the page",
    "tests/browser/test_dosage.py::test_no_serious_axe_violations[dosage-dark]": "wide is asked, dark on reconciled",
    "tests/browser/test_dosage.py::test_no_serious_axe_violations[reconciled-wide]": "wide is asked on dosage",
    "tests/browser/test_dosage.py::test_cold_deep_link[dark]": "wide and without WebGL are asked",
    "tests/browser/test_dosage.py::test_cold_deep_link[phone]": "a phone is asked for scrolling sideways",
    "tests/browser/test_log_form.py::test_no_axe_violations[dark]": "the phone is asked",
    "tests/browser/test_areas.py::test_no_serious_axe_violations[areas-wide]": "the register in dark is asked",
    "tests/browser/test_areas.py::test_a_phone_does_not_scroll_sideways[register]": "the areas are asked",
    "tests/browser/test_harm_weights.py::test_how_sure_in_every_look[phone]": "wide and without WebGL are asked",
    "tests/browser/test_harm_weights.py::test_how_sure_in_every_look[dark]": "wide and without WebGL are asked",
    "tests/browser/test_map_components.py::test_deck_draws_patterns": "the drawn patterns are asked of the SVG map",
    "tests/browser/test_map_components.py::test_deck_draft_and_a_cleared": "picking by deck.gl is asked of a cell",
    "tests/browser/test_map_components.py::test_deck_tooltip_shows_text": "hostile text is asked on the whole page",
    f"{PAGES}::test_the_demo_is_built_at_a_press[Hot spots]": "Overview is asked; the button is the same",
    f"{FROM_FIRST}-demo": "both sources and an empty workspace are asked; cold all are",
    f"{FROM_FIRST}-police": "as above",
    f"{FROM_FIRST}-flagless": "as above",
    f"{FROM_FIRST}-hostile": "as above",
    f"{PATTERNS}::test_harm_without_hot_spots_seldom_has_a_pattern[even-8]": "4 spans are asked",
    f"{PATTERNS}::test_harm_without_hot_spots_seldom_has_a_pattern[uneven, scattered anew in each span-8]": "as above",
}
