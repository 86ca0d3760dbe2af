"""An app's variables in a directory: file name is key, content is value.

Heroku's ENV_DIR (platform-contracts H-8) and a CNB platform's ``env`` (N-15).
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from fetchkit.errors import InputError
from fetchkit.fs import translated

if TYPE_CHECKING:
    from collections.abc import Collection

MAX_VARIABLE_BYTES = 128 * 1024
"""Longest value Linux could pass to a program."""


def read_variables(directory: str, accept: Collection[str]) -> dict[str, str]:
    """The accepted variables in `directory`; all others stay unread.

    A directory that does not exist is an empty one. The value is the whole file.

    Raises:
        InputError: a file is too large, or is not what an environment can hold.
    """
    found = {}
    for name in sorted(accept):
        path = os.path.join(directory, name)
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
