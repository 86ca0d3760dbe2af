"""A list of versions as it was published -> candidates, in the order of the list.

The list comes from outside: it is read strictly, and a name in it that could not be
part of a path is never a version. What the list is trusted for is which versions
there are; the bytes of a version are verified like any other.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from fetchkit.errors import InvalidValueError, ManifestError, RefusedError, WebPageError
from fetchkit.paths import printable
from fetchkit.versions.order import Version

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Sequence
    from typing import TypeAlias

    Kind: TypeAlias = Literal["json", "toml", "lines"]
    Entry: TypeAlias = "tuple[str, dict[str, Any]]"

MAX_LIST_BYTES = 16 * 1024 * 1024
"""Largest list that is read; npm's for a package with 3,000 versions has 10 MB."""

_MAX_NAME_CHARS = 200
_SHOWN_NAMES = 3
_PUBLISHED_KEYS = ("published_at", "date")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A version somebody published."""

    version: Version
    published_at: float | None = None
    """Seconds since the epoch; None where the list does not say."""
    is_prerelease: bool = False
    """Its name or its publisher says that it is not final."""


def kind_of(data: bytes, file_name: str) -> Kind:
    """How the list `data`, found under `file_name`, is written."""
    if file_name.endswith(".toml"):
        return "toml"
    return "json" if data.lstrip()[:1] in {b"[", b"{"} else "lines"


def parse_candidates(
    data: bytes,
    kind: Kind,
    path: Sequence[str],
    match: re.Pattern[str] | None,
    *,
    subject: str,
) -> tuple[Candidate, ...]:
    """The versions in a list; drafts, other names and repetitions are left out.

    Args:
        path: the way to the names; nothing: the document itself has them.
        match: finds the version in a name; a name without one belongs to something
            else. None: the whole name is the version.
        subject: what is read, for messages.

    Raises:
        RefusedError: it is larger than `MAX_LIST_BYTES`, no document of its kind, or
            has no version.
    """
    if len(data) > MAX_LIST_BYTES:
        raise RefusedError(f"{subject} has more than {MAX_LIST_BYTES} bytes")
    if data.lstrip()[:1] == b"<":
        raise WebPageError(f"{subject} is a web page, not a list of versions")
    found: dict[str, Candidate] = {}
    names = []
    for name, entry in _entries(data, kind, path, subject):
        names.append(name)
        candidate = _candidate(name, entry, match)
        if candidate is not None:
            found.setdefault(candidate.version.text, candidate)
    if not found:
        raise _nothing(names, subject)
    return tuple(found.values())


def _candidate(
    name: str, entry: dict[str, Any], match: re.Pattern[str] | None
) -> Candidate | None:
    if len(name) > _MAX_NAME_CHARS or entry.get("draft") is True:
        return None
    if match is not None:
        part = match.search(name)
        name = (part[1] or "") if part else ""
    try:
        version = Version.parse(name)
    except InvalidValueError:
        return None
    moments = (_parse_time(entry.get(key)) for key in _PUBLISHED_KEYS)
    return Candidate(
        version=version,
        published_at=next((each for each in moments if each is not None), None),
        is_prerelease=version.is_prerelease or entry.get("prerelease") is True,
    )


def _entries(
    data: bytes, kind: Kind, path: Sequence[str], subject: str
) -> Iterator[Entry]:
    if kind == "lines":
        lines = (line.strip() for line in _decode(data, subject).split("\n"))
        return ((line, {}) for line in lines if line and not line.startswith("#"))
    document = (
        _parse_toml(data, subject) if kind == "toml" else _parse_json(data, subject)
    )
    return _names(document, path, {}, subject)


def _names(
    node: object, path: Sequence[str], entry: dict[str, Any], subject: str
) -> Iterator[Entry]:
    """Each name at the end of `path`, with the innermost table it is in."""
    if isinstance(node, dict):
        entry = node
    if not path:
        yield from _leaves(node, entry, subject)
    elif path[0] == "[]" and isinstance(node, list):
        for item in node:
            yield from _names(item, path[1:], entry, subject)
    elif isinstance(node, dict) and path[0] != "[]":
        if path[0] in node:
            yield from _names(node[path[0]], path[1:], entry, subject)
    else:
        raise _unexpected(node, f"at `{path[0]}` of versions_path", subject)


def _leaves(node: object, entry: dict[str, Any], subject: str) -> Iterator[Entry]:
    if isinstance(node, str):
        yield node, entry
    elif isinstance(node, dict):
        for name, value in node.items():
            yield name, value if isinstance(value, dict) else {}
    elif isinstance(node, list) and all(isinstance(item, str) for item in node):
        for item in node:
            yield item, entry
    elif node is not None:
        raise _unexpected(node, "where a version should be", subject)


def _parse_json(data: bytes, subject: str) -> object:
    import json

    def refuse_constant(text: str) -> None:
        raise ValueError(f"{text} is no JSON")

    def read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        table = dict(pairs)
        if len(table) < len(pairs):
            raise ValueError("a key is there twice")
        return table

    text = _decode(data, subject)
    try:
        return json.loads(
            text, object_pairs_hook=read_object, parse_constant=refuse_constant
        )
    except ValueError as error:
        raise RefusedError(f"{subject} is not JSON: {error}") from None
    except RecursionError:
        raise RefusedError(f"{subject} is nested too deeply") from None


def _parse_toml(data: bytes, subject: str) -> object:
    from fetchkit.toml import parse_toml

    try:
        return parse_toml(data, subject)
    except ManifestError as error:
        raise RefusedError(error.message) from None


def _decode(data: bytes, subject: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise RefusedError(f"{subject} is not UTF-8 at byte {error.start}") from None


def _parse_time(value: object) -> float | None:
    """RFC 3339 as JSON has it, or what TOML made of it; a day is its first second."""
    try:
        # fromisoformat reads the Z from Python 3.11 on.
        moment = datetime.datetime.fromisoformat(str(value).replace("Z", "+00:00"))
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=datetime.timezone.utc)
        return moment.timestamp()
    except (ValueError, OverflowError):
        return None


def _unexpected(node: object, place: str, subject: str) -> RefusedError:
    kinds = {dict: "a table", list: "an array", str: "a string", type(None): "nothing"}
    return RefusedError(
        f"{subject} has {kinds.get(type(node), 'a number or flag')} {place}",
        hint="Set versions_path to where the versions are, such as "
        "releases[].tag_name; versions are strings.",
    )


def _nothing(names: Sequence[str], subject: str) -> RefusedError:
    if not names:
        return RefusedError(
            f"{subject} lists nothing", hint="Check `versions` and `versions_path`."
        )
    shown = ", ".join(printable(name, 40) for name in names[:_SHOWN_NAMES])
    return RefusedError(
        f"{subject} lists {len(names)} names and no version: {shown}",
        hint="Set versions_match to a pattern whose one group is the version, such "
        "as ^v(.+)$.",
    )
