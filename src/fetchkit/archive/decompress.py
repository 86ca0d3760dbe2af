"""Decompression that cannot run away: bounded in bytes and in memory.

A stream is read to its very end: its own end mark and check sum must be there
(zlib, bz2 and lzma verify the sum before they say `eof`), and after it only zero
padding. The codecs are imported where they are used: most builds need one of them.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, Protocol

from fetchkit.archive.members import ArchiveError
from fetchkit.digest import CHUNK_BYTES

if TYPE_CHECKING:
    import zlib
    from collections.abc import Callable, Iterator

    from fetchkit.archive.formats import Format

XZ_MEMORY_BYTES = 80 * 1024 * 1024
"""`xz -9` needs 65 MiB to decompress; a header can ask for 4 GiB."""
_GZIP_WINDOW = 31
"""zlib's number for "gzip header and trailer, 32 KiB window"."""
_RAW_WINDOW = -15
"""zlib's number for "no header, no trailer": what zip members hold."""
_SOURCE_BYTES = 64 * 1024
"""Compressed bytes read at a time; zlib copies what one step leaves over."""


class Decoder(Protocol):
    """What bz2, lzma and compression.zstd decompressors have in common."""

    @property
    def eof(self) -> bool:
        """The stream has ended, and its check sum was right."""

    @property
    def needs_input(self) -> bool:
        """All output that the input so far allows was given."""

    @property
    def unused_data(self) -> bytes:
        """What came after the end of the stream."""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """At most `max_length` bytes more; the rest of `data` is kept."""


class Inflate:
    """zlib's decompressor as a `Decoder`."""

    __slots__ = ("_inner", "_is_full", "_rest")

    def __init__(self, inner: zlib._Decompress) -> None:
        self._inner = inner
        self._rest = b""
        self._is_full = False

    @classmethod
    def raw(cls) -> Inflate:
        """For the bare deflate stream of a zip member."""
        import zlib

        return cls(zlib.decompressobj(_RAW_WINDOW))

    @classmethod
    def gzip(cls) -> Inflate:
        """For one gzip member, its CRC and length checked."""
        import zlib

        return cls(zlib.decompressobj(_GZIP_WINDOW))

    @property
    def eof(self) -> bool:
        """The stream has ended, and its check sum was right."""
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        """All output that the input so far allows was given."""
        # A full buffer may hide more output even when no input is left.
        return not self._rest and not self._is_full

    @property
    def unused_data(self) -> bytes:
        """What came after the end of the stream."""
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """At most `max_length` bytes more; the rest of `data` is kept."""
        output = self._inner.decompress(self._rest + data, max_length)
        self._rest = self._inner.unconsumed_tail
        self._is_full = len(output) == max_length
        return output


@contextmanager
def open_tar_stream(
    file: BinaryIO, archive_format: Format, *, limit: int
) -> Iterator[Iterator[bytes]]:
    """Yield the chunks of the tar inside `file`, which is read from its start.

    Iterating raises ArchiveError when the stream is damaged, cut short, followed
    by something else, or expands to more than `limit` bytes.
    """
    file.seek(0)
    if archive_format == "tar.zst":
        from fetchkit.archive.zstd import open_zstd_stream

        with open_zstd_stream(file) as chunks:
            yield bounded(chunks, limit)
    elif archive_format == "tar":
        yield bounded(read_chunks(file), limit)
    else:
        decoders: dict[str, Callable[[], Decoder]] = {
            "tar.gz": Inflate.gzip,
            "tar.bz2": _bzip2,
            "tar.xz": _xz,
        }
        chunks = decode(
            read_chunks(file),
            decoders[archive_format],
            # pbzip2, which many publishers use, writes one stream a block.
            may_repeat=archive_format == "tar.bz2",
        )
        yield bounded(chunks, limit)


def decode(
    source: Iterator[bytes], new_decoder: Callable[[], Decoder], *, may_repeat: bool
) -> Iterator[bytes]:
    """Yield what `source` decompresses to, in chunks of at most CHUNK_BYTES.

    Args:
        may_repeat: whether another stream may follow the first one. Otherwise only
            zero padding may.
    """
    decoder = new_decoder()
    for chunk in source:
        data = chunk
        while data or not (decoder.eof or decoder.needs_input):
            if decoder.eof:
                if not data.strip(b"\0"):
                    break
                if not may_repeat:
                    raise ArchiveError("something follows the end of compressed data")
                decoder = new_decoder()
            output = _step(decoder, data)
            data = decoder.unused_data if decoder.eof else b""
            if output:
                yield output
    if not decoder.eof:
        raise ArchiveError("damaged: compressed data is cut short")


def _step(decoder: Decoder, data: bytes) -> bytes:
    try:
        return decoder.decompress(data, CHUNK_BYTES)
    except Exception as error:  # zlib.error, LZMAError, ZstdError, OSError of bz2
        raise ArchiveError(f"damaged: {error}") from error


def bounded(chunks: Iterator[bytes], limit: int) -> Iterator[bytes]:
    """Pass `chunks` on until they are more than `limit` bytes, and refuse then."""
    total = 0
    for chunk in chunks:
        total += len(chunk)
        if total > limit:
            raise expands_beyond(limit)
        yield chunk


def expands_beyond(limit: int) -> ArchiveError:
    """The fault of an archive that is a bomb, or might as well be."""
    return ArchiveError(
        f"it expands beyond {limit} bytes",
        hint="Nothing was unpacked. Check the url with the publisher.",
    )


def read_chunks(file: BinaryIO, count: int | None = None) -> Iterator[bytes]:
    """Yield the next `count` bytes of `file`, or all that are left."""
    left = count
    while left is None or left > 0:
        chunk = file.read(_SOURCE_BYTES if left is None else min(left, _SOURCE_BYTES))
        if not chunk:
            break
        if left is not None:
            left -= len(chunk)
        yield chunk


def _bzip2() -> Decoder:
    import bz2

    return bz2.BZ2Decompressor()


def _xz() -> Decoder:
    import lzma

    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY_BYTES)
