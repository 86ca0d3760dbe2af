"""All that a key says of itself: its parts, its owner, its dates."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from fetchkit.cli.columns import facts, moment
from fetchkit.errors import InputError
from fetchkit.fs import translated
from fetchkit.openpgp import MAX_KEY_BYTES, read_key
from fetchkit.paths import printable

if TYPE_CHECKING:
    import argparse

    from fetchkit.cli.session import Session
    from fetchkit.keyring import LoadedKey
    from fetchkit.openpgp import KeyFile, KeyPart


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's own arguments."""
    parser.add_argument(
        "key", metavar="NAME|FILE", help="a key of the manifest, or a file"
    )


def run(args: argparse.Namespace, session: Session) -> int:
    """Show one key, or all that the manifest has under one name."""
    if os.path.isfile(args.key):
        data = read_key_file(args.key)
        file = read_key(data, subject=args.key, pinned=None, now=time.time())
        shown: list[tuple[KeyFile, str, str | None]] = [(file, args.key, None)]
    else:
        shown = [
            (loaded.file, loaded.origin, loaded.revoked_by)
            for loaded in _find_pinned(args.key, session)
        ]
    lines = []
    for file, origin, revoked_by in shown:
        lines += describe_key(file, origin, revoked_by=revoked_by)
        for difference in ask_gnupg_about(file, session):
            session.talk.warning(f"{origin}: {difference}")
    document = {
        "keys": [
            {**render_key(file), "origin": origin, "revoked_by": revoked_by}
            for file, origin, revoked_by in shown
        ]
    }
    session.emit(document, lines)
    return 0


def ask_gnupg_about(key: KeyFile, session: Session) -> list[str]:
    """Where GnuPG, if it is here, does not confirm what `key` says of itself.

    Raises:
        VerificationError: there is a gpg, and it does not work.
    """
    from fetchkit.opinion import ask_gnupg, find_differences
    from fetchkit.wiring import work_dir

    opinion = ask_gnupg(
        key,
        search_path=session.settings.path,
        work_dir=work_dir(session.settings),
    )
    if opinion is None:
        session.talk.detail("there is no gpg here that could check the key itself")
        return []
    session.talk.note(f"{opinion.tool} has checked the key itself")
    return [f"{opinion.tool} says {text}" for text in find_differences(key, opinion)]


def describe_key(
    key: KeyFile, origin: str, *, revoked_by: str | None = None
) -> list[str]:
    """`key` for people: enough to compare it with what its owner says."""
    return facts(
        in_groups(key.fingerprint),
        [
            ("from", printable(origin)[1:-1]),
            *(("user id", printable(user_id)[1:-1]) for user_id in key.user_ids),
            ("primary", _describe_part(key.primary)),
            ("revoked by", revoked_by),
            *(
                ("subkey", f"{part.fingerprint}: {_describe_part(part)}")
                for part in key.subkeys
            ),
        ],
    )


def render_key(key: KeyFile) -> dict[str, Any]:
    """`key` as JSON values."""
    return {
        **_render_part(key.primary),
        "user_ids": list(key.user_ids),
        "subkeys": [_render_part(part) for part in key.subkeys],
    }


def in_groups(fingerprint: str) -> str:
    """`fingerprint` in groups of four, as people read it aloud.

    Example:
        >>> in_groups("BC09A30DD766")
        'BC09 A30D D766'
    """
    return " ".join(fingerprint[at : at + 4] for at in range(0, len(fingerprint), 4))


def read_key_file(path: str) -> bytes:
    """The bytes of a file that somebody named.

    Raises:
        InputError: there is no such file.
        StorageError: it cannot be read.
    """
    if not os.path.isfile(path):
        raise InputError(f"there is no file {printable(path)}")
    with translated(path), open(path, "rb") as file:
        return file.read(MAX_KEY_BYTES + 1)


def _find_pinned(name: str, session: Session) -> tuple[LoadedKey, ...]:
    from fetchkit.documents import Freshness

    found = session.find()
    manifest = found.parse()
    key = manifest.keys.get(name)
    if key is None:
        known = ", ".join(manifest.keys) or "none"
        raise InputError(
            f"there is no file and no key {printable(name)}; {found.document} has "
            f"{known}",
            hint="fetchkit keys list",
        )
    with session.kit(found, manifest).documents() as documents:
        return documents.keys(key, freshness=Freshness.CACHED)


def _describe_part(part: KeyPart) -> str:
    is_sized = part.algorithm in {"RSA", "DSA"}  # the other names say it all
    said = [
        f"{part.algorithm} {part.bits}" if is_sized else part.algorithm,
        "+".join(part.capabilities),
        f"made on {_day(part.created)}",
        f"expires on {_day(part.expires_at)}" if part.expires_at else "never expires",
        "revoked" if part.is_revoked else "",
    ]
    if "sign" in part.capabilities and part.weakness:
        said.append(f"too weak: {part.weakness}")
    return ", ".join(filter(None, said))


def _render_part(part: KeyPart) -> dict[str, Any]:
    return {
        "fingerprint": part.fingerprint,
        "algorithm": part.algorithm,
        "bits": part.bits,
        "capabilities": list(part.capabilities),
        "created": part.created,
        "expires_at": part.expires_at,
        "revoked": part.is_revoked,
        "weakness": part.weakness,
    }


def _day(seconds: int) -> str:
    return moment(seconds)[:10]
