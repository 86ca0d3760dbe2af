"""Everything wrong with a manifest is found, at its place, all of it at once."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import tomli_w

from fetchkit.errors import ManifestError
from fetchkit.manifest import Manifest, parse_manifest

PIN = "9AB4AFDED4CB7F2952719EB761A525F7E0D8FA9D"
GOOD: dict[str, Any] = {
    "schema": 1,
    "keys": {"me": {"fingerprints": [PIN]}},
    "artifacts": {
        "jq": {
            "version": "1.7",
            "url": "https://example.org/{name}-{version}-{arch}",
            "signature": "{url}.asc",
            "signed_by": ["me"],
            "install": {"dir": "vendor/jq"},
        }
    },
}


def faults_of(document: dict[str, Any]) -> list[tuple[str, str]]:
    """Place and message of every fault."""
    try:
        parse_manifest(tomli_w.dumps(document).encode(), "fetchkit.toml")
    except ManifestError as error:
        return [(fault.place, fault.message) for fault in error.faults]
    return []


def with_(path: str, value: object) -> dict[str, Any]:
    """The good manifest, with `value` at the dotted `path`; None removes it."""
    document = copy.deepcopy(GOOD)
    *parents, last = path.split(".")
    table = document
    for name in parents:
        table = table.setdefault(name, {})
    if value is None:
        table.pop(last, None)
    else:
        table[last] = value
    return document


def test_good_manifest_has_no_fault() -> None:
    assert faults_of(GOOD) == []


JQ = "artifacts.jq"


@pytest.mark.parametrize(
    ("path", "value", "place", "message"),
    [
        # whole document
        ("schema", None, "schema", "is missing"),
        ("schema", 2, "schema", "is 2, this fetchkit reads 1"),
        ("schema", "1", "schema", "expected a whole number"),
        ("schema", True, "schema", "expected a whole number"),
        ("name", "../x", "name", "not a name"),
        ("artifacts", {}, "artifacts", "there is no artifact"),
        ("artifcats", {}, "artifcats", "unknown key"),
        ("artifacts.jq", "x", JQ, "expected a table"),
        # names
        ("artifacts.-rf", GOOD["artifacts"]["jq"], "artifacts.-rf", "not a name"),
        ("keys.a/b", {"fingerprints": [PIN]}, 'keys."a/b"', "not a name"),
        # keys
        ("keys.me.fingerprints", None, "keys.me.fingerprints", "is missing"),
        ("keys.me.fingerprints", [], "keys.me.fingerprints", "names no key"),
        ("keys.me.fingerprints", [PIN[:16]], "keys.me.fingerprints[0]", "fingerprint"),
        ("keys.me.fingerprints", [PIN[:39]], "keys.me.fingerprints[0]", "fingerprint"),
        ("keys.me.fingerprints", [PIN + "0"], "keys.me.fingerprints[0]", "fingerprint"),
        ("keys.me.fingerprints", [PIN, 7], "keys.me.fingerprints[1]", "a string"),
        ("keys.me.file", "../x.asc", "keys.me.file", "not the name of a key file"),
        ("keys.me.file", "x.txt", "keys.me.file", "not the name of a key file"),
        ("keys.me.url", "http://example.org/k", "keys.me.url", "plain http"),
        ("keys.me.fingerprint", PIN, "keys.me.fingerprint", "unknown key"),
        ("keys.me.allow_expired", True, "keys.me.allow_expired", "expected a table"),
        (
            "keys.me.allow_expired",
            {"until": "2026-02-30", "reason": "x"},
            "keys.me.allow_expired.until",
            "expected a date",
        ),
        (
            "keys.me.allow_expired",
            {"until": "2026-02-20"},
            "keys.me.allow_expired.reason",
            "is missing",
        ),
        # what and where
        (f"{JQ}.version", None, f"{JQ}.version", "is missing"),
        (f"{JQ}.version", 1.10, f"{JQ}.version", "expected a string"),
        (f"{JQ}.version", "", f"{JQ}.version", "is empty"),
        (f"{JQ}.version", "..", f"{JQ}.version", "not a version"),
        (f"{JQ}.version", "1/2", f"{JQ}.version", "not a version"),
        (f"{JQ}.version", "%2e%2e", f"{JQ}.version", "not a version"),
        (f"{JQ}.version", "1" * 300, f"{JQ}.version", "not a version"),
        (f"{JQ}.url", None, f"{JQ}.url", "is missing"),
        (f"{JQ}.url", "ftp://example.org/x", f"{JQ}.url", "scheme `ftp`"),
        (f"{JQ}.url", "http://example.org/x", f"{JQ}.url", "plain http"),
        (f"{JQ}.url", "https://", f"{JQ}.url", "without a host"),
        (f"{JQ}.url", "https://e.org/{verison}", f"{JQ}.url", "unknown variable"),
        (f"{JQ}.url", "https://e.org/{name", f"{JQ}.url", "without its partner"),
        (f"{JQ}.url", "https://e.org/{url}", f"{JQ}.url", "unknown variable"),
        (f"{JQ}.mirrors", ["https://e.org/{x}"], f"{JQ}.mirrors[0]", "unknown"),
        (f"{JQ}.mirrors", [1], f"{JQ}.mirrors[0]", "expected a string"),
        (f"{JQ}.size", 0, f"{JQ}.size", "at least 1"),
        (f"{JQ}.size", True, f"{JQ}.size", "expected a whole number"),
        (f"{JQ}.size", "12", f"{JQ}.size", "expected a whole number"),
        # trust
        (f"{JQ}.signed_by", None, f"{JQ}.signed_by", "names nobody"),
        (f"{JQ}.signed_by", [], f"{JQ}.signed_by", "names nobody"),
        (f"{JQ}.signed_by", ["you"], f"{JQ}.signed_by[0]", "there is no key"),
        (f"{JQ}.signature", None, f"{JQ}.signed_by", "no `signature`"),
        (f"{JQ}.signers", 0, f"{JQ}.signers", "at least 1"),
        (f"{JQ}.signers", 2, f"{JQ}.signers", "signed_by has 1"),
        (f"{JQ}.trust", "none", f"{JQ}.reason", "is missing"),
        (f"{JQ}.trust", "all", f"{JQ}.trust", 'is "all"'),
        (f"{JQ}.reason", "because", f"{JQ}.reason", "which is not set"),
        (f"{JQ}.sha256", 123, f"{JQ}.sha256", "expected a string"),
        (f"{JQ}.sha256", "a" * 63, f"{JQ}.sha256", "not a sha256"),
        (f"{JQ}.sha256", "a" * 32, f"{JQ}.sha256", "not a sha256"),
        (
            f"{JQ}.sha256",
            "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
            f"{JQ}.sha256",
            "empty file",
        ),
        # values
        (f"{JQ}.vars", {"version": "x"}, f"{JQ}.vars.version", "already taken"),
        (f"{JQ}.vars", {"A": "x"}, f"{JQ}.vars.A", "lower-case"),
        (f"{JQ}.vars", {"a": "../x"}, f"{JQ}.vars.a", "slash"),
        (f"{JQ}.vars", {"a": "x\ny"}, f"{JQ}.vars.a", "control"),
        (f"{JQ}.env", {"bucket": "B"}, f"{JQ}.env.bucket", "overrides nothing"),
        (f"{JQ}.env", {"version": "A;B"}, f"{JQ}.env.version", "not the name of"),
        (f"{JQ}.arch", {"x86_64": "a/b"}, f"{JQ}.arch.amd64", "slash"),
        (f"{JQ}.platforms", {"beos-x": {}}, f"{JQ}.platforms.beos-x", "not a platform"),
        (
            f"{JQ}.platforms",
            {"linux-arm64": {"sha1": "x"}},
            f"{JQ}.platforms.linux-arm64.sha1",
            "unknown key",
        ),
        # installation
        (f"{JQ}.install", None, f"{JQ}.install", "is missing"),
        (f"{JQ}.install.dir", None, f"{JQ}.install.dir", "is missing"),
        (f"{JQ}.install.dir", "../x", f"{JQ}.install.dir", "`..`"),
        (f"{JQ}.install.dir", "/usr", f"{JQ}.install.dir", "absolute"),
        (f"{JQ}.install.dir", "a\\b", f"{JQ}.install.dir", "backslash"),
        (f"{JQ}.install.dir", "a\nb", f"{JQ}.install.dir", "control"),
        (f"{JQ}.install.file", "../x", f"{JQ}.install.file", "`..`"),
        (f"{JQ}.install.links", ["/x"], f"{JQ}.install.links[0]", "absolute"),
        (f"{JQ}.install.links", {"x": "../y"}, f"{JQ}.install.links.x", "`..`"),
        (f"{JQ}.install.path", ["../x"], f"{JQ}.install.path[0]", "`..`"),
        (f"{JQ}.install.path", 3, f"{JQ}.install.path", "expected an array"),
        (f"{JQ}.install.strip", -1, f"{JQ}.install.strip", "at least 0"),
        (f"{JQ}.install.extract", "yes", f"{JQ}.install.extract", "true or false"),
        (f"{JQ}.install.env", {"1A": "x"}, f"{JQ}.install.env.1A", "not the name of"),
        (f"{JQ}.install.env", {"A=B": "x"}, f'{JQ}.install."env.A=B"', "not the name"),
        (f"{JQ}.install.env", {"PATH": "x"}, f"{JQ}.install.env.PATH", "extended"),
        (f"{JQ}.install.env", {"A": "{no}"}, f"{JQ}.install.env.A", "unknown variable"),
        # processes
        (f"{JQ}.process", {"wrap": "a b"}, f"{JQ}.process.wrap", "not a process"),
        (
            f"{JQ}.process",
            {"wrap": "web", "advise": "web"},
            f"{JQ}.process.advise",
            "contradicts",
        ),
    ],
)
def test_fault_is_found_at_its_place(
    path: str, value: object, place: str, message: str
) -> None:
    found = faults_of(with_(path, value))
    places = {where.replace('"', "") for where, _ in found}
    assert place.replace('"', "") in places, found
    assert any(
        message in text
        for where, text in found
        if where.replace('"', "") == place.replace('"', "")
    ), found


@pytest.mark.parametrize(
    "name",
    ["LD_PRELOAD", "LD_LIBRARY_PATH", "BASH_ENV", "ENV", "IFS", "PS4", "PYTHONPATH"],
)
def test_variable_that_runs_code_needs_a_permission(name: str) -> None:
    spec = {"dir": "x", "env": {name: "y"}}
    assert faults_of(with_(f"{JQ}.install", spec)) != []
    assert faults_of(with_(f"{JQ}.install", {**spec, "allow_env": [name]})) == []


def test_every_fault_is_reported_at_once() -> None:
    document = with_(f"{JQ}.size", -1)
    document["artifacts"]["jq"]["version"] = 1.7
    document["keys"]["me"]["fil"] = "x"
    places = [place for place, _ in faults_of(document)]
    assert sorted(places) == [f"{JQ}.size", f"{JQ}.version", "keys.me.fil"]


def test_nearest_key_is_suggested() -> None:
    with pytest.raises(ManifestError) as caught:
        parse_manifest(
            tomli_w.dumps(with_(f"{JQ}.signd_by", ["me"])).encode(), "fetchkit.toml"
        )
    assert caught.value.hint == "Did you mean `signed_by`?"


def test_number_is_told_to_be_quoted() -> None:
    with pytest.raises(ManifestError) as caught:
        parse_manifest(
            tomli_w.dumps(with_(f"{JQ}.version", 1.5)).encode(), "fetchkit.toml"
        )
    assert '"1.5"' in (caught.value.hint or "")


GOOD_BYTES = tomli_w.dumps(GOOD).encode()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"\xef\xbb\xbf" + GOOD_BYTES, "byte order mark", id="BOM"),
        pytest.param("schema = 1".encode("utf-16"), "byte order mark", id="UTF-16"),
        pytest.param(b'a = "\xff"', "not UTF-8 at byte 5", id="not UTF-8"),
        pytest.param(b"<!DOCTYPE html><html>", "web page", id="web page"),
        pytest.param(b"schema = 1\nschema = 1\n", "line 2", id="a key twice"),
        pytest.param(b"[a]\n[a]\n", "not TOML", id="a table twice"),
        pytest.param(b"a = [1,,]", "not TOML", id="two commas"),
        pytest.param(b'{"schema": 1}', "not TOML", id="JSON"),
        pytest.param(b"a = 'x\x00y'", "not TOML", id="NUL"),
        pytest.param(b"a = " + b"[" * 100_000, "not readable", id="100,000 deep"),
        pytest.param(b"a = " + b"1" * 5_000, "not ", id="a number of 5,000 digits"),
        pytest.param(b"#" * (1 << 20) + b"\n", "larger than", id="more than 1 MiB"),
    ],
)
def test_what_is_no_toml_is_one_fault(data: bytes, reason: str) -> None:
    with pytest.raises(ManifestError, match=reason) as caught:
        parse_manifest(data, "fetchkit.toml")
    assert len(caught.value.faults) == 1


def parsed(path: str, value: object) -> Manifest:
    return parse_manifest(tomli_w.dumps(with_(path, value)).encode(), "fetchkit.toml")


@pytest.mark.parametrize(
    "spelling",
    [
        PIN.lower(),
        " ".join(PIN[at : at + 4] for at in range(0, 40, 4)),
        f"0x{PIN}",
    ],
)
def test_usual_spellings_of_a_fingerprint_are_one(spelling: str) -> None:
    manifest = parsed("keys.me.fingerprints", [spelling])
    assert manifest.keys["me"].fingerprints == (PIN,)


@pytest.mark.parametrize(
    "spelling", ["A" * 64, "a" * 64, f"sha256:{'a' * 64}", f" {'a' * 64} "]
)
def test_usual_spellings_of_a_digest_are_one(spelling: str) -> None:
    digest = parsed(f"{JQ}.sha256", spelling).artifacts["jq"].sha256
    assert str(digest) == f"sha256:{'a' * 64}"


@pytest.mark.parametrize(
    ("path", "value", "field", "expected"),
    [
        ("arch", {"x86_64": "x64"}, "arch", {"amd64": "x64"}),
        ("mirrors", "https://e.org/x", "mirrors", ("https://e.org/x",)),
        ("process", {"advise": "web"}, "advise", "web"),
        ("signers", 1, "signers", 1),
    ],
)
def test_field_is_read(path: str, value: object, field: str, expected: object) -> None:
    artifact = parsed(f"{JQ}.{path}", value).artifacts["jq"]
    assert getattr(artifact, field) == expected


@pytest.mark.parametrize(
    ("given", "read"),
    [(True, (".",)), (False, ()), (None, ()), (["bin", "."], ("bin", ".")), ("b", "b")],
)
def test_path_is_yes_or_directories(given: object, read: object) -> None:
    assert parsed(f"{JQ}.install.path", given).artifacts["jq"].install.path == (
        tuple(read) if isinstance(read, tuple) else (read,)
    )
