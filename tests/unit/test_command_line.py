"""python -m hotspots: the same figures as the library, sentences instead of tracebacks, exit status 0, 1 or 2."""

from __future__ import annotations

import csv
import io
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from hotspots.__main__ import main
from hotspots.base.writing import to_csv
from hotspots.intake import import_files
from hotspots.ranking.pipeline import rank_workspace
from hotspots.ranking.question import Question
from hotspots.store.workspace import MANIFEST, open_workspace
from tests.conftest import REPOSITORY
from tests.samples import BLACKPOOL, BURNLEY, KENT, NOWHERE, crime, files_of, street
from tests.workspaces import patrolled

__all__ = ["patrolled"]

# The contract with those who script it: these first, in this order.
RANK = ["rank", "cell", "bcu", "district", "n_incidents", "harm_days", "harm_sqrt", "largest_offence_share",
        "harm_expected_days", "p_top", "gi_z", "gi_q", "pattern", "lon", "lat", "area_m2"]  # fmt: skip
INTAKE = ["file", "source", "read", "accepted", "updated", "unchanged", "repeated", "quarantined", "reason", "n"]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("line") / "workspace"
    rows = [crime(f"p{i}", "2022-01") for i in range(6)] + [crime("w", "2022-01", place=BLACKPOOL),
            crime("e1", "2022-01", place=BURNLEY), crime("e2", "2022-01", "Robbery", place=BURNLEY),
            crime("k", "2022-01", place=KENT), crime("n", "2022-01", place=NOWHERE),
            crime("x", "2022-01", kind="")]  # fmt: skip
    import_files(folder, [street("2022-01", rows)], "police-uk")
    return folder


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """As a user would: another process, output and errors apart."""
    return subprocess.run(
        [sys.executable, "-m", "hotspots", *map(str, arguments)],
        cwd=REPOSITORY, capture_output=True, text=True, check=False,
        env={k: v for k, v in os.environ.items() if not k.startswith("HOTSPOTS_")},
    )  # fmt: skip


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


# ---------------------------------------------------------------- figures


def test_rank_prints_the_librarys_table(workspace):
    done = run("rank", "--workspace", workspace, "--by", "count", "--top", 50)
    assert done.returncode == 0
    assert done.stdout == to_csv(rank_workspace(workspace, Question(by="count")).table)
    rows = table(done.stdout)
    assert list(rows[0])[: len(RANK)] == RANK
    assert [(r["rank"], r["bcu"], r["n_incidents"]) for r in rows] == [
        ("1", "South", "6"), ("2", "East", "2"), ("3", "West", "1"),
    ]  # fmt: skip
    assert "no coordinates" in done.stderr
    assert "outside the force area" in done.stderr


@pytest.mark.parametrize("bcu", ["West", "South", "East"])
def test_one_bcu(workspace, capsys, bcu):
    assert main(["rank", "--workspace", str(workspace), "--bcu", bcu]) == 0
    assert {r["bcu"] for r in table(capsys.readouterr().out)} == {bcu}


def test_top_and_formats(workspace, capsys):
    assert main(["rank", "--workspace", str(workspace), "--top", "2", "--format", "json"]) == 0
    given = json.loads(capsys.readouterr().out)
    assert [r["rank"] for r in given["rows"]] == [1, 2]
    assert given["about"]["weights_sha256"]
    assert main(["rank", "--workspace", str(workspace), "--format", "geojson"]) == 0
    assert len(json.loads(capsys.readouterr().out)["features"]) == 3


def test_out_writes_what_would_be_printed(workspace, tmp_path, capsys):
    out = tmp_path / "ranked.csv"
    assert main(["rank", "--workspace", str(workspace), "--out", str(out)]) == 0
    assert capsys.readouterr().out == ""
    assert main(["rank", "--workspace", str(workspace)]) == 0
    assert out.read_text() == capsys.readouterr().out
    assert os.listdir(tmp_path) == ["ranked.csv"]


def test_a_request_that_fails_leaves_the_old_file(workspace, tmp_path):
    out = tmp_path / "ranked.csv"
    out.write_text("last week's")
    assert main(["rank", "--workspace", str(workspace), "--out", str(out), "--offences", "knife"]) == 1
    assert out.read_text() == "last week's"
    assert os.listdir(tmp_path) == ["ranked.csv"]


def test_a_file_is_written_whole_or_not_at_all(workspace, tmp_path, monkeypatch):
    out = tmp_path / "ranked.csv"
    out.write_text("last week's")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert main(["rank", "--workspace", str(workspace), "--out", str(out)]) == 1
    assert out.read_text() == "last week's"
    assert os.listdir(tmp_path) == ["ranked.csv"]


def test_intake_adds_up_and_lists_what_was_set_aside(workspace, capsys):
    assert main(["intake", "--workspace", str(workspace)]) == 0
    rows = table(capsys.readouterr().out)
    assert list(rows[0]) == INTAKE
    for row in rows:
        read, *parts = (int(row[c]) for c in ("read", "accepted", "updated", "unchanged", "repeated", "quarantined"))
        assert read == sum(parts) == 12
    assert {(r["reason"], r["n"]) for r in rows} == {
        ("quarantined: Crime type is missing", "1"), ("outside the force area", "1"),
        ("no coordinates: Violence and sexual offences", "1"),
    }  # fmt: skip
    assert main(["intake", "--workspace", str(workspace), "--quarantined"]) == 0
    (row,) = table(capsys.readouterr().out)
    assert (row["quarantined_row"], row["Crime ID"]) == ("13", "x")
    assert main(["intake", "--workspace", str(workspace), "--summary", "--format", "json"]) == 0
    held = {(r["measure"], r["detail"]): r["n"] for r in json.loads(capsys.readouterr().out)["rows"]}
    assert held["incidents", ""] == 11
    assert held["inside the force area", "South"] == 6


def test_import_tells_the_report_and_again_that_nothing_changed(tmp_path, capsys):
    name, content = street("2022-01", [crime("a", "2022-01"), crime("a", "2022-01")])
    (tmp_path / name).write_bytes(content)
    asked = ["import", str(tmp_path / name), "--source", "police-uk", "--workspace", str(tmp_path / "w")]
    assert main(asked) == 0
    told = capsys.readouterr()
    assert told.out == ""
    assert "2 rows read = 1 accepted, 0 updated, 0 unchanged, 1 repeated, 0 quarantined" in told.err
    before = files_of(tmp_path / "w")
    assert main(asked) == 0
    assert "Nothing changed" in capsys.readouterr().err
    assert files_of(tmp_path / "w") == before


def test_weights(workspace, capsys):
    assert main(["weights", "list", "--workspace", str(workspace)]) == 0
    rows = table(capsys.readouterr().out)
    assert {"policeuk-proxy-2026", "cchi-2020-sv"} <= {r["name"] for r in rows}
    assert all(len(r["sha256"]) == 64 and r["version"] for r in rows)
    assert main(["weights", "show", "cchi-2020-sv", "--workspace", str(workspace)]) == 0
    days = {r["athena_urn"]: float(r["days"]) for r in table(capsys.readouterr().out)}
    assert days["34B.34.1.2"] == 365  # personal robbery, by the published index
    assert days["1.1.1.1"] == 5475


def test_check(workspace, tmp_path, capsys):
    assert main(["check", "--workspace", str(workspace)]) == 0
    assert "whole" in capsys.readouterr().err
    import_files(tmp_path, [street("2022-01", [crime("a", "2022-01")])], "police-uk")
    (tmp_path / open_workspace(tmp_path).manifest.parts[0].file).write_bytes(b"gone")
    assert main(["check", "--workspace", str(tmp_path)]) == 1
    assert "Import 2022-01-lancashire-street.csv again" in capsys.readouterr().err


# ---------------------------------------------------------------- refusals: 1 for the request, 2 for the usage


def bad_requests(workspace: Path, folder: Path) -> dict[str, list[object]]:
    (folder / "bad.csv").write_text("a,b\n1,2\n")
    (folder / "empty.csv").write_text("")
    (folder / "broken.zip").write_bytes(b"PK\x03\x04 broken")
    (folder / "damaged").mkdir()
    (folder / "damaged" / MANIFEST).write_bytes(b"\xff\x00 not json")
    (folder / "a file").write_text("x")
    new = folder / "new"
    rank = ["rank", "--workspace", workspace]
    load = ["import", "--source", "police-uk", "--workspace", new]
    return {
        "no workspace": ["rank", "--workspace", folder / "nowhere"],
        "a workspace that is a file": ["rank", "--workspace", folder / "a file"],
        "import into a file": ["import", folder / "bad.csv", "--source", "police-uk", "--workspace", folder / "a file"],
        "a damaged workspace": ["rank", "--workspace", folder / "damaged"],
        "knife": [*rank, "--offences", "knife"],
        "half a month": [*rank, "--from", "2022-01-05"],
        "no date": [*rank, "--from", "soon"],
        "north": [*rank, "--bcu", "North"],
        "resolution": [*rank, "--resolution", 12],
        "method": [*rank, "--by", "luck"],
        "weights": [*rank, "--weights", "guess"],
        "hours": [*rank, "--hours", "20-04"],
        "top": [*rank, "--top", -1],
        "top of nothing": [*rank, "--top", 0],
        "out is a folder": [*rank, "--out", folder],
        "out in no folder": [*rank, "--out", folder / "nowhere" / "x.csv"],
        "out in a file": [*rank, "--out", folder / "a file" / "x.csv"],
        "missing columns": [*load, folder / "bad.csv"],
        "an empty file": [*load, folder / "empty.csv"],
        "a broken zip": [*load, folder / "broken.zip"],
        "no such file": [*load, folder / "none.csv"],
        "no mapping": ["import", folder / "bad.csv", "--source", "incidents", "--workspace", new],
        "no such mapping": [
            "import", folder / "bad.csv", "--source", "incidents", "--workspace", new, "--mapping", "none.toml",
        ],
        "no boundaries": ["import", folder / "bad.csv", "--source", "boundaries", "--workspace", new],
        "no such set": ["weights", "show", "guess", "--workspace", workspace],
        "a demo over real data": ["demo", "--workspace", workspace],
        "a seed below nothing": ["demo", "--workspace", new, "--seed", -1],
        "nothing to check": ["check", "--workspace", folder / "nowhere"],
    }  # fmt: skip


def test_every_bad_request_is_a_sentence_and_status_1(workspace, tmp_path, capsys):
    before = files_of(workspace)
    for name, asked in bad_requests(workspace, tmp_path).items():
        status = main([str(a) for a in asked])
        told = capsys.readouterr()
        assert status == 1, name
        assert told.out == "", name
        assert "Traceback" not in told.err, name
        assert told.err.strip().endswith("."), (name, told.err)
    assert {k: v for k, v in files_of(workspace).items() if "sqlite" not in k} == {
        k: v for k, v in before.items() if "sqlite" not in k
    }
    assert not (tmp_path / "new" / MANIFEST).exists()


@pytest.mark.parametrize(
    "asked",
    [[], ["dance"], ["rank", "--nonsense"], ["rank", "--top", "many"], ["import"], ["import", "x.csv"],
     ["import", "x.csv", "--source", "rumour"], ["rank", "--format", "pdf"], ["weights"]],
)  # fmt: skip
def test_wrong_usage_is_status_2(asked):
    with pytest.raises(SystemExit) as caught:
        main(asked)
    assert caught.value.code == 2


def test_statuses_of_the_process(workspace, tmp_path):
    refused = run("rank", "--workspace", tmp_path / "nowhere")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "Traceback" not in refused.stderr
    assert run("rank", "--nonsense").returncode == 2


def test_a_reader_that_has_had_enough_is_no_error(workspace):
    rank = f"{sys.executable} -m hotspots rank --workspace '{workspace}' --format geojson"
    asked = ["bash", "-c", f"{rank} | head -c 10; exit ${{PIPESTATUS[0]}}"]
    done = subprocess.run(asked, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


def test_a_method_may_be_written_with_an_underscore(workspace, capsys):
    outputs = []
    for by in ("harm_sqrt", "harm-sqrt"):
        assert main(["rank", "--by", by, "--format", "json", "--workspace", str(workspace)]) == 0
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]
    assert main(["rank", "--by", "harm_cube", "--workspace", str(workspace)]) == 1
    assert "no ranking method 'harm-cube'" in capsys.readouterr().err


def test_the_commands_that_the_readme_shows_on_the_demo_run(patrolled, capsys):
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    asked = [shlex.split(line) for line in text.splitlines() if line.endswith("--workspace ../demo")]
    assert [words[3] for words in asked] == ["demo", "rank", "dosage", "change"]
    for words in asked[1:]:
        assert main([*words[3:-1], str(patrolled)]) == 0
        assert table(capsys.readouterr().out), words


HEAVY = {"geopandas", "sklearn", "esda", "streamlit", "pydeck"}
TABLES = {"pandas", "pyarrow", "numpy", "h3", "duckdb", "scipy", "sqlalchemy"}


@pytest.mark.parametrize(("asked", "unwanted"), [(["--help"], HEAVY | TABLES), (["rank", "--help"], HEAVY | TABLES),
                                                 (["rank"], HEAVY)])  # fmt: skip
def test_the_command_line_loads_no_library_that_the_answer_does_not_need(workspace, asked, unwanted):
    code = (
        "import sys\nfrom hotspots.__main__ import main\n"
        f"try: main({asked!r} + ([] if '--help' in {asked!r} else ['--workspace', {str(workspace)!r}]))\n"
        "except SystemExit: pass\n"
        f"print(sorted({unwanted!r} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stderr.strip().endswith("[]")


def test_help_answers_at_once():
    """0.08 s; counted as the processor's time, which other work on the machine does not lengthen much."""
    taken = []
    for _ in range(3):
        before = os.times()
        assert run("--help").returncode == 0
        after = os.times()
        taken.append(after.children_user + after.children_system - before.children_user - before.children_system)
    assert min(taken) < 0.3
