"""Heroku's classic buildpack API: detect, compile, release (platform-contracts 1).

``compile BUILD_DIR CACHE_DIR ENV_DIR``: artifacts go below BUILD_DIR, which is
``$HOME`` when the app runs. Nothing written for run time names BUILD_DIR (H-6).
"""

from __future__ import annotations

import os
import shlex
import stat
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fetchkit.environ import render_shell
from fetchkit.errors import ConflictError, ContractError, InputError, StorageError
from fetchkit.fs import ensure_dir, translated, write_atomic
from fetchkit.lifecycles import BuildContext, BuildResult
from fetchkit.paths import printable
from fetchkit.procfile import (
    MAX_PROCFILE_BYTES,
    Procfile,
    is_wrapped,
    wrap_command,
)
from fetchkit.transaction import work_dir

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from fetchkit.artifact import Resolved
    from fetchkit.manifest import Manifest

CACHE_SUBDIR = "fetchkit"
"""CACHE_DIR is shared by all buildpacks of an app (H-7)."""

MAX_VARIABLE_BYTES = 128 * 1024
"""Longest value Linux could pass to a program."""

RELEASE = "default_process_types: {}\n"
"""What ``release`` prints: YAML, and nothing but YAML (H-16, H-20)."""

_MARK = "# Written by fetchkit for {owner}; replaced on every build.\n"


def read(
    arguments: Sequence[str], *, accept: Collection[str], buildpack_dir: str | None
) -> BuildContext:
    """What ``compile BUILD_DIR [CACHE_DIR [ENV_DIR]] …`` was called with.

    Args:
        accept: variables that are read from ENV_DIR; all others stay unread.

    Raises:
        ContractError: BUILD_DIR is missing or no directory.
        InputError: an accepted variable cannot be read.
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
        environ=read_env_dir(env_dir, accept) if env_dir else {},
    )


def read_env_dir(env_dir: str, accept: Collection[str]) -> dict[str, str]:
    """The accepted variables in ENV_DIR: file name is key, content is value (H-8).

    A directory that does not exist is an empty one. The value is the whole file.

    Raises:
        InputError: a file is too large, or is not what an environment can hold.
    """
    found = {}
    for name in sorted(accept):
        path = os.path.join(env_dir, name)
        with translated(path):
            try:
                if not stat.S_ISREG(os.stat(path).st_mode):
                    continue
            except (FileNotFoundError, NotADirectoryError):
                continue
            with open(path, "rb") as file:
                data = file.read(MAX_VARIABLE_BYTES + 1)
        if len(data) > MAX_VARIABLE_BYTES or b"\0" in data:
            raise InputError(
                f"config var {name} is too long, or holds a NUL",
                hint=f"Set {name} to a plain value, or unset it.",
            )
        found[name] = data.decode("utf-8", "surrogateescape")
    return found


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
    _check_ours(profile)
    if any(each.wrap or each.advise for each in resolved):
        _read_procfile(context.app_dir)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """What `write` has to tell the developer, one sentence each."""

    done: tuple[str, ...] = ()
    """What was changed for them."""
    advice: tuple[str, ...] = ()
    """What they should change, or should know."""


def write(context: BuildContext, result: BuildResult) -> Notes:
    """Write what Heroku reads: profile script, ``export``, Procfile.

    Raises:
        StorageError: BUILD_DIR cannot be written to.
    """
    _write_profile(context, result)
    missed = _write_export(context, result)
    notes = _wrap_processes(context.app_dir, result.resolved)
    return replace(notes, advice=(*missed, *notes.advice))


def _profile_path(context: BuildContext, owner: str) -> str:
    return os.path.join(context.app_dir, ".profile.d", f"{owner}.sh")


def _write_profile(context: BuildContext, result: BuildResult) -> None:
    path = _profile_path(context, result.owner)
    if not result.changes:
        if os.path.lexists(path):
            with translated(path):
                os.unlink(path)
        return
    ensure_dir(os.path.dirname(path))
    text = render_shell(result.changes, context.runtime_root)
    data = _MARK.format(owner=result.owner) + text
    _write_if_changed(path, data, root=context.install_root)


def _write_export(context: BuildContext, result: BuildResult) -> tuple[str, ...]:
    """``export`` is sourced before later buildpacks run: build-time paths (H-13)."""
    if context.buildpack_dir is None:
        return ()
    path = os.path.join(context.buildpack_dir, "export")
    text = render_shell(result.changes, shlex.quote(context.install_root))
    try:
        _check_ours(path)
        if result.changes or os.path.lexists(path):
            _write_if_changed(path, _MARK.format(owner=result.owner) + text)
    except StorageError as error:
        # Later buildpacks go without; the app itself does not.
        return (f"later buildpacks will not see these variables: {error.message}",)
    return ()


def _wrap_processes(app_dir: str, resolved: Sequence[Resolved]) -> Notes:
    procfile = before = _read_procfile(app_dir)
    done, advice = [], []
    for each in resolved:
        process = each.wrap or each.advise
        if process is None:
            continue
        program = program_of(each)
        command = procfile.command(process) if procfile else None
        if procfile is None or command is None:
            where = (
                "there is no Procfile" if procfile is None else "the Procfile has no"
            )
            what = "" if procfile is None else f" `{process}`"
            advice.append(
                f"{where}{what}: start the {process} process as `{program} COMMAND`"
            )
        elif is_wrapped(command, os.path.basename(program)):
            continue
        elif each.wrap:
            procfile = procfile.with_command(process, wrap_command(command, program))
            done.append(f"Procfile: {process} runs through {each.name}")
        else:
            wrapped = wrap_command(command, program)
            advice.append(f"change your Procfile to `{process}: {wrapped}`")
    if procfile is not None and procfile != before:
        path = os.path.join(app_dir, "Procfile")
        mode = stat.S_IMODE(os.stat(path).st_mode)
        with work_dir(app_dir) as stage_dir:
            write_atomic(path, procfile.data, mode, stage_dir=stage_dir)
    return Notes(done=tuple(done), advice=tuple(advice))


def program_of(resolved: Resolved) -> str:
    """How the app calls the installed program: by name if it is on PATH."""
    installation = resolved.installation
    name = next(iter(installation.links), installation.file) or resolved.name
    directory = os.path.dirname(name) or "."
    if directory in installation.path:
        return os.path.basename(name)
    base = "" if installation.dir == "." else f"{installation.dir}/"
    return f"$HOME/{shlex.quote(base + name)}"


def _read_procfile(app_dir: str) -> Procfile | None:
    path = os.path.join(app_dir, "Procfile")
    # Not blocking: a pipe of that name would keep the build waiting for ever.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
    with translated(path):
        try:
            descriptor = os.open(path, flags)
        except FileNotFoundError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise InputError(f"{printable(path)} is not a regular file")
            return Procfile.parse(file.read(MAX_PROCFILE_BYTES + 1))


def _check_is_directory(path: str) -> None:
    """Refuse a link: what is written through it would leave the app."""
    if os.path.islink(path) or (os.path.lexists(path) and not os.path.isdir(path)):
        raise ConflictError(
            f"{printable(path)} is not a directory of this app",
            hint="Remove the link or file of that name.",
        )


def _check_ours(path: str) -> None:
    """Refuse to replace what fetchkit did not write."""
    if not os.path.lexists(path):
        return
    mark = _MARK.partition("{")[0].encode()
    with translated(path):
        if stat.S_ISREG(os.lstat(path).st_mode):
            with open(path, "rb") as file:
                if file.read(len(mark)) == mark:
                    return
    raise ConflictError(
        f"{printable(path)} is in the way: fetchkit did not write it",
        hint="Move it away, or give the manifest another `name`.",
    )


def _write_if_changed(path: str, text: str, *, root: str | None = None) -> None:
    """Write `path`, unless it says `text` already.

    Args:
        root: the install root `path` is in: a kill leaves nothing beside `path`.
    """
    data = text.encode("utf-8", "surrogateescape")
    try:
        with open(path, "rb") as file:
            if file.read() == data:
                return
    except OSError:
        pass
    if root is None:
        write_atomic(path, data)
        return
    with work_dir(root) as stage_dir:
        write_atomic(path, data, stage_dir=stage_dir)
