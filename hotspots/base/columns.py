"""Every column of every table that leaves a room: its type, unit and meaning.

The data dictionary (docs/data_dictionary.md) is generated from here, and the tests hold the tables to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Column:
    """One column: ``type`` is the Arrow type it is stored or computed as, ``unit`` may be empty."""

    name: str
    type: pa.DataType
    unit: str
    meaning: str


MINUTES_TO, OTHERS_TO = 2, 4  # decimals
TEXT = pa.string()
CODE = pa.dictionary(pa.int32(), pa.string())  # repeated text, stored once
WHEN = pa.timestamp("s", tz="UTC")
LOCAL = pa.timestamp("s")

# One row per offence on a record. data.police.uk has one offence per record.
INCIDENTS = (
    Column("record", pa.int64(), "", "number of the record, the same for every offence on it (hash of feed and id)"),
    Column("record_id", TEXT, "", "the record's own id in the feed; empty where the source gives none"),
    Column("offence_no", pa.int16(), "", "1 for the record's first offence, 2 for its second, …"),
    Column("month", pa.int32(), "YYYYMM", "month of the incident: 202207 is July 2022"),
    Column("athena_urn", CODE, "", "Athena offence number, such as 8N.8.6.0"),
    Column("ho_class", CODE, "", "Home Office classification, written 008/06"),
    Column("title", CODE, "", "offence title as the source gives it"),
    Column("crime_type", CODE, "", "data.police.uk crime type"),
    Column(
        "local_from",
        LOCAL,
        "Europe/London wall clock",
        "start of the time the offence may have happened; empty for month-only sources",
    ),
    Column("local_to", LOCAL, "Europe/London wall clock", "end of that time; equal to the start where none is given"),
    Column("instant_from", WHEN, "UTC", "the same start as an instant"),
    Column("instant_to", WHEN, "UTC", "the same end as an instant"),
    Column("recorded", LOCAL, "Europe/London wall clock", "when the police recorded it"),
    Column("lon", pa.float64(), "degrees, WGS84", "longitude; empty where the source gives no place"),
    Column("lat", pa.float64(), "degrees, WGS84", "latitude"),
    Column("cell_9", pa.int64(), "H3", "H3 cell at resolution 9; 0 where there is no place"),
    Column("cell_10", pa.int64(), "H3", "H3 cell at resolution 10; 0 where there is no place"),
    Column("cell_11", pa.int64(), "H3", "H3 cell at resolution 11; 0 where there is no place"),
    Column("district", CODE, "", "district whose polygon holds the point; empty outside the force or without a place"),
    Column("bcu", CODE, "", "Basic Command Unit of that district: West, South or East"),
    Column("location", CODE, "", "the source's street or place description, such as 'On or near High Street'"),
    Column("location_type", CODE, "", "kind of place, such as street, dwelling, licensed premises"),
    Column("outcome", CODE, "", "latest outcome published"),
    Column("knife", pa.bool_(), "", "a knife or sharp instrument was used; empty = the source does not say"),
    Column("gun", pa.bool_(), "", "a firearm was used; empty = the source does not say"),
    Column("domestic", pa.bool_(), "", "domestic abuse; empty = the source does not say"),
    Column("alcohol", pa.bool_(), "", "alcohol was involved; empty = the source does not say"),
    Column("proactive", pa.bool_(), "", "found by police activity (searches, drugs); left out of rankings by default"),
    Column("victim_age", pa.int16(), "years", "age of the victim; never leaves the workspace in an export"),
)


# One row per position of a unit, sorted by unit and time; no two of one unit in the same second. See
# hotspots.patrols.visits.
PINGS = (
    Column("unit", pa.int64(), "", "keyed hash of the unit's identity; the key never leaves the workspace"),
    Column("t", pa.int64(), "seconds since 1970, UTC", "time of the position"),
    Column("lon", pa.float64(), "degrees, WGS84", "longitude, to six decimals"),
    Column("lat", pa.float64(), "degrees, WGS84", "latitude, to six decimals"),
    Column("cell_9", pa.int64(), "H3", "H3 cell at resolution 9"),
    Column("cell_10", pa.int64(), "H3", "H3 cell at resolution 10"),
    Column("cell_11", pa.int64(), "H3", "H3 cell at resolution 11"),
    Column("bcu", pa.int8(), "", "BCU of its cell at resolution 10: 1 East, 2 South, 3 West, 0 outside the force"),
    Column("speed_kmh", pa.float32(), "km/h", "as the device gives it, else from the position before on that day"),
    Column("speed_given", pa.bool_(), "", "whether the device gave the speed"),
    Column("on_call", pa.bool_(), "", "sent to or at a call: reactive, no part of the dose"),
    Column("officers", pa.int16(), "officers", "officers in the unit; 1 where the feed does not say"),
)

# One row per entry of a patrol log, imported or entered in the form. See hotspots.patrols.log.
LOG_ENTRIES = (
    Column("entry", TEXT, "", "number of the entry: the log's own, else a hash of what it says"),
    Column("unit", pa.int64(), "", "keyed hash of the unit, or of the officers; 0 where the entry names neither"),
    Column("area", TEXT, "", "the hot spot it names, such as West-01; empty where it gives a position"),
    Column("lon", pa.float64(), "degrees, WGS84", "longitude; may be empty where it names a hot spot"),
    Column("lat", pa.float64(), "degrees, WGS84", "latitude"),
    Column("start", pa.int64(), "seconds since 1970, UTC", "start"),
    Column("end", pa.int64(), "seconds since 1970, UTC", "end"),
    Column("officers", pa.int16(), "officers", "officers; 1 where the entry does not say"),
    Column("mode", TEXT, "", "foot, vehicle, or empty where the entry does not say"),
    Column("activity", TEXT, "", "what was done, in the log's words"),
    Column("reactive", pa.bool_(), "", "a call and no patrol"),
    Column("searches", pa.int16(), "", "stops and searches; empty where the entry does not say"),
    Column("arrests", pa.int16(), "", "arrests"),
    Column("weapons", pa.int16(), "", "weapons found"),
    Column("origin", TEXT, "", "imported or form"),
)

# Dose per hot spot and patrol day. The first ten are a contract. See hotspots.patrols.dosage.
DOSAGE = (
    Column("area", TEXT, "", "number of the hot spot in its register, such as West-01"),
    Column("bcu", TEXT, "", "its BCU"),
    Column("patrol_day", TEXT, "", "the day whose 06:00 the patrol day began at: 23 or 25 hours when clocks change"),
    Column("visits", pa.int64(), "visits", "adequate visits: of at least visit_min_minutes (10); empty = no data"),
    Column("visits_below_threshold", pa.int64(), "visits", "shorter visits, of at least visit_pass_minutes (1)"),
    Column("officer_minutes", pa.float64(), "minutes", "proactive minutes, summed over officers; empty = no data"),
    Column("patrol_minutes", pa.float64(), "minutes", "proactive minutes with anyone there: the union of the stays"),
    Column("target_minutes", pa.float64(), "minutes", "patrol-minutes wanted; empty where no target is set"),
    Column("gps_coverage", pa.float64(), "share", "of the time on shift of the BCU's units, the part with positions"),
    Column("days_since_adequate_visit", pa.int64(), "days", "0 = that day; empty where none is known of"),
    Column("name", TEXT, "", "name of the hot spot"),
    Column("role", TEXT, "", "treated, comparison or none"),
    Column("register", TEXT, "", "name@version of the register that held on that day"),
    Column("data", TEXT, "", "what the figures rest on: tracked, logs only, or no data"),
    Column("pass_throughs", pa.int64(), "visits", "stays shorter than visit_pass_minutes (1)"),
    Column("visits_on_target", pa.int64(), "visits", "of the adequate ones, those up to visit_long_minutes (20)"),
    Column("visits_long", pa.int64(), "visits", "of the adequate ones, the longer ones"),
    Column("share_of_target", pa.float64(), "share", "patrol_minutes / target_minutes"),
    Column("reactive_minutes", pa.float64(), "minutes", "officer-minutes on calls; no part of the dose"),
    Column("moving_minutes", pa.float64(), "minutes", "officer-minutes of driving through; no part of the dose"),
    Column("log_minutes", pa.float64(), "minutes", "of patrol_minutes, what only logs tell of (untracked units)"),
    Column("hours_in_day", pa.int64(), "hours", "length of the patrol day: 23, 24 or 25"),
)

# The same over the whole window, one row per hot spot: delivered against target. See hotspots.patrols.dosage.
DOSE_SUMMARY = (
    Column("area", TEXT, "", "number of the hot spot"),
    Column("name", TEXT, "", "name of the hot spot"),
    Column("bcu", TEXT, "", "its BCU"),
    Column("role", TEXT, "", "treated, comparison or none"),
    Column("days", pa.int64(), "days", "patrol days of the window on which the area held"),
    Column("days_with_data", pa.int64(), "days", "of these, days with positions or logs"),
    Column("visits", pa.int64(), "visits", "adequate visits"),
    Column("visits_below_threshold", pa.int64(), "visits", "shorter visits"),
    Column("officer_minutes", pa.float64(), "minutes", "proactive minutes, summed over officers"),
    Column("patrol_minutes", pa.float64(), "minutes", "proactive minutes with anyone there"),
    Column("target_minutes", pa.float64(), "minutes", "patrol-minutes wanted on the days with data"),
    Column("share_of_target", pa.float64(), "share", "patrol_minutes / target_minutes"),
    Column("verdict", TEXT, "", "underdosed, on target, overdosed, no target, or no data"),
    Column("days_without_adequate_visit", pa.int64(), "days", "days with data but without an adequate visit"),
    Column("share_in_hot_hours", pa.float64(), "share", "of patrol_minutes, the part in the area's hot hours"),
    Column("reactive_minutes", pa.float64(), "minutes", "officer-minutes on calls"),
    Column("gps_coverage", pa.float64(), "share", "of the BCU's units' time on shift, the part with positions"),
    Column("register", TEXT, "", "name@version of the register that the hot spot is in"),
)

# One row per visit: the stays of any units that overlap. See hotspots.patrols.visits.
VISITS = (
    Column("area", TEXT, "", "number of the hot spot"),
    Column("patrol_day", TEXT, "", "patrol day; a visit over its end is cut there"),
    Column("start", TEXT, "Europe/London wall clock", "start, to the second"),
    Column("end", TEXT, "Europe/London wall clock", "end"),
    Column("patrol_minutes", pa.float64(), "minutes", "length of the visit: the union of its stays"),
    Column("longest_minutes", pa.float64(), "minutes", "longest stay of one unit in it, which decides the band"),
    Column("officer_minutes", pa.float64(), "minutes", "summed over officers"),
    Column("units", pa.int64(), "units", "units that took part"),
    Column("band", TEXT, "", "pass-through, below threshold, on target or long"),
    Column("told_by", TEXT, "", "positions, log, or both"),
)

# Dose and harm by hour of the week. See hotspots.insight.hours and hotspots.patrols.dosage.
DOSE_HOURS = (
    Column("area", TEXT, "", "number of the hot spot; 'all' for a BCU's treated ones together"),
    Column("bcu", TEXT, "", "its BCU"),
    Column("hour_of_week", pa.int64(), "hours", "0 = Monday 00:00 to 00:59 local, 167 = Sunday 23:00"),
    Column("patrol_minutes", pa.float64(), "minutes", "proactive minutes with anyone there, in that hour"),
    Column("officer_minutes", pa.float64(), "minutes", "summed over officers"),
    Column("n_incidents", pa.float64(), "incidents", "incidents, spread over the hours they may have happened in"),
    Column("share_of_incidents", pa.float64(), "share", "that hour's share of the area's incidents"),
    Column("hot", pa.bool_(), "", "one of the hot hours: the quarter of the week with most incidents"),
)

# How complete the tracking was. See hotspots.patrols.dosage.
COVERAGE = (
    Column("bcu", TEXT, "", "BCU in which the unit had most of its positions that day"),
    Column("patrol_day", TEXT, "", "patrol day"),
    Column("units", pa.int64(), "units", "units with positions"),
    Column("usual_units", pa.float64(), "units", "median over the days that have any, 28 before the question too"),
    Column("shift_hours", pa.float64(), "hours", "from first to last position or log entry, shift by shift"),
    Column("covered_hours", pa.float64(), "hours", "of these, with positions at most visit_gap_minutes (5) apart"),
    Column("gps_coverage", pa.float64(), "share", "covered_hours / shift_hours"),
    Column("longest_gap_minutes", pa.float64(), "minutes", "longest silence within a shift"),
)

# The same unit by unit. See hotspots.patrols.dosage.coverage.
SHIFTS = (
    Column("patrol_day", TEXT, "", "patrol day"),
    Column("unit", TEXT, "", "keyed hash of the unit"),
    Column("bcu", TEXT, "", "BCU with most of its positions; empty where all lie outside the force"),
    Column("first", TEXT, "Europe/London wall clock", "first position of the patrol day"),
    Column("last", TEXT, "Europe/London wall clock", "last position"),
    Column("shift_hours", pa.float64(), "hours", "from first to last, silences above shift_silence_hours (4) left out"),
    Column("covered_hours", pa.float64(), "hours", "of these, with positions at most visit_gap_minutes (5) apart"),
    Column("gps_coverage", pa.float64(), "share", "covered_hours / shift_hours"),
    Column("longest_gap_minutes", pa.float64(), "minutes", "longest silence within the shift"),
)

# Log entries against positions of the same unit. See hotspots.patrols.dosage.
RECONCILED = (
    Column("area", TEXT, "", "number of the hot spot"),
    Column("patrol_day", TEXT, "", "patrol day"),
    Column("entry", TEXT, "", "number of the log entry"),
    Column("unit", TEXT, "", "keyed hash of the unit"),
    Column("start", TEXT, "Europe/London wall clock", "start, as logged"),
    Column("end", TEXT, "Europe/London wall clock", "end, as logged"),
    Column("log_minutes", pa.float64(), "minutes", "minutes logged"),
    Column("gps_minutes", pa.float64(), "minutes", "minutes there by positions, from start to end as logged"),
    Column("difference", pa.float64(), "minutes", "gps_minutes − log_minutes; empty where the unit was not tracked"),
    Column("tracked_share", pa.float64(), "share", "of the time logged, the part with positions"),
    Column("counted", TEXT, "", "what the dose takes: positions, or log where there is no tracking"),
)


def schema(columns: tuple[Column, ...]) -> pa.Schema:
    """The Arrow schema of a table of ours."""
    return pa.schema([pa.field(c.name, c.type) for c in columns])


# One row per ranked cell. The order is a contract with those who script it; new columns go at the end.
RANK = (
    Column("rank", pa.int64(), "", "1 is the cell with most, by the chosen method, within the BCU asked for"),
    Column("cell", TEXT, "H3", "H3 cell as a hexadecimal string"),
    Column("bcu", TEXT, "", "the one BCU the cell belongs to: that of most of its area"),
    Column("district", TEXT, "", "the district that holds most of the cell"),
    Column("n_incidents", pa.int64(), "incidents", "records with at least one selected offence in the window"),
    Column("harm_days", pa.float64(), "days", "sum of the harm weights of scored offences; empty where none is scored"),
    Column(
        "harm_sqrt",
        pa.float64(),
        "√days",
        "sum of the square roots of the weights: severe offences count, but do not drown the rest",
    ),
    Column("largest_offence_share", pa.float64(), "share", "the heaviest single offence's share of harm_days"),
    Column(
        "harm_expected_days",
        pa.float64(),
        "days",
        "harm expected over the next expected_months (setting, 3); empty where no offence is scored",
    ),
    Column(
        "p_top",
        pa.float64(),
        "probability",
        "probability that the cell's own rate of harm is among the top N of its BCU (setting top, 20)",
    ),
    Column("gi_z", pa.float64(), "z", "Getis-Ord Gi* on harm days: the cell with its neighbours against the force"),
    Column(
        "gi_q",
        pa.float64(),
        "q",
        "Benjamini-Hochberg q of its upper tail, from the exact p against harm scattered at random",
    ),
    Column(
        "pattern",
        TEXT,
        "",
        "new, intensifying, persistent, intermittent, fading or former over the window; empty where there is none",
    ),
    Column("lon", pa.float64(), "degrees, WGS84", "longitude of the cell's centre"),
    Column("lat", pa.float64(), "degrees, WGS84", "latitude of the cell's centre"),
    Column("area_m2", pa.float64(), "m²", "area of this cell's own geometry"),
    Column("place", TEXT, "", "the street most often named, and the nearest town"),
    Column("n_offences", pa.int64(), "offences", "offences on those records that belong to the selection"),
    Column("n_unscored", pa.int64(), "offences", "of these, offences the weight set does not know"),
    Column("n_ambiguous", pa.int64(), "offences", "of these, offences whose code alone allows several weights"),
    Column("harm_days_low", pa.float64(), "days", "harm_days with ambiguous offences at their lowest weight"),
    Column("harm_days_high", pa.float64(), "days", "harm_days with ambiguous offences at their highest weight"),
    Column("largest_offence", TEXT, "", "name of the heaviest single offence"),
    Column("flag", TEXT, "", "what makes the figure fragile: one severe event; few incidents; rape leads"),
    Column("harm_capped", pa.float64(), "days", "sum of the weights, each cut to the setting harm_cap_days"),
    Column("harm_expected_low", pa.float64(), "days", "lower end of the 90% interval of harm_expected_days"),
    Column("harm_expected_high", pa.float64(), "days", "upper end of it: of what is expected, not of what will come"),
    Column("sure", TEXT, "", "p_top in the words of the probability yardstick"),
    Column(
        "p_top_next",
        pa.float64(),
        "probability",
        "the same by harm that will be counted, luck and all; empty unless asked for (--next)",
    ),
)

# Hot spots: cells joined into areas, candidates or frozen. See hotspots.areas.
AREAS = (
    Column("area", TEXT, "", "number of the area within its BCU and version, such as West-01"),
    Column("name", TEXT, "", "town and street of its cell with most harm; no two areas of a version share one"),
    Column("bcu", TEXT, "", "the one BCU that all its cells belong to"),
    Column("cells", TEXT, "H3", "its cells as hexadecimal text; in CSV and workbooks with blanks between them"),
    Column("n_cells", pa.int64(), "cells", "number of cells"),
    Column("area_m2", pa.float64(), "m²", "area of its cells' own geometry"),
    Column("n_incidents", pa.int64(), "incidents", "records with at least one selected offence in the window"),
    Column("harm_days", pa.float64(), "days", "sum of the harm weights of scored offences; empty where none is scored"),
    Column("valid_from", TEXT, "", "first day on which the frozen area holds; empty for a candidate"),
    Column("valid_to", TEXT, "", "last such day: the day before a later version begins; empty where none does"),
    Column("role", TEXT, "", "treated, comparison or none"),
    Column(
        "harm_expected_days",
        pa.float64(),
        "days",
        "harm expected in its cells over the next expected_months",
    ),
    Column("share_of_bcu_harm", pa.float64(), "share", "its share of the BCU's harm, by the figure areas are made for"),
    Column("edits", TEXT, "", "what people changed by hand: day, author, cells, reason"),
)

# Versions of frozen areas (`areas list`), and cells that no area may hold. See hotspots.areas.register.
AREA_REGISTERS = (
    Column("name", TEXT, "", "name of the register"),
    Column("version", pa.int64(), "", "its version; name@version says exactly which areas are meant"),
    Column("valid_from", TEXT, "", "first day on which these areas hold"),
    Column("valid_to", TEXT, "", "last such day: the day before the next version begins; empty = until further notice"),
    Column("n_areas", pa.int64(), "areas", "number of areas"),
    Column("n_cells", pa.int64(), "cells", "number of their cells"),
    Column("area_m2", pa.float64(), "m²", "their area together"),
    Column("author", TEXT, "", "who froze them"),
    Column("note", TEXT, "", "why"),
    Column("created", TEXT, "UTC", "when, as an ISO time"),
    Column("sha256", TEXT, "", "SHA-256 of the entry as canonical JSON: definition, areas, cells, dates and names"),
)

EXCLUSIONS = (
    Column("cell", TEXT, "H3", "H3 cell as a hexadecimal string"),
    Column("excluded", pa.bool_(), "", "yes: excluded from areas; no: an exclusion lifted"),
    Column("kind", TEXT, "", "prison, hospital, police station, dual carriageway or other"),
    Column("note", TEXT, "", "why, in words"),
    Column("author", TEXT, "", "who"),
    Column("created", TEXT, "UTC", "when, as an ISO time"),
)

# One row per origin and method. The first eight are a contract. See hotspots.backtest.
BACKTEST = (
    Column("origin", TEXT, "", "first period tested: a month, or the Monday of a week"),
    Column("method", TEXT, "", "how the cells were ranked"),
    Column("horizon", pa.int64(), "periods", "periods tested"),
    Column("area_share", pa.float64(), "share", "share of the whole area that was chosen"),
    Column("n_caught", pa.int64(), "incidents", "incidents of the horizon in the chosen cells"),
    Column("harm_caught_share", pa.float64(), "share", "share of the horizon's harm in the chosen cells"),
    Column("pai", pa.float64(), "ratio", "harm_caught_share / area_share"),
    Column("pei", pa.float64(), "ratio", "harm caught over the most that the same area could have held"),
    Column("n_cells", pa.int64(), "cells", "cells chosen"),
    Column("area_m2", pa.float64(), "m²", "their area"),
    Column("harm_caught", pa.float64(), "days", "harm of the horizon in the chosen cells"),
    Column("harm_total", pa.float64(), "days", "harm of the horizon"),
    Column("harm_best_share", pa.float64(), "share", "share of harm that the perfect choice would have caught"),
    Column("count_caught_share", pa.float64(), "share", "share of the horizon's incidents in the chosen cells"),
    Column("n_total", pa.int64(), "incidents", "incidents of the horizon"),
    Column("count_best_share", pa.float64(), "share", "share of incidents of the perfect choice by count"),
    Column("pai_count", pa.float64(), "ratio", "count_caught_share / area_share"),
    Column("pei_count", pa.float64(), "ratio", "incidents caught over the most that the same area could have held"),
    Column("rri_recapture", pa.float64(), "ratio", "share of harm caught later over that held in training (Levine)"),
    Column("rri_recovery", pa.float64(), "ratio", "harm forecast in the chosen cells over harm that came (ptools)"),
    Column("harm_train_share", pa.float64(), "share", "share of the training harm in the chosen cells"),
    Column("train", pa.int64(), "periods", "periods ranked on"),
    Column("crosses_break", pa.bool_(), "", "map points changed between first training and last tested period"),
)

# How concentrated harm is. See hotspots.insight.concentration.
CONCENTRATION = (
    Column("bcu", TEXT, "", "West, South, East or all"),
    Column("measure", TEXT, "", "incidents or harm_days"),
    Column("period", TEXT, "", "the whole window, or a year, quarter or month of it"),
    Column("share_of_area", pa.float64(), "share", "the densest part of the BCU's whole area: 0.01 is one per cent"),
    Column("share", pa.float64(), "share", "what it held, chosen with hindsight"),
    Column("share_by_chance", pa.float64(), "share", "what it would have held if offences fell anywhere alike"),
    Column("share_adjusted", pa.float64(), "share", "of incidents held out, what an area chosen without them holds"),
    Column("share_of_rates", pa.float64(), "share", "of underlying risk, chance removed by a model; incidents only"),
    Column("share_of_cells", pa.float64(), "share", "held by the same share of cells, empty ones included"),
    Column("pai", pa.float64(), "ratio", "share / share_of_area"),
    Column("gini", pa.float64(), "", "Gini index over area: 0 even, 1 all in one place"),
    Column("gini_adjusted", pa.float64(), "", "Bernasco and Steenbeek's G′ over cells; incidents only"),
    Column("cells_in_top", pa.int64(), "cells", "cells that the share of area amounts to"),
    Column("n_cells", pa.int64(), "cells", "cells with any"),
    Column("n", pa.int64(), "", "incidents, or scored offences"),
    Column("n_months", pa.int64(), "months", "months with incidents"),
)

# Same place again soon? See hotspots.insight.near_repeats.
NEAR_REPEATS = (
    Column("ring", pa.int64(), "rings", "0 the same cell, 1 adjoining, 2 the ring after that"),
    Column("days_from", pa.int64(), "days", "fewest days between the two"),
    Column("days_to", pa.int64(), "days", "most days between the two"),
    Column("observed", pa.int64(), "pairs", "pairs of incidents so near and so soon"),
    Column("expected", pa.float64(), "pairs", "such pairs if days were shuffled over the incidents"),
    Column("ratio", pa.float64(), "ratio", "observed / expected"),
    Column("p", pa.float64(), "p", "upper tail, by permutation"),
    Column("p_family", pa.float64(), "p", "the same against the largest excess in any band: for the whole table"),
    Column("pairs", pa.int64(), "pairs", "pairs at that ring, whatever the time between"),
    Column("n_incidents", pa.int64(), "incidents", "incidents"),
)

# Two rankings side by side: cells that are in the top N of either. See hotspots.ranking.what_if.reweigh.
COMPARISON = (
    Column("cell", TEXT, "H3", "H3 cell as a hexadecimal string"),
    Column("bcu", TEXT, "", "the one BCU the cell belongs to"),
    Column("district", TEXT, "", "the district that holds most of the cell"),
    Column("place", TEXT, "", "the street most often named, and the nearest town"),
    Column("rank_a", pa.int64(), "", "rank under the first weight set"),
    Column("rank_b", pa.int64(), "", "rank under the second"),
    Column("shift", pa.int64(), "ranks", "rank_a − rank_b: above 0 the second set puts the cell higher"),
    Column("change", TEXT, "", "enters, leaves or stays in the top N, from the first set to the second"),
    Column("harm_a", pa.float64(), "by method", "figure ranked by under the first set; empty where none is scored"),
    Column("harm_b", pa.float64(), "by method", "the same under the second set"),
    Column("driver", TEXT, "", "the offence whose part in all harm changed most here; empty where none did"),
    Column("driver_days", pa.float64(), "days", "that offence's harm days here under the second set less the first"),
    Column("driver_share", pa.float64(), "share", "change of its part in all harm ranked, by the method's figure"),
)

# How far a ranking hangs on the weights. One bool column for each other weight set follows.
ROBUSTNESS = (
    Column("cell", TEXT, "H3", "H3 cell as a hexadecimal string"),
    Column("bcu", TEXT, "", "the one BCU the cell belongs to"),
    Column("district", TEXT, "", "the district that holds most of the cell"),
    Column("place", TEXT, "", "the street most often named, and the nearest town"),
    Column("rank", pa.int64(), "", "rank under the weight set itself"),
    Column("share_in_top", pa.float64(), "share", "share of the draws of weights in which the cell is in the top N"),
    Column("rank_low", pa.int64(), "", "rank that 5% of the draws reach or better"),
    Column("rank_median", pa.int64(), "", "median rank over the draws"),
    Column("rank_high", pa.int64(), "", "rank that 95% of the draws reach or better"),
)

# Versions of weight sets, and who changed what. See hotspots.harm.weights.register.
WEIGHT_VERSIONS = (
    Column("id", pa.int64(), "", "number of the version: a higher one was stored later"),
    Column("name", TEXT, "", "name of the weight set"),
    Column("version", TEXT, "", "its version; name@version says exactly which weights are meant"),
    Column("label", TEXT, "", "what people see"),
    Column("sha256", TEXT, "", "SHA-256 of the weights as canonical CSV; the order of rows changes nothing"),
    Column("source", TEXT, "", "where the weights come from"),
    Column("author", TEXT, "", "who stored the version"),
    Column("note", TEXT, "", "why"),
    Column("created", TEXT, "UTC", "when, as an ISO time; empty for what ships with the program"),
    Column("parent", TEXT, "", "the version it was made from, as name@version; empty for the first of its name"),
    Column("n_weights", pa.int64(), "rows", "rows of the set"),
    Column("is_default_for", TEXT, "", "sources whose questions use it unless they name another"),
)

WEIGHT_AUDIT = (
    Column("created", TEXT, "UTC", "when, as an ISO time"),
    Column("author", TEXT, "", "who"),
    Column("name", TEXT, "", "name of the weight set"),
    Column("version", TEXT, "", "the version that was made, or made the default"),
    Column("what", TEXT, "", "import, edit, decision, undo, reopen or default"),
    Column("offence", TEXT, "", "URN, class or crime type, and title; empty where the whole set is meant"),
    Column("before", pa.float64(), "unit of the set", "its weight until then; empty where it had none"),
    Column("after", pa.float64(), "unit of the set", "its weight from then on; empty where it was taken out"),
    Column("note", TEXT, "", "why"),
)

INTAKE = (
    Column("file", TEXT, "", "imported file, and the member of an archive"),
    Column("source", TEXT, "", "police-uk, incidents, pings or patrol-log"),
    Column("read", pa.int64(), "rows", "rows in the file; equals the sum of the next five"),
    Column("accepted", pa.int64(), "rows", "rows that were new"),
    Column("updated", pa.int64(), "rows", "rows of records that were held and have changed"),
    Column("unchanged", pa.int64(), "rows", "rows that were held just so"),
    Column("repeated", pa.int64(), "rows", "rows that repeat an incident given elsewhere, often with another outcome"),
    Column("quarantined", pa.int64(), "rows", "rows set aside because they cannot be used"),
    Column("reason", TEXT, "", "why rows were set aside, or what a map would hide"),
    Column("n", pa.int64(), "rows", "rows with that reason"),
)

# Change: one row per measure, estimate and place ("all" = pooled). The first fourteen are a contract. See change.
CHANGE = (
    Column("measure", TEXT, "", "count, harm, or count of one band of offences, such as count: 100 to 999 days"),
    Column("treated_before", pa.float64(), "incidents or days", "in the treated hot spots, before"),
    Column("treated_after", pa.float64(), "incidents or days", "in the treated hot spots, after"),
    Column("comparison_before", pa.float64(), "incidents or days", "in the comparison places; empty = none is used"),
    Column("comparison_after", pa.float64(), "incidents or days", "in the comparison places, after"),
    Column("displacement_before", pa.float64(), "incidents or days", "in the rings around the treated hot spots"),
    Column("displacement_after", pa.float64(), "incidents or days", "in those rings, after"),
    Column("estimate", pa.float64(), "as scale says", "the change; 1 is none for a ratio, 0 for a difference"),
    Column("se", pa.float64(), "as scale says", "standard error: of the logarithm for a ratio"),
    Column("z", pa.float64(), "", "estimate / se; logarithm / se for a ratio"),
    Column("ci_low", pa.float64(), "as scale says", "lower end of the 95% interval; empty = there is none"),
    Column("ci_high", pa.float64(), "as scale says", "upper end"),
    Column("method", TEXT, "", "how it was estimated"),
    Column("note", TEXT, "", "what must be said beside it"),
    Column("estimate_of", TEXT, "", "short name of the estimate, such as panel, expected, wdd, naive, ring"),
    Column("scale", TEXT, "", "ratio, incidents, days, incidents per km², or days per km²"),
    Column("p", pa.float64(), "", "two-sided p; empty where there is none"),
    Column("verdict", TEXT, "", "fell, rose or can't tell, by the interval; empty for what is no comparison"),
    Column("leads", pa.bool_(), "", "the answer in words rests on this row"),
    Column("comparison_ring_before", pa.float64(), "incidents or days", "in the rings around the comparison places"),
    Column("comparison_ring_after", pa.float64(), "incidents or days", "in those rings, after"),
)

# Change of single places, one row per place. See hotspots.change.spots.
CHANGE_SPOTS = (
    Column("area", TEXT, "", "number of the hot spot, or its cell; rest: all comparison cells of a neighbourhood"),
    Column("name", TEXT, "", "its name"),
    Column("bcu", TEXT, "", "its BCU"),
    Column("role", TEXT, "", "treated or comparison"),
    Column("n_cells", pa.int64(), "cells", "cells"),
    Column("area_m2", pa.float64(), "m²", "area"),
    Column("count_before", pa.int64(), "incidents", "incidents before"),
    Column("count_after", pa.int64(), "incidents", "incidents after"),
    Column("harm_before", pa.float64(), "days", "harm before"),
    Column("harm_after", pa.float64(), "days", "harm after"),
    Column("expected_count", pa.float64(), "incidents", "to be expected after, had nothing changed; see expected harm"),
    Column("percent", pa.float64(), "%", "change of the count; empty where it is refused"),
    Column("percent_refused", TEXT, "", "why there is no percentage"),
    Column("rate_ratio", pa.float64(), "ratio", "rate after / before"),
    Column("ratio_low", pa.float64(), "ratio", "lower end of its exact 95% interval"),
    Column("ratio_high", pa.float64(), "ratio", "upper end; empty = unlimited"),
    Column("poisson_z", pa.float64(), "", "2(√after − √before), after put on the length of before; look from 3"),
    Column("e_test_p", pa.float64(), "", "p that both counts have one rate"),
    Column("against", pa.float64(), "ratio", "its ratio over the pooled comparison's, from the answer's baseline"),
    Column("against_low", pa.float64(), "ratio", "lower end of its 95% interval, widened where places vary more"),
    Column("against_high", pa.float64(), "ratio", "upper end"),
    Column("ring_before", pa.int64(), "incidents", "incidents in its ring before"),
    Column("ring_after", pa.int64(), "incidents", "incidents in its ring after"),
    Column("ring_m2", pa.float64(), "m²", "area of its ring; 0 = no cell is left for one"),
    Column("ring_note", TEXT, "", "what the ring lost to other hot spots and which it touches"),
    Column("likes", TEXT, "", "its matched comparison place, where places were matched"),
)

# One row per group and period. See hotspots.change.workspace.
CHANGE_SERIES = (
    Column("group", TEXT, "", "treated or comparison"),
    Column("first_day", TEXT, "", "first day of the period"),
    Column("last_day", TEXT, "", "last day"),
    Column("side", TEXT, "", "before, after, or empty for a period outside both windows"),
    Column("exposure", pa.float64(), "share", "the part of a whole period that lies in it and that data cover"),
    Column("count", pa.int64(), "incidents", "incidents"),
    Column("harm", pa.float64(), "days", "harm"),
)

# Trend before the start: blocks of periods, against the last before. See
# hotspots.change.estimates.panel_models.pre_trend.
CHANGE_TREND = (
    Column("block", pa.int64(), "", "−1 is the last block of periods before the start, 0 the first after"),
    Column("first_day", TEXT, "", "first day of the block"),
    Column("last_day", TEXT, "", "last day"),
    Column("post", pa.bool_(), "", "after the start"),
    Column("treated", pa.float64(), "incidents", "in the treated places"),
    Column("comparison", pa.float64(), "incidents", "in the comparison places"),
    Column("rate_ratio", pa.float64(), "ratio", "treated / comparison, against that of the last block before"),
    Column("ci_low", pa.float64(), "ratio", "lower end of the 95% interval"),
    Column("ci_high", pa.float64(), "ratio", "upper end"),
    Column("p", pa.float64(), "", "two-sided p"),
    Column("reason", TEXT, "", "why there is no interval"),
)

# Cells of hot spots and of their rings, for the map. See hotspots.change.rings.
CHANGE_CELLS = (
    Column("cell", TEXT, "", "H3 cell id"),
    Column("area", TEXT, "", "the hot spot that it belongs to, or whose ring it is in"),
    Column("role", TEXT, "", "treated or comparison"),
    Column("ring", pa.int64(), "cells", "0: of the hot spot itself; 1 adjoins it, 2 the next, …"),
    Column("count_before", pa.int64(), "incidents", "incidents before"),
    Column("count_after", pa.int64(), "incidents", "incidents after"),
    Column("harm_before", pa.float64(), "days", "harm before"),
    Column("harm_after", pa.float64(), "days", "harm after"),
)

# Minutes beside outcomes, one row per term. See hotspots.change.dose.beside.
CHANGE_DOSE = (
    Column("part", TEXT, "", "bands, curve, earlier or days: which of the four looks at the dose it belongs to"),
    Column("term", TEXT, "", "band of minutes, minutes, periods earlier, or days with against without a visit"),
    Column("minutes", pa.float64(), "minutes", "where the term begins, or the point of the curve"),
    Column("n", pa.int64(), "hot spot days", "hot spot days behind it; empty for a curve"),
    Column("count", pa.float64(), "incidents", "incidents on them; empty for a curve"),
    Column("rate_ratio", pa.float64(), "ratio", "within hot spots, against no minutes (earlier: per 10 minutes)"),
    Column("ci_low", pa.float64(), "ratio", "lower end of the 95% interval"),
    Column("ci_high", pa.float64(), "ratio", "upper end"),
    Column("p", pa.float64(), "", "two-sided p"),
    Column("reason", TEXT, "", "why there is no interval"),
)

# Dose and change of each hot spot, for the scatter. See hotspots.change.dose.beside.
CHANGE_SCATTER = (
    Column("area", TEXT, "", "number of the hot spot"),
    Column("name", TEXT, "", "its name"),
    Column("bcu", TEXT, "", "its BCU"),
    Column("role", TEXT, "", "treated, comparison or none"),
    Column("days_with_data", pa.int64(), "days", "patrol days of the window after with positions or logs"),
    Column("patrol_minutes_a_day", pa.float64(), "minutes", "patrol-minutes per patrol day with data"),
    Column("officer_minutes_a_day", pa.float64(), "minutes", "officer-minutes per patrol day with data"),
    Column("rate_ratio", pa.float64(), "ratio", "rate of incidents after / before"),
    Column("ratio_low", pa.float64(), "ratio", "lower end of its exact 95% interval"),
    Column("ratio_high", pa.float64(), "ratio", "upper end; empty = unlimited"),
)

# Pairs of a match, one row per treated cell that has a match. See hotspots.change.matching.
CHANGE_PAIRS = (
    Column("area", TEXT, "", "the treated hot spot"),
    Column("comparison", TEXT, "", "its comparison place, such as like West-01"),
    Column("bcu", TEXT, "", "its BCU"),
    Column("treated_cell", TEXT, "H3", "cell of the treated hot spot"),
    Column("comparison_cell", TEXT, "H3", "the cell matched with it"),
    Column("distance", pa.float64(), "", "how unlike the two are: the sum of the parts that follow; 0 is the same"),
    Column("distance_count", pa.float64(), "", "the part of their expected counts"),
    Column("distance_harm", pa.float64(), "", "the part of their expected harm"),
    Column("distance_trend", pa.float64(), "", "the part of their trends before"),
    Column("distance_season", pa.float64(), "", "the part of their seasons"),
    Column("distance_mix", pa.float64(), "", "the part of their kinds of offences"),
    Column("distance_bcu", pa.float64(), "", "the part of their BCUs"),
    Column("distance_near", pa.float64(), "", "the part of how far apart they lie"),
    Column("km", pa.float64(), "km", "between the two cells"),
)

# What else was going on, one row per line, edited by people. See hotspots.change.context.
CONTEXT = (
    Column("line", TEXT, "", "number of the line; the same for a line and its corrections"),
    Column("kind", TEXT, "", "restriction, recording, map points, operation, holiday or other"),
    Column("name", TEXT, "", "what it was"),
    Column("first_day", TEXT, "", "first day"),
    Column("last_day", TEXT, "", "last day; empty = since then for good"),
    Column("where", TEXT, "", "all, or a BCU"),
    Column("source", TEXT, "", "where the dates come from"),
    Column("author", TEXT, "", "who wrote the line; shipped: it comes with the program"),
    Column("note", TEXT, "", "why it was written or changed"),
    Column("created", TEXT, "", "when"),
)

CONTEXT_HISTORY = (*CONTEXT, Column("what", TEXT, "", "shipped, added, corrected or withdrawn"))

# Frozen matches and trial designs (`change matches`, `change designs`), oldest first.
CHANGE_FROZEN = (
    Column("name", TEXT, "", "name"),
    Column("kind", TEXT, "", "match, crossover or cluster"),
    Column("first_day", TEXT, "", "first day after the start, or of the trial: to be frozen before it"),
    Column("last_day", TEXT, "", "last day of a trial"),
    Column("frozen_before", pa.bool_(), "", "frozen before that first day began"),
    Column("author", TEXT, "", "who froze it"),
    Column("note", TEXT, "", "why"),
    Column("created", TEXT, "UTC", "when"),
    Column("sha256", TEXT, "", "hash of what was frozen"),
)

# A trial's schedule, one row per hot spot and patrol day. The first four are what officers need. See change.trials.
TRIAL_SCHEDULE = (
    Column("area", TEXT, "", "number of the hot spot in its register, such as West-01"),
    Column("bcu", TEXT, "", "its BCU"),
    Column("patrol_day", TEXT, "", "the day whose 06:00 the patrol day begins at"),
    Column("treated", pa.bool_(), "", "to be patrolled on that day, by lot"),
    Column("name", TEXT, "", "name of the hot spot"),
    Column("weekday", TEXT, "", "day of the week"),
    Column("day_off", pa.bool_(), "", "nobody drew lots for this day: it is left out of the trial"),
)

# How a design's days are shared out. See hotspots.trials.balance.
TRIAL_BALANCE = (
    Column("by", TEXT, "", "all, bcu, area, weekday, block, or group (cluster trials)"),
    Column("name", TEXT, "", "which BCU, hot spot, weekday, block (its first day) or group"),
    Column("place_days", pa.int64(), "hot spot days", "days of the trial, days off left out"),
    Column("treated_days", pa.int64(), "hot spot days", "to be patrolled"),
    Column("untreated_days", pa.int64(), "hot spot days", "to be left alone"),
    Column("treated_share", pa.float64(), "share", "treated_days / place_days"),
    Column("pre_count", pa.float64(), "incidents", "in the time before; for groups, per hot spot"),
    Column("pre_harm", pa.float64(), "days", "harm in the time before; for groups, per hot spot"),
)

# The smallest fall that a design would find, by simulation. See hotspots.trials.power.
TRIAL_EFFECT = (
    Column("measure", TEXT, "", "count or harm"),
    Column("detectable_fall", pa.float64(), "share", "smallest fall on patrolled days found as often as the power"),
    Column("mc_error", pa.float64(), "share", "standard error of it from the number of simulations"),
    Column("largest_fall", pa.float64(), "share", "largest fall that was tried"),
    Column("power_at_largest", pa.float64(), "share", "how often that one was found"),
    Column("simulations", pa.int64(), "", "simulated trials for each fall tried"),
    Column("sentence", TEXT, "", "the same in words"),
)

# One row per way of counting days and measure. See hotspots.trials.analysis.
TRIAL = (
    Column("counted_as", TEXT, "", "assigned: patrolled as the lot said; delivered: as positions and logs say"),
    Column("measure", TEXT, "", "rate ratio of events, or difference of events or of harm per hot spot and day"),
    Column("treated_days", pa.int64(), "hot spot days", "patrolled days with data"),
    Column("untreated_days", pa.int64(), "hot spot days", "other days with data, wash-out left out"),
    Column("treated_total", pa.float64(), "incidents or days", "on the patrolled days"),
    Column("untreated_total", pa.float64(), "incidents or days", "on the other days"),
    Column("estimate", pa.float64(), "as measure says", "patrolled against other days; no effect is 1 or 0"),
    Column("ci_low", pa.float64(), "as measure says", "lower end of the 95% interval; −inf = unlimited"),
    Column("ci_high", pa.float64(), "as measure says", "upper end; inf = unlimited"),
    Column("p", pa.float64(), "", "two-sided p: by the lot as assigned, by Student's t as delivered"),
    Column("verdict", TEXT, "", "fell, rose or can't tell, by the interval alone"),
    Column("largest_share", pa.float64(), "share", "of all harm in its gravest event; empty for events"),
    Column("method", TEXT, "", "how it was estimated"),
    Column("note", TEXT, "", "what must be said beside it"),
)

# One row per hot spot and patrol day: what the estimates are made of.
TRIAL_DAYS = (
    Column("area", TEXT, "", "number of the hot spot"),
    Column("bcu", TEXT, "", "its BCU"),
    Column("patrol_day", TEXT, "", "the day whose 06:00 the patrol day begins at"),
    Column("treated", pa.bool_(), "", "to be patrolled on that day, by lot"),
    Column("day_off", pa.bool_(), "", "left out: nobody drew lots for it"),
    Column("count", pa.int64(), "incidents", "incidents; empty = not covered by data, which is not zero"),
    Column("harm", pa.float64(), "days", "harm of them; empty = not covered by data"),
    Column("largest_harm", pa.float64(), "days", "harm of the gravest offence among them"),
    Column("minutes", pa.float64(), "minutes", "patrol-minutes delivered; empty = no positions and no log"),
)


def in_columns(table: pd.DataFrame, columns: Sequence[Column]) -> pd.DataFrame:
    """These columns in order and type, empty where the table has none; minutes to 2 decimals, other figures to 4.

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
            shown[column.name] = values.astype(float).round(MINUTES_TO if column.unit == "minutes" else OTHERS_TO)
        else:
            shown[column.name] = values.astype(object).where(values.notna(), "").astype("str")
    return shown.reset_index(drop=True)


def shaped(table: pd.DataFrame, columns: Sequence[Column]) -> pd.DataFrame:
    """The columns of a table that leaves the room, in order; minutes to a hundredth, counts whole or empty."""
    import pyarrow as pa

    shown = table[[c.name for c in columns]].copy()
    for column in columns:
        if pa.types.is_integer(column.type):
            shown[column.name] = shown[column.name].astype("Int64")
        elif pa.types.is_floating(column.type):
            shown[column.name] = shown[column.name].astype(float).round(4 if column.unit == "share" else 2)
        elif pa.types.is_string(column.type):
            shown[column.name] = shown[column.name].astype("str")
    return shown.reset_index(drop=True)
