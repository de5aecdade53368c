"""Static files with hashed names, also inside JavaScript modules."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # untyped
    # Without this a hashed module would import its neighbours by their unhashed names.
    support_js_module_import_aggregation = True
