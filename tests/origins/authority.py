"""A certificate authority for one test session, made with the ``openssl`` command."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LOOPBACK = "DNS:localhost,IP:127.0.0.1"

_CA_CONFIG = """
[ca]
default_ca = test
[test]
database = {directory}/index.txt
new_certs_dir = {directory}
serial = {directory}/serial
certificate = {directory}/ca.pem
private_key = {directory}/ca.key
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
"""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A server's certificate and its key, as files."""

    cert_file: Path
    key_file: Path

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert_file, self.key_file)
        return context


class Authority:
    """Issues what a test needs: good certificates, expired ones, for other hosts."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.ca_file = directory / "ca.pem"
        (directory / "index.txt").touch()
        (directory / "serial").write_text("01\n")
        (directory / "ca.cnf").write_text(_CA_CONFIG.format(directory=directory))
        self._openssl(
            *("req", "-x509", *_new_key(directory / "ca.key"), "-days", "2"),
            *("-subj", "/CN=fetchkit test authority", "-out", str(self.ca_file)),
            *("-addext", "keyUsage=critical,keyCertSign,cRLSign"),
        )

    def issue(
        self,
        name: str,
        *,
        hosts: str = LOOPBACK,
        start: str = "20200101000000Z",
        end: str = "20491231235959Z",
    ) -> Certificate:
        """A certificate for `hosts`, valid from `start` to `end` (YYYYMMDDhhmmssZ)."""
        base = self._directory / name
        certificate = Certificate(base.with_suffix(".pem"), base.with_suffix(".key"))
        request = str(base.with_suffix(".csr"))
        self._openssl(
            *("req", *_new_key(certificate.key_file), "-subj", f"/CN={name}"),
            *("-addext", f"subjectAltName={hosts}", "-out", request),
        )
        self._openssl(
            *("ca", "-batch", "-notext", "-config", str(self._directory / "ca.cnf")),
            *("-startdate", start, "-enddate", end),
            *("-in", request, "-out", str(certificate.cert_file)),
        )
        return certificate

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def _new_key(path: Path) -> tuple[str, ...]:
    return (
        *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
        *("-nodes", "-keyout", str(path)),
    )
