"""The operations that are tried with faults, each small: what stands before, what is done, and who is asked after."""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import shutil
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path

import pandas as pd

from hotspots.base.identity import workspace_key
from hotspots.change.matching.places import MatchedPlaces
from hotspots.change.matching.register import freeze as freeze_match
from hotspots.cli import main
from hotspots.demo import workspace as demo
from hotspots.harm.weights.register import store_shipped
from hotspots.intake import Imported, import_files
from hotspots.patrols import form
from hotspots.store import database, ledger, revisions, sound
from hotspots.store.database import FILE
from hotspots.store.publishing import publish, writing
from hotspots.store.schema import METADATA
from hotspots.store.workspace import MANIFEST, TRUTH, Manifest, is_workspace, open_workspace
from hotspots.trials import register as trial_register
from hotspots.trials.draw import design
from hotspots.trials.layout import Design
from tests.area_workspace import QUIET
from tests.conftest import REPOSITORY
from tests.dose_workspace import LOG, make_dose, make_frozen, positions
from tests.match_samples import CENTRE, disk, facts_of, like, treated_of
from tests.samples import MAPPING, crime, export, one_district, record, street

WS, READY = "ws", "ready.sqlite"  # the workspace, and a database for demos
KEY, TYPED = "0123456789abcdef" * 2, {"area": "South-01", "unit": "U1", "notes": "shop was shut"}
SIGNED = ("--author", "Ann", "--note", "as agreed")
OLD = REPOSITORY / "tests" / "fixtures" / "store_0001" / "hotspots.sqlite.gz"
RANDOM = re.compile(r"-[0-9a-f]{10}\.")  # in names of files
FACTS = {
    "treated": "hot-spots@1", "first_day": "2026-04-01", "learned": ["2025-01-01", "2025-12-31"], "ring_m": 100.0,
    "offences": "violence-categories", "include_proactive": False, "weights_sha256": "ab" * 32,
}  # fmt: skip

Act = Callable[[Path], object]


@dataclass(frozen=True)
class Operation:
    """``start`` makes what stands before in a folder that holds the workspace; ``act`` gets such a folder."""

    start: str
    act: Act
    asked: tuple[str, ...]  # verbs whose answers are compared
    rest: tuple[str, ...] = ()  # what check may find of it where every verb refuses, by its remedy
    more: Mapping[str, str] = field(default_factory=dict)  # other databases: name → URL with {place}
    server: bool = False  # in a database of PostgreSQL


# ---------------------------------------------------------------- what stands before


def make_empty(folder: Path) -> None:
    with writing(folder) as workspace:
        publish(workspace, Manifest())


def make_draft(folder: Path) -> None:
    make_frozen(folder)
    form.save_draft(folder, KEY, TYPED)


def make_logged(folder: Path) -> None:
    make_frozen(folder)
    log(folder, KEY[::-1])


def make_old(folder: Path) -> None:
    make_empty(folder)
    (folder / FILE).write_bytes(gzip.decompress(OLD.read_bytes()))


def make_demo(folder: Path) -> None:
    build(folder, 2)


STARTS: dict[str, Callable[[Path], object]] = {
    "nothing": lambda folder: None, "empty": make_empty, "frozen": make_frozen, "dose": make_dose,
    "draft": make_draft, "logged": make_logged, "old": make_old, "demo": make_demo,
}  # fmt: skip


def begin(name: str, place: Path) -> None:
    """What stands before, and the files that operations read, in a folder."""
    with database.write(place, f"sqlite:///{place / READY}") as connection:
        store_shipped(connection)
    STARTS[name](place / WS)
    one_district(place)
    (place / "local.csv").write_text(
        "crime_type,days\nRobbery,300\nViolence and sexual offences,90\n", encoding="utf-8"
    )


# ---------------------------------------------------------------- what is done


def verb(*words: str) -> Act:
    """A verb of the command line; {place} stands for the folder round the workspace."""

    def act(place: Path) -> None:
        main.run([word.replace("{place}", str(place)) for word in words] + ["--workspace", str(place / WS)])

    return act


def imported(source: str, *files: tuple[str, bytes], mapping: str | None = None) -> Act:
    replacing = source == "police-uk"
    return lambda place: import_files(place / WS, list(files), source, mapping, replacing=replacing)


def districts(place: Path) -> None:
    import_files(place / WS, [place / "square.geojson"], "boundaries")


def build(folder: Path, n: int) -> None:
    """A demo of n incidents, with a quarantined row, a database, a key and a truth: milliseconds, not a minute."""

    def build_in(aside: Path, _folder: Path, made: Path, _seed: int | None) -> Imported:
        done = import_files(aside, [made], "incidents", MAPPING, True)
        shutil.copyfile(folder.parent / READY, aside / FILE)
        workspace_key(aside)
        (aside / TRUTH).write_text("{}", encoding="utf-8")
        return done

    def make_export(scratch: Path, seed: int, _effect: float | None) -> Path:
        rows = [record(str(i), f"0{i + 1}/01/2026 10:00") for i in range(seed)]
        demo.disk.write_whole(scratch / "demo.csv", export([*rows, record("bad", "32/01/2026 10:00")])[1])
        return scratch / "demo.csv"

    real = demo.make_export, demo.build_in
    demo.make_export, demo.build_in = make_export, build_in
    try:
        demo.build_demo(folder, n)
    finally:
        demo.make_export, demo.build_in = real


def log(folder: Path, key: str) -> None:
    start = int(pd.Timestamp("2026-03-19T10:00Z").timestamp())
    form.record(folder, form.Submission(key=key, area="South-01", unit="U1", officers=2, start=start, end=start + 600))


def logged(place: Path) -> None:
    log(place / WS, KEY)


def corrected(place: Path) -> None:
    entry = ledger.rows(place / WS, form.ENTRIES)[0]["entry"]
    form.correct(place / WS, entry, {"officers": 3}, "Ann", "there were three", KEY)


@cache
def match_made() -> MatchedPlaces:
    """Asked for before any child begins, which would work it out each for itself."""
    found = like(treated_of({"South-01": [CENTRE]}), facts_of({c: 1 + i % 5 for i, c in enumerate(disk(6))}))
    return replace(found, facts=FACTS)


def matched(place: Path) -> None:
    freeze_match(place / WS, match_made(), "grip", "2026-04-01", "hot-spots@1", "Ann", "before the start")


@cache
def design_made() -> Design:
    areas = pd.DataFrame({"area": ["South-01", "West-01"], "bcu": ["South", "West"]})
    return design(areas, date(2026, 4, 6), date(2026, 5, 3), 7)


def designed(place: Path) -> None:
    trial_register.freeze(place / WS, design_made(), "spring", "hot-spots", "Ann", "agreed", {"offences": "all"})


MONTHS = (
    street("2024-02", [crime("a0", "2024-02", outcome="Charged"), crime("n", "2024-02")]),
    street("2024-03", [crime("a1", "2024-03"), crime("x", "2024-03", place=("no", "number")), crime("o", "2024-03")]),
)
RECORDS = export([record("good", "05/02/2024 10:00"), record("bad", "32/02/2024 10:00")], "more.csv")
MORE_LOG = LOG.replace(b"e2,V9", b"e3,V9").replace(b"10:40", b"10:35")
MORE_POSITIONS = positions().replace(b"2024-03-06", b"2024-03-08").replace(b"U2", b"U7")
HELD = ("intake", "intake --summary", "rank --top 5")
EDITED = ("weights list", "areas list")
DECIDED = verb(
    "weights", "decide", "cchi-2020-sv", "--class", "901/01", "--days", "3", "--reason", "r", "--author", "A"
)
WEIGHTS = verb("weights", "import", "{place}/local.csv", "--name", "local", "--version", "1", *SIGNED)
LINE = verb("change", "context", "--add", "Night watch", "--kind", "operation", "--first-day", "2024-02-01", *SIGNED)
EXCLUDED = verb("areas", "exclude", QUIET, "--reason", "hospital", "--author", "Ann")
DEMO = ("hotspots demo", "manifest.copy.json", "no workspace")

OPERATIONS: dict[str, Operation] = {
    "import of boundaries": Operation("frozen", districts, HELD),
    "import of police-uk": Operation("frozen", imported("police-uk", *MONTHS), HELD),
    "import of police-uk, the first": Operation("nothing", imported("police-uk", *MONTHS), HELD),
    "import of incidents": Operation("frozen", imported("incidents", RECORDS, mapping=MAPPING), HELD),
    "import of pings": Operation(
        "dose", imported("pings", ("more.csv", MORE_POSITIONS)), ("intake --summary", "intake")
    ),
    "import of pings, the first": Operation(
        "frozen", imported("pings", ("positions.csv", positions())), ("intake --summary", "intake")
    ),
    "import of patrol-log": Operation(
        "dose", imported("patrol-log", ("log2.csv", MORE_LOG)), ("intake --summary", "intake")
    ),
    "weights import": Operation("frozen", WEIGHTS, (*EDITED, "rank --by harm --top 5")),
    "weights decide": Operation("frozen", DECIDED, (*EDITED, "weights show cchi-2020-sv --history")),
    "areas freeze": Operation(
        "frozen",
        verb("areas", "freeze", "--name", "grip", "--valid-from", "2026-04-01", "--out", "{place}/out.csv", *SIGNED),
        ("areas list", "areas list --name hot-spots"),
    ),
    "areas exclude": Operation("frozen", EXCLUDED, ("areas list --excluded", "areas")),
    "change match freeze": Operation("frozen", matched, ("change matches",)),
    "change design freeze": Operation("frozen", designed, ("change designs",)),
    "dosage target": Operation(
        "dose",
        verb("dosage", "target", "--register", "hot-spots", "--minutes", "40", "--valid-from", "2024-03-01", *SIGNED),
        ("dosage targets",),
    ),
    "log draft": Operation("frozen", lambda place: form.save_draft(place / WS, KEY, TYPED), EDITED),
    "log entry": Operation("draft", logged, EDITED),
    "log correction": Operation("logged", corrected, ("weights list",)),
    "change context": Operation("frozen", LINE, ("change context", "change context --history")),
    "demo over a demo": Operation("demo", lambda place: build(place / WS, 3), HELD, DEMO),
    "demo, the first": Operation("nothing", lambda place: build(place / WS, 3), HELD, DEMO),
    "copy to another file": Operation(
        "frozen", verb("copy", "--to", "sqlite:///{place}/other.sqlite"), EDITED,
        more={"other": "sqlite:///{place}/other.sqlite"},
    ),
    "upgrade": Operation("old", verb("upgrade"), (*EDITED, "dosage targets")),
    "weights decide, PostgreSQL": Operation("empty", DECIDED, ("weights show cchi-2020-sv --history",), server=True),
    "change context, PostgreSQL": Operation("empty", LINE, ("change context --history",), server=True),
    "areas exclude, PostgreSQL": Operation("empty", EXCLUDED, ("areas list --excluded",), server=True),
}  # fmt: skip


# ---------------------------------------------------------------- what is seen


SEEN: dict[tuple[object, ...], dict[str, str]] = {}


def seen(operation: Operation, place: Path) -> dict[str, str]:
    """What every verb answers, and all that stands in the databases; a refusal is an answer too.

    The same bytes in the same files are asked once: what a verb answers follows from them, but for a server's.
    """
    if operation.server:
        return asked_of(operation, place)
    key = (operation.asked, *operation.more, contents(place))
    if key not in SEEN:
        SEEN[key] = asked_of(operation, place)
    return dict(SEEN[key])


def contents(place: Path) -> str:
    """A hash of every folder and file, by its name; scratch files and locks are none of the workspace."""
    found = hashlib.sha256()
    for path in sorted(p for p in place.rglob("*") if p.suffix != ".lock"):
        name = path.relative_to(place)
        if name.parts[0] != "tmp":
            content = path.read_bytes() if path.is_file() else b""
            found.update(f"{name} {path.stat().st_mode} {len(content)} ".encode() + content)
    return found.hexdigest()


def asked_of(operation: Operation, place: Path) -> dict[str, str]:
    sound.VERIFIED.clear()  # as a new process
    found = {words: answer(words.split(), place) for words in operation.asked}
    found["patrols"] = patrolled(place / WS)
    if not operation.server:
        found["database"] = stored(place / WS)
    for name, url in operation.more.items():
        found[name] = stored(place / WS, url.format(place=place))
    return found


def answer(words: list[str], place: Path) -> str:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        ended = main.main([*words, "--workspace", str(place / WS)])
    return RANDOM.sub("-*.", f"refused: {err.getvalue()}" if ended else out.getvalue()).replace(str(place), "")


def stored(folder: Path, url: str | None = None) -> str:
    """The revision, and every row of every table, as people edited it; '' where there is no row."""
    with database.read(folder, url) as connection:
        if connection is None:
            return ""
        names = [name for name in METADATA.tables if name != "workspaces"]
        rows = [f"{name}: {row}" for name in names for row in ledger.rows_in(connection, name)]
        return "\n".join([str(revisions.revision_of(connection)), *rows]) if rows else ""


def patrolled(folder: Path) -> str:
    """Every position and every entry of an imported patrol log."""
    if not is_workspace(folder) or not (folder / MANIFEST).is_file():
        return ""
    workspace = open_workspace(folder)
    names = [day.file for day in workspace.manifest.ping_days] + [workspace.manifest.patrol_log]
    return "\n".join(str(sound.read_stored(workspace, name).to_pylist()) for name in names if name)
