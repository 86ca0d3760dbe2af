"""Keep a public key beside the manifest, and pin it.

The key is shown, and its fingerprint compared with one that came by another way:
typed at a terminal, or given with --fingerprint. A name that the manifest has pinned
already needs no comparing: that renews the key.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from fetchkit.cli.commands.keys.show import (
    ask_gnupg_about,
    describe_key,
    read_key_file,
    render_key,
)
from fetchkit.errors import (
    ConflictError,
    ExpiredKeyError,
    FetchkitError,
    InputError,
    NoManifestError,
    UntrustedKeyError,
    UsageError,
)
from fetchkit.fingerprint import normalise_fingerprint
from fetchkit.fs import translated, write_atomic
from fetchkit.openpgp import MAX_KEY_BYTES, read_key
from fetchkit.openpgp.export import export_minimal
from fetchkit.paths import parse_name
from fetchkit.pinning import (
    add_pin,
    find_pin,
    key_file_name,
    pinned_fingerprints,
    render_pin,
)

if TYPE_CHECKING:
    import argparse
    from collections.abc import Collection

    from fetchkit.cli.session import Session
    from fetchkit.discovery import Found
    from fetchkit.openpgp import KeyFile

KEY_DIR = "keys"
_ANOTHER_WAY = (
    "Get it by another way than the key: from the publisher's documentation, a signed "
    "mail, a phone call."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's own arguments."""
    parser.add_argument("name", metavar="NAME", help="what the manifest calls the key")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--url", metavar="URL", help="where the publisher has the key")
    source.add_argument("--file", metavar="FILE", help="the key, as a file")
    parser.add_argument(
        "--fingerprint", metavar="F", help="which it has to have; nothing is asked then"
    )
    parser.add_argument(
        "--write", action="store_true", help="add its table to the manifest, too"
    )


def run(args: argparse.Namespace, session: Session) -> int:
    """Keep the key, and give the table that pins it."""
    place = _find_place(parse_name(args.name), session)
    data, origin = _read_source(args, session)
    pins = _pins(args.fingerprint, place)
    key = read_key(data, subject=origin, pinned=pins or None, now=time.time())
    _check(key, origin, session, is_known=bool(place.pins))
    session.talk.step(f"This is the key from {origin}:")
    for line in describe_key(key, origin):
        session.talk.detail(line)
    if not pins:
        pins = [_ask_fingerprint()]
        read_key(data, subject=origin, pinned=pins)
    manifest = place.with_pin(key.fingerprint) if args.write else None
    path = place.path(key.fingerprint)
    is_changed = _keep(key, path)
    session.talk.step(f"{'Wrote' if is_changed else 'Nothing to change in'} {path}")
    if manifest is not None:
        write_atomic(place.document, manifest)
        session.talk.step(f"Added [keys.{place.name}] to {place.document}")
    is_pinned = manifest is not None or place.pins
    table = "" if is_pinned else render_pin(place.name, key.fingerprint)
    document = {"name": place.name, "file": path, "changed": is_changed, "table": table}
    session.emit({**document, **render_key(key)}, table.splitlines())
    return 0


class _Place(NamedTuple):
    """Where a key of that name belongs, and what is there already."""

    name: str
    found: Found | None
    table: dict[str, Any] | None
    """The ``[keys.NAME]`` of the manifest."""

    @property
    def document(self) -> str:
        return self.found.document if self.found else "fetchkit.toml"

    @property
    def pins(self) -> tuple[str, ...]:
        """What the manifest pins under that name."""
        return pinned_fingerprints(self.table) if self.table else ()

    def path(self, fingerprint: str) -> str:
        """Where the key file is kept."""
        directory = self.found.key_dirs[0] if self.found else KEY_DIR
        named = self.table.get("file") if self.table else None
        return os.path.join(directory, str(named or key_file_name(fingerprint)))

    def with_pin(self, fingerprint: str) -> bytes | None:
        """The manifest with the key pinned; None if it is already.

        Raises:
            InputError: there is no manifest, or nothing can be added to it.
        """
        if self.pins:
            return None
        if self.found is None:
            raise InputError(
                f"there is no {self.document} to write to",
                hint="Run `fetchkit init` first, or leave out --write.",
            )
        return add_pin(
            self.found.data,
            document=self.document,
            name=self.name,
            fingerprint=fingerprint,
        )


def _find_place(name: str, session: Session) -> _Place:
    try:
        found = session.find()
    except NoManifestError:
        return _Place(name, None, None)
    if not found.key_dirs:
        raise InputError(
            f"a manifest from {found.document} has no place for a key beside it",
            hint="Save it as fetchkit.toml and add the key there.",
        )
    table = find_pin(found.data, document=found.document, name=name)
    if table is not None and "url" in table and "file" not in table:
        raise ConflictError(
            f"key `{name}` of {found.document} is fetched from its `url` in every run",
            hint="Take `url` out of its table to keep a copy beside the manifest.",
        )
    return _Place(name, found, table)


def _pins(given: str | None, place: _Place) -> Collection[str]:
    """The fingerprints of which the key has to have one; none: it is to be asked."""
    if given is None:
        return place.pins
    fingerprint = normalise_fingerprint(given)
    if place.pins and fingerprint not in place.pins:
        raise ConflictError(
            f"key `{place.name}` of {place.document} is {' or '.join(place.pins)}, "
            f"not {fingerprint}",
            hint="Choose another name, or add the fingerprint to that table by hand.",
        )
    return [fingerprint]


def _read_source(args: argparse.Namespace, session: Session) -> tuple[bytes, str]:
    if args.file is not None:
        return read_key_file(args.file), args.file
    from fetchkit.manifest.rules import check_scheme
    from fetchkit.net.sources import open_source
    from fetchkit.urls import Url
    from fetchkit.wiring import net_settings

    url = check_scheme(Url.parse(args.url))
    settings = net_settings(session.settings)
    with (
        open_source(settings, offline=session.settings.is_offline) as source,
        source.open(url, limit=MAX_KEY_BYTES) as body,
    ):
        return b"".join(body.chunks), str(url)


def _check(key: KeyFile, origin: str, session: Session, *, is_known: bool) -> None:
    """Refuse a key that could not be used, and one that GnuPG reads differently.

    Args:
        is_known: the manifest pins it already: then a revocation is news to keep.
    """
    if key.is_revoked and not is_known:
        raise ExpiredKeyError(
            f"key {key.fingerprint} from {origin} was revoked",
            hint="Ask the publisher for their new key.",
        )
    if key.is_revoked:
        session.talk.warning(
            "this key was revoked: from now on everything it signed is refused"
        )
    elif key.expires_at is not None and key.expires_at <= time.time():
        session.talk.warning(
            "this key has expired; what it signed is refused, unless its table has an "
            "`allow_expired`"
        )
    differences = ask_gnupg_about(key, session)
    if differences:
        raise UntrustedKeyError(
            f"{origin}: {'; '.join(differences)}",
            hint="Import it with gpg and add what that exports: "
            f"`gpg --armor --export {key.fingerprint}`.",
        )


def _ask_fingerprint() -> str:
    """The fingerprint that somebody at the terminal knows the key by.

    All of it, not its last digits: keys that share those are made in minutes.
    """
    if sys.stdin is None or not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "nobody is here to compare the fingerprint",
            hint=f"Give the one it has to have with --fingerprint. {_ANOTHER_WAY}",
        )
    print(f"\n{_ANOTHER_WAY}", file=sys.stderr)
    print("Its fingerprint, all 40 digits: ", end="", file=sys.stderr, flush=True)
    return normalise_fingerprint(sys.stdin.readline(200))


def _keep(key: KeyFile, path: str) -> bool:
    """Write `key`; whether that changed anything.

    Raises:
        ExpiredKeyError: it would undo a revocation.
    """
    data = export_minimal(key)
    before = read_key_file(path) if os.path.exists(path) else None
    if before == data:
        return False
    if before is not None and _is_revoked(before):
        raise ExpiredKeyError(
            f"{path} is revoked, and this copy of the key does not say so",
            hint="Ask the publisher for their new key.",
        )
    with translated(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
    write_atomic(path, data)
    return True


def _is_revoked(data: bytes) -> bool:
    try:
        return read_key(data, subject="", pinned=None).is_revoked
    except FetchkitError:  # what cannot be read cannot be undone either
        return False
