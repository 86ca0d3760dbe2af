"""Python loads this when it starts: the n-th change to a disk ends the program.

Or fails, as on a full disk. The interpreter itself reports each change before it is
made (PEP 578), so the program under test is the real one, unpatched. ``TEST_FAULT``
is ``ACTION NUMBER FILE``; FILE is made when the fault happens.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading

CHANGES = frozenset(
    {
        *("os.rename", "os.link", "os.symlink", "os.remove"),
        *("os.mkdir", "os.rmdir", "os.chmod", "os.truncate"),
    }
)
REMOVALS = frozenset({"os.remove", "os.rmdir"})
"""Never for want of space: a full disk still lets go."""
WRITING = os.O_WRONLY | os.O_RDWR


class Fault:
    """Counts changes, and strikes once."""

    def __init__(self, action: str, number: int, marker: str) -> None:
        self._action = action
        self._changes = CHANGES if action == "kill" else CHANGES - REMOVALS
        self._left = number
        self._marker = marker
        self._lock = threading.Lock()

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if event not in self._changes and not _opens_for_writing(event, arguments):
            return
        with self._lock:
            self._left -= 1
            is_now = self._left == 0
        if is_now:
            self._strike()

    def _strike(self) -> None:
        os.close(os.open(self._marker, os.O_WRONLY | os.O_CREAT, 0o600))
        if self._action == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        number = getattr(errno, self._action)
        raise OSError(number, os.strerror(number))


def _opens_for_writing(event: str, arguments: tuple[object, ...]) -> bool:
    if event != "open" or not isinstance(arguments[0], str):
        return False
    flags = arguments[2]
    return (
        isinstance(flags, int)
        and bool(flags & WRITING)
        and not arguments[0].startswith("/dev/")
    )


if wanted := os.environ.get("TEST_FAULT"):
    action, number, marker = wanted.split(" ", 2)
    sys.addaudithook(Fault(action, int(number), marker))
