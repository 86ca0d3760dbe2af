"""Read-only layers: further places where bytes may lie that a build needs.

A layer is looked at after the own cache and before the network. Nobody vouches for
it: what it gives is hashed in full, it is never written to, locked or touched, and
its verdicts are not read. That a url once gave a digest is a hint: worth following
only where a signature or a pinned digest then proves the bytes. A layer can give an
older signed version for a url, as any mirror can; a lock file or ``sha256`` in the
manifest rules that out.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, BinaryIO, Protocol

from fetchkit.errors import FetchkitError, SettingsError
from fetchkit.store.layout import FORMAT, Layout
from fetchkit.store.memory import Memory, Remembered

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fetchkit.digest import Digest
    from fetchkit.urls import Url


class Layer(Protocol):
    """A place that may have blobs."""

    @property
    def name(self) -> str:
        """What the user calls it."""
        ...

    def open(self, digest: Digest) -> BinaryIO | None:
        """What it claims to be the blob of `digest`, if it has one."""
        ...

    def path(self, digest: Digest) -> str | None:
        """Where that is a file of its own, its path."""
        ...

    def recall(self, url: Url) -> Remembered | None:
        """What `url` gave once, as the layer says."""
        ...

    def close(self) -> None:
        """Let go of what is held open; nothing may be asked after that."""
        ...


class DirectoryLayer:
    """Another cache, or any OCI image layout, in a directory."""

    def __init__(self, directory: str) -> None:
        """Use what is in `directory`; nothing is looked at yet."""
        self.name = directory
        own = os.path.join(directory, FORMAT)
        is_cache = os.path.isdir(own)
        self._blobs_dir = os.path.join(
            own if is_cache else directory, "blobs", "sha256"
        )
        self._memory = Memory(Layout(directory)) if is_cache else None

    def open(self, digest: Digest) -> BinaryIO | None:
        """What it claims to be the blob of `digest`, if it has one."""
        path = os.path.join(self._blobs_dir, digest.hex)
        try:
            # Somebody else's directory: a pipe in it must not make us wait.
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return None
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            return None
        return os.fdopen(descriptor, "rb")

    def path(self, digest: Digest) -> str | None:
        """The path of what it claims to be the blob of `digest`."""
        path = os.path.join(self._blobs_dir, digest.hex)
        return path if os.path.isfile(path) and not os.path.islink(path) else None

    def recall(self, url: Url) -> Remembered | None:
        """What `url` gave once, as another cache says; an OCI layout says nothing.

        Without its validators: with those a layer could have the publisher confirm
        that stale bytes are current.
        """
        found = self._memory.recall(url) if self._memory else None
        return found and Remembered(digest=found.digest, size=found.size)

    def close(self) -> None:
        """Nothing is held open."""


def open_layers(
    paths: Sequence[str], *, warn: Callable[[str], None]
) -> tuple[Layer, ...]:
    """The layers at `paths`, in that order.

    Args:
        warn: told of a path where nothing is; a mount may be missing in one place
            and there in another.

    Raises:
        SettingsError: something is there that is no layer.
    """
    layers: list[Layer] = []
    for path in paths:
        if os.path.isdir(path):
            layers.append(DirectoryLayer(os.path.abspath(path)))
        elif os.path.lexists(path):
            layers.append(_open_tar(os.path.abspath(path)))
        else:
            warn(f"the cache layer {path} is not there; going on without it")
    return tuple(layers)


def _open_tar(path: str) -> Layer:
    # Loaded where a layer is one: the usual build has none.
    from fetchkit.store.tar_layer import TarLayer

    fault = "it is a device or a pipe"
    if os.path.isfile(path):
        try:
            return TarLayer(path)
        except FetchkitError as error:
            fault = error.message
    raise SettingsError(
        f"the cache layer {path} is no directory and no bundle: {fault}",
        hint="FETCHKIT_CACHE_LAYERS takes caches, OCI image layouts and bundles.",
    )
