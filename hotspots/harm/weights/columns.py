"""Which sheet, heading row and columns of a file hold harm weights, found by meaning: no two versions agree on names.

A heading suggests a column; what stands below it decides. 'HO code' is a class column if its values are like 008/06
and a code column if they are like 8N.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from hotspots.base.choices import CRIME_TYPES
from hotspots.base.errors import HotspotsError, sample
from hotspots.harm.offences import all_codes, normalise_ho_class, normalise_urn

HEADING_ROWS = 40  # rows of a sheet that may hold its heading
KEY_ROLES = ("athena_urn", "ho_class", "crime_type", "code", "title")
OURS = ("athena_urn", "ho_class", "crime_type", "title", "offence_group")  # a set exported from here, and its unit

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_EXCEL_CLASS = re.compile(r"\d+\.\d")  # 8.6 from a spreadsheet may have been 8.60
_TYPES = {t.casefold() for t in CRIME_TYPES}
_NO_SCORE = re.compile(
    r"\b(from|source|note|notes|link|url|max|maximum|min|minimum|point|code|count|rank|year|change)\b"
)
_SCORE = (  # the first that fits any heading wins
    r"\bcchi\b.*\b(score|scores|days|value|weight)\b|\bcrime harm\b.*\b(score|scores|days|value|weight)\b",
    r"\bcss\b|\b(crime )?severity( score)?\b.*\b(weight|weights|score)\b|\bons\b.*\b(weight|weights|score)\b",
    r"^(days|days of imprisonment|severity|points|harm days|harm weight|harm score)$",
    r"\bdays\b",
    r"\b(score|scores|weight|weights|weighting|cchi|harm|severity|value|points)\b",
)
_HEADINGS = {
    "athena_urn": r"\burn\b|\bathena\b",
    "ho_class": r"\bclass\b|classification|\bho\b|home office|\bcode\b",
    "crime_type": r"crime type|categor|\btype\b",
    "code": r"\bcode\b|\bcodes\b",
}
_BY_HEADING: dict[str, tuple[str, ...]] = {
    "title": (r"short title", r"^offence title$", r"^(offence|title)$",
              r"offence.*(title|description|name)|description", r"\btitle\b|\boffence\b|\bcrime\b|\bname\b"),
    "offence_group": (r"^(sub ?group|offence sub ?group)$", r"sub ?group", r"^(offence )?group$"),
    "notifiable": (r"^notifiable",), "starting_point": (r"starting point",), "force": (r"^(police )?force( name)?$",),
}  # fmt: skip


@dataclass(frozen=True)
class Sheet:
    """A table of text below its heading. ``numbers``: each row's number as the spreadsheet shows it."""

    title: str  # '' in a CSV
    header: tuple[str, ...]
    rows: list[list[str]]
    numbers: list[int]

    def column(self, index: int) -> list[str]:
        return [row[index] for row in self.rows]


@dataclass(frozen=True)
class Found:
    """A sheet and, by role, the index of the column that plays it. 'score' and at least one of KEY_ROLES are there."""

    sheet: Sheet
    roles: dict[str, int]
    ours: bool = False

    def text(self, role: str) -> list[str]:
        """The column without the blanks around its texts; '' throughout if there is none."""
        if role not in self.roles:
            return [""] * len(self.sheet.rows)
        return [" ".join(value.split()) for value in self.sheet.column(self.roles[role])]

    def heading(self, role: str) -> str:
        return " ".join(self.sheet.header[self.roles[role]].split())

    @property
    def usable(self) -> int:
        """Rows with a number in the score column."""
        return sum(is_number(v) for v in self.text("score"))


def find_weights(name: str, sheets: Iterable[tuple[str, int, list[list[str]]]]) -> tuple[Found, list[str]]:
    """The sheet with most weights, and a sentence for each other that looks like one.

    ``sheets``: title, number of the first row and cells of each. HotspotsError where none has both a column of scores
    and one that says what offence is meant.
    """
    seen = list(sheets)
    found = [f for title, first, grid in seen if (f := _in_grid(name, title, first, grid))]
    if not found:
        headings = next((row for _, _, grid in seen for row in grid if sum(bool(c.strip()) for c in row) > 1), [])
        has = sample((c.strip() for c in headings if c.strip()), 6) or "none"
        raise HotspotsError(
            f"{name} has no columns that can be told as weights: it needs one with scores (such as 'CCHI Score', 'days'"
            " or 'weight') and one that says the offence (an Athena URN, a Home Office class like 008/06, a crime type"
            f" or an offence title). Its columns are {has}."
        )
    best = max(found, key=lambda f: f.usable)
    others = [f"Sheet '{f.sheet.title}' looks like weights too and is not read." for f in found if f is not best]
    return best, others


def _in_grid(name: str, title: str, first: int, grid: list[list[str]]) -> Found | None:
    """The first row of a sheet that is a heading of weights, with what stands below it."""
    rows = list(enumerate(grid[:HEADING_ROWS]))
    for strict, (i, header) in [*((True, row) for row in rows), *((False, row) for row in rows)]:
        plain = [plain_words(c) for c in header]
        fits = any(re.search(pattern, words) for words in plain for pattern in _SCORE)
        if not fits or sum(bool(words) for words in plain) < 2:  # a line of text above the table
            continue
        below = [(first + i + 1 + n, row) for n, row in enumerate(grid[i + 1 :]) if any(c.strip() for c in row)]
        sheet = Sheet(title, tuple(header), [row for _, row in below], [number for number, _ in below])
        if sheet.rows and (roles := _roles(name, sheet, plain, 0.5 if strict else 0.0)):
            ours = {c.strip() for c in header} >= set(OURS)
            return Found(sheet, roles, ours)
    return None


def _roles(name: str, sheet: Sheet, plain: list[str], numeric: float) -> dict[str, int]:
    """Index by role; empty where there is no score (``numeric``: the share of numbers it needs) or no key."""
    score = _score_column(name, sheet, plain, numeric)
    if score is None:
        return {}
    roles = {"score": score}
    tests: dict[str, Callable[[str], bool]] = {
        "athena_urn": lambda v: normalise_urn(v) is not None,
        "ho_class": lambda v: read_class(v) is not None,
        "crime_type": lambda v: v.casefold() in _TYPES,
        "code": lambda v: v.upper() in all_codes(),
    }
    for role, test in tests.items():
        index = _key_column(sheet, plain, _HEADINGS[role], test, set(roles.values()), role != "code")
        if index is not None:
            roles[role] = index
    for role, patterns in _BY_HEADING.items():
        index = _by_heading(plain, patterns, set(roles.values()))
        if index is not None:
            roles[role] = index
    types = [v.strip().casefold() for v in sheet.column(roles["crime_type"])] if "crime_type" in roles else []
    if len(set(types)) < len(types) and "force" not in roles and {"code", "title", "offence_group"} & set(roles):
        del roles["crime_type"]  # a finer column names the offences
    if any(role in roles for role in KEY_ROLES):
        return roles
    if "offence_group" in roles:
        return {**roles, "title": roles.pop("offence_group")}
    return _other_column_as_title(sheet, roles)


def _score_column(name: str, sheet: Sheet, plain: list[str], numeric: float) -> int | None:
    """The one column of scores. Two that are equally good cannot be told apart: HotspotsError."""
    for pattern in _SCORE:
        fits = [i for i, words in enumerate(plain) if re.search(pattern, words) and not _NO_SCORE.search(words)]
        fits = [i for i in fits if _share(sheet.column(i), is_number) >= numeric]
        if len(fits) > 1:
            raise HotspotsError(
                f"{name} has {len(fits)} columns of scores: {sample(sheet.header[i] for i in fits)}."
                " Keep the one to be used and import again."
            )
        if fits:
            return fits[0]
    return None


def _key_column(
    sheet: Sheet, plain: list[str], pattern: str, test: Callable[[str], bool], taken: set[int], bare: bool
) -> int | None:
    """The column most of whose values pass the test: at least half under a fitting heading, else nine in ten."""
    best, share = None, 0.0
    for i, words in enumerate(plain):
        if i in taken:
            continue
        passed = _share(sheet.column(i), test)
        needed = 0.5 if re.search(pattern, words) else 0.9 if bare else 2.0
        if passed >= needed and passed > share:
            best, share = i, passed
    return best


def _share(values: Iterable[str], test: Callable[[str], bool]) -> float:
    """The share of the values that pass, of those that are not blank."""
    filled = [v.strip() for v in values if v.strip()]
    return sum(map(test, filled)) / len(filled) if filled else 0.0


def _by_heading(plain: list[str], patterns: Sequence[str], taken: set[int]) -> int | None:
    for pattern in patterns:
        for i, words in enumerate(plain):
            if i not in taken and re.search(pattern, words) and not re.search(r"\bcode\b|note|source", words):
                return i
    return None


def _other_column_as_title(sheet: Sheet, roles: dict[str, int]) -> dict[str, int]:
    """A table of two columns names its offences in the other one, whatever that is called."""
    others = [i for i, words in enumerate(sheet.header) if i != roles["score"] and words.strip()]
    if len(others) == 1 and not all(is_number(v) for v in sheet.column(others[0])):
        return {**roles, "title": others[0]}
    return {}


def plain_words(heading: str) -> str:
    """'CCHI 2023\\nscore (days)' → 'cchi 2023 score days'; 'ho_class' → 'ho class'."""
    return " ".join(re.sub(r"[^a-z0-9]+", " ", heading.casefold()).split())


def is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text.strip()) is not None


@lru_cache(maxsize=4096)
def read_class(text: str) -> str | None:
    """A class as ``008/06``; None where it is none, or where a spreadsheet may have cut a nought off it (8.6)."""
    return None if _EXCEL_CLASS.fullmatch(text.strip()) else normalise_ho_class(text)
