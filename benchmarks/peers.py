"""``python -m benchmarks.peers --workspace DIR``: against the peers; keeps figures, writes docs/benchmarks.md."""

from __future__ import annotations

import argparse
import json
import os

from benchmarks import expected, patterns, report
from benchmarks.__main__ import PAGE, RESULTS


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    asked.add_argument("--workspace", default=os.environ.get("HOTSPOTS_WORKSPACE", ""), help="with the real archive")
    asked.add_argument("--rounds", type=int, default=5)
    given = asked.parse_args()
    found = {"machine": report.machine(), "data": "simulated", "gi": patterns.measure(rounds=given.rounds)}
    found["draws"] = expected.measure_cells(given.rounds)
    if given.workspace:
        found["data"] = "the real archive, and simulated cells where it says so"
        found["year"] = expected.measure_ranking(given.workspace, 12, "", given.rounds)
        found["all"] = expected.measure_ranking(given.workspace, 0, "all", given.rounds)
    results = json.loads(RESULTS.read_text(encoding="utf-8")) | {"peers": found}
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(report.render(results), encoding="utf-8")


if __name__ == "__main__":
    main()
