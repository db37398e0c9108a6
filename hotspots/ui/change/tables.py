"""How the tables of an answer about change are put, headed and written on the page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from hotspots.base.words import DASH
from hotspots.ui.show import BCU, NAME, Shown

LEAD = "▶"
NEXT_DOOR, ALONE, SELECTION, BANDS = "next door", "no comparison", "regression to the mean", "by band"
GROUPS = ("Count", "Harm", BANDS, NEXT_DOOR, ALONE, SELECTION)
UNITS = {"ratio": "times", "incidents per km²": "per km²", "days per km²": "per km²"}
FINDING = {
    "panel": "Panel of periods", "panel_nb": "Panel, negative binomial", "expected": "Against what was expected",
    "wdd": "Displacement difference", "wdd_km2": "The same per km²", "ring": "Around the hot spots",
    "ring_wdd": "Around them, difference",
    "naive": "Before and after: do not quote alone", "selection": "What would follow with nothing done",
    "built_in": "Panel, with nothing done", "single": "One hot spot against all of the comparison",
}  # fmt: skip

LABEL = Shown("Map", "Its number on the map of hot spots and rings")
AREA = Shown("Area", "Number of the hot spot in its register, or its cell")
ROLE = Shown("Role", "Treated: patrolled more. Comparison: watched beside it")
RATIO = Shown("Ratio", "Incidents after for one before, put on the same length of time; 1 = no change", 2)
INTERVAL = Shown(
    "95% interval", "Were it all done again many times, 95 of 100 such intervals would hold the true value"
)
P = Shown("p", "Chance of a difference at least this large were there none", 3)
SMD = "Standardised mean difference; below 0.1 is good, over 0.25 is not"
REASON = Shown("Why none", "Why there is no interval")

ESTIMATES = {
    "lead": Shown("", f"{LEAD} the answer rests on this row"),
    "group": Shown("Of", "What is counted"),
    "finding": Shown("Estimate", "How it was worked out, in short"),
    "treated": Shown("Hot spots", "In the treated hot spots (next door: around them): before → after"),
    "comparison": Shown("Comparison", "In the comparison places (next door: around them): before → after"),
    "change": Shown("Change", "Times as many (1 = no change), or a difference in incidents or days (0 = no change)"),
    "interval": INTERVAL,
    "verdict": Shown("Verdict", "Fell or rose where the whole interval lies on one side; else can't tell"),
    "note": Shown("Take care", "What must be said beside it"),
    "p": P,
    "method": Shown("Method", "How it was estimated"),
}
SPOTS = {
    "label": LABEL, "name": NAME,
    "count_before": Shown("Before", "Incidents before", 0), "count_after": Shown("After", "Incidents after", 0),
    "expected_count": Shown("Expected", "Incidents to be expected after, had nothing changed; chance taken out", 1),
    "rate_ratio": RATIO, "interval": INTERVAL,
    "percent": Shown("Change, %", "Change of the count in per cent; empty where the count is too small for one", 0),
    "percent_refused": Shown("Why no %", "Why there is no percentage"),
    "against": Shown("Against comparison", "Its ratio over that of all comparison places together; 1 = the same", 2),
    "against_interval": Shown("95% interval of that", INTERVAL.help),
    "poisson_z": Shown("Poisson Z", "How far after is from before, in standard deviations; look from 3 on", 1),
    "e_test_p": Shown("E-test p", "Chance of a difference at least this large between two counts of one rate", 3),
    "harm_before": Shown("Harm before", "Days of harm before", 0),
    "harm_after": Shown("Harm after", "Days of harm after", 0),
    "likes": Shown("Matched with", "Its comparison place"), "role": ROLE, "bcu": BCU,
    "area_m2": Shown("Size, m²", "Area of the hot spot", 0), "area": AREA,
}  # fmt: skip
RINGS = {
    "label": LABEL, "name": NAME,
    "ring_before": Shown("Around it before", "Incidents in its ring before", 0),
    "ring_after": Shown("Around it after", "Incidents in its ring after", 0),
    "ring_note": Shown("Take care", "What the ring lost to other hot spots, and which ring it touches"),
    "count_before": SPOTS["count_before"], "count_after": SPOTS["count_after"],
    "ring_m2": Shown("Ring, m²", "Area of its ring; 0: no cell is left for one", 0), "role": ROLE, "bcu": BCU,
    "area": AREA,
}  # fmt: skip
TREND = {
    "first_day": Shown("From", "First day of the block"), "last_day": Shown("To", "Last day of the block"),
    "when": Shown("When", "Before or after the start"),
    "treated": Shown("Hot spots", "Incidents in the treated hot spots", 0),
    "comparison": Shown("Comparison", "Incidents in the comparison places", 0),
    "rate_ratio": Shown("Ratio", "Hot spots over comparison, against the last block before the start", 2),
    "interval": INTERVAL, "p": P, "reason": REASON,
}  # fmt: skip
SERIES = {
    "first_day": Shown("From", "First day of the period"), "last_day": Shown("To", "Last day of the period"),
    "group": Shown("Group", "Treated hot spots or comparison places"),
    "side": Shown("Window", "Before, after, or empty: in neither"),
    "count": Shown("Incidents", "Incidents", 0), "harm": Shown("Harm, days", "Days of harm", 0),
    "exposure": Shown("Covered", "The part of the period that lies in it and that data cover", 0, True),
}  # fmt: skip
DOSE = {
    "looks": Shown("Part", "Which of the four comparisons of minutes and incidents the row belongs to"),
    "term": Shown("What", "Band of minutes, minutes, minutes of the day before, or days with against without a visit"),
    "rate_ratio": Shown("Ratio", "Incidents for one in the same hot spot without minutes", 2), "interval": INTERVAL,
    "n": Shown("Hot spot days", "Hot spot days behind it", 0), "count": Shown("Incidents", "On those days", 0),
    "p": P, "reason": REASON,
}  # fmt: skip
LOOKS = {"bands": "Bands of minutes", "curve": "Smooth curve", "earlier": "Minutes of the day before",
         "days": "Days with a visit against days without"}  # fmt: skip
SCATTER = {
    "name": NAME, "role": ROLE,
    "patrol_minutes_a_day": Shown("Patrol-minutes a day", "Minutes with anyone there, per patrol day with data", 1),
    "officer_minutes_a_day": Shown("Officer-minutes a day", "The same, counted once for each officer", 1),
    "rate_ratio": RATIO, "interval": INTERVAL,
    "days_with_data": Shown("Days with data", "Patrol days after the start with positions or logs", 0),
    "bcu": BCU, "area": AREA,
}  # fmt: skip
BALANCE = {
    "measure": Shown("Measure", "What was matched on"),
    "treated": Shown("Hot spots", "Mean of the treated hot spots", 2),
    "candidates": Shown("All candidates", "Mean of all places that could have been taken", 2),
    "smd_before": Shown("Difference before matching", SMD, 2),
    "matched_treated": Shown("Hot spots, matched", "Mean of the hot spots that found a match", 2),
    "matched_comparison": Shown("Comparison, matched", "Mean of their comparison places", 2),
    "smd_after": Shown("Difference after matching", SMD, 2),
}  # fmt: skip
PART = "Part of the distance"
PAIRS = {
    "name": NAME, "comparison": Shown("Compared with", "Its comparison place"),
    "distance": Shown("Distance", "Sum of the parts that follow; 0 = the same", 2),
    "km": Shown("Apart, km", "Between the two cells", 1),
    "distance_count": Shown("Of count", PART, 2), "distance_harm": Shown("Of harm", PART, 2),
    "distance_trend": Shown("Of trend", PART, 2), "distance_season": Shown("Of season", PART, 2),
    "distance_mix": Shown("Of offence mix", PART, 2), "distance_bcu": Shown("Of BCU", PART, 2),
    "distance_near": Shown("Of kilometres", PART, 2), "area": AREA,
    "treated_cell": Shown("Cell", "H3 cell of the hot spot"),
    "comparison_cell": Shown("Matched cell", "H3 cell that it is compared with"),
}  # fmt: skip
UNMATCHED = {
    "group": Shown("Group", "Treated hot spots, or candidates: places that could have been taken"),
    "reason": Shown("Why", "Why they have no match"), "n": Shown("Places", "How many", 0),
}  # fmt: skip
FACTS = {"fact": Shown("What", "Name of the fact"), "value": Shown("Is", "Its value")}


# ---------------------------------------------------------------- what is put into them


def number(value: Any, decimals: int = 0) -> str:
    """``1,234``, ``−12.5``; a dash where nothing is known."""
    return DASH if pd.isna(value) else f"{value:,.{decimals}f}".replace("-", "−")


def from_to(before: Any, after: Any) -> str:
    """``100 → 75``; '' where neither is known."""
    return "" if pd.isna(before) and pd.isna(after) else f"{number(before)} → {number(after)}"


def interval(low: Any, high: Any, decimals: int = 2) -> str:
    """``0.62 to 0.97``; without an upper end ``0.62 and more``; '' where there is none."""
    if pd.isna(low):
        return ""
    return number(low, decimals) + (" and more" if pd.isna(high) else f" to {number(high, decimals)}")


def group_of(measure: str, estimate_of: str) -> str:
    """Under which of `GROUPS` a row of CHANGE stands."""
    if estimate_of in ("naive", "selection", "built_in"):
        return ALONE if estimate_of == "naive" else SELECTION
    if "ring" in estimate_of:
        return NEXT_DOOR
    return BANDS if ":" in measure else "Harm" if measure == "harm" else "Count"


def estimates(table: pd.DataFrame, said: Iterable[str] = ()) -> pd.DataFrame:
    """CHANGE as it is read: the answer's row first in its group, groups in order; counts and intervals as text.

    ``said``: what the page says of all rows already, and leaves out of the note of each.
    """
    rows = []
    for row in table.to_dict("records"):
        group = group_of(row["measure"], row["estimate_of"])
        treated, comparison = ("displacement", "comparison_ring") if group == NEXT_DOOR else ("treated", "comparison")
        places = decimals(row["scale"], row["estimate"])
        unit = UNITS.get(row["scale"], row["scale"])
        rows.append({
            "lead": LEAD if row["leads"] else "", "group": named(group, row["measure"]),
            "finding": FINDING.get(row["estimate_of"], row["estimate_of"]),
            "treated": from_to(row[f"{treated}_before"], row[f"{treated}_after"]),
            "comparison": from_to(row[f"{comparison}_before"], row[f"{comparison}_after"]),
            "change": "" if pd.isna(row["estimate"]) else f"{number(row['estimate'], places)} {unit}",
            "interval": interval(row["ci_low"], row["ci_high"], places),
            "verdict": row["verdict"], "note": without(row["note"], said), "p": row["p"], "method": row["method"],
            "order": (GROUPS.index(group), not row["leads"]),
        })  # fmt: skip
    rows.sort(key=lambda row: row.pop("order"))
    return pd.DataFrame(rows, columns=list(ESTIMATES))


def decimals(scale: str, estimate: float) -> int:
    """Two for a ratio; none for a large number of incidents or days."""
    return 2 if scale == "ratio" else 0 if abs(estimate) >= 1000 else 1


def without(note: str, said: Iterable[str]) -> str:
    for words in said:
        note = note.replace(words, "")
    return " ".join(note.split())


def named(group: str, measure: str) -> str:
    """What a row is of: a band by its name, else its group; what must not be quoted alone says so."""
    if group == BANDS:
        return measure.replace("count:", "Count:").replace("harm:", "Harm:")
    return f"{measure.capitalize()}: {group}" if group in (NEXT_DOOR, ALONE, SELECTION) else group


def spots(table: pd.DataFrame, labels: dict[str, str]) -> pd.DataFrame:
    """CHANGE_SPOTS with its numbers on the map, and intervals as text."""
    both = with_interval(with_interval(table, "ratio"), "against", "against_interval")
    return both.assign(label=[labels.get(area, "") for area in table["area"]])


def with_interval(table: pd.DataFrame, ends: str, name: str = "interval") -> pd.DataFrame:
    """The table with the interval of its columns ``ends``_low and ``ends``_high as text."""
    both = zip(table[f"{ends}_low"], table[f"{ends}_high"], strict=True)
    return table.assign(**{name: [interval(low, high) for low, high in both]})


def unmatched(table: pd.DataFrame) -> pd.DataFrame:
    """How many places found no match, or were not taken for one, by reason; hot spots first."""
    found = table.groupby(["group", "reason"], sort=False).size().rename("n").reset_index()
    return found.sort_values(["group", "n"], ascending=False, kind="stable", ignore_index=True)


def facts(about: dict[str, Any]) -> pd.DataFrame:
    """A row per fact; lists joined, what is nested as ``name: value``."""
    return pd.DataFrame([(str(k).replace("_", " "), in_words(v)) for k, v in about.items()], columns=["fact", "value"])


def in_words(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{k}: {in_words(v)}" for k, v in value.items())
    if isinstance(value, (list, tuple)):
        return "; ".join(in_words(v) for v in value)
    return "" if value is None else str(value)
