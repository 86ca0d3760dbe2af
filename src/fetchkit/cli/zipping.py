"""``fetchkit buildpack package --cf``: the zip that Cloud Foundry takes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fetchkit.buildpack import zipped
from fetchkit.digest import Digest
from fetchkit.discovery import Found
from fetchkit.errors import UsageError
from fetchkit.manifest.packaged import Choice, package_name

if TYPE_CHECKING:
    import argparse

    from fetchkit.cli.session import Session

NO_VERSION = "0.0.0"


def package_zip(args: argparse.Namespace, session: Session) -> int:
    """Write the zip, and print its path and digest.

    Raises:
        FetchkitError: the buildpack, or one of its dependencies, cannot be had.
    """
    if args.profile and not args.cached:
        raise UsageError(
            "--profile is only valid for cached buildpacks", hint="Add --cached."
        )
    choice = Choice(
        stack=args.stack,
        profile=args.profile,
        exclude=_names(args.exclude),
        include=_names(args.include),
    )
    files = {each.name: each for each in zipped.read_directory(args.dir)}
    manifest = zipped.pack_manifest(args.dir, choice, is_cached=args.cached)
    if manifest is not None:
        files[zipped.MANIFEST] = zipped.Packed(zipped.MANIFEST, manifest, 0o644)
        if args.cached:
            files |= _fetched(manifest, args.dir, session)
    files |= _python(args.with_python, args.python_sha256)
    version = files["VERSION"].data.decode().strip() if "VERSION" in files else ""
    name = os.path.basename(os.path.abspath(args.dir))
    output = args.output or package_name(
        name, version or NO_VERSION, choice, is_cached=args.cached
    )
    digest = zipped.write_package(output, files)
    session.emit(
        {"path": os.path.abspath(output), "digest": str(digest)},
        [f"{output}  {digest}"],
    )
    return 0


def _fetched(
    manifest: bytes, directory: str, session: Session
) -> dict[str, zipped.Packed]:
    """Every dependency of a packed manifest, by its name in the zip."""
    document = os.path.join(directory, zipped.MANIFEST)
    listed = zipped.dependency_manifest(manifest, document)
    kit = session.unlocked_kit(Found(data=manifest, document=document), listed)
    stored = {listed.artifacts[each.resolved.name].url: each for each in kit.fetch()}
    return {each.name: each for each in zipped.pack_dependencies(stored)}


def _python(archive: str | None, sha256: str | None) -> dict[str, zipped.Packed]:
    """The interpreter that goes into the zip, by its names there."""
    if archive is None:
        return {}
    if sha256 is None:
        raise UsageError(
            "--with-python: there is nothing to trust the archive by",
            hint="Add --python-sha256 HEX, as its publisher announces it.",
        )
    from fetchkit.buildpack.interpreter import pack_python

    packed = pack_python(archive, Digest.parse(sha256))
    return {each.name: each for each in packed}


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
