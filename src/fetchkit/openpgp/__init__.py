"""The strict OpenPGP reader in front of the verifier.

Pure, stdlib only, no I/O. Signature and key files come from outside; what is not
exactly a detached signature or exactly one pinned key gets a plain sentence here
and never reaches a verifier, which is handed clean packets only. Reads the parts
of RFC 9580 that takes; verifies no signature.

    octets       a cursor that cannot overrun           armor    text <-> octets
    packets      octets -> packets                      signature, key   one packet
    binding      which signature speaks of which key
    signature_file, key_file, revocation                whole files -> values
    export       a key -> the file that is kept of it
"""

from __future__ import annotations

from fetchkit.openpgp.key_file import (
    CLOCK_TOLERANCE_SECONDS,
    MAX_KEY_BYTES,
    KeyFile,
    KeyPart,
    read_key,
)
from fetchkit.openpgp.revocation import (
    MAX_REVOCATION_BYTES,
    Revocation,
    apply_revocations,
    read_revocations,
)
from fetchkit.openpgp.signature import ACCEPTED_DIGESTS
from fetchkit.openpgp.signature_file import (
    MAX_SIGNATURE_BYTES,
    SignatureFacts,
    SignatureFile,
    read_signatures,
)

__all__ = [
    "ACCEPTED_DIGESTS",
    "CLOCK_TOLERANCE_SECONDS",
    "MAX_KEY_BYTES",
    "MAX_REVOCATION_BYTES",
    "MAX_SIGNATURE_BYTES",
    "KeyFile",
    "KeyPart",
    "Revocation",
    "SignatureFacts",
    "SignatureFile",
    "apply_revocations",
    "read_key",
    "read_revocations",
    "read_signatures",
]
