"""Rollouts and their history, to look at: only actions write them."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import pgettext_lazy

from checklists import admin_handover
from checklists.models import Checklist, Edition, Event, Purge, Rollout, SignOff, Team

__all__ = ["admin_handover"]


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Superusers look; nobody adds, changes or deletes here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Rollout)
class RolloutAdmin(ReadOnlyAdmin):
    list_display = ("customer", "project", "number", "created_by", "created_at")
    list_select_related = ("created_by",)
    search_fields = ("customer", "project", "number")
    date_hierarchy = "created_at"


@admin.register(Checklist)
class ChecklistAdmin(ReadOnlyAdmin):
    list_display = ("host", "rollout", "product", "release", "created_at", "discarded_at")
    list_select_related = ("rollout",)
    list_filter = ("product", "release", "is_demo")
    search_fields = ("id", "host", "customer", "project", "number")
    date_hierarchy = "created_at"


@admin.register(Team)
class TeamAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name_ja", "name_en", "acts", "position")


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ("checklist", "seq", "kind", "outcome", "actor_name", "recorded_at")
    list_select_related = ("checklist",)
    list_filter = ("kind", "outcome")
    search_fields = ("checklist__id", "op_id", "actor_name", "hash")
    date_hierarchy = "recorded_at"


@admin.register(Edition)
class EditionAdmin(ReadOnlyAdmin):
    list_display = ("checklist", "number", "opened_by", "opened_at", "issued_at", "digest")
    list_select_related = ("checklist",)
    search_fields = ("checklist__id", "digest", "chain_head")

    @admin.display(description=pgettext_lazy("hand-over", "edition"), ordering="minor")
    def number(self, edition: Edition) -> str:
        return edition.number


@admin.register(SignOff)
class SignOffAdmin(ReadOnlyAdmin):
    list_display = ("edition", "kind", "name", "company", "signed_at", "self_review", "revoked_at")
    list_select_related = ("edition",)
    list_filter = ("kind", "self_review")
    search_fields = ("name", "company", "digest")


@admin.register(Purge)
class PurgeAdmin(ReadOnlyAdmin):
    list_display = ("rollout", "purged_by", "purged_at", "reason")
    search_fields = ("rollout", "reason")
