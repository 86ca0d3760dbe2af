"""What the last buildpack wires for all of them when the app runs (2.4)."""

from __future__ import annotations

import os
import re
import shlex
import stat
from typing import TYPE_CHECKING

from fetchkit.fs import ensure_dir, translated, write_atomic
from fetchkit.lifecycles.cloudfoundry.staging import (
    LAUNCH_LISTS,
    indices,
    indices_with,
    regular_files,
)
from fetchkit.lifecycles.processes import program_of, read_procfile, wrap_processes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fetchkit.artifact import Resolved
    from fetchkit.lifecycles.cloudfoundry.call import Call
    from fetchkit.lifecycles.processes import Notes

MULTI_SUPPLY = "000_multi-supply.sh"
SET_DEPS_DIR = "0000_set-deps-dir.sh"
_SCRIPT_MODE = 0o755


def wire(call: Call) -> None:
    """Let the app have what every buildpack supplied (C-21, C-22).

    Raises:
        StorageError: PROFILE_DIR cannot be written to.
    """
    ensure_dir(call.profile_dir)
    _write_script(call, MULTI_SUPPLY, render_launch_environ(call.deps_dir))
    if call.is_legacy:
        where = os.path.relpath(call.deps_dir, call.build_dir)
        _write_script(call, SET_DEPS_DIR, f'export DEPS_DIR="$HOME"/{where}\n')
    for index in sorted(indices(call.deps_dir)):
        scripts = os.path.join(call.deps_dir, index, "profile.d")
        for path in regular_files(scripts):
            # The launcher splits names at spaces when it sources them (C-27).
            name = re.sub(r"\s", "_", f"{index}_{os.path.basename(path)}")
            with translated(path), open(path, "rb") as file:
                mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
                _write(os.path.join(call.profile_dir, name), file.read(), mode)


def render_launch_environ(deps_dir: str) -> str:
    """The lists of directories that all buildpacks supply, as a script (C-21).

    The last buildpack comes first; a variable that was empty gets no colon.
    """
    lines = []
    for variable, directory in LAUNCH_LISTS.items():
        parts = [
            f'"$DEPS_DIR"/{shlex.quote(index)}/{directory}'
            for index in indices_with(deps_dir, directory)
        ]
        if parts:
            rest = f'"${{{variable}:+:${variable}}}"'
            lines.append(f"export {variable}={':'.join(parts)}{rest}\n")
    return "".join(lines)


def wrap(call: Call, resolved: Sequence[Resolved]) -> Notes:
    """Put programs in front of the app's processes: only the last buildpack may (C-13).

    Raises:
        InputError: the Procfile cannot be read.
        StorageError: it cannot be written.
    """
    before = read_procfile(call.build_dir)
    root = f"$DEPS_DIR/{call.index}"
    procfile, notes = wrap_processes(
        before, resolved, lambda each: program_of(each, root)
    )
    if procfile is not None and procfile != before:
        path = os.path.join(call.build_dir, "Procfile")
        mode = stat.S_IMODE(os.stat(path).st_mode)
        write_atomic(path, procfile.data, mode)
    return notes


def _write_script(call: Call, name: str, text: str) -> None:
    _write(os.path.join(call.profile_dir, name), text.encode(), _SCRIPT_MODE)


def _write(path: str, data: bytes, mode: int) -> None:
    write_atomic(path, data, mode, is_durable=False)
