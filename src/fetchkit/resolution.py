"""Artifact x target x environment -> `Resolved`, or why nothing fits.

Pure: the environment is a mapping somebody else read. This is where templates
are filled, and so where a value from outside meets a path or a url; everything
is checked here, once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fetchkit.artifact import (
    Installation,
    Location,
    PlatformOverride,
    Resolved,
)
from fetchkit.errors import (
    ConflictError,
    InvalidValueError,
    UnsupportedTargetError,
)
from fetchkit.formats import archive_format
from fetchkit.manifest.rules import check_scheme
from fetchkit.paths import RelPath, parse_rel_path, parse_version, printable
from fetchkit.receipt import is_reserved
from fetchkit.templates import fill, fill_url, value_fault
from fetchkit.urls import Url
from fetchkit.versions.wanted import is_range

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fetchkit.artifact import Artifact
    from fetchkit.receipt import ReceiptItem
    from fetchkit.target import Target

_AS_PUBLISHED = PlatformOverride()


def resolve(artifact: Artifact, target: Target, environ: Mapping[str, str]) -> Resolved:
    """Choose the build of `artifact` for `target` and fill every template.

    Args:
        environ: the variables that may override the version and ``vars``.

    Raises:
        UnsupportedTargetError: there is no build; the platforms there are, are listed.
        InvalidValueError: a value cannot be part of a path or url, or the version is
            a range.
    """
    if target.name not in platforms(artifact):
        raise _unsupported(artifact, target)
    if has_open_version(artifact):
        raise InvalidValueError(
            f"{artifact.place}.version: `{artifact.version}` is a range, and no lock "
            "says which version it is",
            hint="Run `fetchkit lock`, and keep what it writes with the manifest.",
        )
    override = artifact.platforms.get(target.name, _AS_PUBLISHED)
    values, origins = _values(artifact, target, environ)
    locations = _locations(artifact, override, values)
    return Resolved(
        name=artifact.name,
        version=values["version"],
        target=target,
        locations=locations,
        signed_by=artifact.signed_by,
        signers=artifact.signers,
        sha256=override.sha256 or artifact.sha256,
        size=override.size or artifact.size,
        unverified_reason=artifact.unverified_reason,
        is_trusted_by_lock=artifact.is_trusted_by_lock,
        documents=override.documents,
        installation=_installation(artifact, values, locations[0].url),
        license=artifact.license,
        wrap=artifact.wrap,
        advise=artifact.advise,
        process=artifact.process,
        origins=origins,
    )


def resolve_all(
    artifacts: Iterable[Artifact], target: Target, environ: Mapping[str, str]
) -> tuple[Resolved, ...]:
    """`resolve` each, and make sure that no two of them install the same path.

    Raises:
        ConflictError: two artifacts claim one path.
    """
    found = tuple(resolve(artifact, target, environ) for artifact in artifacts)
    owners: dict[str, str] = {}
    for resolved in found:
        for path in _claims(resolved.installation):
            if is_reserved(path):
                raise InvalidValueError(
                    f"`{resolved.name}` would install {path}, which is fetchkit's own",
                    hint="Choose another install.dir.",
                )
            other = owners.setdefault(path, resolved.name)
            if other != resolved.name:
                raise ConflictError(
                    f"`{other}` and `{resolved.name}` would both install {path}",
                    hint="Give one of them another install.dir, file or link.",
                )
    return found


def resolve_again(item: ReceiptItem, target: Target) -> Resolved:
    """The build that a receipt speaks of, pinned to the bytes that were installed."""
    return Resolved(
        name=item.name,
        version=item.version,
        target=target,
        locations=(Location(url=Url.parse(item.url)),),
        sha256=item.digest,
        size=item.size,
        license=item.license,
        installation=item.installation,
        origins=item.origins,
    )


def has_open_version(artifact: Artifact) -> bool:
    """Whether the version is a range, which only a lock closes."""
    return is_range(artifact.version, has_list=artifact.versions is not None)


def platforms(artifact: Artifact) -> tuple[str, ...]:
    """The platforms `artifact` is published for, as ``os-arch``.

    Linux on every architecture of the ``arch`` table, and every key of
    ``platforms``, as far as there is something to trust the build by.
    """
    names = dict.fromkeys(
        [*(f"linux-{arch}" for arch in artifact.arch), *artifact.platforms]
    )
    return tuple(name for name in names if _can_be_trusted(artifact, name))


def _can_be_trusted(artifact: Artifact, platform: str) -> bool:
    override = artifact.platforms.get(platform, _AS_PUBLISHED)
    return bool(
        artifact.unverified_reason is not None
        or artifact.is_trusted_by_lock
        or artifact.checksums
        or artifact.signature
        or override.signature
        or artifact.sha256
        or override.sha256
    )


def _unsupported(artifact: Artifact, target: Target) -> UnsupportedTargetError:
    there = ", ".join(platforms(artifact)) or "nothing"
    return UnsupportedTargetError(
        f"`{artifact.name}` is not published for {target}; there is {there}",
        hint=f"Build for one of these with --platform, or add {target.name} under "
        f"[{artifact.place}.platforms].",
    )


def _values(
    artifact: Artifact, target: Target, environ: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """The template values, and which of them an environment variable gave."""
    values = {**artifact.vars, "version": artifact.version}
    origins = {}
    for field, variable in artifact.env.items():
        text = environ.get(variable, "")
        if text:
            values[field] = _from_environment(variable, field, text)
            origins[field] = variable
    values |= {
        "name": artifact.name,
        "os": target.os,
        "arch": artifact.arch.get(target.arch, target.arch),
        "libc": target.libc,
        "stack": target.stack,
    }
    return values, origins


def _from_environment(variable: str, field: str, text: str) -> str:
    # One trailing newline is what `echo value > ENV_DIR/NAME` leaves behind.
    value = text.removesuffix("\n")
    try:
        if field == "version":
            return parse_version(value)
        fault = value_fault(value)
        if fault is None:
            return value
        message = f"{printable(value)}: {fault}"
    except InvalidValueError as error:
        message = error.message
    raise InvalidValueError(
        f"environment variable {variable}: {message}",
        hint=f"Set {variable} to a plain {field}, or unset it.",
    )


def _locations(
    artifact: Artifact, override: PlatformOverride, values: Mapping[str, str]
) -> tuple[Location, ...]:
    found = []
    signature = override.signature or artifact.signature
    for template in (override.url or artifact.url, *artifact.mirrors):
        url = _fill(template, values)
        beside = {**values, "url": url.secret}
        checksums = _fill(artifact.checksums, beside) if artifact.checksums else None
        if checksums is not None:
            beside["checksums"] = checksums.secret
        listing = artifact.checksums_signature
        found.append(
            Location(
                url=url,
                signature=_fill(signature, beside) if signature else None,
                checksums=checksums,
                checksums_signature=_fill(listing, beside) if listing else None,
            )
        )
    return tuple(found)


def _fill(template: str, values: Mapping[str, str]) -> Url:
    return check_scheme(Url.parse(fill_url(template, values)))


def _installation(
    artifact: Artifact, values: Mapping[str, str], url: Url
) -> Installation:
    spec = artifact.install
    place = f"{artifact.place}.install"
    extract = spec.extract
    if extract is None:
        extract = spec.file is None and archive_format(url.last_part) is not None
    file = None if extract else _file_name(artifact, values, url)
    return Installation(
        dir=_filled_path(spec.dir, values, f"{place}.dir"),
        file=file,
        links=_links(artifact, values, file),
        path=spec.path,
        env={name: _env_value(value, values) for name, value in spec.env.items()},
        strip=spec.strip,
        include=spec.include,
        executable=spec.executable,
    )


def _file_name(artifact: Artifact, values: Mapping[str, str], url: Url) -> RelPath:
    place = f"{artifact.place}.install.file"
    if artifact.install.file is not None:
        return _filled_path(artifact.install.file, values, place)
    try:
        if value_fault(url.last_part) is None:
            return parse_rel_path(url.last_part)
        message = f"the url ends in {printable(url.last_part)}, which is no file name"
    except InvalidValueError as error:
        message = error.message
    raise InvalidValueError(
        f"{place}: {message}", hint="Set install.file to the name it shall have."
    )


def _filled_path(template: str, values: Mapping[str, str], place: str) -> RelPath:
    if template == ".":
        return RelPath(".")
    try:
        return parse_rel_path(fill(template, values))
    except InvalidValueError as error:
        raise InvalidValueError(f"{place}: {error.message}", hint=error.hint) from None


def _links(
    artifact: Artifact, values: Mapping[str, str], file: RelPath | None
) -> dict[RelPath, RelPath]:
    found = {}
    for link, pointed in artifact.install.links.items():
        place = f"{artifact.place}.install.links.{link}"
        name = _filled_path(link, values, place)
        if pointed:
            found[name] = _filled_path(pointed, values, place)
        elif file is not None:
            # A link named like the file would replace it by a link to itself.
            if name != file:
                found[name] = file
        else:
            raise InvalidValueError(
                f"{place}: an archive has no single file a link could point to",
                hint=f'Write links = {{ "{link}" = "path/in/archive" }}.',
            )
    return found


def _env_value(template: str, values: Mapping[str, str]) -> str:
    """`template` filled, but for ``{root}``, which only the lifecycle knows."""
    return "{root}".join(fill(part, values) for part in template.split("{root}"))


def _claims(installation: Installation) -> tuple[str, ...]:
    if installation.file is None:
        own = [installation.dir]
    else:
        own = [RelPath(join(installation.dir, installation.file))]
    return (*own, *(join(installation.dir, link) for link in installation.links))


def join(directory: str, name: str) -> str:
    """`name` below `directory`, where ``.`` is the root itself."""
    return name if directory == "." else f"{directory}/{name}"
