"""A strict reader of tar: POSIX ustar and pax, and GNU's long names.

Formats: POSIX.1-2017 "pax", ustar Interchange Format and pax Extended Header; GNU
tar manual, "Basic Tar Format". Whatever two readers could understand differently
is refused: a wrong check sum, a size that is not a number, a link with content, a
missing end, anything but zeros behind it, sparse files.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING

from fetchkit.archive.decompress import expands_beyond
from fetchkit.archive.members import (
    DIRECTORY,
    FILE,
    HARD_LINK,
    SYMLINK,
    ArchiveError,
    Member,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fetchkit.archive.members import Limits

BLOCK_BYTES = 512
ZERO_BLOCK = bytes(BLOCK_BYTES)
_OCTAL = re.compile(rb" *([0-7]+)[ \0]*")
_BASE_256_POSITIVE = 0x80
_PAX_LENGTH_DIGITS = 20
_HEADERS_PER_MEMBER = 4
"""Itself, a pax header, and GNU's two long-name headers."""

_KINDS = {
    b"0": FILE,
    b"\0": FILE,
    b"1": HARD_LINK,
    b"2": SYMLINK,
    b"5": DIRECTORY,
}
_REFUSED_KINDS = {
    b"3": "character device",
    b"4": "block device",
    b"6": "FIFO",
    b"7": "contiguous file",
    b"M": "continuation of another volume",
    b"V": "volume label",
}
_GNU_SPARSE = b"S"
_PAX_HEADER, _PAX_GLOBAL = b"x", b"g"
_GNU_LONG_NAMES = {b"L": "path", b"K": "linkpath"}


def read_members(
    chunks: Iterator[bytes], limits: Limits
) -> Iterator[tuple[Member, Iterator[memoryview]]]:
    """Yield each member with its content, which may be read until the next is asked.

    Raises:
        ArchiveError: this is no tar, or not exactly one from start to end.
    """
    stream = _Stream(chunks)
    overrides: dict[str, str] = {}
    headers = 0
    while (header := stream.take(BLOCK_BYTES)) != ZERO_BLOCK:
        headers += 1
        if headers > _HEADERS_PER_MEMBER * limits.members:
            raise ArchiveError(f"it has more than {limits.members} members")
        _check_header(header)
        kind = header[156:157]
        if kind in _GNU_LONG_NAMES or kind in {_PAX_HEADER, _PAX_GLOBAL}:
            data = _extension(stream, header, limits)
            _add_overrides(overrides, _meaning(kind, data), is_global=kind == b"g")
            continue
        member = _member(header, overrides)
        overrides = {}
        if member.size > limits.total_bytes:
            raise expands_beyond(limits.total_bytes)
        body = stream.pieces(member.size)
        yield member, body
        for _ in body:
            pass
        stream.skip(-member.size % BLOCK_BYTES)
    if overrides:
        raise ArchiveError("damaged: an extended header belongs to no member")
    stream.expect_zeros(at_least=BLOCK_BYTES)


def parse_header(header: bytes) -> Member:
    """One plain header block, of a member that needs no extended one.

    Raises:
        ArchiveError: it is damaged, or announces an extended header.
    """
    _check_header(header)
    kind = header[156:157]
    if kind in _GNU_LONG_NAMES or kind in {_PAX_HEADER, _PAX_GLOBAL}:
        raise ArchiveError("it holds an extended header, none is needed here")
    return _member(header, {})


def _check_header(header: bytes) -> None:
    if header[257:262] != b"ustar":
        raise ArchiveError("damaged: a tar header without `ustar`")
    # The sum counts its own eight bytes as spaces.
    expected = sum(header) - sum(header[148:156]) + 8 * ord(" ")
    if _number(header[148:156], "check sum") != expected:
        raise ArchiveError("damaged: a tar header with a wrong check sum")
    if header[156:157] == _GNU_SPARSE:
        raise ArchiveError("it holds a sparse file")


def _number(field: bytes, what: str) -> int:
    """A numeric field: octal digits, or GNU's base-256 for what has no room."""
    if field[0] == _BASE_256_POSITIVE:
        return int.from_bytes(field[1:], "big")
    match = _OCTAL.fullmatch(field)
    if match is None:
        raise ArchiveError(f"damaged: a tar header whose {what} is no number")
    return int(match[1], 8)


def _member(header: bytes, overrides: dict[str, str]) -> Member:
    letter = header[156:157]
    kind = _KINDS.get(letter) or _REFUSED_KINDS.get(letter)
    path = overrides.get("path", _path(header))
    if letter == b"\0" and path.endswith("/"):
        kind = DIRECTORY  # how tar wrote directories before ustar
    size = _number(header[124:136], "size")
    if "size" in overrides:
        size = int(overrides["size"])
    if size and kind in {DIRECTORY, SYMLINK, HARD_LINK}:
        # Readers differ in whether such content is there at all.
        raise ArchiveError(f"damaged: a {kind} with content")
    is_link = kind in {SYMLINK, HARD_LINK}
    return Member(
        path=path,
        kind=kind or f"member of unknown type {letter!r}",
        mode=_number(header[100:108], "mode"),
        size=size,
        target=overrides.get("linkpath", _text(header[157:257])) if is_link else "",
    )


def _path(header: bytes) -> str:
    name, prefix = _text(header[:100]), _text(header[345:500])
    # GNU's own magic is `ustar  `, and it keeps times where ustar has the prefix.
    is_posix = header[257:263] == b"ustar\0"
    return f"{prefix}/{name}" if is_posix and prefix else name


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode(errors="surrogateescape")


def _extension(stream: _Stream, header: bytes, limits: Limits) -> bytes:
    size = _number(header[124:136], "size")
    if size > limits.header_bytes:
        raise ArchiveError(f"a header of {size} bytes, {limits.header_bytes} allowed")
    data = stream.take(size)
    stream.skip(-size % BLOCK_BYTES)
    return data


def _meaning(kind: bytes, data: bytes) -> dict[str, str]:
    """Which fields of the next header `data` replaces."""
    if kind in _GNU_LONG_NAMES:
        name = data.removesuffix(b"\0").decode(errors="surrogateescape")
        return {_GNU_LONG_NAMES[kind]: name}
    records: dict[str, str] = {}
    for key, value in _pax_records(data):
        if key.startswith(b"GNU.sparse."):
            raise ArchiveError("it holds a sparse file")
        if key not in {b"path", b"linkpath", b"size"}:
            continue  # times, owners, comments, attributes: never used
        if key == b"size" and not (
            value.isdigit() and len(value) <= _PAX_LENGTH_DIGITS
        ):
            raise ArchiveError("damaged: a pax header whose size is no number")
        text = value.decode(errors="surrogateescape")
        _add_overrides(records, {key.decode(): text}, is_global=False)
    return records


def _add_overrides(
    overrides: dict[str, str], new: dict[str, str], *, is_global: bool
) -> None:
    if is_global and new:
        raise ArchiveError(f"a global header that sets {', '.join(new)}")
    if overrides.keys() & new.keys():
        raise ArchiveError("damaged: two extended headers for one member")
    overrides.update(new)


def _pax_records(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Split records: the length (itself included), a space, key=value, a newline."""
    start = 0
    while start < len(data):
        space = data.find(b" ", start, start + _PAX_LENGTH_DIGITS)
        digits = data[start : max(space, start)]
        end = start + int(digits) if digits.isdigit() else 0
        record = data[space + 1 : end]
        if end > len(data) or b"=" not in record or not record.endswith(b"\n"):
            raise ArchiveError("damaged: a pax header that is not made of records")
        key, _, value = record[:-1].partition(b"=")
        yield key, value
        start = end


class _Stream:
    """Exact reads from chunks of any size. Holds one chunk at a time."""

    __slots__ = ("_chunks", "_rest")

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def pieces(self, count: int) -> Iterator[memoryview]:
        """Yield the next `count` bytes as they lie in the chunks."""
        while count > 0:
            if not self._rest:
                self._rest = memoryview(next(self._chunks, b""))
                if not self._rest:
                    raise ArchiveError("damaged: the tar is cut short")
            piece, self._rest = self._rest[:count], self._rest[count:]
            count -= len(piece)
            yield piece

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        return b"".join(self.pieces(count))

    def skip(self, count: int) -> None:
        """Pass over the next `count` bytes."""
        for _ in self.pieces(count):
            pass

    def expect_zeros(self, *, at_least: int) -> None:
        """Read to the end: `at_least` bytes or more, all of them zero."""
        count = 0
        for chunk in chain((self._rest,), self._chunks):
            if bytes(chunk).strip(b"\0"):
                raise ArchiveError("something follows the end of the tar")
            count += len(chunk)
        if count < at_least:
            raise ArchiveError("damaged: the tar is cut short")
