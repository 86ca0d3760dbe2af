"""One run, assembled: settings and a manifest in, artifacts in place out.

`Kit` is what the command line, the lifecycles and a Python program use. What it
works with is put together when it is first needed (`fetchkit.wiring`): a run that
finds all in place loads neither the network nor the verifier.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

from fetchkit.demands import hold
from fetchkit.digest import Digest
from fetchkit.errors import DigestMismatchError, StorageError
from fetchkit.installation import current_receipt, install
from fetchkit.key_files import digest_key_files
from fetchkit.manifest.fit import check_url, pin
from fetchkit.receipt import Inputs, render_receipt
from fetchkit.resolution import resolve_all
from fetchkit.store.layout import Layout
from fetchkit.trace import UNTRACED
from fetchkit.values import frozen

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from fetchkit.artifact import Resolved, Stored
    from fetchkit.bundle.parts import Part
    from fetchkit.documents import Documents
    from fetchkit.manifest import Manifest
    from fetchkit.manifest.lock import Lock
    from fetchkit.pipeline import Pipeline
    from fetchkit.ports import Clock, Reporter, Tracer
    from fetchkit.receipt import Receipt
    from fetchkit.settings import Settings
    from fetchkit.store.cache import Cache
    from fetchkit.target import Target
    from fetchkit.urls import Url


@frozen
class Outcome:
    """What an installation came to."""

    receipt: Receipt
    removed: tuple[str, ...] = ()
    """Artifacts of an earlier run that were taken away."""
    is_unchanged: bool = False
    """Everything was in place already; nothing was written."""


class Kit:
    """Fetches, verifies and installs what one manifest names."""

    def __init__(  # noqa: PLR0913 -- the one place where a run is put together
        self,
        manifest: Manifest,
        *,
        settings: Settings,
        target: Target,
        cache_dir: str,
        reporter: Reporter,
        lock: Lock | None = None,
        environ: Mapping[str, str] | None = None,
        key_dirs: Sequence[str] = (),
        clock: Clock = time.time,
        tracer: Tracer = UNTRACED,
        is_locking: bool = False,
    ) -> None:
        """Prepare a run; nothing is read or written yet.

        Args:
            lock: what was chosen before; it decides versions and digests.
            environ: variables that may override versions, as the manifest says.
            key_dirs: where key files of the manifest lie.
            is_locking: the run is about a lock that is still to be made.

        Raises:
            ManifestError: the lock does not fit it, or it asks for less than the
                configuration demands.
        """
        is_locked = lock is not None or is_locking
        manifest = hold(manifest, settings.demands, is_locked=is_locked)
        self.manifest = pin(manifest, lock) if lock else manifest
        self._lock = lock
        self.target = target
        self._settings = settings
        self._cache_dir = cache_dir
        self._reporter = reporter
        self._environ = environ or {}
        self._key_dirs = tuple(key_dirs)
        self._clock = clock
        self._tracer = tracer

    def resolve(self, names: Sequence[str] = ()) -> tuple[Resolved, ...]:
        """What would be fetched for the target; no name means all.

        Raises:
            UnknownArtifactError, UnsupportedTargetError, InvalidValueError,
            ConflictError: see `fetchkit.resolution`.
        """
        artifacts = self.manifest.select(names)
        with self._tracer.span("resolve"):
            resolved = resolve_all(artifacts, self.target, self._environ)
        if self._lock is not None:
            for each in resolved:
                check_url(each, self._lock)
        return resolved

    def fetch(self, names: Sequence[str] = ()) -> tuple[Stored, ...]:
        """Make artifacts available in the cache.

        Raises:
            FetchkitError: one of them cannot be had or must not be used.
        """
        resolved = self.resolve(names)
        with self._pipeline() as (pipeline, _):
            return pipeline.ensure_all(resolved)

    def install(
        self,
        root: str,
        names: Sequence[str] = (),
        *,
        generations: int = 0,
        is_foreign: bool = False,
    ) -> Outcome:
        """Make artifacts installed below `root`, and take away what no longer is.

        `root` has to exist. Everything appears together or not at all.

        Args:
            generations: most earlier receipts to keep, for a rollback.
            is_foreign: what stands below `root` may come from anywhere, such as an
                app's repository. A receipt counts only if this cache knows it, and
                every file it lists is hashed.

        Raises:
            FetchkitError: an artifact cannot be had, must not be used, or cannot
                be put in place; what was installed before is intact.
        """
        resolved = self.resolve(names)
        inputs = self.inputs(names)
        previous = current_receipt(
            root, self.manifest.name, inputs, is_hashed=is_foreign
        )
        if is_foreign and previous is not None and not self._knows(previous):
            previous = None
        is_settled = previous and not any(each.is_mutable for each in resolved)
        if previous is not None and (is_settled or self._settings.is_offline):
            return self._unchanged(previous)
        with self._pipeline() as (pipeline, cache):
            stored = pipeline.ensure_all(resolved)
            digests = {each.resolved.name: each.digest for each in stored}
            if previous and digests == {
                item.name: item.digest for item in previous.items
            }:
                return self._unchanged(previous)
            with cache.install_lock(root) as is_held:
                if not is_held:
                    self._reporter.warning(
                        "this file system has no locks: keep other builds away "
                        f"from {root} meanwhile"
                    )
                try:
                    outcome = self._install(stored, root, inputs, generations)
                except DigestMismatchError:
                    # A blob changed under us after it was hashed: the pipeline
                    # sets it aside and fetches it anew.
                    stored = pipeline.ensure_all(resolved)
                    outcome = self._install(stored, root, inputs, generations)
            with suppress(StorageError):  # a cache one may only read still serves
                cache.blobs.put(render_receipt(outcome.receipt))
            return outcome

    def _knows(self, receipt: Receipt) -> bool:
        """Whether this cache has a copy of `receipt`: then a run of ours wrote it."""
        blob = Layout(self._cache_dir).blob(Digest.of(render_receipt(receipt)))
        return os.path.isfile(blob)

    def lock(
        self, previous: Lock | None, *, update: Collection[str] | None, document: str
    ) -> Lock:
        """Choose, fetch and verify every build for every declared platform.

        Args:
            previous: the lock there is; see `fetchkit.locking.lock`.
            update: names whose entries are made anew; None: none that still fit.
            document: path of the lock, beside the manifest.

        Raises:
            FetchkitError: a build cannot be had: there is no lock.
        """
        from fetchkit.choosing import resolve_version
        from fetchkit.locking import lock

        with self._pipeline(is_locking=True) as (pipeline, _):
            choose = partial(
                resolve_version,
                source=pipeline.source,
                reporter=self._reporter,
                now=self._clock(),
                base_dir=os.path.dirname(os.path.abspath(document)),
            )
            return lock(
                self.manifest,
                previous,
                update=update,
                choose=choose,
                ensure_all=pipeline.ensure_all,
                document=document,
            )

    @contextmanager
    def documents(self) -> Iterator[Documents]:
        """The signatures and keys of this run, for whoever looks at them alone."""
        with self._pipeline() as (pipeline, _):
            yield pipeline.documents

    def versions_today(self, *, document: str) -> dict[str, str]:
        """The version each artifact would be locked at now.

        Args:
            document: path of the lock, beside the manifest.

        Raises:
            NetworkError: a list of versions cannot be had.
            InvalidValueError: nothing that is published fits.
        """
        from fetchkit.choosing import resolve_version

        base_dir = os.path.dirname(os.path.abspath(document))
        with self._pipeline() as (pipeline, _):
            return {
                name: resolve_version(
                    artifact,
                    source=pipeline.source,
                    reporter=self._reporter,
                    now=self._clock(),
                    base_dir=base_dir,
                )
                for name, artifact in self.manifest.artifacts.items()
            }

    def bundle_parts(self, platforms: Collection[str]) -> tuple[Part, ...]:
        """Everything a lock needs, fetched and verified, as parts of a bundle.

        Args:
            platforms: ``os-arch`` names; none means every platform of the lock.

        Raises:
            FetchkitError: a build cannot be had or must not be used.
        """
        from fetchkit.bundle.gather import gather, key_file_parts, resolve_platforms
        from fetchkit.locking import LOCK_LIBC

        resolved = resolve_platforms(self.manifest, platforms, libc=LOCK_LIBC)
        with self._pipeline() as (pipeline, cache):
            stored = pipeline.ensure_all(resolved)
            parts = gather(stored, cache=cache, documents=pipeline.documents)
            return (*parts, *key_file_parts(self._key_dirs))

    def bundle_urls(self) -> dict[str, list[Url]]:
        """Masked url -> urls of this manifest that are shown so."""
        from fetchkit.bundle.gather import resolve_platforms, urls_by_text
        from fetchkit.locking import LOCK_LIBC

        return urls_by_text(resolve_platforms(self.manifest, (), libc=LOCK_LIBC))

    def open_cache(self) -> Cache:
        """The cache of this run.

        Raises:
            StorageError: it cannot be relied on.
        """
        from fetchkit.store.cache import Cache

        return Cache.open(self._cache_dir)

    def inputs(self, names: Sequence[str] = ()) -> Inputs:
        """Everything that decides what `install` puts in place, besides the network."""
        variables = sorted(
            variable
            for artifact in self.manifest.select(names)
            for variable in artifact.env.values()
        )
        return Inputs(
            manifest=str(self.manifest.digest),
            lock=str(self._lock.digest) if self._lock else "",
            target=self.target.name,
            environ={
                variable: str(Digest.of(text.encode("utf-8", "surrogateescape")))
                for variable in variables
                if (text := self._environ.get(variable, ""))
            },
            names=tuple(names),
            keys=digest_key_files(self._key_dirs),
            demands=" ".join(
                f"{name}={int(value)}"
                for name, value in self._settings.demands.named().items()
            ),
        )

    def _install(
        self,
        stored: Sequence[Stored],
        root: str,
        inputs: Inputs,
        generations: int,
    ) -> Outcome:
        with self._tracer.span("install", artifacts=len(stored)):
            receipt, removed = install(
                stored,
                root,
                owner=self.manifest.name,
                inputs=inputs,
                generations=generations,
            )
        for each, item in zip(stored, receipt.items, strict=True):
            files = sum(entry.kind == "file" for entry in item.entries)
            self._reporter.installed(each.resolved, files)
        for name in removed:
            self._reporter.removed(name)
        return Outcome(receipt=receipt, removed=removed)

    def _unchanged(self, receipt: Receipt) -> Outcome:
        self._reporter.unchanged(tuple(item.name for item in receipt.items))
        for item in receipt.items:
            for warning in item.evidence.warnings:
                self._reporter.warning(f"{item.name}: {warning}")
        return Outcome(receipt=receipt, is_unchanged=True)

    def _pipeline(
        self, *, is_locking: bool = False
    ) -> AbstractContextManager[tuple[Pipeline, Cache]]:
        from fetchkit.wiring import open_pipeline

        return open_pipeline(
            self._settings,
            cache_dir=self._cache_dir,
            key_dirs=self._key_dirs,
            reporter=self._reporter,
            tracer=self._tracer,
            clock=self._clock,
            lock=self._lock,
            is_locking=is_locking,
        )
