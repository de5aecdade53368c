"""The environment the tests run in, and then the one settings file.

Every name of `.env.example` is set here, so that a developer's own `.env` changes no result;
only DATABASE_URL is taken from outside. What differs from production is speed, nothing else.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

ROOT = Path(tempfile.mkdtemp(prefix="portal-tests-"))
atexit.register(shutil.rmtree, ROOT, ignore_errors=True)

os.environ.setdefault("DATABASE_URL", f"sqlite:///{ROOT / 'db.sqlite3'}")
os.environ |= {
    "SECRET_KEY": "for-tests-only-" + "x" * 50,
    "DEBUG": "false",
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "CSRF_TRUSTED_ORIGINS": "",
    "MEDIA_ROOT": str(ROOT / "media"),
    "PUBLIC_URL": "",
    "TIME_ZONE": "Asia/Tokyo",
    "CATALOGUE_LOGIN_REQUIRED": "false",
    "ALLOW_SELF_REVIEW": "false",
    "OFFLINE_WORK": "true",
    "BEHIND_PROXY": "false",
    "SERVE_HTTP": "true",  # the test client and the live server speak plain HTTP
    # Playwright keeps an event loop in the main thread; the tests use the database there.
    "DJANGO_ALLOW_ASYNC_UNSAFE": "true",
    # pyhanko brings lxml along; without it, as most portals are, openpyxl writes another way.
    "OPENPYXL_LXML": "False",
}
for name in (
    *("SECRET_KEY_FILE", "DATABASE_URL_FILE", "EMAIL_URL", "EMAIL_URL_FILE"),
    *("SIGNING_KEY_FILE", "SIGNING_KEY_PASSWORD"),
    *("SIGNING_KEY_PASSWORD_FILE", "TIMESTAMP_URL"),
):
    os.environ.pop(name, None)

from portal.settings import *  # noqa: E402, F403  (the environment has to be there first)
from portal.settings import DATABASES  # noqa: E402

STATIC_ROOT = ROOT / "static"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# The live server answers in threads of its own, and each test drops its database: no connection
# may outlive the request it was made for.
DATABASES["default"].update(CONN_MAX_AGE=0, CONN_HEALTH_CHECKS=False)
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file, as in production: an in-memory database has other locks and no WAL.
    DATABASES["default"]["TEST"] = {"NAME": str(ROOT / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"] = DATABASES["default"]["OPTIONS"] | {
        "init_command": DATABASES["default"]["OPTIONS"]["init_command"] + " PRAGMA synchronous=OFF;"
    }
