"""`manage.py serve`: the portal on this machine, ready to use."""

import os
import signal
import sys
from argparse import ArgumentParser
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connections
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from advisories.models import Advisory
from portal.demo import make_demo_accounts
from portal.serving import collect_static, is_loopback, load_worker, refusal

CATALOGUE = settings.BASE_DIR / "fixtures" / "iws-supplement-1.3.json"
# In each worker; every one may hold a database connection, and granian warns of more.
THREADS = min(8, 2 * (os.cpu_count() or 1) + 1)
PLAIN_HTTP = """\
http://{host}:{port} is plain HTTP on an address that others can reach, so it is refused. What is
lost without HTTPS: passwords and session cookies pass the network in clear and cookies are not
marked Secure; browsers do not let a checklist work offline (no service worker).
Serve it through an HTTPS proxy, or ask for it: make serve HOST={host} ARGS=--insecure-http
{host}:{port} は他の機器から届くアドレスでの暗号化なしの HTTP のため、起動を中止しました。
パスワードと Cookie が平文で流れ、オフライン作業もできません。承知の上で使う場合は
make serve HOST={host} ARGS=--insecure-http を実行してください。"""
TAKEN = """\
Nothing can listen on {host}:{port}: {reason}. Perhaps the portal is running already. Another port:
make serve PORT={other}
{host}:{port} は使用できません。すでに起動していないか確認するか、別のポートを指定してください:
make serve PORT={other}"""


class Command(BaseCommand):
    help = "Set up the database, the catalogue and demo accounts, and serve on HOST:PORT."
    requires_system_checks = ()  # migrate runs them

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--insecure-http",
            action="store_true",
            help="allow plain HTTP on an address that is not loopback",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
        host, port = os.environ.get("HOST", "127.0.0.1"), port_from_environment()
        if not is_loopback(host) and not options["insecure_http"]:
            raise CommandError(PLAIN_HTTP.format(host=host, port=port))
        if reason := refusal(host, port):
            raise CommandError(
                TAKEN.format(host=host, port=port, reason=reason, other=port % 65535 + 1)
            )
        self.announce(host, port, self.prepare())
        run(host, port)

    def prepare(self) -> dict[str, str]:
        """Bring database, catalogue, people and static files up to date; new demo passwords."""
        try:
            call_command("migrate", interactive=False, verbosity=0)
        except OperationalError as error:
            raise CommandError(f"The database of DATABASE_URL cannot be used: {error}") from error
        if not Advisory.objects.exists():
            call_command("load_catalogue", str(CATALOGUE), stdout=StringIO())
            self.stdout.write(f"Loaded the catalogue: {Advisory.objects.count()} advisories.")
        passwords = make_demo_accounts()
        collect_static()
        return passwords

    def announce(self, host: str, port: int, passwords: dict[str, str]) -> None:
        manage = f"{interpreter()} manage.py"
        shown = f"[{host}]" if ":" in host else host
        self.stdout.write(f"\n  Portal / ポータル: http://{shown}:{port}\n\n")
        if passwords:
            self.stdout.write(
                "  Demo accounts (shown this once) / デモ用アカウント (表示は今回限り):\n"
            )
            for username, password in passwords.items():
                self.stdout.write(f"    {username:<10} {password}\n")
        self.stdout.write(
            "  A demo password anew / デモ用パスワードの再設定:\n"
            f"    {manage} changepassword engineer\n"
            "  Your own first account / 自分用の最初のアカウント:\n"
            f"    {manage} createsuperuser\n"
            "  Stop / 終了: Ctrl-C\n"
        )
        if not is_loopback(host):
            self.stdout.write(
                self.style.WARNING(
                    "\n  Plain HTTP: passwords and cookies pass the network in clear, and no"
                    " checklist works offline. Only the\n  names in ALLOWED_HOSTS are answered:"
                    f" {', '.join(settings.ALLOWED_HOSTS)}\n"
                    "  暗号化なしの HTTP です。パスワードと Cookie は平文で流れ、オフライン作業は"
                    "できません。\n"
                )
            )
        self.stdout.flush()


def port_from_environment() -> int:
    text = os.environ.get("PORT", "8000")
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise CommandError(f'Environment variable "PORT" is no port (1 to 65535): {text!r}')
    return int(text)


def interpreter() -> str:
    """This Python as one would type it in the project's folder."""
    path = Path(sys.executable)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def run(host: str, port: int) -> None:
    """Serve until Ctrl-C or SIGTERM; then requests under way are finished first."""
    # Workers read the settings again where they are not forked.
    os.environ["SERVE_HTTP"] = "true"
    connections.close_all()  # a connection must not be shared with a forked worker
    server = Granian(
        "portal.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1 if os.name == "nt" else max(2, min(4, os.cpu_count() or 1)),
        blocking_threads=THREADS,
        respawn_failed_workers=True,
        workers_kill_timeout=10,
        websockets=False,
        log_level=LogLevels.warning,
    )

    @server.on_startup
    def stop_when_the_terminal_closes() -> None:
        if os.name == "posix":  # granian would take it for a wish to reload
            signal.signal(signal.SIGHUP, server.signal_handler_interrupt)

    server.serve(target_loader=load_worker)
