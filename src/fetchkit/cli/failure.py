"""An error on the screen: what, where, why, and what to type next."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from fetchkit.errors import FetchkitError, ManifestError
from fetchkit.paths import escaped
from fetchkit.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PLATFORM_COMMANDS = frozenset(
    {"detect", "build", "compile", "release", "supply", "finalize"}
)
"""Commands whose talk follows the platform's form (platform-contracts H-26)."""

_BANG = " !     "


@frozen(kw_only=False)
class Style:
    """How errors of this call look; known before its options are parsed."""

    prefix: str
    is_json: bool = False
    is_coloured: bool = False

    @classmethod
    def plain(cls) -> Style:
        """For a call that did not get as far as a command."""
        return cls("")

    @classmethod
    def of(cls, command: str, rest: Sequence[str]) -> Style:
        """For a call of `command`."""
        from fetchkit.cli.colour import wants_colour

        return cls(
            _BANG if command in PLATFORM_COMMANDS else "",
            is_json="--json" in rest,
            is_coloured=wants_colour(sys.stderr, _after(rest, "--color")),
        )


def show(error: FetchkitError, style: Style) -> None:
    """Print `error` for people, and for programs where ``--json`` asks for it."""
    lines = [f"error: {error.message}"]
    if isinstance(error, ManifestError) and len(error.faults) > 1:
        lines = [f"error: {error.document} has {len(error.faults)} faults"]
        for fault in error.faults:
            lines.append(f"  {fault}")
            if fault.hint:
                lines.append(f"    hint: {fault.hint}")
    lines += [f"caused by: {cause}" for cause in _causes(error)]
    is_listed = isinstance(error, ManifestError) and len(error.faults) > 1
    if error.hint and not is_listed:
        lines += ["", f"hint: {error.hint}"]
    _print(lines, style)
    if style.is_json:
        print(json.dumps({"error": _as_json(error)}, sort_keys=True))


def show_bug(error: Exception, style: Style) -> None:
    """Print an error of ours that no user can have caused."""
    import traceback

    frame = traceback.extract_tb(error.__traceback__)[-1]
    lines = [
        f"error: a bug in fetchkit: {type(error).__name__}: {error}",
        f"caused by: line {frame.lineno} of {frame.name}",
        "",
        "hint: Please report it, with the command you typed.",
    ]
    _print(lines, style)
    if style.is_json:
        document = {"kind": "Bug", "message": str(error), "exit_code": 1}
        print(json.dumps({"error": document}, sort_keys=True))


def _print(lines: Sequence[str], style: Style) -> None:
    for number, line in enumerate(lines):
        text = f"{style.prefix}{escaped(line)}".rstrip()
        if style.is_coloured and number == 0:
            text = f"\033[1;31m{text}\033[0m"
        print(text, file=sys.stderr)


def _causes(error: BaseException) -> Iterator[str]:
    cause = error.__cause__
    while cause is not None:
        # The cause of a translated error is told by its message already.
        if isinstance(cause, FetchkitError):
            yield cause.message
        cause = cause.__cause__


def _as_json(error: FetchkitError) -> dict[str, object]:
    document: dict[str, object] = {
        "kind": error.kind,
        "message": error.message,
        "exit_code": error.exit_code,
        "hint": error.hint,
    }
    if isinstance(error, ManifestError):
        document["faults"] = [
            {"place": fault.place, "message": fault.message, "hint": fault.hint}
            for fault in error.faults
        ]
    return document


def _after(words: Sequence[str], option: str) -> str | None:
    """The value of `option` in words that are not parsed yet."""
    for word, following in zip(words, [*words[1:], ""], strict=False):
        if word == option:
            return following
        if word.startswith(f"{option}="):
            return word.partition("=")[2]
    return None
