"""Following a link politely and with care: what does the address answer? No database.

Only public addresses are reached, also behind names and redirects: the portal stands in a
company's network, and a link must not make it knock at the doors there.
"""

import errno
import hashlib
import http.client
import socket
import ssl
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from html.parser import HTMLParser
from ipaddress import IPv6Address, ip_address, ip_network
from itertools import zip_longest
from typing import Any
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from advisories.models import LinkCheck

State = LinkCheck.State
MOST_REDIRECTS = 5
MOST_BYTES = 1_000_000
GONE = (404, 410)
# IPv6 in which an IPv4 address stands: compatible, NAT64, 6to4, Teredo.
LEADING_ON = tuple(
    map(ip_network, ("::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))
)
REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True)
class Answer:
    """What came of following a link. `reached`: there was a network to try it on."""

    state: LinkCheck.State
    http_code: int | None = None
    final_url: str = ""
    digest: str = ""
    reached: bool = True


@dataclass(frozen=True)
class Manners:
    """How a host is treated: seconds until it is given up, seconds between two requests to it,
    and whether addresses that are not public may be reached (for tests)."""

    timeout: float = 15
    delay: float = 1
    allow_private: bool = False
    agent: str = "deployment-advisories-link-check"


class Refused(Exception):
    """The address is not public, or no web address at all."""


class NoHost(Exception):
    """The name cannot be resolved, or there is no way to the network."""


class Follower:
    """Follows links; threads may share it. A host gets one request at a time."""

    def __init__(self, manners: Manners) -> None:
        self.manners = manners
        self._turns: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self._last: dict[str, float] = {}
        self._guard = threading.Lock()

    def follow(self, url: str) -> Answer:
        """What the address answers in the end. Never raises for anything a server does."""
        current, reached = url, False
        for _hop in range(MOST_REDIRECTS + 1):
            try:
                status, target, digest = self._look(current)
                following = urljoin(current, target) if target is not None else ""
            except Refused:
                return Answer(State.REFUSED, final_url=_shown(url, current))
            except NoHost:
                return Answer(State.NO_HOST, final_url=_shown(url, current), reached=reached)
            except (OSError, http.client.HTTPException, ValueError):
                return Answer(State.UNREACHABLE, final_url=_shown(url, current))
            reached = True
            if target is None:
                return Answer(_state(status), status, _shown(url, current), digest)
            current = following
        return Answer(State.LOOP, final_url=_shown(url, current))

    def _look(self, url: str) -> tuple[int, str | None, str]:
        """Status, where it redirects to (None: nowhere) and the digest of what it says. HEAD
        first; GET unless that redirects or names more than is read."""
        parts = urlsplit(url)
        address = self._address(parts)
        try:
            status, headers, _body = self._request("HEAD", parts, address)
        except http.client.HTTPException:  # perhaps a server that knows GET only
            status, headers = 0, http.client.HTTPMessage()
        target = headers.get("Location") if status in REDIRECTS else None
        too_long = _number(headers.get("Content-Length")) > MOST_BYTES
        if target is not None or (status == 200 and too_long):
            return status, target, ""
        status, headers, body = self._request("GET", parts, address)
        target = headers.get("Location") if status in REDIRECTS else None
        is_whole = _number(headers.get("Content-Length")) <= len(body) <= MOST_BYTES
        is_page = 200 <= status < 300 and target is None
        return status, target, digest_of(body, headers) if is_page and is_whole else ""

    def _address(self, parts: SplitResult) -> str:
        """The address behind the host, checked; the connection goes to this one and no other."""
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Refused
        try:
            found = socket.getaddrinfo(parts.hostname, _port(parts), type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            raise NoHost from error
        addresses = [str(entry[4][0]) for entry in found]
        if not self.manners.allow_private and not all(map(is_public, addresses)):
            raise Refused
        return addresses[0]

    def _request(
        self, method: str, parts: SplitResult, address: str
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """One request. Raises OSError or HTTPException."""
        with self._turn(str(parts.hostname)):
            connection = _connection(parts, address, self.manners.timeout)
            # A server that sends a byte now and then would never run into the socket's own limit.
            given_up = threading.Event()
            watchdog = threading.Timer(self.manners.timeout, _hang_up, [connection, given_up])
            watchdog.daemon = True
            watchdog.start()
            try:
                connection.request(method, _path(parts), headers=self._headers())
                response = connection.getresponse()
                body = b"" if method == "HEAD" else response.read(MOST_BYTES + 1)
            except OSError as error:
                if error.errno in NO_WAY:
                    raise NoHost from error
                raise
            finally:
                watchdog.cancel()
                connection.close()
            if given_up.is_set():  # what was read until then looks like an answer
                raise TimeoutError
            return response.status, response.headers, body

    def _headers(self) -> dict[str, str]:
        return {
            "User-Agent": self.manners.agent,
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            "Accept-Language": "ja, en;q=0.5",
            "Connection": "close",
        }

    @contextmanager
    def _turn(self, host: str) -> Iterator[None]:
        """One request at a time for a host, and a pause between two."""
        with self._guard:
            turn = self._turns[host]
        with turn:
            ready = self._last.get(host, 0) + self.manners.delay
            time.sleep(max(0.0, ready - time.monotonic()))
            try:
                yield
            finally:
                self._last[host] = time.monotonic()


# No route, no network: as good as a name that cannot be resolved.
NO_WAY = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN)


class _Https(http.client.HTTPSConnection):
    """Goes to an address that was checked, and asks for the certificate of the name."""

    address = ""

    def connect(self) -> None:
        plain = socket.create_connection((self.address, self.port or 443), self.timeout)
        context = ssl.create_default_context()
        self.sock = context.wrap_socket(plain, server_hostname=self.host)


class _Http(http.client.HTTPConnection):
    address = ""

    def connect(self) -> None:
        self.sock = socket.create_connection((self.address, self.port or 80), self.timeout)


def _connection(parts: SplitResult, address: str, timeout: float) -> Any:
    host = str(parts.hostname).encode("idna").decode("ascii")
    kind = _Https if parts.scheme == "https" else _Http
    connection = kind(host, _port(parts), timeout=timeout)
    connection.address = address
    return connection


def _hang_up(connection: Any, given_up: threading.Event) -> None:
    given_up.set()
    try:
        connection.sock.shutdown(socket.SHUT_RDWR)
    except (AttributeError, OSError):
        return  # not connected, or closed already


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _path(parts: SplitResult) -> str:
    """Path and query as they may stand in a request line."""
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    return f"{path}?{query}" if query else path


def _shown(url: str, final: str) -> str:
    """Where it ended, as far as it can be stored; "" where it began."""
    return "" if final == url else "".join(filter(str.isprintable, final))[:2000]


def _state(status: int) -> LinkCheck.State:
    if 200 <= status < 300:
        return State.OK
    return State.GONE if status in GONE else State.FAILED


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else 0


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet. One that leads on to an IPv4 address
    (mapped, NAT64, 6to4, compatible, Teredo) is not: no vendor's page needs it."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped:
            found = found.ipv4_mapped
        elif found.is_site_local or any(found in network for network in LEADING_ON):
            return False
    return found.is_global and not found.is_multicast


def digest_of(body: bytes, headers: http.client.HTTPMessage) -> str:
    """SHA-256 of the words of a page, or of any other file as it is: what a page says changes less
    often than how it is built."""
    if headers.get_content_type() != "text/html":
        return hashlib.sha256(body).hexdigest()
    try:
        text = body.decode(headers.get_content_charset() or "utf-8", "replace")
    except (LookupError, ValueError):  # also names of codecs that are none of texts
        text = body.decode("utf-8", "replace")
    words = _Words()
    # Markup that the parser does not expect, or a letter's number without end, ends it there.
    with suppress(AssertionError, ValueError):
        words.feed(text)
    return hashlib.sha256(" ".join(words.found).encode("utf-8", "replace")).hexdigest()


class _Words(HTMLParser):
    """Collects the words of a page, without scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self._hidden += tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style") and self._hidden > 0

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.found += data.split()


def by_turns(urls: Iterable[str]) -> list[str]:
    """The addresses in an order in which hosts alternate, so that no worker waits for a turn."""
    hosts: dict[str, list[str]] = defaultdict(list)
    for url in urls:
        hosts[_host(url)].append(url)
    return [url for row in zip_longest(*hosts.values()) for url in row if url]


def _host(url: str) -> str:
    """The host of an address, "" where it names none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
