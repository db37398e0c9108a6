"""Name, version, unit and source of a weight set, read from the headings, sheet and name of its file."""

from __future__ import annotations

import re
from pathlib import Path

from hotspots.harm.weights.columns import Found, plain_words

CCHI_LICENCE = (
    "© Cambridge Centre for Evidence-Based Policing; described as freely available to download. No open licence is"
    " stated: quote it with attribution and do not pass the workbook on."
)


def about_file(found: Found, file: str, kind: str | None, notes: list[str], digest: str) -> dict[str, object]:
    """Name, version and description, told from headings, sheet title and file name."""
    words = [plain_words(w) for w in (found.heading("score"), found.sheet.title, Path(file).stem)]
    year = next((m[0] for w in words if (m := re.search(r"(?<!\d)20[0-4]\d(?!\d)", w))), "")
    year = year or next((m[0] for m in [re.search(r"20[0-4]\d", words[2])] if m), "")
    everything = " ".join(words)
    where = f"sheet '{found.sheet.title}' of {file}" if found.sheet.title else file
    facts: dict[str, object] = {"source_sha256": digest, "version": year or "1", "unit": _unit(found, words)}
    coded = "athena_urn" in found.roles or "ho_class" in found.roles
    if re.search(r"cchi|crime harm", everything) and coded and not found.ours:
        title = f"Cambridge Crime Harm Index {year}".strip()
        facts |= {"name": f"cchi-{year}".rstrip("-"), "label": title, "source": f"{title}, {where}"}
        facts |= {"licence": CCHI_LICENCE, "attribution": f"{title} © Cambridge Centre for Evidence-Based Policing"}
    elif facts["unit"] == "severity" and not found.ours:
        title = f"ONS Crime Severity Score weights {year}".strip()
        facts |= {"name": f"ons-severity-{year}".rstrip("-"), "label": title, "source": f"{title}, {where}"}
        facts |= {"licence": "Open Government Licence v3.0", "attribution": "Source: Office for National Statistics"}
    else:
        stem = Path(file).stem
        name = re.sub(r"[^a-z0-9]+", "-", stem.casefold()).strip("-") or "weights"
        facts |= {"name": name[:60], "label": stem[:80] or "Weights", "source": where}
    if facts["unit"] == "points" and kind is None:
        notes.append(
            f"Column '{found.heading('score')}' does not say what its figures are, so they are called points, not"
            " days. If they are days of imprisonment, import with the unit 'days'."
        )
    return facts


def _unit(found: Found, words: list[str]) -> str:
    for text in words:
        if re.search(r"\b(ons|css)\b|severity", text):
            return "severity"
        if re.search(r"\bdays?\b|cchi|crime harm", text):
            return "days"
    return "points"
