"""Evaluators as real processes and threads: several at once, and one that is killed in the middle."""

import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.db import connection, connections

from alerts import AlertManager, evaluation
from alerts.models import Alert, AlertEvent, Rule
from monitoring.clock import database_now
from monitoring.leases import acquire
from tests.alerts.feed import Feed
from tests.alerts.test_manager import Metric
from tests.checkout import PROJECT_DIR

pytestmark = pytest.mark.django_db(transaction=True)

SCRIPT = """
import sys
import django
django.setup()
from alerts.evaluation import evaluate
from monitoring.clock import database_now
print("ready", flush=True)
for line in sys.stdin:
    evaluate(database_now())
    print("done", flush=True)
"""


@pytest.fixture
def evaluator_environment() -> dict[str, str]:
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return os.environ | {"DATABASE_URL": f"sqlite:///{database['NAME']}"}
    host = quote(database["HOST"], safe="")
    return os.environ | {"DATABASE_URL": f"postgresql://{database['USER']}@{host}/{database['NAME']}"}


class Evaluator:
    """A process that judges once for each line it is given."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT],
            env=environment,
            cwd=PROJECT_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def heard(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def end(self) -> None:
        self.process.communicate()


def assert_each_alert_lived_once() -> None:
    """One open alert per instance at most, one beginning and at most one end for each alert."""
    open_keys = Counter(Alert.objects.filter(resolved_at=None).values_list("rule_id", "fingerprint"))
    assert all(count == 1 for count in open_keys.values())
    kinds = Counter(AlertEvent.objects.values_list("alert_id", "kind"))
    for alert in Alert.objects.all():
        assert kinds[alert.pk, "opened"] == 1
        assert kinds[alert.pk, "resolved"] == (0 if alert.is_open else 1)


def test_evaluators_at_once_open_and_end_each_alert_once(
    make_rule: Callable[..., Rule], feed: Feed, evaluator_environment: dict[str, str]
) -> None:
    make_rule()
    evaluation.evaluate(feed.now)
    evaluators = [Evaluator(evaluator_environment) for _ in range(3)]
    assert [each.heard() for each in evaluators] == ["ready"] * 3
    for turn in range(8):
        for host in range(5):
            feed(90 if (turn + host) % 2 else 10, passed=timedelta(milliseconds=1), instance=str(host))
        for each in evaluators:
            each.ask()
        assert [each.heard() for each in evaluators] == ["done"] * 3
    for each in evaluators:
        each.end()
    assert Alert.objects.count() >= 5
    assert_each_alert_lived_once()


def test_judging_at_once_beside_the_schedule_opens_nothing_twice(make_rule: Callable[..., Rule], feed: Feed) -> None:
    make_rule()
    evaluation.evaluate(feed.now)

    def judge_metrics() -> None:
        try:
            for turn in range(15):
                AlertManager().evaluate_metric(Metric("cpu_usage_percent", 90 if turn % 2 else 10, {"instance": "a"}))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=judge_metrics) for _ in range(2)]
    for thread in threads:
        thread.start()
    for turn in range(15):
        feed(90 if turn % 3 else 10, passed=timedelta(milliseconds=1), instance="a")
        evaluation.evaluate(database_now())
    for thread in threads:
        thread.join()
    assert_each_alert_lived_once()


def test_an_evaluator_that_is_killed_is_followed_by_another_within_half_a_minute(
    make_rule: Callable[..., Rule], feed: Feed
) -> None:
    make_rule()
    evaluation.evaluate(feed.now)
    feed(90)
    killed_at = database_now()
    assert acquire(evaluation.LEASE, killed_at, evaluation.LEASE_SECONDS) is not None  # and is never heard of again
    assert evaluation.evaluate(feed.now) is None
    assert acquire(evaluation.LEASE, killed_at + timedelta(seconds=30), evaluation.LEASE_SECONDS) is not None
