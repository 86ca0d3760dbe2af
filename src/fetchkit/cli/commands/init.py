"""Write a fetchkit.toml to start from. Never overwrites.

With --url and what it is to be trusted by, the manifest is ready to use; without,
it is an example to be filled in.
"""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

from fetchkit.digest import Digest
from fetchkit.discovery import FILE_NAME
from fetchkit.errors import ConflictError, UsageError
from fetchkit.fingerprint import normalise_fingerprint
from fetchkit.fs import translated
from fetchkit.manifest import parse_manifest
from fetchkit.paths import parse_name
from fetchkit.target import normalise_arch
from fetchkit.urls import Url
from fetchkit.values import frozen

if TYPE_CHECKING:
    import argparse

    from fetchkit.cli.session import Session

EXAMPLES = """\
  fetchkit init
  fetchkit init --url https://example.com/tool-1.2.3-linux-amd64 \\
    --fingerprint BC09A30DD766319D02852360732D56A66A537383 \\
    --key-url https://example.com/public-key.asc
"""

_VERSION = re.compile(r"\d+(?:\.\d+)+")
_ARCH = re.compile(r"amd64|x86_64|arm64|aarch64")
_UNAME = frozenset({"x86_64", "aarch64"})
_NAME_END = re.compile(
    r"[-_.]*(?:v?\d|\.|[-_](?:linux|darwin|amd64|x86_64|arm64|aarch64))"
)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument("dir", metavar="DIR", nargs="?", default=".", help="where")
    parser.add_argument("--name", metavar="NAME", help="what to call the artifact")
    parser.add_argument("--url", metavar="URL", help="the binary or archive")
    parser.add_argument("--sha256", metavar="D", help="its digest")
    parser.add_argument(
        "--fingerprint", metavar="F", help="who signs it: the full primary fingerprint"
    )
    parser.add_argument("--key-url", metavar="URL", help="where that key is published")


def run(args: argparse.Namespace, session: Session) -> int:
    """Write the manifest, once it is known to parse."""
    start = _EXAMPLE
    if args.url is not None:
        start = Start(
            url=args.url,
            name=args.name,
            sha256=args.sha256,
            fingerprint=args.fingerprint,
            key_url=args.key_url,
        )
    elif args.name or args.sha256 or args.fingerprint or args.key_url:
        raise UsageError("these options need a --url", hint="fetchkit init --help")
    text = render(start)
    path = os.path.join(args.dir, FILE_NAME)
    manifest = parse_manifest(text.encode(), path)
    _write_new(path, text)
    session.talk.step(f"Wrote {path}")
    if args.url is None:
        session.talk.detail("It is an example: change url, version and fingerprint.")
    session.emit({"path": path, "artifacts": list(manifest.artifacts)}, [])
    return 0


@frozen
class Start:
    """What a new manifest starts from. Outside text, not checked yet."""

    url: str
    name: str | None = None
    sha256: str | None = None
    fingerprint: str | None = None
    key_url: str | None = None


def render(start: Start) -> str:
    """A commented manifest with one artifact.

    Raises:
        UsageError: there is nothing to trust it by.
        InvalidValueError: one of the values is not what it has to be.
    """
    if start.fingerprint is None and start.sha256 is None:
        raise UsageError(
            "--url alone gives nothing to trust it by",
            hint="Add --fingerprint of the key that signs it, or --sha256.",
        )
    url = Url.parse(start.url)
    file_name = url.last_part
    name = parse_name(start.name or _NAME_END.split(file_name)[0] or "tool")
    found = _VERSION.search(file_name) or _VERSION.search(url.parts.path)
    version = found[0] if found else "latest"
    arch = found[0] if (found := _ARCH.search(file_name)) else None
    template = start.url.replace(version, "{version}")
    lines = [
        "schema = 1",
        f"name = {_text(name)}  # whose files these are, where several manifests meet",
        "",
    ]
    if start.fingerprint is not None:
        lines += _render_key(name, start.fingerprint, start.key_url)
    lines += [
        f"[artifacts.{_key(name)}]",
        f"version = {_text(version)}",
        f"url = {_text(template.replace(arch, '{arch}') if arch else template)}",
    ]
    if arch in _UNAME:
        lines.append('arch = { x86_64 = "x86_64", aarch64 = "aarch64" }')
    if start.fingerprint is not None:
        lines += [
            'signature = "{url}.asc"  # detached, over the file at url',
            f"signed_by = [{_text(name)}]",
        ]
    if start.sha256 is not None:
        lines += _render_digest(name, Digest.parse(start.sha256), arch)
    return "\n".join([*lines, "", *_render_install(name)]) + "\n"


def _render_key(name: str, fingerprint: str, key_url: str | None) -> list[str]:
    digits = normalise_fingerprint(fingerprint)
    return [
        f"[keys.{_key(name)}]  # who may sign",
        f"fingerprints = [{_text(digits)}]",
        f"url = {_text(key_url)}"
        if key_url
        else f"# url = …  # where it is published; or put it into keys/{digits}.asc",
        "",
    ]


def _render_digest(name: str, digest: Digest, arch: str | None) -> list[str]:
    pin = f"sha256 = {_text(digest.hex)}"
    if arch is None:
        return [pin]
    platform = f"linux-{normalise_arch(arch)}"
    return ["", f"[artifacts.{_key(name)}.platforms.{platform}]", pin]


def _render_install(name: str) -> list[str]:
    return [
        f"[artifacts.{_key(name)}.install]",
        f"dir = {_text(f'vendor/{name}')}  # below the directory installed into",
        f"# links = [{_text(name)}]  # further names for the file",
        "# strip = 1  # of an archive: leading directories to drop",
        '# path = ["."]  # directories that go on PATH',
    ]


def _text(value: str) -> str:
    """`value` as a basic string of TOML, whose escapes are those of JSON."""
    return json.dumps(value, ensure_ascii=False)


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else _text(name)


def _write_new(path: str, text: str) -> None:
    if os.path.lexists(path):
        raise ConflictError(
            f"there is a {path} already", hint="Edit it, or give another DIR."
        )
    with translated(path), open(path, "x", encoding="utf-8") as file:
        file.write(text)


_EXAMPLE = Start(
    url="https://example.com/tool-1.2.3-linux-amd64",
    fingerprint="0" * 40,
    key_url="https://example.com/public-key.asc",
)
