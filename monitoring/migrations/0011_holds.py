"""What retention spares."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ahgd_monitoring", "0010_chunks")]

    operations = [
        migrations.CreateModel(
            name="Hold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("start", models.BigIntegerField(verbose_name="start (ms)")),
                (
                    "end",
                    models.BigIntegerField(
                        blank=True, help_text="Empty: up to whatever comes.", null=True, verbose_name="end (ms)"
                    ),
                ),
                ("reason", models.CharField(help_text="What it is kept for.", max_length=120)),
                (
                    "owner",
                    models.CharField(blank=True, editable=False, help_text="Empty: a person's.", max_length=32),
                ),
                (
                    "series",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="holds",
                        to="ahgd_monitoring.series",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("series", "owner", "reason"), name="hold_once"),
                    models.CheckConstraint(
                        condition=models.Q(("end__isnull", True), ("end__gte", models.F("start")), _connector="OR"),
                        name="hold_end_after_start",
                    ),
                ],
            },
        ),
    ]
