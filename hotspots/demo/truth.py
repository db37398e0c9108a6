"""What was planted and what is to be expected, as plain numbers and text: the truth behind the synthetic incidents."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from hotspots import geography
from hotspots.demo.ground import OUTSIDE_SHARE, Ground, address_shares, ground_of
from hotspots.demo.rhythms import HOT_BLOCKS, RHYTHMS, SEASONS, SPOT_RHYTHM, block_hours, hour_of_week
from hotspots.demo.spots import SPOTS, cell_shares, spot_cells
from hotspots.demo.streams import DEFAULT_PER_YEAR, offence_mix, streams_of, with_companions


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
        "name": spot.name,
        "bcu": spot.bcu,
        "kind": spot.kind,
        "centre": {"lon": spot.lon, "lat": spot.lat},
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
    }


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
        "seed": seed,
        "start": start.isoformat(),
        "end": end.isoformat(),
        "n_per_year": n_per_year,
        "planted": planted,
        "rows": len(export),
        "records": int(export["CRIME_REF"].nunique()),
        "expected": expected_totals(both, ground),
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
    }
