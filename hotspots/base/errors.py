"""The two families of error.

`HotspotsError` is for whoever runs the tool: a sentence (or several) saying what was found, where,
and what to do; it is shown as text, never as a traceback. Anything else that is raised is a defect of
ours and keeps its traceback.
"""

from __future__ import annotations

from collections.abc import Iterable

SHOWN = 3  # values or row numbers that a sentence names


class HotspotsError(Exception):
    """A request or an input that cannot be used, in sentences that an analyst can act on.

    Several problems may come at once: ``HotspotsError(["…", "…"])``. ``problems`` holds them one by
    one and ``str(error)`` joins them with line breaks.
    """

    def __init__(self, problems: str | Iterable[str]):
        told = (problems,) if isinstance(problems, str) else tuple(problems)
        self.problems: tuple[str, ...] = tuple("\n".join(map(_printable, text.split("\n"))) for text in told)
        super().__init__("\n".join(self.problems))


class NothingLeft(HotspotsError):
    """What was asked for is not there, and something else may be: whoever chose it for the user tries the next."""


def sample(values: Iterable[object], most: int = SHOWN) -> str:
    """The first few distinct values, quoted, for an error sentence: ``'05/24', '06/24', …``."""
    seen = list(dict.fromkeys(_printable(str(v)[:40]) for v in values))
    return ", ".join(f"'{v}'" for v in seen[:most]) + (", …" if len(seen) > most else "")


def _printable(text: str) -> str:
    """Characters that no screen shows, as ``\\x00``: they come from damaged files."""
    return "".join(c if c.isprintable() or c == "\u00a0" else ascii(c)[1:-1] for c in text)


def rows_sentence(rows: Iterable[int]) -> str:
    """Row numbers as a spreadsheet shows them: ``row 12`` or ``rows 12, 40, 77 and 9 more``."""
    numbers = list(rows)
    shown = ", ".join(f"{n:,}" for n in numbers[:SHOWN])
    more = f" and {len(numbers) - SHOWN:,} more" if len(numbers) > SHOWN else ""
    return f"row{'s' if len(numbers) != 1 else ''} {shown}{more}"
