"""``Procfile``: find a process's command, and put a program in front of it.

Pure: text in, text out. Every line that is not changed stays as it is, byte for
byte. The line format is Heroku's: ``type: command``.
"""

from __future__ import annotations

import re
import shlex

from fetchkit.errors import InputError
from fetchkit.values import frozen

MAX_PROCFILE_BYTES = 1024 * 1024
MAX_LINE_CHARS = 64 * 1024

_HEAD = re.compile(r"\ufeff?(?P<type>[A-Za-z0-9_-]+):[ \t]*")
_END = " \t\r\n"
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_SHELL_SYNTAX = frozenset(";&|<>()`\n{}")
_BUILTINS = frozenset(
    {"cd", "export", "source", ".", "eval", "set", "unset", "trap", "ulimit", "umask"}
    | {"if", "for", "while", "case", "until", "{", "(", "!"}
    | {"exec"}  # with an option; a plain one stays in front
)


@frozen(kw_only=False)
class Procfile:
    """The text of a Procfile, checked."""

    text: str

    @classmethod
    def parse(cls, data: bytes) -> Procfile:
        """Read a Procfile.

        Raises:
            InputError: not UTF-8, a line of more than 65,536 characters, or the
                same process type twice.
        """
        if len(data) > MAX_PROCFILE_BYTES:
            raise InputError(f"Procfile: larger than {MAX_PROCFILE_BYTES} bytes")
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            raise InputError(
                f"Procfile: not UTF-8 at byte {error.start}",
                hint="Save it as plain UTF-8.",
            ) from None
        seen: dict[str, int] = {}
        for number, line in enumerate(text.split("\n"), 1):
            if len(line) > MAX_LINE_CHARS:
                raise InputError(
                    f"Procfile: line {number} has {len(line)} characters",
                    hint="Move the command to a script.",
                )
            head = _HEAD.match(line)
            if head is None:
                continue
            first = seen.setdefault(head["type"], number)
            if first != number:
                raise InputError(
                    f"Procfile: `{head['type']}` stands in line {first} and {number}",
                    hint="Keep one of them.",
                )
        return cls(text)

    @property
    def data(self) -> bytes:
        """The file's bytes."""
        return self.text.encode()

    @property
    def commands(self) -> dict[str, str]:
        """Every process type that has a command, in the order of the file."""
        heads = (_HEAD.match(line) for line in self.text.split("\n"))
        return {
            head["type"]: command
            for head in heads
            if head is not None and (command := self.command(head["type"]))
        }

    def command(self, process: str) -> str | None:
        """The command of `process`, or None if it has no line or an empty one."""
        for line in self.text.split("\n"):
            head = _HEAD.match(line)
            if head is not None and head["type"] == process:
                return line[head.end() :].rstrip(_END) or None
        return None

    def with_command(self, process: str, command: str) -> Procfile:
        """The same text, but for the command of `process`."""
        lines = []
        for line in self.text.split("\n"):
            head = _HEAD.match(line)
            if head is None or head["type"] != process:
                lines.append(line)
            else:
                end = line[len(line.rstrip(_END)) :]
                lines.append(f"{head[0]}{command}{end}")
        return Procfile("\n".join(lines))


def is_wrapped(command: str, program: str) -> bool:
    """Whether `command` runs `program` already, however it is quoted or spelled."""
    try:
        words = shlex.split(command)
    except ValueError:
        words = command.split()
    return any(word.rsplit("/", 1)[-1] == program for word in words)


def wrap_command(command: str, program: str) -> str:
    """`command` run by `program`: ``program command``.

    Assignments in front stay in front, ``exec`` stays first, and what only a shell
    understands becomes one ``sh -c`` argument. A command that `program` runs
    already comes back unchanged.

    Example:
        >>> wrap_command("PORT=80 node server.js", "mesh")
        'PORT=80 mesh node server.js'
        >>> wrap_command("cd web && npm start", "mesh")
        "mesh sh -c 'cd web && npm start'"
    """
    if is_wrapped(command, program):
        return command
    if _needs_shell(command):
        return f"{program} sh -c {shlex.quote(command)}"
    head, rest = _split_head(command)
    return f"{head}{program} {rest}"


def launch_command(command: str) -> tuple[str, ...]:
    """`command` as the arguments to start it with where no shell stands in between.

    A shell is put in only where one is needed: for its syntax, or for what it fills
    in. It makes way for the command, so that signals arrive.

    Example:
        >>> launch_command("PORT=80 mesh node 'my server.js'")
        ('env', 'PORT=80', 'mesh', 'node', 'my server.js')
        >>> launch_command("mesh node --port $PORT")
        ('sh', '-c', 'exec mesh node --port $PORT')
        >>> launch_command("cd web && npm start")
        ('sh', '-c', 'cd web && npm start')
    """
    if _needs_shell(command):
        return "sh", "-c", command
    head, rest = _split_head(command)
    try:
        words, arguments = shlex.split(head), shlex.split(rest)
    except ValueError:  # a quote that is not closed: the shell will say so
        return "sh", "-c", command
    assignments = [word for word in words if word not in {"exec", "env"}]
    if not _expands(command):
        return *(("env", *assignments) if assignments else ()), *arguments
    # Not by `env` here: a shell splits what it fills in for `env`, but no assignment.
    assigned = re.sub(r"(^|\s)(exec|env)(?=\s)", r"\1", head).strip()
    return "sh", "-c", f"{assigned} exec {rest}".lstrip()


def _expands(command: str) -> bool:
    """Whether a shell would put something else in place of a part of `command`."""
    text = re.sub(r"'[^']*'|\\.", "", command)
    unquoted = re.sub(r'"[^"]*"', "", text)
    return not {"$", "`"}.isdisjoint(text) or not set("*?[~#").isdisjoint(unquoted)


def _split_head(command: str) -> tuple[str, str]:
    """The assignments and the ``exec`` in front of a simple command, and the rest."""
    position = 0
    for match in re.finditer(
        r"\s*((?:'[^']*'|\"(?:\\.|[^\"])*\"|\\.|\S)+)\s*", command
    ):
        word = match[1]
        has_option = command.startswith("-", match.end())
        if not _ASSIGNMENT.match(word) and (word not in {"exec", "env"} or has_option):
            break
        position = match.end()
    return command[:position], command[position:]


def _needs_shell(command: str) -> bool:
    bare = re.sub(r"'[^']*'|\"(?:\\.|[^\"])*\"|\\.", "_", command)
    bare = re.sub(r"\$\{[^}]*\}", "_", bare)
    if _SHELL_SYNTAX.intersection(bare):
        return True
    _, rest = _split_head(command)
    return rest.split(maxsplit=1)[0] in _BUILTINS if rest.split() else True
