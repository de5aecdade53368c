"""People in the admin."""

from typing import Any

from axes.admin import AccessAttemptAdmin
from axes.models import AccessAttempt
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import ManyToManyField
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.admin_fields import RowsField, TickList
from portal.models import User

admin.site.unregister(AccessAttempt)


@admin.register(AccessAttempt)
class AttemptAdmin(AccessAttemptAdmin):  # type: ignore[misc]
    """As it comes, with a name for the column that has none to translate."""

    @admin.display(description=_("state"))
    def status(self, attempt: AccessAttempt) -> str:
        return str(super().status(attempt))


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """People are deactivated, never deleted: their names stand in signed checklists."""

    list_display = ("username", "display_name", "company", "is_active", "is_demo")
    list_filter = ("is_active", "groups", "is_demo")
    search_fields = ("username", "display_name", "company", "email")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("display_name", "company", "email", "language")}),
        (
            _("Roles"),
            {"fields": ("is_active", "groups", "is_staff", "is_superuser", "is_demo")},
        ),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": (
                    "username",
                    "display_name",
                    "company",
                    "usable_password",
                    "password1",
                    "password2",
                    "groups",
                ),
            },
        ),
    )
    readonly_fields = ("is_demo",)
    filter_horizontal = ()

    def formfield_for_manytomany(
        self, db_field: "ManyToManyField[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        kwargs.update(form_class=RowsField, widget=TickList(db_field.verbose_name))
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False
