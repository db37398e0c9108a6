"""Files that nobody meant to make: read as an import reads them, in process, and judged.

A file may be taken or refused in sentences. Anything else is a fault: another exception, no answer within `SECONDS`,
more than `MEGABYTES` of memory, a report whose rows do not add up, facts that no incident can have.
"""

from __future__ import annotations

import json
import resource
import shutil
import signal
import tempfile
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from random import Random
from types import FrameType

import pyarrow.parquet as pq

from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.intake import stage
from hotspots.store.workspace import FileReport, Manifest, Workspace
from tests.fuzz import mutations
from tests.fuzz.seeds import Seed, seeds

SECONDS = 20.0
SLOW = "no answer within"
MEGABYTES = 3_000  # of the process, which has loaded the libraries
FOUND = Path(__file__).parent / "found"
ZONE = "Europe/London"


@dataclass(frozen=True)
class Case:
    """A file to import, and its mapping; ``None`` for the standard names."""

    source: str
    name: str
    data: bytes
    mapping: str | None = None

    @property
    def key(self) -> str:
        return sha256(self.data + (self.mapping or "").encode() + self.name.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Outcome:
    """How an import ended: taken, refused, or a fault and what it was."""

    ended: str
    words: str = ""


class TooLong(BaseException):  # no reader's `except Exception` may stop it
    pass


def cases(source: str, seed: int) -> Iterator[Case]:
    """Cases without end, the same for the same seed."""
    draw, sound = Random(f"{source} {seed}"), seeds(source)
    while True:
        yield one_case(draw, source, draw.choice(sound))


def one_case(draw: Random, source: str, seed: Seed) -> Case:
    mapping = seed.mapping
    if mapping and draw.random() < 0.25:
        mapping = mutations.toml_changed(draw, mapping)
    if seed.rows is None:
        name, data = seed.name, seed.data
        change = mutations.xml_changed if name.endswith(".gpx") else mutations.json_changed
        for _ in range(draw.choice((0, 1, 1, 2, 4))):
            data = change(draw, data)
    else:
        rows = [list(row) for row in seed.rows]
        for _ in range(draw.choice((0, 1, 1, 2, 3, 6))):
            draw.choice(mutations.CELLS)(draw, rows)
        name, data = mutations.written(draw, rows, seed.name)
    if draw.random() < 0.2:
        data = mutations.bytes_changed(draw, data)
    if draw.random() < 0.03:
        name = name.split(".")[0] + draw.choice(mutations.ENDINGS)
    return Case(source, name, data, mapping)


def attempt(case: Case, seconds: float = SECONDS) -> Outcome:
    """Stage the file as the first of a new workspace."""
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    try:
        for part in ("facts", "quarantine", "boundaries"):
            (folder / part).mkdir()
        return staged(case, folder, seconds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def staged(case: Case, folder: Path, seconds: float) -> Outcome:
    zone = ZONE if case.source in ("pings", "patrol-log") else ""
    workspace = Workspace(folder, Manifest(), Settings())
    given: Path | tuple[str, bytes] = (case.name, case.data)
    if case.source == "boundaries":  # these are always read from a file
        given = folder / case.name
        given.write_bytes(case.data)
    try:
        with at_most(seconds), warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)  # somebody would see it beside the report
            manifest, reports, _ = stage(workspace, [given], case.source, case.mapping, lambda name: None, zone)
        wrong = [w for report in reports for w in sums(report)] + impossible(folder, manifest)
    except HotspotsError as error:
        return refused(error)
    except TooLong:
        return Outcome("fault", f"{SLOW} {seconds:g} seconds")
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return Outcome("fault", "".join(traceback.format_exception(error))[-4_000:])
    if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > MEGABYTES * 1_000:
        return Outcome("fault", f"more than {MEGABYTES} MB")
    return Outcome("fault", "; ".join(wrong)) if wrong else Outcome("taken")


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def refused(error: HotspotsError) -> Outcome:
    """A refusal is one or more sentences that somebody can read."""
    for problem in error.problems:
        if not problem.strip() or "Traceback" in problem or len(problem) > 3_000 or "\x00" in problem:
            return Outcome("fault", f"no sentence: {problem[:500]!r}")
    return Outcome("refused", str(error)) if error.problems else Outcome("fault", "refused without a word")


def sums(report: FileReport) -> list[str]:
    """What does not add up in a report."""
    parts = report.accepted + report.updated + report.unchanged + report.repeated + report.quarantined
    return [] if parts == report.read else [f"{report.read} rows are not {parts}: {report}"]


def impossible(folder: Path, manifest: Manifest) -> list[str]:
    """What no stored fact can be: places off the map, times before there were any."""
    wrong = []
    for part in manifest.parts:
        table = pq.read_table(folder / part.file).to_pandas()
        placed = table.dropna(subset=["lon", "lat"])
        if not (placed["lon"].between(-9, 2.1).all() and placed["lat"].between(49, 61).all()):
            wrong.append("a place outside Great Britain")
        if (placed[["lon", "lat"]].isna().any(axis=1)).any():
            wrong.append("half a place")
    for day in manifest.ping_days:
        if not "1990-01-01" <= str(day.day) <= "2100-01-01":
            wrong.append(f"positions of {day.day}")
    return wrong


def keep(case: Case, outcome: Outcome) -> Path:
    """Store a case that was a fault, for `test_fuzz.py`, which tries it again each time."""
    folder = FOUND / f"{case.source}-{case.key}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "data").write_bytes(case.data)
    about = {"source": case.source, "name": case.name, "mapping": case.mapping}
    (folder / "case.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    (folder / "fault.txt").write_text(outcome.words, encoding="utf-8")
    return folder


def kept() -> list[Case]:
    """The cases that were faults once."""
    found = []
    for path in sorted(FOUND.glob("*/case.json")):
        about = json.loads(path.read_text(encoding="utf-8"))
        found.append(Case(about["source"], about["name"], (path.parent / "data").read_bytes(), about["mapping"]))
    return found
