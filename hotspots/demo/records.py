"""Records drawn from Poisson streams, and the rows that a force's system would export of them, with its small faults.

Each offence of ``data/demo_offence_mix.csv`` is two streams, domestic and not, with its own kinds of place, hours and
season; each planted hot spot adds streams of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from hotspots.base.shipped import DATA
from hotspots.demo.ground import Ground, Ints, Texts, address_shares
from hotspots.demo.rhythms import SPOT_RHYTHM, SPOTS, Floats, clock_changes, slots

MIX_FILE = DATA / "demo_offence_mix.csv"
DEFAULT_PER_YEAR = 35_000  # records; about a quarter of what the force records


@cache
def offence_mix() -> pd.DataFrame:
    """The offences of the demo, from ``data/demo_offence_mix.csv`` (a copy must be made before changing it).

    ``share`` is relative; ``night``, ``day`` and ``evening`` are the mixes of planted hot spots; ``companions``
    are further offences on the same record, each with its probability.
    """
    mix = pd.read_csv(MIX_FILE, dtype={"athena_urn": str, "ho_class": str, "companions": str})
    mix["companions"] = mix["companions"].fillna("")
    mix["share"] = mix["share"] / mix["share"].sum()
    return mix


class Companion(NamedTuple):
    """A further offence that a record of an offence may hold; offences by row of the mix, ``place`` 0, 1, …"""

    offence: int
    further: int
    probability: float
    place: int


def further_offences() -> list[Companion]:
    """The further offences of the mix."""
    mix = offence_mix()
    number = {urn: i for i, urn in enumerate(mix["athena_urn"])}
    found = []
    for offence, text in enumerate(mix["companions"]):
        for place, part in enumerate(filter(None, text.split(";"))):
            urn, probability = part.split(":")
            found.append(Companion(offence, number[urn], float(probability), place))
    return found


def background_streams(per_year: float) -> pd.DataFrame:
    """One stream for the domestic and one for the other incidents of each offence."""
    mix = offence_mix()
    offence = {"offence": np.arange(len(mix)), "spot": -1, "season": mix["season"]}
    rate, domestic = per_year * mix["share"], mix["domestic"].astype(float)
    other = pd.DataFrame({**offence, "domestic": False, "per_year": rate * (1 - domestic), "place": mix["place"],
                          "rhythm": mix["profile"]})  # fmt: skip
    at_home = pd.DataFrame({**offence, "domestic": True, "per_year": rate * domestic, "place": "home",
                            "rhythm": "domestic"})  # fmt: skip
    both = pd.concat([other, at_home], ignore_index=True)
    return both[both["per_year"] > 0].reset_index(drop=True)


def spot_streams(scale: float) -> pd.DataFrame:
    """One stream for each offence of each planted hot spot."""
    mix = offence_mix()
    tables = []
    for s, spot in enumerate(SPOTS):
        share = mix[spot.kind].to_numpy(float)
        planted = np.flatnonzero(share)
        tables.append(pd.DataFrame({
            "offence": planted, "spot": s, "season": "summer", "domestic": False, "place": f"spot {s}",
            "per_year": scale * spot.per_year * share[planted] / share.sum(), "rhythm": SPOT_RHYTHM[spot.kind],
        }))  # fmt: skip
    return pd.concat(tables, ignore_index=True)


def streams_of(start: date, end: date, n_per_year: int, planted: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Background and planted streams with their ``expected`` number of records in the window."""
    scale = n_per_year / DEFAULT_PER_YEAR
    in_spots = scale * sum(s.per_year for s in SPOTS)
    tables = [background_streams(n_per_year - in_spots), spot_streams(scale if planted else 0.0)]
    years: dict[tuple[str, str], float] = {}
    for table in tables:
        for rhythm, season in set(zip(table["rhythm"], table["season"], strict=True)) - set(years):
            years[rhythm, season] = float(slots(rhythm, season, start, end).sum()) / (365.25 / 7)
        table["expected"] = table["per_year"] * [years[k] for k in zip(table["rhythm"], table["season"], strict=True)]
    return tables[0], tables[1]


def with_companions(streams: pd.DataFrame) -> pd.DataFrame:
    """Streams of rows: each stream of records and, thinned, its further offences. ``main`` is the record's offence."""
    tables = [streams.assign(main=streams["offence"])]
    for c in further_offences():
        some = streams[streams["offence"] == c.offence]
        tables.append(some.assign(main=c.offence, offence=c.further, expected=some["expected"] * c.probability))
    return pd.concat(tables, ignore_index=True)


EXPORT_DELAY_DAYS = 7  # the export is taken a week after the window, so nothing is recorded later than that
EXPORT_COLUMNS = (
    "CRIME_REF", "HO_CLASS", "ATHENA_URN", "OFFENCE_TITLE", "COMMITTED_FROM", "COMMITTED_TO", "RECORDED_ON",
    "EASTING", "NORTHING", "KNIFE", "FIREARM", "DOMESTIC", "ALCOHOL", "PROACTIVE", "VICTIM_AGE", "LOCATION_TYPE",
)  # fmt: skip
# Small faults of a real export.
NO_URN, NO_CLASS, NO_CODE_AT_ALL, NO_URN_WOUNDING = 0.004, 0.003, 0.001, 0.25
AMBIGUOUS_CLASS = "008/01"  # wounding: the class alone does not say which of several harms it was


@dataclass(frozen=True)
class Records:
    """Drawn records, one entry each; times in minutes since 1970 of the wall clock, ``until`` −1 blank, −2 'NULL'."""

    offence: Ints
    domestic: np.ndarray[Any, np.dtype[np.bool_]]
    address: Ints
    since: Ints
    until: Ints
    recorded: Ints
    extra: Ints  # bit k set: companion k of the offence is on the record too


def draw_index(rng: np.random.Generator, groups: pd.Series, weights: dict[Any, Floats]) -> Ints:
    """For each row an index drawn with the weights of its group."""
    drawn = np.zeros(len(groups), dtype=np.int64)
    u = rng.random(len(groups))
    for group, rows in groups.groupby(groups, sort=True).indices.items():
        cumulative = np.cumsum(weights[group])
        drawn[rows] = np.searchsorted(cumulative, u[rows] * cumulative[-1], side="right")
    return drawn


def heaped_minutes(rng: np.random.Generator, n: int) -> Ints:
    """Minutes past the hour as people report them: often :00, :30 or a multiple of five."""
    minute, u = rng.integers(0, 60, n), rng.random(n)
    five = minute // 5 * 5
    return np.select([u < 0.28, u < 0.40, u < 0.85], [np.zeros(n, dtype=np.int64), np.full(n, 30), five], minute)


def times_of(rng: np.random.Generator, streams: pd.DataFrame, stream: Ints, start: date, end: date) -> Ints:
    """When each record happened, drawn from its stream's rhythm and season."""
    key = streams["rhythm"] + "|" + streams["season"]
    weights = {}
    for k in sorted(set(key)):
        rhythm, season = k.split("|")
        weights[k] = slots(rhythm, season, start, end)
    slot = draw_index(rng, key.iloc[stream].reset_index(drop=True), weights)
    first = int(np.datetime64(start).astype("datetime64[m]").astype(np.int64))
    return np.asarray(first + slot * 60 + heaped_minutes(rng, len(stream)))


def spans_of(rng: np.random.Generator, span: Texts, happened: Ints, last: int) -> tuple[Ints, Ints]:
    """Start and end of the time in which each record may have happened, by kind of offence."""
    n = len(happened)
    u, v, w = rng.random(n), rng.random(n), rng.random(n)
    night = np.minimum(np.exp(np.log(540) + 0.6 * rng.normal(size=n)), 3600).astype(np.int64) // 5 * 5
    days = (rng.exponential(20 * 1440, n) + 1440).astype(np.int64)
    since = np.where(span == "overnight", happened - (v * night).astype(np.int64) // 5 * 5, happened)
    short = happened + np.where(u < 0.75, 0, 5 + (w * 90).astype(np.int64))
    long = np.select([u < 0.5, u < 0.8], [happened, happened + 120 + (w * 600).astype(np.int64)],
                     happened + 1440 + (w * 6 * 1440).astype(np.int64))  # fmt: skip
    ends = {"point": happened, "short": short, "long": long, "course": happened + days, "overnight": since + night}
    until = np.select([span == k for k in ends], list(ends.values()), happened)
    return since, np.maximum(since, np.minimum(until, np.where(span == "overnight", until, last)))


def without_end(rng: np.random.Generator, span: Texts, until: Ints) -> Ints:
    """The same ends, some of them left out as exports leave them out."""
    u = rng.random(len(until))
    null = np.select([span == "overnight", span == "course"], [0.03, 0.20], 0.15)
    blank = np.select([span == "overnight", span == "course"], [0.02, 0.10], 0.10)
    return np.where(u < null, -2, np.where(u < null + blank, -1, until))


def recorded_of(rng: np.random.Generator, delay_hours: Floats, until: Ints, last: int) -> Ints:
    """When it was recorded: after the end, log-normally late, never after the export was taken."""
    late = 3 + np.exp(np.log(delay_hours * 40) + rng.normal(size=len(until)))
    when = until + late.astype(np.int64)
    latest = last + EXPORT_DELAY_DAYS * 1440
    within = until + (rng.random(len(until)) * (latest - until)).astype(np.int64)
    return np.where(when > latest, within, when)


def skip_missing_hour(minutes: Ints, start: date, end: date) -> Ints:
    """Wall-clock times that do not exist on the night the clocks go forward become 02:00."""
    out = minutes.copy()
    for year in range(start.year, end.year + 2):
        one = int(np.datetime64(clock_changes(year)[0]).astype("datetime64[m]").astype(np.int64)) + 60
        out[(minutes >= one) & (minutes < one + 60)] = one + 60
    return out


def draw(rng: np.random.Generator, streams: pd.DataFrame, ground: Ground, start: date, end: date) -> Records:
    """Every record of some streams."""
    mix = offence_mix()
    number = rng.poisson(streams["expected"].to_numpy())
    stream = np.repeat(np.arange(len(streams)), number)
    places = {place: address_shares(place, ground) for place in sorted(set(streams["place"]))}
    address = draw_index(rng, streams["place"].iloc[stream].reset_index(drop=True), places)
    offence = streams["offence"].to_numpy()[stream]
    last = int(np.datetime64(end).astype("datetime64[m]").astype(np.int64)) + 1439
    first = int(np.datetime64(start).astype("datetime64[m]").astype(np.int64))
    span = mix["span"].to_numpy(dtype=object)[offence]
    since, until = spans_of(rng, span, times_of(rng, streams, stream, start, end), last)
    since = skip_missing_hour(np.maximum(since, first), start, end)
    until = np.maximum(since, skip_missing_hour(until, start, end))
    recorded = recorded_of(rng, mix["delay_hours"].to_numpy(float)[offence], until, last)
    return Records(
        offence, streams["domestic"].to_numpy()[stream], address, since, without_end(rng, span, until),
        skip_missing_hour(recorded, start, end), extras_of(rng, offence),
    )  # fmt: skip


def extras_of(rng: np.random.Generator, offence: Ints) -> Ints:
    """Which further offences each record holds, as bits."""
    companions = further_offences()
    u = rng.random((1 + max(c.place for c in companions), len(offence)))
    extra = np.zeros(len(offence), dtype=np.int64)
    for c in companions:
        extra |= np.where((offence == c.offence) & (u[c.place] < c.probability), 1 << c.place, 0)
    return extra


def flags(rng: np.random.Generator, probability: Floats, blank: float) -> Texts:
    """Y or N; of the N, a share is left blank as if nobody had filled the box."""
    yes = rng.random(len(probability)) < probability
    empty = rng.random(len(probability)) < blank
    return np.where(yes, "Y", np.where(empty, "", "N"))


def victim_ages(rng: np.random.Generator, mix: pd.DataFrame, offence: Ints) -> Texts:
    """Age of the victim: young adults mostly, some under 18; blank where there is no person or nobody asked."""
    adults_only = mix["title"].str.contains("16 or over|constable|emergency worker|Police").to_numpy()[offence]
    n = len(offence)
    young = (rng.random(n) < 0.14) & ~adults_only
    age = np.where(young, rng.integers(8, 18, n), 18 + np.minimum(rng.gamma(1.9, 9.5, n), 77).astype(np.int64))
    asked = rng.random(n) < mix["victim"].to_numpy(float)[offence] * 0.94
    return np.where(asked, age.astype(str), "")


def stamps(minutes: Ints) -> Texts:
    """Minutes since 1970 as 24/05/2025 21:40."""
    if len(minutes) == 0:
        return np.zeros(0, dtype="U16")
    day, in_day = np.divmod(minutes, 1440)
    low = int(day.min())
    span = np.arange(low, int(day.max()) + 1).astype("datetime64[D]").astype(object)
    dates = np.array([f"{d:%d/%m/%Y} " for d in span])
    clock = np.array([f"{m // 60:02d}:{m % 60:02d}" for m in range(1440)])
    return np.strings.add(dates[day - low], clock[in_day])


def alcohol_chances(mix: pd.DataFrame, records: Records) -> Floats:
    """Chance that alcohol was involved: higher at night."""
    hour = records.since % 1440 // 60
    at_night = np.where((hour >= 20) | (hour < 5), 1.4, 0.7)
    return np.asarray(np.clip(mix["alcohol"].to_numpy(float)[records.offence] * at_night, 0, 1))


def record_texts(rng: np.random.Generator, records: Records, ground: Ground) -> dict[str, Texts]:
    """The columns that belong to a record, whichever of its offences a row tells of."""
    mix = offence_mix()
    n = len(records.offence)
    of = {c: mix[c].to_numpy(float)[records.offence] for c in ("knife", "firearm", "proactive", "no_place")}
    located = rng.random(n) >= of["no_place"]
    until = stamps(np.maximum(records.until, records.since))
    return {
        "COMMITTED_FROM": stamps(records.since),
        "COMMITTED_TO": np.where(records.until == -2, "NULL", np.where(records.until == -1, "", until)),
        "RECORDED_ON": stamps(records.recorded),
        "EASTING": np.where(located, ground.easting[records.address].astype(str), ""),
        "NORTHING": np.where(located, ground.northing[records.address].astype(str), ""),
        "KNIFE": flags(rng, of["knife"], 0.03),
        "FIREARM": flags(rng, of["firearm"], 0.03),
        "DOMESTIC": flags(rng, records.domestic.astype(float), 0.02),
        "ALCOHOL": flags(rng, alcohol_chances(mix, records), 0.10),
        "PROACTIVE": flags(rng, of["proactive"], 0.0),
        "VICTIM_AGE": victim_ages(rng, mix, records.offence),
        "LOCATION_TYPE": np.where(rng.random(n) < 0.04, "", ground.label[records.address]),
    }


def code_texts(rng: np.random.Generator, offence: Ints) -> dict[str, Texts]:
    """Title, Athena URN and Home Office class of each row; now and then a code is missing."""
    mix = offence_mix()
    ho_class = mix["ho_class"].to_numpy(dtype=object)[offence]
    u = rng.random(len(offence))
    wounding = ho_class == AMBIGUOUS_CLASS
    no_urn = np.where(wounding, u < NO_URN_WOUNDING, u < NO_URN + NO_CODE_AT_ALL)
    no_class = ~wounding & (u >= NO_URN) & (u < NO_URN + NO_CODE_AT_ALL + NO_CLASS)
    return {
        "HO_CLASS": np.where(no_class, "", ho_class),
        "ATHENA_URN": np.where(no_urn, "", mix["athena_urn"].to_numpy(dtype=object)[offence]),
        "OFFENCE_TITLE": mix["title"].to_numpy(dtype=object)[offence],
    }


def rows_of(records: Records) -> tuple[Ints, Ints, Ints]:
    """(record, offence, place on the record) of every row; place 0 is the record's main offence."""
    n = len(records.offence)
    record, offence, place = [np.arange(n)], [records.offence], [np.zeros(n, dtype=np.int64)]
    for c in further_offences():
        hit = np.flatnonzero((records.offence == c.offence) & (records.extra & (1 << c.place) > 0))
        record.append(hit)
        offence.append(np.full(len(hit), c.further))
        place.append(np.full(len(hit), c.place + 1))
    return np.concatenate(record), np.concatenate(offence), np.concatenate(place)


def part_of(rng: np.random.Generator, records: Records, ground: Ground) -> tuple[dict[str, Texts], dict[str, Ints]]:
    """The text columns of some records' rows, and the numbers to order them by."""
    record, offence, place = rows_of(records)
    columns = {name: texts[record] for name, texts in record_texts(rng, records, ground).items()}
    columns |= code_texts(rng, offence)
    return columns, {"recorded": records.recorded[record], "record": record, "place": place}


def export_of(parts: Sequence[tuple[dict[str, Texts], dict[str, Ints]]]) -> pd.DataFrame:
    """All rows as the text table a force would export: records as they were recorded, main offence first."""
    keys = {k: np.concatenate([numbers[k] for _, numbers in parts]) for k in ("recorded", "record", "place")}
    part = np.repeat(np.arange(len(parts)), [len(numbers["record"]) for _, numbers in parts])
    order = np.lexsort((keys["place"], keys["record"], part, keys["recorded"]))
    columns = {c: np.concatenate([texts[c] for texts, _ in parts])[order] for c in parts[0][0]}
    number = np.cumsum(keys["place"][order] == 0)
    columns["CRIME_REF"] = np.array([f"DEMO-{n:07d}" for n in number], dtype=object)
    return pd.DataFrame({name: columns[name] for name in EXPORT_COLUMNS}, dtype="str")
