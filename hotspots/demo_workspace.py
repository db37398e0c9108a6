"""The synthetic demo as a workspace: made, then imported through the same door as real data."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hotspots.demo import DEFAULT_SEED, write_demo_export
from hotspots.errors import HotspotsError
from hotspots.intake import Imported, import_files
from hotspots.workspace import MANIFEST, open_workspace, stored_files, write_aside

MAPPING = Path(__file__).resolve().parents[1] / "data" / "mappings" / "athena_export.toml"
TRUTH = "demo_truth.json"


def build_demo(folder: Path, seed: int = DEFAULT_SEED) -> Imported:
    """Build (or rebuild) the demo workspace at ``folder``, with the planted truth beside it in demo_truth.json.

    Raises HotspotsError rather than touch a workspace that holds real data.
    """
    if (folder / MANIFEST).is_file() and open_workspace(folder).manifest.kind == "real":
        raise HotspotsError(
            f"The workspace {folder} holds real data; the demo would overwrite it. Give another: --workspace DIR."
        )
    with tempfile.TemporaryDirectory() as scratch:
        export, truth = write_demo_export(Path(scratch), seed)
        if folder.exists():
            clear_synthetic(folder)
        imported = import_files(folder, [export], "incidents", MAPPING, synthetic=True)
        write_aside(folder / TRUTH, truth.read_bytes())
    return imported


def clear_synthetic(folder: Path) -> None:
    """Remove an earlier demo, manifest first, so that a kill leaves an empty workspace and never half of one."""
    (folder / MANIFEST).unlink(missing_ok=True)
    for name in stored_files(folder):
        (folder / name).unlink(missing_ok=True)
