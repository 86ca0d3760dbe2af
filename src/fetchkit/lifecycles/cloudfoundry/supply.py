"""What supply leaves below ``DEPS_DIR/IDX``, besides the artifacts (2.3)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from fetchkit.environ import Action, render_shell
from fetchkit.fs import ensure_dir, translated, write_atomic
from fetchkit.lifecycles.cloudfoundry.launch import (
    processes_of,
    render_config,
    render_launch,
)
from fetchkit.lifecycles.ownership import check_ours, write_ours

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fetchkit.artifact import Entry
    from fetchkit.lifecycles import BuildResult
    from fetchkit.lifecycles.cloudfoundry.call import Call
    from fetchkit.receipt import ReceiptItem

_SCRIPT_MODE = 0o755


class Buildpack(NamedTuple):
    """Who we are to the platform."""

    name: str
    version: str = ""
    """Content of the buildpack's VERSION file; empty where there is none (M-13)."""


def check(call: Call, owner: str) -> None:
    """Find what would make `write` fail, before anything is installed.

    Raises:
        ConflictError: a file of somebody else stands where one of ours belongs.
    """
    for name in ("config.yml", "launch.yml", f"profile.d/{owner}.sh"):
        check_ours(os.path.join(call.root, name))


def write(call: Call, result: BuildResult, buildpack: Buildpack) -> None:
    """Write what the platform and later buildpacks read: links, scripts, YAML.

    Raises:
        ConflictError: a file of somebody else is in the way.
        StorageError: DEPS_DIR/IDX cannot be written to.
    """
    _link_programs(call.root, result)
    # PATH is extended by `bin`, for every buildpack at once.
    changes = [each for each in result.changes if each.action is not Action.PREPEND]
    write_ours(
        os.path.join(call.root, "profile.d", f"{result.owner}.sh"),
        render_shell(changes, call.runtime_root),
        owner=result.owner,
        mode=_SCRIPT_MODE,
    )
    for change in changes:
        path = os.path.join(call.root, "env", change.name)
        ensure_dir(os.path.dirname(path))
        value = change.value.replace("{root}", call.root)
        data = value.encode("utf-8", "surrogateescape")
        write_atomic(path, data, is_durable=False)
    processes = processes_of(each.process for each in result.resolved)
    versions = {each.name: each.version for each in result.resolved}
    for name, text in (
        ("config.yml", render_config(*buildpack, versions)),
        ("launch.yml", render_launch(processes)),
    ):
        write_ours(os.path.join(call.root, name), text, owner=result.owner)


def _link_programs(root: str, result: BuildResult) -> None:
    """Make the programs of every directory on PATH appear in ``bin``.

    Relative links, as the directory moves (C-16). Where two artifacts bring one name,
    the first of the manifest has it, as on any PATH.
    """
    bin_dir = os.path.join(root, "bin")
    wanted: dict[str, str] = {}
    for item in result.outcome.receipt.items:
        for path in _programs(item):
            wanted.setdefault(os.path.basename(path), os.path.relpath(path, "bin"))
    if wanted:
        ensure_dir(bin_dir)
    for name, target in wanted.items():
        path = os.path.join(bin_dir, name)
        with translated(path):
            if os.path.islink(path) and os.readlink(path) != target:
                os.unlink(path)
            if not os.path.lexists(path):
                os.symlink(target, path)
    _drop_dead_links(bin_dir)


def _programs(item: ReceiptItem) -> Iterator[str]:
    """What an artifact brings into its directories on PATH, unless that is ``bin``."""
    base = item.installation.dir
    directories = {
        os.path.normpath(os.path.join(base, each)) for each in item.installation.path
    } - {"bin"}
    for entry in item.entries:
        if os.path.dirname(entry.path) in directories and _is_program(entry):
            yield entry.path


def _is_program(entry: Entry) -> bool:
    return entry.kind == "link" or (entry.kind == "file" and bool(entry.mode & 0o111))


def _drop_dead_links(bin_dir: str) -> None:
    """Take away links to what an earlier run installed and this one did not."""
    with translated(bin_dir):
        names = os.listdir(bin_dir) if os.path.isdir(bin_dir) else []
        for name in names:
            path = os.path.join(bin_dir, name)
            if os.path.islink(path) and not os.path.exists(path):
                os.unlink(path)
