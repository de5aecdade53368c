"""The advisories' form in the admin, as a browser sends it."""

from django.urls import reverse
from django.utils import translation

ADD = "/admin/advisories/advisory/add/"


def change(advisory):
    return reverse("admin:advisories_advisory_change", args=[advisory.pk])


def form_of(answer):
    """What a browser would send back of the form on the page, without its button."""
    assert answer.status_code == 200
    forms = [
        answer.context["adminform"].form,
        *(
            form
            for inline in answer.context["inline_admin_formsets"]
            for form in (inline.formset.management_form, *inline.formset.forms)
        ),
    ]
    data = {}
    for form in forms:
        for field in form:
            value = field.value()
            if value is not None and value is not False:
                data[field.html_name] = value
    return data


def new_form(catalogue, tracking_id="E-20", **fields):
    return {
        "tracking_id": tracking_id,
        "title_ja": "件名",
        "summary_ja": "概要",
        "action_ja": "対処",
        "category": catalogue.tuning.pk,
        "document": catalogue.document.pk,
        "position": 20,
        "affected-TOTAL_FORMS": 1,
        "affected-INITIAL_FORMS": 0,
        "affected-0-product": catalogue.gateway.pk,
        "affected-0-status": "affected",
        "references-TOTAL_FORMS": 0,
        "references-INITIAL_FORMS": 0,
        **fields,
    }


def messages(answer):
    return [str(message) for message in answer.context["messages"]]


def faults(answer):
    """Every message of the refused form and its rows."""
    assert answer.status_code == 200
    with translation.override("en"):  # lazy texts are read after the page was answered
        return " ".join(str(error) for error in answer.context["errors"])
