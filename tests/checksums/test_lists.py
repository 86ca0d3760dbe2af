"""Exactly one line of a checksum file names the file, in any of the usual forms."""

from __future__ import annotations

import hashlib

import pytest

from fetchkit.checksums import MAX_CHECKSUM_BYTES, find_digest
from fetchkit.digest import Digest
from fetchkit.errors import FetchkitError, VerificationError

DIGEST = Digest.of(b"tool")
HEX = DIGEST.hex
OTHER = Digest.of(b"other").hex
SHA512 = hashlib.sha512(b"tool").hexdigest()
MD5 = hashlib.md5(b"tool").hexdigest()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{HEX}  tool.tgz\n", id="GNU"),
        pytest.param(f"{HEX} *tool.tgz\n", id="GNU binary"),
        pytest.param(f"{HEX}\ttool.tgz\n", id="tab"),
        pytest.param(f"{HEX.upper()}  tool.tgz\n", id="upper case"),
        pytest.param(f"SHA256 (tool.tgz) = {HEX}\n", id="BSD"),
        pytest.param(f"SHA256(tool.tgz)= {HEX}\n", id="OpenSSL 1"),
        pytest.param(f"SHA2-256(tool.tgz)= {HEX}\n", id="OpenSSL"),
        pytest.param(f"{HEX}\n", id="bare"),
        pytest.param(HEX, id="bare, no newline"),
        pytest.param(f"{HEX}  tool.tgz\r\n{OTHER}  other.tgz\r\n", id="CRLF"),
        pytest.param(f"\n{OTHER}  other.tgz\n\n{HEX}  tool.tgz", id="last of two"),
        pytest.param(f"{HEX}  ./dist/tool.tgz\n", id="below a directory"),
        pytest.param(f"{OTHER}  tool.tgz.asc\n{HEX}  tool.tgz\n", id="longer name"),
        pytest.param(f"{OTHER}  mytool.tgz\n{HEX}  tool.tgz\n", id="name with a start"),
        pytest.param(
            f"MD5 (tool.tgz) = {MD5}\nSHA256 (tool.tgz) = {HEX}\n", id="two algorithms"
        ),
        pytest.param(f"# sums of today\n{HEX}  tool.tgz\n", id="comment"),
    ],
)
def test_digest_is_found(text: str) -> None:
    assert find_digest(text.encode(), "tool.tgz", subject="SHASUMS") == DIGEST


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("", "no line names `tool.tgz`", id="empty"),
        pytest.param(f"{HEX}  other.tgz\n", "no line names", id="another file"),
        pytest.param(f"{HEX}\n{OTHER}\n", "no line names", id="two bare"),
        pytest.param(f"{HEX} tool.tgz extra\n", "no line names", id="trailing words"),
        pytest.param(
            f"{HEX}  tool.tgz\n{OTHER}  tool.tgz\n", "2 lines name", id="twice"
        ),
        pytest.param(
            f"{HEX}  tool.tgz\n{HEX}  ./tool.tgz\n", "2 lines name", id="twice, alike"
        ),
        pytest.param(
            f"{HEX}  a/tool.tgz\n{OTHER}  b/tool.tgz\n", "2 lines", id="two directories"
        ),
        pytest.param(f"{SHA512}  tool.tgz\n", "sha512", id="SHA-512"),
        pytest.param(f"{MD5}  tool.tgz\n", "md5", id="MD5"),
        pytest.param(MD5, "md5", id="bare MD5"),
        pytest.param(f"SHA512 (tool.tgz) = {SHA512}\n", "no line", id="BSD SHA-512"),
        pytest.param("<html>not found</html>", "no line names", id="web page"),
        pytest.param(
            f"-----BEGIN PGP SIGNED MESSAGE-----\n\n{HEX}  tool.tgz\n",
            "signed message",
            id="signed inside",
        ),
    ],
)
def test_list_that_does_not_decide_is_refused(text: str, words: str) -> None:
    with pytest.raises(FetchkitError, match="SHASUMS") as raised:
        find_digest(text.encode(), "tool.tgz", subject="SHASUMS")
    assert words in raised.value.message


@pytest.mark.parametrize(
    "data",
    [b"\xff\xfe" + HEX.encode("utf-16-le"), b"\0" * (MAX_CHECKSUM_BYTES + 1)],
    ids=["utf-16", "too large"],
)
def test_what_is_no_list_is_refused(data: bytes) -> None:
    with pytest.raises(VerificationError, match="SHASUMS"):
        find_digest(data, "tool.tgz", subject="SHASUMS")
