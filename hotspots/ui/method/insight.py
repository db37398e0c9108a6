"""How much of the harm lies in how little of the area, and whether one incident makes the next one likely."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from hotspots.base.errors import HotspotsError
from hotspots.base.words import counted
from hotspots.charts import evidence as charts
from hotspots.insight.concentration import WHOLE_FORCE, WHOLE_WINDOW
from hotspots.insight.near_repeats import refuse_month_only, verdict
from hotspots.ui import components, loading, words
from hotspots.ui.frame import View
from hotspots.ui.method.answers import concentrated, default_question, repeats
from hotspots.ui.session import held, hold, widget_key
from hotspots.ui.show import COLUMNS, Shown, bullets, plain_text, show_breaks, show_chart, show_columns

SHARE = 0.02  # of the area: the part that sentences and quarters are about
MEASURES = {"harm_days": "Harm days", "incidents": "Incidents"}
ABOUT_CONCENTRATION = (
    "The first 1% of the area by harm, and so on. *Hindsight*: what it held, picked from the same incidents; too high,"
    " always. *By chance*: what the top would hold if the same offences had fallen anywhere. *Held out*: picked on nine"
    " tenths of the incidents and measured on the rest; use this one. Shares are of the whole area, moor and sea front"
    " included."
)
HELD_OUT = Shown("Held out", "Picked on nine tenths of the incidents, measured on the rest", 1, True)
SHARES = {
    "bcu": COLUMNS["bcu"], "measure": Shown("Of", "Harm days or incidents"),
    "share_of_area": Shown("Area", "Share of the whole area of the BCU", 0, True),
    "share": Shown("Hindsight", "Picked from the same incidents: too high, always", 1, True),
    "share_by_chance": Shown("By chance", "If the same offences had fallen anywhere", 1, True),
    "share_adjusted": HELD_OUT,
}  # fmt: skip
QUARTERS = {
    "period": Shown("Quarter", "Three months"), "n_incidents": COLUMNS["n_incidents"],
    "n_months": Shown("Months held", "Months of the quarter that the workspace holds", 0),
}  # fmt: skip


def show_concentration(view: View) -> None:
    """How much of the harm lies in how little of the area, and whether that changes."""
    st.header("How concentrated is harm", anchor="how-concentrated-is-harm")
    if view.empty:
        st.info(words.EMPTY, icon=":material/info:")
        return
    question, force = default_question(view), view.workspace.profile
    answer = loading.ranked(view.folder, view.version, question)
    st.markdown(plain_text(f"{words.SOURCES[answer.source]}, {answer.window}. {answer.weights.label}."))
    show_breaks(answer.breaks)
    if not len(answer.table):
        st.info("No such incident lies in the force area in this window.")
        return
    st.markdown(ABOUT_CONCENTRATION)
    found = concentrated(view.folder, view.version, question)
    st.markdown(bullets(concentration_sentences(found.table, f"{force.together} BCUs")))
    left, right = st.columns([4, 5], gap="medium")
    with left:
        names = list(found.curves)
        key = widget_key("lorenz_bcu", view.question.bcu if view.question.bcu in names else names[0])
        bcu = st.selectbox("Curves of", names, format_func=lambda n: force.together if n == WHOLE_FORCE else n, key=key)
        show_chart(charts.lorenz_spec(found.curves[bcu], dark=components.is_dark()))
        st.caption("The more a curve bends to the top left, the less of the area holds the harm. Picked in hindsight.")
    with right:
        whole = found.table[found.table["period"] == WHOLE_WINDOW]
        bcus = whole["bcu"].replace(WHOLE_FORCE, force.together)
        whole = whole.assign(measure=whole["measure"].map(MEASURES), bcu=bcus)
        show_columns(whole, SHARES, "Concentration per BCU")
    st.subheader("By quarter")
    st.markdown(
        f"The share of harm in the first {SHARE:.0%} of the area, held out: comparable over time, though a quarter with"
        " fewer incidents still swings more."
    )
    each = {WHOLE_FORCE: force.together, **{bcu: bcu for bcu in force.bcus}}
    columns = QUARTERS | {name: HELD_OUT._replace(label=label) for name, label in each.items()}
    show_columns(over_time(found.table), columns, "Concentration by quarter")


def concentration_sentences(table: pd.DataFrame, together: str) -> list[str]:
    """'West: 2% of the area held 83% of harm in hindsight, 78% held out, 15% by chance.'"""
    whole = table[(table["period"] == WHOLE_WINDOW) & (table["measure"] == "harm_days")]
    whole = whole[whole["share_of_area"] == SHARE].dropna(subset="share")
    return [
        f"{together if r['bcu'] == WHOLE_FORCE else r['bcu']}: {SHARE:.0%} of the area held {r['share']:.0%} of"
        f" harm in hindsight, {r['share_adjusted']:.0%} held out and {r['share_by_chance']:.0%} by chance."
        for r in whole.to_dict("records")
    ]


def over_time(table: pd.DataFrame) -> pd.DataFrame:
    """Harm held out in the first part of the area: a line per quarter with its incidents, a column per BCU."""
    rows = table[(table["period"] != WHOLE_WINDOW) & (table["share_of_area"] == SHARE)]
    harm = rows[rows["measure"] == "harm_days"]
    wide = harm.pivot(index="period", columns="bcu", values="share_adjusted")[list(dict.fromkeys(harm["bcu"]))]
    whole = rows[rows["measure"] == "incidents"]
    whole = whole[whole["bcu"] == whole["bcu"].iloc[0]].set_index("period") if len(whole) else whole
    if len(whole):
        wide.insert(0, "n_incidents", whole["n"].reindex(wide.index))
        wide.insert(1, "n_months", whole["n_months"].reindex(wide.index))
    return wide.reset_index()


ABOUT_REPEATS = (
    "After an incident, is the next one more likely in the same place within days? Dates are shuffled over the"
    " incidents to see what chance alone gives. Often true of burglary; of violence often not, so nothing is worked out"
    " until you ask."
)
REPEATS = {
    "where": Shown("Where", "How far the second incident lies from the first"),
    "days": Shown("Days apart", "Between the two incidents"),
    "observed": Shown("Pairs", "Pairs of incidents so near in place and time", 0),
    "expected": Shown("By chance", "The mean when the dates are shuffled", 1),
    "ratio": Shown("Times", "Pairs over those by chance", 2),
    "p": Shown("p", "Chance of so many pairs or more if dates meant nothing", 3),
    "p_family": Shown("p, all rows", "The same, allowing for having looked at every row", 3),
}


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
        hold("near_repeats", wanted)
    if held("near_repeats") != wanted:
        return
    table = repeats(view.folder, view.version, question)
    st.markdown(f"**{plain_text(verdict(table))}**")
    where = {0: "the same cell", 1: "next to it"}
    days = [f"{a} to {b}" for a, b in zip(table["days_from"], table["days_to"], strict=True)]
    shown = table.assign(where=[where.get(r, f"{r} rings away") for r in table["ring"]], days=days)
    show_columns(shown, REPEATS, "Near repeats")
    st.caption(
        f"{counted(table['n_incidents'].iloc[0], 'incident').capitalize()} of the latest twelve months. p: chance of so"
        " many or more if dates meant nothing; p, all rows: the same, allowing for having looked at every row."
    )
