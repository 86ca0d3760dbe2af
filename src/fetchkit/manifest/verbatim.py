"""YAML text -> mappings, lists and texts, every scalar as it is written.

Cloud Foundry's files are read by Go into fields of strings: ``1.10`` is a version and
``2026-01-01`` a text (platform-contracts M-4). What a loader makes of them is lost for
good, so this one looks at the parser's events and decides nothing about scalars.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from fetchkit.errors import Fault, ManifestError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ruamel.yaml.events import Event

Node: TypeAlias = "str | list[Node] | dict[str, Node]"

MAX_BYTES = 1024 * 1024
_MERGE = "<<"


def parse_verbatim(data: bytes, document: str) -> Node:
    """Read one YAML document; an empty one is an empty text.

    Raises:
        ManifestError: too large, not UTF-8, not YAML, a key that is no text or stands
            twice, an alias of nothing, or nested beyond reason.
    """
    if len(data) > MAX_BYTES:
        raise _unreadable(document, f"larger than {MAX_BYTES} bytes")
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        events = YAML(typ="safe", pure=True).parse(data.decode())
        return _Builder(document).build(events)
    except UnicodeDecodeError as error:
        raise _unreadable(document, f"not UTF-8 at byte {error.start}") from None
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or type(error).__name__
        raise _unreadable(document, f"not YAML: {problem}{where}") from None
    except (RecursionError, ValueError) as error:
        message = f"not readable as YAML: {type(error).__name__}"
        raise _unreadable(document, message) from None


class _Builder:
    """Makes nodes of events. An alias is the same node again, not a copy."""

    def __init__(self, document: str) -> None:
        self._document = document
        self._anchors: dict[str, Node] = {}

    def build(self, events: Iterator[Event]) -> Node:
        from ruamel.yaml.events import DocumentStartEvent, StreamEndEvent

        for event in events:
            if isinstance(event, DocumentStartEvent):
                return self._node(next(events), events)
            if isinstance(event, StreamEndEvent):
                break
        return ""

    def _node(self, event: Event, events: Iterator[Event]) -> Node:
        from ruamel.yaml.events import (
            AliasEvent,
            MappingStartEvent,
            ScalarEvent,
            SequenceStartEvent,
        )

        name = str(getattr(event, "anchor", None) or "")
        if isinstance(event, AliasEvent):
            if name not in self._anchors:
                raise self._fault(event, f"`*{name}` stands for nothing")
            return self._anchors[name]
        node: Node = ""
        if isinstance(event, ScalarEvent):
            node = str(event.value)
        elif isinstance(event, SequenceStartEvent):
            node = list(self._items(events))
        elif isinstance(event, MappingStartEvent):
            node = self._mapping(events)
        if name:
            self._anchors[name] = node
        return node

    def _items(self, events: Iterator[Event]) -> Iterator[Node]:
        from ruamel.yaml.events import SequenceEndEvent

        while not isinstance(event := next(events), SequenceEndEvent):
            yield self._node(event, events)

    def _mapping(self, events: Iterator[Event]) -> dict[str, Node]:
        from ruamel.yaml.events import MappingEndEvent

        found: dict[str, Node] = {}
        merged: dict[str, Node] = {}
        while not isinstance(event := next(events), MappingEndEvent):
            key = self._node(event, events)
            content = self._node(next(events), events)
            if not isinstance(key, str):
                raise self._fault(event, "a key is a list or a mapping")
            if key == _MERGE:
                for each in content if isinstance(content, list) else [content]:
                    merged = {**(each if isinstance(each, dict) else {}), **merged}
            elif key in found:
                raise self._fault(event, f"`{key[:60]}` stands twice")
            else:
                found[key] = content
        return {**merged, **found}

    def _fault(self, event: Event, message: str) -> ManifestError:
        mark = getattr(event, "start_mark", None)
        where = f"line {mark.line + 1}: " if mark is not None else ""
        return _unreadable(self._document, f"{where}{message}")


def _unreadable(document: str, message: str) -> ManifestError:
    return ManifestError(document, [Fault("", message)])
