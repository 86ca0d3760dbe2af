"""Zstandard: the standard library from Python 3.14 on, before that the command.

The second of the modules that may start a process: one fixed program without a
shell, that reads a descriptor we hold and writes to a pipe we bound.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, cast

from fetchkit.archive.decompress import decode, read_chunks
from fetchkit.archive.members import ArchiveError
from fetchkit.digest import CHUNK_BYTES
from fetchkit.offline import starting_child

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from subprocess import Popen

    from fetchkit.archive.decompress import Decoder

WINDOW_LOG = 27
"""Largest window: 128 MiB, what `zstd --ultra -22` writes and the format
recommends every decoder to accept at most (RFC 8878, 3.1.1.1.2)."""
SEARCH_PATH = "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin"
"""Where the command is looked for. Not PATH: that belongs to the app being built."""
TIMEOUT_SECONDS = 600
"""For one pass. Generous, because the pipe also waits for the disk we write to."""
_STDERR_BYTES = 200


@contextmanager
def open_zstd_stream(
    file: BinaryIO, *, search_path: str = SEARCH_PATH
) -> Iterator[Iterator[bytes]]:
    """Yield the decompressed chunks of `file`, from its start.

    Raises:
        ArchiveError: neither decoder is at hand; while iterating: damaged data.
    """
    new_decoder = _library_decoder()
    if new_decoder is not None:
        yield decode(read_chunks(file), new_decoder, may_repeat=True)
        return
    import threading

    process = _start(file, search_path)
    timer = threading.Timer(TIMEOUT_SECONDS, process.kill)
    timer.daemon = True
    timer.start()
    try:
        yield _output(process)
    finally:
        timer.cancel()
        process.kill()
        process.communicate()


def _library_decoder() -> Callable[[], Decoder] | None:
    if sys.version_info >= (3, 14):
        try:
            from compression.zstd import DecompressionParameter, ZstdDecompressor
        except ImportError:  # Python can be built without it
            return None
        options = {DecompressionParameter.window_log_max: WINDOW_LOG}
        return lambda: ZstdDecompressor(options=options)
    return None


def _start(file: BinaryIO, search_path: str) -> Popen[bytes]:
    import shutil
    import subprocess

    program = shutil.which("zstd", path=search_path)
    if program is None:
        raise ArchiveError(
            "zstd data, and nothing here can read it",
            hint="Install the `zstd` package, use Python 3.14 or newer, or choose a "
            ".tar.gz or .tar.xz of the same release.",
        )
    # The child shares the descriptor's position, which Python's own buffer may be
    # ahead of.
    os.lseek(file.fileno(), 0, os.SEEK_SET)
    memory = f"--memory={1 << WINDOW_LOG - 20}MB"
    with starting_child() as isolation:
        return subprocess.Popen(
            [*isolation, program, "-dcq", "--no-progress", memory],
            stdin=file.fileno(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"LC_ALL": "C"},
        )


def _output(process: Popen[bytes]) -> Iterator[bytes]:
    stdout, stderr = cast("BinaryIO", process.stdout), cast("BinaryIO", process.stderr)
    while chunk := stdout.read(CHUNK_BYTES):
        yield chunk
    talk = stderr.read(_STDERR_BYTES).decode(errors="replace")
    status = process.wait()
    if status != 0:
        reason = " ".join(talk.split()) or f"zstd ended with status {status}"
        raise ArchiveError(f"damaged: {reason}")
