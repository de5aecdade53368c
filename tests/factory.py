"""People and catalogue rows for tests. What a test does not say gets a plain, fixed value."""

from copy import copy
from datetime import date
from itertools import count
from pathlib import Path

from django.apps import apps
from django.contrib.auth.models import Group
from django.core.management.color import no_style
from django.db import connection, transaction

from advisories.actions import publish
from advisories.applicability import FixScope, Severity, Status
from advisories.loading import load
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

CATALOGUE_FILE = Path(__file__).parent.parent / "fixtures" / "iws-supplement-1.3.json"
PASSWORD = "a long password for tests"

# Mara edits the catalogue, Omar builds checklists, Ines signs off, Vic may look.
CAST = {
    Role.EDITOR: ("mara", "Mara Editor"),
    Role.ENGINEER: ("omar", "Omar Engineer"),
    Role.REVIEWER: ("ines", "Ines Reviewer"),
    Role.READER: ("vic", "Vic Reader"),
}
_numbers = count(1)
_catalogue = []  # the rows of the first load in this process


def make_user(role=Role.ENGINEER, username=None, **fields):
    """A person in `role` (a Role or its name; None: in none). Mara, Omar, Ines or Vic unless
    `username` says who; the password is PASSWORD."""
    role = Role(role) if role is not None else None
    usual, name = CAST.get(role, ("noah", "Noah Nobody"))
    username = username or usual
    fields.setdefault("display_name", name if username == usual else username.title())
    user = User.objects.create_user(username=username, password=PASSWORD, **fields)
    if role:
        user.groups.add(Group.objects.get_or_create(name=role.value)[0])
    return user


def make_superuser(username="root", **fields):
    return User.objects.create_superuser(username=username, password=PASSWORD, **fields)


def make_mode(slug="forward", **fields):
    fields = {"name_ja": f"{slug} モード", "name_en": f"{slug} mode"} | fields
    return _get_or_make(Mode, slug, fields)


def make_category(slug="behaviour", **fields):
    return _get_or_make(Category, slug, _named(slug) | fields)


def make_topic(slug="network", **fields):
    return _get_or_make(Topic, slug, _named(slug) | fields)


def make_condition(slug="snmp", **fields):
    return _get_or_make(Condition, slug, _named(slug) | fields)


def make_document(slug="supplement", products=(), version="1.0", **fields):
    """A document with one edition (none for version None) that covers `products` (rows)."""
    fields = {"publisher": "Vendor", "title_ja": f"資料 {slug}", "title_en": slug} | fields
    document = _get_or_make(SourceDocument, slug, fields)
    document.products.add(*products)
    if version:
        DocumentRevision.objects.get_or_create(
            document=document, version=version, defaults={"date": date(2022, 6, 22)}
        )
    return document


def make_product(slug="gateway", modes=("forward", "reverse"), **fields):
    """A product that supports the modes with these slugs."""
    fields = {"short_name": slug.upper(), "name": f"Product {slug}"} | fields
    product = _get_or_make(Product, slug, fields)
    product.modes.set(make_mode(mode) for mode in modes)
    return product


def make_release(product=None, rank=10, slug=None, **fields):
    """A release of `product` (a row; None: of "gateway"), called <product>-<rank>."""
    product = product or make_product()
    fields = {"label_ja": f"{rank} 版", "label_en": f"release {rank}"} | fields
    slug = slug or f"{product.slug}-{rank}"
    return Release.objects.create(product=product, rank=rank, slug=slug, **fields)


def make_advisory(
    tracking_id=None,
    *,
    product=None,
    document=None,
    status=Status.AFFECTED,
    fixed_in=None,
    fix_scope=None,
    modes=(),
    conditions=(),
    topics=(),
    category="behaviour",
    references=(),
    published=True,
    by=None,
    **fields,
):
    """An advisory about `product` (a row; None: "gateway"; False: about none).

    `modes`, `conditions`, `topics` and `category` are slugs, `references` numbers. `fixed_in` is a
    release, and reaches all installs unless `fix_scope` says otherwise. More products come with
    `make_affected` (then say published=False, and call `publish`).
    """
    number = next(_numbers)
    product = make_product() if product is None else product
    document = document or make_document()
    tracking_id = tracking_id or f"ADV-{number}"
    texts = {
        name: value
        for text in ("title", "summary", "action")
        for name, value in (
            (f"{text}_ja", f"{tracking_id} の {text}"),
            (f"{text}_en", f"{text} of {tracking_id}"),
        )
    }
    defaults = texts | {"severity": Severity.HIGH, "position": number}
    advisory = Advisory.objects.create(
        document=document,
        tracking_id=tracking_id,
        category=make_category(category),
        **defaults | fields,
    )
    advisory.modes.set(make_mode(slug) for slug in modes)
    advisory.conditions.set(make_condition(slug) for slug in conditions)
    advisory.topics.set(make_topic(slug) for slug in topics)
    for position, reference in enumerate(references):
        url = f"https://example.org/{reference}"
        Reference.objects.create(advisory=advisory, number=reference, url=url, position=position)
    if product:
        make_affected(advisory, product, status=status, fixed_in=fixed_in, fix_scope=fix_scope)
    if published:
        publish(advisory=advisory, by=by)
    return advisory


def make_affected(
    advisory, product, *, status=Status.AFFECTED, fixed_in=None, fix_scope=None, **fields
):
    """One more product of the advisory; the document covers it from now on."""
    advisory.document.products.add(product)
    scope = fix_scope or (FixScope.ALL_INSTALLS if fixed_in else "")
    return AffectedProduct.objects.create(
        advisory=advisory,
        product=product,
        status=status,
        fixed_in=fixed_in,
        fix_scope=scope,
        **fields,
    )


def load_fixture_catalogue():
    """The real catalogue: 32 advisories, 2 products, 6 releases, 4 modes, 12 conditions.

    Loading publishes each advisory, so what the first load of a process wrote is kept and written
    as rows from then on. Tests of loading call `load` themselves.
    """
    models = list(apps.get_app_config("advisories").get_models(include_auto_created=True))
    empty = not any(model._base_manager.exists() for model in models)
    if empty and _catalogue:
        _write_again(models)
        return
    load(CATALOGUE_FILE)
    if empty:
        _catalogue.extend(row for model in models for row in model._base_manager.all())


def _write_again(models):
    with transaction.atomic():
        for model in models:
            model._base_manager.bulk_create(copy(row) for row in _catalogue if type(row) is model)
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), models):
                cursor.execute(statement)


def _named(slug):
    return {"name_ja": f"{slug} (和)", "name_en": slug}


def _get_or_make(model, slug, fields):
    return model.objects.get_or_create(slug=slug, defaults=fields)[0]
