"""A page with both maps and a table of 61 cells round one point in Preston, for test_map_components.py."""

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

selected = st.query_params.get("cell")
dark = components.is_dark()
# the cell behind the zoom buttons: the buttons stand over the cells when they are this near
view = {"lon": points[0][1], "lat": points[0][0], "zoom": float(st.query_params.get("zoom", "15"))}
deck = maps.deck_json(cells, outlines, places, "n_incidents", selected, view, dark=dark)
svg = maps.svg_map(cells, outlines, places, "n_incidents", selected)
picked = components.map_view(deck, svg, selected, "map", prefer_svg=st.query_params.get("svg") == "1")
chosen = show.show_table(cells, "table", name="Ranked cells")
show.download_buttons(
    [show.Download("Cells, CSV", "cells.csv", "text/csv", lambda: cells.to_csv(index=False))], "downloads"
)
picks = st.session_state.setdefault("picks", [])
for cell in (picked, chosen):
    if cell:
        picks.append(cell)
        if cell == selected:
            del st.query_params["cell"]
        else:
            st.query_params["cell"] = cell
        st.rerun()
st.text(f"picks: {' '.join(picks)};")
