"""Whatever a patrol log holds: rows are accounted for, and neither their order nor their files change what is held."""

from __future__ import annotations

import random
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hotspots.base.errors import HotspotsError
from hotspots.base.identity import SECRET
from hotspots.intake.quarantine import quarantined_rows
from hotspots.store.workspace import open_workspace
from tests.conftest import examples
from tests.unit.test_intake_patrol_log import COUNTS, counts, held, load, log

TIMES = ["2026-03-02 21:00", "2026-03-02 21:15", "2025-10-26 01:30", "2026-03-29 01:30", "2026-03-04 21:00", "soon", ""]
ROWS = st.fixed_dictionaries(
    {
        "entry": st.sampled_from(["1", "2", "3", "4", " 1", ""]),
        "unit": st.sampled_from(["Alpha", "alpha ", "Bravo", ""]),
        "officers": st.sampled_from(["", "2", "Smith; Jones", "jones/smith", "0"]),
        "area": st.sampled_from(["West-01", "East-02", ""]),
        "lon": st.sampled_from(["-2.7", "", "53.76"]),
        "lat": st.sampled_from(["53.76", ""]),
        "start": st.sampled_from(TIMES),
        "end": st.sampled_from(TIMES),
        "mode": st.sampled_from(["Foot", "car", "horse", ""]),
        "searches": st.sampled_from(["", "0", "3", "some"]),
    }
)
# Enough sound rows that wild positions and times do not refuse the import; their numbers are nobody else's.
SOUND = [
    {"entry": f"s{i}", "unit": "Charlie", "officers": "1", "area": "West-01", "lon": "", "lat": "", "start": TIMES[0],
     "end": TIMES[1], "mode": "", "searches": ""} for i in range(12)
]  # fmt: skip


def with_one_key(*folders: Path) -> None:
    """Workspaces that hash alike."""
    for folder in folders:
        folder.mkdir()
        (folder / SECRET).write_text("ab" * 32)


def set_aside(folder: Path) -> int:
    return len(quarantined_rows(open_workspace(folder)))


@settings(max_examples=examples(40), deadline=None)
@given(st.lists(ROWS, max_size=10), st.randoms(use_true_random=False))
def test_import_twice_or_in_another_order(rows: list[dict[str, str]], rng: random.Random):
    rows = [*SOUND, *rows]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        reports, _ = load(folder, log(rows))  # load() asserts that the counts add up
        assert counts(reports)["read"] == len(rows)
        assert counts(reports).get("quarantined", 0) == set_aside(folder)
        assert counts(reports)["accepted"] == len(held(folder))
        before = held(folder)
        again, changed = load(folder, log(rows))
        assert not changed
        assert {c: counts(again).get(c, 0) for c in COUNTS[1:3]} == {"accepted": 0, "updated": 0}
        shuffled, _ = load(folder, log(rng.sample(rows, len(rows)), "shuffled.csv"))
        assert {c: counts(shuffled).get(c, 0) for c in COUNTS[1:3]} == {"accepted": 0, "updated": 0}
        assert counts(shuffled)["unchanged"] == len(before)
        assert held(folder) == before


@settings(max_examples=examples(40), deadline=None)
@given(st.lists(ROWS, max_size=10), st.randoms(use_true_random=False), st.integers(1, 3), st.booleans())
def test_a_log_in_several_files_is_the_same_log(
    rows: list[dict[str, str]], rng: random.Random, parts: int, numbered: bool
):
    """As long as each number stands for one entry: else the file that comes last is right."""
    firsts: dict[str, dict[str, str]] = {}
    rows = [firsts.setdefault(r["entry"].strip() or str(i), r) for i, r in enumerate([*SOUND, *rows])]
    if not numbered:  # then an entry is what it says, and the number of searches does not tell it from another
        rows = [{k: v for k, v in r.items() if k != "entry"} | {"searches": "", "officers": "1"} for r in rows]
    with tempfile.TemporaryDirectory() as scratch:
        whole, apart, together = (Path(scratch) / n for n in ("whole", "apart", "together"))
        with_one_key(whole, apart, together)
        reports, _ = load(whole, log(rows))
        pieces = [[*SOUND] if numbered else [rows[0]] for _ in range(parts)]
        for row in rng.sample(rows, len(rows)):
            pieces[rng.randrange(parts)].append(row)
        files = [log(piece, f"{i}.csv") for i, piece in enumerate(pieces)]
        assume(len({file[1] for file in files}) == parts)  # the same file again is no other file
        try:
            for file in files:
                load(apart, file)
            load(together, *files)
        except HotspotsError as error:  # a file whose places are all wrong is refused whole
            assume("another coordinate system" not in str(error))
            raise
        assert held(apart) == held(together) == held(whole)
        assert set_aside(apart) == set_aside(together) == counts(reports).get("quarantined", 0)


@settings(max_examples=examples(60), deadline=None)
@given(
    st.datetimes(datetime(2025, 10, 25, 22), datetime(2025, 10, 26, 6)).map(
        lambda t: t.replace(second=0, microsecond=0)
    ),
    st.integers(1, 59),
)
def test_a_patrol_of_less_than_an_hour_keeps_its_length_when_the_clocks_go_back(start: datetime, minutes: int):
    """Written by a wall clock in the night of 26 October 2025, whichever of the two hours it fell into (UTC here)."""

    def clock(utc: datetime) -> str:
        return f"{utc + timedelta(hours=utc < datetime(2025, 10, 26, 1)):%Y-%m-%d %H:%M}"

    end = start + timedelta(minutes=minutes)
    row = SOUND[0] | {"start": clock(start), "end": clock(end)}
    with tempfile.TemporaryDirectory() as scratch:
        load(Path(scratch), log([row]))
        (got,) = held(Path(scratch))
    doubtful = datetime(2025, 10, 26, 1) <= start < datetime(2025, 10, 26, 2) <= end
    lasted = got["end"] - got["start"]
    assert lasted == 60 * minutes + (3600 if doubtful else 0)  # a start in the second hour is taken for the first
