"""The parts of the Patrol dosage page: what was asked for, what was delivered, and what the figures rest on."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from hotspots.base.choices import BCUS
from hotspots.base.errors import HotspotsError
from hotspots.charts import dosage as charts
from hotspots.charts.dosage import Bands
from hotspots.exports import dosage as exports
from hotspots.ui import components, frame, loading, words
from hotspots.ui.dosage import tables as dosage_tables
from hotspots.ui.dosage import words as sentences
from hotspots.ui.dosage.grid import show_grid
from hotspots.ui.dosage.targets import show_targets
from hotspots.ui.frame import View, keep, plain_text, widget_key
from hotspots.ui.hot_spots.area_desk import show_done
from hotspots.ui.show import Download, download_buttons

if TYPE_CHECKING:
    from hotspots.patrols.dosage.workspace import Dose, DoseQuestion

FILTERS = ("bcu", "register", "patrol_from", "patrol_to")
USUAL_DAYS = 7
MOST_DAYS = 31  # columns of the grid
ALL_TREATED = "all"
BESIDE_BARS = 760  # pixels: about 20 hot spots


# ---------------------------------------------------------------- what is asked


def part() -> str:
    """Which part of the page: dosage, the log form, or logs against positions.

    The key of an entry in hand stands in the address of the log form only: whoever has it sees the draft.
    """
    chosen = frame.switch("Show", "part", words.DOSE_PARTS)
    if chosen != words.LOG_FORM:
        frame.leave_address("log", "log_bcu")
    return chosen


def question(view: View) -> DoseQuestion | None:
    """The filters in the sidebar and what they ask for; None where nothing can be asked yet, which is said."""
    from hotspots.patrols.dosage.workspace import DoseQuestion

    if view.empty:
        frame.lead_in()
        return None
    registers = loading.registers(view.folder, loading.areas_stamp(view.folder))
    if registers.empty:
        st.info(words.DOSE_NO_REGISTER, icon=":material/info:")
        st.page_link("pages/1_Hot_spots.py", label="Freeze hot spots", icon=":material/lock:")
        return None
    held = loading.patrol_days(view.folder, view.version, loading.patrol_stamp(view.folder))
    if held is None:
        st.info(words.DOSE_NO_PATROLS, icon=":material/info:")
        st.page_link("pages/7_Data.py", label="Import positions or a patrol log", icon=":material/upload:")
        return None
    names = tuple(dict.fromkeys(registers["name"].tolist()[::-1]))  # the one frozen last comes first
    with st.sidebar.form("dose_filters", border=False):
        chosen = filter_widgets(names, *held)
        st.form_submit_button("Apply", type="primary", width="stretch", on_click=forget_filters)
    for name, value in chosen.items():
        keep(name, value, over=False)
    if chosen["patrol_from"] > chosen["patrol_to"]:
        raise HotspotsError("The first patrol day is after the last one. Choose them the other way round.")
    return DoseQuestion(
        bcu=chosen["bcu"], start=chosen["patrol_from"], end=chosen["patrol_to"], register=chosen["register"]
    )


def filter_widgets(names: tuple[str, ...], first: date, last: date) -> dict[str, str]:
    """BCU, register (where there are several), first and last patrol day, as plain text by their name."""
    bcu = frame.choose("BCU", "bcu", ("all", *BCUS), "all", {"all": "All three"})
    register = frame.choose("Register", "register", names, names[0], {}) if len(names) > 1 else names[0]
    usual = max(first, last - timedelta(days=USUAL_DAYS - 1))
    days = [
        choose_day(label, name, start, first, last)
        for label, name, start in (
            ("First patrol day", "patrol_from", usual),
            ("Last patrol day", "patrol_to", last),
        )
    ]
    return {"bcu": bcu, "register": register, "patrol_from": str(days[0]), "patrol_to": str(days[1])}


def choose_day(label: str, name: str, usual: date, first: date, last: date) -> date:
    """A date field that starts from what the address or the session asks for, within the days held."""
    start = day_asked(name, usual, first, last)
    key = widget_key(f"{name}_{first}_{last}", start)
    chosen = st.date_input(label, min_value=first, max_value=last, format="DD/MM/YYYY", key=key)
    return chosen if isinstance(chosen, date) else start


def day_asked(name: str, usual: date, first: date, last: date) -> date:
    """The day asked for, else the usual one; what an address asks for and cannot have is said."""
    asked, anew = frame.remembered(name), frame.asked_anew(name)
    try:
        day = date.fromisoformat(asked) if asked else usual
    except ValueError:
        day = usual
        if anew:
            st.warning(
                f"The address asks for {name} “{plain_text(asked[:40])}”, which is no day. Shown: {day:%d/%m/%Y}."
            )
    inside = min(max(day, first), last)
    if anew and inside != day:
        st.warning(
            f"The address asks for {day:%d/%m/%Y}; positions and logs run from {first:%d/%m/%Y} to {last:%d/%m/%Y}."
            f" Shown instead: {inside:%d/%m/%Y}."
        )
    return inside


def forget_filters() -> None:
    """From here on the fields say what is shown, whatever the address asked for."""
    for name in FILTERS:
        keep(name, "")


# ---------------------------------------------------------------- dosage


def show(view: View, dose: Dose, part: str) -> None:
    """One part of the page. What the figures lack stands before any of them."""
    show_done()
    show_warnings(dose)
    if dose.table.empty:
        st.info(words.DOSE_NO_HOT_SPOTS, icon=":material/info:")
        return
    if part == words.RECONCILED:
        show_reconciled(view, dose)
        return
    bands = bands_of(view)
    show_headlines(dose, bands)
    show_days(dose, bands)
    show_downloads(view, dose)
    show_against_target(dose)
    show_targets(view, dose)
    show_hours(dose)
    show_details(dose)


def bands_of(view: View) -> Bands:
    return Bands(view.workspace.settings.underdosed_share, view.workspace.settings.overdosed_share)


def show_warnings(dose: Dose) -> None:
    """One box for all: a wall of boxes is not read."""
    if len(dose.warnings) == 1:
        st.warning(plain_text(dose.warnings[0]), icon=":material/warning:")
    elif dose.warnings:
        st.warning(bullets(dose.warnings), icon=":material/warning:")


def bullets(lines: tuple[str, ...] | list[str]) -> str:
    return "\n".join(f"- {plain_text(line)}" for line in lines)


def show_headlines(dose: Dose, bands: Bands) -> None:
    """What was delivered, a sentence per BCU, and who got too little or too much."""
    if no_data(dose):
        st.info(words.DOSE_NO_DATA, icon=":material/info:")
    days = " to ".join(dict.fromkeys(charts.day_long(day) for day in (dose.first, dose.last)))
    begins = dose.settings.patrol_day_starts
    hours = f"{begins:02d}:00 to {(begins - 1) % 24:02d}:59"
    st.caption(plain_text(f"{days}, each from {hours}. Hot spots of {', '.join(dose.registers)}."))
    for bcu, line in sentences.headlines(dose.summary).items():
        st.markdown(f"**{plain_text(bcu)}**: {plain_text(line)}")
    for line in sentences.named_by_verdict(dose.summary, bands):
        st.markdown(plain_text(line))


def no_data(dose: Dose) -> bool:
    return bool((dose.table["data"] == charts.NO_DATA).all())


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
        dosage_tables.show_columns(dose.table, dosage_tables.DOSAGE, "Dose by hot spot and patrol day")


def show_downloads(view: View, dose: Dose) -> None:
    """Every table of the dose as files that say what they are."""
    name, folder = exports.file_name(dose), Path(view.folder)
    download_buttons(
        [
            Download("CSV", f"{name}.csv", "text/csv", lambda: exports.dosage_text(dose, "csv", folder)),
            Download("Excel", f"{name}.xlsx", words.XLSX, lambda: exports.dosage_xlsx(dose)),
            Download(
                "GeoJSON", f"{name}.geojson", "application/geo+json",
                lambda: exports.dosage_text(dose, "geojson", folder),
            ),
        ],
        key="dose",
    )  # fmt: skip


def show_against_target(dose: Dose) -> None:
    """Bars with a line at the target, and the table of the whole window."""
    st.header("Delivered against target")
    spec = charts.target_spec(dose.summary, dark=components.is_dark())
    left, right = st.columns([2, 3], gap="medium")
    with left:
        st.vega_lite_chart(None, spec, width="stretch", theme=None)
    with right:
        told = with_days_since(dose.summary, dose.table)
        dosage_tables.show_columns(
            told, dosage_tables.SUMMARY, "Delivered against target by hot spot", tallest=BESIDE_BARS
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
    chosen = frame.switch_box("Hot spots", "hours_of", options)
    bcu, area = chosen.split("|", 1)
    hours = dose.hours[(dose.hours["bcu"] == bcu) & (dose.hours["area"] == area)]
    st.markdown(plain_text(sentences.hours_sentence(hours, dose.notes)))
    show_grid(charts.hours_grid(hours, options[chosen]), "hours")
    ringed = hours["hot"].fillna(False).astype(bool).any()
    st.caption(words.HOURS_HELP + (words.HOURS_RINGED if ringed else ""))
    with st.expander("The same figures as a table (168 rows)"):
        dosage_tables.show_columns(hours_as_read(hours), dosage_tables.HOURS, "Minutes by hour of the week")


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
        dosage_tables.show_columns(named, dosage_tables.VISIT_LIST, "Visits")
    with st.expander(f"How complete the tracking was ({len(dose.coverage):,} BCU-days)"):
        st.markdown(words.COVERAGE_HELP)
        dosage_tables.show_columns(dose.coverage, dosage_tables.COVERED, "Tracking by BCU and patrol day")
        st.markdown(words.SHIFTS_HELP)
        dosage_tables.show_columns(dose.shifts, dosage_tables.SHIFTS, "Tracking by unit and patrol day")
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
        st.info(words.DOSE_NO_LOGS, icon=":material/info:")
    st.markdown(plain_text(sentences.what_counts(view.workspace.settings.log_tracked_share)))
    if len(table):
        dosage_tables.show_columns(with_names(table, dose), dosage_tables.LOGS, "Log entries against positions")
    about_logs = [note for note in dose.notes if " log" in note]
    if about_logs:
        st.markdown(bullets(about_logs))
    show_downloads(view, dose)
