"""The house: data flows one way through its rooms, and only one of them knows the screen."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

LIBRARY = REPOSITORY / "hotspots"
# A room may import rooms above it, never one below.
ROOMS = (
    "sources", "intake", "cell_periods", "expected", "ranking", "patterns", "pipeline", "areas", "presence", "visits",
    "patrol_log", "patrol_form", "hours", "dosage", "change", "backtest", "insight", "exports", "ui",
)  # fmt: skip


def module_name(path: Path) -> str:
    name = ".".join(path.relative_to(REPOSITORY).with_suffix("").parts)
    return name.removesuffix(".__init__")


MODULES = {module_name(p): p for p in sorted(LIBRARY.rglob("*.py"))}


@cache
def imports(name: str, only_at_the_top: bool = False) -> frozenset[str]:
    """Every module this one imports, inside functions too; not those imported for type checking only."""
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    found: set[str] = set()
    package = name if MODULES[name].name == "__init__.py" else name.rpartition(".")[0]

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            return
        if only_at_the_top and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
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

    visit(tree)
    return frozenset(found)


def room_of(name: str) -> str | None:
    parts = name.split(".")
    if parts[-1] == "cli":  # a door to the whole house
        return None
    return parts[1] if len(parts) > 1 and parts[0] == "hotspots" and parts[1] in ROOMS else None


def test_the_test_sees_imports():
    """A guard against a check that looks at nothing."""
    assert "hotspots.store.workspace" in imports("hotspots.intake.police_uk")
    assert "hotspots.intake" in imports("hotspots.__main__")  # inside a function
    assert any("streamlit" in imports(m) for m in MODULES)
    assert {room_of(m) for m in MODULES} >= set(ROOMS)


@pytest.mark.parametrize("name", sorted(MODULES))
def test_only_the_ui_imports_streamlit(name):
    if room_of(name) != "ui":
        assert not any(i.split(".")[0] == "streamlit" for i in imports(name))


@pytest.mark.parametrize("name", sorted(m for m in MODULES if room_of(m)))
def test_no_room_imports_one_below_it(name):
    here = ROOMS.index(str(room_of(name)))
    below = {i for i in imports(name) if (room := room_of(i)) and ROOMS.index(room) > here}
    assert not below


@pytest.mark.parametrize("name", sorted(m for m in MODULES if not room_of(m) and m != "hotspots.__main__"))
def test_what_stands_outside_the_rooms_does_not_know_the_screen(name):
    assert not {i for i in imports(name) if room_of(i) == "ui"}


def test_no_module_imports_itself_by_a_detour():
    """Imports made when a module is loaded form no circle."""
    done: set[str] = set()

    def follow(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " → ".join([*path[path.index(name) :], name])
        if name in done:
            return
        for other in sorted(imports(name, only_at_the_top=True) & MODULES.keys()):
            follow(other, (*path, name))
        done.add(name)

    for name in MODULES:
        follow(name, ())
    assert done == MODULES.keys()


def test_pages_only_frame_load_and_show():
    pages = sorted((REPOSITORY / "pages").glob("*.py"))
    assert pages
    for page in [*pages, REPOSITORY / "app.py"]:
        assert len(page.read_text(encoding="utf-8").splitlines()) < 90, page.name


def test_functions_are_short():
    """Under 70 lines each; most are far shorter."""
    lengths = {}
    for name, path in MODULES.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.end_lineno:
                lengths[f"{name}.{node.name}"] = node.end_lineno - node.lineno + 1
    assert {n: length for n, length in lengths.items() if length >= 70} == {}
    assert sorted(lengths.values())[len(lengths) // 2] < 20
