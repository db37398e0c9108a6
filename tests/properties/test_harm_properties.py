"""What holds for any offences and any weights."""

from __future__ import annotations

import math
from random import Random

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.harm.offences import distinct_offences
from hotspots.harm.scoring import WeightSet, score_offences, to_csv_bytes, weight_set_from_table
from hotspots.harm.selections import selection_mask, unknown_flags
from tests.conftest import examples

ABOUT = {"name": "p", "version": "1", "source": "generated"}
URNS = [
    "8N.8.6.0",
    "8S.8.6.0",
    "8N.8.1.1",
    "8N.8.1.2",
    "1.1.1.1",
    "1.1.1.1A",
    "34B.34.1.2",
    "105A.105.1.0",
    "99.99.25.0",
]
CLASSES = ["008/06", "008/01", "001/01", "002/00", "034/01", "105/01", "999/99", "8/6", "junk"]
TYPES = ["Robbery", "Drugs", "Burglary"]
maybe = lambda values: st.none() | st.sampled_from(values)  # noqa: E731
flag = st.none() | st.booleans()

offence = st.tuples(maybe([*URNS, " 8n.8.6.0", "7Z.7.7.7", "junk"]), maybe(CLASSES), maybe(TYPES), maybe(["a", "b"]))
weight = st.tuples(st.sampled_from(URNS), st.sampled_from(CLASSES[:6]), st.sampled_from([0.1, 1, 10, 182, 182.5, 5475]))


def offences_table(rows: list[tuple]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["athena_urn", "ho_class", "crime_type", "title"], dtype="str")


def weight_set(rows: list[tuple]) -> WeightSet:
    table = pd.DataFrame(rows, columns=["athena_urn", "ho_class", "days"]).drop_duplicates("athena_urn")
    return weight_set_from_table(table, **ABOUT)


some_offences = st.lists(offence, max_size=30).map(offences_table)
some_weights = st.lists(weight, min_size=1, max_size=12).map(weight_set)


@settings(max_examples=examples(60), deadline=None)
@given(some_offences, some_weights)
def test_rows_are_kept_and_states_are_told_apart(offences: pd.DataFrame, weights: WeightSet) -> None:
    found = score_offences(offences, weights)
    assert found.index.equals(offences.index)
    pd.testing.assert_frame_equal(found[offences.columns], offences)
    scored, ambiguous = found["status"] == "scored", found["status"] == "ambiguous"
    assert (found["days"].notna() == scored).all()
    assert (found["days_low"].notna() == (scored | ambiguous)).all()
    assert (found["days_low"][ambiguous] < found["days_high"][ambiguous]).all()
    assert (found["days_low"][scored] == found["days_high"][scored]).all()
    assert ((found["matched_by"] == "") == (found["status"] == "unscored")).all()


@settings(max_examples=examples(60), deadline=None)
@given(some_offences, some_weights, st.randoms(use_true_random=False))
def test_order_of_rows_changes_nothing(offences: pd.DataFrame, weights: WeightSet, random: Random) -> None:
    order = list(range(len(offences)))
    random.shuffle(order)
    shuffled = score_offences(offences.iloc[order], weights)
    pd.testing.assert_frame_equal(shuffled.sort_index(), score_offences(offences, weights))
    turned = weight_set_from_table(weights.table.iloc[::-1], **ABOUT)
    assert to_csv_bytes(turned) == to_csv_bytes(weights)
    pd.testing.assert_frame_equal(score_offences(offences, turned), score_offences(offences, weights))
    own, straight = distinct_offences(offences)
    codes, mixed = distinct_offences(offences.iloc[order])
    pd.testing.assert_frame_equal(mixed, straight)
    assert mixed["offence"].to_numpy()[codes].tolist() == straight["offence"].to_numpy()[own][order].tolist()


@settings(max_examples=examples(40), deadline=None)
@given(some_offences, some_weights, st.sampled_from([0.5, 2, 10, 1024]))
def test_scaling_the_weights_scales_the_days(offences: pd.DataFrame, weights: WeightSet, factor: float) -> None:
    scaled = weight_set_from_table(weights.table.assign(days=weights.table["days"] * factor), **ABOUT)
    before, after = score_offences(offences, weights), score_offences(offences, scaled)
    assert after["status"].tolist() == before["status"].tolist()
    for name in ("days", "days_low", "days_high"):
        pd.testing.assert_series_equal(after[name], before[name] * factor)


@settings(max_examples=examples(60), deadline=None)
@given(some_offences, some_weights)
def test_scoring_distinct_offences_is_scoring_every_row(offences: pd.DataFrame, weights: WeightSet) -> None:
    """Each row finds in the short table the score it has by itself, with the class that its URN spells."""
    codes, distinct = distinct_offences(offences)
    short = score_offences(distinct, weights).iloc[codes].reset_index(drop=True)
    spelled = distinct["ho_class"].iloc[codes].reset_index(drop=True)
    missing = offences["ho_class"].isna() | (offences["ho_class"] == "junk")
    long = score_offences(offences.assign(ho_class=offences["ho_class"].where(~missing, spelled)), weights)
    for name in ("status", "matched_by", "days", "days_low", "days_high"):
        pd.testing.assert_series_equal(short[name], long[name])


def plain_score(row: tuple, rows: list[tuple]) -> tuple[str, float]:
    """The rule in words, row by row: URN, else class if all agree."""
    urn = (row[0] or "").strip().upper()
    ho_class = {"8/6": "008/06"}.get(row[1], row[1])
    for _, days in [(u, d) for u, _, d in rows if u == urn]:
        return "scored", days
    days = {d for _, c, d in rows if c == ho_class}
    if len(days) == 1:
        return "scored", days.pop()
    return ("ambiguous", math.nan) if days else ("unscored", math.nan)


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(offence, max_size=20), some_weights)
def test_equals_the_slow_plain_rule(rows: list[tuple], weights: WeightSet) -> None:
    found = score_offences(offences_table(rows), weights)
    plain = list(weights.table[["athena_urn", "ho_class", "days"]].itertuples(index=False, name=None))
    for row, status, days in zip(rows, found["status"], found["days"], strict=True):
        wanted = plain_score(row, plain)
        assert status == wanted[0]
        assert days == wanted[1] or (math.isnan(days) and math.isnan(wanted[1]))


INJURY = {"8N.8.6.0", "8S.8.6.0", "8N.8.1.1", "8N.8.1.2", "1.1.1.1A"}  # of URNS, by the Home Office's grouping
KNIFE = INJURY | {"34B.34.1.2"}
FLAGGED = st.lists(
    st.tuples(st.sampled_from(URNS), flag, flag, flag, maybe(["Dwelling", "Street"])), min_size=1, max_size=25
)


@settings(max_examples=examples(80), deadline=None)
@given(FLAGGED)
def test_selections_equal_the_slow_plain_rule(rows: list[tuple]) -> None:
    names = ["athena_urn", "knife", "gun", "domestic", "location_type"]
    table = pd.DataFrame(rows, columns=names).astype(dict.fromkeys(["knife", "gun", "domestic"], "boolean"))
    table = table.astype({"athena_urn": "category", "location_type": "category"})
    serious = [
        u in KNIFE or u in {"1.1.1.1", "99.99.25.0"} or gun is True or domestic is True
        for u, _, gun, domestic, _ in rows
    ]
    assert selection_mask(table, "serious-violence", "incidents").tolist() == serious
    unsure = [not s and (gun is None or dom is None) for s, (_, _, gun, dom, _) in zip(serious, rows, strict=True)]
    assert unknown_flags(table, "serious-violence") == sum(unsure)
    if table["knife"].notna().any():
        knife = [u in KNIFE and k is True for u, k, *_ in rows]
        assert selection_mask(table, "knife", "incidents").tolist() == knife
    if table["domestic"].notna().any():
        street = [u in KNIFE | {"1.1.1.1"} and d is not True and p != "Dwelling" for u, _, _, d, p in rows]
        assert selection_mask(table, "street-visible", "incidents").tolist() == street
