"""Exit codes are API: the table, the classes and the README say the same."""

from __future__ import annotations

import ast
import inspect
import re

import pytest

from fetchkit import errors
from fetchkit.errors import FetchkitError
from tests.architecture.sources import ROOT, sources

CODES = {
    "FetchkitError": 1,
    "UsageError": 2,
    "InputError": 10,
    "SettingsError": 11,
    "ManifestError": 12,
    "UnknownArtifactError": 13,
    "UnsupportedTargetError": 14,
    "InvalidValueError": 15,
    "NetworkError": 20,
    "HttpStatusError": 21,
    "OfflineError": 22,
    "TooLargeError": 23,
    "RegistryError": 24,
    "StalledError": 25,
    "VerificationError": 30,
    "DigestMismatchError": 31,
    "BadSignatureError": 32,
    "UntrustedKeyError": 33,
    "ExpiredKeyError": 34,
    "UnsignedError": 35,
    "StorageError": 40,
    "LockTimeoutError": 41,
    "UnsafeArchiveError": 42,
    "NoSpaceError": 43,
    "ConflictError": 44,
    "LifecycleError": 50,
    "ContractError": 51,
    "PluginError": 60,
    "NotDetectedError": 100,
}
"""Scripts of users look at these: a number is never given a second meaning."""

OF_THE_SHELL = {130, 141}


def error_classes() -> dict[str, type[FetchkitError]]:
    """The classes of errors.py, by name."""
    return {
        name: value
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, FetchkitError)
    }


def test_classes_have_the_published_codes() -> None:
    own = {
        name: one.exit_code
        for name, one in error_classes().items()
        if "exit_code" in vars(one)
    }
    assert own == CODES


def test_every_code_lies_in_its_parents_band() -> None:
    for one in error_classes().values():
        parent = one.__mro__[1]
        if parent is not FetchkitError and issubclass(parent, FetchkitError):
            assert one.exit_code // 10 == parent.exit_code // 10, one


def test_the_docstring_draws_the_same_tree() -> None:
    drawn = re.findall(r"(\w+Error)\s+(\d+)\b", errors.__doc__ or "")
    codes = {name: one.exit_code for name, one in error_classes().items()}
    assert {name: int(code) for name, code in drawn}.items() <= codes.items()
    assert set(CODES) <= {name for name, _ in drawn}


def test_codes_are_given_in_one_place() -> None:
    foreign = [
        source.place(node.lineno)
        for source in sources()
        if source.name != "fetchkit.errors"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef) and node.name.endswith("Error")
        for statement in node.body
        if isinstance(statement, (ast.Assign, ast.AnnAssign))
        and "exit_code" in ast.unparse(statement)
    ]
    assert foreign == []


def test_the_readme_has_the_same_table() -> None:
    readme = ROOT / "README.md"
    if not readme.exists():
        pytest.skip("NOT TESTED: there is no README.md yet")
    rows = re.findall(r"^\| *`?(\d+)`? *\|", readme.read_text(), re.MULTILINE)
    assert {int(code) for code in rows} == set(CODES.values()) | OF_THE_SHELL | {0}
