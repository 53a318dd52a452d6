"""What a host says of itself has rows of its own, named after check and host; leases of hosts are named after them."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def forget_hosts(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Backwards: before, there was no place for them."""
    apps.get_model("ahgd_monitoring", "HealthCheckState").objects.exclude(instance="").delete()
    apps.get_model("ahgd_monitoring", "Lease").objects.filter(name__startswith="host:").delete()


class Migration(migrations.Migration):
    dependencies = [
        ("ahgd_monitoring", "0003_bounded_intervals"),
    ]

    operations = [
        migrations.AddField(
            model_name="healthcheckstate",
            name="instance",
            field=models.CharField(
                blank=True, default="", help_text="The host, where it is of one host.", max_length=253
            ),
        ),
        migrations.AlterField(
            model_name="healthcheckstate",
            name="name",
            field=models.CharField(max_length=360, unique=True),
        ),
        migrations.AlterField(
            model_name="collectorstate",
            name="instance",
            field=models.CharField(blank=True, default="", max_length=253),
        ),
        migrations.AlterField(
            model_name="lease",
            name="name",
            field=models.CharField(max_length=300, primary_key=True, serialize=False),
        ),
        migrations.RunPython(migrations.RunPython.noop, forget_hosts),
    ]
