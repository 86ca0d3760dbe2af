"""Builds with a lock, and what lies in their cache."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from bench.measure import Command, run

if TYPE_CHECKING:
    from pathlib import Path

    from bench.lab import Lab
    from bench.publisher import Release


def lock(lab: Lab, release: Release, place: Path) -> bytes:
    """Lock what is compiled at `place`; returns the lock."""
    run(lab.fetchkit(place, "lock", *sources(place)))
    data = (place / "build" / "fetchkit.lock").read_bytes()
    run(compile_locked(lab, release, place, data))
    return data


def compile_locked(lab: Lab, release: Release, place: Path, lock: bytes) -> Command:
    """``compile`` of an app at `place` that keeps `lock`."""
    command = lab.compile(release, place)
    (place / "build" / "fetchkit.lock").write_bytes(lock)
    return command


def sources(place: Path) -> tuple[str, ...]:
    """The options that name manifest and cache of `place`."""
    manifest, cache_dir = place / "build/fetchkit.toml", place / "cache/fetchkit"
    return ("--manifest", str(manifest), "--cache-dir", str(cache_dir))


def shell(script: str, *arguments: Path) -> Command:
    """A script for ``sh``, with `arguments` as its ``$1`` and so on."""
    words = ["sh", "-euc", script, "sh", *map(str, arguments)]
    return Command(arguments=words, environ={"PATH": os.defpath, "LC_ALL": "C"})


def blobs_dir(place: Path) -> Path:
    """Where the cache of `place` has its blobs."""
    return place / "cache/fetchkit/v1/blobs/sha256"


def fill(blobs: Path, count: int, *, used_at: float | None = None) -> None:
    """Put `count` small blobs into a cache, as builds leave them there.

    Args:
        used_at: seconds since the epoch; None means now.
    """
    for number in range(count):
        data = b"%d\n" % number
        path = blobs / hashlib.sha256(data).hexdigest()
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o444)
        os.write(descriptor, data)
        if used_at is not None:
            os.utime(descriptor, (used_at, used_at))
        os.close(descriptor)
