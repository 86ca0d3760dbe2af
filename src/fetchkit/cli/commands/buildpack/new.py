"""Make a directory that Heroku and Cloud Native Buildpacks take as a buildpack."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fetchkit import host
from fetchkit.errors import InputError
from fetchkit.fs import translated

if TYPE_CHECKING:
    import argparse

    from fetchkit.cli.session import Session

FIRST_VERSION = "0.1.0"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's own arguments."""
    parser.add_argument("dir", metavar="DIR", help="the directory to make")
    parser.add_argument("--id", metavar="ID", help="such as acme/jq; default: DIR")
    parser.add_argument("--buildpack-version", metavar="X.Y.Z", default=FIRST_VERSION)


def run(args: argparse.Namespace, session: Session) -> int:
    """Write it."""
    from fetchkit.buildpack.layout import (
        lay_out,
        parse_id,
        parse_version,
        render_descriptor,
        with_name,
    )
    from fetchkit.buildpack.write import read_key_files, write_directory
    from fetchkit.manifest import parse_manifest

    program = host.program_file()
    if program is None:
        raise InputError(
            "this fetchkit runs from single modules: there is no file to put in",
            hint="Run it from the pyz: python3 fetchkit.pyz buildpack new DIR",
        )
    found = session.find()
    buildpack_id = parse_id(args.id or os.path.basename(os.path.abspath(args.dir)))
    data = with_name(found.data, buildpack_id.replace("/", "-"))
    manifest = parse_manifest(data, found.document)
    descriptor = render_descriptor(
        buildpack_id=buildpack_id,
        name=manifest.name,
        version=parse_version(args.buildpack_version),
    )
    with translated(program), open(program, "rb") as file:
        pyz = file.read()
    files = lay_out(
        descriptor=descriptor,
        manifest=data,
        lock=found.lock,
        keys=read_key_files(found.key_dirs),
        program=pyz,
    )
    write_directory(args.dir, files)
    session.emit({"dir": os.path.abspath(args.dir), "files": list(files)}, list(files))
    return 0
