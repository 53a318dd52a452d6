"""Samples of a metric, written as time goes on."""

from datetime import datetime, timedelta

from alerts import evaluation
from alerts.models import AlertEvent
from monitoring.clock import database_now, to_ms
from monitoring.models import Kind
from monitoring.samples import Sample, SeriesKey, sorted_tags
from monitoring.storage import Storage


class Feed:
    """``now`` is the time of the newest sample."""

    def __init__(self) -> None:
        self.now: datetime = database_now()
        self._storage = Storage()

    def __call__(
        self, value: float, name: str = "cpu_usage_percent", passed: timedelta = timedelta(seconds=10), **tags: str
    ) -> None:
        self.now += passed
        key = SeriesKey(name, sorted_tags(tags), Kind.GAUGE)
        self._storage.write([Sample(key, to_ms(self.now), value)], to_ms(self.now))


def judge(feed: Feed) -> evaluation.Report:
    """One cycle at the time of the newest sample."""
    report = evaluation.evaluate(feed.now)
    assert report is not None
    return report


def events() -> list[str]:
    """Kinds of all alert events, in order."""
    return [event.kind for event in AlertEvent.objects.all()]
