"""Modules -> one pack of compiled code for one Python.

A pack is a marshalled dict: module name -> zlib-compressed marshalled code. One entry
in the zip instead of a tree of ``.pyc`` files, because Python reads the whole
directory of the zip at every start; compressed module by module, because a start
needs few of them. `payload/start.py` reads it.
"""

from __future__ import annotations

import json
import marshal
import os
import subprocess
import zlib
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, cast

from fetchkit_build.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fetchkit_build.interpreters import Interpreter

MODULES = "site-packages/"
_COMPILER = os.path.join(os.path.dirname(__file__), "payload", "compile_modules.py")
_SHOWN_AS = "fetchkit.pyz/"
"""What stands before a file's name in a traceback: never a path of the builder."""

SELDOM = {
    "filelock.asyncio": "never: the lock is taken in a thread",
    "filelock._async*": "the same",
    "filelock._lease": "never",
    "filelock._read_write": "never",
    "filelock._soft*": "never",
    "filelock._strict": "never",
    "filelock._windows": "never",
    "idna.uts46data": "httpx encodes host names without the UTS 46 mapping",
    "platformdirs.android": "another system",
    "platformdirs.macos": "another system",
    "platformdirs.windows": "another system",
    "semver*": "to compare prereleases, when a lock is made",
    "shtab*": "once in the life of a shell",
    "tqdm.gui": "never",
}
"""Modules that are there as source alone -> when they are imported. A pack costs
every user a megabyte of download; these would be a fifth of it."""

MARSHAL_VERSION = 2
"""Strings, bytes and dicts without references: the same bytes from every Python."""


def entry_name(interpreter: Interpreter) -> str:
    """The name of a Python's pack in the zip."""
    return f"bytecode/{interpreter.cache_tag}.{interpreter.magic}"


def pack(entries: Mapping[str, bytes], interpreter: Interpreter) -> bytes:
    """The pack of `entries` for `interpreter`: every module but the `SELDOM` ones.

    The same entries and the same release of Python give the same bytes, whichever
    Python runs this.

    Raises:
        BuildError: a module does not compile there.
    """
    request = {
        module_name(name): [_SHOWN_AS + name, source.decode()]
        for name, source in sorted(entries.items())
        if name.startswith(MODULES)
        and name.endswith(".py")
        and not any(fnmatchcase(module_name(name), pattern) for pattern in SELDOM)
    }
    answer = subprocess.run(
        [interpreter.executable, "-S", "-B", _COMPILER],
        input=json.dumps(request).encode(),
        capture_output=True,
        check=False,
        env={"PYTHONHASHSEED": "0"},
    )
    if answer.returncode:
        raise BuildError(
            f"Python {interpreter.series} cannot compile what the pyz carries:\n"
            f"{answer.stderr.decode(errors='replace')}"
        )
    compiled = cast("dict[str, bytes]", marshal.loads(answer.stdout))  # noqa: S302 - our own child
    return marshal.dumps(
        {name: zlib.compress(code, 9) for name, code in compiled.items()},
        MARSHAL_VERSION,
    )


def module_name(entry: str) -> str:
    """The dotted name of the module in a zip entry.

    Example:
        >>> module_name("site-packages/httpx/__init__.py")
        'httpx'
    """
    path = entry.removeprefix(MODULES).removesuffix(".py").removesuffix("/__init__")
    return path.replace("/", ".")
