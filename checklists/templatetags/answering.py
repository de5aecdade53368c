"""The form of an answer about the box. A page has up to two for each question."""

from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from checklists.page.items import Pattern, slot
from checklists.page.questions import Choice, Question

register = template.Library()
TEMPLATE = "checklists/_answer.html"
FIXED = ("checklist", "editable", "filters", "csrf_token")
PATTERN = "answer_pattern"  # where the page's context keeps what was rendered once


@register.simple_tag(takes_context=True)
def answer_form(context: template.Context, question: Question, number: int, prefix: str) -> str:
    """The form of `question`, labelled by the element `prefix`-`number`. Those of conditions
    differ in seven places only, so the template is rendered once for all of them."""
    fixed = {name: context[name] for name in FIXED}
    if not question.is_condition or question.messages:
        own = {"question": question, "number": number, "prefix": prefix}
        return render_to_string(TEMPLATE, fixed | own)
    pattern = context.get(PATTERN)
    if pattern is None:
        pattern = context.dicts[0][PATTERN] = _pattern(fixed, question.choices)
    values = {name: getattr(question, name) for name in ("op_id", "version", "name", "text")}
    marks = {choice.value: mark_safe(choice.checked) for choice in question.choices}  # noqa: S308
    return pattern.fill(values | marks | {"number": number, "prefix": prefix})


def _pattern(fixed: dict[str, Any], choices: list[Choice]) -> Pattern:
    """Every condition has the same choices."""
    names = ("op_id", "version", "name", "text", "number", "prefix")
    slots = {name: slot(name) for name in (*names, *(choice.value for choice in choices))}
    marked = [
        {"value": choice.value, "label": choice.label, "checked": slots[choice.value]}
        for choice in choices
    ]
    question = slots | {"is_condition": True, "choices": marked}
    return Pattern(TEMPLATE, [], fixed | slots | {"question": question})
