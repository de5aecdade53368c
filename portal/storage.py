"""Static files with hashed names, also inside JavaScript modules."""

from django.contrib.staticfiles.storage import staticfiles_storage
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # untyped
    # Without this a hashed module would import its neighbours by their unhashed names.
    support_js_module_import_aggregation = True


def build() -> str:
    """Which static files, and so which scripts, this portal serves: a digest of their names."""
    return str(staticfiles_storage.manifest_hash)  # type: ignore[attr-defined]  # StaticStorage
