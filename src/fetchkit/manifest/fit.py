"""Does a lock fit its manifest? And what the manifest means once it is pinned.

Pure. A lock fits when it has exactly the artifacts and platforms of the manifest,
and nothing in it contradicts what the manifest says now. What the lock says was
signed has to be signed still: evidence is never taken away by accident.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fetchkit.artifact import PlatformOverride
from fetchkit.errors import Fault, ManifestError
from fetchkit.resolution import platforms
from fetchkit.values import replace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fetchkit.artifact import Artifact, Resolved
    from fetchkit.digest import Digest
    from fetchkit.manifest.lock import Lock, LockedArtifact, LockedBuild
    from fetchkit.manifest.model import Manifest

_RELOCK = "Run `fetchkit lock` to write it anew, or put the manifest back."


def pin(manifest: Manifest, lock: Lock) -> Manifest:
    """`manifest` with the versions, digests and sizes of `lock`.

    Raises:
        ManifestError: the lock does not fit; each fault names the field.
    """
    faults = list(_faults(manifest, lock))
    if faults:
        raise ManifestError(lock.document, faults, hint=_RELOCK)
    pinned = {
        name: _pinned(artifact, lock.artifacts[name])
        for name, artifact in manifest.artifacts.items()
    }
    return replace(manifest, artifacts=pinned)


def check_url(resolved: Resolved, lock: Lock) -> None:
    """Make sure that what will be fetched is what the lock was made for.

    A variable of the environment can still ask for another version or place.

    Raises:
        ManifestError: the urls differ.
    """
    artifact = lock.artifacts[resolved.name]
    build = artifact.builds[resolved.target.name]
    urls = tuple(str(location.url) for location in resolved.locations)
    if urls == build.urls:
        return
    ours, theirs = next(
        (one, other)
        for one, other in zip(
            (*urls, "nothing"), (*build.urls, "nothing"), strict=False
        )
        if one != other
    )
    place = f"artifacts.{resolved.name}.platforms.{resolved.target.name}.urls"
    variables = ", ".join(sorted(set(resolved.origins.values())))
    hint = (
        f"Unset {variables}, or ignore the lock with --no-lock."
        if variables
        else _RELOCK
    )
    fault = Fault(place, f"is {theirs}, the manifest asks for {ours}")
    raise ManifestError(lock.document, [fault], hint=hint)


def entry_fits(artifact: Artifact, locked: LockedArtifact) -> bool:
    """Whether the lock's entry for `artifact` may stay as it is."""
    return not any(_artifact_faults(artifact, locked))


def _faults(manifest: Manifest, lock: Lock) -> Iterator[Fault]:
    for name in lock.artifacts:
        if name not in manifest.artifacts:
            yield Fault(f"artifacts.{name}", "is not in the manifest")
    for name, artifact in manifest.artifacts.items():
        locked = lock.artifacts.get(name)
        if locked is None:
            yield Fault(f"artifacts.{name}", "is missing: the manifest has it")
        else:
            yield from _artifact_faults(artifact, locked)


def _artifact_faults(artifact: Artifact, locked: LockedArtifact) -> Iterator[Fault]:
    place = artifact.place
    if not _is_version_of(artifact, locked.version):
        yield Fault(
            f"{place}.version",
            f"is {locked.version}, the manifest asks for {artifact.version}",
        )
    declared = set(platforms(artifact))
    for platform in sorted(declared - set(locked.builds)):
        yield Fault(f"{place}.platforms.{platform}", "is missing: the manifest has it")
    for platform, build in locked.builds.items():
        where = f"{place}.platforms.{platform}"
        if platform not in declared:
            yield Fault(where, "is not in the manifest")
        else:
            yield from _build_faults(artifact, platform, build, where)


def _is_version_of(artifact: Artifact, version: str) -> bool:
    if artifact.versions is None:
        return artifact.version == version
    # Loaded where a range may have to be compared with.
    from fetchkit.versions.choice import fits

    return fits(artifact, version)


def _build_faults(
    artifact: Artifact, platform: str, build: LockedBuild, place: str
) -> Iterator[Fault]:
    override = artifact.platforms.get(platform, PlatformOverride())
    sha256 = override.sha256 or artifact.sha256
    if sha256 is not None and sha256 != build.sha256:
        yield Fault(f"{place}.sha256", f"is {build.sha256}, the manifest says {sha256}")
    size = override.size or artifact.size
    if size is not None and size != build.size:
        yield Fault(f"{place}.size", f"is {build.size}, the manifest says {size}")
    is_signed = bool(override.signature or artifact.signature)
    yield from _evidence_faults(
        f"{place}.signature", is_in_lock=build.signature is not None, is_asked=is_signed
    )
    chain = build.checksums
    yield from _evidence_faults(
        f"{place}.checksums",
        is_in_lock=chain is not None,
        is_asked=artifact.checksums is not None,
    )
    yield from _evidence_faults(
        f"{place}.checksums.signature",
        is_in_lock=chain is not None and chain.signature is not None,
        is_asked=artifact.checksums_signature is not None,
    )
    trusted = {fpr for key in artifact.signed_by for fpr in key.fingerprints}
    for signer in (*build.signers, *(chain.signers if chain else ())):
        if signer not in trusted:
            yield Fault(
                f"{place}.signers", f"names {signer}, the manifest does not trust it"
            )


def _evidence_faults(
    place: str, *, is_in_lock: bool, is_asked: bool
) -> Iterator[Fault]:
    if is_in_lock and not is_asked:
        yield Fault(
            place,
            "was checked when the lock was made, the manifest no longer asks for it",
        )
    if is_asked and not is_in_lock:
        yield Fault(place, "is missing: the manifest asks for it")


def _documents(build: LockedBuild) -> dict[str, Digest]:
    chain = build.checksums
    signature = chain.signature if chain else build.signature
    found = {"signature": signature, "checksums": chain.sha256 if chain else None}
    return {what: digest for what, digest in found.items() if digest is not None}


def _pinned(artifact: Artifact, locked: LockedArtifact) -> Artifact:
    return replace(
        artifact,
        version=locked.version,
        versions=None,
        platforms={
            platform: replace(
                artifact.platforms.get(platform, PlatformOverride()),
                sha256=build.sha256,
                size=build.size,
                documents=_documents(build),
            )
            for platform, build in locked.builds.items()
        },
    )
