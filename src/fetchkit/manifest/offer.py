"""What a `Catalogue` offers a stack: entries, versions, warnings (contracts 3.2-3.7).

Pure. Messages are the platform's own, so that who knows one knows the other.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, NamedTuple

from fetchkit.errors import (
    Fault,
    InvalidValueError,
    ManifestError,
    UnknownArtifactError,
    UnsupportedTargetError,
)
from fetchkit.versions.libbuildpack import match_versions
from fetchkit.versions.libbuildpack.loose import parse_constraints
from fetchkit.versions.libbuildpack.semantic import parse_loose, parse_strict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fetchkit.manifest.catalogue import Catalogue, Default, Dependency, Deprecation

_NOTICE_DAYS = 30


class Chosen(NamedTuple):
    """The entry a build gets, and what its owner should know."""

    dependency: Dependency
    warnings: tuple[str, ...] = ()


def choose(
    catalogue: Catalogue, name: str, wanted: str | None, *, stack: str, now: float
) -> Chosen:
    """The entry of `name` for `stack`.

    Args:
        wanted: an exact version or a constraint; None: what ``default_versions`` says.
        now: seconds since the epoch, for the end of a version's life.

    Raises:
        UnsupportedTargetError: the manifest has nothing for this stack (M-8).
        UnknownArtifactError: it has nothing of that name.
        InvalidValueError: no version fits.
        ManifestError: there is no default version, or more than one (M-10).
    """
    check_stack(catalogue, stack)
    offered = [each for each in entries(catalogue, stack) if each.name == name]
    versions = [each.version for each in offered]
    if not offered:
        raise _unknown(catalogue, name, stack)
    if wanted is None and len(set(versions)) == 1 and not _defaults(catalogue, name):
        wanted = versions[0]
    constraint = default_version(catalogue, name).version if wanted is None else wanted
    warnings = []
    if constraint in versions:
        version = constraint
    else:
        try:
            match = match_versions(constraint, versions)
        except InvalidValueError as error:
            message = f"{catalogue.document}: {name}: {error.message}"
            raise InvalidValueError(message, hint=error.hint) from None
        version = match.newest
        warnings += [
            f"{name} {each} is no version and was passed over" for each in match.skipped
        ]
    # The first in the file's order is taken (M-5).
    dependency = next(each for each in offered if each.version == version)
    warnings += _warnings(catalogue, dependency, versions, now)
    return Chosen(dependency, tuple(warnings))


def entries(catalogue: Catalogue, stack: str) -> tuple[Dependency, ...]:
    """The entries for `stack`, in the file's order (M-6, M-7)."""
    if catalogue.stack:
        return catalogue.dependencies if catalogue.stack == stack else ()
    return tuple(each for each in catalogue.dependencies if stack in each.stacks)


def check_stack(catalogue: Catalogue, stack: str) -> None:
    """Refuse a stack that nothing is for (M-8).

    Raises:
        UnsupportedTargetError: of all that there is.
    """
    if not catalogue.dependencies or entries(catalogue, stack):
        return
    there = {each for entry in catalogue.dependencies for each in entry.stacks}
    listed = ", ".join(sorted(there | {catalogue.stack} - {""})) or "none"
    raise UnsupportedTargetError(
        f"{catalogue.document}: required stack {stack or '(none)'} was not found; "
        f"there is {listed}",
        hint="Set CF_STACK, or give one of these with --stack.",
    )


def default_version(catalogue: Catalogue, name: str) -> Default:
    """The one default of `name` (M-10).

    Raises:
        ManifestError: there is none, or more than one.
    """
    found = _defaults(catalogue, name)
    if len(found) == 1:
        return found[0]
    count = f"found {len(found)} default versions" if found else "no default version"
    raise ManifestError(
        catalogue.document,
        [Fault("default_versions", f"{count} for {name}")],
        hint=f"Ask for a version, such as {name}@1.x, or name one default.",
    )


def _defaults(catalogue: Catalogue, name: str) -> list[Default]:
    return [each for each in catalogue.defaults if each.name == name]


def _unknown(catalogue: Catalogue, name: str, stack: str) -> UnknownArtifactError:
    names = dict.fromkeys(each.name for each in entries(catalogue, stack))
    return UnknownArtifactError(
        f"{catalogue.document} has no dependency `{name[:60]}` for {stack}",
        hint=f"There are: {', '.join(names)}.",
    )


def _warnings(
    catalogue: Catalogue, dependency: Dependency, versions: list[str], now: float
) -> Iterator[str]:
    name, version = dependency.name, dependency.version
    semantic = parse_strict(version)
    if semantic is not None and semantic.is_prerelease:
        yield f"You are using the pre-release version {version} of {name}"
    if semantic is not None:
        line = f"{semantic.major}.{semantic.minor}.x"
        latest = _newest(line, versions)
        if latest not in {None, version}:
            yield (
                f"A newer version of {name} is available in this buildpack. Please "
                f"adjust your app to use version {latest} instead of version "
                f"{version} as soon as possible. Old versions of {name} are only "
                "provided to assist in migrating to newer versions."
            )
    for each in catalogue.deprecations:
        if each.name == name and _is_in_line(version, each.line):
            yield from _end_of_life(catalogue, each, now)


def _newest(line: str, versions: list[str]) -> str | None:
    try:
        return match_versions(line, versions).newest
    except InvalidValueError:
        return None


def _is_in_line(version: str, line: str) -> bool:
    semantic, constraints = parse_loose(version), parse_constraints(line)
    if semantic is None or constraints is None:
        return version == line
    return constraints.holds(semantic)


def _end_of_life(catalogue: Catalogue, line: Deprecation, now: float) -> Iterator[str]:
    try:
        last = datetime.date.fromisoformat(line.date)
    except ValueError:
        raise ManifestError(
            catalogue.document,
            [Fault("dependency_deprecation_dates", f"not a date: `{line.date[:40]}`")],
            hint="Write 2026-12-31.",
        ) from None
    today = datetime.datetime.fromtimestamp(now, datetime.timezone.utc).date()
    if last - today < datetime.timedelta(days=_NOTICE_DAYS):
        see = f" See: {line.link}" if line.link else ""
        yield (
            f"{line.name} {line.line} will no longer be available in new buildpacks "
            f"released after {line.date}.{see}"
        )
