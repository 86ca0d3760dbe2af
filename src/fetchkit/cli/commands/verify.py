"""Check a file's signature, or that an installation is as it was installed.

Exits 0 only if everything holds; 31: other bytes, 32: bad signature, 33: another
key, 34: expired or revoked, 35: no signature.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from fetchkit.cli.columns import facts, moment
from fetchkit.digest import Digest
from fetchkit.errors import DigestMismatchError, UsageError
from fetchkit.paths import printable

if TYPE_CHECKING:
    import argparse

    from fetchkit.audit import Difference
    from fetchkit.cli.session import Session
    from fetchkit.detached import Proof

EXAMPLES = """\
  fetchkit verify tool --signature tool.asc --key key.asc --fingerprint BC09…7383
  fetchkit verify tool --sha256 9f86d081884c7d659a2feaa0c55ad015…
  fetchkit verify --installed ./vendor
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument("file", metavar="FILE", nargs="?", help="the file to check")
    parser.add_argument("--signature", metavar="S", help="its detached signature")
    parser.add_argument("--key", metavar="K", help="the public key, as a file")
    parser.add_argument(
        "--fingerprint", metavar="F", help="full fingerprint the key has to have"
    )
    parser.add_argument("--sha256", metavar="D", help="digest the file has to have")
    parser.add_argument(
        "--installed", metavar="DIR", help="check everything installed below DIR"
    )


def run(args: argparse.Namespace, session: Session) -> int:
    """Check, and say what was found."""
    if args.installed is not None:
        if args.file is not None:
            raise UsageError(
                "a FILE and --installed cannot be checked in one call",
                hint="fetchkit verify --installed DIR",
            )
        return _check_installed(args.installed, session)
    if args.file is None:
        raise UsageError(
            "neither a FILE nor --installed was given", hint="fetchkit verify --help"
        )
    return _check_file(args, session)


def _check_file(args: argparse.Namespace, session: Session) -> int:
    from fetchkit.detached import Claim, prove
    from fetchkit.gpg import find_verifier
    from fetchkit.wiring import work_dir

    claim = Claim(
        signature=args.signature,
        key=args.key,
        fingerprint=args.fingerprint,
        sha256=Digest.parse(args.sha256) if args.sha256 else None,
    )
    proof = prove(
        args.file,
        claim,
        find_verifier=lambda: find_verifier(session.settings.path),
        work_dir=work_dir(session.settings),
        clock=time.time,
    )
    if proof.signers and not proof.is_pinned:
        session.talk.warning(
            f"the key was not pinned: compare {proof.signers[0].primary} with what the "
            "publisher announces, or the signature proves nothing"
        )
    document = {
        "file": proof.path,
        "size": proof.size,
        "digest": str(proof.digest),
        "digest_matches": True if args.sha256 else None,
        "signers": [
            {
                "primary": signer.primary,
                "fingerprint": signer.fingerprint,
                "signed_at": signer.signed_at,
            }
            for signer in proof.signers
        ],
        "user_ids": list(proof.user_ids),
        "pinned": proof.is_pinned,
        "expires_at": proof.expires_at,
    }
    session.emit(document, _as_lines(proof))
    return 0


def _as_lines(proof: Proof) -> list[str]:
    signers = [
        pair
        for signer in proof.signers
        for pair in (
            ("signed by", signer.primary),
            ("subkey", signer.fingerprint),
            ("on", moment(signer.signed_at)),
        )
        if pair != ("subkey", signer.primary)
    ]
    return facts(
        f"{printable(proof.path)}: good",
        [
            ("digest", str(proof.digest)),
            *signers,
            *(("user id", printable(user_id)) for user_id in proof.user_ids),
            ("expires", moment(proof.expires_at) if proof.expires_at else None),
        ],
    )


def _check_installed(root: str, session: Session) -> int:
    from fetchkit.audit import compare, find_receipts

    receipts = find_receipts(root)
    differences = compare(root, receipts)
    checked = sum(len(receipt.entries) for receipt in receipts)
    document = {
        "root": os.path.abspath(root),
        "manifests": [receipt.owner for receipt in receipts],
        "checked": checked,
        "intact": not differences,
        "differences": [
            {"path": each.path, "state": each.state, "detail": each.detail or None}
            for each in differences
        ],
    }
    session.emit(document, [_as_line(each) for each in differences])
    if differences:
        session.talk.warning(
            f"{printable(root)}: {len(differences)} of {checked} are not as installed"
        )
        return DigestMismatchError.exit_code
    session.talk.step(f"{checked} files, links and directories are as installed")
    return 0


def _as_line(difference: Difference) -> str:
    detail = f": {difference.detail}" if difference.detail else ""
    return f"{difference.state:<8} {printable(difference.path)[1:-1]}{detail}"
