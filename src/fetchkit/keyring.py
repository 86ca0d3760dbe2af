"""Public keys: found beside the manifest, among fetchkit's own, or fetched.

What is found is sorted out against the pins before anybody uses it. There is no
key server, no user keyring, and no trust on first use. Revocation certificates that
lie beside the keys count for every key they name, wherever that came from.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fetchkit.digest import Digest
from fetchkit.errors import InputError, UntrustedKeyError
from fetchkit.fingerprint import is_fingerprint
from fetchkit.key_files import (
    KEY_ENDINGS,
    REVOCATION_ENDINGS,
    list_key_files,
    read_key_file,
)
from fetchkit.openpgp import (
    KeyFile,
    apply_revocations,
    read_key,
    read_revocations,
)
from fetchkit.values import frozen, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fetchkit.artifact import Key
    from fetchkit.openpgp import Revocation
    from fetchkit.urls import Url


@frozen
class LoadedKey:
    """A key of the manifest with the file that holds it."""

    key: Key
    file: KeyFile
    origin: str
    """Where the file was found: a path, a masked url, or ``built in``."""
    revoked_by: str | None = None
    """The certificate beside it that takes it back, if there is one."""

    @property
    def digest(self) -> Digest:
        """Of the key's packets: part of the question a verdict answers."""
        return Digest.of(self.file.binary)


def load_key(
    key: Key,
    *,
    key_dirs: Sequence[str],
    bundled: Callable[[str], bytes | None],
    fetch: Callable[[Url], bytes],
    now: float,
) -> tuple[LoadedKey, ...]:
    """Find the public keys that `key` pins.

    Args:
        key_dirs: directories of key files, best first.
        bundled: gives a file of fetchkit's own ``keys/`` by name.
        fetch: gives the bytes at a url, at most `MAX_KEY_BYTES` and one.

    Raises:
        UntrustedKeyError: what was found does not hold a pinned key, or is unusable.
        InputError: a key file is named that does not exist.
        NetworkError: the key could not be fetched.
    """
    loaded = _load(key, key_dirs, bundled, fetch, now)
    certificates = _find_certificates(key, key_dirs, bundled)
    return tuple(_take_back(each, certificates) for each in loaded)


def _load(
    key: Key,
    key_dirs: Sequence[str],
    bundled: Callable[[str], bytes | None],
    fetch: Callable[[Url], bytes],
    now: float,
) -> tuple[LoadedKey, ...]:
    if key.file is not None:
        data, origin = _find_named(key, key.file, key_dirs, bundled)
        return (_read(key, data, origin, now),)
    if key.url is not None:
        return (_read(key, fetch(key.url), str(key.url), now),)
    found = [
        _read(key, data, origin, now)
        for fingerprint in key.fingerprints
        for data, origin in _find_pinned(fingerprint, key_dirs, bundled)
    ]
    if not found:
        raise UntrustedKeyError(
            f"there is no public key for `{key.name}` ({key.fingerprints[0]})",
            hint=f"Put it into keys/{key.fingerprints[0]}.asc beside the manifest, or "
            f"give [keys.{key.name}] a `file` or `url`.",
        )
    return tuple(found)


def _read(key: Key, data: bytes, origin: str, now: float) -> LoadedKey:
    file = read_key(
        data, subject=f"key `{key.name}` ({origin})", pinned=key.fingerprints, now=now
    )
    if key.url is None:
        _check_name(origin, file.fingerprint)
    _check_strength(key, file, origin)
    return LoadedKey(key=key, file=file, origin=origin)


def _check_strength(key: Key, file: KeyFile, origin: str) -> None:
    """Make sure that no part which can sign is weaker than what is demanded."""
    for part in file.parts:
        can_sign = part is file.primary or "sign" in part.capabilities
        if can_sign and part.algorithm == "RSA" and part.bits < key.min_rsa_bits:
            raise UntrustedKeyError(
                f"key `{key.name}` ({origin}) has RSA of {part.bits} bits, "
                f"trust.min_rsa_bits demands {key.min_rsa_bits}",
                hint="`fetchkit config show` says who demands it.",
            )


def _find_certificates(
    key: Key, key_dirs: Sequence[str], bundled: Callable[[str], bytes | None]
) -> list[tuple[str, tuple[Revocation, ...]]]:
    """Every file of revocation certificates that may concern `key`, read."""
    found = []
    for directory in key_dirs:
        for name in list_key_files(directory):
            path = os.path.join(directory, name)
            if name.endswith(REVOCATION_ENDINGS):
                found.append((path, read_key_file(path, directory)))
    for fingerprint in key.fingerprints:
        name = f"{fingerprint}.rev"
        found.append((f"built in: {name}", bundled(f"keys/{name}")))
    return [
        (origin, _read_certificate(data, origin))
        for origin, data in found
        if data is not None
    ]


def _read_certificate(data: bytes, origin: str) -> tuple[Revocation, ...]:
    revocations = read_revocations(data, subject=f"revocation certificate {origin}")
    stem = _stem(origin)
    if is_fingerprint(stem) and not any(each.is_of(stem) for each in revocations):
        raise InputError(
            f"revocation certificate {origin} takes back another key",
            hint="Rename it, or replace it by the one of that key.",
        )
    return revocations


def _take_back(
    loaded: LoadedKey, certificates: Sequence[tuple[str, tuple[Revocation, ...]]]
) -> LoadedKey:
    """`loaded`, revoked if one of `certificates` is of that key."""
    for origin, revocations in certificates:
        file = apply_revocations(loaded.file, revocations)
        if file is not loaded.file:
            return replace(loaded, file=file, revoked_by=origin)
    return loaded


def _check_name(origin: str, fingerprint: str) -> None:
    """Make sure that a file which is called like a key holds that key."""
    stem = _stem(origin)
    if is_fingerprint(stem) and stem != fingerprint:
        raise InputError(
            f"key file {origin} holds key {fingerprint}",
            hint="Rename it, or fetch the key it is called after again.",
        )


def _stem(path: str) -> str:
    """What a file is called up to its first dot, as fingerprints are written."""
    return os.path.basename(path).partition(".")[0].upper()


def _find_named(
    key: Key,
    name: str,
    key_dirs: Sequence[str],
    bundled: Callable[[str], bytes | None],
) -> tuple[bytes, str]:
    for directory in key_dirs:
        path = os.path.join(directory, name)
        data = read_key_file(path, directory)
        if data is not None:
            return data, path
    data = bundled(f"keys/{name}")
    if data is not None:
        return data, f"built in: {name}"
    places = ", ".join(key_dirs) or "no directory"
    raise InputError(
        f"key `{key.name}`: there is no file {name} in {places}",
        hint="Put it there, or give the key a `url`.",
    )


def _find_pinned(
    fingerprint: str,
    key_dirs: Sequence[str],
    bundled: Callable[[str], bytes | None],
) -> list[tuple[bytes, str]]:
    for ending in KEY_ENDINGS:
        name = fingerprint + ending
        for directory in key_dirs:
            path = os.path.join(directory, name)
            data = read_key_file(path, directory)
            if data is not None:
                return [(data, path)]
        data = bundled(f"keys/{name}")
        if data is not None:
            return [(data, f"built in: {name}")]
    return []
