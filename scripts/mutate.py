"""Do the tests see it when a figure goes wrong? One operator or number is changed at a time, and its tests are run.

    python scripts/mutate.py trace                    which test runs which line (slow, once; keeps .mutants/)
    python scripts/mutate.py run --n 200 --seed 1     that many mutants of `ROOMS`, two at a time; prints who survived
    python scripts/mutate.py run --only FILE:LINE     all mutants of a line; --also TEST: by a new test first

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
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from coverage import Coverage

HOME = Path(__file__).resolve().parents[1]
KEPT = HOME / ".mutants"
ROOMS = ("harm", "intake", "ranking", "patrols", "change")
TRACED = (("tests/unit",), ("tests/known_answers", "tests/properties", "tests/recovery"))  # each in a process
LEFT = (  # not traced: they start processes, or read the code itself
    "tests/recovery/test_faults.py",
    "tests/unit/test_engine.py",
    "tests/unit/test_docs.py",
    "tests/unit/test_house.py",
)
SECONDS = 30.0  # of tests a mutant is given, quickest first
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
    around: tuple[tuple[int, int], ...]  # first and last line: its own, its statement's, its function's
    names: tuple[str, ...]  # what the statement names, where it stands in no function


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Every mutant of a file: operators, numbers, true and false, min and max, any and all; not its words or types."""
    raw = path.read_bytes()
    starts = [0]
    for line in raw.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def at(line: int, column: int) -> int:
        return starts[line - 1] + column

    within: list[ast.stmt] = []

    def mutant(node: ast.expr, start: int, end: int, new: str) -> Mutant:
        functions = [s for s in within if isinstance(s, (ast.FunctionDef, ast.AsyncFunctionDef))]
        spans = [(node.lineno, node.lineno), (node.lineno, node.end_lineno or 0)]
        if not isinstance(within[-1], (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.ClassDef)):
            spans.append((within[-1].lineno, within[-1].end_lineno or 0))
        if functions:
            spans.append((functions[-1].lineno, functions[-1].end_lineno or 0))
        names = () if functions else tuple(
            n.id for n in ast.walk(within[-1]) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        )  # fmt: skip
        file = path.relative_to(HOME).as_posix()
        return Mutant(file, node.lineno, start, end, raw[start:end].decode(), new, tuple(spans), names)

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
        if isinstance(node, ast.keyword) and node.arg == "strict":  # of zip: it guards, and moves no figure
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
            other = node.value + 1 if isinstance(node.value, int) else node.value * 1.5 or 1.0
            yield mutant(node, *span(node), repr(other))
        elif isinstance(node, ast.Call):
            name = node.func
            if isinstance(name, ast.Name) and name.id in NAMES:
                yield mutant(name, *span(name), NAMES[name.id])
            elif isinstance(name, ast.Attribute) and name.attr in NAMES:
                end = span(name)[1]
                yield mutant(name, end - len(name.attr), end, NAMES[name.attr])
        skipped = {"annotation", "returns", "decorator_list"}
        if isinstance(node, ast.stmt):
            within.append(node)
        for field, value in ast.iter_fields(node):
            if field not in skipped:
                for child in value if isinstance(value, list) else [value]:
                    if isinstance(child, ast.AST):
                        yield from visit(child)
        if isinstance(node, ast.stmt):
            within.pop()

    yield from visit(ast.parse(raw))


class Contexts:
    """A pytest plugin: coverage learns which test, or which fixture that several tests share, runs a line."""

    def __init__(self, measured: Coverage) -> None:
        self.measured, self.now = measured, [""]
        self.seconds: dict[str, float] = defaultdict(float)
        self.tests: dict[str, list[str]] = {}  # of each fixture
        self.failed: list[str] = []

    def within(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        self.now.append(name)
        self.measured.switch_context(name)
        yield
        self.now.pop()
        self.measured.switch_context(self.now[-1])
        self.seconds[name] += time.monotonic() - began

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        name = named(item.nodeid)
        forget()
        for fixture in getattr(item, "fixturenames", []):
            self.tests.setdefault(f"fixture {fixture}", []).append(name)
        yield from self.within(name)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[object]) -> Iterator[None]:
        if fixturedef.scope == "function":
            yield
        else:
            yield from self.within(f"fixture {fixturedef.argname}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.append(named(report.nodeid))


def forget() -> None:
    """Empty what functions keep of earlier answers, so that each test runs the lines that its figures come from."""
    for name, module in list(sys.modules.items()):
        if name.startswith("hotspots."):
            for value in list(vars(module).values()):
                if hasattr(value, "cache_clear"):
                    value.cache_clear()


def named(nodeid: str) -> str:
    """A test function as pytest names it, without its case."""
    return nodeid.partition("[")[0]


def trace_part(part: int) -> None:
    """Run the tests of one part of `TRACED` in this process, under coverage; write what was seen to `KEPT`."""
    from coverage import Coverage

    measured = Coverage(data_file=None, source=[str(HOME / "hotspots" / room) for room in ROOMS], config_file=False)
    seen = Contexts(measured)
    sys.path.insert(0, str(HOME))
    measured.start()
    asked = ["-q", "-p", "no:cacheprovider", *(f"--ignore={left}" for left in LEFT)]
    pytest.main([*asked, *TRACED[part]], plugins=[seen])
    measured.stop()
    data = measured.get_data()
    lines = {
        Path(file).relative_to(HOME).as_posix(): {n: [c for c in contexts if c] for n, contexts in
                                                  data.contexts_by_lineno(file).items()}
        for file in data.measured_files()
    }  # fmt: skip
    kept = {"lines": lines, "seconds": seen.seconds, "tests": seen.tests, "failed": seen.failed}
    (KEPT / f"part-{part}.json").write_text(json.dumps(kept))


def trace() -> None:
    """Run the traced tests once; keep which test function runs which line, and how long each takes."""
    KEPT.mkdir(exist_ok=True)
    command = [sys.executable, __file__, "trace", "--part"]
    jobs = [subprocess.Popen([*command, str(n)], cwd=HOME) for n in range(len(TRACED))]
    for job in jobs:
        job.wait()


@dataclass(frozen=True)
class Traced:
    """What `trace` kept: the tests that run each line of a file, and the seconds of each test."""

    lines: dict[str, dict[int, set[str]]]
    seconds: dict[str, float]

    @classmethod
    def read(cls) -> Traced:
        lines: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
        seconds: dict[str, float] = {}
        for path in KEPT.glob("part-*.json"):
            part = json.loads(path.read_text())
            for fixture, tests in part["tests"].items():
                for test in set(tests):
                    part["seconds"][test] = part["seconds"].get(test, 0.0) + part["seconds"].get(fixture, 0.0)
            seconds |= part["seconds"]
            failed = set(part["failed"])
            for file, by_line in part["lines"].items():
                for line, contexts in by_line.items():
                    ran = {test for c in contexts for test in part["tests"].get(c, [c])}
                    lines[file][int(line)] |= ran - failed
        return cls(lines, seconds)

    def of(self, mutant: Mutant) -> list[str]:
        """The tests that a mutant is tried by, quickest first, within `SECONDS`.

        Those that run its line; else its statement, or the function whose default it is; else, as for a constant,
        the lines where it is named; else any line of its file.
        """
        by_line = self.lines.get(mutant.file, {})
        ran: set[str] = set()
        for first, last in mutant.around:
            ran = set().union(*(tests for line, tests in by_line.items() if first <= line <= last))
            if ran:
                break
        if not ran and mutant.names:
            word = re.compile(rf"\b({'|'.join(mutant.names)})\b")
            for file, others in self.lines.items():
                for n, line in enumerate((HOME / file).read_text().splitlines(), 1):
                    if word.search(line):
                        ran |= others.get(n, set())
        ran = ran or set().union(*by_line.values())
        found: list[str] = []
        left = SECONDS
        for name in sorted(ran, key=lambda n: self.seconds.get(n, 1.0)):
            left -= self.seconds.get(name, 1.0)
            if left < 0 and found:
                break
            found.append(name)
        return found


def verdict(mutant: Mutant, tests: list[str], copy: Path) -> tuple[str, str]:
    """killed, timed out, survived, or not run by any test; and the test that saw it."""
    if not tests:
        return "not run", ""
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
        return "timed out", ""
    finally:
        path.write_bytes(whole)
    saw = re.search(r"^(?:FAILED|ERROR) (.*)", done.stdout.decode(errors="replace"), re.MULTILINE)
    end = {0: "survived", 1: "killed", 2: "killed"}.get(done.returncode, f"exit {done.returncode}")
    return ("killed", saw[1]) if saw else (end, "")  # 4, too, where its file can no longer be imported


def run(n: int, seed: int, only: str, rooms: tuple[str, ...], also: list[str]) -> None:
    """Draw mutants evenly over the rooms and try them, two at a time, by the tests ``also`` first."""
    traced = Traced.read()
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

        def one(mutant: Mutant) -> tuple[Mutant, str, str, float]:
            copy, began = free.pop(), time.monotonic()
            try:
                return mutant, *verdict(mutant, [*also, *traced.of(mutant)], copy), time.monotonic() - began
            finally:
                free.append(copy)

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for mutant, end, saw, seconds in pool.map(one, drawn):
                counts[end] += 1
                told = {**mutant.__dict__, "verdict": end, "saw": saw, "seconds": round(seconds, 1)}
                out.write(json.dumps(told) + "\n")
                out.flush()
                if end not in ("killed", "timed out"):
                    print(f"{end}: {mutant.file}:{mutant.line}: {mutant.old!r} → {mutant.new!r}", flush=True)
    print(dict(counts), f"{(counts['killed'] + counts['timed out']) / max(len(drawn), 1):.1%} killed of {len(drawn)}")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words = asked.add_subparsers(dest="word", required=True)
    words.add_parser("trace").add_argument("--part", type=int)
    one = words.add_parser("run")
    one.add_argument("--n", type=int, default=200)
    one.add_argument("--seed", type=int, default=1)
    one.add_argument("--only", default="")
    one.add_argument("--rooms", default=",".join(ROOMS))
    one.add_argument("--also", nargs="*", default=[], metavar="TEST", help="newer than the trace")
    told = asked.parse_args()
    if told.word == "trace" and told.part is None:
        trace()
    elif told.word == "trace":
        trace_part(told.part)
    else:
        run(told.n, told.seed, told.only, tuple(told.rooms.split(",")), told.also)


if __name__ == "__main__":
    main()
