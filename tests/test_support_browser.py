"""The browser under test notices what no page may do."""

import pytest

from portal.models import User

pytestmark = pytest.mark.e2e


def test_a_signed_in_page_is_that_person(page, login_as):
    login_as(page, User.objects.create(username="mara", display_name="Mara"))

    answer = page.goto("/")

    assert answer.ok
    assert "Mara" in page.content()


def test_an_inline_script_is_refused_and_noticed(page, faults):
    page.goto("/healthz")

    page.evaluate(
        "document.head.append(Object.assign(document.createElement('script'), {text: '1'}))"
    )
    page.wait_for_timeout(0)

    assert faults.csp_violations
    faults.clear()


def test_a_script_error_and_a_foreign_request_are_noticed(page, faults):
    page.goto("/healthz")

    page.evaluate("setTimeout(() => { throw new Error('broken') })")
    page.evaluate("fetch('https://example.com/').catch(() => null)")
    page.evaluate("new Promise(done => setTimeout(done))")

    assert "broken" in str(faults.script_errors)
    faults.clear()
