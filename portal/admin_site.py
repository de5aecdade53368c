"""The admin is the editors' workplace."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from portal.roles import Role

# Of Django's own: the box of one's last actions, where its Japanese says “cannot be used”.
NOTHING_YET = gettext_noop("None available")


class PortalAdminSite(admin.AdminSite):
    site_header = _("Deployment advisories")
    site_title = _("Deployment advisories")
    index_title = _("Editing")

    def has_permission(self, request: HttpRequest) -> bool:
        """Editors may enter without the staff flag: the group alone makes an editor."""
        user = request.user
        return user.is_active and (
            super().has_permission(request)
            or (user.is_authenticated and user.has_role(Role.EDITOR))
        )
