"""Values come out of a shell exactly as they went in, and never run."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fetchkit.environ import Action, EnvChange, render_shell

SHELLS = ["dash", "bash", "bash --posix"]

_VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)


def sourced(shell: str, text: str, *, root: str = "/app", **environ: str) -> str:
    """The value of X after `text` ran in `shell`."""
    ended = subprocess.run(
        [*shell.split(), "-euc", f'{text}\nprintf %s "$X"'],
        env={"HOME": root, "PATH": "/usr/bin:/bin", **environ},
        capture_output=True,
        check=True,
        timeout=20,
    )
    assert ended.stderr == b""
    return ended.stdout.decode("utf-8", "surrogateescape")


def setting(value: str, action: Action = Action.DEFAULT) -> str:
    return render_shell([EnvChange(name="X", action=action, value=value)], '"$HOME"')


@pytest.mark.parametrize("shell", SHELLS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(value=_VALUES)
@example(value="$(touch /tmp/pwned) `x` ' \" \\ !x #y ~ * ? [a] {b,c}")
@example(value="line\nline\n\n")
@example(value="\x1b[2J\u2028\x85\r\t")
@example(value="-n")
@example(value="x" * 100_000)
def test_default_round_trips(shell: str, value: str) -> None:
    assert sourced(shell, setting(value.replace("{root}", ""))) == value.replace(
        "{root}", ""
    )


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("root", ["/app", "/my app", "/it's", "/$x`y`", "/a*b", "/-n"])
def test_root_is_what_it_is_when_the_app_runs(shell: str, root: str) -> None:
    assert sourced(shell, setting("a{root}/b{root}"), root=root) == f"a{root}/b{root}"


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, "/app/bin"),
        ({"X": ""}, "/app/bin"),
        ({"X": "/a:/b"}, "/app/bin:/a:/b"),
        ({"X": "/app/bin"}, "/app/bin"),
        ({"X": "/a:/app/bin"}, "/a:/app/bin"),
        ({"X": "/app/bin2"}, "/app/bin:/app/bin2"),
        ({"X": "*"}, "/app/bin:*"),
    ],
)
def test_prepend_adds_once(shell: str, before: dict[str, str], after: str) -> None:
    text = setting("{root}/bin", Action.PREPEND)
    assert sourced(shell, text, **before) == after
    assert sourced(shell, text + text, **before) == after


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("before", ["mine", " ", "-n", "0"])
def test_default_gives_way_to_what_is_set(shell: str, before: str) -> None:
    assert sourced(shell, setting("ours"), X=before) == before
