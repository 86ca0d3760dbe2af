"""A target directory in the middle of a tree that must never change."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from fetchkit.archive.extract import extract
from fetchkit.errors import FetchkitError, UnsafeArchiveError

if TYPE_CHECKING:
    from pathlib import Path

    from fetchkit.artifact import Entry


@dataclass(frozen=True)
class Site:
    """Where a test unpacks, and all that lies around it."""

    around: Path

    @property
    def into(self) -> Path:
        return self.around / "into"

    def unpack(self, data: bytes, name: str, **options: Any) -> tuple[Entry, ...]:
        archive = self.around.parent / "archive"
        archive.write_bytes(data)
        with archive.open("rb") as file:
            return extract(file, name=name, into=str(self.into), **options)

    def refuse(
        self,
        data: bytes,
        name: str,
        *,
        error: type[FetchkitError] = UnsafeArchiveError,
        **options: Any,
    ) -> str:
        """The message of the refusal; the tree around has stayed as it was."""
        before = snapshot(self.around)
        with pytest.raises(error) as caught:
            self.unpack(data, name, **options)
        assert snapshot(self.around) == before
        message = caught.value.message
        assert name in message
        assert message.isprintable()
        return message

    def tree(self) -> dict[str, str]:
        """What was unpacked: octal mode of a file or directory, target of a link."""
        return {
            os.path.relpath(os.path.join(root, name), self.into): _shown(root, name)
            for root, directories, files in os.walk(self.into)
            for name in (*directories, *files)
        }


def _shown(root: str, name: str) -> str:
    path = os.path.join(root, name)
    if os.path.islink(path):
        return f"-> {os.readlink(path)}"
    return oct(os.lstat(path).st_mode & 0o7777)


def snapshot(around: Path) -> dict[str, tuple[object, ...]]:
    """Mode, times, link count and content of everything but what is in `into`."""
    seen: dict[str, tuple[object, ...]] = {}
    for root, directories, files in os.walk(around):
        for name in (".", *directories, *files):
            path = os.path.join(root, name)
            info = os.lstat(path)
            is_file = name in files and not os.path.islink(path)
            content: object = None
            if is_file:
                with open(path, "rb") as file:
                    content = file.read()
            seen[path] = (info.st_mode, info.st_mtime_ns, info.st_nlink, content)
    return seen


@pytest.fixture
def site(tmp_path: Path) -> Site:
    around = tmp_path / "around"
    (around / "beside").mkdir(parents=True)
    (around / "secret").write_text("secret")
    (around / "secret").chmod(0o600)
    (around / "beside" / "x").write_text("untouched")
    (around / "into").mkdir(mode=0o700)
    return Site(around)
