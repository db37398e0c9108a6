"""What a change of weights does to the list: which cells enter and leave it, and how sure the list is."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from hotspots import exports
from hotspots.base import choices
from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.base.writing import to_csv
from hotspots.harm.scoring import WeightSet
from hotspots.ranking.answer import Answer, about
from hotspots.ranking.what_if import edits as weight_edits
from hotspots.ranking.what_if import reweigh
from hotspots.ui import components, loading
from hotspots.ui.frame import View, usable_weights
from hotspots.ui.harm_weights import answers
from hotspots.ui.harm_weights.chosen import EDITS, VERSIONS, WHAT_IF, Chosen, edits_of, factors_of, say
from hotspots.ui.session import held, hold
from hotspots.ui.show import offer_files, plain_text, show_breaks

TABLE = ["change", "place", "rank_a", "rank_b", "shift", "driver", "driver_days", "bcu", "cell"]


def show_changes(view: View, chosen: Chosen) -> None:
    """Which cells enter and leave the list: in a sentence, in figures, on a map, in a table."""
    st.header("What changes", anchor="what-changes")
    asked = (view.folder, view.version, view.question)
    answer = loading.ranked(*asked)
    show_breaks(answer.breaks)
    first, second = pair = choose_pair(view, chosen)
    hashes = (first.sha256, second.sha256)
    if first.sha256 == second.sha256:
        st.info("Both have the same weights. Change a weight, try a what-if, or choose another version.")
        return
    by = choices.METHODS[view.question.by].lower()
    st.caption(plain_text(f"{from_to(first, second)}, ranked by {by}. Ranking, window and BCU: in the menu."))
    if not len(answer.table):
        st.info("No such incident in this window and BCU, so there is no list to change.")
        return
    found, changed = answers.compared(*asked, view.top, hashes, pair)
    if not len(changed):
        st.info("No cell has a harm figure under either of them, so there is no list to change.")
        return
    say(*what_changes(found, changed))
    if view.question.by == "count":
        st.info("A count takes no notice of weights. Choose another “Rank by” to see what they do.")
    left, right = st.columns(2)
    left.metric("Jaccard overlap", f"{found.jaccard:.2f}")
    left.caption("Cells on both lists, of all cells on either. 1: the same cells.")
    right.metric("Rank-biased overlap", f"{found.rbo:.2f}")
    right.caption("Agreement of the order; the first ranks count most. 1: the same list in the same order.")
    left, right = st.columns([4, 5], gap="medium")
    with left:
        deck, svg = answers.change_map_strings(*asked, view.top, hashes, components.is_dark(), changed)
        components.map_view(deck, json.loads(svg), None, key="change_map", prefer_svg=view.svg)
    with right:
        table = changed[[c for c in TABLE if c != "bcu" or view.question.bcu == "all"]]
        table = table.assign(driver_days=table["driver_days"].round(2))
        st.dataframe(
            table, hide_index=True, alt="Cells that enter, leave or stay", height=420, column_config=CHANGE_COLUMNS
        )
        show_downloads(answer, table, pair, found)


def from_to(first: WeightSet, second: WeightSet) -> str:
    if first.label == second.label:
        return f"{first.label}: from {first.version} to {second.version}"
    return f"From {first.label}, {first.version}, to {second.label}, {second.version}"


def choose_pair(view: View, chosen: Chosen) -> tuple[WeightSet, WeightSet]:
    """The weights before and after: with edits, with a what-if, or of two versions."""
    wanted = held("compare") or {"kind": VERSIONS, "first": "", "second": "", "turn": 0}
    tried = factors_of(chosen)
    kinds = [*([EDITS] if edits_of(chosen) else []), *([WHAT_IF] if tried else []), VERSIONS]
    start = wanted["kind"] if wanted["kind"] in kinds else VERSIONS
    turn = f"{wanted['turn']}_{chosen.weights.sha256[:8]}_{len(kinds)}_{start}"
    kind = start
    if len(kinds) > 1:
        kind = st.radio("Compare", kinds, index=kinds.index(start), horizontal=True, key=f"compare_kind_{turn}")
    if kind == EDITS:
        return chosen.weights, weight_edits.edited(chosen.weights, edits_of(chosen))
    if kind == WHAT_IF:
        return chosen.weights, weight_edits.multiplied(chosen.weights, tried)
    return choose_versions(view, chosen, wanted, turn)


def choose_versions(view: View, chosen: Chosen, wanted: dict[str, Any], turn: str) -> tuple[WeightSet, WeightSet]:
    table = loading.versions(view.folder, view.version)
    ids = (table["name"] + "@" + table["version"]).tolist()
    sets = {i: loading.weight_set(view.folder, view.version, i) for i in ids}
    parent = f"{chosen.parent.name}@{chosen.parent.version}" if chosen.parent else view.question.weights
    starts = (wanted["first"] or parent, wanted["second"] or chosen.id)
    labels = {i: f"{s.label}, {s.version}" for i, s in sets.items()}
    picked: list[Any] = []
    for column, label, start in zip(st.columns(2), ("Before", "After"), starts, strict=True):
        place, key = ids.index(start) if start in ids else 0, f"compare_{label}_{turn}_{chosen.id}_{len(ids)}"
        picked.append(column.selectbox(label, ids, index=place, format_func=labels.__getitem__, key=key))
    return sets[picked[0]], sets[picked[1]]


def what_changes(found: reweigh.Comparison, changed: pd.DataFrame) -> tuple[str, str]:
    """The answer in a sentence, and the offence behind most of it."""
    n = int((changed["change"] != "leaves").sum())
    if not found.n_enter and not found.n_leave:
        shifted = int((changed["shift"] != 0).sum())
        if not shifted:
            return "Nothing changes:", f"the first {n:,} cells are the same, in the same order."
        return f"0 of {n:,} cells change:", f"the same cells stay in the list; {shifted:,} change their place in it."
    answer = f"{max(found.n_enter, found.n_leave):,} of {n:,} cells change:"
    text = f"{found.n_enter:,} enter the list, {found.n_leave:,} leave it."
    movers = changed[changed["change"].isin(["enters", "leaves"]) & (changed["driver"] != "")]
    if len(movers):
        counts = movers["driver"].value_counts()
        text += f" The offence behind most of it: {counts.index[0]} ({counts.iloc[0]:,} of {len(movers):,} cells)."
    return answer, text


def show_downloads(
    answer: Answer, table: pd.DataFrame, pair: tuple[WeightSet, WeightSet], found: reweigh.Comparison
) -> None:
    """The table as it is shown, with both sets, their versions and hashes."""
    facts = {k: v for k, v in about(answer).items() if k not in ("weights", "weights_sha256")}
    for name, weights in zip(("before", "after"), pair, strict=True):
        facts[f"weights_{name}"] = f"{weights.name} {weights.version}{' (proxy)' if weights.is_proxy else ''}"
        facts[f"weights_{name}_sha256"] = weights.sha256
    facts |= {"top": found.top, "jaccard": round(found.jaccard, 4), "rank_biased_overlap": round(found.rbo, 4)}
    name = exports.file_name("weights", "changes", synthetic=answer.synthetic)
    xlsx = partial(exports.to_xlsx, {"Table": table, "About": facts})
    offer_files(name, "Changes", csv=lambda: to_csv(table), xlsx=xlsx)


CHANGE_COLUMNS: Any = {
    "change": st.column_config.TextColumn("Change", width=65),
    "place": st.column_config.TextColumn("Place", width=185),
    "rank_a": st.column_config.NumberColumn("Before", format="%.0f", width=60, help="Rank before"),
    "rank_b": st.column_config.NumberColumn("After", format="%.0f", width=55, help="Rank after"),
    "shift": st.column_config.NumberColumn("Up", format="%.0f", width=50, help="Ranks gained; below 0: ranks lost"),
    "driver": st.column_config.TextColumn(
        "Mostly because of", width=170,
        help="The offence whose part in all harm changed most in this cell: it gained, or others gained on it",
    ),
    "driver_days": st.column_config.NumberColumn(
        "Its change, days", format="%.2f", width=110,
        help="Harm days of that offence here, after less before. 0: its weight is the same, and others gained on it",
    ),
    "bcu": st.column_config.TextColumn("BCU", width=60), "cell": "Cell",
}  # fmt: skip


def show_sureness(view: View, chosen: Chosen) -> None:
    """How many of many reasonable weightings keep a cell in the list; worked out when asked for."""
    st.header("How sure")
    st.markdown(
        f"No set of weights is exact. This draws {Settings.weight_draws} other weightings around the chosen version and"
        " counts how often each cell stays in the list."
    )
    asked = (chosen.weights.sha256, view.question, view.top)
    if held("sureness") != asked:
        if not st.button(f"Draw {Settings.weight_draws} weightings", icon=":material/casino:"):
            return
        hold("sureness", asked)
        st.rerun()
    sets = usable_weights(loading.weights(view.folder, view.version), view.question.source)
    others = {s.label: s for n, s in sets.items() if n != chosen.weights.name}  # the newest version of each
    hashes = (chosen.weights.sha256, *(w.sha256 for w in others.values()))
    table = answers.robust(view.folder, view.version, view.question, view.top, hashes, chosen.weights, others)
    if not len(table):
        st.info("No cell has a harm figure in this window and BCU.")
        return
    say(*how_sure(table, view.top))
    alternatives = [*(n for n in others if n in table), "Equal weights"]
    shown = as_shown(table, alternatives)
    st.dataframe(shown, hide_index=True, alt="How sure each cell is", height=420, column_config=sure_columns(shown))
    spread = Settings.weight_spread
    st.caption(
        f"Each draw multiplies every weight by its own factor between 1/{spread:g} and {spread:g} (log-uniform,"
        f" independent; {Settings.weight_draws} draws, seed {Settings.seed}, so a repeat gives the same). A share"
        " is exact to about 2 percentage points. The range is our assumption; chance in the crimes themselves is not"
        " in it. The last columns say whether the cell is in the list under other weights."
    )
    offer_files("weights-sureness", "How sure", csv=lambda: to_csv(shown))


def how_sure(table: pd.DataFrame, top: int) -> tuple[str, str]:
    """The answer in a sentence, and the least sure cell on the list."""
    listed = table[table["rank"] <= top]
    if not len(listed):
        raise HotspotsError("No cell of the list has a harm figure under these weights.")
    firm = int((listed["share_in_top"] >= Settings.sure_share).sum())
    verb = "is" if firm == 1 else "are"
    answer = f"{firm:,} of {len(listed):,} cells {verb} in the top {top:,} under at least {Settings.sure_share:.0%} of"
    answer += " reasonable weightings."
    first = listed.iloc[0]
    text = f"The first, {first['place']}, is in it under {percent(first['share_in_top'])} of them."
    weakest = listed.iloc[int(listed["share_in_top"].argmin())]
    if weakest["share_in_top"] < 1:
        text += f" Least sure: {weakest['place']} (rank {weakest['rank']:,}), {percent(weakest['share_in_top'])}."
    return answer, text


def percent(share: float) -> str:
    """97%; never 100% or 0% unless it is."""
    if 0.99 < share < 1:
        return "over 99%"
    return "under 1%" if 0 < share < 0.01 else f"{share:.0%}"


def as_shown(table: pd.DataFrame, alternatives: list[str]) -> pd.DataFrame:
    """Shares as per cent, yes and no in words, what people read first at the left."""
    answers = {a: table[a].map({True: "yes", False: "no"}) for a in alternatives}
    columns = ["rank", "place", "share_in_top", "rank_low", "rank_median", "rank_high", *alternatives, "cell"]
    return table.assign(share_in_top=(table["share_in_top"] * 100).round(1), **answers)[columns]


def sure_columns(table: pd.DataFrame) -> Any:
    return {c: c for c in table.columns} | {
        "rank": st.column_config.NumberColumn("Rank", format="%.0f", width=45, pinned=True),
        "place": st.column_config.TextColumn("Place", width=215),
        "share_in_top": st.column_config.ProgressColumn(
            "In the list under", format="%.1f%%", min_value=0, max_value=100, width=150,
            help=f"Share of the {Settings.weight_draws} weightings in which the cell is in the list",
        ),
        "rank_low": st.column_config.NumberColumn("Best rank (5%)", format="%.0f", help="5% of draws reach it"),
        "rank_median": st.column_config.NumberColumn("Middle rank", format="%.0f"),
        "rank_high": st.column_config.NumberColumn("Worst rank (95%)", format="%.0f", help="95% of draws reach it"),
        "cell": "Cell",
    }  # fmt: skip
