"""Changes of weights that are tried before they are stored: edits, what-ifs, and what a transform makes of them.

A weight set is never changed. An edit is {row of its table: days}, kept apart until it becomes a new version.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from hotspots.base.errors import HotspotsError
from hotspots.harm.scoring import COLUMNS, WeightSet, score_offences
from hotspots.harm.weights.contents import with_changes, with_table

MOST_DAYS = 36_500  # a hundred years: more is a slip of the keyboard
KEY = ("athena_urn", "ho_class", "crime_type", "title")
EXAMPLES = (  # offences that any index should tell apart: name, Athena URN, Home Office class
    ("Murder", "1.1.1.1", "001/01"),
    ("Rape of a female aged 16 or over", "19C.19.8.0", "019/08"),
    ("Robbery of a person", "34B.34.1.2", "034/01"),
    ("Actual bodily harm", "8N.8.6.0", "008/06"),
    ("Common assault", "105A.105.1.0", "105/01"),
)
Edits = Mapping[int, float]


def edit_table(weights: WeightSet, parent: WeightSet | None, edits: Edits) -> pd.DataFrame:
    """The set as it is edited: row number as index, `COLUMNS` with the edits in place, parent_days and differs.

    ``differs`` says in words where a weight is not that of the parent version, or not yet stored.
    """
    table = weights.table.loc[:, list(COLUMNS)].reset_index(drop=True)
    stored = table["days"].copy()
    changed = stored.astype("float64").copy()
    for row, value in edits.items():
        changed.iloc[row] = value
    table["days"] = changed
    before = parent_days(table, parent)
    table["parent_days"] = before
    edited = set(edits)
    lines = zip(table.index, stored, table["days"], before, strict=True)
    table["differs"] = [
        f"not saved: {number(was)} → {number(now)}" if i in edited else difference(was, old, parent is not None)
        for i, was, now, old in lines
    ]
    return table


def parent_days(table: pd.DataFrame, parent: WeightSet | None) -> np.ndarray:
    """What each row weighs in the parent version; nan where it has no such row."""
    if parent is None:
        return np.full(len(table), np.nan)
    keys = parent.table[list(KEY)].itertuples(index=False, name=None)
    days_of = dict(zip(keys, parent.table["days"], strict=True))
    return np.array([days_of.get(key, np.nan) for key in table[list(KEY)].itertuples(index=False, name=None)])


def difference(days: float, before: float, has_parent: bool) -> str:
    if not has_parent or days == before:
        return ""
    if np.isnan(before):
        return "new"
    return f"{'▲ up' if days > before else '▼ down'} from {number(before)}"


def number(days: float) -> str:
    """``5,475``, ``182.5``."""
    return f"{days:,.0f}" if float(days).is_integer() else f"{days:,.2f}".rstrip("0")


def matching(table: pd.DataFrame, search: str, groups: Iterable[str]) -> pd.DataFrame:
    """Rows of these offence groups (none: all) with every word of ``search`` in title, group or codes."""
    wanted = set(groups)
    if wanted:
        table = table[table["offence_group"].isin(wanted)]
    text = table[["title", "offence_group", "athena_urn", "ho_class", "crime_type"]].agg(" ".join, axis=1)
    for word in search.casefold().split():
        table = table[text.loc[table.index].str.casefold().str.contains(word, regex=False)]
    return table


def take_edits(weights: WeightSet, shown: pd.DataFrame, edits: Edits) -> tuple[dict[int, float], list[str]]:
    """(the edits after these rows were edited, what is wrong with them). ``shown``: row number as index, days.

    Rows that are not shown keep their edits; a weight put back to what is stored is no edit. What is wrong is left out.
    """
    stored = weights.table["days"].to_numpy(dtype=float)
    kept = dict(edits)
    problems = []
    for row, entered in zip(shown.index, shown["days"], strict=True):
        days = float("nan") if entered is None or pd.isna(entered) else float(entered)
        problem = days_problem(days)
        if problem:
            problems.append(f"{name_of(weights, int(row))}: {problem}")
        elif days == stored[row]:
            kept.pop(int(row), None)
        else:
            kept[int(row)] = days
    return kept, problems


def days_problem(days: float) -> str:
    """What is wrong with a weight, in a sentence; '' if nothing."""
    if np.isnan(days):
        return "the weight is empty. Give days; 0 if the offence shall add no harm."
    if days < 0:
        return f"the weight is {number(days)}. Harm cannot be below 0: give 0 or more."
    if days > MOST_DAYS:
        return f"the weight is {number(days)}. More than {MOST_DAYS:,} days (100 years) must be a slip: give less."
    return ""


def name_of(weights: WeightSet, row: int) -> str:
    """'Murder (1.1.1.1)'."""
    urn, ho_class, crime_type, title = weights.table.iloc[row][list(KEY)]
    code = urn or ho_class or crime_type
    return f"{title} ({code})" if title and code != title else str(title or code)


def changes_of(weights: WeightSet, edits: Edits) -> pd.DataFrame:
    """The edited rows only, in `COLUMNS`: what a new version is made from."""
    rows = sorted(edits)
    return weights.table.iloc[rows].loc[:, list(COLUMNS)].assign(days=[edits[r] for r in rows]).reset_index(drop=True)


def edited(weights: WeightSet, edits: Edits) -> WeightSet:
    """The set as it would be stored with these edits; stored nowhere."""
    changed = with_changes(weights, changes_of(weights, edits)) if edits else weights
    return replace(changed, version="with edits, not saved")


def multiplied(weights: WeightSet, factors: Mapping[str, float]) -> WeightSet:
    """The set with the weights of each offence group multiplied, stored nowhere. Groups not named stay as they are."""
    factor = weights.table["offence_group"].map(dict(factors)).astype("float64").fillna(1.0)
    table = weights.table.assign(days=weights.table["days"].to_numpy() * factor.to_numpy())
    return replace(with_table(weights, table), version="what-if, not saved")


def groups_of(weights: WeightSet) -> list[str]:
    """The offence groups of the set, the heaviest first (by its heaviest offence)."""
    heaviest = weights.table.groupby("offence_group")["days"].max()
    return [str(g) for g in heaviest.sort_values(ascending=False, kind="stable").index]


def transforms(weights: WeightSet, cap: float) -> pd.DataFrame:
    """What each transform makes of a few offences: offence, days, harm_sqrt = √days, harm_capped = min(days, cap).

    The offences are `EXAMPLES`; for a set without codes, its crime types, heaviest first. Empty where the set has
    no single weight for the offence.
    """
    if weights.table["athena_urn"].eq("").all() and weights.table["ho_class"].eq("").all():
        ordered = weights.table.sort_values("days", ascending=False, kind="stable")
        table = pd.DataFrame({"offence": ordered["crime_type"].tolist(), "days": ordered["days"].tolist()})
    else:
        asked = pd.DataFrame(EXAMPLES, columns=["offence", "athena_urn", "ho_class"])
        table = score_offences(asked, weights)[["offence", "days"]]
    return table.assign(harm_sqrt=np.sqrt(table["days"]).round(2), harm_capped=np.minimum(table["days"], cap))


def refuse_unweighted(weights: WeightSet, scores: pd.DataFrame) -> None:
    """Refuse a set that has a weight for none of these offences: ranking by it would be ranking by nothing."""
    if len(scores) and (scores["status"] == "unscored").all():
        raise HotspotsError(
            f"{weights.label} ({weights.version}) has a weight for none of the offences here, so it cannot rank them."
            " Choose a set with the codes that the data has: data.police.uk has crime types only."
        )


def with_places(compared: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """The cells in either top, as they are shown: those that enter, then those that leave, then those that stay.

    ``compared``: the table of `hotspots.ranking.what_if.reweigh.compare_rankings`; ``table``: the rank table of the
    same cells.
    """
    kept = compared[compared["change"] != ""]
    kind = kept["change"].map({"enters": 0, "leaves": 1, "stays": 2})
    shown = kept["rank_b"].where(kind != 1, kept["rank_a"])
    kept = kept.assign(kind=kind, shown=shown).sort_values(["kind", "shown"], kind="stable")
    return placed(kept.drop(columns=["kind", "shown"]), table)


def placed(found: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Cells known by number, with the name, BCU and centre that the rank table gives them; cell ids as text."""
    about = table.set_index("cell")[["place", "bcu", "district", "lon", "lat"]]
    ids = [f"{int(cell):x}" for cell in found["cell"]]
    beside = about.loc[ids].reset_index(drop=True)
    return pd.concat([found.reset_index(drop=True).assign(cell=ids), beside], axis=1)
