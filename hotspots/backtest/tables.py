"""Incidents of any city from a plain table: date, longitude, latitude, and where there are any, offence and days.

Limits: nobody has cleaned this table. Repeats of one incident stay repeats, and places are taken as they are given. A
period without a single row counts as not observed, because a table cannot say that nothing happened.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from hotspots.backtest.periods import FIRST_MONDAY, between, first_day, later, period_text
from hotspots.base.errors import HotspotsError, rows_sentence, sample
from hotspots.base.settings import RESOLUTIONS
from hotspots.geography import cell_areas_m2, cells_at
from hotspots.ranking.gather import build_cell_periods
from hotspots.ranking.rank import CAP_DAYS

NAMES = {"lon": ("lon", "longitude", "lng"), "lat": ("lat", "latitude")}
PERIODS = ("month", "week")
EDGE_DAYS = {"month": 3, "week": 0}  # the data may begin so late in the first period, and end so early in the last


def read_table(path: Path) -> tuple[pd.DataFrame, list[str]]:
    """(date, lon, lat, and offence and days where the file has them; sentences on rows left out).

    A CSV file, gzip or not, with a heading. ``date``: ISO, such as 2015-03-02 or 2015-03-02 14:05; ``lon`` or
    ``longitude``, ``lat`` or ``latitude``: WGS84 degrees; ``offence``: any text; ``days``: the harm weight of the row.
    Rows without a place are left out and counted. Raises HotspotsError for anything that cannot be read.
    """
    path = Path(path)
    try:
        raw = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig", index_col=False)
    except FileNotFoundError as error:
        raise HotspotsError(f"There is no file {path}.") from error
    except pd.errors.EmptyDataError as error:
        raise HotspotsError(f"{path.name} is empty.") from error
    except (OSError, UnicodeDecodeError, EOFError, pd.errors.ParserError) as error:
        raise HotspotsError(f"{path.name} cannot be read as a CSV file: {error}") from error
    try:
        table = typed(named(raw))
    except HotspotsError as error:
        raise HotspotsError(f"{path.name}: {problem}" for problem in error.problems) from error
    placed = table["lon"].notna() & table["lat"].notna()
    n = int((~placed).sum())
    words = [f"{n:,} of {len(table):,} rows have no coordinates and are left out ({n / len(table):.1%})."] if n else []
    return table[placed].reset_index(drop=True), words


def named(raw: pd.DataFrame) -> pd.DataFrame:
    """The columns under our names; HotspotsError tells all that are missing at once."""
    lower = {str(c).strip().casefold(): c for c in raw.columns}
    found = {"date": lower.get("date")}
    for name, spellings in NAMES.items():
        found[name] = next((lower[s] for s in spellings if s in lower), None)
    found |= {c: lower[c] for c in ("offence", "days") if c in lower}
    if missing := [name for name, column in found.items() if column is None]:
        raise HotspotsError(
            f"There is no column {' and no column '.join(repr(m) for m in missing)}; it has"
            f" {sample(raw.columns, 8) or 'none'}. Name them date, lon (or longitude) and lat (or latitude)."
        )
    if not len(raw):
        raise HotspotsError("The table has a heading but no rows.")
    return pd.DataFrame({name: raw[column] for name, column in found.items()})


def typed(text: pd.DataFrame) -> pd.DataFrame:
    """Dates and numbers from text; HotspotsError tells every column with values that cannot be read."""
    problems, table = [], text.copy()
    when = pd.to_datetime(text["date"].str.strip(), format="ISO8601", errors="coerce", utc=False)
    table["date"] = when
    problems += unread("date", text["date"], when.isna(), "dates like 2015-03-02 or 2015-03-02 14:05")
    for column in ("lon", "lat", "days"):
        if column in text:
            blank = text[column].str.strip().isin(["", "NA", "nan", "NULL"])
            table[column] = pd.to_numeric(text[column].where(~blank), errors="coerce").astype("float64")
            problems += unread(column, text[column], table[column].isna() & ~blank, "numbers")
    if "days" in table:
        problems += unread("days", text["days"], (table["days"] < 0) | np.isinf(table["days"]), "weights of 0 or more")
    if problems:
        raise HotspotsError(problems)
    return table


def unread(name: str, text: pd.Series, bad: pd.Series, wanted: str) -> list[str]:
    """A sentence on the values of a column that are not what is wanted; rows as a spreadsheet counts them."""
    if not bad.any():
        return []
    rows = rows_sentence(int(i) + 2 for i in np.flatnonzero(bad))
    return [f"Column '{name}' has {int(bad.sum()):,} values that are not {wanted}: {sample(text[bad])} ({rows})."]


def cube_of_table(
    table: pd.DataFrame, resolution: int = 10, period: str = "month"
) -> tuple[pd.DataFrame, pd.DataFrame, list[int]]:
    """(cube, scores, observed periods) of a plain table: date, lon, lat, and where given offence and days.

    Each row is an incident, but rows of 0 days are context: neither counted nor harm, yet offences from which expected
    harm learns. Harm is ``days`` (nan: no weight; without the column every row weighs 1). Periods are
    months (YYYYMM) or weeks (Mondays since 1970-01-05). The first and the last are dropped where the data do not cover
    them: a week needs its Monday or Sunday, a month may lack three days. Dates that all fall on the first of a month
    are months, and all are kept. Raises HotspotsError where nothing is left.
    """
    if period not in PERIODS:
        raise HotspotsError(f"The period is '{period}'; use {' or '.join(PERIODS)}.")
    day = table["date"].to_numpy().astype("datetime64[D]")
    number = period_numbers(day, period)
    kept = np.isin(number, whole_periods(day, number, period))
    if not kept.any():
        raise HotspotsError(f"The table does not cover one whole {period}.")
    codes, scores = weighed(table[kept])
    cells = cells_at(table["lon"].to_numpy()[kept], table["lat"].to_numpy()[kept], resolution)
    cube = build_cell_periods(cells, number[kept], codes, np.arange(len(codes)))
    scores["n_offences"] = np.bincount(codes, minlength=len(scores))
    context = (scores["days"] == 0).to_numpy()[cube["offence"].to_numpy()]
    cube["n_incidents"] = cube["n_incidents"].where(~context, 0)
    return cube, scores, np.unique(number[kept]).tolist()


def period_numbers(day: np.ndarray, period: str) -> np.ndarray:
    """The month (YYYYMM) or week (Mondays since 1970-01-05) of each day (datetime64[D])."""
    if period == "week":
        return (day - np.datetime64(FIRST_MONDAY)).astype(np.int64) // 7
    month = day.astype("datetime64[M]").astype(np.int64)
    return (1970 + month // 12) * 100 + month % 12 + 1


def whole_periods(day: np.ndarray, number: np.ndarray, period: str) -> list[int]:
    """The periods from the first to the last day, without one at either end that the days do not cover."""
    if not len(day):
        return []
    found = between(int(number.min()), int(number.max()))
    if period == "month" and (day == day.astype("datetime64[M]")).all():
        return found  # months, not days
    late = (day.min() - np.datetime64(first_day(found[0]))).astype(int)
    early = (np.datetime64(first_day(later(found[-1], 1))) - day.max()).astype(int) - 1
    return found[int(late > EDGE_DAYS[period]) : len(found) - int(early > EDGE_DAYS[period])]


def weighed(table: pd.DataFrame) -> tuple[np.ndarray, pd.DataFrame]:
    """(an offence code per row; a line per code as `hotspots.harm.scoring.score_offences` gives them).

    Rows of one offence with other weights are other codes: the table's own weight holds.
    """
    n = len(table)
    name = table["offence"].fillna("").astype(str) if "offence" in table else pd.Series([""] * n, index=table.index)
    days = table["days"].astype("float64") if "days" in table else pd.Series(1.0, index=table.index)
    keys = pd.DataFrame({"label": name.to_numpy(), "days": days.to_numpy()})
    codes = keys.groupby(["label", "days"], dropna=False, sort=True).ngroup().to_numpy()
    lines = keys.iloc[np.unique(codes, return_index=True)[1]].reset_index(drop=True)
    scored = lines["days"].notna()
    value = lines["days"].to_numpy(dtype=float)
    scores = pd.DataFrame({
        "offence": [f"{o}:{d:g}" for o, d in zip(lines["label"], value, strict=True)], "athena_urn": "", "ho_class": "",
        "crime_type": lines["label"], "title": lines["label"], "status": np.where(scored, "scored", "unscored"),
        "matched_by": "", "days": value, "days_low": value, "days_high": value, "offence_group": "",
        "label": lines["label"],
    })  # fmt: skip
    return codes.astype(np.int64), scores


def table_warnings(periods: list[int], scores: pd.DataFrame) -> list[str]:
    """What to know of a cube made from a table: periods without a row, and rows without a weight."""
    words = []
    if empty := sorted(set(between(periods[0], periods[-1])) - set(periods)):
        shown = ", ".join(period_text(p) for p in empty[:6]) + (" …" if len(empty) > 6 else "")
        words.append(f"{len(empty)} periods have no row and count as not observed: {shown}.")
    if n := int(scores.loc[scores["days"] == 0, "n_offences"].sum()):
        words.append(f"{n:,} rows weigh 0 days: context, from which expected harm learns; no incident, and no harm.")
    if n := int(scores.loc[scores["status"] != "scored", "n_offences"].sum()):
        words.append(f"{n:,} rows have no weight: they are counted but add no harm.")
    return words


def history_of_table(
    path: Path, resolution: int = 10, period: str = "month", total_area_km2: float | None = None
) -> History:
    """A file of `read_table` as a back-test takes it. The whole area is that given, or that of all cells with a row."""
    if resolution not in RESOLUTIONS:
        raise HotspotsError(f"Resolution is {resolution}; use 9, 10 or 11.")
    if total_area_km2 is not None and not 0 < total_area_km2 < float("inf"):
        raise HotspotsError(f"The whole area is {total_area_km2:g} km²; it must be above 0.")
    table, words = read_table(path)
    cube, scores, periods = cube_of_table(table, resolution, period)
    area = 1e6 * total_area_km2 if total_area_km2 else float(cell_areas_m2(np.unique(cube["cell"].to_numpy())).sum())
    if not total_area_km2:
        words.append(
            f"The whole area is that of the cells with any incident, {area / 1e6:,.1f} km²: PAI depends on it."
        )
    facts: dict[str, object] = {
        "data": f"a plain table, {Path(path).name}",
        "window": f"{period_text(periods[0])} to {period_text(periods[-1])}",
        "resolution": resolution,
        "weights": "those of the table" if "days" in table else "every row weighs 1",
    }
    warnings = tuple(words + table_warnings(periods, scores))
    return History(cube, scores, periods, (), area, None, CAP_DAYS, facts, warnings, ())


@dataclass(frozen=True, eq=False)
class History:
    """Everything a back-test needs.

    ``groups``: the BCU of each cell (index), None where all are one group; ``facts`` go with every download.
    """

    cube: pd.DataFrame
    scores: pd.DataFrame
    periods: list[int]
    breaks: tuple[int, ...]
    total_area_m2: float
    groups: pd.Series | None
    cap: float
    facts: dict[str, object]
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
