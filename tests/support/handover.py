"""Hand-overs for tests: one fixed time, proofs of the three states."""

from datetime import UTC, datetime

from checklists.handover.tables import EditionLine, Proof, Signature, make_handover

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
CODE = "9F86D-08188-4C7D6-59A2F"
PREPARED = Signature("prepared", "山田 太郎", "株式会社インテグレータ", "2026-11-24T02:30:00Z")
REVIEWED = Signature("reviewed", "井上 美紀", "株式会社インテグレータ", "2026-11-24T03:00:00Z")


def make_proof(state="issued", **changes):
    proof = {
        "draft": {},
        "prepared": {"signatures": (PREPARED,)},
        "issued": {
            "digest": DIGEST,
            "chain_head": "c0ffee" * 10 + "beef",
            "code": CODE,
            "signatures": (PREPARED, REVIEWED),
        },
    }[state]
    issued_at = "2026-11-24T03:00:00Z" if state == "issued" else ""
    history = (EditionLine("1.0", issued_at, "初版", "山田 太郎"),)
    return Proof(**{"state": state, "generated_at": NOW, "history": history, **proof, **changes})


def handover_of(content, language="ja", proof=None, time_zone="Asia/Tokyo", **options):
    proof = proof or make_proof()
    return make_handover(content, language=language, proof=proof, time_zone=time_zone, **options)
