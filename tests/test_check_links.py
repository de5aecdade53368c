"""Following links: what each answer means, how politely, and never into the company's network."""

import errno
import socket
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from advisories import links
from advisories.link_actions import current_links, keep
from advisories.links import MOST_BYTES, Answer, Follower, Manners, by_turns, is_public
from advisories.models import LinkCheck, Reference
from tests.factory import make_advisory

State = LinkCheck.State


class Site(ThreadingHTTPServer):
    """A site whose pages a test sets: path -> (status, headers, body), or a function for more."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages = {}
        self.asked = []
        self.over = threading.Event()

    def url(self, path):
        return f"http://127.0.0.1:{self.server_port}{path}"

    def page(self, path, status=200, body=b"", **headers):
        self.pages[path] = (status, {k.replace("_", "-"): v for k, v in headers.items()}, body)
        return self.url(path)


class Handler(BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.answer(with_body=False)

    def do_GET(self):
        self.answer(with_body=True)

    def answer(self, with_body):
        site = self.server
        site.asked.append((self.command, self.path, dict(self.headers)))
        page = site.pages.get(self.path, (404, {}, b""))
        if callable(page):
            return page(self)
        status, headers, body = page
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def log_message(self, *_arguments):
        pass


@pytest.fixture
def site():
    server = Site()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def follow():
    return Follower(Manners(timeout=20, delay=0, allow_private=True)).follow


HTML = {"Content_Type": "text/html; charset=utf-8"}


# What an answer means


def test_a_page_that_is_there_is_reachable(site, follow):
    answer = follow(site.page("/a", body=b"hello", **HTML))

    assert (answer.state, answer.http_code, answer.final_url) == (State.OK, 200, "")
    assert len(answer.digest) == 64
    assert [method for method, _path, _headers in site.asked] == ["HEAD", "GET"]


@pytest.mark.parametrize(
    ("status", "state"),
    [(404, State.GONE), (410, State.GONE), (403, State.FAILED), (500, State.FAILED)],
)
def test_an_error_says_which(site, follow, status, state):
    answer = follow(site.page("/a", status))

    assert (answer.state, answer.http_code, answer.digest) == (state, status, "")


def test_a_server_that_refuses_head_is_asked_with_get(site, follow):
    def get_only(handler):
        handler.send_response(405 if handler.command == "HEAD" else 200)
        handler.end_headers()

    site.pages["/a"] = get_only

    assert follow(site.url("/a")).state == State.OK


def test_a_server_that_hangs_up_on_head_is_asked_with_get(site, follow):
    def get_only(handler):
        if handler.command == "GET":
            handler.send_response(200)
            handler.end_headers()

    site.pages["/a"] = get_only

    assert follow(site.url("/a")).state == State.OK


def test_redirects_are_followed_to_where_they_end(site, follow):
    end = site.page("/end", body=b"here")
    site.page("/b", 301, Location="/end")
    start = site.page("/a", 302, Location=site.url("/b"))

    answer = follow(start)

    assert (answer.state, answer.http_code, answer.final_url) == (State.OK, 200, end)


@pytest.mark.parametrize(("hops", "state"), [(5, State.OK), (6, State.LOOP)])
def test_five_redirects_are_followed_and_no_more(site, follow, hops, state):
    for hop in range(hops):
        site.page(f"/{hop}", 302, Location=f"/{hop + 1}")
    site.page(f"/{hops}", body=b"end")

    assert follow(site.url("/0")).state == state


def test_a_loop_ends(site, follow):
    site.page("/a", 302, Location="/b")
    site.page("/b", 302, Location="/a")

    assert follow(site.url("/a")).state == State.LOOP


def test_a_redirect_that_leads_to_nothing_is_gone(site, follow):
    answer = follow(site.page("/a", 302, Location="/nowhere"))

    assert (answer.state, answer.final_url) == (State.GONE, site.url("/nowhere"))


@pytest.mark.parametrize("target", ["ftp://example.org/", "file:///etc/passwd", "javascript:1"])
def test_a_redirect_to_something_else_than_the_web_is_refused(site, follow, target):
    assert follow(site.page("/a", 302, Location=target)).state == State.REFUSED


def test_a_redirect_to_what_is_no_address_is_no_answer(site, follow):
    assert follow(site.page("/a", 302, Location="http://[bad/")).state == State.UNREACHABLE


def test_a_page_that_no_parser_expects_is_read_as_far_as_it_goes(site, follow):
    page = b"<p>words</p><![foo[ more"
    answer = follow(site.page("/a", 200, page, Content_Type="text/html"))

    assert (answer.state, len(answer.digest)) == (State.OK, 64)


def silent(handler):
    handler.server.over.wait(30)


def dribbling(handler):
    """A byte now and then, so that no single wait is ever long."""
    try:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not handler.server.over.wait(0.05):
            handler.wfile.write(b"X: y\r\n")
    except OSError:
        pass


@pytest.mark.parametrize("page", [silent, dribbling])
def test_a_server_that_does_not_come_to_an_end_is_given_up(site, page):
    site.pages["/a"] = page
    follower = Follower(Manners(timeout=0.4, delay=0, allow_private=True))

    assert follower.follow(site.url("/a")).state == State.UNREACHABLE


def test_a_port_where_nobody_listens_does_not_answer(site, follow):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

        assert follow(f"http://127.0.0.1:{port}/").state == State.UNREACHABLE


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999/", "http://[::1/", "http://a..b/"])
def test_an_address_that_is_none_raises_nothing(follow, url):
    assert follow(url).state in (State.UNREACHABLE, State.NO_HOST)


def test_a_page_that_says_it_is_huge_is_not_read(site, follow):
    answer = follow(site.page("/a", Content_Length=str(MOST_BYTES + 1)))

    assert (answer.state, answer.digest) == (State.OK, "")
    assert [method for method, _path, _headers in site.asked] == ["HEAD"]


def test_a_page_that_never_ends_is_read_to_the_limit(site, follow):
    def endless(handler):
        handler.send_response(200)
        handler.end_headers()
        try:
            while handler.command == "GET" and not handler.server.over.is_set():
                handler.wfile.write(b"x" * 65536)
        except OSError:
            pass

    site.pages["/a"] = endless

    answer = follow(site.url("/a"))

    assert (answer.state, answer.digest) == (State.OK, "")


def test_letters_that_are_no_ascii_are_sent_as_they_should(site, follow):
    site.page("/%E8%A3%BD%E5%93%81?q=%E5%80%A4")

    assert follow(site.url("/製品?q=値")).state == State.OK


# What counts as a change


def digest(site, follow, body, **headers):
    return follow(site.page("/a", body=body, **(headers or HTML))).digest


def test_how_a_page_is_built_is_no_change(site, follow):
    one = b"<html><head><style>a{}</style></head><body><p class=a>Close  port 25</p></body></html>"
    other = (
        b"<html><script>t=1700000</script><body>\n<p id=b>Close</p> <b>port</b> 25</body></html>"
    )

    assert digest(site, follow, one) == digest(site, follow, other)


def test_other_words_are_a_change(site, follow):
    assert digest(site, follow, b"<p>port 25</p>") != digest(site, follow, b"<p>port 26</p>")


def test_a_file_that_is_no_page_counts_as_it_is(site, follow):
    plain = {"Content_Type": "application/pdf"}

    assert digest(site, follow, b"<p>a", **plain) != digest(site, follow, b"<b>a", **plain)


@pytest.mark.parametrize("charset", ["utf-8", "shift_jis", "no-such-charset"])
def test_a_page_in_any_encoding_is_read(site, follow, charset):
    kind = {"Content_Type": f"text/html; charset={charset}"}

    assert len(digest(site, follow, "<p>手順</p>".encode("cp932"), **kind)) == 64


@pytest.mark.parametrize("charset", ["undefined", "idna", "utf-8\0"])
def test_a_page_in_an_encoding_that_is_none_is_read(site, follow, charset):
    kind = {"Content_Type": f"text/html; charset={charset}"}

    assert digest(site, follow, b"<p>a</p>", **kind) == digest(site, follow, b"<p>a</p>")


def test_a_page_with_the_number_of_no_letter_is_there(site, follow):
    answer = follow(site.page("/a", body=b"<p>a</p>&#" + b"9" * 5000 + b";<p>", **HTML))

    assert (answer.state, len(answer.digest)) == (State.OK, 64)


# Manners


def test_the_portal_says_who_it_is(site):
    Follower(Manners(delay=0, allow_private=True, agent="the-portal")).follow(site.page("/a"))

    assert {headers["User-Agent"] for _method, _path, headers in site.asked} == {"the-portal"}


def test_a_host_gets_one_request_at_a_time(site):
    """While a request is answered its host's turn is taken, so another one has to wait."""
    follower = Follower(Manners(timeout=20, delay=0, allow_private=True))
    free = []

    def look(handler):
        turn = follower._turns["127.0.0.1"]
        free.append(turn.acquire(blocking=False))
        handler.send_response(200)
        handler.end_headers()

    site.pages["/a"] = look

    follower.follow(site.url("/a"))

    assert free == [False, False]
    assert not follower._turns["127.0.0.1"].locked()


def test_between_two_requests_to_a_host_there_is_a_pause(site, monkeypatch):
    pauses = []
    monkeypatch.setattr(links.time, "sleep", pauses.append)

    Follower(Manners(delay=100, allow_private=True)).follow(site.page("/a"))

    assert pauses[0] == 0
    assert 90 < pauses[1] <= 100


def test_hosts_take_turns():
    assert by_turns(["http://a/1", "http://a/2", "http://b/1", "http://c/1"]) == [
        "http://a/1",
        "http://b/1",
        "http://c/1",
        "http://a/2",
    ]


def test_an_address_without_a_host_has_its_turn_too():
    assert by_turns(["http://[x", "http://a/1"]) == ["http://[x", "http://a/1"]


# Only the open internet


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:93.184.216.34", True),
        ("ff02::1", False),
        ("fec0::1", False),
        ("::127.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("64:ff9b:1::a00:1", False),
        ("2002:a00:1::", False),
        ("2001::1", False),
    ],
)
def test_which_addresses_are_public(address, public):
    assert is_public(address) is public


@pytest.fixture
def careful():
    return Follower(Manners(timeout=20, delay=0)).follow


def test_an_address_in_the_companys_network_is_never_asked(site, careful):
    assert careful(site.page("/a")).state == State.REFUSED
    assert site.asked == []


def names(monkeypatch, **known):
    """What names below .example resolve to; any other of them is not known."""
    real = socket.getaddrinfo

    def look_up(host, port, *arguments, **options):
        if not host.endswith(".example"):
            return real(host, port, *arguments, **options)
        found = known.get(host.removesuffix(".example"))
        if found is None:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in found]

    monkeypatch.setattr(links.socket, "getaddrinfo", look_up)


@pytest.mark.parametrize("found", [["10.0.0.1"], ["93.184.216.34", "10.0.0.1"]])
def test_a_name_that_stands_for_a_private_address_is_refused(careful, monkeypatch, found):
    names(monkeypatch, intranet=found)

    assert careful("http://intranet.example/").state == State.REFUSED


def test_a_redirect_into_the_companys_network_is_refused(site, careful, monkeypatch):
    """The test's own server plays the open internet here."""
    names(monkeypatch, public=["127.0.0.1"], intranet=["10.0.0.1"])
    monkeypatch.setattr(links, "is_public", lambda address: address == "127.0.0.1")
    site.page("/a", 302, Location="http://intranet.example/admin")

    answer = careful(f"http://public.example:{site.server_port}/a")

    assert answer.state == State.REFUSED
    assert answer.final_url == "http://intranet.example/admin"


def test_the_connection_goes_to_the_address_that_was_checked(site, monkeypatch):
    """A name that means another address a moment later changes nothing: it is asked once."""
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    real = socket.getaddrinfo

    def look_up(host, port, *arguments, **options):
        if host == "public.example":
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers)[0], port))]
        return real(host, port, *arguments, **options)

    monkeypatch.setattr(links.socket, "getaddrinfo", look_up)
    site.page("/a", body=b"x")

    answer = Follower(Manners(timeout=20, delay=0, allow_private=True)).follow(
        f"http://public.example:{site.server_port}/a"
    )

    assert answer.state == State.OK
    assert site.asked[0][2]["Host"] == f"public.example:{site.server_port}"


# Keeping


def kept(url="http://a/"):
    return LinkCheck.objects.get(url=url)


@pytest.mark.django_db
def test_what_was_found_is_kept_with_its_time():
    now = timezone.now()

    keep([("http://a/", Answer(State.OK, 200, "http://b/", "1" * 64))], now)

    check = kept()
    assert (check.state, check.http_code, check.final_url) == ("ok", 200, "http://b/")
    assert (check.checked_at, check.changed_at) == (now, None)


@pytest.mark.django_db
def test_a_page_that_says_something_else_is_changed_from_then_on():
    now = timezone.now()
    times = [now + timedelta(days=day) for day in range(4)]
    for time, digest in zip(times, ["1" * 64, "1" * 64, "2" * 64, "2" * 64], strict=True):
        keep([("http://a/", Answer(State.OK, 200, "", digest))], time)

    assert (kept().changed_at, kept().checked_at) == (times[2], times[3])


@pytest.mark.django_db
def test_a_page_that_was_away_and_comes_back_the_same_has_not_changed():
    now = timezone.now()
    for answer in (
        Answer(State.OK, 200, "", "1" * 64),
        Answer(State.GONE, 404),
        Answer(State.OK, 200, "", "1" * 64),
    ):
        keep([("http://a/", answer)], now)

    assert (kept().state, kept().changed_at) == ("ok", None)


# The command


def run(*arguments):
    call_command("check_links", "--delay", "0", "--timeout", "20", *arguments)


@pytest.fixture
def linked(site, db):
    """Two published advisories with links to the test's site, and a draft."""
    one = make_advisory("ADV-1", references=["1", "2"])
    draft = make_advisory("ADV-2", references=["3"], published=False)
    for number in "123":
        Reference.objects.filter(number=number).update(url=site.url(f"/{number}"))
    Reference.objects.filter(number="2").update(successor="9", successor_url=site.url("/9"))
    return one, draft


@pytest.mark.django_db
def test_the_links_are_those_that_readers_follow(site, linked):
    assert current_links() == [site.url("/1"), site.url("/9")]


@pytest.mark.django_db
def test_the_command_keeps_what_it_finds_and_names_what_is_dead(site, linked, capsys):
    site.page("/1", body=b"x")

    run("--allow-private")

    said = capsys.readouterr().out
    assert kept(site.url("/1")).state == "ok"
    assert kept(site.url("/9")).state == "gone"
    assert f"(404): {site.url('/9')}" in said
    assert site.url("/1") not in said


@pytest.mark.django_db
def test_private_addresses_are_reached_only_when_asked_for(site, linked):
    run()

    assert kept(site.url("/1")).state == "refused"
    assert site.asked == []


@pytest.mark.django_db
def test_the_agent_names_the_portal(site, linked, settings):
    settings.PUBLIC_URL = "https://portal.example.jp"

    run("--allow-private")

    agents = {headers["User-Agent"] for _method, _path, headers in site.asked}
    assert agents == {"deployment-advisories-link-check (+https://portal.example.jp)"}


@pytest.mark.django_db
def test_without_a_network_nothing_changes_and_the_command_says_so(linked, site, monkeypatch):
    Reference.objects.update(url="http://vendor.example/", successor_url="")
    names(monkeypatch)

    with pytest.raises(CommandError) as refused:
        run()

    assert refused.value.returncode == 2
    assert not LinkCheck.objects.exists()


@pytest.mark.django_db
def test_no_way_to_the_network_is_no_network_either(linked, monkeypatch):
    def unreachable(*_arguments, **_options):
        raise OSError(errno.ENETUNREACH, "Network is unreachable")

    monkeypatch.setattr(links.socket, "create_connection", unreachable)

    with pytest.raises(CommandError) as refused:
        run("--allow-private")

    assert refused.value.returncode == 2
    assert not LinkCheck.objects.exists()


@pytest.mark.django_db
def test_one_name_that_is_gone_is_a_dead_link_and_no_missing_network(site, linked, monkeypatch):
    site.page("/1", body=b"x")
    Reference.objects.filter(number="2").update(successor_url="http://gone.example/")
    names(monkeypatch)

    run("--allow-private")

    assert kept("http://gone.example/").state == "no_host"
    assert kept(site.url("/1")).state == "ok"


@pytest.mark.django_db
def test_a_portal_without_links_has_nothing_to_check(db, capsys):
    run()

    assert "0" in capsys.readouterr().out
