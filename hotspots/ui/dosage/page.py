"""The Patrol dosage page: what was delivered, against what was wanted, and what the figures rest on."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from hotspots.charts import dosage as charts
from hotspots.charts.dosage import Bands
from hotspots.exports import dosage as exports
from hotspots.patrols.dosage.dose import NO_DATA
from hotspots.patrols.dosage.workspace import Dose
from hotspots.ui import components
from hotspots.ui.choosing import switch, switch_box
from hotspots.ui.dosage import answers, tables, words
from hotspots.ui.dosage.asked import question
from hotspots.ui.dosage.grid import show_grid
from hotspots.ui.dosage.targets import show_targets
from hotspots.ui.forms import show_done
from hotspots.ui.frame import View
from hotspots.ui.session import leave_address
from hotspots.ui.show import offer_files, show_chart, show_columns
from hotspots.ui.text import bullets, plain_text, show_warnings

MOST_DAYS = 31  # columns of the grid
ALL_TREATED = "all"
BESIDE_BARS = 760  # pixels: about 20 hot spots


def part() -> str:
    """Which part of the page: dosage, the log form, or logs against positions.

    The key of an entry in hand stands in the address of the log form only: whoever has it sees the draft.
    """
    chosen = switch("Show", "part", words.PARTS)
    if chosen != words.LOG_FORM:
        leave_address("log", "log_bcu")
    return chosen


def show(view: View, part: str) -> None:
    """Dosage, or logs against positions. What the figures lack stands before any of them."""
    asked = question(view)
    if asked is None:
        return
    dose = answers.dose(view.folder, view.version, asked, answers.patrol_stamp(view.folder))
    show_done()
    show_warnings(dose.warnings)
    if dose.table.empty:
        st.info(words.NO_HOT_SPOTS, icon=":material/info:")
    elif part == words.RECONCILED:
        show_reconciled(view, dose)
    else:
        show_delivered(view, dose)


def show_delivered(view: View, dose: Dose) -> None:
    settings = view.workspace.settings
    bands = Bands(settings.underdosed_share, settings.overdosed_share)
    show_headlines(dose, bands)
    show_days(dose, bands)
    offer_dose(view, dose)
    show_against_target(dose)
    show_targets(view, dose)
    show_hours(dose)
    show_details(dose)


def show_headlines(dose: Dose, bands: Bands) -> None:
    """What was delivered, a sentence per BCU, and who got too little or too much."""
    if no_data(dose):
        st.info(words.NO_DATA, icon=":material/info:")
    days = " to ".join(dict.fromkeys(charts.day_long(day) for day in (dose.first, dose.last)))
    begins = dose.settings.patrol_day_starts
    hours = f"{begins:02d}:00 to {(begins - 1) % 24:02d}:59"
    st.caption(plain_text(f"{days}, each from {hours}. Hot spots of {', '.join(dose.registers)}."))
    for bcu, line in words.headlines(dose.summary).items():
        st.markdown(f"**{plain_text(bcu)}**: {plain_text(line)}")
    for line in words.named_by_verdict(dose.summary, bands):
        st.markdown(plain_text(line))


def no_data(dose: Dose) -> bool:
    return bool((dose.table["data"] == NO_DATA).all())


def show_days(dose: Dose, bands: Bands) -> None:
    """The grid of hot spots × days, its legend, and the same figures as a table."""
    st.header("Day by day")
    days = charts.days_of(dose.table["patrol_day"])
    table = dose.table
    if len(days) > MOST_DAYS:
        table = table[table["patrol_day"].astype(str) >= str(days[-MOST_DAYS])]
        st.caption(f"The grid has the last {MOST_DAYS} of {len(days):,} days; the table and the files have all.")
    grid = charts.dose_grid(table, bands)
    st.caption(words.GRID_HELP + (words.GRID_LOGS if any(c.logs for r in grid.rows for c in r.cells) else ""))
    show_grid(grid)
    components.show_legend(charts.dose_legend(grid, bands), "Share of target")
    with st.expander(f"The same figures as a table ({len(dose.table):,} rows)"):
        show_columns(dose.table, tables.DOSAGE, "Dose by hot spot and patrol day", settings=dose.settings)


def offer_dose(view: View, dose: Dose) -> None:
    """Every table of the dose as files that say what they are."""
    folder = Path(view.folder)
    offer_files(
        exports.file_name(dose),
        csv=lambda: exports.dosage_text(dose, "csv", folder),
        xlsx=lambda: exports.dosage_xlsx(dose),
        geojson=lambda: exports.dosage_text(dose, "geojson", folder),
    )


def show_against_target(dose: Dose) -> None:
    """Bars with a line at the target, and the table of the whole window."""
    st.header("Delivered against target")
    left, right = st.columns([2, 3], gap="medium")
    with left:
        show_chart(charts.target_spec(dose.summary, dark=components.is_dark()))
    with right:
        table = with_days_since(dose.summary, dose.table)
        show_columns(
            table, tables.SUMMARY, "Delivered against target by hot spot", tallest=BESIDE_BARS, settings=dose.settings
        )


def with_days_since(summary: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """The summary in the order of the grid, with the days since an adequate visit as they stood on the last day."""
    latest = table.sort_values("patrol_day", kind="stable").drop_duplicates(charts.SPOT, keep="last")
    both = summary.merge(latest[[*charts.SPOT, "days_since_adequate_visit"]], on=charts.SPOT, how="left")
    return charts.in_order(both)


def show_hours(dose: Dose) -> None:
    """Minutes by hour of the week against the hot hours, for the treated ones together or one hot spot."""
    st.header("By hour of the week")
    options = hour_options(dose)
    if not options:
        st.info("There are no hours to show.")
        return
    chosen = switch_box("Hot spots", "hours_of", options)
    bcu, area = chosen.split("|", 1)
    hours = dose.hours[(dose.hours["bcu"] == bcu) & (dose.hours["area"] == area)]
    st.markdown(plain_text(words.hours_sentence(hours, dose.no_hot_hours)))
    show_grid(charts.hours_grid(hours, options[chosen]), "hours")
    ringed = hours["hot"].fillna(False).astype(bool).any()
    st.caption(words.HOURS_HELP + (words.HOURS_RINGED if ringed else ""))
    with st.expander("The same figures as a table (168 rows)"):
        show_columns(hours_as_read(hours), tables.HOURS, "Minutes by hour of the week", settings=dose.settings)


def hour_options(dose: Dose) -> dict[str, str]:
    """'South|all': 'South: treated hot spots together', then each hot spot of the hours by its name."""
    pairs = dose.hours[["bcu", "area"]].drop_duplicates()
    names = dict(zip(dose.summary["area"], dose.summary["name"], strict=True))
    together, single = {}, {}
    for bcu, area in sorted(zip(pairs["bcu"], pairs["area"], strict=True)):
        if area == ALL_TREATED:
            together[f"{bcu}|{area}"] = f"{bcu}: treated hot spots together"
        else:
            single[f"{bcu}|{area}"] = f"{area}: {names.get(area, area)}"
    return together | single


def hours_as_read(hours: pd.DataFrame) -> pd.DataFrame:
    number = hours["hour_of_week"].astype(int)
    return hours.assign(
        weekday=[charts.LONG_WEEKDAYS[h // 24] for h in number],
        hour=[f"{h % 24:02d}:00" for h in number],
        hot=hours["hot"].fillna(False).astype(bool).map({True: "hot", False: ""}),
    )


def show_details(dose: Dose) -> None:
    """Every visit, how complete the tracking was, and what the figures rest on."""
    st.header("Behind the figures")
    named = with_names(dose.visits, dose)
    with st.expander(f"Visits ({len(named):,})"):
        show_columns(named, tables.VISIT_LIST, "Visits", settings=dose.settings)
    with st.expander(f"How complete the tracking was ({len(dose.coverage):,} BCU-days)"):
        st.markdown(words.COVERAGE_HELP)
        show_columns(dose.coverage, tables.COVERED, "Tracking by BCU and patrol day", settings=dose.settings)
        st.markdown(words.SHIFTS_HELP)
        show_columns(dose.shifts, tables.SHIFTS, "Tracking by unit and patrol day", settings=dose.settings)
    if dose.notes:
        with st.expander(f"What these figures rest on ({len(dose.notes)})"):
            st.markdown(bullets(dose.notes))


def with_names(table: pd.DataFrame, dose: Dose) -> pd.DataFrame:
    """The rows with the name that their hot spot had on that day."""
    names = dose.table[["area", "patrol_day", "name"]].drop_duplicates(["area", "patrol_day"])
    return table.merge(names, on=["area", "patrol_day"], how="left")


# ---------------------------------------------------------------- logs against positions


def show_reconciled(view: View, dose: Dose) -> None:
    """Every log entry against the positions of its unit, and which of the two counts."""
    table = dose.reconciled
    if table.empty:
        st.info(words.NO_LOGS, icon=":material/info:")
    st.markdown(plain_text(words.what_counts(view.workspace.settings.log_tracked_share)))
    if len(table):
        show_columns(with_names(table, dose), tables.LOGS, "Log entries against positions", settings=dose.settings)
    if dose.notes:
        st.markdown(bullets(dose.notes))
    offer_dose(view, dose)
