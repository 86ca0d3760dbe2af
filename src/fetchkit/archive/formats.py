"""Which archive format a file name announces, and which its first bytes show.

Pure, and cheap to import: the question "is this an archive at all?" is asked for
every artifact, also where nothing is unpacked.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from fetchkit.archive.members import ArchiveError

Format: TypeAlias = Literal["tar", "tar.gz", "tar.bz2", "tar.xz", "tar.zst", "zip"]

HEAD_BYTES = 512
"""First bytes that decide: tar's magic is at 257, all others are at 0."""

_SUFFIXES: dict[str, Format] = {
    ".tar": "tar",
    ".tar.gz": "tar.gz",
    ".tgz": "tar.gz",
    ".tar.bz2": "tar.bz2",
    ".tbz2": "tar.bz2",
    ".tbz": "tar.bz2",
    ".tar.xz": "tar.xz",
    ".txz": "tar.xz",
    ".tar.zst": "tar.zst",
    ".tzst": "tar.zst",
    ".zip": "zip",
}
_MAGICS: dict[bytes, Format] = {
    b"\x1f\x8b": "tar.gz",
    b"BZh": "tar.bz2",
    b"\xfd7zXZ\x00": "tar.xz",
    b"\x28\xb5\x2f\xfd": "tar.zst",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
}
_STRANGERS = {
    b"\x7fELF": "an ELF program",
    b"#!": "a script",
    b"<": "a web page",
    b"{": "a JSON document",
    b"-----BEGIN PGP": "an armoured OpenPGP file",
}


def is_archive_name(name: str) -> bool:
    """Whether a file of this name is unpacked by default.

    Example:
        >>> is_archive_name("jq-1.7.1.TAR.GZ"), is_archive_name("jq-linux-amd64")
        (True, False)
    """
    return _named_format(name) is not None


def decide_format(name: str, head: bytes) -> Format:
    """The format of a file called `name` that begins with `head`.

    Content decides; a name that announces a format must announce this one. A name
    without a known suffix announces nothing.

    Raises:
        ArchiveError: no archive we read, or not the announced one.
    """
    announced, found = _named_format(name), _content_format(head)
    if found is None:
        raise ArchiveError(
            f"it is {_describe(head)}, not an archive",
            hint="Check the url; for a single file write extract = false.",
        )
    if announced not in {None, found}:
        raise ArchiveError(
            f"it is named {announced}, but its content is {found}",
            hint="Nothing was unpacked. Check the url with the publisher.",
        )
    return found


def _named_format(name: str) -> Format | None:
    lowered = name.lower()
    for suffix, archive_format in _SUFFIXES.items():
        if lowered.endswith(suffix):
            return archive_format
    return None


def _content_format(head: bytes) -> Format | None:
    for magic, archive_format in _MAGICS.items():
        if head.startswith(magic):
            return archive_format
    # An empty tar is nothing but end-of-archive blocks.
    is_zeros = len(head) == HEAD_BYTES and not any(head)
    return "tar" if head[257:262] == b"ustar" or is_zeros else None


def _describe(head: bytes) -> str:
    if not head:
        return "an empty file"
    for magic, description in _STRANGERS.items():
        if head.lstrip().startswith(magic):
            return description
    return "something else"
