"""Static files with hashed names, also inside JavaScript modules."""

from django.contrib.staticfiles.storage import staticfiles_storage
from django.templatetags.static import static
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # untyped
    # Without this a hashed module would import its neighbours by their unhashed names.
    support_js_module_import_aggregation = True


WORKER = "js/worker.js"
# What a checklist's page needs without a network.
OWN = ("css/", "js/", "favicon")
NOT_NEEDED = (WORKER, "css/admin.css")


def own_files() -> list[str]:
    """Addresses of the portal's own static files by their hashed names."""
    names = sorted(staticfiles_storage.hashed_files)  # type: ignore[attr-defined]  # StaticStorage
    return [static(n) for n in names if n.startswith(OWN) and n not in NOT_NEEDED]


def build() -> str:
    """Which static files, and so which scripts, this portal serves: a digest of their names."""
    return str(staticfiles_storage.manifest_hash)  # type: ignore[attr-defined]  # StaticStorage
