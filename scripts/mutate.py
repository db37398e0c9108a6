"""Do the tests see it when a figure goes wrong? One operator or number is changed at a time, and its tests are run.

    python scripts/mutate.py trace                    which test runs which line (slow, once; keeps .mutants/)
    python scripts/mutate.py run --n 200 --seed 1     that many mutants of `ROOMS`, two at a time; prints who survived
    python scripts/mutate.py run --only FILE:LINE     all mutants of a line

A mutant is killed when a test that runs its line fails, or when its tests take ten times as long as they should.
Lines that no traced test runs count as survivors. A survivor is either equivalent (no figure can change: say why) or
asks for a test. Needs the package ``coverage``.
"""

from __future__ import annotations

import argparse
import ast
import concurrent.futures
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HOME = Path(__file__).resolve().parents[1]
KEPT = HOME / ".mutants"
ROOMS = ("harm", "intake", "ranking", "patrols", "change")
TRACED = ("tests/unit", "tests/known_answers", "tests/properties", "tests/recovery")
SECONDS = 90.0  # of tests a mutant is given, quickest first
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any", "minimum": "maximum", "maximum": "minimum"}
COMPARED = {
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==", ast.In: "not in",
    ast.NotIn: "in", ast.Is: "is not", ast.IsNot: "is",
}  # fmt: skip
COUNTED = {ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.FloorDiv: "/", ast.Mod: "*", ast.Pow: "*"}


@dataclass(frozen=True)
class Mutant:
    """One change of one file: the text from ``start`` to ``end`` (bytes) becomes ``new``."""

    file: str
    line: int
    start: int
    end: int
    old: str
    new: str


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Every mutant of a file: operators, numbers, true and false, min and max, any and all; not its words or types."""
    raw = path.read_bytes()
    starts = [0]
    for line in raw.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def at(line: int, column: int) -> int:
        return starts[line - 1] + column

    def mutant(node: ast.expr, start: int, end: int, new: str) -> Mutant:
        return Mutant(path.relative_to(HOME).as_posix(), node.lineno, start, end, raw[start:end].decode(), new)

    def span(node: ast.expr) -> tuple[int, int]:
        return at(node.lineno, node.col_offset), at(node.end_lineno or 0, node.end_col_offset or 0)

    def between(left: ast.expr, right: ast.expr) -> tuple[int, int]:
        return span(left)[1], span(right)[0]

    def operator(node: ast.expr, left: ast.expr, right: ast.expr, new: str) -> Iterator[Mutant]:
        start, end = between(left, right)
        text = raw[start:end].decode()
        sign = text.strip(" \n()")
        if sign and "\n" not in sign and "#" not in text:
            at_sign = start + len(text[: text.index(sign)].encode())
            yield mutant(node, at_sign, at_sign + len(sign.encode()), new)

    def visit(node: ast.AST) -> Iterator[Mutant]:
        if isinstance(node, (ast.JoinedStr, ast.Raise, ast.Import, ast.ImportFrom, ast.Assert)):
            return
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            return
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            yield from operator(node, node.left, node.comparators[0], COMPARED[type(node.ops[0])])
        elif isinstance(node, ast.BinOp) and type(node.op) in COUNTED:
            if not any(isinstance(n, (ast.Constant, ast.JoinedStr)) and isinstance(getattr(n, "value", ""), str)
                       for n in (node.left, node.right)):  # fmt: skip
                yield from operator(node, node.left, node.right, COUNTED[type(node.op)])
        elif isinstance(node, ast.BoolOp):
            new = "or" if isinstance(node.op, ast.And) else "and"
            yield from operator(node, node.values[0], node.values[1], new)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.USub, ast.Invert)):
            start, _ = span(node)
            yield mutant(node, start, start + (3 if isinstance(node.op, ast.Not) else 1), "")
        elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
            yield mutant(node, *span(node), str(not node.value))
        elif isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
            yield mutant(node, *span(node), repr(node.value + 1 if isinstance(node.value, int) else node.value * 1.5))
        elif isinstance(node, ast.Call):
            name = node.func
            if isinstance(name, ast.Name) and name.id in NAMES:
                yield mutant(name, *span(name), NAMES[name.id])
            elif isinstance(name, ast.Attribute) and name.attr in NAMES:
                end = span(name)[1]
                yield mutant(name, end - len(name.attr), end, NAMES[name.attr])
        skipped = {"annotation", "returns", "decorator_list"}
        for field, value in ast.iter_fields(node):
            if field not in skipped:
                for child in value if isinstance(value, list) else [value]:
                    if isinstance(child, ast.AST):
                        yield from visit(child)

    yield from visit(ast.parse(raw))


def trace() -> None:
    """Run the traced tests once under coverage; keep which test function runs which line, and how long each takes."""
    KEPT.mkdir(exist_ok=True)
    settings = KEPT / "coveragerc"
    settings.write_text(
        f"[run]\ndynamic_context = test_function\nsource = hotspots\nparallel = true\ndata_file = {KEPT}/data\n"
    )
    measured = [sys.executable, "-m", "coverage"]
    jobs = [
        subprocess.Popen(
            [*measured, "run", f"--rcfile={settings}", "-m", "pytest", "-q", "-p", "no:cacheprovider",
             f"--junitxml={KEPT}/{Path(folder).name}.xml", folder], cwd=HOME,
        )
        for folder in TRACED
    ]  # fmt: skip
    for job in jobs:
        job.wait()
    subprocess.run(
        [sys.executable, "-m", "coverage", "combine", "--keep", f"--rcfile={settings}"], cwd=HOME, check=True
    )
    from coverage import CoverageData

    data = CoverageData(str(KEPT / "data"))
    data.read()
    lines: dict[str, dict[int, list[str]]] = {}
    for file in data.measured_files():
        by_line = data.contexts_by_lineno(file)
        name = Path(file).relative_to(HOME).as_posix()
        lines[name] = {n: sorted(c for c in contexts if c) for n, contexts in by_line.items()}
    seconds: dict[str, float] = defaultdict(float)
    for folder in TRACED:
        for case in ElementTree.parse(KEPT / f"{Path(folder).name}.xml").iter("testcase"):
            seconds[f"{case.get('classname')}.{str(case.get('name')).split('[')[0]}"] += float(case.get("time") or 0)
    (KEPT / "lines.json").write_text(json.dumps({"lines": lines, "seconds": seconds}))


def tests_of(mutant: Mutant, lines: dict[str, dict[str, list[str]]], seconds: dict[str, float]) -> list[str]:
    """The tests that run a mutant's line, quickest first, as pytest names them, within `SECONDS`."""
    found: list[str] = []
    left = SECONDS
    for name in sorted(lines.get(mutant.file, {}).get(str(mutant.line), []), key=lambda n: seconds.get(n, 1.0)):
        module, _, function = name.rpartition(".")
        left -= seconds.get(name, 1.0)
        if left < 0 and found:
            break
        found.append(f"{module.replace('.', '/')}.py::{function}")
    return found


def verdict(mutant: Mutant, tests: list[str], copy: Path) -> str:
    """killed, timed out, survived, or not run by any test."""
    if not tests:
        return "not run"
    path = copy / mutant.file
    whole = path.read_bytes()
    path.write_bytes(whole[: mutant.start] + mutant.new.encode() + whole[mutant.end :])
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests],
            cwd=copy, capture_output=True, timeout=10 * SECONDS,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1",
                 "HOTSPOTS_SHARED_DATA": os.environ.get("HOTSPOTS_SHARED_DATA", str(HOME.parent / "shared" / "data"))},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return "timed out"
    finally:
        path.write_bytes(whole)
    return {0: "survived", 1: "killed", 2: "killed"}.get(done.returncode, f"exit {done.returncode}")


def run(n: int, seed: int, only: str, rooms: tuple[str, ...]) -> None:
    """Draw mutants evenly over the rooms and try them, two at a time."""
    kept = json.loads((KEPT / "lines.json").read_text())
    drawn: list[Mutant] = []
    for room in rooms:
        every = [m for p in sorted((HOME / "hotspots" / room).rglob("*.py")) for m in mutants_of(p)]
        if only:
            drawn += [m for m in every if f"{m.file}:{m.line}" == only]
        else:
            drawn += random.Random(f"{seed}-{room}").sample(every, min(len(every), -(-n // len(rooms))))
    results = KEPT / f"results-{seed}.jsonl"
    counts: dict[str, int] = defaultdict(int)
    with tempfile.TemporaryDirectory() as scratch, results.open("w") as out:
        copies = [Path(scratch) / str(i) for i in range(2)]
        for copy in copies:
            shutil.copytree(
                HOME, copy, ignore=shutil.ignore_patterns(".venv", ".git", ".mutants", "workspace", "__pycache__")
            )
        free = list(copies)

        def one(mutant: Mutant) -> tuple[Mutant, str, float]:
            copy, began = free.pop(), time.monotonic()
            try:
                return mutant, verdict(mutant, tests_of(mutant, **kept), copy), time.monotonic() - began
            finally:
                free.append(copy)

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for mutant, end, seconds in pool.map(one, drawn):
                counts[end] += 1
                out.write(json.dumps({**mutant.__dict__, "end": end, "seconds": round(seconds, 1)}) + "\n")
                out.flush()
                if end not in ("killed", "timed out"):
                    print(f"{end}: {mutant.file}:{mutant.line}: {mutant.old!r} → {mutant.new!r}", flush=True)
    print(dict(counts), f"{(counts['killed'] + counts['timed out']) / max(len(drawn), 1):.1%} killed of {len(drawn)}")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words = asked.add_subparsers(dest="word", required=True)
    words.add_parser("trace")
    one = words.add_parser("run")
    one.add_argument("--n", type=int, default=200)
    one.add_argument("--seed", type=int, default=1)
    one.add_argument("--only", default="")
    one.add_argument("--rooms", default=",".join(ROOMS))
    told = asked.parse_args()
    if told.word == "trace":
        trace()
    else:
        run(told.n, told.seed, told.only, tuple(told.rooms.split(",")))


if __name__ == "__main__":
    main()
