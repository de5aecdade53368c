"""The four roles. They are groups, made after every `migrate`."""

from enum import StrEnum
from typing import Any

from django.apps import apps as installed_apps

EDITED_MODELS = (
    "product release mode category topic condition sourcedocument documentrevision advisory"
    " affectedproduct reference advisoryrevision synonym documentimport linkcheck"
).split()


class Role(StrEnum):
    EDITOR = "editor"
    ENGINEER = "engineer"
    REVIEWER = "reviewer"
    READER = "reader"


def ensure_roles(**_signal: Any) -> None:
    """Make the groups and give editors the catalogue's permissions. Idempotent.

    Permissions exist only after the last app's `post_migrate`, so this runs with each of them
    and finds them all in the end.
    """
    group_model = installed_apps.get_model("auth", "Group")
    permission_model = installed_apps.get_model("auth", "Permission")
    for role in Role:
        group_model.objects.get_or_create(name=role.value)
    editor = group_model.objects.get(name=Role.EDITOR.value)
    editor.permissions.add(
        *permission_model.objects.filter(
            content_type__app_label="advisories", content_type__model__in=EDITED_MODELS
        )
    )
