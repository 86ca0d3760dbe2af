"""A signed release, installed; then four bad ones, refused. Run by `build.py demo`.

Everything is real: gpg signs, a web server answers over TLS, the finished fetchkit.pyz
installs, sh runs what it installed. It all happens in one temporary directory and on
127.0.0.1. Exit code 0 means that everything went as the text says.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from throwaway.attacks import Attack, attacks
from throwaway.observe import Run, content, listing, run
from throwaway.origin import Origin
from throwaway.publisher import Publisher

from fetchkit_build.errors import BuildError

TOOL = "hello"
ARCHITECTURES = ("amd64", "arm64")

MANIFEST = """\
schema = 1

[keys.demo]
fingerprints = ["{fingerprint}"]
url = "{origin}/public-key.asc"

[artifacts.hello]
version = "latest"
url = "{origin}/{{name}}-{{version}}-{{arch}}"
signature = "{{url}}.asc"
signed_by = ["demo"]

[artifacts.hello.install]
dir = "vendor/hello/bin"
links = ["hello"]
path = true
"""


class NotAsToldError(Exception):
    """The demo said that something would happen, and it did not."""


def main() -> int:
    """Tell the story; return 0 if all of it came true."""
    try:
        with (
            tempfile.TemporaryDirectory(prefix="fetchkit-demo-") as directory,
            Publisher() as publisher,
            Origin(os.path.join(directory, "ca.pem")) as origin,
        ):
            tell(Path(directory), publisher, origin)
    except NotAsToldError as error:
        print(f"\nNOT AS TOLD: {error}", file=sys.stderr)
        return 1
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


@dataclass(frozen=True, slots=True)
class Machine:
    """A build machine: an app, a cache, and fetchkit."""

    pyz: str
    app: Path
    cache: Path
    ca_file: Path

    def compile(self) -> Run:
        """Call fetchkit the way Heroku calls a buildpack; no config var is set."""
        return run(
            [
                *(sys.executable, self.pyz, "compile"),
                *(self.app, self.cache, self.app.with_name("env")),
            ],
            {"FETCHKIT_CA_FILE": str(self.ca_file), **foreign_platform()},
        )


def tell(directory: Path, publisher: Publisher, origin: Origin) -> None:
    """The whole story.

    Raises:
        NotAsToldError: a step did not end as the text says.
    """
    fingerprint = publisher.make_key("Demo Publisher")
    release = sign_release(publisher, fingerprint)
    origin.files.update(release)
    title("A publisher signs a release and puts it on a web server")
    say(f"key     {fingerprint} (made now, gone after this)")
    for path in sorted(release):
        say(f"serves  {origin.url}{path}")

    title("An app says in fetchkit.toml what it needs and whose signature counts")
    app = directory / "build"
    app.mkdir()
    app.joinpath("Procfile").write_text("web: hello\n")
    manifest = MANIFEST.format(fingerprint=fingerprint, origin=origin.url)
    app.joinpath("fetchkit.toml").write_text(manifest)
    quote(manifest)

    machine = Machine(
        os.environ["FETCHKIT_PYZ"], app, directory / "cache", directory / "ca.pem"
    )
    install(machine)
    start(app, directory / "dyno")
    repeat(machine)
    for attack in attacks(publisher, release):
        refuse(machine, origin, attack)
    origin.files.update(release)
    title("The good release is back, and so is fetchkit")
    expect(shown(machine.compile()).code == 0, "compile works again")
    print(
        f"\nAll as told. The product is {os.path.relpath(machine.pyz)}; see README.md."
    )


def install(machine: Machine) -> None:
    """Compile a fresh app and show what is in it afterwards."""
    title("The platform builds the app")
    say("$ python3 fetchkit.pyz compile BUILD_DIR CACHE_DIR ENV_DIR")
    expect(shown(machine.compile()).code == 0, "compile ends with exit code 0")
    say("")
    say("What is in the app now:")
    for line in listing(machine.app):
        say(f"  {line}")


def start(app: Path, home: Path) -> None:
    """Run the app where the build directory does not exist any more."""
    title("The app starts, in another place, under sh, without Python")
    shutil.copytree(app, home, symlinks=True)
    say(f"$ . .profile.d/fetchkit.sh; {TOOL}")
    dyno = {"HOME": str(home), "PATH": "/usr/bin:/bin"}
    script = f'cd "$HOME"; set -u; . .profile.d/fetchkit.sh; {TOOL}'
    greeting = shown(run(["sh", "-c", script], dyno))
    expect(greeting.output.startswith("hello from"), f"{TOOL} runs from PATH")


def repeat(machine: Machine) -> None:
    """Compile once more: nothing is newer, so nothing is written."""
    title("The next build asks whether there is anything newer, and there is not")
    before = content(machine.app)
    expect(shown(machine.compile()).code == 0, "the second compile works")
    expect(content(machine.app) == before, "the second compile changes nothing")


def refuse(machine: Machine, origin: Origin, attack: Attack) -> None:
    """Compile against a bad release, twice: over a good install, and in a new app."""
    title(attack.title)
    good = dict(origin.files)
    for path, data in attack.files.items():
        if data is None:
            origin.files.pop(path)
        else:
            origin.files[path] = data
    before = content(machine.app)
    ended = shown(machine.compile())
    say(f"exit code {ended.code}")
    expect(ended.code == attack.exit_code, f"the exit code is {attack.exit_code}")
    expect(content(machine.app) == before, "what was installed is untouched")

    fresh = machine.app.with_name("fresh")
    fresh.mkdir()
    shutil.copy(machine.app / "fetchkit.toml", fresh)
    nothing = content(fresh)
    empty = machine.cache.with_name("fresh-cache")
    code = Machine(machine.pyz, fresh, empty, machine.ca_file).compile().code
    expect(code == attack.exit_code, f"a new app ends with {attack.exit_code} too")
    expect(content(fresh) == nothing, "nothing is left in a new app")
    say("the app is as it was; a new app with an empty cache stays empty")
    shutil.rmtree(fresh)
    shutil.rmtree(empty, ignore_errors=True)
    origin.files.clear()
    origin.files.update(good)


def sign_release(publisher: Publisher, fingerprint: str) -> dict[str, bytes]:
    """What the publisher serves: a program for each architecture, signatures, key."""
    files = {"/public-key.asc": publisher.public_key(fingerprint)}
    for arch in ARCHITECTURES:
        program = f'#!/bin/sh\necho "hello from {TOOL} for {arch}, HOME is $HOME"\n'
        path = f"/{TOOL}-latest-{arch}"
        files[path] = program.encode()
        files[f"{path}.asc"] = publisher.sign(files[path], fingerprint)
    return files


def foreign_platform() -> dict[str, str]:
    """On a machine the release is not for: build for one it is for."""
    is_native = platform.system() == "Linux" and platform.machine() in {
        *("x86_64", "aarch64"),
    }
    return {} if is_native else {"FETCHKIT_PLATFORM": "linux-amd64"}


def expect(is_so: bool, claim: str) -> None:  # noqa: FBT001 -- reads as a sentence
    """Stop the demo if `claim` is not so.

    Raises:
        NotAsToldError: it is not.
    """
    if not is_so:
        raise NotAsToldError(claim)


def title(text: str) -> None:
    """Start the next part."""
    print(f"\n== {text}", flush=True)


def say(text: str) -> None:
    """One line of the story."""
    print(f"   {text}".rstrip(), flush=True)


def quote(text: str) -> None:
    """Lines of something else."""
    for line in text.splitlines():
        say(f"| {line}")


def shown(ended: Run) -> Run:
    """Show what a command said, and hand its result on."""
    quote(ended.output)
    return ended


if __name__ == "__main__":
    sys.exit(main())
