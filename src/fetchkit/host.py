"""This machine: its environment, its platform, where the program lies.

The only reader of `os.environ`. Reads, and decides nothing.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from fetchkit.errors import SettingsError
from fetchkit.target import Target, normalise_arch

if TYPE_CHECKING:
    from collections.abc import Mapping

_MUSL_LOADERS = ("/lib/ld-musl-x86_64.so.1", "/lib/ld-musl-aarch64.so.1")


def read_environ() -> dict[str, str]:
    """A copy of the environment, as it is now."""
    return dict(os.environ)


def read_target(environ: Mapping[str, str]) -> Target:
    """The platform to build for: what a CNB lifecycle names, else this machine.

    A lifecycle describes the image the app will run in (``CNB_TARGET_*``,
    platform-contracts N-17), which may be of another architecture.
    """
    system = os.uname()
    libc = ""
    if system.sysname == "Linux":
        libc = "musl" if any(map(os.path.exists, _MUSL_LOADERS)) else "glibc"
    distribution = environ.get("CNB_TARGET_DISTRO_NAME")
    if distribution:
        libc = "musl" if distribution == "alpine" else "glibc"
    return Target(
        os=(environ.get("CNB_TARGET_OS") or system.sysname).lower(),
        arch=normalise_arch(environ.get("CNB_TARGET_ARCH") or system.machine),
        libc=libc,
        stack=environ.get("STACK") or environ.get("CF_STACK", ""),
    )


def program_file() -> str | None:
    """The ``fetchkit.pyz`` that is running, or None when it is a source tree.

    Modules in an archive have paths that go on below the archive's own.
    """
    path = os.path.abspath(__file__)
    while path != os.path.dirname(path):
        path = os.path.dirname(path)
        if os.path.isfile(path):
            return path
    return None


def program_dir() -> str:
    """The directory the program lies in: where a vendored manifest is looked for."""
    program = program_file()
    return os.path.dirname(program or os.path.abspath(sys.argv[0]))


def read_bundled(name: str) -> bytes | None:
    """A data file that is shipped inside fetchkit, such as ``keys/x.asc``."""
    from pkgutil import get_data

    try:
        return get_data("fetchkit", name)
    except OSError:
        return None


def user_cache_dir() -> str:
    """The cache of this user, where no platform gave one.

    Raises:
        SettingsError: this user has no home directory.
    """
    from platformdirs import user_cache_path

    try:
        path = user_cache_path("fetchkit", appauthor=False)
    except RuntimeError:
        path = None
    if path is None or not path.is_absolute():
        raise SettingsError(
            "there is no home directory to keep a cache in",
            hint="Give one with --cache-dir DIR or FETCHKIT_CACHE_DIR.",
        )
    return str(path)


def read_buildpack_version() -> str:
    """The content of ``VERSION`` beside the program; empty where there is none."""
    try:
        with open(os.path.join(program_dir(), "VERSION"), encoding="utf-8") as file:
            return file.read(256).strip()
    except (OSError, UnicodeDecodeError):
        return ""


def buildpack_dir() -> str | None:
    """The buildpack the program is vendored in, or None if it is in none.

    A platform calls ``bin/compile`` of a buildpack; a program without that beside
    it was piped or is run by hand.
    """
    directory = program_dir()
    return (
        directory if os.path.isfile(os.path.join(directory, "bin", "compile")) else None
    )
