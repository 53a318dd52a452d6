from datetime import UTC, datetime, timedelta

import pytest

from monitoring.clock import to_ms
from monitoring.health import feed
from monitoring.health.history import record, recorded
from monitoring.health.status import Finding, Result
from monitoring.models import HealthCheckState, HealthRecord, Status

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def disk(status: Status, message: str = "so") -> Result:
    return Result("disk", Finding(status, message, {"usage_percent": 41.5}), 2.5, NOW)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_a_result_is_kept_as_the_checks_state_and_as_a_record() -> None:
    record([disk(Status.WARNING, "86 %")], NOW)
    state = HealthCheckState.objects.get(name="disk")
    assert (state.status, state.message, state.duration_ms, state.metadata) == (
        "warning", "86 %", 2.5, {"usage_percent": 41.5},
    )  # fmt: skip
    assert (state.checked_at, state.changed_at) == (NOW, NOW)
    kept = state.records.get()
    assert (kept.at, kept.status, kept.message, kept.is_transition) == (to_ms(NOW), "warning", "86 %", True)


def test_only_a_change_of_status_is_a_transition() -> None:
    for seconds, status in ((0, Status.HEALTHY), (30, Status.HEALTHY), (60, Status.CRITICAL), (90, Status.CRITICAL)):
        record([disk(status)], at(seconds))
    transitions = HealthRecord.objects.order_by("at").values_list("is_transition", flat=True)
    assert list(transitions) == [True, False, True, False]
    state = HealthCheckState.objects.get()
    assert (state.changed_at, state.checked_at) == (at(60), at(90))


def test_the_first_result_is_a_transition_whatever_it_is() -> None:
    record([disk(Status.UNKNOWN)], NOW)
    assert HealthRecord.objects.get().is_transition


def test_several_checks_are_recorded_together() -> None:
    record([disk(Status.HEALTHY), Result("memory", Finding(Status.WARNING, "85 %"), 1, NOW)], NOW)
    assert dict(HealthCheckState.objects.values_list("name", "status")) == {"disk": "healthy", "memory": "warning"}


def test_what_is_recorded_is_news_for_the_evaluator() -> None:
    feed.unread("reader")
    record([disk(Status.CRITICAL, "97 %")], NOW)
    (news,) = feed.unread("reader").results
    assert (news.name, news.status, news.message) == ("disk", "critical", "97 %")


def test_a_fresh_result_is_read_as_it_was_recorded() -> None:
    record([disk(Status.WARNING, "86 %")], NOW)
    result = recorded({"disk": 35}, at(35))["disk"]
    assert (result.status, result.finding.message, result.at) == (Status.WARNING, "86 %", NOW)


def test_an_old_result_is_unknown_and_says_what_it_was() -> None:
    record([disk(Status.HEALTHY)], NOW)
    result = recorded({"disk": 35}, at(150))["disk"]
    assert result.status is Status.UNKNOWN
    assert result.finding.message == "Last checked 2 min ago, then healthy"


def test_a_check_that_never_ran_is_unknown() -> None:
    result = recorded({"disk": 35}, NOW)["disk"]
    assert (result.status, result.finding.message, result.at) == (Status.UNKNOWN, "Never ran", None)
