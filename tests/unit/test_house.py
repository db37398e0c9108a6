"""The house: data flows one way through its rooms, and only one of them knows the screen."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

LIBRARY = REPOSITORY / "hotspots"
# Every room, from the first to the last: a room may import those before it, never one after it.
ROOMS = (
    "base", "store", "geography", "sources", "intake", "harm", "ranking", "insight", "backtest", "areas", "patrols",
    "change", "trials", "exports", "maps", "charts", "demo", "cli", "ui",
)  # fmt: skip
OURS = ("hotspots", "tests")
LONGER = {"hotspots.base.columns": "the columns of every published table, one a line"}  # than 460 lines, and why
PRIVATE = re.compile(r"([.,(]|\bimport)\s*_[A-Za-z0-9]")  # a name with an underscore, imported or reached
DOORS = {"hotspots", "hotspots.__main__"}  # of the house itself


def module_name(path: Path) -> str:
    name = ".".join(path.relative_to(REPOSITORY).with_suffix("").parts)
    return name.removesuffix(".__init__")


MODULES = {module_name(p): p for p in sorted(LIBRARY.rglob("*.py"))}


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports(name: str) -> frozenset[str]:
    """Every module this one imports, inside functions too; not those imported for type checking only."""
    found: set[str] = set()
    package = name if MODULES[name].name == "__init__.py" else name.rpartition(".")[0]

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            return
        if isinstance(node, ast.expr):  # holds no statement
            return
        if isinstance(node, ast.Import):
            found.update(a.name for a in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")
                base = ".".join([*parents[: len(parents) - node.level + 1], *filter(None, [base])])
            members = {f"{base}.{a.name}" for a in node.names}
            modules = members & MODULES.keys()
            found.update(modules)
            if modules != members:
                found.add(base)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(tree_of(MODULES[name]))
    return frozenset(found)


def room_of(name: str) -> str:
    """The room of a module; the house itself has none."""
    return name.split(".")[1] if name.startswith("hotspots.") else ""


def test_the_test_sees_imports():
    """A guard against a check that looks at nothing."""
    assert "hotspots.store.workspace" in imports("hotspots.intake.police_uk")
    assert "hotspots.demo.workspace" in imports("hotspots.ui.frame")  # inside a function
    assert any("streamlit" in imports(m) for m in MODULES)


def test_every_module_stands_in_a_room_and_every_room_has_modules():
    assert {room_of(m) for m in MODULES.keys() - DOORS} == set(ROOMS)


@pytest.mark.parametrize("name", sorted(MODULES))
def test_only_the_ui_imports_streamlit(name):
    if room_of(name) != "ui":
        assert not any(i.split(".")[0] == "streamlit" for i in imports(name))


@pytest.mark.parametrize("name", sorted(MODULES.keys() - DOORS))
def test_no_room_imports_one_after_it(name):
    here = ROOMS.index(room_of(name))
    later = {i for i in imports(name) & MODULES.keys() - {"hotspots"} if ROOMS.index(room_of(i)) > here}
    assert not later


def test_the_rooms_stand_in_the_order_that_contributing_tells():
    words = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    told = words.split("```")[1].replace("\n", " ").split("→")
    assert tuple(room.strip() for room in told) == ROOMS


def test_no_module_imports_itself_by_a_detour():
    """Imports form no circle, those inside functions included."""
    done: set[str] = set()

    def follow(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " → ".join([*path[path.index(name) :], name])
        if name in done:
            return
        for other in sorted(imports(name) & MODULES.keys()):
            follow(other, (*path, name))
        done.add(name)

    for name in MODULES:
        follow(name, ())
    assert done == MODULES.keys()


def test_no_page_imports_the_command_line_or_another_page():
    """What several pages share stands in `ui/` itself; each has a folder of its own."""

    def page_of(name: str) -> str:
        return name.split(".")[2] if name.startswith("hotspots.ui.") and name.count(".") > 2 else ""

    for name in MODULES:
        if room_of(name) == "ui":
            assert not {i for i in imports(name) if room_of(i) == "cli"}, name
            assert {page_of(i) for i in imports(name)} <= {"", page_of(name)}, name


def test_one_file_touches_the_session_and_what_is_cached_stands_apart():
    for name, path in MODULES.items():
        if room_of(name) == "ui":
            text = path.read_text(encoding="utf-8")
            touches = "session_state" in text or "query_params" in text.replace("query_params=", "")
            assert not touches or name == "hotspots.ui.session", name
            assert "@st.cache" not in text or name.rpartition(".")[2] in ("loading", "answers"), name


def test_pages_only_frame_load_and_show():
    pages = sorted((REPOSITORY / "pages").glob("*.py"))
    assert pages
    for page in [*pages, REPOSITORY / "app.py"]:
        assert len(page.read_text(encoding="utf-8").splitlines()) < 90, page.name


def test_functions_are_short():
    """Under 70 lines each; most are far shorter."""
    lengths = {}
    for name, path in MODULES.items():
        for node in ast.walk(tree_of(path)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.end_lineno:
                lengths[f"{name}.{node.name}"] = node.end_lineno - node.lineno + 1
    assert {n: length for n, length in lengths.items() if length >= 70} == {}
    assert sorted(lengths.values())[len(lengths) // 2] < 20


def test_files_are_short():
    lengths = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in MODULES.items()}
    assert {n for n, length in lengths.items() if length > 460} == LONGER.keys()


def test_nothing_with_an_underscore_crosses_a_file():
    """Neither imported by name nor reached through an imported module, in the tests and scripts as little."""
    crossing = []
    for path in REPOSITORY.glob("[a-z]*/**/*.py"):
        if not PRIVATE.search(path.read_text(encoding="utf-8")):
            continue  # it needs no parsing
        nodes = list(ast.walk(tree_of(path)))
        froms = [
            n for n in nodes if isinstance(n, ast.ImportFrom) and (n.module or "").startswith(("hotspots", "tests"))
        ]
        names = {a.asname or a.name: a.name for node in froms for a in node.names}
        reached = [n for n in nodes if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name)]
        crossing += [f"{path.name}: {name}" for name in names.values() if private(name)]
        crossing += [f"{path.name}: {n.value.id}.{n.attr}" for n in reached if n.value.id in names and private(n.attr)]
    assert crossing == []


def private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")
