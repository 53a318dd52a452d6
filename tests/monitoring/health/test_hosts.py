from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings as django_settings
from pytest_django.fixtures import Settings

from monitoring.clock import database_now
from monitoring.health import feed
from monitoring.health.history import record, recorded
from monitoring.health.hosts import HostFinding, combined, results_of_hosts
from monitoring.health.running import run_and_record, run_host_checks
from monitoring.health.status import Finding, Result
from monitoring.host_leases import HEALTH, lease_name
from monitoring.leases import Held, LeaseLost, acquire, overtake
from monitoring.models import HealthCheckState, HealthRecord, Status
from monitoring.views.data import health_part

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FRESH_SECONDS = 90.0


def found(status: Status, message: str = "so") -> Result:
    return Result("disk", Finding(status, message, {"usage_percent": 41.5}), 2.5, NOW)


def said(instance: str, status: Status, message: str = "so") -> HostFinding:
    return HostFinding(instance, Finding(status, message, {"of": instance}), 1.0)


def together() -> Result:
    (result,) = results_of_hosts(["disk"], NOW, FRESH_SECONDS)
    return result


def looked_after() -> Held:
    """By another process than the one that does the task of the schedule."""
    held = acquire(lease_name(HEALTH, django_settings.INSTANCE), database_now(), seconds=600)
    assert held is not None
    return held


@pytest.mark.django_db
def test_the_round_of_all_leaves_a_host_to_the_process_that_looks_after_it(settings: Settings) -> None:
    settings.INSTANCE = "host-b"
    held = looked_after()
    run_and_record(NOW)
    assert not HealthCheckState.objects.filter(instance="host-b").exists()
    assert HealthCheckState.objects.get(name="memory").message == "No host reports"
    run_host_checks(NOW, held)
    run_and_record(NOW + timedelta(seconds=30))
    assert HealthRecord.objects.filter(state__name="memory@host-b").count() == 1
    own, all_ = HealthCheckState.objects.get(name="memory@host-b"), HealthCheckState.objects.get(name="memory")
    assert (all_.status, all_.message) == (own.status, own.message)


@pytest.mark.django_db
def test_the_round_of_all_looks_at_a_host_that_nobody_looks_after_and_lets_go_of_it(settings: Settings) -> None:
    settings.INSTANCE = "host-b"
    run_and_record(NOW)
    assert HealthRecord.objects.filter(state__name="memory@host-b").count() == 1
    looked_after()


@pytest.mark.django_db
def test_who_lost_the_host_meanwhile_records_nothing_of_it(settings: Settings) -> None:
    settings.INSTANCE = "host-b"
    held = looked_after()
    overtake(lease_name(HEALTH, "host-b"))
    with pytest.raises(LeaseLost):
        run_host_checks(NOW, held)
    assert not HealthCheckState.objects.exists()


def test_the_worst_host_is_what_the_check_says_and_it_is_named() -> None:
    result = combined("disk", [said("a", Status.HEALTHY), said("b", Status.CRITICAL, "97 %")], NOW)
    assert (result.status, result.finding.message) == (Status.CRITICAL, "b: 97 % (1 of 2 hosts)")
    assert result.finding.metadata == {"of": "b", "hosts": {"a": "healthy", "b": "critical"}}


def test_a_single_host_is_not_named() -> None:
    assert combined("disk", [said("a", Status.WARNING, "86 %")], NOW).finding.message == "86 %"


def test_hosts_that_are_all_well_are_counted() -> None:
    hosts = [said(instance, Status.HEALTHY) for instance in "abc"]
    assert combined("disk", hosts, NOW).finding.message == "Healthy on 3 hosts"


def test_of_many_hosts_that_are_not_well_three_are_named() -> None:
    hosts = [said(instance, Status.WARNING, "86 %") for instance in "abcde"]
    assert combined("disk", hosts, NOW).finding.message == "a: 86 %; b: 86 %; c: 86 %; and 2 more (5 of 5 hosts)"


@pytest.mark.django_db
def test_a_host_that_says_nothing_is_unknown_and_after_ten_minutes_gone() -> None:
    record([found(Status.HEALTHY)], NOW, "a")
    record([found(Status.CRITICAL)], NOW - timedelta(minutes=3), "b")
    record([found(Status.CRITICAL)], NOW - timedelta(minutes=11), "c")
    result = together()
    assert (result.status, result.finding.message) == (
        Status.UNKNOWN,
        "b: Last checked 3 min ago, then critical (1 of 2 hosts)",
    )


@pytest.mark.django_db
def test_without_any_host_nothing_is_known() -> None:
    assert together().status is Status.UNKNOWN


@pytest.mark.django_db
def test_each_host_has_a_history_and_rules_pages_and_probes_see_what_all_come_to() -> None:
    feed.unread("reader")
    record([found(Status.HEALTHY)], NOW, "a")
    record([found(Status.CRITICAL, "97 %")], NOW, "b")
    record([together()], NOW)
    assert HealthRecord.objects.filter(state__name="disk@b", status="critical", is_transition=True).exists()
    assert [one.name for one in feed.unread("reader").results] == ["disk"]
    assert [one.name for one in feed.newest()] == ["disk"]
    assert [(one["name"], one["beats"]) for one in health_part(NOW)] == [("disk", ["critical"])]
    assert recorded({"disk": FRESH_SECONDS}, NOW)["disk"].status is Status.CRITICAL


@pytest.mark.django_db
def test_a_round_records_what_this_host_found_of_itself(settings: Settings) -> None:
    settings.INSTANCE = "host-a"
    overall = run_and_record(NOW)
    assert {state.name for state in HealthCheckState.objects.filter(instance="host-a")} == {
        f"{name}@host-a" for name in ("cpu", "disk", "file_handles", "memory", "process_memory")
    }
    assert {result.name for result in overall.results} == {
        state.name for state in HealthCheckState.objects.filter(instance="")
    }


@pytest.mark.django_db
def test_a_host_that_said_nothing_for_three_rounds_is_unknown_to_the_round(settings: Settings) -> None:
    settings.INSTANCE = "host-a"
    record([found(Status.HEALTHY)], NOW - timedelta(seconds=10), "fresh")
    record([found(Status.HEALTHY)], NOW - timedelta(seconds=91), "silent")
    run_and_record(NOW)
    told = HealthCheckState.objects.get(name="disk").metadata["hosts"]
    assert (told["fresh"], told["silent"]) == ("healthy", "unknown")


@pytest.mark.django_db
def test_a_host_without_the_round_runs_its_own_checks_and_not_twice_within_half_an_interval(
    settings: Settings,
) -> None:
    settings.INSTANCE = "host-b"
    held = looked_after()
    for seconds in (0, 10, 20):
        run_host_checks(NOW + timedelta(seconds=seconds), held)
    assert HealthRecord.objects.filter(state__name="memory@host-b").count() == 2
    assert not HealthCheckState.objects.filter(instance="").exists()


@pytest.mark.django_db
def test_after_the_clock_was_set_back_a_host_looks_at_itself_at_once(settings: Settings) -> None:
    settings.INSTANCE = "host-b"
    held = looked_after()
    for ago in (timedelta(0), timedelta(hours=1)):
        run_host_checks(NOW - ago, held)
        assert HealthCheckState.objects.get(name="memory@host-b").checked_at == NOW - ago


@pytest.mark.django_db
def test_what_a_host_said_before_the_clock_was_set_back_is_not_fresh() -> None:
    record([found(Status.HEALTHY)], NOW + timedelta(hours=1), "a")
    expected = Finding(Status.UNKNOWN, "Not checked since the clock was set back by 1 h")
    assert together().finding == expected


@pytest.mark.django_db
def test_with_a_long_interval_a_host_is_not_gone_before_it_is_late() -> None:
    record([found(Status.HEALTHY)], NOW, "a")
    record([found(Status.CRITICAL, "98 %")], NOW - timedelta(minutes=11), "b")
    (result,) = results_of_hosts(["disk"], NOW, 3 * 900)
    assert result.status is Status.CRITICAL
