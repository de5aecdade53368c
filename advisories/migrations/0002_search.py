import django.db.models.deletion
from django.db import migrations, models
from django.db.models import OuterRef, Subquery

from advisories import trigrams


def note_when_each_changed(apps, schema_editor):
    """As `publish` does from now on."""
    revisions = apps.get_model("advisories", "AdvisoryRevision").objects.filter(
        advisory=OuterRef("pk"), number=OuterRef("revision")
    )
    apps.get_model("advisories", "Advisory").objects.filter(revision__gt=0).update(
        changed_at=Subquery(revisions.values("published_at")[:1])
    )


class Migration(migrations.Migration):
    dependencies = [
        ("advisories", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="advisory",
            name="changed_at",
            field=models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="changed at"
            ),
        ),
        migrations.AddField(
            model_name="advisory",
            name="search_text",
            field=models.TextField(blank=True, default="", editable=False),
        ),
        migrations.CreateModel(
            name="Synonym",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("loaded", models.JSONField(blank=True, default=dict, editable=False)),
                (
                    "words",
                    models.TextField(
                        help_text="One word or phrase a line, at least two. Whoever searches for one of them also finds the advisories that say another.",
                        max_length=5000,
                        verbose_name="words",
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="advisories.sourcedocument",
                        verbose_name="brought by",
                    ),
                ),
            ],
            options={
                "verbose_name": "group of synonyms",
                "verbose_name_plural": "synonyms",
                "ordering": ["pk"],
            },
        ),
        migrations.AddIndex(
            model_name="advisory",
            index=models.Index(
                fields=["state", "category", "severity", "document", "changed_at"],
                name="advisories_counted",
            ),
        ),
        migrations.RunPython(note_when_each_changed, migrations.RunPython.noop),
        migrations.RunPython(trigrams.create, trigrams.drop),
    ]
