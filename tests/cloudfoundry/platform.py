"""The platform's side: stages apps with buildpacks, and launches what came out.

Does what `builder` and `launcher` do with a buildpack, in their order and with
their arguments (platform-contracts C-1, C-5, C-8, C-26 to C-30), so that the
contract is tested where those two are not to be had.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.flow.program import PATH, Ended

RUN_SECONDS = 60
LAUNCH = """\
cd "$HOME"
for file in ../profile.d/*; do [ -f "$file" ] && source $file; done
for file in .profile.d/*; do [ -f "$file" ] && source $file; done
exec bash -c "$COMMAND"
"""


class StagingError(Exception):
    """A script of a buildpack ended with another code than 0."""

    def __init__(self, ended: Ended) -> None:
        super().__init__(f"exit code {ended.code}\n{ended.said}")
        self.ended = ended


@dataclass
class Platform:
    """One machine that stages one app, again and again."""

    home: Path
    stack: str = "cflinuxfs4"
    variables: dict[str, str] = field(default_factory=dict)
    """The app's own environment, and what the operator set."""
    said: str = ""
    """What the scripts of the last staging printed."""

    def __post_init__(self) -> None:
        self.app_dir.mkdir(parents=True, exist_ok=True)

    @property
    def app_dir(self) -> Path:
        return self.home / "app"

    @property
    def deps_dir(self) -> Path:
        return self.home / "contents" / "deps"

    @property
    def profile_dir(self) -> Path:
        return self.home / "contents" / "profile.d"

    def stage(self, *buildpacks: Path) -> Path:
        """Stage the app and return the droplet, moved to where nobody expects it."""
        self.said = ""
        shutil.rmtree(self.home / "contents", ignore_errors=True)
        width = len(str(len(buildpacks) - 1))
        for number, buildpack in enumerate(buildpacks):
            index = f"{number:0{width}}"
            (self.deps_dir / index).mkdir(parents=True)
            is_final = number == len(buildpacks) - 1
            cache = self.home / "cache" / ("final" if is_final else buildpack.name)
            cache.mkdir(parents=True, exist_ok=True)
            arguments: list[str | Path] = [self.app_dir, cache, self.deps_dir, index]
            self.run(buildpack, "supply", *arguments)
            if is_final:
                self.profile_dir.mkdir()
                self.run(buildpack, "finalize", *arguments, self.profile_dir)
        droplet = self.home / "droplet"
        shutil.rmtree(droplet, ignore_errors=True)
        shutil.copytree(self.home / "contents", droplet, symlinks=True)
        shutil.copytree(self.app_dir, droplet / "app", symlinks=True)
        (droplet / "tmp").mkdir()
        return droplet

    def run(self, buildpack: Path, step: str, *arguments: str | Path) -> str:
        """One script of a buildpack; returns its standard output."""
        ended = self.call(buildpack, step, *arguments)
        if ended.code:
            raise StagingError(ended)
        return ended.stdout

    def call(self, buildpack: Path, step: str, *arguments: str | Path) -> Ended:
        """The same, for whoever looks at how it ends."""
        done = subprocess.run(
            [buildpack / "bin" / step, *map(str, arguments)],
            env={
                "PATH": PATH,
                "HOME": str(self.home),
                "CF_STACK": self.stack,
                **self.variables,
            },
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
            check=False,
        )
        self.said += done.stdout + done.stderr
        return Ended(done.returncode, done.stdout, done.stderr)

    def release(self, buildpack: Path) -> Any:
        """What ``bin/release`` says, as YAML."""
        return load_yaml(self.run(buildpack, "release", self.app_dir))


def launch(droplet: Path, command: str, **variables: str) -> str:
    """What a process of the droplet prints: no Python, no variables of the staging."""
    done = subprocess.run(
        ["bash", "-c", LAUNCH],
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(droplet / "app"),
            "TMPDIR": str(droplet / "tmp"),
            "DEPS_DIR": str(droplet / "deps"),
            "COMMAND": command,
            **variables,
        },
        cwd=droplet,
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=True,
    )
    return done.stdout + done.stderr


def load_yaml(text: str | Path) -> Any:
    """YAML as the platform reads it."""
    return YAML(typ="safe", pure=True).load(text)


def tree(directory: Path) -> dict[str, str]:
    """Every path below `directory`, with what tells one state of it from another."""
    found = {}
    for parent, directories, files in os.walk(directory):
        for name in [*directories, *files]:
            path = Path(parent, name)
            info = path.lstat()
            what = os.readlink(path) if path.is_symlink() else str(info.st_mode)
            found[str(path.relative_to(directory))] = what
    return found
