"""What `make test` leaves to `make test-thorough`: tests whose kind runs in `make test` already, once more or deeper.

Named by the beginning of their node id, with the reason. Nothing stands here whose kind would otherwise not run at all.
"""

from __future__ import annotations

DEMO = "tests/recovery/test_demo_workspace.py"
PATTERNS = "tests/recovery/test_patterns_recovery.py"
PAGES = "tests/pages/test_pages.py"
FROM_FIRST = f"{PAGES}::test_every_page_loads[from the first page"
FAULTS = "tests/recovery/test_faults.py::test_a_fault_at_any_event_leaves_what_was_or_what_should_be"
POLICY = "tests/browser/test_safe.py::test_no_page_breaks_its_policy"
SURE = "tests/browser/test_harm_weights.py::test_how_sure_in_every_look"
CHANGE = "tests/browser/test_change.py::test_cold_deep_link_and_another_comparison_from_the_keyboard"
DOSAGE = "tests/browser/test_dosage.py"
THOROUGH = {
    f"{FAULTS}[import of police-uk, the first": "import over others is asked, and a first one of pings",
    f"{FAULTS}[import of incidents": "as above",
    f"{FAULTS}[import of pings]": "the first is asked, and an import over others of police-uk",
    f"{FAULTS}[weights import": "a decision is asked, which stores a version too",
    f"{FAULTS}[log correction": "an entry is asked",
    f"{FAULTS}[areas exclude]": "a context line is asked, which adds a row too",
    f"{FAULTS}[demo, the first": "one over another is asked",
    f"{FAULTS}[change context, PostgreSQL": "an exclusion is asked",
    f"{FAULTS}[weights decide, PostgreSQL": "as above",
    "tests/browser/test_app.py::test_hostile_text_is_text[every]": "two kinds are, all on text_app",
    **{f"{SURE}[{look}]": "phone is asked; the map of all four is the simple one" for look in ("wide", "dark", "nogl")},
    f"{DOSAGE}::test_cold_deep_link[dark]": "wide is asked, and dark of a cell and of Data",
    f"{DOSAGE}::test_cold_deep_link[nogl]": "the page has no map",
    f"{DOSAGE}::test_names_that_would_be_code": "tests/pages reads the markup; in a browser it is asked of Hot spots",
    f"{CHANGE}[nogl]": "dark is asked, which has less contrast; without graphics Hot spots is",
    "tests/browser/test_app.py::test_cold_deep_link_to_a_cell[wide]": "dark is asked, which has less contrast",
    "tests/browser/test_app.py::test_an_empty_workspace_leads_to_the_demo": "tests/pages presses the same button",
    "tests/browser/test_map_components.py::test_without_webgl": "test_app asks the page itself",
    "tests/browser/test_map_components.py::test_deck_draws_patterns[sharp]": "expected to fail; wide is asked",
    **{
        f"{POLICY}[{name}]": "every browser test hears what breaks the policy; here it is unfolded, too"
        for name in (
            "Overview",
            "Hot spots",
            "reconciled",
            "Patrol dosage",
            "Change",
            "Harm weights",
            "Method",
            "a cell",
            "simple map",
            "areas",
            "register",
            "trials",
        )
    },
    "tests/browser/test_safe.py::test_files_come_and_go_under_the_policy": "as above, of test_app's files",
    f"{DEMO}::test_an_effect_of_nothing": "test_demo_effects asks it of the tables; here it is asked of the files",
    f"{DEMO}::test_a_removal_that_was_cut_short": "test_demo_whole cuts a small demo short at every step",
    f"{PAGES}::test_the_demo_is_built_at_a_press[Hot spots]": "Overview is asked; the button is the same",
    f"{FROM_FIRST}-demo": "both sources and an empty workspace are asked; cold all are",
    f"{FROM_FIRST}-police": "as above",
    f"{FROM_FIRST}-flagless": "as above",
    f"{FROM_FIRST}-hostile": "as above",
    f"{PATTERNS}::test_harm_without_hot_spots_seldom_has_a_pattern[even-8]": "4 spans are asked",
    f"{PATTERNS}::test_harm_without_hot_spots_seldom_has_a_pattern[uneven, scattered anew in each span-8]": "as above",
    "tests/recovery/test_nulls_recovery.py::test_places_that_burst": "shares need many forces; withheld ones are asked",
    f"{PATTERNS}::test_steady_but_uneven_places_are_not_called_new_or_former[8]": "as above",
}
