"""Times of series that were recorded in the same rounds, once a block, and what chunks name them."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("ahgd_monitoring", "0013_retention_of_a_metric")]

    operations = [
        migrations.CreateModel(
            name="ChunkTimes",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.BinaryField(editable=False, max_length=16, unique=True)),
                ("payload", models.BinaryField(editable=False)),
            ],
            options={
                "verbose_name": "times of chunks",
                "verbose_name_plural": "times of chunks",
                "default_permissions": (),
            },
        ),
        migrations.AddField(
            model_name="metricchunk",
            name="times",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                editable=False,
                help_text="Where its times are, when other series have the same.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="chunks",
                to="ahgd_monitoring.chunktimes",
            ),
        ),
        migrations.AddIndex(
            model_name="metricchunk",
            index=models.Index(condition=Q(times__isnull=False), fields=["times"], name="chunk_by_times"),
        ),
    ]
