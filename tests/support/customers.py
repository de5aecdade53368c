"""Issued editions, and customers who answer them: by link, on a device, on paper."""

import io
from datetime import timedelta

from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from checklists import actions
from checklists.actions import Customer, acceptance
from checklists.actions.acceptance import seen_in
from checklists.models import CustomerAccess
from checklists.pictures import clean_scan
from tests.support.rollouts import op

PUBLIC_URL = "https://portal.example.jp"
SUZUKI = Customer("鈴木 一郎", "顧客株式会社")


def quick_sheet(monkeypatch):
    """For tests that accept and do not look into the sheet: some bytes that name who accepted."""
    monkeypatch.setattr(
        acceptance,
        "write_sheet",
        lambda content, accepted, *, language, time_zone: (
            f"%PDF-1.7 {language} {accepted.name} {accepted.at}\n".encode()
        ),
    )


def make_link(scene, *, name="link", days=14, uses=10, by=None, for_whom="鈴木様"):
    """(access, token) of a link to the scene's edition."""
    return actions.make_link(
        edition_id=scene.edition.pk,
        op_id=op(name),
        for_whom=for_whom,
        days=days,
        uses=uses,
        by=by or scene.omar,
    )


def fresh(access):
    return CustomerAccess.objects.select_related("edition__checklist__rollout", "created_by").get(
        pk=access.pk
    )


def expire(access):
    CustomerAccess.objects.filter(pk=access.pk).update(
        expires_at=timezone.now() - timedelta(seconds=1)
    )


def accept(access, *, name="accept", by=SUZUKI, seen=None):
    access = fresh(access)
    return actions.accept(
        access=access, op_id=op(name), seen=seen or seen_in(access.edition), language="ja", by=by
    )


def decline(access, *, name="decline", by=SUZUKI, reason="値が違う"):
    access = fresh(access)
    return actions.decline(
        access=access,
        op_id=op(name),
        seen=seen_in(access.edition),
        reason=reason,
        language="ja",
        by=by,
    )


def comment(access, text="確認した", *, item="A-1", name="comment", by=SUZUKI):
    return actions.comment(access=fresh(access), op_id=op(name), tracking_id=item, text=text, by=by)


def picture(kind="PNG", size=(60, 40), **options):
    """The bytes of a small picture."""
    written = io.BytesIO()
    Image.new("RGB", size, "white").save(written, kind, **options)
    return written.getvalue()


def record_paper(scene, *, name="paper", by=None, dated=None, data=b"%PDF-1.7 scan\n"):
    return actions.record_paper(
        edition_id=scene.edition.pk,
        op_id=op(name),
        seen=seen_in(scene.edition),
        dated=dated or timezone.localdate(),
        scan=clean_scan(data),
        customer=SUZUKI,
        by=by or scene.omar,
    )


def visitor(token, *, language="en"):
    """A browser without an account that has come in through the link."""
    client = Client()
    client.cookies["django_language"] = language
    answered = client.get(reverse("checklists:link", args=[token]))
    assert answered.status_code == 302, answered.status_code
    return client


def page_of(access):
    return reverse("checklists:customer", args=[access.pk])
