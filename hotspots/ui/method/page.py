"""The Method page: how it works and its limits, which ranking catches most, and where each number comes from."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import streamlit as st

from hotspots.backtest import best, evidence
from hotspots.base.choices import DEFAULT_METHOD
from hotspots.base.shipped import DOCS
from hotspots.base.words import counted
from hotspots.charts import evidence as charts
from hotspots.ui import components, loading, words
from hotspots.ui.frame import View
from hotspots.ui.method.answers import Tried, default_question, tried
from hotspots.ui.method.insight import show_concentration, show_near_repeats
from hotspots.ui.session import held, hold, widget_key
from hotspots.ui.show import Shown, bullets, errors_shown, plain_text, show_chart, show_columns

CONTENTS = {
    "How it works": "in-plain-words",
    "Which ranking catches most": "which-ranking-catches-most",
    "On your own data": "on-your-own-data",
    "How concentrated is harm": "how-concentrated-is-harm",
    "Same place again soon?": "same-place-again-soon",
    "Harm weights": "harm-weights",
}


def show(view: View) -> None:
    st.markdown(" · ".join(f"[{name}](#{anchor})" for name, anchor in CONTENTS.items()))
    show_document("method.md")
    for part in (show_evidence, show_own, show_concentration, show_near_repeats, show_weights):
        with errors_shown():
            part(view)
    with st.expander("Data dictionary"):
        show_document("data_dictionary.md")


def show_document(name: str) -> None:
    """One of the documents that ship, without its first heading."""
    st.markdown(re.sub(r"\A# .*\n", "", (DOCS / name).read_text(encoding="utf-8")))


def show_weights(view: View) -> None:
    """The weight sets with version, source and hash."""
    st.header("Harm weights", anchor="harm-weights")
    sets = loading.weights(view.folder, view.version).values()
    rows = [
        {"Set": s.label, "Version": s.version, "Weights": len(s.table), "Proxy": "yes" if s.is_proxy else "no",
         "Source": s.source, "SHA-256": s.sha256[:16]} for s in sets
    ]  # fmt: skip
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt="Weight sets")


ABOUT_CATCH = (
    "Each method ranks the cells on twelve months and is judged on the three that follow, which it has not seen, again"
    " and again from another month. All take the same number of cells."
)
METHODS = {
    "method": Shown("Ranked by", "How the cells are put in order", width=190),
    "share_caught": Shown("Caught", "Share of all harm of the tested months in the cells chosen; mean", 2, True),
    "pei": Shown("PEI", "Share caught over that of the best choice of the same area, made in hindsight", 3),
    "difference": Shown(
        "Against a count, points", "Percentage points more or less than by number of incidents, 95% interval", width=150
    ),
    "more": Shown("More at", "Origins at which it caught more than the count", width=105),
}


def show_evidence(view: View) -> None:
    """What ships: one test at a time, with table, chart and sentences; then how often stated chances came true."""
    st.header("Which ranking catches most", anchor="which-ranking-catches-most")
    st.markdown(f"{ABOUT_CATCH} {evidence.CAUTION}")
    held = evidence.load()
    keys = [test["key"] for test in held["tests"]]
    titles = {test["key"]: test["title"] for test in held["tests"]}
    key = st.selectbox("Test", keys, format_func=lambda k: titles[k], key=widget_key("evidence_test", keys[0]))
    test = evidence.one_of(held, key)
    table = evidence.unfold(test["summary"])
    st.markdown(plain_text(" ".join(evidence.default_sentences(table, test["against_best_other"]))))
    show_methods(table, f"Methods: {test['title']}")
    spans = f"{counted(len(test['origins']), 'origin')}, {test['origins'][0]} to {test['origins'][-1]}"
    st.caption(plain_text(f"{spans}; {test['area_share']:.2%} of the area. {about_data(held, test['data'])}"))
    weak = evidence.short_of(held)
    if weak:
        st.markdown("**Where it is not the best, or its lead may be chance**")
        st.markdown(bullets(weak))
    else:
        st.markdown("In all of these tests the default caught most, and its lead over a count is more than chance.")
    show_by_offence(held["by_offence"])
    show_calibration(held["calibration"])


def about_data(held: dict[str, Any], data: str) -> str:
    """Whose figures these are, and when they were made."""
    about = held["about"]
    whose = f"{about['lancashire']}. {about['attribution']}" if data == "police-uk" else f"{about['chicago']}."
    return f"{whose} Made by {about['command']} on {about['date']}."


def show_methods(table: pd.DataFrame, name: str) -> None:
    """The chart of differences to a count, and the table with the same figures beside it."""
    left, right = st.columns([2, 3], gap="medium")
    named = table.assign(method=table["method"].map(evidence.label))
    with left:
        names = evidence.label(DEFAULT_METHOD), evidence.label(evidence.AGAINST)
        show_chart(charts.methods_spec(named, *names, dark=components.is_dark()))
        st.caption("Bars are 95% intervals. The diamond is the default.")
    with right:
        show_columns(method_rows(table), METHODS, name)


def method_rows(table: pd.DataFrame) -> pd.DataFrame:
    """The comparison as it is read: differences in points with their interval, wins as n of N."""
    rows = table.to_dict("records")
    named = [evidence.label(m) + (" (default)" if m == DEFAULT_METHOD else "") for m in table["method"]]
    return table.assign(
        method=named, difference=[evidence.difference(r) for r in rows], more=[evidence.more(r) for r in rows]
    )


def show_by_offence(part: dict[str, Any]) -> None:
    """The semi-synthetic cities: what weights by offence would change."""
    with st.expander("With weights by offence (kinds of offence simulated)"):
        st.markdown(part["what"] + " Share of later harm caught, mean over origins and seeds.")
        means = evidence.by_offence_means(part)
        columns = {"city": Shown("City", "Simulated"), "spread": Shown("Mix of kinds by place", "How it differs")}
        columns |= {m: Shown(evidence.label(m), "Share of later harm caught", 2, True) for m in part["methods"]}
        show_columns(means, columns, "Share caught with weights by offence")
        st.markdown(bullets(part["limits"]))


def show_calibration(parts: list[dict[str, Any]]) -> None:
    """How often the stated chances came true, in words."""
    st.subheader("Do the stated chances come true?")
    part = parts[0]
    rows = evidence.unfold(part["table"])
    inside, bins = evidence.within_interval(rows)
    about = f"{part['title']}, {counted(len(part['origins']), 'origin')}. “Chance next 3 months” can be checked: in"
    st.markdown(plain_text(f"{about} {inside} of {bins} bands it lies inside the interval of what came."))
    st.markdown(bullets(evidence.calibration_sentences(rows)))
    with st.expander("“Chance in top”, which cannot be observed"):
        st.markdown(
            "This is the chance that a cell *belongs* in the top by its underlying rate. Chance takes cells into and"
            " out of the top that is counted, so fewer are found there than it says. That is to be expected."
        )
        st.markdown(bullets(evidence.calibration_sentences(rows, "p_top")))


def show_own(view: View) -> None:
    """The same test on this workspace's data, when it is asked for."""
    st.header("On your own data", anchor="on-your-own-data")
    if view.empty:
        st.info(words.EMPTY, icon=":material/info:")
        return
    st.markdown(
        "The same comparison on every month this workspace holds, with its own weights and default offences. An origin"
        " whose months lie before and after a change of map points is left out. From the command line:"
        " `python -m hotspots backtest --leave-out-breaks --summary`. The answer is kept until data or weights change,"
        " and stands beside the choice of ranking."
    )
    slow = st.checkbox("Also the slow methods (kernel density, gradient-boosted trees): minutes", key="_slow_methods")
    wanted = (view.version, slow)
    if st.button("Test the rankings on this data", icon=":material/science:"):
        hold("own_backtest", wanted)
    if held("own_backtest") == wanted:
        show_tried(view, tried(view.folder, view.version, default_question(view), slow))


def show_tried(view: View, result: Tried) -> None:
    """Table, chart and whether the default wins here too."""
    if view.workspace.manifest.kind == "synthetic":
        st.warning("These data are made up, so this shows how the test works, not which ranking is best.")
    st.info(plain_text(best.sentence(result.best)), icon=":material/info:")
    st.markdown(plain_text(" ".join(evidence.default_sentences(result.table, result.other))))
    show_methods(result.table, "Methods on this data")
    facts = result.facts
    source = words.SOURCES[str(facts["source"])]
    st.caption(plain_text(f"{result.origins}. {source}, {facts['cells']} cells. {facts['weights']}."))
    with st.expander(f"What these figures leave out ({len(result.warnings)})"):
        st.markdown(bullets(result.warnings))
