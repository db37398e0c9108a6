"""What holds of areas whatever the harm, the excluded cells and the order of rows; and of freezing them."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from h3.api import basic_int as h3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotspots.areas.register import freeze, load
from hotspots.areas.table import cell_ids, named
from tests.area_samples import CENTRE, SIZE, candidates, connected, disk, facts
from tests.conftest import examples
from tests.workspaces import make_police

GRID = disk(3)  # 37 cells
MOST = st.integers(1, 8)
HARM = st.one_of(st.just(0.0), st.sampled_from([1.0, 10.0, 10.0, 365.0, 5475.0]), st.floats(0, 1e4))


@st.composite
def grounds(draw: st.DrawFn) -> pd.DataFrame:
    cells = draw(st.lists(st.sampled_from(GRID), unique=True, max_size=37))
    harm = draw(st.lists(HARM, min_size=len(cells), max_size=len(cells)))
    bcus = draw(st.lists(st.sampled_from(["West", "South", "South", ""]), min_size=len(cells), max_size=len(cells)))
    return facts(cells, harm, bcus)


@st.composite
def questions(draw: st.DrawFn) -> dict[str, object]:
    return {
        "max_area_m2": draw(MOST) * SIZE + draw(st.sampled_from([0.0, 1.0, 6_500.0])),
        "min_share": draw(st.sampled_from([0.0, 0.01, 0.1, 0.3])),
        "per_bcu": draw(st.integers(0, 5)),
        "excluded": draw(st.lists(st.sampled_from(GRID), max_size=8)),
        "min_density": draw(st.sampled_from([0.0, 0.5, 1.0, 3.0])),
    }


@given(grounds(), questions())
@settings(max_examples=examples(120))
def test_areas_keep_every_rule(cells: pd.DataFrame, asked: dict[str, object]) -> None:
    found = candidates(cells, **asked)  # type: ignore[arg-type]
    bcu_of = dict(zip(cells["cell"].tolist(), cells["bcu"], strict=True))
    harm_of = dict(zip(cells["cell"].tolist(), cells["harm"], strict=True))
    sets = [cell_ids(c).tolist() for c in found["cells"]]
    every = [c for s in sets for c in s]
    assert len(every) == len(set(every))
    assert not set(every) & set(asked["excluded"])  # type: ignore[call-overload]
    assert all(connected(s) for s in sets)
    assert (found["area_m2"] <= asked["max_area_m2"]).all()
    assert all({bcu_of[c] for c in s} == {b} for s, b in zip(sets, found["bcu"], strict=True))
    assert (found.groupby("bcu").size() <= asked["per_bcu"]).all()
    assert found["name"].is_unique
    assert found["area"].is_unique
    for s, bcu, days in zip(sets, found["bcu"], found["harm_days"], strict=True):
        whole = cells.loc[cells["bcu"] == bcu, "harm"].sum()
        assert sum(harm_of[c] for c in s) >= asked["min_share"] * whole * (1 - 1e-6)  # type: ignore[operator]
        assert days == pytest.approx(sum(harm_of[c] for c in s), abs=0.01)


@given(grounds(), questions(), st.randoms(use_true_random=False))
@settings(max_examples=examples(60))
def test_the_order_of_rows_changes_nothing(cells: pd.DataFrame, asked: dict[str, object], random: object) -> None:
    order = list(range(len(cells)))
    random.shuffle(order)  # type: ignore[attr-defined]
    one = candidates(cells, **asked)  # type: ignore[arg-type]
    other = candidates(cells.iloc[order], **asked)  # type: ignore[arg-type]
    pd.testing.assert_frame_equal(one, other)


@given(grounds(), questions())
@settings(max_examples=examples(60))
def test_one_area_holds_at_least_the_best_single_cell(cells: pd.DataFrame, asked: dict[str, object]) -> None:
    asked = {**asked, "per_bcu": 1, "min_share": 0.0, "min_density": 0.0}
    found = candidates(cells, **asked)  # type: ignore[arg-type]
    usable = cells[~cells["cell"].isin(asked["excluded"]) & (cells["bcu"] != "")]  # type: ignore[arg-type]
    best = usable.groupby("bcu")["harm"].max()
    got = dict(zip(found["bcu"], found["harm_days"], strict=True))
    for bcu, harm in best.items():
        assert harm <= 1e-6 or got[bcu] >= harm - 0.01


@given(grounds(), st.floats(0.5, 1e6))
@settings(max_examples=examples(40))
def test_the_unit_of_harm_changes_nothing(cells: pd.DataFrame, factor: float) -> None:
    whole = cells.assign(harm=cells["harm"].round())
    one = candidates(whole, 3 * SIZE, 0.01, 3)
    other = candidates(whole.assign(harm=whole["harm"] * factor), 3 * SIZE, 0.01, 3)
    assert one["cells"].tolist() == other["cells"].tolist()


SOUTH = [c for c in disk(3, CENTRE) if h3.grid_distance(c, CENTRE) <= 3]


@pytest.fixture(scope="module")
def folder() -> Path:
    with tempfile.TemporaryDirectory() as place:
        yield make_police(Path(place) / "ws")  # type: ignore[misc]


@given(
    st.lists(HARM, min_size=37, max_size=37).filter(lambda h: max(h) > 1),
    st.lists(st.sampled_from(["treated", "comparison", "none"]), min_size=3, max_size=3),
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20), max_size=3
    ),
    st.dictionaries(st.text(max_size=5), st.one_of(st.integers(), st.text(max_size=5), st.none()), max_size=3),
)
@settings(max_examples=examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_freeze_then_load_is_identity(
    folder: Path, harm: list[float], roles: list[str], names: list[str], definition: dict[str, object]
) -> None:
    ground = facts(SOUTH, harm).assign(harm_expected_days=np.array(harm) / 3)
    areas = candidates(ground, 3 * SIZE, 0.0, 3, min_density=0.0)
    tidy = {i: " ".join(n.split()) for i, n in enumerate(dict.fromkeys(names))}
    wanted = [tidy.get(i, "") for i in range(len(areas))]
    wanted = [n if wanted.index(n) == i else "" for i, n in enumerate(wanted)]
    areas = named(areas.assign(role=roles[: len(areas)], name=wanted), ground)
    done = freeze(folder, areas, "grip", "2999-01-01", "Ann", "a test", definition)
    again = load(folder, done.ref)
    pd.testing.assert_frame_equal(again.areas, areas.assign(valid_from="2999-01-01"))
    pd.testing.assert_frame_equal(again.areas, done.areas)
    assert again.definition == definition
    assert again.sha256 == done.sha256
