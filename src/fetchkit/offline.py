"""The proof behind ``--offline``: whoever wants the network is refused, and named.

A hook sees every socket, every look-up of a name and every start of a process that
Python code asks for (PEP 578), whichever module asks. Children that we start get an
empty network namespace where the system grants one. Native code inside this process
could pass by the hook; fetchkit carries none.

What is forbidden holds for the process: a hook is never removed, so this module keeps
the one switch that it looks at.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Any

from fetchkit.errors import OfflineError
from fetchkit.paths import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

_AF_UNIX = 1
_UNSHARE = "/usr/bin/unshare"
_NAMESPACES = (("--net",), ("--user", "--map-root-user", "--net"))
"""What makes an empty network: the first takes a capability, the second what many
systems allow to everybody and containers often forbid."""

_STANDARD_LIBRARY = os.path.dirname(os.__file__) + os.sep
_HINT = (
    "Offline is a promise that nothing reaches the network. Remove what tries to, or "
    "run without --offline and FETCHKIT_OFFLINE."
)


class _Switch:
    """Whether the network is forbidden just now."""

    def __init__(self) -> None:
        self.depth = 0


_SWITCH = _Switch()
_MAY_START_CHILD: ContextVar[bool] = ContextVar("may_start_child", default=False)


@contextmanager
def network_forbidden() -> Iterator[None]:
    """Refuse the network to this process, all its threads, while the block runs.

    Who tries gets an `OfflineError` that names the module and line. Sockets between
    processes of one machine (``AF_UNIX``) are left alone.
    """
    _install_hook()
    _SWITCH.depth += 1
    try:
        yield
    finally:
        _SWITCH.depth -= 1


@contextmanager
def starting_child() -> Iterator[tuple[str, ...]]:
    """Let the block start a process, and yield what to put before its command.

    That is empty where the network is not forbidden, or where this system lets
    nobody start a process without one.
    """
    if not _SWITCH.depth:
        yield ()
        return
    allowed = _MAY_START_CHILD.set(True)
    try:
        yield _find_isolation()
    finally:
        _MAY_START_CHILD.reset(allowed)


@cache
def _install_hook() -> None:
    sys.addaudithook(_refuse)


@cache
def _find_isolation() -> tuple[str, ...]:
    """A command that runs another without a network; empty if there is none here."""
    for options in _NAMESPACES:
        command = (_UNSHARE, *options, "--")
        if _succeeds((*command, "true")):
            return command
    return ()


def _succeeds(command: tuple[str, ...]) -> bool:
    silence = [
        (os.POSIX_SPAWN_OPEN, descriptor, os.devnull, os.O_RDWR, 0)
        for descriptor in (0, 1, 2)
    ]
    try:
        child = os.posix_spawn(
            command[0], command, {"PATH": os.defpath}, file_actions=silence
        )
    except OSError:
        return False
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _refuse(event: str, args: tuple[Any, ...]) -> None:
    """Called for everything that happens; has to be quick to say nothing."""
    describe = _FORBIDDEN.get(event)
    if describe is None or not _SWITCH.depth:
        return
    wanted = describe(args)
    if wanted is not None:
        raise OfflineError(f"offline, and {_culprit()} wants to {wanted}", hint=_HINT)


def _describe_new_socket(args: tuple[Any, ...]) -> str | None:
    family = args[1]
    return None if family == _AF_UNIX else "open a network socket"


def _describe_use(args: tuple[Any, ...]) -> str | None:
    """A socket that was there before."""
    if args[0].family == _AF_UNIX:
        return None
    return f"reach {_shown(args[1])}"


def _describe_lookup(args: tuple[Any, ...]) -> str:
    return f"look up {_shown(args[0])}"


def _describe_child(args: tuple[Any, ...]) -> str | None:
    if _MAY_START_CHILD.get():
        return None
    what = f": {_shown(args[0])}" if args else ""
    return f"start a process, which could reach the network{what}"


_FORBIDDEN: dict[str, Callable[[tuple[Any, ...]], str | None]] = {
    "socket.__new__": _describe_new_socket,
    **dict.fromkeys(
        ("socket.bind", "socket.connect", "socket.sendto", "socket.sendmsg"),
        _describe_use,
    ),
    **dict.fromkeys(
        (
            "socket.getaddrinfo",
            "socket.gethostbyaddr",
            "socket.gethostbyname",
            "socket.getnameinfo",
        ),
        _describe_lookup,
    ),
    **dict.fromkeys(
        (
            "os.exec",
            "os.fork",
            "os.forkpty",
            "os.posix_spawn",
            "os.system",
            "subprocess.Popen",
        ),
        _describe_child,
    ),
}
"""Event (Python's audit events table) -> what it is called, or None if it may be."""


def _culprit() -> str:
    """The nearest caller that is neither this module nor the standard library."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 -- no other way is cheap
    while frame is not None and _is_passed_over(frame):
        frame = frame.f_back
    if frame is None:
        return "Python itself"
    return f"{_module(frame)} (line {frame.f_lineno})"


def _is_passed_over(frame: FrameType) -> bool:
    path = frame.f_code.co_filename
    is_library = path.startswith(_STANDARD_LIBRARY) and "site-packages" not in path
    return is_library or path.startswith("<frozen ") or _module(frame) == __name__


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "code without a module"))


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        value = ":".join(map(str, value[:2]))
    text = os.fsdecode(value) if isinstance(value, bytes) else str(value)
    return printable(text, limit=80)
