"""Settings of a portal process that a test starts: the portal's own, on what the test gives it."""

import os
from pathlib import Path

from portal.settings import *  # noqa: F403
from portal.settings import DATABASES

STATIC_ROOT = Path(os.environ["STATIC_ROOT_OF_TESTS"])
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"]["timeout"] = 60
