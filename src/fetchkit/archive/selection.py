"""`strip` and `include`: which members are wanted, and under which path.

Pure. `strip` removes leading directories. `include` is matched against what is
left, one pattern part against one path part: ``*``, ``?`` and ``[…]`` stay within
a part, ``**`` is any number of parts, none included. A pattern that matches a
directory takes all that is below: ``bin``, ``bin/*`` and ``bin/**`` all take
``bin/tools/x``, ``*.so`` takes ``a.so`` but not ``lib/a.so``, ``**/*.so`` both.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from fetchkit.archive.members import DIRECTORY, ArchiveError
from fetchkit.paths import printable
from fetchkit.values import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fetchkit.archive.members import Member

_SHOWN_NAMES = 3


@frozen
class Selected:
    """A wanted member and the path it gets; neither has been checked for safety."""

    path: str
    member: Member


def select(
    members: Sequence[Member], *, strip: int, include: Sequence[str]
) -> tuple[Selected, ...]:
    """The members that are wanted, in the archive's order.

    Raises:
        ArchiveError: nothing is left; a pattern matches nothing; or, without
            `include`, `strip` would silently drop something else than directories.
    """
    kept: list[Selected] = []
    dropped: list[Member] = []
    for member in members:
        parts = split_path(member.path)[strip:]
        # A root with a path of its own, such as `./`, is already there. Any other
        # member without a path stays, for the plan to refuse.
        if parts or (member.kind != DIRECTORY and not strip):
            kept.append(Selected(path="/".join(parts), member=member))
        elif member.kind != DIRECTORY:
            dropped.append(member)
    if dropped and not include and kept:
        raise ArchiveError(
            f"strip = {strip} would drop {_some(dropped)}",
            hint='Lower strip, or write include = ["**"] to leave them out.',
        )
    selected = _included(kept, include) if include else tuple(kept)
    if not selected:
        raise ArchiveError(
            f"nothing to install: strip = {strip} leaves nothing of {_some(members)}"
            if members
            else "nothing to install: it is empty",
            hint="Lower strip." if strip else "Check the url with the publisher.",
        )
    return selected


def _included(kept: Sequence[Selected], include: Sequence[str]) -> tuple[Selected, ...]:
    patterns = {text: split_path(text) for text in include}
    unmatched = dict.fromkeys(include)
    selected: list[Selected] = []
    for item in kept:
        parts = split_path(item.path)
        hits = [text for text in patterns if _is_taken(patterns[text], parts)]
        for text in hits:
            unmatched.pop(text, None)
        if hits:
            selected.append(item)
    if unmatched:
        missing = ", ".join(printable(text) for text in unmatched)
        held = _some([item.member for item in kept]) if kept else "nothing"
        raise ArchiveError(
            f"include matches nothing: {missing}; after strip it holds {held}",
            hint="Write `**/NAME` to match at any depth.",
        )
    return tuple(selected)


def split_path(path: str) -> tuple[str, ...]:
    """The parts of `path` without the empty ones and ``.``; ``..`` stays."""
    return tuple(part for part in path.split("/") if part not in {"", "."})


def _is_taken(pattern: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    """Whether `pattern` matches the path or a directory above it."""
    if not pattern:
        return True
    if pattern[0] == "**":
        return any(
            _is_taken(pattern[1:], parts[start:]) for start in range(len(parts) + 1)
        )
    return (
        bool(parts)
        and fnmatchcase(parts[0], pattern[0])
        and _is_taken(pattern[1:], parts[1:])
    )


def _some(members: Sequence[Member]) -> str:
    """The first few names, and how many more there are."""
    shown = ", ".join(printable(member.path) for member in members[:_SHOWN_NAMES])
    more = len(members) - _SHOWN_NAMES
    return f"{shown} and {more} more" if more > 0 else shown
