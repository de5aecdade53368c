"""The checklist's page: what stands on it, in which order, for whom, in both languages."""

import re
from datetime import date

import pytest

from advisories.applicability import Status
from advisories.models import (
    Advisory,
    AffectedProduct,
    Category,
    Condition,
    DocumentRevision,
    Mode,
    Product,
    Reference,
    Release,
    SourceDocument,
    Topic,
)
from checklists.actions import discard, return_items
from portal.models import User
from portal.roles import Role
from tests.support.pages import client_of, text_of, url
from tests.support.rollouts import (
    Scene,
    decide,
    make_checklist,
    make_rollout,
    op,
    person,
    quick_pdf,
    sign_prepared,
)

pytestmark = pytest.mark.django_db


DIRECTORY = "condition:directory"


@pytest.fixture(autouse=True)
def no_real_pdf(monkeypatch):
    quick_pdf(monkeypatch)


@pytest.fixture
def scene():
    return Scene()


def shown(scene, by=None, *, language="en", **query):
    """The page as `by` (Omar unless said) sees it."""
    client = client_of(by or scene.omar, language=language)
    return client.get(url("checklist_detail", scene), query)


def html(response):
    return response.content.decode()


def main(response):
    """The page's own part, without the bar."""
    return html(response).split("<main", 1)[1]


def another(scene, **box):
    """The scene with a new checklist, made from the catalogue as it is now."""
    scene.checklist = make_checklist(scene.rollout, scene.omar, name="another", **box)
    return scene


def item(response, position):
    """One item of the list, as HTML."""
    rows = html(response).split('<li class="item')[1:]
    row = next(row for row in rows if f' id="item-{position}"' in row[:80])
    return '<li class="item' + row.split("</ol>")[0]


def words(markup):
    return " ".join(re.sub(r"<[^>]+>", " ", markup).split())


def positions(response):
    """The numbers of the items, from top to bottom."""
    return [int(n) for n in re.findall(r'<li class="item[^"]*" id="item-(\d+)"', html(response))]


def sections(response):
    """(title, count) of each part of the list, from top to bottom."""
    found = re.findall(r'<section class="group .*?<h2[^>]*>(.*?)</h2>', html(response), re.S)
    return [words(heading) for heading in found]


def sum_of(response):
    return words(re.search(r'<p class="sum">.*?</p>', html(response), re.S)[0])


def progress(response):
    return words(re.search(r'<div class="progress">.*?</div></div>', html(response), re.S)[0])


def facts(response):
    return words(re.search(r'<p class="facts">.*?</p>', html(response), re.S)[0])


def returned(scene, comment="", **comments):
    sign_prepared(scene.checklist, scene.omar)
    return_items(
        checklist_id=scene.id,
        op_id=op("return"),
        comments={name.replace("_", "-"): text for name, text in comments.items()},
        comment=comment,
        by=scene.ines,
    )


def reader_of(scene):
    vic = person("vic", Role.READER)
    scene.rollout.members.add(vic)
    return vic


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "en",
            [
                "Tuning 0 of 3 decided",
                "Fixed, verify only 0 of 1 decided",
                "Not applicable 1 item",
            ],
        ),
        (
            "ja",
            ["調整 3 件中 0 件判断済み", "修正済 (確認のみ) 1 件中 0 件判断済み", "対象外 1 件"],
        ),
    ],
)
def test_what_has_to_be_decided_comes_first_then_fixed_then_not_applicable(
    scene, language, expected
):
    page = shown(scene, language=language)

    assert sections(page) == expected
    assert positions(page) == [1, 2, 3, 4, 5]


def test_several_items_are_counted_in_the_plural(scene):
    Advisory.objects.get(tracking_id="A-4").modes.add(Mode.objects.get(slug="bridge"))

    assert sections(shown(another(scene)))[-1] == "Not applicable 2 items"


def test_the_mode_stands_in_the_head_with_its_note_and_the_products(scene):
    Mode.objects.filter(slug="proxy").update(note_ja="推定", note_en="Inferred: with WCCP")
    Product.objects.update(modes_note_ja="注記", modes_note_en="Bridge is inferred")

    page = shown(another(scene, mode_detail="L4 switch"))

    assert "Deployment mode: Proxy / L4 switch" in facts(page)
    assert '<p class="soft">Inferred: with WCCP</p>' in html(page)
    assert '<p class="soft">Bridge is inferred</p>' in html(page)


def test_a_mode_that_is_not_known_is_said_to_be_the_mode(scene):
    assert "Deployment mode: Not known" in facts(shown(another(scene, mode="unknown")))


def test_who_cannot_answer_is_not_asked_to(scene):
    page = text_of(shown(scene, scene.ines))

    assert "Questions without an answer" in page
    assert "Answer these first" not in page


def link(scene, **fields):
    """The link of item 1 with this reference, as HTML."""
    product = fields.pop("product", None)
    Reference.objects.create(
        advisory=Advisory.objects.get(tracking_id="A-1"), product=product, **fields
    )
    row = item(shown(another(scene)), 1)
    return re.search(r'<p class="links">(.*?)</p>', row)[1]


def successor(scene):
    """A new checklist of the same box; the one before is worked off."""
    decide(
        scene.checklist,
        "A-1",
        "risk_accepted",
        by=scene.omar,
        note="a\nb",
        reason="old",
        approver="Boss",
    )
    decide(scene.checklist, "A-4", "verified", by=scene.omar, after="on")
    return another(scene, predecessor=scene.checklist)


@pytest.fixture
def topical():
    """A-1 and A-4 have a topic, A-2 has another and no severity, A-1 is done."""
    scene = Scene()
    network = Topic.objects.create(slug="network", name_ja="通信", name_en="Network")
    mail = Topic.objects.create(slug="mail", name_ja="メール", name_en="Mail")
    for tracking_id, topics in (("A-1", [network]), ("A-2", [mail]), ("A-4", [network, mail])):
        Advisory.objects.get(tracking_id=tracking_id).topics.set(topics)
    Advisory.objects.filter(tracking_id="A-2").update(severity=None)
    another(scene)
    decide(scene.checklist, "A-1", by=scene.omar)
    return scene


BUTTONS = (
    "Sign as prepared",
    "Review",
    "Signatures and files",
    "Withdraw the signature",
    "Re-open",
)


@pytest.mark.parametrize(
    ("at", "who", "buttons"),
    [
        ("draft", "omar", ["Sign as prepared"]),
        ("draft", "ines", []),
        ("draft", "vic", []),
        ("prepared", "omar", ["Withdraw the signature"]),
        ("prepared", "ines", ["Review"]),
        ("prepared", "vic", []),
        ("issued", "omar", ["Signatures and files", "Re-open"]),
        ("issued", "ines", ["Signatures and files", "Re-open"]),
        ("issued", "vic", ["Signatures and files"]),
        ("discarded", "omar", []),
        ("discarded while prepared", "omar", []),
        ("discarded while prepared", "ines", []),
    ],
)
def test_everybody_is_offered_the_steps_that_are_theirs(at, who, buttons):
    scene = Scene(at={"discarded": "draft", "discarded while prepared": "prepared"}.get(at, at))
    if "discarded" in at:
        discard(checklist_id=scene.id, op_id=op("discard"), reason="twice", by=scene.omar)
    people = {"omar": scene.omar, "ines": scene.ines, "vic": reader_of(scene)}

    page = html(shown(scene, people[who]))

    head = re.search(r'<div class="actions">.*?</div>', page, re.S)[0]
    assert re.findall(r'<a class="button[^>]*>(.*?)</a>', head) == buttons


def many(scene, number):
    """As many more advisories like A-1, and a checklist with all of them."""
    first = Advisory.objects.get(tracking_id="A-1")
    values = {
        field.attname: getattr(first, field.attname)
        for field in Advisory._meta.concrete_fields
        if not field.primary_key
    }
    made = Advisory.objects.bulk_create(
        Advisory(**values | {"tracking_id": f"B-{n}", "position": 10 + n}) for n in range(number)
    )
    AffectedProduct.objects.bulk_create(
        AffectedProduct(advisory=advisory, product=Product.objects.get(), status=Status.AFFECTED)
        for advisory in made
    )
    return another(scene)


MARK = "<x-{}>'\"&"


def mark(name):
    return MARK.format(name)


@pytest.fixture
def marked():
    """A scene whose every text carries a mark that would be seen as an element."""
    scene = Scene()
    for language in ("ja", "en"):
        for text in ("title", "summary", "action", "impact", "check"):
            Advisory.objects.update(**{f"{text}_{language}": mark(text)})
        Category.objects.update(**{f"name_{language}": mark("category")})
        Condition.objects.update(
            **{f"name_{language}": mark("condition"), f"hint_{language}": mark("hint")}
        )
        Mode.objects.filter(slug="proxy").update(
            **{f"name_{language}": mark("mode"), f"note_{language}": mark("modenote")}
        )
        Release.objects.update(**{f"label_{language}": mark("release")})
        Product.objects.update(**{f"modes_note_{language}": mark("modesnote")})
        SourceDocument.objects.update(**{f"title_{language}": mark("document")})
        AffectedProduct.objects.update(**{f"fix_note_{language}": mark("fixnote")})
        topic = Topic.objects.get_or_create(slug="t")[0]
        Topic.objects.update(**{f"name_{language}": mark("topic")})
    Advisory.objects.get(tracking_id="A-1").topics.add(topic)
    DocumentRevision.objects.update(version=mark("version"))
    Product.objects.update(name=mark("productname"), short_name=mark("product"))
    Release.objects.update(end_of_support=date(2020, 1, 1), end_of_support_source=mark("source"))
    Reference.objects.create(
        advisory=Advisory.objects.get(tracking_id="A-1"),
        number=mark("number"),
        url="https://example.org/",
        successor=mark("successor"),
    )
    User.objects.filter(pk=scene.omar.pk).update(display_name=mark("omar"))
    scene.omar.refresh_from_db()
    scene.rollout = make_rollout(scene.omar, scene.ines, name="marked")
    texts = {"customer": mark("customer"), "project": mark("project"), "number": mark("rollout")}
    type(scene.rollout).objects.filter(pk=scene.rollout.pk).update(**texts)
    scene.rollout.refresh_from_db()
    before = make_checklist(scene.rollout, scene.omar, name="before")
    decide(before, "A-2", by=scene.omar, note=mark("previous"))
    another(scene, host=mark("host"), mode_detail=mark("detail"), predecessor=before)
    decide(
        scene.checklist,
        "A-1",
        "pending",
        by=scene.omar,
        note=mark("note"),
        before=mark("valuebefore"),
        after=mark("valueafter"),
        waiting_for=mark("waiting"),
        agreed_by=mark("agreed"),
    )
    decide(
        scene.checklist,
        "A-3",
        "risk_accepted",
        by=scene.omar,
        reason=mark("reason"),
        approver=mark("approver"),
    )
    decide(scene.checklist, "A-3", by=scene.omar, version=0, note=mark("conflict"), name="stale")
    return scene


NAMES = (
    "title summary action impact check category condition hint mode modenote release modesnote"
    " document fixnote topic version productname product source number successor omar customer"
    " project rollout host detail previous note valuebefore valueafter waiting agreed reason"
    " approver conflict"
).split()
