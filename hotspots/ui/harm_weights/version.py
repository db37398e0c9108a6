"""One version of a set: its facts, its file, and the ways to make it the default or to undo it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import streamlit as st

from hotspots.base.choices import UNITS
from hotspots.base.words import joined
from hotspots.harm.scoring import to_csv_bytes
from hotspots.harm.weights import register as weight_register
from hotspots.ui import loading, words
from hotspots.ui.forms import done, form_key, refuse_unsigned, signature
from hotspots.ui.frame import View
from hotspots.ui.harm_weights.chosen import Chosen, open_stored
from hotspots.ui.session import held, hold, keep
from hotspots.ui.show import offer_files
from hotspots.ui.text import bullets, plain_text


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
