from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pytest_django.fixtures import Settings

from monitoring.health import lifetime
from monitoring.health.answers import endpoint_response, is_serving, readiness
from monitoring.health.status import Finding, Overall, Result
from monitoring.models import Status

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def overall(status: Status, blocks_readiness: bool = False) -> Overall:
    finding = Finding(status, "so it is", {"round_trip_ms": 1.2}, blocks_readiness)
    return Overall((Result("database", finding, 1.234, NOW),), NOW)


def test_anonymous_callers_get_the_state_and_no_checks() -> None:
    answer = endpoint_response(overall(Status.WARNING), with_details=False)
    assert answer.pop("uptime_seconds") >= 0
    assert answer == {"status": "warning", "ready": True, "alive": True}


def test_details_are_the_checks() -> None:
    (check,) = endpoint_response(overall(Status.HEALTHY), with_details=True)["checks"]
    assert check == {
        "name": "database",
        "status": "healthy",
        "message": "so it is",
        "duration_ms": 1.23,
        "timestamp": "2026-03-01T12:00:00+00:00",
        "metadata": {"round_trip_ms": 1.2},
    }


@pytest.mark.parametrize("status", Status)
def test_only_a_critical_state_is_not_served(status: Status) -> None:
    assert is_serving(overall(status)) is (status is not Status.CRITICAL)


def test_a_critical_check_that_does_not_block_leaves_the_process_ready() -> None:
    answer = readiness(overall(Status.CRITICAL), with_details=False)
    assert (answer["status"], answer["ready"], answer["down"]) == ("critical", True, [])


def test_what_blocks_is_named() -> None:
    answer = readiness(overall(Status.CRITICAL, blocks_readiness=True), with_details=False)
    assert (answer["ready"], answer["down"]) == (False, ["database"])


def test_a_draining_process_is_alive_and_not_ready() -> None:
    lifetime.drain()
    try:
        answer = readiness(overall(Status.HEALTHY), with_details=False)
    finally:
        lifetime._draining.clear()
    assert (answer["alive"], answer["ready"], answer["down"]) == (True, False, ["draining"])


def several(*found: tuple[str, Status, bool]) -> Overall:
    return Overall(
        tuple(Result(name, Finding(status, "so", {}, blocks), 1, NOW) for name, status, blocks in found), NOW
    )


def test_what_makes_a_process_unready_is_a_setting(settings: Settings) -> None:
    state = several(
        ("database", Status.CRITICAL, False), ("migrations", Status.CRITICAL, True), ("broker", Status.CRITICAL, False)
    )
    assert readiness(state, with_details=False)["down"] == ["migrations"]
    settings.CONFIG = replace(settings.CONFIG, readiness_checks=("broker", "database", "disk"))
    answer = readiness(state, with_details=False)
    assert (answer["ready"], answer["down"]) == (False, ["broker"])
    settings.CONFIG = replace(settings.CONFIG, readiness_checks=())
    assert readiness(state, with_details=False)["ready"]


def test_draining_is_no_reason_when_it_is_not_named(settings: Settings) -> None:
    settings.CONFIG = replace(settings.CONFIG, readiness_checks=("database",))
    lifetime.drain()
    try:
        assert readiness(several(("database", Status.HEALTHY, False)), with_details=False)["ready"]
    finally:
        lifetime._draining.clear()
