"""The keys of the manifest: who they are, where they lie, when they expire."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from fetchkit.cli.columns import moment, table
from fetchkit.documents import Freshness
from fetchkit.errors import FetchkitError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from fetchkit.artifact import Key
    from fetchkit.cli.session import Session
    from fetchkit.documents import Documents
    from fetchkit.keyring import LoadedKey


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's own arguments: there are none."""
    del parser


def run(args: argparse.Namespace, session: Session) -> int:
    """List every pinned fingerprint, also of keys that cannot be had."""
    del args
    found = session.find()
    manifest = found.parse()
    with session.kit(found, manifest).documents() as documents:
        rows = [
            row
            for key in manifest.keys.values()
            for row in _rows(key, documents, session)
        ]
    lines = [
        (
            row["name"],
            row["fingerprint"],
            row["state"],
            _until(row["expires_at"]),
            row["origin"] or "-",
        )
        for row in rows
    ]
    session.emit({"keys": rows}, table(lines))
    return 0


def _rows(key: Key, documents: Documents, session: Session) -> Iterator[dict[str, Any]]:
    try:
        loaded = {
            each.file.fingerprint: each
            for each in documents.keys(key, freshness=Freshness.CACHED)
        }
    except FetchkitError as error:
        session.talk.warning(error.message)
        loaded = {}
    for fingerprint in key.fingerprints:
        one = loaded.get(fingerprint)
        yield {
            "name": key.name,
            "fingerprint": fingerprint,
            "state": _state(key, fingerprint, one),
            "expires_at": one.file.expires_at if one else None,
            "origin": one.origin if one else None,
            "revoked_by": one.revoked_by if one else None,
        }


def _state(key: Key, fingerprint: str, loaded: LoadedKey | None) -> str:
    if fingerprint in key.revoked:
        return "withdrawn"
    if loaded is None:
        return "missing"
    if loaded.file.is_revoked:
        return "revoked"
    expires_at = loaded.file.expires_at
    is_past = expires_at is not None and expires_at <= time.time()
    return "expired" if is_past else "good"


def _until(expires_at: int | None) -> str:
    return "-" if expires_at is None else moment(expires_at)[:10]
