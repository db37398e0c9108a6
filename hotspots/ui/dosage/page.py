"""The Patrol dosage page: what was delivered, against what was wanted, and what the figures rest on."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pandas as pd
import streamlit as st

from hotspots.areas.register import in_force_first
from hotspots.base.errors import HotspotsError
from hotspots.base.profile import Profile
from hotspots.charts import dosage as charts
from hotspots.charts.dosage import Bands
from hotspots.exports import dosage as exports
from hotspots.patrols.dosage.dose import NO_DATA, set_target
from hotspots.patrols.dosage.stretches import USUAL_DAYS, DoseQuestion
from hotspots.patrols.dosage.workspace import Dose
from hotspots.ui import components, frame, loading
from hotspots.ui.dosage import answers, tables, words
from hotspots.ui.dosage.tables import show_grid
from hotspots.ui.forms import choose, choose_bcu, done, form_key, show_done, signature, switch, switch_box
from hotspots.ui.frame import View
from hotspots.ui.session import asked_anew, keep, leave_address, remembered, widget_key
from hotspots.ui.show import bullets, errors_shown, offer_files, plain_text, show_chart, show_columns, show_warnings

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
    if (dose.table["data"] == NO_DATA).all():
        st.info(words.NO_DATA, icon=":material/info:")
    days = " to ".join(dict.fromkeys(charts.day_long(day) for day in (dose.first, dose.last)))
    begins = dose.settings.patrol_day_starts
    hours = f"{begins:02d}:00 to {(begins - 1) % 24:02d}:59"
    st.caption(plain_text(f"{days}, each from {hours}. Hot spots of {', '.join(dose.registers)}."))
    for bcu, part in dose.summary.groupby("bcu", sort=True):
        st.markdown(f"**{plain_text(str(bcu))}**: {plain_text(words.headline(part))}")
    for line in words.named_by_verdict(dose.summary, bands):
        st.markdown(plain_text(line))


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
    csv, geojson = (partial(exports.dosage_text, dose, kind, folder) for kind in ("csv", "geojson"))
    offer_files(exports.file_name(dose), csv=csv, xlsx=lambda: exports.dosage_xlsx(dose), geojson=geojson)


def show_against_target(dose: Dose) -> None:
    """Bars with a line at the target, and the table of the whole window."""
    st.header("Delivered against target")
    left, right = st.columns([2, 3], gap="medium")
    with left:
        show_chart(charts.target_spec(dose.summary, dark=components.is_dark()))
    # in the order of the grid, with the days since an adequate visit as they stood on the last day
    latest = dose.table.sort_values("patrol_day", kind="stable").drop_duplicates(charts.SPOT, keep="last")
    both = dose.summary.merge(latest[[*charts.SPOT, "days_since_adequate_visit"]], on=charts.SPOT, how="left")
    with right:
        show_columns(
            charts.in_order(both), tables.SUMMARY, "Delivered against target by hot spot", BESIDE_BARS, dose.settings
        )


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
    number, hot = hours["hour_of_week"].astype(int), hours["hot"].fillna(False).astype(bool)
    st.caption(words.HOURS_HELP + (words.HOURS_RINGED if hot.any() else ""))
    read = hours.assign(
        weekday=[charts.LONG_WEEKDAYS[h // 24] for h in number], hour=[f"{h % 24:02d}:00" for h in number],
        hot=hot.map({True: "hot", False: ""}),
    )  # fmt: skip
    with st.expander("The same figures as a table (168 rows)"):
        show_columns(read, tables.HOURS, "Minutes by hour of the week", settings=dose.settings)


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
    with st.expander(f"Masked sites ({dose.masks['site'].nunique():,})"):
        st.markdown(words.MASKS_HELP)
        if len(dose.masks):
            show_columns(dose.masks, tables.MASKS, "Masked sites", settings=dose.settings)
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
    share = words.percent(view.workspace.settings.log_tracked_share)
    st.markdown(plain_text(words.WHAT_COUNTS.format(share=share)))
    if len(table):
        show_columns(with_names(table, dose), tables.LOGS, "Log entries against positions", settings=dose.settings)
    if dose.notes:
        st.markdown(bullets(dose.notes))
    offer_dose(view, dose)


FILTERS = ("bcu", "register", "patrol_from", "patrol_to")


def question(view: View) -> DoseQuestion | None:
    """The filters in the sidebar and what they ask for; None where nothing can be asked yet, which is said."""
    if view.empty:
        frame.lead_in()
        return None
    registers = loading.registers(view.folder, loading.areas_stamp(view.folder))
    if registers.empty:
        frame.lead_to(words.NO_REGISTER, "pages/1_Hot_spots.py", "Freeze hot spots", "lock")
        return None
    held = answers.patrol_days(view.folder, view.version, answers.patrol_stamp(view.folder))
    if held is None:
        frame.lead_to(words.NO_PATROLS, "pages/7_Data.py", "Import positions or a patrol log", "upload")
        return None
    first, _, shown = held
    now, others = in_force_first(registers, max(first, shown - timedelta(days=USUAL_DAYS - 1)), shown)
    names = (*now, *others)  # those that hold on the days shown come first
    with st.sidebar.form("dose_filters", border=False):
        chosen = filter_widgets(view.workspace.profile, names, *held)
        st.form_submit_button("Apply", type="primary", width="stretch", on_click=leave_address, args=FILTERS)
    for name, value in chosen.items():
        keep(name, value, over=False)
    if chosen["patrol_from"] > chosen["patrol_to"]:
        raise HotspotsError("The first patrol day is after the last one. Choose them the other way round.")
    return DoseQuestion(
        bcu=chosen["bcu"], start=chosen["patrol_from"], end=chosen["patrol_to"], register=chosen["register"]
    )


def filter_widgets(
    force: Profile, names: tuple[str, ...], first: date, last: date, shown: date
) -> dict[str, str]:  # fmt: skip
    """BCU, register (where there are several), first and last patrol day, as plain text by their name."""
    bcu = choose_bcu(force)
    register = choose("Register", "register", names, names[0], {}) if len(names) > 1 else names[0]
    usual = max(first, shown - timedelta(days=USUAL_DAYS - 1))
    start = choose_day("First patrol day", "patrol_from", usual, first, last)
    end = choose_day("Last patrol day", "patrol_to", shown, first, last)
    return {"bcu": bcu, "register": register, "patrol_from": str(start), "patrol_to": str(end)}


def choose_day(label: str, name: str, usual: date, first: date, last: date) -> date:
    """A date field that starts from what the address or the session asks for, within the days held."""
    start = day_asked(name, usual, first, last)
    key = widget_key(f"{name}_{first}_{last}", start)
    chosen = st.date_input(label, min_value=first, max_value=last, format="DD/MM/YYYY", key=key)
    return chosen if isinstance(chosen, date) else start


def day_asked(name: str, usual: date, first: date, last: date) -> date:
    """The day asked for, else the usual one; what an address asks for and cannot have is said."""
    asked, by_address = remembered(name), asked_anew(name)
    try:
        day = date.fromisoformat(asked) if asked else usual
    except ValueError:
        day = usual
        if by_address:
            st.warning(
                f"The address asks for {name} “{plain_text(asked[:40])}”, which is not a date. Shown: {day:%d/%m/%Y}."
            )
    inside = min(max(day, first), last)
    if by_address and inside != day:
        st.warning(
            f"The address asks for {day:%d/%m/%Y}; positions and logs run from {first:%d/%m/%Y} to {last:%d/%m/%Y}."
            f" Shown instead: {inside:%d/%m/%Y}."
        )
    return inside


EVERY = ""
COLUMNS = {
    "area": "Hot spot", "valid_from": "From patrol day", "minutes": "Patrol-minutes", "author": "By", "note": "Why",
    "created": "Stored (UTC)", "register": None,
}  # fmt: skip


def show_targets(view: View, dose: Dose) -> None:
    """Set a target, and see every one that was set."""
    name = dose.question.register.partition("@")[0]
    with st.expander("Targets", icon=":material/flag:"):
        usual = view.workspace.settings.target_minutes
        st.markdown(words.TARGETS_HELP.format(minutes=f"{usual:g}"))
        with errors_shown():
            set_one(view, dose, name)
        table = answers.targets(view.folder, answers.patrol_stamp(view.folder), name)
        if len(table):
            when = table["created"].str[:16].str.replace("T", " ")
            shown = table.iloc[::-1].assign(area=table["area"].replace(EVERY, "every treated one"), created=when)
            st.dataframe(shown, hide_index=True, alt="Targets that were set", column_config=COLUMNS)


def set_one(view: View, dose: Dose, register: str) -> None:
    """The form of one target; what is stored holds from its day on."""
    spots = dose.summary.drop_duplicates("area", keep="last")
    names = {EVERY: "Every treated hot spot"} | {
        a: f"{a}: {n}" for a, n in zip(spots["area"], spots["name"], strict=True)
    }
    with st.form(form_key("dose_target"), border=True):
        left, middle, right = st.columns([3, 1, 1])
        area = left.selectbox("Hot spot", list(names), format_func=lambda a: names[a])
        minutes = middle.number_input("Patrol-minutes a day", min_value=0, max_value=1_440, value=30, step=5)
        first = right.date_input("From patrol day", value=date.fromisoformat(dose.question.end), format="DD/MM/YYYY")
        none = st.checkbox("No target from that day on")
        author, note = signature("target", "Why")
        go = st.form_submit_button("Set this target", icon=":material/flag:")
    if go and isinstance(first, date):
        asked = None if none else float(minutes)
        set_target(Path(view.folder), register, area or EVERY, asked, first, author, note)
        what = "has no target" if none else f"should get {minutes} patrol-minutes a day"
        done(f"{names[area or EVERY]} {what} from {first:%d/%m/%Y} on.")
