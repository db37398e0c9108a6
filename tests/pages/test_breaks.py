"""A window that straddles a change of the map points warns on every page that ranks over it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hotspots.intake import import_files

HEADER = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,Crime type,"
    "Last outcome category,Context"
)


def street_file(month: str, shift: float) -> tuple[str, bytes]:
    """250 robberies at 50 map points around Preston, moved by ``shift`` degrees."""
    force = "Lancashire Constabulary"
    rows = [
        f"{month}-{i},{month},{force},{force},{-2.70 + i % 50 * 0.0001 + shift:.6f},53.759,On or near High Street,"
        "E01000001,Preston 001A,Robbery,Under investigation,"
        for i in range(250)
    ]
    return f"{month}-lancashire-street.csv", "\n".join([HEADER, *rows]).encode()


@pytest.fixture(scope="module")
def renewed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("renewed") / "w"
    files = [street_file("2022-05", 0), street_file("2022-06", 0), street_file("2022-07", 0.01)]
    import_files(folder, files, "police-uk")
    return folder


@pytest.mark.parametrize("page", ["Overview", "Hot spots", "Harm weights"])
def test_a_window_across_a_break_warns(at: Any, renewed: Path, page: str) -> None:
    assert "map points changed in 2022-07" in at(renewed, page).said("warning")


@pytest.mark.parametrize("page", ["Hot spots", "Harm weights"])
def test_a_window_on_one_side_of_it_does_not(at: Any, renewed: Path, page: str) -> None:
    words = at(renewed, page, **{"from": "2022-05", "to": "2022-06"}).said("warning")
    assert "map points changed" not in words
