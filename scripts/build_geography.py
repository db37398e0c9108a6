"""Compute the shipped geography from district polygons: the H3 cover and the outlines for drawing.

    python scripts/build_geography.py FOLDER

FOLDER holds `lancashire_districts.geojson` (the fourteen districts, from the Office for National
Statistics). Writes `cover.parquet` and `outlines.geojson` in `data/forces/lancashire`. The two tables written by hand
there, `districts.csv` and `places.csv`, are checked against the polygons. The polygons themselves are not shipped.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hotspots.base.errors import HotspotsError
from hotspots.base.profile import COVER, OUTLINES
from hotspots.base.shipped import FORCE
from hotspots.geography import Boundaries, load_polygons, places
from hotspots.geography.making import build_cover, write_cover, write_outlines


def check_places(districts: Boundaries) -> None:
    """Every place must lie in the district it names."""
    table = places()
    found = districts.district_of(table["lon"], table["lat"])
    names = [districts.districts[number] if number >= 0 else "no district" for number in found]
    wrong = [
        f"{name} is given to {stated} but lies in {actual}."
        for name, stated, actual in zip(table["name"], table["district"], names, strict=True)
        if stated != actual
    ]
    if wrong:
        raise HotspotsError(wrong)


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    try:
        districts = load_polygons(Path(sys.argv[1]) / "lancashire_districts.geojson")
        cover = build_cover(districts)
        write_cover(cover, districts, FORCE / COVER)
        write_outlines(districts, FORCE / OUTLINES)
        check_places(districts)
    except HotspotsError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{COVER}: {len(cover):,} cells, {(FORCE / COVER).stat().st_size:,} bytes")
    print(f"{OUTLINES}: {(FORCE / OUTLINES).stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
