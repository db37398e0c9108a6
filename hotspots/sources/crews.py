"""How many officers a text speaks of, and who: '2', '2 PC', '1 Sgt 2 PC', 'Two officers', 'PC 1234 & PC 4321', 'Smith'.

A number before a rank is a count; one behind a rank is somebody's collar number, and so is any of three digits or more.
What could mean two things is not counted.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from hotspots.base.identity import HASHED

_IN_WORDS = (
    "one single solo", "two double pair couple", "three triple", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve",
)  # fmt: skip
_SHORT = "pc wpc pcso cso psco ps sgt sarge insp sc spc dc ds di dci ci"
_LONG = (
    "constable sergeant inspector superintendent supt detective police special officer cop warden ranger person man men"
    " people"
)
# Words beside a number that add nobody; alone they do not say how many.
_OTHER = (
    "crew crewed unit patrol staff member up handed uniform uniformed response neighbourhood other others more extra"
)
_VAGUE = (
    "several some many few various multiple team group both all unknown unk na tbc tba of or approx about circa another"
    " lots half no none nil zero not stated"
)
NUMBERS = {word: n for n, words in enumerate(_IN_WORDS, start=1) for word in words.split()}
SHORT_RANKS, LONG_RANKS, OTHERS, VAGUE = (frozenset(w.split()) for w in (_SHORT, _LONG, _OTHER, _VAGUE))
_DOUBTFUL = re.compile(r"[?~<>≈…]|\d\s*-\s*\d|\d[.]\d|^n[/.]?[ak]\.?$", re.IGNORECASE)
_APART = re.compile(r"\s*(?:[;,/&+\n]|\band\b|\bwith\b|\bplus\b)\s*", re.IGNORECASE)
_LEADING = re.compile(rf"(?<=\w)\s+(?=(?:{'|'.join(SHORT_RANKS)})\b\s*\w)", re.IGNORECASE)
_GROUP_OF = re.compile(r"^(?:crew|team|unit|patrol|group)\s+of\s+", re.IGNORECASE)


class Crew(NamedTuple):
    """The officers of a text: how many (0: it does not say), and those it names (or words that may be names)."""

    n: int
    names: tuple[str, ...] = ()


def crew_of(text: str | None) -> Crew:
    """The officers of a cell; one where it is empty, for a unit is at least one officer."""
    if text is None or not text.strip(";,/ "):
        return Crew(1)
    if re.fullmatch(r"[-+]?(\d{1,2}(\.\d+)?|\.\d+)", text):
        number = float(text)
        return Crew(int(number) if number >= 1 and number.is_integer() else 0)
    bracket = re.fullmatch(r"([^():]+)[(:]([^():]+)\)?", text)
    if bracket:
        return _agreed(bracket[1], *(crew_of(part.strip()) for part in bracket.groups()))
    text = re.sub(r"^(\d+)\.0+$", r"\1", text)
    if _DOUBTFUL.search(text):
        return _unclear(text)
    listed = re.search(r"[;,/]", text) is not None
    if all(part.casefold() in NUMBERS for part in re.split(r"\s*[/,;]\s*", text)) and listed:  # two/three
        return Crew(0)
    count, names = 0, list[str]()
    for part in filter(None, _APART.split(_GROUP_OF.sub("", text))):
        one = _part(part, bare=not listed)
        if not one.n:
            return _unclear(text)
        count += 0 if one.names else one.n
        names += one.names
    return Crew(count + len({" ".join(n.split()).casefold() for n in names}), tuple(names))


def _agreed(before: str, outer: Crew, inner: Crew) -> Crew:
    """'2 PC (Smith, Jones)', '3 (1 Sgt, 2 PC)', 'PCs: Smith, Jones', 'PC Smith (driver)'."""
    names = (*outer.names, *inner.names)
    if outer.names and outer.n:
        return Crew(outer.n, names)
    label = not outer.n and not any(kind == "N" for kind, _ in _kinds(before))
    return Crew(inner.n if label or outer.n == inner.n else 0, names)


def _part(part: str, bare: bool) -> Crew:
    """The officers of a text without a comma or an 'and' in it; ``bare``: a number alone is a count."""
    if HASHED.fullmatch(part.lower()):
        return Crew(1, (part,))
    kinds = _kinds(part)
    order = "".join(kind for kind, _ in kinds)
    numbers = [int(value) for kind, value in kinds if kind == "N"]
    if "I" in order:
        several = [value for kind, value in kinds if kind == "I" and value.isdigit()]
        if "N" in order or "V" in order or (len(several) == order.count("I") and _plural(part)):  # '100 PCs'
            return Crew(0)
        apart = several if len(several) == len(order) else _LEADING.split(part)
        return Crew(len(apart), tuple(apart))
    if order == "N":
        return Crew(numbers[0] if bare or part.isalpha() else 0)
    if re.fullmatch(r"(NX?[RLO]+)+", order):
        return Crew(sum(numbers))
    if re.fullmatch(r"[RLO]+XN", order):
        return Crew(numbers[0])
    alone = order in ("R", "O" * order.count("O") + "R") or re.fullmatch(r"L+", order)
    return Crew(1 if alone and not _plural(part) else 0)


def _kinds(text: str) -> list[tuple[str, str]]:
    """What each word is: N number, R or L rank (short, long), O other known word, X times, V vague, I an identity."""
    words = re.sub(r"(\d)\s*[x×*]\s*(?=[^\W\d])", r"\1 x ", text.replace("'s", "s").replace("-", " "), flags=re.I)
    words = re.sub(r"\b(\d{1,2})(?=[^\W\d_])", r"\1 ", re.sub(r"\b[x×*]\s*(?=\d)", " x ", words, flags=re.I))
    words = re.sub(rf"\b({'|'.join(SHORT_RANKS)})(?=\d{{1,2}}\b)", r"\1 ", words, flags=re.I)
    found = []
    for word in re.findall(r"\w+", words):
        low = word.casefold()
        stem = low.removesuffix("s") if low not in SHORT_RANKS and low not in NUMBERS else low
        if re.fullmatch(r"\d{1,2}", low):
            found.append(("N", low))
        elif low in NUMBERS:
            found.append(("N", str(NUMBERS[low])))
        elif low == "x":
            found.append(("X", low))
        else:
            sets = (("R", SHORT_RANKS), ("L", LONG_RANKS), ("O", OTHERS), ("V", VAGUE))
            found.append((next((kind for kind, known in sets if low in known or stem in known), "I"), word))
    return found


def _plural(text: str) -> bool:
    """Whether the last word stands for several: 'PCs', 'officers', 'people'."""
    last = text.split()[-1].casefold().strip(".'")
    return (last.endswith("s") and last not in SHORT_RANKS) or last in ("men", "people", "police")


def _unclear(text: str) -> Crew:
    return Crew(0, tuple(value for kind, value in _kinds(text) if kind == "I"))


def with_codes(text: str, codes: dict[str, str]) -> str:
    """The text with a code in place of each name, or of each word that may be one: 'Smith + 1' → 'unit-3f… + 1'."""
    if not codes:
        return text
    names = sorted(map(re.escape, codes), key=len, reverse=True)
    return re.sub(rf"(?<!\w)(?:{'|'.join(names)})(?!\w)", lambda found: codes[found[0]], text)
