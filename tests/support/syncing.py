"""Operations as a device sends them, and the endpoint that takes them."""

import json

from tests.support.pages import client_of, url
from tests.support.rollouts import op

DEVICE = "0d0f1a1c-32a4-4b53-8a53-0b6a3c1d7b11"


def operation(name, tracking_id="A-1", decision="done", *, version=0, **parts):
    """A decision as it stands in an outbox; `parts` change or add fields of the operation."""
    fields = {key: parts.pop(key) for key in ("note", "reason") if key in parts}
    return {
        "schema": 1,
        "op_id": str(op(name)),
        "kind": "decision",
        "payload": {"item": tracking_id, "decision": {"decision": decision, **fields}},
        "base_version": version,
    } | parts


def answering(name, question="condition:directory", value="no", *, version=0, **parts):
    payload = {"question": question, "value": value}
    sent = {"schema": 1, "op_id": str(op(name)), "kind": "answer", "payload": payload}
    return sent | {"base_version": version} | parts


def send(client, scene, *operations, **parts):
    """The response to these operations."""
    body = {"device": DEVICE, "unsent": len(operations), "operations": list(operations)} | parts
    return client.post(
        url("sync", scene), json.dumps(body), "application/json", headers={"Accept": "*/*"}
    )


def outcomes(response):
    return [answer["outcome"] for answer in response.json()["answers"]]


__all__ = ["DEVICE", "answering", "client_of", "op", "operation", "outcomes", "send", "url"]
