"""TOML from outside: bytes to a dictionary, or a sentence that says what is wrong."""

from __future__ import annotations

import sys
from typing import Any

from fetchkit.errors import Fault, ManifestError

MAX_BYTES = 1024 * 1024
"""Of a document somebody wrote by hand; what programs write says its own limit."""


def parse_toml(data: bytes, document: str, *, limit: int = MAX_BYTES) -> dict[str, Any]:
    """TOML bytes as a dictionary.

    Raises:
        ManifestError: too large, not UTF-8, not TOML, or nested beyond reason.
    """
    if len(data) > limit:
        raise _unreadable(document, f"larger than {limit} bytes")
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise _unreadable(
            document, "starts with a byte order mark; save it as plain UTF-8"
        )
    if data.lstrip()[:1] == b"<":
        raise _unreadable(document, "this is a web page, not a manifest")
    # Part of Python from 3.11 on; the same code as tomli, which 3.10 gets.
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(data.decode())
    except UnicodeDecodeError as error:
        raise _unreadable(document, f"not UTF-8 at byte {error.start}") from None
    except tomllib.TOMLDecodeError as error:
        raise _unreadable(document, f"not TOML: {error}") from None
    except (RecursionError, ValueError) as error:
        # Thousands of nested arrays, or an integer of thousands of digits.
        raise _unreadable(
            document, f"not readable as TOML: {type(error).__name__}"
        ) from None


def _unreadable(document: str, message: str) -> ManifestError:
    return ManifestError(document, [Fault("", message)])
