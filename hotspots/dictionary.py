"""The data dictionary as Markdown, generated from hotspots.columns: ``python -m hotspots.dictionary``."""

from __future__ import annotations

from hotspots import columns


def dictionary() -> str:
    """Every table and column: type, unit, meaning."""
    tables = (
        ("Incidents (one row per offence on a record)", columns.INCIDENTS),
        ("Rank (one row per cell)", columns.RANK),
        ("Two weight sets compared (one row per cell in either top)", columns.COMPARISON),
        ("Robustness to the weights (one row per cell that reaches the top)", columns.ROBUSTNESS),
        ("Versions of weight sets (`weights list`)", columns.WEIGHT_VERSIONS),
        ("Changes of weights (`weights show NAME --history`, one row per weight changed)", columns.WEIGHT_AUDIT),
        ("Intake (one row per file and reason)", columns.INTAKE),
    )
    lines = ["# Data dictionary", "", "Generated from `hotspots/columns.py` by `make docs`; do not edit.", ""]
    for title, fields in tables:
        lines += [f"## {title}", "", "| column | type | unit | meaning |", "|---|---|---|---|"]
        lines += [f"| `{c.name}` | {c.type} | {c.unit} | {c.meaning} |" for c in fields]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    print(dictionary(), end="")
