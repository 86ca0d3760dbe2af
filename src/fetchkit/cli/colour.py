"""Whether a stream wants colours: ``--color``, ``NO_COLOR``, the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fetchkit.host import read_environ

if TYPE_CHECKING:
    from typing import TextIO


def wants_colour(stream: TextIO, choice: str | None) -> bool:
    """Whether to colour what goes to `stream`.

    Args:
        choice: ``always``, ``never``; anything else decides by the terminal and
            by ``NO_COLOR`` (no-color.org: set and not empty means no).
    """
    if choice in {"always", "never"}:
        return choice == "always"
    environ = read_environ()
    if environ.get("NO_COLOR") or environ.get("TERM", "dumb") == "dumb":
        return False
    return stream.isatty()
