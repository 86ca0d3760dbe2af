"""A ``manifest.yml`` as it goes into a package (platform-contracts 3.8). Pure."""

from __future__ import annotations

import json
import re
from hashlib import md5  # noqa: TID251 -- the name of a directory, by the format
from typing import TYPE_CHECKING

from fetchkit.errors import InputError
from fetchkit.values import frozen

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from fetchkit.manifest.verbatim import Node

_PROFILE = re.compile(r"[a-z0-9_-]+")


@frozen
class Choice:
    """Which dependencies go into a package."""

    stack: str | None = None
    """The one it is for; None: any (M-36)."""
    profile: str | None = None
    """One of the manifest's ``packaging_profiles`` (M-39)."""
    exclude: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    """What the profile leaves out and shall be in nevertheless."""


def select(manifest: Mapping[str, Node], choice: Choice) -> dict[str, Node]:
    """`manifest` for one stack, without the dependencies that are left out.

    Raises:
        InputError: the stack, the profile or a dependency is not there, or the
            manifest was packaged already.
    """
    entries = _entries(manifest)
    dropped = _dropped(manifest, choice, {str(each.get("name")) for each in entries})
    kept = [each for each in entries if str(each.get("name")) not in dropped]
    selected = dict(manifest)
    if choice.stack is not None:
        if "stack" in manifest:
            raise InputError("Cannot package from already packaged buildpack manifest")
        there = [each for each in kept if choice.stack in _stacks(each)]
        if entries and not there:
            raise InputError(f"Stack `{choice.stack}` not found in manifest")
        kept = [
            {key: content for key, content in each.items() if key != "cf_stacks"}
            for each in there
        ]
        selected["stack"] = choice.stack
    selected["dependencies"] = list(kept)
    return selected


def with_files(manifest: Mapping[str, Node]) -> dict[str, Node]:
    """`manifest` with ``file`` in every dependency: where its copy lies (M-35)."""
    entries: list[Node] = [
        {**each, "file": cached_path(str(each.get("uri", "")))}
        for each in _entries(manifest)
    ]
    return {**manifest, "dependencies": entries}


def cached_path(uri: str) -> str:
    """Where the copy of `uri` lies in a package: ``dependencies/<md5>/<name>``."""
    name = uri.partition("?")[0].rpartition("/")[2] or "file"
    digest = md5(uri.encode(), usedforsecurity=False).hexdigest()
    return f"dependencies/{digest}/{name}"


def package_name(name: str, version: str, choice: Choice, *, is_cached: bool) -> str:
    """What the zip is called (M-38)."""
    is_custom = bool(choice.exclude or choice.include)
    profile = "+custom" if choice.profile and is_custom else ""
    parts = [
        "-cached" if is_cached else "",
        f"-{choice.profile}{profile}" if choice.profile else "",
        "-custom" if is_custom and not choice.profile else "",
        f"-{choice.stack}" if choice.stack else "",
    ]
    return f"{name}_buildpack{''.join(parts)}-v{version}.zip"


def render(node: Node, indent: str = "") -> str:
    """`node` as YAML in block style; every scalar as a quoted text (M-4)."""
    if isinstance(node, str):
        return f"{indent}{_quoted(node)}\n"
    if not node:
        return f"{indent}{'[]' if isinstance(node, list) else '{}'}\n"
    if isinstance(node, list):
        return "".join(
            f"{indent}- {render(each, f'{indent}  ').lstrip()}" for each in node
        )
    return "".join(
        f"{indent}{_quoted(key)}: {_quoted(each)}\n"
        if isinstance(each, str)
        else f"{indent}{_quoted(key)}:\n{render(each, f'{indent}  ')}"
        for key, each in node.items()
    )


def _dropped(
    manifest: Mapping[str, Node], choice: Choice, names: Collection[str]
) -> set[str]:
    for name in (*choice.exclude, *choice.include):
        if name not in names:
            raise InputError(f'dependency "{name}" not found in manifest')
    if choice.profile is None:
        if choice.include:
            raise InputError("--include requires --profile")
        return set(choice.exclude)
    profile = choice.profile
    if not _PROFILE.fullmatch(profile):
        raise InputError(f'profile name "{profile}" is invalid')
    profiles = manifest.get("packaging_profiles")
    found = profiles.get(profile) if isinstance(profiles, dict) else None
    if not isinstance(found, dict):
        raise InputError(f'packaging profile "{profile}" not found in manifest')
    listed = found.get("exclude") or []
    dropped = {str(each) for each in listed} if isinstance(listed, list) else set()
    for name in sorted(dropped - set(names)):
        raise InputError(f'profile "{profile}" references unknown dependency "{name}"')
    dropped |= set(choice.exclude)
    for name in choice.include:
        if name not in dropped:
            raise InputError(f'--include "{name}" has no effect')
    return dropped - set(choice.include)


def _entries(manifest: Mapping[str, Node]) -> list[dict[str, Node]]:
    listed = manifest.get("dependencies") or []
    if not isinstance(listed, list):
        return []
    return [each for each in listed if isinstance(each, dict)]


def _stacks(entry: Mapping[str, Node]) -> Iterator[str]:
    listed = entry.get("cf_stacks") or []
    yield from (
        str(each) for each in (listed if isinstance(listed, list) else [listed])
    )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
