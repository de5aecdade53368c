"""The admin in Japanese: no list and no page names a thing in English."""

import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import flatten, label_for_field
from django.urls import reverse
from django.utils.translation import override

from checklists.admin import ReadOnlyAdmin
from portal.models import User
from tests.factory import make_superuser, make_user
from tests.support.pages import client_of, text_of

JAPANESE = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
# Names of standards, the same in both languages.
ALIKE = {"ID", "URL", "SHA-256"}
SITE = admin.site._registry
LOOKED_AT = [m for m in SITE if m._meta.app_label == "axes" or isinstance(SITE[m], ReadOnlyAdmin)]


def english(texts):
    return [text for text in map(str, texts) if not JAPANESE.search(text) and text not in ALIKE]


@pytest.mark.parametrize("model", SITE, ids=lambda model: model._meta.label)
def test_a_model_and_its_columns_have_japanese_names(model):
    shown, meta = SITE[model], model._meta

    with override("ja"):
        labels = [label_for_field(name, model, shown) for name in shown.list_display]

        assert english([meta.verbose_name, meta.verbose_name_plural, *labels]) == []


@pytest.mark.parametrize("model", LOOKED_AT, ids=lambda model: model._meta.label)
def test_what_is_only_looked_at_has_japanese_names_for_all_its_fields(model, rf):
    request = rf.get("/")
    request.user = User(is_superuser=True, is_active=True)
    shown = SITE[model]

    with override("ja"):
        fieldsets = shown.get_fieldsets(request)
        names = flatten([name for _title, options in fieldsets for name in options["fields"]])
        labels = [label_for_field(name, model, shown) for name in names]
        titles = [title for title, _options in fieldsets if title]

        assert english([*labels, *titles]) == []


def test_apps_with_models_in_the_admin_have_japanese_names():
    labels = {model._meta.app_label for model in SITE}

    with override("ja"):
        assert english(apps.get_app_config(label).verbose_name for label in labels) == []


@pytest.mark.django_db
def test_the_first_page_says_that_one_has_done_nothing_yet():
    page = text_of(client_of(make_superuser(), language="ja").get(reverse("admin:index")))

    assert "まだありません" in page
    assert "利用不可" not in page


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["accessattempt", "accesslog", "accessfailurelog"])
def test_the_lists_of_log_ins_are_for_superusers_and_speak_japanese(name):
    address = reverse(f"admin:axes_{name}_changelist")

    page = text_of(client_of(make_superuser(), language="ja").get(address))

    assert "ログイン" in page
    assert "access" not in page.split("絞り込み")[0].lower().replace("access_token", "")
    assert client_of(make_user()).get(address).status_code == 302
