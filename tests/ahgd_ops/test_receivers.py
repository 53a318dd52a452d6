import pytest
from auditlog.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client

from tests.people import PASSWORD, person

pytestmark = pytest.mark.django_db

SIGN_IN = "/accounts/login/"


def logged(user: User) -> list[tuple[str, str]]:
    """What the audit log says that ``user`` did, and from where, the oldest first."""
    entries = LogEntry.objects.get_for_object(user).filter(action=LogEntry.Action.ACCESS).order_by("id")
    return [(entry.additional_data["action"], entry.remote_addr) for entry in entries]


def test_who_comes_and_goes_is_logged_with_their_address(client: Client) -> None:
    user = person("Viewer")
    client.post(SIGN_IN, {"username": "viewer", "password": PASSWORD})
    client.post("/accounts/logout/")

    assert logged(user) == [("signed in", "127.0.0.1"), ("signed out", "127.0.0.1")]


def test_a_sign_in_that_fails_is_logged_of_the_user_it_was_tried_for(client: Client) -> None:
    user, other = person("Viewer"), person("Operator")
    client.post(SIGN_IN, {"username": "viewer", "password": "wrong"})

    assert logged(user) == [("sign-in failed", "127.0.0.1")]
    assert logged(other) == []


def test_a_sign_in_of_nobody_is_left_to_axes(client: Client) -> None:
    person("Viewer")
    before = LogEntry.objects.count()
    client.post(SIGN_IN, {"username": "nobody", "password": "wrong"})

    assert LogEntry.objects.count() == before


def test_a_sign_out_of_nobody_is_no_event(client: Client) -> None:
    client.post("/accounts/logout/")

    assert not LogEntry.objects.filter(action=LogEntry.Action.ACCESS).exists()
