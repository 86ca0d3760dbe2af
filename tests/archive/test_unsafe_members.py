"""Members that would leave the target, or fool who looks at it, are never written.

The snapshot in `Site.refuse` includes the target: it must still be empty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

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
    from tests.archive.conftest import Site

UNSAFE_NAMES = [
    pytest.param("../x", "holds `..`", id="parent"),
    pytest.param("a/../../x", "holds `..`", id="parent after a detour"),
    pytest.param("a/../x", "holds `..`", id="parent that stays inside"),
    pytest.param("..", "holds `..`", id="only the parent"),
    pytest.param("/abs", "absolute", id="absolute"),
    pytest.param("//abs", "absolute", id="absolute, two slashes"),
    pytest.param("C:\\x", "backslash", id="drive"),
    pytest.param("..\\x", "backslash", id="parent, Windows spelling"),
    pytest.param(".", "empty", id="the target itself"),
    pytest.param("", "empty", id="empty"),
    pytest.param("a\nb", "control", id="newline"),
    pytest.param("a\x1b[2Jb", "control", id="escape"),
    pytest.param("a\x7fb", "control", id="delete"),
    pytest.param(b"a\xff", "undecodable", id="not UTF-8"),
    pytest.param("x/", "name of a directory", id="file with a directory's name"),
]


@pytest.mark.parametrize(("name", "reason"), UNSAFE_NAMES)
def test_unsafe_name_is_refused(site: Site, name: str, reason: str) -> None:
    assert reason in site.refuse(tar(file("good"), file(name)), "t.tar")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        pytest.param("n" * 300, "longer than 255 bytes", id="part of 300"),
        pytest.param("d/" * 600 + "f", "longer than 1024", id="path of 1,201"),
        pytest.param("é/" * 400 + "f", "1024 bytes", id="1,024 bytes, fewer letters"),
        pytest.param("d/" * 64 + "f", "deeper than 64", id="65 deep"),
        pytest.param("d/" * 10_000 + "f", "longer than", id="10,000 deep"),
        pytest.param("a\0b", "control", id="NUL"),
    ],
)
@pytest.mark.parametrize("dialect", ["pax", "gnu"])
def test_unsafe_long_name_is_refused(
    site: Site, dialect: str, name: str, reason: str
) -> None:
    extended = (
        pax(("path", name)) if dialect == "pax" else gnu_long(b"L", name.encode())
    )
    assert reason in site.refuse(tar(extended + file("short")), "t.tar")


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        pytest.param([symlink("l", ".."), file("l/x")], "leads outside", id="parent"),
        pytest.param([symlink("l", "/tmp"), file("l/x")], "absolute", id="absolute"),
        pytest.param([symlink("l", "")], "empty", id="nowhere"),
        pytest.param([symlink("l", "a\nb")], "control", id="newline"),
        pytest.param([symlink("d/l", "../../secret")], "leads outside", id="climbing"),
        pytest.param(
            [symlink("a", "."), symlink("b", "a/.."), file("c")],
            "leads through another link",
            id="through a link",
        ),
        pytest.param(
            [symlink("b", "A/.."), symlink("a", ".")],
            "leads through another link",
            id="through a link, were case folded",
        ),
        pytest.param(
            [symlink("a", "b"), file("b/f"), file("a/x")],
            "`a` is no directory",
            id="file below a link that stays inside",
        ),
        pytest.param(
            [symlink("f", "../secret"), file("f", b"written through")],
            "duplicate",
            id="file through a link",
        ),
        pytest.param(
            [directory("d"), symlink("d", ".."), file("d/x")],
            "duplicate",
            id="directory, then link",
        ),
        pytest.param(
            [symlink("d", "e"), directory("d"), file("d/x")],
            "duplicate",
            id="link, then directory",
        ),
        pytest.param([hard_link("h", "../secret")], "holds `..`", id="hard, outside"),
        pytest.param([hard_link("h", "/etc/passwd")], "absolute", id="hard, absolute"),
        pytest.param(
            [symlink("s", "t"), hard_link("h", "s")],
            "not a file that comes before",
            id="hard, to a link",
        ),
        pytest.param(
            [hard_link("h", "f"), file("f")],
            "not a file that comes before",
            id="hard, to a later file",
        ),
    ],
)
def test_link_that_could_be_followed_outside_is_refused(
    site: Site, members: list[bytes], reason: str
) -> None:
    assert reason in site.refuse(tar(*members), "t.tar")


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        pytest.param([file("a"), file("a", b"y")], "`a`: duplicate", id="same name"),
        pytest.param([file("a"), file("./a", b"y")], "`a`: duplicate", id="other dots"),
        pytest.param([file("Foo"), file("foo")], "duplicate", id="case"),
        pytest.param([file("é"), file("e\u0301")], "duplicate", id="normal forms"),
        pytest.param([file("D/a"), file("d/b")], "duplicate", id="case of a parent"),
        pytest.param([file("a"), file("a/b")], "no directory", id="file as parent"),
        pytest.param([file("a/b"), file("a")], "no directory", id="parent as file"),
    ],
)
def test_members_that_would_meet_on_disk_are_refused(
    site: Site, members: list[bytes], reason: str
) -> None:
    assert reason in site.refuse(tar(*members), "t.tar")


@pytest.mark.parametrize(
    ("letter", "reason"),
    [
        pytest.param(b"3", "character device", id="character device"),
        pytest.param(b"4", "block device", id="block device"),
        pytest.param(b"6", "FIFO", id="FIFO"),
        pytest.param(b"7", "contiguous file", id="contiguous file"),
        pytest.param(b"V", "volume label", id="GNU volume"),
        pytest.param(b"M", "another volume", id="GNU continuation"),
        pytest.param(b"S", "sparse file", id="GNU sparse"),
        pytest.param(b"s", "unknown type", id="socket"),
        pytest.param(b"Z", "unknown type", id="unknown letter"),
    ],
)
def test_special_member_is_refused(site: Site, letter: bytes, reason: str) -> None:
    data = tar(file("good"), header("special", kind=letter))
    assert reason in site.refuse(data, "t.tar")


def test_every_fault_is_counted(site: Site) -> None:
    data = tar(*(file(f"../{number}") for number in range(7)))
    message = site.refuse(data, "t.tar")
    assert "`../0`" in message
    assert message.endswith("(and 4 more)")


@pytest.mark.parametrize(
    ("members", "options", "reason"),
    [
        pytest.param(
            [file("a/../../x")], {"strip": 1}, "holds `..`", id="parent appears"
        ),
        pytest.param(
            [file("../x")], {"strip": 1}, "holds `..`", id="parent is stripped away"
        ),
        pytest.param(
            [file("top/lib/f"), symlink("top/l", "../top/lib/f")],
            {"strip": 1},
            "leads outside",
            id="link by way of what is stripped",
        ),
        pytest.param(
            [file("top/a"), file("up/b"), hard_link("top/h", "up/b")],
            {"strip": 1, "include": ("a", "h")},
            "is unpacked too",
            id="hard link to what is left out",
        ),
        pytest.param(
            [file("a/x"), file("b/x")],
            {"strip": 1},
            "duplicate",
            id="two become one",
        ),
        pytest.param(
            [file("top/x"), file("README")],
            {"strip": 1},
            "strip = 1 would drop `README`",
            id="a file vanishes",
        ),
        pytest.param(
            [file("a"), file("b")],
            {"strip": 1},
            "nothing to install: strip = 1 leaves nothing of `a`, `b`",
            id="all vanishes",
        ),
    ],
)
def test_checks_are_made_on_what_strip_leaves(
    site: Site, members: list[bytes], options: dict[str, Any], reason: str
) -> None:
    assert reason in site.refuse(tar(*members), "t.tar", **options)


def test_what_include_leaves_out_is_not_judged(site: Site) -> None:
    data = tar(header("dev", kind=b"3"), symlink("out", "/"), file("bin/tool"))
    site.unpack(data, "t.tar", include=("bin",))
    assert site.tree() == {"bin": "0o755", "bin/tool": "0o644"}
