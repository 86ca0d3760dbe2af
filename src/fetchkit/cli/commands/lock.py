"""Write fetchkit.lock: what is installed, byte for byte, on every platform.

Every build the manifest declares is fetched and verified. What is locked already
and still fits stays as it is; `fetchkit update` moves it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fetchkit.errors import InputError
from fetchkit.fs import write_atomic
from fetchkit.manifest.lock import parse_lock, render_lock

if TYPE_CHECKING:
    import argparse
    from collections.abc import Collection

    from fetchkit.cli.session import Session
    from fetchkit.discovery import Found
    from fetchkit.manifest.lock import Lock

EXAMPLES = """\
  fetchkit lock
  fetchkit lock --check                does the lock fit the manifest? No network
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument(
        "--check", action="store_true", help="only say whether the lock fits"
    )


def run(args: argparse.Namespace, session: Session) -> int:
    """Lock, or check the lock there is."""
    found = session.find()
    if args.check:
        return _check(found, session)
    lock_and_write(found, session, update=None)
    return 0


def lock_and_write(
    found: Found, session: Session, *, update: Collection[str] | None
) -> None:
    """Make the lock anew where it has to be, and write it if it changed.

    Raises:
        FetchkitError: a build cannot be had; the lock there was is untouched.
    """
    path = _lock_path(found)
    previous = _read_previous(found)
    manifest = found.parse()
    manifest.select(update or ())
    kit = session.unlocked_kit(found, manifest)
    made = kit.lock(previous, update=update, document=path)
    data = render_lock(made)
    is_changed = data != found.lock
    if is_changed:
        write_atomic(path, data)
    builds = sum(len(artifact.builds) for artifact in made.artifacts.values())
    changes = _changes(previous, made)
    for warning in _steps_back(previous, made):
        session.talk.warning(warning)
    for line in changes:
        session.talk.detail(line)
    state = "Wrote" if is_changed else "Nothing to change in"
    session.talk.step(
        f"{state} {path}: {len(made.artifacts)} artifacts, {builds} builds"
    )
    session.emit(
        {"lock": os.path.abspath(path), "changed": is_changed, "changes": changes}, []
    )


def _lock_path(found: Found) -> str:
    if not found.lock_document:
        raise InputError(
            f"a manifest from {found.document} has no place for a lock",
            hint="Save it as fetchkit.toml and lock that.",
        )
    return found.lock_document


def _read_previous(found: Found) -> Lock | None:
    if found.lock is None:
        return None
    return parse_lock(found.lock, found.lock_document)


def _check(found: Found, session: Session) -> int:
    from fetchkit.manifest.fit import pin

    path = _lock_path(found)
    previous = _read_previous(found)
    if previous is None:
        raise InputError(f"there is no {path}", hint="Run `fetchkit lock`.")
    pin(found.parse(), previous)
    session.talk.step(f"{path} fits {found.document}")
    session.emit({"lock": os.path.abspath(path), "fits": True}, [])
    return 0


def _steps_back(previous: Lock | None, made: Lock) -> list[str]:
    """A warning for every artifact that is locked at an older version than before."""
    from fetchkit.errors import InvalidValueError
    from fetchkit.versions.order import Version

    warnings = []
    for name, old in (previous.artifacts if previous else {}).items():
        new = made.artifacts.get(name)
        try:
            is_older = new and Version.parse(new.version) < Version.parse(old.version)
        except InvalidValueError:
            continue
        if new is not None and is_older:
            warnings.append(
                f"{name} goes back from {old.version} to {new.version}: was it "
                "withdrawn, or does somebody hide it?"
            )
    return warnings


def _changes(previous: Lock | None, made: Lock) -> list[str]:
    """One line for every artifact that is not locked as before."""
    before = previous.artifacts if previous else {}
    lines = []
    for name in sorted({*before, *made.artifacts}):
        old, new = before.get(name), made.artifacts.get(name)
        if old == new:
            continue
        if old is None and new is not None:
            lines.append(f"{name}: {new.version} added")
        elif new is None:
            lines.append(f"{name}: removed")
        elif old is not None and old.version != new.version:
            lines.append(f"{name}: {old.version} -> {new.version}")
        elif new is not None:
            lines.append(f"{name}: {new.version} has other bytes or builds")
    return lines
