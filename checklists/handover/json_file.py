"""The hand-over as JSON: the exact content that was signed, and all that proves it.

Its shape is published as docs/schema/checklist-1.json; a change that a reader of version 1 would
not understand gets another number.
"""

from collections.abc import Mapping
from typing import Any

from . import verify
from .parts import Proof

SCHEMA = "urn:deployment-advisories:checklist:1"
FORMAT = 1


def write_json(content: Mapping[str, Any], proof: Proof) -> bytes:
    """One file for both languages; the same bytes for the same input.

    "digest" is the SHA-256 of the canonical JSON of "content", null while nobody has signed;
    "checksum" that of everything else in the file. verify.py checks both without the portal.
    """
    said = {
        "$schema": SCHEMA,
        "format": FORMAT,
        "state": proof.state,
        "generated_at": proof.generated_at.isoformat(),
        "demo": bool(content["checklist"]["demo"] or proof.demo),
        "content": content,
        "digest": proof.digest or None,
        "code": proof.code or None,
        "chain_head": proof.chain_head or None,
        "verification_page": proof.public_url or None,
        "certificate": proof.certificate or None,
        "signatures": [vars(signature) for signature in proof.signatures],
        "history": [vars(edition) for edition in proof.history],
    }
    return verify.printed(said | {"checksum": verify.digest(said)})
