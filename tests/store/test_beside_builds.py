"""Collections beside builds that use the same cache, and collections that die."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from fetchkit.store.cache import Cache
from tests.store.shelf import KIB

if TYPE_CHECKING:
    from tests.store.processes import Python
    from tests.store.shelf import Shelf

SECONDS = 6.0
BUILDERS = 3

COLLECTOR = """
import sys, time
from fetchkit.store.cache import Cache
from fetchkit.store.policy import Policy
upkeep = Cache(
    sys.argv[1], policy=Policy(ttl_seconds=0, young_seconds=0, quota_bytes=1)
).upkeep
end = time.monotonic() + float(sys.argv[2])
removed = 0
print("running", flush=True)
while time.monotonic() < end:
    removed += sum(each.entry.kind == "blob" for each in upkeep.collect().removals)
print(removed)
"""

BUILDER = """
import os, sys, time
from contextlib import closing
from fetchkit.digest import Digest
from fetchkit.store.cache import Cache
end = time.monotonic() + float(sys.argv[2])
contents = [bytes([number]) * 100_000 for number in range(4)]
found = published = misses = 0
while time.monotonic() < end:
    data = contents[os.urandom(1)[0] % 4]
    digest = Digest.of(data)
    with closing(Cache(sys.argv[1])) as cache:
        copy = cache.find(digest, subject="it")
        found += copy is not None
        # Another builder's blob may be in the way and go again: for this collector
        # nothing is too young.
        while copy is None:
            with cache.blobs.staged() as path:
                with open(path, "wb") as file:
                    file.write(data)
                path = cache.blobs.publish(path, digest)
                copy = cache.find(digest, subject="it")
            published += 1
        time.sleep(os.urandom(1)[0] / 50_000)
        # As an installation does: by the path that was given out before.
        try:
            with open(copy.path, "rb") as file:
                assert file.read() == data
        except FileNotFoundError:
            misses += 1
print(found, published, misses)
"""


def test_what_a_build_found_is_there_when_it_installs(
    shelf: Shelf, python: Python
) -> None:
    """The collector wants everything, all the time; builds never notice."""
    arguments = (shelf.cache.layout.cache_dir, str(SECONDS))
    collector = python.start_saying("running", COLLECTOR, *arguments)
    builders = [python.start(BUILDER, *arguments) for _ in range(BUILDERS)]
    counted = []
    for builder in builders:
        said, errors = builder.communicate(timeout=60)
        assert builder.returncode == 0, errors
        counted.append([int(number) for number in said.split()])
    removed, errors = collector.communicate(timeout=60)
    assert collector.returncode == 0, errors
    found, published, misses = (sum(column) for column in zip(*counted, strict=True))
    assert misses == 0
    # All three happened, and often: otherwise nothing was tried.
    assert min(int(removed), found, published) > 20, (removed, found, published)


@pytest.mark.parametrize("delay", [0.02, 0.05, 0.1, 0.2])
def test_a_killed_collection_leaves_a_cache_that_works(
    shelf: Shelf, python: Python, delay: float
) -> None:
    blobs = shelf.put_many(1000, size=KIB, days=400)
    for number, digest in enumerate(blobs):
        shelf.remember(digest, str(number), days=400)
    kept = shelf.put(b"kept", days=1)
    collector = python.start_saying(
        "running", COLLECTOR, shelf.cache.layout.cache_dir, "60"
    )
    time.sleep(delay)
    collector.kill()
    collector.wait()
    if kept in shelf.digests():
        assert shelf.cache.find(kept, subject="it")
    for digest in shelf.digests():
        measure = shelf.cache.blobs.measure(digest)
        assert measure is not None
        assert measure.digest() == digest
    shelf.cache.close()
    shelf.cache.upkeep.clear()
    assert shelf.digests() == set()
    assert os.listdir(shelf.root / "meta") == []


def test_a_blob_that_exists_already_is_held_before_ours_is_dropped(
    shelf: Shelf,
) -> None:
    data = b"published twice"
    digest = shelf.put(data, days=400)
    with shelf.cache.blobs.staged() as path:
        with open(path, "wb") as file:
            file.write(data)
        copy = shelf.cache.find(digest, subject="it")
        assert copy is not None
        shelf.cache.blobs.publish(path, digest)
    Cache(shelf.cache.layout.cache_dir).upkeep.clear()
    assert shelf.digests() == {digest}
