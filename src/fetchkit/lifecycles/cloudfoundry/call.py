"""The calls, as the platform really makes them (platform-contracts 2.1)."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from fetchkit.errors import ContractError
from fetchkit.paths import printable
from fetchkit.values import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CACHE_SUBDIR = "fetchkit"
LEGACY_DEPS = ".cloudfoundry"
"""Below BUILD_DIR: where the dependencies go if only ``compile`` is called (C-25)."""

_INDEX = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,31}")
_HINT = "Call it as the platform does: {step} BUILD_DIR CACHE_DIR DEPS_DIR DEPS_IDX."


@frozen
class Call:
    """One call of supply, finalize or the old compile."""

    build_dir: str
    cache_dir: str
    """Ours, below the one the platform keeps for this buildpack."""
    platform_cache_dir: str
    deps_dir: str
    index: str
    """Kept as text: the platform pads it with zeros (C-5)."""
    profile_dir: str
    """Where scripts lie that run before the app does (C-23)."""
    is_legacy: bool = False
    """Only ``compile`` was called: nobody reads ``launch.yml``."""

    @property
    def root(self) -> str:
        """Where this buildpack may write."""
        return os.path.join(self.deps_dir, self.index)

    @property
    def runtime_root(self) -> str:
        """The same when the app runs, as shell text."""
        return f'"$DEPS_DIR"/{self.index}'


def parse_call(step: str, arguments: Sequence[str]) -> Call:
    """``BUILD_DIR CACHE_DIR DEPS_DIR DEPS_IDX [PROFILE_DIR]``; more is ignored.

    Args:
        step: ``supply`` or ``finalize``, for messages.

    Raises:
        ContractError: an argument is missing, no directory, or no index.
    """
    hint = _HINT.format(step=step)
    names = ("BUILD_DIR", "CACHE_DIR", "DEPS_DIR", "DEPS_IDX")
    given = dict(zip(names, arguments, strict=False))
    for name in names:
        if not given.get(name):
            raise ContractError(f"{step} was called without {name}", hint=hint)
    for name in ("BUILD_DIR", "DEPS_DIR"):
        _check_directory(name, given[name], hint)
    if not _INDEX.fullmatch(given["DEPS_IDX"]):
        raise ContractError(
            f"DEPS_IDX is {printable(given['DEPS_IDX'])}, not an index", hint=hint
        )
    build_dir = os.path.abspath(given["BUILD_DIR"])
    cache_dir = os.path.abspath(given["CACHE_DIR"])
    profile_dir = arguments[4] if len(arguments) > 4 else ""
    return Call(
        build_dir=build_dir,
        cache_dir=os.path.join(cache_dir, CACHE_SUBDIR),
        platform_cache_dir=cache_dir,
        deps_dir=os.path.abspath(given["DEPS_DIR"]),
        index=given["DEPS_IDX"],
        profile_dir=os.path.abspath(profile_dir)
        if profile_dir
        else os.path.join(build_dir, ".profile.d"),
    )


def is_legacy_compile(arguments: Sequence[str], environ: Mapping[str, str]) -> bool:
    """Whether ``compile`` was called by Cloud Foundry: two directories, CF_STACK set.

    Heroku passes a third, and says so by ``STACK``.
    """
    is_heroku = environ.get("STACK", "").startswith("heroku")
    return len(arguments) == 2 and bool(environ.get("CF_STACK")) and not is_heroku


def legacy_call(arguments: Sequence[str]) -> Call:
    """``compile BUILD_DIR CACHE_DIR`` as supply and finalize inside the app (C-25).

    Raises:
        ContractError: BUILD_DIR is no directory.
    """
    build_dir, cache_dir = (os.path.abspath(each) for each in arguments)
    _check_directory("BUILD_DIR", build_dir, "Call it as the platform does.")
    return Call(
        build_dir=build_dir,
        cache_dir=os.path.join(cache_dir, CACHE_SUBDIR),
        platform_cache_dir=cache_dir,
        deps_dir=os.path.join(build_dir, LEGACY_DEPS),
        index="0",
        profile_dir=os.path.join(build_dir, ".profile.d"),
        is_legacy=True,
    )


def _check_directory(name: str, path: str, hint: str) -> None:
    if not os.path.isdir(path):
        raise ContractError(f"{name} {printable(path)} is not a directory", hint=hint)
