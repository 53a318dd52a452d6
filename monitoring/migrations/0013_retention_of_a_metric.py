"""How long the samples and hours of a metric are kept, where people say so."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import migrations, models

DAYS = (MinValueValidator(1), MaxValueValidator(36500))


class Migration(migrations.Migration):
    dependencies = [("ahgd_monitoring", "0012_read_gaps")]

    operations = [
        migrations.AddField(
            model_name="metric",
            name="raw_days",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Each sample as recorded. When empty, as long as AHGD_METRICS_RETENTION_HOURS says.",
                null=True,
                validators=DAYS,
                verbose_name="samples kept (days)",
            ),
        ),
        migrations.AddField(
            model_name="metric",
            name="hourly_days",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Sums of each hour. When empty, as long as AHGD_HOURLY_RETENTION_DAYS says.",
                null=True,
                validators=DAYS,
                verbose_name="hours kept (days)",
            ),
        ),
    ]
