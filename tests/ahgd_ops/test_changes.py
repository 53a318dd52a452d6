import pytest
from auditlog.context import set_actor
from auditlog.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from ahgd_ops import changes
from alerts import acknowledging
from alerts.models import Rule
from tests.alerts.rows import an_alert
from tests.people import PASSWORD, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna() -> User:
    return person("Administrator", name="anna")


def a_rule(**fields: object) -> Rule:
    return Rule.objects.create(**{"name": "high_cpu", "condition": "value > 80"} | fields)


def told(count: int = 10) -> list[str]:
    return [f"{one.actor} {one.verb} {one.kind} {one.name} {one.fields}".strip() for one in changes.last(count)]


def test_the_last_change_comes_first_with_who_did_what_to_what(anna: User) -> None:
    with set_actor(anna):
        rule = a_rule()
        rule.severity = 4
        rule.save()
        rule.delete()

    assert told() == [
        "anna deleted rule high_cpu",
        "anna changed rule high_cpu severity",
        "anna added rule high_cpu",
    ]
    assert told(1) == ["anna deleted rule high_cpu"]


def test_many_fields_are_counted_and_not_all_named(anna: User) -> None:
    rule = a_rule()
    with set_actor(anna):
        rule.severity, rule.description, rule.enabled, rule.runbook_url = 4, "x", False, "https://example.com/"
        rule.save()

    assert changes.last(1)[0].fields == "description, enabled, runbook and 1 more"


def test_what_was_done_to_an_alert_is_told_in_its_own_words(anna: User) -> None:
    alert = an_alert(timezone.now())
    acknowledging.acknowledge(alert, anna, "on it", timezone.now())

    assert changes.last(1)[0].verb == "acknowledged"


def test_sign_ins_and_what_the_console_did_itself_are_no_changes(client: Client, anna: User) -> None:
    a_rule()
    client.post("/accounts/login/", {"username": "anna", "password": PASSWORD})

    assert LogEntry.objects.filter(actor=anna).exists()
    assert told() == []
    assert changes.latest_id() is None


def test_each_change_raises_the_latest_number(anna: User) -> None:
    with set_actor(anna):
        rule = a_rule()
        first = changes.latest_id()
        rule.delete()

    latest = changes.latest_id()
    assert first is not None
    assert latest is not None
    assert latest > first
