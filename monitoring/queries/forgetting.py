"""Texts of queries that nobody executes any more are deleted, so that their number stays bounded.

At most a thousand shapes have series of their own (``Metric.most_series``); the figures of all others are counted as
one, so their texts are of no use after the day on which somebody may wonder what floods the list.
"""

from datetime import datetime, timedelta

from monitoring.clock import to_ms
from monitoring.models import QueryShape, Series, SlowQuery
from monitoring.queries.figures import DURATIONS

UNUSED = timedelta(days=90)
WITHOUT_FIGURES = timedelta(days=1)
STEP = 2000


def forget_unused_queries(now: datetime, step: int = STEP) -> int:
    """Deletes up to ``step`` shapes, and as many slow queries, that were not executed for ``UNUSED``."""
    slow = SlowQuery.objects.filter(last_at__lt=now - UNUSED).order_by("pk").values_list("pk", flat=True)
    deleted = SlowQuery.objects.filter(pk__in=list(slow[:step])).delete()[0]
    return deleted + QueryShape.objects.filter(pk__in=_unused_shapes(now)[:step]).delete()[0]


def _unused_shapes(now: datetime) -> list[int]:
    recent = Series.objects.filter(metric__name=DURATIONS, last_at__gte=to_ms(now - UNUSED))
    used = {(tags.get("database"), tags.get("query")) for tags in recent.values_list("tags", flat=True)}
    known = QueryShape.objects.filter(first_at__lt=now - WITHOUT_FIGURES).order_by("pk")
    return [pk for pk, database, query in known.values_list("pk", "database", "query") if (database, query) not in used]
