"""``detect`` and ``build`` called directly, as a lifecycle would, without one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import tomli_w

from tests.flow.program import Ended, wait_for
from tests.flow.trees import listing

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from pathlib import Path

    from tests.flow.program import Program
    from tests.origins.nginx import Site
    from tests.signing import TestKeys

CACHE = "fetchkit-cache"
DESCRIPTOR: dict[str, Any] = {
    "api": "0.10",
    "buildpack": {
        "id": "acme/tools",
        "version": "1.0.0",
        "sbom-formats": ["application/vnd.cyclonedx+json"],
    },
}


@dataclass
class Calls:
    """One buildpack, one app, and the directories a lifecycle hands over."""

    home: Path
    program: Program
    keys: TestKeys
    site: Site
    manifest: dict[str, Any] = field(default_factory=dict)
    descriptor: dict[str, Any] = field(default_factory=lambda: dict(DESCRIPTOR))
    plan: str = ""

    def __post_init__(self) -> None:
        for path in (self.app, self.layers, self.env, self.buildpack / "keys"):
            path.mkdir(parents=True)
        (self.buildpack / "keys" / "good.asc").write_bytes(self.keys.good.public_armor)
        self.manifest = {
            "schema": 1,
            "keys": {
                "good": {
                    "fingerprints": [self.keys.good.fingerprint],
                    "file": "good.asc",
                }
            },
            "artifacts": {},
        }

    @property
    def app(self) -> Path:
        return self.home / "app"

    @property
    def layers(self) -> Path:
        return self.home / "layers"

    @property
    def env(self) -> Path:
        return self.home / "platform" / "env"

    @property
    def buildpack(self) -> Path:
        return self.home / "buildpack"

    @property
    def plan_file(self) -> Path:
        return self.home / "plan.toml"

    def publish(self, name: str, version: str = "1.0.0", **changes: Any) -> None:
        """Publish a signed program, and name this version of it in the manifest."""
        for arch in ("amd64", "arm64"):
            data = f'#!/bin/sh\necho "{name} {version} {arch}: $*"\n'.encode()
            self.site.add(f"{name}-{version}-{arch}", data)
            self.site.add(f"{name}-{version}-{arch}.asc", self.keys.sign(data))
        self.manifest["artifacts"][name] = {
            "version": version,
            "url": self.site.url("{name}-{version}-{arch}"),
            "signature": "{url}.asc",
            "signed_by": ["good"],
            "install": {"dir": "bin", "file": name, "path": True},
            **changes,
        }

    def artifact(self, name: str) -> dict[str, Any]:
        table: dict[str, Any] = self.manifest["artifacts"][name]
        return table

    def variables(self) -> dict[str, str]:
        return {
            "CNB_LAYERS_DIR": str(self.layers),
            "CNB_PLATFORM_DIR": str(self.env.parent),
            "CNB_BP_PLAN_PATH": str(self.plan_file),
            "CNB_BUILDPACK_DIR": str(self.buildpack),
            "CNB_TARGET_OS": "linux",
            "CNB_TARGET_ARCH": "amd64",
            "HOME": str(self.home / "user"),
        }

    def write(self) -> None:
        (self.buildpack / "fetchkit.toml").write_text(tomli_w.dumps(self.manifest))
        (self.buildpack / "buildpack.toml").write_text(tomli_w.dumps(self.descriptor))
        self.plan_file.write_text(self.plan)

    def build(self, *arguments: str, **variables: str | None) -> Ended:
        """Run ``build``; a variable that is None is left out."""
        return self._run("build", arguments, {**self.variables(), **variables})

    def detect(self, *arguments: str, **variables: str | None) -> Ended:
        known = {
            "CNB_BUILD_PLAN_PATH": str(self.plan_file),
            "CNB_BUILDPACK_DIR": str(self.buildpack),
            "CNB_PLATFORM_DIR": str(self.env.parent),
        }
        return self._run("detect", arguments, {**known, **variables})

    def good_build(self, **variables: str | None) -> Ended:
        ended = self.build(**variables)
        assert ended.code == 0, ended.said
        return ended

    def layer_file(self, name: str) -> dict[str, Any]:
        return tomllib.loads((self.layers / f"{name}.toml").read_text())

    def processes(self) -> dict[str, list[str]]:
        """Process type -> command, of launch.toml."""
        launch = self.layer_file("launch")
        return {each["type"]: each["command"] for each in launch.get("processes", [])}

    def start_again(self) -> None:
        """What a restorer leaves for the next build (platform-contracts L-11)."""
        for path in sorted(self.layers.glob("*.toml")):
            document = tomllib.loads(path.read_text())
            types = document.pop("types", {})
            if path.stem == "launch":
                path.unlink()
                continue
            layer = path.with_suffix("")
            if not types.get("cache"):
                shutil.rmtree(layer, ignore_errors=True)
                if types.get("build") or not types.get("launch"):
                    path.unlink()
                    continue
            path.write_text(tomli_w.dumps(document))
        for path in self.layers.glob("*.sbom.*"):
            path.unlink()

    def tree(self) -> dict[str, str]:
        """Everything in the layers directory but the inside of the cache."""
        return {
            path: what
            for path, what in listing(self.layers).items()
            if not path.startswith(f"{CACHE}/")
        }

    def requests(self) -> int:
        return len(self.site.served())

    def _run(
        self, command: str, arguments: tuple[str, ...], variables: dict[str, str | None]
    ) -> Ended:
        self.write()
        given = {name: value for name, value in variables.items() if value is not None}
        program = self.program.with_variables(**given)
        manifest = ("--manifest", str(self.buildpack / "fetchkit.toml"))
        process = subprocess.Popen(
            program.command(command, *arguments, *manifest),
            cwd=self.app,
            env=program.environ(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        return wait_for(process)
