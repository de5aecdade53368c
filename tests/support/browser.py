"""A real browser: Chromium under Playwright, and what a page must never do."""

from dataclasses import dataclass, field, fields
from urllib.parse import urlsplit

from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright

from tests.support import machine

FLAGS = [
    "--no-sandbox",  # root has no sandbox; the only pages opened are the portal's own
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
PATIENCE = 20_000  # milliseconds for what a busy machine may take; nobody waits for it otherwise
LOCALES = {"ja": "ja-JP", "en": "en-GB"}


def launch(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=machine.chromium(), args=FLAGS)


@dataclass
class Faults:
    """What no page may do. The `open_page` fixture fails a test that leaves any behind; a test
    that provokes one on purpose asserts it and then calls `clear()`."""

    csp_violations: list[str] = field(default_factory=list)
    script_errors: list[str] = field(default_factory=list)
    foreign_requests: list[str] = field(default_factory=list)
    server_errors: list[str] = field(default_factory=list)

    def _lists(self) -> dict[str, list[str]]:
        return {each.name: getattr(self, each.name) for each in fields(self)}

    def clear(self) -> None:
        for found in self._lists().values():
            found.clear()

    def __str__(self) -> str:
        return "\n".join(f"{kind}: {one}" for kind, found in self._lists().items() for one in found)

    def _console(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self.csp_violations.append(f"{message.text} ({message.location.get('url', '')})")

    def watch(self, context: BrowserContext) -> None:
        context.on("console", self._console)
        context.on("weberror", lambda error: self.script_errors.append(str(error.error)))
        context.on("request", lambda request: self._request(request.url))
        context.on("response", lambda answer: self._response(answer.status, answer.url))

    def _request(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "127.0.0.1":
            self.foreign_requests.append(url)

    def _response(self, status: int, url: str) -> None:
        if status >= 500:
            self.server_errors.append(f"{status} {url}")


def sign_in(page: Page, user, url: str) -> None:
    """Put a session cookie of `user` into the page's browser; `url` is the live server's.

    It is no fresh proof of identity: signing still asks for the password.
    """
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": url}])
