"""Addresses of the catalogue."""

from django.urls import path, re_path

from advisories.views import catalogue, comparison, exports, matrix, notes, revisions

app_name = "advisories"

# The characters of a tracking ID and no others: a NUL must not reach PostgreSQL.
TRACKING_ID = r"(?P<tracking_id>[A-Za-z0-9][A-Za-z0-9._-]*)"

urlpatterns = [
    path("", catalogue.advisory_list, name="advisory_list"),
    re_path(r"^export\.(?P<extension>csv|xlsx|json)$", exports.export, name="export"),
    path("matrix/", matrix.matrix, name="matrix"),
    path("compare/", comparison.compare, name="compare"),
    path("compare.csv", comparison.compare_csv, name="compare_csv"),
    re_path(r"^pictures/(?P<sha256>[0-9a-f]{64})$", notes.note_picture, name="note_picture"),
    # /advisories/<tracking id>/
    re_path(rf"^{TRACKING_ID}/$", catalogue.advisory_detail, name="advisory_detail"),
    re_path(rf"^{TRACKING_ID}/note/$", notes.note_edit, name="note_edit"),
    re_path(
        rf"^{TRACKING_ID}/revisions/(?P<number>[0-9]{{1,9}})/$",
        revisions.revision_detail,
        name="revision_detail",
    ),
]
