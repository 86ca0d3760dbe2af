"""fetchkit for a Python program: the commands as functions.

What the command line takes from options comes as arguments; what is not given comes
from the same environment variables (``FETCHKIT_*``, proxies) and has the same
defaults. Nothing is printed; a failure is a `FetchkitError`.

`import fetchkit` alone loads none of this: the package passes the names on.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from fetchkit import host
from fetchkit.config.read import load_settings
from fetchkit.detached import Claim, prove
from fetchkit.digest import Digest
from fetchkit.discovery import FILE_NAME, find_manifest
from fetchkit.fs import translated
from fetchkit.gpg import find_verifier
from fetchkit.kit import Kit
from fetchkit.manifest.lock import parse_lock
from fetchkit.manifest.parse import MAX_MANIFEST_BYTES
from fetchkit.net.sources import open_source
from fetchkit.silent import SilentReporter
from fetchkit.target import Target
from fetchkit.values import replace
from fetchkit.wiring import net_settings, work_dir

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    from fetchkit.artifact import Resolved, Stored
    from fetchkit.detached import Proof
    from fetchkit.kit import Outcome
    from fetchkit.ports import Reporter
    from fetchkit.settings import Settings
    from fetchkit.urls import Url

    StrPath: TypeAlias = str | os.PathLike[str]


def resolve(
    names: Sequence[str] = (),
    *,
    manifest: StrPath = FILE_NAME,
    platform: str | None = None,
) -> tuple[Resolved, ...]:
    """What would be fetched, without asking the network.

    Args:
        names: artifacts; none means all of the manifest.
        manifest: path or url of the manifest. A lock beside it decides versions.
        platform: such as ``linux-arm64``; None means this machine.

    Raises:
        InputError: the manifest, its lock, a name or the platform cannot be used.

    Example:
        >>> (tool,) = fetchkit.resolve(["tool"])
        >>> print(tool.version, tool.url)
    """
    return _kit(manifest, platform=platform).resolve(names)


def fetch(
    names: Sequence[str] = (),
    *,
    manifest: StrPath = FILE_NAME,
    platform: str | None = None,
    cache_dir: StrPath | None = None,
    offline: bool = False,
    reporter: Reporter | None = None,
) -> tuple[Stored, ...]:
    """Make artifacts available in the cache, verified.

    Args:
        cache_dir: None means ``FETCHKIT_CACHE_DIR``, or the user's cache.
        offline: use no network.
        reporter: hears what happens, from several threads. See `SilentReporter`.

    Returns:
        For each artifact where its bytes are (`Stored.path`) and why they are
        trusted (`Stored.evidence`). The cache may be tidied at any time: copy what
        you need, or use `install`.

    Raises:
        InputError: as `resolve`.
        NetworkError: an artifact cannot be had.
        VerificationError: an artifact must not be used.
        StorageError: the cache cannot be used.
    """
    kit = _kit(
        manifest,
        platform=platform,
        cache_dir=cache_dir,
        offline=offline,
        reporter=reporter,
    )
    return kit.fetch(names)


def install(
    root: StrPath,
    *,
    manifest: StrPath = FILE_NAME,
    names: Sequence[str] = (),
    platform: str | None = None,
    cache_dir: StrPath | None = None,
    offline: bool = False,
    reporter: Reporter | None = None,
) -> Outcome:
    """Install artifacts below `root`, which is made if it is missing.

    Everything appears together or not at all. A second call that has nothing to do
    writes nothing. What an earlier call installed for this manifest, and this one
    does not, is taken away.

    Args:
        cache_dir: as in `fetch`; so are `offline` and `reporter`.

    Raises:
        FetchkitError: as `fetch`; or something is in the way below `root`. What was
            installed before is intact.
    """
    kit = _kit(
        manifest,
        platform=platform,
        cache_dir=cache_dir,
        offline=offline,
        reporter=reporter,
    )
    kit.resolve(names)  # a bad name shall not leave a directory behind
    with translated(root):
        os.makedirs(root, exist_ok=True)
    return kit.install(os.fspath(root), names)


def verify(
    file: StrPath,
    *,
    signature: StrPath | None = None,
    key: StrPath | None = None,
    fingerprint: str | None = None,
    sha256: str | None = None,
) -> Proof:
    """Check a file that lies here: its detached signature, its digest, or both.

    Args:
        key: the public key, as a file.
        fingerprint: full primary fingerprint `key` has to have. Without it any key
            will do, and `Proof.signers` has to be compared by the caller.

    Raises:
        VerificationError: a claim does not hold; the subclass says why.
        InputError: a file is missing, or a value is malformed.
        UsageError: a signature without a key, or nothing to check.
    """
    settings = load_settings(host.read_environ())
    claim = Claim(
        signature=None if signature is None else os.fspath(signature),
        key=None if key is None else os.fspath(key),
        fingerprint=fingerprint,
        sha256=None if sha256 is None else Digest.parse(sha256),
    )
    return prove(
        os.fspath(file),
        claim,
        find_verifier=lambda: find_verifier(settings.path),
        work_dir=work_dir(settings),
        clock=time.time,
    )


def _kit(
    manifest: StrPath,
    *,
    platform: str | None,
    cache_dir: StrPath | None = None,
    offline: bool = False,
    reporter: Reporter | None = None,
) -> Kit:
    environ = host.read_environ()
    settings = load_settings(environ)
    settings = replace(
        settings,
        platform=Target.parse(platform) if platform else settings.platform,
        is_offline=offline or settings.is_offline,
    )
    found = find_manifest(
        os.fspath(manifest),
        app_dir=None,
        program_dir=host.program_dir(),
        stdin=None,
        fetch=lambda url: _fetch_manifest(url, settings),
    )
    lock = None
    if found.lock is not None:
        lock = parse_lock(found.lock, found.lock_document)
    chosen = cache_dir or settings.cache_dir
    return Kit(
        found.parse(),
        settings=settings,
        target=settings.platform or host.read_target(environ),
        cache_dir=os.fspath(chosen) if chosen else host.user_cache_dir(),
        reporter=reporter or SilentReporter(),
        lock=lock,
        environ=environ,
        key_dirs=found.key_dirs,
    )


def _fetch_manifest(url: Url, settings: Settings) -> bytes:
    opened = open_source(net_settings(settings), offline=settings.is_offline)
    with opened as source, source.open(url, limit=MAX_MANIFEST_BYTES) as body:
        return b"".join(body.chunks)
