"""`serve`: everything set up, nothing lost, plain words when it cannot."""

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from portal.demo import make_demo_accounts
from portal.local import secret_key
from portal.models import User
from portal.serving import collect_static, is_loopback

ROOT = Path(__file__).resolve().parent.parent


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serve_until_it_answers(folder):
    """Start `serve` in a process group of its own, wait for /healthz, press Ctrl-C.

    Returns its output and exit status.
    """
    port = free_port()
    environment = os.environ | {"DATABASE_URL": f"sqlite:///{folder}/db.sqlite3", "PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, "manage.py", "serve"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "Ctrl-C" in line:
            break
    answer = health(port, process)
    os.killpg(process.pid, signal.SIGINT)
    rest, _ = process.communicate(timeout=60)
    return answer, "".join(lines) + rest, process.returncode


def health(port, process):
    """The answer of /healthz; the socket is open only once the workers have been started."""
    while process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=30) as answer:
                return answer.status
        except urllib.error.URLError:
            continue
    return None


def test_two_starts_serve_the_catalogue_and_show_the_passwords_once(tmp_path):
    first_answer, first, first_status = serve_until_it_answers(tmp_path)
    again_answer, again, again_status = serve_until_it_answers(tmp_path)

    assert (first_answer, first_status) == (200, 0), first
    assert (again_answer, again_status) == (200, 0), again
    assert "32 advisories" in first
    assert "32 advisories" not in again
    assert "Demo accounts" in first
    assert "Demo accounts" not in again
    assert "createsuperuser" in again
    assert "changepassword" in again


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "portal.example"])  # noqa: S104
def test_plain_http_that_others_can_reach_is_refused(host, monkeypatch):
    monkeypatch.setenv("HOST", host)

    with pytest.raises(CommandError, match="passwords and session cookies"):
        call_command("serve")


def test_a_taken_port_is_said_in_words(monkeypatch):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen(1)
        monkeypatch.setenv("PORT", str(other.getsockname()[1]))

        with pytest.raises(CommandError, match="Another port"):
            call_command("serve")


@pytest.mark.parametrize("port", ["", "http", "0", "65536", "-1", "８０００"])
def test_a_bad_port_names_itself(port, monkeypatch):
    monkeypatch.setenv("PORT", port)

    with pytest.raises(CommandError, match='"PORT"'):
        call_command("serve")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_nobody_else_reaches_loopback(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "localhost.example"])  # noqa: S104
def test_any_other_address_counts_as_reachable_by_others(host):
    assert not is_loopback(host)


@pytest.mark.django_db
def test_demo_accounts_are_marked_and_have_one_role_each():
    passwords = make_demo_accounts()

    assert set(passwords) == {"editor", "engineer", "reviewer"}
    for username, password in passwords.items():
        user = User.objects.get(username=username)
        assert user.is_demo
        assert not user.is_superuser
        assert user.roles == {username}
        assert user.check_password(password)


@pytest.mark.django_db
def test_demo_accounts_are_made_once():
    passwords = make_demo_accounts()

    assert make_demo_accounts() == {}
    assert User.objects.get(username="editor").check_password(passwords["editor"])


@pytest.mark.django_db
def test_a_portal_with_people_of_its_own_gets_no_demo_accounts():
    User.objects.create_user("mara")

    assert make_demo_accounts() == {}


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path):
    path = tmp_path / "var" / "secret-key"

    key = secret_key(path)

    assert len(key) >= 50
    assert secret_key(path) == key
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["secret-key"]


def test_an_empty_key_file_is_an_error_that_says_what_to_do(tmp_path):
    path = tmp_path / "secret-key"
    path.touch()

    with pytest.raises(ValueError, match="Remove it"):
        secret_key(path)


def test_static_files_are_collected_again_only_when_one_has_changed(tmp_path, settings):
    source = tmp_path / "source"
    source.mkdir()
    (source / "a.css").write_text("a {}")
    settings.STATICFILES_DIRS = [source]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    collect_static()
    (settings.STATIC_ROOT / "a.css").unlink()

    collect_static()
    assert not (settings.STATIC_ROOT / "a.css").exists()

    (source / "b.css").write_text("b {}")
    collect_static()
    assert (settings.STATIC_ROOT / "a.css").exists()
