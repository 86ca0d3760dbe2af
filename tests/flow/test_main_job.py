"""``compile`` against a real nginx over https: what it leaves, and what it asks for."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from typing import TYPE_CHECKING

import pytest

from tests.flow.scene import BINARY, publish, tool
from tests.flow.trees import listing, outline

if TYPE_CHECKING:
    from pathlib import Path

    from tests.flow.scene import Scene
    from tests.origins.nginx import Site

NEWER = b"#!/bin/sh\necho newer\n"
PROFILE = ".profile.d/fetchkit.sh"


def compile_well(scene: Scene) -> str:
    """Run ``compile``, and give back what it said."""
    ended = scene.compile()
    assert ended.code == 0, ended.said
    assert ended.stdout == ""
    return ended.stderr


# ----------------------------------------------------------------- one artifact


def test_first_build_leaves_exactly_this(scene: Scene, nginx: Site) -> None:
    publish(scene, nginx)
    (scene.app_dir / "app.py").write_text("print('mine')\n")
    compile_well(scene)
    assert outline(scene.app_dir).splitlines() == [
        ". dir",
        ".fetchkit dir",
        ".fetchkit/fetchkit.json 644",
        ".profile.d dir",
        ".profile.d/fetchkit.sh 644",
        "app.py 644",
        "vendor dir",
        "vendor/tool dir",
        "vendor/tool/bin dir",
        "vendor/tool/bin/tool -> tool-1.2.3",
        "vendor/tool/bin/tool-1.2.3 755",
    ]


@pytest.mark.parametrize("umask", ["000", "022", "077", "0777"])
def test_modes_do_not_depend_on_the_umask(
    scene: Scene, nginx: Site, umask: str
) -> None:
    publish(scene, nginx)
    scene.write_manifest()
    shell = ("sh", "-c", f'umask {umask}; exec "$@"', "sh")
    ended = scene.running().behind(*shell).run(*scene.arguments())
    assert ended.code == 0, ended.said
    modes = {path: what.split()[1] for path, what in scene.installed().items() if path}
    modes.pop("vendor/tool/bin/tool")
    assert set(modes.values()) == {"755", "644"}
    assert modes["vendor/tool/bin"] == modes["vendor/tool/bin/tool-1.2.3"] == "755"


def test_second_build_asks_nobody_and_writes_nothing(scene: Scene, nginx: Site) -> None:
    publish(scene, nginx)
    compile_well(scene)
    before, times, requests = scene.installed(), _times(scene), len(nginx.served())
    said = compile_well(scene)
    assert "Nothing to do" in said
    assert (scene.installed(), _times(scene)) == (before, times)
    assert len(nginx.served()) == requests


def test_fresh_app_with_a_warm_cache_asks_nobody(scene: Scene, nginx: Site) -> None:
    publish(scene, nginx)
    compile_well(scene)
    before, requests = scene.installed(), len(nginx.served())
    _empty_app(scene)
    compile_well(scene)
    assert scene.installed() == before
    assert len(nginx.served()) == requests


def test_equal_builds_at_two_places_are_equal(
    scene: Scene, nginx: Site, tmp_path: Path
) -> None:
    publish(scene, nginx)
    compile_well(scene)
    other = scene.app_dir.rename(tmp_path / "first")
    scene.app_dir.mkdir()
    compile_well(scene)
    assert listing(other) == scene.installed()


@pytest.mark.parametrize(
    "damage", ["unlink", "truncate", "chmod", "replaced by a link"]
)
def test_damaged_installation_is_put_right(
    scene: Scene, nginx: Site, damage: str
) -> None:
    publish(scene, nginx)
    compile_well(scene)
    before = scene.installed()
    file = scene.app_dir / "vendor/tool/bin/tool-1.2.3"
    if damage == "truncate":
        os.truncate(file, 3)
    elif damage == "chmod":
        file.chmod(0o644)
    else:
        file.unlink()
    if damage == "replaced by a link":
        file.symlink_to("/bin/false")
    compile_well(scene)
    assert scene.installed() == before


# ----------------------------------------------------------------------- latest


def _publish_latest(
    scene: Scene, nginx: Site, data: bytes = BINARY, *, day: int = 1
) -> None:
    publish(scene, nginx, data, version="latest")
    for file in nginx.root.iterdir():  # nginx makes entity tags of whole seconds
        os.utime(file, (day * 86400, day * 86400))


def test_latest_is_asked_for_and_costs_no_body(scene: Scene, nginx: Site) -> None:
    _publish_latest(scene, nginx)
    compile_well(scene)
    before, times, first = scene.installed(), _times(scene), len(nginx.served())
    said = compile_well(scene)
    assert "Nothing to do" in said
    assert (scene.installed(), _times(scene)) == (before, times)
    again = nginx.served()[first:]
    assert {one.status for one in again} == {304}
    assert {one.path.rsplit("/", 1)[1] for one in again} == {
        "tool-latest",
        "tool-latest.asc",
    }
    assert sum(one.body_bytes for one in again) == 0


def test_changed_latest_is_verified_anew_and_installed(
    scene: Scene, nginx: Site
) -> None:
    _publish_latest(scene, nginx)
    compile_well(scene)
    _publish_latest(scene, nginx, NEWER, day=2)
    compile_well(scene)
    installed = scene.app_dir / "vendor/tool/bin/tool-latest"
    assert installed.read_bytes() == NEWER


def test_changed_latest_with_the_old_signature_is_refused(
    scene: Scene, nginx: Site
) -> None:
    _publish_latest(scene, nginx)
    compile_well(scene)
    before = scene.installed()
    nginx.add("tool-latest", NEWER)
    assert scene.compile().code == 32
    assert scene.installed() == before


def test_signature_that_was_withdrawn_ends_trust_in_the_cached_binary(
    scene: Scene, nginx: Site
) -> None:
    _publish_latest(scene, nginx)
    compile_well(scene)
    (nginx.root / "tool-latest.asc").unlink()
    assert scene.compile().code == 35


# ------------------------------------------------------------ several artifacts


def _publish_many(scene: Scene, nginx: Site, names: list[str]) -> None:
    scene.trust("good")
    scene.manifest |= {"schema": 1, "artifacts": {}}
    for name in names:
        data = f"#!/bin/sh\necho {name}\n".encode()
        url = nginx.add(f"{name}-1.0", data)
        nginx.add(f"{name}-1.0.asc", scene.keys.sign(data))
        install = {"dir": f"vendor/{name}", "links": [name], "path": True}
        scene.manifest["artifacts"][name] = tool(url, version="1.0", install=install)


@pytest.mark.parametrize("jobs", ["1", "2", "8"])
def test_several_artifacts_arrive_whatever_the_number_of_jobs(
    scene: Scene, nginx: Site, jobs: str
) -> None:
    names = [f"part-{number}" for number in range(6)]
    _publish_many(scene, nginx, names)
    ended = scene.compile("--jobs", jobs)
    assert ended.code == 0, ended.said
    for name in names:
        assert (
            (scene.app_dir / f"vendor/{name}/{name}")
            .read_bytes()
            .endswith(f"{name}\n".encode())
        )
    assert len(nginx.served()) == 12


def test_artifact_that_leaves_the_manifest_is_removed(
    scene: Scene, nginx: Site
) -> None:
    _publish_many(scene, nginx, ["keep"])
    compile_well(scene)
    alone = _without_receipt(scene)
    _publish_many(scene, nginx, ["keep", "drop"])
    compile_well(scene)
    assert "vendor/drop/drop" in scene.installed()
    _publish_many(scene, nginx, ["keep"])
    said = compile_well(scene)
    assert "drop: removed" in said
    assert _without_receipt(scene) == alone


def test_one_bad_artifact_keeps_all_from_being_installed(
    scene: Scene, nginx: Site
) -> None:
    _publish_many(scene, nginx, ["one", "two", "three"])
    nginx.add("two-1.0.asc", scene.keys.sign(b"another file"))
    before = scene.installed()
    ended = scene.compile()
    assert ended.code == 32
    assert "`two`" in ended.stderr
    assert scene.installed() == before


def test_other_install_directory_moves_the_binary(scene: Scene, nginx: Site) -> None:
    publish(scene, nginx)
    compile_well(scene)
    scene.artifact()["install"]["dir"] = "bin"
    compile_well(scene)
    assert "vendor" not in scene.installed()
    assert "bin/tool" in scene.installed()
    assert "/bin" in (scene.app_dir / PROFILE).read_text()


def test_file_of_the_app_in_the_way_is_kept(scene: Scene, nginx: Site) -> None:
    publish(scene, nginx)
    mine = scene.app_dir / "vendor/tool/bin/tool-1.2.3"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    before = scene.installed()
    ended = scene.compile()
    assert ended.code == 44
    assert "in the way" in ended.stderr
    assert scene.installed() == before


def test_file_of_the_app_survives_the_removal_of_its_neighbours(
    scene: Scene, nginx: Site
) -> None:
    _publish_many(scene, nginx, ["keep", "drop"])
    compile_well(scene)
    (scene.app_dir / "vendor/drop/notes.txt").write_text("mine")
    _publish_many(scene, nginx, ["keep"])
    compile_well(scene)
    left = [name for name in scene.installed() if name.startswith("vendor/drop")]
    assert left == ["vendor/drop", "vendor/drop/notes.txt"]


# --------------------------------------------------------------------- archives


def _tar(members: dict[str, int]) -> bytes:
    """A tar.gz; name -> mode."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, mode in members.items():
            member = tarfile.TarInfo(name)
            member.mode, member.size = mode, len(name)
            tar.addfile(member, io.BytesIO(name.encode()))
    return buffer.getvalue()


def test_archive_is_stripped_and_filtered(scene: Scene, nginx: Site) -> None:
    data = _tar(
        {
            "tool-1.2.3/bin/tool": 0o4755,
            "tool-1.2.3/bin/helper": 0o700,
            "tool-1.2.3/share/doc": 0o666,
        }
    )
    scene.trust("good")
    url = nginx.add("tool-1.2.3.tar.gz", data)
    nginx.add("tool-1.2.3.tar.gz.asc", scene.keys.sign(data))
    install = {
        "dir": "vendor/tool",
        "strip": 1,
        "include": ["bin/*"],
        "path": ["bin"],
        "links": {"tool": "bin/tool"},
    }
    scene.manifest |= {"schema": 1, "artifacts": {"tool": tool(url, install=install)}}
    compile_well(scene)
    installed = outline(scene.app_dir / "vendor/tool").splitlines()
    assert installed == [
        ". dir",
        "bin dir",
        "bin/helper 755",
        "bin/tool 755",
        "tool -> bin/tool",
    ]


# --------------------------------------------------------------- the app's links


@pytest.mark.parametrize(
    "name", [".fetchkit", ".profile.d", "vendor", "vendor/tool", "Procfile"]
)
def test_nothing_is_written_through_a_link_of_the_app(
    scene: Scene, nginx: Site, tmp_path: Path, name: str
) -> None:
    publish(scene, nginx)
    scene.artifact()["process"] = {"wrap": "web"}
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("web: mine\n")
    link = scene.app_dir / name
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(outside / "precious" if name == "Procfile" else outside)
    before = listing(outside), scene.installed()
    ended = scene.compile()
    assert ended.code == 44, ended.said
    assert (listing(outside), scene.installed()) == before


def test_journal_in_the_apps_source_cannot_reach_outside(
    scene: Scene, nginx: Site, tmp_path: Path
) -> None:
    publish(scene, nginx)
    precious = tmp_path / "precious"
    (precious / "inner").mkdir(parents=True)
    (scene.app_dir / "link").symlink_to(precious)
    work_dir = scene.app_dir / ".fetchkit/work-0123456789abcdef"
    (work_dir / "undo").mkdir(parents=True)
    (work_dir / "undo" / "1").write_text("planted")
    (work_dir / "journal").write_text(
        f'["made", "{precious}", ""]\n'
        '["made", "../precious", ""]\n'
        '["made", "link/inner", ""]\n'
        '["saved", "link/planted", "1"]\n'
        '["saved", "stolen", "../../../../precious"]\n'
        '["emptied", "link/new", "755"]\n'
        '{"no": "step"}\n[[[]]]\nnull\n'
    )
    before = listing(precious)
    compile_well(scene)
    assert listing(precious) == before
    assert not work_dir.exists()


def test_receipt_in_the_apps_source_cannot_reach_outside(
    scene: Scene, nginx: Site, tmp_path: Path
) -> None:
    _publish_many(scene, nginx, ["tool", "drop"])
    compile_well(scene)
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "drop").write_text("mine")
    for path in (scene.app_dir / "vendor/drop").iterdir():
        path.unlink()
    (scene.app_dir / "vendor/drop").rmdir()
    (scene.app_dir / "vendor/drop").symlink_to(precious)
    before = listing(precious)
    _publish_many(scene, nginx, ["tool"])
    compile_well(scene)
    assert listing(precious) == before


def _times(scene: Scene) -> dict[str, int]:
    return {
        name: os.lstat(scene.app_dir / name).st_mtime_ns for name in scene.installed()
    }


def _without_receipt(scene: Scene) -> dict[str, str]:
    tree = scene.installed()
    del tree[".fetchkit/fetchkit.json"]
    return tree


def _empty_app(scene: Scene) -> None:
    subprocess.run(["rm", "-r", str(scene.app_dir)], check=True)
    scene.app_dir.mkdir()
