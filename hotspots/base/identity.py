"""Units and officers under a keyed hash: who it was is never stored, the same one is always the same number.

HMAC-SHA256 under a key of the workspace's own, cut to 63 bits. The key lies in ``secret.key``, readable by its owner,
and enters no export; without it nobody can work out from a number whose it is by trying all collar numbers. A copy of
the workspace without the key still has its figures, but units imported later look new.
"""

from __future__ import annotations

import hmac
import os
import re
import secrets
import uuid
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from hotspots.base.disk import put_in_place, remove
from hotspots.base.errors import HotspotsError

SECRET = "secret.key"
HASHED = re.compile(r"unit-([0-7][0-9a-f]{15})")  # how a hashed identity is written


def unit_codes(folder: Path, names: Sequence[str | None]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The number of each name, 0 for none. Case and blanks make no difference; ``unit-3fa…`` is a number already."""
    key = workspace_key(folder)
    numbers: dict[str | None, int] = {None: 0}
    for name in names:
        if name not in numbers:
            numbers[name] = _code(key, name)  # type: ignore[arg-type]
    return np.array([numbers[n] for n in names], dtype=np.int64)


def _code(key: bytes, name: str) -> int:
    plain = " ".join(name.split())
    if not plain:
        return 0
    hashed = HASHED.fullmatch(plain.lower())
    if hashed:
        return int(hashed[1], 16)
    return int.from_bytes(hmac.digest(key, plain.casefold().encode(), sha256)[:8], "big") >> 1 or 1


def unit_text(code: int) -> str:
    """How a number is shown: ``unit-3fa94c…``, and '' for 0."""
    return f"unit-{int(code):016x}" if code else ""


def workspace_key(folder: Path) -> bytes:
    """The workspace's key, made at the first need. HotspotsError where the file is no key."""
    path = folder / SECRET
    if not path.exists():
        _make(path)
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise HotspotsError(f"{SECRET} of the workspace cannot be read. Restore it from a copy.") from error
    if len(key) != 32:
        raise HotspotsError(f"{SECRET} of the workspace is damaged. Restore it from a copy.")
    return key


def _make(path: Path) -> None:
    """Write a new key, whole, unless another program does so at the same moment."""
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
            out.write(secrets.token_hex(32) + "\n")
            out.flush()
            os.fsync(out.fileno())
        try:
            os.link(aside, path)  # fails where the key is there by now: that one holds
        except FileExistsError:
            pass
        except OSError:  # a drive without links
            put_in_place(aside, path)
    except OSError as error:
        raise HotspotsError(f"{path} cannot be written: {error.strerror}. Nothing changed.") from error
    finally:
        remove(aside)
