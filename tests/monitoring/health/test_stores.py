from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from caching import CacheConfig, CacheManager, process
from caching.tiers.memory import MemoryTier
from monitoring.health.stores import Broker, CacheTiers
from monitoring.models import Status
from tests.servers import free_port

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


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


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CacheManager]:
    """Memory, a directory, and a Redis where nothing listens."""
    config = CacheConfig(
        file_cache_dir=tmp_path / "cache", redis_enabled=True, redis_host="127.0.0.1", redis_port=free_port(),
        redis_password="hunter2", redis_timeout=20,
    )  # fmt: skip
    manager = CacheManager(config)
    monkeypatch.setattr(process, "_manager", manager)
    yield manager
    manager.close()


def test_tiers_that_give_back_what_they_got_are_healthy(manager: CacheManager, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manager.shared, "tiers", manager.shared.tiers[:1])
    finding = CacheTiers().find(NOW)
    assert (finding.status, finding.message) == (Status.HEALTHY, "Round trip through memory, file")
    assert set(finding.metadata) == {"memory_ms", "file_ms"}
    assert manager.keys() == []


def test_a_tier_that_refuses_is_a_warning_and_says_why_each_time(manager: CacheManager) -> None:
    for _ in range(2):
        finding = CacheTiers().find(NOW)
        assert finding.status is Status.WARNING
        assert finding.message.startswith("redis: ")
        assert "refused" in finding.message
        assert "hunter2" not in finding.message


def test_when_every_tier_fails_it_is_critical(manager: CacheManager, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manager, "_memory", MemoryTier(0))
    monkeypatch.setattr(manager.shared, "tiers", manager.shared.tiers[1:])
    assert CacheTiers().find(NOW).status is Status.CRITICAL
    monkeypatch.setattr(manager.shared, "tiers", ())
    assert CacheTiers().find(NOW).status is Status.UNKNOWN


def test_a_tier_that_forgets_is_told(manager: CacheManager, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manager.shared, "tiers", manager.shared.tiers[:1])
    monkeypatch.setattr(manager.shared.tiers[0], "read", lambda key: None)
    assert CacheTiers().find(NOW).message == "file: does not give back what was written"


def test_without_caching_there_is_no_such_check(settings: Settings) -> None:
    assert CacheTiers().is_enabled
    settings.CACHE_CONFIG = CacheConfig(enabled=False)
    assert not CacheTiers().is_enabled
