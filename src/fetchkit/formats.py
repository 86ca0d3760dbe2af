"""Archive formats by file name. What is inside, `fetchkit.archive` finds out."""

from __future__ import annotations

SUFFIXES = {
    ".tar.gz": "tar.gz",
    ".tgz": "tar.gz",
    ".tar.xz": "tar.xz",
    ".txz": "tar.xz",
    ".tar.bz2": "tar.bz2",
    ".tbz2": "tar.bz2",
    ".tar.zst": "tar.zst",
    ".tzst": "tar.zst",
    ".tar": "tar",
    ".zip": "zip",
}


def archive_format(name: str) -> str | None:
    """The format the end of `name` promises, or None for a single file.

    Example:
        >>> archive_format("jq-1.7.TGZ"), archive_format("jq-linux-amd64")
        ('tar.gz', None)
    """
    lowered = name.lower()
    return next((form for end, form in SUFFIXES.items() if lowered.endswith(end)), None)
