from datetime import UTC, datetime, timedelta

import pytest

from monitoring.clock import to_ms
from monitoring.models import HealthCheckState, HealthRecord, ProcessState
from monitoring.views import data
from monitoring.views.ranges import parse_range
from tests.monitoring.readings import record

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def a_check(name: str = "database", status: str = "healthy", **fields: object) -> HealthCheckState:
    plain = {"status": status, "checked_at": NOW, "changed_at": NOW - timedelta(hours=1)}
    return HealthCheckState.objects.create(name=name, **plain | fields)


def a_process(**fields: object) -> ProcessState:
    plain = {"name": "worker", "instance": "web", "phase": "running", "changed_at": NOW, "seen_at": NOW}
    return ProcessState.objects.create(**plain | fields)


def beat(check: HealthCheckState, minutes_ago: float, status: str) -> None:
    at = to_ms(NOW - timedelta(minutes=minutes_ago))
    HealthRecord.objects.create(state=check, at=at, status=status, duration_ms=1)


def test_a_check_comes_with_its_beats_oldest_first() -> None:
    check = a_check()
    for minutes_ago, status in ((3, "healthy"), (2, "critical"), (1, "warning")):
        beat(check, minutes_ago, status)
    assert data.health_part(NOW)[0]["beats"] == ["ok", "critical", "warning"]


def test_beats_older_than_the_strip_are_left_out() -> None:
    check = a_check()
    beat(check, 60, "critical")
    beat(check, 1, "healthy")
    assert data.health_part(NOW)[0]["beats"] == ["ok"]


def test_a_check_that_never_ran_is_unknown_and_worries_nobody() -> None:
    a_check(status="unknown", checked_at=None, changed_at=None)
    record("cpu_usage_percent", {NOW: 5.0}, instance="web")
    live = data.live_health(NOW)
    assert live["health"][0]["level"] == "unknown"
    assert live["findings"] == []


def test_a_failing_check_is_a_finding_with_its_message() -> None:
    a_check(name="disk_space", status="critical", message="96 % in use")
    record("cpu_usage_percent", {NOW: 5.0}, instance="web")
    since = to_ms(NOW - timedelta(hours=1))
    assert data.live_health(NOW)["findings"] == [
        {"level": "critical", "text": "Disk space: 96 % in use", "since": since}
    ]


def test_a_restarting_process_is_seen_with_the_reason() -> None:
    a_process(phase="restarting", restarts=2, reason="killed by signal 9")
    shown = data.process_part(NOW)[0]
    assert (shown["level"], shown["restarts"], shown["reason"]) == ("critical", 2, "killed by signal 9")


def test_a_process_whose_supervisor_fell_silent_is_not_called_running() -> None:
    a_process(seen_at=NOW - timedelta(minutes=2))
    shown = data.process_part(NOW)[0]
    assert (shown["phase"], shown["level"]) == ("not seen", "unknown")


def test_nothing_recorded_yet_is_said_as_unknown() -> None:
    live = data.live_metrics(NOW)
    assert live["sampled_at"] is None
    assert live["findings"] == [{"level": "unknown", "text": "No samples yet", "since": None}]


def test_samples_that_stop_coming_are_a_warning_since_the_last_one() -> None:
    at = NOW - timedelta(minutes=3)
    record("cpu_usage_percent", {at: 5.0}, instance="web")
    assert data.live_metrics(NOW)["findings"] == [
        {"level": "warning", "text": "No new samples are coming in", "since": to_ms(at)}
    ]


def test_a_chart_gets_each_series_under_a_name_that_tells_it_apart() -> None:
    record("disk_usage_percent", {NOW: 20.0}, instance="web", mount="/")
    record("disk_usage_percent", {NOW: 30.0}, instance="web", mount="/data")
    found = data.chart_part("disk_usage_percent", parse_range("now-1h", "now", NOW))
    assert [one["label"] for one in found["series"]] == ["/ on web", "/data on web"]
    assert (found["unit"], found["to"]) == ("percent", to_ms(NOW))


def test_a_declared_metric_without_readings_is_an_empty_chart() -> None:
    found = data.chart_part("cpu_usage_percent", parse_range("now-1h", "now", NOW))
    assert (found["series"], found["unit"]) == ([], "percent")


def test_a_name_nobody_knows_is_refused() -> None:
    with pytest.raises(data.UnknownMetric):
        data.chart_part("nonsense", parse_range("now-1h", "now", NOW))


def test_a_chart_has_at_most_1500_points_a_series() -> None:
    record("cpu_usage_percent", {NOW - timedelta(seconds=second): second % 90 for second in range(4000)}, instance="a")
    found = data.chart_part("cpu_usage_percent", parse_range("now-4000s", "now", NOW))
    assert 1400 <= len(found["series"][0]["at"]) <= 1500
    assert max(found["series"][0]["value"]) == 89


def test_only_what_is_newer_is_appended() -> None:
    record("cpu_usage_percent", {NOW - timedelta(seconds=20): 1.0, NOW - timedelta(seconds=10): 2.0}, instance="web")
    found = data.points_since(["cpu_usage_percent"], to_ms(NOW - timedelta(seconds=20)), NOW)
    assert found["cpu_usage_percent"][0]["value"] == [2.0]
