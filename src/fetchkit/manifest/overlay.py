"""Configuration out of variables, in the manner of ``JBP_CONFIG_OPEN_JDK_JRE``.

An operator sets a default for all apps, an app its own; each holds YAML, usually in
flow style, that is laid over the one before it. Pure.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fetchkit.errors import InvalidValueError, ManifestError
from fetchkit.manifest.verbatim import parse_verbatim
from fetchkit.values import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fetchkit.manifest.verbatim import Node

DEFAULT_KEY = "version"
_ANY_BUILD = re.compile(r"(?<=[._])\+$")


@frozen
class Overlay:
    """Which variables configure an artifact, and where its version stands in them."""

    variables: tuple[str, ...]
    """Later ones go before earlier ones: the operator's default, then the app's."""
    key: str = DEFAULT_KEY
    """Dotted way to the version, such as ``jre.version``."""


def configured_version(overlay: Overlay, environ: Mapping[str, str]) -> str | None:
    """The version that the variables ask for; None if they ask for none.

    ``17.+``, the Ruby buildpacks' wildcard, comes back as ``17.*``.

    Raises:
        InvalidValueError: a variable is not YAML, not a mapping, or its version is
            not a text.
    """
    merged: Node = {}
    for variable in overlay.variables:
        if text := environ.get(variable, ""):
            merged = _merged(merged, _parse(variable, text))
    for part in overlay.key.split("."):
        merged = merged.get(part, "") if isinstance(merged, dict) else ""
    if not isinstance(merged, str):
        names = ", ".join(overlay.variables)
        raise InvalidValueError(
            f"environment variable {names}: `{overlay.key}` is no version",
            hint=f"Write {{ {overlay.key}: 17.x }}.",
        )
    return _ANY_BUILD.sub("*", merged) or None


def _parse(variable: str, text: str) -> Node:
    hint = f"Set {variable} to YAML such as '{{ version: 17.x }}', or unset it."
    try:
        node = parse_verbatim(text.encode("utf-8", "surrogateescape"), variable)
    except ManifestError as error:
        message = f"environment variable {error.message}"
        raise InvalidValueError(message, hint=hint) from None
    if not isinstance(node, dict):
        raise InvalidValueError(
            f"environment variable {variable}: expected keys and values", hint=hint
        )
    return node


def _merged(below: Node, above: Node) -> Node:
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    return {
        **below,
        **{key: _merged(below.get(key, ""), content) for key, content in above.items()},
    }
