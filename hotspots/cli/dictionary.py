"""The data dictionary as Markdown, generated from hotspots.base.columns: ``python -m hotspots.cli.dictionary``."""

from __future__ import annotations

import pyarrow as pa

from hotspots.base import columns


def plain_type(kind: pa.DataType) -> str:
    """The type in an analyst's words."""
    if pa.types.is_boolean(kind):
        return "yes or no"
    if pa.types.is_integer(kind):
        return "whole number"
    if pa.types.is_floating(kind):
        return "number"
    return "date and time" if pa.types.is_timestamp(kind) else "text"


def dictionary() -> str:
    """Every table and column: type, unit, meaning."""
    tables = (
        ("Incidents (one row per offence on a record)", columns.INCIDENTS),
        ("Rank (one row per cell)", columns.RANK),
        ("Areas (one row per hot spot)", columns.AREAS),
        ("Frozen registers (`areas list`)", columns.AREA_REGISTERS),
        ("Cells excluded from areas (`areas list --excluded`)", columns.EXCLUSIONS),
        ("Back-test (one row per origin and method)", columns.BACKTEST),
        ("Concentration (one row per BCU, measure, period and share of area)", columns.CONCENTRATION),
        ("Near repeats (one row per ring and span of days)", columns.NEAR_REPEATS),
        ("Two weight sets compared (one row per cell in either top)", columns.COMPARISON),
        ("Robustness to the weights (one row per cell that reaches the top)", columns.ROBUSTNESS),
        ("Versions of weight sets (`weights list`)", columns.WEIGHT_VERSIONS),
        ("Changes of weights (`weights show NAME --history`, one row per weight changed)", columns.WEIGHT_AUDIT),
        ("Positions (one row per unit and second)", columns.PINGS),
        ("Patrol log (one row per entry)", columns.LOG_ENTRIES),
        ("Dosage (one row per hot spot and patrol day)", columns.DOSAGE),
        ("Dosage of a whole window (`dosage --table summary`, one row per hot spot)", columns.DOSE_SUMMARY),
        ("Visits (one row per visit)", columns.VISITS),
        ("Dose by hour of the week (one row per hot spot and hour)", columns.DOSE_HOURS),
        ("Coverage (one row per BCU and patrol day)", columns.COVERAGE),
        ("Shifts (`dosage --table shifts`, one row per unit and patrol day)", columns.SHIFTS),
        ("Logs against positions (one row per log entry)", columns.RECONCILED),
        ("Change (one row per measure, estimate and place)", columns.CHANGE),
        ("Change of single places (`change --table spots`, one row per place)", columns.CHANGE_SPOTS),
        ("Change by period (`change --table series`, one row per group and period)", columns.CHANGE_SERIES),
        ("Trend before the start (`change --table trend`, one row per block of periods)", columns.CHANGE_TREND),
        ("Cells of hot spots and rings (`change --table cells`, one row per cell)", columns.CHANGE_CELLS),
        ("Minutes beside outcomes (`change --table dose`, one row per term)", columns.CHANGE_DOSE),
        ("Dose and change of each hot spot (`change --table scatter`)", columns.CHANGE_SCATTER),
        ("Pairs of a match (`change match`, `change --table pairs`, one row per treated cell)", columns.CHANGE_PAIRS),
        ("Context lines (`change context`; what: with `--history` only)", columns.CONTEXT_HISTORY),
        ("Schedule of a trial (`change design`, one row per hot spot and patrol day)", columns.TRIAL_SCHEDULE),
        ("Balance of a trial (`change design --table balance`)", columns.TRIAL_BALANCE),
        ("Smallest fall that a trial would find (`change design --table effect`)", columns.TRIAL_EFFECT),
        ("What a trial shows (`change trial NAME`, one row per way of counting and measure)", columns.TRIAL),
        ("Days of a trial (`change trial NAME --table days`, one row per hot spot and patrol day)", columns.TRIAL_DAYS),
        ("Frozen matches and trial designs (`change matches`, `change designs`)", columns.CHANGE_FROZEN),
        ("Intake (one row per file and reason)", columns.INTAKE),
    )
    lines = ["# Data dictionary", "", "Generated from `hotspots/base/columns.py` by `make docs`; do not edit.", ""]
    for title, fields in tables:
        lines += [f"## {title}", "", "| column | type | unit | meaning |", "|---|---|---|---|"]
        lines += [f"| `{c.name}` | {plain_type(c.type)} | {c.unit} | {c.meaning} |" for c in fields]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    print(dictionary(), end="")
