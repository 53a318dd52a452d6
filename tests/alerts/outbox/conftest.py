import pytest
from pytest_django.fixtures import Settings
from pytest_httpserver import HTTPServer


@pytest.fixture(autouse=True)
def plain_waits(settings: Settings) -> None:
    from tests.alerts.rows import LEASE  # its models can be imported once Django is set up
    from tests.alerts.told import LOOPBACK, configure

    configure(settings, webhook_allow=LOOPBACK, retry_seconds=(60.0,), lease_seconds=LEASE.total_seconds())


@pytest.fixture(autouse=True)
def time_is_what_sweeps_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stall of the machine within a sweep is no time."""
    from alerts.serving import Clock

    monkeypatch.setattr(Clock, "now", lambda clock: clock.began_at)


@pytest.fixture
def receiver(httpserver: HTTPServer) -> HTTPServer:
    httpserver.expect_request("/hook").respond_with_data("ok")
    return httpserver
