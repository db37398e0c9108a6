"""A page with both maps and a table of 61 cells round one point in Preston, for test_map_components.py.

In the address: svg=1 draws without WebGL; areas=1 outlines three areas; draft=1 marks each cell that is picked, and
lets it go when picked again; measure=pattern shows patterns.
"""

import h3.api.basic_str as h3
import pandas as pd
import streamlit as st

from hotspots import maps
from hotspots.ui import components, show

st.set_page_config(layout="wide")
CENTRE = "8a1951803b4ffff"
TRICK = "<img src=x onerror=\"document.title='broken'\">"
ids = h3.grid_disk(CENTRE, 4)
points = [h3.cell_to_latlng(cell) for cell in ids]
cells = pd.DataFrame({
    "rank": range(1, len(ids) + 1), "cell": ids, "bcu": "South", "district": "Preston",
    "n_incidents": [len(ids) - i for i in range(len(ids))], "harm_days": [float(i % 7) * 100 for i in range(len(ids))],
    "lon": [lon for _, lon in points], "lat": [lat for lat, _ in points], "place": f"{TRICK} & Friargate", "flag": "",
})  # fmt: skip
square = [[-2.75, 53.74], [-2.65, 53.74], [-2.65, 53.78], [-2.75, 53.78], [-2.75, 53.74]]
outlines = {"type": "FeatureCollection", "features": [{
    "type": "Feature", "properties": {"district": "Preston", "bcu": "South"},
    "geometry": {"type": "Polygon", "coordinates": [square]},
}]}  # fmt: skip
places = pd.DataFrame({"name": [TRICK], "lon": [-2.72], "lat": [53.765], "district": ["Preston"], "size": [3]})

around = h3.grid_ring(CENTRE, 3)
areas = pd.DataFrame({
    "area": ["South-01", "South-02", "South-03"], "name": [f"{TRICK} North", "Station", "Park"],
    "role": ["treated", "comparison", "none"],
    "cells": [h3.grid_disk(around[0], 1), h3.grid_ring(around[6], 1), list(around[11:13])],
})  # fmt: skip
kinds = ["new", "intensifying", "persistent", "intermittent", "fading", "former", "", ""]
cells["pattern"] = [kinds[i % 8] for i in range(len(cells))]
cells = cells.assign(harm_expected_days=420.0, harm_expected_low=90.4, harm_expected_high=1100.0, p_top_next=0.97)

asked = st.query_params
selected = asked.get("cell")
draft = st.session_state.setdefault("draft", [])
extras = {"areas": areas if "areas" in asked else None, "marked": draft, "selected": selected}
dark = components.is_dark()
# the cell behind the zoom buttons: the buttons stand over the cells when they are this near
view = {"lon": points[0][1], "lat": points[0][0], "zoom": float(st.query_params.get("zoom", "15"))}
measure = asked.get("measure", "n_incidents")
drawing = maps.ranked_drawing(cells, measure, 20, **extras)
deck = maps.draw_deck(drawing, outlines, places, view, dark)
svg = maps.draw_svg(drawing, outlines, places)
picked = components.map_view(deck, svg, selected, "map", prefer_svg=asked.get("svg") == "1")
if "draft" in asked and st.button("Clear the draft"):
    draft.clear()
    st.rerun()
shown = [name for name in show.COLUMNS if name in cells]
chosen = show.show_table(cells, "table", shown, name="Ranked cells", height=420)
show.offer_files("cells", "Cells", csv=lambda: cells.to_csv(index=False))
picks = st.session_state.setdefault("picks", [])
for cell in (picked, chosen):
    if cell:
        picks.append(cell)
        if "draft" in asked:
            draft.remove(cell) if cell in draft else draft.append(cell)
        elif cell == selected:
            del st.query_params["cell"]
        else:
            st.query_params["cell"] = cell
        st.rerun()
st.text(f"picks: {' '.join(picks)};")
