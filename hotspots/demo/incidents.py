"""A synthetic export of timed incidents on Lancashire's real geography, with planted hot spots and the truth.

Nothing in it happened. The places, offence codes and titles are real; every incident, reference, time and
victim is drawn from a seed, so the same seed gives the same bytes. It exists so that every page can be seen
working and so that tests can ask whether what was planted is found again.

Addresses are drawn once from the seed (`hotspots.demo.ground`); incidents repeat at them. Each offence is two Poisson
streams with rhythms and seasons of their own, and planted hot spots add theirs (`hotspots.demo.streams`). So the count
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

import pandas as pd

from hotspots import geography
from hotspots.demo import DEFAULT_SEED
from hotspots.demo.ground import ground_of, random_of
from hotspots.demo.records import draw, export_of, part_of
from hotspots.demo.rhythms import window_of
from hotspots.demo.streams import DEFAULT_PER_YEAR, offence_mix, streams_of
from hotspots.demo.truth import expected_matrix, truth_of


def expected_rows(
    seed: int = DEFAULT_SEED,
    start: date | None = None,
    end: date | None = None,
    n_per_year: int = DEFAULT_PER_YEAR,
    planted: bool = True,
) -> pd.DataFrame:
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
    seed: int = DEFAULT_SEED,
    start: date | None = None,
    end: date | None = None,
    n_per_year: int = DEFAULT_PER_YEAR,
    planted: bool = True,
) -> tuple[pd.DataFrame, dict[str, Any]]:
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
    export = synthetic_export(seed, start, end, n_per_year, planted)
    return export, truth_of(seed, start, end, n_per_year, planted, export)


def synthetic_export(seed: int, start: date, end: date, n_per_year: int, planted: bool) -> pd.DataFrame:
    """The export without its truth, which takes longer to make."""
    ground = ground_of(seed)
    parts = []
    for what, streams in zip(("background", "planted"), streams_of(start, end, n_per_year, planted), strict=True):
        rng = random_of(seed, what)
        parts.append(part_of(rng, draw(rng, streams, ground, start, end), ground))
    return export_of(parts)
