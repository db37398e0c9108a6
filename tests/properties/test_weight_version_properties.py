"""Weight sets over their versions: what is stored never changes, and every way out leads back in."""

from __future__ import annotations

import math
import shutil
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotspots.exports import as_text
from hotspots.harm.scoring import WeightSet, score_offences, weight_set_from_table
from hotspots.harm.weights.contents import differences, with_changes
from hotspots.harm.weights.importing import export_csv, read_weight_file
from hotspots.harm.weights.register import Draft, audit, load, new_version, store, undo, versions
from hotspots.intake import import_files
from hotspots.ranking.answer import about
from hotspots.ranking.pipeline import rank_workspace
from hotspots.ranking.question import Question
from tests.conftest import examples
from tests.samples import ABH, BLACKPOOL, BLADE, MAPPING, MURDER, ROBBERY, export, record

URNS = ["8N.8.6.0", "8S.8.6.0", "34B.34.1.2", "1.1.1.1", "10D.8.26.0"]
CLASSES = ["008/06", "034/01", "001/01", "008/26", "999/99"]
days = st.floats(0, 6_000, allow_nan=False).map(lambda d: round(d, 3)) | st.sampled_from([0.0, 0.1, 182, 182.5, 5475])
text = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), max_size=8)
by_urn = st.dictionaries(st.sampled_from(URNS), st.tuples(days, st.sampled_from(CLASSES), text), min_size=1)
by_class = st.dictionaries(st.sampled_from(CLASSES), days)
changes = st.dictionaries(
    st.sampled_from([("athena_urn", u) for u in URNS] + [("ho_class", c) for c in CLASSES]), days, min_size=1
)


def weight_set(urns: dict[str, tuple[float, str, str]], classes: dict[str, float]) -> WeightSet:
    rows = [{"athena_urn": u, "ho_class": c, "title": t, "days": d} for u, (d, c, t) in urns.items()]
    rows += [{"athena_urn": "", "ho_class": c, "title": "", "days": d} for c, d in classes.items()]
    return weight_set_from_table(pd.DataFrame(rows), name="p", version="1", source="generated")


sets = st.builds(weight_set, by_urn, by_class)


def changed(given_: dict[tuple[str, str], float]) -> pd.DataFrame:
    rows = [{"athena_urn": "", "ho_class": "", key: value, "days": d} for (key, value), d in given_.items()]
    return pd.DataFrame(rows)


@settings(max_examples=examples(60), deadline=None)
@given(sets)
def test_export_then_import_is_identity(weights: WeightSet) -> None:
    back, _ = read_weight_file(("x.csv", export_csv(weights).encode()))
    assert back.sha256 == weights.sha256
    assert back.unit == weights.unit


@settings(max_examples=examples(60), deadline=None)
@given(sets, changes)
def test_changes_are_applied_as_a_plain_dictionary_would(weights: WeightSet, wanted: dict) -> None:
    after = with_changes(weights, changed(wanted))
    plain = {
        ("athena_urn", u) if u else ("ho_class", c): d
        for u, c, d in weights.table[["athena_urn", "ho_class", "days"]].itertuples(index=False)
    } | wanted
    found = {
        ("athena_urn", u) if u else ("ho_class", c): d
        for u, c, d in after.table[["athena_urn", "ho_class", "days"]].itertuples(index=False)
    }
    assert found == plain
    told = {c.offence.split()[0]: c.after for c in differences(weights, after)}
    really = {k[1]: d for k, d in wanted.items() if (k, d) not in _items(weights)}
    assert told == really


def _items(weights: WeightSet) -> set[tuple[tuple[str, str], float]]:
    rows = weights.table[["athena_urn", "ho_class", "days"]].itertuples(index=False)
    return {(("athena_urn", u) if u else ("ho_class", c), d) for u, c, d in rows}


@settings(max_examples=examples(60), deadline=None)
@given(sets, st.sampled_from(CLASSES), st.sampled_from(["", *URNS]))
def test_a_row_for_the_class_alone_always_decides_it(weights: WeightSet, ho_class: str, urn: str) -> None:
    """The rule in words: URN; else the row for the class alone; else the class if all its rows agree."""
    found = score_offences(pd.DataFrame([{"athena_urn": urn, "ho_class": ho_class}]), weights).iloc[0]
    rows = list(weights.table[["athena_urn", "ho_class", "days"]].itertuples(index=False, name=None))
    known = [d for u, _, d in rows if u and u == urn]
    alone = [d for u, c, d in rows if not u and c == ho_class]
    others = {d for u, c, d in rows if u and c == ho_class}
    if known:
        wanted = ("urn", known[0])
    elif alone:
        wanted = ("decision" if others else "class", alone[0])
    else:
        wanted = ("class" if others else "", others.pop() if len(others) == 1 else math.nan)
    assert found["matched_by"] == wanted[0]
    assert found["days"] == wanted[1] or (math.isnan(found["days"]) and math.isnan(wanted[1]))


# ---------------------------------------------------------------- over stored versions


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("versions") / "ws"
    gbh = {"CLASS": "008/01", "URN": "", "TITLE": "GBH"}
    kinds = [ROBBERY, ABH, MURDER, gbh, BLADE, ROBBERY, ABH]
    rows = [record(f"r{i}", f"{i + 1:02d}/05/2024 22:00", kind) for i, kind in enumerate(kinds)]
    rows += [record(f"s{i}", f"{i + 1:02d}/05/2024 23:00", ABH, BLACKPOOL) for i in range(4)]
    import_files(folder, [export(rows)], "incidents", MAPPING)
    return folder


def figures(folder: Path, asked: str) -> str:
    """Everything a download of the ranking holds, to the last digit."""
    answer = rank_workspace(folder, Question(weights=asked, offences="all", include_proactive=True))
    return as_text(answer.table, "json", about(answer)) + as_text(answer.scores, "csv")


def test_an_old_version_gives_the_old_figures_to_the_bit_after_ten_later_ones(workspace: Path) -> None:
    first = load(workspace, "cchi-2020-sv")
    asked = f"{first.name}@{first.version}"
    seen = {asked: figures(workspace, asked)}
    for n in range(10):
        table = pd.DataFrame({"athena_urn": ["8N.8.6.0", "34B.34.1.2"], "days": [10 + n + 1, 365 + n + 1]})
        made = new_version(workspace, first.name, table, "Ann", f"try {n}")
        seen[f"{made.name}@{made.version}"] = figures(workspace, f"{made.name}@{made.version}")
    assert len(seen) == len(set(seen.values())) == 11
    assert {name: figures(workspace, name) for name in seen} == seen
    assert figures(workspace, "") == seen[asked]  # nobody made a later one the default


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sets, st.lists(changes, min_size=1, max_size=3))
def test_undo_restores_the_parents_hash_and_loses_nothing(
    workspace: Path, weights: WeightSet, steps: list[dict]
) -> None:
    with tempfile.TemporaryDirectory() as there:
        folder = Path(there) / "ws"
        shutil.copytree(workspace, folder)
        before = audit(folder)
        hashes = [store(folder, "Ann", "first", lambda _: Draft(weights, None, "edit")).sha256]
        for n, step in enumerate(steps):
            table = changed(step)
            if with_changes(load(folder, "p"), table).sha256 != hashes[-1]:
                hashes.append(new_version(folder, "p", table, "Ann", f"step {n}").sha256)
        stored = hashes.copy()
        while len(hashes) > 1:
            hashes.pop()
            made = undo(folder, "p", "Bob")
            stored.append(made.sha256)
            assert made.sha256 == hashes[-1] == load(folder, "p").sha256
        assert versions(folder).query("name == 'p'")["sha256"].tolist() == stored
        assert len(audit(folder)) >= len(before) + len(stored)
