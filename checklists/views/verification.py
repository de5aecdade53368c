"""The public verification page (/verify/): a code from the paper, or a file. No account."""

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from checklists.actions.rendering import verification_code
from checklists.limits import within_limit
from checklists.public_verification import answer_to_code, answers_to_file, digits_of
from portal.identity import client_address

MOST_BYTES = 20 * 1024 * 1024
# What surrounds a file in the body of a form.
ENVELOPE = 16 * 1024
MOST_TRIES = 120  # in ten minutes, from one address: some boxes with all their files
MOST_CODE = 40


class CodeForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Verification code"),
        max_length=MOST_CODE,
        help_text=gettext_lazy(
            "It stands at the foot of every page: 20 characters, like 9F86D-08188-4C7D6-59A2F."
        ),
    )


class FileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".pdf,.xlsx,.csv,.json,.zip"}),
        help_text=gettext_lazy(
            "A PDF, XLSX, CSV, JSON or ZIP as it was handed over, at most 20 MB. It is compared and"
            " not kept."
        ),
    )


# Nothing is changed by it and nobody is logged in, so there is nothing to forge. Without the check
# no part of the body is read before its size is known.
@csrf_exempt
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def verify(request: HttpRequest, code: str = "") -> HttpResponse:
    """One page for every answer. A wrong code and an unknown one look the same."""
    if _too_large(request):
        return _page(request, code, file_errors=[_too_large_text()], status=413)
    asked = code or request.method == "POST"
    if asked and not within_limit(
        "verify", client_address(request), most=MOST_TRIES, now=timezone.now()
    ):
        return _page(request, code, too_many=True, status=429)
    if request.method == "POST":
        return _posted(request, code)
    if not code and "code" in request.GET:
        return _to_code(request)
    if not code:
        return _page(request, code)
    answer = answer_to_code(code)
    return _page(request, code, asked="code", answers=[answer] if answer else [])


def _to_code(request: HttpRequest) -> HttpResponse:
    """The address of a code that was typed, the same as in the QR code."""
    form = CodeForm(request.GET)
    if not form.is_valid():
        return _page(request, "", code_form=form, status=422)
    typed = form.cleaned_data["code"]
    digits = digits_of(typed)
    none = "".join(c if c.isalnum() else "-" for c in typed)
    code = verification_code(digits) if digits else none
    return HttpResponseRedirect(reverse("checklists:verify_code", args=[code]))


def _posted(request: HttpRequest, code: str) -> HttpResponse:
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, code, file_form=form, status=422)
    answers = answers_to_file(form.cleaned_data["file"])
    codes = {answer.code for answer in answers}
    other = bool(code and answers and code.upper() not in codes)
    return _page(request, code, asked="file", answers=answers, of_another=other)


def _page(request: HttpRequest, code: str, *, status: int = 200, **context: object) -> HttpResponse:
    given = {
        "code": code,
        "code_form": CodeForm(initial={"code": code}),
        "file_form": FileForm(),
        "asked": "",
        "answers": [],
        "address": reverse("checklists:verify_code", args=[code]) if code else None,
    }
    return render(request, "checklists/verify.html", given | context, status=status)


def _too_large(request: HttpRequest) -> bool:
    """By the length that the request says; the server lets no more through than that."""
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES + ENVELOPE
    except ValueError:
        return True


def _too_large_text() -> str:
    return _("The file is larger than %(limit)d MB.") % {"limit": MOST_BYTES >> 20}
