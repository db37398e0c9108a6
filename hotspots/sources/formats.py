"""The formats of a mapping: which texts fill one, with day and month exchanged, and which would fit a column.

strptime is lenient: with '%H%M' it reads '130' as 13:00, with '%d%m%Y' '1052026' as 10 May 2026. So fields with nothing
between them must be whole here, but for the zeros in front that a spreadsheet takes from a number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from itertools import product

import numpy as np
import pandas as pd

_DIGITS = {"%Y": 4, "%y": 2, "%m": 2, "%d": 2, "%H": 2, "%I": 2, "%M": 2, "%S": 2}
_LETTERS = {"%b", "%B", "%a", "%A"}
_DATE_CODES = ("%Y", "%y", "%m", "%d", "%b", "%B", "%a", "%A")
_YEARS = ("%Y", "%y")
# What is offered where no time of a column can be read; the first that fit every text are named.
_DATES = (
    "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%Y", "%d %m %Y", "%d/%m/%y", "%m/%d/%y", "%d-%m-%y",
    "%d.%m.%y", "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d/%b/%Y", "%d-%b-%y", "%d %b %y", "%d%b%Y", "%d%b%y", "%b %d, %Y",
    "%B %d, %Y", "%b %d %Y", "%a %d %b %Y", "%A %d %B %Y", "%A, %d %B %Y", "%a, %d %b %Y", "%d%m%Y", "%Y-%m-%d",
    "%Y/%m/%d", "%Y%m%d", "%d%m%y", "%a %d/%m/%Y", "%A %d/%m/%Y", "%A, %d/%m/%Y",
)  # fmt: skip
_CLOCKS = (
    " %H:%M", " %H:%M:%S", "", " %H%M", " %I:%M %p", " %I:%M:%S %p", " %I:%M%p", ", %H:%M", "T%H:%M:%S", ":%H:%M:%S",
    " %H%M%S", " %H.%M", "-%H:%M", "-%H%M", "%H%M", " at %H:%M", " %H.%M.%S", " %I.%M.%S %p",
)  # fmt: skip
_CLOCK_FIRST = ("%H:%M %d/%m/%Y", "%H:%M %m/%d/%Y", "%H:%M:%S %d/%m/%Y", "%H:%M %d %b %Y", "%H%M %d/%m/%Y")
CANDIDATES = (*(date + clock for clock, date in product(_CLOCKS, _DATES)), *_CLOCK_FIRST)
TRIED = 500  # distinct texts that a candidate has to fit


def formatted(texts: Sequence[str | None], fmt: str) -> np.ndarray:
    """datetime64[s] of the texts that fill ``fmt``, NaT for the rest: also '1/5/2025 9:05' and '5 May 2025'."""
    pattern, widths = _pattern(fmt)
    found = [None if text is None else pattern.fullmatch(text) for text in texts]
    whole = [None if m is None else _filled(m, widths) for m in found]
    if not any(found):
        return np.full(len(found), np.datetime64("NaT"), dtype="datetime64[s]")
    read = pd.to_datetime(pd.Series(whole, dtype=object), format=fmt, errors="coerce")
    return read.to_numpy().astype("datetime64[s]")


def _filled(found: re.Match[str], widths: tuple[int, ...]) -> str:
    """The text with zeros put in front of fields that stand side by side, so that strptime reads them one way."""
    text, end = found.string, found.end("all")
    for i in range(len(widths), 0, -1):
        start, stop = found.span(i + 1)
        text = text[:start] + text[start:stop].zfill(widths[i - 1]) + text[stop:end]
        end = len(text)
    return text[:end]


@cache
def _pattern(fmt: str) -> tuple[re.Pattern[str], tuple[int, ...]]:
    """What a text that fills ``fmt`` looks like, and how wide its groups of fields side by side are."""
    parts: list[str] = []
    widths: list[int] = []
    for run in re.findall(r"(?:%[YymdHIMS])+|%.|\s+|.", fmt):
        codes = re.findall(r"%.", run) if run[0] == "%" else []
        if len(codes) > 1:
            whole = sum(_DIGITS[c] for c in codes)
            least = 1 if codes[0] not in _DATE_CODES else whole if codes[0] in _YEARS else whole - 1
            parts.append(rf"(\d{{{least},{whole}}})")
            widths.append(whole)
        elif run in _DIGITS:
            # '14.5' is 14:50 whose zero a spreadsheet took, or 14:05: nobody can say.
            alone = run == "%M" and parts and parts[-1] == re.escape(".")
            exact = run in _YEARS or alone
            parts.append(rf"\d{{{_DIGITS[run]}}}" if exact else r"\d{1,2}")
        elif run in _LETTERS:
            parts.append(r"[^\W\d_]+")
        elif codes:
            parts.append({"%p": "[AaPp][Mm]", "%f": r"\d{1,9}", "%%": "%"}.get(run, "(?!)"))
        else:
            parts.append(r"\s+" if run.isspace() else re.escape(run))
    decimals = r"(?:\.0+)?" if re.search(r"(?:%[YymdHIMS]){2,}$", fmt) else ""
    return re.compile(f"(?P<all>{''.join(parts)}){decimals}", re.IGNORECASE), tuple(widths)


def day_before_month(fmt: str) -> bool | None:
    """Whether 05/04 means 5 April; None where the year comes first or the month is a word."""
    codes = re.findall(r"%([YymbBd])", fmt)
    if "m" not in codes or "d" not in codes or codes[0] == "Y":
        return None
    return codes.index("d") < codes.index("m")


def exchanged(fmt: str) -> str:
    """The format with day and month in each other's place."""
    return re.sub(r"%[dm]", lambda code: "%m" if code[0] == "%d" else "%d", fmt)


def date_part(fmt: str) -> str:
    """The date of a format whose time of day comes last, '' where it does not: '%d/%m/%Y %H:%M' → '%d/%m/%Y'."""
    codes = list(re.finditer(r"%.", fmt))
    dates = [c for c in codes if c[0] in _DATE_CODES]
    if not dates or any(c[0] not in _DATE_CODES for c in codes[: len(dates)]):
        return ""
    return fmt[: dates[-1].end()]


def is_packed(fmt: str) -> bool:
    """Whether the time of day stands as one number: 2130."""
    return re.search(r"%[HI]%M", fmt) is not None


def fitting(texts: Sequence[str], beside: Sequence[str] = ()) -> list[str]:
    """Formats that fit every one of these texts (two where day and month can be exchanged), none if there is none.

    ``beside``: other texts of the column. Of numbers of one or two digits nobody can say whether they are hours,
    minutes or a length of time, unless there are longer ones.
    """
    some = list(dict.fromkeys(texts))[:TRIED]
    column = (*some, *beside[:TRIED])
    short = not any(re.search(r"\d{3,}(?:\.0+)?$", text) for text in column)
    with_seconds = any(re.search(r" \d{5,6}(?:\.0+)?$", text) for text in column)
    for fmt in CANDIDATES if some else ():
        if (short and fmt.endswith((" %H%M", " %H%M%S"))) or (with_seconds and fmt.endswith(" %H%M")):
            continue
        if _fits(some[:5], fmt) and _fits(some, fmt):
            other = exchanged(fmt)
            both = day_before_month(fmt) is not None and _fits(some, other)
            return [fmt, other] if both else [fmt]
    return []


def _fits(texts: Sequence[str], fmt: str) -> bool:
    return not np.isnat(formatted(texts, fmt)).any()


def fitting_words(texts: Sequence[str], day_first: bool | None = None, beside: Sequence[str] = ()) -> str:
    """The same as it is written in a mapping, '' where nothing fits; ``day_first``: the order that the mapping has."""
    found = [f for f in fitting(texts, beside) if day_first is None or day_before_month(f) in (day_first, None)]
    order = {True: " if the day comes first", False: " if the month comes first", None: ""}
    told = [f"datetime_formats = ['{f}']{order[day_before_month(f)] if len(found) > 1 else ''}" for f in found]
    return ", or ".join(told)
