"""Cloud Foundry's ``manifest.yml``: bytes -> `Catalogue` (platform-contracts 3.1).

Unknown keys are passed over, as everybody does who reads this format (M-1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fetchkit.errors import Fault, ManifestError
from fetchkit.manifest.verbatim import parse_verbatim
from fetchkit.values import frozen, replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fetchkit.manifest.verbatim import Node


@frozen
class Dependency:
    """One entry of ``dependencies``: texts as they stand there."""

    name: str
    version: str
    uri: str = ""
    sha256: str = ""
    stacks: tuple[str, ...] = ()
    """``cf_stacks``; an entry without any is for no stack (M-7)."""
    file: str = ""
    """Path of a cached copy, relative to the manifest; what a packager puts in."""
    position: int = 0
    """Which of the entries it is, for messages."""

    @property
    def place(self) -> str:
        """Where it stands in the document."""
        return f"dependencies[{self.position}]"


@frozen
class Default:
    """One entry of ``default_versions``: the constraint for who names none."""

    name: str
    version: str


@frozen
class Deprecation:
    """One entry of ``dependency_deprecation_dates``: a line and its last day."""

    name: str
    line: str
    date: str
    link: str = ""


@frozen
class Catalogue:
    """Everything in a ``manifest.yml`` that decides what a build gets."""

    document: str
    language: str = ""
    """The buildpack's name."""
    stack: str = ""
    """The one stack of a packaged manifest; then entries name none (M-6)."""
    dependencies: tuple[Dependency, ...] = ()
    defaults: tuple[Default, ...] = ()
    deprecations: tuple[Deprecation, ...] = ()


def parse_catalogue(data: bytes, document: str) -> Catalogue:
    """Read a manifest.

    Raises:
        ManifestError: not YAML, or an entry is not what it has to be; all faults are
            in `faults`, each with its place, such as ``dependencies[3].version``.
    """
    top = parse_verbatim(data, document)
    if not isinstance(top, dict):
        raise ManifestError(document, [Fault("", "is not a mapping of keys")])
    faults: list[Fault] = []
    catalogue = Catalogue(
        document=document,
        language=_text(top, "language"),
        stack=_text(top, "stack"),
        dependencies=tuple(_read_dependencies(top, faults)),
        defaults=_read_defaults(top, faults),
        deprecations=tuple(
            Deprecation(
                name=_text(each, "name"),
                line=_text(each, "version_line"),
                date=_text(each, "date"),
                link=_text(each, "link"),
            )
            for _, each in _entries(top, "dependency_deprecation_dates", faults)
        ),
    )
    if faults:
        raise ManifestError(document, faults)
    return catalogue


def override(catalogue: Catalogue, data: bytes, document: str) -> Catalogue:
    """`catalogue` as another buildpack's ``override.yml`` changes it (M-14).

    An entry of the same name and version is replaced; libbuildpack means to, and
    keeps the old one.

    Raises:
        ManifestError: the override is not what it has to be.
    """
    top = parse_verbatim(data, document)
    mine = top.get(catalogue.language) if isinstance(top, dict) else None
    if not isinstance(mine, dict):
        return catalogue
    faults: list[Fault] = []
    defaults = {each.name: each for each in catalogue.defaults}
    defaults |= {each.name: each for each in _read_defaults(mine, faults)}
    changed = {
        (each.name, each.version): each for each in _read_dependencies(mine, faults)
    }
    if faults:
        raise ManifestError(document, faults)
    kept = [
        changed.pop((each.name, each.version), each) for each in catalogue.dependencies
    ]
    return replace(
        catalogue,
        defaults=tuple(defaults.values()),
        dependencies=(*kept, *changed.values()),
    )


def _read_dependencies(
    top: Mapping[str, Node], faults: list[Fault]
) -> Iterator[Dependency]:
    for position, each in _entries(top, "dependencies", faults):
        stacks = each.get("cf_stacks", [])
        dependency = Dependency(
            name=_text(each, "name"),
            version=_text(each, "version"),
            uri=_text(each, "uri"),
            sha256=_text(each, "sha256"),
            stacks=tuple(
                stack
                for stack in (stacks if isinstance(stacks, list) else [stacks])
                if isinstance(stack, str)
            ),
            file=_text(each, "file"),
            position=position,
        )
        faults += [
            Fault(f"{dependency.place}.{key}", "is missing")
            for key in ("name", "version")
            if not _text(each, key)
        ]
        yield dependency


def _read_defaults(top: Mapping[str, Node], faults: list[Fault]) -> tuple[Default, ...]:
    return tuple(
        Default(name=_text(each, "name"), version=_text(each, "version"))
        for _, each in _entries(top, "default_versions", faults)
    )


def _entries(
    top: Mapping[str, Node], key: str, faults: list[Fault]
) -> Iterator[tuple[int, Mapping[str, Node]]]:
    listed = top.get(key) or []
    if not isinstance(listed, list):
        faults.append(Fault(key, "expected a list"))
        return
    for position, each in enumerate(listed):
        if isinstance(each, dict):
            yield position, each
        else:
            faults.append(Fault(f"{key}[{position}]", "expected keys and values"))


def _text(table: Mapping[str, Node], key: str) -> str:
    content = table.get(key, "")
    # What YAML calls null is an empty text to Go.
    return content if isinstance(content, str) and content not in {"~", "null"} else ""
