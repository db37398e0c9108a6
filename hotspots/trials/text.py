"""A design as text for a file or a database, and back; one changed cell is found."""

from __future__ import annotations

import hashlib
import json
from datetime import date

import numpy as np

from hotspots.base.errors import HotspotsError
from hotspots.trials.layout import FORMAT, Design, canonical, facts_of, with_treated


def to_json(design: Design) -> str:
    """The frozen design with its hash, for a file; `from_json` reads it back."""
    return json.dumps({**facts_of(design), "sha256": design.sha256}, indent=1, ensure_ascii=True)


def from_json(text: str) -> Design:
    """The design in a file written by `to_json`. HotspotsError when one cell or argument is no longer what it was."""
    try:
        body = json.loads(text)
        stored = body.pop("sha256")
        found = hashlib.sha256(canonical(body).encode()).hexdigest()
    except (ValueError, KeyError, AttributeError, TypeError) as problem:
        raise HotspotsError("This is not a trial design: a file written when the trial was frozen is wanted.") from (
            problem
        )
    if found != stored:
        raise HotspotsError(
            f"The trial design was changed after it was frozen: its hash was {str(stored)[:12]}… and is now"
            f" {found[:12]}…. A frozen design cannot be edited; use the file as it was, or draw a new design."
        )
    if body["format"] != FORMAT:
        raise HotspotsError(f"The trial design has format {body['format']}; this version reads format {FORMAT}.")
    treated = np.array([[c == "1" for c in row] for row in body["treated"]], dtype=bool)
    asked = Design(
        kind=body["kind"], first=date.fromisoformat(body["first"]), last=date.fromisoformat(body["last"]),
        seed=body["seed"], share=body["share"], per_day=tuple(sorted(body["per_day"].items())),
        longest_run=body["longest_run"], days_off=tuple(map(date.fromisoformat, body["days_off"])),
        strata=tuple(body["strata"]), block_days=body["block_days"],
        places=tuple(tuple(place.items()) for place in body["areas"]), treated=treated,
    )  # fmt: skip
    return with_treated(asked, treated)
