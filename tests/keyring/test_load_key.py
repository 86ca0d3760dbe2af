"""Which file is taken for a key, and what beside it takes that key back."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from fetchkit.artifact import Key
from fetchkit.errors import FetchkitError, InputError, UntrustedKeyError
from fetchkit.key_files import digest_key_files
from fetchkit.keyring import LoadedKey, load_key
from fetchkit.urls import Url
from tests.keys import packets
from tests.signing import SIGNED_AT, load_test_keys

if TYPE_CHECKING:
    from pathlib import Path

KEYS = load_test_keys()
GOOD, SECOND = KEYS.good, KEYS.second
OF_GOOD = packets.armor(packets.revoke(GOOD.secret), "PGP PUBLIC KEY BLOCK")
OF_SECOND = packets.revoke(SECOND.secret)
BOTH = (GOOD.fingerprint, SECOND.fingerprint)


def pin(*fingerprints: str, **changes: Any) -> Key:
    return Key(name="publisher", fingerprints=fingerprints, **changes)


def load(
    key: Key,
    *key_dirs: Path,
    bundled: dict[str, bytes] | None = None,
    served: bytes = b"",
) -> tuple[LoadedKey, ...]:
    return load_key(
        key,
        key_dirs=[str(directory) for directory in key_dirs],
        bundled=(bundled or {}).get,
        fetch=lambda _: served,
        now=SIGNED_AT,
    )


def test_a_file_called_like_the_pin_is_found(tmp_path: Path) -> None:
    (tmp_path / f"{GOOD.fingerprint}.asc").write_bytes(GOOD.public_armor)
    (loaded,) = load(pin(GOOD.fingerprint), tmp_path)
    assert loaded.file == GOOD.file


def test_every_pinned_key_that_is_there_is_loaded(tmp_path: Path) -> None:
    (tmp_path / f"{GOOD.fingerprint}.asc").write_bytes(GOOD.public_armor)
    (tmp_path / f"{SECOND.fingerprint}.gpg").write_bytes(SECOND.public)
    loaded = load(pin(*BOTH), tmp_path)
    assert [each.file.fingerprint for each in loaded] == list(BOTH)


@pytest.mark.parametrize("spelling", [str.upper, str.lower], ids=["upper", "lower"])
def test_a_file_called_like_another_key_is_refused(
    tmp_path: Path, spelling: Any
) -> None:
    """Even though both are pinned: which of them was meant to count?"""
    name = spelling(GOOD.fingerprint) + ".asc"
    (tmp_path / name).write_bytes(SECOND.public_armor)
    with pytest.raises(InputError, match=f"holds key {SECOND.fingerprint}"):
        load(pin(*BOTH, file=name), tmp_path)


@pytest.mark.parametrize("name", ["old.rev", "x.rev.asc", f"{GOOD.fingerprint}.rev"])
def test_a_certificate_beside_the_key_revokes_it(tmp_path: Path, name: str) -> None:
    (tmp_path / "good.asc").write_bytes(GOOD.public_armor)
    (tmp_path / name).write_bytes(OF_GOOD)
    (loaded,) = load(pin(GOOD.fingerprint, file="good.asc"), tmp_path)
    assert loaded.file.is_revoked
    assert loaded.revoked_by == str(tmp_path / name)
    assert loaded.digest != LoadedKey(key=loaded.key, file=GOOD.file, origin="").digest


def test_a_certificate_revokes_a_key_that_is_fetched(tmp_path: Path) -> None:
    (tmp_path / "old.rev").write_bytes(OF_GOOD)
    key = pin(GOOD.fingerprint, url=Url.parse("https://example.test/key.asc"))
    (loaded,) = load(key, tmp_path, served=GOOD.public)
    assert loaded.file.is_revoked


def test_a_certificate_of_fetchkits_own_revokes_a_key() -> None:
    name = f"keys/{GOOD.fingerprint}"
    files = {f"{name}.asc": GOOD.public_armor, f"{name}.rev": OF_GOOD}
    (loaded,) = load(pin(GOOD.fingerprint), bundled=files)
    assert loaded.file.is_revoked
    assert str(loaded.revoked_by).startswith("built in: ")


def test_a_certificate_of_another_key_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "good.asc").write_bytes(GOOD.public_armor)
    (tmp_path / "second.rev").write_bytes(OF_SECOND)
    (loaded,) = load(pin(GOOD.fingerprint, file="good.asc"), tmp_path)
    assert loaded.file == GOOD.file
    assert loaded.revoked_by is None


def directory(path: Path) -> None:
    path.mkdir()


def link_out(path: Path) -> None:
    outside = path.parent.parent / "outside.rev"
    outside.write_bytes(OF_GOOD)
    path.symlink_to(outside)


def fifo(path: Path) -> None:
    os.mkfifo(path)


UNREADABLE = [
    pytest.param(lambda path: path.write_bytes(b""), "holds nothing", id="empty"),
    pytest.param(lambda path: path.write_bytes(b"<html>"), "web page", id="web page"),
    pytest.param(
        lambda path: path.write_bytes(OF_SECOND), "another key", id="misnamed"
    ),
    pytest.param(directory, "not a regular file", id="directory"),
    pytest.param(link_out, "link out of", id="link out of keys/"),
    pytest.param(fifo, "not a regular file", id="fifo"),
]


@pytest.mark.parametrize(("make", "reason"), UNREADABLE)
def test_a_certificate_that_cannot_be_read_stops_the_run(
    tmp_path: Path, make: Any, reason: str
) -> None:
    """Which key it was to take back, nobody knows: it may be this one."""
    key_dir = tmp_path / "keys"
    key_dir.mkdir()
    (key_dir / "good.asc").write_bytes(GOOD.public_armor)
    make(key_dir / f"{GOOD.fingerprint}.rev")
    with pytest.raises(FetchkitError, match=reason):
        load(pin(GOOD.fingerprint, file="good.asc"), key_dir)
    assert digest_key_files([str(key_dir)])


@pytest.mark.parametrize(
    "name", [".DS_Store", "good.asc~", "README.md", "good.asc.orig", "x.revoked"]
)
def test_other_files_beside_the_keys_are_passed_over(tmp_path: Path, name: str) -> None:
    (tmp_path / "good.asc").write_bytes(GOOD.public_armor)
    before = digest_key_files([str(tmp_path)])
    (tmp_path / name).write_bytes(b"anything")
    assert load(pin(GOOD.fingerprint, file="good.asc"), tmp_path)
    assert digest_key_files([str(tmp_path)]) == before


def test_a_subkey_as_pin_is_refused_with_the_primary_to_pin(tmp_path: Path) -> None:
    subkeys = KEYS.subkeys
    (tmp_path / "key.asc").write_bytes(subkeys.public_armor)
    with pytest.raises(UntrustedKeyError, match="as a subkey only") as caught:
        load(pin(subkeys.secrets[1].fingerprint, file="key.asc"), tmp_path)
    assert subkeys.fingerprint in str(caught.value.hint)


def test_the_digest_of_key_files_follows_what_decides(tmp_path: Path) -> None:
    key_dirs = [str(tmp_path)]
    seen = [digest_key_files(key_dirs), digest_key_files([str(tmp_path / "none")])]
    assert seen == ["", ""]
    for name, data in (
        ("good.asc", GOOD.public),
        ("good.asc", GOOD.public_armor),
        ("good.rev", OF_GOOD),
        ("second.asc", SECOND.public),
    ):
        (tmp_path / name).write_bytes(data)
        seen.append(digest_key_files(key_dirs))
    assert len(set(seen)) == 5
