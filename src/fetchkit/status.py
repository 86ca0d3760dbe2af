r"""What a verifier said, taken apart: status lines -> one `Group` a signature.

Pure. The lines are described in GnuPG's ``doc/DETAILS``. Bytes are split on
``\n`` alone: a user id is printed as it is, and U+0085 or U+2028 in it would
start a line of the attacker's for anything that splits text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from fetchkit.fingerprint import is_fingerprint
from fetchkit.values import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fetchkit.openpgp import KeyFile, SignatureFile

RESULTS = frozenset({"GOODSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG", "BADSIG", "ERRSIG"})
"""Of these a group has exactly one."""

_PREFIX = b"[GNUPG:] "
_VALIDSIG_FIELDS = 10
_ERRSIG_FIELDS = 6
_KEY_ID = re.compile(r"[0-9A-F]{16}|[0-9A-F]{40}|[0-9A-F]{64}")


@frozen
class RawVerdict:
    """What a verifier said, word for word, and what it was asked."""

    signature: SignatureFile
    """The signatures it was given."""
    keys: tuple[KeyFile, ...]
    """All the keys it was given."""

    status: bytes
    """Its machine-readable status lines."""
    exit_code: int
    """Its exit status; negative: the signal that ended it."""
    tool: str
    """Its name and version, such as ``gpgv 2.2.40``."""
    talk: str = ""
    """The last line it wrote for people, escaped. To be shown, never judged."""


class StatusError(Exception):
    """The status lines are not what a verifier writes. The text says how."""


class Valid(NamedTuple):
    """A ``VALIDSIG`` line: the mathematics hold. Not enough to trust."""

    fingerprint: str
    signed_at: int
    expires_at: int | None
    digest: int
    kind: str
    """Class of the signature, two hex digits."""
    primary: str


class Group(NamedTuple):
    """What was said about one signature."""

    result: str
    """One of `RESULTS`."""
    valid: Valid | None
    """Present for every result but ``BADSIG`` and ``ERRSIG``."""
    reason: int
    """For ``ERRSIG``, why it could not be checked; 9 is "no such key"."""
    claimed: str
    """Fingerprint or key id of the claimed signer; empty when nobody is named."""


def parse_status(status: bytes) -> tuple[frozenset[str], tuple[Group, ...]]:
    """Every keyword that occurs, and the groups in their order.

    What is not a result is not interpreted: verifiers say more with each version.

    Raises:
        StatusError: a line is cut or foreign, a group has no result or several, or
            a field is not of its kind.
    """
    *lines, rest = status.split(b"\n")
    if rest:
        raise StatusError("the last line is cut")
    keywords: set[str] = set()
    groups: list[dict[str, list[str]]] = []
    for line in lines:
        if not line.startswith(_PREFIX):
            raise StatusError("a line is no status line")
        keyword, *fields = line.removeprefix(_PREFIX).decode("latin-1").split(" ")
        if keyword == "NEWSIG":
            groups.append({})
        elif keyword in RESULTS or keyword == "VALIDSIG":
            if not groups or keyword in groups[-1]:
                raise StatusError(f"{keyword} out of place")
            groups[-1][keyword] = fields
        keywords.add(keyword)
    return frozenset(keywords), tuple(_parse_group(group) for group in groups)


def _parse_group(lines: Mapping[str, Sequence[str]]) -> Group:
    results = RESULTS & lines.keys()
    if len(results) != 1:
        raise StatusError(f"{len(results)} results for one signature")
    (result,) = results
    fields = lines[result]
    if result == "ERRSIG":
        return Group(result, None, *_parse_error(fields))
    key_id = _parse_key_id(fields)
    if result == "BADSIG":
        return Group(result, None, 0, key_id)
    if "VALIDSIG" not in lines:
        raise StatusError(f"{result} without VALIDSIG")
    valid = _parse_valid(lines["VALIDSIG"])
    # Version 6 key ids are the start of a fingerprint, version 4 ones its end.
    if not (valid.fingerprint.endswith(key_id) or valid.fingerprint.startswith(key_id)):
        raise StatusError(f"{result} and VALIDSIG name different keys")
    return Group(result, valid, 0, valid.fingerprint)


def _parse_valid(fields: Sequence[str]) -> Valid:
    if len(fields) < _VALIDSIG_FIELDS:
        raise StatusError("VALIDSIG with too few fields")
    fingerprint, _, signed, expires, _, _, _, digest, kind, primary = fields[:10]
    if not is_fingerprint(fingerprint) or not is_fingerprint(primary):
        raise StatusError("VALIDSIG without full fingerprints")
    return Valid(
        fingerprint=fingerprint,
        signed_at=_parse_number(signed),
        expires_at=_parse_number(expires) or None,
        digest=_parse_number(digest),
        kind=kind,
        primary=primary,
    )


def _parse_error(fields: Sequence[str]) -> tuple[int, str]:
    if len(fields) < _ERRSIG_FIELDS:
        raise StatusError("ERRSIG with too few fields")
    claimed = _parse_key_id(fields)
    if len(fields) > _ERRSIG_FIELDS and is_fingerprint(fields[6]):
        claimed = fields[6]
    return _parse_number(fields[5]), claimed if claimed.strip("0") else ""


def _parse_key_id(fields: Sequence[str]) -> str:
    if not fields or not _KEY_ID.fullmatch(fields[0]):
        raise StatusError("a result without key id")
    return fields[0]


def _parse_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise StatusError("a field is no number")
    return int(text)
