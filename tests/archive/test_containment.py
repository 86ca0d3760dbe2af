"""Whatever an archive says, nothing outside the target changes."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from fetchkit.archive.extract import extract
from fetchkit.errors import FetchkitError
from tests.archive.builders import header, padded, tar
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
            with archive.open("rb") as file:
                entries = extract(file, name="t.tar", into=str(into), strip=strip)
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


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_broken_bytes_are_refused_or_contained(data: st.DataObject) -> None:
    """Flip bytes of a good archive: our errors, nothing else, and nothing outside."""
    good = bytearray(tar(header("a/b", size=11) + padded(b"new content")))
    for _ in range(data.draw(st.integers(min_value=1, max_value=4))):
        place = data.draw(st.integers(min_value=0, max_value=len(good) - 1))
        good[place] = data.draw(st.integers(min_value=0, max_value=255))
    with tempfile.TemporaryDirectory() as temporary:
        into = Path(temporary, "into")
        into.mkdir()
        archive = Path(temporary, "t.tar")
        archive.write_bytes(good)
        try:
            with archive.open("rb") as file:
                extract(file, name="t.tar", into=str(into))
        except FetchkitError:
            pass
        assert sorted(os.listdir(temporary)) == ["into", "t.tar"]
