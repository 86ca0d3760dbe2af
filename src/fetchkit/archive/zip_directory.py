"""Where the members of a zip lie, taken strictly.

Format: PKWARE APPNOTE 6.3.10, sections 4.3 to 4.5. Members must lie one behind the
other and fill the file up to the central directory, the directory must end where
the end record begins, and both headers of a member must agree. So there is no second
archive, no script in front, no overlap, and no byte another reader would see
differently.
"""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING, BinaryIO

from fetchkit.archive.members import ArchiveError
from fetchkit.values import frozen, replace

if TYPE_CHECKING:
    from fetchkit.archive.members import Limits

_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_EXTRA = struct.Struct("<2H")

_MAX_COMMENT_BYTES = 0xFFFF
_FULL_16, _FULL_32 = 0xFFFF, 0xFFFFFFFF
"""Values that say: the real number is in the ZIP64 record."""
_ZIP64_EXTRA = 0x0001
_SIZES_FOLLOW = 0x0008
_DESCRIPTOR_BYTES = frozenset({12, 16, 20, 24})
"""A data descriptor: CRC and two sizes, of 4 or 8 bytes, after an optional mark."""


@frozen
class Record:
    """One member as the central directory states it."""

    path: str
    system: int
    flags: int
    method: int
    crc: int
    packed_bytes: int
    size: int
    attributes: int
    offset: int
    content_offset: int = 0
    """Where its bytes start; known when its own header has been read."""


def read_records(file: BinaryIO, limits: Limits) -> list[Record]:
    """All members, in the order of the central directory.

    Raises:
        ArchiveError: this is no zip, or not exactly one from start to end.
    """
    count, start, end = _find_directory(file)
    if count > limits.members:
        raise ArchiveError(f"it has more than {limits.members} members")
    if end - start > limits.names_bytes + count * _CENTRAL.size:
        raise ArchiveError(f"a central directory of {end - start} bytes")
    file.seek(start)
    records = _parse_directory(file.read(end - start), count)
    return _locate(file, records, start)


def _find_directory(file: BinaryIO) -> tuple[int, int, int]:
    """Number of members, start and end of the central directory (4.3.14 to 4.3.16)."""
    file_bytes = file.seek(0, os.SEEK_END)
    tail_start = max(0, file_bytes - _MAX_COMMENT_BYTES - _END.size)
    file.seek(tail_start)
    tail = file.read()
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) - place < _END.size:
        raise ArchiveError("damaged: the zip is cut short")
    _, disk, first, here, count, size, offset, comment = _END.unpack_from(tail, place)
    if place + _END.size + comment != len(tail):
        raise ArchiveError("something follows the end of the zip")
    end = tail_start + place
    stated = (disk, first, here, count, size, offset)
    locator = tail[max(0, place - _LOCATOR_64.size) : place]
    if locator.startswith(b"PK\x06\x07"):
        end, stated = _read_end_64(file, end - _LOCATOR_64.size, locator, stated)
        disk, first, here, count, size, offset = stated
    if disk or first or here != count:
        raise ArchiveError("it is one volume of several")
    if offset + size != end:
        raise ArchiveError("damaged: the zip's central directory is not at its end")
    return count, offset, end


def _read_end_64(
    file: BinaryIO, locator_offset: int, locator: bytes, stated: tuple[int, ...]
) -> tuple[int, tuple[int, int, int, int, int, int]]:
    """Start and statements of the ZIP64 end record, which the plain one must echo."""
    _, _, offset, _ = _LOCATOR_64.unpack(locator)
    if offset + _END_64.size != locator_offset:
        raise ArchiveError(
            "damaged: the ZIP64 end record is not where it is said to be"
        )
    file.seek(offset)
    mark, _, _, _, *numbers = _END_64.unpack(file.read(_END_64.size))
    if mark != b"PK\x06\x06" or any(
        short not in {number, _FULL_16, _FULL_32}
        for short, number in zip(stated, numbers, strict=True)
    ):
        raise ArchiveError("damaged: the two end records of the zip disagree")
    disk, first, here, count, size, start = numbers
    return offset, (disk, first, here, count, size, start)


def _parse_directory(directory: bytes, count: int) -> list[Record]:
    records: list[Record] = []
    place = 0
    for _ in range(count):
        if len(directory) - place < _CENTRAL.size:
            raise ArchiveError("damaged: the central directory is cut short")
        (
            mark, made_by, _needed, flags, method, _time, _date,
            crc, packed_bytes, size,
            name_bytes, extra_bytes, comment_bytes, disk, _internal,
            attributes, offset,
        ) = _CENTRAL.unpack_from(directory, place)  # fmt: skip
        name_end = place + _CENTRAL.size + name_bytes
        name = directory[place + _CENTRAL.size : name_end]
        extra = directory[name_end : name_end + extra_bytes]
        place = name_end + extra_bytes + comment_bytes
        if mark != b"PK\x01\x02" or disk or place > len(directory):
            raise ArchiveError("damaged: a wrong entry in the central directory")
        size, packed_bytes, offset = _widened(extra, size, packed_bytes, offset)
        records.append(
            Record(
                path=name.decode(errors="surrogateescape"),
                system=made_by >> 8,
                flags=flags,
                method=method,
                crc=crc,
                packed_bytes=packed_bytes,
                size=size,
                attributes=attributes,
                offset=offset,
            )
        )
    if place != len(directory):
        raise ArchiveError("damaged: more entries than the zip says it has")
    return records


def _widened(extra: bytes, *numbers: int) -> list[int]:
    """`numbers` with those that say so replaced from the ZIP64 extra field (4.5.3)."""
    wide = b""
    place = 0
    while len(extra) - place >= _EXTRA.size:
        tag, count = _EXTRA.unpack_from(extra, place)
        place += _EXTRA.size
        if tag == _ZIP64_EXTRA:
            wide = extra[place : place + count]
        place += count
    result = list(numbers)
    for index, number in enumerate(numbers):
        if number == _FULL_32:
            if len(wide) < 8:
                raise ArchiveError("damaged: a ZIP64 size or offset is missing")
            result[index] = int.from_bytes(wide[:8], "little")
            wide = wide[8:]
    return result


def _locate(
    file: BinaryIO, records: list[Record], directory_start: int
) -> list[Record]:
    """`records` with their content found, once they are known to fill the file."""
    located: dict[int, Record] = {}
    allowed = {0}
    for record in sorted(records, key=lambda record: record.offset):
        if record.offset not in allowed:
            raise ArchiveError("members of the zip overlap or leave a gap")
        content_offset = _check_local(file, record)
        located[record.offset] = replace(record, content_offset=content_offset)
        end = content_offset + record.packed_bytes
        allowed = {end}
        if record.flags & _SIZES_FOLLOW:
            allowed = {end + count for count in _DESCRIPTOR_BYTES}
    if directory_start not in allowed:
        raise ArchiveError("members of the zip overlap or leave a gap")
    return [located[record.offset] for record in records]


def _check_local(file: BinaryIO, record: Record) -> int:
    """Where the content starts, once the member's own header fits the directory."""
    file.seek(record.offset)
    header = file.read(_LOCAL.size)
    if len(header) < _LOCAL.size:
        raise ArchiveError("damaged: the zip is cut short")
    (
        mark, _needed, flags, method, _time, _date,
        crc, packed_bytes, size, name_bytes, extra_bytes,
    ) = _LOCAL.unpack(header)  # fmt: skip
    name = file.read(name_bytes).decode(errors="surrogateescape")
    stated = [size, packed_bytes]
    if not flags & _SIZES_FOLLOW:
        stated = _widened(file.read(extra_bytes), *stated)
    agrees = (
        mark == b"PK\x03\x04"
        and (name, method, flags) == (record.path, record.method, record.flags)
        and (
            flags & _SIZES_FOLLOW
            or (crc, *stated) == (record.crc, record.size, record.packed_bytes)
        )
    )
    if not agrees:
        raise ArchiveError("the two headers of a zip member disagree")
    content_offset: int = record.offset + _LOCAL.size + name_bytes + extra_bytes
    return content_offset
