"""Cloud Foundry's steps, as its commands do them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fetchkit.cli.prepare import prepare
from fetchkit.environ import changes_for
from fetchkit.fs import ensure_dir
from fetchkit.host import read_buildpack_version
from fetchkit.lifecycles import BuildResult
from fetchkit.lifecycles.cloudfoundry import finalize as finalizing
from fetchkit.lifecycles.cloudfoundry import supply as supplying
from fetchkit.lifecycles.cloudfoundry.staging import staging_environ

if TYPE_CHECKING:
    from collections.abc import Collection

    from fetchkit.cli.prepare import Prepared
    from fetchkit.cli.session import Session
    from fetchkit.kit import Outcome
    from fetchkit.lifecycles.cloudfoundry.call import Call


def supply(call: Call, session: Session) -> Outcome:
    """Install below DEPS_DIR/IDX, and say there what it is.

    Raises:
        FetchkitError: an artifact cannot be had or must not be used, or something
            is in the way.
    """
    ensure_dir(call.root)
    manifest, kit, resolved = _prepare(call, session)
    supplying.check(call, manifest.name)
    outcome = kit.install(call.root, is_foreign=True)
    result = BuildResult(
        owner=manifest.name,
        resolved=resolved,
        outcome=outcome,
        changes=changes_for(resolved),
    )
    buildpack = supplying.Buildpack(manifest.name, read_buildpack_version())
    supplying.write(call, result, buildpack)
    return outcome


def finalize(call: Call, session: Session) -> None:
    """Wire what all buildpacks supplied, and put programs in front of processes.

    Raises:
        FetchkitError: the manifest, the Procfile or PROFILE_DIR cannot be used.
    """
    prepared = _prepare(call, session)
    finalizing.wire(call)
    notes = finalizing.wrap(call, prepared.resolved)
    for sentence in notes.done:
        session.talk.detail(sentence)
    for sentence in notes.advice:
        session.talk.warning(sentence)


def _prepare(call: Call, session: Session) -> Prepared:
    environ = staging_environ(call.deps_dir, session.environ)

    def read_variables(names: Collection[str]) -> dict[str, str]:
        return {name: environ[name] for name in names if name in environ}

    return prepare(
        session,
        app_dir=call.build_dir,
        cache_dir=call.cache_dir,
        read_variables=read_variables,
        deps_dir=call.deps_dir,
    )
