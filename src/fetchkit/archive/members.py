"""The words of this room: a member, the limits, and what is wrong with an archive.

Pure values; knows no format.
"""

from __future__ import annotations

from fetchkit.values import frozen

FILE = "file"
DIRECTORY = "dir"
SYMLINK = "link"
HARD_LINK = "hard link"

_MIB = 1024 * 1024


class ArchiveError(Exception):
    """Why an archive cannot be unpacked; `extract` adds which archive.

    Stays in this room: readers and the plan know the reason, not the name.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


@frozen
class Member:
    """One member as the archive states it. Nothing about it has been checked."""

    path: str
    """As written; bytes that are not UTF-8 are surrogate escapes."""
    kind: str
    """One of the four constants above, or the name of what is never extracted."""
    mode: int = 0
    size: int = 0
    """Bytes of content, as declared; the readers deliver exactly that many."""
    target: str = ""
    """What a link points to, as written."""


@frozen
class Limits:
    """What one archive may cost."""

    total_bytes: int = 4096 * _MIB
    """Everything an archive expands to. Four times the largest tool seen."""
    ratio: int = 200
    """Times its own size an archive may expand to. Text reaches 20, bombs 1000."""
    ratio_floor_bytes: int = 64 * _MIB
    """Always allowed: small archives of zeros compress absurdly well, harmlessly."""
    members: int = 100_000
    """A Node.js or Go distribution has 5,000 to 15,000."""
    names_bytes: int = 16 * _MIB
    """All names and link targets together: they are held in memory."""
    path_bytes: int = 1024
    depth: int = 64
    """Directories in one path; deeper trees are hard to remove again."""
    header_bytes: int = _MIB
    """One pax or long-name header. Real ones stay below 10 KiB."""

    def expanded_bytes(self, archive_bytes: int) -> int:
        """The most an archive of `archive_bytes` may expand to."""
        scaled = max(self.ratio_floor_bytes, self.ratio * archive_bytes)
        return min(self.total_bytes, scaled)


DEFAULT_LIMITS = Limits()
