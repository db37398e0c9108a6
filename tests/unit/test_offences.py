"""Offence codes, groups and selections on tables small enough to check by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from hotspots.base.choices import CRIME_TYPES
from hotspots.base.errors import HotspotsError
from hotspots.harm.offences import (
    classify,
    distinct_offences,
    normalise_ho_class,
    normalise_urn,
    urn_class,
    urn_code,
)
from hotspots.harm.selections import (
    SELECTIONS,
    columns_needed,
    proactive_mask,
    selection_mask,
    selection_named,
    unclassified_rows,
    unknown_flags,
)


@pytest.mark.parametrize("text", ["008/06", "8/6", "00806", "8.6", "008/6", " 8/06 "])
def test_class_is_read_however_it_is_written(text: str) -> None:
    assert normalise_ho_class(text) == "008/06"


@pytest.mark.parametrize(
    "text", [None, float("nan"), pd.NA, "", "8N", "802", "0806", "8-6", "000/01", "8/123", "1234/5", "06-Aug", "8/6/1"]
)
def test_class_that_cannot_be_read_is_none(text: object) -> None:
    assert normalise_ho_class(text) is None


def test_malformed_class_of_the_index() -> None:
    assert normalise_ho_class("00200") == "002/00"


@pytest.mark.parametrize(
    ("text", "urn"),
    [(" 8n.8.6.0 ", "8N.8.6.0"), ("8N. 8.6.0a", "8N.8.6.0A"), ("4.1.4.1.0", "4.1.4.1.0"), ("n/a", None), ("8N", None),
     ("", None), (None, None), (float("nan"), None), (8.6, None)],
)  # fmt: skip
def test_urn(text: object, urn: str | None) -> None:
    assert normalise_urn(text) == urn


@pytest.mark.parametrize(
    ("urn", "code", "ho_class"),
    [
        ("8N.8.6.0", "8N", "008/06"),
        ("4.1.4.1.0", "4.1", "004/01"),
        ("37.1.37.1.0", "37.1", "037/01"),
        ("1.1.1.1", "1", "001/01"),
        ("1.1.1.1A", "2", "002/00"),  # the attempt is filed as attempted murder
        ("105A.105.1.0A", "105A", "105/01"),
    ],
)
def test_parts_of_a_urn(urn: str, code: str, ho_class: str) -> None:
    assert (urn_code(urn), urn_class(urn)) == (code, ho_class)


def test_classify_reads_urn_first_and_class_where_it_is_unambiguous() -> None:
    table = pd.DataFrame(
        {
            "athena_urn": ["34B.34.1.2", None, None, "8N.8.6.0", None, "8N.8.99.0"],
            "ho_class": [None, "034/01", "8/6", "105/01", "999/99", None],
        },
        index=[7, 7, 3, 2, 1, 0],
    )
    found = classify(table)
    assert found.index.tolist() == [7, 7, 3, 2, 1, 0]
    none = None
    assert found["ho_code"].astype(object).where(found["ho_code"].notna(), None).tolist() == [
        "34B", none, none, "8N", none, "8N",
    ]  # fmt: skip
    assert found["sub_group"].fillna("-").tolist() == [
        "Robbery of personal property", "-", *["Violence with injury"] * 2, "-", "Violence with injury",
    ]  # fmt: skip
    assert found["group"].fillna("-").tolist() == [
        "Robbery", "Robbery", *["Violence against the person"] * 2, "-", "Violence against the person",
    ]  # fmt: skip


# ---------------------------------------------------------------- selections by offence code

OFFENCES = {  # one of each, by URN
    "murder": "1.1.1.1",
    "attempted murder": "2.2.0.1",
    "death by driving": "4.4.4.4.0",
    "s18": "5D.5.1.0",
    "ABH": "8N.8.6.0",
    "common assault": "105A.105.1.0",
    "threats to kill": "3B.3.1.0",
    "rape": "19C.19.8.0",
    "sexual assault": "20A.20.5.0",
    "robbery": "34B.34.1.2",
    "aggravated burglary": "29A.29.0.1",
    "aggravated burglary, business": "30E.31.0.1",
    "burglary": "28E.28.3.1",
    "threat with blade": "10D.8.64.0",
    "blade in public": "10D.8.26.0",
    "firearm, fear of violence": "10A.8.23.0",
    "violent disorder": "62A.65.0.0",
    "affray": "66.66.1.0",
    "grooming": "88A.88.1.0",
    "modern slavery": "99.99.25.0",
    "shoplifting": "46.46.0.0",
}


def one_of_each(**flags: object) -> pd.DataFrame:
    table = pd.DataFrame({"athena_urn": pd.Categorical(list(OFFENCES.values()))})
    table["ho_class"] = pd.Categorical([None] * len(table), categories=["008/06"])
    for name in ("knife", "gun", "domestic"):
        table[name] = pd.array([flags.get(name, False)] * len(table), dtype="boolean")
    table["location_type"] = pd.Categorical([flags.get("location_type", "Street")] * len(table))
    return table


def chosen(table: pd.DataFrame, selection: str, source: str = "incidents") -> set[str]:
    mask = selection_mask(table, selection, source)
    assert mask.dtype == bool
    return {name for name, is_in in zip(OFFENCES, mask, strict=True) if is_in}


GRIP = {"murder", "attempted murder", "s18", "ABH", "rape"}
SERIOUS = GRIP | {
    "robbery", "aggravated burglary", "aggravated burglary, business", "firearm, fear of violence", "grooming",
    "modern slavery",
}  # fmt: skip
STREET = {"murder", "attempted murder", "s18", "ABH", "robbery", "threat with blade", "firearm, fear of violence",
          "violent disorder", "affray"}  # fmt: skip
KNIFE_LIST = {"attempted murder", "s18", "ABH", "threats to kill", "rape", "sexual assault", "robbery"}


def test_grip_with_and_without_robbery() -> None:
    assert chosen(one_of_each(), "grip") == GRIP
    assert chosen(one_of_each(), "grip-robbery") == GRIP | {"robbery"}


def test_serious_violence_without_flags() -> None:
    assert chosen(one_of_each(), "serious-violence") == SERIOUS


@pytest.mark.parametrize("flag", ["domestic", "gun"])
def test_domestic_abuse_and_gun_crime_are_serious_violence_whatever_the_offence(flag: str) -> None:
    assert chosen(one_of_each(**{flag: True}), "serious-violence") == set(OFFENCES)


def test_knife_crime_is_serious_violence() -> None:
    assert chosen(one_of_each(knife=True), "serious-violence") == SERIOUS | {"threats to kill", "sexual assault"}


def test_knife_crime_is_the_home_office_list_where_a_knife_was_used() -> None:
    assert chosen(one_of_each(knife=True), "knife") == KNIFE_LIST
    assert chosen(one_of_each(knife=False), "knife") == set()


@pytest.mark.parametrize("place", ["Street", "Licensed premises", "Public house", "Non-dwelling", "Residential street"])
def test_street_visible(place: str) -> None:
    assert chosen(one_of_each(location_type=place), "street-visible") == STREET


@pytest.mark.parametrize("place", ["Dwelling", "DWELLING - flat", "House", "Private residence"])
def test_street_visible_leaves_out_homes(place: str) -> None:
    assert chosen(one_of_each(location_type=place), "street-visible") == set()


def test_street_visible_leaves_out_domestic_but_keeps_unknown() -> None:
    table = one_of_each()
    table["domestic"] = pd.array([pd.NA] + [True] * (len(table) - 1), dtype="boolean")
    assert chosen(table, "street-visible") == {"murder"}
    assert chosen(table.drop(columns="location_type"), "street-visible") == {"murder"}


def test_class_alone_answers_too() -> None:
    table = pd.DataFrame({"athena_urn": [None] * 4, "ho_class": ["008/01", "034/01", "105/01", "nonsense"]})
    assert selection_mask(table, "grip-robbery", "incidents").tolist() == [True, True, False, False]
    assert unclassified_rows(table) == 1


def test_plain_columns_answer_like_categorical_ones() -> None:
    table = one_of_each(knife=True)
    plain = table.astype({"athena_urn": "str", "ho_class": "str", "location_type": "str", "knife": "object"})
    for name in ("serious-violence", "knife", "street-visible", "grip"):
        assert chosen(plain, name) == chosen(table, name)


def test_missing_flags_never_count_and_are_counted_apart() -> None:
    table = one_of_each(knife=None)
    table.loc[4, "knife"] = True  # ABH
    assert chosen(table, "knife") == {"ABH"}
    assert unknown_flags(table, "knife") == len(KNIFE_LIST) - 1
    assert unknown_flags(table, "serious-violence") == 2  # threats to kill, sexual assault
    assert unknown_flags(table, "grip") == 0
    table["domestic"] = pd.array([None] * len(table), dtype="boolean")
    assert unknown_flags(table, "street-visible") == len(STREET)


@pytest.mark.parametrize("selection", [*SELECTIONS, "category:robbery"])
def test_columns_needed_are_enough(selection: str) -> None:
    source = "police-uk" if selection_named(selection).basis == "categories" else "incidents"
    table = one_of_each(knife=True, domestic=False)
    table["crime_type"] = pd.Categorical(["Robbery", *["Drugs"] * (len(table) - 1)])
    narrow = table[sorted(columns_needed(selection))]
    assert (selection_mask(narrow, selection, source) == selection_mask(table, selection, source)).all()
    assert columns_needed("grip") == {"athena_urn", "ho_class"}


@pytest.mark.parametrize("selection", [s for s in SELECTIONS if s != "violence-categories"])
def test_no_rows_give_no_rows(selection: str) -> None:
    assert selection_mask(one_of_each().iloc[:0], selection, "incidents").tolist() == []


# ---------------------------------------------------------------- what a source cannot answer


@pytest.mark.parametrize("selection", ["serious-violence", "grip", "grip-robbery", "street-visible", "knife"])
def test_police_uk_has_no_offence_codes(selection: str) -> None:
    table = pd.DataFrame({"crime_type": ["Robbery"]})
    with pytest.raises(
        HotspotsError, match=rf"'{selection}' cannot be made from data\.police\.uk.*violence-categories"
    ):
        selection_mask(table, selection, "police-uk")


@pytest.mark.parametrize("selection", ["violence-categories", "category:Robbery"])
def test_force_export_has_no_crime_types(selection: str) -> None:
    with pytest.raises(
        HotspotsError, match=r"crime types, which the source 'incidents' does not carry.*serious-violence"
    ):
        selection_mask(one_of_each(), selection, "incidents")


@pytest.mark.parametrize(("selection", "flag"), [("knife", "knife"), ("street-visible", "domestic")])
def test_flag_empty_throughout(selection: str, flag: str) -> None:
    for table in (one_of_each(**{flag: None}), one_of_each().drop(columns=flag)):
        with pytest.raises(HotspotsError, match=rf"the {flag} flag is empty on all 21 rows.*grip-robbery"):
            selection_mask(table, selection, "incidents")


def test_codes_empty_throughout() -> None:
    with pytest.raises(HotspotsError, match="none of the 3 rows has one: ho_class"):
        selection_mask(pd.DataFrame({"title": ["a", "b", "c"]}), "grip", "incidents")


def test_unknown_selection_and_category() -> None:
    with pytest.raises(HotspotsError, match=r"no selection 'violence'.*grip"):
        selection_named("violence")
    with pytest.raises(HotspotsError, match=r"'Murder' is not a data\.police\.uk crime type.*Robbery"):
        selection_named("category:Murder")


# ---------------------------------------------------------------- crime types


def test_violence_categories_and_single_categories() -> None:
    table = pd.DataFrame({"crime_type": pd.Categorical([*CRIME_TYPES, None])})
    found = table["crime_type"][selection_mask(table, "violence-categories", "police-uk")]
    assert set(found) == {"Violence and sexual offences", "Robbery", "Possession of weapons"}
    assert selection_mask(table, "category: ROBBERY ", "police-uk").sum() == 1
    assert selection_mask(table, "all", "police-uk").all()
    assert "broader" in SELECTIONS["violence-categories"].label


def test_proactive_is_the_flag_or_a_crime_type_found_by_patrols() -> None:
    table = pd.DataFrame(
        {
            "crime_type": pd.Categorical(["Drugs", "Possession of weapons", "Robbery", None, None, None]),
            "proactive": pd.array([None, False, None, True, False, None], dtype="boolean"),
        }
    )
    assert proactive_mask(table).tolist() == [True, True, False, True, False, False]
    assert proactive_mask(table[["crime_type"]]).tolist() == [True, True, False, False, False, False]


# ---------------------------------------------------------------- keys


def test_offence_keys() -> None:
    table = pd.DataFrame(
        {
            "athena_urn": [" 8n.8.6.0", "8N.8.6.0", "8N.8.6.0", "n/a", None, None, None],
            "ho_class": ["008/06", None, "105/01", "8/6", None, None, None],
            "crime_type": [None, None, None, None, "Robbery", None, None],
            "title": ["Assault B", "assault A", "Odd", "ABH", "x", " Stolen  cow ", None],
        }
    )
    keys = ["urn:8N.8.6.0", "urn:8N.8.6.0", "urn:8N.8.6.0 class:105/01", "class:008/06", "type:Robbery",
            "title:Stolen cow", "title:"]  # fmt: skip
    codes, offences = distinct_offences(table)
    assert offences.columns.tolist() == ["offence", "athena_urn", "ho_class", "crime_type", "title"]
    assert offences["offence"].tolist() == sorted(set(keys))
    assert offences["offence"].to_numpy()[codes].tolist() == keys
    plain = offences.set_index("offence").loc["urn:8N.8.6.0"]
    assert (plain["ho_class"], plain["title"]) == ("008/06", "Assault B")


def test_no_rows_have_no_keys() -> None:
    codes, offences = distinct_offences(pd.DataFrame({"athena_urn": pd.Series([], dtype="str")}))
    assert (len(codes), len(offences)) == (0, 0)


def test_many_rows_get_the_answers_of_few() -> None:
    """Work is done once per distinct offence: 105,000 rows get the answers of one copy, repeated."""
    table = one_of_each(knife=True)
    many = table.loc[np.tile(np.arange(len(table)), 5_000)]
    once = selection_mask(table, "serious-violence", "incidents")
    assert (selection_mask(many, "serious-violence", "incidents") == np.tile(once, 5_000)).all()
