"""How often each offence happens where: Poisson streams of the town and of the planted hot spots.

Each offence of ``data/demo_offence_mix.csv`` is two streams, domestic and not, with its own kinds of place, hours and
season; each planted hot spot adds streams of its own.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from hotspots.base.shipped import DATA
from hotspots.demo.rhythms import SPOT_RHYTHM, SPOTS, slots

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
