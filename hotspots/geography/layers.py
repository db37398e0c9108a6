"""The one layer of districts in a file: GeoJSON, GeoPackage or shapefile, as it is or in a zip."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from hotspots.base.choices import SHAPES, SHAPES_SAID
from hotspots.base.errors import HotspotsError, sample

if TYPE_CHECKING:
    import geopandas

STORED_COLUMNS = ("lad_code", "lad_name", "bcu", "geometry")  # of boundaries kept in a workspace
UNZIPPED_MAX = 2_000_000_000  # bytes: the file of the whole country at full resolution has 400 million


def read_layer(path: Path) -> geopandas.GeoDataFrame:
    """The file's only layer with shapes in it. HotspotsError where there is none, or several."""
    import geopandas
    from shapely.errors import ShapelyError

    if not path.is_file():
        raise HotspotsError(f"There is no boundary file at {path}.")
    where = in_zip(path) if zipfile.is_zipfile(path) else str(path)
    try:
        with warnings.catch_warnings():  # what is odd about single features is said below, in sentences
            warnings.simplefilter("ignore")
            listed = geopandas.list_layers(where)
            layers = [str(layer) for layer in listed.loc[listed["geometry_type"].notna(), "name"]]
            features = geopandas.read_file(where, layer=layers[0]) if layers else None
    except (RuntimeError, ValueError, ShapelyError) as error:  # what the reader raises for a file it cannot make out
        lone = " A shapefile has several files beside it (.shx, .dbf, .prj): give them all, or their zip."
        raise HotspotsError(
            f"'{path.name}' cannot be read as {SHAPES_SAID}; export the district boundaries again."
            + (lone if path.suffix.lower() == ".shp" else "")
        ) from error
    if len(layers) > 1:
        raise HotspotsError(f"'{path.name}' holds {len(layers)} layers ({sample(layers)}); keep only the districts.")
    if features is None or not len(features) or not isinstance(features, geopandas.GeoDataFrame):
        raise HotspotsError(f"'{path.name}' has 0 features with a shape; export the district boundaries again.")
    return features.reset_index(drop=True)


def in_zip(path: Path) -> str:
    """The address of the one file with shapes in a zip, in whatever folder of it. HotspotsError for none or several."""
    try:
        with zipfile.ZipFile(path) as packed:
            members = packed.infolist()
    except (zipfile.BadZipFile, OSError) as error:
        raise HotspotsError(f"'{path.name}' is a damaged zip; download it again.") from error
    if sum(m.file_size for m in members) > UNZIPPED_MAX:
        raise HotspotsError(f"'{path.name}' unpacks to more than {UNZIPPED_MAX / 1e9:.0f} GB; keep only the districts.")
    names = list(shape_files(m.filename for m in members))
    if len(names) != 1:
        found = f"{len(names)} files with shapes ({sample(names)})" if names else "no file with shapes"
        raise HotspotsError(f"'{path.name}' has {found}; give the districts alone, as {SHAPES_SAID}.")
    return f"/vsizip/{path.resolve().as_posix()}/{names[0]}"


def shape_files(names: Iterable[str]) -> Iterable[str]:
    """Those of the names that are files with shapes, not what other programs leave beside them."""
    for name in names:
        parts = name.split("/")
        if not parts[-1].startswith(".") and "__MACOSX" not in parts and Path(name).suffix.lower() in SHAPES:
            yield name
