"""The configuration files of this machine and user -> one `Config`."""

from __future__ import annotations

import os
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from fetchkit.demands import NO_DEMANDS, Demands
from fetchkit.errors import SettingsError
from fetchkit.fs import translated
from fetchkit.settings import gather, make_settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fetchkit.config.parse import Level
    from fetchkit.settings import Given, Settings

SITE_DIRS = ("/etc/xdg/fetchkit", "/etc/fetchkit")
"""Not taken from the environment: a user could turn the site's demands off."""
VARIABLE = "FETCHKIT_CONFIG"
"""Names a file that counts in place of the user's own."""
_NAMES = ("config.toml", "config.yaml")


class Config(NamedTuple):
    """What all files say together."""

    files: tuple[str, ...] = ()
    """Those that were read; what stands later goes before what stands earlier."""
    settings: Mapping[str, Given] = MappingProxyType({})
    """Field of `Settings` -> the value that counts, and where it was set."""
    demands: Demands = NO_DEMANDS
    demand_origins: Mapping[str, str] = MappingProxyType({})
    """Name of a demand -> the file that made it as strict as it is."""


def read_config(
    environ: Mapping[str, str], *, site_dirs: Sequence[str] = SITE_DIRS
) -> Config:
    """Read the files there are: of the site, then of the user.

    Raises:
        SettingsError: one cannot be used, or a directory has two of them.
        StorageError: one cannot be read.
    """
    found = [file for each in site_dirs if (file := _find(each)) is not None]
    named = environ.get(VARIABLE, "")
    if named:
        found.append(_check_named(named))
    else:
        own = _find(user_dir(environ))
        found += [own] if own is not None else []
    if not found:
        return Config()
    from fetchkit.config.parse import parse_config

    return merge([parse_config(_read(path), path, environ) for path in found])


def load_settings(environ: Mapping[str, str]) -> Settings:
    """The settings of a run that has no command line.

    Raises:
        SettingsError: a variable or a file holds something it cannot.
        StorageError: a file cannot be read.
    """
    config = read_config(environ)
    given = gather(environ, config.settings)
    return make_settings(given, environ, demands=config.demands)


def merge(levels: Sequence[Level]) -> Config:
    """One configuration of several files, the weakest first.

    A later setting goes before an earlier one; a demand stays once it is made.
    """
    settings: dict[str, Given] = {}
    demands = NO_DEMANDS
    origins: dict[str, str] = {}
    for level in levels:
        settings |= level.settings
        before, demands = demands, demands.and_also(level.demands)
        origins |= {
            name: place
            for name, place in level.demand_origins.items()
            if getattr(demands, name) != getattr(before, name)
        }
    files = tuple(level.document for level in levels)
    return Config(files, settings, demands, origins)


def user_dir(environ: Mapping[str, str]) -> str:
    """Where this user's file is looked for: the XDG directory, on every system."""
    base = environ.get("XDG_CONFIG_HOME", "")
    # The specification has relative paths ignored.
    if not os.path.isabs(base):
        base = os.path.join(environ.get("HOME") or os.path.expanduser("~"), ".config")
    return os.path.join(base, "fetchkit")


def _find(directory: str) -> str | None:
    with translated(directory):
        try:
            names = os.listdir(directory)
        except (FileNotFoundError, NotADirectoryError):
            return None
    there = [os.path.join(directory, name) for name in _NAMES if name in names]
    if len(there) > 1:
        raise SettingsError(
            f"{there[0]} and {there[1]} are both there, and only one can count",
            hint="Move what is in one of them to the other, and remove it.",
        )
    return there[0] if there else None


def _check_named(path: str) -> str:
    if path.endswith((".toml", ".yaml", ".yml")):
        return path
    raise SettingsError(
        f"{VARIABLE} is `{path[:80]}`: expected a file that ends in .toml or .yaml"
    )


def _read(path: str) -> bytes:
    from fetchkit.config.parse import MAX_CONFIG_BYTES

    with translated(path):
        try:
            with open(path, "rb") as file:
                return file.read(MAX_CONFIG_BYTES + 1)
        except (FileNotFoundError, IsADirectoryError):
            raise SettingsError(
                f"{VARIABLE} names {path}, and there is no such file",
                hint=f"Unset {VARIABLE}, or name another.",
            ) from None
