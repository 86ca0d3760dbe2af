"""Zip archives: what lies in them twice, elsewhere or encrypted is refused."""

from __future__ import annotations

import io
import stat
import zipfile
from typing import TYPE_CHECKING

import pytest

from fetchkit.errors import UnsafeArchiveError
from tests.archive.builders import ZipMember, zip_archive

if TYPE_CHECKING:
    from tests.archive.conftest import Site

LINK = stat.S_IFLNK | 0o777
TOOL = ZipMember(name="bin/tool", content=b"#!/bin/sh\n", mode=0o100755)


def test_executable_bit_and_inside_link_survive(site: Site) -> None:
    link = ZipMember(name="tool", content=b"bin/tool", mode=LINK)
    site.unpack(zip_archive(TOOL, link, ZipMember(name="plain")), "t.zip")
    assert site.tree() == {
        "bin": "0o755",
        "bin/tool": "0o755",
        "plain": "0o644",
        "tool": "-> bin/tool",
    }


def test_mode_of_a_dos_archive_is_not_believed(site: Site) -> None:
    site.unpack(zip_archive(ZipMember(name="f", mode=LINK, system=0)), "t.zip")
    assert site.tree() == {"f": "0o644"}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("zip64", [False, True], ids=["zip32", "zip64"])
def test_what_the_standard_library_writes_is_read(
    site: Site, method: int, *, zip64: bool
) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("d/", b"")
        with archive.open("d/f", "w", force_zip64=zip64) as member:
            member.write(b"content" * 1000)
    entries = site.unpack(buffer.getvalue(), "t.zip")
    assert {str(entry.path): entry.size for entry in entries} == {"d": 0, "d/f": 7000}


def test_unseekable_writer_with_data_descriptors_is_read(site: Site) -> None:
    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.written = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: bytes) -> int:  # type: ignore[override]
            self.written += data
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"a" * 100)
        archive.writestr("b", b"b")
    site.unpack(bytes(pipe.written), "t.zip")
    assert set(site.tree()) == {"a", "b"}


def test_many_members_with_zip64_end_record_are_read(site: Site) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(0x10000):
            archive.writestr(f"{number}", b"")
    entries = site.unpack(buffer.getvalue(), "t.zip", include=("65535",))
    assert [entry.path for entry in entries] == ["65535"]


@pytest.mark.parametrize(
    ("member", "reason"),
    [
        pytest.param(ZipMember(name="../x"), "holds `..`", id="parent"),
        pytest.param(ZipMember(name="/abs"), "absolute", id="absolute"),
        pytest.param(ZipMember(name="a\\b"), "backslash", id="backslash"),
        pytest.param(
            ZipMember(name="l", content=b"../secret", mode=LINK),
            "leads outside",
            id="link out",
        ),
        pytest.param(
            ZipMember(name="l", content=b"l" * 2000, mode=LINK),
            "link target of 2000 bytes",
            id="long link",
        ),
        pytest.param(
            ZipMember(name="f", mode=stat.S_IFIFO | 0o644), "special file", id="FIFO"
        ),
        pytest.param(ZipMember(name="f", flags=1), "encrypted", id="encrypted"),
        pytest.param(ZipMember(name="f", method=12), "method 12", id="bzip2"),
        pytest.param(ZipMember(name="bin/tool"), "duplicate", id="duplicate"),
        pytest.param(ZipMember(name="d/"), "name of a directory", id="full directory"),
        pytest.param(
            ZipMember(name="f", local_name="g"), "headers", id="two names for one"
        ),
        pytest.param(
            ZipMember(name="f", local_size=5), "headers", id="two sizes for one"
        ),
        pytest.param(
            ZipMember(name="f", size=0xFFFFFFFE),
            "expands beyond",
            id="declares gigabytes",
        ),
        pytest.param(ZipMember(name="f", offset=0), "overlap", id="overlap"),
        pytest.param(ZipMember(name="f", offset=1 << 20), "overlap", id="beyond"),
    ],
)
def test_unsafe_zip_member_is_refused(
    site: Site, member: ZipMember, reason: str
) -> None:
    assert reason in site.refuse(zip_archive(TOOL, member), "t.zip")


GOOD = zip_archive(TOOL)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"#!/bin/sh\n" + GOOD, "a script", id="script in front"),
        pytest.param(
            zip_archive(TOOL, front=b"PK\3\4 hidden"),
            "overlap or leave a gap",
            id="bytes in front",
        ),
        pytest.param(
            zip_archive(TOOL, gap=b"hidden"), "leave a gap", id="bytes between"
        ),
        pytest.param(
            zip_archive(TOOL, gap=bytes(16)), "leave a gap", id="size of a descriptor"
        ),
        pytest.param(GOOD + GOOD, "not at its end", id="two archives"),
        pytest.param(GOOD + b"x", "follows the end", id="garbage behind"),
        pytest.param(GOOD[:-1], "cut short", id="last byte lost"),
        pytest.param(GOOD[:40], "cut short", id="no end record"),
        pytest.param(
            zip_archive(TOOL, comment=zip_archive(ZipMember(name="other"))),
            "not at its end",
            id="archive in the comment",
        ),
        pytest.param(
            GOOD[:-22] + b"PK\6\7" + bytes(16) + GOOD[-22:],
            "ZIP64",
            id="ZIP64 locator that points nowhere",
        ),
        pytest.param(zip_archive(), "nothing to install: it is empty", id="empty"),
    ],
)
def test_file_that_is_not_exactly_one_zip_is_refused(
    site: Site, data: bytes, reason: str
) -> None:
    assert reason in site.refuse(data, "t.zip")


@pytest.mark.parametrize(
    "member",
    [
        pytest.param(ZipMember(name="f", crc=1), id="other CRC"),
        pytest.param(ZipMember(name="f", content=b"long", size=2), id="longer"),
        pytest.param(ZipMember(name="f", content=b"short", size=9), id="shorter"),
        pytest.param(
            ZipMember(name="f", content=b"raw", method=0, size=9), id="stored"
        ),
    ],
)
def test_content_that_is_not_what_both_headers_say_is_refused(
    site: Site, member: ZipMember
) -> None:
    """Found while writing: the target may hold a part, nothing else may change."""
    with pytest.raises(UnsafeArchiveError, match=r"damaged|expands"):
        site.unpack(zip_archive(member), "t.zip")


def test_symlink_content_is_checked_before_anything_is_written(site: Site) -> None:
    link = ZipMember(name="l", content=b"bin/tool", mode=LINK, crc=1)
    assert "is not what the zip says" in site.refuse(zip_archive(TOOL, link), "t.zip")
