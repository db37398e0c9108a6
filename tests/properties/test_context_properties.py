"""What always holds of the warnings that context lines bring."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.base.columns import CONTEXT
from hotspots.base.months import Window
from hotspots.change.context import days_of, overlap_notes
from tests.conftest import examples

START = date(2021, 1, 1)
NAMES = [c.name for c in CONTEXT]


def on(day: int) -> date:
    return START + timedelta(days=day)


@st.composite
def windows(draw: st.DrawFn) -> tuple[Window, Window]:
    """Two windows, one after the other, with or without a gap."""
    lengths = [draw(st.integers(1, 60)) for _ in range(3)]
    second = lengths[0] + draw(st.sampled_from([0, lengths[2]]))
    return Window(on(0), on(lengths[0] - 1)), Window(on(second), on(second + lengths[1] - 1))


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    """Up to eight lines of few names, some without an end, some in one BCU."""
    rows = []
    for n in range(draw(st.integers(0, 8))):
        first = draw(st.integers(-30, 200))
        last = draw(st.one_of(st.none(), st.integers(first, 230)))
        kind = draw(st.sampled_from(["restriction", "recording", "operation", "other", "holiday"]))
        rows.append(
            {
                "line": f"c-{n}", "kind": kind, "name": draw(st.sampled_from(["Alpha", "Bravo", "Charlie"])),
                "first_day": on(first).isoformat(), "last_day": "" if last is None else on(last).isoformat(),
                "where": draw(st.sampled_from(["all", "West", "East"])),
            }
        )  # fmt: skip
    return pd.DataFrame(rows, columns=NAMES, dtype=object).fillna("").astype("str")


BREAKS = st.lists(st.sampled_from([202012, 202101, 202102, 202103, 202104, 202105]), max_size=3)


def swapped(sentence: str) -> str:
    """A sentence with what it says of before and of after exchanged."""
    pair = r"(none|\d+)"
    sentence = re.sub(
        rf"{pair} of the (\d+) (days?) before and (on )?{pair} of the (\d+) after",
        lambda f: (
            f"{f[5]} of the {f[6]} {'day' if f[6] == '1' else 'days'} before and {f[4] or ''}{f[1]} of the {f[2]} after"
        ),
        sentence,
    )
    sentence = re.sub(rf"; (\w+(?: \(\w+\))?) {pair} and {pair}(?=[;:])", r"; \1 \3 and \2", sentence)
    sentence = re.sub(r"inside the days (before|after)", lambda f: f"inside the days {other(f[1])}", sentence)
    found = re.search(r" \(((?:only (?:before|after): [^;)]*(?:; )?)+)\)\.$", sentence)
    if found:
        parts = sorted(re.sub(r"^only (\w+)", lambda f: f"only {other(f[1])}", p) for p in found[1].split("; "))
        sentence = f"{sentence[: found.start()]} ({'; '.join(reversed(parts))})."
    return sentence


def other(side: str) -> str:
    return "after" if side == "before" else "before"


@given(lines=tables(), pair=windows(), breaks=BREAKS, bcu=st.sampled_from(["all", "West", "South"]))
def test_swapping_the_windows_swaps_the_words(
    lines: pd.DataFrame, pair: tuple[Window, Window], breaks: list[int], bcu: str
) -> None:
    there = overlap_notes(lines, breaks, *pair, bcu, "police-uk")
    back = overlap_notes(lines, breaks, *reversed(pair), bcu, "police-uk")
    assert [swapped(s) for s in there] == back


@given(lines=tables(), first=st.integers(0, 100), length=st.integers(1, 60), gap=st.integers(0, 60))
def test_lines_repeated_at_the_distance_of_the_windows_bring_no_sentence(
    lines: pd.DataFrame, first: int, length: int, gap: int
) -> None:
    """The same days of both windows are covered under the same names: there is nothing to say."""
    before = Window(on(first), on(first + length - 1))
    after = Window(before.start + timedelta(length + gap), before.end + timedelta(length + gap))
    inside = lines[lines["first_day"].between(str(before.start), str(before.end))].copy()
    end = str(before.end)
    inside["last_day"] = inside["last_day"].map(lambda d: min(d or end, end)).astype("str")
    later = inside.copy()
    for column in ("first_day", "last_day"):
        moved = later[column].map(lambda d: str(date.fromisoformat(d) + timedelta(length + gap)))
        later[column] = moved.astype("str")
    both = pd.concat([inside, later], ignore_index=True)
    assert overlap_notes(both, [], before, after, "all", "police-uk") == []


@settings(max_examples=examples(40))
@given(lines=tables(), pair=windows())
def test_days_covered_are_those_that_a_calendar_counts(lines: pd.DataFrame, pair: tuple[Window, Window]) -> None:
    for window in pair:
        days = [window.start + timedelta(d) for d in range((window.end - window.start).days + 1)]
        spans = list(zip(lines["first_day"], lines["last_day"], strict=True))
        assert days_of(lines, window) == sum(
            any(a <= str(d) and (not b or str(d) <= b) for a, b in spans) for d in days
        )
