"""How much the minutes of the demo hang on each setting: ``python scripts/dose_settings.py WORKSPACE FIRST LAST``.

Prints the table of docs/method.md. The workspace is read; results of days are kept in its cache, as always.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hotspots.patrols.dosage.stretches import DoseQuestion
from hotspots.patrols.dosage.workspace import dose_workspace
from hotspots.store.workspace import Workspace, open_workspace

COUNTED = ("patrol_minutes", "officer_minutes", "visits", "visits_below_threshold")
TRIED: tuple[dict[str, Any], ...] = (
    {"visit_gap_minutes": 2.0, "ping_credit_minutes": 2.0}, {"visit_gap_minutes": 10.0},
    {"ping_credit_minutes": 1.0}, {"edge_tolerance_seconds": 0}, {"edge_tolerance_seconds": 180},
    {"stationary_kmh": 4.0}, {"stationary_kmh": 15.0}, {"visit_min_minutes": 5.0}, {"visit_min_minutes": 15.0},
    {"visit_most_minutes": 60.0}, {"frozen_minutes": 15.0}, {"exclude_on_call": False},
)  # fmt: skip


def counted(workspace: Workspace, question: DoseQuestion, **changed: Any) -> list[float]:
    """Sums of `COUNTED` over hot spots and days under changed settings."""
    other = replace(workspace, settings=replace(workspace.settings, **changed))
    table = dose_workspace(other, question).table
    return [float(table[column].sum()) for column in COUNTED]


def main() -> None:
    folder, first, last = sys.argv[1:]
    workspace, question = open_workspace(Path(folder)), DoseQuestion(start=first, end=last)
    usual = counted(workspace, question)
    print(f"| setting | {' | '.join(c.replace('_', ' ') for c in COUNTED)} |\n|---|{'---:|' * len(COUNTED)}")
    print(f"| as they are | {' | '.join(f'{v:,.0f}' for v in usual)} |")
    for changed in TRIED:
        found = counted(workspace, question, **changed)
        shares = " | ".join(f"{100 * (a / b - 1):+.1f}%" for a, b in zip(found, usual, strict=True))
        print(f"| {', '.join(f'`{name}` {value}' for name, value in changed.items())} | {shares} |")


if __name__ == "__main__":
    main()
