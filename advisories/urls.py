"""Addresses of the catalogue."""

from django.urls import path, re_path

from advisories import views

app_name = "advisories"

urlpatterns = [
    path("", views.advisory_list, name="advisory_list"),
    # The characters of a tracking ID and no others: a NUL must not reach PostgreSQL.
    re_path(
        r"^(?P<tracking_id>[A-Za-z0-9][A-Za-z0-9._-]*)/$",
        views.advisory_detail,
        name="advisory_detail",
    ),
]
