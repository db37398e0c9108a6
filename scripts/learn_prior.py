"""Learn on other forces what other crimes say of violence in a cell, and judge it force by force (record 40).

``python scripts/learn_prior.py [FOLDER] [--forces N]``: FOLDER (or the variable HOTSPOTS_SHARED_DATA) holds
``other_forces/cells_2025.parquet`` (force, H3 resolution 10 cell, month, crime type, n). Prints the regression learnt
on all of them, then a table in Markdown: how much of later violence the first cells catch by a count, and how much more
by expected harm as it is and by the learnt prior. Each force is judged by a prior that was learnt on others only.

The prior: f = exp(b + sum over kinds and rings of c log(1 + 6 crimes a month)), the violence of three months in a cell
from its crimes other than violence in it, in the six cells around and in the twelve around those. Of robbery, weapons
and drugs nothing is read: the first belongs to what is asked about, the others are found by patrols. A cell's rate is
Gamma with mean level f and shape s f^e, then its own six months are counted. Poisson regression by Newton's method, s
and e by the deviance of the later months; nothing is random but how forces are parted (`SEED`).
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

from hotspots.geography.neighbours import disk_pairs  # noqa: E402
from hotspots.ranking.expected.model import expected_harm  # noqa: E402

Floats = NDArray[np.float64]

SOURCE = Path("other_forces") / "cells_2025.parquet"
TARGET = "Violence and sexual offences"
# robbery and weapons belong to the selections that are asked about; drugs and weapons are found by patrols
LEFT_OUT = (TARGET, "Robbery", "Possession of weapons", "Drugs")
RINGS = 3
TRAIN, AHEAD = 6, 3
LEARN_AT, JUDGE_AT = (6, 9), (6, 7, 8, 9)  # months of 2025 before the first that is to be foreseen
RIDGE = 1e-4
STRENGTHS = (0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0)
EXPONENTS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
DECIMALS = 4
SEED, PARTS = 1, 4
CELLS = (20, 60, 200)


@dataclass(frozen=True)
class Prior:
    """``coefficients``: kinds × rings."""

    kinds: list[str]
    intercept: float
    coefficients: Floats
    strength: float
    exponent: float


@dataclass(frozen=True)
class Origin:
    """One force at one origin: cells with a crime in training; their features, violence before and after."""

    force: str
    cells: NDArray[np.int64]
    x: Floats
    before: Floats
    after: Floats


def origin_of(rows: pd.DataFrame, force: str, at: int, kinds: list[str]) -> Origin:
    """``at``: months of the year before the first that is to be foreseen."""
    past = rows[(rows["m"] >= at - TRAIN) & (rows["m"] < at)]
    cells = np.unique(past["cell"].to_numpy(dtype=np.int64))
    x = features(cells, past, kinds)
    violent = rows[rows["crime_type"] == TARGET]
    before = violence_in(violent[(violent["m"] >= at - TRAIN) & (violent["m"] < at)], cells)
    after = violence_in(violent[(violent["m"] >= at) & (violent["m"] < at + AHEAD)], cells)
    return Origin(force, cells, x, before, after)


def features(cells: NDArray[np.int64], past: pd.DataFrame, kinds: list[str]) -> Floats:
    """log(1 + 6 crimes a month) of each cell, kind and ring: cells × (kinds · rings), rings of a kind side by side."""
    kind = past["crime_type"].map({name: i for i, name in enumerate(kinds)})
    told = kind.notna().to_numpy()
    key = np.searchsorted(cells, past["cell"][told]) * len(kinds) + kind[told].astype("int64")
    held = np.bincount(key, past["n"][told], len(cells) * len(kinds)).reshape(len(cells), len(kinds))
    row, column, ring = disk_pairs(cells, RINGS - 1)
    found = np.empty((len(cells), len(kinds), RINGS))
    for r in range(RINGS):
        pairs = (np.ones(int((ring == r).sum())), (row[ring == r], column[ring == r]))
        found[:, :, r] = csr_array(pairs, shape=(len(cells), len(cells))) @ held
    return np.log1p(found * 6 / TRAIN).reshape(len(cells), len(kinds) * RINGS)


def violence_in(rows: pd.DataFrame, cells: NDArray[np.int64]) -> Floats:
    return rows.groupby("cell")["n"].sum().reindex(cells).fillna(0).to_numpy(dtype=float)


def regression(x: Floats, y: Floats) -> tuple[float, Floats]:
    """(intercept, coefficients) of a Poisson regression; ridge on standardised columns."""
    mean, scale = x.mean(axis=0), x.std(axis=0)
    z = np.column_stack([np.ones(len(x)), (x - mean) / scale])
    beta = np.zeros(z.shape[1])
    beta[0] = np.log(y.mean())
    penalty = np.diag(np.r_[0.0, np.full(x.shape[1], RIDGE * len(y))])
    for _ in range(50):
        mu = np.exp(np.clip(z @ beta, -20, 20))
        step = np.linalg.solve(z.T @ (z * mu[:, None]) + penalty, z.T @ (y - mu) - penalty @ beta)
        beta += np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-9:
            break
    own = beta[1:] / scale
    return float(beta[0] - mean @ own), own


def strength_of(f: Floats, before: Floats, after: Floats) -> tuple[float, float]:
    """(strength, exponent) whose expectations come nearest to the later counts: by Poisson deviance.

    Not by the likelihood of the Gamma's own counts: incidents come in series, and it would take those for differences
    between cells.
    """

    def deviance(s: float, e: float) -> float:
        shape = s * f**e
        expected = (shape + before) / (shape / f + TRAIN / AHEAD)
        return float((expected - after * np.log(expected)).sum())

    return min(product(STRENGTHS, EXPONENTS), key=lambda pair: deviance(*pair))


def learn(origins: list[Origin], kinds: list[str]) -> Prior:
    """The prior from these forces."""
    x, before, after = (np.concatenate([getattr(o, part) for o in origins]) for part in ("x", "before", "after"))
    intercept, own = regression(x, after)
    own, intercept = np.round(own, DECIMALS), round(intercept, DECIMALS)
    strength, exponent = strength_of(np.exp(intercept + x @ own), before, after)
    return Prior(kinds, intercept, own.reshape(len(kinds), RINGS), strength, exponent)


# ---------------------------------------------------------------- how much it catches


def caught(figure: Floats, came: Floats, whole: float) -> list[float]:
    """Percent of all that came in the first cells by a figure; cells are in order of id, which settles ties."""
    after = np.cumsum(came[np.argsort(-figure, kind="stable")]) / whole * 100
    return [float(after[min(n, len(after)) - 1]) for n in CELLS]


def judged(rows: pd.DataFrame, origin: Origin, at: int, prior: Prior) -> dict[str, list[float]]:
    """Percent caught by count, by expected harm as it is and by the prior, at one origin."""
    violent = rows[rows["crime_type"] == TARGET]
    past = violent[(violent["m"] >= at - TRAIN) & (violent["m"] < at)]
    cube = pd.DataFrame({
        "cell": past["cell"], "period": 202501 + past["m"], "offence": 0, "n_offences": past["n"],
        "n_incidents": past["n"],
    })  # fmt: skip
    now = expected_harm(cube, ONE, periods=[202501 + m for m in range(at - TRAIN, at)], draws=0)
    f = np.exp(prior.intercept + origin.x @ prior.coefficients.ravel())
    shape, level = prior.strength * f**prior.exponent, origin.before.sum() * AHEAD / TRAIN / f.sum()
    figures = {
        "count": origin.before,
        "expected": now.set_index("cell")["harm_expected_days"].reindex(origin.cells).fillna(0).to_numpy(),
        "prior": (shape + origin.before) / (shape / (level * f) + TRAIN / AHEAD),
    }
    whole = violent[(violent["m"] >= at) & (violent["m"] < at + AHEAD)]["n"].sum()
    return {name: caught(figure, origin.after, whole) for name, figure in figures.items()}


ONE = pd.DataFrame({"status": ["scored"], "days": [1.0]})


def table(rows: dict[str, pd.DataFrame], kinds: list[str]) -> pd.DataFrame:
    """Per force, over the origins: percent caught at each number of cells; its prior learnt on other forces."""
    names = list(rows)
    part = np.random.default_rng(SEED).permutation(len(names)) % PARTS
    origins = {f: [origin_of(rows[f], f, at, kinds) for at in LEARN_AT] for f in names}
    lines = []
    for number in range(PARTS):
        learnt = learn([o for f, p in zip(names, part, strict=True) if p != number for o in origins[f]], kinds)
        for force in (f for f, p in zip(names, part, strict=True) if p == number):
            for at in JUDGE_AT:
                origin = origin_of(rows[force], force, at, kinds)
                for way, found in judged(rows[force], origin, at, learnt).items():
                    lines += [(force, at, way, n, share) for n, share in zip(CELLS, found, strict=True)]
    return pd.DataFrame(lines, columns=["force", "at", "way", "cells", "caught"])


def shown(found: pd.DataFrame) -> str:
    """The table as Markdown: points more than a count."""
    mean = found.groupby(["force", "way", "cells"])["caught"].mean().unstack("way")
    more = mean[["expected", "prior"]].sub(mean["count"], axis=0)
    wide = pd.concat([mean["count"].rename("count, %"), more], axis=1).unstack("cells").swaplevel(axis=1)
    wide = wide[[(n, c) for n in CELLS for c in ("count, %", "expected", "prior")]]
    said = [f"| force | {' | '.join(f'{n}: {c}' for n, c in wide.columns)} |", "|" + "---|" * (wide.shape[1] + 1)]
    numbers = [[f"{v:.2f}" if c == "count, %" else f"{v:+.2f}" for (_, c), v in r.items()] for _, r in wide.iterrows()]
    said += [f"| {f} | {' | '.join(line)} |" for f, line in zip(wide.index, numbers, strict=True)]
    ends = {
        "mean": pd.Series(
            [f"{v:.2f}" if c == "count, %" else f"{v:+.2f}" for (_, c), v in wide.mean().items()], wide.columns
        ),
        "standard error": (wide.std() / np.sqrt(len(wide))).map("{:.2f}".format),
        "better than a count": (wide > 0).sum().map(lambda n: f"{n} of {len(wide)}"),
    }
    for name, line in ends.items():
        of_it = ["" if c == "count, %" and name.startswith("better") else v for (_, c), v in line.items()]
        said.append(f"| {name} | {' | '.join(of_it)} |")
    return "\n".join(said)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("folder", nargs="?", default=os.environ.get("HOTSPOTS_SHARED_DATA", ""))
    asked.add_argument("--forces", type=int, default=1000, help="of the first N forces only")
    given = asked.parse_args()
    cells = pd.read_parquet(Path(given.folder) / SOURCE)
    month = cells["month"].astype(str).str[5:].astype(int)
    cells = cells.assign(crime_type=cells["crime_type"].astype(str), m=month - 1)
    kinds = sorted({*cells["crime_type"].unique()} - {*LEFT_OUT})
    rows = {str(force): group for force, group in list(cells.groupby("force", observed=True))[: given.forces]}
    prior = learn([origin_of(r, force, at, kinds) for force, r in rows.items() for at in LEARN_AT], kinds)
    print(f"b {prior.intercept}, s {prior.strength}, e {prior.exponent}; c in the cell, around it, around that:")
    for kind, row in zip(kinds, prior.coefficients, strict=True):
        print(f"- {kind}: {', '.join(str(c) for c in row)}")
    print(shown(table(rows, kinds)))


if __name__ == "__main__":
    main()
