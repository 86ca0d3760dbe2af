"""The platform's own builder and launcher run fetchkit (platform-contracts L-16).

They are made by tests/cloudfoundry/prepare. Without them these tests are skipped, and
`tests.cloudfoundry.platform`, a model of both, is what there is.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.cloudfoundry.buildpacks import shell_program, write_script
from tests.flow.program import PATH

if TYPE_CHECKING:
    from tests.cloudfoundry.buildpacks import Workshop

REVISION = "caaa1a0"
TOOLS = (
    Path(
        os.environ.get("FETCHKIT_TEST_TOOLS", Path.home() / ".cache" / "fetchkit-tests")
    )
    / f"buildpackapplifecycle-{REVISION}"
)
"""Of whoever runs the tests: a single test is given another home."""
RUN_SECONDS = 120


class Lifecycle(NamedTuple):
    """The two programs, and a machine they run on."""

    home: Path

    def stage(self, *buildpacks: Path) -> Path:
        """Stage ``home/app``; returns the droplet, unpacked elsewhere."""
        directory = self.home / "buildpacks"
        for each in buildpacks:
            key = hashlib.md5(each.name.encode()).hexdigest()
            directory.mkdir(exist_ok=True)
            os.symlink(each, directory / key)
        options = {
            "buildDir": self.home / "app",
            "buildpacksDir": directory,
            "buildpackOrder": ",".join(each.name for each in buildpacks),
            "buildArtifactsCacheDir": self.home / "cache",
            "outputBuildArtifactsCache": self.home / "cache.tgz",
            "outputDroplet": self.home / "droplet.tgz",
            "outputMetadata": self.home / "result.json",
        }
        arguments = [f"-{name}={content}" for name, content in options.items()]
        self._run([TOOLS / "builder", "-skipDetect", *arguments], self.home)
        droplet = self.home / "elsewhere"
        with tarfile.open(self.home / "droplet.tgz") as packed:
            packed.extractall(droplet)
        return droplet

    def launch(self, droplet: Path, command: str) -> str:
        """What a process of the droplet prints."""
        (droplet / "tmp").mkdir(exist_ok=True)
        return self._run([TOOLS / "launcher", droplet / "app", command, "{}"], droplet)

    def _run(self, command: list[str | Path], cwd: Path) -> str:
        done = subprocess.run(
            command,
            env={"PATH": PATH, "HOME": str(self.home), "CF_STACK": "cflinuxfs4"},
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def lifecycle(tmp_path: Path) -> Lifecycle:
    """The real thing, or a loud skip."""
    if not all((TOOLS / name).exists() for name in ("builder", "launcher")):
        pytest.skip(
            "NOT TESTED: Cloud Foundry's builder and launcher are missing: "
            "run tests/cloudfoundry/prepare, which needs Go and a network"
        )
    home = tmp_path / "machine"
    (home / "app").mkdir(parents=True)
    (home / "app/Procfile").write_text("web: tool\n")
    return Lifecycle(home)


@pytest.fixture
def tools(workshop: Workshop) -> Path:
    table = workshop.signed("tool", shell_program("echo tool 1.2.3"))
    return workshop.buildpack("tools", tool=table)


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A buildpack of somebody else, with a program of its own."""
    home = tmp_path / "other buildpack"
    supply = (
        'mkdir -p "$3/$4/bin"\nprintf \'#!/bin/sh\\necho other\\n\' >"$3/$4/bin/other"'
    )
    write_script(
        home / "bin/supply", f'#!/bin/sh\n{supply}\nchmod +x "$3/$4/bin/other"\n'
    )
    write_script(home / "bin/finalize", "#!/bin/sh\n")
    write_script(home / "bin/release", "#!/bin/sh\necho 'default_process_types: {}'\n")
    return home


def test_alone(lifecycle: Lifecycle, tools: Path) -> None:
    droplet = lifecycle.stage(tools)
    assert "tool 1.2.3" in lifecycle.launch(droplet, "tool")


def test_as_the_last_it_wires_the_other(
    lifecycle: Lifecycle, tools: Path, other: Path
) -> None:
    droplet = lifecycle.stage(other, tools)
    assert "other" in lifecycle.launch(droplet, "other")
    assert "tool 1.2.3" in lifecycle.launch(droplet, "tool")


def test_as_the_first_it_leaves_what_a_last_one_wires(
    lifecycle: Lifecycle, tools: Path, other: Path
) -> None:
    droplet = lifecycle.stage(tools, other)
    assert (droplet / "deps/0/bin/tool").exists()
    assert "tool 1.2.3" in lifecycle.launch(droplet, '"$DEPS_DIR"/0/bin/tool')
