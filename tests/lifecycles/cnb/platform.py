"""A CNB platform on this machine: directories, the real phases, the real launcher.

Owned by a user who is not root, as the lifecycle demands (platform-contracts L-6).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tests.lifecycles.cnb.tools import Lifecycle

RUN_SECONDS = 60
USER = 1000
PYTHON_PATH = "/usr/local/bin:/usr/bin:/bin"
API = "0.13"

_SCRIPT = """\
#!/bin/sh
exec python3 "$(dirname "$0")/../fetchkit.pyz" {command} "$@"
"""


@dataclass
class Platform:
    """One app, the buildpacks of its build, and what came out."""

    home: Path
    lifecycle: Lifecycle
    app_files: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("app", "buildpacks", "platform/env", "layers", "build-config/env"):
            (self.home / name).mkdir(parents=True)
        (self.home / "user").mkdir()
        for name, text in self.app_files.items():
            (self.app / name).write_text(text)

    @property
    def app(self) -> Path:
        return self.home / "app"

    @property
    def layers(self) -> Path:
        return self.home / "layers"

    def layers_of(self, buildpack: str) -> Path:
        return self.layers / buildpack.replace("/", "_")

    def set(self, name: str, value: str) -> None:
        """Set a variable of the user's, as ``pack build --env`` does."""
        (self.home / "platform" / "env" / name).write_text(value)

    def trust(self, ca_file: Path) -> None:
        """Let fetchkit trust an authority, as a user of the platform would."""
        copy = self.home / "ca.pem"
        shutil.copy(ca_file, copy)
        self.set("FETCHKIT_CA_FILE", str(copy))

    def add_buildpack(self, source: Path) -> str:
        """Add a buildpack to the end of the order; returns its id."""
        descriptor = tomllib.loads((source / "buildpack.toml").read_text())
        name, version = (descriptor["buildpack"][key] for key in ("id", "version"))
        place = self.home / "buildpacks" / name.replace("/", "_") / version
        shutil.copytree(source, place, symlinks=True)
        order = self.home / "order.toml"
        text = order.read_text() if order.exists() else "[[order]]\n"
        order.write_text(
            f'{text}[[order.group]]\nid = "{name}"\nversion = "{version}"\n'
        )
        return str(name)

    def target(self, arch: str) -> None:
        """Say that the app will run on another architecture (L-8)."""
        (self.layers / "analyzed.toml").write_text(
            '[run-image]\nreference = "x"\n[run-image.target]\nos = "linux"\n'
            f'arch = "{arch}"\n'
        )

    def detect(self) -> subprocess.CompletedProcess[str]:
        return self._phase("detector", "-order", "order.toml", "-run", "run.toml")

    def build(self) -> subprocess.CompletedProcess[str]:
        """Detect and build; both have to pass."""
        detected = self.detect()
        assert detected.returncode == 0, detected.stdout + detected.stderr
        return self._phase("builder")

    def launch(self, process: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Start a process type by the real launcher (L-12)."""
        link = self.home / "process" / process
        link.parent.mkdir(exist_ok=True)
        if not link.is_symlink():
            link.symlink_to(self.lifecycle.program("launcher"))
        return self._run([link, *arguments], CNB_APP_DIR=str(self.app))

    def run_in_image(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the environment of the app."""
        launcher = self.lifecycle.program("launcher")
        return self._run([launcher, "--", *command], CNB_APP_DIR=str(self.app))

    def start_again(self) -> None:
        """Leave of this build what a restorer would for the next one (L-11)."""
        for directory in self.layers.iterdir():
            if not directory.is_dir() or directory.name in {"config", "sbom"}:
                _remove(directory)
                continue
            for layer_file in directory.glob("*.toml"):
                self._restore(layer_file)
            for name in ("*.ignore", "*.sbom.*"):
                for path in directory.glob(name):
                    _remove(path)

    def metadata(self) -> dict[str, Any]:
        """What the lifecycle would put on the image: processes, labels."""
        path = self.layers / "config" / "metadata.toml"
        return tomllib.loads(path.read_text())

    def sboms(self) -> dict[str, dict[str, Any]]:
        """Every bill of materials in CycloneDX, where the lifecycle puts it."""
        root = self.layers / "sbom"
        return {
            str(path.relative_to(root)): json.loads(path.read_text())
            for path in sorted(root.rglob("*.cdx.json"))
        }

    def _restore(self, layer_file: Path) -> None:
        document = tomllib.loads(layer_file.read_text())
        # The lifecycle keeps the types elsewhere and takes them off the file (N-12).
        types = self._types(layer_file)
        layer = layer_file.with_suffix("")
        if layer_file.stem in {"launch", "build", "store"}:
            if layer_file.stem != "store":
                layer_file.unlink()
            return
        if not types.get("cache"):
            _remove(layer)
        is_kept = types.get("cache") or (types.get("launch") and not types.get("build"))
        if not is_kept:
            layer_file.unlink()
            return
        document.pop("types", None)
        import tomli_w

        layer_file.write_text(tomli_w.dumps(document))

    def _types(self, layer_file: Path) -> dict[str, bool]:
        types: dict[str, bool] = tomllib.loads(layer_file.read_text()).get("types", {})
        return types

    def _phase(self, phase: str, *extra: str) -> subprocess.CompletedProcess[str]:
        options = {
            "-app": self.app,
            "-buildpacks": self.home / "buildpacks",
            "-platform": self.home / "platform",
            "-layers": self.layers,
            "-group": self.layers / "group.toml",
            "-plan": self.layers / "plan.toml",
            "-analyzed": self.layers / "analyzed.toml",
            "-build-config": self.home / "build-config",
        }
        words = [str(word) for pair in options.items() for word in pair]
        named = [
            word if word.startswith("-") else str(self.home / word) for word in extra
        ]
        return self._run(
            [
                self.lifecycle.program(phase),
                *words,
                *named,
                *("-log-level", "debug", "-no-color"),
            ]
        )

    def _run(
        self, command: Sequence[str | Path], **variables: str
    ) -> subprocess.CompletedProcess[str]:
        prefix: list[str] = []
        if os.geteuid() == 0:
            subprocess.run(["chown", "-R", f"{USER}:{USER}", self.home], check=True)
            prefix = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]
        return subprocess.run(
            [*prefix, *command],
            cwd=self.app,
            env={
                "PATH": PYTHON_PATH,
                "HOME": str(self.home / "user"),
                "CNB_PLATFORM_API": API,
                "CNB_EXPERIMENTAL_MODE": "warn",
                "CNB_LAYERS_DIR": str(self.layers),
                **variables,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
            check=False,
        )


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def vendor(buildpack: Path, pyz: Path) -> Path:
    """Put the pyz, and scripts that start it, into a buildpack."""
    shutil.copy(pyz, buildpack / "fetchkit.pyz")
    commands = ("detect", "build", "compile")
    scripts = {name: _SCRIPT.format(command=name) for name in commands}
    add_scripts(buildpack, **scripts)
    return buildpack


def add_scripts(buildpack: Path, **scripts: str) -> None:
    """Put scripts into ``bin/`` of a buildpack."""
    for name, text in scripts.items():
        path = buildpack / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
