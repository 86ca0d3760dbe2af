"""What is on disk, as a value that can be compared whole."""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

GONE = {"": "nothing"}


def listing(root: Path) -> dict[str, str]:
    """Every name below `root` -> ``dir 755``, ``file 644 <sha256>``, ``link to``."""
    if not os.path.lexists(root):
        return GONE
    found = {"": _describe(str(root))}
    for directory, directories, files in os.walk(root):
        for name in (*directories, *files):
            path = os.path.join(directory, name)
            found[os.path.relpath(path, root)] = _describe(path)
    return dict(sorted(found.items()))


def outline(root: Path) -> str:
    """The same for people: one line a name, ``dir``, mode of a file, ``-> target``."""
    lines = []
    for name, what in listing(root).items():
        kind, _, detail = what.partition(" ")
        shown = {"link": f"-> {detail}", "dir": "dir"}.get(kind, detail.split()[0])
        lines.append(f"{name or '.'} {shown}")
    return "\n".join(lines)


def held_locks(directory: Path) -> list[str]:
    """The lock files in `directory` that some process still holds."""
    return [path.name for path in directory.glob("*") if _is_held(path)]


def processes_about(text: str) -> list[str]:
    """The command lines of running processes that mention `text`."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/cmdline", "rb") as file:
                line = file.read().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if text in line:
            found.append(line)
    return found


def _describe(path: str) -> str:
    info = os.lstat(path)
    mode = f"{stat.S_IMODE(info.st_mode):o}"
    if stat.S_ISLNK(info.st_mode):
        return f"link {os.readlink(path)}"
    if stat.S_ISDIR(info.st_mode):
        return f"dir {mode}"
    if not stat.S_ISREG(info.st_mode):
        return f"special {mode}"
    with open(path, "rb") as file:
        return f"file {mode} {hashlib.sha256(file.read()).hexdigest()}"


def _is_held(path: Path) -> bool:
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False
