"""Which static files are collected."""

from django.contrib.staticfiles.apps import StaticFilesConfig


class PortalStaticFilesConfig(StaticFilesConfig):
    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        # Unused here, and a type comment in them (`import("../htmx")`) is taken for an import
        # of a file that does not exist.
        "django_htmx/ext/*",
    ]
