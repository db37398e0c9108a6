"""The version that the page is about, the ways to make it the default or to undo it, and what people try on it.

Edits and what-ifs are kept for the session by the hash of the version they belong to, until they are stored or
discarded.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from hotspots.base.choices import UNITS
from hotspots.base.words import joined
from hotspots.harm.scoring import WeightSet, to_csv_bytes
from hotspots.harm.weights import register as weight_register
from hotspots.ui import loading, words
from hotspots.ui.forms import done, form_key, refuse_unsigned, signature
from hotspots.ui.frame import View
from hotspots.ui.session import held, hold, keep, widget_key
from hotspots.ui.show import bullets, offer_files, plain_text

EDITS, WHAT_IF, VERSIONS = "My edits, not saved", "What-if, not saved", "Two versions"


class Chosen(NamedTuple):
    """The version that the page is about, and where it stands: ``facts`` is its row of all versions."""

    weights: WeightSet
    facts: dict[str, Any]
    parent: WeightSet | None
    newest: bool

    @property
    def id(self) -> str:
        return f"{self.weights.name}@{self.weights.version}"


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


def edits_of(chosen: Chosen) -> dict[int, float]:
    """The edits of this version that are not stored yet."""
    edits: dict[int, float] = (held("edits") or {}).get(chosen.weights.sha256, {})
    return edits


def factors_of(chosen: Chosen) -> dict[str, float]:
    """The multipliers by offence group that are tried on this version."""
    factors: dict[str, float] = (held("what_if") or {}).get(chosen.weights.sha256, {})
    return factors


def compare_next(kind: str, first: str = "", second: str = "") -> None:
    """What the page compares from now on. The turn makes new widgets, which start from this."""
    turn = (held("compare") or {}).get("turn", 0) + 1
    hold("compare", {"kind": kind, "first": first, "second": second, "turn": turn})


def open_stored(before: WeightSet, made: WeightSet) -> None:
    """Open the new version, with no edits, and compare it with the one before."""
    hold(f"version_{made.name}", made.version)
    hold("edits", {})
    compare_next(VERSIONS, f"{before.name}@{before.version}", f"{made.name}@{made.version}")


def measure_of(weights: WeightSet) -> str:
    """Only days are called days."""
    return "Days" if weights.unit == "days" else "Weight"


def say(answer: str, more: str) -> None:
    """The answer in bold, then the rest; text from data stays text."""
    st.markdown(f"**{plain_text(answer)}** {plain_text(more)}")


def show_set(view: View, chosen: Chosen) -> None:
    """Facts about the version, its download, and the ways to make it the default or to undo it."""
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
        lines.insert(0, f"This version is the default for {joined(sources)}.")
    st.markdown(bullets(lines))
    if weights.is_proxy:
        st.warning(words.PROXY, icon=":material/balance:")
    offer_files(f"weights-{weights.name}-{facts['id']}", "Weights", csv=lambda: to_csv_bytes(weights))
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
    """' on 21/11/2026 at 08:50 (UTC)'; '' where it is not known."""
    moment = pd.to_datetime(str(created or ""), errors="coerce")
    return "" if pd.isna(moment) else f" on {moment:%d/%m/%Y at %H:%M} (UTC)"


def confirmed(name: str, sentences: Iterable[str], yes: str) -> tuple[str, str] | None:
    """A form that says what will happen and asks who wants it and why; None until it is confirmed."""
    with st.form(form_key(name)):
        for sentence in sentences:
            st.markdown(plain_text(sentence))
        author, note = signature(name, "Why")
        with st.container(horizontal=True):
            go = st.form_submit_button(yes, type="primary")
            leave = st.form_submit_button("Leave it as it is")
    if leave:
        hold("asking", None)
        st.rerun()
    if not go:
        return None
    refuse_unsigned(author, note)
    hold("asking", None)
    return author, note


def ask_default(view: View, chosen: Chosen) -> None:
    """Confirm: from now on everybody's rankings use this version."""
    source, weights = words.SOURCES[view.question.source], f"{chosen.weights.label} ({chosen.weights.version})"
    says = f"From now on, rankings of {source} use {weights} unless another set is chosen."
    signed = confirmed("default", [says], "Make it the default")
    if signed:
        weight_register.set_default(Path(view.folder), view.question.source, chosen.id, *signed)
        keep("weights", "")
        done(f"{weights} is now the default for {source}.")


def ask_back(view: View, chosen: Chosen) -> None:
    """Confirm: a new version with the weights of the one before, or of the older one that is shown."""
    weights, folder = chosen.weights, Path(view.folder)
    newest = loading.weights(view.folder, view.version)[weights.name]
    was = f"from before version {newest.version}" if chosen.newest else f"of version {weights.version}"
    says = f"This makes a new version of {newest.label} with the weights {was}."
    more = "Nothing is deleted, and this can be undone as well."
    signed = confirmed("back", [says, more], "Undo it" if chosen.newest else "Use it again")
    if signed:
        if chosen.newest:
            made = weight_register.undo(folder, weights.name, *signed)
        else:
            made = weight_register.reopen(folder, chosen.id, *signed)
        open_stored(newest, made)
        done(f"Done: version {made.version} has the weights {was}.")
