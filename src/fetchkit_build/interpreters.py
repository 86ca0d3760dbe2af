"""The CPythons of this machine, newest patch release of each minor version."""

from __future__ import annotations

import glob
import os
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fetchkit_build.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

OLDEST = (3, 10)

_NAME = re.compile(r"python3(\.\d+)?")
_QUESTION = (
    "import importlib.util as u, sys; v = sys.version_info; "
    "print(sys.implementation.cache_tag, u.MAGIC_NUMBER.hex(), v[0], v[1], v[2], v[3])"
)
_ANSWER_SECONDS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """One Python, as it describes itself."""

    executable: str
    version: tuple[int, int, int]
    cache_tag: str
    """Such as ``cpython-311``."""
    magic: str
    """Which bytecode it reads, in hex."""

    @property
    def series(self) -> str:
        """The minor version, such as ``3.11``."""
        return f"{self.version[0]}.{self.version[1]}"


def find_interpreters(search_path: str, home: str) -> tuple[Interpreter, ...]:
    """One released CPython for each minor version from 3.10 up, oldest first.

    Looks along `search_path`, in ``/usr/bin`` and ``/usr/local/bin``, and where pyenv
    and uv keep theirs below `home`. Each candidate is run once: a name proves nothing.
    """
    newest: dict[str, Interpreter] = {}
    for executable in _candidates(search_path, home):
        found = describe(executable)
        if found is None or found.version < OLDEST:
            continue
        known = newest.get(found.series)
        if known is None or found.version > known.version:
            newest[found.series] = found
    return tuple(sorted(newest.values(), key=lambda one: one.version))


def choose(found: Sequence[Interpreter], wanted: Iterable[str]) -> list[Interpreter]:
    """The interpreters of the `wanted` minor versions.

    Raises:
        BuildError: one of them is not on this machine.
    """
    by_series = {one.series: one for one in found}
    missing = [series for series in wanted if series not in by_series]
    if missing:
        raise BuildError(
            f"no Python {', '.join(missing)} to compile for; there is "
            f"{', '.join(by_series) or 'none'}: install it, or leave it out of "
            "--bytecode"
        )
    return [by_series[series] for series in sorted(set(wanted), key=_numbers)]


def describe(executable: str) -> Interpreter | None:
    """What `executable` says it is; None if it is no released CPython 3 that runs."""
    try:
        answer = subprocess.run(
            [executable, "-I", "-S", "-c", _QUESTION],
            capture_output=True,
            text=True,
            timeout=_ANSWER_SECONDS,
            check=True,
            env={},
        ).stdout.split()
    except (OSError, subprocess.SubprocessError):
        return None
    if len(answer) != 6 or answer[5] != "final" or not answer[0].startswith("cpython"):
        return None
    major, minor, patch = (int(number) for number in answer[2:5])
    return Interpreter(
        executable=executable,
        version=(major, minor, patch),
        cache_tag=answer[0],
        magic=answer[1],
    )


def _candidates(search_path: str, home: str) -> list[str]:
    directories = [
        *search_path.split(os.pathsep),
        "/usr/bin",
        "/usr/local/bin",
        *sorted(glob.glob(f"{home}/.pyenv/versions/*/bin")),
        *sorted(glob.glob(f"{home}/.local/share/uv/python/*/bin")),
    ]
    found: dict[str, str] = {}
    for directory in directories:
        if not os.path.isabs(directory) or not os.path.isdir(directory):
            continue
        for name in sorted(os.listdir(directory)):
            path = os.path.join(directory, name)
            if _NAME.fullmatch(name) and not _is_shim(path):
                found.setdefault(os.path.realpath(path), path)
    return list(found)


def _is_shim(path: str) -> bool:
    """Whether `path` is a script that chooses a Python by what it finds around it."""
    try:
        with open(path, "rb") as file:
            return file.read(2) == b"#!"
    except OSError:
        return True


def _numbers(series: str) -> tuple[int, ...]:
    return tuple(int(part) for part in series.split("."))
