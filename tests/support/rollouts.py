"""A small catalogue and the cast, up to any state of a checklist: for tests of what follows.

The box is an "appliance" with release 2, installed with an older one; it has an item of every
verdict: A-1 required (high), A-2 required (medium), A-3 confirm (its condition is not answered),
A-4 fixed in release 2 (verify only), A-5 not applicable (another mode).
"""

from datetime import date
from uuid import UUID, uuid5

from django.contrib.auth.models import Group

from advisories.models import (
    Advisory,
    AffectedProduct,
    Category,
    Condition,
    DocumentRevision,
    Mode,
    Product,
    Release,
    SourceDocument,
)
from checklists.actions import (
    create_checklist,
    create_rollout,
    issue,
    prepare,
    record,
    rendering,
)
from checklists.chain import digest
from checklists.content import content_of
from checklists.models import Event
from portal.models import User
from portal.roles import Role

NAMESPACE = UUID("6a0f8a6e-5f9c-4a53-9a55-1f6a3c1d7b10")
PASSWORD = "correct horse battery staple"


def op(name):
    """The same UUID for the same name: operations of tests are not random."""
    return uuid5(NAMESPACE, str(name))


def person(username, *roles, display_name="", **fields):
    user = User.objects.create_user(
        username, password=PASSWORD, display_name=display_name or username.title(), **fields
    )
    user.groups.set(Group.objects.filter(name__in=[role.value for role in roles]))
    return user


def omar():
    return person("omar", Role.ENGINEER, display_name="Omar 大森", company="Integrator KK")


def ines():
    return person("ines", Role.REVIEWER, display_name="Ines 稲", company="Integrator KK")


def catalogue():
    """A product "appliance" with two releases and two modes, and five advisories on it."""
    document = SourceDocument.objects.create(
        slug="supplement", publisher="Vendor", title_ja="補足", title_en="Supplement"
    )
    revision = DocumentRevision.objects.create(
        document=document, version="1.0", date=date(2026, 1, 5)
    )
    product = Product.objects.create(slug="appliance", short_name="APP", name="Appliance")
    document.products.add(product)
    old, new = (
        Release.objects.create(
            slug=f"appliance-{n}", product=product, rank=n, label_ja=f"{n}.0", label_en=f"{n}.0"
        )
        for n in (1, 2)
    )
    proxy, bridge = (
        Mode.objects.create(slug=slug, name_ja=ja, name_en=en)
        for slug, ja, en in (("proxy", "プロキシ", "Proxy"), ("bridge", "ブリッジ", "Bridge"))
    )
    product.modes.set([proxy, bridge])
    category = Category.objects.create(slug="tuning", name_ja="調整", name_en="Tuning")
    directory = Condition.objects.create(
        slug="directory", name_ja="AD を使う", name_en="A directory is used"
    )
    for position, severity in enumerate((3, 2, 1, 2, 1), start=1):
        advisory = Advisory.objects.create(
            document=document,
            tracking_id=f"A-{position}",
            position=position,
            state="published",
            revision=1,
            title_ja=f"注意 {position}",
            title_en=f"Advisory {position}",
            summary_ja="概要",
            summary_en="Summary",
            action_ja="対応",
            action_en="Action",
            category=category,
            severity=severity,
            source_revision=revision,
            source_table=1,
            source_row=position,
        )
        AffectedProduct.objects.create(
            advisory=advisory,
            product=product,
            **({"fixed_in": new, "fix_scope": "all_installs"} if position == 4 else {}),
        )
        if position == 3:
            advisory.conditions.add(directory)
        if position == 5:
            advisory.modes.add(bridge)
    return old, new


def make_rollout(by, *members, name="rollout"):
    return create_rollout(
        id=op(name), customer="顧客株式会社", project="更改", number="P-1", members=members, by=by
    )


def make_checklist(rollout, by, *, name="checklist", **changes):
    box = {
        "host": "proxy-01",
        "release": "appliance-2",
        "mode": "proxy",
        "installed_with": "appliance-1",
    }
    return create_checklist(id=op(name), rollout=rollout, by=by, **(box | changes))


def decide(
    checklist, tracking_id, decision="done", *, by, name="", version=None, resolves=(), **fields
):
    """Record a decision on the present version, or on `version`."""
    item = checklist.items.get(tracking_id=tracking_id)
    return record(
        checklist_id=checklist.pk,
        op_id=op(name or (item.pk, item.version, version, decision, resolves, fields)),
        kind=Event.Kind.DECISION,
        payload={
            "item": tracking_id,
            "decision": {"decision": decision, **fields},
            "resolves": [str(op_id) for op_id in resolves],
        },
        base_version=item.version if version is None else version,
        by=by,
    )


def answer(checklist, question, value, *, by, name="", version=None, resolves=()):
    row = checklist.answers.get(question=question)
    return record(
        checklist_id=checklist.pk,
        op_id=op(name or f"{checklist.pk} {question} {row.version} {value} {version} {resolves}"),
        kind=Event.Kind.ANSWER,
        payload={"question": question, "value": value, "resolves": [str(o) for o in resolves]},
        base_version=row.version if version is None else version,
        by=by,
    )


def work_off(checklist, by):
    """Decide everything that *prepared* asks for."""
    for tracking_id in ("A-1", "A-2", "A-3"):
        decide(checklist, tracking_id, by=by, note="設定した", before="off", after="on")
    decide(checklist, "A-4", "verified", by=by)


def open_edition(checklist):
    return checklist.editions.get(issued_at__isnull=True)


def seen(checklist):
    """The digest that a page shown now would carry."""
    checklist.refresh_from_db()
    return digest(content_of(checklist, open_edition(checklist)))


def sign_prepared(checklist, by, name="prepare"):
    return prepare(checklist_id=checklist.pk, op_id=op(name), seen=seen(checklist), by=by)


def sign_reviewed(checklist, by, name="issue"):
    return issue(checklist_id=checklist.pk, op_id=op(name), seen=seen(checklist), by=by)


def another_box(scene, host, *, issued=True):
    """A box of the scene's rollout, issued unless told otherwise."""
    box = make_checklist(scene.rollout, scene.omar, name=host, host=host)
    if issued:
        work_off(box, scene.omar)
        sign_prepared(box, scene.omar, name=f"prepare {host}")
        sign_reviewed(box, scene.ines, name=f"issue {host}")
    return box


def quick_pdf(monkeypatch):
    """For tests that issue and do not look into the PDF: some bytes that name the edition."""
    _quick(monkeypatch, "pdf", "%PDF-1.7")


def quick_files(monkeypatch):
    """As `quick_pdf`, and for tests that do not look into the XLSX either."""
    quick_pdf(monkeypatch)
    _quick(monkeypatch, "xlsx", "PK")


def _quick(monkeypatch, extension, begins):
    monkeypatch.setitem(
        rendering.WRITERS, extension, lambda handover: f"{begins} {handover.common}\n".encode()
    )


class Scene:
    """Omar's rollout with one checklist, and Ines who reviews; `at` says how far it has come:
    draft, worked, prepared or issued."""

    def __init__(self, at="draft"):
        catalogue()
        self.omar, self.ines = omar(), ines()
        self.rollout = make_rollout(self.omar, self.ines)
        self.checklist = make_checklist(self.rollout, self.omar)
        steps = ("draft", "worked", "prepared", "issued").index(at)
        if steps >= 1:
            work_off(self.checklist, self.omar)
        if steps >= 2:
            sign_prepared(self.checklist, self.omar)
        if steps >= 3:
            self.edition = sign_reviewed(self.checklist, self.ines)
        self.checklist.refresh_from_db()

    @property
    def id(self):
        return self.checklist.pk

    def item(self, tracking_id):
        return self.checklist.items.get(tracking_id=tracking_id)

    def events(self, kind):
        return list(self.checklist.events.filter(kind=kind))
