"""The import walls: which folder may import what, read off the syntax tree, so that nothing need be imported to know."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ENGINE, GUI = sorted((ROOT / "engine").rglob("*.py")), sorted((ROOT / "gui").rglob("*.py"))
TORCH = ("torch", "torchvision", "torchmetrics", "safetensors")
QT = ("PySide6", "pyqtgraph", "shiboken6")
DOORS = ("engine.session", "engine.events", "engine.graph", "engine.layers", "engine.library")  # what the window may know of the engine
WITHOUT_TORCH = (
    "engine/session.py",
    "engine/events.py",
    "engine/bus.py",
    "engine/library.py",
    "engine/cli.py",
    "engine/data/catalog.py",
    "engine/data/offers.py",
    "engine/data/sources.py",
    "engine/data/health.py",
)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path, *, top_only: bool = False) -> Iterator[str]:
    """Every imported module of a file, dotted; with `top_only` just those that importing the file imports."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in toplevel(tree) if top_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}: relative import"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def toplevel(tree: ast.Module) -> Iterator[ast.stmt]:
    """Statements that run at import: the module's own, also inside if and try, but not under `if TYPE_CHECKING`."""
    waiting: list[ast.stmt] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If):
            waiting += node.orelse + ([] if "TYPE_CHECKING" in ast.dump(node.test) else node.body)
        elif isinstance(node, ast.Try):
            waiting += node.body + node.orelse + node.finalbody + [line for handler in node.handlers for line in handler.body]
        else:
            yield node


def within(module: str, roots: tuple[str, ...]) -> bool:
    return any(module == root or module.startswith(root + ".") for root in roots)


def offences(files: list[Path], forbidden: tuple[str, ...], *, top_only: bool = False) -> list[str]:
    return [f"{name_of(path)} imports {module}" for path in files for module in imports(path, top_only=top_only) if within(module, forbidden)]


def test_the_engine_knows_no_qt_and_no_window():
    assert not offences(ENGINE, (*QT, "gui"))


def test_the_window_knows_no_torch():
    assert not offences(GUI, TORCH)


def test_the_window_enters_the_engine_by_its_doors():
    inside = [(path, module) for path in GUI for module in imports(path) if within(module, ("engine",)) and module != "engine"]
    assert inside
    assert not [f"{name_of(path)} imports {module}" for path, module in inside if not within(module, DOORS)]


@pytest.mark.parametrize("folder", ["graph", "layers"])
def test_graph_and_layers_stand_alone(folder: str):
    files = sorted((ROOT / "engine" / folder).rglob("*.py"))
    allowed = ("engine.graph", "engine.layers")
    assert not offences(files, (*TORCH, *QT))
    assert not [f"{name_of(p)} imports {m}" for p in files for m in imports(p) if within(m, ("engine",)) and not within(m, allowed)]


@pytest.mark.parametrize("name", WITHOUT_TORCH)
def test_what_the_first_paint_needs_loads_no_torch(name: str):
    assert not offences([ROOT / name], TORCH, top_only=True)


def test_slow_libraries_wait_until_after_the_first_paint():
    late = ("torchmetrics", "pyqtgraph", "torchvision")
    first = [ROOT / "main.py", *(ROOT / "gui").glob("*.py"), *(ROOT / "gui" / "editor").rglob("*.py"), *(ROOT / "gui" / "inspector").rglob("*.py")]
    assert not offences(first, late, top_only=True)


def test_main_needs_only_the_standard_library_to_start():
    import sys

    modules = [module.split(".")[0] for module in imports(ROOT / "main.py", top_only=True)]
    assert modules
    assert not [module for module in modules if module not in sys.stdlib_module_names]


def test_the_wall_can_fail(tmp_path: Path):
    bad = ROOT / "tests" / "test_walls.py"
    assert "ast" in list(imports(bad))
    assert offences([bad], ("pytest",)) == ["tests/test_walls.py imports pytest"]
