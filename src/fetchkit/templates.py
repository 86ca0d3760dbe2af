"""Templates such as ``https://…/{name}-{version}-{arch}``: read, check, fill.

Pure. A value that is filled in can never change what kind of thing the template
describes: it may not bring a slash, ``..``, a control character, or anything
that would move a url to another host.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fetchkit.errors import InvalidValueError
from fetchkit.paths import printable

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

VARIABLES = ("name", "version", "os", "arch", "libc", "stack")
"""What every template knows; ``{url}`` exists in signature templates only."""

WHOLE_URLS = frozenset({"url", "checksums"})
"""Variables whose value is a url that was checked already."""

_FIELD = re.compile(r"\{([^{}]*)\}")
_FIELD_NAME = re.compile(r"[a-z][a-z0-9_]*")
_HOST_VALUE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_URL_SAFE = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
)


def template_fault(template: str, known: Collection[str]) -> str | None:
    """Why `template` cannot be filled from the variables `known`, or None."""
    for name in _FIELD.findall(template):
        if not _FIELD_NAME.fullmatch(name) or name not in known:
            listed = ", ".join(f"{{{each}}}" for each in sorted(known))
            return f"unknown variable {printable(f'{{{name}}}')}; there are {listed}"
    rest = _FIELD.sub("", template)
    if "{" in rest or "}" in rest:
        return "a brace without its partner"
    return None


def value_fault(value: str) -> str | None:
    """Why `value` may not be filled into a path or url, or None."""
    if not value:
        return "it is empty"
    if any(not char.isprintable() or char.isspace() for char in value):
        return "it holds a space or control character"
    if "/" in value or "\\" in value:
        return "it holds a slash"
    if ".." in value:
        return "it holds `..`"
    return None


def fill(template: str, values: Mapping[str, str]) -> str:
    """`template` with `values` as they are: for file names and shown text.

    Raises:
        InvalidValueError: a value is missing, empty or not harmless.
    """
    return _FIELD.sub(lambda match: _value(match[1], values, template), template)


def fill_url(template: str, values: Mapping[str, str]) -> str:
    """`template` with `values` percent-encoded: the result has the same structure.

    In the host part a value may only be made of letters, digits, dots and
    hyphens. ``{url}`` and ``{checksums}`` are taken as they are, being whole urls.

    Raises:
        InvalidValueError: as `fill`, or a value that no host name can hold.
    """
    host_end = _host_end(template)

    def encoded(match: re.Match[str]) -> str:
        name = match[1]
        if name in WHOLE_URLS:
            return values[name]
        value = _value(name, values, template)
        if match.start() < host_end:
            if not _HOST_VALUE.fullmatch(value):
                raise InvalidValueError(
                    f"{{{name}}} stands in the host of {printable(template)} and is "
                    f"{printable(value)}",
                    hint="A host name is made of letters, digits, dots and hyphens.",
                )
            return value
        return "".join(
            char
            if char in _URL_SAFE
            else "".join(f"%{byte:02X}" for byte in char.encode())
            for char in value
        )

    return _FIELD.sub(encoded, template)


def _value(name: str, values: Mapping[str, str], template: str) -> str:
    value = values.get(name, "")
    fault = value_fault(value)
    if fault is not None:
        shown = printable(value) if value else "not known here"
        raise InvalidValueError(
            f"{{{name}}} in {printable(template)} is {shown}: {fault}"
        )
    return value


def _host_end(template: str) -> int:
    """Index of the first character after scheme and host."""
    start = template.find("://")
    if start < 0:
        return 0
    slash = template.find("/", start + 3)
    return len(template) if slash < 0 else slash
