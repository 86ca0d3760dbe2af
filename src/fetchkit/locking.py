"""Manifest -> Lock: choose, fetch and verify every build for every platform.

A lock is complete or it is an error. What a lock has and still fits is kept, unless
it is to be updated: so that locking again changes nothing but what was asked for.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fetchkit.errors import FetchkitError
from fetchkit.fs import translated
from fetchkit.manifest.fit import entry_fits
from fetchkit.manifest.lock import Lock, LockedArtifact, LockedBuild, LockedChecksums
from fetchkit.resolution import platforms, resolve
from fetchkit.target import Target
from fetchkit.values import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from fetchkit.artifact import Artifact, Resolved, Stored
    from fetchkit.manifest import Manifest

LOCK_LIBC = "glibc"
"""What ``{libc}`` stands for where nothing of the target says: what stacks have."""


def lock(
    manifest: Manifest,
    previous: Lock | None,
    *,
    update: Collection[str] | None,
    choose: Callable[[Artifact], str],
    ensure_all: Callable[[Sequence[Resolved]], Sequence[Stored]],
    document: str,
) -> Lock:
    """The lock of `manifest`.

    Args:
        previous: what is locked already.
        update: artifacts whose entries are made anew; None: none that still fit,
            so that the rest stays as it is.
        choose: gives the exact version an artifact stands for today.
        ensure_all: fetches and verifies (`Pipeline.ensure_all`).

    Raises:
        FetchkitError: a build cannot be had or must not be used: there is no lock.
    """
    kept: dict[str, LockedArtifact] = {}
    chosen: dict[str, Artifact] = {}
    for name, artifact in manifest.artifacts.items():
        locked = previous.artifacts.get(name) if previous else None
        is_wanted = update is not None and name in update
        if locked is not None and not is_wanted and _still_fits(artifact, locked):
            kept[name] = locked
        else:
            chosen[name] = replace(artifact, version=choose(artifact), versions=None)
    wanted = [
        resolve(artifact, Target.parse(platform, libc=LOCK_LIBC), {})
        for artifact in chosen.values()
        for platform in platforms(artifact)
    ]
    stored = ensure_all(wanted) if wanted else ()
    builds: dict[str, dict[str, LockedBuild]] = {name: {} for name in chosen}
    for each in stored:
        builds[each.resolved.name][each.resolved.target.name] = _build(each)
    made = {
        name: LockedArtifact(version=artifact.version, builds=builds[name])
        for name, artifact in chosen.items()
    }
    return Lock(document=document, artifacts={**kept, **made})


def _still_fits(artifact: Artifact, locked: LockedArtifact) -> bool:
    if not entry_fits(artifact, locked):
        return False
    for platform, build in locked.builds.items():
        try:
            target = Target.parse(platform, libc=LOCK_LIBC)
            closed = replace(artifact, version=locked.version, versions=None)
            resolved = resolve(closed, target, {})
        except FetchkitError:
            return False
        if tuple(str(place.url) for place in resolved.locations) != build.urls:
            return False
    return True


def _build(stored: Stored) -> LockedBuild:
    evidence = stored.evidence
    files, unpacked = _measure(stored)
    signers = tuple(sorted({signer.primary for signer in evidence.signers}))
    checksums = None
    if evidence.checksums is not None:
        checksums = LockedChecksums(
            url=evidence.checksums_url,
            sha256=evidence.checksums,
            signature=evidence.signature,
            signers=signers,
        )
    return LockedBuild(
        urls=tuple(str(place.url) for place in stored.resolved.locations),
        sha256=stored.digest,
        size=stored.size,
        unpacked_size=unpacked,
        files=files,
        signature=None if checksums else evidence.signature,
        signers=() if checksums else signers,
        checksums=checksums,
    )


def _measure(stored: Stored) -> tuple[int, int]:
    """How many files, and bytes of them, an installation makes."""
    installation = stored.resolved.installation
    if installation.file is not None:
        return 1, stored.size
    from fetchkit.archive.extract import measure

    with translated(stored.path):
        descriptor = os.open(stored.path, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(descriptor, "rb") as blob:
        return measure(
            blob,
            name=stored.resolved.url.last_part or stored.resolved.name,
            strip=installation.strip,
            include=installation.include,
        )
