import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from alerts.acknowledging import acknowledge, give_back
from alerts.models import Alert
from alerts.several import each
from tests.alerts.rows import an_alert
from tests.people import person

pytestmark = pytest.mark.django_db
LIST = "/admin/ahgd_alerts/alert/"


@pytest.fixture
def alerts() -> list[Alert]:
    return [an_alert(timezone.now(), fingerprint=name) for name in ("a", "b")]


def act(client: Client, action: str, alerts: list[Alert], **sent: str) -> str:
    chosen = {"action": action, "_selected_action": [alert.pk for alert in alerts], **sent}
    return client.post(LIST, chosen, follow=True).content.decode()


def staff(client: Client, role: str) -> Client:
    client.force_login(person(role, is_staff=True))
    return client


def test_an_acknowledge_asks_for_a_note_first(client: Client, alerts: list[Alert]) -> None:
    page = act(staff(client, "Operator"), "acknowledge", alerts)
    assert "What are you doing about it?" in page
    assert page.count('name="_selected_action"') == 2
    assert not Alert.objects.filter(acknowledged_at__isnull=False).exists()


def test_an_empty_note_is_refused_where_it_stands(client: Client, alerts: list[Alert]) -> None:
    page = act(staff(client, "Operator"), "acknowledge", alerts, note=" ")
    assert "Say in a note what you are doing about it." in page


def test_several_are_acknowledged_with_one_note(client: Client, alerts: list[Alert]) -> None:
    page = act(staff(client, "Operator"), "acknowledge", alerts, note="power cut", lasting="30")
    assert "You acknowledged 2 alerts." in page
    assert {alert.owner for alert in Alert.objects.all()} == {"operator"}


def test_several_are_given_back(client: Client, alerts: list[Alert]) -> None:
    acknowledge(alerts[0], User.objects.create_user("kim"), "on it", timezone.now())
    assert "You gave back 1 alert." in act(staff(client, "Operator"), "give_back", alerts)
    assert "Nobody had any of them." in act(client, "give_back", alerts)


def test_one_that_somebody_gave_back_meanwhile_stops_no_other(alerts: list[Alert]) -> None:
    kim = User.objects.create_user("kim")
    acknowledge(alerts[1], kim, "on it", timezone.now())
    done = each(alerts, lambda alert: give_back(alert, kim, timezone.now()))
    assert done.sentence("gave back", "given back meanwhile") == "You gave back 1 alert. 1 was given back meanwhile."


def test_several_are_resolved(client: Client, alerts: list[Alert]) -> None:
    assert "You resolved 2 alerts." in act(staff(client, "Operator"), "resolve", alerts)


def test_a_viewer_is_offered_no_action(client: Client, alerts: list[Alert]) -> None:
    page = staff(client, "Viewer").get(LIST).content.decode()
    assert "high_cpu_usage" in page
    assert "Resolve the selected alerts" not in page
    act(client, "resolve", alerts)
    assert Alert.objects.filter(resolved_at__isnull=True).count() == 2
