"""The roles get the permissions of what health added: checks that people enter, excluded time, kept days."""

from django.apps.registry import Apps
from django.apps.registry import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from ahgd_ops.access.roles import ensure_groups


def widen_roles(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    create_permissions(installed.get_app_config("ahgd_monitoring"), apps=apps, verbosity=0)
    ensure_groups(apps)


class Migration(migrations.Migration):
    dependencies = [
        ("ahgd_ops", "0002_roles"),
        ("ahgd_monitoring", "0006_watched_checks_and_uptime"),
    ]
    operations = [migrations.RunPython(widen_roles, migrations.RunPython.noop)]
