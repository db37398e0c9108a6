"""What is kept from one run of a page to the next: the only file that touches the session's state and the address.

What was chosen is kept in the session under permanent keys, so that it survives a change of page, and in the address,
so that it can be shared. What an address asks for is checked against what exists (`hotspots.ui.forms`).
"""

from __future__ import annotations

from typing import Any

import streamlit as st


def begin(page: str) -> None:
    """On another page the same widget is a new one that shows its first option, though its key has a value.

    So keys of widgets are forgotten when the page changes; what was chosen is remembered under permanent keys.
    """
    if st.session_state.get("page_shown") == page:
        return
    for key in [str(k) for k in st.session_state if str(k).startswith("_")]:
        del st.session_state[key]
    st.session_state["page_shown"] = page


# ---------------------------------------------------------------- choices, in the session and in the address


def in_address(name: str) -> str:
    """What the address asks for, else ''."""
    return str(st.query_params.get(name) or "")


def remembered(name: str) -> str:
    """What the address asks for, else what was chosen before in this session, else ''."""
    return in_address(name) or str(st.session_state.get(f"view_{name}") or "")


def asked_anew(name: str) -> str:
    """What the address asks for, unless that is what is shown."""
    asked = in_address(name)
    return "" if asked == st.session_state.get(f"view_{name}") else asked


def keep(name: str, value: str, over: bool = True) -> None:
    """Remember a choice for the session and write it into the address.

    ``over`` false leaves what the address asks for as it stands, so that a word about it is not lost when the
    page runs again by itself.
    """
    st.session_state[f"view_{name}"] = value
    if not over and name in st.query_params:
        return
    if value:
        st.query_params[name] = value
    else:
        leave_address(name)


def leave_address(*names: str) -> None:
    """Take something out of the address; the session still remembers it."""
    for name in names:
        if name in st.query_params:
            del st.query_params[name]


def select_cell(cell: str | None) -> None:
    """Put a chosen cell into the address and draw the page again."""
    if cell:
        st.query_params["cell"] = cell
    else:
        leave_address("cell")
    st.rerun()


# ---------------------------------------------------------------- widgets


def widget_key(name: str, start: object) -> str:
    """The key of a widget that shows ``start`` when the page is opened and then what the reader chose.

    The start is set here and never as the widget's own default: a new default makes a new widget, which
    would forget every second choice.
    """
    key = f"_{name}"
    if key not in st.session_state:
        st.session_state[key] = start
    return key


def shown(name: str) -> Any:
    """What the widget of that `widget_key` shows, None where it has not been drawn."""
    return st.session_state.get(f"_{name}")


def show_next(name: str, value: object) -> None:
    """What that widget shows from now on. Only from a callback, or before it is drawn."""
    st.session_state[f"_{name}"] = value


def turn(name: str) -> int:
    """Part of the key of a widget or form: another number after each `next_turn`, so that it starts afresh."""
    return int(held(f"turn_{name}") or 0)


def next_turn(name: str) -> None:
    hold(f"turn_{name}", turn(name) + 1)


# ---------------------------------------------------------------- things kept for this session


def hold(name: str, value: object) -> None:
    """Keep something for this session, such as edits that are not stored yet. None lets it go."""
    st.session_state[f"held_{name}"] = value


def held(name: str) -> Any:
    """What was kept, else None."""
    return st.session_state.get(f"held_{name}")


def hand_over(name: str, value: object) -> None:
    """Keep something for the next run of this page."""
    st.session_state[f"next_{name}"] = value


def handed_over(name: str) -> object:
    """What the last run kept for this one, once."""
    return st.session_state.pop(f"next_{name}", None)
