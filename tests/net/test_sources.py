"""Files, the air gap, a real nginx, and what is not loaded before it is needed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from fetchkit.errors import (
    NetworkError,
    OfflineError,
    RefusedError,
    TooLargeError,
    TransferCancelledError,
)
from fetchkit.net.settings import NetSettings
from fetchkit.net.sources import open_source
from fetchkit.urls import Url
from tests.net.conftest import fetch_with
from tests.origins.relay import Relay

if TYPE_CHECKING:
    from pathlib import Path

    from fetchkit.ports import Source
    from tests.net.conftest import Fetch
    from tests.origins.nginx import Site


def test_a_file_is_a_source(tmp_path: Path, fetch: Fetch) -> None:
    file = tmp_path / "a tool"
    file.write_bytes(b"bytes" * 100_000)
    assert fetch(file.as_uri()) == b"bytes" * 100_000


def test_a_mirror_may_be_made_of_symlinks(tmp_path: Path, fetch: Fetch) -> None:
    (tmp_path / "tool-1.2").write_bytes(b"bytes")
    (tmp_path / "tool").symlink_to("tool-1.2")
    assert fetch((tmp_path / "tool").as_uri()) == b"bytes"


def test_a_missing_file_is_named(tmp_path: Path, fetch: Fetch) -> None:
    url = (tmp_path / "tool").as_uri()
    with pytest.raises(RefusedError, match=f"{url}: no such file"):
        fetch(url)


def test_a_nul_in_a_path_is_no_traceback(fetch: Fetch) -> None:
    with pytest.raises(RefusedError, match="not a path"):
        fetch("file:///tmp/a%00b")


@pytest.mark.parametrize("kind", ["directory", "fifo"])
def test_only_regular_files_are_read(tmp_path: Path, fetch: Fetch, kind: str) -> None:
    path = tmp_path / "tool"
    path.mkdir() if kind == "directory" else os.mkfifo(path)
    with pytest.raises(RefusedError, match="not a regular file"):
        fetch(path.as_uri())


def test_a_file_above_the_limit_is_not_read(tmp_path: Path, fetch: Fetch) -> None:
    file = tmp_path / "tool"
    file.write_bytes(b"12345")
    assert fetch(file.as_uri(), limit=5) == b"12345"
    with pytest.raises(TooLargeError, match="announces 5 bytes, the limit is 4"):
        fetch(file.as_uri(), limit=4)


def test_a_file_that_shrinks_while_it_is_read_is_noticed(
    tmp_path: Path, source: Source
) -> None:
    file = tmp_path / "tool"
    file.write_bytes(b"x" * 1_000_000)
    with source.open(Url.parse(file.as_uri()), limit=1 << 20) as body:
        next(body.chunks)
        os.truncate(file, 500_000)
        with pytest.raises(NetworkError, match="got 500000 of 1000000 bytes"):
            list(body.chunks)


def test_a_file_that_grows_while_it_is_read_is_noticed(
    tmp_path: Path, source: Source
) -> None:
    file = tmp_path / "tool"
    file.write_bytes(b"x" * 10)
    with source.open(Url.parse(file.as_uri()), limit=1 << 20) as body:
        with file.open("ab") as more:
            more.write(b"y")
        with pytest.raises(TooLargeError, match="grew"):
            list(body.chunks)


def test_a_file_knows_whether_it_changed(tmp_path: Path, source: Source) -> None:
    file = tmp_path / "tool"
    file.write_bytes(b"one")
    url = Url.parse(file.as_uri())
    with source.open(url, limit=10) as body:
        known = body.validators
    with source.open(url, limit=10, validators=known) as body:
        assert body.not_modified
        assert list(body.chunks) == []
    file.write_bytes(b"other")
    with source.open(url, limit=10, validators=known) as body:
        assert b"".join(body.chunks) == b"other"


def test_reading_a_file_can_be_cancelled(tmp_path: Path, source: Source) -> None:
    file = tmp_path / "tool"
    file.write_bytes(b"bytes")
    cancel = threading.Event()
    cancel.set()
    with (
        source.open(Url.parse(file.as_uri()), limit=10, cancel=cancel) as body,
        pytest.raises(TransferCancelledError),
    ):
        list(body.chunks)


def test_offline_names_what_was_needed_and_still_reads_files(tmp_path: Path) -> None:
    file = tmp_path / "tool"
    file.write_bytes(b"bytes")
    with open_source(NetSettings(), offline=True) as source:
        fetch = fetch_with(source)
        assert fetch(file.as_uri()) == b"bytes"
        with pytest.raises(OfflineError, match=r"`tool-1\.2` is needed") as caught:
            fetch("https://user:pw@example.org/tool-1.2?token=SECRET")
    assert "pw" not in caught.value.message
    assert "SECRET" not in caught.value.message


def test_a_real_server_delivers_and_answers_not_modified(
    nginx: Site, source: Source
) -> None:
    data = os.urandom(3_000_000)
    url = Url.parse(nginx.add("dir/tool", data))
    with source.open(url, limit=1 << 22) as body:
        assert body.size == len(data)
        assert b"".join(body.chunks) == data
        known = body.validators
    assert known.etag
    with source.open(url, limit=1 << 22, validators=known) as body:
        assert body.not_modified


def test_distance_and_a_narrow_line_change_nothing(nginx: Site, fetch: Fetch) -> None:
    data = os.urandom(300_000)
    url = nginx.add("tool", data)
    port = nginx.server.port
    with Relay(("127.0.0.1", port), delay=0.02, bytes_per_second=2e6) as relay:
        assert fetch(url.replace(f":{port}/", f":{relay.port}/")) == data


@pytest.mark.parametrize("module", ["httpx", "httpcore", "ssl", "email", "logging"])
def test_files_are_fetched_without_loading(module: str, tmp_path: Path) -> None:
    file = tmp_path / "tool"
    file.write_bytes(b"bytes")
    program = f"""
import sys
import threading
from fetchkit.net.settings import NetSettings
from fetchkit.net.sources import open_source
from fetchkit.urls import Url
with open_source(NetSettings()) as source:
    with source.open(Url.parse({file.as_uri()!r}), limit=10) as body:
        assert b"".join(body.chunks) == b"bytes"
sys.exit({module!r} in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, env={"PYTHONPATH": "src"}
    )
    assert done.returncode == 0
