"""RSA and Ed25519 signing in a few lines, so that tests sign without a gpg-agent.

For throw-away test keys only: nothing here runs in constant time.
"""

from __future__ import annotations

import hashlib

_DIGEST_INFO = {
    "MD5": "3020300c06082a864886f70d020505000410",
    "SHA1": "3021300906052b0e03021a05000414",
    "SHA224": "302d300d06096086480165030402040500041c",
    "SHA256": "3031300d060960864801650304020105000420",
    "SHA384": "3041300d060960864801650304020205000430",
    "SHA512": "3051300d060960864801650304020305000440",
}
"""ASN.1 in front of a digest (RFC 8017, 9.2)."""

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_BASE_Y = 4 * pow(5, -1, _P) % _P
_BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202

Point = tuple[int, int, int, int]


def sign_rsa(digest: bytes, name: str, *, d: int, p: int, q: int) -> bytes:
    """PKCS #1 v1.5 (RFC 8017, 8.2.1) over a digest that is already computed."""
    size = ((p * q).bit_length() + 7) // 8
    # Digests without a prefix here are refused before anybody looks at the value.
    info = bytes.fromhex(_DIGEST_INFO.get(name, "")) + digest
    padded = b"\x00\x01" + b"\xff" * (size - len(info) - 3) + b"\x00" + info
    message = int.from_bytes(padded, "big")
    # By the Chinese remainder theorem: four times as fast.
    by_p, by_q = pow(message, d % (p - 1), p), pow(message, d % (q - 1), q)
    return (by_q + q * ((by_p - by_q) * pow(q, -1, p) % p)).to_bytes(size, "big")


def sign_ed25519(message: bytes, seed: bytes) -> bytes:
    """RFC 8032, 5.1.6."""
    expanded = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(expanded[:32], "little") & (1 << 254) - 8 | 1 << 254
    public = _encode(_multiply(scalar))
    nonce = _number(expanded[32:] + message)
    commitment = _encode(_multiply(nonce))
    answer = (nonce + _number(commitment + public + message) * scalar) % _ORDER
    return commitment + answer.to_bytes(32, "little")


def _number(data: bytes) -> int:
    return int.from_bytes(hashlib.sha512(data).digest(), "little") % _ORDER


def _add(p: Point, q: Point) -> Point:
    a = (p[1] - p[0]) * (q[1] - q[0]) % _P
    b = (p[1] + p[0]) * (q[1] + q[0]) % _P
    c = 2 * p[3] * q[3] * _D % _P
    d = 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _multiply(scalar: int) -> Point:
    result, addend = (0, 1, 1, 0), (_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % _P)
    while scalar:
        if scalar & 1:
            result = _add(result, addend)
        addend = _add(addend, addend)
        scalar >>= 1
    return result


def _encode(point: Point) -> bytes:
    inverse = pow(point[2], -1, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")
