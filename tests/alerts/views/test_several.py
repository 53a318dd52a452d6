import pytest
from auditlog.models import LogEntry
from django.test import Client
from django.utils import timezone

from alerts.models import Alert
from tests.alerts.rows import an_alert
from tests.people import person

pytestmark = pytest.mark.django_db
ADDRESS = "/ops/alerts/several/"


@pytest.fixture
def alerts() -> list[Alert]:
    return [an_alert(timezone.now(), fingerprint=name) for name in ("a", "b", "c")]


def act(client: Client, action: str, alerts: list[Alert], **sent: str) -> str:
    chosen = {"action": action, "alert": [alert.pk for alert in alerts], **sent}
    return client.post(ADDRESS, chosen, follow=True).content.decode()


def test_the_list_lets_an_operator_choose_several(operator: Client, alerts: list[Alert]) -> None:
    page = operator.get("/ops/alerts/").content.decode()
    assert page.count('form="several"') == len(alerts)
    assert "Resolve chosen" in page


def test_a_viewer_has_nothing_to_choose(viewer: Client, alerts: list[Alert]) -> None:
    assert 'form="several"' not in viewer.get("/ops/alerts/").content.decode()


def test_chosen_alerts_are_acknowledged_with_one_note_and_each_is_audited(
    operator: Client, alerts: list[Alert]
) -> None:
    page = act(operator, "acknowledge", alerts[:2], note="power cut", lasting="60")
    assert "You acknowledged 2 alerts." in page
    assert [alert.acknowledged_note for alert in Alert.objects.order_by("pk")] == ["power cut", "power cut", ""]
    assert Alert.objects.filter(acknowledged_until__isnull=False).count() == 2
    assert LogEntry.objects.filter(additional_data={"action": "acknowledged"}).count() == 2


def test_chosen_alerts_are_resolved(operator: Client, alerts: list[Alert]) -> None:
    assert "You resolved 3 alerts." in act(operator, "resolve", alerts)
    assert not Alert.objects.filter(resolved_at__isnull=True).exists()


def test_one_that_was_over_stops_no_other(operator: Client, alerts: list[Alert]) -> None:
    Alert.objects.filter(pk=alerts[0].pk).update(resolved_at=timezone.now())
    page = act(operator, "resolve", alerts[:2])
    assert "You resolved 1 alert. 1 was already resolved." in page


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"action": "acknowledge", "note": " "}, "Say in a note what you are doing about it."),
        ({"action": "acknowledge", "note": "on it", "alert": []}, "Choose at least one alert."),
        ({"action": "acknowledge", "note": "on it", "alert": ["4711"]}, "Choose again."),
        ({"action": "acknowledge", "note": "on it", "alert": ["x"]}, "Choose again."),
        ({"action": "explode"}, "Choose what to do with them."),
        ({}, "Choose what to do with them."),
    ],
)
def test_what_is_missing_is_said_and_nothing_happens(
    operator: Client, alerts: list[Alert], sent: dict[str, object], said: str
) -> None:
    page = operator.post(ADDRESS, {"alert": [alerts[0].pk]} | sent, follow=True)
    assert said in page.content.decode()
    assert not Alert.objects.filter(acknowledged_at__isnull=False).exists()


@pytest.mark.parametrize("action", ["acknowledge", "resolve"])
def test_a_viewer_is_told_whom_to_ask(client: Client, alerts: list[Alert], action: str) -> None:
    client.force_login(person("Viewer"))
    response = client.post(ADDRESS, {"action": action, "alert": [alerts[0].pk], "note": "let me"})
    assert response.status_code == 403
    assert Alert.objects.filter(resolved_at__isnull=True, acknowledged_at__isnull=True).count() == len(alerts)
