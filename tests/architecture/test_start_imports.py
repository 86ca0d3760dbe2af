"""What a start may load: lists of modules, because times are noise."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.architecture.sources import ROOT, sources

HEAVY = {
    "asyncio",
    "email",
    "filelock",
    "gnupg",
    "http.client",
    "httpx",
    "importlib.metadata",
    "logging",
    "lzma",
    "platformdirs",
    "ruamel",
    "socket",
    "sqlite3",
    "ssl",
    "tarfile",
    "tqdm",
    "urllib.request",
    "zipfile",
}
"""Each costs 5 to 200 milliseconds, on a machine where every run is the first."""

PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from fetchkit.cli.main import main
try:
    main(sys.argv[2:])
except SystemExit:
    pass
sys.stdout.flush()
print(*sorted(sys.modules), file=sys.stderr)
"""


def modules_loaded_by(*arguments: str) -> set[str]:
    """The modules a command has loaded when it ends."""
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-c", PROGRAM, str(ROOT / "src"), *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(result.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("arguments", [["--version"], ["--help"]], ids=" ".join)
def test_nothing_heavy_is_loaded(arguments: list[str]) -> None:
    assert modules_loaded_by(*arguments) & HEAVY == set()


def test_the_package_itself_imports_nothing() -> None:
    (package,) = (source for source in sources() if source.name == "fetchkit")
    loaded = [one for one in package.imports if one.at_run_time and one.at_once]
    assert [one.module for one in loaded if one.module != "__future__"] == []


def test_a_command_loads_its_own_module_alone() -> None:
    loaded = modules_loaded_by("why", "--help")
    commands = {name for name in loaded if name.startswith("fetchkit.cli.commands.")}
    assert commands == {"fetchkit.cli.commands.why"}
    assert loaded & HEAVY == set()
