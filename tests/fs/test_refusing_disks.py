"""Disks that are full, limited or read-only: our error, and nothing left behind.

The disks are real ones: a tmpfs in a mount namespace of a child process, a process
with a file size limit, and a directory whose owner has no capabilities left.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

IN_NAMESPACE = ["unshare", "--mount", "--map-root-user", "--"]
PREAMBLE = """
import io, os, resource, sys, tarfile
from fetchkit.archive.extract import extract
from fetchkit.errors import FetchkitError
from fetchkit.fs import atomic_write, link_or_rename, private_dir, write_atomic
where = sys.argv[1]
def report(step):
    try:
        step()
    except FetchkitError as error:
        print(error.exit_code, where in error.message, bool(error.hint))
    print(sorted(os.listdir(where)))
"""


def _run(script: str, where: Path, prefix: Sequence[str] = ()) -> list[str]:
    result = subprocess.run(
        [*prefix, sys.executable, "-c", PREAMBLE + script, str(where)],
        env={"PYTHONPATH": os.pathsep.join(sys.path), "PATH": os.defpath},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


def _on_small_disk(script: str, where: Path) -> list[str]:
    mount = 'mount -t tmpfs -o size=64k,mode=755 none "$0" && exec "$@"'
    return _run(script, where, [*IN_NAMESPACE, "/bin/sh", "-c", mount, str(where)])


def _has_namespaces() -> bool:
    probe = [*IN_NAMESPACE, "/bin/true"]
    try:
        return subprocess.run(probe, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


needs_namespaces = pytest.mark.skipif(
    not _has_namespaces(),
    reason="FULL DISK NOT TESTED: this machine allows no mount namespace (unshare)",
)

WRITES = {
    "in one piece": "report(lambda: write_atomic(f'{where}/f', bytes(100_000)))",
    "when it is closed": """
def step():
    with atomic_write(f'{where}/f') as file:
        for _ in range(20):
            file.write(bytes(5_000))
report(step)
""",
    "while unpacking": """
def step():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode='w') as archive:
        member = tarfile.TarInfo('f')
        member.size = 100_000
        archive.addfile(member, io.BytesIO(bytes(100_000)))
    with private_dir(where) as stage:
        extract(buffer, name=f'{where}.tar', into=stage)
report(step)
""",
}


@needs_namespaces
@pytest.mark.parametrize("step", WRITES)
def test_full_disk_is_said_and_left_clean(tmp_path: Path, step: str) -> None:
    assert _on_small_disk(WRITES[step], tmp_path) == ["43 True True", "[]"]


@needs_namespaces
def test_full_disk_keeps_the_old_file(tmp_path: Path) -> None:
    script = """
write_atomic(f'{where}/f', b'old')
report(lambda: write_atomic(f'{where}/f', bytes(100_000)))
print(open(f'{where}/f').read())
"""
    assert _on_small_disk(script, tmp_path) == ["43 True True", "['f']", "old"]


@pytest.mark.parametrize("step", WRITES)
def test_file_size_limit_is_said_and_left_clean(tmp_path: Path, step: str) -> None:
    limit = "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
    assert _run(limit + WRITES[step], tmp_path) == ["43 True True", "[]"]


@needs_namespaces
def test_read_only_disk_is_said(tmp_path: Path) -> None:
    mount = 'mount -t tmpfs -o ro none "$0" && exec "$@"'
    prefix = [*IN_NAMESPACE, "/bin/sh", "-c", mount, str(tmp_path)]
    script = "report(lambda: write_atomic(f'{where}/f', b'x'))"
    assert _run(script, tmp_path, prefix) == ["40 True True", "[]"]


@pytest.mark.parametrize(
    "step",
    [
        pytest.param("write_atomic(f'{where}/f', b'x')", id="write"),
        pytest.param("private_dir(where).__enter__()", id="private directory"),
    ],
)
def test_directory_without_permission_is_said(tmp_path: Path, step: str) -> None:
    tmp_path.chmod(0o555)
    # Root without capabilities is held to the mode like everybody else.
    drop = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
    prefix = drop if os.geteuid() == 0 else []
    assert _run(f"report(lambda: {step})", tmp_path, prefix) == ["40 True True", "[]"]
