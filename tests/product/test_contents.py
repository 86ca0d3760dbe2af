"""What is inside fetchkit.pyz, to the file where it matters."""

from __future__ import annotations

import hashlib
import json
import re
import stat
import zipfile
from typing import TYPE_CHECKING

import pytest

from fetchkit import __version__
from tests.product.fixtures import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.product

CARRIED = {
    "certifi",
    "fetchkit",
    "filelock",
    "gnupg.py",
    "h11",
    "httpcore",
    "httpx",
    "idna",
    "platformdirs",
    "ruamel",
    "semver",
    "shtab",
    "tomli",
    "tomli_w",
    "tqdm",
}
MOST_ENTRIES = 450
"""Python reads the directory of the zip at every start: 5 microseconds an entry."""


@pytest.fixture(scope="module")
def archive(pyz: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(pyz)


@pytest.fixture(scope="module")
def names(archive: zipfile.ZipFile) -> list[str]:
    return archive.namelist()


def test_exactly_the_chosen_packages_are_carried(names: list[str]) -> None:
    modules = {
        name.split("/")[1] for name in names if name.startswith("site-packages/")
    }
    assert modules == CARRIED


def test_nothing_else_lies_at_the_top(names: list[str]) -> None:
    assert {name.split("/")[0] for name in names} == {
        "LICENSE",
        "THIRD-PARTY.txt",
        "__main__.py",
        "_bootstrap",
        "build-info.json",
        "bytecode",
        "environment.json",
        "site-packages",
    }


def test_no_file_is_compiled_for_one_machine(names: list[str]) -> None:
    assert [name for name in names if re.search(r"\.(so|pyd|dylib|pyc)$", name)] == []


def test_every_module_of_fetchkit_is_carried(names: list[str]) -> None:
    source = ROOT / "src"
    own = {
        f"site-packages/{path.relative_to(source)}"
        for path in source.glob("fetchkit/**/*.py")
        if path.name != "__main__.py"
    }
    assert own - set(names) == set()


def test_the_build_package_stays_at_home(names: list[str]) -> None:
    assert [name for name in names if "fetchkit_build" in name] == []


def test_keys_are_carried(names: list[str]) -> None:
    keys = {f"site-packages/fetchkit/keys/{path.name}" for path in ROOT.glob("keys/*")}
    assert keys - set(names) == set()


def test_entries_stay_few(names: list[str]) -> None:
    assert len(names) <= MOST_ENTRIES


def test_no_entry_says_who_built_it_where_and_when(archive: zipfile.ZipFile) -> None:
    for info in archive.infolist():
        assert info.date_time == (1980, 1, 1, 0, 0, 0), info.filename
        assert info.external_attr >> 16 == stat.S_IFREG | 0o644, info.filename
        assert str(ROOT).encode() not in archive.read(info), info.filename


def test_the_info_names_versions_and_nothing_of_the_builder(
    archive: zipfile.ZipFile,
) -> None:
    info = json.loads(archive.read("build-info.json"))
    assert set(info) == {"packages", "bytecode"}
    assert info["packages"]["fetchkit"] == __version__
    assert len(info["packages"]) == len(CARRIED)
    packs = {
        name.split("/")[1].split(".")[0]
        for name in archive.namelist()
        if name.startswith("bytecode/")
    }
    assert set(info["bytecode"]) == packs


def test_what_is_carried_is_what_is_pinned(archive: zipfile.ZipFile) -> None:
    pins = (ROOT / "requirements" / "runtime.txt").read_text()
    pinned = dict(re.findall(r"^([\w-]+)==(\S+)", pins, re.MULTILINE))
    info = json.loads(archive.read("build-info.json"))["packages"]
    del info["fetchkit"]
    assert {
        re.sub(r"[-_.]+", "-", name): version for name, version in info.items()
    } == pinned


def test_the_terms_of_every_package_are_carried(archive: zipfile.ZipFile) -> None:
    text = archive.read("THIRD-PARTY.txt").decode()
    info = json.loads(archive.read("build-info.json"))["packages"]
    for name, version in info.items():
        assert name == "fetchkit" or f"\n{name} {version}\nLicence: " in text
    assert "Apache License" in archive.read("LICENSE").decode()


def test_the_sums_are_those_of_the_files(pyz: Path) -> None:
    for line in pyz.with_name("SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256(pyz.with_name(name).read_bytes()).hexdigest() == digest
