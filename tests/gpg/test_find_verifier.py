from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from fetchkit.gpg import Verifier, VerifierMissingError, find_verifier

if TYPE_CHECKING:
    from pathlib import Path


def put(directory: Path, name: str, script: str) -> Path:
    """An executable shell script."""
    directory.mkdir(exist_ok=True)
    path = directory / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def put_link(directory: Path, name: str) -> None:
    """A link to the real `name`, in a directory that has nothing else."""
    real = shutil.which(name)
    assert real is not None, f"these tests need a real {name}"
    directory.mkdir(exist_ok=True)
    (directory / name).symlink_to(real)


def test_gpgv_is_preferred_wherever_it_stands(tmp_path: Path) -> None:
    put_link(tmp_path / "a", "gpg")
    put_link(tmp_path / "b", "gpgv")
    found = find_verifier(f"{tmp_path / 'a'}:{tmp_path / 'b'}")
    assert (found.name, found.path) == ("gpgv", str(tmp_path / "b" / "gpgv"))
    assert found.version.startswith("2.")


def test_gpg_will_do(tmp_path: Path) -> None:
    put_link(tmp_path, "gpg")
    assert find_verifier(str(tmp_path)).name == "gpg"


@pytest.mark.parametrize("search_path", ["", "/nonexistent", ":", "/nonexistent::."])
def test_without_either_the_hint_says_what_to_install(search_path: str) -> None:
    with pytest.raises(VerifierMissingError) as caught:
        find_verifier(search_path)
    assert caught.value.exit_code == 30
    assert str(caught.value) == "neither gpgv nor gpg is on PATH"
    assert "apt-get install gpgv" in (caught.value.hint or "")


def test_current_directory_is_not_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "gpgv", "echo 'gpgv (GnuPG) 2.2.40'")
    monkeypatch.chdir(tmp_path)
    for search_path in (".", "", "::", os.path.relpath(tmp_path)):
        with pytest.raises(VerifierMissingError):
            find_verifier(search_path)


IMPOSTORS = [
    pytest.param("exit 0", id="true"),
    pytest.param("exit 1", id="false"),
    pytest.param("echo 'gpgv (GnuPG) 2.2.40'; exit 1", id="fails"),
    pytest.param("echo 'gpgv (GnuPG) 1.4.23'", id="version 1"),
    pytest.param("echo 'gpgv (GnuPG) two'", id="garbage version"),
    pytest.param("echo 'gpg (GnuPG) 2.2.40'", id="another program"),
    pytest.param("echo; echo 'gpgv (GnuPG) 2.2.40'", id="not in the first line"),
    pytest.param("yes", id="talks without end"),
    pytest.param("kill -9 $$", id="dies"),
]


@pytest.mark.parametrize("script", IMPOSTORS)
def test_impostor_is_refused_by_name(tmp_path: Path, script: str) -> None:
    path = put(tmp_path, "gpgv", script)
    with pytest.raises(VerifierMissingError, match="not usable") as caught:
        find_verifier(str(tmp_path))
    assert str(path) in str(caught.value)


def test_what_is_no_program_is_refused(tmp_path: Path) -> None:
    (tmp_path / "gpgv").mkdir()
    (tmp_path / "gpg").write_bytes(b"\x00not a program")
    (tmp_path / "gpg").chmod(0o755)
    with pytest.raises(VerifierMissingError, match=r"not usable: .*gpgv.*gpg`"):
        find_verifier(str(tmp_path))


def test_file_that_may_not_be_run_is_passed_over(tmp_path: Path) -> None:
    put(tmp_path, "gpgv", "exit 0").chmod(0o644)
    put_link(tmp_path, "gpg")
    assert find_verifier(str(tmp_path)).name == "gpg"


def test_broken_gpgv_does_not_hide_a_working_one(tmp_path: Path) -> None:
    put(tmp_path / "a", "gpgv", "exit 0")
    put_link(tmp_path / "b", "gpgv")
    found = find_verifier(f"{tmp_path / 'a'}:{tmp_path / 'b'}")
    assert found == Verifier(
        path=str(tmp_path / "b" / "gpgv"), name="gpgv", version=found.version
    )


def test_sequoias_gpgv_is_one(tmp_path: Path) -> None:
    put(tmp_path, "gpgv", "echo 'gpgv (GnuPG-compatible Sequoia Chameleon) 2.2.40'")
    assert find_verifier(str(tmp_path)).version == "2.2.40"
