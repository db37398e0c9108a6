"""Forms that store something: who and why, and what is said once it is stored."""

from __future__ import annotations

from typing import Any

import streamlit as st

from hotspots.base.errors import HotspotsError
from hotspots.base.words import joined
from hotspots.ui.session import hand_over, handed_over, held, hold, next_turn, turn, widget_key
from hotspots.ui.text import plain_text


def form_key(name: str) -> str:
    """The key of a form or of a widget in one: another after each change that was stored."""
    return f"{name}_{turn('form')}"


def signature(name: str, why: str) -> tuple[str, str]:
    """Who and why: two fields of a form. The name is remembered for the session."""
    left, right = st.columns([1, 2])
    author = left.text_input(
        "Your name", key=widget_key(form_key(f"{name}_author"), held("author") or ""), max_chars=100
    )
    note = right.text_input(why, key=f"_{form_key(f'{name}_note')}", max_chars=500)
    if author.strip():
        hold("author", author.strip())
    return author.strip(), note.strip()


def refuse_unsigned(author: str, note: str) -> None:
    missing = [what for what, text in (("your name", author), ("the reason", note)) if not text]
    if missing:
        raise HotspotsError(f"Nothing was stored: please give {joined(missing)}. Others must be able to ask why.")


def done(*sentences: str) -> None:
    """Show these at the top of the next run, and begin it with new forms."""
    done_in_markdown(*(plain_text(s) for s in sentences))


def done_in_markdown(*sentences: str) -> None:
    """The same for sentences in Markdown, in which text from data is escaped."""
    next_turn("form")
    hand_over("done", sentences)
    st.rerun()


def show_done() -> None:
    """What the last run stored; warnings follow."""
    stored: Any = handed_over("done")
    for i, sentence in enumerate(stored or ()):
        (st.warning if i else st.success)(sentence, icon=f":material/{'warning' if i else 'check'}:")
