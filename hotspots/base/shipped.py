"""Where the files lie that come with the program."""

from __future__ import annotations

from pathlib import Path

from hotspots.base.errors import HotspotsError

HOME = Path(__file__).resolve().parents[2]
DATA, DOCS = HOME / "data", HOME / "docs"
MAPPINGS = DATA / "mappings"
FORCE = DATA / "forces" / "lancashire"  # the profile of a workspace that names no other


def shipped(path: Path) -> Path:
    """The path itself, or a sentence when the installation is incomplete."""
    if not path.is_file():
        raise HotspotsError(
            f"The file '{path.name}' that belongs to this tool is not at {path}; install the tool again, "
            "with its data folder."
        )
    return path
