"""Files and functions that fit a reader's head."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from tests.architecture.sources import functions, sources

if TYPE_CHECKING:
    from tests.architecture.sources import Source

MOST_FILE_LINES = 400
MOST_FUNCTION_LINES = 50
"""Not counting the docstring: a promise may take the room it needs."""

EACH_SOURCE = [pytest.param(source, id=source.name) for source in sources()]


@pytest.mark.parametrize("source", EACH_SOURCE)
def test_files_stay_short(source: Source) -> None:
    assert source.lines <= MOST_FILE_LINES


@pytest.mark.parametrize("source", EACH_SOURCE)
def test_functions_stay_short(source: Source) -> None:
    long = [
        f"{source.place(node.lineno)}: {node.name} has {lines_of(node)} lines"
        for node in functions(source)
        if lines_of(node) > MOST_FUNCTION_LINES
    ]
    assert long == []


@pytest.mark.parametrize("source", EACH_SOURCE)
def test_modules_say_what_they_are(source: Source) -> None:
    assert ast.get_docstring(source.tree) or not source.tree.body


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function without its docstring."""
    last = function.end_lineno or function.lineno
    total = last - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function, clean=False) is not None:
        total -= (first.end_lineno or first.lineno) - first.lineno + 1
    return total
