"""Service bindings that a platform hands to a build (N-18)."""

from __future__ import annotations

import os

from fetchkit.fs import translated

_TYPE = "ca-certificates"
_MAX_TYPE_BYTES = 256


def find_authorities(bindings_dir: str) -> str | None:
    """The directory of the binding whose certificates are to be trusted.

    Of several the first by name counts. Without one, or without bindings, None.

    Raises:
        StorageError: a binding cannot be read.
    """
    if not os.path.isdir(bindings_dir):
        return None
    with translated(bindings_dir):
        for name in sorted(os.listdir(bindings_dir)):
            directory = os.path.join(bindings_dir, name)
            path = os.path.join(directory, "type")
            if not os.path.isfile(path):
                continue
            with open(path, "rb") as file:
                if file.read(_MAX_TYPE_BYTES).strip() == _TYPE.encode():
                    return directory
    return None
