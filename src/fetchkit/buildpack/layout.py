"""One directory that several platforms take as a buildpack. Pure: names and bytes.

bin/detect bin/compile bin/release    Heroku; detect also for the others
bin/supply bin/finalize               Cloud Foundry
bin/build                             Cloud Native Buildpacks
bin/fetchkit                          finds a Python and starts fetchkit.pyz
buildpack.toml                        Cloud Native Buildpacks, Heroku's registry
fetchkit.toml fetchkit.lock keys/     what it installs, and whose signature counts
fetchkit.pyz
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

from fetchkit.errors import InvalidValueError
from fetchkit.paths import printable
from fetchkit.sbom import MEDIA_TYPE

if TYPE_CHECKING:
    from collections.abc import Mapping

API = "0.10"
"""The lowest Buildpack API with targets: runs on every lifecycle since 0.17 (N-39)."""

SCRIPTS = ("build", "compile", "detect", "finalize", "release", "supply")
ARCHITECTURES = ("amd64", "arm64")

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9./-]{0,126}[A-Za-z0-9]")
_RESERVED_IDS = frozenset({"app", "config", "generated", "sbom"})
_VERSION = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*)){2}")

_SCRIPT = """\
#!/bin/sh
exec "$(dirname -- "$0")/fetchkit" {command} "$@"
"""

_FINDER = """\
#!/bin/sh
# Runs the fetchkit.pyz of this buildpack with the first Python that can.
buildpack=$(cd -- "$(dirname -- "$0")/.." && pwd) || exit 1
is_new='import sys; sys.exit(sys.version_info < (3, 10))'
# On Cloud Foundry's stacks there is none: an earlier buildpack may have one, or we.
case $1 in
supply | finalize) supplied=${4:-/nowhere} ;;
*) supplied=/nowhere ;;
esac
for python in python3 python3.14 python3.13 python3.12 python3.11 python3.10 \\
    "$supplied"/*/bin/python3 "$buildpack/vendor/python/bin/python3"; do
    "$python" -c "$is_new" 2>/dev/null || continue
    command=$1
    shift
    # Named, so that a fetchkit.toml of the app does not take this one's place.
    exec "$python" -I "$buildpack/fetchkit.pyz" "$command" \\
        --manifest "$buildpack/fetchkit.toml" "$@"
done
echo ' !     error: this buildpack needs Python 3.10 or newer at build time' >&2
echo ' !' >&2
echo ' !     hint: There are three ways out: a build image with python3, such as' >&2
echo ' !     heroku-22 or newer; a buildpack in front of this one that supplies' >&2
echo ' !     python3; or one in this buildpack, as vendor/python/bin/python3.' >&2
exit 1
"""

_DESCRIPTOR = """\
api = "{api}"

[buildpack]
id = {id}
name = {name}
version = {version}
clear-env = true
sbom-formats = ["{sbom}"]
"""

_TARGET = """
[[targets]]
os = "linux"
arch = "{arch}"
"""


class File(NamedTuple):
    """One file of a buildpack."""

    data: bytes
    is_executable: bool = False


def parse_id(text: str) -> str:
    """`text` as the id of a buildpack (N-36: buildpack.toml).

    Raises:
        InvalidValueError: lifecycles or registries would refuse it.
    """
    if not _ID.fullmatch(text) or "//" in text or text in _RESERVED_IDS:
        raise InvalidValueError(
            f"not the id of a buildpack: {printable(text)}",
            hint="Use letters, digits, `.`, `-` and `/`, such as acme/jq.",
        )
    return text


def parse_version(text: str) -> str:
    """`text` as the version of a buildpack.

    Raises:
        InvalidValueError: it is not three whole numbers with dots between them.
    """
    if not _VERSION.fullmatch(text):
        raise InvalidValueError(
            f"not the version of a buildpack: {printable(text)}",
            hint="Write three numbers, such as 1.0.0.",
        )
    return text


def render_descriptor(*, buildpack_id: str, name: str, version: str) -> bytes:
    """``buildpack.toml``.

    Heroku's registry reads it with a parser of TOML 0.4: tables and plain values
    only, nothing inline, nothing dotted (H-29, N-40).
    """
    head = _DESCRIPTOR.format(
        api=API,
        id=json.dumps(buildpack_id),
        name=json.dumps(name),
        version=json.dumps(version),
        sbom=MEDIA_TYPE,
    )
    return (
        head + "".join(_TARGET.format(arch=each) for each in ARCHITECTURES)
    ).encode()


def lay_out(
    *,
    descriptor: bytes,
    manifest: bytes,
    lock: bytes | None,
    keys: Mapping[str, bytes],
    program: bytes,
) -> dict[str, File]:
    """Every file of the directory, by its path.

    Args:
        keys: file name -> key file, for ``keys/``.
        program: a fetchkit.pyz.
    """
    files = {
        f"bin/{name}": File(_SCRIPT.format(command=name).encode(), is_executable=True)
        for name in SCRIPTS
    }
    files["bin/fetchkit"] = File(_FINDER.encode(), is_executable=True)
    files["buildpack.toml"] = File(descriptor)
    files["fetchkit.toml"] = File(manifest)
    files["fetchkit.pyz"] = File(program, is_executable=True)
    if lock is not None:
        files["fetchkit.lock"] = File(lock)
    files |= {f"keys/{name}": File(data) for name, data in keys.items()}
    return dict(sorted(files.items()))


def with_name(manifest: bytes, name: str) -> bytes:
    """`manifest` with a top-level `name`, if it has none; the rest byte for byte.

    The name says whose files are whose: two buildpacks of one app without a name
    would take each other's for their own, of an earlier build.
    """
    top = manifest.partition(b"\n[")[0]
    if re.search(rb"(?m)^name[ \t]*=", top):
        return manifest
    return re.sub(
        rb"(?m)^(schema[ \t]*=[^\r\n]*)",
        rb'\1\nname = "' + name.encode() + rb'"',
        manifest,
        count=1,
    )
