"""What lock files in use need: digests that stay while the lock file exists.

One small document for each lock file, in ``refs/``. It is dead as soon as the lock
file it names has gone: a build directory that was thrown away protects nothing.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from fetchkit.digest import Digest
from fetchkit.errors import FetchkitError
from fetchkit.fs import translated
from fetchkit.store.memory import read_document, write_document

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from fetchkit.store.layout import Layout

MAX_REFERENCE_BYTES = 16 * 1024 * 1024
"""More than 200,000 digests; a lock file of that size is refused long before."""


class Needs(NamedTuple):
    """What the lock files of one cache need."""

    blobs: frozenset[str]
    """Hex of every blob that a lock file which still exists names."""
    dead: tuple[str, ...]
    """Documents whose lock file has gone, or that say nothing."""


class References:
    """The lock files that one cache serves."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def keep(self, lock_file: str, digests: Collection[Digest]) -> None:
        """Note that `lock_file` needs `digests`. Writes only what is new.

        Raises:
            StorageError: the cache cannot be written to.
        """
        lock_file = os.path.abspath(lock_file)
        path = self._layout.reference(lock_file)
        document = {"lock": lock_file, "digests": sorted(map(str, digests))}
        if read_document(path, limit=MAX_REFERENCE_BYTES) == document:
            return
        with translated(self._layout.references_dir):
            os.makedirs(self._layout.references_dir, mode=0o700, exist_ok=True)
        write_document(path, document)

    def find(self) -> Needs:
        """What is needed now, and what speaks of lock files that are gone."""
        needed: set[str] = set()
        dead: list[str] = []
        for path in self._paths():
            document = read_document(path, limit=MAX_REFERENCE_BYTES)
            lock_file, digests = document.get("lock"), document.get("digests")
            if isinstance(lock_file, str) and os.path.isfile(lock_file):
                needed.update(_hexes(digests))
            else:
                dead.append(path)
        return Needs(blobs=frozenset(needed), dead=tuple(dead))

    def _paths(self) -> list[str]:
        directory = self._layout.references_dir
        try:
            return [os.path.join(directory, name) for name in os.listdir(directory)]
        except OSError:
            return []


def _hexes(digests: object) -> Iterator[str]:
    for text in digests if isinstance(digests, list) else ():
        with suppress(FetchkitError):
            yield Digest.parse(str(text)).hex
