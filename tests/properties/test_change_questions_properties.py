"""Any question about change is answered, or refused in a sentence: rare offences, a day, one place, nothing at all."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from hotspots.areas import in_form
from hotspots.areas import register as area_register
from hotspots.base.errors import HotspotsError
from hotspots.change.question import ChangeQuestion
from hotspots.change.workspace import change_workspace
from hotspots.intake import import_files
from hotspots.store.workspace import open_workspace
from tests.area_workspace import cell_at
from tests.conftest import examples
from tests.samples import ABH, BLACKPOOL, BLADE, BURNLEY, MAPPING, PRESTON, ROBBERY, export, record
from tests.workspaces import ASHTON, made_once

PLACES = (PRESTON, ASHTON, BLACKPOOL, BURNLEY, (-2.8007, 54.0466), (-2.2130, 53.8350))
BCUS = ("South", "South", "West", "East", "West", "East")
ROLES = ("treated", "comparison", "treated", "treated", "comparison", "comparison")


def rows() -> list[dict[str, object]]:
    """Two years; Burnley has nothing after the start, Lancaster nothing before. Bodily harm is only ever second."""
    rng = np.random.default_rng(3)
    found: list[dict[str, object]] = []
    for n, place in enumerate(PLACES):
        years = {3: (2023,), 4: (2024,)}.get(n, (2023, 2024))
        for year in years:
            for i in range(12 * (2 + n)):
                ref, when = f"{n}-{year}-{i}", f"{rng.integers(1, 29):02d}/{i % 12 + 1:02d}/{year} 20:00"
                knife = "Y" if i % 5 == 0 else "N"
                found.append(record(ref, when, BLADE if i % 9 == 8 else ROBBERY, place, KNIFE=knife))
                if i % 5 == 0:
                    found.append(record(ref, when, ABH, place, KNIFE=knife))
    return found


def make(folder: Path) -> None:
    import_files(folder, [export(rows())], "incidents", MAPPING)
    spots = pd.DataFrame({
        "area": [f"{b}-{i:02d}" for i, b in enumerate(BCUS)], "name": [f"place {i}" for i in range(6)], "bcu": BCUS,
        "cells": [(cell_at(p),) for p in PLACES], "n_cells": 1, "area_m2": 13_000.0, "role": ROLES, "n_incidents": 1,
        "valid_from": "", "valid_to": "", "edits": "",
    })  # fmt: skip
    area_register.freeze(folder, in_form(spots), "all", date(2024, 1, 1), "A", "N", {})
    area_register.freeze(folder, in_form(spots.iloc[[0, 1]]), "pair", date(2024, 1, 1), "A", "N", {})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "rare", make)


SPANS = st.sampled_from([
    ("2023-01", "2023-12", "2024-01", "2024-12"), ("2024-02", "2024-02", "2024-03", "2024-03"),
    ("2023-05-01", "2023-05-07", "2024-05-01", "2024-05-07"), ("2024-06-01", "2024-06-01", "2024-06-02", "2024-06-02"),
    ("2023-01", "2023-12", "2024-12", "2024-12"), ("2023-11", "2023-11", "2024-01", "2024-12"), ("", "", "", ""),
])  # fmt: skip
QUESTIONS = st.fixed_dictionaries({
    "span": SPANS, "places": st.sampled_from(["all", "pair", "top 1", "top 4"]),
    "bcu": st.sampled_from(["all", "South", "West", "East"]), "measure": st.sampled_from(["count", "harm"]),
    "comparison": st.sampled_from(["", "register", "matched", "rest"]),
    "baseline": st.sampled_from(["", "counted", "expected"]),
    "offences": st.sampled_from(["", "all", "knife", "grip", "grip-robbery"]), "proactive": st.booleans(),
    "hours": st.sampled_from(["", "18-22", "22-02", "0-24", "20"]),
    "areas": st.sampled_from([(), ("South-00",), ("South-00", "West-02"), ("East-03",), ("West-04",), ("South-01",)]),
})  # fmt: skip


@given(asked=QUESTIONS)
@hypothesis_settings(max_examples=examples(60))
def test_every_question_is_answered_or_refused(folder: Path, asked: dict) -> None:
    first, last, start, end = asked["span"]
    top = int(asked["places"].removeprefix("top ")) if asked["places"].startswith("top") else 0
    question = ChangeQuestion(
        register="" if top else asked["places"], top=top, before_from=first, before_to=last, after_from=start,
        after_to=end, include_proactive=asked["proactive"],
        **{name: asked[name] for name in ("bcu", "measure", "comparison", "baseline", "offences", "hours", "areas")},
    )  # fmt: skip
    try:
        found = change_workspace(open_workspace(folder), question)
    except HotspotsError as error:
        said = error.problems
    else:
        said = [found.answer]
        known = found.table.dropna(subset=["ci_low", "ci_high"])
        assert (known["ci_low"] <= known["ci_high"]).all()
    assert all(words.endswith((".", "?")) for words in said)
    assert "nan" not in " ".join(said)


def test_an_offence_that_is_only_ever_second_is_no_reason_to_stop(folder: Path) -> None:
    question = ChangeQuestion(
        register="all", offences="all", before_from="2024-02", before_to="2024-02", after_from="2024-03",
        after_to="2024-03",
    )  # fmt: skip
    table = change_workspace(open_workspace(folder), question).table
    assert {"panel", "wdd", "naive"} <= set(table["estimate_of"])
