"""The table ``[artifacts.NAME.process]``: what an artifact has to do with processes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from fetchkit.artifact import Process
from fetchkit.errors import InvalidValueError

if TYPE_CHECKING:
    from fetchkit.manifest.fields import Fields

_PROCESS_TYPE = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class Processes(NamedTuple):
    """What the table says."""

    wrap: str | None = None
    """The process type whose command runs through the artifact."""
    advise: str | None = None
    """The process type for which that is only recommended."""
    own: Process | None = None
    """A process of its own."""


def read_processes(name: str, table: Fields) -> Processes:
    """What the artifact called `name` does to processes, or runs as one."""
    inner = table.table("process")
    if inner is None:
        return Processes()
    wrap = inner.parsed("wrap", parse_process_type)
    advise = inner.parsed("advise", parse_process_type)
    if wrap and advise:
        inner.fault("advise", "contradicts `wrap`", "Keep one of them.")
    own = _read_own(name, inner)
    if own is not None and (wrap or advise):
        inner.fault(
            "command",
            "is a process of its own, `wrap` and `advise` change one of the app's",
            "Keep one of them.",
        )
    inner.close()
    return Processes(wrap, advise, own)


def _read_own(name: str, table: Fields) -> Process | None:
    command = table.parsed("command", _parse_command)
    sidecar_for = tuple(
        process
        for index, text in enumerate(table.texts("sidecar_for"))
        if (process := table.checked(f"sidecar_for[{index}]", text, parse_process_type))
    )
    memory = table.whole("memory", least=1)
    type_ = table.parsed("type", parse_process_type) or name
    if command is None:
        for key in ("sidecar_for", "memory", "type"):
            if table.has(key) and not table.has("command"):
                table.fault(key, "belongs to a process", "Add `command`.")
        return None
    if memory is not None and not sidecar_for:
        table.fault("memory", "limits a sidecar", 'Add sidecar_for = ["web"].')
    return Process(type=type_, command=command, sidecar_for=sidecar_for, memory=memory)


def parse_process_type(text: str) -> str:
    """`text` as the name of a process type.

    Raises:
        InvalidValueError: it is none.
    """
    if not _PROCESS_TYPE.fullmatch(text):
        raise InvalidValueError(
            f"not a process type: `{text[:60]}`", hint="Name one, such as web."
        )
    return text


def _parse_command(text: str) -> str:
    if not text.isprintable():
        raise InvalidValueError(
            "a command is one line without control characters",
            hint="Move what is longer into a script.",
        )
    return text
