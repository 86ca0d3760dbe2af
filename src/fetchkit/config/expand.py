"""``${VAR}`` in the values of a configuration file. Pure.

Only there: a manifest says what it reads from the environment in its ``env`` table.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_REFERENCE = re.compile(
    r"\$(?:(?P<dollar>\$)|\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"(?::(?P<kind>[-?])(?P<word>[^{}]*))?\}|(?P<broken>\{))"
)


def expand(text: str, environ: Mapping[str, str]) -> str:
    """`text` with its references filled, as a shell would.

    ``${VAR}`` has to be set, ``${VAR:-word}`` is ``word`` where it is unset or empty,
    ``${VAR:?message}`` fails with ``message`` there. ``$$`` is one ``$``; a ``$``
    before anything else stands for itself. What was filled in is not looked at
    again.

    Raises:
        ValueError: a variable is needed and not set, or a reference is malformed.
    """

    def fill(match: re.Match[str]) -> str:
        if match["dollar"]:
            return "$"
        if match["broken"]:
            raise ValueError("`${` begins no reference such as ${VAR} or ${VAR:-word}")
        name, kind = match["name"], match["kind"]
        value = environ.get(name)
        if value or (value is not None and kind is None):
            return value
        if kind == "-":
            return str(match["word"])
        raise ValueError(match["word"] or f"the variable {name} is not set")

    return _REFERENCE.sub(fill, text)
