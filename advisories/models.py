"""The catalogue: products and their releases, the terms, the documents and their advisories."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from advisories.applicability import FixScope, Reason, Severity, Status, Verdict
from advisories.querysets import AdvisoryQuerySet
from advisories.searching import normalise
from advisories.texts import localized

# Slugs stand in URLs, CSV cells and command lines; dots are part of release names ("6.5").
slug_validator = RegexValidator(
    r"\A[a-z0-9]+(?:[-.][a-z0-9]+)*\Z",
    _("Use lower-case letters, digits, hyphens and dots, for example iwsva-6.5-sp3."),
)


class SourceDocument(models.Model):
    """A vendor's document, or the company's own; every advisory belongs to one."""

    slug = models.CharField(_("slug"), max_length=80, unique=True, validators=[slug_validator])
    publisher = models.CharField(_("publisher"), max_length=200)
    title_ja = models.CharField(_("title (Japanese)"), max_length=200)
    title_en = models.CharField(_("title (English)"), max_length=200, blank=True)
    products: "models.ManyToManyField[Product, Any]" = models.ManyToManyField(
        "Product", verbose_name=_("products"), related_name="documents", blank=True
    )
    loaded = models.JSONField(default=dict, blank=True, editable=False)

    title = localized("title")

    class Meta:
        verbose_name = _("source document")
        verbose_name_plural = _("source documents")
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.title


class DocumentRevision(models.Model):
    """One published edition of a document."""

    document = models.ForeignKey(
        SourceDocument,
        models.CASCADE,
        related_name="revisions",
        verbose_name=_("source document"),
    )
    version = models.CharField(_("version"), max_length=40)
    date = models.DateField(_("date"))
    note_ja = models.TextField(_("note (Japanese)"), blank=True)
    note_en = models.TextField(_("note (English)"), blank=True)

    note = localized("note")

    class Meta:
        verbose_name = _("document revision")
        verbose_name_plural = _("document revisions")
        ordering = ["document", "date", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["document", "version"],
                name="one_revision_per_document_and_version",
            )
        ]

    def __str__(self) -> str:
        return f"{self.document} {self.version}"


class Brought(models.Model):
    """What documents bring along.

    `loaded` is what the document's file said when it was last loaded: a value that differs from
    it was edited in the portal, and is kept.
    """

    document = models.ForeignKey(
        SourceDocument,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        verbose_name=_("brought by"),
        related_name="+",
    )
    loaded = models.JSONField(default=dict, blank=True, editable=False)

    class Meta:
        abstract = True


class Term(Brought):
    """A word of the catalogue. Slugs are unique in the portal."""

    slug = models.CharField(_("slug"), max_length=80, unique=True, validators=[slug_validator])

    class Meta:
        abstract = True


class Synonym(Brought):
    """Words that mean the same to somebody who searches."""

    LONGEST = 100

    words = models.TextField(
        _("words"),
        max_length=5000,
        help_text=_(
            "One word or phrase a line, at least two. Whoever searches for one of them also finds"
            " the advisories that say another."
        ),
    )

    class Meta:
        verbose_name = _("group of synonyms")
        verbose_name_plural = _("synonyms")
        ordering = ["pk"]

    def __str__(self) -> str:
        return " / ".join(self.group)

    @property
    def group(self) -> list[str]:
        return self.words.splitlines()

    def clean(self) -> None:
        """Two words that are searched as one are one word."""
        lines = [" ".join(line.split()) for line in self.words.splitlines()]
        different = {normalise(line): line for line in reversed(lines) if normalise(line)}
        if len(different) < 2:
            raise ValidationError({"words": _("Write at least two different words.")})
        if any(len(line) > self.LONGEST for line in lines):
            raise ValidationError(
                {"words": _("A word may have %(n)d characters.") % {"n": self.LONGEST}}
            )
        self.words = "\n".join(reversed(different.values()))


class NamedTerm(Term):
    name_ja = models.CharField(_("name (Japanese)"), max_length=200)
    name_en = models.CharField(_("name (English)"), max_length=200, blank=True)
    position = models.PositiveIntegerField(_("position"), default=0)

    name = localized("name")

    class Meta:
        abstract = True
        ordering = ["position", "slug"]

    def __str__(self) -> str:
        return self.name


class Mode(NamedTerm):
    """A deployment mode. Which ones a product supports is the product's own list."""

    note_ja = models.TextField(_("note (Japanese)"), blank=True)
    note_en = models.TextField(_("note (English)"), blank=True)

    note = localized("note")

    class Meta(NamedTerm.Meta):
        verbose_name = _("deployment mode")
        verbose_name_plural = _("deployment modes")


class Category(NamedTerm):
    """What an advisory is: behaviour, tuning, troubleshooting."""

    class Meta(NamedTerm.Meta):
        verbose_name = _("category")
        verbose_name_plural = _("categories")


class Topic(NamedTerm):
    """What an advisory is about: network, certificates, notifications."""

    class Meta(NamedTerm.Meta):
        verbose_name = _("topic")
        verbose_name_plural = _("topics")


class Condition(NamedTerm):
    """A positively worded yes/no fact of the box. "No" makes its advisories pointless."""

    hint_ja = models.TextField(_("where to look (Japanese)"), blank=True)
    hint_en = models.TextField(_("where to look (English)"), blank=True)

    hint = localized("hint")

    class Meta(NamedTerm.Meta):
        verbose_name = _("condition")
        verbose_name_plural = _("conditions")


class Product(Term):
    """What is deployed. A product without modes is possible."""

    short_name = models.CharField(_("short name"), max_length=40)
    name = models.CharField(_("name"), max_length=200)
    modes = models.ManyToManyField(
        Mode, verbose_name=_("deployment modes"), blank=True, related_name="products"
    )
    modes_note_ja = models.TextField(_("note on modes (Japanese)"), blank=True)
    modes_note_en = models.TextField(_("note on modes (English)"), blank=True)
    position = models.PositiveIntegerField(_("position"), default=0)

    modes_note = localized("modes_note")

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["position", "slug"]

    def __str__(self) -> str:
        return self.short_name


class Release(Term):
    """A release of a product. `rank` orders it among its product's releases; text never does."""

    product = models.ForeignKey(
        Product, models.PROTECT, related_name="releases", verbose_name=_("product")
    )
    rank = models.PositiveIntegerField(_("rank"), help_text=_("Newer releases rank higher."))
    label_ja = models.CharField(_("label (Japanese)"), max_length=100)
    label_en = models.CharField(_("label (English)"), max_length=100, blank=True)
    in_source = models.BooleanField(
        _("named in the document"),
        default=True,
        help_text=_("Off: newer than the document, which then says nothing about it."),
    )
    # None: the vendor's date is not known to us, which is shown as "not stated".
    end_of_support = models.DateField(_("end of support"), null=True, blank=True)
    end_of_support_source = models.CharField(_("source of that date"), max_length=400, blank=True)

    label = localized("label")

    class Meta:
        verbose_name = _("release")
        verbose_name_plural = _("releases")
        ordering = ["product__position", "product__slug", "rank"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "rank"], name="one_release_per_product_and_rank"
            )
        ]

    def __str__(self) -> str:
        return f"{self.product.short_name} {self.label}"


class Advisory(models.Model):
    """What to mind when deploying. Its published state is the newest AdvisoryRevision.

    `actions.publish` and `actions.withdraw` are the only ways to change a published one.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        PUBLISHED = "published", _("published")
        WITHDRAWN = "withdrawn", _("withdrawn")

    class Phase(models.TextChoices):
        DESIGN = "design", _("before the design")
        BUILD = "build", _("while building")
        CUTOVER = "cutover", _("before the cut-over")
        OPERATION = "operation", _("after the cut-over")

    class Actor(models.TextChoices):
        INTEGRATOR = "integrator", _("integrator")
        NETWORK = "network", _("network team")
        DIRECTORY = "directory", _("directory team")
        VIRTUALISATION = "virtualisation", _("virtualisation team")
        WEB_OWNER = "web_owner", _("owner of the web site")

    document = models.ForeignKey(
        SourceDocument,
        models.PROTECT,
        related_name="advisories",
        verbose_name=_("source document"),
    )
    tracking_id = models.CharField(
        _("tracking ID"),
        max_length=80,
        unique=True,
        validators=[
            RegexValidator(
                r"\A[A-Za-z0-9]+(?:[-._][A-Za-z0-9]+)*\Z",
                _("Use letters, digits, hyphens, dots and underscores, for example IWS-1120273."),
            )
        ],
        help_text=_("Never renumbered and never used again."),
    )
    position = models.PositiveIntegerField(_("position in the document"), default=0)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    withdrawn_reason = models.TextField(_("reason of the withdrawal"), blank=True)
    # 0: never published.
    revision = models.PositiveIntegerField(_("revision"), default=0, editable=False)
    # None: nobody has said so yet. It is no part of what a revision holds.
    reviewed_on = models.DateField(_("reviewed on"), null=True, blank=True, editable=False)
    # When the newest revision was published; None: never.
    changed_at = models.DateTimeField(_("changed at"), null=True, blank=True, editable=False)
    # What the search looks through, already normalised: see indexing.py.
    search_text = models.TextField(default="", blank=True, editable=False)

    title_ja = models.CharField(_("title (Japanese)"), max_length=200)
    title_en = models.CharField(_("title (English)"), max_length=200, blank=True)
    summary_ja = models.TextField(_("summary (Japanese)"), max_length=5000)
    summary_en = models.TextField(_("summary (English)"), max_length=5000, blank=True)
    action_ja = models.TextField(_("what to do (Japanese)"), max_length=5000)
    action_en = models.TextField(_("what to do (English)"), max_length=5000, blank=True)
    check_ja = models.TextField(_("how to prove it (Japanese)"), max_length=5000, blank=True)
    check_en = models.TextField(_("how to prove it (English)"), max_length=5000, blank=True)
    impact_ja = models.TextField(_("service impact (Japanese)"), max_length=5000, blank=True)
    impact_en = models.TextField(_("service impact (English)"), max_length=5000, blank=True)
    phase = models.CharField(_("phase"), max_length=20, choices=Phase, blank=True)
    acts = models.CharField(_("who acts"), max_length=20, choices=Actor, blank=True)

    category = models.ForeignKey(
        Category, models.PROTECT, related_name="advisories", verbose_name=_("category")
    )
    topics = models.ManyToManyField(
        Topic, verbose_name=_("topics"), blank=True, related_name="advisories"
    )
    # None: the document gives no severities.
    severity = models.PositiveSmallIntegerField(
        _("severity"), choices=Severity, null=True, blank=True
    )
    modes = models.ManyToManyField(
        Mode,
        verbose_name=_("deployment modes"),
        blank=True,
        related_name="advisories",
        help_text=_("None: the advisory holds in every mode."),
    )
    conditions = models.ManyToManyField(
        Condition, verbose_name=_("conditions"), blank=True, related_name="advisories"
    )
    products = models.ManyToManyField(
        Product, through="AffectedProduct", related_name="advisories", editable=False
    )

    source_revision = models.ForeignKey(
        DocumentRevision,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("document revision"),
    )
    # None: the document has no numbered tables or rows.
    source_table = models.PositiveIntegerField(_("table"), null=True, blank=True)
    source_row = models.PositiveIntegerField(_("row"), null=True, blank=True)

    title = localized("title")
    summary = localized("summary")
    action = localized("action")
    check_text = localized("check")  # `check` is Django's own
    impact = localized("impact")

    objects = AdvisoryQuerySet.as_manager()

    class Meta:
        verbose_name = _("advisory")
        verbose_name_plural = _("advisories")
        ordering = ["document", "position", "pk"]
        indexes = [
            models.Index(fields=["document", "position", "id"]),
            # What facets count: without it each count reads every text as well.
            models.Index(
                fields=["state", "category", "severity", "document", "changed_at"],
                name="advisories_counted",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="withdrawn") | ~Q(withdrawn_reason=""),
                name="withdrawn_advisory_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(revision__gt=0),
                name="published_advisory_has_a_revision",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tracking_id} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("advisories:advisory_detail", args=[self.tracking_id])

    @property
    def verdict(self) -> Verdict:
        """Only on rows of `for_deployment`, which annotates `reason`."""
        return Reason(self.reason).verdict  # type: ignore[attr-defined]

    def clean(self) -> None:
        if self.source_revision and self.source_revision.document_id != self.document_id:
            raise ValidationError(
                {"source_revision": _("This revision belongs to another document.")}
            )


class AffectedProduct(models.Model):
    """What an advisory says about one product. Without a row it says nothing, which is not "no"."""

    class Basis(models.TextChoices):
        NAMED = "named", _("the document names the product")
        GENERAL = "general", _("the document names no single product")
        LINKED_QA = "linked_qa", _("the linked Q&A covers the product")
        NOT_NAMED = "not_named", _("the document does not name the product")

    class FixKind(models.TextChoices):
        DEFAULT_CHANGED = "default_changed", _("default changed")
        REWORKED = "reworked", _("reworked")
        FEATURE_REMOVED = "feature_removed", _("feature removed")
        WORKAROUND_BUILT_IN = "workaround_built_in", _("workaround built in")

    advisory = models.ForeignKey(
        Advisory, models.CASCADE, related_name="affected", verbose_name=_("advisory")
    )
    product = models.ForeignKey(
        Product, models.PROTECT, related_name="affected", verbose_name=_("product")
    )
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.AFFECTED)
    basis = models.CharField(_("basis"), max_length=20, choices=Basis, blank=True)
    # None: not fixed in any release known here.
    fixed_in = models.ForeignKey(
        Release,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="fixes",
        verbose_name=_("fixed in"),
    )
    fix_scope = models.CharField(_("fix reaches"), max_length=20, choices=FixScope, blank=True)
    fix_kind = models.CharField(_("kind of fix"), max_length=20, choices=FixKind, blank=True)
    fix_note_ja = models.TextField(_("fix note (Japanese)"), max_length=5000, blank=True)
    fix_note_en = models.TextField(_("fix note (English)"), max_length=5000, blank=True)

    fix_note = localized("fix_note")

    class Meta:
        verbose_name = _("affected product")
        verbose_name_plural = _("affected products")
        ordering = ["advisory", "product__position", "product__slug"]
        constraints = [
            models.UniqueConstraint(
                fields=["advisory", "product"],
                name="one_row_per_advisory_and_product",
                violation_error_message=_("This product is listed twice."),
            ),
            models.CheckConstraint(
                condition=Q(fixed_in__isnull=True, fix_scope="")
                | Q(fixed_in__isnull=False) & ~Q(fix_scope=""),
                name="fix_scope_goes_with_fixed_in",
                violation_error_message=_(
                    "Say both: the release it is fixed in and which installations the fix reaches."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product} – {self.get_status_display()}"

    def clean(self) -> None:
        if self.fixed_in and self.fixed_in.product_id != self.product_id:
            raise ValidationError(
                {
                    "fixed_in": _(
                        "%(release)s is a release of %(other)s. Choose one of %(product)s."
                    )
                    % {
                        "release": self.fixed_in,
                        "other": self.fixed_in.product,
                        "product": self.product,
                    }
                }
            )


class Reference(models.Model):
    """A support Q&A. The current link is the successor's where there is one; both numbers print."""

    advisory = models.ForeignKey(
        Advisory, models.CASCADE, related_name="references", verbose_name=_("advisory")
    )
    # None: holds for every product.
    product = models.ForeignKey(
        Product,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("product"),
    )
    # A string: leading zeros and "KA-" are part of it.
    number = models.CharField(_("number"), max_length=80)
    url = models.URLField(_("address"), max_length=500)
    successor = models.CharField(_("successor's number"), max_length=80, blank=True)
    successor_url = models.URLField(_("successor's address"), max_length=500, blank=True)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("reference")
        verbose_name_plural = _("references")
        ordering = ["advisory", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["advisory", "number"],
                name="one_reference_per_advisory_and_number",
                violation_error_message=_("This Q&A number is listed twice in one advisory."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.number} → {self.successor}" if self.successor else self.number

    @property
    def current_url(self) -> str:
        return self.successor_url or self.url


class LinkCheck(models.Model):
    """What `check_links` found at an address. A row of its own, since references are written anew
    with each change of their advisory."""

    class State(models.TextChoices):
        OK = "ok", _("reachable")
        GONE = "gone", _("no longer there")
        FAILED = "failed", _("answers with an error")
        UNREACHABLE = "unreachable", _("does not answer")
        NO_HOST = "no_host", _("no such host")
        LOOP = "loop", _("redirects without end")
        REFUSED = "refused", _("leads to an address that is not public")

    url = models.URLField(_("address"), max_length=500, unique=True)
    state = models.CharField(_("state"), max_length=12, choices=State)
    # None: no answer.
    http_code = models.PositiveSmallIntegerField(_("HTTP status"), null=True, blank=True)
    final_url = models.URLField(_("final address"), max_length=2000, blank=True)
    # Of the words on the page; "": none was read.
    digest = models.CharField(max_length=64, blank=True)
    checked_at = models.DateTimeField(_("checked at"))
    # None: the page has said the same since it was first read.
    changed_at = models.DateTimeField(_("changed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("checked link")
        verbose_name_plural = _("checked links")
        ordering = ["url"]

    def __str__(self) -> str:
        return self.url


class AdvisoryRevision(models.Model):
    """An immutable snapshot of an advisory, written by `actions.publish` and `actions.withdraw`."""

    class Step(models.TextChoices):
        FIRST = "first", _("first edition")
        MAJOR = "major", _("MAJOR: applicability changed")
        MINOR = "minor", _("MINOR: action, check or severity changed")
        PATCH = "patch", _("PATCH: wording changed")

    class Origin(models.TextChoices):
        FILE = "file", _("catalogue file")
        PORTAL = "portal", _("edited in the portal")
        IMPORT = "import", _("imported table")

    advisory = models.ForeignKey(
        Advisory, models.PROTECT, related_name="revisions", verbose_name=_("advisory")
    )
    number = models.PositiveIntegerField(_("number"))
    step = models.CharField(_("step"), max_length=10, choices=Step)
    origin = models.CharField(_("origin"), max_length=10, choices=Origin)
    published_at = models.DateTimeField(_("published at"))
    # None: written by a command, not by a person.
    editor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("editor"),
    )
    note = models.TextField(_("change note"), blank=True)
    content = models.JSONField(_("content"))
    applicability_digest = models.CharField(max_length=64)
    action_digest = models.CharField(max_length=64)
    text_digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("advisory revision")
        verbose_name_plural = _("advisory revisions")
        ordering = ["advisory", F("number").desc()]
        constraints = [
            models.UniqueConstraint(
                fields=["advisory", "number"],
                name="one_revision_per_advisory_and_number",
            )
        ]

    def __str__(self) -> str:
        return f"{self.advisory.tracking_id} r{self.number}"


class LocalNote(models.Model):
    """The company's own steps for an advisory, as they stand. No import and no revision touches
    it; `note_actions.save_note` is the only writer."""

    advisory = models.OneToOneField(
        Advisory, models.PROTECT, related_name="local_note", verbose_name=_("advisory")
    )
    version = models.PositiveIntegerField(_("version"))
    text = models.TextField(_("steps"), blank=True)
    # In order: {"sha256", "type", "width", "height", "caption"}; files are NotePicture's.
    pictures = models.JSONField(_("pictures"), default=list, blank=True)
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("saved by")
    )
    saved_at = models.DateTimeField(_("saved at"))

    class Meta:
        verbose_name = _("local note")
        verbose_name_plural = _("local notes")
        ordering = ["advisory"]

    def __str__(self) -> str:
        return f"{self.advisory.tracking_id} v{self.version}"

    @property
    def is_empty(self) -> bool:
        return not (self.text.strip() or self.pictures)


class LocalNoteVersion(models.Model):
    """What a local note said; a row is written with each save and never changed."""

    note = models.ForeignKey(
        LocalNote, models.PROTECT, related_name="versions", verbose_name=_("local note")
    )
    number = models.PositiveIntegerField(_("number"))
    text = models.TextField(_("steps"), blank=True)
    pictures = models.JSONField(_("pictures"), default=list, blank=True)
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("saved by")
    )
    saved_at = models.DateTimeField(_("saved at"))

    class Meta:
        verbose_name = _("version of a local note")
        verbose_name_plural = _("versions of local notes")
        ordering = ["note", F("number").desc()]
        constraints = [
            models.UniqueConstraint(
                fields=["note", "number"], name="one_version_per_note_and_number"
            )
        ]

    def __str__(self) -> str:
        return f"{self.note} ({self.number})"


class NotePicture(models.Model):
    """A picture of local notes: a file stored once under its SHA-256, never removed, because
    earlier versions and checklists name it."""

    class Type(models.TextChoices):
        PNG = "image/png", "PNG"
        JPEG = "image/jpeg", "JPEG"

    sha256 = models.CharField(max_length=64, unique=True)
    type = models.CharField(_("type"), max_length=20, choices=Type)
    width = models.PositiveIntegerField(_("width"))
    height = models.PositiveIntegerField(_("height"))
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("added by")
    )
    added_at = models.DateTimeField(_("added at"))

    class Meta:
        verbose_name = _("picture of a local note")
        verbose_name_plural = _("pictures of local notes")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.sha256[:12]

    @property
    def extension(self) -> str:
        return "jpg" if self.type == self.Type.JPEG else "png"


class DocumentImport(models.Model):
    """An uploaded edition of a document between its upload and the decision about it."""

    class State(models.TextChoices):
        STAGED = "staged", _("to be decided")
        APPLIED = "applied", _("taken over")
        DISCARDED = "discarded", _("discarded")

    class Kind(models.TextChoices):
        CATALOGUE = "catalogue", _("catalogue file (JSON)")
        TABLE = "table", _("table (CSV or XLSX)")

    document = models.CharField(_("source document"), max_length=80)
    # "": a table, which says it of each row.
    edition = models.CharField(_("edition"), max_length=40, blank=True)
    kind = models.CharField(_("kind of file"), max_length=10, choices=Kind)
    file_name = models.CharField(_("file"), max_length=200)
    sha256 = models.CharField(max_length=64)
    # A catalogue file as it was read, or the rows of a table as {column: text}.
    content = models.JSONField()
    # What the portal said when the file came: tracking ID -> token of that state.
    base = models.JSONField(default=dict)
    # What a catalogue file does to terms and editions: "added" ... -> kind -> names.
    terms = models.JSONField(default=dict, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.STAGED)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("uploaded by")
    )
    uploaded_at = models.DateTimeField(_("uploaded at"))
    # None, both: not decided yet.
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    # Tracking IDs by what was done with them: "added", "changed", "withdrawn", "left".
    result = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("import of a document")
        verbose_name_plural = _("imports of documents")
        ordering = ["-uploaded_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="staged", decided_by__isnull=True, decided_at__isnull=True)
                | ~Q(state="staged") & Q(decided_by__isnull=False, decided_at__isnull=False),
                name="decided_import_says_who_and_when",
            )
        ]

    def __str__(self) -> str:
        return " ".join(part for part in (self.document, self.edition, self.file_name) if part)
