"""Whatever is hostile is refused, with a reason, and leaves no trace.

Every row runs twice: into an empty app, and into one where an earlier version is
installed and has to stay as it is.
"""

from __future__ import annotations

import re
import tarfile
from typing import TYPE_CHECKING

import pytest

from tests.flow import attacks
from tests.flow.attacks import (
    FROM_THE_FUTURE,
    a_file,
    binary_is,
    install_has,
    key_file_is,
    key_has,
    key_url_serves,
    manifest_has,
    manifest_lacks,
    signature_is,
    signed,
    signed_by_trusted,
    special,
    status,
    variable,
    version_from_app,
)
from tests.flow.scene import publish
from tests.flow.trees import held_locks, processes_about
from tests.origins.misbehaving import answer
from tests.signing import KEYS_DIR

if TYPE_CHECKING:
    from tests.flow.attacks import Attack
    from tests.flow.program import Ended
    from tests.flow.scene import Scene
    from tests.origins.misbehaving import Origin

PAGE, SECRET = attacks.PAGE, attacks.SECRET


def row(name: str, attack: Attack, code: int, reason: str) -> object:
    return pytest.param(attack, code, reason, id=name)


ORIGIN = [
    row("web page", binary_is(answer(PAGE)), 20, "web page"),
    row("403", binary_is(status(403)), 21, "HTTP 403"),
    row("404", binary_is(status(404)), 21, "HTTP 404"),
    row("500", binary_is(status(500)), 21, "HTTP 500"),
    row("no content", binary_is(answer(status=204)), 20, "HTTP 204"),
    row("cut short", binary_is(attacks.cut_short()), 20, "3000 of 5031"),
    row("too long", attacks.longer_than_promised(), 23, "5035 bytes"),
    row("endless", attacks.endless_without_length(), 23, "4096"),
    row("huge", binary_is(attacks.announced_as_huge()), 23, "1000000000000000"),
    row("http redirect", attacks.to_plain_http, 20, "http"),
    row("secret in url", attacks.with_a_secret_in_the_url, 21, "HTTP 403"),
]

SIGNATURE = [
    row("last byte changed", attacks.last_byte_changed, 32, "signature"),
    row("binary empty", attacks.binary_is_empty, 32, "signature"),
    row("stranger", signature_is(signed(by="stranger")), 33, "[0-9A-F]{40}"),
    row(
        "another file",
        signature_is(lambda s: s.keys.sign(b"another file")),
        32,
        "signature",
    ),
    row("empty", signature_is(lambda _: b""), 35, "empty"),
    row("page as signature", signature_is(lambda _: PAGE), 32, "web page"),
    row("missing", attacks.signature_status(404), 35, "there is no signature"),
    row("forbidden", attacks.signature_status(403), 35, "there is no signature"),
    row("random", signature_is(lambda _: bytes(range(256)) * 2), 32, "signature"),
    row("truncated", signature_is(lambda s: signed()(s)[:200]), 32, "signature"),
    row("larger than 64 KiB", signature_is(lambda _: b"x" * 70000), 32, "larger than"),
    row("attached", signature_is(attacks.attached), 32, "not a detached"),
    row("cleartext", signature_is(attacks.cleartext), 32, "cleartext"),
    row("key as signature", signature_is(lambda s: s.keys.good.public), 32, "key"),
    row("junk behind", signature_is(lambda s: signed()(s) + PAGE), 32, "signature"),
    row("text signature", signature_is(signed(kind=0x01)), 32, ""),
    row("SHA-1", signature_is(signed(digest="SHA1")), 32, "SHA1"),
    row("no issuer", signature_is(signed(issuer=None)), 33, "unknown key"),
    row("from the future", signature_is(signed(**FROM_THE_FUTURE)), 32, "future"),
    row(
        "expired signature",
        signature_is(signed(expires_in=attacks.DAY)),
        34,
        "expired",
    ),
    row("expired key", signed_by_trusted("expired"), 34, "expired"),
    row("revoked key", signed_by_trusted("revoked"), 34, "revoked"),
    row("expired subkey", signed_by_trusted("expired_subkey", subkey=1), 34, "expired"),
    row("weak key", signed_by_trusted("weak"), 33, "1024"),
    row("one of two signers", attacks.too_few_signers, 33, "2"),
    row("another digest", attacks.digest_is_of_another_file, 31, "a{64}"),
]

KEYS = [
    row(
        "another key",
        key_file_is(lambda s: s.keys.stranger.public_armor),
        33,
        "[0-9A-F]{40}",
    ),
    row("a second key", attacks.strangers_key_and_signature, 33, "key"),
    row("key missing", attacks.key_is_missing, 10, "good.asc"),
    row("key is a link", attacks.key_is_a_link_out, 10, "link out of"),
    row("key empty", key_file_is(lambda _: b""), 33, "empty"),
    row("page as key", key_file_is(lambda _: PAGE), 33, "web page"),
    row(
        "secret key",
        key_file_is(lambda _: (KEYS_DIR / "good.secret.asc").read_bytes()),
        33,
        "secret",
    ),
    row(
        "served: another",
        key_url_serves(lambda s: s.keys.stranger.public),
        33,
        "[0-9A-F]{40}",
    ),
    row("served: a page", key_url_serves(lambda _: PAGE), 33, "web page"),
    row("served: 20 MB", key_url_serves(lambda _: b"\x99" * 20_000_000), 33, "larger"),
    row("short pin", key_has(fingerprints=["732D56A66A537383"]), 12, "fingerprint"),
    row("no pin", key_has(fingerprints=[]), 12, "fingerprint"),
]

ARCHIVE = [
    row("climbs", a_file("a/../../escape"), 42, r"\.\."),
    row("absolute", a_file("/tmp/escape"), 42, "/tmp/escape"),
    row("twice", a_file("same", times=2), 42, "same"),
    row("link out", special("l", tarfile.SYMTYPE, "../../.."), 42, "`l`"),
    row("through a link", special("l", tarfile.SYMTYPE, "/tmp", then="l/x"), 42, "`l"),
    row("hard link out", special("h", tarfile.LNKTYPE, "../../secret"), 42, "`h`"),
    row("device", special("null", tarfile.CHRTYPE), 42, "null"),
    row("fifo", special("pipe", tarfile.FIFOTYPE), 42, "pipe"),
    row("escape sequence in a name", a_file("a\033[2Jb"), 42, "a.x1b"),
    row("our own directory", attacks.brings_our_state, 42, r"\.fetchkit"),
]

PLATFORM = [
    row("no verifier", attacks.no_verifier, 30, "gpgv"),
    row("verifier is true", attacks.verifier_that("exit 0"), 30, "gpg"),
    row("verifier is false", attacks.verifier_that("exit 1"), 30, "gpg"),
    row("unsupported", variable("FETCHKIT_PLATFORM", "linux-s390x"), 14, "linux-amd64"),
    row("not a platform", variable("FETCHKIT_PLATFORM", "../x"), 11, "PLATFORM"),
    row("no TMPDIR", attacks.no_temp_dir, 40, "temp"),
    row("version climbs", version_from_app("../../1"), 15, "TOOL_VERSION"),
    row("version with a newline", version_from_app("1\n2"), 15, "TOOL_VERSION"),
    row("version with escape", version_from_app("1\033[2J"), 15, "TOOL_VERSION"),
    row("version with NUL", version_from_app("1\0"), 10, "TOOL_VERSION"),
    row("version too long", version_from_app("1" * 200_000), 10, "TOOL_VERSION"),
]

MANIFEST = [
    row("unknown key", manifest_has(signd_by=["x"]), 12, r"signd_by.*unknown key"),
    row("number as version", manifest_has(version=1.10), 12, "version"),
    row("sha256 as number", manifest_has(sha256=123), 12, "sha256"),
    row("no trust", manifest_lacks("signature", "signed_by"), 12, "nothing to trust"),
    row("nobody may sign", manifest_lacks("signed_by"), 12, "signed_by|who may sign"),
    row("empty signed_by", manifest_has(signed_by=[]), 12, "signed_by"),
    row("plain http", manifest_has(url="http://example.test/x"), 12, "plain http"),
    row("file climbs", install_has(file="../../../bin/sh"), 12, r"\.\."),
    row("absolute dir", install_has(dir="/usr/bin"), 12, "absolute"),
    row("into our state", install_has(dir=".fetchkit", file="x"), 15, r"\.fetchkit"),
    row("link climbs", install_has(links=["../x"]), 12, r"\.\."),
    row("unsafe variable", install_has(env={"LD_PRELOAD": "x"}), 12, "LD_PRELOAD"),
    row("forged line in a key", manifest_has(**{"a\n\033[2J": 1}), 12, "unknown"),
]  # fmt: skip

EVERY_ATTACK = [*ORIGIN, *SIGNATURE, *KEYS, *PLATFORM, *MANIFEST]


@pytest.fixture(params=["fresh", "earlier version"])
def target(request: pytest.FixtureRequest, scene: Scene, origin: Origin) -> Scene:
    """An app to build: empty, or with version 1.0.0 in place."""
    if request.param == "earlier version":
        publish(scene, _Site(origin), b"version 1.0.0", version="1.0.0")
        ended = scene.compile()
        assert ended.code == 0, ended.said
    return scene


@pytest.mark.parametrize(("attack", "code", "reason"), EVERY_ATTACK)
def test_is_refused_and_leaves_no_trace(
    target: Scene, origin: Origin, attack: Attack, code: int, reason: str
) -> None:
    attacks.everything_right(target, origin)
    attack(target, origin)
    tree, names = target.installed(), target.published_names()
    ended = target.compile()
    assert_refused(ended, code, reason)
    assert target.installed() == tree
    assert target.published_names() == names
    assert_nothing_left(target)


@pytest.mark.parametrize(("attack", "code", "reason"), ARCHIVE)
def test_hostile_archive_is_kept_and_never_unpacked(
    target: Scene, origin: Origin, attack: Attack, code: int, reason: str
) -> None:
    """It is signed by a trusted key: its bytes are verified, its content is not."""
    attacks.everything_right(target, origin)
    attack(target, origin)
    tree, outside = target.installed(), set(target.home.iterdir())
    ended = target.compile()
    assert_refused(ended, code, reason)
    assert target.installed() == tree
    assert set(target.home.iterdir()) == outside | {target.cache_dir}
    assert_nothing_left(target)


def test_what_the_attacks_start_from_is_accepted(scene: Scene, origin: Origin) -> None:
    attacks.everything_right(scene, origin)
    ended = scene.compile()
    assert ended.code == 0, ended.said
    assert_nothing_left(scene)


def assert_refused(ended: Ended, code: int, reason: str) -> None:
    """One reason, in one line, that a terminal can show and anybody may read."""
    assert ended.code == code, ended.said
    reasons = [line for line in ended.stderr.splitlines() if "error: " in line]
    assert len(reasons) == 1, ended.stderr
    assert re.search(reason, ended.stderr), ended.stderr
    assert "Traceback" not in ended.said
    assert SECRET not in ended.said
    assert all(char.isprintable() or char == "\n" for char in ended.said)
    assert ended.stdout == ""


def assert_nothing_left(scene: Scene) -> None:
    """No half-arrived file, no private directory, no process, no lock."""
    assert scene.arriving() == []
    assert list(scene.temp_dir.glob("*")) == []
    assert processes_about(str(scene.temp_dir)) == []
    assert held_locks(scene.store_dir / "locks") == []


class _Site:
    """An origin as somewhere to publish."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin

    def add(self, path: str, data: bytes) -> str:
        return self._origin.on(f"/{path}", answer(data))

    def url(self, path: str) -> str:
        return self._origin.url(f"/{path}")
