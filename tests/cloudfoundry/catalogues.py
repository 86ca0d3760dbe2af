"""A ``manifest.yml`` of the shape of the Java buildpack's (contracts M-2, M-3)."""

from __future__ import annotations

import hashlib

STACKS = ("cflinuxfs4", "cflinuxfs5")
DEFAULTS = 36
DEPENDENCIES = 48
SUFFIXES = ("tgz", "tar.gz", "zip", "jar", "so")
HOST = "https://buildpacks.cloudfoundry.org/dependencies"


def java_like() -> str:
    """48 dependencies of 36 names, each with a default, all for both stacks."""
    names = [f"component-{number:02}" for number in range(DEFAULTS)]
    lines = ["language: java", "", "default_versions:"]
    for name in names:
        lines += [f"- name: {name}", "  version: 1.x"]
    lines.append("dependencies:")
    for number in range(DEPENDENCIES):
        name, version = names[number % DEFAULTS], f"1.{number // DEFAULTS}.10+9"
        sha256 = hashlib.sha256(f"{name}{version}".encode()).hexdigest()
        suffix = SUFFIXES[number % len(SUFFIXES)]
        file = f"{name}_{version.replace('+', '%2B')}_linux_x64_any-stack_{sha256[:8]}"
        lines += [
            f"- name: {name}",
            f"  version: {version}",
            f"  uri: {HOST}/{name}/{file}.{suffix}",
            f"  sha256: {sha256}",
            "  cf_stacks:",
            *(f"  - {stack}" for stack in STACKS),
            f"  source: https://example.com/{name}-{version}.tgz",
            f"  source_sha256: {sha256}",
        ]
    return "\n".join([*lines, ""])


def entry(name: str, version: str, url: str, data: bytes, *stacks: str) -> str:
    """One dependency, and the digest it really has."""
    listed = ", ".join(stacks or STACKS)
    return (
        f"- {{name: {name}, version: {version}, uri: '{url}', "
        f"sha256: {hashlib.sha256(data).hexdigest()}, cf_stacks: [{listed}]}}\n"
    )
