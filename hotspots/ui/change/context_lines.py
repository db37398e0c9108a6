"""What else was going on: context lines that touch the windows, and forms to add, correct and withdraw one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from hotspots.change import context
from hotspots.change.context import EARLIEST, EVERYWHERE, LATEST, LONGEST_NAME
from hotspots.ui.change import answers
from hotspots.ui.forms import done, form_key, signature
from hotspots.ui.frame import View
from hotspots.ui.session import widget_key
from hotspots.ui.show import errors_shown

HELP = (
    "Whatever differs between the two windows may be why the figures do. What ships with the program is here; add what"
    " you know of, such as an operation, an event or a new way of recording. It is stored at once, for everybody, and"
    " nothing that was written is lost."
)
TO_ADD, TO_CORRECT, TO_WITHDRAW, TO_READ = "Add", "Correct", "Withdraw", "History"
COLUMNS: Any = {
    "kind": "Kind", "name": st.column_config.TextColumn("What", width=240), "first_day": "First day",
    "last_day": "Last day", "where": "Where", "note": st.column_config.TextColumn("Note", width=260),
    "source": st.column_config.TextColumn("Source", width=180), "author": "By", "created": "Stored (UTC)",
    "line": "Line", "what": "What was done",
}  # fmt: skip


def show_context(view: View, touching: pd.DataFrame) -> None:
    """``touching``: the lines in `CONTEXT` that touch the windows; all lines and the forms lie below, folded."""
    if len(touching):
        shown(holidays_last(touching), "Lines that touch the windows")
    else:
        st.caption("No context line touches these windows. That does not mean that nothing else was going on.")
    stamp = answers.change_stamp(view.folder)
    with st.expander("All lines", icon=":material/event_note:"), errors_shown():
        table = answers.context_lines(view.folder, stamp)
        st.markdown(HELP)
        shown(holidays_last(table), "All context lines")
        parts = st.tabs([TO_ADD, TO_CORRECT, TO_WITHDRAW, TO_READ])
        for part, show in zip(parts, (add_one, correct_one, withdraw_one), strict=False):
            with part, errors_shown():
                show(view, table)
        with parts[-1]:
            past = answers.context_history(view.folder, stamp)
            shown(past[past["what"] != "shipped"].iloc[::-1], "What people wrote, newest first", "what")


def shown(table: pd.DataFrame, alt: str, *first: str) -> None:
    """Lines as a table; an open end is said in words."""
    if not len(table):
        st.caption("Nothing yet.")
        return
    ends = table["last_day"].where(table["last_day"] != "", "since then")
    when = table["created"].str[:16].str.replace("T", " ")
    order = [*first, *(c for c in COLUMNS if c in table and c not in first)]
    st.dataframe(table.assign(last_day=ends, created=when)[order], hide_index=True, alt=alt, column_config=COLUMNS)


def holidays_last(table: pd.DataFrame) -> pd.DataFrame:
    """The lines in their order, but holidays after all others: there are so many."""
    return table.sort_values("kind", key=lambda kind: kind == "holiday", kind="stable")


def add_one(view: View, table: pd.DataFrame) -> None:
    """The form of a new line."""
    with st.form(form_key("context_add"), border=True):
        entered = fields("new", None, view.workspace.profile.bcus)
        author, note = signature("context_new", "Why it matters")
        go = st.form_submit_button("Add this line", icon=":material/add:")
    if go:
        line = context.add_line(Path(view.folder), **entered, author=author, note=note)
        done(f"Line {line} is stored: {entered['name']}.")


def correct_one(view: View, table: pd.DataFrame) -> None:
    """A line as it stands, to be changed; the earlier wording stays in the history."""
    line = chosen(table, "correct", "Line to correct")
    if line is None:
        return
    with st.form(form_key(f"context_correct_{line['line']}"), border=True):
        entered = fields(str(line["line"]), line, view.workspace.profile.bcus)
        author, note = signature(f"context_{line['line']}", "Why")
        go = st.form_submit_button("Store the correction", icon=":material/edit:")
    if go:
        context.correct_line(Path(view.folder), str(line["line"]), author, note, **entered)
        done(f"Line {line['line']} is corrected: {entered['name']}. What it said before stays in the history.")


def withdraw_one(view: View, table: pd.DataFrame) -> None:
    """Take a line away; it stays in the history."""
    line = chosen(table, "withdraw", "Line to withdraw")
    if line is None:
        return
    with st.form(form_key("context_withdraw"), border=True):
        author, note = signature("context_withdraw", "Why")
        go = st.form_submit_button("Withdraw this line", icon=":material/delete:")
    if go:
        context.withdraw_line(Path(view.folder), str(line["line"]), author, note)
        done(f"Line {line['line']} is withdrawn: {line['name']}. It stays in the history.")


def chosen(table: pd.DataFrame, name: str, label: str) -> dict[Any, Any] | None:
    """The line that was picked, newest first."""
    lines = {str(row["line"]): row for row in holidays_last(table.iloc[::-1]).to_dict("records")}
    names = {key: f"{row['name']}, {row['first_day']} ({key})" for key, row in lines.items()}
    picked = st.selectbox(
        label, list(lines), index=None, format_func=lambda key: names.get(key, key), placeholder="Choose a line",
        key=f"_{form_key(f'context_{name}')}",
    )  # fmt: skip
    return lines.get(picked) if picked else None


def fields(name: str, line: dict[Any, Any] | None, bcus: Sequence[str]) -> dict[str, Any]:
    """The fields of a line: what they say now, or blank."""
    old = line or {"kind": "operation", "name": "", "first_day": "", "last_day": "", "where": EVERYWHERE, "source": ""}

    def key(field: str, start: object) -> str:
        return widget_key(form_key(f"context_{name}_{field}"), start)

    left, right = st.columns([3, 1])
    what = left.text_input("What it was", key=key("name", old["name"]), max_chars=LONGEST_NAME)
    kind = right.selectbox(
        "Kind", list(context.KINDS), key=key("kind", old["kind"]),
        help="; ".join(f"{k}: {meaning}" for k, meaning in context.KINDS.items()),
    )  # fmt: skip
    left, middle, right = st.columns(3)
    limits: dict[str, Any] = {"format": "DD/MM/YYYY", "min_value": EARLIEST, "max_value": LATEST}
    first = left.date_input("First day", key=key("first", day(old["first_day"]) or date.today()), **limits)
    last = middle.date_input(
        "Last day", value=None, key=key("last", day(old["last_day"])), help="Empty: since the first day for good.",
        **limits,
    )  # fmt: skip
    where = right.selectbox("Where", (EVERYWHERE, *bcus), key=key("where", old["where"]))
    source = st.text_input("Where the dates come from", key=key("source", old["source"]), max_chars=500)
    return {
        "kind": kind or "", "name": what.strip(), "first_day": str(first or ""), "last_day": str(last or ""),
        "where": where or EVERYWHERE, "source": source.strip(),
    }  # fmt: skip


def day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
