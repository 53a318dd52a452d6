import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from health_check.base import HealthCheck
from health_check.exceptions import HealthCheckException, ServiceUnavailable, ServiceWarning
from pytest_django.fixtures import Settings

from ahgd_ops.config import ProductionConfig
from ahgd_ops.variables import Limits
from caching.environment import WrongValue
from monitoring.health.base import Adapted, configured, limits_of
from monitoring.health.checks import Disk
from monitoring.health.remote import Certificate
from monitoring.health.sessions import SessionState
from monitoring.health.status import Finding
from monitoring.models import Status
from tests.monitoring.health.doubles import Told

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass
class MailQueue(HealthCheck):
    error: Exception | None = None

    async def run(self) -> None:
        await asyncio.sleep(0)
        if self.error is not None:
            raise self.error


@dataclass
class Plain(HealthCheck):
    def run(self) -> None:
        raise ServiceWarning("a little late")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (Status.WARNING, ServiceWarning),
        (Status.CRITICAL, ServiceUnavailable),
        (Status.UNKNOWN, HealthCheckException),
    ],
)
def test_a_check_raises_as_django_health_check_expects(status: Status, error: type[Exception]) -> None:
    with pytest.raises(error, match="so it is"):
        Told(look=lambda: Finding(status, "so it is")).run()


def test_a_healthy_check_raises_nothing() -> None:
    assert Told().run() is None  # type: ignore[func-returns-value]  # that it gives nothing is the point


def test_django_health_checks_own_view_gets_the_same_result() -> None:
    result = asyncio.run(Told(look=lambda: Finding(Status.WARNING, "91 %")).get_result())
    assert isinstance(result.error, ServiceWarning)
    assert result.error.message == "91 %"


@pytest.mark.parametrize(
    ("check", "status"),
    [
        (MailQueue(), Status.HEALTHY),
        (MailQueue(ServiceUnavailable("no answer")), Status.CRITICAL),
        (Plain(), Status.WARNING),
    ],
)
def test_a_check_of_django_health_check_can_be_joined(check: HealthCheck, status: Status) -> None:
    assert Adapted(check).find(NOW).status is status


def test_a_joined_check_is_named_after_its_class() -> None:
    assert Adapted(MailQueue()).name == "mail_queue"


def test_checks_come_from_the_settings_with_their_options(settings: Settings) -> None:
    settings.HEALTH_CHECKS = (
        ("monitoring.health.checks.Disk", {"warning_percent": 50}),
        "monitoring.health.checks.Memory",
        "health_check.checks.Storage",
    )
    disk, memory, storage = configured()
    assert disk == Disk(warning_percent=50)
    assert (memory.name, storage.name) == ("memory", "storage")


def test_the_consoles_checks_have_names_of_their_own() -> None:
    names = [check.name for check in configured()]
    assert len(names) == len(set(names))
    assert {"database", "migrations", "memory", "cpu", "disk", "worker", "beat", "evaluation", "outbox"} <= set(names)
    assert "escalation" in names


def test_limits_of_the_environment_replace_the_checks_own(settings: Settings) -> None:
    settings.CONFIG = replace(settings.CONFIG, health_limits=(Limits("memory", 75, 85), Limits("database", 50, 70)))
    found = {check.name: check for check in configured()}
    assert (found["memory"].warning_percent, found["memory"].critical_percent) == (75, 85)
    assert (found["database"].warning_ms, found["database"].critical_ms) == (50, 70)
    assert (found["disk"].warning_percent, found["disk"].critical_percent) == (85, 95)


def test_limits_of_days_that_are_left_run_down(settings: Settings) -> None:
    settings.CONFIG = replace(
        settings.CONFIG, public_url="https://ops.example", health_limits=(Limits("own_certificate", 30, 10),)
    )
    found = {check.name: check for check in configured()}
    assert (found["own_certificate"].warning_days, found["own_certificate"].critical_days) == (30, 10)


def test_two_limits_to_warn_are_no_pair_of_limits() -> None:
    assert limits_of(SessionState()) == ()
    assert limits_of(Certificate()) == ("warning_days", "critical_days")


def test_limits_are_read_from_one_variable() -> None:
    config = ProductionConfig.from_environment({"AHGD_HEALTH_LIMITS": "memory=75/85, disk=80/90.5"})
    assert config.health_limits == (Limits("memory", 75, 85), Limits("disk", 80, 90.5))


@pytest.mark.parametrize("text", ["memory", "memory=75", "memory=nan/75", "memory=a/b", "=1/2", "memory=1/2/3"])
def test_limits_that_cannot_be_read_stop_the_start_with_a_hint(text: str) -> None:
    with pytest.raises(WrongValue, match="such as memory=75/85"):
        ProductionConfig.from_environment({"AHGD_HEALTH_LIMITS": text})
