"""Cycles of the evaluator at the feed's time, with the lease as the cycle before would have left it."""

from datetime import datetime, timedelta

from alerts import evaluation
from alerts.evaluation import Report
from alerts.models import AlertEvent
from monitoring.models import Lease
from tests.alerts.feed import Feed


def judge(now: datetime) -> Report:
    """One cycle, ten seconds after the one before as far as the evaluator knows."""
    Lease.objects.filter(pk=evaluation.LEASE).update(finished_at=now - timedelta(seconds=10))
    report = evaluation.evaluate(now)
    assert report is not None
    return report


def live(feed: Feed, *values: float, passed: timedelta = timedelta(seconds=10), **tags: str) -> None:
    """A sample and a cycle for each value."""
    for value in values:
        feed(value, passed=passed, **tags)
        judge(feed.now)


def told() -> list[str]:
    """What happened to alerts, in order."""
    return list(AlertEvent.objects.order_by("id").values_list("kind", flat=True))
