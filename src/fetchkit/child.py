"""Child processes that cannot hang us, flood us or outlive us.

The only owner of `subprocess`. A child gets a new session, five environment
variables, pipes and a deadline; it reads from no terminal and inherits no other
descriptor. Knows nothing of what the child does.

One thread and one selector: whoever writes also drains what comes back, so that
neither side ever waits for the other to read.
"""

from __future__ import annotations

import fcntl
import os
import selectors
import signal
import subprocess
import time
from contextlib import suppress
from typing import IO, TYPE_CHECKING, NamedTuple, cast

from fetchkit.offline import starting_child

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from typing_extensions import Self

MAX_OUTPUT_BYTES = 1024 * 1024
"""Most a child may write to one of its pipes."""

_READ_BYTES = 64 * 1024
_PIPE_BYTES = 1024 * 1024
"""What the pipe to a child should hold: while it works through that, we wait for
nobody. Linux allows it to everyone; elsewhere pipes stay as they are."""

_DRAIN_SECONDS = 0.001
"""How long a full pipe of that size is left alone. gpgv takes 8 KiB at a time, and
whoever waits for space is woken each time: 22,000 times for 200 MB, which cost both
sides 0.2 s of processor time. It works through a third of the pipe meanwhile."""

_LOWEST_EXTRA_FD = 3


class ChildError(Exception):
    """A child broke the rules. The text is a predicate: "timed out after 30 s"."""


class Ending(NamedTuple):
    """How a child ended, and all it wrote."""

    exit_code: int
    """Its exit status; negative: the signal that ended it."""
    status: bytes
    """What it wrote to the descriptor made for it."""
    talk: bytes
    """What it wrote to standard output and standard error."""


class Child:
    """A running child. Made by `start`; ended when its `with` block is left."""

    def __init__(
        self, process: subprocess.Popen[bytes], status: int, timeout: float
    ) -> None:
        self._process = process
        self._timeout = timeout
        self._input = cast("IO[bytes]", process.stdin)
        self._output = cast("IO[bytes]", process.stdout)
        self._selector = selectors.DefaultSelector()
        self._received: dict[int, bytearray] = {}
        self._status, self._talk = status, self._output.fileno()
        for descriptor in (self._status, self._talk):
            os.set_blocking(descriptor, False)
            self._selector.register(descriptor, selectors.EVENT_READ)
            self._received[descriptor] = bytearray()
        os.set_blocking(self._input.fileno(), False)
        self._is_roomy = _enlarge(self._input.fileno())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def write(self, data: bytes | memoryview) -> None:
        """Hand `data` to the child.

        A child that has stopped reading, or ended, is no error: what it wrote
        until then, and `finish`, tell why.

        Raises:
            ChildError: it took no byte within the timeout, or writes too much.
        """
        rest = memoryview(data)
        deadline = time.monotonic() + self._timeout
        while rest and not self._input.closed:
            taken = self._write_some(rest)
            if taken:
                rest = rest[taken:]
                deadline = time.monotonic() + self._timeout
            else:
                self._wait_to_write(deadline)

    def finish(self) -> Ending:
        """Say that nothing more comes, and wait for the child to end.

        Raises:
            ChildError: it, or a process it started, is not done within the timeout.
        """
        deadline = time.monotonic() + self._timeout
        self._input.close()
        while self._selector.get_map():
            self._pump(deadline)
        try:
            exit_code = self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise self._timed_out() from None
        status, talk = self._received[self._status], self._received[self._talk]
        return Ending(exit_code, bytes(status), bytes(talk))

    def close(self) -> None:
        """End the child and all it started, whatever state it is in."""
        # Only while it is not reaped: its number may be somebody else's after that.
        if self._process.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._selector.close()
        self._input.close()
        self._output.close()
        os.close(self._status)

    def _write_some(self, data: memoryview) -> int:
        try:
            return os.write(self._input.fileno(), data)
        except BlockingIOError:
            return 0
        except BrokenPipeError:
            self._input.close()
            return len(data)

    def _wait_to_write(self, deadline: float) -> None:
        if self._is_roomy and time.monotonic() < deadline:
            self._take_in(_DRAIN_SECONDS)
            return
        self._selector.register(self._input, selectors.EVENT_WRITE)
        try:
            self._pump(deadline)
        finally:
            self._selector.unregister(self._input)

    def _pump(self, deadline: float) -> None:
        """Wait until something can be done, and take in what the child wrote."""
        left = deadline - time.monotonic()
        if left <= 0 or not self._take_in(left):
            raise self._timed_out()

    def _take_in(self, seconds: float) -> bool:
        """Take in what the child writes; False if nothing happened for `seconds`."""
        ready = self._selector.select(seconds)
        for key, _ in ready:
            if key.fd not in self._received:
                continue
            chunk = os.read(key.fd, _READ_BYTES)
            if not chunk:
                self._selector.unregister(key.fd)
            self._received[key.fd] += chunk
            if len(self._received[key.fd]) > MAX_OUTPUT_BYTES:
                raise ChildError(f"wrote more than {MAX_OUTPUT_BYTES} bytes")
        return bool(ready)

    def _timed_out(self) -> ChildError:
        return ChildError(f"timed out after {self._timeout:g} s")


def start(
    arguments: Callable[[int], Sequence[str]], *, home: str, timeout: float
) -> Child:
    """Start a child. Use what is returned in a `with` block.

    Args:
        arguments: makes the command line, an absolute path first, given the number
            of a descriptor for machine-readable output.
        home: its ``HOME`` and ``GNUPGHOME``.
        timeout: seconds after which a child that makes no progress counts as hung.

    Raises:
        OSError: it cannot be started.
    """
    status_read, status_write = os.pipe()
    try:
        status_write = _above_standard(status_write)
        with starting_child() as isolation:
            process = subprocess.Popen(
                [*isolation, *arguments(status_write)],
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(status_write,),
                env=_environment(home),
                start_new_session=True,
            )
    except BaseException:
        os.close(status_read)
        raise
    finally:
        os.close(status_write)
    return Child(process, status_read, timeout)


def _enlarge(pipe: int) -> bool:
    """Make `pipe` hold `_PIPE_BYTES`, and return whether it does."""
    if not hasattr(fcntl, "F_SETPIPE_SZ"):
        return False
    try:
        return fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES) >= _PIPE_BYTES
    except OSError:
        return False


def _environment(home: str) -> dict[str, str]:
    return {
        "PATH": os.defpath,
        "LC_ALL": "C",
        "TZ": "UTC",
        "HOME": home,
        "GNUPGHOME": home,
    }


def _above_standard(descriptor: int) -> int:
    """`descriptor` under a number that is not standard input, output or error.

    Where those three are closed a new pipe takes their numbers, and in the child
    they are replaced: status and talk would end in one stream.
    """
    if descriptor >= _LOWEST_EXTRA_FD:
        return descriptor
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _LOWEST_EXTRA_FD)
    os.close(descriptor)
    return moved
