"""What every platform's build step starts with: settings, manifest, kit, builds."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fetchkit.settings import APP_VARIABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from fetchkit.artifact import Resolved
    from fetchkit.cli.session import Session
    from fetchkit.kit import Kit
    from fetchkit.manifest import Manifest


class Prepared(NamedTuple):
    """A build step that is ready to install."""

    manifest: Manifest
    kit: Kit
    resolved: tuple[Resolved, ...]


def prepare(
    session: Session,
    *,
    app_dir: str,
    cache_dir: str | None,
    read_variables: Callable[[Collection[str]], Mapping[str, str]],
    deps_dir: str | None = None,
) -> Prepared:
    """Find the manifest of an app's build, and choose the builds it asks for.

    Args:
        cache_dir: the platform's own, if it has one.
        read_variables: gives those of the app's variables that are asked for: our
            settings, then what the manifest mentions.
        deps_dir: where earlier buildpacks left what they say, if the platform has that.

    Raises:
        FetchkitError: there is no manifest, or nothing that fits.
    """
    session.with_app_environ(read_variables(APP_VARIABLES))
    found = session.find(app_dir, deps_dir=deps_dir)
    manifest = found.parse()
    mentioned = {
        variable
        for artifact in manifest.artifacts.values()
        for variable in artifact.env.values()
    }
    kit = session.kit(
        found, manifest, cache_dir=cache_dir, environ=read_variables(mentioned)
    )
    return Prepared(manifest=manifest, kit=kit, resolved=kit.resolve())
