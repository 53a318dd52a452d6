"""How far the console's own work is behind."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.apps import apps
from django.db.models import Max

from monitoring.clock import database_now
from monitoring.collectors.base import Reading


@dataclass(frozen=True, slots=True)
class LagCollector:
    """Since when each job has not been done whole, and what each reader of new rows has not read yet."""

    name: str = "lag"

    def collect(self) -> Iterable[Reading]:
        from monitoring.models import Lease, ReadCursor  # can be loaded only once Django is set up

        now = database_now()
        for name, finished_at in Lease.objects.exclude(name__contains=":").values_list("name", "finished_at"):
            if finished_at is not None:
                age_seconds = max(0.0, (now - finished_at).total_seconds())
                yield Reading("ahgd_ops_cycle_age_seconds", age_seconds, (("cycle", name),))
        models = {model._meta.db_table: model for model in apps.get_app_config("ahgd_monitoring").get_models()}
        for reader, table, position in ReadCursor.objects.values_list("reader", "table", "position"):
            if table in models:
                reached = models[table]._default_manager.aggregate(highest=Max("pk"))["highest"] or 0
                yield Reading("ahgd_ops_unread_rows", max(0, reached - position), (("reader", reader),))
