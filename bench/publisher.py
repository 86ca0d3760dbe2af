"""A publisher on loopback: binaries of any size, signed by a real gpg, over https."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.origins.authority import Authority
from tests.origins.nginx import Nginx
from tests.origins.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Mapping
    from multiprocessing.connection import Connection

    from typing_extensions import Self

_PROCESSES = multiprocessing.get_context("fork")

MB = 1_000_000
_BLOCK_BYTES = 4 * MB
_SIGNER = "bench@example.com"
_SYSTEM_AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One signed binary as published."""

    url: str
    key_url: str
    fingerprint: str


class Publisher:
    """Serves what it is asked to publish, between `__enter__` and `__exit__`."""

    def __init__(self, directory: Path) -> None:
        self._stack = ExitStack()
        self._gpg_home = directory / "gpg"
        self._tls_dir = directory / "tls"
        self._web_dir = directory / "web"
        self._published: set[str] = set()

    def __enter__(self) -> Self:
        for path in (self._gpg_home, self._tls_dir, self._web_dir):
            path.mkdir(mode=0o700)
        authority = Authority(self._tls_dir)
        self.ca_file = authority.ca_file
        self.all_authorities = self._tls_dir / "all.pem"
        """The system's authorities and ours: what curl is to read, as it does."""
        self.all_authorities.write_bytes(
            _SYSTEM_AUTHORITIES.read_bytes() + self.ca_file.read_bytes()
        )
        self._nginx = Nginx(self._web_dir, authority.issue("loopback"))
        self._stack.enter_context(self._nginx)
        self._stack.callback(self._run, "gpgconf", "--kill", "all")
        self._gpg("--passphrase", "", "--quick-gen-key", _SIGNER, "rsa3072", "sign")
        self._gpg("--armor", "--output", str(self._root / "key.asc"), "--export")
        listed = self._gpg("--with-colons", "--fingerprint")
        self._fingerprint = next(
            line.split(":")[9] for line in listed.splitlines() if line[:4] == "fpr:"
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def publish(
        self, size: int, *, delay: float = 0.0, bytes_per_second: float | None = None
    ) -> Release:
        """A binary of `size` bytes, at the end of a line as described.

        Args:
            delay: seconds each byte travels; half of the round trip.
            bytes_per_second: for each connection; None: as fast as loopback is.
        """
        name = f"tool-1.0-{size}"
        if name not in self._published:
            self._write(self._root / name, size)
            self._gpg("--armor", "--detach-sign", str(self._root / name))
            self._published.add(name)
        port = self._nginx.port
        if delay or bytes_per_second:
            port = self._relay(port, delay, bytes_per_second)
        base = f"https://127.0.0.1:{port}"
        return Release(
            url=f"{base}/{name}",
            key_url=f"{base}/key.asc",
            fingerprint=self._fingerprint,
        )

    def publish_files(
        self, files: Mapping[str, bytes], *, delay: float = 0.0
    ) -> dict[str, str]:
        """Unsigned files behind one line; name -> url.

        Args:
            delay: seconds each byte travels; half of the round trip.
        """
        for name, data in files.items():
            (self._root / name).write_bytes(data)
        port = self._nginx.port
        if delay:
            port = self._relay(port, delay, None)
        return {name: f"https://127.0.0.1:{port}/{name}" for name in files}

    def _relay(self, port: int, delay: float, bytes_per_second: float | None) -> int:
        """Start a relay; returns the port that leads to `port` by way of it.

        In a process of its own: what is on the line waits in its memory, and what
        we hold ourselves every command starts with, as far as the kernel counts.
        """
        receiver, sender = _PROCESSES.Pipe(duplex=False)
        process = _PROCESSES.Process(
            target=_run_relay, args=(sender, port, delay, bytes_per_second), daemon=True
        )
        process.start()
        self._stack.callback(process.join)
        self._stack.callback(process.terminate)
        relayed: int = receiver.recv()
        return relayed

    @property
    def _root(self) -> Path:
        return self._nginx.root

    def _write(self, path: Path, size: int) -> None:
        """Bytes that do not compress; a block at a time, to stay small ourselves."""
        block = random.Random(size).randbytes(_BLOCK_BYTES)
        with path.open("wb") as file:
            for start in range(0, size, _BLOCK_BYTES):
                file.write(block[: size - start])

    def _gpg(self, *arguments: str) -> str:
        return self._run("gpg", "--batch", "--quiet", *arguments)

    def _run(self, program: str, *arguments: str) -> str:
        result = subprocess.run(
            [program, "--homedir", str(self._gpg_home), *arguments],
            env={"PATH": os.defpath, "LC_ALL": "C"},
            capture_output=True,
            text=True,
            check=True,
        )
        return result.stdout


def _run_relay(
    ready: Connection, port: int, delay: float, bytes_per_second: float | None
) -> None:
    """Relay to `port` until somebody ends this process."""
    relay = Relay(("127.0.0.1", port), delay=delay, bytes_per_second=bytes_per_second)
    with relay:
        ready.send(relay.port)
        signal.pause()
