from __future__ import annotations

import shutil
import subprocess
import tempfile
from typing import TYPE_CHECKING

import pytest

from tests.signing import KEYS_DIR, keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["keys"]


@pytest.fixture(scope="session")
def gpg() -> Iterator[Callable[..., bytes]]:
    """Run real gpg with the secret key `good`, on data, and return its output."""
    home = tempfile.mkdtemp(prefix="gpg-", dir="/tmp")  # its sockets need a short path

    def run(*arguments: str, data: bytes = b"some data\n") -> bytes:
        command = ["gpg", "--homedir", home, "--batch", "--no-tty", *arguments]
        return subprocess.run(
            command, input=data, capture_output=True, check=True, timeout=60
        ).stdout

    try:
        run("--import", str(KEYS_DIR / "good.secret.asc"))
        yield run
    finally:
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False)
        shutil.rmtree(home, ignore_errors=True)
