"""How a key is named: by its full fingerprint and by nothing shorter.

Pure text. Short key ids can be made to collide at will, so they are no names.
"""

from __future__ import annotations

import re

from fetchkit.errors import InvalidValueError
from fetchkit.paths import printable

_FULL = re.compile(r"[0-9A-F]{40}|[0-9A-F]{64}")


def normalise_fingerprint(text: str) -> str:
    """`text` as 40 (version 4) or 64 (version 6) upper-case hex digits.

    Spaces, lower case and a leading ``0x`` are accepted: publishers write all three.

    Raises:
        InvalidValueError: anything else, a short or long key id above all.

    Example:
        >>> normalise_fingerprint("0xbc09a30dd766319d0285 2360732d56a66a537383")
        'BC09A30DD766319D02852360732D56A66A537383'
    """
    digits = "".join(text.split()).upper().removeprefix("0X")
    if not is_fingerprint(digits):
        raise InvalidValueError(
            f"need the full fingerprint of a key, not {printable(text.strip())}",
            hint="Write all 40 hex digits, as the publisher tells them by another way "
            "than the key file's.",
        )
    return digits


def is_fingerprint(text: str) -> bool:
    """Whether `text` is a full fingerprint in normal form."""
    return _FULL.fullmatch(text) is not None


def key_id_of(fingerprint: str) -> str:
    """The 16 hex digits old signatures name a key by. Not unique.

    Version 4 takes the end of the fingerprint, version 6 its beginning (RFC 9580,
    5.5.4).
    """
    return fingerprint[-16:] if len(fingerprint) == 40 else fingerprint[:16]
