"""Controls of the admin that a keyboard and a screen reader can use; Select2 is neither. And what
comes from them, read."""

from typing import Any

from django.core.exceptions import ValidationError
from django.forms import CheckboxSelectMultiple, ModelMultipleChoiceField
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst


class RowsField(ModelMultipleChoiceField):  # type: ignore[type-arg]  # no generic at run time
    """Rows by their numbers. One that is larger than SQLite can ask for is none of the choices."""

    def clean(self, value: Any) -> Any:
        try:
            return super().clean(value)
        except OverflowError:
            raise ValidationError(
                self.error_messages["invalid_choice"],
                code="invalid_choice",
                params={"value": max(value, key=len)},
            ) from None


class TickList(CheckboxSelectMultiple):
    """A box to tick for each choice, with a name for the list, which the admin's own has not."""

    def __init__(self, name: str | Promise) -> None:
        super().__init__()
        self.list_name = name

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        """Only with one does the admin give the help text the id that the boxes name."""
        return super().id_for_label(id_, index) or id_

    def render(self, *args: Any, **kwargs: Any) -> SafeString:
        boxes = super().render(*args, **kwargs)
        return format_html(
            '<div class="tick-list" role="group" aria-label="{}">{}</div>',
            capfirst(str(self.list_name)),
            boxes,
        )
