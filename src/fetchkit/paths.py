"""Names and paths that came from outside and were found harmless.

Pure: looks at text only. Everything that later becomes part of a path on disk
goes through here once, at the door.
"""

from __future__ import annotations

import re
from typing import NewType

from fetchkit.errors import InvalidValueError

RelPath = NewType("RelPath", str)
"""A relative POSIX path without ``..``, ``.``, empty parts or control characters."""

MAX_PATH_CHARS = 1024
MAX_PART_BYTES = 255

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,127}")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+_~-]{0,127}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")


def parse_rel_path(text: str) -> RelPath:
    """`text` as a path below some root, with ``./`` and doubled slashes removed.

    Raises:
        InvalidValueError: absolute, empty, leaves the root, or holds a character
            that no file name should (control, backslash, non-UTF-8).

    Example:
        >>> parse_rel_path("./vendor//bin/")
        'vendor/bin'
    """
    reason = path_fault(text)
    if reason is not None:
        raise InvalidValueError(
            f"not a path below the root: {printable(text)}: {reason}",
            hint="Use a relative path of plain names, such as vendor/bin.",
        )
    return RelPath("/".join(part for part in text.split("/") if part not in {"", "."}))


def path_fault(text: str) -> str | None:
    """Why `text` is no safe relative path, or None if it is one."""
    parts = [part for part in text.split("/") if part not in {"", "."}]
    faults = (
        (not parts, "it is empty"),
        (text.startswith("/"), "it is absolute"),
        (".." in parts, "it holds `..`"),
        ("\\" in text, "it holds a backslash"),
        (not _is_plain(text), "it holds a control or undecodable character"),
        (len(text) > MAX_PATH_CHARS, f"it is longer than {MAX_PATH_CHARS} characters"),
        (
            any(
                len(part.encode("utf-8", "surrogatepass")) > MAX_PART_BYTES
                for part in parts
            ),
            f"a part is longer than {MAX_PART_BYTES} bytes",
        ),
    )
    return next((reason for is_so, reason in faults if is_so), None)


def parse_name(text: str) -> str:
    """`text` as the name of an artifact, key or manifest.

    Raises:
        InvalidValueError: it could not be one part of a path, or starts like a flag.
    """
    if not _NAME.fullmatch(text) or ".." in text:
        raise InvalidValueError(
            f"not a name: {printable(text)}",
            hint="Use letters, digits, `.`, `_`, `+` and `-`; start with a letter "
            "or digit.",
        )
    return text


def parse_version(text: str) -> str:
    """`text` as a version.

    Raises:
        InvalidValueError: it could smuggle something into a path or url.
    """
    if not _VERSION.fullmatch(text) or ".." in text:
        raise InvalidValueError(
            f"not a version: {printable(text)}",
            hint="Use letters, digits, `.`, `+`, `_`, `~` and `-`, such as 1.2.3.",
        )
    return text


def parse_variable(text: str) -> str:
    """`text` as the name of an environment variable.

    Raises:
        InvalidValueError: a shell could not export it.
    """
    if not _VARIABLE.fullmatch(text):
        raise InvalidValueError(
            f"not the name of an environment variable: {printable(text)}",
            hint="Use letters, digits and `_`, not starting with a digit.",
        )
    return text


def printable(text: str, limit: int = 120) -> str:
    """`text` in backticks, shortened, with what a terminal would act on escaped."""
    shown = text if len(text) <= limit else f"{text[:limit]}…"
    return f"`{escaped(shown)}`"


def escaped(text: str) -> str:
    """`text` as one line in which nothing steers a terminal or forges a line."""
    if text.isprintable():
        return text
    return "".join(
        char
        if char.isprintable()
        else char.encode("unicode_escape", "replace").decode()
        for char in text
    )


def _is_plain(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return all(ord(char) >= 0x20 and not 0x7F <= ord(char) < 0xA0 for char in text)
