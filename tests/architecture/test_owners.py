"""One owner for each outside thing, one maker for each stage (design 7)."""

from __future__ import annotations

import ast

import pytest

from tests.architecture.sources import dotted, sources

IMPORTERS = {
    "argparse": ["fetchkit.cli"],
    "bz2": ["fetchkit.archive"],
    "certifi": ["fetchkit.net"],
    "compression": ["fetchkit.archive"],
    "filelock": ["fetchkit.locks"],
    "gnupg": ["fetchkit.opinion", "fetchkit.signing"],
    "gzip": ["fetchkit.archive"],
    "h11": ["fetchkit.net"],
    "http.client": ["fetchkit.net"],
    "httpcore": ["fetchkit.net"],
    "httpx": ["fetchkit.net"],
    "logging": [],
    "lzma": ["fetchkit.archive"],
    "platformdirs": ["fetchkit.host"],
    "requests": [],
    "ruamel": ["fetchkit.manifest.verbatim"],
    "semver": ["fetchkit.versions"],
    "shtab": ["fetchkit.cli"],
    "socket": ["fetchkit.net"],
    "ssl": ["fetchkit.net"],
    "subprocess": ["fetchkit.child", "fetchkit.archive.zstd"],
    "tarfile": ["fetchkit.archive"],
    "tqdm": ["fetchkit.cli"],
    "unittest": [],
    "urllib.request": [],
    "zipfile": ["fetchkit.archive", "fetchkit.pyz"],
}
"""Module -> the rooms that may import it, at run time."""

USERS = {
    "os.environ": ["fetchkit.host"],
    "os.environb": [],
    "os.getenv": [],
    "os.putenv": [],
    "os.unsetenv": [],
    "os.chdir": [],
    "os.fchdir": [],
    "os.umask": [],
    "os.system": [],
    "os.popen": [],
    "sys.exit": ["fetchkit.cli", "fetchkit.__main__"],
    "sys.argv": ["fetchkit.cli", "fetchkit.__main__", "fetchkit.host"],
    "sys.stdout": ["fetchkit.cli"],
    "sys.stderr": ["fetchkit.cli"],
    "time.sleep": [],
    "tempfile.mktemp": [],
    "hashlib.md5": ["fetchkit.manifest.packaged"],
    "hashlib.sha1": [],
}
"""Name -> the rooms that may use it. `time.sleep` is a parameter of who waits."""

CALLERS = {
    "print": ["fetchkit.cli"],
    "input": [],
    "exit": [],
    "quit": [],
    "eval": [],
    "exec": [],
    "Verified": ["fetchkit.verification"],
    "Stored": ["fetchkit.store"],
    "Installed": ["fetchkit.installation"],
    "Resolved": ["fetchkit.resolution"],
    "Download": ["fetchkit.pipeline", "fetchkit.transfer"],
}
"""Name -> the rooms that may call it: a stage is made in one place."""


@pytest.mark.parametrize(("module", "owners"), IMPORTERS.items(), ids=list(IMPORTERS))
def test_an_outside_module_is_imported_by_its_owner_alone(
    module: str, owners: list[str]
) -> None:
    foreign = [
        f"{source.place(one.line)}: {source.name} imports {one.module}"
        for source in sources()
        if not source.is_in(*owners)
        for one in source.imports
        if one.at_run_time and f"{one.module}.".startswith(f"{module}.")
    ]
    assert foreign == []


@pytest.mark.parametrize(("name", "owners"), USERS.items(), ids=list(USERS))
def test_a_process_wide_thing_is_used_by_its_owner_alone(
    name: str, owners: list[str]
) -> None:
    module, _, attribute = name.rpartition(".")
    foreign = []
    for source in sources():
        if source.is_in(*owners):
            continue
        for node in ast.walk(source.tree):
            used = isinstance(node, ast.Attribute) and dotted(node) == name
            taken = (
                isinstance(node, ast.ImportFrom)
                and node.module == module
                and any(alias.name == attribute for alias in node.names)
            )
            if used or taken:
                foreign.append(f"{source.place(getattr(node, 'lineno', 0))}: {name}")
    assert foreign == []


@pytest.mark.parametrize(("name", "owners"), CALLERS.items(), ids=list(CALLERS))
def test_a_stage_is_made_and_a_word_is_said_in_one_place(
    name: str, owners: list[str]
) -> None:
    foreign = [
        f"{source.place(node.lineno)}: {source.name} calls {name}()"
        for source in sources()
        if not source.is_in(*owners)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and dotted(node.func) == name
    ]
    assert foreign == []


def test_outside_data_never_meets_assert() -> None:
    found = [
        source.place(node.lineno)
        for source in sources()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Assert)
    ]
    assert found == []
