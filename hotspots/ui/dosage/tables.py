"""How the tables of a dose are headed and written, and its grids of coloured cells as HTML tables.

A grid is a table and no picture: it is read by the keyboard and by screen readers as it stands, prints, and scrolls
inside its own frame on a phone while its first column stays. Everything from data is escaped; colours are ours.
"""

from __future__ import annotations

from html import escape

import streamlit as st

from hotspots.charts.dosage import INKS, RAMP, Cell, Grid, Head, Row
from hotspots.patrols.dosage.dose import NO_DATA
from hotspots.ui import components
from hotspots.ui.show import BCU, DAY, NAME, Shown

AREA = Shown("Area", "Number of the hot spot in its register")
ROLE = Shown("Role", "Treated: patrolled more. Comparison: watched beside it. None: neither")
VISITS = Shown("Adequate visits", "Visits of at least {visit_min_minutes:g} minutes", 0)
SHORTER = Shown("Shorter visits", "Stays too short to be adequate, passing through left out", 0)
MINUTES = Shown("Patrol-minutes", "Minutes with anyone there, however many; on calls and driving through left out", 1)
OFFICERS = Shown("Officer-minutes", "The same minutes, counted once for each officer", 1)
TARGET = Shown("Target", "Patrol-minutes wanted; empty: no target", 0)
SHARE = Shown("Share of target", "Patrol-minutes over target", 0, True)
REACTIVE = Shown("On calls, minutes", "Officer-minutes on calls: no part of the dose", 1)
COVERAGE = Shown("Tracked", "Of the time on shift of the BCU's units, the part with positions", 0, True)
FROZEN = Shown(
    "Standing still, minutes",
    "Positions equal to the metre for {frozen_minutes:g} minutes or more: no part of the dose",
    1,
)
PARKED = Shown("Parked, minutes", "Other stays of more than {visit_most_minutes:g} minutes: no part of the dose", 1)
AT_MASKED = Shown("At masked sites, minutes", "At a police station or another masked site: no part of the dose", 1)
START = Shown("From", "Local time")
END = Shown("To", "Local time")

DOSAGE = {
    "patrol_day": DAY, "name": NAME, "role": ROLE, "patrol_minutes": MINUTES, "target_minutes": TARGET,
    "share_of_target": SHARE, "visits": VISITS, "visits_below_threshold": SHORTER, "officer_minutes": OFFICERS,
    "days_since_adequate_visit": Shown("Days since a visit", "Days since the last adequate visit; 0: that day", 0),
    "data": Shown("Rests on", "Positions (tracked), logs only, or no data"),
    "gps_coverage": COVERAGE, "reactive_minutes": REACTIVE,
    "moving_minutes": Shown("Driving through, minutes", "Officer-minutes of driving through: no part of the dose", 1),
    "log_minutes": Shown("From logs, minutes", "Of the patrol-minutes, those that only logs report", 1),
    "frozen_minutes": FROZEN, "parked_minutes": PARKED, "masked_minutes": AT_MASKED,
    "pass_throughs": Shown("Passing through", "Stays of less than {visit_pass_minutes:g} min", 0),
    "bcu": BCU, "area": AREA, "register": Shown("Register", "Name and version that held on that day"),
}  # fmt: skip
SUMMARY = {
    "name": NAME, "verdict": Shown("Dose", "Underdosed, on target, overdosed, no target or no data"),
    "share_of_target": SHARE, "patrol_minutes": MINUTES, "target_minutes": TARGET, "role": ROLE, "visits": VISITS,
    "visits_below_threshold": SHORTER, "officer_minutes": OFFICERS,
    "days_since_adequate_visit": Shown(
        "Days since a visit", "Days from the last adequate visit to the last day shown; empty: none on record", 0
    ),
    "days_without_adequate_visit": Shown("Days without a visit", "Days with data but without an adequate visit", 0),
    "days_with_data": Shown("Days with data", "Of the days shown, those with positions or logs", 0),
    "days": Shown("Days", "Days shown on which it was a hot spot", 0),
    "share_in_hot_hours": Shown("In hot hours", "Of the patrol-minutes, the part in its hot hours", 0, True),
    "reactive_minutes": REACTIVE, "frozen_minutes": FROZEN, "parked_minutes": PARKED, "masked_minutes": AT_MASKED,
    "gps_coverage": COVERAGE, "bcu": BCU, "area": AREA,
    "register": Shown("Register", "Name and version of the register that it is in"),
}  # fmt: skip
VISIT_LIST = {
    "patrol_day": DAY, "name": NAME, "start": START, "end": END,
    "band": Shown("Kind", "By the longest stay of one unit: pass-through, below threshold, on target or long"),
    "patrol_minutes": MINUTES,
    "longest_minutes": Shown("Longest stay, minutes", "Of one unit; it decides the kind", 1),
    "officer_minutes": OFFICERS, "units": Shown("Units", "Units that took part", 0),
    "told_by": Shown("Source", "Positions, log, or both"), "area": AREA,
}  # fmt: skip
COVERED = {
    "patrol_day": DAY, "bcu": BCU, "units": Shown("Units", "Units that sent positions", 0),
    "usual_units": Shown("Usual units", "Median over the days that have any", 0),
    "gps_coverage": COVERAGE,
    "covered_hours": Shown("Tracked, hours", "Unit-hours with positions", 1),
    "shift_hours": Shown("On shift, hours", "Unit-hours from first to last position or log entry of each shift", 1),
    "longest_gap_minutes": Shown("Longest silence, minutes", "Within a shift", 0),
}  # fmt: skip
SHIFTS = {
    "patrol_day": DAY, "unit": Shown("Unit", "A code in place of the unit; it identifies nobody"),
    "bcu": BCU, "first": Shown("First position", "Local time"), "last": Shown("Last position", "Local time"),
    "gps_coverage": Shown("Tracked", "Of the shift, the part with positions", 0, True),
    "covered_hours": Shown("Tracked, hours", "Hours with positions", 1),
    "shift_hours": Shown("Shift, hours", "From first to last position, long silences left out", 1),
    "longest_gap_minutes": Shown("Longest silence, minutes", "Within the shift", 0),
}  # fmt: skip
LOGS = {
    "name": NAME, "start": START, "end": END,
    "log_minutes": Shown("Logged, minutes", "Minutes that the log entry says", 1),
    "gps_minutes": Shown("By positions, minutes", "Minutes there by positions, between the times logged", 1),
    "difference": Shown("Difference, minutes", "By positions less logged; empty: the unit was not tracked", 1),
    "counted": Shown("What counts", "What the dose takes: positions, or the log"),
    "tracked_share": Shown("Tracked", "Of the time logged, the part with positions", 0, True),
    "unit": Shown("Unit", "A code in place of the unit; it identifies nobody"),
    "entry": Shown("Entry", "Number of the log entry"), "patrol_day": DAY, "area": AREA,
}  # fmt: skip
MASKS = {
    "site": Shown("Site", "Its name"), "kind": Shown("Kind", "What it is"),
    "area": Shown("Hot spot", "Number of the hot spot that it lies in; empty: in none"),
    "masked_minutes": Shown("Minutes taken away", "With a unit there in these days: proactive, on foot or stopped", 1),
    "radius_m": Shown("Radius, m", "Masked are the cells of resolution 11 with their centre so near", 0),
    "note": Shown("Why", "The reason"), "author": Shown("By", "Who masked it"),
}  # fmt: skip
HOURS = {
    "weekday": Shown("Day", "Day of the week"), "hour": Shown("Hour", "Local time"), "patrol_minutes": MINUTES,
    "officer_minutes": OFFICERS,
    "n_incidents": Shown("Incidents", "Spread over the hours they may have happened in", 1),
    "share_of_incidents": Shown("Share of incidents", "Of the incidents here, those in this hour", 1, True),
    "hot": Shown("Hot", "One of the hot hours: the quarter of the week with most incidents"),
}  # fmt: skip


HATCH = "repeating-linear-gradient(45deg,rgba(128,128,128,.8) 0 1px,transparent 1px 6px)"
GROUNDS = {True: "#171614", False: "#ffffff"}  # of Streamlit's own themes, dark and light
RING = "#F46A25"
STYLE = """
.dose-frame{position:relative;overflow-x:auto;max-width:100%%;margin:0 0 .5rem}
.dose-frame:focus-visible{outline:3px solid #6BACE6;outline-offset:2px}
table.dose{border-collapse:separate;border-spacing:2px;font-size:14px;line-height:1.25;margin:0}
table.dose th,table.dose td{border:0;padding:3px 4px;text-align:center;font-variant-numeric:tabular-nums}
table.dose thead th{font-weight:400;font-size:12px;white-space:nowrap;vertical-align:bottom}
table.dose th[scope=row]{text-align:left;font-weight:400;position:sticky;left:0;z-index:1;background:%(ground)s;
 min-width:11rem;max-width:16rem;overflow-wrap:anywhere}
table.dose thead th:first-child{text-align:left;position:sticky;left:0;z-index:1;background:%(ground)s}
table.dose th[scope=rowgroup]{text-align:left;font-weight:600;padding-top:8px}
table.dose th[scope=rowgroup] span{position:sticky;left:4px}
table.dose th small{opacity:.85;font-size:12px}
table.dose td{min-width:34px;height:30px;border-radius:2px;box-shadow:inset 0 0 0 1px rgba(128,128,128,.45);
 white-space:nowrap}
table.dose.hours td{min-width:27px;font-size:12px;padding:2px}
table.dose.hours th[scope=row]{min-width:2.4rem}
table.dose td.held-not{box-shadow:none}
table.dose td.ringed{box-shadow:inset 0 0 0 3px %(ring)s}
table.dose td i{font-style:normal;font-size:10px;margin-left:2px}
table.dose caption,table.dose .unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%%);
 white-space:nowrap;left:0}
@media (max-width:640px){
 table.dose{border-spacing:1px;font-size:12px}
 table.dose thead th{font-size:11px;padding:2px 0}
 table.dose th[scope=row],table.dose thead th:first-child{min-width:5rem;max-width:5rem;font-size:12px;padding:2px 0}
 table.dose td{padding:2px 0;min-width:36px}
 table.dose td i{font-size:8px;margin-left:1px}
}
@media print{
 .dose-frame{overflow:visible}
 table.dose{font-size:9px;border-spacing:1px;color:#000}
 table.dose th[scope=row]{position:static;background:none;min-width:0}
 table.dose th small,table.dose thead th{font-size:8px}
 table.dose td,table.dose.hours td{min-width:0;padding:1px;height:auto;font-size:9px}
 table.dose,table.dose td{print-color-adjust:exact;-webkit-print-color-adjust:exact}
}
"""


def show_grid(grid: Grid, kind: str = "") -> None:
    """The grid on the page; ``kind`` "hours" for narrow cells."""
    st.html(f"<style>{STYLE % {'ground': GROUNDS[components.is_dark()], 'ring': RING}}</style>")
    st.html(grid_html(grid, kind))


def grid_html(grid: Grid, kind: str = "") -> str:
    """The grid as a table in a frame that the keyboard can scroll."""
    heads = "".join(_head(head) for head in grid.heads)
    corner = '<th scope="col"><span class="unseen">Hour</span></th>' if kind else '<th scope="col">Hot spot</th>'
    name = escape(grid.name)
    return (
        f'<div class="dose-frame" role="region" tabindex="0" aria-label="{name}">'
        f'<table class="dose {escape(kind)}"><caption>{name}</caption><thead><tr>{corner}{heads}</tr></thead>'
        f"{_bodies(grid)}</table></div>"
    )


def _head(head: Head) -> str:
    lines = "<br>".join(escape(line) for line in (head.top, head.bottom) if line)
    return f'<th scope="col" title="{escape(head.said)}">{lines}</th>'


def _bodies(grid: Grid) -> str:
    """A body for each group of rows, with its name above them."""
    parts: list[str] = []
    group: str | None = None
    for row in grid.rows:
        if row.group != group:
            parts.append("</tbody><tbody>" if parts else "<tbody>")
            group = row.group
            if group:
                wide = len(grid.heads) + 1
                parts.append(f'<tr><th scope="rowgroup" colspan="{wide}"><span>{escape(group)}</span></th></tr>')
        parts.append(_row(grid, row))
    return "".join([*parts, "</tbody>"]) if parts else ""


def _row(grid: Grid, row: Row) -> str:
    note = f" <small>({escape(row.note)})</small>" if row.note and row.note != "treated" else ""
    cells = "".join(_cell(cell, f"{row.name}, {head.said}") for cell, head in zip(row.cells, grid.heads, strict=True))
    name = escape(row.name if row.group else row.key)
    return f'<tr><th scope="row" title="{escape(row.name)}">{name}{note}</th>{cells}</tr>'


def _cell(cell: Cell, where: str) -> str:
    """What is seen is hidden from screen readers, which read it in words instead."""
    kinds = " ".join(k for k, on in (("ringed", cell.ringed), ("held-not", cell.state == "not held")) if on)
    style = f"background:{HATCH}" if cell.state == NO_DATA else ""
    if cell.band is not None:
        style = f"background:{RAMP[cell.band]};color:{INKS[cell.band]}"
    seen = escape(cell.text) + (f"<i>{escape(cell.mark)}</i>" if cell.mark else "") + ("<i>L</i>" if cell.logs else "")
    return (
        f'<td class="{kinds}" style="{style}" title="{escape(f"{where}: {cell.said}")}">'
        f'<span aria-hidden="true">{seen}</span><span class="unseen">{escape(cell.said)}</span></td>'
    )
