"""Settings: every policy number has its bounds, and a wrong one is refused in a sentence."""

from __future__ import annotations

from dataclasses import fields

import pytest

from hotspots.base.errors import HotspotsError
from hotspots.base.profile import home
from hotspots.base.settings import Settings, load_settings

AREAS = (("West", 7), ("South", 6), ("East", 7))  # of Lancashire's profile
# Setting, the last value that is accepted on one side, the first that is not, and the sentence.
SIDES = (
    ("resolution", 11, 12, "Setting 'resolution' is 12; it must be 9, 10 or 11."),
    ("top", 1, 0, "Setting 'top' is 0; it must be at least 1."),
    ("seed", 0, -1, "Setting 'seed' is -1; it must be 0 or more."),
    ("areas_per_bcu", 0, -1, "Setting 'areas_per_bcu' is -1; it must be 0 or more."),
    ("areas", (("West", 0),), (("North West", -1),), "Setting 'areas_north_west' is -1; it must be 0 or more."),
    ("patrol_day_starts", 23, 24, "Setting 'patrol_day_starts' is 24; it must be an hour, 0 to 23."),
    ("dominant_share", 1.0, 1.01, "Setting 'dominant_share' is 1.01; it must be above 0 and at most 1."),
    ("bad_coordinate_share", 0.01, 0.0, "Setting 'bad_coordinate_share' is 0.0; it must be above 0 and at most 1."),
    ("large_harm_share", 1.0, 1.1, "Setting 'large_harm_share' is 1.1; it must be above 0 and at most 1."),
    ("log_tracked_share", 1.0, 1.5, "Setting 'log_tracked_share' is 1.5; it must be above 0 and at most 1."),
    ("area_min_density", 0.0, -0.1, "Setting 'area_min_density' is -0.1; it must be 0 or more."),
    ("harm_cap_days", 1.0, float("inf"), "Setting 'harm_cap_days' is inf; it must be a number of days above 0."),
    ("max_area_m2", 1.0, 0.0, "Setting 'max_area_m2' is 0.0; it must be a number of m² above 0."),
    ("ping_max_kmh", 0.1, 0.0, "Setting 'ping_max_kmh' is 0.0; it must be a number above 0."),
    ("ping_credit_minutes", 5.0, 5.1, "Setting 'ping_credit_minutes' must not be above 'visit_gap_minutes'."),
    ("edge_tolerance_seconds", 300, 301, "Setting 'edge_tolerance_seconds' must be 0 or more, and at most"),
    ("visit_min_minutes", 19.9, 20.0, "'visit_long_minutes' and 'visit_most_minutes' must grow"),
    ("visit_most_minutes", 20.1, 20.0, "'visit_long_minutes' and 'visit_most_minutes' must grow in this order"),
    ("underdosed_share", 1.0, 1.1, "'underdosed_share' and 'overdosed_share' must lie on either side of 1."),
)


@pytest.mark.parametrize(("name", "good", "bad", "sentence"), SIDES)
def test_a_setting_is_tested_on_both_sides_of_its_bound(name, good, bad, sentence):
    assert getattr(Settings(**{name: good}), name) == good
    with pytest.raises(HotspotsError) as told:
        Settings(**{name: bad})
    assert len(told.value.problems) == 1
    assert sentence in told.value.problems[0]


def test_all_problems_are_told_at_once():
    with pytest.raises(HotspotsError) as told:
        Settings(top=0, dominant_share=0.0, patrol_day_starts=-1)
    assert len(told.value.problems) == 3


def test_a_file_changes_settings_and_what_it_gets_wrong_is_named(tmp_path):
    assert load_settings(None, home()) == load_settings(tmp_path, home()) == Settings(areas=AREAS)
    path = tmp_path / "settings.toml"
    path.write_text("top = 30\nharm_cap_days = 100\n", encoding="utf-8")
    assert load_settings(tmp_path, home()) == Settings(top=30, harm_cap_days=100.0, areas=AREAS)
    path.write_text("topp = 30\ntop = 2.5\ntimezone = 1\nexclude_on_call = 1\n", encoding="utf-8")
    with pytest.raises(HotspotsError) as told:
        load_settings(tmp_path, home())
    assert told.value.problems == (
        "settings.toml has 'topp', which is not a setting.",
        "settings.toml gives 'top' as 2.5; it must be a number.",
        "settings.toml gives 'timezone' as 1; it must be text.",
        "settings.toml gives 'exclude_on_call' as 1; it must be true or false.",
    )
    path.write_text("top = ", encoding="utf-8")
    with pytest.raises(HotspotsError, match=r"settings\.toml cannot be read"):
        load_settings(tmp_path, home())


def test_every_number_but_those_with_a_bound_of_two_settings_has_its_own():
    from hotspots.base.settings import bounds

    free = {f.name for f in fields(Settings) if type(f.default) in (int, float)} - set(bounds())
    assert free == {
        "edge_tolerance_seconds", "visit_pass_minutes", "visit_min_minutes", "visit_long_minutes", "visit_most_minutes",
        "underdosed_share", "overdosed_share", "break_min_rows",
    }  # fmt: skip
