"""Calls a buildpack as Heroku does, in directories of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

RUN_SECONDS = 60


@dataclass
class Heroku:
    """A build machine: one app's three directories and a copy of one buildpack."""

    home: Path
    buildpack: Path
    variables: dict[str, str] = field(default_factory=dict)
    """The environment of the buildpack beside what Heroku sets (H-10)."""

    def __post_init__(self) -> None:
        for directory in (self.build_dir, self.cache_dir, self.env_dir):
            directory.mkdir(parents=True, exist_ok=True)

    @property
    def build_dir(self) -> Path:
        return self.home / "build_1a2b3c"

    @property
    def cache_dir(self) -> Path:
        return self.home / "cache"

    @property
    def env_dir(self) -> Path:
        return self.home / "env"

    def set(self, name: str, value: str) -> None:
        """What ``heroku config:set`` does."""
        (self.env_dir / name).write_text(value)

    def clear_build(self) -> None:
        """Every build starts from the app's source alone."""
        shutil.rmtree(self.build_dir)
        self.build_dir.mkdir()

    def detect(self) -> subprocess.CompletedProcess[str]:
        return self._call("detect", self.build_dir)

    def compile(self) -> subprocess.CompletedProcess[str]:
        return self._call("compile", self.build_dir, self.cache_dir, self.env_dir)

    def release(self) -> subprocess.CompletedProcess[str]:
        return self._call("release", self.build_dir, self.cache_dir)

    def start(self, shell: str, command: str) -> subprocess.CompletedProcess[str]:
        """Run `command` as a dyno would: in another place, without the buildpack."""
        app = self.home / "the dyno's app"
        shutil.rmtree(app, ignore_errors=True)
        shutil.copytree(self.build_dir, app, symlinks=True)
        script = f'for f in .profile.d/*.sh; do . "./$f"; done; {command}'
        return subprocess.run(
            [shell, "-c", script],
            cwd=app,
            env={"HOME": str(app), "PATH": "/usr/bin:/bin", "PORT": "5000"},
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
            check=False,
        )

    def tree(self) -> dict[str, str]:
        """Everything in BUILD_DIR: name -> mode, or what a link points to."""
        return {
            str(path.relative_to(self.build_dir)): _describe(path)
            for path in sorted(self.build_dir.rglob("*"))
        }

    def _call(self, script: str, *dirs: Path) -> subprocess.CompletedProcess[str]:
        environ = {"PATH": "/usr/bin:/bin", "HOME": "/app", "STACK": "heroku-24"}
        return subprocess.run(
            [self.buildpack / "bin" / script, *dirs],
            cwd=self.home,
            env={**environ, **self.variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
            check=False,
        )


def _describe(path: Path) -> str:
    if path.is_symlink():
        return f"-> {os.readlink(path)}"
    mode = path.stat().st_mode & 0o7777
    return f"{mode:04o}/" if path.is_dir() else f"{mode:04o}"
