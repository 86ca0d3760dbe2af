"""A cache whose contents are as old as a test wants them."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fetchkit.store.cache import Cache
from fetchkit.store.policy import DAY, Policy

if TYPE_CHECKING:
    from fetchkit.digest import Digest
    from fetchkit.store.layers import Layer

NOW = 1_800_000_000.0
KIB = 1024


@dataclass(frozen=True)
class Shelf:
    cache: Cache

    @property
    def root(self) -> Path:
        return Path(self.cache.layout.root)

    def with_policy(self, policy: Policy, now: float = NOW) -> Cache:
        """The same cache, as another run opens it."""
        return Cache(self.cache.layout.cache_dir, policy=policy, clock=lambda: now)

    def with_layers(self, *layers: Layer, warnings: list[str] | None = None) -> Cache:
        warn = warnings.append if warnings is not None else lambda _: None
        return Cache(self.cache.layout.cache_dir, layers=layers, warn=warn)

    def put(self, data: bytes, *, days: float = 0.0) -> Digest:
        """A blob that was last used `days` ago."""
        digest = self.cache.blobs.put(data)
        self.age(self.blob(digest), days)
        return digest

    def put_many(self, count: int, *, size: int, days: float = 0.0) -> list[Digest]:
        """Blobs, each used a second later than the one before."""
        return [
            self.put(os.urandom(size), days=days - number / DAY)
            for number in range(count)
        ]

    def remember(self, digest: Digest, name: str, *, days: float = 0.0) -> Path:
        """What a url gave: `digest`."""
        document = {"url": f"https://example.com/{name}", "digest": str(digest)}
        return self.write(f"meta/{name}.json", json.dumps(document), days=days)

    def vouch(self, digest: Digest, *, days: float = 0.0) -> Path:
        return self.write(f"verdicts/{digest.hex}-{'0' * 32}.json", "{}", days=days)

    def write(self, name: str, text: str = "x", *, days: float = 0.0) -> Path:
        path = self.root / name
        path.write_text(text)
        self.age(path, days)
        return path

    def blob(self, digest: Digest) -> Path:
        return Path(self.cache.layout.blob(digest))

    def age(self, path: Path, days: float) -> None:
        used_at = NOW - days * DAY
        os.utime(path, (used_at, used_at))

    def collected(self, days: float) -> None:
        """The last collection was `days` ago."""
        self.age(Path(self.cache.layout.collector_lock), days)

    def digests(self) -> set[Digest]:
        return set(self.cache.blobs.digests())
