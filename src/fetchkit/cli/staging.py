"""Cloud Foundry's steps, as its commands do them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fetchkit.bindings import read_services
from fetchkit.cli.prepare import prepare
from fetchkit.environ import changes_for
from fetchkit.fs import ensure_dir
from fetchkit.host import read_buildpack_version
from fetchkit.kit import Outcome
from fetchkit.lifecycles import BuildResult
from fetchkit.lifecycles.cloudfoundry import finalize as finalizing
from fetchkit.lifecycles.cloudfoundry import supply as supplying
from fetchkit.lifecycles.cloudfoundry.metadata import note_version
from fetchkit.lifecycles.cloudfoundry.staging import staging_environ
from fetchkit.receipt import Receipt
from fetchkit.services import find_services

if TYPE_CHECKING:
    from collections.abc import Collection

    from fetchkit.cli.prepare import Prepared
    from fetchkit.cli.session import Session
    from fetchkit.lifecycles.cloudfoundry.call import Call
    from fetchkit.manifest import Manifest
    from fetchkit.services import Service


def supply(call: Call, session: Session) -> Outcome:
    """Install below DEPS_DIR/IDX, and say there what it is.

    Raises:
        FetchkitError: an artifact cannot be had or must not be used, or something
            is in the way.
    """
    ensure_dir(call.root)
    manifest, kit, resolved = _prepare(call, session)
    supplying.check(call, manifest.name)
    names, sentences = _wanted(manifest, session)
    for sentence in sentences:
        session.talk.detail(sentence)
    if names:
        outcome = kit.install(call.root, names, is_foreign=True)
    else:
        receipt = Receipt(owner=manifest.name, inputs=kit.inputs(), items=())
        outcome = Outcome(receipt=receipt, is_unchanged=True)
    resolved = tuple(each for each in resolved if each.name in names)
    result = BuildResult(
        owner=manifest.name,
        resolved=resolved,
        outcome=outcome,
        changes=changes_for(resolved),
    )
    buildpack = supplying.Buildpack(manifest.name, read_buildpack_version())
    supplying.write(call, result, buildpack)
    if changed := note_version(call.platform_cache_dir, buildpack):
        session.talk.warning(changed)
    return outcome


def finalize(call: Call, session: Session) -> None:
    """Wire what all buildpacks supplied, and put programs in front of processes.

    Raises:
        FetchkitError: the manifest, the Procfile or PROFILE_DIR cannot be used.
    """
    manifest, _, resolved = _prepare(call, session)
    finalizing.wire(call)
    names, _ = _wanted(manifest, session)
    notes = finalizing.wrap(call, [each for each in resolved if each.name in names])
    for sentence in notes.done:
        session.talk.detail(sentence)
    for sentence in notes.advice:
        session.talk.warning(sentence)


def _wanted(
    manifest: Manifest, session: Session
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The artifacts for this app, and why those of services are among them or not."""
    bound: tuple[Service, ...] = ()
    if any(artifact.services for artifact in manifest.artifacts.values()):
        bound = read_services(session.environ)
    names, sentences = [], []
    for name, artifact in manifest.artifacts.items():
        found = {
            str(service)
            for word in artifact.services
            for service in find_services(bound, word)
        }
        if found:
            listed = ", ".join(sorted(found))
            sentences.append(f"{name}: for the service {listed}")
        elif artifact.services:
            wanted = " or ".join(artifact.services)
            sentences.append(f"{name}: left out, no service {wanted} is bound")
            continue
        names.append(name)
    return tuple(names), tuple(sentences)


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
