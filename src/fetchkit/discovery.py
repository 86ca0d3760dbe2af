"""Where the manifest is, and the key files beside it.

The order is fixed (design 3): what was named, what the app brings, what lies
beside the program, what is piped in.
"""

from __future__ import annotations

import os
import select
import stat
from typing import TYPE_CHECKING, BinaryIO

from fetchkit.errors import Fault, ManifestError, NoManifestError, SettingsError
from fetchkit.fs import translated
from fetchkit.manifest import Manifest, parse_manifest
from fetchkit.manifest.parse import MAX_LOCK_BYTES, MAX_MANIFEST_BYTES
from fetchkit.manifest.sources import DOWNLOAD_URL, is_source
from fetchkit.shelf import Shelf, Surroundings
from fetchkit.values import frozen, replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from fetchkit.urls import Url

FILE_NAME = "fetchkit.toml"
LOCK_NAME = "fetchkit.lock"
PIPE_SECONDS = 20.0
"""How long the other end of a pipe may take to start: a `curl` over a bad network."""


@frozen
class Found:
    """The bytes of a manifest, and where they are from."""

    data: bytes
    document: str
    """For messages: a path, a masked url, ``standard input``."""
    key_dirs: tuple[str, ...] = ()
    """Where key files that the manifest names may lie."""
    lock: bytes | None = None
    """The bytes of the lock beside it, if there is one."""
    lock_document: str = ""
    is_vendored: bool = False
    """It lies beside the program: the program's directory is a buildpack."""

    surroundings: Surroundings = Surroundings()
    """What decides which versions the files beside it give."""

    def parse(self) -> Manifest:
        """Read it, and the files beside it that its artifacts are taken from.

        Raises:
            ManifestError: it is not a usable manifest.
            InvalidValueError, UnknownArtifactError, UnsupportedTargetError: such a
                file has nothing that fits.
        """
        shelf = Shelf(
            os.path.dirname(os.path.abspath(self.document)), self.surroundings
        )
        if is_source(os.path.basename(self.document)):
            from fetchkit.manifest.foreign import read_foreign

            manifest = read_foreign(
                self.document,
                shelf,
                stack=self.surroundings.stack,
                named=self.surroundings.versions,
            )
        else:
            manifest = parse_manifest(self.data, self.document, look_up=shelf.look_up)
        notes = tuple(dict.fromkeys(shelf.notes))
        return replace(
            manifest,
            digest=shelf.digest(self.data),
            notes=notes,
            sourced=frozenset(shelf.names),
        )


def find_manifest(
    named: str | None,
    *,
    app_dir: str | None,
    program_dir: str,
    stdin: BinaryIO | None,
    fetch: Callable[[Url], bytes],
) -> Found:
    """Find the manifest of this run.

    Args:
        named: ``--manifest`` or ``FETCHKIT_MANIFEST``: path, url or ``-``.
        app_dir: the app that is being built, or the current directory.
        stdin: standard input, or None if it is not ours to read.
        fetch: gives the bytes at a url, at most `MAX_MANIFEST_BYTES` and one.

    Raises:
        NoManifestError: there is none; the places that were looked at are named.
        ManifestError: the named one does not exist.
        NetworkError: it could not be fetched.
    """
    if named is not None:
        return _read_named(named, stdin, fetch)
    looked = []
    for directory, is_vendored in ((app_dir, False), (program_dir, True)):
        if directory is None:
            continue
        path = os.path.join(directory, FILE_NAME)
        pointer = os.path.join(directory, DOWNLOAD_URL)
        if os.path.isfile(path):
            return _read_file(path, is_vendored=is_vendored)
        if is_vendored and os.path.isfile(pointer):
            return _read_file(pointer, is_vendored=True)
        looked.append(path)
    if stdin is not None and _is_piped(stdin):
        data = stdin.read(MAX_MANIFEST_BYTES + 1)
        if data.strip():
            return Found(data=data, document="standard input")
    raise NoManifestError(
        f"there is no manifest: looked for {', '.join(looked)}",
        hint="Run `fetchkit init` to write one, or name one with --manifest.",
    )


def _read_named(
    named: str, stdin: BinaryIO | None, fetch: Callable[[Url], bytes]
) -> Found:
    if named == "-":
        if stdin is None:
            raise SettingsError("--manifest -: standard input is closed")
        return Found(data=stdin.read(MAX_MANIFEST_BYTES + 1), document="standard input")
    if "://" in named:
        from fetchkit.manifest.rules import check_scheme
        from fetchkit.urls import Url

        url = check_scheme(Url.parse(named))
        return Found(data=fetch(url), document=str(url))
    if not os.path.isfile(named):
        raise ManifestError(
            named,
            [Fault("", "there is no such file")],
            hint="Run `fetchkit init` to write a manifest, or name another.",
        )
    return _read_file(named, is_vendored=False)


def _read_file(path: str, *, is_vendored: bool) -> Found:
    with translated(path), open(path, "rb") as file:
        data = file.read(MAX_MANIFEST_BYTES + 1)
    directory = os.path.dirname(os.path.abspath(path))
    lock_path = os.path.join(os.path.dirname(path), LOCK_NAME)
    return Found(
        data=data,
        document=path,
        key_dirs=(os.path.join(directory, "keys"),),
        lock=_read_lock(lock_path),
        lock_document=lock_path,
        is_vendored=is_vendored,
    )


def _read_lock(path: str) -> bytes | None:
    with translated(path):
        try:
            with open(path, "rb") as file:
                return file.read(MAX_LOCK_BYTES + 1)
        except FileNotFoundError:
            return None


def _is_piped(stdin: BinaryIO) -> bool:
    """Whether somebody feeds us: a pipe or a file, not a terminal or /dev/null.

    A pipe nobody writes to might stay open for ever, and a build must not wait.
    """
    try:
        mode = os.fstat(stdin.fileno()).st_mode
        if stat.S_ISFIFO(mode):
            return bool(select.select([stdin], [], [], PIPE_SECONDS)[0])
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(mode)
