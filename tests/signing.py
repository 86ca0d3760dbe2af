"""Throw-away keys, and signatures by them, for every test that needs a signer.

    keys = load_test_keys()
    signature = keys.sign(payload)                  # armored, by keys.good
    signature = keys.sign(payload, by="expired", armor=False)
    manifest_key = keys.good.pin                    # a fetchkit.artifact.Key
    keys.good.public_armor, keys.good.fingerprint

No gpg is run: a signature takes some 5 ms (RSA-3072: 20 ms). The keys were made by
`tests/keys/make_keys.py`; what each is for stands at its attribute.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fetchkit.artifact import Key
from fetchkit.openpgp import KeyFile, read_key
from tests.keys import packets

if TYPE_CHECKING:
    from tests.keys.packets import Secret

KEYS_DIR = Path(__file__).parent / "keys"

SIGNED_AT = packets.EPOCH + 182 * 24 * 3600
"""Middle of 2020: after every key but `future` was made, before any expired."""


@dataclass(frozen=True)
class TestKey:
    """One key pair: what a publisher would have."""

    __test__ = False
    name: str

    @cached_property
    def public_armor(self) -> bytes:
        return (KEYS_DIR / f"{self.name}.asc").read_bytes()

    @cached_property
    def public(self) -> bytes:
        """The public key in binary form."""
        return packets.dearmor(self.public_armor)

    @cached_property
    def secrets(self) -> list[Secret]:
        """The primary key and the subkeys that can sign."""
        return packets.read_secrets((KEYS_DIR / f"{self.name}.secret.asc").read_bytes())

    @property
    def secret(self) -> Secret:
        """The primary key."""
        return self.secrets[0]

    @cached_property
    def file(self) -> KeyFile:
        """The public key as fetchkit reads it."""
        return read_key(self.public, subject=self.name, pinned=None)

    @cached_property
    def fingerprint(self) -> str:
        """Fingerprint of the primary key: what a manifest pins."""
        return packets.fingerprint(packets.split(self.public)[0][1])

    @property
    def pin(self) -> Key:
        """The key as a manifest names it."""
        return Key(name=self.name, fingerprints=(self.fingerprint,))


@dataclass(frozen=True)
class TestKeys:
    """All test keys, and a pen."""

    __test__ = False
    good: TestKey = TestKey("good")
    """RSA-3072: the publisher everybody trusts."""
    second: TestKey = TestKey("second")
    """Ed25519: another publisher, or the second of two signers."""
    stranger: TestKey = TestKey("stranger")
    """Ed25519: pinned by nobody."""
    expired: TestKey = TestKey("expired")
    """Expired on 2021-01-01."""
    revoked: TestKey = TestKey("revoked")
    """Its public file holds the revocation."""
    subkeys: TestKey = TestKey("subkeys")
    """Primary that only certifies; `secrets[1]` and `secrets[2]` sign, a third
    subkey encrypts."""
    expired_subkey: TestKey = TestKey("expired_subkey")
    """`secrets[1]` signs, and expired on 2021-01-01; the primary has not."""
    weak: TestKey = TestKey("weak")
    """RSA-1024."""
    dsa: TestKey = TestKey("dsa")
    """DSA-2048; cannot be signed with here."""
    nistp256: TestKey = TestKey("nistp256")
    """ECDSA; cannot be signed with here."""
    future: TestKey = TestKey("future")
    """Made on 2090-01-01."""

    def sign(
        self,
        data: bytes,
        by: str = "good",
        *,
        subkey: int = 0,
        armor: bool = True,
        created: int = SIGNED_AT,
        expires_in: int | None = None,
        digest: str = "SHA512",
        kind: int = 0x00,
        issuer: str | None = "own",
        extra: bytes = b"",
    ) -> bytes:
        """A detached signature over `data`; the options forge what gpg will not.

        Args:
            by: name of the key.
            subkey: which of its `secrets` signs; 0 is the primary.
            created: time in the signature, seconds since the epoch.
            kind: class of the signature; 0x00 is a signature over binary data.
            issuer: fingerprint the signature claims to be made by; None for none.
            extra: more hashed subpackets, see `tests.keys.packets.subpacket`.
        """
        key: TestKey = getattr(self, by)
        signature = packets.sign(
            key.secrets[subkey],
            data,
            kind=kind,
            digest=digest,
            created=created,
            expires_in=expires_in,
            issuer=issuer,
            extra=extra,
        )
        return packets.armor(signature) if armor else signature

    def all(self) -> list[TestKey]:
        return [getattr(self, field.name) for field in fields(self)]


@cache
def load_test_keys() -> TestKeys:
    """The test keys; files are read when they are first needed."""
    return TestKeys()


@pytest.fixture(scope="session")
def keys() -> TestKeys:
    """`load_test_keys` as a fixture."""
    return load_test_keys()
