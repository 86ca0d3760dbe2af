"""How fetchkit.pyz starts: on every Python, from anywhere, importing only its own."""

from __future__ import annotations

import hashlib
import os
import re
from typing import TYPE_CHECKING

import pytest

from fetchkit import __version__
from tests.product.fixtures import find_old_python, pythons, run

if TYPE_CHECKING:
    from pathlib import Path

    from fetchkit_build.interpreters import Interpreter

pytestmark = pytest.mark.product

NEWEST = pythons()[-1]
EACH_PYTHON = [pytest.param(one, id=one.series) for one in pythons()]
VERSION_LINE = f"fetchkit {__version__}\n".encode()

HEAVY = {
    "argparse",
    "dataclasses",
    "email",
    "httpx",
    "importlib.metadata",
    "json",
    "logging",
    "ssl",
    "subprocess",
    "tarfile",
    "tempfile",
    "urllib.request",
    "zipfile",
}


@pytest.mark.parametrize("python", EACH_PYTHON)
def test_version_is_answered_on_every_python(python: Interpreter, pyz: Path) -> None:
    result = run([python.executable, pyz, "--version"])
    assert (result.stdout, result.stderr, result.returncode) == (VERSION_LINE, b"", 0)


@pytest.mark.parametrize(
    "option", ["-O", "-OO", "-I", "-S", "-Werror", "-bb", "-Xdev", "-Xutf8=0"]
)
def test_version_is_answered_under_every_option(option: str, pyz: Path) -> None:
    result = run([NEWEST.executable, option, pyz, "--version"])
    assert (result.stdout, result.stderr, result.returncode) == (VERSION_LINE, b"", 0)


def test_the_file_runs_by_itself(pyz: Path) -> None:
    directory = os.path.dirname(NEWEST.executable)
    assert (
        run([pyz, "--version"], variables={"PATH": f"{directory}:/usr/bin:/bin"}).stdout
        == VERSION_LINE
    )


def test_the_digest_shown_is_that_of_the_file(pyz: Path) -> None:
    result = run([NEWEST.executable, pyz, "--version", "--digest"])
    digest = hashlib.sha256(pyz.read_bytes()).hexdigest()
    assert result.stdout.decode() == f"fetchkit {__version__} sha256:{digest}\n"


def test_nothing_heavy_is_loaded_to_answer_version(pyz: Path) -> None:
    result = run([NEWEST.executable, "-X", "importtime", pyz, "--version"])
    loaded = set(re.findall(r"\| +([\w.]+)$", result.stderr.decode(), re.MULTILINE))
    assert "fetchkit" in loaded
    assert loaded & HEAVY == set()


@pytest.mark.parametrize("python", EACH_PYTHON)
def test_modules_come_compiled_from_the_zip_and_with_their_source(
    python: Interpreter, pyz: Path
) -> None:
    result = run([python.executable, "-c", PROBE, pyz])
    assert result.stderr == b""
    assert result.stdout.decode().split() == [
        f"{pyz}/site-packages/httpx/__init__.py",
        "fetchkit.pyz/site-packages/httpx/_client.py",
        "compiled",
        "has-source",
        "has-data",
    ]


PROBE = """
import inspect, pkgutil, runpy, sys
pyz = sys.argv[1]
start = runpy.run_path(pyz, run_name="start")
importer = start["Importer"]
importer.pack = start["load_pack"]()
sys.path[:] = [start["MODULES"], *start["standard_library"]()]
sys.path_hooks.insert(0, start["importer_for"])
import httpx
print(httpx.__file__)
print(httpx.Client.get.__code__.co_filename)
print("compiled" if "httpx._client" in importer.pack else "source")
source = inspect.getsource(httpx.Client.get)
print("has-source" if "def get(" in source else "no-source")
print("has-data" if pkgutil.get_data("certifi", "cacert.pem") else "no-data")
"""


@pytest.mark.parametrize("python", EACH_PYTHON)
def test_httpx_works_without_anyio(python: Interpreter, pyz: Path) -> None:
    result = run([python.executable, "-c", PROBE + ASK, pyz])
    assert result.stdout.split()[5:] == [b"200", b"hello", b"[]"]


ASK = """
import http.server, threading
class Hello(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")
    def log_message(self, *args):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Hello)
threading.Thread(target=server.serve_forever, daemon=True).start()
with httpx.Client(trust_env=False) as client:
    answer = client.get("http://127.0.0.1:%d/" % server.server_port)
print(answer.status_code, answer.text)
print([name for name in ("anyio", "trio", "click", "rich") if name in sys.modules])
"""


HIJACKED = ("fetchkit", "gnupg", "json", "httpx", "filelock", "tqdm", "argparse")


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """A directory whose modules say so, loudly, when they are imported."""
    for name in HIJACKED:
        (tmp_path / f"{name}.py").write_text("raise SystemExit('hijacked')\n")
    return tmp_path


@pytest.mark.parametrize("python", EACH_PYTHON)
@pytest.mark.parametrize("argument", ["--version", "--help"])
def test_modules_in_the_current_directory_are_not_imported(
    python: Interpreter, argument: str, trap: Path, pyz: Path
) -> None:
    result = run([python.executable, pyz, argument], cwd=trap)
    assert b"hijacked" not in result.stdout + result.stderr


@pytest.mark.parametrize(
    "variables",
    [
        pytest.param({"PYTHONPATH": "{trap}"}, id="PYTHONPATH"),
        pytest.param({"PYTHONPATH": ":"}, id="PYTHONPATH of nothing"),
        pytest.param({"PYTHONSTARTUP": "{trap}/json.py"}, id="PYTHONSTARTUP"),
        pytest.param({"SHIV_ENTRY_POINT": "json:loads"}, id="SHIV_ENTRY_POINT"),
        pytest.param(
            {"SHIV_PREPEND_PYTHONPATH": "{trap}"}, id="SHIV_PREPEND_PYTHONPATH"
        ),
        pytest.param({"SHIV_INTERPRETER": "1"}, id="SHIV_INTERPRETER"),
        pytest.param({"SHIV_ROOT": "/nonexistent"}, id="SHIV_ROOT"),
    ],
)
def test_variables_cannot_lead_imports_elsewhere(
    variables: dict[str, str], trap: Path, pyz: Path
) -> None:
    filled = {name: value.format(trap=trap) for name, value in variables.items()}
    result = run([NEWEST.executable, pyz, "--help"], cwd=trap, variables=filled)
    clean = run([NEWEST.executable, pyz, "--help"])
    assert (result.stdout, result.stderr) == (clean.stdout, clean.stderr)
    assert result.returncode == clean.returncode


@pytest.mark.parametrize("home", [None, "", "/nonexistent", "/proc"])
def test_no_home_is_needed_and_nothing_is_written(home: str | None, pyz: Path) -> None:
    variables = {} if home is None else {"HOME": home}
    result = run([NEWEST.executable, pyz, "--version"], variables=variables)
    assert (result.stdout, result.stderr) == (VERSION_LINE, b"")


def test_a_read_only_home_is_left_alone(tmp_path: Path, pyz: Path) -> None:
    (tmp_path / ".shiv").mkdir(mode=0o500)
    run([NEWEST.executable, pyz, "--help"], variables={"HOME": str(tmp_path)})
    assert [path.name for path in tmp_path.rglob("*")] == [".shiv"]


def test_extraction_asks_for_a_root_of_ones_own(pyz: Path) -> None:
    result = run(
        [NEWEST.executable, pyz, "--version"], variables={"FETCHKIT_EXTRACT": "1"}
    )
    assert result.returncode == 2
    assert result.stderr.decode().startswith(
        "error: FETCHKIT_EXTRACT is set, but SHIV_ROOT"
    )
    assert b"hint: unset FETCHKIT_EXTRACT" in result.stderr


def test_extraction_runs_the_same_program(
    tmp_path: Path, trap: Path, pyz: Path
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    result = run(
        [NEWEST.executable, pyz, "--version"],
        variables={
            "FETCHKIT_EXTRACT": "1",
            "SHIV_ROOT": str(root),
            "SHIV_ENTRY_POINT": "json:loads",
            "SHIV_PREPEND_PYTHONPATH": str(trap),
        },
    )
    assert result.stdout == VERSION_LINE
    assert list(root.glob("fetchkit.pyz_*/site-packages/httpx"))


@pytest.mark.parametrize("minor", ["2.7", "3.6", "3.8", "3.9"])
def test_an_old_python_is_refused_in_one_line(minor: str, pyz: Path) -> None:
    python = find_old_python(minor)
    if python is None:
        pytest.skip(f"NOT TESTED: no Python {minor} on this machine")
    result = run([python, pyz, "--version"])
    assert result.returncode == 2
    assert result.stderr.decode().splitlines()[0] == (
        f"error: fetchkit needs Python 3.10 or newer, this is {minor}"
    )
    assert b"Traceback" not in result.stderr
