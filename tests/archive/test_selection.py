from __future__ import annotations

import pytest

from fetchkit.archive.formats import decide_format, is_archive_name
from fetchkit.archive.members import DIRECTORY, FILE, ArchiveError, Member
from fetchkit.archive.selection import select

PATHS = ("LICENSE", "bin/tool", "bin/sub/x", "lib/a.so", "lib/deep/b.so", "a.so")


def _selected(
    *include: str, strip: int = 0, paths: tuple[str, ...] = PATHS
) -> set[str]:
    members = [Member(path=path, kind=FILE) for path in paths]
    return {item.path for item in select(members, strip=strip, include=include)}


@pytest.mark.parametrize(
    ("include", "expected"),
    [
        pytest.param((), set(PATHS), id="no pattern takes all"),
        pytest.param(("bin",), {"bin/tool", "bin/sub/x"}, id="directory"),
        pytest.param(("./bin/",), {"bin/tool", "bin/sub/x"}, id="directory, decorated"),
        pytest.param(("bin/*",), {"bin/tool", "bin/sub/x"}, id="star, then below"),
        pytest.param(("bin/**",), {"bin/tool", "bin/sub/x"}, id="two stars at the end"),
        pytest.param(("bin/t?ol",), {"bin/tool"}, id="question mark"),
        pytest.param(("[Ll]ICENSE",), {"LICENSE"}, id="class"),
        pytest.param(("*.so",), {"a.so"}, id="star stays within a part"),
        pytest.param(
            ("**/*.so",), {"a.so", "lib/a.so", "lib/deep/b.so"}, id="any depth"
        ),
        pytest.param(("lib/**/b.so",), {"lib/deep/b.so"}, id="two stars inside"),
        pytest.param(("lib/**/a.so",), {"lib/a.so"}, id="two stars that match nothing"),
        pytest.param(("LICENSE", "bin/tool"), {"LICENSE", "bin/tool"}, id="several"),
    ],
)
def test_pattern_takes(include: tuple[str, ...], expected: set[str]) -> None:
    assert _selected(*include) == expected


@pytest.mark.parametrize("pattern", ["too", "license", "tool", "lib/b.so", "/*/*/*/*"])
def test_pattern_that_matches_nothing_is_named(pattern: str) -> None:
    with pytest.raises(ArchiveError, match="include matches nothing") as caught:
        _selected("bin", pattern)
    assert f"`{pattern}`" in str(caught.value)
    assert "`bin`" not in str(caught.value)


def test_patterns_are_matched_after_strip() -> None:
    paths = ("tool-1.2/bin/tool", "tool-1.2/README")
    assert _selected("bin", strip=1, paths=paths) == {"bin/tool"}


def test_all_that_is_left_can_be_asked_for() -> None:
    assert _selected("**", strip=1, paths=("top/a", "README")) == {"a"}


def test_stripped_directories_are_no_loss() -> None:
    members = [
        Member(path="top/", kind=DIRECTORY),
        Member(path="top/a", kind=FILE),
    ]
    assert [item.path for item in select(members, strip=1, include=())] == ["a"]


@pytest.mark.parametrize(
    ("name", "is_archive"),
    [
        ("jq-1.7.tar.gz", True),
        ("jq.TGZ", True),
        ("jq.zip", True),
        ("jq.tar.zst", True),
        ("jq-linux-amd64", False),
        ("jq.gz", False),
        ("tar", False),
        ("jq.tar.gz.asc", False),
    ],
)
def test_suffix_says_whether_a_file_is_unpacked(name: str, *, is_archive: bool) -> None:
    assert is_archive_name(name) is is_archive


def test_name_that_announces_nothing_agrees_with_any_content() -> None:
    assert decide_format("download", b"PK\3\4") == "zip"
