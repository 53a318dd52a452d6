"""Escalation policies, how far each alert has come in one, and acknowledges that end by themselves."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ahgd_alerts", "0005_gates_and_muting"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Escalation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="Of the step that ran last; 0 before the first."
                    ),
                ),
                (
                    "counted_from",
                    models.DateTimeField(
                        help_text="When the wait of the next step began, less the time it stood still."
                    ),
                ),
                (
                    "paused_at",
                    models.DateTimeField(blank=True, help_text="Since when the clock stands still.", null=True),
                ),
                (
                    "due_at",
                    models.DateTimeField(
                        blank=True, help_text="Of the next step; empty when none will come.", null=True
                    ),
                ),
                (
                    "reason",
                    models.CharField(blank=True, help_text="Why no step will come, or not now.", max_length=300),
                ),
                (
                    "late_at",
                    models.DateTimeField(
                        blank=True, help_text="When the auditor last found a step not run.", null=True
                    ),
                ),
                ("late_seconds", models.FloatField(default=0, help_text="How late that step was.")),
            ],
        ),
        migrations.CreateModel(
            name="EscalationPolicy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.SlugField(max_length=100, unique=True)),
                (
                    "description",
                    models.TextField(blank=True, help_text="Who is reached by this, and why in this order."),
                ),
                (
                    "seeded_from",
                    models.CharField(blank=True, editable=False, help_text="Where the row came from.", max_length=100),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "verbose_name_plural": "escalation policies",
                "ordering": ("name",),
            },
        ),
        migrations.CreateModel(
            name="EscalationStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        help_text="1 is the first; gaps do not matter.",
                        validators=[django.core.validators.MinValueValidator(1)],
                    ),
                ),
                (
                    "wait_minutes",
                    models.PositiveIntegerField(
                        default=60,
                        help_text="Since the step before, or since the alert opened. An acknowledge or a maintenance stops the clock.",
                        validators=[django.core.validators.MaxValueValidator(10080)],
                        verbose_name="wait (minutes)",
                    ),
                ),
            ],
            options={
                "ordering": ("position",),
            },
        ),
        migrations.AddField(
            model_name="alert",
            name="acknowledged_until",
            field=models.DateTimeField(
                blank=True,
                help_text="When the acknowledge ends by itself; empty for when the alert resolves.",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="alertevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("opened", "Opened"),
                    ("severity changed", "Severity Changed"),
                    ("flapping", "Flapping"),
                    ("notified", "Notified"),
                    ("withheld", "Withheld"),
                    ("repeated", "Repeated"),
                    ("acknowledged", "Acknowledged"),
                    ("unacknowledged", "Acknowledge ended"),
                    ("escalated", "Escalated"),
                    ("silenced", "Silenced"),
                    ("failed", "Failed to notify"),
                    ("resolved", "Resolved"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                condition=models.Q(("acknowledged_until__isnull", False), ("resolved_at__isnull", True)),
                fields=["acknowledged_until"],
                name="alert_lapse",
            ),
        ),
        migrations.AddField(
            model_name="escalation",
            name="alert",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE, related_name="escalation", to="ahgd_alerts.alert"
            ),
        ),
        migrations.AddField(
            model_name="escalation",
            name="policy",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="escalations",
                to="ahgd_alerts.escalationpolicy",
            ),
        ),
        migrations.AddField(
            model_name="historicalrule",
            name="escalation_policy",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                help_text="Who is told next while nobody acknowledges the alert; empty for nobody.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="ahgd_alerts.escalationpolicy",
            ),
        ),
        migrations.AddField(
            model_name="rule",
            name="escalation_policy",
            field=models.ForeignKey(
                blank=True,
                help_text="Who is told next while nobody acknowledges the alert; empty for nobody.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="rules",
                to="ahgd_alerts.escalationpolicy",
            ),
        ),
        migrations.AddField(
            model_name="escalationstep",
            name="channels",
            field=models.ManyToManyField(related_name="escalation_steps", to="ahgd_alerts.channel"),
        ),
        migrations.AddField(
            model_name="escalationstep",
            name="policy",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="ahgd_alerts.escalationpolicy"
            ),
        ),
        migrations.AddIndex(
            model_name="escalation",
            index=models.Index(
                condition=models.Q(("due_at__isnull", False), ("paused_at__isnull", False), _connector="OR"),
                fields=["alert"],
                name="escalation_running",
            ),
        ),
        migrations.AddIndex(
            model_name="escalation",
            index=models.Index(
                condition=models.Q(("late_at__isnull", False)), fields=["-late_at"], name="escalation_late"
            ),
        ),
        migrations.AddConstraint(
            model_name="escalation",
            constraint=models.CheckConstraint(
                condition=models.Q(("due_at__isnull", True), ("paused_at__isnull", True), _connector="OR"),
                name="due_or_paused",
            ),
        ),
        migrations.AddConstraint(
            model_name="escalationstep",
            constraint=models.UniqueConstraint(fields=("policy", "position"), name="one_step_per_position"),
        ),
    ]
