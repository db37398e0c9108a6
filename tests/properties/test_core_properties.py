"""What must hold for any incidents at all; and each fast way equals a slow plain one."""

from __future__ import annotations

import csv
import io
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.base.writing import to_csv
from hotspots.intake import import_files
from hotspots.ranking.gather import build_cell_periods
from hotspots.ranking.pipeline import rank_workspace
from hotspots.ranking.question import Question
from hotspots.ranking.rank import rank_cells
from hotspots.store.workspace import MANIFEST, open_workspace
from tests.conftest import examples
from tests.samples import (
    ABH,
    BLACKPOOL,
    BURNLEY,
    KENT,
    MAPPING,
    MURDER,
    NOWHERE,
    PRESTON,
    ROBBERY,
    crime,
    csv_bytes,
    export,
    held,
    record,
    street,
)

FEW = settings(max_examples=examples(25), deadline=None)
MANY = settings(max_examples=examples(150), deadline=None)
PLACES = st.sampled_from([PRESTON, BLACKPOOL, BURNLEY, KENT, NOWHERE])


# ---------------------------------------------------------------- the cube


@st.composite
def offence_rows(draw: st.DrawFn) -> pd.DataFrame:
    """Records with one to three offences each; the rows of a record share its cell and period."""
    rows = []
    for number in range(draw(st.integers(0, 15))):
        cell, period = draw(st.integers(1, 4)), draw(st.integers(202211, 202302))
        for _ in range(draw(st.integers(1, 3))):
            rows.append((cell, period, draw(st.integers(0, 4)), number * 7 - 20))
    return pd.DataFrame(rows, columns=["cell", "period", "offence", "record"], dtype="int64")


def cube_of(rows: pd.DataFrame) -> pd.DataFrame:
    return build_cell_periods(*(rows[c].to_numpy() for c in ("cell", "period", "offence", "record")))


def plain_cube(rows: pd.DataFrame) -> dict[tuple[int, int, int], tuple[int, int]]:
    """(cell, period, offence) → (offences, incidents), with a dictionary and nothing clever."""
    lowest: dict[int, int] = {}
    for row in rows.itertuples():
        lowest[row.record] = min(lowest.get(row.record, row.offence), row.offence)
    offences: dict[tuple[int, int, int], int] = defaultdict(int)
    records: dict[tuple[int, int, int], set[int]] = defaultdict(set)
    for row in rows.itertuples():
        key = (row.cell, row.period, row.offence)
        offences[key] += 1
        if lowest[row.record] == row.offence:
            records[key].add(row.record)
    return {k: (n, len(records[k])) for k, n in offences.items()}


@MANY
@given(offence_rows())
def test_the_fast_cube_equals_the_plain_one(rows):
    cube = cube_of(rows)
    found = {(r.cell, r.period, r.offence): (r.n_offences, r.n_incidents) for r in cube.itertuples()}
    assert found == plain_cube(rows)
    assert list(found) == sorted(found)


@MANY
@given(offence_rows())
def test_offences_in_are_offences_out_and_each_record_counts_once(rows):
    cube = cube_of(rows)
    assert cube.groupby("offence")["n_offences"].sum().to_dict() == rows["offence"].value_counts().to_dict()
    assert cube["n_incidents"].sum() == rows["record"].nunique()
    by_cell = rows.groupby("cell")["record"].nunique().to_dict()
    assert cube.groupby("cell")["n_incidents"].sum().to_dict() == by_cell


@MANY
@given(offence_rows(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing_in_the_cube(rows, draw):
    order = list(range(len(rows)))
    draw.shuffle(order)
    pd.testing.assert_frame_equal(cube_of(rows.iloc[order].reset_index(drop=True)), cube_of(rows))


# ---------------------------------------------------------------- the ranking


@st.composite
def weights(draw: st.DrawFn) -> pd.DataFrame:
    lines = []
    for number in range(5):
        status = draw(st.sampled_from(["scored", "scored", "ambiguous", "unscored"]))
        low, high = sorted(draw(st.tuples(st.integers(0, 5475), st.integers(0, 5475))))
        days = {"scored": (low, low, low), "ambiguous": (np.nan, low, high), "unscored": (np.nan,) * 3}[status]
        lines.append((f"offence {number}", status, *days, draw(st.sampled_from(["Rape", "Violence"]))))
    return pd.DataFrame(lines, columns=["label", "status", "days", "days_low", "days_high", "offence_group"])


def plain_ranking(rows: pd.DataFrame, weights: pd.DataFrame, method: str) -> list[tuple[object, ...]]:
    """(cell, incidents, offences, unscored, ambiguous, harm, root harm, share) best first, in plain Python."""
    found = []
    for cell in sorted(set(rows["cell"])):
        mine = rows[rows["cell"] == cell]
        status = [weights["status"][o] for o in mine["offence"]]
        days = [float(weights["days"][o]) for o in mine["offence"] if weights["status"][o] == "scored"]
        harm = sum(days) if days else None
        root = sum(np.sqrt(d) for d in days) if days else None
        share = max(days) / harm if harm else None
        found.append(
            (cell, mine["record"].nunique(), len(mine), status.count("unscored"), status.count("ambiguous"), harm, root,
             share)
        )  # fmt: skip

    def worth(row: tuple) -> tuple:
        cell, n, _, _, _, harm, root, _ = row
        first = {"count": n, "harm": harm, "harm-sqrt": root and round(root, 6)}[method]
        return (*(float("inf") if v is None else -v for v in (first, harm, n)), cell)

    return sorted(found, key=worth)


@MANY
@given(offence_rows(), weights(), st.sampled_from(["count", "harm", "harm-sqrt"]))
def test_the_fast_ranking_equals_the_plain_one(rows, weights, method):
    table = rank_cells(cube_of(rows), weights, method)
    columns = ["cell", "n_incidents", "n_offences", "n_unscored", "n_ambiguous", "harm_days", "harm_sqrt",
               "largest_offence_share"]  # fmt: skip
    expected = pd.DataFrame(plain_ranking(rows, weights, method), columns=columns)
    assert table["rank"].tolist() == list(range(1, len(expected) + 1))
    for column in columns:
        np.testing.assert_allclose(table[column].astype(float), expected[column].astype(float), rtol=1e-9)


@MANY
@given(offence_rows(), weights(), st.sampled_from([0.25, 2.0, 7.0, 365.0]))
def test_scaling_all_weights_changes_no_rank_by_harm(rows, weights, factor):
    scaled = weights.assign(**{c: weights[c] * factor for c in ("days", "days_low", "days_high")})
    one, other = rank_cells(cube_of(rows), weights, "harm"), rank_cells(cube_of(rows), scaled, "harm")
    assert one["cell"].tolist() == other["cell"].tolist()
    np.testing.assert_allclose(other["harm_days"], one["harm_days"] * factor)
    np.testing.assert_allclose(other["largest_offence_share"], one["largest_offence_share"])


@MANY
@given(offence_rows(), weights())
def test_harm_lies_between_its_ends(rows, weights):
    table = rank_cells(cube_of(rows), weights).dropna(subset=["harm_days"])
    assert (table["harm_days"] <= table["harm_days_low"]).all()
    assert (table["harm_days_low"] <= table["harm_days_high"]).all()


# ---------------------------------------------------------------- published repeats


@st.composite
def publications(draw: st.DrawFn) -> dict[str, list[dict[str, object]]]:
    """Three months in which few Crime IDs come back often, with other places and outcomes, some without an ID."""
    months = {}
    for month in ("2022-01", "2022-02", "2022-03"):
        rows = [
            crime(
                draw(st.sampled_from(["a", "b", "c", ""])),
                month,
                draw(st.sampled_from(["Robbery", "Burglary"])),
                draw(PLACES),
                draw(st.sampled_from(["", "Charged", "No suspect"])),
                draw(st.sampled_from(["On or near High Street", "On or near Station"])),
            )
            for _ in range(draw(st.integers(1, 6)))
        ]
        months[month] = rows
    return months


def plain_incidents(months: dict[str, list[dict[str, object]]]) -> list[tuple[str, ...]]:
    """One incident per Crime ID and type: earliest month, first known place, latest outcome. With a loop."""
    incidents: dict[object, dict[str, object]] = {}
    for month in sorted(months):
        for number, row in enumerate(months[month]):
            key = (row["Crime ID"], row["Crime type"]) if row["Crime ID"] else (month, number)
            known = incidents.setdefault(key, dict(row))
            if known["Longitude"] is None and row["Longitude"] is not None:
                known |= {c: row[c] for c in ("Longitude", "Latitude", "Location")}
            if row["Last outcome category"]:
                known["Last outcome category"] = row["Last outcome category"]
    columns = ("Crime ID", "Month", "Crime type", "Longitude", "Latitude", "Location", "Last outcome category")
    return sorted(tuple("" if r[c] is None else str(r[c]) for c in columns) for r in incidents.values())


@FEW
@given(publications(), st.permutations(["2022-01", "2022-02", "2022-03"]))
def test_the_fast_merging_of_repeats_equals_the_plain_one(months, order):
    with tempfile.TemporaryDirectory() as folder:
        for month in order[:2]:
            import_files(Path(folder), [street(month, months[month])], "police-uk")
        imported = import_files(Path(folder), [street(m, months[m]) for m in order[1:]], "police-uk")
        table = held(Path(folder))
        found = table[["record_id", "month", "crime_type", "lon", "lat", "location", "outcome"]]
        found = found.assign(month=found["month"].str[:4] + "-" + found["month"].str[4:])
        assert sorted(found.itertuples(index=False, name=None)) == plain_incidents(months)
        by_kind = table.groupby("crime_type").size().to_dict()
        read = sum(len(rows) for rows in months.values())
        stored = imported.workspace.manifest.reports
        assert sum(r.read for r in stored) == read
        assert sum(by_kind.values()) <= read


@FEW
@given(publications())
def test_importing_twice_changes_nothing(months):
    files = [street(m, rows) for m, rows in months.items()]
    with tempfile.TemporaryDirectory() as folder:
        import_files(Path(folder), files, "police-uk")
        before = (Path(folder) / MANIFEST).read_bytes()
        again = import_files(Path(folder), files, "police-uk")
        assert not again.changed
        assert (Path(folder) / MANIFEST).read_bytes() == before
        assert all(r.read == r.unchanged + r.repeated for r in again.reports)


@FEW
@given(publications(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_no_count(months, draw):
    """Within one month 'latest' is the last row, so only counts can be asked for."""
    shuffled = {m: draw.sample(rows, len(rows)) for m, rows in months.items()}
    counts = []
    for given_months in (months, shuffled):
        with tempfile.TemporaryDirectory() as folder:
            import_files(Path(folder), [street(m, rows) for m, rows in given_months.items()], "police-uk")
            counts.append(held(Path(folder)).groupby(["record_id", "crime_type", "month"]).size().to_dict())
    assert counts[0] == counts[1]


@FEW
@given(publications())
def test_what_is_exported_as_published_comes_in_again_as_it_was(months):
    """The incidents of a workspace, written as a street-level CSV, make the same workspace."""
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        import_files(Path(first), [street(m, rows) for m, rows in months.items()], "police-uk")
        table = held(Path(first))
        names = {"record_id": "Crime ID", "lon": "Longitude", "lat": "Latitude", "location": "Location",
                 "crime_type": "Crime type", "outcome": "Last outcome category"}  # fmt: skip
        out = table.rename(columns=names)[list(names.values())]
        out["Month"] = table["month"].str[:4] + "-" + table["month"].str[4:]
        out["Falls within"] = "Lancashire Constabulary"
        import_files(Path(second), [("incidents-street.csv", to_csv(out).encode())], "police-uk")
        assert held(Path(second), without=["record"]).equals(held(Path(first), without=["record"]))
        # Rows without an ID are numbered by their row in the file; the others keep their number.
        again = held(Path(second))
        numbers = [set(t.loc[t["record_id"] != "", "record"]) for t in (table, again)]
        assert numbers[0] == numbers[1]


# ---------------------------------------------------------------- a force's own export

RECORDS = st.lists(
    st.tuples(
        st.sampled_from([ROBBERY, ABH, MURDER]),
        PLACES,
        st.integers(1, 28),
        st.integers(1, 3),
        st.sampled_from(["", "Y", "N"]),
        st.sampled_from(["", "17", "40"]),
    ),
    min_size=1,
    max_size=12,
)


def rows_of(records: list[tuple]) -> list[dict[str, object]]:
    """As rows of an export, the first in the force area: a file with none there is refused."""
    return [record("A", "01/01/2026 21:30")] + [
        record(f"R{i}", f"{day:02d}/{month:02d}/2026 21:30", offence, place, KNIFE=knife, AGE=age)
        for i, (offence, place, day, month, knife, age) in enumerate(records)
    ]


@FEW
@given(RECORDS, st.randoms(use_true_random=False))
def test_records_in_are_records_held_in_whatever_order_and_however_often(records, draw):
    rows = rows_of(records)
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        first = import_files(Path(one), [export(rows)], "incidents", MAPPING)
        assert first.reports[0].accepted == len(rows)
        again = import_files(Path(one), [export(draw.sample(rows, len(rows)), "again.csv")], "incidents", MAPPING)
        assert again.reports[0].unchanged == len(rows)
        some = import_files(Path(one), [export(rows[: 1 + len(rows) // 2], "some.csv")], "incidents", MAPPING)
        assert some.reports[0].unchanged == some.reports[0].read
        import_files(Path(other), [export(draw.sample(rows, len(rows)))], "incidents", MAPPING)
        assert held(Path(other)).equals(held(Path(one)))
        assert sorted(held(Path(one))["title"]) == sorted(str(r["TITLE"]) for r in rows)


@FEW
@given(RECORDS, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing_in_the_answer(records, draw):
    rows = rows_of(records)
    tables = []
    for given_rows in (rows, draw.sample(rows, len(rows))):
        with tempfile.TemporaryDirectory() as folder:
            import_files(Path(folder), [export(given_rows)], "incidents", MAPPING)
            tables.append(rank_workspace(Path(folder), Question(offences="grip-robbery")).table)
    pd.testing.assert_frame_equal(tables[0], tables[1])
    inside = [r for r in rows if (r["LON"], r["LAT"]) in (PRESTON, BLACKPOOL, BURNLEY)]
    assert tables[0]["n_incidents"].sum() == len(inside)


# ---------------------------------------------------------------- text out and back

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)


@MANY
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=6))
def test_any_text_survives_the_csv_and_none_begins_like_a_formula(texts):
    table = pd.DataFrame(texts, columns=["one", "two"], dtype=object)
    header, *rows = csv.reader(io.StringIO(to_csv(table), newline=""))
    assert header == ["one", "two"]
    assert len(rows) == len(texts)
    for row, given_row in zip(rows, texts, strict=True):
        for cell, text in zip(row, given_row, strict=True):
            assert cell in (text, "'" + text)
            try:
                float(cell)
            except ValueError:
                assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


def test_the_plain_versions_see_something():
    """A guard: the hand-made months hold repeats, so that the comparison above is not of nothing with nothing."""
    months = {"2022-01": [crime("a", "2022-01"), crime("a", "2022-01")], "2022-02": [crime("a", "2022-02")]}
    assert len(plain_incidents(months)) == 1
    assert csv_bytes([{"a": None}]) == b'a\n""\n'
    with tempfile.TemporaryDirectory() as folder:
        import_files(Path(folder), [street(m, rows) for m, rows in months.items()], "police-uk")
        assert len(held(Path(folder))) == 1
        assert open_workspace(Path(folder)).manifest.superseded
