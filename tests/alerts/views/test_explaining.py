from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from alerts.models import Alert, Notification, Rule, Silence
from alerts.models.gate import Gate
from tests.alerts.cycles import live
from tests.alerts.feed import Feed
from tests.people import superuser

pytestmark = pytest.mark.django_db
MakeRule = Callable[..., Rule]


@pytest.fixture(autouse=True)
def earlier(feed: Feed) -> None:
    feed.now -= timedelta(minutes=10)


def page(client: Client, **asked: str) -> str:
    response = client.get("/ops/alerts/rules/high_cpu/explain/", asked)
    assert response.status_code == 200
    return response.content.decode()


def test_it_says_what_each_part_was_worth(make_rule: MakeRule, feed: Feed, viewer: Client) -> None:
    make_rule()
    live(feed, 50, 70)
    text = page(viewer, at=feed.now.isoformat())
    assert "The condition is false; ok: no clock runs." in text
    assert "<code>value &gt; 80</code></td><td>false</td>" in text
    assert "No alert was open" in text


def test_an_alert_leads_to_why_it_fired_and_that_to_the_row_that_withheld_it(
    make_rule: MakeRule, feed: Feed, client: Client
) -> None:
    make_rule()
    live(feed, 50, 95)
    ends = feed.now + timedelta(days=1)
    silence = Silence.objects.create(
        matchers="rule=high_cpu", comment="x", created_at=feed.now, starts_at=feed.now, ends_at=ends
    )
    Notification.objects.update(gate=Gate.SILENCE, held_reason="silenced by kim", silence=silence)
    alert = Alert.objects.get()
    client.force_login(superuser())
    detail = client.get(f"/ops/alerts/{alert.pk}/").content.decode()
    assert f"/ops/alerts/rules/high_cpu/explain/?instance={alert.fingerprint}&amp;at=" in detail
    text = page(client, instance=alert.fingerprint)
    assert "held: silenced by kim" in text
    assert f'<a href="/admin/ahgd_alerts/silence/{silence.pk}/change/">rule=high_cpu</a>' in text


def test_a_time_that_is_none_is_said_at_its_field(make_rule: MakeRule, feed: Feed, viewer: Client) -> None:
    make_rule()
    feed(50)
    response = viewer.get("/ops/alerts/rules/high_cpu/explain/", {"at": "yesterday"})
    assert response.status_code == 400
    assert "Write the time as" in response.content.decode()


def test_a_rule_about_nothing_says_so(make_rule: MakeRule, viewer: Client) -> None:
    make_rule()
    assert "about no series or check that there is now" in page(viewer)
