"""The tables of a manifest: ``[keys.*]``, ``[artifacts.*]`` and what is below them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fetchkit.artifact import (
    Artifact,
    ExpiryException,
    InstallSpec,
    Key,
    PlatformOverride,
)
from fetchkit.digest import Digest
from fetchkit.errors import InvalidValueError
from fetchkit.fingerprint import normalise_fingerprint
from fetchkit.manifest import rules
from fetchkit.manifest.listed import read_versions
from fetchkit.manifest.platforms import parse_license, read_layer
from fetchkit.manifest.processes import read_processes
from fetchkit.paths import parse_name, parse_variable
from fetchkit.target import Target, normalise_arch
from fetchkit.urls import Url
from fetchkit.versions.wanted import parse_wanted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fetchkit.manifest.fields import Fields

DEFAULT_ARCH = {"amd64": "amd64", "arm64": "arm64"}
_KEY_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*\.(asc|gpg|pgp)")


def read_key(name: str, table: Fields) -> Key | None:
    """One ``[keys.NAME]``: who may sign."""
    table.checked("", name, parse_name)
    pins = table.texts("fingerprints")
    fingerprints = _read_fingerprints(table, "fingerprints")
    if not pins:
        table.fault(
            "fingerprints",
            "names no key" if table.has("fingerprints") else "is missing",
            "Pin the primary key: `fetchkit keys show FILE` shows its fingerprint.",
        )
    key = Key(
        name=name,
        fingerprints=fingerprints,
        file=table.parsed("file", _parse_key_file),
        url=table.parsed("url", _parse_remote),
        allow_expired=_read_exception(table),
        revoked=_read_fingerprints(table, "revoked"),
    )
    table.close()
    return key if key.fingerprints else None


def read_artifact(
    name: str, table: Fields, keys: Mapping[str, Key], key_names: tuple[str, ...]
) -> Artifact | None:
    """One ``[artifacts.NAME]``; None when too much of it is missing to go on."""
    table.checked("", name, parse_name)
    version = table.parsed("version", parse_wanted, required=True) or ""
    install = _read_install(table)
    reason, is_trusted_by_lock = _read_trust(table)
    processes = read_processes(name, table)
    artifact = Artifact(
        name=name,
        version=version,
        versions=read_versions(table, version),
        url=table.text("url", required=True) or "",
        mirrors=table.texts("mirrors"),
        signature=table.text("signature"),
        signed_by=_read_signers(table, keys, key_names),
        signers=table.whole("signers", least=1) or 1,
        sha256=table.parsed("sha256", Digest.parse),
        size=table.whole("size", least=1),
        checksums=table.text("checksums"),
        checksums_signature=table.text("checksums_signature"),
        unverified_reason=reason,
        is_trusted_by_lock=is_trusted_by_lock,
        arch=_read_arch(table),
        vars=table.mapping("vars"),
        env=_read_overrides(table),
        platforms=_read_platforms(table),
        install=install or InstallSpec(dir="."),
        layer=read_layer(table),
        license=table.parsed("license", parse_license) or "",
        wrap=processes.wrap,
        advise=processes.advise,
        process=processes.own,
        services=table.texts("services"),
    )
    rules.check_artifact(artifact, table)
    for key in ("from", "dependency", "config", "config_key"):
        table.know(key)
    table.close()
    return artifact


def _read_fingerprints(table: Fields, key: str) -> tuple[str, ...]:
    found = [
        fingerprint
        for index, text in enumerate(table.texts(key))
        if (
            fingerprint := table.checked(f"{key}[{index}]", text, normalise_fingerprint)
        )
    ]
    return tuple(dict.fromkeys(found))


def _parse_key_file(text: str) -> str:
    if not _KEY_FILE.fullmatch(text):
        raise InvalidValueError(
            f"not the name of a key file: `{text[:80]}`",
            hint="Name a file in keys/ that ends in .asc, .gpg or .pgp.",
        )
    return text


def _parse_remote(text: str) -> Url:
    return rules.check_scheme(Url.parse(text))


def _read_exception(table: Fields) -> ExpiryException | None:
    inner = table.table("allow_expired")
    if inner is None:
        return None
    import datetime  # only manifests with such an exception pay for it

    reason = inner.text("reason", required=True)
    until = inner.take_any("until")
    if isinstance(until, str):
        try:
            until = datetime.date.fromisoformat(until)
        except ValueError:
            until = None
    if isinstance(until, datetime.datetime):
        until = until.date()
    if not isinstance(until, datetime.date):
        inner.fault("until", "expected a date", "Write until = 2026-12-31.")
        until = None
    inner.close()
    if reason is None or until is None:
        return None
    return ExpiryException(until=until, reason=reason)


def _read_signers(
    table: Fields, keys: Mapping[str, Key], key_names: tuple[str, ...]
) -> tuple[Key, ...]:
    found = []
    for index, name in enumerate(table.texts("signed_by")):
        if name in keys:
            found.append(keys[name])
        elif name not in key_names:
            known = ", ".join(key_names) or "none"
            table.fault(
                f"signed_by[{index}]",
                f"there is no key `{name[:60]}`",
                f"Add [keys.{name[:60]}], or use one of: {known}.",
            )
    return tuple(found)


def _read_trust(table: Fields) -> tuple[str | None, bool]:
    """The reason of ``trust = "none"``, and whether it is ``trust = "lock"``."""
    trust = table.text("trust")
    reason = table.text("reason")
    if trust not in {None, "none", "lock"}:
        table.fault("trust", f'is "{trust}"', 'There are "none" and "lock".')
    if trust != "none":
        if reason is not None:
            table.fault("reason", 'belongs to trust = "none", which is not set')
        return None, trust == "lock"
    if reason is None:
        table.fault(
            "reason",
            'is missing: trust = "none" installs bytes nobody vouched for',
            "Say why that is acceptable; the text is shown on every run.",
        )
    return reason or "no reason given", False


def _read_arch(table: Fields) -> Mapping[str, str]:
    if not table.has("arch"):
        return DEFAULT_ARCH
    return {
        normalise_arch(machine): spelling
        for machine, spelling in table.mapping("arch").items()
    }


def _read_overrides(table: Fields) -> dict[str, str]:
    inner = table.table("env")
    if inner is None:
        return {}
    return {
        field: variable
        for field in inner.names()
        if (variable := inner.parsed(field, parse_variable)) is not None
    }


def _read_platforms(table: Fields) -> dict[str, PlatformOverride]:
    found = {}
    outer = table.table("platforms")
    if outer is None:
        return {}
    for name in outer.names():
        target = outer.checked(name, name, Target.parse)
        inner = outer.table(name)
        if inner is None:
            continue
        override = PlatformOverride(
            url=inner.text("url"),
            signature=inner.text("signature"),
            sha256=inner.parsed("sha256", Digest.parse),
            size=inner.whole("size", least=1),
        )
        inner.close()
        if target is not None:
            found[target.name] = override
    return found


def _read_install(table: Fields) -> InstallSpec | None:
    inner = table.table("install")
    if inner is None:
        table.fault("install", "is missing", 'Add [… .install] with dir = "vendor/…".')
        return None
    allowed = inner.texts("allow_env")
    spec = InstallSpec(
        dir=inner.text("dir", required=True) or ".",
        file=inner.text("file"),
        links=_read_links(inner),
        path=_read_path(inner),
        env=inner.mapping("env"),
        extract=inner.flag("extract"),
        strip=inner.whole("strip", least=0) or 0,
        include=inner.texts("include"),
        executable=inner.flag("executable") is not False,
    )
    rules.check_install(spec, allowed, inner)
    inner.close()
    return spec


def _read_path(table: Fields) -> tuple[str, ...]:
    """``path = true`` is the directory itself; a list names directories below it."""
    value = table.take_any("path")
    if isinstance(value, bool) or value is None:
        return (".",) if value else ()
    return table.texts("path")


def _read_links(table: Fields) -> dict[str, str]:
    """A list names links to the single file; a table says what each points to."""
    if isinstance(table.take_any("links"), dict):
        return table.mapping("links")
    return dict.fromkeys(table.texts("links"), "")
