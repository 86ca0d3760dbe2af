"""Processes and sidecars as Cloud Foundry reads them (platform-contracts 2.6).

Pure: values in, YAML text out. Every scalar is written as a JSON string, which YAML
reads as the same string whatever is in it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fetchkit.artifact import Process


def processes_of(processes: Iterable[Process | None]) -> tuple[Process, ...]:
    """Those that there are; of two with one name the later, as the platform has it."""
    found = {each.type: each for each in processes if each is not None}
    return tuple(found.values())


def render_launch(processes: Iterable[Process]) -> str:
    """The content of ``launch.yml`` (C-29); empty without a process."""
    lines = []
    for each in processes:
        lines += [f"- type: {_text(each.type)}", f"  command: {_text(each.command)}"]
        if each.memory is not None:
            lines += ["  limits:", f"    memory: {each.memory}"]
        if each.sidecar_for:
            lines += ["  platforms:", "    cloudfoundry:", "      sidecar_for:"]
            lines += [f"      - {_text(name)}" for name in each.sidecar_for]
    return _document("processes:", lines) if lines else ""


def render_release(processes: Iterable[Process]) -> str:
    """What ``release`` prints: the same process types, for who asks there (C-4).

    It has no words for a sidecar, so those are in ``launch.yml`` only.
    """
    lines = [
        f"  {_text(each.type)}: {_text(each.command)}"
        for each in processes
        if not each.sidecar_for
    ]
    if not lines:
        return "default_process_types: {}\n"
    return _document("default_process_types:", lines)


def render_config(name: str, version: str, config: Mapping[str, str]) -> str:
    """The content of ``config.yml`` (C-17): who supplied this, and what."""
    lines = [f"version: {_text(version)}"] if version else []
    inner = [f"  {_text(key)}: {_text(value)}" for key, value in config.items()]
    lines += ["config:", *inner] if inner else ["config: {}"]
    return _document(f"name: {_text(name)}", lines)


def _document(head: str, lines: Iterable[str]) -> str:
    return "\n".join([head, *lines, ""])


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
