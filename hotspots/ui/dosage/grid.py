"""A grid of coloured cells as an HTML table: figures, marks and words in every cell, whatever the browser can draw.

A table and no picture: it is read by the keyboard and by screen readers as it stands, prints, and scrolls inside its
own frame on a phone while its first column stays. Everything from data is escaped; colours and styles are ours.
"""

from __future__ import annotations

from html import escape

import streamlit as st

from hotspots.charts.dosage import INKS, RAMP, Cell, Grid, Head, Row
from hotspots.patrols.dosage.dose import NO_DATA
from hotspots.ui import components

HATCH = "repeating-linear-gradient(45deg,rgba(128,128,128,.8) 0 1px,transparent 1px 6px)"
GROUNDS = {True: "#171614", False: "#ffffff"}  # of Streamlit's own themes, dark and light
RING = "#F46A25"
STYLE = """
.dose-frame{position:relative;overflow-x:auto;max-width:100%%;margin:0 0 .5rem}
.dose-frame:focus-visible{outline:3px solid #6BACE6;outline-offset:2px}
table.dose{border-collapse:separate;border-spacing:2px;font-size:14px;line-height:1.25;margin:0}
table.dose th,table.dose td{border:0;padding:3px 4px;text-align:center;font-variant-numeric:tabular-nums}
table.dose thead th{font-weight:400;font-size:12px;white-space:nowrap;vertical-align:bottom}
table.dose th[scope=row]{text-align:left;font-weight:400;position:sticky;left:0;z-index:1;background:%(ground)s;
 min-width:11rem;max-width:16rem;overflow-wrap:anywhere}
table.dose thead th:first-child{text-align:left;position:sticky;left:0;z-index:1;background:%(ground)s}
table.dose th[scope=rowgroup]{text-align:left;font-weight:600;padding-top:8px}
table.dose th[scope=rowgroup] span{position:sticky;left:4px}
table.dose th small{opacity:.85;font-size:12px}
table.dose td{min-width:34px;height:30px;border-radius:2px;box-shadow:inset 0 0 0 1px rgba(128,128,128,.45);
 white-space:nowrap}
table.dose.hours td{min-width:27px;font-size:12px;padding:2px}
table.dose.hours th[scope=row]{min-width:2.4rem}
table.dose td.held-not{box-shadow:none}
table.dose td.ringed{box-shadow:inset 0 0 0 3px %(ring)s}
table.dose td i{font-style:normal;font-size:10px;margin-left:2px}
table.dose caption,table.dose .unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%%);
 white-space:nowrap;left:0}
@media (max-width:640px){
 table.dose{border-spacing:1px;font-size:12px}
 table.dose thead th{font-size:11px;padding:2px 0}
 table.dose th[scope=row],table.dose thead th:first-child{min-width:5rem;max-width:5rem;font-size:12px;padding:2px 0}
 table.dose td{padding:2px 0;min-width:36px}
 table.dose td i{font-size:8px;margin-left:1px}
}
@media print{
 .dose-frame{overflow:visible}
 table.dose{font-size:9px;border-spacing:1px;color:#000}
 table.dose th[scope=row]{position:static;background:none;min-width:0}
 table.dose th small,table.dose thead th{font-size:8px}
 table.dose td,table.dose.hours td{min-width:0;padding:1px;height:auto;font-size:9px}
 table.dose,table.dose td{print-color-adjust:exact;-webkit-print-color-adjust:exact}
}
"""


def show_grid(grid: Grid, kind: str = "") -> None:
    """The grid on the page; ``kind`` "hours" for narrow cells."""
    st.html(f"<style>{STYLE % {'ground': GROUNDS[components.is_dark()], 'ring': RING}}</style>")
    st.html(grid_html(grid, kind))


def grid_html(grid: Grid, kind: str = "") -> str:
    """The grid as a table in a frame that the keyboard can scroll."""
    heads = "".join(_head(head) for head in grid.heads)
    corner = '<th scope="col"><span class="unseen">Hour</span></th>' if kind else '<th scope="col">Hot spot</th>'
    name = escape(grid.name)
    return (
        f'<div class="dose-frame" role="region" tabindex="0" aria-label="{name}">'
        f'<table class="dose {escape(kind)}"><caption>{name}</caption><thead><tr>{corner}{heads}</tr></thead>'
        f"{_bodies(grid)}</table></div>"
    )


def _head(head: Head) -> str:
    lines = "<br>".join(escape(line) for line in (head.top, head.bottom) if line)
    return f'<th scope="col" title="{escape(head.said)}">{lines}</th>'


def _bodies(grid: Grid) -> str:
    """A body for each group of rows, with its name above them."""
    parts: list[str] = []
    group: str | None = None
    for row in grid.rows:
        if row.group != group:
            parts.append("</tbody><tbody>" if parts else "<tbody>")
            group = row.group
            if group:
                wide = len(grid.heads) + 1
                parts.append(f'<tr><th scope="rowgroup" colspan="{wide}"><span>{escape(group)}</span></th></tr>')
        parts.append(_row(grid, row))
    return "".join([*parts, "</tbody>"]) if parts else ""


def _row(grid: Grid, row: Row) -> str:
    note = f" <small>({escape(row.note)})</small>" if row.note and row.note != "treated" else ""
    cells = "".join(_cell(cell, f"{row.name}, {head.said}") for cell, head in zip(row.cells, grid.heads, strict=True))
    name = escape(row.name if row.group else row.key)
    return f'<tr><th scope="row" title="{escape(row.name)}">{name}{note}</th>{cells}</tr>'


def _cell(cell: Cell, where: str) -> str:
    """What is seen is hidden from screen readers, which read it in words instead."""
    kinds = " ".join(k for k, on in (("ringed", cell.ringed), ("held-not", cell.state == "not held")) if on)
    style = f"background:{HATCH}" if cell.state == NO_DATA else ""
    if cell.band is not None:
        style = f"background:{RAMP[cell.band]};color:{INKS[cell.band]}"
    seen = escape(cell.text) + (f"<i>{escape(cell.mark)}</i>" if cell.mark else "") + ("<i>L</i>" if cell.logs else "")
    return (
        f'<td class="{kinds}" style="{style}" title="{escape(f"{where}: {cell.said}")}">'
        f'<span aria-hidden="true">{seen}</span><span class="unseen">{escape(cell.said)}</span></td>'
    )
