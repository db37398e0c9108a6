"""The parts of the Harm weights page that concern one version: its facts, its table, its history.

Edits are kept for the session by the hash of the version they belong to, until they are stored or discarded.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from hotspots.base import writing
from hotspots.base.choices import UNITS
from hotspots.base.errors import HotspotsError
from hotspots.harm.scoring import WeightSet, to_csv_bytes
from hotspots.harm.weights import register as weight_register
from hotspots.ranking.what_if import edits as weight_edits
from hotspots.ranking.what_if.edits import MOST_DAYS, number
from hotspots.ui import frame, loading, words
from hotspots.ui.frame import View, held, hold, plain_text, widget_key
from hotspots.ui.harm_weights.changes import EDITS, VERSIONS, WHAT_IF, Chosen, compare_next, edits_of
from hotspots.ui.show import Download, download_buttons

FACTOR_MOST, FACTOR_STEP = 3.0, 0.25


def show_purpose() -> None:
    st.markdown(
        "How many days each offence weighs, who said so, and what the list of hot spots would be under other weights."
        " Try things out freely: nothing is stored until you press “Save as a new version”, and no version is ever"
        " lost."
    )
    told = frame.handed_over("weights_done")
    if told:
        st.success(plain_text(str(told)), icon=":material/check:")


def choose_set(view: View) -> Chosen:
    """The set and the version that the page is about."""
    table = loading.versions(view.folder, view.version)
    names = list(dict.fromkeys(table["name"]))
    newest = loading.weights(view.folder, view.version)
    asked = view.question.weights.partition("@")[0]
    left, right = st.columns(2)
    name = left.selectbox(
        "Weight set", names, format_func=lambda n: newest[n].label if n in newest else n,
        key=widget_key("weight_set", asked if asked in names else names[0]),
    )  # fmt: skip
    own = table[table["name"] == name].sort_values("id", ascending=False)
    offered = own["version"].tolist()
    start = held(f"version_{name}")
    if start not in offered:
        pinned = view.question.weights.partition("@")[2] if name == asked else ""
        start = pinned if pinned in offered else offered[0]
    version = right.selectbox("Version", offered, key=widget_key(f"version_{name}_{len(offered)}", start))
    hold(f"version_{name}", version)
    facts: dict[str, Any] = dict(zip(own.columns, own[own["version"] == version].to_numpy(object)[0], strict=True))
    weights = loading.weight_set(view.folder, view.version, f"{name}@{version}")
    parent = loading.weight_set(view.folder, view.version, facts["parent"]) if facts["parent"] else None
    return Chosen(weights, facts, parent, newest=version == offered[0])


# ---------------------------------------------------------------- one version


def show_set(view: View, chosen: Chosen) -> None:
    """What is known about the version, its download, and the ways to make it the default or to undo it."""
    weights, facts = chosen.weights, chosen.facts
    lines = [
        f"{len(weights.table):,} weights, in {UNITS[weights.unit]}. Source: {weights.source}",
        f"Stored{when(facts['created'])} by {facts['author']}: {facts['note'] or 'no reason given'}.",
        f"SHA-256 of the weights: {weights.sha256}",
    ]
    if chosen.parent is not None:
        lines.insert(1, f"Made from {chosen.parent.name}, version {chosen.parent.version}.")
    if facts["is_default_for"]:
        sources = [words.SOURCES.get(s, s) for s in str(facts["is_default_for"]).split(", ")]
        lines.insert(0, f"This version is the default for {' and '.join(sources)}.")
    for line in lines:
        st.markdown(f"- {plain_text(line)}")
    if weights.is_proxy:
        st.warning(words.PROXY, icon=":material/balance:")
    name = f"weights-{weights.name}-{chosen.facts['id']}.csv"
    download_buttons([Download("Weights, CSV", name, "text/csv", lambda: to_csv_bytes(weights))], key="weights")
    with st.container(horizontal=True):
        default = st.button("Make this the default …", icon=":material/flag:")
        if not chosen.newest:
            back = st.button("Use this version again …", icon=":material/history:")
        else:
            back = chosen.parent is not None and st.button("Undo the last change …", icon=":material/undo:")
    if default or back:
        hold("asking", ("default" if default else "back", chosen.id))
    asking = held("asking")
    if asking and asking[1] == chosen.id:
        (ask_default if asking[0] == "default" else ask_back)(view, chosen)


def when(created: object) -> str:
    """' on 21/11/2026 at 08:50 (UTC)'; '' where nobody knows."""
    moment = pd.to_datetime(str(created or ""), errors="coerce")
    return "" if pd.isna(moment) else f" on {moment:%d/%m/%Y at %H:%M} (UTC)"


def text_of(facts: dict[str, Any], name: str) -> str:
    value = facts.get(name)
    return "" if value is None or pd.isna(value) else str(value)


def signature(name: str, why: str) -> tuple[str, str]:
    """Who and why: two fields of a form."""
    left, right = st.columns([1, 2])
    author = left.text_input("Your name", key=widget_key(f"{name}_author", held("author") or ""), max_chars=100)
    note = right.text_input(why, key=f"_{name}_note", max_chars=500)
    return author.strip(), note.strip()


def signed(author: str, note: str) -> None:
    """A change of weights has an author and a reason; the name is remembered for the session."""
    if author:
        hold("author", author)
    missing = [what for what, given in (("your name", author), ("the reason", note)) if not given]
    if missing:
        raise HotspotsError(f"Nothing was stored: please give {' and '.join(missing)}. Others must be able to ask why.")


def done(sentence: str) -> None:
    """Say so at the top of the next run, and begin it."""
    hold("asking", None)
    frame.hand_over("weights_done", sentence)
    st.rerun()


def ask_default(view: View, chosen: Chosen) -> None:
    """Confirm: from now on everybody's rankings use this version."""
    with st.form("default"):
        source = words.SOURCES[view.question.source]
        st.markdown(
            plain_text(
                f"From now on, rankings of {source} use {chosen.weights.label} ({chosen.weights.version}) unless"
                " another set is chosen."
            )
        )
        author, note = signature("default", "Why")
        with st.container(horizontal=True):
            yes = st.form_submit_button("Make it the default", type="primary")
            no = st.form_submit_button("Leave it as it is")
    if no:
        hold("asking", None)
        st.rerun()
    if yes:
        signed(author, note)
        weight_register.set_default(Path(view.folder), view.question.source, chosen.id, author, note)
        frame.keep("weights", "")
        done(f"{chosen.weights.label} ({chosen.weights.version}) is now the default for {source}.")


def ask_back(view: View, chosen: Chosen) -> None:
    """Confirm: a new version with the weights of the one before, or of the older one that is shown."""
    weights, folder = chosen.weights, Path(view.folder)
    newest = loading.weights(view.folder, view.version)[weights.name]
    was = f"from before version {newest.version}" if chosen.newest else f"of version {weights.version}"
    with st.form("back"):
        st.markdown(plain_text(f"This makes a new version of {newest.label} with the weights {was}."))
        st.markdown("Nothing is deleted, and this can be undone as well.")
        author, note = signature("back", "Why")
        with st.container(horizontal=True):
            yes = st.form_submit_button("Undo it" if chosen.newest else "Use it again", type="primary")
            no = st.form_submit_button("Leave it as it is")
    if no:
        hold("asking", None)
        st.rerun()
    if yes:
        signed(author, note)
        if chosen.newest:
            made = weight_register.undo(folder, weights.name, author, note)
        else:
            made = weight_register.reopen(folder, chosen.id, author, note)
        stored(newest, made)
        done(f"Done: version {made.version} has the weights {was}.")


def stored(before: WeightSet, made: WeightSet) -> None:
    """Open the new version, with no edits, and compare it with the one before."""
    hold(f"version_{made.name}", made.version)
    hold("edits", {})
    for form in ("edit", "back", "decide", "default"):
        st.session_state.pop(f"_{form}_note", None)  # the reason was for this change alone
    compare_next(VERSIONS, f"{before.name}@{before.version}", f"{made.name}@{made.version}")


# ---------------------------------------------------------------- editing


def show_editor(view: View, chosen: Chosen) -> None:
    """The table with one Apply area. Finding rows is part of the form, or what was typed before would be lost."""
    st.header("Change weights")
    edits = edits_of(chosen)
    finding: tuple[str, list[str]] = held("finding") or ("", [])
    everything = weight_edits.edit_table(chosen.weights, chosen.parent, edits)
    shown = weight_edits.matching(everything, *finding)
    turn = f"{chosen.weights.sha256[:10]}_{held('turn') or 0}"
    with st.form("edit", border=False):
        search, groups = find_rows(chosen, finding, turn)
        st.caption(f"{len(shown):,} of {len(everything):,} weights. {words.EDIT_HELP}")
        after = st.data_editor(
            shown, key=f"editor_{turn}", hide_index=True, disabled=[str(c) for c in shown if c != "days"],
            column_order=editor_order(everything, chosen), column_config=editor_columns(chosen), num_rows="fixed",
            height=min(400, 38 + 35 * max(len(shown), 1)), alt="Weights, to be edited",
        )  # fmt: skip
        author, note = signature("edit", "Why you change it (needed to save)")
        with st.container(horizontal=True):
            see = st.form_submit_button("See what changes", type="primary", icon=":material/compare_arrows:")
            save = st.form_submit_button("Save as a new version", icon=":material/save:")
    wanted = "see" if see else "save" if save else "find" if (search, groups) != finding else ""
    if wanted:
        take(view, chosen, after, edits, (search, groups), wanted, author, note)
    show_unsaved(edits)


def find_rows(chosen: Chosen, finding: tuple[str, list[str]], turn: str) -> tuple[str, list[str]]:
    left, middle, right = st.columns([3, 4, 1], vertical_alignment="bottom")
    search = left.text_input("Search title or code", finding[0], key=f"search_{turn}")
    choices = weight_edits.groups_of(chosen.weights)
    start = [g for g in finding[1] if g in choices]
    groups = middle.multiselect("Offence groups", choices, start, key=f"groups_{turn}", placeholder="All")
    right.form_submit_button("Find", icon=":material/search:", width="stretch")
    return search, groups


def editor_order(table: pd.DataFrame, chosen: Chosen) -> list[str]:
    """Only columns that say something: a set by crime type has no codes, a first version no parent."""
    codes = [c for c in ("athena_urn", "ho_class") if table[c].ne("").any()]
    before = ["parent_days"] if chosen.parent is not None else []
    return ["title", "days", *before, "differs", "offence_group", *codes]


def take(
    view: View, chosen: Chosen, after: pd.DataFrame, edits: dict[int, float], finding: tuple[str, list[str]],
    wanted: str, author: str, note: str,
) -> None:  # fmt: skip
    """Take what was typed, and see or save it. What cannot be taken leaves the table as it is, so nothing is lost."""
    kept, problems = weight_edits.take_edits(chosen.weights, after, edits)
    if problems:
        raise HotspotsError(problems)
    if wanted != "find" and not kept:
        column = measure_of(chosen.weights)
        raise HotspotsError(f"No weight was changed. Change one in the column “{column}” first.")
    if wanted == "save":
        signed(author, note)
        changes = weight_edits.changes_of(chosen.weights, kept)
        made = weight_register.new_version(Path(view.folder), chosen.weights, changes, author, note)
        stored(chosen.weights, made)
        done(f"Saved: version {made.version} of {made.label}, {counted(len(changes))} changed.")
    hold("edits", {**(held("edits") or {}), chosen.weights.sha256: kept})
    hold("finding", finding)
    hold("turn", (held("turn") or 0) + 1)  # a new table, which starts from the edits taken
    if wanted == "see":
        compare_next(EDITS)
    st.rerun()


def counted(n: int) -> str:
    return "1 weight" if n == 1 else f"{n:,} weights"


def show_unsaved(edits: dict[int, float]) -> None:
    if not edits:
        return
    st.info(f"{counted(len(edits))} changed and not saved. See “What changes” for what it does.")
    if st.button("Discard my edits", icon=":material/delete:"):
        hold("edits", {})
        hold("turn", (held("turn") or 0) + 1)
        st.rerun()


def measure_of(weights: WeightSet) -> str:
    """Only days are called days."""
    return "Days" if weights.unit == "days" else "Weight"


def editor_columns(chosen: Chosen) -> Any:
    measure = measure_of(chosen.weights)
    return {
        "title": st.column_config.TextColumn("Offence", width=230),
        "days": st.column_config.NumberColumn(
            measure, min_value=0, max_value=MOST_DAYS, format="localized", width=90,
            help=f"0 to {MOST_DAYS:,}. This column can be edited.",
        ),
        "parent_days": st.column_config.NumberColumn(f"{measure} before", format="localized", width=100),
        "differs": st.column_config.TextColumn(
            "Changed", width=160, help="Against the version this one was made from, or not saved yet"
        ),
        "offence_group": st.column_config.TextColumn("Offence group", width=180),
        "athena_urn": st.column_config.TextColumn("Athena URN", width=110),
        "ho_class": st.column_config.TextColumn("Home Office class", width=120),
    }  # fmt: skip


# ---------------------------------------------------------------- what if


def show_what_if(view: View, chosen: Chosen) -> None:
    """A multiplier for each offence group; tried, never saved."""
    tried: dict[str, float] = (held("what_if") or {}).get(chosen.weights.sha256, {})
    with st.expander("What if whole groups weighed more or less?", expanded=bool(tried)):
        st.caption("1 leaves a group as it is, 0 leaves it out, 2 doubles it. This is never saved.")
        with st.form("what_if", border=False):
            columns = st.columns(3)
            chosen_factors = {}
            key = f"{chosen.weights.sha256[:10]}_{held('what_if_turn') or 0}"
            for i, group in enumerate(weight_edits.groups_of(chosen.weights)):
                chosen_factors[group] = columns[i % 3].slider(
                    plain_text(group) or "No group", 0.0, FACTOR_MOST, tried.get(group, 1.0), FACTOR_STEP,
                    format="×%.2f", key=f"factor_{key}_{i}",
                )  # fmt: skip
            with st.container(horizontal=True):
                go = st.form_submit_button("Try", type="primary", icon=":material/science:")
                back = st.form_submit_button("All back to 1")
    if go or back:
        factors = {g: f for g, f in chosen_factors.items() if f != 1 and go}
        hold("what_if", {chosen.weights.sha256: factors})
        if back:
            hold("what_if_turn", (held("what_if_turn") or 0) + 1)
        compare_next(WHAT_IF if factors else VERSIONS)
        st.rerun()


# ---------------------------------------------------------------- transforms


def show_transforms(view: View, chosen: Chosen) -> None:
    """Days, square root and cap, with the numbers."""
    st.header("From days to rank")
    cap = view.workspace.settings.harm_cap_days
    table = weight_edits.transforms(chosen.weights, cap)
    st.markdown(plain_text(in_words(table, cap)))
    st.dataframe(
        table, hide_index=True, alt="What each transform makes of a few offences",
        column_config={
            "offence": st.column_config.TextColumn("Offence", width=230),
            "days": st.column_config.NumberColumn(f"{measure_of(chosen.weights)}, as it is", format="localized"),
            "harm_sqrt": st.column_config.NumberColumn("Square root", format="%.2f"),
            "harm_capped": st.column_config.NumberColumn(f"At most {number(cap)}", format="localized"),
        },
    )  # fmt: skip


def in_words(table: pd.DataFrame, cap: float) -> str:
    """How the heaviest offence stands to the lightest under each transform."""
    known = table[table["days"] > 0]
    if len(known) < 2:
        return "This set has no single weight for the usual examples."
    high, low = known.iloc[int(known["days"].argmax())], known.iloc[int(known["days"].argmin())]
    ratios = [f"{number(round(high[c] / low[c], 1 if high[c] / low[c] < 100 else 0))}" for c in known.columns[1:]]
    return (
        f"One {high['offence'].lower()} counts as much as {ratios[0]} of {low['offence'].lower()} by harm days,"
        f" {ratios[1]} by square root, {ratios[2]} when no offence counts for more than {number(cap)}. Raw weights let"
        " one rare event lead the list; the square root and the cap let what happens often count as well. Choose with"
        " “Rank by”."
    )


# ---------------------------------------------------------------- offences without one weight


def show_loose(view: View, chosen: Chosen) -> None:
    """Ambiguous and unscored offences of the question, and a way to decide each."""
    st.header("Offences without one weight")
    scores = loading.rescored(view.folder, view.version, view.question, chosen.weights.sha256, chosen.weights)
    loose = scores[scores["status"] != "scored"].sort_values(["n_offences", "label"], ascending=[False, True])
    if not len(loose):
        st.markdown("None: every offence of this window and selection has one weight in this version.")
        return
    n, total = int(loose["n_offences"].sum()), int(scores["n_offences"].sum())
    st.markdown(f"**{n:,} of {total:,} offences** have none. {words.UNSCORED}")
    columns = ["label", "status", "n_offences", "days_low", "days_high", "athena_urn", "ho_class", "crime_type"]
    columns = [c for c in columns if loose[c].notna().any() and loose[c].astype(str).ne("").any()]
    st.dataframe(loose[columns], hide_index=True, alt="Offences without one weight", column_config=LOOSE_COLUMNS)
    decide_one(view, chosen, loose)


def decide_one(view: View, chosen: Chosen, loose: pd.DataFrame) -> None:
    """A weight for one of these offences, with a name and a reason; it becomes a new version."""
    offences: list[dict[str, Any]] = [dict(zip(loose.columns, row, strict=True)) for row in loose.to_numpy(object)]
    with st.form("decide"):
        st.markdown("**Decide one.** The decision becomes a new version of this set, with your name and reason.")
        left, right = st.columns([3, 1])
        labels = [f"{o['label']} ({code_of(o)}), {o['n_offences']:,} here" for o in offences]
        place = left.selectbox("Offence", range(len(labels)), format_func=labels.__getitem__)
        days = right.number_input("Days", value=None, step=None, placeholder="0 or more")
        author, note = signature("decide", "Why this many")
        decided = st.form_submit_button("Store the decision", icon=":material/gavel:")
    if not decided:
        return
    offence = offences[place or 0]
    given = float("nan") if days is None else float(days)
    told = weight_edits.days_problem(given)
    if told:
        raise HotspotsError(f"{offence['label']}: {told}")
    signed(author, note)
    key = {c: text_of(offence, c) for c in ("athena_urn", "ho_class", "crime_type")} | {"title": offence["label"]}
    made = weight_register.decide(Path(view.folder), chosen.weights, key, given, note, author)
    stored(chosen.weights, made)
    done(f"Decided: {offence['label']} weighs {number(given)} in version {made.version}.")


def code_of(offence: dict[str, Any]) -> str:
    found = (text_of(offence, c) for c in ("athena_urn", "ho_class", "crime_type"))
    return next((t for t in found if t), "no code")


LOOSE_COLUMNS: Any = {
    "label": st.column_config.TextColumn("Offence", width=260),
    "status": "Why",
    "n_offences": st.column_config.NumberColumn("Offences", format="%.0f"),
    "days_low": st.column_config.NumberColumn("Lowest weight", format="localized"),
    "days_high": st.column_config.NumberColumn("Highest weight", format="localized"),
    "athena_urn": "Athena URN",
    "ho_class": "Home Office class",
    "crime_type": "Crime type",
}


# ---------------------------------------------------------------- history


def show_history(view: View, chosen: Chosen) -> None:
    """Who changed what, when and why, in every version of this set."""
    st.header("History")
    table = loading.weights_history(view.folder, view.version, chosen.weights.name)
    if not len(table):
        st.markdown("Nobody has changed this set.")
        return
    st.dataframe(table, hide_index=True, alt="History of the set", column_config=HISTORY_COLUMNS)
    download_buttons(
        [Download("History, CSV", f"weights-history-{chosen.weights.name}.csv", "text/csv",
                  lambda: writing.to_csv(table))],
        key="history",
    )  # fmt: skip


HISTORY_COLUMNS: Any = {
    "created": "When", "author": "Who", "name": "Set", "version": "Version", "what": "What",
    "offence": st.column_config.TextColumn("Offence", width=220),
    "before": st.column_config.NumberColumn("Before", format="localized"),
    "after": st.column_config.NumberColumn("After", format="localized"),
    "note": st.column_config.TextColumn("Why", width=260),
}  # fmt: skip
