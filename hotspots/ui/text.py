"""Text from data as text, and errors as sentences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import streamlit as st

from hotspots.base.errors import HotspotsError

WORD_JOINER = "\u2060"
LINK_OR_ICON = re.compile(r":(?=//|[\w+/-]+:)|@(?=\S)|www(?=\.)", re.IGNORECASE)


@contextmanager
def errors_shown() -> Iterator[None]:
    """Errors of the input or the request are shown as sentences; the rest of the block is left out."""
    try:
        yield
    except HotspotsError as error:
        for problem in error.problems:
            st.error(plain_text(problem), icon=":material/error:")


def plain_text(text: str) -> str:
    """Text from data, safe inside Markdown: nothing in it is a link, a formula, an icon or a heading.

    Addresses, :material/icons: and :emoji: are found after the escapes are gone, so an unseen character
    (U+2060, word joiner) parts them.
    """
    text = " ".join(text.split())
    text = LINK_OR_ICON.sub(lambda found: found[0] + WORD_JOINER, text)
    for mark in "\\`*_{}[]()<>#+!|$~:":
        text = text.replace(mark, "\\" + mark)
    return text


def show_warnings(lines: Sequence[str]) -> None:
    """One box for all: a wall of boxes is not read."""
    if lines:
        st.warning(plain_text(lines[0]) if len(lines) == 1 else bullets(lines), icon=":material/warning:")


def bullets(lines: Iterable[str]) -> str:
    """Text from data as a list in Markdown."""
    return "\n".join(f"- {plain_text(line)}" for line in lines)
