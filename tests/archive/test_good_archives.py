"""What publishers really ship unpacks, the same way on every machine."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import os
import shutil
import subprocess
import sys
import tarfile
from typing import TYPE_CHECKING

import pytest

from fetchkit.archive.extract import extract
from fetchkit.archive.members import ArchiveError
from fetchkit.archive.zstd import open_zstd_stream
from fetchkit.errors import ConflictError, StorageError
from tests.archive.builders import (
    directory,
    file,
    gnu_long,
    hard_link,
    header,
    pax,
    symlink,
    tar,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.archive.conftest import Site

RELEASE = tar(
    pax(("comment", "0123abcd"), kind=b"g"),
    directory("./"),
    file("./tool-1.2/bin/tool", b"\x7fELF", mode=0o755),
    directory("./tool-1.2/bin"),
    file("./tool-1.2/lib/libx.so.1.2", b"library"),
    symlink("./tool-1.2/lib/libx.so.1", "libx.so.1.2"),
    symlink("./tool-1.2/lib/libx.so", "./libx.so.1"),
    symlink("./tool-1.2/tool", "bin/tool"),
    symlink("./tool-1.2/bin/lib", "../lib"),
    hard_link("./tool-1.2/bin/alias", "./tool-1.2/bin/tool"),
)
UNPACKED = {
    "bin": "0o755",
    "bin/alias": "0o755",
    "bin/lib": "-> ../lib",
    "bin/tool": "0o755",
    "lib": "0o755",
    "lib/libx.so": "-> ./libx.so.1",
    "lib/libx.so.1": "-> libx.so.1.2",
    "lib/libx.so.1.2": "0o644",
    "tool": "-> bin/tool",
}


def _command(*argv: str) -> Callable[[bytes], bytes]:
    def compress(data: bytes) -> bytes:
        return subprocess.run(argv, input=data, capture_output=True, check=True).stdout

    return compress


@pytest.mark.parametrize(
    ("name", "compress"),
    [
        pytest.param("t.tar", bytes, id="tar"),
        pytest.param("t.tar.gz", gzip.compress, id="tar.gz"),
        pytest.param("T.TGZ", gzip.compress, id="tgz in capitals"),
        pytest.param("t.tar.bz2", bz2.compress, id="tar.bz2"),
        pytest.param("t.tar.xz", lzma.compress, id="tar.xz"),
        pytest.param(
            "t.txz", _command("xz", "-T2", "-9c"), id="txz of several threads"
        ),
        pytest.param("t.tar.zst", _command("zstd", "-qc"), id="tar.zst"),
        pytest.param("t.tzst", _command("zstd", "-qc", "--ultra", "-22"), id="tzst"),
    ],
)
def test_every_format_gives_the_same_tree(
    site: Site, name: str, compress: Callable[[bytes], bytes]
) -> None:
    entries = site.unpack(compress(RELEASE), name, strip=1)
    assert site.tree() == UNPACKED
    assert {str(entry.path) for entry in entries} == UNPACKED.keys()


def test_entries_tell_what_is_on_disk(site: Site) -> None:
    entries = {entry.path: entry for entry in site.unpack(RELEASE, "t.tar", strip=1)}
    for path, entry in entries.items():
        real = site.into / path
        if entry.kind == "link":
            assert os.readlink(real) == entry.target
            continue
        assert real.stat().st_mode & 0o7777 == entry.mode
        if entry.kind == "file":
            content = real.read_bytes()
            assert hashlib.sha256(content).hexdigest() == entry.sha256
            assert len(content) == entry.size


@pytest.mark.parametrize(
    "dialect", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]
)
def test_tree_packed_by_the_standard_library_comes_back(
    site: Site, tmp_path: Path, dialect: int
) -> None:
    tree = tmp_path / "tree"
    deep = tree / "/".join(["directory"] * 8) / "größer"
    deep.mkdir(parents=True)
    (deep / ("n" * 60)).write_bytes(os.urandom(1_000_000))
    (tree / "empty").touch()
    packed = tmp_path / "packed.tar"
    with tarfile.open(packed, "w", format=dialect, encoding="utf-8") as archive:
        archive.add(tree, ".")
    site.unpack(packed.read_bytes(), "t.tar")
    same = ["diff", "-r", "--no-dereference", str(tree), str(site.into)]
    assert subprocess.run(same, check=False, timeout=10).returncode == 0


def test_long_names_of_gnu_and_pax_are_read(site: Site) -> None:
    long = "d/" * 55 + "f"
    site.unpack(
        tar(
            gnu_long(b"L", long.encode()) + file("cut"),
            gnu_long(b"K", long.encode()) + symlink("gnu", "cut"),
            pax(("linkpath", long), ("mtime", "1.5")) + symlink("pax", "cut"),
            pax(("size", "3")) + header("sized", size=0) + b"abc".ljust(512, b"\0"),
        ),
        "t.tar",
    )
    tree = site.tree()
    assert long in tree
    assert tree["gnu"] == tree["pax"] == f"-> {long}"
    assert (site.into / "sized").read_bytes() == b"abc"


def test_set_id_bits_owners_and_odd_modes_are_not_taken_over(site: Site) -> None:
    site.unpack(
        tar(
            file("setid", mode=0o6755),
            file("sticky", mode=0o1777),
            file("none", mode=0),
            file("all", mode=0o666),
            directory("d", mode=0),
            pax(("SCHILY.xattr.user.a", "b")) + file("d/f"),
        ),
        "t.tar",
    )
    assert site.tree() == {
        "all": "0o644",
        "d": "0o755",
        "d/f": "0o644",
        "none": "0o644",
        "setid": "0o755",
        "sticky": "0o755",
    }
    assert (site.into / "setid").stat().st_uid == os.getuid()
    assert os.listxattr(site.into / "d" / "f") == []


@pytest.mark.parametrize("umask", ["000", "022", "077", "777"])
def test_modes_do_not_depend_on_the_umask(
    site: Site, tmp_path: Path, umask: str
) -> None:
    archive = tmp_path / "t.tar"
    archive.write_bytes(RELEASE)
    script = (
        "import sys; from fetchkit.archive.extract import extract\n"
        "extract(sys.stdin.buffer, name='t.tar', into=sys.argv[1], strip=1)"
    )
    with archive.open("rb") as stdin:
        subprocess.run(
            [
                *("/bin/sh", "-c", f'umask {umask}; exec "$@"', "sh"),
                *(sys.executable, "-c", script, str(site.into)),
            ],
            stdin=stdin,
            env={"PYTHONPATH": os.pathsep.join(sys.path)},
            check=True,
            timeout=30,
        )
    assert site.tree() == UNPACKED


def test_target_may_be_a_descriptor(site: Site) -> None:
    archive = site.around.parent / "t.tar"
    archive.write_bytes(RELEASE)
    descriptor = os.open(site.into, os.O_RDONLY)
    try:
        with archive.open("rb") as stream:
            stream.read(700)  # what somebody hashed before; we start over
            extract(stream, name="t.tar", into=descriptor, strip=1)
    finally:
        os.close(descriptor)
    assert site.tree() == UNPACKED


def test_target_that_is_a_link_is_refused(site: Site) -> None:
    link = site.around / "link"
    link.symlink_to("beside")
    archive = site.around.parent / "t.tar"
    archive.write_bytes(RELEASE)
    with archive.open("rb") as stream, pytest.raises(StorageError):
        extract(stream, name="t.tar", into=str(link))
    assert os.listdir(site.around / "beside") == ["x"]


def test_what_lies_in_the_target_is_not_overwritten(site: Site) -> None:
    (site.into / "a").write_text("mine")
    site.refuse(tar(file("a")), str(site.into), error=ConflictError)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(tar(), id="no member"),
        pytest.param(tar(directory("./")), id="root"),
    ],
)
def test_archive_without_content_is_refused(site: Site, data: bytes) -> None:
    assert "nothing to install" in site.refuse(data, "t.tar")


def test_missing_zstd_names_the_ways_out(tmp_path: Path) -> None:
    if sys.version_info >= (3, 14):
        pytest.skip("NOT TESTED HERE: this Python reads zstd itself")
    archive = tmp_path / "t.tar.zst"
    archive.write_bytes(b"")
    with (
        archive.open("rb") as stream,
        pytest.raises(ArchiveError) as caught,
        open_zstd_stream(stream, search_path=str(tmp_path)),
    ):
        pass
    assert caught.value.hint is not None
    for way_out in ("`zstd`", "Python 3.14", ".tar.gz"):
        assert way_out in caught.value.hint


def test_abandoned_zstd_command_is_gone(tmp_path: Path) -> None:
    if sys.version_info >= (3, 14):
        pytest.skip("NOT TESTED HERE: this Python reads zstd itself")
    archive = tmp_path / "t.tar.zst"
    archive.write_bytes(_command("zstd", "-qc")(os.urandom(8 << 20)))
    with archive.open("rb") as stream, open_zstd_stream(stream) as chunks:
        assert next(chunks)
        children = _children()
        assert children
    assert not children & _children()


def _children() -> set[str]:
    ps = shutil.which("ps")
    assert ps is not None
    argv = [ps, "-o", "pid=,comm=", "--ppid", str(os.getpid())]
    output = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    return {line.split()[0] for line in output.splitlines() if "zstd" in line}
