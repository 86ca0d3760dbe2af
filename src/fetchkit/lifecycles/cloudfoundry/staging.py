"""What buildpacks leave in ``DEPS_DIR`` for each other (contracts 2.3, 2.4)."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from fetchkit.errors import InputError
from fetchkit.fs import translated
from fetchkit.paths import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LAUNCH_LISTS = {"PATH": "bin", "LD_LIBRARY_PATH": "lib", "LIBRARY_PATH": "lib"}
"""Variable -> the directory of every index that goes on it when the app runs (C-21)."""
STAGING_LISTS = {**LAUNCH_LISTS, "CPATH": "include", "PKG_CONFIG_PATH": "pkgconfig"}
"""The same while later buildpacks run (C-19)."""

MAX_VARIABLE_BYTES = 128 * 1024
"""Longest value Linux could pass to a program."""


def indices(deps_dir: str) -> tuple[str, ...]:
    """The buildpacks' directories, last first: the order in which lists are joined."""
    with translated(deps_dir):
        names = [entry.name for entry in os.scandir(deps_dir) if entry.is_dir()]
    return tuple(sorted(names, reverse=True))


def indices_with(deps_dir: str, directory: str) -> tuple[str, ...]:
    """Those of `indices` that have `directory`."""
    return tuple(
        index
        for index in indices(deps_dir)
        if os.path.isdir(os.path.join(deps_dir, index, directory))
    )


def staging_environ(deps_dir: str, environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` as a build step after the buildpacks so far has it (C-19, C-20).

    Raises:
        InputError: a buildpack left a value that no environment can hold.
        StorageError: DEPS_DIR cannot be read.
    """
    found = dict(environ)
    for variable, directory in STAGING_LISTS.items():
        parts = [
            os.path.join(deps_dir, index, directory)
            for index in indices_with(deps_dir, directory)
        ]
        if parts:
            before = found.get(variable, "")
            found[variable] = ":".join([*parts, before] if before else parts)
    # Last first: where two buildpacks name one variable, the first one's stays.
    for index in indices(deps_dir):
        for path in regular_files(os.path.join(deps_dir, index, "env")):
            found[os.path.basename(path)] = _read_value(path)
    return found


def regular_files(directory: str) -> Iterator[str]:
    """The paths of the regular files of `directory`, by name; it need not exist."""
    with translated(directory):
        try:
            names = sorted(os.listdir(directory))
        except (FileNotFoundError, NotADirectoryError):
            return
    for name in names:
        path = os.path.join(directory, name)
        with translated(path):
            if stat.S_ISREG(os.lstat(path).st_mode):
                yield path


def _read_value(path: str) -> str:
    with translated(path), open(path, "rb") as file:
        data = file.read(MAX_VARIABLE_BYTES + 1)
    if len(data) > MAX_VARIABLE_BYTES or b"\0" in data:
        raise InputError(
            f"{printable(path)} is too long for a variable, or holds a NUL",
            hint="The buildpack that wrote it has to change.",
        )
    return data.decode("utf-8", "surrogateescape")
