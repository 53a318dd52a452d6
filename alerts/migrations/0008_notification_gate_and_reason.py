"""The column that names the gate is called so, and the one that says why it held the row is no longer called gate."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("ahgd_alerts", "0007_bounds_and_revisions"),)

    operations = (
        migrations.RemoveIndex(model_name="notification", name="notification_held"),
        migrations.RenameField(model_name="notification", old_name="gate", new_name="held_reason"),
        migrations.RenameField(model_name="notification", old_name="held_by", new_name="gate"),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(
                condition=models.Q(("state", "due"), models.Q(("gate", ""), _negated=True)),
                fields=["channel", "gate"],
                name="notification_held",
            ),
        ),
    )
