"""Opening thousands of files of positions, one at a time: a file that cannot be read is handed back as such.

Unlike `hotspots.sources.reading.read_tables`, one file cut short among a thousand good ones stops nothing, and the
columns of a Parquet file keep their types: ten million positions need not become text and numbers again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from hotspots.base.errors import HotspotsError, sample
from hotspots.base.settings import Settings
from hotspots.sources.archives import open_zip, read_member
from hotspots.sources.reading import MENDED_ROW, TABLE_ENDINGS, RawTable, Upload, read_table

READ = (*TABLE_ENDINGS, ".zip")


@dataclass(frozen=True)
class Unreadable:
    """A file that is damaged, cut short, empty or no table, and why."""

    name: str
    sha256: str
    why: str  # a sentence


def open_tables(
    paths: Sequence[Path | Upload], settings: Settings, skipped: list[str]
) -> Iterator[RawTable | Unreadable]:
    """Every table in the files, folders and archives given, in order of name.

    Files of a folder that are no tables are named in ``skipped``. Raises `HotspotsError` for a path that does not
    exist, a file given by name that is no table, and a folder without any.
    """
    for given in paths:
        for name, source in _files_of(given, skipped):
            if name.lower().endswith(".zip"):
                yield from _in_zip(name, source, settings, skipped)
            else:
                yield _opened(name, lambda source=source: _bytes_of(source), settings)  # type: ignore[misc]


def _files_of(given: Path | Upload, skipped: list[str]) -> list[tuple[str, Path | bytes]]:
    """Name and source of each file of one thing given."""
    if isinstance(given, tuple):
        return [(_readable(Path(given[0]).name), given[1])]
    if given.is_file():
        return [(_readable(given.name), given)]
    if not given.is_dir():
        raise HotspotsError(f"{given} does not exist. Check the path.")
    inside = [(p.relative_to(given).as_posix(), p) for p in sorted(given.rglob("*")) if p.is_file()]
    inside = [(name, p) for name, p in inside if not _is_hidden(name)]
    skipped += [name for name, p in inside if p.suffix.lower() not in READ]
    tables: list[tuple[str, Path | bytes]] = [(name, p) for name, p in inside if p.suffix.lower() in READ]
    if not tables:
        raise HotspotsError(f"{given} holds no table (CSV, XLSX, Parquet or zip). Check that it is the right folder.")
    return tables


def _readable(name: str) -> str:
    if Path(name).suffix.lower() not in READ:
        raise HotspotsError(f"{name} is not a table: give CSV, XLSX, Parquet, or a zip or folder of them.")
    return name


def _is_hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX", "~$")) for part in name.split("/"))


def _bytes_of(source: Path | bytes) -> bytes:
    if isinstance(source, bytes):
        return source
    try:
        return source.read_bytes()
    except OSError as error:
        raise HotspotsError(f"{source.name} cannot be opened: {error.strerror or error}.") from error


def _in_zip(name: str, source: Path | bytes, settings: Settings, skipped: list[str]) -> Iterator[RawTable | Unreadable]:
    try:
        archive = open_zip(source, name, settings)
    except HotspotsError as error:
        yield _unreadable(name, _hash_of(source), error)
        return
    with archive:
        members = sorted((m for m in archive.infolist() if not m.is_dir()), key=lambda m: m.filename)
        members = [m for m in members if not _is_hidden(m.filename)]
        tables = [m for m in members if Path(m.filename).suffix.lower() in TABLE_ENDINGS]
        others = [m.filename for m in members if m not in tables]
        skipped += [f"{name} › {other}" for other in others]
        if not tables:
            holds = f"it holds {sample(others)}" if others else "it is empty"
            raise HotspotsError(
                f"{name} holds no table (CSV, XLSX or Parquet): {holds}. Check that it is the right one."
            )
        for member in tables:
            label = f"{name} › {member.filename}"
            yield _opened(label, lambda m=member, label=label: read_member(archive, m, label), settings)  # type: ignore[misc]


def _opened(name: str, load: Callable[[], bytes], settings: Settings) -> RawTable | Unreadable:
    data = b""
    try:
        data = load()
        if name.lower().endswith(".parquet") and data:
            return _typed(name, data, settings)
        return read_table(name, data, settings)
    except HotspotsError as error:
        return _unreadable(name, hashlib.sha256(data).hexdigest(), error)


def _unreadable(name: str, sha: str, error: HotspotsError) -> Unreadable:
    return Unreadable(name, sha, " ".join(error.problems))


def _hash_of(source: Path | bytes) -> str:
    try:
        return hashlib.sha256(_bytes_of(source)).hexdigest()
    except HotspotsError:
        return hashlib.sha256(b"").hexdigest()


def _typed(name: str, data: bytes, settings: Settings) -> RawTable:
    """A Parquet file with the types it has. Raises `HotspotsError` as `read_table` does."""
    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        size = sum(file.metadata.row_group(i).total_byte_size for i in range(file.metadata.num_row_groups))
        names = file.schema_arrow.names
        if size > settings.unzipped_max_mb * 1_000_000 or MENDED_ROW in names or len(set(names)) < len(names):
            return read_table(name, data, settings)  # which refuses it, or reads it as text
        table = file.read()
        table.validate(full=True)
    except (pa.ArrowException, OSError) as error:
        raise HotspotsError(
            f"{name} cannot be read as Parquet: it is cut short, damaged or another kind of file. Export it again."
        ) from error
    if not len(table):
        raise HotspotsError(f"{name} has columns but no rows. Export it again with the rows.")
    stripped = [title.strip() or f"column {i}" for i, title in enumerate(table.column_names, start=1)]
    return RawTable(name, table.rename_columns(stripped), sha256=hashlib.sha256(data).hexdigest())
