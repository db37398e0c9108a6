"""Trials on the Change page: the designs that were frozen, how far one has come, and what it shows."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from hotspots.base.errors import HotspotsError
from hotspots.base.words import counted
from hotspots.base.writing import to_csv, to_json
from hotspots.exports import file_name
from hotspots.trials.register import FrozenDesign
from hotspots.trials.workspace import Trial
from hotspots.ui import frame
from hotspots.ui.change import answers, tables, words
from hotspots.ui.forms import switch_box
from hotspots.ui.frame import View
from hotspots.ui.show import BCU, DAY, NAME, Shown, bullets, offer_files, plain_text, show_columns, show_warnings

INTRO = (
    "A trial decides at random which hot spot is patrolled on which day, and compares the days afterwards. It is the"
    " one comparison here that can show what patrols did, because nothing but chance decided the days."
)
HOW_TO = (
    "No trial has been frozen here yet. One is drawn and frozen on the command line, before its first patrol day; the"
    " first line shows a schedule and what it could find, the second stores it for good."
)
COMMANDS = """python -m hotspots change design --from 2027-01-04 --to 2027-04-03 --per-day 3
python -m hotspots change design --from 2027-01-04 --to 2027-04-03 --per-day 3 \\
  --freeze spring-trial --author "A. Analyst" --note "Why, and who agreed"
"""
ASKED = "Were there fewer incidents in the hot spots on the days assigned to patrol than on their other days?"
HELP = (
    "As assigned is the result of the trial: every day counts as it was randomised, whether anybody went or not. As"
    " delivered goes by positions and logs, and is no fair comparison."
)
DESIGNS = {
    "name": Shown("Trial", "Name under which it was frozen"),
    "kind": Shown("Kind", "Crossover: every hot spot on random days. Cluster: whole hot spots or none"),
    "first_day": Shown("From", "First patrol day"), "last_day": Shown("To", "Last patrol day"),
    "before": Shown("Frozen in time", "Frozen before its first patrol day began; else it proves nothing"),
    "author": Shown("By", "Who froze it"), "note": Shown("Why", "Why it was frozen"),
    "created": Shown("Frozen (UTC)", "When"), "sha256": Shown("SHA-256", "Hash of what was frozen"),
}  # fmt: skip
RESULT = {
    "days": Shown("Days", "As randomised, or as delivered by positions and logs"),
    "what": Shown("Measure", "Rate of patrolled over other days, or the difference per hot spot and day"),
    "patrolled": Shown("On patrolled days", "Incidents or days of harm, and the hot spot days they fell on"),
    "others": Shown("On other days", "The same on days without a patrol; wash-out days left out"),
    "change": Shown("Estimate", "No effect is 1 for a ratio, 0 for a difference"), "interval": tables.INTERVAL,
    "p": tables.P, "verdict": tables.ESTIMATES["verdict"], "note": tables.ESTIMATES["note"],
    "method": tables.ESTIMATES["method"],
}  # fmt: skip
PROGRESS = {
    "bcu": BCU,
    "days": Shown("Days", "As randomised"),
    "place_days": Shown("Hot spot days", "Of the whole trial, days off left out", 0),
    "covered": Shown("With incidents", "Hot spot days that data on incidents cover", 0),
    "incidents": Shown("Incidents", "On those days", 0),
    "recorded": Shown("With positions or logs", "Hot spot days whose patrol-minutes are recorded", 0),
    "visited": Shown("Patrolled", "Of these, days with at least the minutes of an adequate visit", 0),
    "minutes": Shown("Patrol-minutes a day", "Mean over the days with positions or logs", 1),
}  # fmt: skip
SCHEDULE = {
    "patrol_day": DAY,
    "name": NAME, "assigned": Shown("Assigned", "To be patrolled, to be left alone, or a day off"),
    "weekday": Shown("Weekday", "Day of the week"), "bcu": BCU,
    "area": tables.AREA,
}  # fmt: skip
COUNTED_AS = {"assigned": "As assigned", "delivered": "As delivered"}
MEASURES = {
    "count_rate_ratio": "Incidents, ratio", "count_per_place_day": "Incidents, difference a day",
    "ring_rate_ratio": "Around the hot spots, ratio", "first_day_rate_ratio": "First patrolled day of a run, ratio",
    "later_day_rate_ratio": "Later days of a run, ratio", "day_after_rate_ratio": "The day after a patrol, ratio",
}  # fmt: skip
ASSIGNED = {True: "to be patrolled", False: "to be left alone"}


def show(view: View) -> None:
    """The frozen designs, and one of them."""
    if view.empty:
        frame.lead_in()
        return
    st.markdown(INTRO)
    stamp = answers.change_stamp(view.folder)
    designs = answers.designs(view.folder, stamp)
    if designs.empty:
        st.info(HOW_TO, icon=":material/info:")
        st.code(COMMANDS, language=None)
        st.page_link("pages/8_Method.py", label="How trials are designed", icon=":material/menu_book:")
        return
    st.header("Frozen designs")
    when = [str(created)[:16].replace("T", " ") for created in designs["created"]]
    shown = designs.assign(before=designs["frozen_before"].map({True: "yes", False: "no"}), created=when)
    show_columns(shown, DESIGNS, "Frozen trial designs")
    name = switch_box("Trial", "trial", {str(n): str(n) for n in designs["name"][::-1]})
    frozen, schedule = answers.trial_design(view.folder, stamp, name)
    try:
        trial = answers.trial(view.folder, view.version, stamp, name)
    except HotspotsError as error:  # before its days are in there is no result, and that is no mistake
        st.info(plain_text(" ".join(error.problems)), icon=":material/info:")
    else:
        show_result(trial)
        show_progress(view, trial)
    show_schedule(view, frozen, schedule)


def show_result(trial: Trial) -> None:
    """What the trial shows, as assigned first."""
    st.html(words.headline_html(ASKED, trial.answer, trial.verdict))
    show_warnings(trial.warnings)
    st.header("Patrolled days against other days")
    st.caption(HELP)
    show_columns(result_rows(trial.table), RESULT, "What the trial shows")
    facts = tables.facts(trial.facts)
    with st.expander(f"What these figures rest on ({len(trial.notes)})"):
        st.markdown(bullets(trial.notes))
        show_columns(facts, tables.FACTS, "Facts of this trial")
    offer_trial(trial)


def result_rows(table: pd.DataFrame) -> pd.DataFrame:
    """TRIAL as it is read."""
    rows = []
    for row in table.to_dict("records"):
        ratio = "ratio" in row["measure"]
        rows.append({
            "days": COUNTED_AS.get(row["counted_as"], row["counted_as"]),
            "what": MEASURES.get(row["measure"], "Harm, difference a day"),
            "patrolled": on_days(row["treated_total"], row["treated_days"]),
            "others": on_days(row["untreated_total"], row["untreated_days"]),
            "change": f"{tables.number(row['estimate'], 2)}{' times' if ratio else ''}",
            "interval": limits(row["ci_low"], row["ci_high"]), "p": row["p"], "verdict": row["verdict"],
            "note": row["note"], "method": row["method"],
        })  # fmt: skip
    return pd.DataFrame(rows, columns=list(RESULT))


def on_days(total: Any, days: Any) -> str:
    """``25 on 188 hot spot days``."""
    return f"{tables.number(total)} on {counted(days, 'hot spot day')}"


def limits(low: float, high: float) -> str:
    """An interval that may be open at either end."""
    if pd.isna(low) or pd.isna(high):
        return ""
    if low == float("-inf"):
        return "no limit" if high == float("inf") else f"{tables.number(high, 2)} and less"
    return tables.interval(low, None if high == float("inf") else high)


def show_progress(view: View, trial: Trial) -> None:
    """How much of the schedule is covered by data, and how far patrols kept to it."""
    st.header("How far it has come")
    design = trial.frozen.design
    rows = progress_rows(trial.days, view.workspace.settings.visit_min_minutes)
    covered, planned = int(rows["covered"].sum()), int(rows["place_days"].sum())
    days = f"{words.day_text(design.first)} to {words.day_text(design.last)}"
    st.markdown(plain_text(f"{covered:,} of {planned:,} hot spot days have data on incidents; the trial runs {days}."))
    if trial.no_delivered:
        st.info(plain_text(trial.no_delivered), icon=":material/info:")
    show_columns(rows, PROGRESS, "How far the trial has come")


def progress_rows(days: pd.DataFrame, adequate: float) -> pd.DataFrame:
    """A row per BCU and assignment; days off left out."""
    open_days = days[~days["day_off"]]
    rows = []
    for (bcu, treated), part in open_days.groupby(["bcu", "treated"], sort=True):
        minutes = part["minutes"].dropna()
        rows.append({
            "bcu": bcu, "days": ASSIGNED[bool(treated)], "place_days": len(part),
            "covered": int(part["count"].notna().sum()), "incidents": part["count"].sum(), "recorded": len(minutes),
            "visited": int((minutes >= adequate).sum()), "minutes": minutes.mean() if len(minutes) else None,
        })  # fmt: skip
    return pd.DataFrame(rows, columns=list(PROGRESS))


def show_schedule(view: View, frozen: FrozenDesign, schedule: pd.DataFrame) -> None:
    """Who is patrolled when, as it was frozen."""
    st.header("The schedule")
    st.caption(
        plain_text(f"Frozen {frozen.created[:10]} by {frozen.author}: {frozen.note}. Hot spots: {frozen.register}.")
    )
    assigned = schedule["treated"].map(ASSIGNED).where(~schedule["day_off"], "day off")
    shown = schedule.assign(assigned=assigned).sort_values(["patrol_day", "bcu", "area"], kind="stable")
    show_columns(shown, SCHEDULE, "Schedule of the trial", settings=view.workspace.settings)


def offer_trial(trial: Trial) -> None:
    """The result and the days it is made of."""
    name = file_name("trial", trial.frozen.name, synthetic=trial.synthetic)
    offer_files(
        name, "Result", csv=lambda: to_csv(trial.table), json=lambda: to_json(trial.table, trial.facts)
    )  # fmt: skip
    offer_files(f"{name}-days", "Days", csv=lambda: to_csv(trial.days))
