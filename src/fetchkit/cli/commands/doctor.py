"""Check this machine for what fetchkit needs: one line for each thing.

Exits 0, or with the code of the first problem. Touches no network.
"""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING

from fetchkit import __version__, host
from fetchkit.cli.columns import table
from fetchkit.cli.talk import format_size
from fetchkit.errors import FetchkitError, NoSpaceError, StorageError
from fetchkit.fs import translated
from fetchkit.values import frozen

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from fetchkit.cli.session import Session

EXAMPLES = """\
  fetchkit doctor
  fetchkit doctor --json --cache-dir "$CACHE_DIR/fetchkit"
"""

LEAST_FREE_BYTES = 100_000_000
"""Below this a download of usual size may not fit."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """There are none of its own."""
    del parser


@frozen
class Finding:
    """What was found out about one thing."""

    name: str
    detail: str
    error: FetchkitError | None = None


def run(args: argparse.Namespace, session: Session) -> int:
    """Look at everything, then say what was found."""
    del args
    findings = [_examine(name, look, session) for name, look in _CHECKS.items()]
    problems = [finding.error for finding in findings if finding.error is not None]
    document = {
        "ok": not problems,
        "checks": [
            {
                "name": finding.name,
                "ok": finding.error is None,
                "detail": finding.detail,
                "hint": finding.error.hint if finding.error else None,
            }
            for finding in findings
        ],
    }
    session.emit(document, _as_lines(findings))
    return problems[0].exit_code if problems else 0


def _as_lines(findings: list[Finding]) -> list[str]:
    lines = table(
        [
            ("problem" if finding.error else "ok", finding.name, finding.detail)
            for finding in findings
        ]
    )
    hints = [
        f"hint: {finding.error.hint}"
        for finding in findings
        if finding.error and finding.error.hint
    ]
    return [*lines, *([""] if hints else []), *hints]


def _examine(name: str, look: Callable[[Session], str], session: Session) -> Finding:
    try:
        return Finding(name=name, detail=look(session))
    except FetchkitError as error:
        return Finding(name=name, detail=error.message, error=error)


def _look_at_program(session: Session) -> str:
    del session
    return f"{__version__}, {host.program_file() or 'from single modules'}"


def _look_at_python(session: Session) -> str:
    del session
    version = ".".join(map(str, sys.version_info[:3]))
    return f"{sys.implementation.name} {version}, {sys.executable}"


def _look_at_platform(session: Session) -> str:
    target = session.target
    more = ", ".join(filter(None, (target.libc, target.stack)))
    chosen = f", from {session.target_origin}"
    return f"{target}{f' ({more})' if more else ''}{chosen}"


def _look_at_verifier(session: Session) -> str:
    from fetchkit.gpg import find_verifier

    verifier = find_verifier(session.settings.path)
    return f"{verifier.name} {verifier.version}, {verifier.path}"


def _look_at_cache(session: Session) -> str:
    from fetchkit.store.cache import Cache

    path = Cache.open(session.cache_dir()).layout.cache_dir
    if not os.path.isdir(path):
        parent = _nearest(path)
        _check_writable(parent)
        return f"{path}, not made yet; {_describe_space(parent)}"
    _check_writable(path)
    with translated(path):
        info = os.stat(path)
    mode = f"{stat.S_IMODE(info.st_mode):04o}"
    return f"{path}, user id {info.st_uid}, mode {mode}, {_describe_space(path)}"


def _look_at_temp(session: Session) -> str:
    from fetchkit.wiring import work_dir

    path = work_dir(session.settings)
    _check_writable(path)
    return f"{path}, {_describe_space(path)}"


def _look_at_authorities(session: Session) -> str:
    from fetchkit.net.tls import describe_authorities

    return describe_authorities(session.settings.ca_file)


def _look_at_proxy(session: Session) -> str:
    from fetchkit.wiring import net_settings

    proxies = net_settings(session.settings).proxies
    if proxies.https is None:
        return "none"
    bypass = f", not for {', '.join(proxies.bypass)}" if proxies.bypass else ""
    return f"{proxies.https}{bypass}"


def _nearest(path: str) -> str:
    while not os.path.isdir(path):
        path = os.path.dirname(path)
    return path


def _check_writable(path: str) -> None:
    if not os.access(path, os.W_OK | os.X_OK):
        raise StorageError(
            f"{path} cannot be written to by user id {os.geteuid()}",
            hint=f"Allow it, or choose a directory other than {path}.",
        )


def _describe_space(path: str) -> str:
    with translated(path):
        disk = os.statvfs(path)
    free = disk.f_bavail * disk.f_frsize
    if free < LEAST_FREE_BYTES:
        raise NoSpaceError(
            f"{path} has {format_size(free)} left",
            hint=f"Free some space on the disk of {path}.",
        )
    return f"{format_size(free)} free"


_CHECKS = {
    "fetchkit": _look_at_program,
    "python": _look_at_python,
    "platform": _look_at_platform,
    "verifier": _look_at_verifier,
    "cache": _look_at_cache,
    "temporary": _look_at_temp,
    "authorities": _look_at_authorities,
    "proxy": _look_at_proxy,
}
