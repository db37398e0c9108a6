"""The context lines by themselves, without the menu, for tests/pages/test_context_lines.py.

In the address: before=2021-01..2021-12 and after=2022-01..2022-12 (the default) are the windows, as months.
"""

import streamlit as st

from hotspots.base.months import Window, parse_day
from hotspots.change import context
from hotspots.ranking.question import Question
from hotspots.ui import frame, loading
from hotspots.ui.change import answers, context_lines
from hotspots.ui.forms import show_done
from hotspots.ui.session import remembered
from hotspots.ui.show import errors_shown


def window(name: str, default: str) -> Window:
    first, last = (st.query_params.get(name) or default).split("..")
    return Window(parse_day(first, name, is_end=False), parse_day(last, name, is_end=True))


st.set_page_config(page_title="Context", layout="wide")
st.title("What else was going on")
show_done()
view = frame.View(loading.current(), Question(bcu=remembered("bcu") or "all"))
with errors_shown():
    lines = answers.context_lines(view.folder, answers.change_stamp(view.folder))
    windows = window("before", "2021-01..2021-12"), window("after", "2022-01..2022-12")
    context_lines.show_context(view, context.touching(lines, *windows, view.question.bcu))
