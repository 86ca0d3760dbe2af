"""Buildpacks around fetchkit, and one that another tool might have made."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import tomli_w

if TYPE_CHECKING:
    from pathlib import Path

    from tests.flow.program import Program
    from tests.flow.scene import Site
    from tests.signing import TestKeys

SCRIPT = """\
#!/bin/sh
{environ} exec {command} --manifest {manifest} {step} "$@"
"""


@dataclass
class Workshop:
    """Makes buildpacks, and publishes what they install."""

    home: Path
    site: Site
    keys: TestKeys
    program: Program

    def signed(self, name: str, data: bytes, **changes: Any) -> dict[str, Any]:
        """Publish a signed binary; the table of the artifact it is."""
        url = self.site.add(name, data)
        self.site.add(f"{name}.asc", self.keys.sign(data))
        return {
            "version": "1.2.3",
            "url": url,
            "signature": "{url}.asc",
            "signed_by": ["good"],
            "install": {"dir": f"vendor/{name}", "path": True},
            **changes,
        }

    def buildpack(self, name: str, **artifacts: dict[str, Any]) -> Path:
        """A buildpack around a manifest of these artifacts."""
        home = self.home / f"{name} buildpack"
        (home / "bin").mkdir(parents=True, exist_ok=True)
        (home / "keys").mkdir(exist_ok=True)
        (home / "keys" / "good.asc").write_bytes(self.keys.good.public_armor)
        manifest = {
            "schema": 1,
            "name": name,
            "keys": {
                "good": {
                    "fingerprints": [self.keys.good.fingerprint],
                    "file": "good.asc",
                }
            },
            "artifacts": artifacts,
        }
        (home / "fetchkit.toml").write_text(tomli_w.dumps(manifest))
        for step in ("detect", "supply", "finalize", "release", "compile"):
            write_script(home / "bin" / step, self.script(home, step))
        return home

    def script(self, home: Path, step: str) -> str:
        """What one of its scripts says."""
        environ = self.program.environ()
        start = environ.pop("PYTHONPATH")
        program = " ".join(self.program.command()[1:])
        variables = " ".join(f"{key}='{value}'" for key, value in environ.items())
        return SCRIPT.format(
            environ=f"PYTHONPATH='{start}' {variables}",
            command=f"{sys.executable} {program}",
            manifest=f"'{home}/fetchkit.toml'",
            step=step,
        )


def write_script(path: Path, text: str) -> None:
    """An executable script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def shell_program(*lines: str) -> bytes:
    """A binary: one that needs no compiler."""
    return "\n".join(["#!/bin/sh", *lines, ""]).encode()
