"""The roles Viewer, Operator and Administrator."""

from django.apps.registry import Apps
from django.apps.registry import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from ahgd_ops.access.roles import ADMINISTERED_APPS, ensure_groups


def make_roles(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for label in ADMINISTERED_APPS:  # permissions are made after all migrations; the groups need them now
        create_permissions(installed.get_app_config(label), apps=apps, verbosity=0)
    ensure_groups(apps)


def remove_roles(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("auth", "Group").objects.filter(name__in=("Viewer", "Operator", "Administrator")).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("ahgd_ops", "0001_initial"),
        ("ahgd_alerts", "0001_initial"),
        ("ahgd_monitoring", "0001_initial"),
        ("auditlog", "0017_add_actor_email"),
        ("axes", "0010_accessattemptexpiration"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(make_roles, remove_roles)]
