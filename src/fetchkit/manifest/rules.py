"""Rules that span several fields of a manifest: templates, trust, what is exported.

Each check looks at a finished value and notes faults through the table it came
from, so that the place is the user's own. Pure.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fetchkit.errors import InvalidValueError
from fetchkit.paths import parse_rel_path, path_fault
from fetchkit.templates import VARIABLES, template_fault, value_fault
from fetchkit.urls import Url

if TYPE_CHECKING:
    from fetchkit.artifact import Artifact, InstallSpec
    from fetchkit.manifest.fields import Fields

UNSAFE_VARIABLES = re.compile(
    r"LD_.*|DYLD_.*|BASH_.*|ENV|IFS|PS4|PROMPT_COMMAND|SHELLOPTS|BASHOPTS"
    r"|PYTHON.*|NODE_OPTIONS|JAVA_TOOL_OPTIONS|GIT_.*|PERL5OPT|RUBYOPT"
)
"""Variables through which a value becomes code in every process of the app."""

_WAYS_OUT = (
    "Give `signature` and `signed_by`, or `sha256`, or `checksums`, "
    'or `trust = "none"` with a `reason`.'
)
_WHOLE_URL = re.compile(r"\{(url|checksums)\}")
_FIELD = re.compile(r"\{[^{}]*\}")


def check_scheme(url: Url) -> Url:
    """`url`, if it may be fetched: plain http only from this machine.

    Raises:
        InvalidValueError: ``http:`` to another host.
    """
    if url.scheme == "http" and not url.is_loopback:
        raise InvalidValueError(
            f"plain http to another machine: `{url}`", hint="Use https."
        )
    return url


def check_artifact(artifact: Artifact, table: Fields) -> None:
    """Note everything in `artifact` that cannot work or must not be trusted."""
    _check_urls(artifact, table)
    _check_trust(artifact, table)
    _check_values(artifact, table)
    known = (*VARIABLES, *artifact.vars)
    install = artifact.install
    if install.file is not None:
        _check_template(table, "install.file", install.file, known)
        if install.extract:
            table.fault("install.file", "names one file, but `extract` is true")
    for link, pointed in install.links.items():
        _check_template(table, f"install.links.{link}", link, known)
        _check_template(table, f"install.links.{link}", pointed, known)
    _check_template(table, "install.dir", install.dir, known)


def check_install(spec: InstallSpec, allowed: tuple[str, ...], table: Fields) -> None:
    """Note paths that leave the root and variables that must not be exported."""
    paths = [] if spec.dir == "." else [("dir", spec.dir)]
    if spec.file is not None:
        paths.append(("file", spec.file))
    for index, (link, pointed) in enumerate(spec.links.items()):
        paths.append((f"links[{index}]", link))
        if pointed:
            paths.append((f"links.{link}", pointed))
        elif spec.extract:
            table.fault(
                f"links[{index}]",
                "an archive has no single file a link could point to",
                f'Write links = {{ "{link}" = "path/in/archive" }}.',
            )
    for key, text in paths:
        fault = path_fault(_FIELD.sub("x", text))
        if fault is not None:
            table.fault(key, f"`{text[:80]}` is no path below the root: {fault}")
    for index, text in enumerate(spec.path):
        if text != ".":
            table.checked(f"path[{index}]", text, parse_rel_path)
    for name, value in spec.env.items():
        _check_variable(name, value, allowed, table)


def _check_variable(
    name: str, value: str, allowed: tuple[str, ...], table: Fields
) -> None:
    place = f"env.{name}"
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        table.fault(place, "not the name of an environment variable")
    elif name == "PATH":
        table.fault(place, "PATH is not set but extended", "Use `path = true`.")
    elif UNSAFE_VARIABLES.fullmatch(name) and name not in allowed:
        table.fault(
            place,
            f"{name} can turn a value into code in every process of the app",
            f'If that is meant, add allow_env = ["{name}"].',
        )
    if "\0" in value:
        table.fault(place, "holds a NUL, which no environment can carry")
    fault = template_fault(value, ("root", *VARIABLES))
    if fault is not None:
        table.fault(place, fault)


def _check_urls(artifact: Artifact, table: Fields) -> None:
    known = (*VARIABLES, *artifact.vars)
    _check_url(table, "url", artifact.url, known)
    for index, mirror in enumerate(artifact.mirrors):
        _check_url(table, f"mirrors[{index}]", mirror, known)
    if artifact.versions is not None and artifact.versions.is_url:
        listed = ("name", *artifact.vars)
        _check_url(table, "versions", artifact.versions.location, listed)
    if artifact.signature is not None:
        _check_url(table, "signature", artifact.signature, (*known, "url"))
    if artifact.checksums is not None:
        _check_url(table, "checksums", artifact.checksums, (*known, "url"))
    if artifact.checksums_signature is not None:
        known_there = (*known, "url", "checksums")
        _check_url(
            table, "checksums_signature", artifact.checksums_signature, known_there
        )
    for name, override in artifact.platforms.items():
        if override.url is not None:
            _check_url(table, f"platforms.{name}.url", override.url, known)
        if override.signature is not None:
            place = f"platforms.{name}.signature"
            _check_url(table, place, override.signature, (*known, "url"))


def _check_url(table: Fields, key: str, template: str, known: tuple[str, ...]) -> None:
    if not template or not _check_template(table, key, template, known):
        return
    # A host that is a variable cannot be judged yet; `fetchkit.resolution` asks again.
    sample = _FIELD.sub("x", _WHOLE_URL.sub("https://x/x", template))
    table.checked(key, sample, lambda text: check_scheme(Url.parse(text)))


def _check_template(
    table: Fields, key: str, template: str, known: tuple[str, ...]
) -> bool:
    fault = template_fault(template, known)
    if fault is not None:
        table.fault(key, fault)
    return fault is None


def _check_values(artifact: Artifact, table: Fields) -> None:
    for name, value in artifact.vars.items():
        fault = value_fault(value)
        if name in VARIABLES or name == "url":
            table.fault(f"vars.{name}", f"{{{name}}} is already taken")
        elif not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            table.fault(f"vars.{name}", "use lower-case letters, digits and `_`")
        if fault is not None:
            table.fault(f"vars.{name}", f"`{value[:60]}`: {fault}")
    for field in artifact.env:
        if field != "version" and field not in artifact.vars:
            known = ", ".join(("version", *artifact.vars))
            table.fault(f"env.{field}", "overrides nothing", f"There are: {known}.")
    for machine, spelling in artifact.arch.items():
        fault = value_fault(spelling)
        if fault is not None:
            table.fault(f"arch.{machine}", f"`{spelling[:60]}`: {fault}")


def _check_trust(artifact: Artifact, table: Fields) -> None:
    overrides = artifact.platforms.values()
    signed = artifact.signature is not None or any(each.signature for each in overrides)
    pinned = artifact.sha256 is not None or any(each.sha256 for each in overrides)
    listed = artifact.checksums is not None
    _check_signers(artifact, table, signed=signed)
    if artifact.checksums_signature is not None and not listed:
        table.fault("checksums_signature", "there is no `checksums` it could be of")
    if signed and listed:
        table.fault("checksums", "`signature` is over the file itself", "Keep one.")
    found = signed or pinned or listed
    if artifact.unverified_reason is not None and found:
        table.fault("trust", '"none" contradicts the signature or digest given here')
    is_excused = artifact.unverified_reason is not None or artifact.is_trusted_by_lock
    if not found and not is_excused:
        table.fault("", "there is nothing to trust it by", _WAYS_OUT)


def _check_signers(artifact: Artifact, table: Fields, *, signed: bool) -> None:
    is_needed = signed or artifact.checksums_signature is not None
    if is_needed and not table.take_any("signed_by"):
        table.fault("signed_by", "names nobody who may sign", "Name a key of [keys].")
    if table.has("signed_by") and not is_needed:
        table.fault("signed_by", "there is no `signature` to check", "Add `signature`.")
    able = {fpr for each in artifact.signed_by for fpr in each.fingerprints}
    if artifact.signers > 1 and len(able) < artifact.signers:
        table.fault(
            "signers", f"asks for {artifact.signers} keys, signed_by has {len(able)}"
        )
