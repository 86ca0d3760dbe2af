"""Signals and closed streams: a run ends soon, says so by its code, leaves nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import TOOL
from tests.origins import misbehaving

if TYPE_CHECKING:
    from tests.cli.conftest import Publisher

SRC = Path(__file__).parents[2] / "src"
SOON = 5.0
"""Seconds after which an interrupted run counts as hung, on a busy machine."""

HEAD = misbehaving.render_head(200, {"Content-Length": "1000000"})


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(SRC))
    monkeypatch.setenv("FETCHKIT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("FETCHKIT_PLATFORM", "linux-amd64")
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temp"))
    (tmp_path / "temp").mkdir()


def start(directory: Path, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "fetchkit", *arguments],
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def wait_for_requests(
    publisher: Publisher, process: subprocess.Popen[bytes], *paths: str
) -> None:
    deadline = time.monotonic() + 30
    while not set(paths) <= set(publisher.origin.paths):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, publisher.origin.paths
        time.sleep(0.02)


def children_of(pid: int) -> list[str]:
    """Every process of the session that `pid` leads, but for itself."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(") ")[2].split()
        except OSError:
            continue
        if int(fields[3]) == pid and path.parent.name != str(pid):
            found.append(path.parent.name)
    return found


SLOW_BINARY = {"/tool-1.2.3-amd64": misbehaving.dripping(HEAD, b"x" * 100, every=0.05)}
SLOW_SIGNATURE = {
    "/tool-1.2.3-amd64.asc": misbehaving.stalling(
        misbehaving.render_head(200, {"Content-Length": "500"})
    )
}
SILENT = {"/tool-1.2.3-amd64": misbehaving.stalling(b"")}


@pytest.mark.parametrize(
    ("number", "code"),
    [
        pytest.param(signal.SIGINT, 130, id="Ctrl-C"),
        pytest.param(signal.SIGTERM, 143, id="SIGTERM"),
    ],
)
@pytest.mark.parametrize(
    "behaviours",
    [
        pytest.param(SLOW_BINARY, id="slow binary"),
        pytest.param(SLOW_SIGNATURE, id="signature that does not come"),
        pytest.param(SILENT, id="no answer"),
    ],
)
def test_an_interrupted_download_ends_soon_and_leaves_nothing(
    publisher: Publisher,
    tmp_path: Path,
    number: signal.Signals,
    code: int,
    behaviours: dict[str, misbehaving.Behaviour],
) -> None:
    for path, behaviour in behaviours.items():
        publisher.origin.on(path, behaviour)
    with start(tmp_path, "install", "app") as process:
        wait_for_requests(publisher, process, *behaviours)
        time.sleep(0.3)  # let the verifier start
        process.send_signal(number)
        stderr = process.communicate(timeout=SOON)[1]
    assert process.returncode == code
    assert b"Traceback" not in stderr
    assert children_of(process.pid) == []
    assert not (tmp_path / "app").exists()
    assert list((tmp_path / "cache" / "v1" / "ingest").iterdir()) == []
    assert list((tmp_path / "temp").iterdir()) == []


def test_an_interrupted_run_of_many_downloads_ends_soon(
    publisher: Publisher, tmp_path: Path
) -> None:
    slow = misbehaving.dripping(HEAD, b"x", every=0.05)
    names = ["a", "b", "c"]
    text = (tmp_path / "fetchkit.toml").read_text()
    for name in names:
        publisher.origin.on(f"/{name}", slow)
        text += (
            f"[artifacts.{name}]\nversion = '1'\nsha256 = '{'1' * 64}'\n"
            f"url = '{publisher.origin.url(f'/{name}')}'\n"
            f"[artifacts.{name}.install]\ndir = '{name}'\n"
        )
    (tmp_path / "fetchkit.toml").write_text(text)
    with start(tmp_path, "fetch") as process:
        wait_for_requests(publisher, process, "/a", "/b", "/c")
        process.send_signal(signal.SIGINT)
        stderr = process.communicate(timeout=SOON)[1]
    assert process.returncode == 130
    assert b"Traceback" not in stderr
    assert list((tmp_path / "cache" / "v1" / "ingest").iterdir()) == []


@pytest.mark.usefixtures("publisher")
def test_a_reader_that_has_gone_ends_the_run_with_141(tmp_path: Path) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    ended = subprocess.run(
        [sys.executable, "-m", "fetchkit", "list"],
        cwd=tmp_path,
        stdout=write_end,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    os.close(write_end)
    assert ended.returncode == 141
    assert ended.stderr == b""


@pytest.mark.usefixtures("publisher")
def test_a_listener_that_has_gone_ends_the_run_with_141(tmp_path: Path) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    ended = subprocess.run(
        [sys.executable, "-m", "fetchkit", "install", "app"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=write_end,
        timeout=60,
        check=False,
    )
    os.close(write_end)
    assert ended.returncode == 141
    assert ended.stdout == b""


@pytest.mark.usefixtures("publisher")
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param("install app --json", 0, id="good run"),
        pytest.param("why jq --json", 13, id="error"),
        pytest.param("--help", 0, id="help"),
        pytest.param("--version", 0, id="version"),
    ],
)
def test_closed_streams_do_no_harm(
    tmp_path: Path, closed: str, arguments: str, code: int
) -> None:
    command = f'exec "{sys.executable}" -m fetchkit {arguments} {closed}'
    ended = subprocess.run(
        ["sh", "-c", command],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == code
    assert b"Traceback" not in ended.stderr
    if "install" in arguments:
        assert (tmp_path / "app" / "vendor" / "tool").read_bytes() == TOOL
