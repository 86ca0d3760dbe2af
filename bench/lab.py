"""Where commands are run: fresh homes and directories, a publisher, a baseline."""

from __future__ import annotations

import itertools
import json
import os
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measure import Command, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.publisher import Publisher, Release

_BASH_SCRIPT = Path(__file__).parent / "bash" / "compile.sh"

_MANIFEST = """\
schema = 1

[keys.tool]
fingerprints = ["{fingerprint}"]
url = "{key_url}"

[artifacts.tool]
version = "1.0"
url = "{url}"
signature = "{{url}}.asc"
signed_by = ["tool"]

[artifacts.tool.install]
dir = "vendor/tool/bin"
links = ["tool"]
path = true
"""

_DESCRIPTOR = """\
api = "0.10"

[buildpack]
id = "bench/tool"
version = "1.0.0"
sbom-formats = ["application/vnd.cyclonedx+json"]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """Makes the commands that scenarios compare."""

    publisher: Publisher
    directory: Path
    python: str
    """The interpreter that both sides start with."""
    pyz: str
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def empty_python(self) -> Command:
        """An interpreter that starts and ends."""
        return Command(
            arguments=[self.python, "-c", "pass"], environ=self._environ(self.place())
        )

    def fetchkit(self, place: Path, *arguments: str) -> Command:
        """A call of the pyz with the home of `place`."""
        environ = {
            **self._environ(place),
            "FETCHKIT_CA_FILE": str(self.publisher.ca_file),
        }
        return Command(arguments=[self.python, self.pyz, *arguments], environ=environ)

    def compile(self, release: Release, place: Path) -> Command:
        """``compile`` of an app at `place`, with the cache of that place."""
        build_dir = place / "build"
        build_dir.mkdir(exist_ok=True)
        (build_dir / "fetchkit.toml").write_text(_manifest(release))
        return self.fetchkit(place, "compile", str(build_dir), str(place / "cache"))

    def build(self, release: Release, place: Path) -> Command:
        """``build`` as a CNB lifecycle calls it, with the layers of `place`."""
        layers = place / "layers"
        layers.mkdir(exist_ok=True)
        return self._cnb(
            "build",
            release,
            place,
            CNB_LAYERS_DIR=str(layers),
            CNB_PLATFORM_DIR=str(place / "platform"),
            CNB_BP_PLAN_PATH=str(place / "plan.toml"),
        )

    def detect(self, release: Release, place: Path, *, files: list[str]) -> Command:
        """``detect`` of a buildpack for apps with one of `files`: for none here."""
        command = self._cnb(
            "detect",
            release,
            place,
            more=f"[detect]\nfiles = {json.dumps(files)}\n",
            CNB_BUILD_PLAN_PATH=str(place / "plan.toml"),
        )
        return replace(command, exit_code=100)

    def _cnb(
        self,
        command: str,
        release: Release,
        place: Path,
        *,
        more: str = "",
        **variables: str,
    ) -> Command:
        manifest = place / "fetchkit.toml"
        manifest.write_text(_manifest(release) + more)
        (place / "buildpack.toml").write_text(_DESCRIPTOR)
        (place / "plan.toml").touch()
        made = self.fetchkit(place, command, "--manifest", str(manifest))
        environ = {**made.environ, **variables, "CNB_BUILDPACK_DIR": str(place)}
        return replace(made, environ=environ)

    def bash(self, release: Release) -> Command:
        """The same by the baseline script, in a place of its own."""
        place = self.place()
        (place / "build").mkdir()
        environ = {
            **self._environ(place),
            "CURL_CA_BUNDLE": str(self.publisher.all_authorities),
            "URL": release.url,
            "KEY_URL": release.key_url,
        }
        return Command(
            arguments=["bash", str(_BASH_SCRIPT), str(place / "build")], environ=environ
        )

    def curl(self, release: Release) -> Command:
        """One file by curl, into a place of its own: no check of any kind."""
        place = self.place()
        ca_file = str(self.publisher.ca_file)
        return Command(
            arguments=[
                *("curl", "-fsS", "--cacert", ca_file, release.url),
                *("-o", str(place / "file")),
            ],
            environ=self._environ(place),
        )

    def aria2(self, release: Release) -> Command:
        """One file by aria2c over up to eight connections, without any check."""
        place = self.place()
        return Command(
            arguments=[
                *("aria2c", "--quiet", "--no-conf", "-x8", release.url),
                f"--ca-certificate={self.publisher.ca_file}",
                *("--file-allocation=none", "--dir", str(place)),
            ],
            environ=self._environ(place),
        )

    def place(self) -> Path:
        """A new directory with an empty home; the one before it is gone."""
        return self._make(f"run-{next(self._numbers)}", clear="run-*")

    def empty_place(self) -> Path:
        """A new directory that stays."""
        return self._make(f"kept-{next(self._numbers)}")

    def lasting_place(self, release: Release) -> Path:
        """A new directory that stays, in which `release` is compiled already."""
        place = self.empty_place()
        run(self.compile(release, place))
        return place

    def _make(self, name: str, *, clear: str | None = None) -> Path:
        for old in self.directory.glob(clear) if clear else ():
            shutil.rmtree(old)
        place = self.directory / name
        (place / "home").mkdir(parents=True)
        # What the last run wrote must not be written back in the time of this one.
        os.sync()
        return place

    def _environ(self, place: Path) -> dict[str, str]:
        return {
            "PATH": f"/usr/local/bin:{os.defpath}",
            "HOME": str(place / "home"),
            "LC_ALL": "C.UTF-8",
        }


def _manifest(release: Release) -> str:
    return _MANIFEST.format(
        fingerprint=release.fingerprint, key_url=release.key_url, url=release.url
    )
