"""An app's Procfile, and the programs that are put in front of its commands."""

from __future__ import annotations

import os
import shlex
import stat
from typing import TYPE_CHECKING

from fetchkit.errors import InputError
from fetchkit.fs import translated
from fetchkit.paths import printable
from fetchkit.procfile import (
    MAX_PROCFILE_BYTES,
    Procfile,
    is_wrapped,
    wrap_command,
)
from fetchkit.values import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fetchkit.artifact import Resolved


@frozen
class Notes:
    """What a lifecycle has to tell the developer, one sentence each."""

    done: tuple[str, ...] = ()
    """What was changed for them."""
    advice: tuple[str, ...] = ()
    """What they should change, or should know."""


def read_procfile(app_dir: str) -> Procfile | None:
    """The app's Procfile, or None if it has none.

    Raises:
        InputError: it cannot be read, or is no regular file.
        StorageError: the same, for a link.
    """
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


def wrap_processes(
    procfile: Procfile | None,
    resolved: Sequence[Resolved],
    program_of: Callable[[Resolved], str],
) -> tuple[Procfile | None, Notes]:
    """`procfile` with every ``process.wrap`` done, and what there is to say.

    Args:
        program_of: how the app calls an installed program, as shell text.
    """
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
    return procfile, Notes(done=tuple(done), advice=tuple(advice))


def program_of(resolved: Resolved, root: str) -> str:
    """How the app calls the installed program: by name if it is on PATH.

    Args:
        root: shell text for the install root when the app runs.
    """
    installation = resolved.installation
    name = next(iter(installation.links), installation.file) or resolved.name
    directory = os.path.dirname(name) or "."
    if directory in installation.path:
        return os.path.basename(name)
    base = "" if installation.dir == "." else f"{installation.dir}/"
    return f"{root}/{shlex.quote(base + name)}"
