"""Which tables a user means: files, zip archives and folders of them, one at a time, in order of name.

Nothing is written to disk. Files that systems leave beside the real ones are passed over; others that are no tables are
named, and why: a licence text in a folder stops nothing. An archive inside an archive is not opened.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeAlias

from hotspots.base.errors import SHOWN, HotspotsError, sample
from hotspots.base.settings import Settings
from hotspots.base.words import counted
from hotspots.sources.archives import open_zip, read_member
from hotspots.sources.headers import ENOUGH
from hotspots.sources.kinds import ANYTHING, MEANT, Sought, ending_of, endings, kinds_said
from hotspots.sources.raw import NoRows, RawTable
from hotspots.sources.reading import read_tables_of

Upload: TypeAlias = tuple[str, bytes]  # file name, content

ARCHIVES = (".zip", ".7z", ".rar", ".tar", ".tgz", ".tar.gz")
NAMED = 20  # files that a sentence about those left out names


@dataclass(frozen=True)
class Unreadable:
    """A file that is damaged, cut short, empty or no table, and why."""

    name: str
    sha256: str
    error: HotspotsError

    @property
    def why(self) -> str:
        return " ".join(self.error.problems)


class Found(NamedTuple):
    """A file among those given."""

    inside: str  # its name, or its path inside its folder or archive
    label: str  # what messages call it: 'july.csv', or 'archive.zip › 2022-07/2022-07-street.csv'
    load: Callable[[], bytes]
    error: HotspotsError | None = None  # why it cannot be read as a table or an archive
    stray: bool = False  # it lies beside others in a folder or an archive, and may be no table at all


def read_tables(
    paths: Sequence[Path | Upload],
    settings: Settings,
    wanted: Callable[[str], bool] = lambda inside: True,
    sought: Sought = ANYTHING,
    left_out: list[str] | None = None,
    unwanted: str = "",
) -> Iterator[RawTable]:
    """Every table in the files, folders and archives given whose name, or path inside, is ``wanted``.

    Those that are not, and what is no table, are named in ``left_out``; where there is nothing else, ``unwanted`` says
    what they are. Raises `HotspotsError` when a file that is
    meant as a table cannot be read, or none is one. One without a row is left out.
    """
    left_out = [] if left_out is None else left_out
    passed: list[str] = []
    strays: list[HotspotsError] = []
    kept = 0
    for found in find(paths, settings, left_out, sought):
        if not found.error and not wanted(found.inside):
            passed.append(found.label)
            continue
        tables, why = _opened(found, settings, sought)
        if why and not found.stray and not isinstance(why, NoRows):
            raise why
        strays += [why] if why else []
        kept += len(tables)
        yield from tables
    if not kept:
        _refuse_none(strays, passed, unwanted)
    left_out += [*passed, *map(_short, strays)]


def _refuse_none(strays: list[HotspotsError], passed: list[str], unwanted: str = "") -> None:
    """Nothing of what was given is a table: what came nearest says why. ``unwanted``: of files that are not wanted."""
    if strays:
        raise HotspotsError([problem for why in strays[:SHOWN] for problem in why.problems])
    if passed:
        raise HotspotsError(
            f"None of the {counted(len(passed), 'table')} given is of the kind asked for: {sample(passed)}."
            f" {unwanted or 'Check that they are the right files.'}"
        )


def each_table(
    paths: Sequence[Path | Upload], settings: Settings, left_out: list[str], sought: Sought = ANYTHING,
    typed: bool = False,
) -> Iterator[RawTable | Unreadable]:  # fmt: skip
    """The same, but one file cut short among a thousand good ones stops nothing: it is handed back as unreadable.

    What is no table is named in ``left_out``; ``typed`` as in `read_tables_of`.
    Raises `HotspotsError` only for a path that does not exist and a folder without any table.
    """
    strays: list[HotspotsError] = []
    none = True
    for found in find(paths, settings, left_out, sought):
        tables, why = _opened(found, settings, sought, typed)
        if why and found.stray:
            strays.append(why)
            continue
        none = False
        if why:
            yield Unreadable(found.label, _hash(found), why)
        yield from tables
    if none:
        _refuse_none(strays, [])
    left_out += map(_short, strays)


def _opened(
    found: Found, settings: Settings, sought: Sought, typed: bool = False
) -> tuple[list[RawTable], HotspotsError | None]:
    """The tables of a file, or why there are none."""
    if found.error:
        return [], found.error
    try:
        tables = read_tables_of(found.label, found.load(), settings, sought, typed)
        if found.stray and not any(_fits(table, sought) for table in tables):
            return [], HotspotsError(f"{found.label} is no table with the columns looked for.")
        return tables, None
    except HotspotsError as error:
        return [], error


def _fits(raw: RawTable, sought: Sought) -> bool:
    """Whether a file that lies beside others is a table that is looked for: being a text alone makes it none."""
    if sought.names:
        return len(sought.among(raw.table.column_names)) >= ENOUGH
    return raw.table.num_columns >= ENOUGH and len(raw.table) > len(raw.bad_rows)


def _hash(found: Found) -> str:
    try:
        return hashlib.sha256(found.load()).hexdigest()
    except HotspotsError:
        return hashlib.sha256(b"").hexdigest()


def _short(why: HotspotsError) -> str:
    """The first sentence of a reason, which begins with the file's name."""
    return why.problems[0].split(". ")[0].rstrip(".")


def left_out_words(left_out: Sequence[str]) -> list[str]:
    """The sentence that names what was not read; none where all was."""
    if not left_out:
        return []
    more = f", and {len(left_out) - NAMED:,} more" if len(left_out) > NAMED else ""
    return [f"Left out, not read as tables of this source: {'; '.join(left_out[:NAMED])}{more}."]


def find(
    paths: Sequence[Path | Upload], settings: Settings, left_out: list[str], sought: Sought = ANYTHING
) -> Iterator[Found]:
    """Every table in the files, folders and archives given, and every one of them that cannot be opened."""
    for path in paths:
        if isinstance(path, tuple):
            yield from _in_file(Path(path[0]).name, path[1], settings, left_out, sought)
        elif path.is_dir():
            yield from _in_folder(path, settings, left_out, sought)
        elif path.is_file():
            yield from _in_file(path.name, path, settings, left_out, sought)
        else:
            raise HotspotsError(f"{path} does not exist. Check the path.")


def _in_file(
    name: str, source: Path | bytes, settings: Settings, left_out: list[str], sought: Sought, beside: bool = False
) -> Iterator[Found]:
    """``beside``: the file lies in a folder."""
    ending = ending_of(name)
    found = Found(name, name, lambda: bytes_of(source), stray=beside and ending not in MEANT)
    if ending == ".zip":
        yield from _in_zip(found._replace(stray=False), source, settings, left_out, sought)
    elif ending in endings(sought.source):
        yield found
    else:
        why = f"{name} is no table that is read here: give {kinds_said(sought.source)}."
        yield found._replace(error=HotspotsError(why))


def _in_folder(folder: Path, settings: Settings, left_out: list[str], sought: Sought) -> Iterator[Found]:
    files = [p for p in sorted(folder.rglob("*")) if p.is_file() and not is_hidden(p.relative_to(folder).as_posix())]
    readable = {p for p in files if ending_of(p.name) in (*endings(sought.source), ".zip")}
    if not readable:
        kinds = kinds_said(sought.source)
        raise HotspotsError(f"{folder} holds no table ({kinds}). Check that it is the right folder.")
    for path in files:
        name = path.relative_to(folder).as_posix()
        if path in readable:
            yield from _in_file(name, path, settings, left_out, sought, beside=True)
        else:
            left_out.append(_unread(name))


def _in_zip(
    whole: Found, source: Path | bytes, settings: Settings, left_out: list[str], sought: Sought
) -> Iterator[Found]:
    try:
        archive = open_zip(source, whole.label, settings)
    except HotspotsError as error:
        yield whole._replace(error=error)
        return
    with archive:
        members = sorted((m for m in archive.infolist() if not m.is_dir()), key=lambda m: m.filename)
        members = [m for m in members if not is_hidden(m.filename)]
        tables = [m for m in members if ending_of(m.filename) in endings(sought.source)]
        others = [m.filename for m in members if m not in tables]
        left_out.extend(_unread(f"{whole.label} › {other}") for other in others)
        if not tables:
            holds = f"it holds {sample(others)}" if others else "it is empty"
            kinds = kinds_said(sought.source)
            why = f"{whole.label} holds no table ({kinds}): {holds}. Check that it is the right one."
            yield whole._replace(error=HotspotsError(why))
        for member in tables:
            label = f"{whole.label} › {member.filename}"
            load = partial(read_member, archive, member, label)
            yield Found(member.filename, label, load, stray=ending_of(member.filename) not in MEANT)


def _unread(name: str) -> str:
    """A file that is no table, with the reason where it could hold some."""
    return f"{name} (an archive within: unpack it and give what it holds)" if ending_of(name) in ARCHIVES else name


def is_hidden(name: str) -> bool:
    """Files that systems leave beside the real ones: '.DS_Store', '__MACOSX/._july.csv', '~$july.xlsx'."""
    return any(part.startswith((".", "__MACOSX", "~$")) for part in name.split("/"))


def bytes_of(source: Path | bytes) -> bytes:
    if isinstance(source, bytes):
        return source
    try:
        return source.read_bytes()
    except OSError as error:
        raise HotspotsError(f"{source} cannot be opened: {error.strerror or error}.") from error
