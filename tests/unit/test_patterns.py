"""Gi*, q-values, tables and pattern rules on tables that can be checked by hand."""

from __future__ import annotations

import sys
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from h3.api import basic_int as h3
from scipy.sparse import csr_array

from hotspots import geography
from hotspots.ranking import patterns
from hotspots.ranking.gather import build_cell_periods
from hotspots.ranking.gi_star import bh_q_values, gi_star, gi_table, scatter_p
from hotspots.ranking.pipeline import with_patterns

PRESTON = h3.latlng_to_cell(53.7590, -2.6990, 10)
MONTHS = [202101 + i for i in range(12)]


def line(n: int) -> csr_array:
    """n cells in a row."""
    return csr_array(np.eye(n, k=1) + np.eye(n, k=-1))


# Gi*


def test_no_variance_no_z():
    assert np.isnan(gi_star([2, 2, 2], line(3))).all()
    assert np.isnan(gi_star([5], csr_array((1, 1)))).all()
    assert gi_star([], csr_array((0, 0))).tolist() == []


def test_a_cell_that_adjoins_all_others_has_no_z():
    assert np.isnan(gi_star([0, 1, 5], line(3))).tolist() == [False, True, False]


def test_unit_and_zero_of_harm_change_nothing():
    values = np.array([0.0, 3, 1, 7, 0, 2])
    z = gi_star(values, line(6))
    assert gi_star(values * 365 + 10, line(6)) == pytest.approx(z, abs=1e-12)


@pytest.mark.parametrize(
    ("values", "adjacency", "words"),
    [
        ([1, 2], line(3), "do not go together"),
        ([1, np.nan, 2], line(3), "1 values are no numbers"),
        ([1, 2, 3], line(3) * 2, "must hold 1"),
        ([1, 2, 3], csr_array(np.eye(3)), "nothing on its diagonal"),
    ],
)
def test_what_is_no_map_is_refused(values, adjacency, words):
    for question in (gi_star, scatter_p):
        with pytest.raises(ValueError, match=words):
            question(values, adjacency)


# q-values


def test_three_p_values_by_hand():
    # 0.01 × 3/1 = 0.03; 0.04 × 3/2 = 0.06; 0.05 × 3/3 = 0.05, which the second may not exceed.
    assert bh_q_values([0.04, 0.01, 0.05]) == pytest.approx([0.05, 0.03, 0.05], abs=1e-15)


def test_an_unknown_p_is_not_counted():
    q = bh_q_values([0.04, np.nan, 0.01])
    assert q[[0, 2]] == pytest.approx([0.04, 0.02], abs=1e-15)
    assert np.isnan(q[1])
    assert np.isnan(bh_q_values([np.nan])).all()
    assert bh_q_values([]).tolist() == []
    assert bh_q_values([[0.04, np.nan], [np.nan, 0.01]]).shape == (2, 2)


def test_a_p_outside_its_range_is_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        bh_q_values([0.5, 1.5])


# p against scattered harm


def plain_scatter_p(values: list[float], adjacency: csr_array) -> list[float]:
    """Every way to draw as many values, with replacement, as there are in a neighbourhood."""
    dense = adjacency.toarray()
    found = []
    for i in range(len(values)):
        here = values[i] + float(dense[i] @ values)
        width = 1 + int(dense[i].sum())
        sums = [sum(draw) for draw in product(values, repeat=width)]
        found.append(sum(s >= here - 1e-9 for s in sums) / len(sums))
    return found


@pytest.mark.parametrize("values", [[0, 3, 1, 7, 0, 2, 0], [0, 0, 0, 5475, 10, 1, 0], [-2, 4, 4, 0, 1, 3, 3]])
def test_the_p_against_scatter_is_that_of_all_draws(values):
    found = scatter_p(values, line(7))
    assert found == pytest.approx(plain_scatter_p(values, line(7)), abs=1e-12)


def test_a_p_against_scatter_is_never_too_small_by_its_grid():
    values = np.sqrt(np.array([0, 197.25, 365, 5475, 10, 1, 0])).tolist()
    found = scatter_p(values, line(7))
    plain = np.array(plain_scatter_p(values, line(7)))
    assert (found >= plain - 1e-12).all()
    assert (found <= plain + 0.01).all()


def test_without_variance_there_is_no_p():
    assert np.isnan(scatter_p([2, 2, 2], line(3))).all()
    assert scatter_p([], csr_array((0, 0))).tolist() == []


def test_a_hot_cell_among_empty_ones():
    """One value of 331 in 7 draws: 1 − (330/331)⁷ = 0.021."""
    cells = sorted(h3.grid_disk(PRESTON, 10))
    values = np.zeros(len(cells))
    values[cells.index(PRESTON)] = 100.0
    assert scatter_p(values, geography.adjacency(cells))[cells.index(PRESTON)] == pytest.approx(0.02096, abs=1e-5)


# the table


def test_the_population_is_the_cells_and_those_round_about():
    cells = [PRESTON, h3.grid_ring(PRESTON, 5)[0]]
    table = gi_table(cells, [12.0, 3.0])
    assert table.columns.tolist() == ["cell", "gi_z", "gi_q"]
    assert table["cell"].tolist() == cells
    everyone = geography.surroundings(cells).tolist()
    assert len(everyone) == 14
    harm = [{cells[0]: 12.0, cells[1]: 3.0}.get(c, 0.0) for c in everyone]
    adjoining = geography.adjacency(everyone)
    z = gi_star(harm, adjoining)
    assert table["gi_z"].tolist() == [z[everyone.index(c)] for c in cells]
    q = bh_q_values(scatter_p(harm, adjoining))  # all 14 are tests
    assert table["gi_q"].tolist() == [q[everyone.index(c)] for c in cells]


def test_harm_that_is_unknown_is_not_zero():
    near = h3.grid_ring(PRESTON, 1)[0]
    table = gi_table([PRESTON, near], [12.0, np.nan])
    assert np.isnan(table.loc[1, ["gi_z", "gi_q"]].astype(float)).all()
    others = sorted((set(h3.grid_disk(PRESTON, 1)) | set(h3.grid_disk(near, 1))) - {near})
    z = gi_star([12.0 * (c == PRESTON) for c in others], geography.adjacency(others))
    assert table.loc[0, "gi_z"] == z[others.index(PRESTON)]


def test_tables_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="do not pair up"):
        gi_table([PRESTON], [1.0, 2.0])
    with pytest.raises(ValueError, match="come twice"):
        gi_table([PRESTON, PRESTON], [1.0, 2.0])


def test_no_cells_give_no_rows():
    assert gi_table([], []).shape == (0, 3)


# spans


def test_a_year_is_four_quarters():
    assert patterns.spans_of(MONTHS) == (
        (202101, 202102, 202103), (202104, 202105, 202106), (202107, 202108, 202109), (202110, 202111, 202112),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("periods", "spans", "length"),
    [
        (3, 0, 0),
        (4, 4, 1),
        (7, 4, 1),
        (8, 4, 2),
        (11, 4, 2),
        (12, 4, 3),
        (24, 8, 3),
        (28, 9, 3),
        (36, 12, 3),
        (52, 12, 4),
    ],
)
def test_how_a_window_is_cut(periods, spans, length):
    found = patterns.spans_of(range(periods, 0, -1))
    assert [len(s) for s in found] == [length] * spans
    flat = [p for s in found for p in s]
    assert flat == list(range(periods - spans * length + 1, periods + 1)) if spans else not flat


def test_a_missing_month_is_in_no_span():
    observed = [m for m in MONTHS if m != 202106] + [202201]
    assert patterns.spans_of(observed)[1] == (202104, 202105, 202107)


def test_why_there_is_no_pattern():
    assert patterns.why_no_patterns(MONTHS) == ""
    assert patterns.why_no_patterns(MONTHS[:3]) == (
        "Patterns need at least 4 observed periods to compare, and this window has 3. Choose a longer window."
    )


def test_periods_on_this_side_of_a_break():
    assert patterns.periods_since_break(MONTHS, [202107]) == MONTHS[6:]
    assert patterns.periods_since_break(MONTHS, [202012, 202103, 202111, 202207]) == [202111, 202112]
    assert patterns.periods_since_break(MONTHS, []) == MONTHS
    assert patterns.periods_since_break([], [202107]) == []


# rules


def rules(hot: str, trend: str = "", evident: bool = True) -> str:
    """One cell's pattern: hot is written oldest first, as '0011'."""
    row = np.array([[c == "1" for c in hot]])
    flags = (np.array([f]) for f in (evident, trend == "rising", trend == "falling"))
    return str(patterns.apply_rules(row, *flags)[0])


@pytest.mark.parametrize(
    ("hot", "trend", "pattern"),
    [
        ("0001", "", "new"),
        ("0011", "rising", "new"),
        ("0101", "", "intermittent"),
        ("1001", "", "intermittent"),
        ("0111", "", "persistent"),
        ("1111", "", "persistent"),
        ("1111", "rising", "intensifying"),
        ("0101", "rising", "intensifying"),
        ("1111", "falling", "fading"),
        ("1101", "falling", "fading"),
        ("1110", "falling", "fading"),
        ("1110", "", "intermittent"),
        ("1110", "rising", "intermittent"),
        ("1100", "falling", "former"),
        ("1100", "", "former"),
        ("1000", "falling", ""),
        ("0100", "", ""),
        ("0010", "", ""),
        ("0000", "", ""),
        # Eight spans: the last 2 are recent, 4 are most, 6 are lasting.
        ("00000011", "", "new"),
        ("00000111", "", "intermittent"),
        ("00000111", "falling", "fading"),
        ("00001111", "rising", "intensifying"),
        ("00000111", "rising", "intermittent"),
        ("00111111", "", "persistent"),
        ("00011111", "", "intermittent"),
        ("11111100", "falling", "former"),
        ("11110010", "falling", "fading"),
        ("11100010", "falling", "fading"),
        ("11000010", "falling", "intermittent"),
        ("10000010", "", "intermittent"),
        # Twelve: the last 3 are recent.
        ("000000000111", "", "new"),
        ("000000001111", "", "intermittent"),
        ("110000000000", "", "former"),
        ("110000000100", "", "intermittent"),
    ],
)
def test_each_rule_on_both_sides_of_its_line(hot, trend, pattern):
    assert rules(hot, trend) == pattern
    assert rules(hot, trend, evident=False) == ""


def test_recent_spans():
    assert [patterns.recent_spans(k) for k in (4, 5, 8, 9, 12)] == [2, 2, 2, 3, 3]


def test_every_pattern_is_explained_and_nothing_else():
    every = {rules("".join(h), t) for k in (4, 8) for h in product("01", repeat=k) for t in ("", "rising", "falling")}
    assert every == set(patterns.PATTERNS) | {""}
    assert all(m.endswith(".") and m.count(".") == 1 for m in patterns.PATTERNS.values())


def test_the_thresholds_are_met_on_the_right_side():
    """Hot is below 0.01, evident below 0.05 over all cells of all spans together (here 2 cells, 4 spans: 8 tests)."""
    z = np.zeros((2, 4))

    def second(p: float, other: float) -> str:
        return str(patterns.patterns_of(z, np.array([[1, 1, 1, 1], [p, other, p, p]]))[1])

    assert second(0.009, 0.009) == "persistent"
    assert second(0.009, 0.010) == "persistent"  # three of four
    assert second(0.010, 0.009) == ""  # hot once, long ago
    # one p alone: q = 8 p
    alone = [str(patterns.patterns_of(z, np.array([[1, 1, 1, 1], [1, 1, 1, p]]))[1]) for p in (0.0062, 0.0063)]
    assert alone == ["new", ""]


# from the cube


def cube(rows: list[tuple[int, int, int, int]]) -> pd.DataFrame:
    """(cell, period, offence code, number of offences) → the cube."""
    table = pd.DataFrame(rows, columns=["cell", "period", "offence", "n"])
    table = table.loc[table.index.repeat(table["n"])]
    columns = (table[c].to_numpy() for c in ("cell", "period", "offence"))
    return build_cell_periods(*columns, np.arange(len(table)))


def scattered(months: list[int], seed: int = 1) -> list[tuple[int, int, int, int]]:
    """A quiet background: one offence here or there in a disk of 2,791 cells each month."""
    rng = np.random.default_rng(seed)
    disk = sorted(h3.grid_disk(PRESTON, 30))
    return [(int(c), m, 0, 1) for m in months for c in rng.choice(disk, 120, replace=False)]


def flower(months: list[int], n: int) -> list[tuple[int, int, int, int]]:
    """Many offences at one place and round about, in these months."""
    return [(c, m, 0, n) for m in months for c in h3.grid_disk(PRESTON, 1)]


@pytest.mark.parametrize(
    ("busy", "pattern"),
    [(MONTHS, "persistent"), (MONTHS[9:], "new"), (MONTHS[:6], "former"), (MONTHS[:3] + MONTHS[9:], "intermittent")],
)
def test_a_planted_place_is_named(busy, pattern):
    table = patterns.cell_patterns(cube(scattered(MONTHS) + flower(busy, 4)), [10.0], MONTHS).set_index("cell")
    assert table.loc[PRESTON, "pattern"] == pattern
    assert (table["pattern"] != "").sum() < 30


@pytest.mark.parametrize(("months", "pattern", "said"), [(MONTHS, "persistent", ""), (MONTHS[:3], "", "need at least")])
def test_the_ranked_cells_have_their_patterns_or_the_reason_why_not(months, pattern, said):
    made = cube(scattered(months) + flower(months, 4))
    ranked = pd.DataFrame({"cell": np.unique(made["cell"]), "harm_days": 100.0})
    scores = pd.DataFrame({"status": ["scored"], "days": [100.0]})
    table, reason = with_patterns(ranked, made, scores, months, [])
    assert table.set_index("cell").loc[PRESTON, "pattern"] == pattern
    assert said in reason
    assert (reason == "") == (said == "")


def test_a_place_that_grows_and_one_that_shrinks():
    up = [r for i, m in enumerate(MONTHS) for r in flower([m], 2 + i // 3 * 2)]
    down = [r for i, m in enumerate(MONTHS) for r in flower([m], 8 - i // 3 * 2)]
    for planted, pattern in ((up, "intensifying"), (down, "fading")):
        table = patterns.cell_patterns(cube(scattered(MONTHS) + planted), [10.0], MONTHS).set_index("cell")
        assert table.loc[PRESTON, "pattern"] == pattern


def test_a_month_that_was_not_observed_is_not_a_zero():
    """Six months missing: the place stays persistent. Had they been observed and quiet, it would be intermittent."""
    gone = MONTHS[3:9]
    held = [m for m in [*MONTHS, *range(202201, 202207)] if m not in gone]
    made = cube(scattered(held) + flower(held, 4))
    assert patterns.cell_patterns(made, [10.0], held).set_index("cell").loc[PRESTON, "pattern"] == "persistent"
    quiet = cube(scattered(MONTHS) + flower(MONTHS[:3] + MONTHS[9:], 4))
    found = patterns.cell_patterns(quiet, [10.0], MONTHS).set_index("cell")
    assert found.loc[PRESTON, "pattern"] == "intermittent"


def test_rows_of_other_periods_are_left_out():
    made = cube(scattered(MONTHS) + flower(MONTHS[:6], 4))
    later = [202201 + i for i in range(8)]
    more = pd.concat([made, cube(scattered(later, seed=2))], ignore_index=True)
    table = patterns.cell_patterns(more, [10.0], later).set_index("cell")
    assert table.loc[PRESTON, "pattern"] == ""
    assert set(table.index) == set(more["cell"])


def test_it_is_harm_that_counts():
    """The same number of offences everywhere; those in one place weigh more. An offence without a weight adds none."""
    rows = scattered(MONTHS)
    heavy = cube(rows + [(c, m, 1, n) for c, m, _, n in flower(MONTHS, 1)])
    found = {
        name: patterns.cell_patterns(table, weights, MONTHS).set_index("cell").loc[PRESTON, "pattern"]
        for name, table, weights in (
            ("heavy", heavy, [1.0, 30.0]), ("unknown", heavy, [1.0, np.nan]),
        )
    }  # fmt: skip
    assert found["heavy"] == "persistent"
    assert found["unknown"] == ""


def test_one_severe_event_makes_no_pattern():
    """A murder on a quiet street of a busy district, by the square root of its days."""
    rng = np.random.default_rng(6)
    disk = sorted(h3.grid_disk(PRESTON, 30))
    rows = [(int(c), m, 0, int(rng.poisson(3)) + 1) for m in MONTHS for c in rng.choice(disk, 500, replace=False)]
    place = h3.grid_ring(PRESTON, 10)[0]
    table = patterns.cell_patterns(cube([*rows, (place, 202112, 1, 1)]), np.sqrt([19.0, 5475.0]), MONTHS)
    near = table[table["cell"].isin(h3.grid_disk(place, 1))]
    assert (near["pattern"] == "").all()


def test_too_short_a_window_gives_no_pattern():
    table = patterns.cell_patterns(cube(scattered(MONTHS[:3]) + flower(MONTHS[:3], 9)), [10.0], MONTHS[:3])
    assert (table["pattern"] == "").all()
    assert table["pattern"].dtype == "str"
    empty = patterns.cell_patterns(cube([]), [10.0], MONTHS)
    assert empty.columns.tolist() == ["cell", "pattern"]
    assert len(empty) == 0


def test_a_span_without_harm_is_no_error():
    rows = [r for r in scattered(MONTHS) + flower(MONTHS, 4) if r[1] not in MONTHS[3:6]]
    scores = patterns.span_scores(cube(rows), [10.0], patterns.spans_of(MONTHS))
    assert np.isnan(scores.z[:, 1]).all()
    assert np.isnan(scores.p[:, 1]).all()
    assert not np.isnan(scores.z[:, [0, 2, 3]]).any()
    found = patterns.cell_patterns(cube(rows), [10.0], MONTHS).set_index("cell")
    assert found.loc[PRESTON, "pattern"] == "persistent"


def test_heavy_rooms_are_not_loaded_with_the_module():
    """Importing patterns loads no scipy: a command that needs no Gi* starts without it."""
    import subprocess

    heavy = "any(m.split('.')[0] in ('scipy', 'sklearn') for m in sys.modules)"
    code = f"import sys, hotspots.ranking.patterns; sys.exit({heavy})"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).resolve().parents[2]).returncode == 0
