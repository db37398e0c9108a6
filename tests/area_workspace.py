"""A workspace for tests of areas, small enough to count by hand. Areas may have one cell of resolution 10 to begin
with, one in South and one in West.

    A  Preston     4 violence, 1 robbery   5 incidents   4 × 197.25 + 365 = 1,154.00 days   South
    B  beside A    2 violence              2             2 × 197.25       =   394.50        South
    C  Ashton      1 violence              1                                  197.25        South
    D  Blackpool   3 violence              3             3 × 197.25       =   591.75        West
"""

from __future__ import annotations

from pathlib import Path

import h3.api.basic_str as h3

from hotspots.intake import import_files
from tests.samples import BLACKPOOL, PRESTON, crime, street
from tests.workspaces import ASHTON


def cell_at(place: tuple[float, float]) -> str:
    return str(h3.latlng_to_cell(place[1], place[0], 10))


A, C, D = cell_at(PRESTON), cell_at(ASHTON), cell_at(BLACKPOOL)
B = "8a1951803b47fff"  # to the north of A
QUIET = "8a1951801697fff"  # to the south-east of A: nothing happened there
BESIDE = (h3.cell_to_latlng(B)[1], h3.cell_to_latlng(B)[0])
SETTINGS = "max_area_m2 = 20000.0\nareas_west = 1\nareas_south = 1\nareas_east = 1\n"
PROMENADE, MARKET = "On or near Promenade", "On or near Market Place"


def make_areas(folder: Path) -> Path:
    january = [
        *(crime(f"a{i}", "2024-01") for i in range(4)),
        *(crime(f"b{i}", "2024-01", place=BESIDE, street=MARKET) for i in range(2)),
        *(crime(f"d{i}", "2024-01", place=BLACKPOOL, street=PROMENADE) for i in range(2)),
    ]
    february = [
        crime("a4", "2024-02", "Robbery"),
        crime("c0", "2024-02", place=ASHTON, street="On or near Blackpool Road"),
        crime("d2", "2024-02", place=BLACKPOOL, street=PROMENADE),
    ]
    import_files(folder, [street("2024-01", january), street("2024-02", february)], "police-uk")
    (folder / "settings.toml").write_text(SETTINGS, encoding="utf-8")
    return folder
