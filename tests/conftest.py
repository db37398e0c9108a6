"""Shared fixtures: where the real data lies, and a skip that says so when it is absent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# A slow machine is no defect: no test here is about time.
settings.register_profile("hotspots", deadline=None)
settings.load_profile("hotspots")

REPOSITORY = Path(__file__).resolve().parents[1]


def shared_data_folder() -> Path:
    """The folder with the real open data, outside the repository."""
    return Path(os.environ.get("HOTSPOTS_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    folder = shared_data_folder()
    if not folder.is_dir():
        pytest.skip(f"the real open data is not at {folder}; set HOTSPOTS_SHARED_DATA to run this test")
    return folder
