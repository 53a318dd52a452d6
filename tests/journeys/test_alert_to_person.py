"""CPU crosses a limit, an alert opens, mail and a webhook arrive; it falls, and the recovery is told."""

import dataclasses
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings
from pytest_httpserver import HTTPServer

from alerts import evaluation, starter_rules
from alerts.models import Alert, AlertEvent, Channel, Notification, Rule
from alerts.outbox import deliver_due
from tests.alerts.feed import Feed
from tests.mailbox import Mailbox

pytestmark = pytest.mark.django_db(transaction=True)  # delivery works in threads, which see only what is committed


@pytest.fixture
def console(settings: Settings, mailbox: Mailbox, httpserver: HTTPServer) -> Iterator[Feed]:
    """A console as its environment describes it, that has run for a moment."""
    httpserver.expect_request("/alerts", method="POST").respond_with_data("thanks")
    settings.CONFIG = dataclasses.replace(
        settings.CONFIG,
        alert_email_enabled=True,
        alert_email_recipients=("ops@example.com", "admin@example.com"),
        alert_webhook_enabled=True,
        alert_webhook_urls=(httpserver.url_for("/alerts"),),
        smtp_host=mailbox.host,
        public_url="https://ops.example.org",
    )
    starter_rules.load()
    feed = Feed()
    evaluation.evaluate(feed.now)
    yield feed


def told(httpserver: HTTPServer) -> list[dict[str, object]]:
    return [json.loads(request.get_data()) for request, _ in httpserver.log]


def step(feed: Feed, cpu: float, passed: timedelta = timedelta(seconds=10)) -> None:
    feed(cpu, instance="ward-7", passed=passed)
    evaluation.evaluate(feed.now)
    deliver_due(feed.now)


def test_an_alert_reaches_its_people_and_so_does_its_end(
    console: Feed, mailbox: Mailbox, httpserver: HTTPServer
) -> None:
    step(console, 30)
    assert not mailbox.messages
    for _ in range(13):  # the rule waits for two minutes
        step(console, 93.4)
    (mail,) = mailbox.wait_for(1)
    assert "high_cpu_usage" in mail["Subject"]
    body = mail.get_body(("plain",))
    assert body is not None
    assert "CPU is at 93.4 % on ward-7" in body.get_content()
    assert "https://ops.example.org/ops/alerts/" in body.get_content()
    (firing,) = told(httpserver)
    assert firing["status"] == "firing"
    assert firing["version"] == "4"

    step(console, 20)
    assert "high_cpu_usage" in mailbox.wait_for(2)[1]["Subject"]
    resolved = told(httpserver)[1]
    assert resolved["status"] == "resolved"
    assert not Alert.objects.get().is_open
    assert set(Notification.objects.filter(channel__enabled=True).values_list("state", flat=True)) == {"sent"}
    kinds = list(AlertEvent.objects.values_list("kind", flat=True))
    assert kinds[0] == "opened"
    assert kinds.count("notified") == 2 * Channel.objects.filter(enabled=True).count()


def test_the_alert_file_has_a_line_for_each(console: Feed, settings: Settings) -> None:
    Rule.objects.filter(name="high_cpu_usage").update(for_seconds=0)
    step(console, 95)
    lines = (settings.STATE_DIR / "logs" / "alerts.log").read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[-1])["rule"] == "high_cpu_usage"


def test_a_moment_too_short_for_the_next_sweep_is_told_all_the_same(
    console: Feed, mailbox: Mailbox, httpserver: HTTPServer
) -> None:
    """One slow query is over before anyone is told of it: people hear that it happened, and that it is over."""
    console(12.0, name="db_query_duration_seconds", query="q1")
    console(0.1, name="db_query_duration_seconds", query="q1")
    evaluation.evaluate(console.now)
    deliver_due(console.now)
    mailbox.wait_for(2)
    assert [message["status"] for message in told(httpserver)] == ["firing", "resolved"]
