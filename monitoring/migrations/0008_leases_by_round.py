"""A host's lease becomes one for each of its rounds, and a collector's own interval is at most a day."""

from django.apps.registry import Apps
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Value
from django.db.models.functions import Concat, Substr

_DAY = 86400.0
_WHOLE, _COLLECT, _HEALTH = "host:", "host-collect:", "host-health:"


def split_leases(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _rename(apps, _WHOLE, _COLLECT)


def join_leases(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Backwards: of the two, that of collection is the host's."""
    apps.get_model("ahgd_monitoring", "Lease").objects.filter(name__startswith=_HEALTH).delete()
    _rename(apps, _COLLECT, _WHOLE)


def _rename(apps: Apps, old: str, new: str) -> None:
    named = apps.get_model("ahgd_monitoring", "Lease").objects.filter(name__startswith=old)
    named.update(name=Concat(Value(new), Substr("name", len(old) + 1)))


def bound_intervals(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    collectors = apps.get_model("ahgd_monitoring", "CollectorState").objects
    collectors.filter(every_seconds__lt=0).update(every_seconds=0)
    collectors.filter(every_seconds__gt=_DAY).update(every_seconds=_DAY)


class Migration(migrations.Migration):
    dependencies = [("ahgd_monitoring", "0007_query_shapes")]

    operations = [
        migrations.RunPython(split_leases, join_leases),
        migrations.RunPython(bound_intervals, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="collectorstate",
            name="every_seconds",
            field=models.FloatField(
                default=0,
                help_text="Least time between two readings, at most a day (86400); 0: at each run of the job collect.",
                validators=[MinValueValidator(0), MaxValueValidator(86400)],
            ),
        ),
        migrations.AddConstraint(
            model_name="collectorstate",
            constraint=models.CheckConstraint(
                condition=models.Q(("every_seconds__range", (0, 86400))), name="collector_interval"
            ),
        ),
    ]
