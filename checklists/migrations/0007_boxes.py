"""Several boxes: frozen notes, what became of a box, teams and who is to do an item."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# The teams that the advisories name, and what each is called at first.
TEAMS = (
    ("integrator", "構築担当", "Integrator"),
    ("network", "ネットワーク担当", "Network"),
    ("directory", "認証基盤担当", "Directory"),
    ("virtualisation", "仮想基盤担当", "Virtualisation"),
    ("web_owner", "Web サイト担当", "Web owner"),
)


def make_teams(apps, schema_editor):
    apps.get_model("checklists", "Team").objects.bulk_create(
        apps.get_model("checklists", "Team")(acts=acts, name_ja=ja, name_en=en, position=position)
        for position, (acts, ja, en) in enumerate(TEAMS, start=1)
    )


class Migration(migrations.Migration):
    dependencies = [
        ("checklists", "0006_devices"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
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
            name="assignee",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
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
        migrations.AlterField(
            model_name="event",
            name="kind",
            field=models.CharField(
                choices=[
                    ("created", "created"),
                    ("decision", "decision"),
                    ("answer", "answer"),
                    ("resolved", "conflict resolved"),
                    ("taken", "offer taken"),
                    ("looked_through", "offers looked through"),
                    ("header", "header changed"),
                    ("members", "members changed"),
                    ("assigned", "items assigned"),
                    ("prepared", "prepared"),
                    ("withdrawn", "signature withdrawn"),
                    ("returned", "returned"),
                    ("issued", "reviewed and issued"),
                    ("reopened", "re-opened"),
                    ("closed", "draft closed"),
                    ("revoked", "edition revoked"),
                    ("accepted", "accepted by the customer"),
                    ("declined", "declined by the customer"),
                    ("commented", "comment of the customer"),
                    ("reply_revoked", "the customer's answer revoked"),
                    ("discarded", "discarded"),
                ],
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="Team",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name_ja",
                    models.CharField(max_length=80, unique=True, verbose_name="name (Japanese)"),
                ),
                (
                    "name_en",
                    models.CharField(blank=True, max_length=80, verbose_name="name (English)"),
                ),
                (
                    "acts",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("integrator", "integrator"),
                            ("network", "network team"),
                            ("directory", "directory team"),
                            ("virtualisation", "virtualisation team"),
                            ("web_owner", "owner of the web site"),
                        ],
                        help_text="Items of advisories that name this are suggested to the team.",
                        max_length=20,
                        verbose_name="who acts",
                    ),
                ),
                ("position", models.PositiveIntegerField(default=0, verbose_name="position")),
            ],
            options={
                "verbose_name": "team",
                "verbose_name_plural": "teams",
                "ordering": ["position", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("acts", ""), _negated=True),
                        fields=("acts",),
                        name="one_team_per_who_acts",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="checklistitem",
            name="team",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="checklists.team",
            ),
        ),
        migrations.AddConstraint(
            model_name="checklistitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("assignee__isnull", True), ("team__isnull", True), _connector="OR"
                ),
                name="item_is_given_to_a_person_or_a_team",
            ),
        ),
        migrations.RunPython(make_teams, migrations.RunPython.noop),
    ]
