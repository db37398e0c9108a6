"""The synthetic demo: the same bytes from the same seed, a believable export, and a truth that tells the truth."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import h3
import numpy as np
import pandas as pd
import pytest

from hotspots import geography
from hotspots.base.errors import HotspotsError
from hotspots.demo.incidents import expected_rows, synthetic_incidents
from hotspots.demo.records import DEFAULT_PER_YEAR, MIX_FILE
from hotspots.demo.rhythms import RHYTHMS, clock_changes, demo_window, hour_of_week
from hotspots.demo.workspace import publish_export

REPOSITORY = Path(__file__).resolve().parents[2]
SEED = 7


@pytest.fixture(scope="module")
def made() -> tuple[pd.DataFrame, dict]:
    return synthetic_incidents(SEED)


@pytest.fixture(scope="module")
def export(made) -> pd.DataFrame:
    return made[0]


@pytest.fixture(scope="module")
def truth(made) -> dict:
    return made[1]


@pytest.fixture(scope="module")
def cells(export) -> pd.Series:
    """H3 cell of every row, '' without coordinates; by convertbng and h3 themselves."""
    from convertbng.cutil import convert_osgb36_to_ll

    out = pd.Series("", index=export.index, dtype=object)
    located = export[export["EASTING"] != ""]
    lon, lat = convert_osgb36_to_ll(*grid(located))
    out[located.index] = [h3.latlng_to_cell(a, o, 10) for a, o in zip(lat, lon, strict=True)]
    return out


def grid(located: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    return located["EASTING"].astype(float).to_numpy(), located["NORTHING"].astype(float).to_numpy()


def when(texts: pd.Series) -> pd.Series:
    return pd.to_datetime(texts.where(texts != "NULL", ""), format="%d/%m/%Y %H:%M", errors="coerce")


def street_violence(export: pd.DataFrame, truth: dict) -> pd.Series:
    return export["OFFENCE_TITLE"].isin(truth["street_violence"]["titles"]) & (export["DOMESTIC"] != "Y")


# ---------------------------------------------------------------- the same again


def test_the_same_seed_gives_the_same_bytes_in_another_process(tmp_path):
    here = publish_export(tmp_path / "here", *synthetic_incidents(3, n_per_year=2000))
    code = (
        "import sys; from pathlib import Path; from hotspots.demo.incidents import synthetic_incidents as made; "
        "from hotspots.demo.workspace import publish_export as write; "
        "write(Path(sys.argv[1]), *made(3, n_per_year=2000))"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "there")], check=True, cwd=REPOSITORY,
        env={**os.environ, "PYTHONHASHSEED": "12345", "PYTHONPATH": str(REPOSITORY)},
    )  # fmt: skip
    for path in here:
        assert path.read_bytes() == (tmp_path / "there" / path.name).read_bytes()
    assert sorted(p.name for p in (tmp_path / "here").iterdir()) == ["demo_incidents.csv", "demo_truth.json"]


def test_another_seed_gives_other_incidents():
    first, _ = synthetic_incidents(1, n_per_year=1000)
    second, _ = synthetic_incidents(2, n_per_year=1000)
    assert not first["EASTING"].head(200).reset_index(drop=True).equals(second["EASTING"].head(200))


def test_the_written_file_reads_back_as_the_table(tmp_path):
    csv, truth_file = publish_export(tmp_path, *synthetic_incidents(5, n_per_year=1500))
    export, truth = synthetic_incidents(5, n_per_year=1500)
    pd.testing.assert_frame_equal(pd.read_csv(csv, dtype=str, keep_default_na=False), export)
    assert json.loads(truth_file.read_text(encoding="utf-8")) == truth


def test_writing_again_replaces_and_leaves_nothing_beside(tmp_path):
    csv, _ = publish_export(tmp_path, *synthetic_incidents(5, n_per_year=500))
    before = hashlib.sha256(csv.read_bytes()).hexdigest()
    publish_export(tmp_path, *synthetic_incidents(6, n_per_year=500))
    assert hashlib.sha256(csv.read_bytes()).hexdigest() != before
    assert len(list(tmp_path.iterdir())) == 2


# ---------------------------------------------------------------- the window


@pytest.mark.parametrize(
    ("end", "window"),
    [
        (date(2026, 10, 31), (date(2024, 11, 1), date(2026, 10, 31))),
        (date(2026, 10, 30), (date(2024, 10, 1), date(2026, 9, 30))),
        (date(2026, 1, 1), (date(2024, 1, 1), date(2025, 12, 31))),
        (date(2028, 2, 29), (date(2026, 3, 1), date(2028, 2, 29))),
        (date(2028, 2, 28), (date(2026, 2, 1), date(2028, 1, 31))),
    ],
)
def test_the_window_is_two_full_years_of_whole_months(end, window):
    assert demo_window(end) == window


@pytest.mark.parametrize(
    ("year", "forward", "back"),
    [(2024, (3, 31), (10, 27)), (2025, (3, 30), (10, 26)), (2026, (3, 29), (10, 25)), (2027, (3, 28), (10, 31))],
)
def test_clocks_change_on_the_last_sundays(year, forward, back):
    assert clock_changes(year) == (date(year, *forward), date(year, *back))


def test_an_end_without_a_start_gives_two_full_years_before_it():
    _, truth = synthetic_incidents(SEED, end=date(2026, 3, 15), n_per_year=500)
    assert (truth["start"], truth["end"]) == ("2024-03-01", "2026-02-28")


def test_impossible_requests_are_told_all_at_once():
    with pytest.raises(HotspotsError) as told:
        synthetic_incidents(-1, date(2026, 5, 1), date(2026, 4, 1), n_per_year=3)
    assert len(told.value.problems) == 3
    assert "2026-04-01" in str(told.value)


def test_a_window_of_one_day_works():
    export, truth = synthetic_incidents(SEED, date(2026, 3, 29), date(2026, 3, 29))
    assert 40 < len(export) < 200
    assert truth["start"] == truth["end"] == "2026-03-29"


# ---------------------------------------------------------------- the export


def test_columns_and_text(export):
    assert list(export.columns) == [
        "CRIME_REF", "HO_CLASS", "ATHENA_URN", "OFFENCE_TITLE", "COMMITTED_FROM", "COMMITTED_TO", "RECORDED_ON",
        "EASTING", "NORTHING", "KNIFE", "FIREARM", "DOMESTIC", "ALCOHOL", "PROACTIVE", "VICTIM_AGE", "LOCATION_TYPE",
    ]  # fmt: skip
    assert not export.isna().any().any()
    shapes = {
        "CRIME_REF": r"DEMO-\d{7}", "HO_CLASS": r"(\d{3}/\d{2})?", "ATHENA_URN": r"(\w+(\.\w+)+)?",
        "OFFENCE_TITLE": r".+",
        "COMMITTED_FROM": r"\d{2}/\d{2}/\d{4} \d{2}:\d{2}", "COMMITTED_TO": r"(\d{2}/\d{2}/\d{4} \d{2}:\d{2}|NULL)?",
        "RECORDED_ON": r"\d{2}/\d{2}/\d{4} \d{2}:\d{2}", "EASTING": r"(\d{6})?", "NORTHING": r"(\d{6})?",
        "KNIFE": "[YN]?", "FIREARM": "[YN]?", "DOMESTIC": "[YN]?", "ALCOHOL": "[YN]?", "PROACTIVE": "[YN]",
        "VICTIM_AGE": r"(\d{1,2})?", "LOCATION_TYPE": "[A-Za-z ]*",
    }  # fmt: skip
    for column, shape in shapes.items():
        assert export[column].str.fullmatch(shape).all(), column


def test_size_of_the_default_export(export, truth):
    assert 60_000 <= truth["records"] <= 80_000
    assert truth["rows"] == len(export)
    assert truth["records"] == export["CRIME_REF"].nunique()


def test_rows_of_one_record_share_everything_but_the_offence(export):
    same = export.drop(columns=["HO_CLASS", "ATHENA_URN", "OFFENCE_TITLE"])
    assert (same.groupby("CRIME_REF").nunique() == 1).all().all()
    several = export.groupby("CRIME_REF").size()
    assert several.max() >= 3
    assert 0.01 < (several > 1).mean() < 0.10
    assert not export.duplicated(["CRIME_REF", "OFFENCE_TITLE"]).any()


def test_references_run_in_the_order_of_recording(export):
    assert when(export["RECORDED_ON"]).is_monotonic_increasing
    assert export["CRIME_REF"].is_monotonic_increasing


def test_times_are_in_the_window_and_in_order(export):
    since, until, recorded = (when(export[c]) for c in ("COMMITTED_FROM", "COMMITTED_TO", "RECORDED_ON"))
    assert since.min() >= pd.Timestamp("2024-11-01")
    assert since.max() < pd.Timestamp("2026-11-01")
    assert (until.isna() | (until >= since)).all()
    assert (recorded >= since).all()
    assert (until.isna() | (recorded >= until)).all()
    assert recorded.max() < pd.Timestamp("2026-11-08")
    assert 0.05 < (export["COMMITTED_TO"] == "NULL").mean() < 0.20
    assert 0.05 < (export["COMMITTED_TO"] == "").mean() < 0.15


def test_clock_change_days_are_there_without_the_hour_that_does_not_exist(export):
    for column in ("COMMITTED_FROM", "COMMITTED_TO", "RECORDED_ON"):
        moment = when(export[column]).dropna()
        for day in ("2025-03-30", "2026-03-29"):
            assert (moment.dt.normalize() == day).sum() > 20
            assert not moment.between(f"{day} 01:00", f"{day} 01:59").any()
    nights = when(export["COMMITTED_FROM"])
    for day in ("2025-10-26", "2026-10-25"):
        assert nights.between(f"{day} 01:00", f"{day} 01:59").any()


def test_overnight_offences_have_overnight_spans(export):
    spans = export[export["OFFENCE_TITLE"].str.startswith("Theft from a motor vehicle")]
    since, until = when(spans["COMMITTED_FROM"]), when(spans["COMMITTED_TO"])
    hours = (until - since).dropna().dt.total_seconds() / 3600
    assert 6 < hours.median() < 12
    assert ((until.dt.normalize() > since.dt.normalize()) & until.notna()).mean() > 0.5
    points = export[export["OFFENCE_TITLE"] == "Theft from shops and stalls"]
    ends = points["COMMITTED_TO"]
    assert (ends.isin(["", "NULL"]) | (ends == points["COMMITTED_FROM"])).mean() > 0.95


def test_codes_are_those_of_the_shipped_weights(export, truth):
    path = REPOSITORY / "data" / "weights" / "cchi-2020-sv.csv"
    if not path.exists():
        pytest.skip(f"no weights at {path}")
    known = pd.read_csv(path, dtype=str, comment="#").rename(columns=str.lower)
    classes = dict(zip(known["athena_urn"], known["ho_class"], strict=True))
    coded = export[(export["ATHENA_URN"] != "") & (export["HO_CLASS"] != "")]
    pairs = coded[["ATHENA_URN", "HO_CLASS"]].drop_duplicates()
    shared = pairs[pairs["ATHENA_URN"].isin(classes)]
    assert len(shared) >= 40
    assert (shared["ATHENA_URN"].map(classes) == shared["HO_CLASS"]).all()
    # theft, damage and drugs have no weight in a set for serious violence; all street violence has
    assert 0.2 < (~coded["ATHENA_URN"].isin(classes)).mean() < 0.5
    street = coded.loc[coded["OFFENCE_TITLE"].isin(truth["street_violence"]["titles"]), "ATHENA_URN"]
    assert set(street) <= set(classes)


def test_codes_and_titles_are_those_of_the_official_workbook(shared_data):
    workbook = shared_data / "harm" / "cchi2020.xlsx"
    if not workbook.exists():
        pytest.skip(f"the index is not at {workbook}")
    index = pd.read_excel(workbook, sheet_name=1, engine="calamine", dtype=str)
    known = set(zip(index["ATHENA URN"], index["HOME_OFFICE_CLASSIFICATION"], strict=True))
    mix = pd.read_csv(MIX_FILE, dtype=str)
    assert [p for p in zip(mix["athena_urn"], mix["ho_class"], strict=True) if p not in known] == []


def test_some_codes_are_missing_and_wounding_is_then_ambiguous(export):
    class_only = export[(export["ATHENA_URN"] == "") & (export["HO_CLASS"] == "008/01")]
    assert 100 < len(class_only) < 500
    assert class_only["OFFENCE_TITLE"].str.endswith("wound without intent (S.20)").all()
    assert 0.001 < (export["HO_CLASS"] == "").mean() < 0.01
    assert 0.002 < (export["ATHENA_URN"] == "").mean() < 0.02
    assert ((export["HO_CLASS"] == "") & (export["ATHENA_URN"] == "")).any()


def test_the_mix_of_offences_is_believable(export):
    share = export["OFFENCE_TITLE"].value_counts(normalize=True)
    assert share["Theft from shops and stalls"] == pytest.approx(0.10, abs=0.03)
    assert share[share.index.str.contains("Common assault")].sum() == pytest.approx(0.18, abs=0.05)
    assert share[share.index.str.contains("ABH")].sum() == pytest.approx(0.11, abs=0.04)
    assert share[share.index.str.startswith("Robbery")].sum() == pytest.approx(0.009, abs=0.004)
    assert share[share.index.str.startswith("Rape")].sum() == pytest.approx(0.011, abs=0.005)
    assert 1 <= (export["OFFENCE_TITLE"] == "Murder - Victim aged 1 and over").sum() <= 30


def test_flags_fit_the_offences(export):
    def share(title: str, column: str) -> float:
        return float((export.loc[export["OFFENCE_TITLE"].str.contains(title), column] == "Y").mean())

    # coercive control happens between partners; possession of a blade is found by searches
    assert share("coercive", "DOMESTIC") == 1
    assert share("shops", "DOMESTIC") == 0
    assert share("common assault|Common assault", "DOMESTIC") == pytest.approx(0.4, abs=0.1)
    assert share("Possession of offensive weapon", "PROACTIVE") > 0.75
    assert share("Cannabis", "PROACTIVE") > 0.9
    assert share("occasioning actual", "PROACTIVE") == 0
    assert share("Threaten with a blade", "KNIFE") == 1
    assert 0.35 < share("grievous bodily harm", "KNIFE") < 0.65
    assert share("firearm with intent", "FIREARM") == 1
    age = export.loc[export["OFFENCE_TITLE"].str.startswith("Rape of a female"), "VICTIM_AGE"]
    assert (age[age != ""].astype(int) >= 16).all()
    assert export["ALCOHOL"].eq("").mean() > 0.05


def test_the_week_has_its_rhythm(export):
    since = when(export["COMMITTED_FROM"])
    day, hour = since.dt.day_of_week, since.dt.hour
    night = (day.isin([5, 6]) & (hour < 4)) | (day.isin([4, 5]) & (hour >= 20))
    shops = export["OFFENCE_TITLE"] == "Theft from shops and stalls"
    abh = export["OFFENCE_TITLE"] == "Assault occasioning actual bodily harm (ABH)"
    assert night[abh & (export["DOMESTIC"] == "N")].mean() > 0.25  # 16 of 168 hours
    assert night[shops].mean() < 0.05
    assert since[shops].dt.hour.between(9, 18).mean() > 0.85
    assert since[abh & (export["DOMESTIC"] == "Y")].dt.hour.isin([*range(17, 24), 0]).mean() > 0.5
    month = since[street_violence_titles(export)].dt.month
    assert month.isin([6, 7, 8]).sum() > 1.1 * month.isin([12, 1, 2]).sum()


def street_violence_titles(export: pd.DataFrame) -> pd.Series:
    return export["OFFENCE_TITLE"].str.contains("Common assault|ABH|Sec 4|Affray")


def test_places_are_missing_unevenly(export):
    missing = export["EASTING"] == ""
    assert (missing == (export["NORTHING"] == "")).all()
    assert missing.mean() == pytest.approx(0.02, abs=0.008)
    person = export["OFFENCE_TITLE"].str.startswith("Theft from the person")
    shops = export["OFFENCE_TITLE"].str.startswith("Theft from shops")
    assert missing[person].mean() > 4 * missing[shops].mean()


def test_a_few_lie_outside_the_force_and_the_rest_inside(export, truth):
    located = export[export["EASTING"] != ""]
    lon, lat = geography.bng_to_lonlat(*grid(located))
    outside = (geography.load_cover().district_of(lon, lat) < 0).sum()
    expected = truth["expected"]["rows_outside_force"]
    assert 100 < expected < 500
    assert abs(outside - expected) < 5 * np.sqrt(expected)


def test_incidents_are_as_concentrated_as_crime_is(cells):
    count = cells[cells != ""].value_counts()
    top = count.iloc[: len(count) // 20].sum() / count.sum()
    assert 0.40 < top < 0.58


# ---------------------------------------------------------------- the truth


def test_totals_are_as_expected(export, truth):
    expected = truth["expected"]
    actual = {
        "records": export["CRIME_REF"].nunique(),
        "rows": len(export),
        "rows_with_place": int((export["EASTING"] != "").sum()),
    }
    for name, n in actual.items():
        # rows of one record come together, so the variance of rows is a little above the Poisson one
        assert abs(n - expected[name]) < 5 * np.sqrt(1.1 * expected[name]), name


def test_every_offence_is_as_frequent_as_expected(export, truth):
    by_title = truth["expected"]["rows_by_title"]
    actual = export["OFFENCE_TITLE"].value_counts()
    assert set(actual.index) <= set(by_title)
    z = {t: (actual.get(t, 0) - e) / np.sqrt(e) for t, e in by_title.items()}
    assert max(abs(v) for v in z.values()) < 5
    assert sum(by_title.values()) == pytest.approx(truth["expected"]["rows"], abs=0.1)


@pytest.mark.parametrize("which", ["expected_street_violence_by_cell", "expected_rows_by_cell"])
def test_counts_by_cell_scatter_as_poisson_around_the_truth(export, truth, cells, which):
    chosen = street_violence(export, truth) if "street" in which else pd.Series(True, index=export.index)
    actual = cells[chosen & (cells != "")].value_counts()
    expected = pd.Series(truth[which])
    assert set(actual.index) <= set(expected.index)
    large = expected[expected >= 5]
    z = (actual.reindex(large.index, fill_value=0) - large) / np.sqrt(large)
    assert len(large) > 300
    assert z.abs().max() < 6  # over a thousand cells, a skewed Poisson reaches 4 to 5
    assert abs(z.mean()) < 5 / np.sqrt(len(z))
    assert 0.85 < (z**2).mean() < 1.25  # the few records with several offences add a little


def test_expected_rows_agree_with_the_truth_and_scale_with_the_volume(truth):
    table = expected_rows(SEED)
    assert table["expected"].sum() == pytest.approx(truth["expected"]["rows_with_place"], rel=1e-6)
    by_cell = table.groupby("cell")["expected"].sum()
    assert by_cell.to_dict() == pytest.approx(truth["expected_rows_by_cell"], abs=1e-4)
    half = expected_rows(SEED, n_per_year=DEFAULT_PER_YEAR // 2)["expected"].sum()
    assert half == pytest.approx(table["expected"].sum() / 2)


def test_twenty_hot_spots_seven_six_and_seven(truth):
    spots = truth["hot_spots"]
    assert pd.Series([s["bcu"] for s in spots]).value_counts().to_dict() == {"West": 7, "South": 6, "East": 7}
    assert all("(demo)" in s["name"] for s in spots)
    held = [c for s in spots for c in s["cells"]]
    assert len(held) == len(set(held))
    boundaries = geography.load_cover()
    for spot in spots:
        assert h3.latlng_to_cell(spot["centre"]["lat"], spot["centre"]["lon"], 10) == spot["cells"][0]
        for one, other in zip(spot["cells"], spot["cells"][1:], strict=False):
            assert h3.are_neighbor_cells(one, other)
        lat, lon = np.array([h3.cell_to_latlng(c) for c in spot["cells"]]).T
        district = boundaries.district_of(lon, lat)
        assert (district >= 0).all(), spot["name"]
        assert {boundaries.bcus[d] for d in district} == {spot["bcu"]}


def test_planted_cells_have_more_street_violence_than_their_neighbours(export, truth, cells):
    count = cells[street_violence(export, truth)].value_counts()
    planted = {c for s in truth["hot_spots"] for c in s["cells"]}
    for spot in truth["hot_spots"]:
        near = {n for c in spot["cells"] for n in h3.grid_disk(c, 2)} - planted
        inside = sum(count.get(c, 0) for c in spot["cells"])
        outside = sum(count.get(c, 0) for c in near)
        share = len(spot["cells"]) / (len(spot["cells"]) + len(near))
        total = inside + outside
        z = (inside - share * total) / np.sqrt(share * (1 - share) * total)
        assert z > 5, spot["name"]


def test_planting_leaves_the_background_as_it_was(export):
    plain, truth = synthetic_incidents(SEED, planted=False)
    what = [c for c in export.columns if c != "CRIME_REF"]
    both = plain[what].value_counts().rename("plain").to_frame().join(export[what].value_counts().rename("planted"))
    assert (both["planted"] >= both["plain"]).all()
    assert 1000 < len(export) - len(plain) < 6000
    assert all(s["planted_records_per_year"] == 0 for s in truth["hot_spots"])
    assert all(s["expected_street_violence"] == s["expected_street_violence_background"] for s in truth["hot_spots"])


# ---------------------------------------------------------------- known answers


def test_grid_reference_of_the_published_ostn15_example():
    # Ordnance Survey, "A guide to coordinate systems in Great Britain", OSTN15 worked example (Caister water tower):
    # ETRS89 52°39'28.8282"N 1°42'57.8663"E is 651409.804 E 313177.450 N.
    lat, lon = 52 + 39 / 60 + 28.8282 / 3600, 1 + 42 / 60 + 57.8663 / 3600
    easting, northing = geography.lonlat_to_bng(np.array([lon]), np.array([lat]))
    assert (round(easting[0]), round(northing[0])) == (651410, 313177)


@pytest.mark.parametrize("rhythm", sorted(RHYTHMS))
def test_a_rhythm_is_a_distribution_over_the_week(rhythm):
    week = hour_of_week(rhythm)
    assert week.shape == (168,)
    assert week.min() >= 0
    assert week.sum() == pytest.approx(1)


def test_the_hours_of_a_night_hot_spot_by_hand():
    # Friday and Saturday 22–04: 12 hours share 60%; every day 17–24 (49 hours) 20%; the rest evenly 20%
    week = hour_of_week("night")
    assert week[4 * 24 + 22] == pytest.approx(0.60 / 12 + 0.20 / 49 + 0.20 / 168)
    assert week[6 * 24 + 3] == pytest.approx(0.60 / 12 + 0.20 / 168)  # Sunday 03h belongs to Saturday night
    assert week[6 * 24 + 4] == pytest.approx(0.20 / 168)
