"""``fetchkit.lock``: what was chosen, byte for byte, for every declared platform.

Text to `Lock` and back. The text is canonical: equal locks give equal bytes, one
table for each build, sorted, without times, so that two branches merge cleanly.
A build in a lock is complete, or the lock is not one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fetchkit.digest import Digest
from fetchkit.errors import Fault, ManifestError
from fetchkit.fingerprint import normalise_fingerprint
from fetchkit.manifest.fields import Fields
from fetchkit.manifest.parse import MAX_LOCK_BYTES
from fetchkit.paths import parse_version
from fetchkit.target import Target
from fetchkit.toml import parse_toml
from fetchkit.values import field, frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA = 1
_HEAD = "# Written by `fetchkit lock`; change the manifest and run it again.\n"
_RELOCK = "Run `fetchkit lock` to write it anew."


@frozen
class LockedChecksums:
    """The checksum file that named a build's digest."""

    url: str
    """Masked, as every url in a lock."""
    sha256: Digest
    signature: Digest | None = None
    signers: tuple[str, ...] = ()


@frozen
class LockedBuild:
    """One build for one platform: everything an install has to find again."""

    urls: tuple[str, ...]
    """Where it is published, best first. Secrets are masked."""
    sha256: Digest
    size: int
    unpacked_size: int
    """Bytes on disk after installation, links not counted."""
    files: int
    """Files after installation."""
    signature: Digest | None = None
    """Of the detached signature as it was published; None: it was not signed."""
    signers: tuple[str, ...] = ()
    """Fingerprints of the primary keys that signed, sorted."""
    checksums: LockedChecksums | None = None


@frozen
class LockedArtifact:
    """One artifact: the version that was chosen, and its builds by platform."""

    version: str
    builds: Mapping[str, LockedBuild]


@frozen
class Lock:
    """A whole lock."""

    document: str
    """Where it was read from, for messages."""
    artifacts: Mapping[str, LockedArtifact] = field(default_factory=dict)
    digest: Digest | None = None
    """Of the bytes it was read from; None for one that was not written yet."""

    def digests(self) -> frozenset[Digest]:
        """Everything it names: builds, and what vouches for them."""
        named: set[Digest | None] = set()
        for artifact in self.artifacts.values():
            for build in artifact.builds.values():
                named |= {build.sha256, build.signature}
                if build.checksums is not None:
                    named |= {build.checksums.sha256, build.checksums.signature}
        return frozenset(filter(None, named))


def render_lock(lock: Lock) -> bytes:
    """`lock` as canonical TOML."""
    from tomli_w import dumps

    document = {
        "schema": SCHEMA,
        "artifacts": {
            name: {
                "version": artifact.version,
                "platforms": {
                    platform: _render_build(build)
                    for platform, build in sorted(artifact.builds.items())
                },
            }
            for name, artifact in sorted(lock.artifacts.items())
        },
    }
    return (_HEAD + dumps(document, multiline_strings=False)).encode()


def parse_lock(data: bytes, document: str) -> Lock:
    """Read a lock.

    Raises:
        ManifestError: it is damaged, incomplete, or of another schema; every fault
            is in `faults`, with its place.
    """
    faults: list[Fault] = []
    top = Fields(parse_toml(data, document, limit=MAX_LOCK_BYTES), "", faults)
    schema = top.whole("schema", least=1)
    if schema != SCHEMA:
        top.fault("schema", f"is {schema}, this fetchkit reads {SCHEMA}", _RELOCK)
    artifacts = {}
    for name, table in top.tables("artifacts").items():
        version = table.parsed("version", parse_version, required=True)
        builds = {}
        for platform, inner in table.tables("platforms").items():
            table.checked("platforms", platform, Target.parse)
            build = _read_build(inner)
            if build is not None:
                builds[platform] = build
        if not table.table_names("platforms"):
            table.fault("platforms", "there is no build", _RELOCK)
        table.close()
        artifacts[name] = LockedArtifact(version=version or "", builds=builds)
    top.close()
    if faults:
        raise ManifestError(document, faults, hint=faults[0].hint or _RELOCK)
    return Lock(document=document, artifacts=artifacts, digest=Digest.of(data))


def _render_build(build: LockedBuild) -> dict[str, Any]:
    document: dict[str, Any] = {
        "urls": list(build.urls),
        "sha256": build.sha256.hex,
        "size": build.size,
        "unpacked_size": build.unpacked_size,
        "files": build.files,
    }
    if build.signature is not None:
        document["signature"] = build.signature.hex
        document["signers"] = sorted(build.signers)
    if build.checksums is not None:
        chain = build.checksums
        document["checksums"] = {"url": chain.url, "sha256": chain.sha256.hex}
        if chain.signature is not None:
            document["checksums"] |= {
                "signature": chain.signature.hex,
                "signers": sorted(chain.signers),
            }
    return document


def _read_build(table: Fields) -> LockedBuild | None:
    urls = table.texts("urls")
    if not urls:
        table.fault("urls", "is missing", _RELOCK)
    sha256 = table.parsed("sha256", Digest.parse, required=True)
    numbers = {
        key: table.whole(key, least=0, required=True)
        for key in ("size", "unpacked_size", "files")
    }
    signature, signers = _read_signature(table)
    checksums = _read_checksums(table)
    table.close()
    if sha256 is None or None in numbers.values():
        return None
    return LockedBuild(
        urls=urls,
        sha256=sha256,
        size=numbers["size"] or 0,
        unpacked_size=numbers["unpacked_size"] or 0,
        files=numbers["files"] or 0,
        signature=signature,
        signers=signers,
        checksums=checksums,
    )


def _read_signature(table: Fields) -> tuple[Digest | None, tuple[str, ...]]:
    signature = table.parsed("signature", Digest.parse)
    signers = tuple(
        fingerprint
        for index, text in enumerate(table.texts("signers"))
        if (
            fingerprint := table.checked(
                f"signers[{index}]", text, normalise_fingerprint
            )
        )
    )
    if (signature is None) != (not signers):
        table.fault("signers", "belongs to `signature`: both or neither", _RELOCK)
    return signature, signers


def _read_checksums(table: Fields) -> LockedChecksums | None:
    inner = table.table("checksums")
    if inner is None:
        return None
    url = inner.text("url", required=True)
    sha256 = inner.parsed("sha256", Digest.parse, required=True)
    signature, signers = _read_signature(inner)
    inner.close()
    if url is None or sha256 is None:
        return None
    return LockedChecksums(url=url, sha256=sha256, signature=signature, signers=signers)
