"""A strict reader of zip: member by member what `zip_directory` found.

Sizes and CRC are held to while reading. Unix modes and symlinks are honoured when a
Unix made the archive.
"""

from __future__ import annotations

import os
import stat
import zlib
from typing import TYPE_CHECKING, BinaryIO

from fetchkit.archive.decompress import (
    Inflate,
    bounded,
    decode,
    expands_beyond,
    read_chunks,
)
from fetchkit.archive.members import DIRECTORY, FILE, SYMLINK, ArchiveError, Member
from fetchkit.archive.zip_directory import read_records
from fetchkit.paths import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fetchkit.archive.members import Limits
    from fetchkit.archive.zip_directory import Record

_ENCRYPTED = 0x0001 | 0x0040 | 0x2000
"""Flags: the content, strongly so, or the central directory is encrypted."""
_STORED, _DEFLATED = 0, 8
_UNIX_SYSTEMS = frozenset({3, 19})
"""Unix and OS X: only they put a mode in the upper half of the attributes."""
_KINDS = {
    0: FILE,
    stat.S_IFREG: FILE,
    stat.S_IFDIR: DIRECTORY,
    stat.S_IFLNK: SYMLINK,
}


def read_members(
    file: BinaryIO, limits: Limits
) -> Iterator[tuple[Member, Iterator[bytes]]]:
    """Yield each member with its content, which may be read until the next is asked.

    Raises:
        ArchiveError: this is no zip, not exactly one from start to end, or a bomb.
    """
    limit = limits.expanded_bytes(file.seek(0, os.SEEK_END))
    records = read_records(file, limits)
    if sum(record.size for record in records) > limit:
        raise expands_beyond(limit)
    for record in records:
        body = _body(file, record)
        kind = _kind(record)
        target = ""
        if kind == SYMLINK:
            if record.size > limits.path_bytes:
                raise ArchiveError(f"a link target of {record.size} bytes")
            target = b"".join(body).decode(errors="surrogateescape")
        yield _member(record, kind, target), body


def _kind(record: Record) -> str:
    if record.flags & _ENCRYPTED:
        return "encrypted member"
    if record.method not in {_STORED, _DEFLATED}:
        return f"member with compression method {record.method}"
    kind = _KINDS.get(stat.S_IFMT(_unix_mode(record)), "special file")
    if record.path.endswith("/") and kind == FILE and not record.size:
        return DIRECTORY
    return kind


def _unix_mode(record: Record) -> int:
    return record.attributes >> 16 if record.system in _UNIX_SYSTEMS else 0


def _member(record: Record, kind: str, target: str) -> Member:
    mode = stat.S_IMODE(_unix_mode(record))
    size = record.size if kind == FILE else 0
    return Member(path=record.path, kind=kind, mode=mode, size=size, target=target)


def _body(file: BinaryIO, record: Record) -> Iterator[bytes]:
    """Yield a member's content; its size and CRC are right when this ends."""
    file.seek(record.content_offset)
    packed = read_chunks(file, record.packed_bytes)
    chunks = packed
    if record.method == _DEFLATED:
        chunks = decode(packed, Inflate.raw, may_repeat=False)
    size = crc = 0
    for chunk in bounded(chunks, record.size):
        size += len(chunk)
        crc = zlib.crc32(chunk, crc)
        yield chunk
    if (size, crc) != (record.size, record.crc):
        raise ArchiveError(
            f"damaged: {printable(record.path)} is not what the zip says it is"
        )
