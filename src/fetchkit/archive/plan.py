"""Decide what an archive becomes on disk, before anything is written.

Pure: names, kinds and links are judged as text, without a file system to resolve
them, so that no judgement can be raced. Every fault is counted: who repairs an
archive wants to know whether it is one or a thousand. Set-id and sticky bits, owners
and extended attributes are dropped without a word: no tool needs them to run.
"""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING

from fetchkit.archive.members import (
    DIRECTORY,
    FILE,
    HARD_LINK,
    SYMLINK,
    ArchiveError,
)
from fetchkit.archive.selection import Selected, select, split_path
from fetchkit.paths import RelPath, path_fault, printable
from fetchkit.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fetchkit.archive.members import Limits, Member

_SHOWN_FAULTS = 3
_EXECUTABLE_BITS = 0o111


@frozen
class PlannedEntry:
    """One thing that will be made below the target, and from which member."""

    path: RelPath
    kind: str
    """``file``, ``dir``, ``link`` or ``hard link``."""
    mode: int
    """0755 or 0644; 0 for a symlink."""
    target: str = ""
    """A symlink's text as written; a hard link's file, as a path below the target."""
    source: Member | None = None
    """None for a directory that the archive only implies."""


def plan(
    members: Sequence[Member],
    *,
    strip: int,
    include: Sequence[str],
    limits: Limits,
) -> tuple[PlannedEntry, ...]:
    """What to make, in the order in which to make it.

    Directories come first, parents before children, then files in the archive's
    order, hard links, and symlinks last: while files are written there is no link
    they could be written through. Only selected members are judged.

    Raises:
        ArchiveError: a member is unsafe, or the selection is not what was meant.
    """
    selected = select(members, strip=strip, include=include)
    _refuse(_name_faults(selected, limits))
    # These compare paths, and need them to be sound.
    _refuse(chain(_tree_faults(selected), _link_faults(selected, strip)))
    return _order(selected, strip)


def _refuse(faults: Iterator[str]) -> None:
    """Raise if there are faults: the first ones shown, all of them counted."""
    shown = list(islice(faults, _SHOWN_FAULTS))
    if not shown:
        return
    more = sum(1 for _ in faults)
    raise ArchiveError(
        f"unsafe: {'; '.join(shown)}" + (f" (and {more} more)" if more else ""),
        hint="Nothing was unpacked. Tell the publisher, or leave these out with "
        "include.",
    )


def _name_faults(selected: Sequence[Selected], limits: Limits) -> Iterator[str]:
    for item in selected:
        member = item.member
        # The archive's own spelling is judged: `strip` must not hide a `..`.
        reason = path_fault(member.path)
        if reason is None and len(item.path.encode()) > limits.path_bytes:
            reason = f"it is longer than {limits.path_bytes} bytes"
        if reason is None and item.path.count("/") >= limits.depth:
            reason = f"it is deeper than {limits.depth} directories"
        if reason is None and member.kind not in {FILE, DIRECTORY, SYMLINK, HARD_LINK}:
            reason = f"it is a {member.kind}"
        if reason is None and member.kind != DIRECTORY and member.path.endswith("/"):
            reason = f"it is a {member.kind} with the name of a directory"
        if reason is not None:
            yield f"{printable(member.path)}: {reason}"


def _tree_faults(selected: Sequence[Selected]) -> Iterator[str]:
    """Paths that would meet on disk: on this file system, or on one that folds case.

    At most three for a member: a hostile tree has millions of pairs.
    """
    kinds: dict[str, str] = {}
    spellings: dict[str, str] = {}
    for item in selected:
        path, kind = item.path, item.member.kind
        if path in kinds and not kind == kinds[path] == DIRECTORY:
            yield f"{printable(path)}: duplicate member"
        kinds[path] = kind
        for spelling in (path, *_parents(path)):
            folded = _folded(spelling)
            known = spellings.get(folded)
            if known is None:
                spellings[folded] = spelling
                continue
            if known != spelling:
                yield f"{printable(spelling)}: duplicate member of {printable(known)}"
            break  # what is above a known spelling is known too
    for item in selected:
        for parent in _parents(item.path):
            if kinds.get(parent, DIRECTORY) != DIRECTORY:
                yield f"{printable(item.path)}: {printable(parent)} is no directory"
                break


def _parents(path: str) -> Iterator[str]:
    """The directories above `path`, the nearest first."""
    while path := path.rpartition("/")[0]:
        yield path


def _folded(path: str) -> str:
    """`path` as a case- and normalisation-blind file system compares it."""
    if path.isascii():
        return path.lower()
    import unicodedata

    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def _link_faults(selected: Sequence[Selected], strip: int) -> Iterator[str]:
    links = {_folded(item.path) for item in selected if item.member.kind == SYMLINK}
    files: set[str] = set()
    for item in selected:
        reason = None
        if item.member.kind == FILE:
            files.add(item.path)
        elif item.member.kind == SYMLINK:
            reason = _symlink_fault(item, links)
        elif item.member.kind == HARD_LINK:
            reason = _hard_link_fault(item.member.target, files, strip)
        if reason is not None:
            target = printable(item.member.target)
            yield f"{printable(item.path)}: {item.member.kind} to {target}: {reason}"


def _symlink_fault(item: Selected, links: set[str]) -> str | None:
    """Why a symlink could lead outside, walked by text as the kernel would.

    No directory on its way may be a symlink itself: then text and kernel agree.
    The last part may be (``libx.so -> libx.so.1 -> libx.so.1.2``): that link was
    judged by the same rule.
    """
    target = item.member.target
    if not target:
        return "it is empty"
    if target.startswith("/"):
        return "it is absolute"
    parts = split_path(target)
    names = "/".join(part for part in parts if part != "..")
    reason = path_fault(names) if names else None
    if reason is not None:
        return reason
    here = list(split_path(item.path)[:-1])
    for index, part in enumerate(parts):
        if part != "..":
            here.append(part)
        elif here:
            here.pop()
        else:
            return "it leads outside"
        if index < len(parts) - 1 and _folded("/".join(here)) in links:
            return "it leads through another link"
    return None


def _hard_link_fault(target: str, files: set[str], strip: int) -> str | None:
    reason = path_fault(target)
    if reason is None and _stripped(target, strip) not in files:
        reason = "it is not a file that comes before it and is unpacked too"
    return reason


def _stripped(path: str, strip: int) -> str:
    return "/".join(split_path(path)[strip:])


def _order(selected: Sequence[Selected], strip: int) -> tuple[PlannedEntry, ...]:
    directories: dict[str, Member | None] = {}
    others: dict[str, list[PlannedEntry]] = {FILE: [], HARD_LINK: [], SYMLINK: []}
    modes: dict[str, int] = {}
    for item in selected:
        member, path = item.member, item.path
        for parent in _parents(path):
            directories.setdefault(parent, None)
        if member.kind == DIRECTORY:
            directories[path] = member
            continue
        target = _stripped(member.target, strip) if member.kind == HARD_LINK else ""
        modes[path] = modes[target] if target else _mode(member)
        others[member.kind].append(
            PlannedEntry(
                path=RelPath(path),
                kind=member.kind,
                mode=modes[path],
                target=target or member.target,
                source=member,
            )
        )
    return (
        *_in_order(directories),
        *others[FILE],
        *others[HARD_LINK],
        *others[SYMLINK],
    )


def _in_order(directories: Mapping[str, Member | None]) -> Iterator[PlannedEntry]:
    for path in sorted(directories):
        yield PlannedEntry(
            path=RelPath(path), kind=DIRECTORY, mode=0o755, source=directories[path]
        )


def _mode(member: Member) -> int:
    if member.kind == SYMLINK:
        return 0
    return 0o755 if member.mode & _EXECUTABLE_BITS else 0o644
