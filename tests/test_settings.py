"""Settings come from the environment alone; a bad value stops the start and names itself.

Each test starts a child process in a copy of the project's folder, where neither a developer's
`.env` nor the secret key of `serve` lies.
"""

import json
import logging
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.keys import write_pkcs12

ROOT = Path(__file__).resolve().parent.parent
LINKED = ("advisories", "checklists", "fixtures", "locale", "static", "templates")
KEY = "A key of fifty letters and more, for tests of production: 0123456789"
PRODUCTION = {
    "SECRET_KEY": KEY,
    "ALLOWED_HOSTS": "portal.example.jp",
    "CSRF_TRUSTED_ORIGINS": "https://portal.example.jp",
}
# Read by the code, and no settings: one tells Django where settings are, one `serve` its workers.
NO_SETTINGS = {"DJANGO_SETTINGS_MODULE", "SERVE_HTTP"}
# A value to copy from .env.example that is a placeholder for nothing.
EMPTY = {"SECRET_KEY", "SECRET_KEY_FILE", "CSRF_TRUSTED_ORIGINS", "PUBLIC_URL", "EMAIL_URL"}
EMPTY |= {"SIGNING_KEY_FILE", "SIGNING_KEY_PASSWORD", "SIGNING_KEY_PASSWORD_FILE", "TIMESTAMP_URL"}
EMPTY |= {"DATABASE_URL_FILE", "EMAIL_URL_FILE"}

BAD = [
    ("DEBUG", "maybe"),
    ("DEBUG", ""),
    ("ALLOWED_HOSTS", ""),
    ("ALLOWED_HOSTS", "https://portal.example.jp"),
    ("ALLOWED_HOSTS", "portal.example.jp:8000"),
    ("ALLOWED_HOSTS", "portal.example.jp,"),
    ("CSRF_TRUSTED_ORIGINS", "portal.example.jp"),
    ("CSRF_TRUSTED_ORIGINS", "https://portal.example.jp/"),
    ("BEHIND_PROXY", "nginx"),
    ("DATABASE_URL", ""),
    ("DATABASE_URL", "var/db.sqlite3"),
    ("DATABASE_URL", "mysql://user:secret-word@db/portal"),
    ("DATABASE_URL", "postgres://user:secret-word@db:port/portal"),
    ("DATABASE_URL", "sqlite://"),
    ("MEDIA_ROOT", ""),
    ("PUBLIC_URL", "portal.example.jp"),
    ("PUBLIC_URL", "javascript:alert(1)"),
    ("PUBLIC_URL", "https://portal.example.jp/?a=b"),
    ("TIME_ZONE", "Asia/Tokio"),
    ("TIME_ZONE", ""),
    ("TIME_ZONE", "../../etc/passwd"),
    ("CATALOGUE_LOGIN_REQUIRED", "2"),
    ("ALLOW_SELF_REVIEW", "perhaps"),
    ("OFFLINE_WORK", "sometimes"),
    ("EMAIL_URL", "mail.example.jp"),
    ("EMAIL_URL", "smtp+tls://user:secret-word@mail.example.jp:587"),
    ("EMAIL_URL", "smtp://user:secret-word@mail.example.jp:port"),
    ("SIGNING_KEY_FILE", "no-such-file.p12"),
    ("SIGNING_KEY_FILE", "manage.py"),
    ("SIGNING_KEY_PASSWORD_FILE", "no-such-file"),
    ("DATABASE_URL_FILE", "no-such-file"),
    ("DATABASE_URL_FILE", "manage.py"),
    ("EMAIL_URL_FILE", "no-such-file"),
    ("EMAIL_URL_FILE", "manage.py"),
    ("TIMESTAMP_URL", "timestamp.example.jp"),
    ("SECRET_KEY_FILE", "no-such-file"),
    ("SECRET_KEY_FILE", "."),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(
        ROOT / "portal", folder / "portal", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(ROOT / "manage.py", folder)
    for name in LINKED:
        (folder / name).symlink_to(ROOT / name)
    return folder


def start(folder, *arguments, **environment):
    """A child process that has these environment variables and none of ours."""
    kept = {"DJANGO_SETTINGS_MODULE": "portal.settings", "PATH": os.environ["PATH"]}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def manage(folder, *arguments, **environment):
    return start(folder, "manage.py", *arguments, **environment)


def settings_of(folder, **environment):
    """Production's settings with these variables, as the server would have them."""
    program = (
        "import json; from portal import settings;"
        "found = {name: value for name, value in vars(settings).items() if name.isupper()};"
        "del found['LANGUAGES'];"  # translated texts
        "print(json.dumps(found, default=str))"
    )
    done = start(folder, "-c", program, **PRODUCTION | environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_bad_value_stops_the_start_and_names_itself(folder, name, value):
    done = manage(folder, "check", **PRODUCTION | {name: value})

    assert done.returncode != 0
    assert f'"{name}"' in done.stderr.splitlines()[-1]
    assert "secret-word" not in done.stderr


def test_every_setting_has_a_bad_value_among_these_tests():
    tested_with_serve = {"HOST", "PORT"}  # see test_serve.py
    tested_below = {"SECRET_KEY", "SIGNING_KEY_PASSWORD"}

    assert {name for name, _ in BAD} | tested_with_serve | tested_below == set(example())


@pytest.mark.parametrize("environment", [{}, {"SECRET_KEY": ""}, {"SECRET_KEY_FILE": ""}])
def test_production_needs_a_secret_key(folder, environment):
    done = manage(folder, "check", ALLOWED_HOSTS="portal.example.jp", **environment)

    assert done.returncode != 0
    assert '"SECRET_KEY"' in done.stderr.splitlines()[-1]


def test_the_secret_key_can_stand_in_a_file(folder, tmp_path):
    file = tmp_path / "key"
    file.write_text(KEY + "\n", encoding="utf-8")

    found = settings_of(folder, SECRET_KEY="", SECRET_KEY_FILE=str(file))

    assert found["SECRET_KEY"] == KEY


def test_the_addresses_of_database_and_mail_server_can_stand_in_files(folder, tmp_path):
    database, mail = tmp_path / "database", tmp_path / "mail"
    database.write_text("postgres://portal:secret-word@db:5433/portal\n", encoding="utf-8")
    mail.write_text("submission://portal:word@mail.example.jp:587\n", encoding="utf-8")

    found = settings_of(
        folder,
        DATABASE_URL="sqlite:///elsewhere.sqlite3",
        DATABASE_URL_FILE=str(database),
        EMAIL_URL_FILE=str(mail),
    )

    default = found["DATABASES"]["default"]
    assert (default["HOST"], default["PORT"], default["PASSWORD"]) == ("db", 5433, "secret-word")
    assert (found["EMAIL_HOST"], found["EMAIL_HOST_PASSWORD"]) == ("mail.example.jp", "word")
    assert found["SENDS_MAIL"]


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("DATABASE_URL_FILE", "mysql://user:secret-word@db/portal"),
        ("DATABASE_URL_FILE", "postgres://user:secret-word@db:port/portal"),
        ("EMAIL_URL_FILE", "smtp+tls://user:secret-word@mail.example.jp:587"),
        ("EMAIL_URL_FILE", "smtp://user:secret-word@mail.example.jp:port"),
    ],
)
def test_a_bad_address_in_a_file_names_its_variable_and_no_password(
    folder, tmp_path, name, address
):
    file = tmp_path / "address"
    file.write_text(address, encoding="utf-8")

    done = manage(folder, "check", **PRODUCTION | {name: str(file)})

    assert done.returncode != 0
    assert f'"{name}"' in done.stderr.splitlines()[-1]
    assert "secret-word" not in done.stderr


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfe\xff"])
def test_a_file_that_holds_no_key_names_its_variable(folder, tmp_path, content):
    file = tmp_path / "key"
    file.write_bytes(content)

    done = manage(folder, "check", SECRET_KEY_FILE=str(file))

    assert done.returncode != 0
    assert '"SECRET_KEY_FILE"' in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "name",
    [
        "SECRET_KEY_FILE",
        "DATABASE_URL_FILE",
        "EMAIL_URL_FILE",
        "SIGNING_KEY_FILE",
        "SIGNING_KEY_PASSWORD_FILE",
    ],
)
def test_no_key_file_lies_under_media_root(folder, tmp_path, name):
    file = tmp_path / "media" / "deep" / "key"
    file.parent.mkdir(parents=True)
    file.write_text(KEY, encoding="utf-8")

    done = manage(
        folder, "check", **PRODUCTION | {"MEDIA_ROOT": str(tmp_path / "media"), name: str(file)}
    )

    assert done.returncode != 0
    assert f'"{name}"' in done.stderr.splitlines()[-1]


def test_a_signing_key_opens_with_its_password_alone(folder, tmp_path):
    key, word = write_pkcs12(tmp_path / "key.p12", "secret-word"), tmp_path / "password"
    word.write_text("secret-word\n", encoding="utf-8")

    found = settings_of(folder, SIGNING_KEY_FILE=str(key), SIGNING_KEY_PASSWORD_FILE=str(word))
    wrong = manage(
        folder,
        "check",
        **PRODUCTION | {"SIGNING_KEY_FILE": str(key), "SIGNING_KEY_PASSWORD": "another-word"},
    )

    assert found["SIGNING_KEY_FILE"] == str(key)
    assert wrong.returncode != 0
    assert '"SIGNING_KEY_FILE"' in wrong.stderr.splitlines()[-1]
    assert "another-word" not in wrong.stderr


def test_a_signing_key_without_the_optional_packages_stops_the_start(folder, tmp_path):
    key = write_pkcs12(tmp_path / "key.p12")
    program = (
        "import importlib.util as util; find = util.find_spec;"
        "util.find_spec = lambda name, *rest: None if name == 'pyhanko' else find(name, *rest);"
        "from portal import settings"
    )

    done = start(folder, "-c", program, **PRODUCTION | {"SIGNING_KEY_FILE": str(key)})

    assert done.returncode != 0
    assert "requirements-pades.txt" in done.stderr.splitlines()[-1]


def test_what_is_not_said_is_safe(folder):
    found = settings_of(folder)

    assert not found["DEBUG"]
    assert not found["CATALOGUE_LOGIN_REQUIRED"]
    assert not found["ALLOW_SELF_REVIEW"]
    assert found["OFFLINE_WORK"]
    assert found["SECURE_SSL_REDIRECT"]
    assert found["SESSION_COOKIE_SECURE"]
    assert found["CSRF_COOKIE_SECURE"]
    assert found["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert "SECURE_PROXY_SSL_HEADER" not in found
    assert found["TIME_ZONE"] == "Asia/Tokyo"
    assert found["LANGUAGE_CODE"] == "ja"


def test_only_serve_makes_demo_accounts_and_production_lets_none_in(folder):
    makers = [
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "portal").rglob("*.py"))
        if "make_demo_accounts(" in path.read_text(encoding="utf-8")
    ]

    assert makers == ["portal/demo.py", "portal/management/commands/serve.py"]
    assert not settings_of(folder)["DEMO_ACCOUNTS"]
    assert settings_of(folder, SERVE_HTTP="true")["DEMO_ACCOUNTS"]


def test_the_proxys_word_counts_only_when_there_is_one(folder):
    found = settings_of(folder, BEHIND_PROXY="true")

    assert found["SECURE_PROXY_SSL_HEADER"] == ["HTTP_X_FORWARDED_PROTO", "https"]


@pytest.mark.parametrize(
    ("url", "sender"),
    [
        ("submission://portal%40example.jp:word@mail.example.jp:587", "portal@example.jp"),
        ("submission://u:w@mail.example.jp/?_default_from_email=a@example.jp", "a@example.jp"),
        ("submission://a%40x.jp:w@mail.jp/?_default_from_email=b@x.jp", "b@x.jp"),
        ("smtp://mail.example.jp", None),
    ],
)
def test_mail_comes_from_an_address_that_exists(folder, url, sender):
    found = settings_of(folder, EMAIL_URL=url)

    assert found["SENDS_MAIL"]
    assert found["EMAIL_TIMEOUT"] == 10
    assert found.get("DEFAULT_FROM_EMAIL") == sender


def test_values_that_are_said_are_used(folder, tmp_path):
    key = write_pkcs12(tmp_path / "signing.p12")

    found = settings_of(
        folder,
        DEBUG="true",
        ALLOWED_HOSTS="portal.example.jp, .example.org,[::1],*",
        CSRF_TRUSTED_ORIGINS="https://portal.example.jp, https://*.example.org:8443",
        DATABASE_URL="postgres://portal:p%40ss@db.example.jp:5433/portal",
        MEDIA_ROOT=str(tmp_path / "media"),
        PUBLIC_URL="https://portal.example.jp/rollouts/",
        TIME_ZONE="Europe/Berlin",
        CATALOGUE_LOGIN_REQUIRED="true",
        ALLOW_SELF_REVIEW="true",
        OFFLINE_WORK="false",
        EMAIL_URL="submission://user:word@mail.example.jp:587",
        SIGNING_KEY_FILE=str(key),
        TIMESTAMP_URL="http://timestamp.example.jp/tsa",
    )

    assert found["DEBUG"]
    assert found["ALLOWED_HOSTS"] == ["portal.example.jp", ".example.org", "[::1]", "*"]
    assert found["CSRF_TRUSTED_ORIGINS"] == [
        "https://portal.example.jp",
        "https://*.example.org:8443",
    ]
    database = found["DATABASES"]["default"]
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert [database[name] for name in ("HOST", "PORT", "NAME", "USER", "PASSWORD")] == [
        "db.example.jp",
        5433,
        "portal",
        "portal",
        "p@ss",
    ]
    assert found["MEDIA_ROOT"] == str(tmp_path / "media")
    assert found["PUBLIC_URL"] == "https://portal.example.jp/rollouts"
    assert found["TIME_ZONE"] == "Europe/Berlin"
    assert found["CATALOGUE_LOGIN_REQUIRED"]
    assert found["ALLOW_SELF_REVIEW"]
    assert not found["OFFLINE_WORK"]
    assert found["EMAIL_HOST"] == "mail.example.jp"
    assert found["EMAIL_USE_TLS"]
    assert found["SIGNING_KEY_FILE"] == str(key)
    assert found["TIMESTAMP_URL"] == "http://timestamp.example.jp/tsa"


def test_relative_paths_begin_beside_manage_py_wherever_one_stands(folder, tmp_path):
    paths = {"DATABASE_URL": "sqlite:///data/portal.sqlite3", "MEDIA_ROOT": "data/media"}

    found = settings_of(tmp_path, PYTHONPATH=str(folder), **paths)

    assert found["DATABASES"]["default"]["NAME"] == str(folder / "data" / "portal.sqlite3")
    assert found["MEDIA_ROOT"] == str(folder / "data" / "media")


def test_sqlite_is_safe_for_several_processes(folder):
    options = settings_of(folder)["DATABASES"]["default"]["OPTIONS"]

    assert options["transaction_mode"] == "IMMEDIATE"
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "recursive_triggers=ON"):
        assert f"PRAGMA {pragma}" in options["init_command"]


def test_the_dot_env_file_is_read_and_the_environment_wins(folder):
    file = folder / ".env"
    file.write_text("TIME_ZONE=Asia/Seoul\nPUBLIC_URL=https://file.example.jp\n")
    try:
        found = settings_of(folder, PUBLIC_URL="https://environment.example.jp")
    finally:
        file.unlink()

    assert found["TIME_ZONE"] == "Asia/Seoul"
    assert found["PUBLIC_URL"] == "https://environment.example.jp"


def test_the_check_for_deployment_has_nothing_to_say_of_production(folder):
    done = manage(folder, "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)

    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_the_workers_of_serve_speak_plain_http_and_keep_a_key_of_their_own(folder):
    done = start(
        folder,
        "-c",
        "from portal import settings as s; print(s.SECURE, len(s.SECRET_KEY) >= 50)",
        SERVE_HTTP="true",
    )
    (folder / "var" / "secret-key").unlink()

    assert done.stdout.split() == ["False", "True"], done.stderr


def example():
    """{name: value} of .env.example, whose lines are all commented out."""
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    return dict(re.findall(r"^#([A-Z_]+)=(.*)$", text, re.MULTILINE))


def read_by_the_code():
    """The names in calls that read a variable; `settings` and `environment` are no such name."""
    reads = re.compile(
        r"(?:\benv\.\w+|\bsecret|\bkey_file|\bsigning_key|\bdatabase|\bmail|os\.environ(?:\.\w+)?)"
        r"[(\[]\s*\"([A-Z_]+)\""
    )
    names = set()
    for app in ("portal", "advisories", "checklists"):
        for path in (ROOT / app).rglob("*.py"):
            names |= set(reads.findall(path.read_text(encoding="utf-8")))
    return names


def test_the_example_names_exactly_what_the_code_reads():
    assert set(example()) == read_by_the_code() - NO_SETTINGS | {
        "SECRET_KEY_FILE",
        "SIGNING_KEY_PASSWORD_FILE",
        "DATABASE_URL_FILE",
        "EMAIL_URL_FILE",
    }


def test_the_values_of_the_example_are_the_defaults(folder):
    values = example()
    written = {name: value for name, value in values.items() if name not in EMPTY}

    said = settings_of(folder, **written | {"ALLOWED_HOSTS": values["ALLOWED_HOSTS"]})
    unsaid = settings_of(folder)

    assert {name for name, value in values.items() if not value} == EMPTY
    differing = {name for name in said if said[name] != unsaid.get(name)}
    assert differing == {"ALLOWED_HOSTS"}  # PRODUCTION says another
    assert said["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]


def test_empty_values_of_the_example_can_be_copied_as_they_are(folder):
    empty = dict.fromkeys(EMPTY - {"SECRET_KEY"}, "")

    found = settings_of(folder, **empty)

    assert found["CSRF_TRUSTED_ORIGINS"] == []
    assert found["PUBLIC_URL"] == ""
    assert found["SIGNING_KEY_FILE"] is None
    assert "EMAIL_HOST" not in found
    assert not found["SENDS_MAIL"]


def test_the_tests_set_every_name_of_the_example():
    """Or a developer's own `.env` could change their results."""
    text = (ROOT / "tests" / "settings.py").read_text(encoding="utf-8")

    assert not {name for name in example() if f'"{name}"' not in text} - {"HOST", "PORT"}


def test_the_log_tells_of_lock_outs_and_not_of_every_log_in():
    log = logging.getLogger("axes.handlers.database")

    assert not log.isEnabledFor(logging.INFO)
    assert log.isEnabledFor(logging.WARNING)
