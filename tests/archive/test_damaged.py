"""An archive must be exactly one, from its first byte to its last, and no bomb."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from fetchkit.archive.extract import extract
from fetchkit.archive.members import Limits
from fetchkit.errors import UnsafeArchiveError
from tests.archive.builders import (
    TAR_END,
    directory,
    file,
    header,
    pax,
    tar,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.archive.conftest import Site


def _zstd(data: bytes) -> bytes:
    command = ["zstd", "-qc", "--check"]
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout


GOOD = tar(file("a"), file("b", b"content" * 1000))
COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "t.tar.gz": gzip.compress,
    "t.tar.bz2": bz2.compress,
    "t.tar.xz": lzma.compress,
    "t.tar.zst": _zstd,
}
MEMORY_LIMIT_BYTES = 100 * 1024 * 1024


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(file("a"), "cut short", id="no end"),
        pytest.param(file("a") + bytes(512), "cut short", id="half an end"),
        pytest.param(GOOD[:1500], "cut short", id="cut in a header"),
        pytest.param(GOOD[:3000], "cut short", id="cut in a file"),
        pytest.param(GOOD + b"x", "follows the end", id="garbage behind"),
        pytest.param(GOOD + GOOD, "follows the end", id="second tar behind"),
        pytest.param(
            file("a") + b"junk".ljust(512) + TAR_END, "without `ustar`", id="junk"
        ),
        pytest.param(
            tar(header("a", check_sum=b" " * 8)), "check sum", id="no check sum"
        ),
        pytest.param(
            tar(header("a", check_sum=b"000001\0 ")),
            "wrong check sum",
            id="wrong check sum",
        ),
        pytest.param(
            tar(header("a", size=b"-0000001000\0")), "size is no number", id="minus"
        ),
        pytest.param(
            tar(header("a", size=b"\xff" * 12)), "no number", id="negative base-256"
        ),
        pytest.param(
            tar(header("a", size=b"\x80" + bytes(3) + b"\x80" + bytes(7))),
            "expands beyond",
            id="2^63",
        ),
        pytest.param(tar(header("a", size=b"00000009zz8\0")), "no number", id="junk 9"),
        pytest.param(tar(header("a", size=b" " * 12)), "no number", id="blank size"),
        pytest.param(
            tar(header("a/", kind=b"5", size=512), bytes(512)),
            "with content",
            id="directory with content",
        ),
        pytest.param(
            tar(header("x", kind=b"x", size=50 << 20)), "a header of", id="pax of 50 MB"
        ),
        pytest.param(
            tar(header("x", kind=b"L", size=50 << 20)), "a header of", id="long name"
        ),
        pytest.param(
            tar(pax(("path", "b")), pax(("path", "c")), file("a")),
            "two extended headers",
            id="two pax headers",
        ),
        pytest.param(
            tar(pax(("path", "b"), ("path", "c")), file("a")),
            "two extended headers",
            id="one pax key twice",
        ),
        pytest.param(tar(file("a"), pax(("path", "b"))), "no member", id="pax at end"),
        pytest.param(
            tar(pax(("path", "b"), kind=b"g"), file("a")),
            "a global header that sets path",
            id="global path",
        ),
        pytest.param(
            tar(pax(("size", "-1")), file("a")), "size is no number", id="pax size"
        ),
        pytest.param(
            tar(pax(("GNU.sparse.realsize", str(4 << 40))), file("a")),
            "sparse",
            id="4 TiB sparse",
        ),
        pytest.param(
            tar(header("x", kind=b"x", size=512), b"99999 path=b\n".ljust(512, b"\0")),
            "not made of records",
            id="pax record beyond its header",
        ),
        pytest.param(
            tar(header("x", kind=b"x", size=512), b"0 path=b\n".ljust(512, b"\0")),
            "not made of records",
            id="pax record of no length",
        ),
    ],
)
def test_damaged_tar_is_refused(site: Site, data: bytes, reason: str) -> None:
    assert reason in site.refuse(data, "t.tar")


@pytest.mark.parametrize("name", COMPRESSORS)
@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda data: data[:-1], id="last byte lost"),
        pytest.param(lambda data: data[: len(data) // 2], id="half"),
        pytest.param(lambda data: data + b"garbage", id="garbage behind"),
        pytest.param(
            lambda data: data[:-6] + bytes([data[-6] ^ 1]) + data[-5:],
            id="one bit of the check sum",
        ),
    ],
)
def test_damaged_compression_is_refused(
    site: Site, name: str, damage: Callable[[bytes], bytes]
) -> None:
    site.refuse(damage(COMPRESSORS[name](GOOD)), name)


def test_second_gzip_member_is_refused(site: Site) -> None:
    data = gzip.compress(GOOD) + gzip.compress(b"")
    assert "follows the end" in site.refuse(data, "t.tar.gz")


def test_bzip2_blocks_of_parallel_tools_are_read(site: Site) -> None:
    site.unpack(bz2.compress(GOOD[:1000]) + bz2.compress(GOOD[1000:]), "t.tbz2")
    assert set(site.tree()) == {"a", "b"}


@pytest.mark.parametrize("name", ["t.tar", "t.tar.gz", "t.tar.xz"])
def test_zero_padding_is_no_damage(site: Site, name: str) -> None:
    data = COMPRESSORS.get(name, bytes)(GOOD) + bytes(10_240)
    site.unpack(data, name)
    assert set(site.tree()) == {"a", "b"}


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        pytest.param(GOOD, "t.tar.gz", "content is tar", id="plain tar as tar.gz"),
        pytest.param(
            b"PK\5\6" + bytes(18), "t.tar.gz", "content is zip", id="zip as tar.gz"
        ),
        pytest.param(b"\x7fELF\2\1\1", "t.tgz", "an ELF program", id="program"),
        pytest.param(b"\n<!doctype html>", "t.zip", "a web page", id="web page"),
        pytest.param(b"", "t.tar", "an empty file", id="empty file"),
        pytest.param(
            gzip.compress(b"text"), "t.tar.gz", "cut short", id="gzipped text"
        ),
        pytest.param(
            gzip.compress(gzip.compress(GOOD) + bytes(512)),
            "t.tar.gz",
            "without `ustar`",
            id="gzip in gzip",
        ),
    ],
)
def test_content_and_name_must_agree(
    site: Site, data: bytes, name: str, reason: str
) -> None:
    assert reason in site.refuse(data, name)


def test_name_without_suffix_leaves_it_to_the_content(site: Site) -> None:
    site.unpack(gzip.compress(GOOD), "tool-1.2-linux")
    assert set(site.tree()) == {"a", "b"}


def _huge_window() -> bytes:
    """A zstd frame that asks for a window of 2 GiB (RFC 8878, 3.1.1.1.2)."""
    return b"\x28\xb5\x2f\xfd" + b"\x00" + bytes([31 - 10 << 3]) + b"\x01\x00\x00"


def _zeros(mebibytes: int) -> bytes:
    return tar(file("zeros", bytes(mebibytes << 20)))


def _many_members() -> bytes:
    return gzip.compress(header("f") * 200_000 + TAR_END, 1)


def _long_names() -> bytes:
    member = pax(("path", "d/" * 450 + "f")) + file("f")
    return gzip.compress(member * 40_000 + TAR_END, 1)


@pytest.mark.skipif(
    not os.path.exists("/proc/self/status"),
    reason="MEMORY OF BOMBS NOT MEASURED: needs Linux's /proc/self/status",
)
@pytest.mark.parametrize(
    ("make", "name", "reason"),
    [
        pytest.param(
            lambda: gzip.compress(_zeros(256), 1), "t.tar.gz", "expands", id="gzip"
        ),
        pytest.param(
            lambda: lzma.compress(_zeros(128), preset=0), "t.tar.xz", "expands", id="xz"
        ),
        pytest.param(
            lambda: bz2.compress(_zeros(128), 1), "t.tar.bz2", "expands", id="bzip2"
        ),
        pytest.param(lambda: _zstd(_zeros(256)), "t.tar.zst", "expands", id="zstd"),
        pytest.param(_huge_window, "t.tar.zst", "damaged", id="zstd window of 2 GiB"),
        pytest.param(
            lambda: lzma.compress(
                GOOD, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 30}]
            ),
            "t.tar.xz",
            "emory",
            id="xz dictionary of 1 GiB",
        ),
        pytest.param(_many_members, "t.tar.gz", "100000 members", id="200,000 members"),
        pytest.param(_long_names, "t.tar.gz", "names take more", id="36 MB of names"),
        pytest.param(
            lambda: tar(pax(("comment", "c" * (50 << 20))), file("a")),
            "t.tar",
            "a header of",
            id="pax comment of 50 MB",
        ),
    ],
)
def test_bomb_is_refused_in_little_memory(
    tmp_path: Path, make: Callable[[], bytes], name: str, reason: str
) -> None:
    """Measured in a process of its own: this one built the bomb."""
    archive, into = tmp_path / name, tmp_path / "into"
    archive.write_bytes(make())
    into.mkdir()
    # Not ru_maxrss: Linux hands this process's own peak on to its children.
    script = """
import re, sys
from fetchkit.archive.extract import extract
from fetchkit.errors import UnsafeArchiveError
try:
    with open(sys.argv[1], "rb") as file:
        extract(file, name="bomb", into=sys.argv[2])
except UnsafeArchiveError as error:
    with open("/proc/self/status") as status:
        print(error, re.search(r"VmHWM:\\s+(\\d+) kB", status.read())[1])
"""
    result = subprocess.run(
        [sys.executable, "-c", script, archive, into],
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    message, _, kibibytes = result.stdout.rpartition(" ")
    assert reason in message
    assert int(kibibytes) * 1024 < MEMORY_LIMIT_BYTES
    assert not list(into.iterdir())


def test_limit_grows_with_the_archive_between_floor_and_ceiling() -> None:
    limits = Limits(total_bytes=1000, ratio=10, ratio_floor_bytes=50)
    sizes = (1, 20, 500)
    assert [limits.expanded_bytes(size) for size in sizes] == [50, 200, 1000]


def test_file_that_changes_between_the_passes_is_refused(site: Site) -> None:
    """The second pass begins with the third rewind; the file changes just then."""
    archive = site.around.parent / "archive"
    archive.write_bytes(tar(file("a"), directory("d")))
    with archive.open("r+b", buffering=0) as stream:
        rewinds = 0

        class Changing:
            def seek(self, offset: int, whence: int = 0) -> int:
                nonlocal rewinds
                rewinds += whence == 0
                if rewinds == 3:
                    os.pwrite(stream.fileno(), tar(file("b"), directory("d")), 0)
                return stream.seek(offset, whence)

            def read(self, count: int) -> bytes:
                return stream.read(count) or b""

        with pytest.raises(UnsafeArchiveError, match="changed while it was read"):
            extract(Changing(), name="t.tar", into=str(site.into))  # type: ignore[arg-type]
    assert site.tree() == {"d": "0o755"}
