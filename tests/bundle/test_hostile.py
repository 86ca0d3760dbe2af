"""A bundle from anywhere: damaged, cut off or made to hurt, it is refused whole."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import tarfile
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.project import content

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.project import Project

EVIL = b"evil"
EVIL_NAME = f"blobs/sha256/{sha256(EVIL).hexdigest()}"
SHARES = [0.0, 0.001, 0.05, 0.3, 0.5, 0.7, 0.9, 0.99]


class Member(NamedTuple):
    """One entry of a tar, as a test makes it."""

    name: str
    data: bytes = b""
    kind: bytes = tarfile.REGTYPE
    target: str = ""


@pytest.fixture
def bundled(project: Project) -> Project:
    """A good bundle, and a machine that has never seen anything else."""
    project.publish("one")
    project.succeed("lock")
    project.succeed("bundle", "create", "-o", "good.bundle")
    shutil.rmtree(project.directory / "cache")
    return project


def _members(project: Project) -> list[Member]:
    with tarfile.open(project.directory / "good.bundle") as tar:
        return [
            Member(each.name, opened.read())
            for each in tar
            if (opened := tar.extractfile(each)) is not None
        ]


def _write(project: Project, members: list[Member]) -> None:
    with tarfile.open(
        project.directory / "bad.bundle", "w", format=tarfile.GNU_FORMAT
    ) as tar:
        for member in members:
            info = tarfile.TarInfo(member.name)
            info.size, info.type = len(member.data), member.kind
            info.linkname = member.target
            tar.addfile(info, io.BytesIO(member.data))


def _assert_refused(project: Project, code: int, *words: str) -> None:
    """No command takes it, and importing leaves nothing."""
    for verb in ("import", "verify"):
        project.refuse(code, *words, by=f"bundle {verb} bad.bundle")
    assert not list(project.directory.glob("cache/v1/blobs/sha256/*"))


# -------------------------------------------------------------------- damage


@pytest.mark.parametrize("share", SHARES)
def test_bundle_that_is_cut_off_is_refused(bundled: Project, share: float) -> None:
    data = (bundled.directory / "good.bundle").read_bytes()
    (bundled.directory / "bad.bundle").write_bytes(data[: int(len(data) * share)])
    _assert_refused(bundled, 42, "cut off", "Copy it again")


def test_bundle_without_its_last_byte_is_refused(bundled: Project) -> None:
    data = (bundled.directory / "good.bundle").read_bytes()
    (bundled.directory / "bad.bundle").write_bytes(data[:-1])
    _assert_refused(bundled, 42, "cut off")


def test_bundle_with_something_behind_its_end_is_refused(bundled: Project) -> None:
    data = (bundled.directory / "good.bundle").read_bytes()
    (bundled.directory / "bad.bundle").write_bytes(data + EVIL)
    _assert_refused(bundled, 42, "something follows its end")


def test_record_that_another_tar_fills_up_is_no_harm(bundled: Project) -> None:
    data = (bundled.directory / "good.bundle").read_bytes()
    (bundled.directory / "filled.bundle").write_bytes(data + bytes(-len(data) % 10240))
    bundled.succeed("bundle", "verify", "filled.bundle")


@pytest.mark.parametrize("verb", ["import", "verify"])
def test_blob_whose_name_lies_is_refused(bundled: Project, verb: str) -> None:
    data = (bundled.directory / "good.bundle").read_bytes()
    blob = content("one", "1.0.0") + b"amd64"
    spoiled = data.replace(blob, bytes(len(blob)))
    (bundled.directory / "bad.bundle").write_bytes(spoiled)
    bundled.refuse(31, sha256(blob).hexdigest(), by=f"bundle {verb} bad.bundle")
    blobs = bundled.directory / "cache/v1/blobs/sha256"
    assert not (blobs / sha256(blob).hexdigest()).exists()
    assert not (blobs / sha256(bytes(len(blob))).hexdigest()).exists()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(b"<html>no such file</html>" * 100, 42, id="web page"),
        pytest.param(b"\x1f\x8b" + bytes(2000), 42, id="compressed"),
        pytest.param(bytes(1024), 42, id="empty tar"),
    ],
)
def test_what_is_no_bundle_is_refused(bundled: Project, data: bytes, code: int) -> None:
    (bundled.directory / "bad.bundle").write_bytes(data)
    _assert_refused(bundled, code, "bad.bundle")


# ------------------------------------------------------------------- members


@pytest.mark.parametrize(
    "member",
    [
        Member("../evil", EVIL),
        Member("/etc/evil", EVIL),
        Member("blobs/sha256/../../../evil", EVIL),
        Member("blobs/sha256/" + "A" * 64, EVIL),
        Member("blobs/sha512/" + "a" * 64, EVIL),
        Member("evil.sh", EVIL),
        Member("keys", kind=tarfile.DIRTYPE),
        Member(EVIL_NAME, kind=tarfile.SYMTYPE, target="/etc/passwd"),
        Member(EVIL_NAME, kind=tarfile.LNKTYPE, target="index.json"),
        Member(EVIL_NAME, kind=tarfile.FIFOTYPE),
        Member(EVIL_NAME, kind=tarfile.CHRTYPE),
    ],
    ids=lambda member: f"{member.kind.decode()} {member.name[:30]}",
)
def test_member_that_is_no_part_of_a_layout_is_refused(
    bundled: Project, member: Member
) -> None:
    _write(bundled, [*_members(bundled), member])
    _assert_refused(bundled, 42, "no part of an image layout")


def test_blob_that_is_not_listed_is_refused(bundled: Project) -> None:
    _write(bundled, [*_members(bundled), Member(EVIL_NAME, EVIL)])
    _assert_refused(bundled, 42, EVIL_NAME.rpartition("/")[2], "does not list")


def test_name_that_stands_twice_is_refused(bundled: Project) -> None:
    members = _members(bundled)
    _write(bundled, [*members, members[-1]])
    _assert_refused(bundled, 42, "twice")


@pytest.mark.parametrize("kind", ["artifact", "document", "lock", "manifest"])
def test_part_that_is_missing_is_refused(bundled: Project, kind: str) -> None:
    document = json.loads(
        bundled.succeed("bundle", "inspect", "good.bundle", "--json").stdout
    )
    digest = next(part["digest"] for part in document["parts"] if part["kind"] == kind)
    name = f"blobs/sha256/{digest.removeprefix('sha256:')}"
    _write(bundled, [each for each in _members(bundled) if each.name != name])
    _assert_refused(bundled, 42, digest, "not in it")


# ------------------------------------------------- a bundle that lies about itself


def _relisted(project: Project, change: Callable[[dict[str, Any]], None]) -> None:
    """Write ``bad.bundle`` with another list, and an index that fits the list."""
    members = {each.name: each.data for each in _members(project)}
    index = json.loads(members["index.json"])
    top = index["manifests"][0]
    listed = json.loads(members.pop(_blob(top["digest"])))
    change(listed)
    data = json.dumps(listed).encode()
    top |= {"digest": f"sha256:{sha256(data).hexdigest()}", "size": len(data)}
    held = {_blob(each["digest"]) for each in (listed["config"], *listed["layers"])}
    members = {
        name: blob
        for name, blob in members.items()
        if name in held or not name.startswith("blobs")
    }
    members[_blob(top["digest"])] = data
    members["index.json"] = json.dumps(index).encode()
    _write(project, [Member(name, blob) for name, blob in members.items()])


def _blob(digest: str) -> str:
    return f"blobs/sha256/{digest.removeprefix('sha256:')}"


def _without(ending: str) -> Callable[[dict[str, Any]], None]:
    def change(listed: dict[str, Any]) -> None:
        listed["layers"] = [
            each
            for each in listed["layers"]
            if not each["annotations"].get("dev.fetchkit.url", "").endswith(ending)
        ]

    return change


def test_list_without_a_signature_is_not_closed(bundled: Project) -> None:
    _relisted(bundled, _without("-amd64.asc"))
    bundled.refuse(42, "one-1.0.0-amd64.asc", by="bundle verify bad.bundle")


def test_import_without_a_signature_does_not_make_it_trusted(bundled: Project) -> None:
    _relisted(bundled, _without("-amd64.asc"))
    bundled.succeed("bundle", "import", "bad.bundle")
    bundled.refuse(22, "one-1.0.0-amd64.asc", by="install app --offline")
    assert not (bundled.directory / "app/vendor").exists()


@pytest.mark.parametrize(
    "title", ["../evil", "/tmp/evil", "keys/../../evil", "", "keys/\nevil"]
)
def test_unpacking_stays_in_its_directory(bundled: Project, title: str) -> None:
    def rename(listed: dict[str, Any]) -> None:
        for each in listed["layers"]:
            if each["annotations"].get("org.opencontainers.image.title"):
                each["annotations"]["org.opencontainers.image.title"] = title

    _relisted(bundled, rename)
    bundled.refuse(15, by="bundle import bad.bundle --unpack there")
    assert not list(bundled.directory.rglob("evil*"))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"size": 1}, id="another size"),
        pytest.param({"digest": "sha256:../../etc/passwd"}, id="digest that is a path"),
        pytest.param({"digest": "md5:" + "0" * 32}, id="another algorithm"),
        pytest.param({"size": -1}, id="negative size"),
        pytest.param({"size": "7"}, id="size that is text"),
    ],
)
def test_descriptor_that_cannot_be_right_is_refused(
    bundled: Project, change: dict[str, object]
) -> None:
    members = {each.name: each.data for each in _members(bundled)}
    index = json.loads(members["index.json"])
    listed = json.loads(members.pop(_blob(index["manifests"][0]["digest"])))
    listed["layers"][0] |= change
    data = json.dumps(listed).encode()
    index["manifests"][0]["digest"] = f"sha256:{sha256(data).hexdigest()}"
    members["index.json"] = json.dumps(index).encode()
    members[_blob(index["manifests"][0]["digest"])] = data
    _write(bundled, [Member(name, blob) for name, blob in members.items()])
    ended = bundled.run("bundle", "import", "bad.bundle")
    assert ended.code in {10, 42}, ended.stderr
    assert not (bundled.directory / "cache/v1/blobs").exists()


# ------------------------------------------------------------------- signatures


@pytest.mark.slow
def test_signed_bundle_is_verified_by_the_key_of_its_maker(
    bundled: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "gnupg"
    home.mkdir(mode=0o700)
    monkeypatch.setenv("GNUPGHOME", str(home))
    bundled.offer_signed("one", "1.0.0", content("one", "1.0.0"))
    try:
        _gpg("--quick-generate-key", "Carrier <carrier@example.com>", "ed25519", "sign")
        fingerprint = _gpg("--list-keys", "--with-colons").split("fpr:::::::::")[1]
        fingerprint = fingerprint.partition(":")[0]
        bundled.succeed("bundle", "create", "-o", "app.bundle", "--sign", fingerprint)
        (tmp_path / "carrier.asc").write_text(_gpg("--armor", "--export", fingerprint))
        check = (
            "verify app.bundle --signature app.bundle.asc --key carrier.asc "
            f"--fingerprint {fingerprint}"
        )
        bundled.succeed(*check.split())
        with (bundled.directory / "app.bundle").open("ab") as file:
            file.write(b"\0")
        bundled.refuse(32, by=check)
    finally:
        subprocess.run(["gpgconf", "--kill", "all"], check=True, timeout=30)


def test_signing_with_an_unknown_key_says_so(
    bundled: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "gnupg"
    home.mkdir(mode=0o700)
    monkeypatch.setenv("GNUPGHOME", str(home))
    bundled.refuse(10, "nobody@example", by="bundle create --sign nobody@example")


def _gpg(*arguments: str) -> str:
    return subprocess.run(
        ["gpg", "--batch", "--passphrase", "", *arguments],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout
