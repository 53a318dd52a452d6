"""The job that repeats what still fires is called so in the schedule, as on every page; its interval stays as edited."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

BEFORE, AFTER = "remind", "repeat"


def rename(apps: Apps, old: str, new: str) -> None:
    jobs = apps.get_model("django_celery_beat", "PeriodicTask").objects
    if not jobs.filter(name=new).exists():
        jobs.filter(name=old, task=f"alerts.{old}").update(name=new, task=f"alerts.{new}")


def forwards(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    rename(apps, BEFORE, AFTER)


def backwards(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    rename(apps, AFTER, BEFORE)


class Migration(migrations.Migration):
    dependencies = (
        ("ahgd_alerts", "0009_left_by_a_full_message"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    )

    operations = (migrations.RunPython(forwards, backwards),)
