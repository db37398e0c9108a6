"""A synthetic export of timed incidents on Lancashire's real geography, with planted hot spots and the truth.

Nothing in it happened. The places, offence codes and titles are real; every incident, reference, time and
victim is drawn from a seed, so the same seed gives the same bytes. It exists so that every page can be seen
working and so that tests can ask whether what was planted is found again.

Addresses are drawn once from the seed (`hotspots.demo.ground`); incidents repeat at them. Each offence is two Poisson
streams with rhythms and seasons of their own, and planted hot spots add theirs (`hotspots.demo.records`). So the count
of any offence in any cell over the window is Poisson with a known mean (:func:`expected_rows`). Offences that nobody
saw (burglary, thefts from vehicles) get a span around the drawn time: COMMITTED_FROM lies earlier than the rhythm says.

As in a force's export, several rows share a CRIME_REF where one record holds several offences; some
rows have no coordinates (unevenly by offence), no Athena URN or no Home Office class; COMMITTED_TO may be blank
or 'NULL'; a few incidents lie outside the force. Times are Europe/London wall clock: the hour that does not
exist in March is never used, the hour that comes twice in October holds twice as much.

Limits: the volume is about a quarter of the force's, hot spots do not move, appear or fade of themselves (the whole
demo thins the treated ones from a day on: ``hotspots.demo.effects``), repeat victims and near repeats are not
modelled, and the delay between incident and record has no weekly rhythm.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from hotspots import geography
from hotspots.demo import DEFAULT_SEED
from hotspots.demo.ground import OUTSIDE_SHARE, Ground, address_shares, ground_of, random_of
from hotspots.demo.records import DEFAULT_PER_YEAR, draw, export_of, offence_mix, part_of, streams_of, with_companions
from hotspots.demo.rhythms import (
    HOT_BLOCKS,
    RHYTHMS,
    SEASONS,
    SPOT_RHYTHM,
    SPOTS,
    block_hours,
    cell_shares,
    hour_of_week,
    spot_cells,
    window_of,
)


def expected_matrix(streams: pd.DataFrame, ground: Ground) -> pd.DataFrame:
    """Expected rows with coordinates by (cell, offence, domestic), of some streams."""
    mix = offence_mix()
    cells, at = np.unique(ground.cell, return_inverse=True)
    frames = []
    rows = with_companions(streams)
    rows["located"] = rows["expected"] * (1 - mix["no_place"].to_numpy()[rows["main"]])
    for place, group in rows.groupby("place", sort=True):
        by_cell = np.bincount(at, weights=address_shares(str(place), ground), minlength=len(cells))
        used = np.flatnonzero(by_cell)
        by_offence = group.groupby(["offence", "domestic"])["located"].sum()
        frames.append(pd.DataFrame({
            "cell": np.tile(cells[used], len(by_offence)),
            "offence": np.repeat(by_offence.index.get_level_values(0).to_numpy(), len(used)),
            "domestic": np.repeat(by_offence.index.get_level_values(1).to_numpy(), len(used)),
            "expected": np.outer(by_offence.to_numpy(), by_cell[used]).ravel(),
        }))  # fmt: skip
    table = pd.concat(frames, ignore_index=True)
    return table.groupby(["cell", "offence", "domestic"], sort=True)["expected"].sum().reset_index()


def street_violence(table: pd.DataFrame) -> pd.Series:
    """Which rows of an expectation are street violence: the titles of the mix, not domestic."""
    titles = offence_mix()["street_violence"].to_numpy(int)[table["offence"]] == 1
    return pd.Series(titles & ~table["domestic"].to_numpy(bool), index=table.index)


def sums(table: pd.DataFrame, digits: int = 4) -> dict[str, float]:
    """Expected rows by cell, as hex: number."""
    by_cell = table.groupby("cell")["expected"].sum()
    cells = geography.hex_ids(by_cell.index.to_numpy())
    return {cell: round(float(v), digits) for cell, v in zip(cells, by_cell, strict=True)}


def spot_truth(number: int, scale: float, background: dict[str, float], everything: dict[str, float]) -> dict[str, Any]:
    """What was planted in one hot spot; the two dicts hold expected street violence by cell."""
    spot, mix = SPOTS[number], offence_mix()
    cells = geography.hex_ids(np.array(spot_cells(spot), dtype=np.int64))
    share = mix[spot.kind] / mix[spot.kind].sum()
    hot = RHYTHMS[SPOT_RHYTHM[spot.kind]][: HOT_BLOCKS[spot.kind]]
    names = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    return {
        "name": spot.name, "bcu": spot.bcu, "kind": spot.kind, "centre": {"lon": spot.lon, "lat": spot.lat},
        "cells": cells,
        "cell_shares": [round(float(s), 6) for s in cell_shares(spot.n_cells)],
        "planted_records_per_year": round(scale * spot.per_year, 4),
        "offence_mix": {t: round(float(v), 6) for t, v in zip(mix["title"], share, strict=True) if v},
        "rhythm": SPOT_RHYTHM[spot.kind],
        "hot_hours": [{"days": [names[d] for d in b.days], "from_hour": b.first, "to_hour": b.last % 24} for b in hot],
        "hot_hours_of_week": block_hours(hot),
        "hot_hours_share": round(float(hour_of_week(SPOT_RHYTHM[spot.kind])[block_hours(hot)].sum()), 6),
        "expected_street_violence": {c: everything.get(c, 0.0) for c in cells},
        "expected_street_violence_background": {c: background.get(c, 0.0) for c in cells},
    }  # fmt: skip


def expected_totals(streams: pd.DataFrame, ground: Ground) -> dict[str, Any]:
    """Expected numbers of the whole window."""
    mix = offence_mix()
    rows = with_companions(streams)
    located = rows["expected"] * (1 - mix["no_place"].to_numpy()[rows["main"]])
    by_title = rows.groupby("offence")["expected"].sum()
    titles = mix["title"].loc[by_title.index]
    return {
        "records": round(float(streams["expected"].sum()), 3),
        "rows": round(float(rows["expected"].sum()), 3),
        "rows_with_place": round(float(located.sum()), 3),
        "rows_outside_force": round(float(located[rows["spot"] < 0].sum()) * OUTSIDE_SHARE, 3),
        "rows_by_title": {t: round(float(v), 4) for t, v in zip(titles, by_title, strict=True)},
    }


def truth_of(seed: int, start: date, end: date, n_per_year: int, planted: bool, export: pd.DataFrame) -> dict[str, Any]:
    """Everything that was put in, as plain numbers and text."""
    ground, mix = ground_of(seed), offence_mix()
    background, spots = streams_of(start, end, n_per_year, planted)
    both = pd.concat([background, spots], ignore_index=True)
    alone, table = expected_matrix(background, ground), expected_matrix(both, ground)
    street_alone, street = sums(alone[street_violence(alone)]), sums(table[street_violence(table)])
    scale = n_per_year / DEFAULT_PER_YEAR if planted else 0.0
    return {
        "note": "SYNTHETIC: nothing in this data happened. Drawn from a seed for demonstration and tests.",
        "seed": seed, "start": start.isoformat(), "end": end.isoformat(), "n_per_year": n_per_year, "planted": planted,
        "rows": len(export), "records": int(export["CRIME_REF"].nunique()), "expected": expected_totals(both, ground),
        "background": {
            "records_per_year": round(float(background["per_year"].sum()), 3),
            "share_outside_force": OUTSIDE_SHARE,
            "addresses": ground.n_background,
        },
        "hour_of_week": {name: [round(float(v), 8) for v in hour_of_week(name)] for name in RHYTHMS},
        "seasons": {name: {"size": size, "peak_day_of_year": peak} for name, (size, peak) in SEASONS.items()},
        "street_violence": {
            "rule": "rows with one of these titles whose DOMESTIC is not Y",
            "titles": mix.loc[mix["street_violence"] == 1, "title"].tolist(),
        },
        "hot_spots": [spot_truth(i, scale, street_alone, street) for i in range(len(SPOTS))],
        "expected_rows_by_cell": sums(table),
        "expected_street_violence_by_cell": street,
    }  # fmt: skip


def expected_rows(
    seed: int = DEFAULT_SEED, start: date | None = None, end: date | None = None, n_per_year: int = DEFAULT_PER_YEAR,
    planted: bool = True,
) -> pd.DataFrame:  # fmt: skip
    """The means of the Poisson counts behind :func:`synthetic_incidents`, for the same arguments.

    One row per cell and offence: ``cell`` (H3 resolution 10, hex), ``athena_urn``, ``title``, ``domestic`` and
    ``expected`` (rows *with coordinates* in the window, those outside the force included; a missing URN on the
    row makes no difference here).
    """
    start, end = window_of(seed, start, end, n_per_year)
    ground, mix = ground_of(seed), offence_mix()
    table = expected_matrix(pd.concat(streams_of(start, end, n_per_year, planted), ignore_index=True), ground)
    return pd.DataFrame({
        "cell": geography.hex_ids(table["cell"].to_numpy()),
        "athena_urn": mix["athena_urn"].to_numpy()[table["offence"]],
        "title": mix["title"].to_numpy()[table["offence"]],
        "domestic": table["domestic"].to_numpy(),
        "expected": table["expected"].to_numpy(),
    })  # fmt: skip


def synthetic_incidents(
    seed: int = DEFAULT_SEED, start: date | None = None, end: date | None = None, n_per_year: int = DEFAULT_PER_YEAR,
    planted: bool = True,
) -> tuple[pd.DataFrame, dict[str, Any]]:  # fmt: skip
    """A force-like export of synthetic incidents, and the truth behind it.

    The window is ``start`` to ``end``, both included; without a start it is `hotspots.demo.rhythms.demo_window` of the
    end, so without either 2024-11-01 to 2026-10-31. The table has one row per offence on a record and the text columns
    of `hotspots.demo.records.EXPORT_COLUMNS`; ``n_per_year`` is the expected number of records a year, planted ones
    included. ``planted=False`` leaves the hot spots out and the background as it was, record for record but for their
    running numbers.

    The truth can be written as JSON: the planted hot spots with cells, rates, offence mix and hot hours; rhythms
    and seasons; expected numbers by title and by cell.

    Raises HotspotsError for a window that ends before it starts, a negative seed or fewer than 100 a year.
    """
    start, end = window_of(seed, start, end, n_per_year)
    ground = ground_of(seed)
    parts = []
    for what, streams in zip(("background", "planted"), streams_of(start, end, n_per_year, planted), strict=True):
        rng = random_of(seed, what)
        parts.append(part_of(rng, draw(rng, streams, ground, start, end), ground))
    export = export_of(parts)
    return export, truth_of(seed, start, end, n_per_year, planted, export)
