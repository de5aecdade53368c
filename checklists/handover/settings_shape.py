"""How this house hands over: the shape of content["handover"], frozen with each edition."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

SIGN, SEAL = "sign", "seal"
WESTERN, JAPANESE = "western", "japanese"


@dataclass(frozen=True)
class HandoverSettings:
    """Its fields are the keys of content["handover"], and their defaults hold where one is absent.

    `company` issues the document ("": the preparer's). `logo_sha256` names a PNG or JPEG among the
    stored files (checklists.files). `signature` is SIGN (署名) or SEAL (押印), `calendar` WESTERN
    (西暦) or JAPANESE (和暦, for the Japanese PDF), `classification` a word such as 社外秘.
    `local_notes`: the company's own notes are given to the customer; else `content["items"]` has
    no more of them than version and hash.
    """

    company: str = ""
    logo_sha256: str | None = None
    document_number: str = ""
    signature: str = SIGN
    calendar: str = WESTERN
    classification: str = ""
    local_notes: bool = False


def settings_in(content: Mapping[str, Any]) -> HandoverSettings:
    """The settings frozen in `content`; the defaults where an edition was signed without them."""
    given = content.get("handover") or {}
    known = {field.name for field in fields(HandoverSettings)}
    return HandoverSettings(**{name: given[name] for name in known & given.keys()})
