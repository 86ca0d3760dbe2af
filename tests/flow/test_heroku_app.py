"""The parts of an app that ``compile`` reads and changes: Procfile and ENV_DIR."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.flow.scene import publish

if TYPE_CHECKING:
    from tests.flow.scene import Scene
    from tests.origins.nginx import Site

SECRET = "hunter2-do-not-print"


@pytest.fixture
def ready(scene: Scene, nginx: Site) -> Scene:
    """A scene whose ``tool`` takes its version from TOOL_VERSION."""
    publish(scene, nginx)
    scene.artifact()["env"] = {"version": "TOOL_VERSION"}
    return scene


def compile_well(scene: Scene) -> str:
    ended = scene.compile()
    assert ended.code == 0, ended.said
    return ended.stderr


# ---------------------------------------------------------------------- ENV_DIR


@pytest.mark.parametrize("text", ["1.2.3", "1.2.3\n", ""])
def test_version_comes_from_env_dir_with_or_without_final_newline(
    ready: Scene, text: str
) -> None:
    if text:
        ready.artifact()["version"] = "9.9.9"
    (ready.env_dir / "TOOL_VERSION").write_text(text)
    compile_well(ready)
    assert "vendor/tool/bin/tool-1.2.3" in ready.installed()


def test_secrets_are_neither_printed_nor_exported_nor_kept(ready: Scene) -> None:
    (ready.env_dir / "DATABASE_URL").write_text(f"postgres://u:{SECRET}@h/db\n")
    (ready.env_dir / "KEY").write_text(f"-----BEGIN\n{SECRET}\n-----END\n")
    (ready.env_dir / "not-a name").write_text(SECRET)
    (ready.env_dir / "BASH_ENV").write_text(SECRET)
    (ready.env_dir / "LD_PRELOAD").write_text(SECRET)
    ended = ready.compile("--verbose")
    assert ended.code == 0, ended.said
    assert SECRET not in ended.said
    found = subprocess.run(
        ["grep", "-rl", SECRET, str(ready.app_dir), str(ready.cache_dir)],
        capture_output=True,
        check=False,
    )
    assert found.stdout == b""


@pytest.mark.parametrize("kind", ["directory", "pipe", "dangling link", "missing dir"])
def test_what_is_no_file_in_env_dir_counts_as_unset(ready: Scene, kind: str) -> None:
    path = ready.env_dir / "TOOL_VERSION"
    if kind == "directory":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "dangling link":
        path.symlink_to("nowhere")
    else:
        ready.env_dir.rmdir()
    compile_well(ready)
    assert "vendor/tool/bin/tool-1.2.3" in ready.installed()


def test_cache_dir_and_env_dir_may_be_left_out(ready: Scene) -> None:
    ready.write_manifest()
    options = ("--manifest", ready.manifest_file, "--cache-dir", ready.home / "own")
    ended = ready.running().run("compile", ready.app_dir, *options)
    assert ended.code == 0, ended.said


def test_missing_build_dir_is_a_broken_contract(ready: Scene) -> None:
    ready.app_dir.rmdir()
    ended = ready.compile()
    assert ended.code == 51
    assert "BUILD_DIR" in ended.stderr


def test_manifest_of_the_app_is_found_without_being_named(ready: Scene) -> None:
    ready.write_manifest()
    ready.manifest_file.rename(ready.app_dir / "fetchkit.toml")
    ready.key_dir.rename(ready.app_dir / "keys")
    ended = ready.running().run(
        "compile", ready.app_dir, ready.cache_dir, ready.env_dir
    )
    assert ended.code == 0, ended.said


# --------------------------------------------------------------------- Procfile


def wrap(scene: Scene, procfile: bytes, how: str = "wrap") -> str:
    (scene.app_dir / "Procfile").write_bytes(procfile)
    scene.artifact()["process"] = {how: "web"}
    return compile_well(scene)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(b"web: node x.js", b"web: tool node x.js", id="no final newline"),
        pytest.param(
            b"web: node x.js\r\nworker: y\r\n",
            b"web: tool node x.js\r\nworker: y\r\n",
            id="CRLF",
        ),
        pytest.param(
            b"# all\nworker:  y \n\nweb:\tnode  x.js  \n",
            b"# all\nworker:  y \n\nweb:\ttool node  x.js  \n",
            id="comment, tabs and spaces",
        ),
        pytest.param(
            b"\xef\xbb\xbfweb: node x.js\n",
            b"\xef\xbb\xbfweb: tool node x.js\n",
            id="byte order mark",
        ),
        pytest.param(
            b"web: cd a && node 'x y.js'\n",
            b"web: tool sh -c 'cd a && node '\"'\"'x y.js'\"'\"''\n",
            id="shell syntax",
        ),
        pytest.param(
            b"web: A=1 B='x y' exec node\n",
            b"web: A=1 B='x y' exec tool node\n",
            id="assignments and exec",
        ),
        pytest.param(
            "web: echo 'a\u2028web: b'\n".encode(),
            "web: tool echo 'a\u2028web: b'\n".encode(),
            id="line separator in a command",
        ),
    ],
)
def test_web_process_is_wrapped_and_all_else_stays(
    ready: Scene, before: bytes, after: bytes
) -> None:
    wrap(ready, before)
    assert (ready.app_dir / "Procfile").read_bytes() == after
    wrap(ready, after)
    assert (ready.app_dir / "Procfile").read_bytes() == after, "wrapped twice"


def test_wrapped_process_runs_through_the_tool(ready: Scene) -> None:
    wrap(ready, b"web: PORT=80 node 'x y.js'\n")
    command = (ready.app_dir / "Procfile").read_text().removeprefix("web: ")
    said = subprocess.run(
        ["bash", "-c", f". .profile.d/fetchkit.sh; {command}"],
        cwd=ready.app_dir,
        env={"HOME": str(ready.app_dir), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=True,
    )
    assert said.stdout == b"tool 1.2.3 node x y.js\n"


def test_advice_changes_nothing(ready: Scene) -> None:
    said = wrap(ready, b"web: node x.js\n", "advise")
    assert "web: tool node x.js" in said
    assert (ready.app_dir / "Procfile").read_bytes() == b"web: node x.js\n"


@pytest.mark.parametrize("procfile", [None, b"worker: x\n", b"web:\n"])
def test_app_without_web_process_is_told(ready: Scene, procfile: bytes | None) -> None:
    if procfile is not None:
        (ready.app_dir / "Procfile").write_bytes(procfile)
    ready.artifact()["process"] = {"wrap": "web"}
    assert "web" in compile_well(ready)


@pytest.mark.parametrize(
    ("procfile", "reason"),
    [
        pytest.param(b"web: a\nweb: b\n", "line 1 and 2", id="web twice"),
        pytest.param(b"web: \xff\n", "UTF-8", id="not UTF-8"),
        pytest.param(b"web: " + b"x" * 70_000, "line 1", id="a line too long"),
        pytest.param(b"#\n" * 600_000, "larger", id="too large"),
    ],
)
def test_odd_procfile_is_refused_before_anything_is_fetched(
    ready: Scene, procfile: bytes, reason: str
) -> None:
    (ready.app_dir / "Procfile").write_bytes(procfile)
    ready.artifact()["process"] = {"wrap": "web"}
    before = ready.installed()
    ended = ready.compile()
    assert ended.code == 10
    assert reason in ended.stderr
    assert ready.installed() == before
    assert ready.published_names() == set()


def test_pipe_called_procfile_does_not_hang_the_build(ready: Scene) -> None:
    os.mkfifo(ready.app_dir / "Procfile")
    ready.artifact()["process"] = {"wrap": "web"}
    ended = ready.compile()
    assert ended.code == 10
    assert "not a regular file" in ended.stderr
