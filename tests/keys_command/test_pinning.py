"""A pin is added to a manifest without touching what is there."""

from __future__ import annotations

import pytest

from fetchkit.errors import ConflictError, FetchkitError, InputError, ManifestError
from fetchkit.pinning import add_pin, find_pin, pinned_fingerprints, render_pin
from fetchkit.toml import parse_toml

PIN = "BC09A30DD766319D02852360732D56A66A537383"
OTHER = "9AB4AFDED4CB7F2952719EB761A525F7E0D8FA9D"


def added(data: bytes, name: str = "jq") -> bytes:
    return add_pin(data, document="fetchkit.toml", name=name, fingerprint=PIN)


MANIFESTS = [
    pytest.param(b"", id="empty"),
    pytest.param(b"schema = 1", id="no newline at the end"),
    pytest.param(b"schema = 1\n", id="newline at the end"),
    pytest.param(b"schema = 1\r\n[keys.a]\r\nfingerprints = []\r\n", id="CRLF"),
    pytest.param(b"# why\n[artifacts.x]\nversion='1'  # so\n", id="comments"),
    pytest.param(b'[keys]\na = {fingerprints = ["x"]}\n', id="inline tables of keys"),
    pytest.param(b"[[list]]\na = 1\n", id="ends in an array of tables"),
]


@pytest.mark.parametrize("data", MANIFESTS)
@pytest.mark.parametrize("name", ["jq", "heroku.applink+1", "0"])
def test_the_rest_stays_byte_for_byte(data: bytes, name: str) -> None:
    result = added(data, name)
    assert result.startswith(data)
    before, after = parse_toml(data, "x"), parse_toml(result, "x")
    pinned = after["keys"].pop(name)
    assert pinned == {"fingerprints": [PIN]}
    assert after == {"keys": {}, **before}


def test_line_ends_stay_of_one_kind() -> None:
    result = added(b"schema = 1\r\n")
    assert result.count(b"\n") == result.count(b"\r\n") == 4


UNSUITABLE = [
    pytest.param(b"[keys.jq]\n", ConflictError, "already has", id="name is taken"),
    pytest.param(b"keys = 1\n", ConflictError, "already has", id="keys is no table"),
    pytest.param(b"keys = {}\n", InputError, "cannot add", id="keys is closed"),
    pytest.param(b"= 1\n", ManifestError, "not TOML", id="not TOML"),
]


@pytest.mark.parametrize(("data", "kind", "reason"), UNSUITABLE)
def test_what_cannot_be_added_is_refused(
    data: bytes, kind: type[FetchkitError], reason: str
) -> None:
    with pytest.raises(kind, match=reason):
        added(data)


def test_the_table_can_be_pasted() -> None:
    text = render_pin("jq", PIN)
    assert text == f'[keys.jq]\nfingerprints = ["{PIN}"]\n'
    assert render_pin("a.b", PIN).startswith('[keys."a.b"]\n')


@pytest.mark.parametrize(
    ("table", "pins"),
    [
        pytest.param(f'fingerprints = ["{PIN}", "{OTHER}"]', (PIN, OTHER), id="two"),
        pytest.param(f'fingerprints = "{PIN.lower()}"', (PIN,), id="text, lower case"),
        pytest.param('fingerprints = ["732D56A66A537383"]', (), id="short id"),
        pytest.param("fingerprints = 5", (), id="number"),
        pytest.param("", (), id="none"),
    ],
)
def test_pins_of_an_unfinished_manifest_are_read(
    table: str, pins: tuple[str, ...]
) -> None:
    data = f"[keys.jq]\n{table}\n".encode()
    found = find_pin(data, document="x", name="jq")
    assert found is not None
    assert pinned_fingerprints(found) == pins


@pytest.mark.parametrize("data", [b"", b"keys = 1", b"[keys]\njq = 1", b"[keys.a]"])
def test_no_pin_is_found_where_there_is_none(data: bytes) -> None:
    assert find_pin(data, document="x", name="jq") is None
