"""The version that the page is about, and what people try on it.

Edits and what-ifs are kept for the session by the hash of the version they belong to, until they are stored or
discarded.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import streamlit as st

from hotspots.harm.scoring import WeightSet
from hotspots.ui import loading
from hotspots.ui.frame import View
from hotspots.ui.session import held, hold, widget_key
from hotspots.ui.text import plain_text

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
