"""Hot spots: which cells carry the most harm, how sure that is, and the areas made of them."""

from hotspots.ui.frame import frame
from hotspots.ui.hot_spots import page as hot_spots
from hotspots.ui.show import errors_shown

view = frame("Hot spots", filtered=True)
if view:
    with errors_shown():
        hot_spots.show(view)
