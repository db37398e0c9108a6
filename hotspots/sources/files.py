"""Which tables a user means: files, zip archives and folders of them, one at a time, in order of name.

Nothing is written to disk. Files that systems leave beside the real ones are passed over; others that are no tables are
named. An archive inside an archive is not opened.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeAlias

from hotspots.base.errors import HotspotsError, sample
from hotspots.base.settings import Settings
from hotspots.sources.archives import open_zip, read_member
from hotspots.sources.reading import TABLE_ENDINGS, RawTable, read_table

Upload: TypeAlias = tuple[str, bytes]  # file name, content
Read: TypeAlias = Callable[[str, bytes, Settings], RawTable]


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


def read_tables(
    paths: Sequence[Path | Upload],
    settings: Settings,
    wanted: Callable[[str], bool] = lambda inside: True,
) -> Iterator[RawTable]:
    """Every table in the files, folders and archives given whose name, or path inside, is ``wanted``.

    Raises `HotspotsError` when a file cannot be read or none is a table.
    """
    passed: list[str] = []
    kept = 0
    for found in find(paths, settings, []):
        if found.error:
            raise found.error
        if wanted(found.inside):
            kept += 1
            yield read_table(found.label, found.load(), settings)
        else:
            passed.append(found.inside)
    if not kept and passed:
        raise HotspotsError(
            f"None of the {len(passed):,} tables given is of the kind asked for: {sample(passed)}. "
            "Check that they are the right files."
        )


def each_table(
    paths: Sequence[Path | Upload], settings: Settings, skipped: list[str], read: Read = read_table
) -> Iterator[RawTable | Unreadable]:
    """The same, but one file cut short among a thousand good ones stops nothing: it is handed back as unreadable.

    What is no table is named in ``skipped``.
    Raises `HotspotsError` only for a path that does not exist and a folder without any table.
    """
    for found in find(paths, settings, skipped):
        data = b""
        try:
            data = found.load()
            if found.error:
                raise found.error
            table: RawTable | Unreadable = read(found.label, data, settings)
        except HotspotsError as error:
            table = Unreadable(found.label, hashlib.sha256(data).hexdigest(), error)
        yield table


def find(paths: Sequence[Path | Upload], settings: Settings, skipped: list[str]) -> Iterator[Found]:
    """Every table in the files, folders and archives given, and every one of them that cannot be opened."""
    for path in paths:
        if isinstance(path, tuple):
            yield from in_file(Path(path[0]).name, path[1], settings, skipped)
        elif path.is_dir():
            yield from in_folder(path, settings, skipped)
        elif path.is_file():
            yield from in_file(path.name, path, settings, skipped)
        else:
            raise HotspotsError(f"{path} does not exist. Check the path.")


def in_file(name: str, source: Path | bytes, settings: Settings, skipped: list[str]) -> Iterator[Found]:
    ending = Path(name).suffix.lower()
    found = Found(name, name, lambda: bytes_of(source))
    if ending == ".zip":
        yield from in_zip(found, source, settings, skipped)
    elif ending in TABLE_ENDINGS:
        yield found
    elif ending in (".xls", ".xlsb", ".ods"):
        why = f"{name} is a spreadsheet that is not read here. Save it as .xlsx or CSV."
        yield found._replace(error=HotspotsError(why))
    else:
        why = f"{name} is not a table: give CSV, XLSX, Parquet, or a zip or folder of them."
        yield found._replace(error=HotspotsError(why))


def in_folder(folder: Path, settings: Settings, skipped: list[str]) -> Iterator[Found]:
    files = [p for p in sorted(folder.rglob("*")) if p.is_file() and not is_hidden(p.relative_to(folder).as_posix())]
    readable = {p for p in files if p.suffix.lower() in (*TABLE_ENDINGS, ".zip")}
    if not readable:
        raise HotspotsError(f"{folder} holds no table (CSV, XLSX, Parquet or zip). Check that it is the right folder.")
    for path in files:
        name = path.relative_to(folder).as_posix()
        if path in readable:
            yield from in_file(name, path, settings, skipped)
        else:
            skipped.append(name)


def in_zip(whole: Found, source: Path | bytes, settings: Settings, skipped: list[str]) -> Iterator[Found]:
    try:
        archive = open_zip(source, whole.label, settings)
    except HotspotsError as error:
        yield whole._replace(error=error)
        return
    with archive:
        members = sorted((m for m in archive.infolist() if not m.is_dir()), key=lambda m: m.filename)
        members = [m for m in members if not is_hidden(m.filename)]
        tables = [m for m in members if Path(m.filename).suffix.lower() in TABLE_ENDINGS]
        others = [m.filename for m in members if m not in tables]
        skipped.extend(f"{whole.label} › {other}" for other in others)
        if not tables:
            holds = f"it holds {sample(others)}" if others else "it is empty"
            why = f"{whole.label} holds no table (CSV, XLSX or Parquet): {holds}. Check that it is the right one."
            yield whole._replace(error=HotspotsError(why))
        for member in tables:
            label = f"{whole.label} › {member.filename}"
            yield Found(member.filename, label, lambda m=member, label=label: read_member(archive, m, label))  # type: ignore[misc]


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
