"""Every column of every table that leaves a room: its type, unit and meaning.

The data dictionary (docs/data_dictionary.md) is generated from here, and the tests hold the tables to it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from hotspots.base.settings import Settings

if TYPE_CHECKING:
    import pandas as pd


class Column(NamedTuple):
    """One column: ``type`` is the Arrow type it is stored or computed as, ``unit`` may be empty."""

    name: str
    type: pa.DataType
    unit: str
    meaning: str


def table(*rows: tuple[str, pa.DataType, str, str]) -> tuple[Column, ...]:
    """The columns of a table, in order. ``<setting>`` in a meaning is written with its default: ``setting (10)``."""
    return tuple(Column(*row[:3], re.sub(r"<(\w+)>", with_default, row[3])) for row in rows)


def with_default(found: re.Match[str]) -> str:
    return f"{found[1]} ({getattr(Settings, found[1]):g})"


WHOLE, NUMBER, FLAG, TEXT = pa.int64(), pa.float64(), pa.bool_(), pa.string()
CODE = pa.dictionary(pa.int32(), pa.string())  # repeated text, stored once
WHEN = pa.timestamp("s", tz="UTC")
LOCAL = pa.timestamp("s")
CLOCK, SECONDS, DEGREES = "Europe/London wall clock", "seconds since 1970, UTC", "degrees, WGS84"  # units
DECIMALS = {"minutes": 2, "hours": 2, "units": 2}  # by unit; others have 4

# One row per offence on a record. data.police.uk has one offence per record.
INCIDENTS = table(
    ("record", WHOLE, "", "number of the record, the same for every offence on it (hash of feed and id)"),
    ("record_id", TEXT, "", "the record's own id in the feed; empty where the source gives none"),
    ("offence_no", pa.int16(), "", "1 for the record's first offence, 2 for its second, …"),
    ("month", pa.int32(), "YYYYMM", "month of the incident: 202207 is July 2022"),
    ("athena_urn", CODE, "", "Athena offence number, such as 8N.8.6.0"),
    ("ho_class", CODE, "", "Home Office classification, written 008/06"),
    ("title", CODE, "", "offence title as the source gives it"),
    ("crime_type", CODE, "", "data.police.uk crime type"),
    ("local_from", LOCAL, CLOCK, "start of the time the offence may have happened; empty for month-only sources"),
    ("local_to", LOCAL, CLOCK, "end of that time; equal to the start where none is given"),
    ("instant_from", WHEN, "UTC", "the same start as an instant"),
    ("instant_to", WHEN, "UTC", "the same end as an instant"),
    ("recorded", LOCAL, CLOCK, "when the police recorded it"),
    ("lon", NUMBER, DEGREES, "longitude; empty where the source gives no place"),
    ("lat", NUMBER, DEGREES, "latitude"),
    ("cell_9", WHOLE, "H3", "H3 cell at resolution 9; 0 where there is no place"),
    ("cell_10", WHOLE, "H3", "H3 cell at resolution 10; 0 where there is no place"),
    ("cell_11", WHOLE, "H3", "H3 cell at resolution 11; 0 where there is no place"),
    ("district", CODE, "", "district whose polygon holds the point; empty outside the force or without a place"),
    ("bcu", CODE, "", "Basic Command Unit of that district, such as West"),
    ("location", CODE, "", "the source's street or place description, such as 'On or near High Street'"),
    ("location_type", CODE, "", "kind of place, such as street, dwelling, licensed premises"),
    ("outcome", CODE, "", "latest outcome published"),
    ("knife", FLAG, "", "a knife or sharp instrument was used; empty = the source does not say"),
    ("gun", FLAG, "", "a firearm was used; empty = the source does not say"),
    ("domestic", FLAG, "", "domestic abuse; empty = the source does not say"),
    ("alcohol", FLAG, "", "alcohol was involved; empty = the source does not say"),
    ("proactive", FLAG, "", "found by police activity (searches, drugs); left out of rankings by default"),
    ("victim_age", pa.int16(), "years", "age of the victim; never leaves the workspace in an export"),
)


# One row per position of a unit, sorted by unit and time; no two of one unit in the same second. See
# hotspots.patrols.visits.
PINGS = table(
    ("unit", WHOLE, "", "keyed hash of the unit's identity; the key never leaves the workspace"),
    ("t", WHOLE, SECONDS, "time of the position"),
    ("lon", NUMBER, DEGREES, "longitude, to six decimals"),
    ("lat", NUMBER, DEGREES, "latitude, to six decimals"),
    ("cell_9", WHOLE, "H3", "H3 cell at resolution 9"),
    ("cell_10", WHOLE, "H3", "H3 cell at resolution 10"),
    ("cell_11", WHOLE, "H3", "H3 cell at resolution 11"),
    ("bcu", pa.int8(), "", "number of its cell's BCU, by name: in Lancashire 1 East, 2 South, 3 West; 0 outside"),
    ("speed_kmh", pa.float32(), "km/h", "as the device gives it, else from the position before on that day"),
    ("speed_given", FLAG, "", "whether the device gave the speed"),
    ("on_call", FLAG, "", "sent to or at a call: reactive, no part of the dose"),
    ("officers", pa.int16(), "officers", "officers in the unit; 1 where the feed does not say"),
)

# One row per entry of a patrol log, imported or entered in the form. See hotspots.patrols.log.
LOG_ENTRIES = table(
    ("entry", TEXT, "", "number of the entry: the log's own, else a hash of what it says"),
    ("unit", WHOLE, "", "keyed hash of the unit, or of the officers; 0 where the entry names neither"),
    ("area", TEXT, "", "the hot spot it names, such as West-01; empty where it gives a position"),
    ("lon", NUMBER, DEGREES, "longitude; may be empty where it names a hot spot"),
    ("lat", NUMBER, DEGREES, "latitude"),
    ("start", WHOLE, SECONDS, "start"),
    ("end", WHOLE, SECONDS, "end"),
    ("officers", pa.int16(), "officers", "officers; 1 where the entry does not say"),
    ("mode", TEXT, "", "foot, vehicle, or empty where the entry does not say"),
    ("activity", TEXT, "", "what was done, in the log's words"),
    ("reactive", FLAG, "", "a call and no patrol"),
    ("searches", pa.int16(), "", "stops and searches; empty where the entry does not say"),
    ("arrests", pa.int16(), "", "arrests"),
    ("weapons", pa.int16(), "", "weapons found"),
    ("origin", TEXT, "", "imported or form"),
)

# Dose per hot spot and patrol day. The first ten are a contract. See hotspots.patrols.dosage.
DOSAGE = table(
    ("area", TEXT, "", "number of the hot spot in its register, such as West-01"),
    ("bcu", TEXT, "", "its BCU"),
    ("patrol_day", TEXT, "", "the day whose 06:00 the patrol day began at: 23 or 25 hours when clocks change"),
    ("visits", WHOLE, "visits", "adequate visits: of at least <visit_min_minutes>; empty = no data"),
    ("visits_below_threshold", WHOLE, "visits", "shorter visits, of at least <visit_pass_minutes>"),
    ("officer_minutes", NUMBER, "minutes", "proactive minutes, summed over officers; empty = no data"),
    ("patrol_minutes", NUMBER, "minutes", "proactive minutes with anyone there: the union of the stays"),
    ("target_minutes", NUMBER, "minutes", "patrol-minutes wanted; empty where no target is set"),
    ("gps_coverage", NUMBER, "share", "of the time on shift of the BCU's units, the part with positions"),
    ("days_since_adequate_visit", WHOLE, "days", "0 = that day; empty where there is none"),
    ("name", TEXT, "", "name of the hot spot"),
    ("role", TEXT, "", "treated, comparison or none"),
    ("register", TEXT, "", "name@version of the register that held on that day"),
    ("data", TEXT, "", "what the figures rest on: tracked, logs only, or no data"),
    ("pass_throughs", WHOLE, "visits", "stays shorter than <visit_pass_minutes>"),
    ("visits_on_target", WHOLE, "visits", "of the adequate ones, those up to <visit_long_minutes>"),
    ("visits_long", WHOLE, "visits", "of the adequate ones, the longer ones"),
    ("share_of_target", NUMBER, "share", "patrol_minutes / target_minutes"),
    ("reactive_minutes", NUMBER, "minutes", "officer-minutes on calls; no part of the dose"),
    ("moving_minutes", NUMBER, "minutes", "officer-minutes of driving through; no part of the dose"),
    ("log_minutes", NUMBER, "minutes", "of patrol_minutes, what only logs tell of (untracked units)"),
    ("hours_in_day", WHOLE, "hours", "length of the patrol day: 23, 24 or 25"),
    (
        "frozen_minutes",
        NUMBER,
        "minutes",
        "minutes with positions equal to the metre for <frozen_minutes>; no part of the dose",
    ),
    (
        "parked_minutes",
        NUMBER,
        "minutes",
        "minutes of other stays longer than <visit_most_minutes>; no part of the dose",
    ),
    ("masked_minutes", NUMBER, "minutes", "minutes at masked sites in it; no part of the dose"),
)

# The same over the whole window, one row per hot spot: delivered against target. See hotspots.patrols.dosage.
DOSE_SUMMARY = table(
    ("area", TEXT, "", "number of the hot spot"),
    ("name", TEXT, "", "name of the hot spot"),
    ("bcu", TEXT, "", "its BCU"),
    ("role", TEXT, "", "treated, comparison or none"),
    ("days", WHOLE, "days", "patrol days of the window on which the area held"),
    ("days_with_data", WHOLE, "days", "of these, days with positions or logs"),
    ("visits", WHOLE, "visits", "adequate visits"),
    ("visits_below_threshold", WHOLE, "visits", "shorter visits"),
    ("officer_minutes", NUMBER, "minutes", "proactive minutes, summed over officers"),
    ("patrol_minutes", NUMBER, "minutes", "proactive minutes with anyone there"),
    ("target_minutes", NUMBER, "minutes", "patrol-minutes wanted on the days with data"),
    ("share_of_target", NUMBER, "share", "patrol_minutes / target_minutes"),
    ("verdict", TEXT, "", "underdosed, on target, overdosed, no target, or no data"),
    ("days_without_adequate_visit", WHOLE, "days", "days with data but without an adequate visit"),
    ("share_in_hot_hours", NUMBER, "share", "of patrol_minutes, the part in the area's hot hours"),
    ("reactive_minutes", NUMBER, "minutes", "officer-minutes on calls"),
    ("gps_coverage", NUMBER, "share", "of the BCU's units' time on shift, the part with positions"),
    ("register", TEXT, "", "name@version of the register that the hot spot is in"),
    ("frozen_minutes", NUMBER, "minutes", "minutes of standing still to the metre; no part of the dose"),
    ("parked_minutes", NUMBER, "minutes", "minutes of other stays longer than <visit_most_minutes>"),
    ("masked_minutes", NUMBER, "minutes", "minutes at masked sites in it"),
)

# One row per visit: the stays of any units that overlap. See hotspots.patrols.visits.
VISITS = table(
    ("area", TEXT, "", "number of the hot spot"),
    ("patrol_day", TEXT, "", "patrol day; a visit over its end is cut there"),
    ("start", TEXT, CLOCK, "start, to the second"),
    ("end", TEXT, CLOCK, "end"),
    ("patrol_minutes", NUMBER, "minutes", "length of the visit: the union of its stays"),
    ("longest_minutes", NUMBER, "minutes", "longest stay of one unit in it, which decides the band"),
    ("officer_minutes", NUMBER, "minutes", "summed over officers"),
    ("units", WHOLE, "units", "units that took part"),
    ("band", TEXT, "", "pass-through, below threshold, on target or long"),
    ("told_by", TEXT, "", "positions, log, or both"),
)

# Dose and harm by hour of the week. See hotspots.insight.hours and hotspots.patrols.dosage.
DOSE_HOURS = table(
    ("area", TEXT, "", "number of the hot spot; 'all' for a BCU's treated ones together"),
    ("bcu", TEXT, "", "its BCU"),
    ("hour_of_week", WHOLE, "hours", "0 = Monday 00:00 to 00:59 local, 167 = Sunday 23:00"),
    ("patrol_minutes", NUMBER, "minutes", "proactive minutes with anyone there, in that hour"),
    ("officer_minutes", NUMBER, "minutes", "summed over officers"),
    ("n_incidents", NUMBER, "incidents", "incidents, spread over the hours they may have happened in"),
    ("share_of_incidents", NUMBER, "share", "that hour's share of the area's incidents"),
    ("hot", FLAG, "", "one of the hot hours: the quarter of the week with most incidents"),
)

# How complete the tracking was. See hotspots.patrols.dosage.
COVERAGE = table(
    ("bcu", TEXT, "", "BCU in which the unit had most of its positions that day"),
    ("patrol_day", TEXT, "", "patrol day"),
    ("units", WHOLE, "units", "units with positions"),
    ("usual_units", NUMBER, "units", "median over the days that have any, 28 before the question too"),
    ("shift_hours", NUMBER, "hours", "from first to last position or log entry, shift by shift"),
    ("covered_hours", NUMBER, "hours", "of these, with positions at most <visit_gap_minutes> apart"),
    ("gps_coverage", NUMBER, "share", "covered_hours / shift_hours"),
    ("longest_gap_minutes", NUMBER, "minutes", "longest silence within a shift"),
)

# The same unit by unit. See hotspots.patrols.dosage.coverage.
SHIFTS = table(
    ("patrol_day", TEXT, "", "patrol day"),
    ("unit", TEXT, "", "keyed hash of the unit"),
    ("bcu", TEXT, "", "BCU with most of its positions; empty where all lie outside the force"),
    ("first", TEXT, CLOCK, "first position of the patrol day"),
    ("last", TEXT, CLOCK, "last position"),
    ("shift_hours", NUMBER, "hours", "from first to last, silences above <shift_silence_hours> left out"),
    ("covered_hours", NUMBER, "hours", "of these, with positions at most <visit_gap_minutes> apart"),
    ("gps_coverage", NUMBER, "share", "covered_hours / shift_hours"),
    ("longest_gap_minutes", NUMBER, "minutes", "longest silence within the shift"),
)

# Log entries against positions of the same unit. See hotspots.patrols.dosage.
RECONCILED = table(
    ("area", TEXT, "", "number of the hot spot"),
    ("patrol_day", TEXT, "", "patrol day"),
    ("entry", TEXT, "", "number of the log entry"),
    ("unit", TEXT, "", "keyed hash of the unit"),
    ("start", TEXT, CLOCK, "start, as logged"),
    ("end", TEXT, CLOCK, "end, as logged"),
    ("log_minutes", NUMBER, "minutes", "minutes logged"),
    ("gps_minutes", NUMBER, "minutes", "minutes there by positions, from start to end as logged"),
    ("difference", NUMBER, "minutes", "gps_minutes − log_minutes; empty where the unit was not tracked"),
    ("tracked_share", NUMBER, "share", "of the time logged, the part with positions"),
    ("counted", TEXT, "", "what the dose takes: positions, or log where there is no tracking"),
)

# Every mask of a site and every lifting of one (`dosage masks`). See hotspots.patrols.dosage.masks.
MASKS = table(
    ("site", TEXT, "", "name of the site"),
    ("masked", FLAG, "", "yes: masked; no: its mask lifted"),
    ("kind", TEXT, "", "police station, custody, garage, petrol station or other"),
    ("lon", NUMBER, DEGREES, "longitude of its centre"),
    ("lat", NUMBER, DEGREES, "latitude of its centre"),
    ("radius_m", NUMBER, "m", "masked are the cells of resolution 11 with their centre so near"),
    ("note", TEXT, "", "why"),
    ("author", TEXT, "", "who"),
    ("created", TEXT, "UTC", "when, as an ISO time"),
)

# The sites masked now, one row per site and hot spot that it lies in. See hotspots.patrols.dosage.masks.
MASKED_SITES = table(
    ("site", TEXT, "", "name of the site"),
    ("kind", TEXT, "", "police station, custody, garage, petrol station or other"),
    ("area", TEXT, "", "number of the hot spot that it lies in; empty: in none"),
    ("masked_minutes", NUMBER, "minutes", "minutes with a unit there in these days: proactive, on foot or stopped"),
    ("radius_m", NUMBER, "m", "masked are the cells of resolution 11 with their centre so near"),
    ("lon", NUMBER, DEGREES, "longitude of its centre"),
    ("lat", NUMBER, DEGREES, "latitude of its centre"),
    ("note", TEXT, "", "why it is masked"),
    ("author", TEXT, "", "who masked it"),
    ("created", TEXT, "UTC", "when, as an ISO time"),
)

# One row per ranked cell. The order is a contract with those who script it; new columns go at the end.
RANK = table(
    ("rank", WHOLE, "", "1 is the cell with most, by the chosen method, within the BCU asked for"),
    ("cell", TEXT, "H3", "H3 cell as a hexadecimal string"),
    ("bcu", TEXT, "", "the one BCU the cell belongs to: that of most of its area"),
    ("district", TEXT, "", "the district that holds most of the cell"),
    ("n_incidents", WHOLE, "incidents", "records with at least one selected offence in the window"),
    ("harm_days", NUMBER, "days", "sum of the harm weights of scored offences; empty where none is scored"),
    ("harm_sqrt", NUMBER, "√days",
     "sum of the square roots of the weights: severe offences count, but do not drown the rest"),
    ("largest_offence_share", NUMBER, "share", "the heaviest single offence's share of harm_days"),
    ("harm_expected_days", NUMBER, "days",
     f"harm expected over the next expected_months (setting, {Settings.expected_months});"
     " empty where no offence is scored"),
    ("p_top", NUMBER, "probability",
     f"probability that the cell's own rate of harm is among the top N of its BCU (setting top, {Settings.top})"),
    ("gi_z", NUMBER, "z", "Getis-Ord Gi* on harm days: the cell with its neighbours against the force"),
    ("gi_q", NUMBER, "q", "Benjamini-Hochberg q of its upper tail, from the exact p against harm scattered at random"),
    ("pattern", TEXT, "",
     "new, intensifying, persistent, intermittent, fading or former over the window; empty where there is none"),
    ("lon", NUMBER, DEGREES, "longitude of the cell's centre"),
    ("lat", NUMBER, DEGREES, "latitude of the cell's centre"),
    ("area_m2", NUMBER, "m²", "area of this cell's own geometry"),
    ("place", TEXT, "", "the street most often named, and the nearest town"),
    ("n_offences", WHOLE, "offences", "offences on those records that belong to the selection"),
    ("n_unscored", WHOLE, "offences", "of these, offences the weight set does not know"),
    ("n_ambiguous", WHOLE, "offences", "of these, offences whose code alone allows several weights"),
    ("harm_days_low", NUMBER, "days", "harm_days with ambiguous offences at their lowest weight"),
    ("harm_days_high", NUMBER, "days", "harm_days with ambiguous offences at their highest weight"),
    ("largest_offence", TEXT, "", "name of the heaviest single offence"),
    ("flag", TEXT, "", "what makes the figure fragile: one severe event; few incidents; rape leads"),
    ("harm_capped", NUMBER, "days", "sum of the weights, each cut to the setting harm_cap_days"),
    ("harm_expected_low", NUMBER, "days", "lower end of the 90% interval of harm_expected_days"),
    ("harm_expected_high", NUMBER, "days", "upper end of it: of what is expected, not of what will come"),
    ("sure", TEXT, "", "p_top_next in the words of the probability yardstick"),
    ("p_top_next", NUMBER, "probability",
     "the same by harm that will be counted over the next expected_months, changes of places and luck and all"),
    ("harm_next_low", NUMBER, "days", "lower end of the 90% interval of the harm that will be counted in that time"),
    ("harm_next_high", NUMBER, "days", "upper end of it"),
)  # fmt: skip

# Hot spots: cells joined into areas, candidates or frozen. See hotspots.areas.
AREAS = table(
    ("area", TEXT, "", "number of the area within its BCU and version, such as West-01"),
    ("name", TEXT, "", "town and street of its cell with most harm; no two areas of a version share one"),
    ("bcu", TEXT, "", "the one BCU that all its cells belong to"),
    ("cells", TEXT, "H3", "its cells as hexadecimal text; in CSV and workbooks with blanks between them"),
    ("n_cells", WHOLE, "cells", "number of cells"),
    ("area_m2", NUMBER, "m²", "area of its cells' own geometry"),
    ("n_incidents", WHOLE, "incidents", "records with at least one selected offence in the window"),
    ("harm_days", NUMBER, "days", "sum of the harm weights of scored offences; empty where none is scored"),
    ("valid_from", TEXT, "", "first day on which the frozen area holds; empty for a candidate"),
    ("valid_to", TEXT, "", "last such day: the day before a later version begins; empty where none does"),
    ("role", TEXT, "", "treated, comparison or none"),
    ("harm_expected_days", NUMBER, "days", "harm expected in its cells over the next expected_months"),
    ("share_of_bcu_harm", NUMBER, "share", "its share of the BCU's harm, by the figure areas are made for"),
    ("edits", TEXT, "", "what people changed by hand: day, author, cells, reason"),
)

# Versions of frozen areas (`areas list`), and cells that no area may hold. See hotspots.areas.register.
AREA_REGISTERS = table(
    ("name", TEXT, "", "name of the register"),
    ("version", WHOLE, "", "its version; name@version says exactly which areas are meant"),
    ("valid_from", TEXT, "", "first day on which these areas hold"),
    ("valid_to", TEXT, "", "last such day: the day before the next version begins; empty = until further notice"),
    ("n_areas", WHOLE, "areas", "number of areas"),
    ("n_cells", WHOLE, "cells", "number of their cells"),
    ("area_m2", NUMBER, "m²", "their area together"),
    ("author", TEXT, "", "who froze them"),
    ("note", TEXT, "", "why"),
    ("created", TEXT, "UTC", "when, as an ISO time"),
    ("sha256", TEXT, "", "SHA-256 of the entry as canonical JSON: definition, areas, cells, dates and names"),
)

EXCLUSIONS = table(
    ("cell", TEXT, "H3", "H3 cell as a hexadecimal string"),
    ("excluded", FLAG, "", "yes: excluded from areas; no: an exclusion lifted"),
    ("kind", TEXT, "", "prison, hospital, police station, dual carriageway or other"),
    ("note", TEXT, "", "why, in words"),
    ("author", TEXT, "", "who"),
    ("created", TEXT, "UTC", "when, as an ISO time"),
)

# One row per origin and method. The first eight are a contract. See hotspots.backtest.
BACKTEST = table(
    ("origin", TEXT, "", "first period tested: a month, or the Monday of a week"),
    ("method", TEXT, "", "how the cells were ranked"),
    ("horizon", WHOLE, "periods", "periods tested"),
    ("area_share", NUMBER, "share", "share of the whole area that was chosen"),
    ("n_caught", WHOLE, "incidents", "incidents of the horizon in the chosen cells"),
    ("harm_caught_share", NUMBER, "share", "share of the horizon's harm in the chosen cells"),
    ("pai", NUMBER, "ratio", "harm_caught_share / area_share"),
    ("pei", NUMBER, "ratio", "harm caught over the most that the same area could have held"),
    ("n_cells", WHOLE, "cells", "cells chosen"),
    ("area_m2", NUMBER, "m²", "their area"),
    ("harm_caught", NUMBER, "days", "harm of the horizon in the chosen cells"),
    ("harm_total", NUMBER, "days", "harm of the horizon"),
    ("harm_best_share", NUMBER, "share", "share of harm that the perfect choice would have caught"),
    ("count_caught_share", NUMBER, "share", "share of the horizon's incidents in the chosen cells"),
    ("n_total", WHOLE, "incidents", "incidents of the horizon"),
    ("count_best_share", NUMBER, "share", "share of incidents of the perfect choice by count"),
    ("pai_count", NUMBER, "ratio", "count_caught_share / area_share"),
    ("pei_count", NUMBER, "ratio", "incidents caught over the most that the same area could have held"),
    ("rri_recapture", NUMBER, "ratio", "share of harm caught later over that held in training (Levine)"),
    ("rri_recovery", NUMBER, "ratio", "harm forecast in the chosen cells over harm that came (ptools)"),
    ("harm_train_share", NUMBER, "share", "share of the training harm in the chosen cells"),
    ("train", WHOLE, "periods", "periods ranked on"),
    ("crosses_break", FLAG, "", "map points changed between first training and last tested period"),
)

# How concentrated harm is. See hotspots.insight.concentration.
CONCENTRATION = table(
    ("bcu", TEXT, "", "a BCU such as West, or all"),
    ("measure", TEXT, "", "incidents or harm_days"),
    ("period", TEXT, "", "the whole window, or a year, quarter or month of it"),
    ("share_of_area", NUMBER, "share", "the densest part of the BCU's whole area: 0.01 is one per cent"),
    ("share", NUMBER, "share", "what it held, chosen with hindsight"),
    ("share_by_chance", NUMBER, "share", "what it would have held if offences fell anywhere with the same chance"),
    ("share_adjusted", NUMBER, "share", "of incidents held out, what an area chosen without them holds"),
    ("share_of_rates", NUMBER, "share", "of underlying risk, chance removed by a model; incidents only"),
    ("share_of_cells", NUMBER, "share", "held by the same share of cells, empty ones included"),
    ("pai", NUMBER, "ratio", "share / share_of_area"),
    ("gini", NUMBER, "", "Gini index over area: 0 even, 1 all in one place"),
    ("gini_adjusted", NUMBER, "", "Bernasco and Steenbeek's G′ over cells; incidents only"),
    ("cells_in_top", WHOLE, "cells", "cells that the share of area amounts to"),
    ("n_cells", WHOLE, "cells", "cells with any"),
    ("n", WHOLE, "", "incidents, or scored offences"),
    ("n_months", WHOLE, "months", "months with incidents"),
)

# Same place again soon? See hotspots.insight.near_repeats.
NEAR_REPEATS = table(
    ("ring", WHOLE, "rings", "0 the same cell, 1 adjoining, 2 the ring after that"),
    ("days_from", WHOLE, "days", "fewest days between the two"),
    ("days_to", WHOLE, "days", "most days between the two"),
    ("observed", WHOLE, "pairs", "pairs of incidents so near and so soon"),
    ("expected", NUMBER, "pairs", "such pairs if days were shuffled over the incidents"),
    ("ratio", NUMBER, "ratio", "observed / expected"),
    ("p", NUMBER, "p", "upper tail, by permutation"),
    ("p_family", NUMBER, "p", "the same against the largest excess in any band: for the whole table"),
    ("pairs", WHOLE, "pairs", "pairs at that ring, whatever the time between"),
    ("n_incidents", WHOLE, "incidents", "incidents"),
)

# Two rankings side by side: cells that are in the top N of either. See hotspots.ranking.what_if.reweigh.
COMPARISON = table(
    ("cell", TEXT, "H3", "H3 cell as a hexadecimal string"),
    ("bcu", TEXT, "", "the one BCU the cell belongs to"),
    ("district", TEXT, "", "the district that holds most of the cell"),
    ("place", TEXT, "", "the street most often named, and the nearest town"),
    ("rank_a", WHOLE, "", "rank under the first weight set"),
    ("rank_b", WHOLE, "", "rank under the second"),
    ("shift", WHOLE, "ranks", "rank_a − rank_b: above 0 the second set puts the cell higher"),
    ("change", TEXT, "", "enters, leaves or stays in the top N, from the first set to the second"),
    ("harm_a", NUMBER, "by method", "figure ranked by under the first set; empty where none is scored"),
    ("harm_b", NUMBER, "by method", "the same under the second set"),
    ("driver", TEXT, "", "the offence whose part in all harm changed most here; empty where none did"),
    ("driver_days", NUMBER, "days", "that offence's harm days here under the second set less the first"),
    ("driver_share", NUMBER, "share", "change of its part in all harm ranked, by the method's figure"),
)

# How far a ranking hangs on the weights. One bool column for each other weight set follows.
ROBUSTNESS = table(
    ("cell", TEXT, "H3", "H3 cell as a hexadecimal string"),
    ("bcu", TEXT, "", "the one BCU the cell belongs to"),
    ("district", TEXT, "", "the district that holds most of the cell"),
    ("place", TEXT, "", "the street most often named, and the nearest town"),
    ("rank", WHOLE, "", "rank under the weight set itself"),
    ("share_in_top", NUMBER, "share", "share of the draws of weights in which the cell is in the top N"),
    ("rank_low", WHOLE, "", "rank that 5% of the draws reach or better"),
    ("rank_median", WHOLE, "", "median rank over the draws"),
    ("rank_high", WHOLE, "", "rank that 95% of the draws reach or better"),
)

# Versions of weight sets, and who changed what. See hotspots.harm.weights.register.
WEIGHT_VERSIONS = table(
    ("id", WHOLE, "", "number of the version: a higher one was stored later"),
    ("name", TEXT, "", "name of the weight set"),
    ("version", TEXT, "", "its version; name@version says exactly which weights are meant"),
    ("label", TEXT, "", "what people see"),
    ("sha256", TEXT, "", "SHA-256 of the weights as canonical CSV; the order of rows changes nothing"),
    ("source", TEXT, "", "where the weights come from"),
    ("author", TEXT, "", "who stored the version"),
    ("note", TEXT, "", "why"),
    ("created", TEXT, "UTC", "when, as an ISO time; empty for what ships with the program"),
    ("parent", TEXT, "", "the version it was made from, as name@version; empty for the first of its name"),
    ("n_weights", WHOLE, "rows", "rows of the set"),
    ("is_default_for", TEXT, "", "sources whose questions use it unless they name another"),
)

WEIGHT_AUDIT = table(
    ("created", TEXT, "UTC", "when, as an ISO time"),
    ("author", TEXT, "", "who"),
    ("name", TEXT, "", "name of the weight set"),
    ("version", TEXT, "", "the version that was made, or made the default"),
    ("what", TEXT, "", "import, edit, decision, undo, reopen or default"),
    ("offence", TEXT, "", "URN, class or crime type, and title; empty where the whole set is meant"),
    ("before", NUMBER, "unit of the set", "its weight until then; empty where it had none"),
    ("after", NUMBER, "unit of the set", "its weight from then on; empty where it was taken out"),
    ("note", TEXT, "", "why"),
)

INTAKE = table(
    ("file", TEXT, "", "imported file, and the member of an archive"),
    ("source", TEXT, "", "police-uk, incidents, pings or patrol-log"),
    ("read", WHOLE, "rows", "rows in the file; equals the sum of the next five"),
    ("accepted", WHOLE, "rows", "rows that were new"),
    ("updated", WHOLE, "rows", "rows of records that were held and have changed"),
    ("unchanged", WHOLE, "rows", "rows that were held just so"),
    ("repeated", WHOLE, "rows", "rows that repeat an incident that stands elsewhere, often with another outcome"),
    ("quarantined", WHOLE, "rows", "rows kept apart because they cannot be used"),
    ("reason", TEXT, "", "why rows were quarantined, or what a map would hide"),
    ("n", WHOLE, "rows", "rows with that reason"),
)

# Change: one row per measure, estimate and place ("all" = pooled). The first fourteen are a contract. See change.
CHANGE = table(
    ("measure", TEXT, "", "count, harm, or count of one band of offences, such as count: 100 to 999 days"),
    ("treated_before", NUMBER, "incidents or days", "in the treated hot spots, before"),
    ("treated_after", NUMBER, "incidents or days", "in the treated hot spots, after"),
    ("comparison_before", NUMBER, "incidents or days", "in the comparison places; empty = none is used"),
    ("comparison_after", NUMBER, "incidents or days", "in the comparison places, after"),
    ("displacement_before", NUMBER, "incidents or days", "in the rings around the treated hot spots"),
    ("displacement_after", NUMBER, "incidents or days", "in those rings, after"),
    ("estimate", NUMBER, "as scale says", "the change; 1 is none for a ratio, 0 for a difference"),
    ("se", NUMBER, "as scale says", "standard error: of the logarithm for a ratio"),
    ("z", NUMBER, "", "estimate / se; logarithm / se for a ratio"),
    ("ci_low", NUMBER, "as scale says", "lower end of the 95% interval; empty = there is none"),
    ("ci_high", NUMBER, "as scale says", "upper end"),
    ("method", TEXT, "", "how it was estimated"),
    ("note", TEXT, "", "what must be said beside it"),
    ("estimate_of", TEXT, "", "short name of the estimate, such as panel, expected, wdd, naive, ring"),
    ("scale", TEXT, "", "ratio, incidents, days, incidents per km², or days per km²"),
    ("p", NUMBER, "", "two-sided p; empty where there is none"),
    ("verdict", TEXT, "", "fell, rose or can't tell, by the interval; empty for what is no comparison"),
    ("leads", FLAG, "", "the answer in words rests on this row"),
    ("comparison_ring_before", NUMBER, "incidents or days", "in the rings around the comparison places"),
    ("comparison_ring_after", NUMBER, "incidents or days", "in those rings, after"),
    (
        "withheld",
        TEXT,
        "",
        "why fell or rose is not said: wide, choice, rest, bcu, seasons, paths, selection; or empty",
    ),
    ("smallest_fall", NUMBER, "share", "the smallest fall that 80% of such comparisons would find, of ratios"),
)

# Change of single places, one row per place. See hotspots.change.tables.
CHANGE_SPOTS = table(
    ("area", TEXT, "", "number of the hot spot, or its cell; rest: all comparison cells of a neighbourhood"),
    ("name", TEXT, "", "its name"),
    ("bcu", TEXT, "", "its BCU"),
    ("role", TEXT, "", "treated or comparison"),
    ("n_cells", WHOLE, "cells", "cells"),
    ("area_m2", NUMBER, "m²", "area"),
    ("count_before", WHOLE, "incidents", "incidents before"),
    ("count_after", WHOLE, "incidents", "incidents after"),
    ("harm_before", NUMBER, "days", "harm before"),
    ("harm_after", NUMBER, "days", "harm after"),
    ("expected_count", NUMBER, "incidents", "to be expected after, had nothing changed; see expected harm"),
    ("percent", NUMBER, "%", "change of the count; empty where it is refused"),
    ("percent_refused", TEXT, "", "why there is no percentage"),
    ("rate_ratio", NUMBER, "ratio", "rate after / before"),
    ("ratio_low", NUMBER, "ratio", "lower end of its exact 95% interval"),
    ("ratio_high", NUMBER, "ratio", "upper end; empty = unlimited"),
    ("poisson_z", NUMBER, "", "2(√after − √before), after put on the length of before; look from 3"),
    ("e_test_p", NUMBER, "", "p that both counts have one rate"),
    ("against", NUMBER, "ratio", "its ratio over the pooled comparison's, from the answer's baseline"),
    ("against_low", NUMBER, "ratio", "lower end of its 95% interval, widened where places vary more"),
    ("against_high", NUMBER, "ratio", "upper end"),
    ("ring_before", WHOLE, "incidents", "incidents in its ring before"),
    ("ring_after", WHOLE, "incidents", "incidents in its ring after"),
    ("ring_m2", NUMBER, "m²", "area of its ring; 0 = no cell is left for one"),
    ("ring_note", TEXT, "", "what the ring lost to other hot spots and which it touches"),
    ("likes", TEXT, "", "its matched comparison place, where places were matched"),
)

# One row per group and period. See hotspots.change.workspace.
CHANGE_SERIES = table(
    ("group", TEXT, "", "treated or comparison"),
    ("first_day", TEXT, "", "first day of the period"),
    ("last_day", TEXT, "", "last day"),
    ("side", TEXT, "", "before, after, or empty for a period outside both windows"),
    ("exposure", NUMBER, "share", "the part of a whole period that lies in it and that data cover"),
    ("count", WHOLE, "incidents", "incidents"),
    ("harm", NUMBER, "days", "harm"),
)

# Trend before the start: blocks of periods, against the last before. See
# hotspots.change.estimates.panel_models.pre_trend.
CHANGE_TREND = table(
    ("block", WHOLE, "", "−1 is the last block of periods before the start, 0 the first after"),
    ("first_day", TEXT, "", "first day of the block"),
    ("last_day", TEXT, "", "last day"),
    ("post", FLAG, "", "after the start"),
    ("treated", NUMBER, "incidents", "in the treated places"),
    ("comparison", NUMBER, "incidents", "in the comparison places"),
    ("rate_ratio", NUMBER, "ratio", "treated / comparison, against that of the last block before"),
    ("ci_low", NUMBER, "ratio", "lower end of the 95% interval"),
    ("ci_high", NUMBER, "ratio", "upper end"),
    ("p", NUMBER, "", "two-sided p"),
    ("reason", TEXT, "", "why there is no interval"),
)

# Cells of hot spots and of their rings, for the map. See hotspots.change.rings.
CHANGE_CELLS = table(
    ("cell", TEXT, "", "H3 cell id"),
    ("area", TEXT, "", "the hot spot that it belongs to, or whose ring it is in"),
    ("role", TEXT, "", "treated or comparison"),
    ("ring", WHOLE, "cells", "0: of the hot spot itself; 1 adjoins it, 2 the next, …"),
    ("count_before", WHOLE, "incidents", "incidents before"),
    ("count_after", WHOLE, "incidents", "incidents after"),
    ("harm_before", NUMBER, "days", "harm before"),
    ("harm_after", NUMBER, "days", "harm after"),
)

# Minutes beside outcomes, one row per term. See hotspots.change.dose.beside.
CHANGE_DOSE = table(
    ("part", TEXT, "", "bands, curve, earlier or days: which of the four looks at the dose it belongs to"),
    ("term", TEXT, "", "band of minutes, minutes, minutes of the day before, or days with against without a visit"),
    ("minutes", NUMBER, "minutes", "where the term begins, or the point of the curve"),
    ("n", WHOLE, "hot spot days", "hot spot days behind it; empty for a curve"),
    ("count", NUMBER, "incidents", "incidents on them; empty for a curve"),
    ("rate_ratio", NUMBER, "ratio", "within hot spots, against no minutes (earlier: per 10 minutes)"),
    ("ci_low", NUMBER, "ratio", "lower end of the 95% interval"),
    ("ci_high", NUMBER, "ratio", "upper end"),
    ("p", NUMBER, "", "two-sided p"),
    ("reason", TEXT, "", "why there is no interval"),
)

# Dose and change of each hot spot, for the scatter. See hotspots.change.dose.beside.
CHANGE_SCATTER = table(
    ("area", TEXT, "", "number of the hot spot"),
    ("name", TEXT, "", "its name"),
    ("bcu", TEXT, "", "its BCU"),
    ("role", TEXT, "", "treated, comparison or none"),
    ("days_with_data", WHOLE, "days", "patrol days of the window after with positions or logs"),
    ("patrol_minutes_a_day", NUMBER, "minutes", "patrol-minutes per patrol day with data"),
    ("officer_minutes_a_day", NUMBER, "minutes", "officer-minutes per patrol day with data"),
    ("rate_ratio", NUMBER, "ratio", "rate of incidents after / before"),
    ("ratio_low", NUMBER, "ratio", "lower end of its exact 95% interval"),
    ("ratio_high", NUMBER, "ratio", "upper end; empty = unlimited"),
)

# Pairs of a match, one row per treated cell that has a match. See hotspots.change.matching.
CHANGE_PAIRS = table(
    ("area", TEXT, "", "the treated hot spot"),
    ("comparison", TEXT, "", "its comparison place, such as like West-01"),
    ("bcu", TEXT, "", "its BCU"),
    ("treated_cell", TEXT, "H3", "cell of the treated hot spot"),
    ("comparison_cell", TEXT, "H3", "the cell matched with it"),
    ("distance", NUMBER, "", "how unlike the two are: the sum of the parts that follow; 0 is the same"),
    ("distance_count", NUMBER, "", "the part of their expected counts"),
    ("distance_harm", NUMBER, "", "the part of their expected harm"),
    ("distance_trend", NUMBER, "", "the part of their trends before"),
    ("distance_season", NUMBER, "", "the part of their seasons"),
    ("distance_mix", NUMBER, "", "the part of their kinds of offences"),
    ("distance_bcu", NUMBER, "", "the part of their BCUs"),
    ("distance_near", NUMBER, "", "the part of how far apart they lie"),
    ("km", NUMBER, "km", "between the two cells"),
)

# What else was going on, one row per line, edited by people. See hotspots.change.context.
CONTEXT = table(
    ("line", TEXT, "", "number of the line; the same for a line and its corrections"),
    ("kind", TEXT, "", "restriction, recording, map points, operation, holiday or other"),
    ("name", TEXT, "", "what it was"),
    ("first_day", TEXT, "", "first day"),
    ("last_day", TEXT, "", "last day; empty = since then for good"),
    ("where", TEXT, "", "all, or a BCU"),
    ("source", TEXT, "", "where the dates come from"),
    ("author", TEXT, "", "who wrote the line; shipped: it comes with the program"),
    ("note", TEXT, "", "why it was written or changed"),
    ("created", TEXT, "", "when"),
)

CONTEXT_HISTORY = (*CONTEXT, Column("what", TEXT, "", "shipped, added, corrected or withdrawn"))

# Frozen matches and trial designs (`change matches`, `change designs`), oldest first.
CHANGE_FROZEN = table(
    ("name", TEXT, "", "name"),
    ("kind", TEXT, "", "match, crossover or cluster"),
    ("first_day", TEXT, "", "first day after the start, or of the trial: to be frozen before it"),
    ("last_day", TEXT, "", "last day of a trial"),
    ("frozen_before", FLAG, "", "frozen before that first day began"),
    ("author", TEXT, "", "who froze it"),
    ("note", TEXT, "", "why"),
    ("created", TEXT, "UTC", "when"),
    ("sha256", TEXT, "", "hash of what was frozen"),
)

# A trial's schedule, one row per hot spot and patrol day. The first four are what officers need. See change.trials.
TRIAL_SCHEDULE = table(
    ("area", TEXT, "", "number of the hot spot in its register, such as West-01"),
    ("bcu", TEXT, "", "its BCU"),
    ("patrol_day", TEXT, "", "the day whose 06:00 the patrol day begins at"),
    ("treated", FLAG, "", "to be patrolled on that day, by randomisation"),
    ("name", TEXT, "", "name of the hot spot"),
    ("weekday", TEXT, "", "day of the week"),
    ("day_off", FLAG, "", "not randomised: left out of the trial"),
)

# How a design's days are shared out. See hotspots.trials.layout.
TRIAL_BALANCE = table(
    ("by", TEXT, "", "all, bcu, area, weekday, block, or group (cluster trials)"),
    ("name", TEXT, "", "which BCU, hot spot, weekday, block (its first day) or group"),
    ("place_days", WHOLE, "hot spot days", "days of the trial, days off left out"),
    ("treated_days", WHOLE, "hot spot days", "to be patrolled"),
    ("untreated_days", WHOLE, "hot spot days", "to be left alone"),
    ("treated_share", NUMBER, "share", "treated_days / place_days"),
    ("pre_count", NUMBER, "incidents", "in the time before; for groups, per hot spot"),
    ("pre_harm", NUMBER, "days", "harm in the time before; for groups, per hot spot"),
)

# The smallest fall that a design would find, by simulation. See hotspots.trials.power.
TRIAL_EFFECT = table(
    ("measure", TEXT, "", "count or harm"),
    ("detectable_fall", NUMBER, "share", "smallest fall on patrolled days found as often as the power"),
    ("mc_error", NUMBER, "share", "standard error of it from the number of simulations"),
    ("largest_fall", NUMBER, "share", "largest fall that was tried"),
    ("power_at_largest", NUMBER, "share", "how often that one was found"),
    ("simulations", WHOLE, "", "simulated trials for each fall tried"),
    ("sentence", TEXT, "", "the same in words"),
    ("compliance", NUMBER, "share", "of the days assigned that are patrolled; the fall is that of those days"),
)

# One row per way of counting days and measure. See hotspots.trials.analysis.
TRIAL = table(
    ("counted_as", TEXT, "", "assigned: patrolled as randomised; delivered: as positions and logs say"),
    ("measure", TEXT, "", "rate ratio of events (ring, first, later day of a run, day after too), or difference a day"),
    ("treated_days", WHOLE, "hot spot days", "patrolled days with data"),
    ("untreated_days", WHOLE, "hot spot days", "other days with data, wash-out left out"),
    ("treated_total", NUMBER, "incidents or days", "on the patrolled days"),
    ("untreated_total", NUMBER, "incidents or days", "on the other days"),
    ("estimate", NUMBER, "as measure says", "patrolled against other days; no effect is 1 or 0"),
    ("ci_low", NUMBER, "as measure says", "lower end of the 95% interval; −inf = unlimited"),
    ("ci_high", NUMBER, "as measure says", "upper end; inf = unlimited"),
    ("p", NUMBER, "", "two-sided p: by randomisation as assigned, by Student's t as delivered"),
    ("verdict", TEXT, "", "fell, rose or can't tell, by the interval; empty for a look; can't tell without contrast"),
    ("largest_share", NUMBER, "share", "of all harm in its gravest event; empty for events"),
    ("method", TEXT, "", "how it was estimated"),
    ("note", TEXT, "", "what must be said beside it"),
)

# One row per hot spot and patrol day: what the estimates are made of.
TRIAL_DAYS = table(
    ("area", TEXT, "", "number of the hot spot"),
    ("bcu", TEXT, "", "its BCU"),
    ("patrol_day", TEXT, "", "the day whose 06:00 the patrol day begins at"),
    ("treated", FLAG, "", "to be patrolled on that day, by randomisation"),
    ("day_off", FLAG, "", "not randomised: left out"),
    ("count", WHOLE, "incidents", "incidents; empty = not covered by data, which is not zero"),
    ("harm", NUMBER, "days", "harm of them; empty = not covered by data"),
    ("largest_harm", NUMBER, "days", "harm of the gravest offence among them"),
    ("minutes", NUMBER, "minutes", "patrol-minutes delivered; empty = no positions and no log"),
    ("ring_count", WHOLE, "incidents", "incidents on the ground around it, about 100 m; empty = not covered by data"),
)

# The districts of a force. See hotspots.base.profile.
PROFILE = table(
    ("bcu", TEXT, "", "Basic Command Unit, in the order of the force"),
    ("district", TEXT, "", "local authority district"),
    ("lad_code", TEXT, "", "its code of the Office for National Statistics"),
    ("towns", TEXT, "", "towns and villages in it that name places"),
)


def schema(columns: tuple[Column, ...]) -> pa.Schema:
    """The Arrow schema of a table of ours."""
    return pa.schema([pa.field(c.name, c.type) for c in columns])


def in_columns(table: pd.DataFrame, columns: Sequence[Column]) -> pd.DataFrame:
    """A table as it leaves a room: these columns in order and type, rounded by `DECIMALS`, empty where it has none.

    Text that is missing is '', a count that is missing is empty.
    """
    shown = table.reindex(columns=[c.name for c in columns])
    for column in columns:
        values = shown[column.name]
        if pa.types.is_boolean(column.type):
            shown[column.name] = values.astype(bool)
        elif pa.types.is_integer(column.type):
            shown[column.name] = values.astype("Float64").round().astype("Int64")
        elif pa.types.is_floating(column.type):
            shown[column.name] = values.astype(float).round(DECIMALS.get(column.unit, 4))
        else:
            shown[column.name] = values.astype(object).where(values.notna(), "").astype("str")
    return shown.reset_index(drop=True)
