"""Archives as bytes, including those no well-behaved tool would write.

Nothing is checked here: a header says what the test tells it to say.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

BLOCK = 512
TAR_END = bytes(2 * BLOCK)


def octal(number: int, width: int) -> bytes:
    return b"%0*o\0" % (width - 1, number)


def header(
    name: bytes | str,
    *,
    kind: bytes = b"0",
    size: int | bytes = 0,
    mode: int = 0o644,
    link: bytes | str = b"",
    prefix: bytes = b"",
    magic: bytes = b"ustar\x0000",
    check_sum: bytes | None = None,
) -> bytes:
    """One ustar header; `size` and `check_sum` may be given as raw fields."""
    name = name.encode() if isinstance(name, str) else name
    link = link.encode() if isinstance(link, str) else link
    before = (
        name[:100].ljust(100, b"\0")
        + octal(mode, 8)
        + octal(12345, 8)
        + octal(12345, 8)
        + (size if isinstance(size, bytes) else octal(size, 12))
        + octal(0, 12)
    )
    after = (kind + link.ljust(100, b"\0") + magic + bytes(80)).ljust(
        345 - 156, b"\0"
    ) + prefix.ljust(BLOCK - 345, b"\0")
    if check_sum is None:
        check_sum = b"%06o\0 " % (sum(before) + sum(after) + 8 * 32)
    return before + check_sum + after


def padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % BLOCK)


def file(name: bytes | str, content: bytes = b"x", *, mode: int = 0o644) -> bytes:
    return header(name, size=len(content), mode=mode) + padded(content)


def directory(name: str, *, mode: int = 0o755) -> bytes:
    return header(name, kind=b"5", mode=mode)


def symlink(name: str, target: bytes | str) -> bytes:
    return header(name, kind=b"2", link=target, mode=0o777)


def hard_link(name: str, target: str) -> bytes:
    return header(name, kind=b"1", link=target)


def pax(*records: tuple[str, bytes | str], kind: bytes = b"x") -> bytes:
    data = b"".join(pax_record(key, value) for key, value in records)
    return header("pax", kind=kind, size=len(data)) + padded(data)


def pax_record(key: str, value: bytes | str) -> bytes:
    value = value.encode() if isinstance(value, str) else value
    rest = b" " + key.encode() + b"=" + value + b"\n"
    length = len(rest)
    while len(str(length)) + len(rest) != length:
        length = len(str(length)) + len(rest)
    return str(length).encode() + rest


def gnu_long(kind: bytes, name: bytes) -> bytes:
    data = name + b"\0"
    return header("././@LongLink", kind=kind, size=len(data)) + padded(data)


def tar(*members: bytes) -> bytes:
    return b"".join(members) + TAR_END


@dataclass(frozen=True, kw_only=True)
class ZipMember:
    """One zip member, and the lies its two headers tell about it."""

    name: str
    content: bytes = b"x"
    mode: int = 0o100644
    system: int = 3
    flags: int = 0
    method: int = 8
    crc: int | None = None
    size: int | None = None
    local_name: str | None = None
    local_size: int | None = None
    offset: int | None = None
    """Where the directory says this member is."""

    def packed(self) -> bytes:
        if self.method != 8:
            return self.content
        deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
        return deflate.compress(self.content) + deflate.flush()


def zip_archive(
    *members: ZipMember, front: bytes = b"", gap: bytes = b"", comment: bytes = b""
) -> bytes:
    """A zip; `front` precedes it and `gap` follows each member, both unaccounted."""
    body, central = front, b""
    for member in members:
        packed = member.packed()
        crc = zlib.crc32(member.content) if member.crc is None else member.crc
        size = len(member.content) if member.size is None else member.size
        local_size = size if member.local_size is None else member.local_size
        offset = len(body) if member.offset is None else member.offset
        local_name = (member.local_name or member.name).encode()
        name = member.name.encode()
        fields = (20, member.flags, member.method, 0, 0, crc, len(packed))
        body += struct.pack(
            "<4s5H3L2H", b"PK\3\4", *fields, local_size, len(local_name), 0
        )
        body += local_name + packed + gap
        central += struct.pack(
            "<4s6H3L5H2L",
            *(b"PK\1\2", member.system << 8 | 20, *fields, size),
            *(len(name), 0, 0, 0, 0, member.mode << 16, offset),
        )
        central += name
    count = len(members)
    end = (0, 0, count, count, len(central), len(body), len(comment))
    return body + central + struct.pack("<4s4H2LH", b"PK\5\6", *end) + comment
