"""Pinning a key: the table a manifest names it by, added to what is there.

Pure text. Appends and never rewrites, so that the rest of a manifest, comments and
all, stays byte for byte; what comes out is read again before anybody writes it.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

from fetchkit.errors import ConflictError, InputError, InvalidValueError, ManifestError
from fetchkit.fingerprint import normalise_fingerprint
from fetchkit.toml import parse_toml

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def key_file_name(fingerprint: str) -> str:
    """What a key file is called, so that its pin alone finds it."""
    return f"{fingerprint}.asc"


def render_pin(name: str, fingerprint: str) -> str:
    """The table that pins a key.

    Args:
        name: as `fetchkit.paths.parse_name` gives it.

    Example:
        >>> print(render_pin("jq", "BC09A30DD766319D02852360732D56A66A537383"), end="")
        [keys.jq]
        fingerprints = ["BC09A30DD766319D02852360732D56A66A537383"]
    """
    shown = name if _BARE.fullmatch(name) else f'"{name}"'
    return f'[keys.{shown}]\nfingerprints = ["{fingerprint}"]\n'


def find_pin(data: bytes, *, document: str, name: str) -> dict[str, Any] | None:
    """The table ``[keys.NAME]`` of a manifest that may be unfinished, if it has one.

    Raises:
        ManifestError: the manifest is not TOML.
    """
    keys = parse_toml(data, document).get("keys")
    table = keys.get(name) if isinstance(keys, dict) else None
    return table if isinstance(table, dict) else None


def pinned_fingerprints(table: dict[str, Any]) -> tuple[str, ...]:
    """The fingerprints in a ``[keys.NAME]`` table, as far as they are such."""
    listed = table.get("fingerprints")
    found = []
    for text in listed if isinstance(listed, list) else [listed]:
        with suppress(InvalidValueError):
            found.append(normalise_fingerprint(str(text)))
    return tuple(found)


def add_pin(data: bytes, *, document: str, name: str, fingerprint: str) -> bytes:
    """The manifest `data` with ``[keys.NAME]`` at its end.

    Raises:
        ConflictError: there is a key of that name.
        InputError: its keys are written in a way that nothing can be added to.
        ManifestError: the manifest is not TOML.
    """
    before = parse_toml(data, document)
    keys = before.get("keys", {})
    if not isinstance(keys, dict) or name in keys:
        raise ConflictError(
            f"{document} already has a key `{name}`", hint="Choose another name."
        )
    newline = "\r\n" if b"\r\n" in data else "\n"
    table = render_pin(name, fingerprint).replace("\n", newline)
    gap = newline if data.endswith(b"\n") or not data else 2 * newline
    added = data + f"{gap if data else ''}{table}".encode()
    wanted = {**before, "keys": {**keys, name: {"fingerprints": [fingerprint]}}}
    if _reads_as(added, wanted):
        return added
    raise InputError(
        f"cannot add a table [keys.{name}] to {document}",
        hint="Run it without --write, and add what it prints by hand.",
    )


def _reads_as(data: bytes, wanted: dict[str, Any]) -> bool:
    try:
        return parse_toml(data, "manifest") == wanted
    except ManifestError:
        return False
