"""Heroku's classic buildpack API: detect, compile, release (platform-contracts 1).

``compile BUILD_DIR CACHE_DIR ENV_DIR``: artifacts go below BUILD_DIR, which is
``$HOME`` when the app runs. Nothing written for run time names BUILD_DIR (H-6).
"""

from __future__ import annotations

import os
import shlex
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from fetchkit.environ import render_shell
from fetchkit.errors import ConflictError, ContractError, StorageError
from fetchkit.fs import write_atomic
from fetchkit.lifecycles import BuildContext, BuildResult
from fetchkit.lifecycles.ownership import check_ours, write_ours
from fetchkit.lifecycles.processes import (
    Notes,
    program_of,
    read_procfile,
    wrap_processes,
)
from fetchkit.paths import printable
from fetchkit.transaction import work_dir
from fetchkit.values import replace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fetchkit.artifact import Resolved
    from fetchkit.manifest import Manifest

CACHE_SUBDIR = "fetchkit"
"""CACHE_DIR is shared by all buildpacks of an app (H-7)."""


def read(arguments: Sequence[str], *, buildpack_dir: str | None) -> BuildContext:
    """What ``compile BUILD_DIR [CACHE_DIR [ENV_DIR]] …`` was called with.

    Raises:
        ContractError: BUILD_DIR is missing or no directory.
    """
    build_dir, cache_dir, env_dir = (*arguments, "", "", "")[:3]
    if not build_dir:
        raise ContractError(
            "compile was called without BUILD_DIR",
            hint="Call it as the platform does: compile BUILD_DIR CACHE_DIR ENV_DIR.",
        )
    build_dir = os.path.abspath(build_dir)
    if not os.path.isdir(build_dir):
        raise ContractError(f"BUILD_DIR {printable(build_dir)} is not a directory")
    return BuildContext(
        app_dir=build_dir,
        install_root=build_dir,
        runtime_root='"$HOME"',
        cache_dir=os.path.join(os.path.abspath(cache_dir), CACHE_SUBDIR)
        if cache_dir
        else None,
        buildpack_dir=buildpack_dir,
        env_dir=env_dir or None,
    )


def display_name(manifest: Manifest) -> str:
    """The one line that ``detect`` prints (H-2)."""
    if len(manifest.artifacts) == 1 and manifest.name == "fetchkit":
        return next(iter(manifest.artifacts))
    return manifest.name


def check(context: BuildContext, owner: str, resolved: Sequence[Resolved]) -> None:
    """Find what would make `write` fail, before anything is installed.

    Raises:
        ConflictError: a file of somebody else stands where our script belongs.
        InputError: the Procfile cannot be read.
    """
    profile = _profile_path(context, owner)
    _check_is_directory(os.path.dirname(profile))
    check_ours(profile)
    if any(each.wrap or each.advise for each in resolved):
        read_procfile(context.app_dir)


def write(context: BuildContext, result: BuildResult) -> Notes:
    """Write what Heroku reads: profile script, ``export``, Procfile.

    Raises:
        StorageError: BUILD_DIR cannot be written to.
    """
    _write_profile(context, result)
    missed = _write_export(context, result)
    notes = _wrap_processes(context.app_dir, result.resolved)
    return replace(notes, advice=(*missed, *notes.advice))


def take_profile_away(app_dir: str, owner: str) -> None:
    """Remove the profile script of `owner` from an app, if it is ours.

    Raises:
        ConflictError: what stands there is not ours.
        StorageError: it cannot be removed.
    """
    path = os.path.join(app_dir, ".profile.d", f"{owner}.sh")
    if os.path.lexists(path):
        write_ours(path, "", owner=owner)
        with suppress(OSError):
            os.rmdir(os.path.dirname(path))


def _profile_path(context: BuildContext, owner: str) -> str:
    return os.path.join(context.app_dir, ".profile.d", f"{owner}.sh")


def _write_profile(context: BuildContext, result: BuildResult) -> None:
    write_ours(
        _profile_path(context, result.owner),
        render_shell(result.changes, context.runtime_root),
        owner=result.owner,
        root=context.install_root,
    )


def _write_export(context: BuildContext, result: BuildResult) -> tuple[str, ...]:
    """``export`` is sourced before later buildpacks run: build-time paths (H-13)."""
    if context.buildpack_dir is None:
        return ()
    text = render_shell(result.changes, shlex.quote(context.install_root))
    try:
        path = os.path.join(context.buildpack_dir, "export")
        write_ours(path, text, owner=result.owner)
    except StorageError as error:
        # Later buildpacks go without; the app itself does not.
        return (f"later buildpacks will not see these variables: {error.message}",)
    return ()


def _wrap_processes(app_dir: str, resolved: Sequence[Resolved]) -> Notes:
    before = read_procfile(app_dir)
    procfile, notes = wrap_processes(
        before, resolved, lambda each: program_of(each, "$HOME")
    )
    if procfile is not None and procfile != before:
        path = os.path.join(app_dir, "Procfile")
        mode = stat.S_IMODE(os.stat(path).st_mode)
        with work_dir(app_dir) as stage_dir:
            write_atomic(path, procfile.data, mode, stage_dir=stage_dir)
    return notes


def _check_is_directory(path: str) -> None:
    """Refuse a link: what is written through it would leave the app."""
    if os.path.islink(path) or (os.path.lexists(path) and not os.path.isdir(path)):
        raise ConflictError(
            f"{printable(path)} is not a directory of this app",
            hint="Remove the link or file of that name.",
        )
