"""Evaluators as real processes and threads: several at once, and one that is killed in the middle."""

import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.db import connection, connections
from pytest_django.fixtures import Settings

from ahgd_ops.config import ProductionConfig
from alerts import AlertManager, cycle, evaluation
from alerts.models import Alert, AlertEvent, Rule
from monitoring.clock import database_now
from monitoring.leases import acquire
from monitoring.models import Lease
from tests.alerts.feed import Feed
from tests.alerts.test_manager import Metric
from tests.checkout import PROJECT_DIR
from tests.journeys.asking import wait_until

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


def test_at_the_default_times_an_evaluator_that_is_killed_is_followed_within_half_a_minute(
    make_rule: Callable[..., Rule], feed: Feed
) -> None:
    make_rule()
    evaluation.evaluate(feed.now)
    began_at = database_now()
    config = ProductionConfig()
    assert acquire(evaluation.LEASE, began_at, config.evaluate_lease_seconds) is not None  # and is heard of no more
    assert evaluation.evaluate(feed.now) is None
    intervals = [began_at + timedelta(seconds=config.evaluate_seconds * number) for number in (1, 2, 3)]
    followers = [acquire(evaluation.LEASE, at, config.evaluate_lease_seconds) for at in intervals[:2]]
    assert followers[0] is None
    assert followers[1] is not None


def test_a_cycle_that_takes_longer_than_its_lease_keeps_it_and_is_finished(
    make_rule: Callable[..., Rule], feed: Feed, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CONFIG = replace(settings.CONFIG, evaluate_lease_seconds=1)
    make_rule()
    evaluation.evaluate(feed.now)
    feed(90)

    def judge_silence_slowly(*_: object) -> None:
        for _ in range(3):  # longer than the lease was to last
            end = Lease.objects.get(pk=evaluation.LEASE).expires_at
            wait_until(lambda last=end: Lease.objects.get(pk=evaluation.LEASE).expires_at > last, 60)

    monkeypatch.setattr(cycle, "judge_silence", judge_silence_slowly)
    report = evaluation.evaluate(feed.now)
    assert report is not None
    assert report.opened == 1


KILLED_AT = {
    "when it has judged": "stop_at(evaluation.writing, 'apply')",
    "when it has written, before its transaction ends": "stop_at(evaluation.feed, 'take')",
    "when its transaction has ended": "stop_at(evaluation, 'Report')",
}
STOPPING = """
import sys
import django
django.setup()
from alerts import evaluation
from monitoring.clock import database_now

def stop_at(place, name):
    run = getattr(place, name)
    def stop(*arguments):
        done = None if name == "apply" else run(*arguments)
        print("there", flush=True)
        sys.stdin.read()
        return done
    setattr(place, name, stop)

{}
evaluation.evaluate(database_now())
"""


@pytest.mark.parametrize("moment", KILLED_AT)
def test_each_snapshot_is_judged_once_though_its_evaluator_is_killed(
    moment: str, make_rule: Callable[..., Rule], feed: Feed, evaluator_environment: dict[str, str]
) -> None:
    make_rule()
    evaluation.evaluate(feed.now)
    for host in range(5):
        feed(90, passed=timedelta(milliseconds=1), instance=str(host))
    killed = subprocess.Popen(
        [sys.executable, "-c", STOPPING.format(KILLED_AT[moment])],
        env=evaluator_environment | {"AHGD_EVALUATE_LEASE_SECONDS": "2"},
        cwd=PROJECT_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert killed.stdout is not None
    assert killed.stdout.readline() == "there\n"
    killed.kill()
    killed.communicate()
    feed(90, passed=timedelta(milliseconds=1), instance="after")

    wait_until(lambda: evaluation.evaluate(database_now()), 60)
    assert evaluation.evaluate(database_now()) is not None
    assert Counter(AlertEvent.objects.values_list("kind", flat=True)) == {"opened": 6}
    assert_each_alert_lived_once()
