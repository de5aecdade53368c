"""What every test can ask for. The parts live in tests/support/."""

import os
import sys
from ipaddress import ip_address

import pytest

from tests.support import browser as browsers
from tests.support import databases, machine, pdf, static_files
from tests.support.fault_proxy import FaultProxy
from tests.support.live_server import PortalServer
from tests.support.offline import READY, SCRIPTED

IN_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")
NOT_RUN = "NOT RUN"


def refuse_network(event: str, arguments: tuple) -> None:
    """No test may leave this machine (libpq, which is C, reaches DATABASE_URL's host)."""
    if event != "socket.connect":
        return
    address = arguments[1]
    if isinstance(address, tuple) and not is_loopback(address[0]):
        raise AssertionError(f"A test tried to reach {address[0]}:{address[1]}")


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def pytest_configure(config):
    sys.addaudithook(refuse_network)
    databases.install()


def pytest_addoption(parser):
    parser.addoption(
        "--only-database",
        action="store_true",
        help="leave out what no database can change: tests without one, PDF conformance",
    )


def pytest_collection_modifyitems(config, items):
    for item in items:
        # tools/offline_cases.py reads them from the report.
        item.user_properties += [("case", m.args[0]) for m in item.iter_markers("case")]
    if config.getoption("--only-database"):
        left_out = [item for item in items if not depends_on_database(item)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def depends_on_database(item):
    fixtures = {"db", "transactional_db", "committed_db", "live_server"}
    uses_one = item.get_closest_marker("django_db") or fixtures & set(item.fixturenames)
    return uses_one and "pdf_validator" not in item.fixturenames


def pytest_sessionfinish(session):
    """In CI a test that did not run is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if IN_CI and reporter and reporter.stats.get("skipped") and not session.exitstatus:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter):
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped:
        terminalreporter.write_line(f"{NOT_RUN}: {len(skipped)} tests (reasons above)", red=True)


@pytest.fixture(scope="session", autouse=True)
def collected_static(django_test_environment):
    """Templates name static files by their hash, so the files are collected first."""
    from django.core.management import call_command

    call_command("collectstatic", interactive=False, verbosity=0)
    static_files.list_once()


@pytest.fixture
def committed_db(transactional_db):
    """A database in which commits are real: for threads, other processes, locks, on_commit.

    It is a fresh copy of the migrated database, dropped after the test, because triggers forbid
    the flush that Django would do (see support/databases.py). `live_server` and
    `@pytest.mark.django_db(transaction=True)` use the same.
    """


@pytest.fixture(scope="session")
def live_server(collected_static):
    """The portal on a free port; `live_server.url`. A test that asks for it commits for real."""
    server = PortalServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import Error, expect, sync_playwright

    expect.set_options(timeout=browsers.PATIENCE)
    with sync_playwright() as playwright:
        try:
            chromium = browsers.launch(playwright)
        except Error as error:
            pytest.fail(
                "No browser. `make test` gets one, or set CHROMIUM to a Chromium or Chrome."
                f"\n{error}"
            )
        yield chromium
        chromium.close()


@pytest.fixture
def faults():
    """What the pages of this test did that no page may do; checked by `open_page`."""
    return browsers.Faults()


@pytest.fixture
def open_page(browser, live_server, faults):
    """Make pages: open_page(language="ja", javascript=True, width=1280, height=900, **context).
    `profile` is a folder: a browser of its own that keeps what it stores there.

    Each has a browser profile of its own, so two people can be signed in at once. Paths are
    relative to the live server. Afterwards: no CSP violation, script error, request to another
    host or answer 5xx, or the test fails.
    """
    contexts = []

    def open_page(language="ja", javascript=True, width=1280, height=900, **options):
        given = {
            "base_url": live_server.url,
            "locale": browsers.LOCALES[language],
            "timezone_id": "Asia/Tokyo",
            "java_script_enabled": javascript,
            "viewport": {"width": width, "height": height},
        } | options
        profile = given.pop("profile", None)
        if profile:
            given |= {"executable_path": machine.chromium(), "args": browsers.FLAGS}
            context = browser.browser_type.launch_persistent_context(profile, **given)
        else:
            context = browser.new_context(**given)
        context.set_default_timeout(browsers.PATIENCE)
        faults.watch(context)
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
    assert not str(faults), str(faults)


@pytest.fixture
def proxy(live_server):
    """The way to the live server through whatever a network does; `proxy.url`."""
    proxy = FaultProxy(live_server.thread.port)
    yield proxy
    proxy.stop()


@pytest.fixture
def open_offline(open_page, login_as, proxy):
    """open_offline(scene, by=Omar, script="", **context) -> the checklist's page, through the proxy
    and waited for until it can be opened without a network; with `ready` False, until its scripts
    have taken over its forms."""

    def open_checklist(scene, by=None, script="", ready=True, **options):
        page = open_page(**{"base_url": proxy.url} | options)
        if script:
            page.add_init_script(script)
        login_as(page, by or scene.omar)
        page.goto(scene.checklist.get_absolute_url())
        page.get_by_role("heading", name=SCRIPTED).wait_for()
        if ready:
            page.get_by_text(READY).wait_for()
        return page

    return open_checklist


@pytest.fixture
def page(open_page):
    """A Japanese reader's page at 1280 x 900."""
    return open_page()


@pytest.fixture
def page_without_js(open_page):
    return open_page(javascript=False)


@pytest.fixture
def login_as(live_server):
    """login_as(page, user): sign the page's browser in. It is no proof of identity for signing."""
    return lambda page, user: browsers.sign_in(page, user, live_server.url)


@pytest.fixture(scope="session")
def pdf_validator():
    """pdf_validator.validate(pdf) -> broken rules of PDF/UA-1 and PDF/A-2a, [] when it passes."""
    if missing := machine.missing_for_validator():
        reason = f"{NOT_RUN}: the PDF validator needs {missing}"
        pytest.fail(reason) if IN_CI else pytest.skip(reason)
    validator = pdf.PdfValidator()
    yield validator
    validator.close()


@pytest.fixture(scope="session")
def pdf_text():
    """pdf_text(pdf) -> its text in reading order."""
    return pdf.pdf_text


@pytest.fixture(scope="session")
def pdf_pages():
    """pdf_pages(pdf) -> the text of each page."""
    return pdf.pdf_pages
