"""The process a command runs in: its signals, and streams that may be missing."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


class Interrupted(BaseException):
    """Somebody sent SIGTERM: clean up, then go."""


@contextmanager
def raising_on_sigterm() -> Iterator[None]:
    """Turn SIGTERM into `Interrupted`, so that what is half done is cleaned up."""

    def raise_interrupted(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise Interrupted

    try:
        before = signal.signal(signal.SIGTERM, raise_interrupted)
    except ValueError:  # not in the main thread: whoever is there decides
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def ensure_streams() -> None:
    """Put /dev/null where standard input, output or error are closed.

    Opened in this order each takes its own number, the lowest that is free.
    Otherwise the next file we open would take it, and what is meant for people
    would be written into that.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stream = open(os.devnull, mode, encoding="utf-8")  # noqa: SIM115 -- for the life of the process
            setattr(sys, name, stream)


def forget_output() -> None:
    """Keep the interpreter from flushing, at its end, to a reader that has gone."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
