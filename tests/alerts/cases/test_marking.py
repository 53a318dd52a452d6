from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from alerts.cases.marking import Marked, MarkRefused, mark
from alerts.cases.running import run
from alerts.models import Alert, Case, Rule
from monitoring.models import HealthCheckState, HealthRecord, Series
from tests.alerts.feed import Feed, judge

pytestmark = pytest.mark.django_db


@pytest.fixture
def episode(make_rule: Callable[..., Rule], feed: Feed) -> tuple[Rule, Alert]:
    """A rule that waits 20 s, and an alert of it that is over."""
    rule = make_rule(for_seconds=20)
    judge(feed)
    for value in (50, 50, 90, 91, 92, 93, 50, 50):
        feed(value, instance="a")
        feed(10, passed=timedelta(0), instance="b")
        judge(feed)
    return rule, Alert.objects.get()


def marked(alert: Alert, must_fire: bool = True) -> Marked:
    assert alert.resolved_at is not None
    return Marked(alert.fingerprint, alert.opened_at, alert.resolved_at, must_fire)


def test_an_episode_becomes_a_case_that_holds(episode: tuple[Rule, Alert], feed: Feed) -> None:
    rule, alert = episode
    case, outcome = mark(rule, marked(alert))
    assert outcome.passed
    assert case.instance == 'cpu_usage_percent{instance="a"}'
    assert case.interval_seconds == 10
    assert case.series.endswith("50x1 90 91 92 93 50x1")
    rule.for_seconds = 60
    assert not run(rule, [case])[0].passed


def test_an_episode_that_must_not_fire_fails_until_the_rule_is_mended(episode: tuple[Rule, Alert], feed: Feed) -> None:
    rule, alert = episode
    case, outcome = mark(rule, marked(alert, must_fire=False))
    assert not outcome.passed
    rule.for_seconds = 60
    assert run(rule, [case])[0].passed


def test_marking_twice_makes_two_names(episode: tuple[Rule, Alert], feed: Feed) -> None:
    rule, alert = episode
    names = [mark(rule, marked(alert))[0].name for _ in range(2)]
    assert names[1] == f"{names[0]} (2)"


def test_a_window_of_another_metric_comes_along(make_rule: Callable[..., Rule], feed: Feed) -> None:
    rule = make_rule(condition="name == 'cpu_usage_percent' and value > 80 and avg('load', '1m') > 3")
    for value in (50, 90, 91):
        feed(value, instance="a")
        feed(4, name="load", passed=timedelta(0), instance="a")
        feed(1, name="load", passed=timedelta(0), instance="other")
    own = Series.objects.get(metric__name="cpu_usage_percent")
    case, outcome = mark(rule, Marked(own.fingerprint, feed.now - timedelta(seconds=10), feed.now, True))
    assert outcome.passed
    assert [line.partition(" ")[0] for line in case.series.splitlines()] == [
        'cpu_usage_percent{instance="a"}',
        'load{instance="a"}',
    ]


def test_a_health_check_becomes_words(make_rule: Callable[..., Rule], feed: Feed) -> None:
    rule = make_rule(condition="health_check and status == 'critical'")
    state = HealthCheckState.objects.create(name="database", status="critical")
    at_ms = int(feed.now.timestamp() * 1000)
    for step, status in enumerate(("healthy", "healthy", "critical", "healthy")):
        HealthRecord.objects.create(state=state, status=status, at=at_ms + step * 30_000, duration_ms=1)
    stretch = Marked("check:database", feed.now, feed.now + timedelta(seconds=90), True)
    case, outcome = mark(rule, stretch)
    assert outcome.passed
    assert "critical" in case.series and case.series.startswith("check:database ")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"instance": "nobody"}, "Nothing is stored"),
        ({"days": -1}, "ends before it begins"),
        ({"days": 9}, "longer than 7 days"),
    ],
)
def test_what_makes_no_case_is_refused(
    episode: tuple[Rule, Alert], feed: Feed, change: dict[str, object], reason: str
) -> None:
    rule, alert = episode
    end = alert.opened_at + timedelta(days=int(str(change.get("days", 0))), seconds=60)
    with pytest.raises(MarkRefused, match=reason):
        mark(rule, Marked(str(change.get("instance", alert.fingerprint)), alert.opened_at, end, True))


def test_the_form_makes_a_case_and_leads_back(episode: tuple[Rule, Alert], client: Client) -> None:
    rule, alert = episode
    client.force_login(User.objects.create_superuser("root"))
    fields = {"instance": alert.fingerprint, "start": alert.opened_at.isoformat(), "expect": "must fire"}
    assert alert.resolved_at is not None
    fields["end"] = alert.resolved_at.isoformat()
    address = reverse("alerts:mark-case", args=[rule.name])
    response = client.post(address, fields, follow=True)
    assert "was added to the rule high_cpu. As the rule is now, it fires at" in response.content.decode()
    assert rule.cases.get().must_fire
    refused = client.post(address, {**fields, "end": "never"}, follow=True)
    assert "No case was made" in refused.content.decode()


def test_a_script_is_told_and_leads_nowhere(episode: tuple[Rule, Alert], client: Client) -> None:
    rule, alert = episode
    client.force_login(User.objects.create_superuser("root"))
    assert alert.resolved_at is not None
    fields = {"instance": alert.fingerprint, "start": alert.opened_at.isoformat(), "expect": "must fire"}
    fields["end"] = alert.resolved_at.isoformat()
    address, wanted = reverse("alerts:mark-case", args=[rule.name]), {"Accept": "application/json"}
    made = client.post(address, fields, headers=wanted)
    assert (made.status_code, "was added to the rule high_cpu" in made.json()["told"]) == (200, True)
    refused = client.post(address, {**fields, "instance": "nobody"}, headers=wanted)
    assert (refused.status_code, "Nothing is stored" in refused.json()["told"]) == (422, True)
    assert rule.cases.count() == 1


def test_the_form_needs_the_right_to_change_rules(episode: tuple[Rule, Alert], client: Client) -> None:
    client.force_login(User.objects.create_user("reader"))
    assert client.post(reverse("alerts:mark-case", args=["high_cpu"])).status_code == 403
    assert not Case.objects.exists()


def test_the_api_makes_a_case(episode: tuple[Rule, Alert], client: Client) -> None:
    rule, alert = episode
    client.force_login(User.objects.create_superuser("root"))
    assert alert.resolved_at is not None
    body = {
        "instance": alert.fingerprint,
        "start": alert.opened_at.isoformat(),
        "end": alert.resolved_at.isoformat(),
        "expect": "must not fire",
    }
    response = client.post("/api/v1/rules/high_cpu/cases", body, content_type="application/json")
    assert response.status_code == 201, response.content
    assert response.json()["passed"] is False
    assert rule.cases.get().must_fire is False
    body["instance"] = "nobody"
    refused = client.post("/api/v1/rules/high_cpu/cases", body, content_type="application/json")
    assert (refused.status_code, "Nothing is stored" in refused.json()["detail"]) == (422, True)
