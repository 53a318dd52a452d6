from datetime import UTC, datetime
from pathlib import Path

from pytest_django.fixtures import Settings

from monitoring.health.stores import Broker, CacheTiers
from monitoring.models import Status
from tests.servers import free_port

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WORKING = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "health-tests"}
FORGETFUL = {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}


def test_the_broker_of_this_environment_answers(settings: Settings) -> None:
    folder = settings.CELERY_BROKER_TRANSPORT_OPTIONS.get("data_folder_out")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
    assert Broker().find(NOW).status is Status.HEALTHY


def test_a_broker_that_is_away_is_critical_and_its_password_is_not_told(settings: Settings) -> None:
    settings.CELERY_BROKER_URL = f"redis://:hunter2@127.0.0.1:{free_port()}/0"
    settings.CELERY_BROKER_TRANSPORT = None
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 5}
    finding = Broker().find(NOW)
    assert finding.status is Status.CRITICAL
    assert finding.message.startswith("Unreachable: ")
    assert "hunter2" not in finding.message


def test_an_embedded_broker_that_cannot_write_is_critical(settings: Settings, tmp_path: Path) -> None:
    options = {"data_folder_in": str(tmp_path), "data_folder_out": str(tmp_path / "gone")}
    settings.CELERY_BROKER_URL, settings.CELERY_BROKER_TRANSPORT = "memory://", None
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = options
    finding = Broker().find(NOW)
    assert finding.status is Status.CRITICAL
    assert "cannot be written to" in finding.message


def test_a_tier_that_gives_back_what_it_got_is_healthy(settings: Settings) -> None:
    settings.CACHES = {"default": WORKING}
    finding = CacheTiers().find(NOW)
    assert (finding.status, finding.message) == (Status.HEALTHY, "Round trip through default")
    assert finding.metadata["default_ms"] >= 0


def test_a_tier_that_forgets_is_a_warning_and_all_of_them_are_critical(settings: Settings) -> None:
    settings.CACHES = {"default": WORKING, "file": FORGETFUL}
    one = CacheTiers().find(NOW)
    assert (one.status, one.message) == (Status.WARNING, "file: does not give back what was written")
    settings.CACHES = {"default": FORGETFUL}
    assert CacheTiers().find(NOW).status is Status.CRITICAL


def test_a_tier_that_cannot_be_reached_says_why(settings: Settings) -> None:
    location = f"redis://:hunter2@127.0.0.1:{free_port()}/0"
    settings.CACHES = {"redis": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": location}}
    finding = CacheTiers().find(NOW)
    assert finding.status is Status.CRITICAL
    assert finding.message.startswith("redis: ConnectionError: ")
    assert "hunter2" not in finding.message
