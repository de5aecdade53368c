"""Editions are found by what their digest begins with, and by the hash of a file."""

import django.db.models.deletion
from django.db import migrations, models


def index_files(apps, schema_editor):
    edition_model = apps.get_model("checklists", "Edition")
    reply_model = apps.get_model("checklists", "Reply")
    file_model = apps.get_model("checklists", "IssuedFile")
    for edition in edition_model.objects.exclude(issued_at=None).defer("content").iterator():
        replies = reply_model.objects.filter(sign_off__edition=edition)
        sheets = [sheet for reply in replies for sheet in reply.sheets]
        file_model.objects.bulk_create(
            file_model(edition=edition, sha256=file["sha256"]) for file in (*edition.files, *sheets)
        )


class Migration(migrations.Migration):
    dependencies = [("checklists", "0004_acceptance")]

    operations = [
        migrations.CreateModel(
            name="IssuedFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "edition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="issued_files",
                        to="checklists.edition",
                    ),
                ),
                ("sha256", models.CharField(db_index=True, max_length=64)),
            ],
        ),
        migrations.AddIndex(
            model_name="edition", index=models.Index(fields=["digest"], name="edition_digest")
        ),
        migrations.RunPython(index_files, migrations.RunPython.noop),
    ]
