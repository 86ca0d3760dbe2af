"""argv -> command -> exit code. Holds the only place where errors end."""

from __future__ import annotations

import atexit
import gc
import sys

from fetchkit import __version__

INTERRUPTED = 130
TERMINATED = 143
BROKEN_PIPE = 141

_GARBAGE_THRESHOLD = 50_000
"""Objects between two collections: more than the imports of any command make, few
enough that a long run cannot grow by more than some megabytes."""


def main_script() -> int:
    """The entry point of the console script and of the pyz."""
    _collect_seldom()
    return main(sys.argv[1:])


def main(argv: list[str]) -> int:
    """Do what `argv` asks for and return the exit code (design 4)."""
    if argv in (["--version"], ["-V"]):
        print(f"fetchkit {__version__}")
        return 0
    if argv[:1] == ["detect"] and _is_not_meant(argv):
        from fetchkit.errors import NotDetectedError

        return NotDetectedError.exit_code
    from fetchkit.cli.process import (
        Interrupted,
        ensure_streams,
        forget_output,
        raising_on_sigterm,
    )

    ensure_streams()
    try:
        with raising_on_sigterm():
            code = _run(argv)
            sys.stdout.flush()
            return code
    except Interrupted:
        return TERMINATED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        forget_output()
        return BROKEN_PIPE


def _is_not_meant(argv: list[str]) -> bool:
    from fetchkit.cli.glance import is_not_meant
    from fetchkit.host import read_environ

    return is_not_meant(argv, read_environ())


def _run(argv: list[str]) -> int:
    from fetchkit.cli import failure
    from fetchkit.errors import FetchkitError

    style = failure.Style.plain()
    try:
        from fetchkit.cli.options import HelpShown, split_command

        name, rest = split_command(argv)
        if name is None or name == "help":
            return _top(argv)
        _check_command(name)
        style = failure.Style.of(name, rest)
        try:
            return _call(name, rest)
        except HelpShown:
            return 0
    except FetchkitError as error:
        failure.show(error, style)
        return error.exit_code
    except (KeyboardInterrupt, BrokenPipeError):
        raise
    except Exception as error:  # noqa: BLE001 -- the last resort: no traceback for a user
        failure.show_bug(error, style)
        return FetchkitError.exit_code


def _call(name: str, rest: list[str]) -> int:
    from fetchkit.cli.options import command_parser, load
    from fetchkit.cli.session import Session

    args = command_parser(name).parse_args(rest)
    with Session.open(name, args) as session:
        return load(name).run(args, session)


def _top(argv: list[str]) -> int:
    """Help, or what is wrong with a call that names no command."""
    from fetchkit.cli.help import top_level_help
    from fetchkit.errors import UsageError

    known = {"-h", "--help", "help", "-V", "--version"}
    unknown = [word for word in argv if word not in known]
    if unknown:
        raise UsageError(
            f"no command given, only `{unknown[0][:40]}`", hint="fetchkit --help"
        )
    print(top_level_help(), end="")
    return 0 if argv else UsageError.exit_code


def _check_command(name: str) -> None:
    from fetchkit.cli.catalogue import COMMANDS

    if name in COMMANDS:
        return
    from difflib import get_close_matches

    from fetchkit.errors import UsageError

    nearest = get_close_matches(name, COMMANDS, n=1)
    hint = f"fetchkit {nearest[0]} --help" if nearest else "fetchkit --help"
    raise UsageError(f"there is no command `{name[:40]}`", hint=hint)


def _collect_seldom() -> None:
    """Spare a process that lives for a second the search for garbage.

    Modules are what it would look at, again and again, and once more at the end: of
    a first compile of 12 MB that was 22 ms in 250.
    """
    gc.set_threshold(_GARBAGE_THRESHOLD)
    atexit.register(gc.freeze)
