"""At each flush: what was executed becomes samples by shape, and rows about what was slow or repeated."""

import logging
from collections.abc import Iterable
from datetime import UTC, datetime

from django.db import Error as DatabaseError
from django.db import transaction

from caching import Shape, shape
from monitoring.gathering import Gathering
from monitoring.kinds import Kind
from monitoring.models import SlowQuery
from monitoring.queries.executions import Asked, Executions, Repeated, Slow
from monitoring.queries.texts import KeptShapes
from monitoring.recorder import Recorder
from monitoring.samples import Sample, SeriesKey, sorted_tags

log = logging.getLogger(__name__)


class QuerySampler:
    """Asked at each flush, on the recorder's thread, where finding a shape holds up nobody."""

    def __init__(self, executions: Executions, recorder: Recorder, keeps_texts: bool = True) -> None:
        self._executions = executions
        self._keeps_texts = keeps_texts
        self._limits = recorder.limits
        self._met: set[SeriesKey] = set()
        self._kept = KeptShapes()
        self._told_lost = 0

    def __call__(self, now_ms: int) -> Iterable[Sample]:
        done, slow, repeated = self._executions.take()
        gathered: dict[SeriesKey, Gathering] = {}
        for asked, seconds, failed in done:
            tags = sorted_tags({"database": asked[0], "query": _shape(asked).name})
            self._add(gathered, SeriesKey("db_query_duration_seconds", tags, Kind.TIMING, "database"), seconds)
            if failed:
                self._add(gathered, SeriesKey("db_query_errors_total", tags, Kind.COUNTER, "database"), 1.0)
        for asked, rows in self._executions.take_rows():
            tags = sorted_tags({"database": asked[0], "query": _shape(asked).name})
            self._add(gathered, SeriesKey("db_query_rows_total", tags, Kind.COUNTER, "database"), rows)
        for one in repeated:
            tags = sorted_tags({"page": one.where, "query": _shape(one.asked).name})
            self._add(gathered, SeriesKey("db_repeated_queries_total", tags, Kind.COUNTER, "database"), one.times)
        lost, self._told_lost = self._executions.lost - self._told_lost, self._executions.lost
        if lost:
            self._add(gathered, SeriesKey("ahgd_ops_queries_dropped_total", (), Kind.COUNTER, "console"), lost)
        plans = self._executions.take_plans()
        if self._keeps_texts:
            keep(slow, repeated)
            self._kept.keep({asked for asked, *_ in done}, plans)
        return [sample for one in gathered.values() if (sample := one.take(now_ms)) is not None]

    def _add(self, gathered: dict[SeriesKey, Gathering], key: SeriesKey, number: float) -> None:
        if key not in self._met:
            key = self._limits.admit(key)
            self._met.add(key)
        gathered.setdefault(key, Gathering(key)).add(float(number))


def _shape(asked: Asked) -> Shape:
    return shape(asked[2], asked[1])


def keep(slow: Iterable[Slow], repeated: Iterable[Repeated]) -> None:
    """Writes the rows of the admin's page; when the database is away they are lost, and nothing else is."""
    try:
        with transaction.atomic():
            for execution in slow:
                _keep_slow(execution)
            for one in repeated:
                _keep_repeated(one)
    except DatabaseError as error:
        log.warning("Slow queries could not be kept: %s", error)


def _row(asked: Asked, at: datetime) -> SlowQuery:
    found = _shape(asked)
    row, _ = SlowQuery.objects.select_for_update().get_or_create(
        database=asked[0],
        query=found.name,
        defaults={"vendor": asked[1], "text": found.text, "first_at": at, "last_at": at},
    )
    row.last_at = max(row.last_at, at)
    return row


def _keep_slow(execution: Slow) -> None:
    row = _row(execution.asked, datetime.fromtimestamp(execution.at_seconds, UTC))
    row.count += 1
    if execution.seconds > row.slowest_seconds:
        row.slowest_seconds = execution.seconds
        row.parameters, row.where = execution.parameters, execution.where[:200]
    row.save()


def _keep_repeated(one: Repeated) -> None:
    row = _row(one.asked, datetime.fromtimestamp(one.at_seconds, UTC))
    if one.times > row.repeats:
        row.repeats, row.repeated_in = one.times, one.where[:200]
    row.save()
