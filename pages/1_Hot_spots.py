"""Hot spots: which cells carry the most harm, and why."""

from hotspots.ui import hot_spots, loading
from hotspots.ui.frame import frame, told

view = frame("Hot spots", filters=True)
if view:
    with told():
        answer = loading.ranked(view.folder, view.version, view.question)
        hot_spots.show_summary(view, answer)
        if len(answer.table):
            hot_spots.show_map_and_table(view, answer)
            hot_spots.show_cell(view, answer)
        else:
            hot_spots.show_nothing(view, answer)
        hot_spots.show_unscored(answer)
