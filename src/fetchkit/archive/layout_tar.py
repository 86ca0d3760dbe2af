"""An OCI image layout in one plain tar: written byte for byte alike, read in place.

The tar is not compressed, so a blob is a range of the file, and nothing has to be
unpacked to use it. Only the names of a layout may stand in it.
"""

from __future__ import annotations

import io
import os
import re
from typing import TYPE_CHECKING, BinaryIO

from fetchkit.archive.members import DIRECTORY, FILE, ArchiveError
from fetchkit.archive.tar import BLOCK_BYTES, ZERO_BLOCK, parse_header
from fetchkit.digest import CHUNK_BYTES
from fetchkit.errors import UnsafeArchiveError
from fetchkit.fs import translated
from fetchkit.oci import BLOBS_DIR, INDEX_FILE, LAYOUT_FILE
from fetchkit.paths import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_MEMBERS = 1_000_000
"""Ten times what a cache of a large team holds; bounds the index in memory."""
MAX_END_BYTES = 1024 * 1024
"""A hundred times the record that tar fills up, unless it is told otherwise."""

_BLOB_NAME = re.compile(rf"{BLOBS_DIR}/([0-9a-f]{{64}})")
_DIRECTORIES = frozenset({"blobs", BLOBS_DIR, "."})
_MODE = 0o644


class LayoutTar:
    """A layout that lies in a tar file. Finds names once, reads ranges after that."""

    def __init__(self, path: str) -> None:
        """Open `path` and read the names in it.

        Raises:
            UnsafeArchiveError: it is damaged, cut off, or holds anything but the
                files of a layout.
            StorageError: it cannot be read.
        """
        self.path = path
        with translated(path):
            self._file = open(path, "rb", buffering=0)  # noqa: SIM115 -- closed by close()
            try:
                self._ranges = dict(_index(self._file))
            except ArchiveError as fault:
                self._file.close()
                raise UnsafeArchiveError(
                    f"{printable(path)} is no usable bundle: {fault}",
                    hint="Copy it again from where it was made, and compare sha256sum.",
                ) from None

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    @property
    def blobs(self) -> dict[str, int]:
        """Hex digest -> size, of every blob, as the names claim."""
        return {
            match[1]: size
            for name, (_, size) in self._ranges.items()
            if (match := _BLOB_NAME.fullmatch(name))
        }

    def read(self, name: str, *, limit: int) -> bytes | None:
        """A small file of the layout; None if it is not there.

        Raises:
            UnsafeArchiveError: it is larger than `limit`.
        """
        found = self._ranges.get(name)
        if found is None:
            return None
        start, size = found
        if size > limit:
            raise UnsafeArchiveError(
                f"{printable(self.path)}: {name} has {size} bytes, {limit} allowed"
            )
        with translated(self.path):
            return os.pread(self._file.fileno(), size, start)

    def open(self, name: str) -> BinaryIO | None:
        """A file of the layout, to be read from start to end; None if it is not there.

        What its name claims is not checked: hash what is read.
        """
        found = self._ranges.get(name)
        if found is None:
            return None
        return io.BufferedReader(_Range(self._file.fileno(), *found), CHUNK_BYTES)


class _Range(io.RawIOBase):
    """Some bytes of an open file, as a file of their own."""

    def __init__(self, descriptor: int, start: int, size: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._start = start
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}
        self._position = max(0, base[whence] + offset)
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        wanted = min(len(buffer), self._size - self._position)
        if wanted <= 0:
            return 0
        data = os.pread(self._descriptor, wanted, self._start + self._position)
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)


def write_layout(file: BinaryIO, entries: Iterable[tuple[str, int, BinaryIO]]) -> None:
    """Write a layout as a tar: same entries, same bytes.

    Args:
        entries: name, size and content, in the order in which they shall stand.

    Raises:
        UnsafeArchiveError: a content is shorter or longer than its size.
    """
    for name, size, content in entries:
        file.write(_header(name, size))
        left = size
        while chunk := content.read(min(CHUNK_BYTES, left + 1)):
            left -= len(chunk)
            if left < 0:
                break
            file.write(chunk)
        if left != 0:
            raise UnsafeArchiveError(
                f"{name} changed while it was written: {size} bytes"
            )
        file.write(bytes(-size % BLOCK_BYTES))
    file.write(2 * ZERO_BLOCK)


def blob_name(hex_digest: str) -> str:
    """The name of a blob in a layout."""
    return f"{BLOBS_DIR}/{hex_digest}"


def _header(name: str, size: int) -> bytes:
    import tarfile

    info = tarfile.TarInfo(name)
    info.size = size
    info.mode = _MODE
    # Times, owners and names stay zero and empty. GNU's form has room for any size.
    return info.tobuf(tarfile.GNU_FORMAT, "ascii", "strict")


def _index(file: BinaryIO) -> Iterator[tuple[str, tuple[int, int]]]:
    """Every file's name, and where its content lies."""
    end = os.fstat(file.fileno()).st_size
    position = 0
    seen: set[str] = set()
    while (header := os.pread(file.fileno(), BLOCK_BYTES, position)) != ZERO_BLOCK:
        if len(header) != BLOCK_BYTES:
            raise ArchiveError("it is cut off")
        member = parse_header(header)
        position += BLOCK_BYTES
        name = member.path.removeprefix("./").rstrip("/")
        _check_name(name or ".", member.kind)
        if name in seen:
            raise ArchiveError(f"{printable(name)} stands in it twice")
        seen.add(name)
        if len(seen) > MAX_MEMBERS:
            raise ArchiveError(f"it has more than {MAX_MEMBERS} members")
        if member.kind == FILE:
            yield name, (position, member.size)
        position += member.size + -member.size % BLOCK_BYTES
        if position > end:
            raise ArchiveError("it is cut off")
    _check_end(os.pread(file.fileno(), MAX_END_BYTES + 1, position))


def _check_end(rest: bytes) -> None:
    """A tar ends with two empty blocks, and what else there is fills up a record."""
    if len(rest) < 2 * BLOCK_BYTES:
        raise ArchiveError("it is cut off")
    if len(rest) > MAX_END_BYTES or rest.count(0) != len(rest):
        raise ArchiveError("something follows its end")


def _check_name(name: str, kind: str) -> None:
    if kind == DIRECTORY and name in _DIRECTORIES:
        return
    is_layout = name in {LAYOUT_FILE, INDEX_FILE} or _BLOB_NAME.fullmatch(name)
    if kind != FILE or not is_layout:
        raise ArchiveError(f"{printable(name)} ({kind}) is no part of an image layout")
