"""The order of steps from a checkout to what is published."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fetchkit_build import archive, bytecode, contents, installer
from fetchkit_build.environments import ensure_environment, pip, run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fetchkit_build.interpreters import Interpreter

PYZ = "fetchkit.pyz"
INSTALLER = "get-fetchkit.py"
SUMS = "SHA256SUMS"

_ENTRY_POINT = "fetchkit.cli.main:main_script"
_START = os.path.join(os.path.dirname(__file__), "payload", "start.py")
_ANY_PYTHON = (
    *("--platform", "any", "--implementation", "py", "--abi", "none"),
    *("--python-version", "3.10", "--only-binary", ":all:", "--no-deps"),
)
"""Makes pip take wheels that run everywhere, and nothing because of who asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """Where things lie in a working copy."""

    root: str

    def path(self, *parts: str) -> str:
        """A path below the checkout."""
        return os.path.join(self.root, *parts)

    def environment(self, name: str) -> str:
        """The Python of the environment for ``requirements/<name>.txt``."""
        return ensure_environment(
            self.path("build", f"{name}-environment"),
            self.path("requirements", f"{name}.txt"),
        )


def build(
    checkout: Checkout,
    dist_dir: str,
    *,
    interpreters: Sequence[Interpreter],
    modified: int = archive.EARLIEST,
) -> str:
    """Write the pyz, the installer and their checksums to `dist_dir`.

    The installer carries the same modules without the compiled ones
    (docs/decisions/0004).

    Args:
        interpreters: which Pythons get compiled modules along.
        modified: seconds since the epoch; the time every entry of the zip bears.

    Returns:
        The path of the pyz.

    Raises:
        BuildError: a step failed; files already in `dist_dir` are whole.
    """
    python = checkout.environment("build")
    with tempfile.TemporaryDirectory(prefix="fetchkit-build-") as work_dir:
        modules_dir = _install(checkout, python, work_dir)
        tree = contents.read_tree(modules_dir)
        kept = contents.select(tree)
        _prune(modules_dir, keep=kept)
        for name in contents.missing_inits(kept):
            open(os.path.join(modules_dir, name), "xb").close()
        entries = _run_shiv(python, modules_dir, work_dir)
    packages = contents.find_packages(tree)
    entries |= _own_entries(checkout, packages)
    packs = {one: bytecode.pack(entries, one) for one in interpreters}
    return _publish(
        dist_dir,
        _assemble(entries, packages, packs, modified),
        installer.render_installer(_assemble(entries, packages, {}, modified)),
    )


def _install(checkout: Checkout, python: str, work_dir: str) -> str:
    """Put fetchkit and what it needs into one directory; return that directory."""
    modules_dir = os.path.join(work_dir, "site-packages")
    run(
        [
            *(python, "-m", "hatchling", "build"),
            *("--target", "wheel", "--directory", work_dir),
        ],
        "build the wheel",
        directory=checkout.root,
        variables={"SOURCE_DATE_EPOCH": str(archive.EARLIEST)},
    )
    (wheel,) = (name for name in os.listdir(work_dir) if name.endswith(".whl"))
    install = [*pip(python), "install", "--no-compile", "--target", modules_dir]
    run(
        [
            *(*install, *_ANY_PYTHON, "--require-hashes"),
            *("--requirement", checkout.path("requirements", "runtime.txt")),
        ],
        "install what the pyz carries",
    )
    run(
        [*install, "--no-deps", "--no-index", os.path.join(work_dir, wheel)],
        "install fetchkit's own wheel",
    )
    return modules_dir


def _prune(directory: str, *, keep: Mapping[str, bytes]) -> None:
    for parent, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(parent, name)
            if os.path.relpath(path, directory).replace(os.sep, "/") not in keep:
                os.unlink(path)


def _run_shiv(python: str, modules_dir: str, work_dir: str) -> dict[str, bytes]:
    """The entries of the archive shiv makes: modules, its bootstrap, its settings."""
    output = os.path.join(work_dir, "shiv.pyz")
    run(
        [
            *(python, "-m", "shiv", "--reproducible", "--no-modify"),
            *("--entry-point", _ENTRY_POINT),
            *("--site-packages", modules_dir, "--output-file", output),
        ],
        "run shiv",
        variables={"SOURCE_DATE_EPOCH": str(archive.EARLIEST)},
    )
    with open(output, "rb") as file:
        entries = archive.read_archive(file.read())
    # shiv lists the hashes of the modules in the order of the file system.
    settings = json.loads(entries["environment.json"])
    entries["environment.json"] = _render_json(settings)
    return entries


def _own_entries(
    checkout: Checkout, packages: tuple[contents.Package, ...]
) -> dict[str, bytes]:
    others = tuple(package for package in packages if package.name != "fetchkit")
    entries = {"THIRD-PARTY.txt": contents.render_third_party(others).encode()}
    for name, path in (("__main__.py", _START), ("LICENSE", checkout.path("LICENSE"))):
        with open(path, "rb") as file:
            entries[name] = file.read()
    return entries


def _assemble(
    entries: Mapping[str, bytes],
    packages: tuple[contents.Package, ...],
    packs: Mapping[Interpreter, bytes],
    modified: int,
) -> bytes:
    """The pyz with these packs; it says what is inside and what compiled it."""
    info = {
        "packages": {package.name: package.version for package in packages},
        "bytecode": {one.cache_tag: ".".join(map(str, one.version)) for one in packs},
    }
    named = {bytecode.entry_name(one): data for one, data in packs.items()}
    return archive.render_archive(
        {**entries, **named, "build-info.json": _render_json(info)}, modified=modified
    )


def _render_json(value: object) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True) + "\n").encode()


def _publish(dist_dir: str, pyz: bytes, script: bytes) -> str:
    os.makedirs(dist_dir, exist_ok=True)
    sums = "".join(
        f"{hashlib.sha256(data).hexdigest()}  {name}\n"
        for name, data in ((PYZ, pyz), (INSTALLER, script))
    )
    _write(os.path.join(dist_dir, PYZ), pyz, 0o755)
    _write(os.path.join(dist_dir, INSTALLER), script, 0o755)
    _write(os.path.join(dist_dir, SUMS), sums.encode(), 0o644)
    return os.path.join(dist_dir, PYZ)


def _write(path: str, data: bytes, mode: int) -> None:
    """Replace `path` by `data`, whole or not at all."""
    staged = f"{path}.new"
    with open(staged, "wb") as file:
        file.write(data)
        os.fchmod(file.fileno(), mode)
    os.replace(staged, path)
