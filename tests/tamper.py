"""`make tamper`: random single changes to what was recorded and issued; each has to be found.

    python -m tests.tamper [NUMBER] [SEED]

Prints the seed, and found / tried for each kind of change; exit status 1 when one was missed. What
is changed in the database is changed as by somebody who has dropped the triggers.
"""

import hashlib
import io
import logging
import os
import random
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

CHANGES, SEED = 1000, 20261124

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django

    django.setup()

from django.db import transaction  # noqa: E402  (Django is ready only here)
from django.db.models import F  # noqa: E402
from django.utils import timezone  # noqa: E402

from checklists import files  # noqa: E402
from checklists.actions import reopen, return_items, revoke_edition  # noqa: E402
from checklists.bundles import bundle_of_edition  # noqa: E402
from checklists.handover import pades, verify  # noqa: E402
from checklists.models import (  # noqa: E402
    Answer,
    Checklist,
    ChecklistItem,
    Edition,
    Event,
    Evidence,
    Revocation,
    SignOff,
)
from checklists.verification import findings, origins  # noqa: E402
from tests.support.proofs import prove  # noqa: E402
from tests.support.rollouts import Scene, answer, decide, op  # noqa: E402
from tests.support.tampering import unguarded  # noqa: E402


class Stage:
    """An issued edition with its files, revoked; the next one was prepared and returned.

    Settings name a key: its PDF is signed.
    """

    def __init__(self):
        scene = Scene(at="draft")
        decide(scene.checklist, "A-1", "pending", waiting_for="C", due="2026-12-01", by=scene.omar)
        decide(scene.checklist, "A-1", by=scene.omar, version=0, name="conflict")
        answer(scene.checklist, "condition:directory", "yes", by=scene.omar)
        prove(scene.checklist, by=scene.omar)
        self.scene = scene
        self._issue()
        self.id = scene.id
        edition = Edition.objects.get(checklist=scene.id)
        self.issued_seq = Event.objects.get(checklist=scene.id, kind="issued").seq
        self.files = {}
        for file in edition.files:
            self.files.setdefault(file["format"], files.read(file["sha256"]))
        self.hashes = [file["sha256"] for file in edition.files]
        proof = Evidence.objects.get()
        self.proofs = [proof.sha256, proof.thumbnail]
        self.bundle = b"".join(bundle_of_edition(edition).chunks())
        reopen(checklist_id=scene.id, op_id=op("reopen"), reason="again", by=scene.omar)
        decide(scene.checklist, "A-2", "verified", by=scene.omar)
        self._return()
        revoke_edition(edition_id=edition.pk, op_id=op("revoke"), reason="wrong", by=scene.ines)

    def _issue(self):
        from tests.support.rollouts import sign_prepared, sign_reviewed, work_off

        scene = self.scene
        conflict = Event.objects.get(outcome="conflict")
        decide(scene.checklist, "A-1", by=scene.omar, resolves=[conflict.op_id])
        work_off(scene.checklist, scene.omar)
        sign_prepared(scene.checklist, scene.omar)
        sign_reviewed(scene.checklist, scene.ines)

    def _return(self):
        from tests.support.rollouts import seen, sign_prepared

        scene = self.scene
        sign_prepared(scene.checklist, scene.omar, name="prepare the next")
        return_items(
            checklist_id=scene.id,
            op_id=op("return"),
            seen=seen(scene.checklist),
            comments={},
            comment="look again",
            by=scene.ines,
        )

    def wrong(self):
        """Whether the checklist itself is found to be wrong."""
        return bool(findings(Checklist.objects.get(pk=self.id)))


def other_byte(data, at):
    """`data` with one byte replaced, removed or inserted."""
    place, value = at.randrange(len(data)), at.randrange(1, 256)
    match at.choice(("replaced", "replaced", "removed", "inserted")):
        case "replaced":
            return data[:place] + bytes([data[place] ^ value]) + data[place + 1 :]
        case "removed":
            return data[:place] + data[place + 1 :]
    return data[:place] + bytes([value]) + data[place:]


def other_text(text, at):
    """`text` with one letter replaced."""
    place = at.randrange(len(text))
    return text[:place] + at.choice("xyz0 本") + text[place + 1 :]


def other_value(value, at):
    """A JSON value with one leaf changed, or a key more."""
    if isinstance(value, dict) and value:
        key = at.choice(sorted(value))
        return value | {key: other_value(value[key], at)}
    if isinstance(value, list) and value:
        place = at.randrange(len(value))
        return [*value[:place], other_value(value[place], at), *value[place + 1 :]]
    if isinstance(value, dict):
        return {"more": 1}
    if isinstance(value, bool) or value is None:
        return "true"
    return value + 1 if isinstance(value, int) else f"{value}x"


# One function for each kind of change: makes it, and says whether it was found.


def event_edited(stage, at):
    event = at.choice(list(Event.objects.filter(checklist=stage.id)))
    column = at.choice(
        (
            *("kind", "payload", "effect", "actor_name", "actor_id", "outcome", "base_version"),
            *("op_id", "item_id", "recorded_at", "client_at", "prev_hash", "hash"),
        )
    )
    present = getattr(event, column)
    value = {
        "kind": at.choice([kind for kind in Event.Kind.values if kind != present]),
        "outcome": at.choice([o for o in Event.Outcome.values if o != present]),
        "payload": other_value(present, at) if column == "payload" else None,
        "effect": other_value(present, at) if column == "effect" else None,
        "actor_name": f"{present}x",
        "base_version": 1 if present is None else None,
        "op_id": op(f"forged {at.random()}"),
        "item_id": None if present else ChecklistItem.objects.first().pk,
        "recorded_at": Event.objects.order_by("seq").last().recorded_at.replace(year=2030),
        "client_at": event.recorded_at,
        "prev_hash": "f" * 64,
        "hash": "f" * 64,
        "actor_id": None,
    }[column]
    Event.objects.filter(pk=event.pk).update(**{column: value})
    return stage.wrong()


def event_deleted(stage, at):
    events = Event.objects.filter(checklist=stage.id)
    events.filter(seq=at.randint(1, events.count())).delete()
    return stage.wrong()


def events_reordered(stage, at):
    events = Event.objects.filter(checklist=stage.id)
    first, second = at.sample(range(1, events.count() + 1), 2)
    for old, new in ((first, 0), (second, first), (0, second)):
        events.filter(seq=old).update(seq=new)
    return stage.wrong()


def tail_cut(stage, at):
    events = Event.objects.filter(checklist=stage.id)
    events.filter(seq__gt=at.randint(0, events.count() - 1)).delete()
    return stage.wrong()


def tail_cut_with_its_counters(stage, at):
    """By somebody careful. What issued files do not print yet (the draft after them) has only the
    counters to show it: see docs/operation.md."""
    last = at.randint(1, stage.issued_seq - 1)
    events = Event.objects.filter(checklist=stage.id)
    events.filter(seq__gt=last).delete()
    head = events.get(seq=last).hash
    Checklist.objects.filter(pk=stage.id).update(last_seq=last, head=head)
    return stage.wrong()


def item_edited(stage, at):
    item = at.choice(list(ChecklistItem.objects.filter(checklist=stage.id)))
    changes = (
        {"note": f"{item.note}x"},
        {"decided_by": f"{item.decided_by}x"},
        {"decision": at.choice([d for d in ("open", "done", "pending") if d != item.decision])},
        {"version": F("version") + 1},
        {"content": other_value(item.content, at)},
        {"facts": other_value(item.facts, at)},
        {"severity": None},
        {"revision": F("revision") + 1},
        {"returned": True},
    )
    ChecklistItem.objects.filter(pk=item.pk).update(**at.choice(changes))
    return stage.wrong()


def answer_edited(stage, at):
    row = at.choice(list(Answer.objects.filter(checklist=stage.id)))
    changes = ({"value": f"{row.value}x"}, {"version": F("version") + 1}, {"answered_by": "x"})
    Answer.objects.filter(pk=row.pk).update(**at.choice(changes))
    return stage.wrong()


def content_edited(stage, at):
    """The content of an issued edition; half of the time by somebody who mends the digest, too."""
    edition = Edition.objects.get(checklist=stage.id, minor=0)
    text = other_text(edition.content, at)
    while text == edition.content:
        text = other_text(edition.content, at)
    digest = hashlib.sha256(text.encode()).hexdigest() if at.random() < 0.5 else edition.digest
    Edition.objects.filter(pk=edition.pk).update(content=text, digest=digest)
    return stage.wrong()


def edition_edited(stage, at):
    """Who opened it and why; the content has a kind of its own."""
    edition = at.choice(list(Edition.objects.filter(checklist=stage.id)))
    changes = (
        {"reason": f"{edition.reason}x"},
        {"opened_by": f"{edition.opened_by}x"},
        {"opened_at": timezone.now()},
        {"opened_seq": F("opened_seq") + 1},
    )
    Edition.objects.filter(pk=edition.pk).update(**at.choice(changes))
    return stage.wrong()


def evidence_edited(stage, at):
    """The row of a file, or no row any more."""
    rows = Evidence.objects.filter(item__checklist=stage.id)
    changes = ({"sha256": "f" * 64}, {"name": "other.png"}, {"added_by": "x"}, {"size": 1})
    _change(rows, at.choice([*changes, None]))
    return stage.wrong()


def byte_of_evidence(stage, at):
    return byte_of_a_stored_file(stage, at, stage.proofs)


def revocation_edited(stage, at):
    """A column, or the whole row gone."""
    rows = Revocation.objects.filter(edition__checklist=stage.id)
    changes = ({"reason": "x"}, {"revoked_by": "x"}, {"revoked_at": timezone.now()}, None)
    _change(rows, at.choice(changes))
    return stage.wrong()


def signature_edited(stage, at):
    """A column of a signature, live or taken back, or the whole row gone."""
    row = at.choice(list(SignOff.objects.filter(edition__checklist=stage.id)))
    back = {"revoked_at": None, "revoked_by": "", "revoke_reason": ""}
    revoked = {"revoked_at": timezone.now(), "revoked_by": "x"}
    changes = (
        {"kind": at.choice([kind for kind in ("accepted", "declined") if kind != row.kind])},
        {"signer": None},
        {"name": f"{row.name}x"},
        {"company": f"{row.company}x"},
        {"statement": other_value(row.statement, at)},
        {"digest": "f" * 64},
        {"chain_head": "f" * 64},
        {"signed_at": timezone.now()},
        {"self_review": True},
        {"revoke_reason": f"{row.revoke_reason}x"},
        back if row.revoked_at else revoked,
        None,
    )
    _change(SignOff.objects.filter(pk=row.pk), at.choice(changes))
    return stage.wrong()


def _change(rows, changes):
    """`changes` None: the rows go."""
    if changes is None:
        rows.delete()
    else:
        rows.update(**changes)


def byte_of_a_stored_file(stage, at, hashes=()):
    path = files.path_of(at.choice(hashes or stage.hashes))
    data = path.read_bytes()
    path.write_bytes(other_byte(data, at))
    try:
        return stage.wrong()
    finally:
        path.write_bytes(data)


def byte_of_a_file(extension):
    """In a copy that was handed out, against the hashes that the portal keeps."""

    def change(stage, at):
        return not origins(hashlib.sha256(other_byte(stage.files[extension], at)).hexdigest())

    return change


def byte_of_json_offline(stage, at):
    data = other_byte(stage.files["json"], at)
    return not all(finding.holds for finding in verify.check_json(data, "x.json"))


def byte_of_a_signed_pdf_offline(stage, at):
    return pades.signature_holds(other_byte(stage.files["pdf"], at)) is not True


def byte_of_the_bundle_offline(stage, at):
    with io.BytesIO(other_byte(stage.bundle, at)) as file:
        try:
            return not all(f.holds for f in verify.check_bundle(verify.zip_parts(file)))
        except verify.Broken:
            return True


def byte_in_the_unpacked_bundle_offline(stage, at):
    with io.BytesIO(stage.bundle) as file:
        parts = verify.zip_parts(file)
        unpacked = {name: parts.read(name) for name in parts.names}
    name = at.choice(sorted(unpacked))
    unpacked[name] = other_byte(unpacked[name], at)
    changed = verify.Parts(list(unpacked), unpacked.__getitem__)
    return not all(finding.holds for finding in verify.check_bundle(changed))


KINDS = {
    "event row edited": event_edited,
    "event row deleted": event_deleted,
    "event rows re-ordered": events_reordered,
    "tail of the chain cut": tail_cut,
    "the same, counters mended": tail_cut_with_its_counters,
    "item row edited": item_edited,
    "answer row edited": answer_edited,
    "content of an issued edition": content_edited,
    "edition row edited": edition_edited,
    "revocation row edited": revocation_edited,
    "signature row edited": signature_edited,
    "evidence row edited": evidence_edited,
    "byte of evidence": byte_of_evidence,
    "byte of a stored file": byte_of_a_stored_file,
    "byte of a PDF": byte_of_a_file("pdf"),
    "byte of a CSV": byte_of_a_file("csv"),
    "byte of an XLSX": byte_of_a_file("xlsx"),
    "byte of a JSON": byte_of_a_file("json"),
    "byte of a JSON, offline": byte_of_json_offline,
    "byte of a signed PDF, offline": byte_of_a_signed_pdf_offline,
    "byte of a bundle, offline": byte_of_the_bundle_offline,
    "byte in an unpacked bundle, offline": byte_in_the_unpacked_bundle_offline,
}


def run(stage, changes, seed):
    """{kind: (found, tried)}; every kind in turn, each change undone before the next."""
    at, found, tried = random.Random(seed), Counter(), Counter()
    assert not stage.wrong(), findings(Checklist.objects.get(pk=stage.id))
    with transaction.atomic(), unguarded():
        for number in range(changes):
            kind = list(KINDS)[number % len(KINDS)]
            before = transaction.savepoint()
            tried[kind] += 1
            found[kind] += KINDS[kind](stage, at)
            transaction.savepoint_rollback(before)
    return {kind: (found[kind], tried[kind]) for kind in KINDS}


def table(result):
    lines = [f"{kind:<38} {found:>4} / {tried}" for kind, (found, tried) in result.items()]
    found, tried = (sum(numbers) for numbers in zip(*result.values(), strict=True))
    return "\n".join([f"{'':<38} found / tried", *lines, f"{'all':<38} {found:>4} / {tried}"])


def main(arguments):
    from django.test.runner import DiscoverRunner
    from django.test.utils import override_settings

    from tests.support.keys import write_pkcs12

    logging.disable(logging.WARNING)  # what pyhanko thinks of a damaged PDF
    changes = int(arguments[0]) if arguments else CHANGES
    seed = int(arguments[1]) if len(arguments) > 1 else SEED
    print(f"seed {seed}, {changes} changes", flush=True)
    runner = DiscoverRunner(verbosity=0)
    databases = runner.setup_databases()
    try:
        with TemporaryDirectory() as folder:
            key_file = write_pkcs12(Path(folder) / "key.p12")
            with override_settings(SIGNING_KEY_FILE=key_file, SIGNING_KEY_PASSWORD=""):
                result = run(Stage(), changes, seed)
    finally:
        runner.teardown_databases(databases)
    print(table(result))
    return int(any(found < tried for found, tried in result.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
