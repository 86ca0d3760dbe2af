"""Whoever wants the network while it is forbidden is refused, and named.

Each attempt is made in a process of its own, as code of somebody else's: a hook stays
for good in the process that installs it.
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.flow.program import SRC

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
import sys
sys.path[:0] = {paths!r}
import socket
from fetchkit import offline
from fetchkit.errors import OfflineError

early = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
import plugin
"""

ATTEMPT = """
with offline.network_forbidden():
    try:
        plugin.attempt(early)
    except OfflineError as error:
        print(error)
"""

PLUGIN = """
import asyncio
import http.client
import os
import socket
import subprocess
import threading
import urllib.request


def attempt(early):
    {attempt}
"""
ATTEMPT_LINE = len(PLUGIN.splitlines())


def run(directory: Path, attempt: str, program: str = ATTEMPT) -> str:
    """What comes of `attempt` by a module called ``plugin``."""
    (directory / "plugin.py").write_text(PLUGIN.format(attempt=attempt))
    paths = [str(SRC), str(directory)]
    ended = subprocess.run(
        [sys.executable, "-I", "-c", PROGRAM.format(paths=paths) + program],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return ended.stdout.strip()


ATTEMPTS = [
    pytest.param(
        'urllib.request.urlopen("https://example.test/x", timeout=5)',
        "look up `example.test`",
        id="urllib",
    ),
    pytest.param(
        'http.client.HTTPConnection("127.0.0.1", 9).request("GET", "/")',
        "look up `127.0.0.1`",
        id="http.client, to this machine",
    ),
    pytest.param(
        "socket.socket(socket.AF_INET)", "open a network socket", id="a socket"
    ),
    pytest.param(
        "socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)",
        "open a network socket",
        id="a UDP socket",
    ),
    pytest.param(
        'early.sendto(b"x", ("127.0.0.1", 9))',
        "reach `127.0.0.1:9`",
        id="UDP from a socket that was there",
    ),
    pytest.param(
        'early.connect(("127.0.0.1", 9))',
        "reach `127.0.0.1:9`",
        id="connect a socket that was there",
    ),
    pytest.param(
        'early.bind(("127.0.0.1", 0))', "reach `127.0.0.1:0`", id="listen on one"
    ),
    pytest.param(
        'socket.gethostbyname("example.test")', "look up `example.test`", id="resolver"
    ),
    pytest.param(
        'socket.gethostbyaddr("192.0.2.1")', "look up `192.0.2.1`", id="reverse look-up"
    ),
    pytest.param(
        'subprocess.run(["curl", "https://example.test"])',
        "start a process, which could reach the network: `curl`",
        id="curl",
    ),
    pytest.param('os.system("true")', "start a process", id="os.system"),
    pytest.param('os.execv("/bin/true", ["true"])', "start a process", id="os.exec"),
    pytest.param("os.fork()", "start a process", id="os.fork"),
    pytest.param(
        'os.posix_spawn("/bin/true", ["true"], {})', "start a process", id="posix_spawn"
    ),
]


@pytest.mark.parametrize(("attempt", "wanted"), ATTEMPTS)
def test_an_attempt_is_refused_and_its_maker_named(
    tmp_path: Path, attempt: str, wanted: str
) -> None:
    said = run(tmp_path, attempt)
    assert said.startswith(f"offline, and plugin (line {ATTEMPT_LINE}) wants to ")
    assert wanted in said


def test_what_a_handler_swallows_is_refused_all_the_same(tmp_path: Path) -> None:
    swallowing = """
with offline.network_forbidden():
    try:
        plugin.attempt(early)
    except BaseException:
        pass
print(early.getsockname())
"""
    said = run(tmp_path, 'early.bind(("127.0.0.1", 0))', swallowing)
    assert said == "('0.0.0.0', 0)"


def test_what_python_does_for_somebody_in_a_thread_is_refused(tmp_path: Path) -> None:
    """Nobody is named then: the thread was started by a library."""
    said = run(tmp_path, 'asyncio.run(asyncio.open_connection("example.test", 443))')
    assert said == "offline, and Python itself wants to look up `example.test`"


def test_other_threads_are_refused_too(tmp_path: Path) -> None:
    other = """
import threading
def work():
    try:
        plugin.attempt(early)
    except OfflineError as error:
        print(error)
with offline.network_forbidden():
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
"""
    assert "plugin" in run(tmp_path, "socket.socket()", other)


def test_sockets_within_the_machine_are_left_alone(tmp_path: Path) -> None:
    attempt = "print(socket.socketpair(), socket.socket(socket.AF_UNIX))"
    assert run(tmp_path, attempt).count("<socket.socket") == 3


def test_afterwards_the_network_is_there_again(tmp_path: Path) -> None:
    afterwards = """
with offline.network_forbidden():
    with offline.network_forbidden():
        pass
    try:
        plugin.attempt(early)
    except OfflineError:
        print("still refused")
plugin.attempt(early)
print("allowed again")
"""
    said = run(tmp_path, "socket.socket()", afterwards)
    assert said.splitlines() == ["still refused", "allowed again"]


CHILD = """
import subprocess
with offline.network_forbidden(), offline.starting_child() as isolation:
    print(bool(isolation), flush=True)
    subprocess.run([*isolation, "cat", "/proc/net/dev"], check=True)
"""


def test_our_own_children_see_an_empty_network(tmp_path: Path) -> None:
    isolated, *lines = run(tmp_path, "pass", CHILD).splitlines()
    if isolated == "False":
        pytest.skip("NOT TESTED: this system makes no network namespace for us")
    assert [line.split(":")[0].strip() for line in lines if ":" in line] == ["lo"]


def test_without_the_ban_children_are_started_as_ever(tmp_path: Path) -> None:
    said = run(
        tmp_path, "pass", "with offline.starting_child() as isolation: print(isolation)"
    )
    assert said == "()"


def test_leave_to_start_a_child_is_not_leave_for_others(tmp_path: Path) -> None:
    other = """
import threading
def work():
    try:
        plugin.attempt(early)
    except OfflineError as error:
        print(error)
with offline.network_forbidden(), offline.starting_child():
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
"""
    assert "start a process" in run(tmp_path, 'os.system("true")', other)
