"""Where the time of a run went: spans by thread, written as a Chrome trace.

The format is the "JSON object format" of the Trace Event specification, complete
events (``"ph": "X"``) with times in microseconds; Perfetto and chrome://tracing
open it. A run that is not traced pays one method call a span.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any

from fetchkit.errors import FetchkitError, StorageError
from fetchkit.fs import write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

_NOTHING = nullcontext()


class Untraced:
    """The `Tracer` that notes nothing."""

    def span(self, name: str, **facts: str | int) -> AbstractContextManager[None]:
        """Do nothing around the block."""
        del name, facts
        return _NOTHING


UNTRACED = Untraced()


class ChromeTrace:
    """The `Tracer` that keeps every span that has ended, in memory."""

    def __init__(self) -> None:
        self._started = time.perf_counter_ns()
        # Appending to a list and setting a key are atomic: no lock is needed.
        self._spans: list[dict[str, Any]] = []
        self._threads: dict[int, str] = {}

    @contextmanager
    def span(self, name: str, **facts: str | int) -> Iterator[None]:
        """Note how long the block takes; see `fetchkit.ports.Tracer`."""
        thread = threading.current_thread()
        thread_id = thread.native_id or 0
        self._threads[thread_id] = thread.name
        noted: dict[str, str | int] = dict(facts)
        since = time.perf_counter_ns()
        try:
            yield
        except BaseException as error:
            noted["error"] = (
                error.kind if isinstance(error, FetchkitError) else type(error).__name__
            )
            raise
        finally:
            self._spans.append(
                {
                    "name": name,
                    "cat": "fetchkit",
                    "ph": "X",
                    "ts": (since - self._started) / 1000,
                    "dur": (time.perf_counter_ns() - since) / 1000,
                    "pid": os.getpid(),
                    "tid": thread_id,
                    "args": noted,
                }
            )

    def render(self) -> bytes:
        """The trace as a JSON document."""
        import json

        names = [
            {
                "name": "thread_name",
                "ph": "M",
                "pid": os.getpid(),
                "tid": thread_id,
                "args": {"name": name},
            }
            for thread_id, name in list(self._threads.items())
        ]
        document = {
            "traceEvents": [*names, *list(self._spans)],
            "displayTimeUnit": "ms",
        }
        return json.dumps(document, sort_keys=True).encode() + b"\n"


@contextmanager
def tracing(path: str) -> Iterator[ChromeTrace]:
    """Trace the block and write `path` when it ends, also when it fails.

    Raises:
        StorageError: the file could not be written, and nothing else went wrong.
    """
    trace = ChromeTrace()
    try:
        with trace.span("run"):
            yield trace
    except BaseException:
        with suppress(StorageError):  # why the run failed is the news
            write_atomic(path, trace.render())
        raise
    write_atomic(path, trace.render())
