"""The one settings file. Every value comes from the environment (or `.env` beside manage.py);
`.env.example` lists the names. A bad value stops the start and names itself."""

import sys
from pathlib import Path

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from portal import environment, local
from portal.environment import BASE_DIR, env

VAR_DIR = BASE_DIR / "var"
env.read_env(BASE_DIR / ".env", recurse=False)

# `serve` is the laptop's command: it keeps a key of its own and speaks plain HTTP on loopback.
# Its workers are processes of their own, so it tells them through the environment.
SERVING_LOCALLY = sys.argv[1:2] == ["serve"] or env.bool("SERVE_HTTP", False)

DEBUG = env.bool("DEBUG", False)
# Other commands beside `serve` (createsuperuser, evaluate ...) use the key that it has made.
HAS_LOCAL_KEY = SERVING_LOCALLY or local.KEY_FILE.exists()
MEDIA_ROOT = BASE_DIR / env.str("MEDIA_ROOT", "var/media", validate=environment.is_given)
SECRET_KEY = environment.secret("SECRET_KEY", MEDIA_ROOT) or (
    local.secret_key() if HAS_LOCAL_KEY else env.str("SECRET_KEY", validate=environment.is_given)
)
ALLOWED_HOSTS: list[str] = env.list(
    "ALLOWED_HOSTS",
    ["localhost", "127.0.0.1", "[::1]"],
    subcast=str.strip,
    validate=environment.are_hosts,
)
CSRF_TRUSTED_ORIGINS: list[str] = env.list(
    "CSRF_TRUSTED_ORIGINS", [], subcast=str.strip, validate=environment.are_origins
)
PUBLIC_URL = env.str("PUBLIC_URL", "", validate=environment.is_address).rstrip("/")
CATALOGUE_LOGIN_REQUIRED = env.bool("CATALOGUE_LOGIN_REQUIRED", False)
OFFLINE_WORK = env.bool("OFFLINE_WORK", True)
ALLOW_SELF_REVIEW = env.bool("ALLOW_SELF_REVIEW", False)
SIGNING_KEY_PASSWORD = environment.secret("SIGNING_KEY_PASSWORD", MEDIA_ROOT)
SIGNING_KEY_FILE = environment.signing_key("SIGNING_KEY_FILE", MEDIA_ROOT, SIGNING_KEY_PASSWORD)
TIMESTAMP_URL = env.str("TIMESTAMP_URL", "", validate=environment.is_address)

INSTALLED_APPS = [
    "portal.admin_config.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "portal.staticfiles_config.PortalStaticFilesConfig",
    "portal.axes_config.PortalAxesConfig",
    "csp",
    "django_filters",
    "django_htmx",
    "import_export",
    "portal",
    "advisories",
    "checklists",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "portal.middleware.Sessions",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.middleware.LoginRequired",
    "portal.middleware.language",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context_processors.portal",
            ]
        },
    }
]

# SQLite's options make it safe for several processes: writers queue instead of failing late,
# and a committed row has reached the disk.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
        " PRAGMA recursive_triggers=ON;"
    ),
}

DATABASES = {
    "default": environment.database("DATABASE_URL", "sqlite:///var/db.sqlite3", MEDIA_ROOT),
}
if DATABASES["default"]["ENGINE"] == environment.ENGINES["sqlite"]:
    DATABASES["default"]["OPTIONS"] = SQLITE_OPTIONS
    Path(DATABASES["default"]["NAME"]).parent.mkdir(parents=True, exist_ok=True)
else:
    DATABASES["default"].update(CONN_MAX_AGE=60, CONN_HEALTH_CHECKS=True)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "portal.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "portal.backends.PortalBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"

AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "portal.identity.client_address"
AXES_LOCKOUT_TEMPLATE = "429.html"
AXES_HTTP_RESPONSE_CODE = 429
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False

LANGUAGE_CODE = "ja"
LANGUAGES = [("ja", _("Japanese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", "Asia/Tokyo", validate=environment.is_time_zone)

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "portal.storage.StaticStorage"},
}

MAIL = environment.mail("EMAIL_URL", MEDIA_ROOT)
SENDS_MAIL = bool(MAIL)
vars().update(MAIL)
EMAIL_TIMEOUT = MAIL.get("EMAIL_TIMEOUT") or 10  # seconds, for each answer of the mail server

# Plain HTTP is for `serve` on loopback and for tests: no certificate, so no Secure cookies.
SECURE = not (SERVING_LOCALLY or DEBUG)
DEMO_ACCOUNTS = not SECURE
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_NAME = "__Host-sessionid" if SECURE else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if SECURE else "csrftoken"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "portal.views.csrf_failure"
SECURE_SSL_REDIRECT = SECURE
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
BEHIND_PROXY = env.bool("BEHIND_PROXY", False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        **{
            f"{kind}-src": [SELF]
            for kind in (
                "script",
                "style",
                "img",
                "font",
                "connect",
                "worker",
                "manifest",
            )
        },
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    }
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 6000  # an import of 5,000 rows has a tick for each

IMPORT_EXPORT_USE_TRANSACTIONS = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"},
    },
    "filters": {"without_tokens": {"()": "portal.logs.WithoutTokens"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["without_tokens"],
        }
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    # Django's own handlers beside ours would write every line twice, and without the filter.
    "loggers": {
        "django": {"handlers": [], "level": "INFO"},
        "django.server": {"handlers": [], "level": "INFO", "propagate": True},
        # Four lines for each log-in, and names no name; a lock-out is a warning.
        "axes": {"handlers": [], "level": "WARNING"},
    },
}
