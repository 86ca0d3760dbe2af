"""init: what it writes parses, says what was asked for, and overwrites nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from fetchkit.manifest import parse_manifest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli

FINGERPRINT = "BC09A30DD766319D02852360732D56A66A537383"
SHA256 = "1" * 64


def test_the_example_is_a_manifest_that_can_be_listed(cli: Cli) -> None:
    ended = cli("init")
    assert ended.code == 0
    assert ended.stdout == ""
    assert "Wrote ./fetchkit.toml" in ended.stderr
    assert cli("list").stdout == (
        "tool  1.2.3  linux-amd64, linux-arm64  signed by tool\n"
    )


def test_a_manifest_that_is_there_stays(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "fetchkit.toml").write_text("mine")
    ended = cli("init", "--json")
    assert ended.code == 44
    assert json.loads(ended.stdout)["error"]["kind"] == "Conflict"
    assert (tmp_path / "fetchkit.toml").read_text() == "mine"


@pytest.mark.parametrize(
    ("url", "name", "version", "template"),
    [
        pytest.param(
            "https://example.com/tool-1.2.3-linux-amd64",
            "tool",
            "1.2.3",
            "https://example.com/tool-{version}-linux-{arch}",
            id="version and architecture",
        ),
        pytest.param(
            "https://example.com/v1.7.1/jq-linux-arm64",
            "jq",
            "1.7.1",
            "https://example.com/v{version}/jq-linux-{arch}",
            id="version in a directory",
        ),
        pytest.param(
            "https://example.com/node-v20.1.0-linux-x86_64.tar.xz",
            "node",
            "20.1.0",
            "https://example.com/node-v{version}-linux-{arch}.tar.xz",
            id="spelled as uname does",
        ),
        pytest.param(
            'https://example.com/"x".bin',
            "latest-one",
            "latest",
            'https://example.com/"x".bin',
            id="quotes, and no version",
        ),
    ],
)
@pytest.mark.parametrize(
    "trust",
    [
        pytest.param(["--fingerprint", FINGERPRINT], id="signed"),
        pytest.param(["--sha256", SHA256], id="pinned"),
    ],
)
def test_a_url_becomes_templates(
    cli: Cli,
    tmp_path: Path,
    url: str,
    name: str,
    version: str,
    template: str,
    trust: list[str],
) -> None:
    named = ["--name", name] if version == "latest" else []
    assert cli("init", "--url", url, *named, *trust).code == 0
    data = (tmp_path / "fetchkit.toml").read_bytes()
    artifact = parse_manifest(data, "here").artifacts[name]
    assert (artifact.version, artifact.url) == (version, template)


def test_what_was_written_resolves_to_the_url_given(cli: Cli) -> None:
    url = "https://example.com/node-v20.1.0-linux-x86_64.tar.xz"
    cli("init", "--url", url, "--sha256", SHA256)
    (artifact,) = json.loads(cli("resolve", "--json").stdout)["artifacts"]
    assert artifact["urls"] == [url]
    assert artifact["digest"] == f"sha256:{SHA256}"
    assert cli("resolve", "--platform", "linux-arm64").code == 14


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param(["--url", "https://example.com/x"], 2, id="nothing to trust"),
        pytest.param(["--sha256", SHA256], 2, id="no url"),
        pytest.param(
            ["--url", "ftp://example.com/x", "--sha256", SHA256], 15, id="scheme"
        ),
        pytest.param(
            ["--url", "http://example.com/x", "--sha256", SHA256], 12, id="plain http"
        ),
        pytest.param(
            ["--url", "https://example.com/x", "--fingerprint", "DEADBEEF"],
            15,
            id="short key id",
        ),
        pytest.param(["gone"], 40, id="no such directory"),
    ],
)
def test_what_cannot_be_meant_writes_nothing(
    cli: Cli, tmp_path: Path, arguments: list[str], code: int
) -> None:
    assert cli("init", *arguments).code == code
    assert list(tmp_path.iterdir()) == []
