"""Operators may invalidate the cache."""

from django.apps.registry import Apps
from django.apps.registry import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from ahgd_ops.access.roles import ensure_groups


def grant(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    create_permissions(installed.get_app_config("ahgd_ops"), apps=apps, verbosity=0)
    ensure_groups(apps)


class Migration(migrations.Migration):
    dependencies = [("ahgd_ops", "0005_escalation_roles")]
    operations = [
        migrations.CreateModel(
            name="Cache",
            fields=[("name", models.CharField(max_length=510, primary_key=True, serialize=False))],
            options={
                "verbose_name": "cache",
                "verbose_name_plural": "cache",
                "permissions": (("invalidate_cache", "Can invalidate the cache"),),
                "managed": False,
                "default_permissions": (),
            },
        ),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
