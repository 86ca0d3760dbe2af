"""Ways in which a publisher, its keys or a manifest can be wrong, one function each.

Each is given a scene in which everything is right and spoils exactly one thing.
"""

from __future__ import annotations

import io
import os
import tarfile
from typing import TYPE_CHECKING, Any

from tests.flow.scene import BINARY, tool
from tests.keys import packets
from tests.origins.misbehaving import answer, raw, redirect, render_head

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from tests.flow.scene import Scene
    from tests.origins.misbehaving import Behaviour, Origin

    Attack: TypeAlias = Callable[[Scene, Origin], None]

BINARY_PATH = "/tool-1.2.3"
SIGNATURE_PATH = "/tool-1.2.3.asc"
SECRET = "hunter2-do-not-print"
PAGE = b"<!DOCTYPE html><html><body>Please log in</body></html>"
DAY = 24 * 3600


def everything_right(scene: Scene, origin: Origin) -> None:
    """What the attacks start from."""
    scene.trust("good")
    scene.manifest["schema"] = 1
    url = origin.on(BINARY_PATH, answer(BINARY)).replace("1.2.3", "{version}")
    origin.on(SIGNATURE_PATH, answer(scene.keys.sign(BINARY)))
    scene.manifest["artifacts"] = {"tool": tool(url)}


# ------------------------------------------------------------------- the origin


def binary_is(behaviour: Behaviour) -> Attack:
    def attack(scene: Scene, origin: Origin) -> None:
        origin.on(BINARY_PATH, behaviour)

    return attack


def status(code: int) -> Behaviour:
    return answer(b"no", status=code)


def cut_short() -> Behaviour:
    head = render_head(200, {"Content-Length": str(len(BINARY))})
    return raw(head + BINARY[:3000])


def longer_than_promised() -> Attack:
    def attack(scene: Scene, origin: Origin) -> None:
        scene.artifact()["size"] = len(BINARY)
        origin.on(BINARY_PATH, answer(BINARY + b"more"))

    return attack


def endless_without_length() -> Attack:
    def attack(scene: Scene, origin: Origin) -> None:
        scene.artifact()["size"] = 4096
        origin.on(BINARY_PATH, raw(render_head(200, {}) + BINARY))

    return attack


def announced_as_huge() -> Behaviour:
    return raw(render_head(200, {"Content-Length": "1000000000000000"}))


def to_plain_http(scene: Scene, origin: Origin) -> None:
    origin.on(BINARY_PATH, redirect("http://example.test/tool"))


def with_a_secret_in_the_url(scene: Scene, origin: Origin) -> None:
    url = origin.url(BINARY_PATH, user=f"bob:{SECRET}") + f"?token={SECRET}"
    origin.on(BINARY_PATH, status(403))
    scene.artifact()["url"] = url
    scene.artifact()["signature"] = origin.url(SIGNATURE_PATH)


# ---------------------------------------------------------------- the signature


def signature_is(make: Callable[[Scene], bytes]) -> Attack:
    def attack(scene: Scene, origin: Origin) -> None:
        origin.on(SIGNATURE_PATH, answer(make(scene)))

    return attack


def signed(**options: Any) -> Callable[[Scene], bytes]:
    return lambda scene: scene.keys.sign(BINARY, **options)


def last_byte_changed(scene: Scene, origin: Origin) -> None:
    origin.on(BINARY_PATH, answer(BINARY[:-1] + b"\1"))


def binary_is_empty(scene: Scene, origin: Origin) -> None:
    origin.on(BINARY_PATH, answer(b""))


def signature_status(code: int) -> Attack:
    def attack(scene: Scene, origin: Origin) -> None:
        origin.on(SIGNATURE_PATH, status(code))

    return attack


def attached(scene: Scene) -> bytes:
    """One-pass signature, the data, the signature: what ``gpg --sign`` makes."""
    signature = scene.keys.sign(BINARY, armor=False)
    literal = b"b\0" + b"\0\0\0\0" + BINARY
    one_pass = b"\3\0\10\1" + bytes(8) + b"\1"
    return b"".join(
        (packets.packet(4, one_pass), packets.packet(11, literal), signature)
    )


def cleartext(scene: Scene) -> bytes:
    signature = scene.keys.sign(b"hello", kind=0x01)
    head = b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nhello\n"
    return head + signature


def signed_by_trusted(name: str, **options: Any) -> Attack:
    """Signed by a key that the manifest pins, but that must not count."""

    def attack(scene: Scene, origin: Origin) -> None:
        scene.trust(name)
        scene.artifact()["signed_by"] = [name]
        origin.on(SIGNATURE_PATH, answer(scene.keys.sign(BINARY, name, **options)))

    return attack


def too_few_signers(scene: Scene, origin: Origin) -> None:
    scene.trust("second")
    scene.artifact().update(signed_by=["good", "second"], signers=2)


def digest_is_of_another_file(scene: Scene, origin: Origin) -> None:
    scene.artifact()["sha256"] = "a" * 64


# --------------------------------------------------------------------- the keys


def key_file_is(make: Callable[[Scene], bytes]) -> Attack:
    def attack(scene: Scene, origin: Origin) -> None:
        (scene.key_dir / "good.asc").write_bytes(make(scene))

    return attack


def key_is_missing(scene: Scene, origin: Origin) -> None:
    (scene.key_dir / "good.asc").unlink()


def key_is_a_link_out(scene: Scene, origin: Origin) -> None:
    inside = scene.key_dir / "good.asc"
    outside = inside.rename(scene.home / "elsewhere.asc")
    inside.symlink_to(outside)


def key_url_serves(make: Callable[[Scene], bytes]) -> Attack:
    def attack(scene: Scene, origin: Origin) -> None:
        url = origin.on("/key.asc", answer(make(scene)))
        del scene.manifest["keys"]["good"]["file"]
        scene.manifest["keys"]["good"]["url"] = url

    return attack


def strangers_key_and_signature(scene: Scene, origin: Origin) -> None:
    """The pinned key is served with another one in the same file (K02)."""
    both = scene.keys.good.public + scene.keys.stranger.public
    (scene.key_dir / "good.asc").write_bytes(
        packets.armor(both, "PGP PUBLIC KEY BLOCK")
    )
    origin.on(SIGNATURE_PATH, answer(scene.keys.sign(BINARY, "stranger")))


# ------------------------------------------------------------------ the archive


def archive(fill: Callable[[tarfile.TarFile], None]) -> Attack:
    """The artifact is a validly signed tar with something hostile in it."""

    def attack(scene: Scene, origin: Origin) -> None:
        data = tar_of(fill)
        url = origin.on("/tool-1.2.3.tar", answer(data))
        origin.on("/tool-1.2.3.tar.asc", answer(scene.keys.sign(data)))
        scene.manifest["artifacts"]["tool"] = tool(url, install={"dir": "vendor/tool"})

    return attack


def tar_of(fill: Callable[[tarfile.TarFile], None]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        add_file(tar, "README", b"a harmless file in front")
        fill(tar)
    return buffer.getvalue()


def add_file(
    tar: tarfile.TarFile, name: str, data: bytes = b"x", *, mode: int = 0o644
) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(data), mode
    tar.addfile(member, io.BytesIO(data))


def a_file(name: str, *, mode: int = 0o644, times: int = 1) -> Attack:
    def fill(tar: tarfile.TarFile) -> None:
        for number in range(times):
            add_file(tar, name, b"%d" % number, mode=mode)

    return archive(fill)


def brings_our_state(scene: Scene, origin: Origin) -> None:
    """Extracted at the root, and one member is where our own receipts are."""
    a_file(".fetchkit/fetchkit.json")(scene, origin)
    scene.artifact()["install"] = {"dir": "."}


def special(name: str, kind: bytes, target: str = "", then: str = "") -> Attack:
    """A member of a special kind, and perhaps a file behind it."""

    def fill(tar: tarfile.TarFile) -> None:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, target
        tar.addfile(member)
        if then:
            add_file(tar, then)

    return archive(fill)


# ------------------------------------------------- the manifest and the platform


def manifest_has(**changes: Any) -> Attack:
    def attack(scene: Scene, origin: Origin) -> None:
        scene.artifact().update(changes)

    return attack


def manifest_lacks(*names: str) -> Attack:
    def attack(scene: Scene, origin: Origin) -> None:
        for name in names:
            del scene.artifact()[name]

    return attack


def install_has(**changes: Any) -> Attack:
    def attack(scene: Scene, origin: Origin) -> None:
        scene.artifact()["install"].update(changes)

    return attack


def key_has(**changes: Any) -> Attack:
    def attack(scene: Scene, origin: Origin) -> None:
        scene.manifest["keys"]["good"].update(changes)

    return attack


def version_from_app(text: str) -> Attack:
    """The version is taken from a config var, which holds `text`."""

    def attack(scene: Scene, origin: Origin) -> None:
        scene.artifact()["env"] = {"version": "TOOL_VERSION"}
        (scene.env_dir / "TOOL_VERSION").write_text(text)

    return attack


def variable(name: str, text: str) -> Attack:
    def attack(scene: Scene, origin: Origin) -> None:
        scene.program = scene.program.with_variables(**{name: text})

    return attack


def no_verifier(scene: Scene, origin: Origin) -> None:
    empty = scene.home / "bin"
    empty.mkdir()
    scene.program = scene.program.with_variables(PATH=str(empty))


def verifier_that(script: str) -> Attack:
    """Both gpgv and gpg are this shell script."""

    def attack(scene: Scene, origin: Origin) -> None:
        programs = scene.home / "bin"
        programs.mkdir()
        for name in ("gpgv", "gpg"):
            (programs / name).write_text(f"#!/bin/sh\n{script}\n")
            (programs / name).chmod(0o755)
        scene.program = scene.program.with_variables(PATH=str(programs))

    return attack


def no_temp_dir(scene: Scene, origin: Origin) -> None:
    os.rmdir(scene.temp_dir)


FROM_THE_FUTURE = {"created": 4_000_000_000}
