"""Do stated chances and intervals come true? ``python scripts/check_chances.py`` writes docs/chances.md.

Later months are held out, forces are not: the usual drift was chosen while looking at these data. Lancashire (archive
of data.police.uk, twelve months, then three; windows on one side of a change of map points), and violence in 24 other
forces of 2025 (six months, then three; origins July to October). "Before" is the model without drift.

Needs ``HOTSPOTS_SHARED_DATA`` and a workspace that holds the Lancashire archive (``--workspace``). About two minutes.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

HOME = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HOME))

from hotspots.backtest.compare import BINS  # noqa: E402
from hotspots.backtest.periods import crosses, windows  # noqa: E402
from hotspots.backtest.workspace import history_of  # noqa: E402
from hotspots.ranking.expected.counted import NONE, chance_of_counted_top, counted_interval, drift_of, in_top  # noqa: E402
from hotspots.ranking.expected.counts import surroundings_of, tally  # noqa: E402
from hotspots.ranking.expected.fitting import fit  # noqa: E402
from hotspots.ranking.expected.posterior import moments, posterior_of  # noqa: E402
from hotspots.ranking.question import Question  # noqa: E402
from tests.weighing import scores_of  # noqa: E402

DOC = HOME / "docs" / "chances.md"
HEAD = f"""# Do stated chances come true?

*Written by `python scripts/check_chances.py` on {date.today()}; do not edit by hand. Contains public sector information
licensed under the Open Government Licence v3.0.*

`p_top_next` is the chance of being in the top 20 (of a BCU in Lancashire, of the whole force elsewhere) by the harm
counted over the next three months, which the model has not seen. Bands are those of the words of `sure`. *Before*: the
model without drift; *after*: with it (docs/method.md, Drift). Lancashire: violence categories, proxy weights, twelve
months. The others: violence in 2025, six months, origins July to October. The usual drift and how surely it is held
were chosen while looking at all of these data. No origin's own later months entered its forecast, but no force is left
on which nothing was chosen: expect somewhat worse elsewhere.

Read with care: origins of one force share most of their months, and the same few cells stand in a high band again and
again, so a difference of some points in a band of under a hundred cell-origins is within chance.
"""
TOP, FIRST, HORIZON = 20, 60, 3


class Said(NamedTuple):
    """One origin: chances before and after with what came, and the share of the first 60 inside their intervals."""

    chances: tuple[np.ndarray, np.ndarray]
    came: np.ndarray
    inside: tuple[float, float]


def said_at(
    cube: pd.DataFrame, scores: pd.DataFrame, groups: pd.Series | None, before: list[int], tested: list[int]
) -> Said:
    """What the window says without and with drift, and what came."""
    counts = tally(cube[cube["period"].isin(before)].reset_index(drop=True), scores, before)
    near = surroundings_of(counts.cell)
    fitted = fit(counts, near)
    posterior = posterior_of(counts, near, fitted)
    codes = np.where(counts.seen, 0, -1)
    if groups is not None:
        codes = np.where(counts.seen, pd.factorize(groups.reindex(counts.cell))[0], -1)
    later = cube[cube["period"].isin(tested) & cube["cell"].isin(counts.cell)]
    days = scores["days"].fillna(0).to_numpy(dtype=float)[later["offence"].to_numpy()]
    place = np.searchsorted(counts.cell, later["cell"].to_numpy(dtype=np.int64))
    harm = np.bincount(place, later["n_offences"].to_numpy() * days, len(counts.cell))
    top = np.zeros(len(codes))
    for group in range(codes.max() + 1):
        members = np.flatnonzero(codes == group)
        top[members] = in_top(harm[members][:, None], TOP)[:, 0]
    first = np.argsort(-moments(posterior)[0], kind="stable")[:FIRST]
    chances, inside = [], []
    for drift in (NONE, drift_of(counts, near, fitted, HORIZON)):
        chances.append(chance_of_counted_top(posterior, codes, TOP, HORIZON, drift)[codes >= 0])
        low, high = counted_interval(posterior, first, HORIZON, drift)
        inside.append(float(((harm[first] >= low) & (harm[first] <= high)).mean()))
    return Said((chances[0], chances[1]), top[codes >= 0], (inside[0], inside[1]))


def lancashire(workspace: Path) -> Iterator[Said]:
    """Every origin whose fifteen months are held, on one side of the changes of map points."""
    history = history_of(workspace, Question())
    held = set(history.periods)
    for origin in history.periods:
        before, tested = windows(origin, 12, HORIZON)
        if {*before, *tested} <= held and not crosses(origin, 12, HORIZON, history.breaks):
            yield said_at(history.cube, history.scores, history.groups, before, tested)


def others(half: int) -> Iterator[Said]:
    """Violence in every second of the other forces, the top of the whole force."""
    table = pd.read_parquet(Path(os.environ["HOTSPOTS_SHARED_DATA"]) / "other_forces" / "cells_2025.parquet")
    table = table[table["crime_type"] == "Violence and sexual offences"]
    table = table.assign(period=table["month"].astype(str).str.replace("-", "").astype(int))
    for force in sorted(table["force"].unique())[half::2]:
        own = table[table["force"] == force].groupby(["cell", "period"], as_index=False)["n"].sum()
        cube = own.rename(columns={"n": "n_offences"}).assign(offence=0, n_incidents=own["n"])
        for origin in (202507, 202508, 202509, 202510):
            yield said_at(cube, scores_of([1.0]), None, *windows(origin, 6, HORIZON))


def table_of(title: str, found: list[Said]) -> list[str]:
    """A table of bands: what was said and what came, before and after."""
    inside = np.mean([s.inside for s in found], axis=0)
    came = np.concatenate([s.came for s in found])
    lines = [
        f"*{title}* ({len(found)} origins). 90% intervals of the first {FIRST} cells hold {inside[0]:.1%} before and"
        f" **{inside[1]:.1%}** after.", "",
        "| stated | before: cells | mean | came true | after: cells | mean | came true |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]  # fmt: skip
    for low, high in pairwise(BINS[1:]):
        row = f"| {low:.2f}–{high:.2f} |"
        for which in (0, 1):
            stated = np.concatenate([s.chances[which] for s in found])
            band = (stated >= low) & ((stated < high) | (high == 1))
            mean, true = (f"{x[band].mean():.3f}" if band.any() else "–" for x in (stated, came))
            row += f" {band.sum():,} | {mean} | {true} |"
        lines.append(row)
    return [*lines, ""]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", type=Path, required=True)
    asked = parser.parse_args()
    parts = [
        ("Lancashire", list(lancashire(asked.workspace))),
        ("Every second of the other forces, from Cheshire on", list(others(1))),
        ("Every second of the other forces, from Bedfordshire on", list(others(0))),
    ]  # fmt: skip
    text = "\n".join(line for title, found in parts for line in table_of(title, found))
    print(text)
    DOC.write_text(f"{HEAD}\n{text.rstrip()}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
