"""Which files of the installed packages go into the pyz, and under which terms.

Every entry costs a little of every start, so what the program cannot reach stays out.
"""

from __future__ import annotations

import os
from email.parser import BytesHeaderParser
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from fetchkit_build.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

DROPPED = {
    "*.dist-info/*": "its licence goes into THIRD-PARTY.txt, its version into the info",
    "bin/*": "scripts with the builder's paths in them",
    "*.pyi": "for type checkers",
    "*/py.typed": "for type checkers",
    "*/tests/*": "tests of the package",
    "*/__main__.py": "run with -m, which a zip entry never is",
    "httpx/_main.py": "its command line; httpx imports it only where click is there",
    "httpcore/_backends/anyio.py": "for anyio, which is left out",
    "httpcore/_backends/trio.py": "for trio, which is not there",
    "idna/cli.py": "its command line",
    "tqdm/contrib/*": "bars for other programs",
    "tqdm/*notebook.py": "for Jupyter",
    "tqdm/dask.py": "for dask",
    "tqdm/keras.py": "for keras",
    "tqdm/tk.py": "for tkinter",
    "tqdm/rich.py": "for rich",
    "tqdm/completion.sh": "for its command line",
    "tqdm/tqdm.1": "its manual page",
}
"""Pattern of what is left out -> why."""

_BINARY = (".so", ".pyd", ".dylib", ".pyc")


class Package(NamedTuple):
    """One distribution the pyz carries."""

    name: str
    version: str
    licence: str
    """Its licence expression, or what its metadata has instead."""
    texts: Mapping[str, str]
    """Licence texts, by the name of their file."""


def read_tree(directory: str) -> dict[str, bytes]:
    """Every file below `directory`, by its path with slashes."""
    found = {}
    for parent, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(parent, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, directory).replace(os.sep, "/")] = (
                    file.read()
                )
    return found


def select(tree: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of `tree` that the program can reach.

    Raises:
        BuildError: a compiled file is among them: such a pyz would not run everywhere.
    """
    kept = {
        name: data
        for name, data in tree.items()
        if not any(fnmatchcase(name, pattern) for pattern in DROPPED)
    }
    compiled = sorted(name for name in kept if name.endswith(_BINARY))
    if compiled:
        raise BuildError(
            f"not pure Python: {', '.join(compiled)}; pin a py3-none-any wheel in "
            "requirements/runtime.txt"
        )
    return kept


def missing_inits(names: Collection[str]) -> set[str]:
    """The ``__init__.py`` that namespace packages do without (PEP 420).

    An archive has no directories unless it names them, so zipimport finds a package
    only by its `__init__.py`. None of the pyz's is shared by two distributions.
    """
    parents = {
        name.removesuffix("/__init__.py").rpartition("/")[0]
        for name in names
        if name.endswith("/__init__.py")
    }
    return {f"{parent}/__init__.py" for parent in parents if parent} - set(names)


def find_packages(tree: Mapping[str, bytes]) -> tuple[Package, ...]:
    """The distributions installed in `tree`, by name.

    Raises:
        BuildError: one comes without the text of its licence.
    """
    packages = []
    for path in sorted(tree):
        directory, _, name = path.rpartition("/")
        if name != "METADATA" or not directory.endswith(".dist-info"):
            continue
        headers = BytesHeaderParser().parsebytes(tree[path])
        texts = {
            member.removeprefix(f"{directory}/").removeprefix(
                "licenses/"
            ): text.decode()
            for member, text in sorted(tree.items())
            if member.startswith(f"{directory}/") and _is_licence(member)
        }
        if not texts:
            raise BuildError(f"{headers['Name']} comes without the text of its licence")
        packages.append(
            Package(
                name=str(headers["Name"]),
                version=str(headers["Version"]),
                licence=str(headers["License-Expression"] or headers["License"] or ""),
                texts=texts,
            )
        )
    return tuple(packages)


def render_third_party(packages: tuple[Package, ...]) -> str:
    """The terms of everything in the pyz that is not fetchkit, in one text."""
    lines = [
        "fetchkit.pyz carries these packages, unchanged, under their own terms.",
        "",
    ]
    for package in packages:
        heading = f"{package.name} {package.version}"
        terms = package.licence.splitlines()[0] if package.licence else "see below"
        lines += ["=" * 78, heading, f"Licence: {terms}", ""]
        for name, text in package.texts.items():
            lines += [f"--- {name}", "", text.rstrip(), ""]
    return "\n".join(lines)


def _is_licence(path: str) -> bool:
    name = path.rpartition("/")[2].upper()
    return "/licenses/" in path or name.startswith(("LICENSE", "LICENCE", "COPYING"))
