"""resolve, list and why: what is chosen, from where, and why it is trusted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from fetchkit.digest import Digest
from tests.cli.conftest import TOOL
from tests.signing import SIGNED_AT

if TYPE_CHECKING:
    from tests.cli.conftest import Cli, Publisher

DIGEST = str(Digest.of(TOOL))


def test_resolve_asks_no_network_and_says_where_values_are_from(
    cli: Cli, publisher: Publisher
) -> None:
    ended = cli("resolve", "tool")
    assert ended.code == 0
    assert publisher.origin.requests == []
    assert ended.stdout.splitlines() == [
        "tool 1.2.3 for linux-amd64",
        f"  url             {publisher.url}",
        f"  signature       {publisher.url}.asc",
        f"  signed by       good ({publisher.keys.good.fingerprint})",
        "  digest          not pinned",
        "  version from    ./fetchkit.toml: artifacts.tool.version",
        "  url from        ./fetchkit.toml: artifacts.tool.url",
        "  signature from  ./fetchkit.toml: artifacts.tool.signature",
        "  signed_by from  ./fetchkit.toml: artifacts.tool.signed_by",
        "  platform from   environment variable FETCHKIT_PLATFORM",
    ]


@pytest.mark.usefixtures("publisher")
def test_resolve_names_the_variable_that_overrides(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOOL_VERSION", "9.9")
    ended = cli("resolve", "--platform", "linux-arm64", "--json")
    (tool,) = json.loads(ended.stdout)["artifacts"]
    assert tool["version"] == "9.9"
    assert tool["origins"]["version"] == "environment variable TOOL_VERSION"
    assert tool["origins"]["platform"] == "--platform"
    assert tool["urls"][0].endswith("/tool-9.9-arm64")


def test_resolve_says_which_digest_a_platform_pins(
    cli: Cli, publisher: Publisher
) -> None:
    publisher.write_manifest(platforms={"linux-amd64": {"sha256": DIGEST}})
    (tool,) = json.loads(cli("resolve", "--json").stdout)["artifacts"]
    assert tool["digest"] == DIGEST
    assert tool["origins"]["digest"].endswith("platforms.linux-amd64.sha256")


@pytest.mark.usefixtures("publisher")
@pytest.mark.parametrize("command", ["resolve", "fetch", "why"])
def test_an_unknown_name_exits_13_and_offers_the_nearest(
    cli: Cli, command: str
) -> None:
    ended = cli(command, "tol")
    assert ended.code == 13
    assert ended.stderr == (
        "error: ./fetchkit.toml has no artifact `tol`; it has tool\n"
        "\n"
        "hint: Did you mean `tool`?\n"
    )


@pytest.mark.usefixtures("publisher")
def test_list_shows_platforms_and_trust(cli: Cli) -> None:
    ended = cli("list")
    assert ended.code == 0
    assert ended.stdout == "tool  1.2.3  linux-amd64, linux-arm64  signed by good\n"


@pytest.mark.usefixtures("publisher")
def test_list_shows_what_a_receipt_says(cli: Cli) -> None:
    assert cli("install", "app").code == 0
    ended = cli("list", "--installed", "app")
    assert ended.stdout == f"tool  1.2.3  linux-amd64  {DIGEST}\n"


def test_why_explains_from_the_receipt(
    cli: Cli, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOOL_VERSION", "1.2.3")
    cli("install", "app")
    ended = cli("why", "tool", "--installed", "app")
    assert ended.code == 0
    lines = ended.stdout.splitlines()
    fingerprint = publisher.keys.good.fingerprint
    assert lines[0] == "tool 1.2.3 for linux-amd64"
    assert "  known from  receipt of fetchkit" in lines
    assert f"  digest      {DIGEST}" in lines
    assert "  override    version is from environment variable TOOL_VERSION" in lines
    assert "  accepted    signed by good" in lines
    assert (
        f"  signer      {fingerprint} (key good), on 2020-07-01 00:00:00 UTC" in lines
    )


def test_why_asks_the_cache_and_no_network(cli: Cli, publisher: Publisher) -> None:
    cli("fetch")
    publisher.origin.requests.clear()
    ended = cli("why", "tool", "--json")
    known = json.loads(ended.stdout)
    assert publisher.origin.requests == []
    assert known["known_from"] == "cache"
    (signer,) = known["evidence"]["signers"]
    assert signer["primary"] == publisher.keys.good.fingerprint
    assert signer["signed_at"] == SIGNED_AT


@pytest.mark.usefixtures("publisher")
def test_why_says_how_to_get_what_is_not_known(cli: Cli) -> None:
    ended = cli("why", "tool")
    assert ended.code == 22
    assert ended.stderr.startswith("error: `tool` is not in the cache")
    assert "hint: Run `fetchkit fetch tool`" in ended.stderr


@pytest.mark.usefixtures("publisher")
def test_why_names_what_is_installed_instead(cli: Cli) -> None:
    cli("install", "app")
    ended = cli("why", "jq", "--installed", "app")
    assert ended.code == 13
    assert "`jq` is not installed in app; there is tool" in ended.stderr


@pytest.mark.parametrize("command", ["list", "verify"])
def test_a_directory_without_receipt_exits_10(cli: Cli, command: str) -> None:
    ended = cli(command, "--installed", ".")
    assert ended.code == 10
    assert "fetchkit has installed nothing in `.`" in ended.stderr
