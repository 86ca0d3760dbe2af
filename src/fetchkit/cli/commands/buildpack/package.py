"""Put a buildpack's directory into one file that a platform takes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fetchkit.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from fetchkit.cli.session import Session


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's own arguments."""
    parser.add_argument("dir", metavar="DIR", help="the buildpack")
    parser.add_argument(
        "--cnb", action="store_true", help="an OCI image, for pack and registries"
    )
    parser.add_argument("--cf", action="store_true", help="a zip, for Cloud Foundry")
    parser.add_argument("--stack", metavar="STACK", help="with --cf: for this one")
    parser.add_argument(
        "--cached", action="store_true", help="with --cf: dependencies inside"
    )
    parser.add_argument(
        "--with-python", metavar="ARCHIVE", help="with --cf: put this Python into it"
    )
    parser.add_argument("--python-sha256", metavar="HEX", help="of that archive")
    parser.add_argument("--profile", metavar="NAME", help="of the manifest.yml")
    parser.add_argument("--exclude", metavar="A,B", default="", help="leave these out")
    parser.add_argument("--include", metavar="A,B", default="", help="put these back")
    parser.add_argument(
        "--layout", action="store_true", help="with --cnb: a directory, no tar"
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="PATH",
        help="default: DIR.cnb, or the name that Cloud Foundry's zips have",
    )


def run(args: argparse.Namespace, session: Session) -> int:
    """Write it."""
    if args.cf == args.cnb:
        raise UsageError(
            "buildpack package: say for whom, --cnb or --cf",
            hint="fetchkit buildpack package DIR --cnb",
        )
    if args.cf:
        from fetchkit.cli.zipping import package_zip

        return package_zip(args, session)
    from fetchkit.buildpack.image import (
        read_image,
        write_archive,
        write_layout_directory,
    )

    image = read_image(args.dir)
    output = args.output or f"{os.path.abspath(args.dir)}.cnb"
    write = write_layout_directory if args.layout else write_archive
    write(output, image)
    session.emit(
        {"path": os.path.abspath(output), "digest": str(image.digest)},
        [f"{output}  {image.digest}"],
    )
    return 0
