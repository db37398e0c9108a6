"""Where words and results go."""

from __future__ import annotations

import sys
from pathlib import Path

from hotspots.base.errors import HotspotsError


def say(line: str) -> None:
    """A line of progress or report, on standard error."""
    print(line, file=sys.stderr)


def put_out(text: str, out: Path | None) -> None:
    """To the file, whole or not at all, or to standard output."""
    if out is None:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
        return
    from hotspots.store.workspace import write_aside

    if not out.parent.is_dir():
        raise HotspotsError(f"{out} cannot be written: there is no folder {out.parent}.")
    try:
        write_aside(out, text.encode())
    except OSError as error:
        raise HotspotsError(f"{out} cannot be written: {error.strerror or error}.") from error
