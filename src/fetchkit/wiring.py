"""Settings -> a pipeline that works: the effects of one run, put together."""

from __future__ import annotations

import os
import threading
import time
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import TYPE_CHECKING

from fetchkit.documents import Documents
from fetchkit.equipment import Equipment
from fetchkit.errors import StorageError
from fetchkit.fs import translated
from fetchkit.host import read_bundled
from fetchkit.net.settings import NetSettings, Proxies
from fetchkit.net.sources import open_source
from fetchkit.pieces import MAX_EXTRA
from fetchkit.pipeline import Pipeline
from fetchkit.store.cache import Cache
from fetchkit.store.layers import open_layers
from fetchkit.store.policy import Policy
from fetchkit.tiers import Tiers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fetchkit.gpg import Verifier
    from fetchkit.manifest.lock import Lock
    from fetchkit.ports import Clock, Reporter, Tracer
    from fetchkit.settings import Settings

DEFAULT_TEMP_DIR = "/tmp"  # noqa: S108 -- private directories are made below it


@contextmanager
def open_pipeline(
    settings: Settings,
    *,
    cache_dir: str,
    key_dirs: Sequence[str],
    reporter: Reporter,
    tracer: Tracer,
    clock: Clock,
    lock: Lock | None = None,
    is_locking: bool = False,
) -> Iterator[tuple[Pipeline, Cache]]:
    """The pipeline of one run and its cache; everything is closed with the block.

    Args:
        lock: what it names stays in the cache for as long as its file is there.

    Raises:
        StorageError: the cache cannot be relied on, or there is no temporary
            directory.
        SettingsError: a setting of the network cannot be used.
    """
    cache = _open_cache(cache_dir, settings, reporter=reporter, clock=clock)
    with ExitStack() as stack:
        stack.enter_context(closing(cache))
        source = stack.enter_context(
            open_source(
                net_settings(settings), offline=settings.is_offline, tracer=tracer
            )
        )
        tiers = Tiers(
            settings.tiers,
            sink=source.sink if settings.tier_role == "writer" else None,
            reporter=reporter,
        )
        stack.enter_context(closing(tiers))
        equipment = Equipment(
            cache=cache,
            source=source,
            find_verifier=_VerifierFinder(settings.path).find,
            reporter=reporter,
            clock=clock,
            jobs=settings.jobs,
            connections=settings.connections,
            tiers=tiers,
            max_bytes=settings.max_bytes,
            work_dir=work_dir(settings),
            key_dirs=tuple(key_dirs),
            read_bundled=read_bundled,
            tracer=tracer,
            is_locking=is_locking,
            is_offline=settings.is_offline,
        )
        documents = stack.enter_context(closing(Documents(equipment)))
        pipeline = stack.enter_context(closing(Pipeline(equipment, documents)))
        yield pipeline, cache
        if lock is not None and os.path.isfile(lock.document):
            with suppress(StorageError):  # a cache one may only read collects nothing
                cache.references.keep(lock.document, lock.digests())
        cache.upkeep.maintain()


def _open_cache(
    cache_dir: str, settings: Settings, *, reporter: Reporter, clock: Clock
) -> Cache:
    return Cache.open(
        cache_dir,
        layers=open_layers(settings.cache_layers, warn=reporter.warning),
        policy=Policy(quota_bytes=settings.cache_quota, ttl_seconds=settings.cache_ttl),
        clock=clock,
        warn=reporter.warning,
    )


class _VerifierFinder:
    """Finds gpgv once a run, when it is first needed."""

    def __init__(self, search_path: str) -> None:
        self._search_path = search_path
        self._lock = threading.Lock()
        self._found: Verifier | None = None

    def find(self) -> Verifier:
        from fetchkit.gpg import find_verifier

        with self._lock:
            if self._found is None:
                self._found = find_verifier(self._search_path)
            return self._found


def net_settings(settings: Settings) -> NetSettings:
    """How the network is to be used, from what the user set."""
    from fetchkit import __version__

    return NetSettings(
        user_agent=f"fetchkit/{__version__}",
        total_timeout=settings.transfer_timeout,
        deadline=(
            None if settings.deadline is None else time.monotonic() + settings.deadline
        ),
        ca_file=settings.ca_file,
        max_connections=max(16, 3 * settings.jobs) + MAX_EXTRA,
        proxies=Proxies.parse(https=settings.https_proxy, no_proxy=settings.no_proxy),
    )


def work_dir(settings: Settings) -> str:
    """Where private temporary directories are made.

    Raises:
        StorageError: ``TMPDIR`` names something that is no directory.
    """
    directory = settings.temp_dir or DEFAULT_TEMP_DIR
    with translated(directory):
        if not os.path.isdir(directory):
            raise StorageError(
                f"the temporary directory {directory} does not exist",
                hint="Make it, or set TMPDIR to another.",
            )
    return directory
