"""Carry everything a lock needs in one file, for machines without a network.

A bundle brings bytes, not trust: what is in it is verified like a download, against
the manifest and lock it is used with.
"""

from __future__ import annotations

import os
from contextlib import closing
from typing import TYPE_CHECKING, Any

from fetchkit.cli.options import add_verb
from fetchkit.errors import InputError, UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from fetchkit.bundle.parts import Contents
    from fetchkit.cli.session import Session

EXAMPLES = """\
  fetchkit bundle create -o app.bundle
  fetchkit bundle verify app.bundle
  fetchkit verify app.bundle --signature app.bundle.asc --key key.asc
  fetchkit bundle import app.bundle && fetchkit install ./vendor --offline
  FETCHKIT_CACHE_LAYERS=app.bundle fetchkit install ./vendor --offline
  fetchkit bundle diff old.bundle new.bundle -o delta.bundle
"""

DEFAULT_FILE = "fetchkit.bundle"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    create = add_verb(verbs, "create", "write a bundle of the lock")
    create.add_argument("-o", "--output", metavar="FILE", default=DEFAULT_FILE)
    create.add_argument(
        "--only", metavar="OS-ARCH", action="append", default=[], help="one platform"
    )
    create.add_argument(
        "--without-program", action="store_true", help="leave fetchkit itself out"
    )
    create.add_argument("--sign", metavar="KEY", help="sign it with a key of yours")
    for verb, what in (
        ("inspect", "list what a bundle holds"),
        ("verify", "hash everything in a bundle"),
        ("import", "put a bundle into the cache"),
    ):
        one = add_verb(verbs, verb, what)
        one.add_argument("file", metavar="FILE")
        if verb == "import":
            one.add_argument(
                "--unpack", metavar="DIR", help="also write manifest, lock, keys, pyz"
            )
    diff = add_verb(verbs, "diff", "write what NEW holds and OLD does not")
    diff.add_argument("old", metavar="OLD")
    diff.add_argument("new", metavar="NEW")
    diff.add_argument("-o", "--output", metavar="FILE")


def run(args: argparse.Namespace, session: Session) -> int:
    """Do what the verb says."""
    verbs: dict[str, Callable[[argparse.Namespace, Session], int]] = {
        "create": _create,
        "inspect": _inspect,
        "verify": _verify,
        "import": _import,
        "diff": _diff,
    }
    return verbs[args.verb](args, session)


def _create(args: argparse.Namespace, session: Session) -> int:
    from fetchkit import __version__, host, oci
    from fetchkit.bundle import parts as kinds
    from fetchkit.bundle.gather import program_part
    from fetchkit.bundle.write import create

    found = session.find()
    if found.lock is None:
        raise InputError(
            f"{found.document} has no lock, and a bundle is closed over one",
            hint="Run `fetchkit lock` first.",
        )
    kit = session.kit(found, found.parse())
    parts = [
        *kit.bundle_parts(args.only),
        kinds.part_of(found.data, kinds.MANIFEST_TYPE, {oci.TITLE: "fetchkit.toml"}),
        kinds.part_of(found.lock, kinds.LOCK_TYPE, {oci.TITLE: "fetchkit.lock"}),
    ]
    program = host.program_file()
    if program is not None and not args.without_program:
        parts.append(program_part(program, __version__))
    contents = create(args.output, parts)
    _report(session, args.output, contents, f"Wrote {args.output}")
    if args.sign is not None:
        from fetchkit.signing import sign_file

        path = session.settings.path
        signature = sign_file(args.output, key=args.sign, search_path=path)
        session.talk.detail(f"signed: {signature}")
    return 0


def _inspect(args: argparse.Namespace, session: Session) -> int:
    from fetchkit import oci
    from fetchkit.archive.layout_tar import LayoutTar
    from fetchkit.bundle import parts as kinds
    from fetchkit.bundle.read import read

    with closing(LayoutTar(args.file)) as tar:
        contents = read(tar)
    rows = [
        {
            "kind": part.media_type.partition("vnd.fetchkit.")[2].partition(".")[0]
            or "key",
            "name": part.annotations.get(kinds.NAME)
            or part.annotations.get(oci.TITLE)
            or part.annotations.get(oci.SOURCE_URL, ""),
            "version": part.annotations.get(kinds.VERSION, ""),
            "platform": part.annotations.get(kinds.PLATFORM, ""),
            "size": part.size,
            "digest": str(part.digest),
            "here": part.digest not in contents.missing,
        }
        for part in contents.parts
    ]
    lines = [
        f"{row['kind']:<9} {row['name']} {row['version']} {row['platform']} "
        f"{row['size']} {row['digest']}".replace("  ", " ")
        for row in rows
    ]
    session.emit({**_facts(args.file, contents), "parts": rows}, lines)
    return 0


def _verify(args: argparse.Namespace, session: Session) -> int:
    from fetchkit.archive.layout_tar import LayoutTar
    from fetchkit.bundle.read import check, check_closed, read

    with closing(LayoutTar(args.file)) as tar:
        contents = read(tar)
        check_closed(tar, contents)
        check(tar, contents)
    _report(session, args.file, contents, f"{args.file} is whole")
    return 0


def _import(args: argparse.Namespace, session: Session) -> int:
    from fetchkit.archive.layout_tar import LayoutTar
    from fetchkit.bundle.load import import_bundle, unpack
    from fetchkit.bundle.read import read, read_lock, read_manifest

    with closing(LayoutTar(args.file)) as tar:
        contents = read(tar)
        manifest = read_manifest(tar, contents)
        kit = session.bundle_kit(manifest, read_lock(tar, contents))
        added = import_bundle(tar, contents, kit.open_cache(), kit.bundle_urls())
        if args.unpack is not None:
            unpack(tar, contents, args.unpack)
    session.talk.step(
        f"Imported {args.file}: {added} new of {len(contents.parts)} parts"
    )
    session.emit({**_facts(args.file, contents), "added": added}, [])
    return 0


def _diff(args: argparse.Namespace, session: Session) -> int:
    from fetchkit.archive.layout_tar import LayoutTar
    from fetchkit.bundle.read import parts_of, read
    from fetchkit.bundle.write import create

    if args.output is None and not session.is_json:
        raise UsageError(
            "bundle diff needs a file to write to", hint="Add -o delta.bundle."
        )
    with (
        closing(LayoutTar(args.old)) as old_tar,
        closing(LayoutTar(args.new)) as new_tar,
    ):
        old, new = read(old_tar), read(new_tar)
        fresh = {part.digest for part in new.parts} - {
            part.digest for part in old.parts
        }
        if args.output is not None:
            parts = parts_of(new_tar, new)
            delta = create(args.output, parts, base=old)
            _report(session, args.output, delta, f"Wrote {args.output}")
        else:
            size = sum(part.size for part in new.parts if part.digest in fresh)
            session.emit({"new": sorted(map(str, fresh)), "bytes": size}, [])
    return 0


def _facts(path: str, contents: Contents) -> dict[str, Any]:
    return {
        "file": os.path.abspath(path),
        "digest": str(contents.digest),
        "base": str(contents.base) if contents.base else None,
        "count": len(contents.parts),
        "bytes": sum(
            part.size for part in contents.parts if part.digest not in contents.missing
        ),
    }


def _report(session: Session, path: str, contents: Contents, what: str) -> None:
    from fetchkit.cli.talk import format_size

    facts = _facts(path, contents)
    size = format_size(facts["bytes"])
    session.talk.step(f"{what}: {facts['count']} parts, {size}, {contents.digest}")
    session.emit(facts, [])
