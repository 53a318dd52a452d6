"""A row that a full message had no room for says so, and goes with the next at once."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("ahgd_alerts", "0008_notification_gate_and_reason"),)

    operations = (
        migrations.AddField(
            model_name="notification",
            name="was_left",
            field=models.BooleanField(
                default=False,
                help_text="Whether a full message had no room for it, so that it goes with the next at once.",
            ),
        ),
    )
