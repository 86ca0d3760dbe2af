"""The stages of an artifact's life, each a frozen value that holds the one before.

    Artifact   a publisher offers this                   made by `fetchkit.manifest`
    Resolved   this build of it fits this target         made by `fetchkit.resolution`
    Download   bytes arrived, nothing is known of them   made by `fetchkit.pipeline`
    Verified   size, digest and signer hold              made by `fetchkit.verification`
    Stored     published in the cache                    made by `fetchkit.store`
    Installed  usable in a directory                     made by `fetchkit.installation`

A function that must not see unverified bytes takes `Verified` or later, and so
cannot be given any. Pure values: no I/O, no clock, no environment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fetchkit.values import field, frozen

if TYPE_CHECKING:
    import datetime
    import re
    from collections.abc import Mapping

    from fetchkit.digest import Digest
    from fetchkit.paths import RelPath
    from fetchkit.target import Target
    from fetchkit.urls import Url


@frozen
class ExpiryException:
    """A dated, reasoned permission to accept an expired key. Shown on every run."""

    until: datetime.date
    """The last day (UTC) on which the exception holds."""
    reason: str


@frozen
class Key:
    """Who may sign: a name for one or more primary keys, and where they are found."""

    name: str
    fingerprints: tuple[str, ...]
    """Full primary fingerprints, 40 or 64 upper-case hex digits."""
    file: str | None = None
    """A file in ``keys/`` beside the manifest, or among fetchkit's own keys."""
    url: Url | None = None
    """Where the key is published; what arrives must hold a pinned fingerprint."""
    allow_expired: ExpiryException | None = None
    revoked: tuple[str, ...] = ()
    """Primary keys or subkeys that no longer count, whatever their files say."""
    min_rsa_bits: int = 0
    """What the user or the site demands of it; 0: the least that ever counts."""


@frozen
class PlatformOverride:
    """What differs on one platform. None means: as the artifact says."""

    url: str | None = None
    signature: str | None = None
    sha256: Digest | None = None
    size: int | None = None
    documents: Mapping[str, Digest] = field(default_factory=dict)
    """From a lock: ``signature`` and ``checksums`` -> digest of that file."""


@frozen
class InstallSpec:
    """Where and how an artifact is installed, templates not yet filled."""

    dir: str
    file: str | None = None
    """Template of the installed file's name; None: the last part of the url."""
    links: Mapping[str, str] = field(default_factory=dict)
    """Link below `dir` -> what it points to below `dir`; ``""`` is the single file."""
    path: tuple[str, ...] = ()
    """Directories below `dir` that go on PATH; ``.`` is `dir` itself."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Variables for the app; a value may hold ``{root}``."""
    extract: bool | None = None
    """None: decided by the suffix of the url."""
    strip: int = 0
    include: tuple[str, ...] = ()
    executable: bool = True
    """Mode of a single file: 0755, or 0644 when false."""


@frozen
class LayerTypes:
    """What an artifact's layer is for, where a platform builds images of layers."""

    launch: bool = True
    """The app has it when it runs."""
    build: bool = False
    """Later buildpacks have it while they build."""
    cache: bool = True
    """The next build has its files again."""


@frozen
class Process:
    """A process that runs beside or instead of the app's own ones."""

    type: str
    """Its name: a process type, or what the sidecar is called."""
    command: str
    """Shell text; programs of artifacts with ``path`` are found by their names."""
    sidecar_for: tuple[str, ...] = ()
    """Process types it runs beside; none: it is a process type itself."""
    memory: int | None = None
    """Most memory of a sidecar, in MB."""


@frozen
class VersionList:
    """Where the versions of an artifact are listed, and which may be chosen."""

    location: str
    """Template of a url, ``github:owner/repo``, or a file beside the manifest."""
    path: tuple[str, ...] = ()
    """The way to the versions in JSON or TOML: keys, ``[]`` for each item."""
    match: re.Pattern[str] | None = None
    """Its one group is the version in a listed name; None: the whole name is."""
    prereleases: bool = False
    """Whether a prerelease may be chosen."""
    min_age: int = 0
    """Seconds a version has to be public before it is chosen."""

    @property
    def is_url(self) -> bool:
        """Whether `location` is the template of a url."""
        return "://" in self.location


@frozen
class Artifact:
    """A publisher offers this: templates, rules of trust, and how to install it."""

    name: str
    version: str
    """One version; or, where `versions` lists them, perhaps a range."""
    versions: VersionList | None = None
    """None: `version` is the name of a version, whatever it looks like."""
    url: str
    mirrors: tuple[str, ...] = ()
    signature: str | None = None
    signed_by: tuple[Key, ...] = ()
    signers: int = 1
    """How many different keys of `signed_by` must have signed."""
    sha256: Digest | None = None
    size: int | None = None
    checksums: str | None = None
    """Template of a list that gives this file's sha256."""
    checksums_signature: str | None = None
    """Template of that list's detached signature."""
    unverified_reason: str | None = None
    """Why ``trust = "none"`` was chosen; None when something is to be trusted."""
    is_trusted_by_lock: bool = False
    """``trust = "lock"``: the digest is taken when it is locked, and from the lock."""
    arch: Mapping[str, str] = field(default_factory=dict)
    """OCI architecture -> this publisher's spelling of it."""
    vars: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    """Template variable (or ``version``) -> environment variable that overrides it."""
    platforms: Mapping[str, PlatformOverride] = field(default_factory=dict)
    install: InstallSpec
    layer: LayerTypes = LayerTypes()
    license: str = ""
    """SPDX expression; empty: nobody said."""
    wrap: str | None = None
    """Process type whose command this binary is put in front of."""
    advise: str | None = None
    """Process type for which that is only recommended, not done."""
    process: Process | None = None
    """What it runs as, if it is a process of its own."""
    services: tuple[str, ...] = ()
    """Bound services, by label, tag or name, one of which it is for; none: for all."""

    @property
    def place(self) -> str:
        """Where this artifact stands in the manifest."""
        return f"artifacts.{self.name}"


@frozen
class Installation:
    """Where and how one build is installed: every template filled and checked."""

    dir: RelPath
    file: RelPath | None
    """Name of the single file below `dir`; None when an archive is extracted."""
    links: Mapping[RelPath, RelPath] = field(default_factory=dict)
    """Link below `dir` -> the file below `dir` it points to."""
    path: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    strip: int = 0
    include: tuple[str, ...] = ()
    executable: bool = True


@frozen
class Location:
    """One place a build is published at, with its detached signature."""

    url: Url
    signature: Url | None = None
    checksums: Url | None = None
    checksums_signature: Url | None = None


@frozen
class Resolved:
    """This build of an artifact fits this target."""

    name: str
    version: str
    target: Target
    locations: tuple[Location, ...]
    """Where to fetch from, best first: the origin, then the mirrors."""
    signed_by: tuple[Key, ...] = ()
    signers: int = 1
    sha256: Digest | None = None
    size: int | None = None
    unverified_reason: str | None = None
    is_trusted_by_lock: bool = False
    documents: Mapping[str, Digest] = field(default_factory=dict)
    """``signature``, ``checksums`` -> digest of the file that vouched when this was
    locked. Whatever their urls serve by now, these still vouch for the same bytes."""
    installation: Installation
    license: str = ""
    wrap: str | None = None
    advise: str | None = None
    process: Process | None = None
    origins: Mapping[str, str] = field(default_factory=dict)
    """Which value came from which environment variable: ``version`` -> name."""

    @property
    def url(self) -> Url:
        """The publisher's own url: what the artifact is remembered by."""
        return self.locations[0].url

    @property
    def is_signed(self) -> bool:
        """Whether a detached signature over the artifact itself has to hold."""
        return self.locations[0].signature is not None

    @property
    def is_listed(self) -> bool:
        """Whether a checksum file has to give its digest."""
        return self.locations[0].checksums is not None

    @property
    def needs_verifier(self) -> bool:
        """Whether any signature has to be checked, of the artifact or of a list."""
        return self.is_signed or self.locations[0].checksums_signature is not None

    @property
    def is_mutable(self) -> bool:
        """Whether the url may serve other bytes tomorrow: ``latest``, unpinned."""
        return self.sha256 is None and not any(char.isdigit() for char in self.version)


@frozen
class Download:
    """Bytes arrived in private staging; nothing is known about them yet."""

    resolved: Resolved
    path: str
    """The staged file, in a directory only this process writes to."""
    size: int
    digest: Digest
    source: Url
    """The url the bytes came from, after redirects."""


@frozen
class Signer:
    """One good signature: who made it, and when they say they did."""

    primary: str
    """Fingerprint of the primary key: the one that is pinned."""
    fingerprint: str
    """Fingerprint of the key or subkey that signed."""
    signed_at: int
    """Seconds since the epoch, as the signer wrote it."""
    key: str
    """Name of the manifest's key that allows this signer."""


@frozen
class Evidence:
    """Why some bytes are trusted. Kept in receipts and verdicts, shown by ``why``."""

    rule: str
    """The manifest's rule that accepted them, in one phrase."""
    signers: tuple[Signer, ...] = ()
    signature: Digest | None = None
    """Digest of the detached signature's bytes as published."""
    checksums: Digest | None = None
    """Digest of the checksum file that gave the artifact's digest; if there is one,
    the signature is over that file."""
    checksums_url: str = ""
    """Where that file was, masked."""
    pinned: bool = False
    """Whether a sha256 from the manifest or lock was matched."""
    warnings: tuple[str, ...] = ()
    """Exceptions that were used, to be shown on every run."""
    expires_at: int | None = None
    """When the first key or signature involved expires, if one does."""


@frozen
class Verified:
    """Size, digest and signer hold. Made only by `fetchkit.verification`."""

    download: Download
    evidence: Evidence


@frozen
class Stored:
    """Published in the cache under its digest. Made only by `fetchkit.store`."""

    resolved: Resolved
    digest: Digest
    size: int
    path: str
    """The blob. Hash what is read from it: the cache is not trusted."""
    source: Url
    evidence: Evidence
    is_fresh: bool = False
    """Whether the bytes crossed the network in this run."""


@frozen
class Entry:
    """One thing on disk that an installation made."""

    path: RelPath
    """Below the install root."""
    kind: str
    """``file``, ``dir`` or ``link``."""
    mode: int = 0
    size: int = 0
    sha256: str = ""
    """64 hex digits, for a file."""
    target: str = ""
    """What a link points to, relative to the link's directory."""


@frozen
class Installed:
    """Usable in a directory: what was put there, and from what."""

    stored: Stored
    entries: tuple[Entry, ...]
