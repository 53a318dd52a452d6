from dataclasses import replace
from types import SimpleNamespace

import pytest
from django.conf import settings as django_settings
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from pytest_django.fixtures import Settings

from ahgd_ops.celery import ensure_schedule
from monitoring import series
from monitoring.collecting import Collecting, CollectionFailed
from monitoring.host_leases import COLLECT, HEALTH, lease_name
from monitoring.leases import Held, LeaseLost, overtake
from monitoring.models import HealthCheckState, Lease
from monitoring.rounds import ROUNDS, Host, Round

pytestmark = pytest.mark.django_db


class Job:
    """A round that notes how often it was made."""

    def __init__(self, every_seconds: float | None = 0.0, fails: Exception | None = None, name: str = COLLECT) -> None:
        self.made, self.every_seconds, self.fails, self.name = 0, every_seconds, fails, name

    def __call__(self, collecting: Collecting, held: Held) -> None:
        self.made += 1
        if self.fails is not None:
            raise self.fails

    @property
    def round(self) -> Round:
        return Round(self.name, lambda: self.every_seconds, self)


def lease(job: str = COLLECT) -> Lease:
    return Lease.objects.get(name=lease_name(job, django_settings.INSTANCE))


def test_of_two_processes_of_a_host_one_makes_the_rounds_until_it_ends() -> None:
    job = Job()
    first, second = Host((job.round,)), Host((job.round,))
    for host in (first, second, first, second):
        host.turn()
    assert job.made == 2
    first.end()
    second.turn()
    assert job.made == 3
    assert second.held.keys() == {COLLECT}


def test_each_host_has_a_lease_of_its_own(settings: Settings) -> None:
    job = Job()
    for instance in ("host-a", "host-b"):
        settings.INSTANCE = instance
        Host((job.round,)).turn()
    assert job.made == 2


def test_a_round_is_made_when_its_interval_is_over() -> None:
    often, seldom = Job(0.0), Job(3600, name=HEALTH)
    host = Host((often.round, seldom.round))
    for _ in range(3):
        host.turn()
    assert (often.made, seldom.made) == (3, 1)


def test_it_is_called_again_when_the_next_round_is_due_and_at_least_every_ten_seconds() -> None:
    assert Host((Job(5).round, Job(60, name=HEALTH).round)).turn() <= 5
    assert Host((Job(60).round,)).turn() <= django_settings.CONFIG.host_lease_seconds / 3


def test_the_time_that_the_rounds_took_is_part_of_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([100.0, 100.0, 103.5, 103.5])  # the turn, the round's begin and its end, and the end of the turn
    monkeypatch.setattr("monitoring.rounds.time", SimpleNamespace(monotonic=lambda: next(clock)))
    assert Host((Job(5).round,)).turn() == 1.5


def test_a_round_that_takes_longer_than_its_interval_does_not_follow_itself_without_a_pause(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = iter([100.0, 100.0, 109.0, 109.0])
    monkeypatch.setattr("monitoring.rounds.time", SimpleNamespace(monotonic=lambda: next(clock)))
    assert Host((Job(5).round,)).turn() == 0.1


def test_what_is_switched_off_is_not_made_and_takes_no_lease() -> None:
    job = Job(None)
    Host((job.round,)).turn()
    assert job.made == 0
    assert not Lease.objects.exists()


def test_a_round_in_which_a_collector_failed_says_so_on_the_lease_until_one_succeeds() -> None:
    job = Job(fails=CollectionFailed("disk: OSError: no such device"))
    host = Host((job.round,))
    host.turn()
    assert lease().error == "disk: OSError: no such device"
    job.fails = None
    host.turn()
    assert lease().error == ""
    assert lease().finished_at is not None


def test_whatever_collecting_raises_is_told_and_the_hosts_checks_are_made_all_the_same() -> None:
    collecting_, checks = Job(fails=ValueError("password=hunter2 in a mount")), Job(name=HEALTH)
    host = Host((collecting_.round, checks.round))
    for _ in range(2):
        host.turn()
    assert (collecting_.made, checks.made) == (2, 2)
    assert lease().error == "ValueError: password=*** in a mount"
    assert (lease(HEALTH).error, lease().finished_at) == ("", None)


def test_a_program_that_only_records_leaves_the_checks_to_a_process_that_has_some() -> None:
    measuring, checks = Job(), Job(name=HEALTH)
    program, worker = Host((measuring.round, Job(None, name=HEALTH).round)), Host((measuring.round, checks.round))
    for _ in range(3):
        program.turn()
        worker.turn()
    assert (measuring.made, checks.made) == (3, 3)
    assert (program.held.keys(), worker.held.keys()) == ({COLLECT}, {HEALTH})


def test_one_whose_lease_was_taken_stands_by() -> None:
    job = Job()
    first, second = Host((job.round,)), Host((job.round,))
    first.turn()
    overtake(lease().name)
    second.turn()
    first.turn()
    assert (first.held, job.made) == ({}, 2)


def test_one_who_learns_in_the_middle_of_a_round_that_it_was_overtaken_stands_by() -> None:
    host = Host((Job(fails=LeaseLost("host")).round,))
    host.turn()
    assert host.held == {}


def test_a_host_stores_its_metrics_and_what_its_checks_say(settings: Settings) -> None:
    settings.INSTANCE = "host-b"
    Host(ROUNDS).turn()
    assert [one.tags for one in series.latest("memory_usage_percent")] == [{"instance": "host-b"}]
    assert 0 <= series.latest("cpu_usage_percent")[0].value <= 100
    assert HealthCheckState.objects.filter(name="memory@host-b").exists()


def test_without_monitoring_and_checks_a_host_does_nothing(settings: Settings) -> None:
    settings.HEALTH_CHECKS = ()
    settings.CONFIG = replace(django_settings.CONFIG, enable_performance_monitoring=False)
    Host(ROUNDS).turn()
    assert not Lease.objects.exists()


def test_people_slow_a_hosts_rounds_down_or_switch_them_off_in_the_schedule() -> None:
    ensure_schedule()
    PeriodicTask.objects.filter(name="health").update(enabled=False)
    slower, _ = IntervalSchedule.objects.get_or_create(every=5, period=IntervalSchedule.MINUTES)
    PeriodicTask.objects.filter(name="collect").update(interval=slower)
    assert [each.every_seconds() for each in ROUNDS] == [300, None]
