"""Numbers and lists in a sentence: singular and plural right, wherever it stands."""

from __future__ import annotations

from collections.abc import Iterable

DASH = "–"  # for a figure that is not known


def counted(n: float, one: str, many: str = "") -> str:
    """'1 visit', 'no visits', '1,200 visits', '3 classes'. ``many``: a plural that takes more than an s."""
    many = many or f"{one}s"
    return f"1 {one}" if n == 1 else f"{n:,.0f} {many}" if n else f"no {many}"


def joined(parts: Iterable[str]) -> str:
    """'a', 'a and b', 'a, b and c'; '' of nothing."""
    *first, last = [*parts] or [""]
    return f"{', '.join(first)} and {last}" if first else last
