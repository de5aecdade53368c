"""What “our own steps” is called in the settings of the hand-over."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("checklists", "0009_evidence")]

    operations = [
        migrations.AlterField(
            model_name="handoversettings",
            name="local_notes",
            field=models.BooleanField(
                default=False,
                help_text=(
                    "PDF, XLSX, CSV, JSON, the customer's page and bundles then have the company's "
                    "own notes on the advisories, with their pictures; otherwise none of them has. "
                    "The portal's own pages always show them."
                ),
                verbose_name="give our own steps to the customer",
            ),
        ),
    ]
