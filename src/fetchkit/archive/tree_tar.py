"""A tree of files as a tar: same files, same bytes, whoever writes it and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

MODIFIED = 315_532_801
"""1980-01-01T00:00:01Z, which buildpack tools write where no time has a meaning."""

_BLOCK_BYTES = 512


class TreeFile(NamedTuple):
    """One file of the tree."""

    path: str
    data: bytes
    mode: int


def write_tree(file: BinaryIO, files: Iterable[TreeFile]) -> None:
    """Write `files`, sorted, and every directory above one of them, owned by root."""
    import tarfile

    ordered = sorted(files)
    directories = {
        "/".join(parts[:length])
        for parts in (each.path.split("/") for each in ordered)
        for length in range(1, len(parts))
    }
    headers = [(path, None) for path in directories]
    members = sorted(
        [*headers, *((each.path, each) for each in ordered)], key=lambda pair: pair[0]
    )
    for path, each in members:
        info = tarfile.TarInfo(path)
        info.mtime = MODIFIED
        info.type = tarfile.DIRTYPE if each is None else tarfile.REGTYPE
        info.mode = 0o755 if each is None else each.mode
        info.size = 0 if each is None else len(each.data)
        file.write(info.tobuf(tarfile.GNU_FORMAT, "utf-8", "strict"))
        if each is not None:
            file.write(each.data)
            file.write(bytes(-len(each.data) % _BLOCK_BYTES))
    file.write(bytes(2 * _BLOCK_BYTES))
