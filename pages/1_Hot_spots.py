"""Hot spots: which cells carry the most harm, how sure that is, and the areas made of them."""

from hotspots.ui import loading
from hotspots.ui.frame import frame, told
from hotspots.ui.hot_spots import page as hot_spots

view = frame("Hot spots", filters=True)
if view:
    with told():
        answer = loading.ranked(view.folder, view.version, view.question)
        hot_spots.show_summary(view, answer)
        hot_spots.show_parts(view, answer)
        hot_spots.show_unscored(answer)
