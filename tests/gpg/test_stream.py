"""How a verifier is run: what it sees, what it may do, what it leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fetchkit.errors import StorageError, VerificationError
from fetchkit.gpg import Verifier, VerifierMissingError, find_verifier
from fetchkit.openpgp import read_signatures
from tests.signing import load_test_keys

if TYPE_CHECKING:
    from fetchkit.status import RawVerdict

KEYS = load_test_keys()
DATA = bytes(range(256)) * 4000
SIGNATURE = read_signatures(KEYS.sign(DATA), subject="s")
GOODSIG = b"[GNUPG:] GOODSIG " + KEYS.good.fingerprint[-16:].encode()
HANG = "exec sleep 1000"


@pytest.fixture(params=["gpgv", "gpg"])
def real(request: pytest.FixtureRequest, tmp_path: Path) -> Verifier:
    found = find_verifier(os.defpath)
    path = Path(found.path).with_name(request.param)
    return Verifier(path=str(path), name=request.param, version=found.version)


def fake(directory: Path, script: str) -> Verifier:
    """A gpgv of our own: $fd is its status descriptor."""
    path = directory / "fake-gpgv"
    path.write_text(
        "#!/bin/bash\n"  # sh knows no descriptor above 9
        'while [ "$1" != --status-fd ]; do shift; done; fd=$2; shift 2\n'
        + script
        + "\n"
    )
    path.chmod(0o755)
    return Verifier(path=str(path), name="gpgv", version="0")


def run(
    verifier: Verifier,
    work_dir: Path,
    *,
    data: bytes = DATA,
    timeout: float = 20,
) -> RawVerdict:
    with verifier.start(
        signature=SIGNATURE,
        keys=[KEYS.good.file],
        work_dir=str(work_dir),
        timeout=timeout,
    ) as stream:
        stream.write(memoryview(data))
        return stream.finish()


@pytest.fixture
def work_dir(tmp_path: Path) -> Path:
    path = tmp_path / "work"
    path.mkdir()
    return path


def is_running(pid: int) -> bool:
    """Whether a process does anything still: the dead wait for their init."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def test_status_and_exit_code_come_back(real: Verifier, work_dir: Path) -> None:
    raw = run(real, work_dir)
    assert GOODSIG in raw.status
    assert (raw.exit_code, raw.tool) == (0, f"{real.name} {real.version}")
    assert len(raw.talk) > 2
    assert (raw.signature, raw.keys) == (SIGNATURE, (KEYS.good.file,))


def test_nothing_is_left_behind(real: Verifier, work_dir: Path) -> None:
    descriptors = sorted(os.listdir("/proc/self/fd"))
    for data in (DATA, b"other", b""):
        run(real, work_dir, data=data)
    assert list(work_dir.iterdir()) == []
    assert sorted(os.listdir("/proc/self/fd")) == descriptors
    assert _commands_that_name(str(work_dir)) == []


def _commands_that_name(directory: str) -> list[str]:
    """Command lines that name `directory`: a gpg-agent has its home there."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if directory in command and "gpg" in command:
            found.append(command)
    return found


ODD_NAMES = ["with spaces", "quote'\"$(x)`y`", "-rf", "x" * 200, "Ünï"]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_any_directory_will_do(real: Verifier, work_dir: Path, name: str) -> None:
    (work_dir / name).mkdir()
    assert GOODSIG in run(real, work_dir / name).status


def test_relative_directory_will_do(
    real: Verifier, work_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(work_dir)
    assert GOODSIG in run(real, Path()).status


def test_missing_directory_is_named(real: Verifier, work_dir: Path) -> None:
    with pytest.raises(StorageError, match="absent"):
        run(real, work_dir / "absent")


def test_users_settings_are_ignored(
    real: Verifier, work_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = work_dir / "home"
    home.mkdir()
    for name in ("gpg.conf", "gpgv.conf", "common.conf"):
        (home / name).write_text("verbose\nno-such-option\nrequire-secmem\n")
    before = sorted((path.name, path.stat().st_mtime_ns) for path in home.iterdir())
    for name, value in {
        "GNUPGHOME": str(home),
        "HOME": str(home),
        "LC_ALL": "tr_TR.UTF-8",
        "LANGUAGE": "de",
        "TZ": "Pacific/Kiritimati",
    }.items():
        monkeypatch.setenv(name, value)
    assert GOODSIG in run(real, work_dir).status
    after = sorted((path.name, path.stat().st_mtime_ns) for path in home.iterdir())
    assert after == before


def test_home_is_not_needed(
    real: Verifier, work_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HOME", raising=False)
    assert GOODSIG in run(real, work_dir).status


def test_environment_is_small_and_ours(work_dir: Path, tmp_path: Path) -> None:
    out = tmp_path / "environment"
    run(fake(tmp_path, f"env > {out}; cat > /dev/null"), work_dir)
    names = {line.partition("=")[0] for line in out.read_text().splitlines()}
    shell_sets = {"PWD", "OLDPWD", "SHLVL", "_"}
    assert names - shell_sets == {"PATH", "LC_ALL", "TZ", "HOME", "GNUPGHOME"}


def test_arguments_name_files_of_ours_only(work_dir: Path, tmp_path: Path) -> None:
    out = tmp_path / "arguments"
    run(
        fake(tmp_path, f'printf "%s\\n" "$@" > {out}; stat -c %a "$HOME"/* >> {out}'),
        work_dir,
    )
    *arguments, first_mode, second_mode = out.read_text().splitlines()
    assert arguments[-2:][1] == "-"
    assert arguments[-3] == "--"
    assert all(str(work_dir) in text for text in arguments if "/" in text)
    assert (first_mode, second_mode) == ("600", "600")


def test_child_gets_no_other_descriptor(work_dir: Path, tmp_path: Path) -> None:
    out = tmp_path / "descriptors"
    with (tmp_path / "secret").open("w") as secret:
        os.set_inheritable(secret.fileno(), True)  # noqa: FBT003 - a C function
        run(fake(tmp_path, f"ls -l /proc/$$/fd > {out}; echo $fd >> {out}"), work_dir)
    assert "secret" not in out.read_text()


CLOSED = """
import os, sys
from tests.gpg.test_stream import DATA, GOODSIG, KEYS, SIGNATURE
from fetchkit.gpg import find_verifier
def main():
    os.closerange(0, 3)
    with find_verifier(os.defpath).start(
        signature=SIGNATURE, keys=[KEYS.good.file], work_dir=sys.argv[1]
    ) as stream:
        stream.write(DATA)
        raw = stream.finish()
    ok = raw.exit_code == 0 and GOODSIG in raw.status and b"gpgv:" not in raw.status
    os._exit(42 if ok else 1)
main()
"""


def test_closed_standard_descriptors_do_no_harm(work_dir: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CLOSED, str(work_dir)],
        env={"PYTHONPATH": os.pathsep.join(sys.path), "PATH": os.defpath},
        timeout=60,
        check=False,
    )
    assert done.returncode == 42


def test_verifier_that_ends_early_is_no_broken_pipe(
    work_dir: Path, tmp_path: Path
) -> None:
    verifier = fake(tmp_path, "echo said >&$fd; exit 7")
    with verifier.start(signature=SIGNATURE, keys=[], work_dir=str(work_dir)) as stream:
        for _ in range(50):
            stream.write(DATA)
        raw = stream.finish()
    assert (raw.status, raw.exit_code) == (b"said\n", 7)


def test_verifier_that_is_killed_says_so(work_dir: Path, tmp_path: Path) -> None:
    assert run(fake(tmp_path, "kill -9 $$"), work_dir).exit_code == -signal.SIGKILL


def test_talk_is_escaped(work_dir: Path, tmp_path: Path) -> None:
    raw = run(
        fake(tmp_path, r"printf 'a\nb \033[31m red' >&2; cat >/dev/null"), work_dir
    )
    assert raw.talk == "`b \\x1b[31m red`"
    assert raw.status == b""


HUNG = [
    pytest.param(HANG, id="reads nothing"),
    pytest.param(f"cat > /dev/null; {HANG}", id="reads, then sleeps"),
    pytest.param(f"cat >/dev/null; exec {{fd}}>&-; {HANG}", id="closes its status"),
    pytest.param(
        f"cat >/dev/null; exec {{fd}}>&- >&- 2>&-; {HANG}",
        id="closes everything",
    ),
    pytest.param(
        "cat > /dev/null; sleep 1000 & exit 0", id="leaves a child with the pipe"
    ),
    pytest.param("trap '' TERM INT HUP; while :; do sleep 1; done", id="ignores TERM"),
]


@pytest.mark.parametrize("script", HUNG)
def test_hung_verifier_is_ended_with_all_it_started(
    work_dir: Path, tmp_path: Path, script: str
) -> None:
    out = tmp_path / "pid"
    verifier = fake(tmp_path, f"echo $$ > {out}\n{script}")
    with pytest.raises(VerificationError, match=r"gpgv 0 timed out after 0\.5 s"):
        run(verifier, work_dir, data=DATA * 4, timeout=0.5)
    assert list(work_dir.iterdir()) == []
    _wait_until_gone(int(out.read_text()))


def _wait_until_gone(leader: int) -> None:
    """A killed process needs a moment to die, and fails the test if it does not."""
    deadline = time.monotonic() + 20
    while left := _in_group(leader):
        assert time.monotonic() < deadline, f"still running: {left}"
        time.sleep(0.02)


def _in_group(leader: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        pid = int(path.name)
        try:
            if os.getpgid(pid) == leader and is_running(pid):
                found.append(pid)
        except ProcessLookupError:
            continue
    return found


FLOODS = [
    pytest.param("exec yes >&2", id="talk"),
    pytest.param("exec yes >&$fd", id="status"),
]


@pytest.mark.parametrize("script", FLOODS)
def test_flood_is_cut_off(work_dir: Path, tmp_path: Path, script: str) -> None:
    with pytest.raises(VerificationError, match="wrote more than 1048576 bytes"):
        run(fake(tmp_path, script), work_dir, data=DATA * 4)


def test_much_talk_does_not_block(work_dir: Path, tmp_path: Path) -> None:
    """Both pipes fill while we write: neither side may wait for the other."""
    script = "head -c 900000 /dev/zero >&2; head -c 900000 /dev/zero >&$fd"
    raw = run(fake(tmp_path, f"{script}; cat > /dev/null"), work_dir, data=DATA * 4)
    assert len(raw.status) == 900_000


def test_slow_sender_is_not_called_hung(work_dir: Path, tmp_path: Path) -> None:
    verifier = fake(tmp_path, "cat > /dev/null")
    with verifier.start(
        signature=SIGNATURE, keys=[], work_dir=str(work_dir), timeout=0.2
    ) as stream:
        for _ in range(3):
            time.sleep(0.15)
            stream.write(b"x")
        assert stream.finish().exit_code == 0


def test_verifier_that_vanished_is_missing(work_dir: Path, tmp_path: Path) -> None:
    verifier = fake(tmp_path, "")
    os.unlink(verifier.path)
    with pytest.raises(VerifierMissingError, match=r"cannot run .*fake-gpgv"):
        run(verifier, work_dir)
    assert list(work_dir.iterdir()) == []


def test_interrupt_ends_the_verifier(work_dir: Path, tmp_path: Path) -> None:
    out = tmp_path / "pid"
    verifier = fake(tmp_path, f"echo $$ > {out}; {HANG}")
    with pytest.raises(KeyboardInterrupt):
        _interrupted(verifier, work_dir, out)
    assert list(work_dir.iterdir()) == []
    assert not is_running(int(out.read_text()))


def _interrupted(verifier: Verifier, work_dir: Path, out: Path) -> None:
    with verifier.start(signature=SIGNATURE, keys=[], work_dir=str(work_dir)):
        while not (out.exists() and out.read_text().endswith("\n")):
            time.sleep(0.01)
        raise KeyboardInterrupt


def test_umask_does_not_lock_us_out(work_dir: Path, real: Verifier) -> None:
    before = os.umask(0o777)
    try:
        raw = run(real, work_dir)
    finally:
        os.umask(before)
    assert GOODSIG in raw.status
