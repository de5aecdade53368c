"""A catalogue for tests of its pages, its admin and its tables: two products, three advisories.

E-1 (high, network, proxy mode only, fixed in Gateway 2, condition "directory"), E-2 (low, reports,
every mode, fixed for new installations of Mail 2), E-3 (no severity, network, every mode).
"""

from datetime import date

from django.contrib.auth.models import Group

from advisories.actions import publish
from advisories.applicability import FixScope, Severity, Status
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
from portal.models import User
from portal.roles import Role


def sign_in(client, role, username="mara"):
    """The client as somebody who has just this role, and no staff flag."""
    user = User.objects.create_user(username, display_name=username.title(), language="en")
    user.groups.set(Group.objects.filter(name=role.value))
    client.force_login(user)
    return user


def as_editor(client):
    return sign_in(client, Role.EDITOR)


def add(tracking_id, *, document, category, **fields):
    """A draft without lists and rows."""
    advisory = Advisory.objects.create(
        tracking_id=tracking_id,
        document=document,
        category=category,
        title_ja=f"{tracking_id} の件名",
        title_en=f"Title of {tracking_id}",
        summary_ja="概要",
        summary_en="Summary",
        action_ja="対処",
        action_en="What to do",
        **fields,
    )
    return advisory


class Catalogue:
    """Makes the rows; what tests speak of are its attributes."""

    def __init__(self):
        self.document = SourceDocument.objects.create(
            slug="guide", publisher="Vendor", title_ja="手引き", title_en="Guide"
        )
        self.edition = DocumentRevision.objects.create(
            document=self.document, version="1.0", date=date(2026, 1, 5)
        )
        self.gateway, self.mail, self.other = (
            Product.objects.create(slug=slug, short_name=name, name=name, position=position)
            for position, (slug, name) in enumerate(
                [("gateway", "Gateway"), ("mail", "Mail"), ("other", "Other")]
            )
        )
        self.document.products.set([self.gateway, self.mail])
        self.gateway_1, self.gateway_2, self.mail_2 = (
            Release.objects.create(
                slug=f"{product.slug}-{rank}", product=product, rank=rank, label_ja=f"{rank}.0"
            )
            for product, rank in ((self.gateway, 1), (self.gateway, 2), (self.mail, 2))
        )
        self.proxy, self.bridge = (
            Mode.objects.create(slug=slug, name_ja=ja, name_en=slug.title())
            for slug, ja in (("proxy", "プロキシ"), ("bridge", "ブリッジ"))
        )
        self.gateway.modes.set([self.proxy, self.bridge])
        self.tuning = Category.objects.create(slug="tuning", name_ja="調整", name_en="Tuning")
        self.behaviour = Category.objects.create(slug="behaviour", name_ja="動作", name_en="Acts")
        self.network = Topic.objects.create(slug="network", name_ja="網", name_en="Network")
        self.reports = Topic.objects.create(slug="reports", name_ja="報告", name_en="Reports")
        self.directory = Condition.objects.create(
            slug="directory",
            name_ja="AD を使う",
            name_en="A directory is used",
            hint_ja="認証の画面",
            hint_en="The login page",
        )
        self._advisories()

    def _advisories(self):
        self.first = add(
            "E-1",
            document=self.document,
            category=self.tuning,
            position=1,
            severity=Severity.HIGH,
            source_revision=self.edition,
            source_table=1,
            source_row=4,
            check_ja="確認",
            check_en="Look at it",
        )
        self.first.topics.set([self.network])
        self.first.modes.set([self.proxy])
        self.first.conditions.set([self.directory])
        AffectedProduct.objects.create(
            advisory=self.first,
            product=self.gateway,
            status=Status.AFFECTED,
            basis="named",
            fixed_in=self.gateway_2,
            fix_scope=FixScope.ALL_INSTALLS,
            fix_kind="reworked",
            fix_note_ja="=2 行目まで\n読む",
            fix_note_en='+read, "both" lines',
        )
        Reference.objects.create(
            advisory=self.first,
            number="0012",
            url="https://example.com/a|b",
            successor="KA-7",
            successor_url="https://example.com/ka-7",
            position=1,
        )
        Reference.objects.create(
            advisory=self.first,
            number="13",
            url="https://example.com/13",
            product=self.mail,
            position=2,
        )
        self.second = add(
            "E-2",
            document=self.document,
            category=self.behaviour,
            position=2,
            severity=Severity.LOW,
        )
        self.second.topics.set([self.reports])
        AffectedProduct.objects.create(advisory=self.second, product=self.gateway)
        AffectedProduct.objects.create(
            advisory=self.second,
            product=self.mail,
            fixed_in=self.mail_2,
            fix_scope=FixScope.NEW_INSTALLS,
        )
        self.third = add("E-3", document=self.document, category=self.behaviour, position=3)
        self.third.topics.set([self.network])
        AffectedProduct.objects.create(advisory=self.third, product=self.gateway)
        for advisory in (self.first, self.second, self.third):
            publish(advisory=advisory, note="first edition", by=None)

    def draft(self, tracking_id="E-9"):
        return add(tracking_id, document=self.document, category=self.tuning, position=9)
