"""Zip archives and packed files from outside: looked over before anything is read, and read in memory only.

An archive is refused when it is damaged or cut short, protected by a password, built to fill the memory
(a "bomb"), or holds names that point outside itself. Nothing is ever written to disk, so such a name
could do no harm here; it is refused because no honest archive has one.
"""

from __future__ import annotations

import copy
import gzip
import lzma
import re
import zipfile
import zlib
from collections import Counter
from io import BytesIO
from pathlib import Path

from hotspots.base.errors import HotspotsError, sample
from hotspots.base.settings import Settings

MOST_RATIO = 200  # a member that grows more than this, and past the size below, is a bomb; CSV grows 5 to 20 times
BOMB_BYTES = 50_000_000
_ENCRYPTED = 0x1
_PIECE = 16_000_000  # bytes unpacked at a time


def open_zip(source: Path | bytes, name: str, settings: Settings) -> zipfile.ZipFile:
    """A zip archive whose table of contents has been checked. Close it after use.

    ``name`` is how messages call the archive. Raises `HotspotsError`, all problems at once.
    """
    try:
        archive = zipfile.ZipFile(source if isinstance(source, Path) else BytesIO(source))
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError) as error:
        raise HotspotsError(_no_zip(source, name)) from error
    except OSError as error:
        raise HotspotsError(f"{name} cannot be opened: {error.strerror or error}.") from error
    for member in archive.infolist():  # older Windows tools part folders their own way
        member.filename = member.filename.replace("\\", "/")
    problems = _problems(archive.infolist(), name, settings)
    if problems:
        archive.close()
        raise HotspotsError(problems)
    return archive


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> bytes:
    """All bytes of one member, its checksum verified, never more than its declared size.

    Raises `HotspotsError` when the member is damaged, cut short, or larger than the archive declares.
    """
    # One byte more than declared is asked for: a member that has it lies about its size. The checksum is compared
    # here, or zipfile would compare it with what it cut off at that size.
    asked = copy.copy(member)
    asked.file_size += 1
    asked.CRC = None  # type: ignore[assignment]
    try:
        with archive.open(asked) as stream:
            data = stream.read(asked.file_size)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError) as error:
        raise HotspotsError(f"{name} is damaged. Download or export the archive again.") from error
    except (NotImplementedError, RuntimeError) as error:
        raise HotspotsError(f"{name} cannot be unpacked: {error}. Make the archive again as a plain zip.") from error
    if len(data) > member.file_size:
        raise HotspotsError(
            f"{name} is larger than the {member.file_size:,} bytes that the archive declares. "
            "The archive is damaged or made to deceive: do not use it; get it from its source again."
        )
    if len(data) < member.file_size:
        raise HotspotsError(
            f"{name} is cut short: {len(data):,} of {member.file_size:,} bytes. Download or export the archive again."
        )
    if zlib.crc32(data) != member.CRC:
        raise HotspotsError(f"{name} is damaged (its checksum is wrong). Download or export the archive again.")
    return data


def _no_zip(source: Path | bytes, name: str) -> str:
    start = source[:4] if isinstance(source, bytes) else source.open("rb").read(4)
    if start == b"PK\x03\x04":
        return f"{name} is cut short or damaged: its table of contents is missing. Download or export it again."
    if not start:
        return f"{name} is empty (0 bytes). Download or export it again."
    return f"{name} is not a zip archive. Check which file it is, and give it the ending that fits."


def _problems(members: list[zipfile.ZipInfo], name: str, settings: Settings) -> list[str]:
    """What is wrong with an archive, by its table of contents alone."""
    found = []
    if len(members) > settings.zip_max_files:
        found.append(
            f"{name} holds {len(members):,} entries; at most {settings.zip_max_files:,} are read. "
            "Split it, or raise 'zip_max_files' in settings.toml."
        )
    total = sum(m.file_size for m in members)
    if total > settings.unzipped_max_mb * 1_000_000:
        found.append(
            f"{name} unpacks to {total / 1e6:,.0f} MB; at most {settings.unzipped_max_mb:,} MB are read. "
            "Split it, or raise 'unzipped_max_mb' in settings.toml."
        )
    outside = [m.orig_filename for m in members if _points_outside(m.orig_filename)]
    if outside:
        found.append(
            f"{name} holds names that point outside the archive: {sample(outside)}. "
            "Do not use it; get it from its source again."
        )
    bombs = [m.filename for m in members if _is_bomb(m)]
    if bombs:
        found.append(
            f"{name} holds {sample(bombs)}, which would grow more than {MOST_RATIO} times when unpacked. "
            "It is damaged or made to fill the memory: do not use it."
        )
    locked = [m.filename for m in members if m.flag_bits & _ENCRYPTED]
    if locked:
        found.append(f"{name} is protected by a password ({sample(locked)}). Unpack it, and give the files themselves.")
    twice = [n for n, times in Counter(m.filename for m in members).items() if times > 1]
    if twice:
        found.append(f"{name} holds {sample(twice)} more than once. Make the archive again with one of each.")
    return found


def _points_outside(name: str) -> bool:
    name = name.replace("\\", "/")
    return name.startswith("/") or "\x00" in name or re.match(r"[A-Za-z]:", name) is not None or ".." in name.split("/")


def _is_bomb(member: zipfile.ZipInfo) -> bool:
    return member.file_size > BOMB_BYTES and member.file_size > MOST_RATIO * max(member.compress_size, 1)


def unpack(data: bytes, name: str, settings: Settings) -> bytes:
    """What a packed file (.gz) holds. Raises `HotspotsError` where it is damaged, or grows beyond what is read."""
    most = settings.unzipped_max_mb * 1_000_000
    pieces, size = [], 0
    try:
        with gzip.GzipFile(fileobj=BytesIO(data)) as stream:
            while piece := stream.read(_PIECE):
                pieces.append(piece)
                size += len(piece)
                if size > most:
                    raise HotspotsError(
                        f"{name} unpacks to more than {settings.unzipped_max_mb:,} MB, the most that is read. "
                        "Split it, or raise 'unzipped_max_mb' in settings.toml."
                    )
                if size > BOMB_BYTES and size > MOST_RATIO * len(data):
                    raise HotspotsError(
                        f"{name} grows more than {MOST_RATIO} times when unpacked. "
                        "It is damaged or made to fill the memory: do not use it."
                    )
    except (EOFError, OSError, zlib.error) as error:
        raise HotspotsError(
            f"{name} is damaged or no packed file ({error}). Get it again, or unpack it and give what it holds."
        ) from error
    return b"".join(pieces)
