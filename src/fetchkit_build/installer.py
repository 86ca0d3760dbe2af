"""The pyz -> one script that carries it: get-fetchkit.py."""

from __future__ import annotations

import base64
import hashlib
import os
import textwrap

_PROGRAM = os.path.join(os.path.dirname(__file__), "payload", "get_fetchkit.py")


def render_installer(pyz: bytes) -> bytes:
    """A script that runs `pyz` with its own arguments, and nothing if it is cut.

    Everything stands in one ``try`` statement whose last line makes the call: any
    beginning of the text, down to its first letter, is a syntax error or an undefined
    name, and Python runs no statement it has not seen the end of. That is also why
    there is no ``#!`` line, and why the call is in parentheses: ``main`` alone would
    be a program that ends well. The payload is in base 64: Python decodes it thirty
    times faster than base 85, which would be a fifteenth shorter.
    """
    with open(_PROGRAM, encoding="utf-8") as file:
        program = textwrap.indent(file.read(), "    ")
    lines = base64.encodebytes(pyz).decode("ascii")
    return (
        f"try:\n{program}\n"
        f'    SHA256 = "{hashlib.sha256(pyz).hexdigest()}"\n'
        f'    PAYLOAD = """\n{lines}"""\n'
        "finally:\n"
        "    (main(PAYLOAD, SHA256))\n"
    ).encode("ascii")
