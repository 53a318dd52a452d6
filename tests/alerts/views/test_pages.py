from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from alerts import escalation
from alerts.acknowledging import acknowledge
from alerts.models import Alert, AlertEvent, Severity
from alerts.views.pages import PAGE_LENGTH
from tests.alerts.escalation.policies import a_policy, escalating_alert
from tests.alerts.rows import a_channel, an_alert, firing

pytestmark = pytest.mark.django_db


def resolved(count: int, **fields: object) -> list[Alert]:
    now = timezone.now()
    return [
        an_alert(now - timedelta(hours=2), fingerprint=f"f{number}", resolved_at=now - timedelta(hours=1), **fields)
        for number in range(count)
    ]


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


def test_without_alerts_all_is_clear_and_the_last_one_is_remembered(viewer: Client) -> None:
    resolved(1)
    page = text(viewer, "/ops/alerts/")
    assert "All clear" in page
    assert "1 h ago" in page
    assert "1 rule watching" in page


def test_an_active_alert_shows_what_it_is_and_since_when(viewer: Client) -> None:
    an_alert(timezone.now() - timedelta(minutes=12))
    page = text(viewer, "/ops/alerts/")
    assert "CPU is at 93.5 %" in page
    assert "12 min ago" in page


def test_only_those_who_may_acknowledge_see_how(viewer: Client) -> None:
    alert = an_alert(timezone.now())
    assert "/acknowledge/" not in text(viewer, "/ops/alerts/")
    assert "/acknowledge/" not in text(viewer, f"/ops/alerts/{alert.pk}/")


def test_operators_can_act_in_place(operator: Client) -> None:
    alert = an_alert(timezone.now())
    assert f"/ops/alerts/{alert.pk}/acknowledge/" in text(operator, "/ops/alerts/")
    assert f"/ops/alerts/{alert.pk}/resolve/" in text(operator, f"/ops/alerts/{alert.pk}/")


def test_history_holds_resolved_alerts_only(viewer: Client) -> None:
    resolved(1, summary="it was full")
    an_alert(timezone.now(), fingerprint="open", summary="it is full")
    page = text(viewer, "/ops/alerts/history/")
    assert "it was full" in page
    assert "it is full" not in page


def test_history_narrows_by_severity_and_rule(viewer: Client) -> None:
    resolved(1, severity=Severity.LOW, rule_name="quiet", summary="small")
    assert "small" in text(viewer, "/ops/alerts/history/?severity=low&rule=quiet")
    assert "small" not in text(viewer, "/ops/alerts/history/?severity=critical")
    assert "small" not in text(viewer, "/ops/alerts/history/?rule=loud")


def test_history_goes_on_page_by_page(viewer: Client) -> None:
    alerts = resolved(PAGE_LENGTH + 1)
    oldest, second = alerts[0], alerts[1]
    assert f"before={second.pk}" in text(viewer, "/ops/alerts/history/")
    assert f"/ops/alerts/{oldest.pk}/" in text(viewer, f"/ops/alerts/history/?before={second.pk}")


@pytest.mark.parametrize("query", ["before=x", "before=-1", f"before={'9' * 40}", "severity=worst", "rule=%00"])
def test_nonsense_in_the_address_is_no_error(viewer: Client, query: str) -> None:
    text(viewer, f"/ops/alerts/history/?{query}")


def test_the_timeline_tells_what_was_sent_what_was_withheld_and_why(viewer: Client) -> None:
    alert = an_alert(timezone.now())
    notification = firing(
        alert, a_channel("mail"), timezone.now(), state="withheld", held_reason="cooldown until 13:40"
    )
    AlertEvent.objects.create(
        alert=alert, kind=AlertEvent.Kind.WITHHELD, at=timezone.now(), reason="mail: cooldown until 13:40"
    )
    page = text(viewer, f"/ops/alerts/{alert.pk}/")
    assert notification.channel.name in page
    assert page.count("cooldown until 13:40") == 2


def test_an_alert_whose_rule_is_gone_is_still_shown(viewer: Client) -> None:
    alert = an_alert(timezone.now())
    alert.rule.delete()  # type: ignore[union-attr]  # it has one
    assert "high_cpu_usage" in text(viewer, f"/ops/alerts/{alert.pk}/")


def test_an_alert_that_never_was_is_not_found(viewer: Client) -> None:
    assert viewer.get("/ops/alerts/4711/").status_code == 404


def test_what_people_and_machines_wrote_is_text(operator: Client) -> None:
    bad = "<script>alert(1)</script>"
    alert = an_alert(timezone.now(), summary=bad, subject=bad, labels={"instance": bad}, acknowledged_note=bad)
    for address in ("/ops/", "/ops/alerts/", f"/ops/alerts/{alert.pk}/"):
        assert bad not in text(operator, address)


def test_the_list_and_the_page_show_who_has_an_alert_and_until_when(viewer: Client) -> None:
    alert, now = an_alert(timezone.now()), timezone.now()
    acknowledge(alert, User.objects.create_user("kim"), "restarting", now, timedelta(hours=1))
    until = (now + timedelta(hours=1)).strftime("%Y-%m-%d %H:%M:%S UTC")
    for address in ("/ops/alerts/", f"/ops/alerts/{alert.pk}/"):
        page = text(viewer, address)
        assert "kim" in page
        assert "restarting" in page
        assert until in page


def test_the_list_and_the_page_say_when_an_alert_escalates(viewer: Client) -> None:
    now = timezone.now()
    alert = escalating_alert(a_policy(15), now)
    escalation.sweep(now)
    due = (now + timedelta(minutes=15)).strftime("%Y-%m-%d %H:%M:%S UTC")
    assert "Escalates at" in text(viewer, "/ops/alerts/")
    assert due in text(viewer, "/ops/alerts/")
    assert due in text(viewer, f"/ops/alerts/{alert.pk}/")


def test_the_page_says_why_an_alert_does_not_escalate(viewer: Client) -> None:
    now = timezone.now()
    alert = escalating_alert(a_policy(15), now)
    acknowledge(alert, User.objects.create_user("kim"), "restarting", now)
    escalation.sweep(now)
    assert "acknowledged by kim" in text(viewer, f"/ops/alerts/{alert.pk}/")
