"""How long change takes: ``python -m benchmarks.change [WORKSPACE] [--rounds N] [--write]``.

60 treated and 60 comparison hot spots over three years of weeks, made up. Ours: the difference in differences with
clustered errors (`hotspots.change.estimates.panel_models.did`) and 999 random allocations (`randomisation_p`). Peers in
the same run: the same model by statsmodels (a Poisson GLM with a dummy for every place and week, errors clustered by
place), and allocations one by one with pandas, 99 of them. Coefficients are held to each other within 1e-6, or the run
stops. With WORKSPACE also the whole answer of `change_workspace` and the fit by three comparisons.

Ways take turns in each round, one round warms up. Figures are [median, least, most] seconds.
"""

from __future__ import annotations

import argparse
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

HOME = Path(__file__).resolve().parents[1]
RESULTS = HOME / "benchmarks" / "results.json"
SPOTS, WEEKS, START = 60, 156, 104
DRAWS, PLAIN_DRAWS = 999, 99
TARGET = 2.0  # seconds: did and 999 allocations
PAGE = 0.5  # seconds: a rerun of the page
ROUNDS = 5


def panel() -> pd.DataFrame:
    """`hotspots.change.estimates.panel.PANEL` with 60 + 60 places, an effect of 0.8, about three incidents a week."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(1)
    rate = np.r_[rng.gamma(4, 0.8, SPOTS), rng.gamma(4, 0.7, SPOTS)]
    season = 1 + 0.2 * np.sin(2 * np.pi * np.arange(WEEKS) / 52)
    treated, post = np.arange(2 * SPOTS) < SPOTS, np.arange(WEEKS) >= START
    mean = rate[:, None] * season * np.where(treated[:, None] & post, 0.8, 1.0)
    unit, period = np.meshgrid(np.arange(2 * SPOTS), np.arange(WEEKS), indexing="ij")
    return pd.DataFrame({
        "unit": [f"u{i:03d}" for i in unit.ravel()], "group": np.where(treated, "treated", "comparison")[unit.ravel()],
        "period": period.ravel(), "post": post[period.ravel()], "exposure": 1.0,
        "count": rng.poisson(mean).ravel().astype(float), "harm": 0.0,
    })  # fmt: skip


def ours(table: pd.DataFrame) -> float:
    import numpy as np

    from hotspots.change.estimates.panel_models import did

    return float(np.log(did(table).rate_ratio))


def lots(table: pd.DataFrame) -> float:
    from hotspots.change.estimates.panel_models import randomisation_p

    return randomisation_p(table, draws=DRAWS).p


def statsmodels_glm(table: pd.DataFrame) -> float:
    import statsmodels.api as sm
    import statsmodels.formula.api as smf

    data = table.assign(effect=((table["group"] == "treated") & table["post"]).astype(float))
    found = smf.glm("count ~ C(unit) + C(period) + effect", data, family=sm.families.Poisson()).fit(
        cov_type="cluster", cov_kwds={"groups": data["unit"].astype("category").cat.codes}
    )
    return float(found.params["effect"])


def plain_lots(table: pd.DataFrame) -> float:
    """Allocations one by one: who is treated is dealt anew, and the double ratio of sums taken."""
    import numpy as np

    rng = np.random.default_rng(1)
    units = table["unit"].unique()

    def statistic(treated: set[str]) -> float:
        sums = table.groupby([table["unit"].isin(treated), "post"])["count"].sum()
        return abs(float(np.log(sums[True, True] / sums[True, False] / (sums[False, True] / sums[False, False]))))

    seen = statistic(set(table.loc[table["group"] == "treated", "unit"]))
    dealt = [statistic(set(rng.permutation(units)[:SPOTS])) for _ in range(PLAIN_DRAWS)]
    return (1 + sum(d >= seen for d in dealt)) / (1 + PLAIN_DRAWS)


def questions(folder: Path) -> dict[str, Callable[[], Any]]:
    """The whole answer for the top 20 cells, by comparison; for a register where the workspace has one."""
    from hotspots.areas import register
    from hotspots.change.question import ChangeQuestion
    from hotspots.change.workspace import change_workspace
    from hotspots.store.workspace import open_workspace

    workspace = open_workspace(folder)
    asked = {f"top 20, {c}": ChangeQuestion(top=20, comparison=c) for c in ("matched", "rest")}
    if len(register.registers(folder)):
        asked["register"] = ChangeQuestion()
    return {name: (lambda q=q: change_workspace(workspace, q)) for name, q in asked.items()}


def measure(folder: Path | None, rounds: int) -> dict[str, Any]:
    warnings.filterwarnings("ignore")
    table = panel()
    ways: dict[str, Callable[[], Any]] = {
        "did": lambda: ours(table), "lots": lambda: lots(table), "statsmodels": lambda: statsmodels_glm(table),
        "plain_lots": lambda: plain_lots(table), **(questions(folder) if folder else {}),
    }  # fmt: skip
    took: dict[str, list[float]] = {name: [] for name in ways}
    answers: dict[str, Any] = {}
    for number in range(rounds + 1):
        for name, way in ways.items():
            begin = perf_counter()
            answers[name] = way()
            if number:
                took[name].append(perf_counter() - begin)
    if abs(answers["did"] - answers["statsmodels"]) > 1e-6:
        raise RuntimeError(f"ours gives {answers['did']}, statsmodels {answers['statsmodels']}")
    return {
        "rows": len(table), "rounds": rounds, "apart": abs(answers["did"] - answers["statsmodels"]),
        "seconds": {name: [median(t), min(t), max(t)] for name, t in took.items()},
        "ratio_did": median(p / o for p, o in zip(took["statsmodels"], took["did"], strict=True)),
        "ratio_lots": median(
            p / PLAIN_DRAWS * DRAWS / o for p, o in zip(took["plain_lots"], took["lots"], strict=True)
        ),
    }  # fmt: skip


def section(found: dict[str, Any]) -> str:
    """The figures as Markdown."""
    from benchmarks.report import seconds

    about = ", ".join(f"{k} {v}" for k, v in found["machine"].items())
    took = found["seconds"]
    rows = [
        ("difference in differences, ours", took["did"], "1.00"),
        ("the same by statsmodels, a dummy for every place and week", took["statsmodels"], f"{found['ratio_did']:.0f}"),
        (f"{DRAWS} random allocations, ours", took["lots"], "1.00"),
        (f"{PLAIN_DRAWS} of them one by one with pandas; × ours for {DRAWS}", took["plain_lots"],
         f"{found['ratio_lots']:.0f}"),
        *((f"the whole answer, {name}", s, "–") for name, s in took.items() if name.startswith(("top", "register"))),
    ]  # fmt: skip
    lines = [
        f"Written by `python -m benchmarks.change`. {2 * SPOTS} places × {WEEKS} weeks, made up; coefficients agree"
        f" within {found['apart']:.0e}. The whole answers are of the workspace that was given. {about}."
        f" {found['rounds']} rounds, *median (least–most)*.",
        "", "| what | seconds | × ours |", "|---|---:|---:|",
        *(f"| {what} | {seconds(s)} | {times} |" for what, s, times in rows), "",
    ]  # fmt: skip
    both = took["did"][0] + took["lots"][0]
    met = "met" if both < TARGET else "**missed**"
    lines.append(f"Target: 60 hot spots, three years of weeks, 999 randomisations under 2 s: {both:.2f} s, {met}.")
    return "\n".join(lines) + "\n"


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("workspace", type=Path, nargs="?")
    asked.add_argument("--rounds", type=int, default=ROUNDS)
    asked.add_argument("--write", action="store_true", help="keep the figures and write docs/benchmarks.md")
    given = asked.parse_args()
    from benchmarks import report

    found = {**measure(given.workspace, given.rounds), "machine": report.machine()}
    print(json.dumps(found, indent=1))
    if given.write:
        results = json.loads(RESULTS.read_text(encoding="utf-8"))
        results["change"] = found
        RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        (HOME / "docs" / "benchmarks.md").write_text(report.render(results), encoding="utf-8")


if __name__ == "__main__":
    main()
