"""Several boxes: frozen notes, what became of a box, teams and who is to do an item."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("checklists", "0005_files"),
    ]

    operations = [
        migrations.AddField(
            model_name="checklist",
            name="happened",
            field=models.CharField(
                blank=True,
                choices=[
                    ("upgraded", "Upgraded"),
                    ("rebuilt", "Rebuilt"),
                    ("reconfigured", "Re-configured"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddField(
            model_name="checklistitem",
            name="note_version",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="handoversettings",
            name="local_notes",
            field=models.BooleanField(
                default=False,
                help_text="PDFs then have the company's own notes on the advisories. Tables and JSON always do.",
                verbose_name="print our own steps",
            ),
        ),
    ]
