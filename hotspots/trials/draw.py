"""Draw a design, and draw it again: what is asked for, what is refused, the randomisation, and redraws that are stored.

Redraws hang on the design, the seed and their number, and on nothing else: those of long trials are stored under a hash
of all of it, so that they can never be stale, and the folder ``cache`` may be deleted at any time.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots.base import disk
from hotspots.base.errors import HotspotsError, sample
from hotspots.base.settings import Settings
from hotspots.trials.layout import COVARIATES, FORMAT, Bools, Design, Ints, rows_by, with_treated
from hotspots.trials.swaps import CHAINS_AT_ONCE, REDRAW_SWEEPS, draw_crossover, inner, rules_of, run_chains, swaps_of

KINDS = ("crossover", "cluster")
BLOCK_DAYS = (7, 14)
STRATA = ("bcu",)  # in each of which a cluster trial randomises


def design(
    areas: pd.DataFrame, first: date, last: date, seed: int, kind: str = "crossover",
    share: float = Settings.trial_share, per_day: Mapping[str, int] | None = None,
    longest_run: int = Settings.trial_longest_run, days_off: Collection[date] = (),
    block_days: int = Settings.trial_block_days, format: int = FORMAT,
) -> Design:  # fmt: skip
    """A trial randomised from ``seed``; the same arguments give the same design.

    ``areas``: area, bcu and, if known, ``pre_count`` and ``pre_harm`` (events and harm days in the period before).
    ``share``: of the days that are not off (crossover) or of the hot spots (cluster). ``per_day``: hot spots that each
    BCU can patrol on one day. ``pre_count`` and ``pre_harm`` steer the cluster assignment only: a crossover keeps its
    rules within each BCU, and every hot spot is its own comparison.
    ``format``: the rules, of `hotspots.trials.layout.FORMATS`; older ones are there to draw an old trial again.
    HotspotsError says which request cannot be kept, and by how much.
    """
    _refuse(areas, first, last, kind, share, per_day, longest_run, block_days)
    off = tuple(sorted({d for d in days_off if first <= d <= last}))
    columns = [c for c in ("area", "bcu", *COVARIATES) if c in areas.columns]
    rows = areas[columns].sort_values("area").to_dict("records")
    places = tuple(tuple((str(c), _plain(c, v)) for c, v in row.items()) for row in rows)
    capacity = tuple(sorted((str(b), int(n)) for b, n in (per_day or {}).items()))
    empty = np.zeros((len(places), (last - first).days + 1), dtype=bool)
    asked = Design(
        kind=kind, first=first, last=last, seed=int(seed), share=float(share), per_day=capacity,
        longest_run=int(longest_run), days_off=off, strata=STRATA, block_days=int(block_days), places=places,
        treated=empty, format=format,
    )  # fmt: skip
    if not asked.open_days.any():
        raise HotspotsError(f"All {len(asked.days)} days of the trial are days off: leave some to patrol.")
    rng = np.random.default_rng([seed, 1])
    treated = draw_crossover(asked, rng) if kind == "crossover" else draw_clusters(asked, 1, rng)[0]
    return with_treated(asked, treated)


def redraw(design: Design, draws: int, seed: int) -> Bools:
    """Other assignments that could have been drawn under the same rules: bool, draws × hot spots × days.

    Crossover: from the design the chain of swaps runs back to a common ancestor, and from there once more for each
    draw on its own (`REDRAW_SWEEPS` rounds, in each of which every hot spot swaps once along all its days). Design and
    draws are then exchangeable whatever the length of the chains, so that a p value of (1 + as extreme)/(draws + 1)
    is exact (Besag & Clifford 1989, doi:10.1093/biomet/76.4.633). With few sweeps draws resemble one another, which
    costs power and not validity. Cluster: independent draws by the rule that made the design.
    """
    if draws < 1:
        raise HotspotsError(f"{draws} redraws were asked for: ask for at least one.")
    rng = np.random.default_rng([seed, 2])
    if design.kind == "cluster":
        return draw_clusters(design, draws, rng)
    rules, start = rules_of(design)
    swaps = list(swaps_of(rules, REDRAW_SWEEPS, rng))
    ancestor = run_chains(rules, start[:, :, None], swaps[::-1], rng)
    out = np.empty((draws, *design.treated.shape), dtype=bool)
    for at in range(0, draws, CHAINS_AT_ONCE):
        n = min(CHAINS_AT_ONCE, draws - at)
        x = run_chains(rules, np.repeat(ancestor, n, axis=2), swaps, rng)
        out[at : at + n] = np.moveaxis(inner(rules, x), 2, 0)
    return out


def _refuse(
    areas: pd.DataFrame, first: date, last: date, kind: str, share: float, per_day: Mapping[str, int] | None,
    longest_run: int, block_days: int,
) -> None:  # fmt: skip
    """HotspotsError with every argument that cannot be used."""
    problems = []
    if kind not in KINDS:
        problems.append(f"Kind '{kind}' of trial is not known: choose {' or '.join(KINDS)}.")
    if last < first:
        problems.append(f"The trial ends on {last}, before it starts on {first}.")
    if not 0 < share < 1:
        problems.append(f"A share of {share:g} leaves nothing to compare: give one between 0 and 1.")
    if longest_run < 1:
        problems.append(f"A longest run of {longest_run} days forbids every patrol: give 1 or more.")
    if block_days not in BLOCK_DAYS:
        problems.append(f"Blocks of {block_days} days are not offered: choose 7 or 14.")
    if missing := [c for c in ("area", "bcu") if c not in areas.columns]:
        raise HotspotsError([*problems, f"The table of hot spots has no column {sample(missing)}."])
    if blank := [c for c in ("area", "bcu", *COVARIATES) if c in areas.columns and areas[c].isna().any()]:
        problems.append(f"Some hot spots have no value in {sample(blank)}: fill it in, or leave the column out.")
    if (again := areas["area"].duplicated()).any():
        problems.append(f"Hot spots appear more than once: {sample(areas.loc[again, 'area'])}.")
    if len(areas) < 2:
        problems.append(f"A trial needs at least two hot spots; the table has {len(areas)}.")
    if per_day is not None:
        if unknown := sorted(set(map(str, areas["bcu"].dropna())) - set(per_day)):
            problems.append(f"No number of hot spots a day was given for BCU {sample(unknown)}.")
        if low := [b for b, n in per_day.items() if n < 1 or n != int(n)]:
            problems.append(f"Hot spots a day must be a whole number of 1 or more; it is not for BCU {sample(low)}.")
    if problems:
        raise HotspotsError(problems)


def _plain(column: object, value: Any) -> Any:
    """A value as JSON keeps it."""
    return float(value) if column in COVARIATES else str(value)


ACCEPTED_SHARE = 0.1  # of random cluster assignments, the best balanced (Morgan & Rubin's p_a)
CLUSTER_TRIES = 20_000


def draw_clusters(asked: Design, draws: int, rng: np.random.Generator) -> Bools:
    """Whole-period assignments, balanced on what is known of the time before: draws × hot spots × days.

    Re-randomisation (Morgan & Rubin 2012, doi:10.1214/12-AOS1008): with ``pre_count`` or ``pre_harm`` an assignment
    is drawn again until its Mahalanobis distance M = n p(1 − p) · d' S⁻¹ d between the groups' means is at most the
    ``ACCEPTED_SHARE`` quantile of a chi-square with as many degrees of freedom as covariates.
    """
    wanted, groups = _treated_clusters(asked), rows_by(asked, asked.strata)
    covariates = asked.areas[[c for c in COVARIATES if c in asked.areas]].to_numpy(dtype=float)
    kept: list[Bools] = []
    tries, limit = 0, CLUSTER_TRIES * max(1, draws // 100)
    while sum(map(len, kept)) < draws and tries < limit:
        batch = np.stack([_one_clusters(asked, groups, wanted, rng) for _ in range(200)])
        kept.append(batch[_balanced(batch, covariates)])
        tries += len(batch)
    found = np.concatenate(kept)[:draws]
    if len(found) < draws:
        raise HotspotsError(
            f"Only {len(found)} of {draws} balanced assignments were found in {tries:,} draws: the hot spots differ too"
            " much before the trial. Use fewer strata, or leave out 'pre_count' or 'pre_harm'."
        )
    return found[:, :, None] & asked.open_days[None, None, :]


def _treated_clusters(asked: Design) -> int:
    """How many hot spots are patrolled; HotspotsError when that leaves no comparison or is above the capacity."""
    n = len(asked.places)
    wanted = int(np.floor(asked.share * n + 0.5))
    problems = []
    if not 0 < wanted < n:
        problems.append(f"A share of {asked.share:g} of {n} hot spots is {wanted}, with nothing to compare.")
    bcus = asked.areas["bcu"].value_counts()
    for bcu, held in asked.per_day:
        if (most := -(-asked.share * int(bcus.get(bcu, 0)) // 1)) > held:
            problems.append(
                f"BCU {bcu}: up to {most:.0f} of {bcus[bcu]} hot spots would be patrolled each day, but only {held} can"
                f" be: {most - held:.0f} too few. Patrol more a day or lower the share."
            )
    if problems:
        raise HotspotsError(problems)
    return wanted


def _one_clusters(asked: Design, groups: list[Ints], wanted: int, rng: np.random.Generator) -> Bools:
    """One assignment: each stratum gets its share, rounded down or up at random."""
    exact = np.array([asked.share * len(g) for g in groups])
    take = np.floor(exact + 1e-9).astype(np.int64)
    spare = rng.permutation(np.flatnonzero(exact - take > 1e-9))[: max(wanted - int(take.sum()), 0)]
    take[spare] += 1
    out = np.zeros(len(asked.places), dtype=bool)
    for group, n in zip(groups, take, strict=True):
        out[rng.permutation(group)[:n]] = True
    return out


def _balanced(batch: Bools, covariates: NDArray[np.float64]) -> Bools:
    """Which of these assignments are balanced; all of them when there is nothing to balance."""
    from scipy.special import gammaincinv

    covariates = covariates[:, covariates.std(axis=0) > 0]
    k, n = covariates.shape[1], batch.shape[1]
    if not k:
        return np.ones(len(batch), dtype=bool)
    n1 = batch.sum(axis=1, keepdims=True)
    gap = batch @ covariates / n1 - ~batch @ covariates / (n - n1)
    inverse = np.linalg.pinv(np.atleast_2d(np.cov(covariates.T)))
    distance = (n1 * (n - n1) / n)[:, 0] * np.einsum("ij,jk,ik->i", gap, inverse, gap)
    largest = 2 * gammaincinv(k / 2, ACCEPTED_SHARE)  # that quantile of χ² with k degrees of freedom
    return np.asarray(distance <= largest)


REDRAW_FORMAT = 1  # goes up when `redraw` gives other schedules
MOST = 100  # results kept; the oldest go


def redraws(folder: Path, design: Design, draws: int, seed: int) -> Bools:
    """`redraw` of this design: kept from before, or drawn and kept."""
    key = sha256(json.dumps([REDRAW_FORMAT, design.sha256, draws, seed, REDRAW_SWEEPS]).encode()).hexdigest()[:32]
    place = folder / "cache" / "redraws" / f"{key}.npy"
    shape = (draws, *design.treated.shape)
    found = kept(place, shape)
    if found is None:
        found = redraw(design, draws, seed)
        keep(place, found)
    return found


def kept(place: Path, shape: tuple[int, ...]) -> Bools | None:
    """The schedules in this file, if it is there and of this shape."""
    size = int(np.prod(shape))
    try:
        packed = np.load(place, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    if packed.dtype != np.uint8 or packed.shape != (-(-size // 8),):
        return None
    return np.unpackbits(packed, count=size).astype(bool).reshape(shape)


def keep(place: Path, found: Bools) -> None:
    """Store schedules, whole or not at all; the oldest results go."""
    unfinished = place.with_name(f".{place.stem}.{uuid.uuid4().hex[:8]}.npy")
    try:
        disk.make_folder(place.parent)
        np.save(disk.private_file(unfinished), np.packbits(found), allow_pickle=False)
        disk.put_in_place(unfinished, place)
        held = sorted(place.parent.glob("*.npy"), key=lambda p: p.stat().st_mtime)
        for old in held[: max(len(held) - MOST, 0)]:
            disk.remove(old)
    except (OSError, HotspotsError):  # read-only, full, or in use
        disk.remove(unfinished)
