"""Files on a disk that other programs use too: written whole or not at all, for their owner alone.

On Windows a file that another process holds open can be neither replaced nor removed, and a virus scanner holds every
new file for a moment. So both are tried again for some seconds, and then told in a sentence, or left for the next
clean-up. Elsewhere the first try counts.
"""

from __future__ import annotations

import os
import shutil
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from hotspots.base.errors import HotspotsError

IN_USE = (5, 32, 33)  # what Windows says: access denied, held open by another process, a part of it locked
WAITS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)  # seconds between the tries


def in_use(error: OSError) -> bool:
    """Whether Windows refused because another process holds the file."""
    return getattr(error, "winerror", None) in IN_USE


def patiently(act: Callable[[], object]) -> None:
    """Act, and again for some seconds while another process holds the file."""
    for wait in WAITS:
        try:
            act()
            return
        except OSError as error:
            if not in_use(error):
                raise
            time.sleep(wait)
    act()


def put_in_place(source: Path, target: Path) -> None:
    """Rename over what is there, on the same disk. HotspotsError where another program holds it open."""
    try:
        patiently(lambda: os.replace(source, target))
    except OSError as error:
        if not in_use(error):
            raise
        raise HotspotsError(
            f"{target} cannot be replaced: another program holds it open, or it may not be written. Close the program"
            " and try again."
        ) from error


def remove(path: Path) -> None:
    """Remove a file, or a folder with all it holds. What cannot go is left for the next clean-up."""
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            patiently(lambda: path.unlink(missing_ok=True))


def aside_of(path: Path) -> Path:
    """A name of our own beside a file, to write it under until it is whole."""
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")


def write_whole(path: Path, content: bytes, private: bool = False) -> None:
    """Write a file whole or not at all: aside, flushed to the disk, then renamed over. ``private``: for its owner."""
    aside = aside_of(path)
    try:
        with open(private_file(aside) if private else aside, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        put_in_place(aside, path)
    finally:
        remove(aside)


def private_file(path: Path) -> Path:
    """An empty file that only its owner may read, to be written into; returns its path."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
    return path


def make_folder(path: Path) -> None:
    """Make a folder, and those above it that are missing, for their owner alone. One that is there stays as it is."""
    if not path.is_dir():
        if path.parent != path:
            make_folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
