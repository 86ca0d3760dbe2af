"""A real nginx on 127.0.0.1, over TLS: entity tags, ranges, keep-alive, speed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from typing_extensions import Self

    from tests.origins.authority import Certificate

_CONFIG = """
{user}
pid {home}/nginx.pid;
worker_processes 2;
daemon off;
error_log {home}/error.log;
events {{ worker_connections 512; }}
http {{
    log_format facts '$request_method $uri $status $body_bytes_sent "$http_range"';
    access_log {home}/access.log facts;
    default_type application/octet-stream;
    sendfile on;
    client_body_temp_path {home}/body;
    proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi;
    scgi_temp_path {home}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl backlog=512;
        ssl_certificate {cert};
        ssl_certificate_key {key};
        ssl_protocols TLSv1.2 TLSv1.3;
        root {root};
        client_max_body_size 1g;
        location ~ /cas/ {{ dav_methods PUT; create_full_put_path on; }}
    }}
}}
"""


@dataclass(frozen=True, slots=True)
class Served:
    """One line of the access log."""

    method: str
    path: str
    status: int
    body_bytes: int
    range: str


class Nginx:
    """Serves `root` at `url("/…")` between `__enter__` and `__exit__`."""

    def __init__(self, home: Path, certificate: Certificate) -> None:
        self._home = home
        self._certificate = certificate
        self.root = home / "root"
        self.root.mkdir()

    def __enter__(self) -> Self:
        program = find_nginx()
        if program is None:
            raise FileNotFoundError("nginx")
        self.port = _find_free_port()
        config = self._home / "nginx.conf"
        config.write_text(self._render())
        self._process = subprocess.Popen(
            [program, "-e", str(self._home / "error.log"), "-c", str(config)],
            stdin=subprocess.DEVNULL,
        )
        self._wait_until_ready()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(timeout=10)

    def url(self, path: str) -> str:
        return f"https://127.0.0.1:{self.port}{path}"

    def site(self, name: str) -> Site:
        """A directory of its own, so that tests do not see each other."""
        (self.root / name).mkdir()
        return Site(self, name)

    def served(self) -> list[Served]:
        """What was asked for, in the order in which answers ended."""
        log = (self._home / "access.log").read_text()
        return [_parse_line(line) for line in log.splitlines()]

    def _render(self) -> str:
        return _CONFIG.format(
            # Workers of a master run by root would lose the right to read `home`.
            user="user root;" if os.geteuid() == 0 else "",
            home=self._home,
            root=self.root,
            port=self.port,
            cert=self._certificate.cert_file,
            key=self._certificate.key_file,
        )

    def _wait_until_ready(self) -> None:
        for _ in range(200):
            if self._process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise RuntimeError((self._home / "error.log").read_text())


@dataclass(frozen=True, slots=True)
class Site:
    """One test's part of a running nginx."""

    server: Nginx
    name: str

    @property
    def root(self) -> Path:
        return self.server.root / self.name

    def add(self, path: str, data: bytes) -> str:
        """Serve `data` at `path`; returns its url."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        return self.url(path)

    def url(self, path: str) -> str:
        return self.server.url(f"/{self.name}/{path}")

    def served(self) -> list[Served]:
        prefix = f"/{self.name}/"
        return [one for one in self.server.served() if one.path.startswith(prefix)]


def find_nginx() -> str | None:
    """The program, which Debian keeps outside a user's PATH."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def _parse_line(line: str) -> Served:
    method, path, status, size, wanted = line.split(" ", 4)
    return Served(method, path, int(status), int(size), wanted.strip('"').lstrip("-"))


def _find_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
