"""examples/sidecar: built, signed, published, supplied, and it answers."""

from __future__ import annotations

import functools
import http.server
import shutil
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fetchkit.buildpack.layout import lay_out
from tests.cloudfoundry.buildpacks import write_script
from tests.cloudfoundry.platform import Platform, launch, load_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLE = Path(__file__).parents[2] / "examples" / "sidecar"
SCRIPTS = ("detect", "fetchkit", "finalize", "release", "supply")
BUILD_SECONDS = 300


def test_its_scripts_are_those_that_fetchkit_writes() -> None:
    files = lay_out(descriptor=b"", manifest=b"", lock=None, keys={}, program=b"")
    assert sorted(path.name for path in (EXAMPLE / "bin").iterdir()) == sorted(SCRIPTS)
    for name in SCRIPTS:
        assert (EXAMPLE / "bin" / name).read_bytes() == files[f"bin/{name}"].data


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """A directory served over http to this machine; yields its url."""
    (tmp_path / "site").mkdir()
    handler = functools.partial(QuietHandler, directory=str(tmp_path / "site"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves files, and says nothing."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name
        pass


@pytest.mark.product
@pytest.mark.slow
def test_the_sidecar_answers_the_app(tmp_path: Path, site: str, pyz: Path) -> None:
    for program in ("go", "gpg", "curl"):
        if shutil.which(program) is None:
            pytest.skip(f"NOT TESTED: examples/sidecar needs {program}")
    buildpack = tmp_path / "config buildpack"
    subprocess.run(
        [EXAMPLE / "publish", tmp_path / "site", site, buildpack, pyz],
        check=True,
        timeout=BUILD_SECONDS,
        stdin=subprocess.DEVNULL,
    )
    platform = Platform(tmp_path / "machine")
    shutil.copytree(EXAMPLE / "app", platform.app_dir, dirs_exist_ok=True)
    assert platform.call(buildpack, "detect", platform.app_dir).code == 1
    droplet = platform.stage(buildpack, last_buildpack(tmp_path, buildpack))
    (sidecar,) = load_yaml(droplet / "deps/0/launch.yml")["processes"]
    assert sidecar["platforms"]["cloudfoundry"]["sidecar_for"] == ["web"]
    both = f'{sidecar["command"]} & "$HOME"/start; kill $!'
    assert launch(droplet, both) == '{"message": "hello from the sidecar"}\n'


def last_buildpack(home: Path, fetchkit: Path) -> Path:
    """The app's own: supplies nothing, and lets fetchkit wire the rest."""
    other = home / "last"
    write_script(other / "bin/supply", "#!/bin/sh\n")
    finalize = f"#!/bin/sh\nexec '{fetchkit}/bin/finalize' \"$@\"\n"
    write_script(other / "bin/finalize", finalize)
    return other
