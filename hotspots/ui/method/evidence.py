"""The parts of the Method page that test and measure: which ranking catches most, concentration, near repeats."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from hotspots.backtest import evidence
from hotspots.base import choices
from hotspots.base.choices import BCUS
from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.charts import incidents as charts
from hotspots.insight.concentration import WHOLE_FORCE, WHOLE_WINDOW
from hotspots.insight.near_repeats import refuse_month_only, verdict
from hotspots.ranking.answer import Answer
from hotspots.ranking.question import Question
from hotspots.ui import components, frame, loading, words
from hotspots.ui.frame import View, plain_text, widget_key
from hotspots.ui.show import show_breaks

DEFAULT = choices.DEFAULT_METHOD
TRAIN, HORIZON = Settings.spans["month"]
PER_CENT = "%.1f%%"
MEASURES = {"harm_days": "Harm days", "incidents": "Incidents"}
HELD_OUT = "Held out"
ABOUT_CATCH = (
    "Each method ranks the cells on twelve months and is judged on the three that follow, which it has not seen, again"
    " and again from another month. All take the same number of cells."
)
ABOUT_CONCENTRATION = (
    "The first 1% of the area by harm, and so on. *Hindsight*: what it held, picked from the same incidents; too high,"
    " always. *By chance*: what the top would hold if the same offences had fallen anywhere. *Held out*: picked on nine"
    " tenths of the incidents and measured on the rest; use this one. Shares are of the whole area, moor and sea front"
    " included."
)
ABOUT_REPEATS = (
    "After an incident, is the next one more likely in the same place within days? Dates are shuffled over the"
    " incidents to see what chance alone gives. Often true of burglary; of violence often not, so nothing is worked out"
    " until you ask."
)


def bullets(lines: Iterable[str]) -> str:
    """Sentences as a list; nothing in them is Markdown."""
    return "\n".join(f"- {plain_text(line)}" for line in lines)


# ---------------------------------------------------------------- which ranking catches most


class Tried(NamedTuple):
    """A back-test of this workspace's own data."""

    table: pd.DataFrame  # of evidence.compared
    other: dict[str, Any]  # of evidence.against_best_other
    origins: str
    warnings: tuple[str, ...]
    facts: dict[str, object]


def show_evidence() -> None:
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
    spans = f"{len(test['origins'])} origins, {test['origins'][0]} to {test['origins'][-1]}"
    st.caption(plain_text(f"{spans}; {test['area_share']:.2%} of the area. {about_data(held, test['data'])}"))
    show_weak(held)
    show_by_offence(held["by_offence"])
    show_calibration(held["calibration"])


def about_data(held: dict[str, Any], data: str) -> str:
    """Whose figures these are, and when they were made."""
    about = held["about"]
    whose = f"{about['lancashire']}. {about['attribution']}" if data == "police-uk" else f"{about['chicago']}."
    return f"{whose} Made by {about['command']} on {about['date']}."


def show_weak(held: dict[str, Any]) -> None:
    """Where the default is not the best; said as loudly as where it is."""
    weak = evidence.short_of(held)
    if not weak:
        st.markdown("In all of these tests the default caught most, and its lead over a count is more than chance.")
        return
    st.markdown("**Where it is not the best, or its lead may be chance**")
    st.markdown(bullets(weak))


def show_methods(table: pd.DataFrame, name: str) -> None:
    """The chart of differences to a count, and the table with the same figures beside it."""
    left, right = st.columns([2, 3], gap="medium")
    named = table.assign(method=table["method"].map(evidence.label))
    with left:
        spec = charts.methods_spec(
            named, evidence.label(DEFAULT), evidence.label(evidence.AGAINST), dark=components.is_dark()
        )
        st.vega_lite_chart(None, spec, width="stretch", theme=None)
        st.caption("Bars are 95% intervals. The diamond is the default.")
    with right:
        st.dataframe(method_rows(table), hide_index=True, column_config=METHOD_COLUMNS, alt=name)


def method_rows(table: pd.DataFrame) -> pd.DataFrame:
    """The comparison as it is read: shares in per cent, differences in points with their interval, wins as n of N."""
    rows = table.to_dict("records")
    return pd.DataFrame(
        {
            "method": [evidence.label(r["method"]) + (" (default)" if r["method"] == DEFAULT else "") for r in rows],
            "share_caught": [round(100 * r["share_caught"], 2) for r in rows],
            "pei": [round(r["pei"], 3) for r in rows],
            "difference": [evidence.difference(r) for r in rows],
            "more": [evidence.more(r) for r in rows],
        }
    )


def show_by_offence(part: dict[str, Any]) -> None:
    """The semi-synthetic cities: what weights by offence would change."""
    with st.expander("With weights by offence (kinds of offence simulated)"):
        st.markdown(part["what"] + " Share of later harm caught, mean over origins and seeds.")
        means = evidence.by_offence_means(part)
        shown = means.assign(**{m: (100 * means[m]).round(2) for m in part["methods"]})
        columns: Any = {"city": "City", "spread": "Mix of kinds by place"}
        columns |= {m: st.column_config.NumberColumn(evidence.label(m), format="%.2f%%") for m in part["methods"]}
        st.dataframe(shown, hide_index=True, column_config=columns, alt="Share caught with weights by offence")
        st.markdown(bullets(part["limits"]))


def show_calibration(parts: list[dict[str, Any]]) -> None:
    """How often the stated chances came true, in words."""
    st.subheader("Do the stated chances come true?")
    part = parts[0]
    rows = evidence.unfold(part["table"])
    inside, bins = evidence.within_interval(rows)
    st.markdown(
        plain_text(
            f"{part['title']}, {len(part['origins'])} origins. “Chance next 3 months” can be checked: in {inside} of"
            f" {bins} bands it lies inside the interval of what came."
        )
    )
    st.markdown(bullets(evidence.calibration_sentences(rows)))
    with st.expander("“Chance in top”, which nobody can see"):
        st.markdown(
            "This is the chance that a cell *belongs* in the top by its underlying rate. Chance moves cells in and"
            " out of the top that is counted, so fewer are found there than it says, and that is no fault of it."
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
        " whose months lie on both sides of a change of map points is left out. From the command line:"
        " `python -m hotspots backtest --leave-out-breaks --summary`."
    )
    slow = st.checkbox("Also the slow methods (kernel density, gradient-boosted trees): minutes", key="_slow_methods")
    wanted = (view.version, slow)
    if st.button("Test the rankings on this data", icon=":material/science:"):
        frame.hold("own_backtest", wanted)
    if frame.held("own_backtest") == wanted:
        show_tried(view, tried(view.folder, view.version, default_question(view), slow))


def show_tried(view: View, result: Tried) -> None:
    """Table, chart and whether the default wins here too."""
    if view.workspace.manifest.kind == "synthetic":
        st.warning("These data are made up, so this shows how the test works, not which ranking is best.")
    best = str(result.table["method"].iloc[0])
    if best == DEFAULT:
        st.success(f"The default, {evidence.in_words(DEFAULT)}, caught most here too.", icon=":material/check:")
    else:
        st.info(
            plain_text(f"Here {evidence.in_words(best)} caught most; the default is {evidence.in_words(DEFAULT)}."),
            icon=":material/info:",
        )
    st.markdown(plain_text(" ".join(evidence.default_sentences(result.table, result.other))))
    show_methods(result.table, "Methods on this data")
    facts = result.facts
    st.caption(
        plain_text(
            f"{result.origins}. {words.SOURCES[str(facts['source'])]}, {facts['cells']} cells. {facts['weights']}."
        )
    )
    with st.expander(f"What these figures leave out ({len(result.warnings)})"):
        st.markdown(bullets(result.warnings))


@st.cache_resource(max_entries=8, show_spinner="Testing the rankings, month by month …")
def tried(folder: str, version: str, question: Question, slow: bool) -> Tried:
    """The back-test of all months held, as ``python -m hotspots backtest --leave-out-breaks`` does it.

    HotspotsError where there are too few months.
    """
    from hotspots.backtest import METHODS, backtest, origins_available
    from hotspots.backtest.periods import period_text
    from hotspots.backtest.workspace import history_of

    history = history_of(Path(folder), question)
    origins, said = origins_available(
        history.periods, TRAIN, HORIZON, breaks=history.breaks, leave_out_breaks=True
    )  # fmt: skip
    cells = loading.current().settings.top * len(BCUS)
    found = backtest(
        history.cube, history.scores, periods=history.periods, total_area_m2=history.total_area_m2,
        methods=list(METHODS) if slow else evidence.QUICK, train=TRAIN, horizon=HORIZON, origins=origins,
        n_cells=cells, cap=history.cap, breaks=history.breaks,
    )  # fmt: skip
    many = "s" if len(origins) > 1 else ""
    span = f"{len(origins)} origin{many}, {period_text(origins[0])} to {period_text(origins[-1])}"
    return Tried(
        evidence.compared(found), evidence.against_best_other(found, DEFAULT), span, (*history.warnings, *said),
        history.facts | {"cells": cells, "source": question.source},
    )  # fmt: skip


def default_question(view: View) -> Question:
    """The page has no filters: the source chosen elsewhere, all BCUs, and for the rest what the program takes."""
    sources = view.workspace.manifest.sources
    asked = frame.remembered("source")
    usual = "incidents" if "incidents" in sources else sources[0]
    return Question(source=asked if asked in sources else usual)


# ---------------------------------------------------------------- concentration


class Concentrated(NamedTuple):
    """Tables of concentration and Lorenz curves by BCU ('all': the force)."""

    table: pd.DataFrame
    curves: dict[str, pd.DataFrame]


def show_concentration(view: View) -> None:
    """How much of the harm lies in how little of the area, and whether that changes."""
    st.header("How concentrated is harm", anchor="how-concentrated-is-harm")
    if view.empty:
        st.info(words.EMPTY, icon=":material/info:")
        return
    question = default_question(view)
    answer = loading.ranked(view.folder, view.version, question)
    st.markdown(plain_text(f"{words.SOURCES[answer.source]}, {answer.window}. {answer.weights.label}."))
    show_breaks(answer.breaks)
    if not len(answer.table):
        st.info("No such incident lies in the force area in this window.")
        return
    st.markdown(ABOUT_CONCENTRATION)
    found = concentrated(view.folder, view.version, question)
    st.markdown(bullets(concentration_sentences(found.table)))
    left, right = st.columns([4, 5], gap="medium")
    with left:
        bcu = lorenz_choice(view, list(found.curves))
        spec = charts.lorenz_spec(found.curves[bcu], dark=components.is_dark())
        st.vega_lite_chart(None, spec, width="stretch", theme=None)
        st.caption("The more a curve bends to the top left, the less of the area holds the harm. Picked in hindsight.")
    with right:
        st.dataframe(
            window_rows(found.table),
            hide_index=True,
            column_config=SHARE_COLUMNS,
            alt="Concentration per BCU",
            height=420,
        )
    st.subheader("By quarter")
    st.markdown(
        "The share of harm in the first 2% of the area, held out: comparable over time, though a quarter with fewer"
        " incidents still swings more."
    )
    st.dataframe(over_time(found.table), hide_index=True, column_config=TIME_COLUMNS, alt="Concentration by quarter")


def lorenz_choice(view: View, names: list[str]) -> str:
    start = view.question.bcu if view.question.bcu in names else names[0]
    labels = {WHOLE_FORCE: "All three"}
    return str(
        st.selectbox("Curves of", names, format_func=lambda n: labels.get(n, n), key=widget_key("lorenz_bcu", start))
    )


@st.cache_resource(max_entries=4, show_spinner="Working out how concentrated it is …")
def concentrated(folder: str, version: str, question: Question) -> Concentrated:
    """As ``python -m hotspots concentration`` gives it, by quarter, and the curves for the chart."""
    from hotspots.insight.workspace import concentration_of, lorenz_of

    workspace, answer = loading.current(), loading.ranked(folder, version, question)
    table = by_bcu(concentration_of(workspace, answer, "quarter"))
    names = list(dict.fromkeys(table["bcu"]))
    return Concentrated(table, {n: lorenz_of(workspace, narrowed_to(answer, n)) for n in names})


def by_bcu(table: pd.DataFrame) -> pd.DataFrame:
    """The force first, then the BCUs from west to east, as on every page."""
    order = {name: place for place, name in enumerate((WHOLE_FORCE, *BCUS))}
    return table.sort_values("bcu", key=lambda names: names.map(order), kind="stable", ignore_index=True)


def narrowed_to(answer: Answer, bcu: str) -> Answer:
    from hotspots.ranking.answer import narrowed

    return narrowed(answer, bcu)


def window_of(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["period"] == WHOLE_WINDOW]


def concentration_sentences(table: pd.DataFrame, share: float = 0.02) -> list[str]:
    """'West: 2% of the area held 83% of harm in hindsight, 78% held out, 15% by chance.'"""
    whole = window_of(table)
    whole = whole[(whole["measure"] == "harm_days") & (whole["share_of_area"] == share)].dropna(subset="share")
    return [
        f"{'All three BCUs' if r['bcu'] == WHOLE_FORCE else r['bcu']}: {share:.0%} of the area held {r['share']:.0%} of"
        f" harm in hindsight, {r['share_adjusted']:.0%} held out and {r['share_by_chance']:.0%} by chance."
        for r in whole.to_dict("records")
    ]


def window_rows(table: pd.DataFrame) -> pd.DataFrame:
    """The whole window: a line per BCU, measure and share of the area; shares in per cent."""
    columns = ["bcu", "measure", "share_of_area", "share", "share_by_chance", "share_adjusted"]
    shown = window_of(table)[columns]
    shown = shown.assign(**{c: (100 * shown[c]).round(1) for c in columns[2:]})
    return shown.assign(measure=shown["measure"].map(MEASURES), bcu=shown["bcu"].replace(WHOLE_FORCE, "All three"))


def over_time(table: pd.DataFrame, share: float = 0.02) -> pd.DataFrame:
    """Harm held out in the first 2%, in per cent: a line per quarter with its incidents, a column per BCU."""
    rows = table[(table["period"] != WHOLE_WINDOW) & (table["share_of_area"] == share)]
    harm = rows[rows["measure"] == "harm_days"]
    wide = harm.pivot(index="period", columns="bcu", values="share_adjusted")[list(dict.fromkeys(harm["bcu"]))]
    whole = rows[rows["measure"] == "incidents"]
    whole = whole[whole["bcu"] == whole["bcu"].iloc[0]].set_index("period") if len(whole) else whole
    wide = (100 * wide).round(1)
    if len(whole):
        wide.insert(0, "n_incidents", whole["n"].reindex(wide.index))
        wide.insert(1, "n_months", whole["n_months"].reindex(wide.index))
    return wide.reset_index()


# ---------------------------------------------------------------- near repeats


def show_near_repeats(view: View) -> None:
    """Off until somebody asks; refused, with the reason, where the source knows no days."""
    st.header("Same place again soon?", anchor="same-place-again-soon")
    st.markdown(ABOUT_REPEATS)
    if view.empty:
        st.info(words.EMPTY, icon=":material/info:")
        return
    question = default_question(view)
    try:
        refuse_month_only(question.source)
    except HotspotsError as error:
        st.info(plain_text(str(error)), icon=":material/info:")
        return
    wanted = (view.version, question.source)
    if st.button("Look for near repeats", icon=":material/history:"):
        frame.hold("near_repeats", wanted)
    if frame.held("near_repeats") != wanted:
        return
    table = repeats(view.folder, view.version, question)
    st.markdown(f"**{plain_text(verdict(table))}**")
    st.dataframe(repeat_rows(table), hide_index=True, column_config=REPEAT_COLUMNS, alt="Near repeats")
    st.caption(
        f"{int(table['n_incidents'].iloc[0]):,} incidents of the latest twelve months. p: chance of so many or more if"
        " dates meant nothing; p, all rows: the same, allowing for having looked at every row."
    )


@st.cache_data(max_entries=8, show_spinner="Shuffling the dates 999 times …")
def repeats(folder: str, version: str, question: Question) -> pd.DataFrame:
    """As ``python -m hotspots near-repeats`` gives it."""
    from hotspots.insight.workspace import near_repeats_workspace

    return near_repeats_workspace(Path(folder), question)


def repeat_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Rings and days in words, figures rounded."""
    where = {0: "the same cell", 1: "next to it"}
    return pd.DataFrame(
        {
            "where": [where.get(r, f"{r} rings away") for r in table["ring"]],
            "days": [f"{a} to {b}" for a, b in zip(table["days_from"], table["days_to"], strict=True)],
            "observed": table["observed"],
            "expected": table["expected"].round(1),
            "ratio": table["ratio"].round(2),
            "p": table["p"].round(3),
            "p_family": table["p_family"].round(3),
        }
    )


# ---------------------------------------------------------------- how columns are headed


def _number(label: str, format: str, help: str = "") -> Any:
    return st.column_config.NumberColumn(label, format=format, help=help or None)


METHOD_COLUMNS: Any = {
    "method": st.column_config.TextColumn("Ranked by", width=190),
    "share_caught": _number("Caught", "%.2f%%", "Share of all harm of the tested months in the cells chosen; mean"),
    "pei": _number("PEI", "%.3f", "Share caught over that of the best choice of the same area, made in hindsight"),
    "difference": st.column_config.TextColumn(
        "Against a count, points",
        width=150,
        help="Percentage points more or less than by number of incidents, 95% interval",
    ),
    "more": st.column_config.TextColumn("More at", width=105, help="Origins at which it caught more than the count"),
}
SHARE_COLUMNS: Any = {
    "bcu": "BCU",
    "measure": "Of",
    "share_of_area": _number("Area", "%.0f%%", "Share of the whole area of the BCU"),
    "share": _number("Hindsight", PER_CENT, "Picked from the same incidents: too high, always"),
    "share_by_chance": _number("By chance", PER_CENT, "If the same offences had fallen anywhere"),
    "share_adjusted": _number(HELD_OUT, PER_CENT, "Picked on nine tenths of the incidents, measured on the rest"),
}
TIME_COLUMNS: Any = {
    "period": "Quarter",
    "n_incidents": _number("Incidents", "%.0f"),
    "n_months": _number("Months held", "%.0f"),
    WHOLE_FORCE: _number("All three", PER_CENT),
    **{bcu: _number(bcu, PER_CENT) for bcu in BCUS},
}
REPEAT_COLUMNS: Any = {
    "where": "Where",
    "days": "Days apart",
    "observed": _number("Pairs", "%.0f", "Pairs of incidents so near in place and time"),
    "expected": _number("By chance", "%.1f", "The mean over all ways to deal the dates out"),
    "ratio": _number("Times", "%.2f", "Pairs over those by chance"),
    "p": _number("p", "%.3f"),
    "p_family": _number("p, all rows", "%.3f"),
}
