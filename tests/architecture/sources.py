"""The modules of fetchkit as they are written: what they import, call and define."""

from __future__ import annotations

import ast
import functools
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "fetchkit"


class Import(NamedTuple):
    """One import statement's one target."""

    module: str
    """What is imported, as far as it is a module: ``fetchkit.net.tls``."""
    line: int
    at_run_time: bool
    """Not below ``if TYPE_CHECKING``."""
    at_once: bool
    """When the module is loaded, not when a function is called."""


class Source(NamedTuple):
    """One module, parsed."""

    name: str
    path: Path
    tree: ast.Module
    lines: int

    @property
    def imports(self) -> tuple[Import, ...]:
        """Everything this module imports, wherever it stands."""
        return tuple(_imports(self.tree, at_run_time=True, at_once=True))

    def place(self, line: int) -> str:
        """Where that is, for a reader."""
        return f"{self.path.relative_to(ROOT)}:{line}"

    def is_in(self, *rooms: str) -> bool:
        """Whether this module is one of `rooms` or lies in one."""
        return any(
            self.name == room or self.name.startswith(f"{room}.") for room in rooms
        )


@functools.cache
def sources() -> tuple[Source, ...]:
    """Every module of the package, by name."""
    return tuple(_parse(path) for path in sorted(PACKAGE.rglob("*.py")))


def module_names() -> frozenset[str]:
    """The names of every module of the package."""
    return frozenset(source.name for source in sources())


def functions(source: Source) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method a module defines."""
    for node in ast.walk(source.tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def dotted(node: ast.expr) -> str:
    """``os.environ.get`` for the expression that says so; empty for any other."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        head = dotted(node.value)
        return f"{head}.{node.attr}" if head else ""
    return ""


def _parse(path: Path) -> Source:
    text = path.read_text()
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    return Source(name, path, ast.parse(text), len(text.splitlines()))


def _imports(node: ast.AST, *, at_run_time: bool, at_once: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Import(alias.name, node.lineno, at_run_time, at_once)
    elif isinstance(node, ast.ImportFrom):
        for module in _modules_of(node):
            yield Import(module, node.lineno, at_run_time, at_once)
    elif isinstance(node, ast.If) and dotted(node.test).endswith("TYPE_CHECKING"):
        for typing_only in node.body:
            yield from _imports(typing_only, at_run_time=False, at_once=at_once)
        for otherwise in node.orelse:
            yield from _imports(otherwise, at_run_time=at_run_time, at_once=at_once)
    else:
        inside = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        for child in ast.iter_child_nodes(node):
            yield from _imports(
                child, at_run_time=at_run_time, at_once=at_once and not inside
            )


def _modules_of(node: ast.ImportFrom) -> list[str]:
    """``from fetchkit import digest`` names a module; ``… import Digest`` does not."""
    origin = node.module or ""
    base = PACKAGE.parent.joinpath(*origin.split("."))
    found = []
    for alias in node.names:
        part = base / alias.name
        is_module = part.is_dir() or part.with_suffix(".py").is_file()
        found.append(f"{origin}.{alias.name}" if is_module else origin)
    return found
