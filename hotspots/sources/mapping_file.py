"""A mapping as a TOML file, which reads back to the same mapping."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from hotspots.sources.mapping import FEEDS, Mapping


def mapping_text(mapping: Mapping, remarks: Sequence[str] = ()) -> str:
    """The file of a mapping. ``remarks`` stand above it as comments; needed fields without a column stand as blanks."""
    feed = FEEDS[mapping.source]
    lines = [f"# {' '.join(remark.split())}" for remark in remarks]
    lines += ["", f"name = {quoted(mapping.name)}"] if lines else [f"name = {quoted(mapping.name)}"]
    lines.append(
        f"system = {quoted(mapping.system)}" if mapping.system else '# system = ""  # and the force that has it'
    )
    lines += [
        f"timezone = {quoted(mapping.timezone)}", f"datetime_formats = {listed(mapping.datetime_formats)}",
        f"null_values = {listed(mapping.null_values)}",
    ]  # fmt: skip
    lines += [f"{key} = {quoted(getattr(mapping, key))}" for key in ("offences", "speed_unit") if key in feed.keys]
    lines += ["", "[columns]"]
    for what in feed.fields:
        names = mapping.columns.get(what)
        if names:
            lines.append(f"{what} = {quoted(names[0]) if len(names) == 1 else listed(names)}")
        elif what in feed.needed:
            lines.append(f'# {what} = ""  # needed')
    if mapping.values:
        lines += ["", "[values]", *(f"{key} = {listed(words)}" for key, words in mapping.values.items())]
    for table in mapping.further:
        lines += ["", "[[offence]]", *(f"{key} = {quoted(name)}" for key, name in table.items())]
    return "\n".join([*lines, ""])


def quoted(text: str) -> str:
    """A basic string of TOML: as in JSON, but a delete character must be escaped too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def listed(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(quoted, texts))}]"
