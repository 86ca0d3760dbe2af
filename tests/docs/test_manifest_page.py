"""docs/manifest.md has the keys the parser knows: no more, no fewer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fetchkit.errors import ManifestError
from fetchkit.manifest import parse_manifest

PAGE = Path(__file__).parents[2] / "docs" / "manifest.md"
STRANGER = "zzzzzzzzzzzz"
"""No key resembles it, so that the parser's hint lists all it knows."""

MANIFEST = f"""
schema = 1
{STRANGER} = 1
[keys.k]
fingerprints = ["{"A" * 40}"]
{STRANGER} = 1
[keys.k.allow_expired]
until = 2026-12-31
reason = "r"
{STRANGER} = 1
[artifacts.a]
version = "1"
url = "https://example.com/a"
sha256 = "{"0" * 64}"
arch = {{ x86_64 = "amd64" }}
{STRANGER} = 1
[artifacts.a.platforms.linux-arm64]
{STRANGER} = 1
[artifacts.a.install]
dir = "."
{STRANGER} = 1
[artifacts.a.process]
{STRANGER} = 1
[artifacts.a.layer]
{STRANGER} = 1
[detect]
files = ["x"]
{STRANGER} = 1
[plan]
{STRANGER} = 1
[[plan.requires]]
name = "n"
{STRANGER} = 1
[[plan.or]]
{STRANGER} = 1
"""

TABLES = {
    "Top level": "",
    "[keys.NAME]": "keys.k.",
    "[keys.NAME.allow_expired]": "keys.k.allow_expired.",
    "[artifacts.NAME]": "artifacts.a.",
    "[artifacts.NAME.platforms.OS-ARCH]": "artifacts.a.platforms.linux-arm64.",
    "[artifacts.NAME.install]": "artifacts.a.install.",
    "[artifacts.NAME.process]": "artifacts.a.process.",
    "[artifacts.NAME.layer]": "artifacts.a.layer.",
    "[detect]": "detect.",
    "[plan]": "plan.",
    "[[plan.requires]]": "plan.requires[0].",
    "[[plan.or]]": "plan.or[0].",
}


def known_keys() -> dict[str, set[str]]:
    """Every table of a manifest -> the keys the parser says it knows there."""
    with pytest.raises(ManifestError) as caught:
        parse_manifest(MANIFEST.encode(), "fetchkit.toml")
    return {
        fault.place.removesuffix(STRANGER): set(
            (fault.hint or "").removeprefix("Known here: ").rstrip(".").split(", ")
        )
        for fault in caught.value.faults
        if fault.place.endswith(STRANGER)
    }


def described_keys() -> dict[str, set[str]]:
    """Every heading of the page with a table of keys -> the keys in it."""
    sections = re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE)[1:]
    return {
        section.partition("\n")[0].strip("`"): set(
            re.findall(r"^\| `([a-z0-9_]+)` \|", section, re.MULTILINE)
        )
        for section in sections
        if "| key |" in section
    }


def test_every_table_of_a_manifest_is_described() -> None:
    assert set(known_keys()) == set(TABLES.values())
    assert set(described_keys()) == set(TABLES)


@pytest.mark.parametrize("heading", TABLES)
def test_the_page_has_the_keys_the_parser_knows(heading: str) -> None:
    assert described_keys()[heading] == known_keys()[TABLES[heading]]
