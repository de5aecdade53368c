"""The editors' workplace: products and releases, terms, documents, revisions.

Advisories are in admin_advisory.py, their tables (import and export) in admin_tables.py, imports of
whole editions in admin_imports.py.
"""

import json
from typing import Any

from django.contrib import admin
from django.db.models import ForeignObjectRel, ManyToManyField, Model
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from advisories import admin_advisory, admin_imports
from advisories.indexing import reindex
from advisories.models import (
    AdvisoryRevision,
    Category,
    Condition,
    DocumentRevision,
    LinkCheck,
    Mode,
    Product,
    Release,
    SourceDocument,
    Synonym,
    Topic,
)
from portal.admin_fields import RowsField, TickList

__all__ = ["admin_advisory", "admin_imports"]


def is_used(row: Model) -> bool:
    """Whether any other row points at this one; one query per kind of row that could."""
    for relation in row._meta.get_fields(include_hidden=True):
        if not isinstance(relation, ForeignObjectRel):
            continue
        pointing = relation.related_model
        owner: Any = pointing._meta.auto_created
        if (
            owner is not row._meta.model
            and pointing._base_manager.filter(**{relation.field.name: row}).exists()
        ):
            return True
    return False


class CatalogueAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What other rows point at keeps its identity and stays: advisories, revisions and checklists
    name it, and removing it would change published advisories without a revision."""

    identity: tuple[str, ...] = ("slug",)
    list_per_page = 50

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        fields = tuple(super().get_readonly_fields(request, obj))
        return (*fields, *self.identity) if obj and is_used(obj) else fields

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and is_used(obj))

    def get_actions(self, request: HttpRequest) -> Any:
        """Without "delete selected": rows go one by one, each looked at."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def formfield_for_manytomany(
        self, db_field: "ManyToManyField[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        kwargs.update(form_class=RowsField, widget=TickList(db_field.verbose_name))
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any):  # type: ignore[no-untyped-def]
        row = kwargs.get("obj")
        context["kept_because_used"] = bool(row and is_used(row))
        return super().render_change_form(request, context, *args, **kwargs)


class SearchedAdmin(CatalogueAdmin):
    """Its words are part of what advisories are found by."""

    def save_related(self, request: HttpRequest, form: Any, *args: Any) -> None:
        super().save_related(request, form, *args)
        if form.has_changed():
            reindex()

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        super().delete_model(request, obj)
        reindex()


class TermAdmin(SearchedAdmin):
    list_display = ("name_ja", "name_en", "slug", "position", "document")
    list_filter = ("document",)
    list_select_related = ("document",)
    search_fields = ("slug", "name_ja", "name_en")
    readonly_fields = ("document",)
    ordering = ("position", "slug")


@admin.register(Category, Topic)
class PlainTermAdmin(TermAdmin):
    fields = ("slug", "name_ja", "name_en", "position", "document")


@admin.register(Mode)
class ModeAdmin(TermAdmin):
    fields = ("slug", "name_ja", "name_en", "note_ja", "note_en", "position", "document")


@admin.register(Condition)
class ConditionAdmin(TermAdmin):
    fields = ("slug", "name_ja", "name_en", "hint_ja", "hint_en", "position", "document")


class ReleaseInline(admin.StackedInline):  # type: ignore[type-arg]
    """A look at the releases; each is changed on its own page."""

    model = Release
    fields = (("slug", "rank"), ("label_ja", "label_en"), ("in_source", "end_of_support"))
    readonly_fields = ("slug", "rank", "label_ja", "label_en", "in_source", "end_of_support")
    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Synonym)
class SynonymAdmin(SearchedAdmin):
    identity = ()
    list_display = ("__str__", "document")
    list_filter = ("document",)
    list_select_related = ("document",)
    search_fields = ("words",)
    readonly_fields = ("document",)
    fields = ("words", "document")


@admin.register(Product)
class ProductAdmin(SearchedAdmin):
    list_display = ("short_name", "name", "slug", "position")
    list_filter = ("modes",)
    search_fields = ("slug", "short_name", "name")
    readonly_fields = ("document",)
    fields = (
        "slug",
        "short_name",
        "name",
        "modes",
        "modes_note_ja",
        "modes_note_en",
        "position",
        "document",
    )
    inlines = (ReleaseInline,)


@admin.register(Release)
class ReleaseAdmin(CatalogueAdmin):
    identity = ("slug", "product", "rank")
    list_display = ("__str__", "product", "rank", "slug", "in_source", "end_of_support")
    list_filter = ("product", "in_source")
    list_select_related = ("product",)
    search_fields = ("slug", "label_ja", "label_en", "product__short_name")
    readonly_fields = ("document",)
    fields = (
        "product",
        "slug",
        "rank",
        "label_ja",
        "label_en",
        "in_source",
        "end_of_support",
        "end_of_support_source",
        "document",
    )


class DocumentRevisionInline(admin.StackedInline):  # type: ignore[type-arg]
    model = DocumentRevision
    fields = (("version", "date"), ("note_ja", "note_en"))
    extra = 0
    can_delete = False


@admin.register(SourceDocument)
class SourceDocumentAdmin(CatalogueAdmin):
    list_display = ("title_ja", "publisher", "slug")
    list_filter = ("publisher", "products")
    search_fields = ("slug", "title_ja", "title_en", "publisher")
    fields = ("slug", "publisher", "title_ja", "title_en", "products")
    inlines = (DocumentRevisionInline,)


@admin.register(DocumentRevision)
class DocumentRevisionAdmin(CatalogueAdmin):
    identity = ("document", "version")
    list_display = ("document", "version", "date")
    list_filter = ("document",)
    list_select_related = ("document",)
    search_fields = ("version", "document__title_ja", "document__title_en", "document__slug")


@admin.register(AdvisoryRevision)
class AdvisoryRevisionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """History: to look at, never to write."""

    list_display = ("advisory", "number", "step", "origin", "published_at", "editor", "note")
    list_filter = ("step", "origin", "advisory__document", "editor")
    list_select_related = ("advisory", "editor")
    search_fields = ("advisory__tracking_id", "advisory__title_ja", "advisory__title_en", "note")
    ordering = ("-published_at", "-pk")
    fields = ("advisory", "number", "step", "origin", "published_at", "editor", "note", "text")
    readonly_fields = fields
    list_per_page = 50

    @admin.display(description=_("content"))
    def text(self, revision: AdvisoryRevision) -> str:
        return format_html(
            '<pre class="content" lang="ja" tabindex="0" role="region" aria-label="{}">{}</pre>',
            _("content"),
            json.dumps(revision.content, ensure_ascii=False, indent=2),
        )

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any):  # type: ignore[no-untyped-def]
        revision = kwargs["obj"]
        newest = revision.number == revision.advisory.revision
        context["may_restore"] = not newest and request.user.has_perm("advisories.change_advisory")
        return super().render_change_form(request, context, *args, **kwargs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(LinkCheck)
class LinkCheckAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What `check_links` found: to look at, never to write."""

    list_display = ("url", "state", "http_code", "final_url", "checked_at", "changed_at")
    list_filter = ("state",)
    search_fields = ("url", "final_url")
    fields = list_display
    readonly_fields = fields
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
