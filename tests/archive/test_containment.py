"""Whatever an archive says, nothing outside the target changes."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import tempfile
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fetchkit.archive.extract import extract
from fetchkit.errors import FetchkitError
from tests.archive.builders import (
    file,
    gnu_long,
    hard_link,
    header,
    padded,
    pax,
    symlink,
    tar,
)
from tests.archive.conftest import snapshot

PARTS = st.sampled_from(["a", "b", "A", "lnk", "..", ".", "", "é", "e\u0301"])
PATHS = st.lists(PARTS, max_size=4).map("/".join)
KINDS = st.sampled_from([b"0", b"0", b"1", b"2", b"2", b"5", b"3", b"\0"])


@st.composite
def members(draw: st.DrawFn) -> bytes:
    kind = draw(KINDS)
    content = b"new content" if kind in {b"0", b"\0"} else b""
    link = draw(PATHS) if kind in {b"1", b"2"} else ""
    mode = draw(st.sampled_from([0o644, 0o755, 0o6777, 0]))
    name = draw(PATHS)
    return header(name, kind=kind, size=len(content), mode=mode, link=link) + padded(
        content
    )


@settings(max_examples=400, deadline=None)
@given(
    st.lists(members(), min_size=1, max_size=5), st.integers(min_value=0, max_value=2)
)
def test_nothing_outside_the_target_changes(packed: list[bytes], strip: int) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        around = Path(temporary, "around")
        into = around / "into"
        into.mkdir(parents=True)
        (around / "a").write_text("old content")
        (around / "b").mkdir()
        archive = Path(temporary, "t.tar")
        archive.write_bytes(tar(*packed))
        before = snapshot(around)
        try:
            with archive.open("rb") as stream:
                entries = extract(stream, name="t.tar", into=str(into), strip=strip)
        except FetchkitError:
            assert snapshot(around) == before  # refused means nothing was written
            return
        made = {str(into / entry.path) for entry in entries}
        after = snapshot(around)
        outside = {path: seen for path, seen in after.items() if str(into) not in path}
        assert outside == {path: before[path] for path in outside}
        assert made == {
            os.path.join(root, name)
            for root, directories, files in os.walk(into)
            for name in (*directories, *files)
        }
        for path in made:
            resolved = os.path.realpath(path)
            assert os.path.commonpath([resolved, str(into)]) == str(into)


TREE = tar(
    pax(("path", "long/name")) + file("cut"),
    gnu_long(b"K", b"long/name") + symlink("link", "cut"),
    file("a/b", b"content" * 100),
    hard_link("c", "a/b"),
)


def _zip64() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("a/b", "w", force_zip64=True) as member:
            member.write(b"content" * 100)
        archive.writestr("c", b"")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "good"),
    [
        pytest.param("t.tar", TREE, id="tar"),
        pytest.param("t.tar.gz", gzip.compress(TREE), id="gzip"),
        pytest.param("t.tar.bz2", bz2.compress(TREE), id="bzip2"),
        pytest.param("t.tar.xz", lzma.compress(TREE), id="xz"),
        pytest.param("t.zip", _zip64(), id="zip"),
    ],
)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_broken_bytes_are_refused_or_contained(
    name: str, good: bytes, data: st.DataObject
) -> None:
    """Our errors, nothing else, and nothing outside."""
    broken = bytearray(good)
    # Tails hold end marks and directories; hit them as often as all the rest.
    places = st.one_of(
        st.integers(min_value=0, max_value=len(good) - 1),
        st.integers(min_value=max(0, len(good) - 150), max_value=len(good) - 1),
    )
    for _ in range(data.draw(st.integers(min_value=1, max_value=4))):
        broken[data.draw(places)] = data.draw(st.integers(min_value=0, max_value=255))
    if data.draw(st.booleans()):
        del broken[data.draw(places) :]
    with tempfile.TemporaryDirectory() as temporary:
        into = Path(temporary, "into")
        into.mkdir()
        archive = Path(temporary, name)
        archive.write_bytes(broken)
        with archive.open("rb") as stream, suppress(FetchkitError):
            extract(stream, name=name, into=str(into))
        assert sorted(os.listdir(temporary)) == ["into", name]
