"""The quality of a match: balance, the time before the start, and what selection alone would show."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots.change.matching import rules
from hotspots.change.matching.distance import Places, raw_levels, seasons_of, spread_of, trends
from hotspots.change.matching.rules import Floats, Match


def judged(
    places: Places, pairs: pd.DataFrame, unmatched: pd.DataFrame,
    positions: tuple[NDArray[np.int64], NDArray[np.int64]], barred: Mapping[str, str],
) -> Match:  # fmt: skip
    t, c = np.flatnonzero(places.treated), np.flatnonzero(~places.treated)
    weight = np.zeros(len(places.unit))  # 1 for a matched treated place and for its match
    weight[t[positions[0]]] = weight[c[positions[1]]] = 1.0
    pre = _pre_periods(places, weight)
    joint_x2, joint_df, joint_p, drift_z, drift_p = pre_trend_tests(pre)
    regression, built_in = _regression(places, weight)
    made = Match(
        pairs=pairs, balance=_balance(places, weight), pre_periods=pre, joint_p=joint_p, joint_x2=joint_x2,
        joint_df=joint_df, drift_p=drift_p, drift_z=drift_z, regression=regression, built_in=built_in,
        unmatched=unmatched, inputs=digest(places, barred), notes=_notes(places, pairs),
    )  # fmt: skip
    return Match(**{**made.__dict__, "sha256": sha256(frozen_text(made).encode()).hexdigest()})


def _balance(places: Places, weight: Floats) -> pd.DataFrame:
    """Means and standardised differences of everything matched on, and of the area, before and after."""
    treated = places.treated
    raw, slope = raw_levels(places), trends(places.counts, places.exposure)
    levels = {
        "{} per period": raw,
        "√ {} per period": np.sqrt(raw),
        "√ expected {} per period": np.sqrt(places.expected),
    }
    measures = {of.format(m): v[:, i] for of, v in levels.items() for i, m in enumerate(("count", "harm days"))}
    measures |= {"slope of √ count": slope[1], "slope of √ count, shrunk": slope[0]}
    if len(places.periods) > rules.SEASON_PERIODS:
        measures |= {f"share in part {i + 1} of the year": s for i, s in enumerate(seasons_of(places).T)}
    measures |= {f"share of {band}": places.shares[:, i] for i, band in enumerate(places.bands)}
    measures["area m²"] = places.area_m2
    rows = []
    for name, values in measures.items():
        before_t, before_c = values[treated].mean(), values[~treated].mean()
        after_t = np.average(values[treated], weights=weight[treated])
        after_c = np.average(values[~treated], weights=weight[~treated])
        spread = spread_of(values, treated)
        rows.append(
            (name, before_t, before_c, (before_t - before_c) / spread, after_t, after_c, (after_t - after_c) / spread)
        )
    return pd.DataFrame(rows, columns=list(rules.TABLES["balance"])).astype({"measure": "str"})


def _pre_periods(places: Places, weight: Floats) -> pd.DataFrame:
    """Counts of the matched sample per pre-period, and the treated count had both groups changed in step."""
    t, c = places.treated & (weight > 0), ~places.treated & (weight > 0)
    count = np.array([places.counts[t].sum(axis=0), places.counts[c].sum(axis=0)])
    covered = np.array([places.exposure[t].sum(axis=0), places.exposure[c].sum(axis=0)])
    with np.errstate(invalid="ignore"):
        mean = np.where(covered > 0, count / covered, np.nan)
    return pd.DataFrame({
        "period": places.periods, "treated": count[0], "comparison": count[1], "difference": mean[0] - mean[1],
        "treated_exposure": covered[0], "comparison_exposure": covered[1],
        "expected_treated": count.sum(axis=0) * _treated_share(count, covered),
    })[list(rules.TABLES["pre_periods"])]  # fmt: skip


def _treated_share(count: Floats, covered: Floats) -> Floats:
    """The share of each period's count that is the treated group's if the ratio of the two rates never changes.

    p = r·eₜ/(r·eₜ + e꜀), with the r at which the treated counts add up: Σ n·p = Σ treated.
    """
    from scipy.optimize import brentq

    n, total = count.sum(axis=0), count[0].sum()
    usable = (covered > 0).all(axis=0)
    share = np.where(usable, 0.5, np.where(covered[0] > 0, 1.0, 0.0))
    n_usable, total = n[usable], count[0][usable].sum()
    if not 0 < total < n_usable.sum():
        share[usable] = 0.0 if total == 0 else 1.0
        return share
    e = covered[:, usable]

    def shares(log_r: float) -> Floats:
        return np.asarray(1 / (1 + e[1] / (np.exp(log_r) * e[0])))

    share[usable] = shares(brentq(lambda x: float(n_usable @ shares(x) - total), -40, 40, xtol=1e-12))
    return share


def pre_trend_tests(pre: pd.DataFrame) -> tuple[float, int, float, float, float]:
    """Did the two groups change in step before the start? (X², degrees of freedom, p, drift's Z, drift's p), two-sided.

    ``pre``: a row per period with treated, comparison and expected_treated as in `rules.TABLES`. Poisson counts with
    period means common to both groups and one ratio r of treated to comparison rates; given a period's count n, the
    treated part is Binomial(n, p), p by r and exposure. Joint test: X² = Σ(treated − np)²/(np(1 − p)) with one degree
    less than periods used. Drift: score test that log r rises or falls in a line, Z = Σ(t − t̄)(treated − np) /
    √Σ(t − t̄)² np(1 − p), t̄ weighted by np(1 − p); it has more power against a slow drift. nan where fewer than two
    periods can be used.

    Counts of violence vary more than Poisson counts, and then both p are too small. A large p does not show that the
    groups would have changed in step later, least of all after matching on the trend, and with small counts hardly any
    drift is found (Roth 2022 doi:10.1257/aeri.20210236).
    """
    from scipy.special import chdtrc, ndtr

    n = (pre["treated"] + pre["comparison"]).to_numpy(dtype=float)
    fitted, seen = pre["expected_treated"].to_numpy(dtype=float), pre["treated"].to_numpy(dtype=float)
    share = np.divide(fitted, n, out=np.zeros_like(n), where=n > 0)
    variance = n * share * (1 - share)
    used = variance > 1e-12
    df = int(used.sum()) - 1
    if df < 1:
        return np.nan, max(df, 0), np.nan, np.nan, np.nan
    v, off = variance[used], (seen - fitted)[used]
    x2 = float((off**2 / v).sum())
    time = np.flatnonzero(used).astype(float)
    away = time - np.average(time, weights=v)
    z = float(away @ off / np.sqrt(away**2 @ v))
    return x2, df, float(chdtrc(df, x2)), z, float(2 * ndtr(-abs(z)))


def _regression(places: Places, weight: Floats) -> tuple[pd.DataFrame, float]:
    """Raw level before, expected level, and the change to expect if nothing is done, per place and period."""
    raw = raw_levels(places)
    rows = []
    for column, measure in enumerate(("count", "harm days")):
        for group, chosen in (("treated", places.treated), ("comparison", ~places.treated)):
            w = np.where(chosen, weight, 0.0)
            level, expected = (float(np.average(x[:, column], weights=w)) for x in (raw, places.expected))
            rows.append((measure, group, int((w > 0).sum()), level, expected, expected - level))
    table = pd.DataFrame(rows, columns=list(rules.TABLES["regression"])).astype({"measure": "str", "group": "str"})
    return table, float(table["expected_change"].iloc[0] - table["expected_change"].iloc[1])


def _notes(places: Places, pairs: pd.DataFrame) -> tuple[str, ...]:
    notes = []
    n = int(places.treated.sum())
    got = pairs["treated"].nunique()
    if got < n:
        notes.append(f"{n - got} of {n} treated places have no match: the comparison says nothing about them.")
    if len(places.periods) <= rules.SEASON_PERIODS:
        notes.append("The periods span no more than a year: seasons were not matched.")
    return tuple(notes)


def frozen_text(matched: Match) -> str:
    """The match as canonical JSON: keys in order, no blanks, numbers to nine significant digits, nan as null.

    Everything but its own hash is in it; ``sha256`` is of this text in UTF-8.
    """
    facts = {
        "method": rules.METHOD,
        "rules": rules.RULES,
        "inputs": matched.inputs,
        "tests": [matched.joint_x2, matched.joint_df, matched.joint_p, matched.drift_z, matched.drift_p],
        "built_in": matched.built_in,
        "notes": list(matched.notes),
        **{name: getattr(matched, name).to_dict("split", index=False) for name in rules.TABLES},
    }
    return canonical(facts)


def canonical(facts: Any) -> str:
    return json.dumps(_plain(facts), sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _plain(value: Any) -> Any:
    """Numbers, texts, lists and dictionaries only; numbers rounded so that two machines agree."""
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(f"{float(value):.9g}") + 0.0 if np.isfinite(value) else None
    return value if value is None else str(value)


def digest(places: Places, barred: Mapping[str, str]) -> str:
    """SHA-256 of the covariates, whatever the order of rows and columns; numbers to nine decimals, as bytes."""
    facts: dict[str, Any] = {"barred": dict(barred)}
    for name, value in places.__dict__.items():
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            rounded = np.where(np.isnan(value), np.nan, np.round(value, 9) + 0.0)  # one nan, and no minus zero
            facts[name] = f"{value.shape} {sha256(rounded.astype('<f8').tobytes()).hexdigest()}"
        else:
            facts[name] = [str(v) for v in value]
    return sha256(canonical(facts).encode()).hexdigest()
