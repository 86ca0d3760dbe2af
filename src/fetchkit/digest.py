"""Content digests, in the words of the OCI image specification.

Knows how a digest is written and compared, and how one is measured while bytes
pass. Does no I/O.
"""

from __future__ import annotations

import hashlib

from fetchkit.errors import InvalidValueError
from fetchkit.values import frozen

HEX_LENGTH = 64
_HEX_DIGITS = frozenset("0123456789abcdef")

CHUNK_BYTES = 256 * 1024
"""Bytes read at a time wherever a file is hashed or copied: large enough that
hashing runs without the interpreter, small enough to keep memory flat."""


@frozen(kw_only=False)
class Digest:
    """A SHA-256 digest, written ``sha256:9f86…``. Built by `parse` or `of`."""

    hex: str
    """64 lower-case hex digits."""

    @classmethod
    def parse(cls, text: str) -> Digest:
        """Read ``sha256:<64 hex>`` or the bare 64 hex digits.

        Upper case and surrounding space are accepted and normalised: publishers
        print digests both ways.

        Raises:
            InvalidValueError: another algorithm, another length, other characters,
                or the digest of zero bytes (no artifact is empty; somebody hashed
                a failed download).
        """
        hex_digits = text.strip().lower().removeprefix("sha256:")
        if len(hex_digits) != HEX_LENGTH or not _HEX_DIGITS.issuperset(hex_digits):
            raise InvalidValueError(
                f"not a sha256 digest: `{text[:100]}`",
                hint="Write 64 hex digits, as `sha256sum FILE` prints them.",
            )
        if hex_digits == hashlib.sha256().hexdigest():
            raise InvalidValueError(
                "this is the sha256 of an empty file",
                hint="The file it was taken from was empty: fetch it again and "
                "run `sha256sum` on it.",
            )
        return cls(hex_digits)

    @classmethod
    def of(cls, data: bytes) -> Digest:
        """The digest of `data`."""
        return cls(hashlib.sha256(data).hexdigest())

    def __str__(self) -> str:
        return f"sha256:{self.hex}"


class Measure:
    """Size and digest of a stream, taken while it passes.

    Example:
        >>> measure = Measure()
        >>> measure.update(b"fetch"); measure.update(b"kit")
        >>> measure.size, measure.digest() == Digest.of(b"fetchkit")
        (8, True)
    """

    __slots__ = ("_sha256", "size")

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self.size = 0

    def update(self, chunk: bytes | memoryview) -> None:
        """Count and hash `chunk`."""
        self._sha256.update(chunk)
        self.size += len(chunk)

    def digest(self) -> Digest:
        """The digest of everything seen so far."""
        return Digest(self._sha256.hexdigest())
