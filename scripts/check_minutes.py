"""How many patrol-minutes does the product measure where it is known how many there were? Made-up patrols.

Run from the repository: ``python scripts/check_minutes.py [--seeds 6] [--out docs/recovery.md]``. Each patrol is a
path through two hot spots that adjoin; what a device would send of it goes through the import and the visit rule, and
through the slow plain rule of ``tests/plain_visits.py``. Writes its part of docs/recovery.md. Takes half a second a
patrol.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

from hotspots import geography  # noqa: E402
from hotspots.base.errors import HotspotsError  # noqa: E402
from hotspots.base.settings import Settings  # noqa: E402
from hotspots.intake import import_files  # noqa: E402
from hotspots.patrols.dosage.masks import cells_within  # noqa: E402
from hotspots.patrols.visits import visits  # noqa: E402
from hotspots.store.workspace import open_workspace, read_pings  # noqa: E402
from tests.plain_visits import PlainRules, plain_minutes, plain_stays, plain_visits  # noqa: E402
from tests.position_stays import apart_of  # noqa: E402

COMMAND = "python scripts/check_minutes.py"
PAGE = REPOSITORY / "docs" / "recovery.md"
BEGINS, ENDS = "<!-- minutes: begin -->", "<!-- minutes: end -->"
SETTINGS = Settings()
LONDON = ZoneInfo("Europe/London")
FIRST = (-2.6990, 53.7590)  # in the hot spot A
METRE = (1 / 65_800, 1 / 111_320)  # degrees of longitude and latitude, here
NOON, WALK_MS = "2024-06-04 12:00", 1.2  # a pace of metres a second
Line = tuple[tuple[float, float], ...]  # (minute, metres along the line through both hot spots), straight in between


@dataclass(frozen=True, kw_only=True)
class Patrol:
    """One unit. ``path``: where it truly is; the line runs through the centres of A (0 m) and B."""

    path: Line
    begins: str = NOON  # local time; with fold, the second of two equal hours
    every: tuple[int, int] = (30, 30)  # seconds between positions: least and most
    error: float = 5.0  # of the device: metres, standard deviation in each direction
    frozen: tuple[tuple[float, float], ...] = ()  # minutes in which the device gives one point
    silent: tuple[tuple[float, float], ...] = ()  # minutes without signal
    calls: tuple[tuple[float, float], ...] = ()  # minutes on a call
    no_patrol: tuple[tuple[float, float], ...] = ()  # minutes that are none: parked, at a station, driving


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What happened. ``within``: minutes by which a measure may miss the truth; None where the rule cannot know it."""

    name: str
    patrols: tuple[Patrol, ...]
    within: float | None = 1.0
    masked: tuple[float, float] | None = None  # metres along the line and radius of a masked site
    clock: bool = False  # times as the wall clock prints them, without an offset
    cut: float = 1.0  # share of the rows that come in a first file, the others in a second
    unusable: str = ""  # what the import says where it can use no row
    note: str = ""


def stay(metres: float, minutes: float, away: float = -300.0) -> Line:
    """From 300 m away on foot, so many minutes there, and back."""
    walk = abs(metres - away) / (60 * WALK_MS)
    return ((0, away), (walk, metres), (walk + minutes, metres), (2 * walk + minutes, away))


def standing(metres: float, minutes: float) -> Line:
    return ((0, metres), (minutes, metres))


@cache
def line() -> tuple[tuple[float, float], tuple[float, float], float, dict[int, str]]:
    """(centre of A, degrees a metre along the line, metres to the border, cell → hot spot)."""
    from h3.api import basic_int as h3

    a = h3.latlng_to_cell(FIRST[1], FIRST[0], 10)
    (ax, bx), (ay, by) = geography.cell_centres(
        [a, b := max(h3.grid_ring(a, 1), key=lambda c: h3.cell_to_latlng(c)[1])]
    )
    apart = float(np.hypot((bx - ax) / METRE[0], (by - ay) / METRE[1]))
    return (ax, ay), ((bx - ax) / apart, (by - ay) / apart), apart / 2, {a: "A", b: "B"}


def degrees(metres: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    (x, y), (east, north), _, _ = line()
    return x + east * metres, y + north * metres


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


def among(minutes: np.ndarray, spans: Sequence[tuple[float, float]]) -> np.ndarray:
    return np.any([(minutes >= a) & (minutes < b) for a, b in spans] or [np.zeros(len(minutes), bool)], axis=0)


def where(patrol: Patrol, seconds: np.ndarray) -> np.ndarray:
    """Metres along the line at these seconds after its begin."""
    at, metres = zip(*patrol.path, strict=True)
    return np.interp(seconds, 60 * np.array(at, dtype=float), metres)


def truth(scenario: Scenario) -> float:
    """Minutes in which anyone was on patrol in A or B, second by second."""
    cells = line()[3]
    seconds: set[int] = set()
    for patrol in scenario.patrols:
        start = int(instant(patrol.begins).timestamp())
        t = np.arange(int(60 * patrol.path[-1][0]))
        inside = np.isin(geography.cells_at(*degrees(where(patrol, t)), 10), list(cells))
        seconds |= set((start + t[inside & ~among(t / 60, (*patrol.calls, *patrol.no_patrol))]).tolist())
    return len(seconds) / 60


def sent(patrol: Patrol, unit: str, clock: bool, seed: int) -> list[str]:
    """Lines of what the device of a patrol gives: unit, time, longitude, latitude, status, speed."""
    rng = np.random.default_rng(seed)
    low, high = patrol.every
    last = int(60 * patrol.path[-1][0])
    steps = rng.integers(low, high + 1, size=last // low + 2)
    t = int(rng.integers(0, low)) + np.concatenate([[0], np.cumsum(steps)])
    t = t[t <= last]
    metres = where(patrol, t)
    x, y = degrees(metres)
    x, y = x + rng.normal(0, patrol.error, len(t)) * METRE[0], y + rng.normal(0, patrol.error, len(t)) * METRE[1]
    for start, end in patrol.frozen:
        still = among(t / 60, [(start, end)])
        x[still], y[still] = x[still][:1], y[still][:1]
    speed = 3.6 * np.abs(where(patrol, t + 5) - where(patrol, t - 5)) / 10
    call = among(t / 60, patrol.calls)
    start = instant(patrol.begins)
    lines = []
    for i in np.flatnonzero(~among(t / 60, patrol.silent)).tolist():
        when = start + timedelta(seconds=int(t[i]))
        text = f"{when.astimezone(LONDON):%Y-%m-%d %H:%M:%S}" if clock else f"{when:%Y-%m-%dT%H:%M:%SZ}"
        status = "on call" if call[i] else "patrol"
        lines.append(f"{unit},{text},{x[i]:.6f},{y[i]:.6f},{status},{speed[i]:.1f}")
    return lines


MAPPING = """
name = "made-up"
speed_unit = "km/h"
[columns]
unit = "unit"
time = "time"
longitude = "longitude"
latitude = "latitude"
speed = "speed"
status = "status"
[values]
on_call = ["on call"]
"""
COLUMNS = ["unit", "t", "lon", "lat", "cell_10", "cell_11", "speed_kmh", "on_call", "officers"]


def positions(scenario: Scenario, seed: int) -> pd.DataFrame:
    """What the workspace holds after the import, with ``cell`` for the rule."""
    lines = [x for i, p in enumerate(scenario.patrols) for x in sent(p, f"U{i}", scenario.clock, 100 * seed + i)]
    first = round(scenario.cut * len(lines))
    head = "unit,time,longitude,latitude,status,speed"
    parts = [part for part in (lines[:first], lines[first:]) if part]
    files = [(f"{n}.csv", "\n".join([head, *part, ""]).encode()) for n, part in enumerate(parts)]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "mapping.toml").write_text(MAPPING, encoding="utf-8")
        zone = {"timezone": "Europe/London"} if scenario.clock else {}
        try:
            import_files(folder / "workspace", files, "pings", mapping=folder / "mapping.toml", **zone)
        except HotspotsError as error:
            if not scenario.unusable or scenario.unusable not in str(error):
                raise
            return pd.DataFrame(columns=[*COLUMNS, "cell"])
        held = read_pings(open_workspace(folder / "workspace"), "0000-00-00", "9999-99-99").to_pandas()
    return held[COLUMNS].assign(cell=held["cell_10"])


def measured(scenario: Scenario, held: pd.DataFrame) -> float:
    """Patrol-minutes in A and B by the product."""
    cells = line()[3]
    found = visits(apart_of(held, cells, SETTINGS, masked_in(scenario)), SETTINGS)
    return float(found["patrol_minutes"].sum())


def masked_in(scenario: Scenario) -> dict[int, str]:
    if scenario.masked is None:
        return {}
    metres, radius = scenario.masked
    (x,), (y,) = degrees(np.array([metres]))
    return dict.fromkeys(cells_within(float(x), float(y), radius), "site")


def plainly(scenario: Scenario, held: pd.DataFrame) -> float:
    """The same by the slow plain rule: of several units the union of their stays, of one what is dose."""
    cells, rules = line()[3], PlainRules.of(SETTINGS)
    masked = held["cell_11"].isin(list(masked_in(scenario)))
    # To the plain rule what a site has in each hot spot, and outside of all, is a hot spot more.
    parts = {cell: 1 + i for i, cell in enumerate([*cells, 0])}
    table = held.assign(cell=held["cell"].where(~masked, held["cell"].map(parts).fillna(parts[0])))
    wider = cells | {number: f"{cells.get(cell, '')} at site" for cell, number in parts.items()}
    if len(scenario.patrols) > 1:
        return float(sum(v["patrol_seconds"] for v in plain_visits(plain_stays(table, wider, rules), rules))) / 60
    minutes = plain_minutes(table, wider, rules)
    return float(sum(s for (_, area, _, why), s in minutes.items() if area in ("A", "B") and not why)) / 60


def scenarios() -> tuple[Scenario, ...]:
    edge = line()[2]
    inside, outer, bad = edge - 3, -edge + 3, 10.0
    shift = ((0.0, 480.0),)
    rounds: list[tuple[float, float]] = [(0, -300)]
    for i in range(6):
        rounds += [(80 * i + 5, 0), (80 * i + 45, 0), (80 * i + 50, -300), (80 * i + 80, -300)]
    passes: list[tuple[float, float]] = []
    for i in range(20):  # 700 m at 50 km/h, along and back
        passes += [(10 * i, -350 if i % 2 == 0 else 350), (10 * i + 0.84, 350 if i % 2 == 0 else -350)]
    silences = tuple((50 + 70.0 * i, 70 + 70.0 * i) for i in range(7))
    return (
        Scenario(name="a quarter of an hour on foot, a position every 30 s", patrols=(Patrol(path=stay(0, 15)),)),
        Scenario(
            name="six visits of 40 minutes, a position every 300 s ± 5 s", within=20.0,
            patrols=(Patrol(path=tuple(rounds), every=(295, 305)),),
        ),
        Scenario(
            name="a quarter of an hour 3 m inside a common border, error 10 m",
            patrols=(Patrol(path=stay(inside, 15), error=bad),),
        ),
        Scenario(
            name="a quarter of an hour 3 m inside an edge where none adjoins, error 10 m", within=4.0,
            patrols=(Patrol(path=stay(outer, 15), error=bad),),
        ),
        Scenario(
            name="fifteen minutes in each of two that adjoin, error 10 m",
            patrols=(Patrol(path=((0, -300), (4, 0), (19, 0), (21, 2 * edge), (36, 2 * edge), (44, -300)), error=bad),),
        ),
        Scenario(
            name="eight hours at a police station in a hot spot, masked",
            patrols=(Patrol(path=standing(0, 480), no_patrol=shift),), masked=(0.0, 40.0),
        ),
        Scenario(
            name="the same and not masked", patrols=(Patrol(path=standing(0, 480), no_patrol=shift),),
        ),
        Scenario(
            name="the same with 20 minutes of lost signal in every 70",
            patrols=(Patrol(path=standing(0, 480), no_patrol=shift, silent=silences),),
        ),
        Scenario(
            name="a quarter of an hour on foot, then the device stands for 80 minutes", within=1.5,
            patrols=(Patrol(path=stay(0, 95), frozen=((19.2, 99.2),), no_patrol=((19.2, 99.2),)),),
        ),
        Scenario(
            name="eight hours parked 5 m inside an edge, error 15 m, not masked", within=10.0,
            patrols=(Patrol(path=standing(-edge + 5, 480), no_patrol=shift, error=15.0),),
        ),
        Scenario(
            name="the same, masked within 60 m", within=10.0, masked=(-edge + 5, 60.0),
            patrols=(Patrol(path=standing(-edge + 5, 480), no_patrol=shift, error=15.0),),
        ),
        Scenario(
            name="forty minutes on foot, ten of them without signal", within=None,
            patrols=(Patrol(path=stay(0, 40), silent=((15, 25),)),), note="nothing counts across lost signal",
        ),
        Scenario(
            name="two and a half hours on foot in one hot spot", within=None, patrols=(Patrol(path=stay(0, 150)),),
            note="longer than `visit_most_minutes`: taken for parked",
        ),
        Scenario(
            name="driving through at 50 km/h, twenty times", within=2.0,
            patrols=(Patrol(path=tuple(passes), no_patrol=((0, 480),)),),
        ),
        Scenario(
            name="forty minutes in each of October's equal hours, no offset, one file", clock=True, within=1.5,
            patrols=(Patrol(
                path=((0, -300), (4, 0), (44, 0), (48, -300), (60, -300), (64, 0), (104, 0), (108, -300)),
                begins="2024-10-27 01:05",
            ),),
        ),
        Scenario(
            name="the same, an hour in each of two files", clock=True, cut=55 / 108, within=None,
            patrols=(Patrol(
                path=((0, -300), (4, 0), (44, 0), (48, -300), (60, -300), (64, 0), (104, 0), (108, -300)),
                begins="2024-10-27 01:05",
            ),),
            unusable="in the hour that happens twice",
            note="which is which cannot be settled: quarantined, with the reason",
        ),
        Scenario(
            name="twenty minutes on either side of the hour that March leaves out, no offset", clock=True, within=1.5,
            patrols=(Patrol(path=((0, 0), (40, 0)), begins="2024-03-31 00:40"),),
        ),
        Scenario(
            name="twenty minutes over 06:00", patrols=(Patrol(path=stay(0, 20), begins="2024-06-05 05:46"),),
        ),
        Scenario(
            name="two units together, one five minutes later, 15 minutes each",
            patrols=(Patrol(path=stay(0, 15)), Patrol(path=stay(0, 15), begins="2024-06-04 12:05")),
        ),
        Scenario(
            name="ten minutes, ten on a call there, ten again",
            patrols=(Patrol(path=stay(0, 30), calls=((14, 24),)),),
        ),
    )  # fmt: skip


def one(scenario: Scenario, seed: int) -> tuple[float, float]:
    """(minutes by the product, by the plain rule)."""
    held = positions(scenario, seed)
    return (measured(scenario, held), plainly(scenario, held)) if len(held) else (0.0, 0.0)


INTRODUCTION = """## Patrol-minutes: true, and as measured

*Written by `{command}` on {day}; do not edit by hand. Made-up patrols, {seeds} seeds each: other errors of the device
and other seconds.* Positions go through the import and the visit rule as any others, with the settings as they are.
Unless it says otherwise a position comes every 30 seconds, with an error of 5 m in each direction. *Plain*: the slow
plain rule of `tests/plain_visits.py`, on the same positions. Two hot spots adjoin; what is true is counted second by
second on the path. Where the rule cannot know the truth the last column says why."""


def part(seeds: int, command: str) -> str:
    intro = INTRODUCTION.format(command=command, day=date.today().isoformat(), seeds=seeds)
    rows = ["| what happened | true | measured (least to most) | plain | |", "|---|---:|---:|---:|---|"]
    for scenario in scenarios():
        found, plain = zip(*(one(scenario, seed) for seed in range(1, seeds + 1)), strict=True)
        spread = f"{np.mean(found):.1f} ({min(found):.1f} to {max(found):.1f})"
        rows.append(f"| {scenario.name} | {truth(scenario):.1f} | {spread} | {np.mean(plain):.1f} | {scenario.note} |")
        print(rows[-1], file=sys.stderr)
    return "\n\n".join([BEGINS, intro, "\n".join(rows), ENDS])


def main() -> int:
    parser = argparse.ArgumentParser(prog=COMMAND, description="Measure patrols of which the minutes are known.")
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--out", type=Path, default=PAGE)
    asked = parser.parse_args()
    write_part(asked.out, part(asked.seeds, f"{COMMAND} --seeds {asked.seeds}"))
    return 0


def write_part(page: Path, part: str) -> None:
    """Put the part in its place on the page, or at its end."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGINS)
    _, _, after = rest.partition(ENDS)
    page.write_text(
        (before.rstrip("\n") + "\n\n" + part + "\n\n" + after.lstrip("\n")).rstrip("\n") + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    sys.exit(main())
