"""What the roles may do with silences and maintenance windows."""

from django.apps.registry import Apps
from django.apps.registry import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from ahgd_ops.access.roles import ensure_groups


def add_permissions(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    create_permissions(installed.get_app_config("ahgd_alerts"), apps=apps, verbosity=0)
    ensure_groups(apps)


class Migration(migrations.Migration):
    dependencies = [("ahgd_ops", "0003_roles_see_health"), ("ahgd_alerts", "0005_gates_and_muting")]
    operations = [migrations.RunPython(add_permissions, migrations.RunPython.noop)]
