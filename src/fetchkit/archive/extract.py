"""Unpack a verified archive: plan from its names first, then write the plan.

Both passes read the same open file, which is the one whose digest and signature
were checked: it is never opened by path again. The second pass writes what was
planned and nothing else, into a directory nobody else can reach yet; publishing
that directory, or removing it after an error, is the caller's business.
"""

from __future__ import annotations

import os
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, BinaryIO

from fetchkit.archive.decompress import open_tar_stream
from fetchkit.archive.formats import HEAD_BYTES, decide_format
from fetchkit.archive.members import (
    DEFAULT_LIMITS,
    DIRECTORY,
    FILE,
    HARD_LINK,
    SYMLINK,
    ArchiveError,
)
from fetchkit.archive.plan import plan
from fetchkit.archive.tar import read_members as read_tar
from fetchkit.archive.zip import read_members as read_zip
from fetchkit.artifact import Entry
from fetchkit.digest import Measure
from fetchkit.errors import UnsafeArchiveError
from fetchkit.fs import translated
from fetchkit.paths import printable

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from typing import TypeAlias

    from fetchkit.archive.members import Limits, Member
    from fetchkit.archive.plan import PlannedEntry

    Body: TypeAlias = Iterator[bytes] | Iterator[memoryview]
    Reading: TypeAlias = Generator[tuple[Member, Body], None, None]


def extract(
    file: BinaryIO,
    *,
    name: str,
    into: int | str,
    strip: int = 0,
    include: Sequence[str] = (),
    limits: Limits = DEFAULT_LIMITS,
) -> tuple[Entry, ...]:
    """Unpack `file` and return everything that was made, directories included.

    Files get mode 0755 if the archive says anybody may execute them, else 0644,
    whatever the umask; directories 0755. Owners, times and attributes are not
    taken over. Nothing is synced to disk. After an error, `into` may hold part of
    the plan, never anything outside it.

    Args:
        file: a real file that was verified and stays open; read from its start.
        name: what the publisher calls it; its suffix must fit the content.
        into: a new, empty, private directory: path or descriptor.
        strip: leading directories to remove from every path.
        include: patterns of what to keep (`fetchkit.archive.selection`); empty is all.

    Raises:
        UnsafeArchiveError: it is damaged, unsafe, no archive, or has nothing that
            `strip` and `include` would leave. Unless it is damaged, nothing was
            written.
        NoSpaceError: the disk is full.
        StorageError: `into` cannot be written to.
    """
    with _attributed(name), translated(into if isinstance(into, str) else name):
        planned = _plan(file, name, strip=strip, include=include, limits=limits)
        with (
            _opened(into) as directory,
            closing(_read(file, name, limits)) as reading,
        ):
            return _write(planned, reading, directory)


def measure(
    file: BinaryIO,
    *,
    name: str,
    strip: int = 0,
    include: Sequence[str] = (),
    limits: Limits = DEFAULT_LIMITS,
) -> tuple[int, int]:
    """How many files `extract` would make, and how many bytes they would hold.

    Raises:
        UnsafeArchiveError: as `extract`, but for damage that only shows on writing.
    """
    with _attributed(name), translated(name):
        planned = _plan(file, name, strip=strip, include=include, limits=limits)
    files = [each for each in planned if each.kind == FILE and each.source is not None]
    return len(files), sum(each.source.size for each in files if each.source)


@contextmanager
def _attributed(name: str) -> Iterator[None]:
    """Say which archive a fault is about."""
    try:
        yield
    except ArchiveError as fault:
        raise UnsafeArchiveError(
            f"cannot unpack {printable(name)}: {fault}", hint=fault.hint
        ) from fault.__cause__


def _plan(
    file: BinaryIO,
    name: str,
    *,
    strip: int,
    include: Sequence[str],
    limits: Limits,
) -> tuple[PlannedEntry, ...]:
    with closing(_read(file, name, limits)) as reading:
        members = _list_members(reading, limits)
    return plan(members, strip=strip, include=include, limits=limits)


def _read(file: BinaryIO, name: str, limits: Limits) -> Reading:
    file.seek(0)
    archive_format = decide_format(name, file.read(HEAD_BYTES))
    limit = limits.expanded_bytes(file.seek(0, os.SEEK_END))
    if archive_format == "zip":
        yield from read_zip(file, limits)
        return
    with open_tar_stream(file, archive_format, limit=limit) as chunks:
        yield from read_tar(chunks, limits)


def _list_members(reading: Reading, limits: Limits) -> list[Member]:
    members: list[Member] = []
    names_bytes = 0
    for member, _ in reading:
        members.append(member)
        names_bytes += len(member.path) + len(member.target)
        if len(members) > limits.members:
            raise ArchiveError(f"it has more than {limits.members} members")
        if names_bytes > limits.names_bytes:
            raise ArchiveError(f"its names take more than {limits.names_bytes} bytes")
    return members


@contextmanager
def _opened(into: int | str) -> Iterator[int]:
    if isinstance(into, int):
        yield into
        return
    descriptor = os.open(into, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _write(
    planned: Sequence[PlannedEntry], reading: Reading, directory: int
) -> tuple[Entry, ...]:
    """Make what was planned, in the plan's order of kinds."""
    for item in planned:
        if item.kind == DIRECTORY:
            os.mkdir(item.path, 0o700, dir_fd=directory)
            os.chmod(item.path, item.mode, dir_fd=directory)
    files = _write_files(planned, reading, directory)
    for item in planned:
        if item.kind == HARD_LINK:
            os.link(item.target, item.path, src_dir_fd=directory, dst_dir_fd=directory)
        elif item.kind == SYMLINK:
            os.symlink(item.target, item.path, dir_fd=directory)
    return tuple(_entry(item, files) for item in planned)


def _write_files(
    planned: Sequence[PlannedEntry], reading: Reading, directory: int
) -> dict[str, Measure]:
    # Members are found again by all they state, so one that changed since it was
    # judged is not found, and its plan stays open.
    open_plans = {item.source: item for item in planned if item.kind == FILE}
    measures: dict[str, Measure] = {}
    for member, body in reading:
        item = open_plans.pop(member, None)
        if item is not None:
            measures[item.path] = _write_file(item, body, directory)
    if open_plans:
        raise ArchiveError("it changed while it was read")
    return measures


def _write_file(item: PlannedEntry, body: Body, directory: int) -> Measure:
    measure = Measure()
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    descriptor = os.open(item.path, flags, 0o600, dir_fd=directory)
    with os.fdopen(descriptor, "wb") as file:
        for piece in body:
            measure.update(piece)
            file.write(piece)
        os.fchmod(descriptor, item.mode)
    return measure


def _entry(item: PlannedEntry, files: dict[str, Measure]) -> Entry:
    """What is on disk now; a hard link is one more file with the same content."""
    if item.kind in {FILE, HARD_LINK}:
        measure = files[item.path if item.kind == FILE else item.target]
        return Entry(
            path=item.path,
            kind=FILE,
            mode=item.mode,
            size=measure.size,
            sha256=measure.digest().hex,
        )
    return Entry(path=item.path, kind=item.kind, mode=item.mode, target=item.target)
