"""docs/cli.md shows what --json really gives."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.product.fixtures import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cli.conftest import Cli, Publisher

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"
_SECTION = re.compile(r"^### (.+?)\n.*?^```json\n(.*?)^```", re.MULTILINE | re.DOTALL)

CALLS = {
    "Any command that fails": "fetch tol",
    "resolve": "resolve",
    "fetch": "fetch",
    "install": "install app",
    "verify FILE": "verify tool --signature tool.asc --key keys/good.asc",
    "verify --installed": "verify --installed app",
    "list": "list",
    "list --installed": "list --installed app",
    "why": "why tool",
    "lock": "lock",
    "lock --check": "lock --check",
    "outdated": "outdated",
    "rollback": "rollback twice",
    "uninstall": "uninstall app",
    "bundle create": "bundle create -o new.bundle",
    "bundle import": "bundle import app.bundle",
    "bundle inspect": "bundle inspect app.bundle",
    "bundle diff": "bundle diff app.bundle app.bundle",
    "config show": "config show",
    "config path": "config path",
    "init": "init new",
    "doctor": "doctor",
    "cache dir": "cache dir",
    "cache info": "cache info",
    "cache list": "cache list",
    "cache verify": "cache verify",
    "cache gc": "cache clear --dry-run",
    "completion": "completion bash",
    "keys list": "keys list",
    "keys show": "keys show good",
    "keys outlook": "keys outlook",
    "detect": "detect .",
}
OPEN = {"signed_by", "packages", "bytecode", "overrides", "origins", "demands"}
"""Objects whose keys are data."""


def documented() -> dict[str, Any]:
    return {
        heading: json.loads(text)
        for heading, text in _SECTION.findall(PAGE.read_text())
    }


def shape(value: object, place: str = "") -> Iterator[str]:
    """Every place in a document where there is a name, such as ``artifacts[].name``."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield f"{place}.{name}"
            if name not in OPEN:
                yield from shape(inner, f"{place}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from shape(inner, f"{place}[]")


@pytest.fixture
def prepared(cli: Cli, publisher: Publisher, tmp_path: Path) -> Cli:
    """Something is cached, installed in two states, locked, and in a bundle."""
    (tmp_path / "new").mkdir()
    (tmp_path / "tool").write_bytes(b"x")
    (tmp_path / "tool.asc").write_bytes(publisher.keys.sign(b"x"))
    for links in ("other", "tool"):
        install = {"dir": "vendor", "links": [links], "path": True}
        publisher.write_manifest(arch={"x86_64": "amd64"}, install=install)
        assert cli("install", "twice").code == 0
    assert cli("install", "app").code == 0
    assert cli("lock").code == 0
    assert cli("bundle", "create", "-o", "app.bundle").code == 0
    return cli


@pytest.mark.parametrize(("heading", "call"), CALLS.items(), ids=list(CALLS))
def test_the_page_shows_what_is_printed(
    prepared: Cli, publisher: Publisher, tmp_path: Path, heading: str, call: str
) -> None:
    if heading == "verify --installed":
        (tmp_path / "app" / "vendor" / "tool").unlink()
    if heading == "outdated":
        publisher.write_manifest(version="1.3.0")
    ended = prepared(*call.split(), "--json")
    assert ended.stdout.count("\n") == 1
    printed = set(shape(json.loads(ended.stdout)))
    shown = set(shape(documented()[heading]))
    # `signers` and the like may be shown empty where another section shows them.
    assert shown <= printed
    assert {place for place in printed - shown if "evidence." not in place} == set()


@pytest.mark.product
def test_the_page_shows_what_self_verify_prints(pyz: Path) -> None:
    ended = run([sys.executable, pyz, "self", "verify", "--json"])
    assert set(shape(json.loads(ended.stdout))) == set(
        shape(documented()["self verify"])
    )


def test_every_section_is_checked() -> None:
    assert set(documented()) == {*CALLS, "self verify"}
