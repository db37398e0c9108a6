"""How the tables of a dose are headed and written on the page."""

from __future__ import annotations

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
    "reactive_minutes": REACTIVE, "gps_coverage": COVERAGE, "bcu": BCU, "area": AREA,
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
HOURS = {
    "weekday": Shown("Day", "Day of the week"), "hour": Shown("Hour", "Local time"), "patrol_minutes": MINUTES,
    "officer_minutes": OFFICERS,
    "n_incidents": Shown("Incidents", "Spread over the hours they may have happened in", 1),
    "share_of_incidents": Shown("Share of incidents", "Of the incidents here, those in this hour", 1, True),
    "hot": Shown("Hot", "One of the hot hours: the quarter of the week with most incidents"),
}  # fmt: skip
