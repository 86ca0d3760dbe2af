"""What decides an installed tree, as one digest. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fetchkit.digest import Digest
from fetchkit.urls import Url
from fetchkit.values import fields, is_value

if TYPE_CHECKING:
    from fetchkit.artifact import Resolved

NOT_DECISIVE = frozenset({"wrap", "advise", "process"})
"""Fields of `Resolved` that change no byte of what is installed. Every other field
counts, also one that is added tomorrow."""


def recipe_digest(resolved: Resolved, *, root: str, layout: int) -> Digest:
    """Identify everything that decides what installing `resolved` makes of `root`.

    A user's name and password in a url do not count: they choose no file. What
    its query says may.

    Args:
        root: where it is installed; what is exported names it.
        layout: version of the caller's own way to lay a tree out.
    """
    recipe = {
        "root": root,
        "layout": layout,
        "build": {
            name: _plain(getattr(resolved, name))
            for name in fields(resolved)
            if name not in NOT_DECISIVE
        },
    }
    return Digest.of(json.dumps(recipe, sort_keys=True).encode())


def _plain(value: object) -> Any:  # noqa: ANN401 -- whatever JSON can hold
    if isinstance(value, (str, int, type(None))):
        return value
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(each) for each in value]
    if isinstance(value, Url):
        return [str(value), value.parts.query]
    if isinstance(value, Digest) or not is_value(value):
        return str(value)
    return {name: _plain(getattr(value, name)) for name in fields(value)}
