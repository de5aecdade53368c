"""What the fields of rollouts, checklists, events and editions are called, for the admin."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("checklists", "0010_notes_for_the_customer"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="edition",
            options={
                "ordering": ["checklist", "minor"],
                "verbose_name": "edition",
                "verbose_name_plural": "editions",
            },
        ),
        migrations.AlterModelOptions(
            name="event",
            options={
                "ordering": ["checklist", "seq"],
                "verbose_name": "event",
                "verbose_name_plural": "events",
            },
        ),
        migrations.AlterModelOptions(
            name="purge",
            options={"verbose_name": "removed rollout", "verbose_name_plural": "removed rollouts"},
        ),
        migrations.AlterModelOptions(
            name="signoff",
            options={
                "ordering": ["signed_at", "pk"],
                "verbose_name": "signature",
                "verbose_name_plural": "signatures",
            },
        ),
        migrations.AlterField(
            model_name="checklist",
            name="created_at",
            field=models.DateTimeField(verbose_name="created at"),
        ),
        migrations.AlterField(
            model_name="checklist",
            name="created_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="created by",
            ),
        ),
        migrations.AlterField(
            model_name="checklist",
            name="discard_reason",
            field=models.TextField(blank=True, verbose_name="reason for discarding"),
        ),
        migrations.AlterField(
            model_name="checklist",
            name="discarded_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="discarded at"),
        ),
        migrations.AlterField(
            model_name="checklist",
            name="frozen",
            field=models.JSONField(verbose_name="frozen header"),
        ),
        migrations.AlterField(
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
                verbose_name="what became of the box",
            ),
        ),
        migrations.AlterField(
            model_name="checklist",
            name="head",
            field=models.CharField(blank=True, max_length=64, verbose_name="chain head"),
        ),
        migrations.AlterField(
            model_name="checklist",
            name="is_demo",
            field=models.BooleanField(default=False, verbose_name="made with a demo account"),
        ),
        migrations.AlterField(
            model_name="checklist",
            name="last_seq",
            field=models.PositiveIntegerField(default=0, verbose_name="number of the newest event"),
        ),
        migrations.AlterField(
            model_name="checklist",
            name="predecessor",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="successors",
                to="checklists.checklist",
                verbose_name="checklist before it",
            ),
        ),
        migrations.AlterField(
            model_name="checklist",
            name="product",
            field=models.CharField(max_length=80, verbose_name="product"),
        ),
        migrations.AlterField(
            model_name="checklist",
            name="release",
            field=models.CharField(max_length=80, verbose_name="release"),
        ),
        migrations.AlterField(
            model_name="checklist",
            name="rollout",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="checklists",
                to="checklists.rollout",
                verbose_name="rollout",
            ),
        ),
        migrations.AlterField(
            model_name="edition",
            name="catalogue",
            field=models.JSONField(blank=True, default=dict, verbose_name="catalogue edition"),
        ),
        migrations.AlterField(
            model_name="edition",
            name="chain_head",
            field=models.CharField(blank=True, max_length=64, verbose_name="chain head"),
        ),
        migrations.AlterField(
            model_name="edition",
            name="checklist",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="editions",
                to="checklists.checklist",
                verbose_name="checklist",
            ),
        ),
        migrations.AlterField(
            model_name="edition",
            name="content",
            field=models.TextField(blank=True, verbose_name="content"),
        ),
        migrations.AlterField(
            model_name="edition",
            name="digest",
            field=models.CharField(blank=True, max_length=64, verbose_name="digest"),
        ),
        migrations.AlterField(
            model_name="edition",
            name="files",
            field=models.JSONField(blank=True, default=list, verbose_name="files"),
        ),
        migrations.AlterField(
            model_name="edition",
            name="issued_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="issued at"),
        ),
        migrations.AlterField(
            model_name="edition",
            name="minor",
            field=models.PositiveIntegerField(verbose_name="number after 1."),
        ),
        migrations.AlterField(
            model_name="edition",
            name="opened_at",
            field=models.DateTimeField(verbose_name="opened at"),
        ),
        migrations.AlterField(
            model_name="edition",
            name="opened_by",
            field=models.CharField(max_length=200, verbose_name="opened by"),
        ),
        migrations.AlterField(
            model_name="edition",
            name="opened_seq",
            field=models.PositiveIntegerField(verbose_name="event that opened it"),
        ),
        migrations.AlterField(
            model_name="edition",
            name="reason",
            field=models.TextField(blank=True, verbose_name="reason"),
        ),
        migrations.AlterField(
            model_name="event",
            name="actor",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="account",
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="actor_name",
            field=models.CharField(max_length=200, verbose_name="who"),
        ),
        migrations.AlterField(
            model_name="event",
            name="base_version",
            field=models.PositiveIntegerField(
                blank=True, null=True, verbose_name="version that was seen"
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="checklist",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="events",
                to="checklists.checklist",
                verbose_name="checklist",
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="client_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="time of the device"),
        ),
        migrations.AlterField(
            model_name="event",
            name="effect",
            field=models.JSONField(verbose_name="what came of it"),
        ),
        migrations.AlterField(
            model_name="event",
            name="hash",
            field=models.CharField(max_length=64, verbose_name="hash"),
        ),
        migrations.AlterField(
            model_name="event",
            name="item",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="events",
                to="checklists.checklistitem",
                verbose_name="item",
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
                    ("evidence_added", "evidence added"),
                    ("evidence_removed", "evidence removed"),
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
                verbose_name="kind of event",
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="op_id",
            field=models.UUIDField(unique=True, verbose_name="operation"),
        ),
        migrations.AlterField(
            model_name="event",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("applied", "applied"),
                    ("same", "same value"),
                    ("conflict", "conflict"),
                    ("late", "late"),
                ],
                max_length=10,
                verbose_name="outcome",
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="payload",
            field=models.JSONField(verbose_name="what was sent"),
        ),
        migrations.AlterField(
            model_name="event",
            name="prev_hash",
            field=models.CharField(
                blank=True, max_length=64, verbose_name="hash of the event before"
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="recorded_at",
            field=models.DateTimeField(verbose_name="recorded at"),
        ),
        migrations.AlterField(
            model_name="event",
            name="seq",
            field=models.PositiveIntegerField(verbose_name="number"),
        ),
        migrations.AlterField(
            model_name="purge",
            name="digests",
            field=models.JSONField(verbose_name="digests"),
        ),
        migrations.AlterField(
            model_name="purge",
            name="purged_at",
            field=models.DateTimeField(verbose_name="removed at"),
        ),
        migrations.AlterField(
            model_name="purge",
            name="purged_by",
            field=models.CharField(max_length=200, verbose_name="removed by"),
        ),
        migrations.AlterField(
            model_name="purge",
            name="reason",
            field=models.TextField(verbose_name="reason"),
        ),
        migrations.AlterField(
            model_name="purge",
            name="rollout",
            field=models.UUIDField(unique=True, verbose_name="rollout"),
        ),
        migrations.AlterField(
            model_name="rollout",
            name="created_at",
            field=models.DateTimeField(verbose_name="created at"),
        ),
        migrations.AlterField(
            model_name="rollout",
            name="created_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="created by",
            ),
        ),
        migrations.AlterField(
            model_name="signoff",
            name="chain_head",
            field=models.CharField(max_length=64, verbose_name="chain head"),
        ),
        migrations.AlterField(
            model_name="signoff",
            name="company",
            field=models.CharField(blank=True, max_length=200, verbose_name="company"),
        ),
        migrations.AlterField(
            model_name="signoff",
            name="digest",
            field=models.CharField(max_length=64, verbose_name="digest"),
        ),
        migrations.AlterField(
            model_name="signoff",
            name="edition",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="sign_offs",
                to="checklists.edition",
                verbose_name="edition",
            ),
        ),
        migrations.AlterField(
            model_name="signoff",
            name="kind",
            field=models.CharField(
                choices=[
                    ("prepared", "Prepared"),
                    ("reviewed", "Reviewed"),
                    ("accepted", "Accepted"),
                    ("declined", "Declined"),
                ],
                max_length=10,
                verbose_name="kind of signature",
            ),
        ),
        migrations.AlterField(
            model_name="signoff",
            name="name",
            field=models.CharField(max_length=200, verbose_name="name of the signer"),
        ),
        migrations.AlterField(
            model_name="signoff",
            name="revoke_reason",
            field=models.TextField(blank=True, verbose_name="reason for taking it back"),
        ),
        migrations.AlterField(
            model_name="signoff",
            name="revoked_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="taken back at"),
        ),
        migrations.AlterField(
            model_name="signoff",
            name="revoked_by",
            field=models.CharField(blank=True, max_length=200, verbose_name="taken back by"),
        ),
        migrations.AlterField(
            model_name="signoff",
            name="self_review",
            field=models.BooleanField(default=False, verbose_name="same person as prepared"),
        ),
        migrations.AlterField(
            model_name="signoff",
            name="signed_at",
            field=models.DateTimeField(verbose_name="signed at"),
        ),
        migrations.AlterField(
            model_name="signoff",
            name="signer",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="account",
            ),
        ),
        migrations.AlterField(
            model_name="signoff",
            name="statement",
            field=models.JSONField(verbose_name="statement"),
        ),
    ]
