"""Samples that are packed, and series that somebody corrects meanwhile."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ahgd_monitoring", "0009_bounded_watched_checks")]

    operations = [
        migrations.CreateModel(
            name="MetricChunk",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("resolution", models.PositiveSmallIntegerField(choices=[(0, "as recorded"), (3600, "an hour")])),
                (
                    "start",
                    models.BigIntegerField(
                        help_text="Where its block begins: 6 hours, of hours 10 days.", verbose_name="start (ms)"
                    ),
                ),
                ("end", models.BigIntegerField(help_text="Its last sample.", verbose_name="end (ms)")),
                ("samples", models.PositiveIntegerField(help_text="Snapshots, or hours.")),
                ("count", models.BigIntegerField(help_text="Values that they sum up: calls, of timings.")),
                ("minimum", models.FloatField()),
                ("maximum", models.FloatField()),
                ("total", models.FloatField()),
                ("payload", models.BinaryField()),
                (
                    "series",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="chunks",
                        to="ahgd_monitoring.series",
                    ),
                ),
            ],
            options={
                "verbose_name": "chunk",
                "constraints": [
                    models.UniqueConstraint(fields=("series", "resolution", "start"), name="chunk_once_a_block"),
                    models.CheckConstraint(
                        condition=models.Q(("end__gte", models.F("start"))), name="chunk_end_after_start"
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="series",
            name="open_until",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="Until then nothing is sealed: somebody corrects snapshots.",
                null=True,
            ),
        ),
    ]
