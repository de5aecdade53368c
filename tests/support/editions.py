"""Edition 1.4 of the first document, made for tests from the catalogue file (edition 1.3).

One advisory is added, one re-worded, one rated anew, one newly fixed, one no longer there.
"""

import copy
import json
from pathlib import Path

EDITION_1_3 = Path(__file__).parents[2] / "fixtures" / "iws-supplement-1.3.json"
DOCUMENT = "iws-deployment-supplement"

ADDED = "IWS-1130415"  # high, every product, every mode, no condition
REWORDED = "IWS-1120394"  # other words in the summary: PATCH
RERATED = "IWS-1120344"  # severity medium, now high: MINOR
FIXED = "IWS-1120349"  # fixed in IWSVA 6.5 Service Pack 3 for all installations: MAJOR
DROPPED = "IWS-1303702"  # not in the file any more


def edition_1_3():
    """The catalogue file as it is."""
    return json.loads(EDITION_1_3.read_text(encoding="utf-8"))


def edition_1_4():
    """The catalogue file of edition 1.4, as the loader reads it."""
    document = copy.deepcopy(edition_1_3())
    document["source"]["revisions"].append(
        {
            "version": "1.4",
            "date": "2026-10-01",
            "note": {"ja": "新しい情報を追加", "en": "New information added"},
        }
    )
    rows = {row["tracking_id"]: row for row in document["advisories"]}
    rows[REWORDED]["summary"] = {
        "ja": "多段に並べたプロキシの間で、許される同時接続数が食い違うことがある。",
        "en": "Proxies in a row can allow different numbers of connections at the same time.",
    }
    rows[RERATED]["severity"] = "high"
    rows[FIXED]["affected"][0] |= {
        "fixed_in": "iwsva-6.5-sp3",
        "fix_scope": "all_installs",
        "fix_kind": "reworked",
        "fix_note": {"ja": "メモリを解放する。", "en": "The memory is released."},
    }
    document["advisories"] = [*(r for r in rows.values() if r["tracking_id"] != DROPPED), _added()]
    return document


def as_bytes(document):
    """A catalogue file as it lies on a disk."""
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _added():
    return {
        "tracking_id": ADDED,
        "position": 33,
        "provenance": {"revision": "1.4", "table": 3, "row": 8},
        "references": [
            {"number": "1130415", "url": "https://success.trendmicro.com/jp/solution/1130415"}
        ],
        "category": "behaviour",
        "topics": ["network"],
        "severity": "high",
        "modes": ["forward-proxy", "icap", "reverse-proxy", "transparent-bridge"],
        "conditions": [],
        "affected": [
            {"product": product, "status": "affected", "basis": "named"}
            for product in ("iwsva", "iwss")
        ],
        "title": {"ja": "IPv6 の名前解決の遅れ", "en": "Slow name resolution with IPv6"},
        "summary": {
            "ja": "IPv6 の応答を待つ間、最初の接続が遅れることがある。",
            "en": "The first connection can be slow while an IPv6 answer is awaited.",
        },
        "action": {
            "ja": "DNS の設定を確認し、Q&A の手順で IPv6 の問い合わせを止める。",
            "en": "Check the DNS settings and turn off IPv6 queries as the Q&A describes.",
        },
    }
