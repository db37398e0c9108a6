"""Whole workspaces for the tests of the pages: small enough to count by hand, or the demo.

A conftest that imports the fixtures at the end has each workspace made once for all test processes; no test may
change it.

`POLICE_ROWS` in cells with violence (the default selection leaves out shoplifting, and weapons unless the
offences found by police activity are asked for):

              2024-01                 2024-02          2024-03      incidents  harm days
    Preston   3 violence, 1 robbery   2 violence       1 robbery    7          5 × 197.25 + 2 × 365 = 1,716.25
    Blackpool 2 violence              2 robberies                   4          2 × 197.25 + 2 × 365 = 1,124.50
    Ashton    1 violence                                            1          197.25
    Burnley                                            1 violence   1          197.25
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from hotspots.demo.workspace import build_demo
from hotspots.harm.weights.register import store_shipped
from hotspots.intake import import_files
from hotspots.patrols.form import entries_of
from hotspots.store.database import write
from tests.samples import (
    BLACKPOOL,
    BURNLEY,
    KENT,
    MAPPING,
    NOWHERE,
    PRESTON,
    VIOLENCE,
    crime,
    export,
    record,
    street,
)  # fmt: skip

ASHTON = (-2.7400, 53.7650)  # Preston too, 3 km from the centre
HOSTILE = (
    "<script>document.title='broken'</script>",
    "<img src=x onerror=\"document.title='broken'\">",
    "=cmd|' /C calc'!A0",
    "[x](javascript:alert(1))",
    "![x](https://example.com/x.png)",
    r"$\LaTeX$ and $1$",
    ":material/science: street",
    ":smile: lane",
    ":red[alarm] road",
    "see https://example.com/x or www.example.com, a@example.com",
    "# **bold** _slope_ ~~gone~~ `code`",
    "- 1. > list",
    "@@=alert(1)",
)
HOSTILE_TITLE = "<b>=1+1</b> [x](javascript:alert(2)) :material/bolt: $x$"


def prepare(folder: Path) -> None:
    """The database of a workspace with the weight sets that ship with the program."""
    with write(folder) as connection:
        store_shipped(connection)


def logged(folder: Path, withdrawn: bool = False) -> pd.DataFrame:
    """The latest revision of every entry made in the form, whenever it was; those withdrawn where asked for."""
    rows = entries_of(folder, 0, 2**40)
    return rows if withdrawn else rows[~rows["withdrawn"]].reset_index(drop=True)


def _ids(prefix: str, n: int) -> list[str]:
    return [f"{prefix}{i}" for i in range(n)]


def police_files() -> list[tuple[str, bytes]]:
    """The three months of the table above, with two crimes that no map can show."""
    january = [
        *(crime(i, "2024-01") for i in _ids("pv", 3)),
        crime("pr0", "2024-01", "Robbery"),
        *(crime(i, "2024-01", place=BLACKPOOL, street="On or near Promenade") for i in _ids("bv", 2)),
        crime("av0", "2024-01", place=ASHTON, street="On or near Blackpool Road"),
        *(crime(i, "2024-01", "Shoplifting", ASHTON) for i in _ids("as", 4)),
        crime("kent", "2024-01", place=KENT),
    ]
    february = [
        *(crime(i, "2024-02") for i in _ids("qv", 2)),
        *(crime(i, "2024-02", "Robbery", BLACKPOOL, street="On or near Promenade") for i in _ids("br", 2)),
        crime("nowhere", "2024-02", place=NOWHERE),
    ]
    march = [
        crime("pr1", "2024-03", "Robbery"),
        crime("uv0", "2024-03", place=BURNLEY, street="On or near Manchester Road"),
        crime("uw0", "2024-03", "Possession of weapons", BURNLEY, street="On or near Manchester Road"),
    ]
    return [street("2024-01", january), street("2024-02", february), street("2024-03", march)]


def make_police(folder: Path) -> Path:
    import_files(folder, police_files(), "police-uk")
    return folder


def make_both(folder: Path) -> Path:
    """The same, and a force's own records: 4 robberies in Preston and 2 in Burnley, May and June 2024."""
    make_police(folder)
    rows = [record(f"r{i}", f"{i + 1:02d}/05/2024 22:00") for i in range(4)]
    rows += [record(f"s{i}", f"{i + 1:02d}/06/2024 23:00", place=BURNLEY) for i in range(2)]
    import_files(folder, [export(rows)], "incidents", MAPPING)
    return folder


def make_flagless(folder: Path) -> Path:
    """A force's records whose mapping has no flags: nobody can say which were knife crime."""
    plain = "\n".join(line for line in MAPPING.splitlines() if not line.startswith(("knife", "domestic", "proactive")))
    import_files(folder, [export([record("r1", "01/05/2024 22:00")])], "incidents", plain)
    return folder


def make_hostile(folder: Path) -> Path:
    """Places, titles and file names that would be code if anyone took them for it. One cell each."""
    crimes = [
        crime(f"h{i}-{n}", "2024-01", VIOLENCE, (PRESTON[0] + 0.01 * i, PRESTON[1]), street=text)
        for i, text in enumerate(HOSTILE)
        for n in range(len(HOSTILE) - i)  # the more, the higher it ranks: in the order of HOSTILE
    ]
    name, content = street("2024-01", crimes)
    import_files(folder, [("[x](javascript:alert(1)) $f$ <b>-" + name.replace("/", ""), content)], "police-uk")
    title = {"CLASS": "999/99", "URN": "", "TITLE": HOSTILE_TITLE}
    rows = [record(f"r{i}", f"0{i + 1}/05/2024 22:00", title) for i in range(3)]
    rows += [record("bad", "31/02/2024 22:00", PLACE=HOSTILE[0])]
    import_files(folder, [export(rows, "=cmd.csv")], "incidents", MAPPING)
    return folder


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A workspace that the first test process makes and all of them read; whoever changes one copies it first."""
    from filelock import FileLock

    root = factory.getbasetemp()
    root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root
    folder = root / f"workspace-{name}"
    with FileLock(root / f"workspace-{name}.lock"):
        if not folder.exists():
            making = root / f"making-{name}-{os.getpid()}"
            make(making)
            making.rename(folder)
    return folder


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's incidents, without patrols and without frozen hot spots."""
    return made_once(tmp_path_factory, "demo", lambda folder: build_demo(folder, patrols=False))


@pytest.fixture(scope="session")
def patrolled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole demo: incidents, the register grip-demo, four weeks of positions and patrol log."""
    return made_once(tmp_path_factory, "patrolled", build_demo)


@pytest.fixture(scope="session")
def police(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "police", make_police)


@pytest.fixture
def own_police(police: Path, tmp_path: Path) -> Path:
    """A copy of ``police`` that the test may change."""
    return Path(shutil.copytree(police, tmp_path / "ws"))


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Path:
    """Lancashire as published, December 2019 to October 2022; skipped where the open data are absent."""
    published = shared_data / "police_uk" / "lancashire_2019-12_to_2022-10.zip"
    if not published.is_file():
        pytest.skip(f"the archive of data.police.uk is not at {published}")
    return made_once(tmp_path_factory, "archive", lambda folder: import_files(folder, [published], "police-uk"))


@pytest.fixture(scope="session")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "both", make_both)


@pytest.fixture(scope="session")
def flagless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "flagless", make_flagless)


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "hostile", make_hostile)
