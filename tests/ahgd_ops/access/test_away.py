from datetime import UTC, datetime

import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client, RequestFactory
from django.urls import get_resolver

from monitoring.health.watch import Watch
from monitoring.models import Status
from tests.monitoring.watching import result, set_watch, told

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_while_the_database_is_known_to_be_away_nobody_waits_for_it(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = told(result("database", Status.CRITICAL, NOW, blocks_readiness=True))
    set_watch(monkeypatch, watch)
    watch.read()
    response = client.get("/ops/")  # pytest-django would refuse any access to the database
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert "The database gives no answer" in response.content.decode()
    assert client.get("/health/live").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("blocks", [True, False])
def test_what_is_critical_else_holds_no_page_back(
    client: Client, monkeypatch: pytest.MonkeyPatch, blocks: bool
) -> None:
    watch = told(result("migrations" if blocks else "disk", Status.CRITICAL, NOW, blocks_readiness=blocks))
    set_watch(monkeypatch, watch)
    watch.read()
    assert client.get("/accounts/login/").status_code == 200


@pytest.mark.parametrize(("error", "code"), [(OperationalError, 503), (InterfaceError, 503), (ValueError, 500)])
def test_a_database_that_fails_is_a_503_and_looked_at(
    rf: RequestFactory, monkeypatch: pytest.MonkeyPatch, error: type[Exception], code: int
) -> None:
    own, looks = Watch(), list[bool]()
    set_watch(monkeypatch, own)
    monkeypatch.setattr(own, "look_again", lambda: looks.append(True))
    handler = get_resolver().resolve_error_handler(500)
    try:
        raise error("as it is")
    except error:
        response = handler(rf.get("/"))
    assert (response.status_code, bool(looks)) == (code, code == 503)
