"""What happens, told to people: one line a step, in the form the place asks for.

Everything goes to standard error; standard output is for data. Called from several
threads: one lock, so that lines stay whole.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO

    from typing_extensions import Self

    from fetchkit.artifact import Evidence, Resolved
    from fetchkit.errors import FetchkitError
    from fetchkit.urls import Url


class Form:
    """How steps, details and warnings start. Plain text, for a terminal or a log."""

    step = ""
    detail = "  "
    warning = "warning: "


class PlatformForm(Form):
    """The form of Heroku and Cloud Foundry (platform-contracts H-26)."""

    step = "-----> "
    detail = "       "
    warning = " !     "


class Talk:
    """A `Reporter` that writes lines. Use it as a context manager."""

    def __init__(
        self,
        stream: TextIO,
        form: Form,
        *,
        is_quiet: bool = False,
        is_verbose: bool = False,
        is_coloured: bool = False,
    ) -> None:
        self._stream = stream
        self._form = form
        self._is_quiet = is_quiet
        self._is_verbose = is_verbose
        self._is_coloured = is_coloured
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def step(self, text: str) -> None:
        """A main step."""
        if not self._is_quiet:
            self._write(f"{self._form.step}{text}", "1")

    def detail(self, text: str) -> None:
        """Something about the current step."""
        if not self._is_quiet:
            self._write(f"{self._form.detail}{text}")

    def note(self, text: str) -> None:
        """Something only ``--verbose`` shows."""
        if self._is_verbose:
            self._write(f"{self._form.detail}{text}", "2")

    def warning(self, message: str) -> None:
        """Something the user should know, though the run goes on."""
        self._write(f"{self._form.warning}{message}", "33")

    def downloading(self, resolved: Resolved, url: Url, size: int | None) -> None:
        """A transfer of an artifact's bytes begins."""
        shown = f" ({format_size(size)})" if size is not None else ""
        self.step(f"Fetching {_title(resolved)}{shown}")
        self.note(f"from {url}")

    def received(self, resolved: Resolved, count: int) -> None:
        """More bytes arrived; a log says nothing until all are there."""

    def downloaded(self, resolved: Resolved, size: int, seconds: float) -> None:
        """All of it arrived."""
        speed = f", {format_size(size / seconds)}/s" if seconds > 0 else ""
        self.note(f"{resolved.name}: {format_size(size)} in {seconds:.1f} s{speed}")

    def reused(self, resolved: Resolved, reason: str) -> None:
        """No download was needed."""
        self.step(f"Using {_title(resolved)} ({reason})")

    def retrying(self, url: Url, error: FetchkitError, delay: float) -> None:
        """A transfer failed and is tried again."""
        del url  # the message names it
        self.warning(f"{error.message}; trying again in {delay:.1f} s")

    def verified(self, resolved: Resolved, evidence: Evidence) -> None:
        """Size, digest and signer hold."""
        signers = ", ".join(signer.primary for signer in evidence.signers)
        by = f" ({signers})" if signers else ""
        self.detail(f"{resolved.name}: {evidence.rule}{by}")

    def installed(self, resolved: Resolved, files: int) -> None:
        """An artifact is in place."""
        installation = resolved.installation
        what = f"{files} files" if installation.file is None else installation.file
        self.detail(f"{resolved.name}: installed {what} in {installation.dir}")

    def removed(self, name: str) -> None:
        """An artifact the manifest no longer names was taken away."""
        self.detail(f"{name}: removed, the manifest no longer names it")

    def unchanged(self, names: tuple[str, ...]) -> None:
        """Everything asked for was already in place."""
        self.step(f"Nothing to do: {', '.join(names)} in place")

    def _write(self, line: str, colour: str = "") -> None:
        # What a server or a file says must not steer the terminal or forge a line.
        text = "".join(char if char.isprintable() else "?" for char in line)
        if colour and self._is_coloured:
            text = f"\033[{colour}m{text}\033[0m"
        with self._lock:
            self._show(text)

    def _show(self, text: str) -> None:
        print(text, file=self._stream, flush=True)


def open_talk(
    stream: TextIO,
    *,
    is_platform: bool,
    is_quiet: bool,
    is_verbose: bool,
    has_bars: bool,
    is_coloured: bool,
) -> Talk:
    """The `Talk` that fits the place: bars at a terminal, lines everywhere else."""
    form = PlatformForm() if is_platform else Form()
    kind: type[Talk] = Talk
    if has_bars and not is_quiet and stream.isatty():
        from fetchkit.cli.bars import BarTalk

        kind = BarTalk
    return kind(
        stream,
        form,
        is_quiet=is_quiet,
        is_verbose=is_verbose,
        is_coloured=is_coloured,
    )


def format_size(count: float) -> str:
    """A number of bytes for people, in decimal units.

    Example:
        >>> format_size(999), format_size(12_345_678)
        ('999 B', '12.3 MB')
    """
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return ""


def _title(resolved: Resolved) -> str:
    return f"{resolved.name} {resolved.version} for {resolved.target}"
