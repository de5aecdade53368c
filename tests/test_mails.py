"""E-mails to members: to whom, in which language, and what a broken mail server cannot do."""

import logging
import threading

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from checklists import actions, mails
from checklists.models import Edition
from portal.models import User
from portal.roles import Role
from tests.support.customers import accept, decline, make_link, quick_sheet, record_paper
from tests.support.rollouts import (
    Scene,
    op,
    person,
    quick_files,
    seen,
    sign_prepared,
    sign_reviewed,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def surroundings(monkeypatch, settings):
    quick_files(monkeypatch)
    quick_sheet(monkeypatch)
    settings.SENDS_MAIL = True
    settings.PUBLIC_URL = "https://portal.example.jp"


@pytest.fixture
def sent(django_capture_on_commit_callbacks):
    """sent(work) -> the mails of a piece of work, after its commit."""

    def sent(work):
        before = len(mail.outbox)
        with django_capture_on_commit_callbacks(execute=True):
            work()
        return mail.outbox[before:]

    return sent


def scene_with_addresses(at):
    scene = Scene(at=at)
    for username, language in (("omar", "ja"), ("ines", "en")):
        address = f"{username}@example.jp"
        User.objects.filter(username=username).update(email=address, language=language)
        getattr(scene, username).refresh_from_db()
    return scene


def return_it(scene, comments=None, comment="値を確認してください。"):
    actions.return_items(
        checklist_id=scene.id,
        seen=seen(scene.checklist),
        op_id=op("r"),
        comments=comments or {},
        comment=comment,
        by=scene.ines,
    )


def test_who_may_review_is_told_in_their_language_with_a_link(sent):
    scene = scene_with_addresses("worked")

    (message,) = sent(lambda: sign_prepared(scene.checklist, scene.omar))

    assert message.to == ["ines@example.jp"]
    assert message.subject == "Waits for your signature: proxy-01 1.0 (顧客株式会社 / 更改)"
    assert "Omar 大森 has signed it as prepared." in message.body
    assert f"https://portal.example.jp/checklists/{scene.id}/review/" in message.body


def test_only_active_members_with_the_role_and_an_address_are_told(sent):
    scene = scene_with_addresses("worked")
    for username, role, fields in (
        ("ivan", Role.REVIEWER, {"email": "ivan@example.jp", "is_active": False}),
        ("nora", Role.REVIEWER, {}),
        ("vic", Role.READER, {"email": "vic@example.jp"}),
    ):
        scene.rollout.members.add(person(username, role, **fields))
    person("sam", Role.REVIEWER, email="sam@example.jp")

    messages = sent(lambda: sign_prepared(scene.checklist, scene.omar))

    assert [message.to for message in messages] == [["ines@example.jp"]]


def test_who_prepared_is_not_asked_to_review_unless_they_may(sent, settings):
    scene = scene_with_addresses("worked")
    scene.omar.groups.add(*scene.ines.groups.all())
    assert len(sent(lambda: sign_prepared(scene.checklist, scene.omar))) == 1
    actions.withdraw(checklist_id=scene.id, op_id=op("w"), by=scene.omar)
    settings.ALLOW_SELF_REVIEW = True

    messages = sent(lambda: sign_prepared(scene.checklist, scene.omar, name="again"))

    assert {message.to[0] for message in messages} == {"omar@example.jp", "ines@example.jp"}


def test_who_prepared_is_told_that_it_was_returned_and_why(sent):
    scene = scene_with_addresses("prepared")

    (message,) = sent(lambda: return_it(scene, {"A-1": "値が違う"}))

    assert message.to == ["omar@example.jp"]
    assert "値を確認してください。" in message.body
    assert scene.checklist.get_absolute_url() in message.body


def test_who_signed_is_told_that_the_customer_accepted(sent):
    scene = scene_with_addresses("issued")
    access, _token = make_link(scene)

    messages = sent(lambda: accept(access))

    assert {message.to[0] for message in messages} == {"omar@example.jp", "ines@example.jp"}
    english = next(m for m in messages if m.to == ["ines@example.jp"])
    assert english.subject.startswith("Accepted: proxy-01 1.0")
    assert "鈴木 一郎 (顧客株式会社) has accepted it." in english.body
    assert f"/checklists/{scene.id}/editions/1.0/" in english.body


def test_who_signed_is_told_that_the_customer_declined_and_why(sent):
    scene = scene_with_addresses("issued")
    access, _token = make_link(scene)

    messages = sent(lambda: decline(access, reason="値が違う"))

    assert len(messages) == 2
    assert all("値が違う" in message.body for message in messages)


def test_who_is_no_member_any_more_is_told_nothing(sent):
    scene = scene_with_addresses("issued")
    scene.rollout.members.remove(scene.omar)

    messages = sent(lambda: record_paper(scene, by=scene.ines))

    assert [message.to for message in messages] == [["ines@example.jp"]]


def test_the_link_is_left_out_without_a_public_address(sent, settings):
    settings.PUBLIC_URL = ""
    scene = scene_with_addresses("worked")

    (message,) = sent(lambda: sign_prepared(scene.checklist, scene.omar))

    assert "http" not in message.body
    assert "/checklists/" not in message.body


def test_nothing_is_sent_without_a_mail_server(sent, settings):
    settings.SENDS_MAIL = False
    scene = scene_with_addresses("worked")

    assert sent(lambda: sign_prepared(scene.checklist, scene.omar)) == []


def test_nothing_is_sent_for_what_was_rolled_back():
    scene = scene_with_addresses("worked")

    sign_prepared(scene.checklist, scene.omar)  # the test's transaction never commits

    assert mail.outbox == []


def test_a_double_click_sends_one_mail(sent):
    scene = scene_with_addresses("worked")

    def twice():
        for _click in range(2):
            sign_prepared(scene.checklist, scene.omar)

    assert len(sent(twice)) == 1


def test_a_name_with_line_ends_makes_no_second_header(sent):
    scene = scene_with_addresses("worked")
    scene.checklist.customer = "顧客\r\nBcc: evil@example.com"
    scene.checklist.save()

    (message,) = sent(lambda: sign_prepared(scene.checklist, scene.omar))

    assert "\n" not in message.subject
    assert message.recipients() == ["ines@example.jp"]
    assert message.message()["Bcc"] is None


class Broken(EmailBackend):
    def send_messages(self, messages):
        raise OSError("550 ines@example.jp: no such user")


class Hanging(EmailBackend):
    free = threading.Event()

    def send_messages(self, messages):
        self.free.wait(timeout=30)


def test_a_failing_mail_server_fails_nothing_and_logs_no_person(sent, settings, caplog):
    settings.EMAIL_BACKEND = f"{__name__}.Broken"
    scene = scene_with_addresses("worked")

    with caplog.at_level(logging.INFO):
        assert sent(lambda: sign_prepared(scene.checklist, scene.omar)) == []

    assert "A mail was not sent: OSError" in caplog.text
    assert "ines" not in caplog.text
    assert Edition.objects.get().state == "prepared"


def test_a_hanging_mail_server_delays_no_longer_than_said(sent, settings, monkeypatch):
    settings.EMAIL_BACKEND = f"{__name__}.Hanging"
    monkeypatch.setattr(mails, "PATIENCE", 0.05)
    Hanging.free.clear()
    scene = scene_with_addresses("worked")

    sent(lambda: sign_prepared(scene.checklist, scene.omar))

    waiting = [t for t in threading.enumerate() if getattr(t, "_target", None) is mails._send]
    assert len(waiting) == 1
    assert waiting[0].daemon
    Hanging.free.set()
    waiting[0].join(timeout=10)
    assert not waiting[0].is_alive()


def test_an_error_in_writing_the_mail_breaks_nothing(sent, monkeypatch, caplog):
    def fail(*args):
        raise ValueError("鈴木 一郎")

    monkeypatch.setattr(mails, "_message", fail)
    scene = scene_with_addresses("issued")

    assert sent(lambda: sign_again(scene)) == []

    assert "A mail was not sent: ValueError" in caplog.text
    assert "鈴木" not in caplog.text


def sign_again(scene):
    actions.reopen(checklist_id=scene.id, op_id=op("o"), reason="x", by=scene.omar)
    sign_prepared(scene.checklist, scene.omar, name="second")
    sign_reviewed(scene.checklist, scene.ines, name="second issue")
