"""Checksum files: which digest they give for one file name. Pure.

Three forms are read: GNU (``<hex>  name``, ``<hex> *name``), BSD
(``SHA256 (name) = <hex>``) and bare (one digest, nothing else). Exactly one line
must name the file: a file that is listed twice, or not at all, is refused.
"""

from __future__ import annotations

import re

from fetchkit.digest import Digest
from fetchkit.errors import InvalidValueError, VerificationError
from fetchkit.paths import printable

MAX_CHECKSUM_BYTES = 1024 * 1024
"""Largest checksum file that is read: some 10,000 lines."""

_GNU = re.compile(r"\\?(?P<hex>[0-9A-Fa-f]{32,128})(?: [ *]|\t+ *)(?P<name>.+)")
_BSD = re.compile(
    r"(?P<kind>[A-Z0-9-]+) ?\((?P<name>.+)\) ?= ?(?P<hex>[0-9A-Fa-f]{32,128})"
)
_BARE = re.compile(r"[0-9A-Fa-f]{32,128}")
_SHA256_DIGITS = 64
_SHA256_NAMES = frozenset({"SHA256", "SHA-256", "SHA2-256"})
"""The last is what OpenSSL 3 writes."""
_KINDS = {32: "md5", 40: "sha1", 56: "sha224", 96: "sha384", 128: "sha512"}


def find_digest(data: bytes, name: str, *, subject: str) -> Digest:
    """The sha256 that the checksum file `data` gives for the file `name`.

    Directories in front of a listed name do not count: publishers list what lies
    beside the file, and what they call its directory says nothing.

    Args:
        subject: what to call the checksum file in an error.

    Raises:
        VerificationError: no line names the file, or several do, or what is given
            is no sha256.
    """
    text = _decode(data, subject)
    lines = [line.rstrip("\r") for line in text.split("\n") if line.strip()]
    if len(lines) == 1 and _BARE.fullmatch(lines[0].strip()):
        return _sha256(lines[0].strip(), subject)
    found = [
        match["hex"]
        for line in lines
        if (match := _match(line)) and match["name"].rsplit("/", 1)[-1] == name
    ]
    if len(found) == 1:
        return _sha256(found[0], subject)
    count = "no line names" if not found else f"{len(found)} lines name"
    raise VerificationError(
        f"{subject}: {count} {printable(name)}, exactly one must",
        hint="Check the url in the manifest: its last part is what is looked for.",
    )


def _match(line: str) -> re.Match[str] | None:
    bsd = _BSD.fullmatch(line)
    if bsd is not None:
        # A list of several algorithms has one line a file for each of them.
        return bsd if bsd["kind"] in _SHA256_NAMES else None
    return _GNU.fullmatch(line)


def _sha256(digits: str, subject: str) -> Digest:
    if len(digits) != _SHA256_DIGITS:
        kind = _KINDS.get(len(digits), f"{len(digits)} digits")
        raise VerificationError(
            f"{subject} gives {kind}, sha256 is needed",
            hint="Point `checksums` at the publisher's sha256 list.",
        )
    try:
        return Digest.parse(digits)
    except InvalidValueError as error:
        raise VerificationError(f"{subject}: {error.message}") from None


def _decode(data: bytes, subject: str) -> str:
    if len(data) > MAX_CHECKSUM_BYTES:
        raise VerificationError(f"{subject} is larger than {MAX_CHECKSUM_BYTES} bytes")
    if data.startswith(b"-----BEGIN PGP SIGNED MESSAGE"):
        raise VerificationError(
            f"{subject} is a signed message with the list inside",
            hint="Use the plain list with its detached signature; publishers that sign "
            "so usually offer both.",
        )
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise VerificationError(f"{subject} is no checksum file") from None
