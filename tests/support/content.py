"""The content of a checklist as it is digested and signed, made from the catalogue file alone.

The rules here are a rough copy, good enough for realistic hand-overs; no test of them.
"""

import copy
import json
from collections import Counter
from pathlib import Path

CATALOGUE = Path(__file__).parents[2] / "fixtures" / "iws-supplement-1.3.json"
VERDICTS = ("required", "confirm", "fixed", "not_applicable")
SEVERITIES = {"high": 3, "medium": 2, "low": 1}
YES, NO = {"ja": "はい", "en": "Yes"}, {"ja": "いいえ", "en": "No"}
NOT_ANSWERED = {"ja": "未回答", "en": "Not answered"}
OPEN_DECISION = {
    "decision": "open",
    "note": "",
    "before": "",
    "after": "",
    "reason": "",
    "approver": "",
    "waiting_for": "",
    "due": "",
    "agreed_by": "",
    "by": "",
    "at": "",
    "version": 0,
    "returned": False,
    "returned_comment": "",
    "flagged": False,
}
NOTHING = {"ja": "", "en": ""}
ANSWERS = {
    "proxy-chain": "no",
    "downstream-proxy": "no",
    "virtual-machine": "yes",
    "active-directory": "yes",
    "url-lists": "no",
    "snmp": "yes",
}
RECORDED = {"by": "山田 太郎", "at": "2026-11-24T01:32:00Z", "version": 1}
DECISIONS = {
    2: {"decision": "verified", "note": "想定 400 Mbps。上限の調整は不要と確認した。"},
    8: {
        "decision": "pending",
        "waiting_for": "佐藤 花子 様 (仮想基盤担当)",
        "due": "2026-11-27",
        "agreed_by": "鈴木 一郎 様",
        "note": "予約値は移行方針の確定後に決める。",
    },
    9: {"decision": "done", "note": "GPO で全クライアントに配布し、20 台で抜き取り確認。"},
    10: {
        "decision": "done",
        "before": "製品既定の CA",
        "after": "社内 CA 発行の中間 CA (2031/03/31 まで)",
    },
    13: {
        "decision": "risk_accepted",
        "reason": "検査を緩めないことを優先する。",
        "approver": "鈴木 一郎 様",
    },
    15: {
        "decision": "done",
        "before": "有効",
        "after": "無効",
        "note": "自動 URL ブロックを無効化。/etc/iscan/intscan.ini を採取済 (エビデンス No. 15)。",
    },
    30: {"decision": "not_needed", "reason": "FTP 検索は利用しない。サービス停止を確認済。"},
    4: {"decision": "verified", "note": "net.ipv4.tcp_window_scaling = 1"},
}


def make_content(*, decided=True, settled=False, demo=False, modes=True):
    """IWSVA 6.5 SP3 in forward-proxy mode; `settled`: nothing is open."""
    catalogue = json.loads(CATALOGUE.read_text(encoding="utf-8"))
    names = {
        kind: {entry["slug"]: _named(entry) for entry in catalogue[kind]}
        for kind in ("modes", "categories", "topics", "conditions", "fix_kinds")
    }
    items = [_item(advisory, names) for advisory in catalogue["advisories"]]
    for item in items:
        change = DECISIONS.get(item["position"]) if decided else None
        if settled and not change and item["verdict"] in ("required", "confirm"):
            change = {"decision": "done"}
        if change:
            item["decision"].update(RECORDED, **change)
    if decided and not settled:
        _at(items, 19)["decision"].update(
            returned=True, returned_comment="接続先の一覧を添付してください。"
        )
    counts = Counter(item["verdict"] for item in items)
    source, product = catalogue["source"], catalogue["products"][0]
    mode = next(mode for mode in catalogue["modes"] if mode["slug"] == "forward-proxy")
    return {
        "format": 1,
        "checklist": {
            "id": "0d3f6e1c-6a0e-4d0f-9a5b-1f2e3d4c5b6a",
            "host": "proxy01",
            "mode_detail": "WCCP、L4 スイッチ (2 台構成)",
            "customer": "株式会社サンプル商事",
            "project": "Web ゲートウェイ更改",
            "number": "P-2026-118",
            "created_at": "2026-11-20T02:00:00Z",
            "created_by": "山田 太郎",
            "demo": demo,
            "product": {
                "slug": product["slug"],
                "short_name": product["short_name"],
                "name": product["name"],
                "modes_note": NOTHING,
            },
            "release": {
                "slug": "iwsva-6.5-sp3",
                "rank": 20,
                "label": {"ja": "6.5 Service Pack 3", "en": "6.5 Service Pack 3"},
                "in_source": True,
                "end_of_support": None,
                "end_of_support_source": "",
            },
            "mode": {**_named(mode), "note": mode["note"]} if modes else None,
            "installed_with": {
                "slug": "iwsva-6.5-sp3",
                "label": {"ja": "6.5 Service Pack 3", "en": "6.5 Service Pack 3"},
            },
        },
        "catalogue": {
            "documents": [
                {
                    "slug": source["slug"],
                    "publisher": source["publisher"],
                    "title": source["title"],
                    "version": "1.3",
                    "date": "2022-06-22",
                }
            ],
            "check_date": "2026-11-24",
        },
        "edition": {
            "number": "1.0",
            "reason": "初版",
            "opened_by": "山田 太郎",
            "opened_at": "2026-11-20T02:00:00Z",
        },
        "answers": _answers(mode, names["conditions"]),
        "items": items,
        "counts": {verdict: counts[verdict] for verdict in VERDICTS},
        "statement": {
            "ja": "本書の内容は、署名の時点の対象機器の状態を示す。見送り 1 件、実施不要 1 件、"
            "保留 1 件 (うち重要度 高 1 件)、未確認 15 件。",
            "en": "This document states the condition of the box at the time of signing. 1 risk "
            "accepted, 1 not needed, 1 pending (1 of them of severity high), 15 not looked at.",
        },
        "offers": [],
        "evidence": [],
    }


def offer(tracking_id="IWS-1", step="major", **fields):
    """A change of the catalogue that the content does not have."""
    return {
        "tracking_id": tracking_id,
        "step": step,
        "title": {"ja": "題", "en": "Title"},
        "severity": 3,
        "position": 2,
        "held": 1,
        "newest": 3,
        "withdrawn_reason": "",
        "verdict": "fixed",
        "confirmed": step in ("major", "added"),
    } | fields


def many_items(count):
    """The same content with `count` items: the catalogue's, over and over, renumbered."""
    content = make_content()
    source = content["items"]
    content["items"] = []
    for index in range(count):
        item = copy.deepcopy(source[index % len(source)])
        item.update(position=index + 1, tracking_id=f"{item['tracking_id']}-{index + 1}")
        item["decision"]["note"] += f" ({index + 1})"
        content["items"].append(item)
    counts = Counter(item["verdict"] for item in content["items"])
    content["counts"] = {verdict: counts[verdict] for verdict in VERDICTS}
    return content


def _at(items, position):
    return next(item for item in items if item["position"] == position)


def _named(entry):
    return {"slug": entry["slug"], "name": entry["name"]}


def _both(ja, en):
    return {"ja": ja, "en": en}


def _answers(mode, conditions):
    by = {"by": "山田 太郎", "at": "2026-11-20T02:00:00Z", "version": 1}
    answers = [
        {"question": "mode", "text": _both("配置モード", "Deployment mode"), "value": mode["slug"],
         "value_text": mode["name"], **by},
        {"question": "installed_with",
         "text": _both("最初にインストールしたリリース", "First installed with"),
         "value": "iwsva-6.5-sp3", "value_text": _both("6.5 Service Pack 3", "6.5 Service Pack 3"),
         **by},
    ]  # fmt: skip
    for slug, condition in conditions.items():
        value = ANSWERS.get(slug)
        answers.append(
            {
                "question": f"condition:{slug}",
                "text": condition["name"],
                "value": value or "unknown",
                "value_text": {"yes": YES, "no": NO}.get(value, NOT_ANSWERED),
                **(by if value else {"by": "", "at": "", "version": 0}),
            }
        )
    return answers


def _item(advisory, names):
    affected = next(row for row in advisory["affected"] if row["product"] == "iwsva")
    verdict, reason, reason_text = _decide(advisory, affected, names)
    fix = None
    if "fixed_in" in affected:
        fix = {
            "scope": affected["fix_scope"],
            "kind": names["fix_kinds"][affected["fix_kind"]]["name"],
            "note": affected.get("fix_note", NOTHING),
            "fixed_in": _both("6.5 Service Pack 3", "6.5 Service Pack 3"),
        }
    return {
        "position": advisory["position"],
        "tracking_id": advisory["tracking_id"],
        "revision": 1,
        "severity": SEVERITIES[advisory["severity"]],
        "category": names["categories"][advisory["category"]],
        "topics": [names["topics"][slug] for slug in advisory["topics"]],
        **{text: advisory.get(text, NOTHING) for text in ("title", "summary", "action", "check")},
        "impact": NOTHING,
        "basis": NOTHING,
        "phase": NOTHING,
        "acts": NOTHING,
        "references": [
            {
                **{key: value or "" for key, value in reference.items()},
                "product": reference["product"],
                "product_name": (reference["product"] or "").upper(),
            }
            for reference in advisory["references"]
        ],
        "modes": [names["modes"][slug] for slug in advisory["modes"]],
        "conditions": [names["conditions"][slug] for slug in advisory["conditions"]],
        "fix": fix,
        "provenance": {
            "document": "iws-deployment-supplement",
            "version": advisory["provenance"]["revision"],
            "table": advisory["provenance"]["table"],
            "row": advisory["provenance"]["row"],
        },
        "verdict": verdict,
        "reason": reason,
        "reason_text": reason_text,
        "decision": dict(OPEN_DECISION),
    }


def _decide(advisory, affected, names):
    if "forward-proxy" not in advisory["modes"]:
        text = _both("プロキシ転送は該当しない", "Does not concern forward proxy")
        return "not_applicable", "mode", text
    for slug in advisory["conditions"]:
        if ANSWERS.get(slug) == "no":
            name = names["conditions"][slug]["name"]
            text = _both(f"回答: {name['ja']} → いいえ", f"Answered: {name['en']}: No")
            return "not_applicable", "condition", text
    if "fixed_in" in affected:
        text = "IWSVA 6.5 Service Pack 3"
        return "fixed", "fixed", _both(f"{text} で修正済", f"Fixed in {text}")
    if affected["status"] != "affected":
        return "confirm", "unnamed", _both("資料に製品名の記載なし", "The source does not name it")
    for slug in advisory["conditions"]:
        if slug not in ANSWERS:
            name = names["conditions"][slug]["name"]
            text = _both(f"未回答: {name['ja']}", f"Not answered: {name['en']}")
            return "confirm", "condition_open", text
    return "required", "affected", _both("この機器に該当", "Concerns this box")


HOSTILE = {
    "markup": '#read("/etc/passwd") *b* _i_ $x$ <lab> @ref `raw` \\ "q" // c /* d */ = h',
    "html": "<script>alert(1)</script>&amp;",
    "emoji": "✅👨‍👩‍👧 ok 🇯🇵",
    "control": "a\x00b\x07c\x1bd",
    "surrogate": "x\ud800y",
    "right_to_left": "invoice\u202etxt.exe\u200f مرحبا",
    "thai": "สวัสดี",
    "names": "髙橋 﨑 𠮷野家 葛\U000e0100飾 神 ①㈱ が",
    "combining": "Cafe\u0301 か\u3099",
    "long_latin": "W" * 300,
    "long_kana": "ｱｲｳｴｵ" * 60,
    "lines": "1\r\n2\r3\n4\t5\u20286",
    "formula": '=HYPERLINK("http://example.invalid")',
}
LONG_NOTE = "".join(f"{number:04d}番目の文。" for number in range(625))  # over 5,000 characters
LONG_URL = "https://example.com/" + "a1b2c3d4" * 45 + "?q=" + "z" * 17  # 400 characters


def make_hostile():
    """Every free text of the content is one of HOSTILE, one note is 5,000 characters."""
    content = make_content()
    texts = list(HOSTILE.values())
    for index, item in enumerate(content["items"]):
        text = texts[index % len(texts)]
        for key in ("title", "summary", "action", "check", "impact", "phase", "acts"):
            item[key] = {"ja": text, "en": text}
        item["reason_text"] = {"ja": text, "en": text}
        for key in ("note", "before", "after", "reason", "approver", "waiting_for", "by"):
            item["decision"][key] = text
        item["decision"].update(decision="pending", at=RECORDED["at"])
        item["references"][0].update(number=text, url="javascript:alert(1)", successor="")
    content["items"][0]["decision"]["note"] = LONG_NOTE
    content["items"][1]["references"][0].update(number=LONG_URL, url=LONG_URL)
    content["items"][2]["references"][0]["url"] = "https://example.com/日本 \u202e<>\"'{}"
    content["items"][3]["references"][0]["url"] = "https://example.com/" + "x" * 9000
    content["checklist"].update(
        customer="株式会社" + HOSTILE["markup"], host="W" * 120, mode_detail=HOSTILE["emoji"] * 30
    )
    content["answers"][0].update(
        by=HOSTILE["names"], value_text=_both(*[HOSTILE["long_latin"]] * 2)
    )
    return content


def hostile_offers():
    """Changes of the catalogue with HOSTILE titles and reasons."""
    return [
        offer(
            step=("added", "withdrawn", "major")[index % 3],
            title=_both(text, text),
            position=None if index % 3 == 0 else index + 1,
            withdrawn_reason=text if index % 3 == 1 else "",
        )
        for index, text in enumerate(HOSTILE.values())
    ]
