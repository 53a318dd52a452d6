"""Everybody sees chunks, holds and gaps of readers."""

from django.apps.registry import Apps
from django.apps.registry import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from ahgd_ops.access.roles import ensure_groups


def add_permissions(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    create_permissions(installed.get_app_config("ahgd_monitoring"), apps=apps, verbosity=0)
    ensure_groups(apps)


class Migration(migrations.Migration):
    dependencies = [("ahgd_ops", "0006_cache_permissions"), ("ahgd_monitoring", "0010_chunks")]
    operations = [migrations.RunPython(add_permissions, migrations.RunPython.noop)]
