from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from alerts.models import Alert
from tests.alerts.rows import an_alert
from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def alert() -> Alert:
    return an_alert(timezone.now())


def test_an_operator_acknowledges_with_a_note(operator: Client, alert: Alert) -> None:
    response = operator.post(f"/ops/alerts/{alert.pk}/acknowledge/", {"note": "on it", "next": "/ops/"}, follow=True)
    alert.refresh_from_db()
    assert (str(alert.acknowledged_by), alert.acknowledged_note) == ("operator", "on it")
    assert response.redirect_chain == [("/ops/", 302)]
    assert "You acknowledged high_cpu_usage" in response.content.decode()


def test_without_a_note_nothing_is_acknowledged_and_the_form_says_why(operator: Client, alert: Alert) -> None:
    response = operator.post(f"/ops/alerts/{alert.pk}/acknowledge/", {"note": "  "})
    alert.refresh_from_db()
    assert alert.acknowledged_at is None
    assert response.status_code == 422
    assert "Say in a note what you are doing about it." in response.content.decode()


def test_an_operator_resolves_by_hand(operator: Client, alert: Alert) -> None:
    response = operator.post(f"/ops/alerts/{alert.pk}/resolve/")
    alert.refresh_from_db()
    assert alert.resolved_reason == "resolved by hand"
    assert response["Location"] == f"/ops/alerts/{alert.pk}/"


@pytest.mark.parametrize(("action", "sent"), [("acknowledge", {"note": "late"}), ("resolve", {})])
def test_being_late_is_said_and_no_error(operator: Client, alert: Alert, action: str, sent: dict[str, str]) -> None:
    Alert.objects.filter(pk=alert.pk).update(resolved_at=timezone.now())
    response = operator.post(f"/ops/alerts/{alert.pk}/{action}/", sent, follow=True)
    assert "already resolved" in response.content.decode()


def test_an_acknowledge_can_end_by_itself(operator: Client, alert: Alert) -> None:
    page = operator.post(f"/ops/alerts/{alert.pk}/acknowledge/", {"note": "on it", "lasting": "30"}, follow=True)
    alert.refresh_from_db()
    assert alert.acknowledged_at is not None
    assert alert.acknowledged_until == alert.acknowledged_at + timedelta(minutes=30)
    assert f"Repeats and escalation stop until {alert.acknowledged_until:%Y-%m-%d %H:%M} UTC" in page.content.decode()


@pytest.mark.parametrize("lasting", ["31", "-1", "soon"])
def test_a_time_that_is_not_offered_is_refused(operator: Client, alert: Alert, lasting: str) -> None:
    response = operator.post(f"/ops/alerts/{alert.pk}/acknowledge/", {"note": "on it", "lasting": lasting})
    assert response.status_code == 422
    assert "Choose one of the offered times." in response.content.decode()


def test_an_operator_gives_an_alert_back(operator: Client, alert: Alert) -> None:
    operator.post(f"/ops/alerts/{alert.pk}/acknowledge/", {"note": "on it"})
    assert "Give back" in operator.get(f"/ops/alerts/{alert.pk}/").content.decode()
    page = operator.post(f"/ops/alerts/{alert.pk}/give-back/", follow=True).content.decode()
    alert.refresh_from_db()
    assert alert.owner == ""
    assert "is nobody&#x27;s again" in page


def test_giving_back_what_nobody_has_is_said_and_no_error(operator: Client, alert: Alert) -> None:
    page = operator.post(f"/ops/alerts/{alert.pk}/give-back/", follow=True)
    assert "Nobody has this alert" in page.content.decode()


@pytest.mark.parametrize("action", ["acknowledge", "resolve"])
def test_a_viewer_is_told_whom_to_ask(client: Client, alert: Alert, action: str) -> None:
    client.force_login(person("Viewer"))
    response = client.post(f"/ops/alerts/{alert.pk}/{action}/", {"note": "let me"})
    alert.refresh_from_db()
    assert response.status_code == 403
    assert "Ask an administrator for the role Operator." in response.content.decode()
    assert alert.is_open
    assert alert.acknowledged_at is None


@pytest.mark.parametrize("action", ["acknowledge", "resolve"])
def test_reading_an_address_changes_nothing(operator: Client, alert: Alert, action: str) -> None:
    assert operator.get(f"/ops/alerts/{alert.pk}/{action}/").status_code == 405


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_an_action_never_leads_to_another_site(operator: Client, alert: Alert, target: str) -> None:
    response = operator.post(f"/ops/alerts/{alert.pk}/acknowledge/", {"note": "on it", "next": target})
    assert response["Location"] == f"/ops/alerts/{alert.pk}/"
