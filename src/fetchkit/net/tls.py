"""Whom we believe: the system's authorities, and those we are told of.

Certificates are always checked; there is nothing here to turn that off.
"""

from __future__ import annotations

import os
import ssl

from fetchkit.errors import SettingsError

_MAX_PEM_BYTES = 1024 * 1024

_CA_HINT = (
    "Set FETCHKIT_CA_FILE (or SSL_CERT_FILE) to a PEM file with certificates, "
    "or unset it to use the system's alone."
)


def build_context(ca_file: str | None = None) -> ssl.SSLContext:
    """A client context: TLS 1.2 or later, host names checked.

    Args:
        ca_file: a PEM file, or a directory of them, whose certificates are
            believed as well as the system's. Where the system has none, certifi's
            are taken.

    Raises:
        SettingsError: `ca_file` is missing, unreadable or holds no certificate.
    """
    context = ssl.create_default_context()
    if not _has_system_store(context):
        context.load_verify_locations(cadata=_read_bundled())
    if ca_file:
        for path in _files(ca_file):
            _add_file(context, path)
    return context


def describe_authorities(ca_file: str | None = None) -> str:
    """Whose authorities `build_context` believes, in one phrase.

    Raises:
        SettingsError: as `build_context`.
    """
    build_context(ca_file)
    own = ssl.create_default_context()
    if not _has_system_store(own):
        store = "certifi's, the system has none"
    elif count := own.cert_store_stats()["x509_ca"]:
        store = f"{count} of the system"
    else:
        store = f"the system's, in {ssl.get_default_verify_paths().capath}"
    return f"{store}, and {ca_file}" if ca_file else store


def _has_system_store(context: ssl.SSLContext) -> bool:
    if context.cert_store_stats()["x509_ca"]:
        return True
    # A hashed directory is read when a certificate is looked up, not before.
    directory = ssl.get_default_verify_paths().capath
    try:
        return bool(directory) and any(os.scandir(directory))
    except OSError:
        return False


def _files(path: str) -> list[str]:
    """`path` itself; of a directory, every file that holds a certificate.

    A service binding keeps its certificates beside files that are none.
    """
    try:
        if not os.path.isdir(path):
            return [path]
        files = [os.path.join(path, name) for name in sorted(os.listdir(path))]
        found = [each for each in files if os.path.isfile(each) and _is_pem(each)]
    except OSError as error:
        raise SettingsError(
            f"CA directory `{path}`: {error.strerror}", hint=_CA_HINT
        ) from None
    if not found:
        raise SettingsError(
            f"CA directory `{path}` holds no PEM certificate", hint=_CA_HINT
        )
    return found


def _is_pem(path: str) -> bool:
    with open(path, "rb") as file:
        return b"-----BEGIN CERTIFICATE-----" in file.read(_MAX_PEM_BYTES)


def _add_file(context: ssl.SSLContext, path: str) -> None:
    try:
        # Bundles carry comments in any encoding between their certificates.
        with open(path, encoding="ascii", errors="ignore") as file:
            text = file.read()
    except OSError as error:
        raise SettingsError(
            f"CA file `{path}`: {error.strerror}", hint=_CA_HINT
        ) from None
    try:
        context.load_verify_locations(cadata=text)
    except (ssl.SSLError, ValueError):
        raise SettingsError(
            f"CA file `{path}` holds no PEM certificate", hint=_CA_HINT
        ) from None


def _read_bundled() -> str:
    # By way of the loader, so that it works from inside a zip.
    import pkgutil

    data = pkgutil.get_data("certifi", "cacert.pem")
    if data is None:
        raise SettingsError("no authorities to check certificates with", hint=_CA_HINT)
    return data.decode("ascii")
