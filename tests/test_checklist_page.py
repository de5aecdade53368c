"""The checklist's page: what stands on it, in which order, for whom, in both languages."""

import pytest

from advisories.models import (
    Mode,
    Product,
)
from tests.support.pages import client_of, text_of, url
from tests.support.rollouts import (
    Scene,
    make_checklist,
    quick_pdf,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_real_pdf(monkeypatch):
    quick_pdf(monkeypatch)


def shown(scene, by=None, *, language="en", **query):
    """The page as `by` (Omar unless said) sees it."""
    client = client_of(by or scene.omar, language=language)
    return client.get(url("checklist_detail", scene), query)


def html(response):
    return response.content.decode()


def another(scene, **box):
    """The scene with a new checklist, made from the catalogue as it is now."""
    scene.checklist = make_checklist(scene.rollout, scene.omar, name="another", **box)
    return scene


# The box


def test_the_mode_stands_in_the_head_with_its_note_and_the_products():
    scene = Scene()
    Mode.objects.filter(slug="proxy").update(note_ja="推定", note_en="Inferred: with WCCP")
    Product.objects.update(modes_note_ja="注記", modes_note_en="Bridge is inferred")

    page = shown(another(scene, mode_detail="L4 switch"))

    assert "Deployment mode: Proxy / L4 switch" in text_of(page)
    assert '<p class="soft">Inferred: with WCCP</p>' in html(page)
    assert '<p class="soft">Bridge is inferred</p>' in html(page)


def test_a_mode_that_is_not_known_is_said_to_be_the_mode():
    scene = another(Scene(), mode="unknown")

    assert "Deployment mode: Not known" in text_of(shown(scene))


# Questions


def test_who_cannot_answer_is_not_asked_to():
    scene = Scene()

    page = text_of(shown(scene, scene.ines))

    assert "Questions without an answer" in page
    assert "Answer these first" not in page
