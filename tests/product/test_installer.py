"""get-fetchkit.py: piped or run from a file, whole or cut."""

from __future__ import annotations

import base64
import io
import os
import random
import signal
import subprocess
import zipfile
from typing import TYPE_CHECKING

import pytest

from fetchkit import __version__
from fetchkit_build.archive import read_archive
from fetchkit_build.installer import render_installer
from tests.product.fixtures import find_old_python, pythons, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fetchkit_build.interpreters import Interpreter

pytestmark = pytest.mark.product

PYTHON = pythons()[-1].executable
VERSION_LINE = f"fetchkit {__version__}\n".encode()

STAND_IN = """\
import os, signal, sys
print(sys.argv[1:], repr(sys.stdin.read()))
print(sorted(os.listdir(os.environ["TMPDIR"])))
if "--raise" in sys.argv:
    raise SystemExit(34)
if "--signal" in sys.argv:
    sys.stdout.flush()
    os.kill(os.getpid(), signal.SIGTERM)
"""


@pytest.fixture
def stand_in(tmp_path: Path) -> Path:
    """An installer that carries a program which tells what it sees."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("__main__.py", STAND_IN)
    path = tmp_path / "get.py"
    path.write_bytes(render_installer(file.getvalue()))
    return path


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """Where temporary files would lie."""
    path = tmp_path / "scratch"
    path.mkdir()
    return path


@pytest.mark.parametrize("python", [pytest.param(p, id=p.series) for p in pythons()])
def test_a_piped_installer_runs_the_program(
    python: Interpreter, installer: Path
) -> None:
    result = run([python.executable, "-", "--version"], stdin=installer.read_bytes())
    assert (result.stdout, result.stderr, result.returncode) == (VERSION_LINE, b"", 0)


@pytest.mark.parametrize("minor", ["2.7", "3.6", "3.8", "3.9"])
def test_an_old_python_is_refused_in_one_line(minor: str, installer: Path) -> None:
    python = find_old_python(minor)
    if python is None:
        pytest.skip(f"NOT TESTED: no Python {minor} on this machine")
    result = run([python, "-", "--version"], stdin=installer.read_bytes())
    assert result.returncode == 2
    assert result.stderr.decode().splitlines()[0] == (
        f"error: fetchkit needs Python 3.10 or newer, this is {minor}"
    )
    assert b"Traceback" not in result.stderr


def test_the_carried_program_is_the_published_one_as_source(
    installer: Path, pyz: Path
) -> None:
    text = installer.read_text()
    carried = read_archive(
        base64.b64decode(text.split('"""\n')[-2].partition('"""')[0])
    )
    published = read_archive(pyz.read_bytes())
    del carried["build-info.json"], published["build-info.json"]
    assert carried == {
        name: data
        for name, data in published.items()
        if not name.startswith("bytecode/")
    }


def test_arguments_and_standard_input_reach_the_program(
    stand_in: Path, scratch: Path
) -> None:
    result = run(
        [PYTHON, stand_in, "a b", ""], stdin=b"data", variables={"TMPDIR": str(scratch)}
    )
    assert result.stdout.decode().splitlines()[0] == "['a b', ''] 'data'"
    assert result.returncode == 0


def test_the_exit_code_is_the_programs(stand_in: Path, scratch: Path) -> None:
    assert (
        run(
            [PYTHON, stand_in, "--raise"], variables={"TMPDIR": str(scratch)}
        ).returncode
        == 34
    )


def test_a_signal_ends_it_as_it_would_end_the_program(
    stand_in: Path, scratch: Path
) -> None:
    result = run([PYTHON, stand_in, "--signal"], variables={"TMPDIR": str(scratch)})
    assert result.returncode == -signal.SIGTERM
    assert os.listdir(scratch) == []


def test_nothing_is_written_to_disk_where_memory_will_do(
    stand_in: Path, scratch: Path
) -> None:
    if not hasattr(os, "memfd_create"):
        pytest.skip("NOT TESTED: this system has no files in memory")
    result = run([PYTHON, stand_in], variables={"TMPDIR": str(scratch)})
    assert result.stdout.decode().splitlines()[1] == "[]"


@pytest.fixture
def without_memory(stand_in: Path) -> Path:
    """The same installer on a system that has no files in memory."""
    text = stand_in.read_text()
    assert "memfd_create" in text
    stand_in.write_text(text.replace("memfd_create", "no_such_call"))
    return stand_in


def test_elsewhere_a_private_copy_is_made_and_removed(
    without_memory: Path, scratch: Path
) -> None:
    result = run(
        [PYTHON, without_memory, "--raise"], variables={"TMPDIR": str(scratch)}
    )
    assert "['fetchkit-" in result.stdout.decode().splitlines()[1]
    assert result.returncode == 34
    assert os.listdir(scratch) == []


def test_no_place_for_the_copy_is_said(without_memory: Path) -> None:
    code = (
        "import tempfile; tempfile._candidate_tempdir_list = lambda: ['/nonexistent']"
    )
    text = without_memory.read_text().replace("    import tempfile", f"    {code}")
    without_memory.write_text(text)
    result = run([PYTHON, without_memory])
    assert result.returncode == 40
    assert b"hint: set TMPDIR to a directory you can write to" in result.stderr
    assert b"Traceback" not in result.stderr


def test_modules_in_the_current_directory_are_not_imported(
    tmp_path: Path, installer: Path
) -> None:
    for name in ("base64", "hashlib", "runpy", "tempfile", "fetchkit"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('hijacked')\n")
    piped = run([PYTHON, "-", "--version"], stdin=installer.read_bytes(), cwd=tmp_path)
    assert (piped.stdout, piped.stderr) == (VERSION_LINE, b"")


def test_a_changed_payload_is_refused(stand_in: Path, scratch: Path) -> None:
    text = stand_in.read_text()
    start = text.index('PAYLOAD = """\n') + 20
    flipped = "A" if text[start] != "A" else "B"
    stand_in.write_text(text[:start] + flipped + text[start + 1 :])
    result = run([PYTHON, stand_in], variables={"TMPDIR": str(scratch)})
    assert result.returncode == 31
    assert result.stdout == b""
    assert result.stderr.startswith(b"error: get-fetchkit.py was changed on its way")


def cuts(size: int) -> Iterator[int]:
    """Every place near the two ends, and some between."""
    yield from range(1, 400)
    yield from random.Random(1).sample(range(400, size - 400), 400)
    yield from range(size - 400, size - 1)


def test_a_download_cut_anywhere_is_no_program(stand_in: Path) -> None:
    # The last byte is a line end: without it the text is whole.
    data = stand_in.read_bytes()
    ends_well = [cut for cut in cuts(len(data)) if ends_without_error(data[:cut])]
    assert ends_well == []


def ends_without_error(text: bytes) -> bool:
    """Whether Python would run `text` to its end."""
    try:
        code = compile(text, "<stdin>", "exec")
    except SyntaxError:
        return False
    try:
        exec(code, {})  # no more than a few letters get here
    except NameError:
        return False
    return True


@pytest.mark.parametrize("kept", [0.2, 0.9, 0.999])
def test_python_fails_on_a_cut_pipe_and_runs_nothing(
    kept: float, installer: Path
) -> None:
    data = installer.read_bytes()
    result = run([PYTHON, "-", "--version"], stdin=data[: int(len(data) * kept)])
    assert result.returncode == 1
    assert result.stdout == b""


def test_a_connection_that_breaks_fails_the_pipe(installer: Path) -> None:
    command = f"head -c 100000 '{installer}' | '{PYTHON}' - --version"
    assert subprocess.run(
        ["sh", "-c", command], capture_output=True, check=False
    ).returncode
