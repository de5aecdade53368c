"""The table of advisories: export, and import with a dry run (columns in table_rows.py).

What was exported imports back without a change. A row that changes something is one `publish`,
in the import's transaction, after its child rows are written.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

import tablib
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from import_export.fields import Field
from import_export.resources import ModelResource
from import_export.results import Error, Result, RowResult

from advisories.actions import RevisionConflict, publish
from advisories.cells import defuse, restore
from advisories.models import Advisory, AdvisoryRevision, Product
from advisories.table_parsing import FileRefused
from advisories.table_reader import (
    RowReader,
    as_exported,
    check_headers,
    clean_cells,
    unknown,
    whole_number,
)
from advisories.table_results import TableResult, changes
from advisories.table_rows import Row, columns, to_row

State = Advisory.State
CHUNK = 500


class AdvisoryResource(ModelResource[Advisory] if TYPE_CHECKING else ModelResource):  # type: ignore[misc]
    """One row per advisory, found by its tracking ID."""

    class Meta:
        model = Advisory
        fields: tuple[str, ...] = ()
        import_id_fields = ("tracking_id",)
        skip_diff = True  # `changes` shows only what differs
        report_skipped = True
        store_instance = True
        use_transactions = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.products = list(Product.objects.all())
        self.columns = columns(self.products)
        for column in self.columns:
            self.fields[column] = Field(column_name=column)

    @classmethod
    def get_result_class(cls) -> type[Result]:
        return TableResult

    # Export

    def get_queryset(self) -> QuerySet[Advisory]:
        return Advisory.objects.with_terms().order_by("document", "position", "pk")

    def filter_export(self, queryset: Any, **kwargs: Any) -> QuerySet[Advisory]:
        with_terms: QuerySet[Advisory] = queryset.with_terms()
        return with_terms

    def export_resource(self, instance: Advisory, *args: Any, **kwargs: Any) -> list[str]:
        row = to_row(instance, self.products)
        return [defuse(row[column]) for column in self.columns]

    # Import: the file as a whole

    def import_data(self, dataset: tablib.Dataset, *args: Any, **kwargs: Any) -> Result:
        """Nothing is written unless every row is right. `file_name` and `user` say who and what."""
        try:
            check_headers(dataset.headers or [], self.columns)
        except FileRefused as refused:
            result = TableResult()
            result.append_base_error(Error(refused))
            return result
        self.reader = RowReader(self.products)
        self.seen: dict[str, int] = {}
        self.existing = self._existing(dataset["tracking_id"])
        result = super().import_data(
            dataset, *args, **{**kwargs, "rollback_on_validation_errors": True}
        )
        return cast(Result, result)

    def _existing(self, cells: Iterable[str]) -> dict[str, Advisory]:
        """The advisories of the file that are there already; eight queries per 500 rows."""
        wanted = sorted({cell for cell in map(_tracking_id, cells) if "\0" not in cell})
        return {
            advisory.tracking_id: advisory
            for start in range(0, len(wanted), CHUNK)
            for advisory in Advisory.objects.with_terms().filter(
                tracking_id__in=wanted[start : start + CHUNK]
            )
        }

    # Import: one row

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        """Cells as they were before `defuse`, refused where a text cannot be stored."""
        errors = clean_cells(row, self.columns)
        if "tracking_id" in errors:
            raise ValidationError(errors)
        first = self.seen.setdefault(row["tracking_id"], kwargs["row_number"] + 1)
        if first != kwargs["row_number"] + 1:
            errors.setdefault("tracking_id", []).append(
                _("This tracking ID is in row %(row)s as well.") % {"row": first}
            )
        if errors:
            raise ValidationError(errors)

    def get_instance(self, instance_loader: Any, row: Row) -> Advisory | None:
        return self.existing.get(row["tracking_id"])

    def after_init_instance(self, instance: Any, new: bool, row: Row, **kwargs: Any) -> None:
        self.before = {} if new else to_row(instance, self.products)

    def import_instance(self, instance: Any, row: Row, **kwargs: Any) -> None:
        self.row_revision = row["revision"].strip()
        self.parsed = self.reader.read(row)
        if self.parsed.errors:
            raise ValidationError(self.parsed.errors)
        for name, value in self.parsed.fields.items():
            setattr(instance, name, value)

    def skip_row(
        self, instance: Any, original: Any, row: Row, import_validation_errors: Any = None
    ) -> bool:
        """What says the same as the database is left alone, whichever revision it was."""
        self.after = {} if import_validation_errors else self._after(row)
        return self.before != {} and self.before == self.after

    def _after(self, row: Row) -> Row:
        """The row as it would be exported afterwards; the revision is not the file's to say."""
        after = as_exported(row, self.parsed, self.products)
        after["revision"] = self.before.get("revision", "0")
        after["state"] = after["state"] or self.before.get("state", State.PUBLISHED.value)
        return after

    def validate_instance(
        self, instance: Any, import_validation_errors: Any = None, validate_unique: bool = True
    ) -> None:
        errors = dict(import_validation_errors or {})
        if not errors:
            errors = _state_errors(self.before, self.after) or _revision_errors(
                self.row_revision, self.before
            )
        if not errors:
            try:
                instance.full_clean(exclude=["revision"])
            except ValidationError as error:
                errors = error.update_error_dict({})
        if errors:
            raise ValidationError(errors)

    @transaction.atomic
    def after_import_row(self, row: Row, row_result: RowResult, **kwargs: Any) -> None:
        """Write lists and child rows, then publish: in the import's transaction."""
        row_result.diff = changes(self.before, self.after)  # type: ignore[assignment]
        if row_result.import_type == RowResult.IMPORT_TYPE_SKIP:
            return
        advisory = cast(Advisory, row_result.instance)
        for name, terms in self.parsed.lists.items():
            getattr(advisory, name).set(terms)
        children: list[Any]
        relation: Any
        for relation, children in (
            (advisory.affected, self.parsed.affected),
            (advisory.references, self.parsed.references),
        ):
            relation.all().delete()
            for child in children:
                child.advisory = advisory
            relation.bulk_create(children)
        if self.after["state"] == State.PUBLISHED:
            self._publish(advisory, **kwargs)

    def _publish(self, advisory: Advisory, **kwargs: Any) -> None:
        try:
            publish(
                advisory=advisory,
                note=_("imported from %(file)s") % {"file": kwargs.get("file_name") or "?"},
                origin=AdvisoryRevision.Origin.IMPORT,
                expected_revision=int(self.before.get("revision", 0)),
                by=kwargs.get("user"),
            )
        except RevisionConflict as conflict:
            raise ValidationError({"revision": [str(conflict)]}) from conflict


def _tracking_id(cell: str) -> str:
    return restore(str(cell)).strip()


def _state_errors(before: Row, after: Row) -> dict[str, Any]:
    """A table makes and publishes drafts; what is published is withdrawn on its own page only."""
    was, state = before.get("state"), after["state"]
    if was == State.WITHDRAWN:
        message = _("This advisory is withdrawn. Publish it again in its form before changing it.")
    elif state not in State.values:
        message = unknown(state, [State.DRAFT, State.PUBLISHED])
    elif state == State.WITHDRAWN:
        message = _(
            "A table cannot withdraw. Withdraw the advisory on its own page, with a reason."
        )
    elif was == State.PUBLISHED and state == State.DRAFT:
        message = _("This advisory is published and cannot be a draft again.")
    else:
        return {}
    return {"state": [message]}


def _revision_errors(stated: str, before: Row) -> dict[str, Any]:
    """The revision of an advisory that exists must be the one the change was made from."""
    if not before or stated == before["revision"]:
        return {}
    number, current = whole_number(stated), int(before["revision"])
    if number is None:
        message = _(
            "This advisory exists, at revision %(current)s. Export it and edit that, so that the"
            " number says which revision you changed."
        )
    elif number < current:
        message = _(
            "Conflict: revision %(current)s was published after this table was exported at"
            " revision %(stated)s. Export again and repeat your change there."
        )
    else:
        message = _("There is no revision %(stated)s yet; the newest is %(current)s.")
    return {"revision": [message % {"current": current, "stated": stated}]}
