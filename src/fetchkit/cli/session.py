"""One call of a command: its settings, its manifest, where its output goes."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from fetchkit import host
from fetchkit.cli.colour import wants_colour
from fetchkit.cli.failure import PLATFORM_COMMANDS
from fetchkit.config.read import read_config
from fetchkit.settings import Given, Settings, gather, make_settings
from fetchkit.trace import UNTRACED, tracing

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping, Sequence

    from fetchkit.cli.talk import Talk
    from fetchkit.discovery import Found
    from fetchkit.kit import Kit
    from fetchkit.manifest import Manifest
    from fetchkit.manifest.lock import Lock
    from fetchkit.ports import Reporter, Tracer
    from fetchkit.store.cache import Cache
    from fetchkit.target import Target
    from fetchkit.urls import Url

_OPTION_FIELDS = {
    "manifest": "manifest",
    "platform": "platform",
    "cache_dir": "cache_dir",
    "offline": "is_offline",
    "jobs": "jobs",
}


class Session:
    """What a command works with. Made once a call, by `open`."""

    def __init__(
        self,
        *,
        environ: Mapping[str, str],
        flags: Mapping[str, Given],
        talk: Talk,
        is_json: bool,
        until_end: ExitStack,
        tracer: Tracer = UNTRACED,
        needs_lock: bool = False,
        ignores_lock: bool = False,
    ) -> None:
        """Read the settings, and keep them from here on.

        Args:
            until_end: what holds for the whole call is entered here.
        """
        self.environ = environ
        self.talk = talk
        self.is_json = is_json
        self._tracer = tracer
        self._needs_lock = needs_lock
        self._ignores_lock = ignores_lock
        self._flags = flags
        self._until_end = until_end
        self.config = read_config(environ)
        self.settings = self._adopt(environ)

    @classmethod
    @contextmanager
    def open(cls, command: str, args: argparse.Namespace) -> Iterator[Session]:
        """The session of one call; what it shows is finished when the block ends.

        Raises:
            SettingsError: a variable or option cannot be used.
            StorageError: the trace could not be written.
        """
        from fetchkit.cli.talk import open_talk

        options = vars(args)
        talk = open_talk(
            sys.stderr,
            is_platform=command in PLATFORM_COMMANDS,
            is_quiet="quiet" in options,
            is_verbose="verbose" in options,
            has_bars="no_progress" not in options,
            is_coloured=wants_colour(sys.stderr, options.get("color")),
        )
        flags = {
            field: Given(options[option], f"--{option.replace('_', '-')}")
            for option, field in _OPTION_FIELDS.items()
            if option in options
        }
        with ExitStack() as stack:
            trace_file = options.get("trace")
            tracer = stack.enter_context(tracing(trace_file)) if trace_file else None
            stack.enter_context(talk)
            yield cls(
                environ=host.read_environ(),
                flags=flags,
                talk=talk,
                is_json="json" in options,
                until_end=stack,
                tracer=tracer or UNTRACED,
                needs_lock="locked" in options,
                ignores_lock="no_lock" in options,
            )

    @property
    def target(self) -> Target:
        """The platform to build for: as asked, else this machine's."""
        return self.settings.platform or host.read_target(self.environ)

    @property
    def target_origin(self) -> str:
        """Who chose the platform."""
        if "platform" in self.given:
            return self.given["platform"].origin
        is_told = bool(self.environ.get("CNB_TARGET_ARCH"))
        return "environment variable CNB_TARGET_ARCH" if is_told else "this machine"

    def with_app_environ(self, variables: Mapping[str, str]) -> None:
        """Let an app's own variables count as settings, behind the real environment."""
        self.settings = self._adopt({**variables, **self.environ})

    def find(
        self,
        app_dir: str | None = ".",
        *,
        deps_dir: str | None = None,
        stack: str | None = None,
        versions: Mapping[str, str] | None = None,
    ) -> Found:
        """The manifest of this call.

        Args:
            deps_dir: where earlier buildpacks of Cloud Foundry left what they say.
            stack: the one to build for, if the environment does not decide.
            versions: artifact -> the version or constraint that is asked for.

        Raises:
            NoManifestError: there is none.
        """
        import time

        from fetchkit.discovery import find_manifest
        from fetchkit.shelf import Surroundings
        from fetchkit.values import replace

        found = find_manifest(
            self.settings.manifest,
            app_dir=app_dir,
            program_dir=host.program_dir(),
            stdin=sys.stdin.buffer if sys.stdin is not None else None,
            fetch=self._fetch_manifest,
        )
        named = self.environ.get("CF_STACK") or self.environ.get("STACK", "")
        surroundings = Surroundings(
            stack=named if stack is None else stack,
            environ=self.environ,
            now=time.time(),
            deps_dir=deps_dir,
            versions=versions or {},
        )
        return replace(found, surroundings=surroundings)

    def kit(
        self,
        found: Found,
        manifest: Manifest,
        *,
        cache_dir: str | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> Kit:
        """A `Kit` for a manifest that was found.

        Args:
            cache_dir: the platform's own; an explicit setting goes before it.
            environ: the app's variables; in front of the process's own.
        """
        for note in manifest.notes:
            self.talk.warning(note)
        return self._kit(
            found,
            manifest,
            lock=self.read_lock(found),
            cache_dir=cache_dir,
            environ=environ,
        )

    def unlocked_kit(self, found: Found, manifest: Manifest) -> Kit:
        """A `Kit` that chooses versions itself, as locking does."""
        return self._kit(found, manifest, lock=None, is_locking=True)

    def offline_kit(self, found: Found, manifest: Manifest) -> Kit:
        """A `Kit` that knows what the cache knows, and says nothing but warnings."""
        from fetchkit.cli.talk import Form, Talk
        from fetchkit.values import replace

        return self._kit(
            found,
            manifest,
            lock=self.read_lock(found),
            settings=replace(self.settings, is_offline=True),
            reporter=Talk(sys.stderr, Form(), is_quiet=True),
        )

    def bundle_kit(self, manifest: Manifest, lock: Lock) -> Kit:
        """A `Kit` for what a bundle brings along."""
        from fetchkit.discovery import Found

        found = Found(data=b"", document=manifest.document)
        return self._kit(found, manifest, lock=lock)

    def read_lock(self, found: Found) -> Lock | None:
        """The lock beside the manifest, unless it is to be ignored.

        Raises:
            ManifestError: it is damaged, or ``--locked`` asks for one and there is
                none.
        """
        from fetchkit.manifest.lock import parse_lock

        if self._ignores_lock:
            return None
        if found.lock is not None:
            return parse_lock(found.lock, found.lock_document)
        if self._needs_lock:
            from fetchkit.errors import Fault, ManifestError

            raise ManifestError(
                found.document,
                [Fault("", "there is no fetchkit.lock beside it")],
                hint="Run `fetchkit lock` where there is a network, and keep what it "
                "writes with the manifest.",
            )
        return None

    def cache_dir(self, platform_dir: str | None = None) -> str:
        """The cache directory: as set, else the platform's, else the user's."""
        return self.settings.cache_dir or platform_dir or host.user_cache_dir()

    def cache(self) -> Cache:
        """The cache of this call, by itself: without layers, and without a manifest.

        Raises:
            StorageError: it cannot be relied on.
        """
        from fetchkit.store.cache import Cache

        return Cache.open(self.cache_dir())

    def emit(self, document: Mapping[str, Any], lines: Sequence[str]) -> None:
        """Give a command's result: one JSON object, or lines for people."""
        if self.is_json:
            print(json.dumps(document, sort_keys=True))
            return
        for line in lines:
            print(line)

    def _kit(
        self,
        found: Found,
        manifest: Manifest,
        *,
        lock: Lock | None,
        cache_dir: str | None = None,
        environ: Mapping[str, str] | None = None,
        settings: Settings | None = None,
        reporter: Reporter | None = None,
        is_locking: bool = False,
    ) -> Kit:
        from fetchkit.kit import Kit

        return Kit(
            manifest,
            settings=settings or self.settings,
            target=self.target,
            cache_dir=self.cache_dir(cache_dir),
            reporter=reporter or self.talk,
            tracer=self._tracer,
            lock=lock,
            environ={**self.environ, **(environ or {})},
            key_dirs=found.key_dirs,
            is_locking=is_locking,
        )

    def _adopt(self, environ: Mapping[str, str]) -> Settings:
        """The settings in `environ`, of which being offline holds at once."""
        self.given = {**gather(environ, self.config.settings), **self._flags}
        settings = make_settings(self.given, environ, demands=self.config.demands)
        if settings.is_offline:
            from fetchkit.offline import network_forbidden

            self._until_end.enter_context(network_forbidden())
        return settings

    def _fetch_manifest(self, url: Url) -> bytes:
        from fetchkit.manifest.parse import MAX_MANIFEST_BYTES
        from fetchkit.net.sources import open_source
        from fetchkit.wiring import net_settings

        with (
            open_source(
                net_settings(self.settings),
                offline=self.settings.is_offline,
                tracer=self._tracer,
            ) as source,
            source.open(url, limit=MAX_MANIFEST_BYTES) as body,
        ):
            return b"".join(body.chunks)
