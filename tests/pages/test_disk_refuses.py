"""Pages on a read-only mount and on a full disk show all that was stored."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import fill
from tests.pages.conftest import PAGES

pytestmark = pytest.mark.usefixtures("nothing_cached")


@pytest.mark.parametrize("disk", ["read-only", "full"])
def test_every_page_shows_what_it_showed(
    at: Any,
    police: Path,
    tmp_path: Path,
    mounted: Callable[[str], Path],
    disk: str,
) -> None:
    here = mounted("size=64m")
    folder = here / "police"
    shutil.copytree(police, folder)
    shown = {}
    for state in ("before", "after"):
        if state == "after" and disk == "full":
            fill(here / "filler")
        elif state == "after":
            subprocess.run(["mount", "-o", "remount,ro", here], check=True)
        for page in PAGES:
            said = at(folder, page).said("header", "subheader", "error", "warning")
            assert shown.setdefault(page, said) == said, page
