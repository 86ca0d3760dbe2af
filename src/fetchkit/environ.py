"""Changes to an app's environment, and how a POSIX shell spells them.

Pure. A value may hold ``{root}``, which stands for the install root; what that is
when the app runs is known only when the text is rendered. The result runs under
`sh`, may be sourced twice, and leaves nothing but its variables behind
(platform-contracts H-21 to H-25).
"""

from __future__ import annotations

import shlex
from enum import Enum
from typing import TYPE_CHECKING

from fetchkit.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fetchkit.artifact import Resolved


class Action(Enum):
    """What happens to a variable that may have a value already."""

    DEFAULT = "default"
    """Set unless it has a value: the app's own configuration wins (H-15)."""
    PREPEND = "prepend"
    """Put in front of a colon-separated list, once."""


@frozen
class EnvChange:
    """One change to one variable."""

    name: str
    action: Action
    value: str
    """May hold ``{root}``."""


def changes_for(resolved: Iterable[Resolved]) -> tuple[EnvChange, ...]:
    """What the installations of `resolved` ask for, in manifest order."""
    changes = []
    for each in resolved:
        installation = each.installation
        base = "{root}" if installation.dir == "." else f"{{root}}/{installation.dir}"
        for directory in installation.path:
            value = base if directory == "." else f"{base}/{directory}"
            changes.append(EnvChange(name="PATH", action=Action.PREPEND, value=value))
        for name, value in installation.env.items():
            changes.append(EnvChange(name=name, action=Action.DEFAULT, value=value))
    # Prepending reverses: the first artifact of the manifest shall win.
    prepended = [change for change in changes if change.action is Action.PREPEND]
    rest = [change for change in changes if change.action is not Action.PREPEND]
    return (*reversed(prepended), *rest)


def render_shell(changes: Iterable[EnvChange], root: str) -> str:
    """Shell lines that make `changes`.

    Args:
        root: shell text for the install root, already quoted: ``"$HOME"``, or
            what `shlex.quote` makes of a path.
    """
    return "".join(_render(change, root) for change in changes)


def _render(change: EnvChange, root: str) -> str:
    name = change.name
    value = _quoted(change.value, root)
    if change.action is Action.PREPEND:
        return (
            f'case ":${{{name}:-}}:" in\n'
            f"*:{value}:*) ;;\n"
            f'*) export {name}={value}"${{{name}:+:${name}}}" ;;\n'
            "esac\n"
        )
    return f'[ -n "${{{name}:-}}" ] || export {name}={value}\n'


def _quoted(value: str, root: str) -> str:
    parts = value.split("{root}")
    return root.join(shlex.quote(part) if part else "" for part in parts) or "''"
