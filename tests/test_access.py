"""Who may open and send what: every address of the portal, every kind of person, GET and POST.

A new address needs a line in PAGES. What a page does for those who may is tested elsewhere.
"""

import io
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.contrib import admin
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse
from django.utils import timezone
from PIL import Image

from advisories.actions import publish
from advisories.import_actions import stage
from advisories.models import Advisory, DocumentRevision, LinkCheck, Topic
from advisories.note_actions import add_picture
from checklists import actions
from checklists.actions import Picked, reopen
from checklists.actions.acceptance import seen_in as seen_by_the_customer
from checklists.actions.rollouts import header_seen
from checklists.models import AccessUse, Attempts, HandedOut
from checklists.offers import held_by, moves_since, seen_in
from portal.roles import Role
from tests.support.customers import PUBLIC_URL, make_link, quick_sheet, record_paper
from tests.support.moving import reword
from tests.support.pages import client_of
from tests.support.proofs import prove
from tests.support.rollouts import Scene, decide, op, person, quick_files, seen

pytestmark = pytest.mark.django_db
SECOND_DOCUMENT = Path(__file__).parent / "data" / "second-catalogue.json"

# Reader, engineer and reviewer are members of the rollout; stranger (an engineer and reviewer of
# another one) and editor are not. A superuser is a member everywhere.
PEOPLE = ("anonymous", "reader", "engineer", "stranger", "reviewer", "editor", "superuser")
LOG_IN = "302 to the log-in page"


def everybody(status, *, anonymous):
    return dict.fromkeys(PEOPLE, status) | {"anonymous": anonymous}


def members(*, reader=403, engineer=403, reviewer=403, superuser):
    """Strangers get 404 whatever they may elsewhere, so nobody learns what exists."""
    return {
        "anonymous": LOG_IN,
        "reader": reader,
        "engineer": engineer,
        "stranger": 404,
        "reviewer": reviewer,
        "editor": 404,
        "superuser": superuser,
    }


PUBLIC = everybody(200, anonymous=200)
NOT_SENT_IN_PUBLIC = everybody(405, anonymous=405)
SIGNED_IN = everybody(200, anonymous=LOG_IN)
NOT_THIS_WAY = everybody(405, anonymous=LOG_IN)
# What only a script asks: nobody is sent to a page.
TOLD = members(reader=200, engineer=200, reviewer=200, superuser=200) | {"anonymous": 401}
NOT_SENT = members(reader=400, engineer=400, reviewer=400, superuser=400) | {"anonymous": 401}
NOT_ASKED = everybody(405, anonymous=401)
MEMBERS = members(reader=200, engineer=200, reviewer=200, superuser=200)
ENGINEERS = members(engineer=200, superuser=200)
ENGINEERS_DO = members(engineer=302, superuser=302)
REVIEWERS = members(reviewer=200, superuser=200)
REVIEWERS_DO = members(reviewer=302, superuser=302)
BOTH = members(engineer=200, reviewer=200, superuser=200)
BOTH_DO = members(engineer=302, reviewer=302, superuser=302)
# Making a checklist of one's own needs no rollout yet.
ANY_ENGINEER = dict.fromkeys(("engineer", "stranger", "superuser"), 200)
ANY_ENGINEER |= {"anonymous": LOG_IN, "reader": 403, "reviewer": 403, "editor": 403}
ANY_ENGINEER_DOES = {who: 302 if s == 200 else s for who, s in ANY_ENGINEER.items()}


@dataclass(frozen=True)
class Page:
    """What an address answers to each person; in which state of a checklist, with what in it.
    `done` is the status with which a form has done its work."""

    get: dict
    post: dict
    at: str = "draft"
    args: Callable = lambda scene: []
    query: dict = field(default_factory=dict)
    sent: Callable = lambda scene: {}
    done: int = 302


def checklist(scene):
    return [scene.id]


def item(scene):
    return [scene.id, "A-1"]


def proof(scene):
    return [scene.id, scene.proof.op_id]


def edition(scene):
    return [scene.id, "1.0"]


def issued_file(scene):
    return [scene.id, "1.0", scene.edition.files[0]["name"]]


def rollout(scene):
    return [scene.rollout.pk]


def revision(scene):
    published = publish(advisory=Advisory.objects.get(tracking_id="A-1"), by=None)
    return ["A-1", published.number]


def once(scene):
    return {"op_id": op("sent")}


def decided(scene):
    """What undoes a decision on several items."""
    actions.decide_items(
        checklist_id=scene.id,
        op_id=op("sent"),
        decision={"decision": "done"},
        items=[Picked("A-1", 0)],
        by=scene.omar,
    )
    return once(scene)


def with_reason(scene):
    return once(scene) | {"reason": "because"}


def signature(scene):
    return once(scene) | {"seen": seen(scene.checklist)}


def conflict(scene):
    """The form that settles a conflict; two people decided on one version."""
    olga = person("olga", Role.ENGINEER)
    scene.rollout.members.add(olga)
    decide(scene.checklist, "A-1", "done", by=scene.omar, version=0)
    entry = decide(scene.checklist, "A-1", "verified", by=olga, version=0)
    return once(scene) | {"take": "theirs", "entry": entry.op_id, "base_version": 1}


def link(scene):
    return [scene.id, "1.0", scene.access.pk]


def visit(scene):
    """The customer's pages, for people who have not come in through the link."""
    return [scene.access.pk]


def reply(scene):
    return [scene.id, "1.0", scene.reply.pk]


def answer(scene):
    return once(scene) | {
        "seen": seen_by_the_customer(scene.edition),
        "name": "鈴木",
        "company": "顧客",
    }


def paper(scene):
    scan = SimpleUploadedFile("scan.pdf", b"%PDF-1.7 scan")
    return answer(scene) | {"dated": timezone.localdate().isoformat(), "scan": scan}


def an_offer(scene):
    reword("A-1")
    return once(scene) | {"offer": "A-1 2 0"}


def looked_through(scene):
    held = held_by(scene.checklist.items.all())
    return once(scene) | {"seen": seen_in(moves_since("appliance", held))}


def a_picture(scene):
    png = io.BytesIO()
    Image.new("RGB", (2, 2)).save(png, "PNG")
    return [add_picture(data=png.getvalue(), by=scene.omar).sha256]


def new_checklist(scene):
    return {
        "id": op("new"),
        "rollout_id": op("new rollout"),
        "host": "proxy-09",
        "rollout": "new",
        "customer": "顧客",
        "project": "更改",
        "without_reviewer": "on",
    }


def check_sheet(scene):
    """The second form of the upload: what was shown, one row of it ticked."""
    ticket = signing.dumps(
        ["0" * 64, [["A-1", 1, 0, {"decision": "done"}]]],
        salt=f"check sheet {scene.id}",
        compress=True,
    )
    return {"ticket": ticket, "take": "A-1"}


NOBODY = everybody(404, anonymous=404)
CUSTOMER = Page(NOBODY, NOT_SENT_IN_PUBLIC, at="issued", args=visit)
CUSTOMER_SENDS = Page(NOT_SENT_IN_PUBLIC, NOBODY, at="issued", args=visit, sent=answer)

BOX = {"release": "appliance-2", "mode": "proxy", "installed_with": "appliance-1"}
TWO_BOXES = {"a-release": "appliance-1", "b-release": "appliance-2"}
WIZARD = Page(PUBLIC, NOT_SENT_IN_PUBLIC, query=BOX)

PAGES = {
    "home": Page(SIGNED_IN, NOT_THIS_WAY),
    "login": Page(everybody(302, anonymous=200), everybody(302, anonymous=200)),
    "logout": Page(NOT_THIS_WAY, everybody(302, anonymous=LOG_IN)),
    "set_language": Page(NOT_SENT_IN_PUBLIC, everybody(302, anonymous=302)),
    "worker": Page(PUBLIC, NOT_SENT_IN_PUBLIC),
    "session": Page(everybody(200, anonymous=401), everybody(405, anonymous=405)),
    "health": Page(PUBLIC, NOT_SENT_IN_PUBLIC),
    "advisories:advisory_list": Page(PUBLIC, NOT_SENT_IN_PUBLIC),
    "advisories:advisory_detail": Page(PUBLIC, NOT_SENT_IN_PUBLIC, args=lambda scene: ["A-1"]),
    "advisories:note_edit": Page(
        ANY_ENGINEER | {"editor": 200},
        ANY_ENGINEER_DOES | {"editor": 302},
        args=lambda scene: ["A-1"],
        sent=lambda scene: {"version": 0, "text": "ls"},
    ),
    "advisories:note_picture": Page(SIGNED_IN, NOT_THIS_WAY, args=a_picture),
    "advisories:revision_detail": Page(PUBLIC, NOT_SENT_IN_PUBLIC, args=revision),
    "advisories:matrix": Page(PUBLIC, NOT_SENT_IN_PUBLIC),
    "advisories:compare": Page(PUBLIC, NOT_SENT_IN_PUBLIC),
    "advisories:compare_csv": Page(PUBLIC, NOT_SENT_IN_PUBLIC, query=TWO_BOXES),
    "advisories:export": Page(PUBLIC, NOT_SENT_IN_PUBLIC, args=lambda scene: ["csv"]),
    "checklists:new": WIZARD,
    "checklists:new_mode": WIZARD,
    "checklists:new_installed_with": WIZARD,
    "checklists:new_conditions": WIZARD,
    "checklists:new_check": WIZARD,
    "checklists:new_save": Page(ANY_ENGINEER, ANY_ENGINEER_DOES, query=BOX, sent=new_checklist),
    "checklists:checklist_detail": Page(MEMBERS, NOT_THIS_WAY, args=checklist),
    "checklists:history": Page(MEMBERS, NOT_THIS_WAY, args=checklist),
    "checklists:mine": Page(SIGNED_IN, NOT_THIS_WAY),
    "checklists:assign": Page(
        ENGINEERS,
        ENGINEERS_DO,
        args=checklist,
        sent=lambda scene: once(scene) | {"to": "nobody", "item": "A-1"},
    ),
    "checklists:decide_many": Page(
        NOT_THIS_WAY,
        ENGINEERS,
        args=checklist,
        sent=lambda scene: once(scene) | {"item": "A-1 0", "decision": "done"},
        done=200,
    ),
    "checklists:undo_many": Page(NOT_THIS_WAY, ENGINEERS_DO, args=checklist, sent=decided),
    "checklists:paper_sheet": Page(MEMBERS, NOT_THIS_WAY, args=checklist),
    "checklists:decide": Page(
        NOT_THIS_WAY,
        ENGINEERS_DO,
        args=item,
        sent=lambda scene: once(scene) | {"base_version": 0, "decision": "done"},
    ),
    "checklists:answer": Page(
        NOT_THIS_WAY,
        ENGINEERS_DO,
        args=checklist,
        sent=lambda scene: (
            once(scene) | {"base_version": 0, "question": "condition:directory", "value": "no"}
        ),
    ),
    "checklists:resolve": Page(NOT_THIS_WAY, ENGINEERS_DO, args=checklist, sent=conflict),
    "checklists:unsent": Page(SIGNED_IN, everybody(422, anonymous=LOG_IN)),
    "checklists:sync": Page(NOT_ASKED, NOT_SENT, args=checklist),
    "checklists:changes": Page(TOLD, NOT_ASKED, args=checklist),
    "checklists:evidence": Page(
        MEMBERS,
        ENGINEERS_DO,
        args=item,
        sent=lambda scene: once(scene) | {"file": SimpleUploadedFile("a.txt", b"a")},
    ),
    "checklists:evidence_file": Page(MEMBERS, NOT_THIS_WAY, args=proof),
    "checklists:evidence_thumbnail": Page(MEMBERS, NOT_THIS_WAY, args=proof),
    "checklists:remove_evidence": Page(NOT_THIS_WAY, ENGINEERS_DO, args=proof, sent=once),
    "checklists:offers": Page(MEMBERS, NOT_THIS_WAY, args=checklist),
    "checklists:take": Page(NOT_THIS_WAY, ENGINEERS_DO, args=checklist, sent=an_offer),
    "checklists:look_through": Page(
        NOT_THIS_WAY, ENGINEERS_DO, args=checklist, sent=looked_through
    ),
    "checklists:prepare": Page(
        ENGINEERS, ENGINEERS_DO, at="worked", args=checklist, sent=signature
    ),
    "checklists:withdraw": Page(
        ENGINEERS,
        members(engineer=302, superuser=403),  # only who signed
        at="prepared",
        args=checklist,
        sent=once,
    ),
    "checklists:review": Page(
        REVIEWERS, REVIEWERS_DO, at="prepared", args=checklist, sent=signature
    ),
    "checklists:return_items": Page(
        NOT_THIS_WAY,
        REVIEWERS_DO,
        at="prepared",
        args=checklist,
        sent=lambda scene: once(scene) | {"comment": "Look again.", "seen": seen(scene.checklist)},
    ),
    "checklists:reopen": Page(BOTH, BOTH_DO, at="issued", args=checklist, sent=with_reason),
    "checklists:close_draft": Page(NOT_THIS_WAY, BOTH_DO, at="reopened", args=checklist, sent=once),
    "checklists:discard": Page(ENGINEERS, ENGINEERS_DO, args=checklist, sent=with_reason),
    "checklists:host": Page(
        ENGINEERS,
        ENGINEERS_DO,
        args=checklist,
        sent=lambda scene: once(scene) | {"host": "proxy-02", "seen": header_seen(scene.checklist)},
    ),
    "checklists:export": Page(MEMBERS, NOT_THIS_WAY, args=lambda scene: [scene.id, "csv"]),
    "checklists:edition": Page(MEMBERS, NOT_THIS_WAY, at="issued", args=edition),
    "checklists:revoke": Page(REVIEWERS, REVIEWERS_DO, at="issued", args=edition, sent=with_reason),
    "checklists:edition_file": Page(MEMBERS, NOT_THIS_WAY, at="issued", args=issued_file),
    "checklists:edition_bundle": Page(MEMBERS, NOT_THIS_WAY, at="issued", args=edition),
    "checklists:check_sheet": Page(ENGINEERS, ENGINEERS_DO, args=checklist, sent=check_sheet),
    "checklists:verify": Page(PUBLIC, everybody(422, anonymous=422)),
    "checklists:verify_code": Page(
        PUBLIC, everybody(422, anonymous=422), args=lambda scene: ["9F86D-08188-4C7D6-59A2F"]
    ),
    "checklists:schema": Page(PUBLIC, NOT_SENT_IN_PUBLIC),
    "checklists:another": Page(
        ENGINEERS,
        ENGINEERS_DO,
        args=checklist,
        sent=lambda scene: once(scene) | {"host": "proxy-08"},
    ),
    "checklists:successor": Page(ENGINEERS, NOT_THIS_WAY, at="issued", args=checklist),
    "checklists:rollout_matrix": Page(MEMBERS, NOT_THIS_WAY, args=rollout),
    "checklists:rollout_answers": Page(
        ENGINEERS,
        ENGINEERS_DO,
        args=rollout,
        sent=lambda scene: once(scene) | {"question": "condition:directory", "value": "no"},
    ),
    "checklists:rollout_decide": Page(
        ENGINEERS,
        ENGINEERS_DO,
        args=lambda scene: [scene.rollout.pk, "A-1"],
        sent=lambda scene: (
            once(scene) | {"box": scene.id, f"version-{scene.id}": 0, "decision": "done"}
        ),
    ),
    "checklists:rollout_files": Page(MEMBERS, NOT_THIS_WAY, args=rollout),
    "checklists:rollout_sheets": Page(MEMBERS, NOT_THIS_WAY, args=rollout),
    "checklists:rollout_bundle": Page(MEMBERS, NOT_THIS_WAY, at="issued", args=rollout),
    "checklists:revisions": Page(MEMBERS, NOT_THIS_WAY, at="issued", args=checklist),
    "checklists:make_link": Page(
        BOTH,
        BOTH,
        at="issued",
        args=edition,
        sent=lambda scene: once(scene) | {"days": 7, "uses": 3},
        done=200,
    ),
    "checklists:revoke_link": Page(NOT_THIS_WAY, BOTH_DO, at="issued", args=link),
    "checklists:device": Page(BOTH, BOTH_DO, at="issued", args=edition, sent=once),
    "checklists:paper": Page(BOTH, BOTH_DO, at="issued", args=edition, sent=paper),
    "checklists:revoke_reply": Page(
        REVIEWERS, REVIEWERS_DO, at="answered", args=reply, sent=with_reason
    ),
    "checklists:reply_file": Page(
        MEMBERS, NOT_THIS_WAY, at="answered", args=lambda scene: [*reply(scene), "scan.pdf"]
    ),
    # Open to whoever has the token, and then to that browser: see test_customer_pages.py.
    "checklists:link": Page(NOBODY, NOT_SENT_IN_PUBLIC, at="issued", args=lambda scene: ["x"]),
    "checklists:link_in_short": Page(
        NOBODY, NOT_SENT_IN_PUBLIC, at="issued", args=lambda scene: ["x"]
    ),
    "checklists:customer": CUSTOMER,
    "checklists:customer_accept": CUSTOMER_SENDS,
    "checklists:customer_decline": CUSTOMER_SENDS,
    "checklists:customer_comment": CUSTOMER_SENDS,
    "checklists:customer_file": Page(
        NOBODY, NOT_SENT_IN_PUBLIC, at="issued", args=lambda scene: [*visit(scene), "a.pdf"]
    ),
    "checklists:customer_picture": Page(
        NOBODY, NOT_SENT_IN_PUBLIC, at="issued", args=lambda scene: [*visit(scene), "0" * 64]
    ),
    "checklists:document": Page(
        SIGNED_IN, NOT_THIS_WAY, args=lambda scene: [DocumentRevision.objects.get().pk]
    ),
    "checklists:rollout_detail": Page(MEMBERS, NOT_THIS_WAY, args=rollout),
    "checklists:rollout_header": Page(
        ENGINEERS,
        ENGINEERS_DO,
        args=rollout,
        sent=lambda scene: (
            once(scene)
            | {"customer": "別の顧客", "project": "更改", "seen": header_seen(scene.rollout)}
        ),
    ),
    "checklists:rollout_members": Page(
        NOT_THIS_WAY,
        ENGINEERS_DO,
        args=rollout,
        sent=lambda scene: once(scene) | {"remove": scene.ines.pk},
    ),
}
NO_HTML = {
    "health",
    "worker",
    "session",
    "advisories:note_picture",
    "checklists:evidence_file",
    "checklists:evidence_thumbnail",
    "advisories:compare_csv",
    "advisories:export",
    "checklists:changes",
    "checklists:export",
    "checklists:edition_file",
    "checklists:schema",
}
TOLD_IN_JSON = {"checklists:sync", "checklists:changes"}
NO_HTML |= {f"checklists:{name}" for name in ("edition_bundle", "rollout_bundle", "rollout_sheets")}
NO_HTML |= {"checklists:reply_file"}
# What they are sent changes nothing, and who verifies a document needs no cookie.
NO_TOKEN = {"checklists:verify", "checklists:verify_code"}
# A look ahead must not use a link up.
NO_HEAD = {"checklists:link", "checklists:link_in_short"}
CATALOGUE = {name for name, page in PAGES.items() if page is WIZARD}
CATALOGUE |= {n for n, p in PAGES.items() if n.startswith("advisories:") and p.get == PUBLIC}


@pytest.fixture(autouse=True)
def surroundings(monkeypatch, settings):
    quick_files(monkeypatch)
    quick_sheet(monkeypatch)
    settings.PUBLIC_URL = PUBLIC_URL


STATES = ("draft", "worked", "prepared", "issued", "answered", "reopened")
in_every_state = pytest.mark.parametrize("state", STATES)


def pages_at(state):
    return {name: page for name, page in PAGES.items() if page.at == state}


class Cast:
    """A checklist in some state, and a browser for each kind of person."""

    def __init__(self, state, language="en"):
        after = state in ("answered", "reopened")
        self.scene = scene = Scene("issued" if after else state)
        if state == "reopened":
            reopen(checklist_id=scene.id, op_id=op("reopen"), reason="because", by=scene.omar)
        if state == "draft":
            scene.proof = prove(scene.checklist, by=scene.omar)
        if state == "issued":
            scene.access, _token = make_link(scene)
        if state == "answered":
            scene.reply = record_paper(scene)
        reader = person("vic", Role.READER)
        scene.rollout.members.add(reader)
        people = {
            "reader": reader,
            "engineer": scene.omar,
            "stranger": person("sam", Role.ENGINEER, Role.REVIEWER),
            "reviewer": scene.ines,
            "editor": person("mara", Role.EDITOR),
            "superuser": person("root", is_superuser=True),
        }
        self.clients = {"anonymous": Client()}
        self.clients |= {who: client_of(user) for who, user in people.items()}
        for client in self.clients.values():
            client.cookies["django_language"] = language

    def address(self, name):
        page = PAGES[name]
        address = reverse(name, args=page.args(self.scene))
        return f"{address}?{urlencode(page.query)}" if page.query else address

    def get(self, who, name):
        return self.clients[who].get(self.address(name))

    def post(self, who, name):
        """(the answer, whether a row changed); afterwards everything is as it was."""
        client = self.clients[who]
        state, cookies = transaction.savepoint(), deepcopy(client.cookies)
        sent, before = PAGES[name].sent(self.scene), stored()
        response = client.post(self.address(name), sent)
        changed = stored() != before
        transaction.savepoint_rollback(state)
        client.cookies = cookies
        return response, changed


def stored():
    """Every row of rollouts and checklists, without those that only count who tried or what was
    downloaded."""
    models = apps.get_app_config("checklists").get_models(include_auto_created=True)
    kept = [model for model in models if model not in (AccessUse, Attempts, HandedOut)]
    return [list(model._default_manager.order_by("pk").values()) for model in kept]


def status_of(response):
    to_log_in = response.status_code == 302 and response.url.startswith("/login/?next=")
    return LOG_IN if to_log_in else response.status_code


# The table


def named_addresses(resolver=None, namespace=""):
    for entry in (resolver or get_resolver()).url_patterns:
        if not isinstance(entry, URLResolver):
            yield f"{namespace}{entry.name}"
        elif entry.namespace != "admin":
            inner = f"{entry.namespace}:" if entry.namespace else ""
            yield from named_addresses(entry, namespace + inner)


def test_every_address_has_a_line_in_the_table_that_speaks_of_every_person():
    assert sorted(named_addresses()) == sorted(PAGES)
    for page in PAGES.values():
        assert set(page.get) == set(page.post) == set(PEOPLE)
        assert page.at in STATES


@in_every_state
def test_who_may_open_what(state):
    cast = Cast(state)
    before = stored()

    found = {
        name: {who: status_of(cast.get(who, name)) for who in PEOPLE} for name in pages_at(state)
    }

    assert found == {name: page.get for name, page in pages_at(state).items()}
    assert stored() == before


@in_every_state
def test_who_may_send_what_and_nobody_else_changes_anything(state):
    cast = Cast(state)

    answers = {name: {who: cast.post(who, name) for who in PEOPLE} for name in pages_at(state)}

    found = {
        name: {who: status_of(response) for who, (response, _changed) in by.items()}
        for name, by in answers.items()
    }
    assert found == {name: page.post for name, page in pages_at(state).items()}
    changed = {(name, who) for name, by in answers.items() for who in by if by[who][1]}
    assert changed == {
        (name, who)
        for name, page in pages_at(state).items()
        for who in PEOPLE
        if name.startswith("checklists:") and page.post[who] == page.done
    }


@in_every_state
def test_a_form_that_another_site_sends_is_refused(state):
    cast = Cast(state)
    cast.clients["superuser"].handler.enforce_csrf_checks = True

    for name in pages_at(state).keys() - NO_TOKEN:
        response, changed = cast.post("superuser", name)

        assert response.status_code == 403, name
        words = "token is no longer right" if name in TOLD_IN_JSON else "This form was no longer"
        assert words in response.content.decode(), name
        assert not changed, name


@in_every_state
def test_head_is_answered_like_get_and_delete_nowhere(state):
    cast = Cast(state)
    client = cast.clients["superuser"]

    for name, page in pages_at(state).items():
        head = client.head(cast.address(name))
        deletion = client.delete(cast.address(name))

        expected = 405 if name in NO_HEAD else page.get["superuser"]
        assert (head.status_code, b"".join(head)) == (expected, b""), name
        # Who is signed in is sent on from the log-in page, whatever the method.
        assert deletion.status_code == (302 if name == "login" else 405), name


@in_every_state
def test_a_portal_may_keep_catalogue_and_wizard_for_people_with_an_account(state, settings):
    settings.CATALOGUE_LOGIN_REQUIRED = True
    cast = Cast(state)

    found = {
        name: {who: status_of(cast.get(who, name)) for who in PEOPLE} for name in pages_at(state)
    }

    assert found == {
        name: page.get | ({"anonymous": LOG_IN} if name in CATALOGUE else {})
        for name, page in pages_at(state).items()
    }


# What every page has


class Markup(HTMLParser):
    """The parts of a page that these tests are about."""

    VOID = {"input", "img", "link", "meta", "br", "hr", "col", "wbr"}

    def __init__(self, response):
        super().__init__()
        self.language, self.title, self.headings = "", "", 0
        self.inline, self.ids, self.unlabelled, self.labels = [], [], {}, set()
        self.open = []
        self.feed(response.content.decode())

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.headings += tag == "h1"
        self.language = given["lang"] if tag == "html" else self.language
        self.ids += [given["id"]] if "id" in given else []
        self.inline += [name for name in given if name == "style" or name.startswith("on")]
        self.inline += [tag] if tag == "style" or (tag == "script" and "src" not in given) else []
        self.inline += [
            value
            for value in given.values()
            if value and value.startswith(("javascript:", "data:"))
        ]
        self.labels |= {given["for"]} if tag == "label" and "for" in given else set()
        if tag in ("input", "select", "textarea") and given.get("type") not in ("hidden", "submit"):
            named = {"aria-label", "aria-labelledby"} & set(given) or "label" in self.open
            self.unlabelled |= {} if named else {given.get("id", given.get("name")): tag}
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data):
        self.title += data if self.open[-1:] == ["title"] and "svg" not in self.open else ""

    def check(self, language, place):
        assert self.language == language, place
        assert self.title.strip(), place
        assert self.headings == 1, place
        assert self.inline == [], place


@in_every_state
@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_page_has_one_heading_a_language_a_title_and_nothing_inline(state, language):
    cast = Cast(state, language)

    for name, page in pages_at(state).items():
        for who in (who for who, status in page.get.items() if status == 200):
            response = cast.get(who, name)

            is_page = response.headers["Content-Type"].startswith("text/html")
            assert is_page != (name in NO_HTML), name
            if is_page:
                markup = Markup(response)
                markup.check(language, name)
                assert len(markup.ids) == len(set(markup.ids)), (name, who)
                assert not markup.unlabelled.keys() - markup.labels, (name, who)


def test_the_reader_of_these_pages_finds_what_it_is_about():
    class Answer:
        content = (
            b"<html lang=ja><title>T</title><h1>a</h1><h1>b</h1><p style='x' onclick='y' id=i>"
            b"<script>z</script><style></style><a href='javascript:q' id=i></a>"
            b"<input name=n><label><input name=m></label></html>"
        )

    markup = Markup(Answer)

    assert (markup.language, markup.title, markup.headings) == ("ja", "T", 2)
    assert markup.inline == ["style", "onclick", "script", "style", "javascript:q"]
    assert markup.ids == ["i", "i"]
    assert markup.unlabelled == {"n": "input"}


# The admin


@pytest.fixture
def cast():
    """With rows of every kind that the admin shows."""
    cast = Cast("issued")
    advisory = Advisory.objects.get(tracking_id="A-1")
    advisory.topics.add(Topic.objects.create(slug="network", name_ja="網"))
    publish(advisory=advisory, by=None)
    LinkCheck.objects.create(url="https://example.org/", state="ok", checked_at=timezone.now())
    stage(file_name="a.json", data=SECOND_DOCUMENT.read_bytes(), by=cast.scene.omar)
    return cast


def admin_pages():
    """((model, page), address) of every page of a model; of its first row, where there is one."""
    for model in admin.site._registry:
        label, name = model._meta.label_lower, f"admin:{model._meta.label_lower.replace('.', '_')}"
        for page in ("changelist", "add"):
            yield (label, page), reverse(f"{name}_{page}")
        row = model._default_manager.first()
        for page in ("change", "history", "delete") if row else ():
            yield (label, page), reverse(f"{name}_{page}", args=[row.pk])


def of_editors(label):
    return label.startswith("advisories.")


def is_never(label, page):
    """What not even a superuser does: history is not written, and nothing goes that is used."""
    log = label.startswith("axes.")
    if page == "add":
        read_only = ("advisories.advisoryrevision", "advisories.linkcheck")
        written = label.startswith("checklists.") and label != "checklists.team"
        return log or written or label in read_only
    unused = ("advisories.release", "auth.group", "checklists.team")  # the first row of these
    return page == "delete" and not log and label not in unused


def test_the_admin_has_the_pages_that_these_tests_are_about(cast):
    found = {key for key, _address in admin_pages()}

    assert len(found) > 80
    assert {page for label, page in found if label == "advisories.advisory"} == {
        "changelist",
        "add",
        "change",
        "history",
        "delete",
    }


def test_the_admin_is_for_editors_and_shows_them_the_catalogue_only(cast):
    for (label, page), address in admin_pages():
        found = {who: client.get(address).status_code for who, client in cast.clients.items()}

        allowed = 403 if is_never(label, page) else 200
        assert found == dict.fromkeys(PEOPLE, 302) | {
            "superuser": allowed,
            "editor": allowed if of_editors(label) else 403,
        }, (label, page)


def test_nobody_else_changes_anything_through_the_admin(cast):
    others = dict.fromkeys(PEOPLE, 302) | {"editor": 403}
    del others["superuser"]
    models = list(admin.site._registry)
    before = [list(model._default_manager.order_by("pk").values()) for model in models]

    for (label, page), address in admin_pages():
        for who, status in others.items():
            if who == "editor" and of_editors(label):
                continue
            answer = cast.clients[who].post(address, {"post": "yes"})
            assert answer.status_code == status, (label, page, who)

    assert [list(model._default_manager.order_by("pk").values()) for model in models] == before


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_page_of_the_admin_has_the_same_as_every_page(cast, language):
    superuser, anonymous = cast.clients["superuser"], cast.clients["anonymous"]
    names = ("index", "password_change", "password_change_done")
    pages = [(key, address) for key, address in admin_pages() if not is_never(*key)]
    pages += [(name, reverse(f"admin:{name}")) for name in names]
    pages += [("app", reverse("admin:app_list", args=[app])) for app in ("advisories", "portal")]

    for client in (superuser, anonymous):
        client.cookies["django_language"] = language
    for key, address in pages:
        Markup(superuser.get(address)).check(language, key)
    Markup(anonymous.get(reverse("admin:login"))).check(language, "login")
