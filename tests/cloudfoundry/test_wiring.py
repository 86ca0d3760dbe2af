"""The wiring rules, by directories that some buildpacks left (C-19 to C-22)."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from fetchkit.errors import InputError
from fetchkit.lifecycles.cloudfoundry.call import Call
from fetchkit.lifecycles.cloudfoundry.finalize import render_launch_environ, wire
from fetchkit.lifecycles.cloudfoundry.staging import staging_environ

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def call(tmp_path: Path) -> Call:
    """The call of a finalize, with an empty DEPS_DIR."""
    for name in ("app", "deps"):
        (tmp_path / name).mkdir()
    return Call(
        build_dir=str(tmp_path / "app"),
        cache_dir=str(tmp_path / "cache/fetchkit"),
        platform_cache_dir=str(tmp_path / "cache"),
        deps_dir=str(tmp_path / "deps"),
        index="01",
        profile_dir=str(tmp_path / "profile.d"),
    )


@pytest.fixture
def deps(tmp_path: Path) -> Path:
    """Two buildpacks that supplied something, and one that did not."""
    root = tmp_path / "deps"
    for name in ("00/bin", "01/bin", "01/lib", "00/include", "00/env", "02"):
        (root / name).mkdir(parents=True)
    return root


def test_lists_have_the_last_buildpack_first(call: Call, deps: Path) -> None:
    """C-19."""
    found = staging_environ(str(deps), {"PATH": "/bin", "CPATH": ""})
    assert found["PATH"] == f"{deps}/01/bin:{deps}/00/bin:/bin"
    assert found["LD_LIBRARY_PATH"] == f"{deps}/01/lib"
    assert found["CPATH"] == f"{deps}/00/include"
    assert "PKG_CONFIG_PATH" not in found


def test_of_two_values_the_first_buildpacks_stays(call: Call, deps: Path) -> None:
    """C-20."""
    (deps / "01/env").mkdir()
    (deps / "00/env/WHO").write_text("first\n")
    (deps / "01/env/WHO").write_text("second")
    assert staging_environ(str(deps), {})["WHO"] == "first\n"


def test_a_value_with_a_nul_is_refused(call: Call, deps: Path) -> None:
    (deps / "00/env/WHO").write_bytes(b"a\0b")
    with pytest.raises(InputError, match="holds a NUL"):
        staging_environ(str(deps), {})


@pytest.mark.parametrize("shell", ["sh", "bash"])
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("/b in", "/d eps/01/bin:/d eps/00/bin:/b in", id="extended"),
        pytest.param("", "/d eps/01/bin:/d eps/00/bin", id="empty"),
    ],
)
def test_the_launch_script_joins_lists(
    call: Call, deps: Path, shell: str, path: str, expected: str
) -> None:
    """C-21: in any shell, and wherever the droplet is."""
    script = render_launch_environ(str(deps)).replace("PATH", "LIST")
    said = subprocess.run(
        [f"/bin/{shell}", "-euc", f'{script}printf %s "$LIST"'],
        env={"DEPS_DIR": "/d eps", "LIST": path},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said == expected


def test_scripts_are_copied_with_their_index_and_mode(call: Call, deps: Path) -> None:
    """C-22, C-27: regular files, and no name that the launcher would split."""
    scripts = deps / "00/profile.d"
    (scripts / "a directory").mkdir(parents=True)
    (scripts / "a b.sh").write_text("one")
    (scripts / "link.sh").symlink_to("a b.sh")
    (scripts / "a b.sh").chmod(0o640)
    wire(call)
    made = {path.name: path.stat().st_mode & 0o777 for path in profile(call)}
    assert made == {"000_multi-supply.sh": 0o755, "00_a_b.sh": 0o640}


def profile(call: Call) -> list[Path]:
    """Every script of PROFILE_DIR."""
    from pathlib import Path

    return list(Path(call.profile_dir).iterdir())
