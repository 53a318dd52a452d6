from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pytest_django.fixtures import Settings

from monitoring.clock import to_ms
from monitoring.health import exclude, past
from monitoring.health.days import keep_days, measure_again
from monitoring.health.history import OUTAGE, record, retire
from monitoring.health.past import WINDOWS
from monitoring.health.status import Finding, Result
from monitoring.models import ExcludedInterval, HealthCheckState, HealthDay, HealthRecord, Status
from monitoring.retention import delete_old_health_records

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SILENCES = {"disk": 95.0, "db": 95.0}


def say(status: Status, at: datetime, name: str = "disk") -> None:
    record([Result(name, Finding(status, "so"), 4, at)], at, silences=SILENCES)


def each_minute(status: Status, start: datetime, end: datetime, name: str = "disk") -> None:
    while start < end:
        say(status, start, name)
        start += timedelta(minutes=1)


def shares(now: datetime = NOW) -> dict[str, float | None]:
    state = HealthCheckState.objects.get(name="disk")
    known = past.read([state], now - past.LONGEST, now)[state.pk]
    return {name: found.share for name, found in past.uptimes(known, now).items()}


def test_uptime_of_each_window_comes_from_transitions_also_older_ones() -> None:
    state = HealthCheckState.objects.create(name="disk", status="healthy", checked_at=NOW)
    for days_ago, status in ((100, "critical"), (45, "healthy"), (3, "critical"), (2, "healthy")):
        at = to_ms(NOW - days_ago * DAY)
        HealthRecord.objects.create(state=state, at=at, status=status, duration_ms=1, is_transition=True)
    assert shares() == {"24 h": 1, "7 d": 6 / 7, "30 d": 29 / 30, "90 d": (90 - 45 - 1) / 90}
    assert list(shares()) == list(WINDOWS)


def test_a_clock_that_leapt_ahead_and_was_set_back_leaves_neither_an_outage_nor_time_to_come() -> None:
    minute = timedelta(minutes=1)
    each_minute(Status.HEALTHY, NOW - HOUR, NOW)
    say(Status.CRITICAL, NOW + HOUR)
    each_minute(Status.HEALTHY, NOW, NOW + 2 * HOUR)
    keep_days(NOW + 3 * DAY)
    keep_days(NOW + DAY)

    assert shares(NOW + 2 * HOUR)["24 h"] == 1
    assert [(one.start, one.end) for one in ExcludedInterval.objects.all()] == [(NOW - minute, NOW)]
    assert HealthRecord.objects.filter(at__gt=to_ms(NOW + 2 * HOUR)).count() == 0
    assert HealthDay.objects.filter(day=NOW.date()).exists()


def test_days_that_a_clock_ahead_made_do_not_keep_others_from_being_made() -> None:
    say(Status.HEALTHY, NOW)
    state = HealthCheckState.objects.get(name="disk")
    HealthDay.objects.create(state=state, day=(NOW + 50 * DAY).date(), up_seconds=1, down_seconds=0)
    assert keep_days(NOW + DAY) == 1
    assert HealthDay.objects.filter(day=NOW.date()).exists()


def test_since_when_is_never_later_than_now() -> None:
    say(Status.HEALTHY, NOW + HOUR)
    say(Status.HEALTHY, NOW)
    state = HealthCheckState.objects.get(name="disk")
    assert (state.changed_at, state.checked_at) == (NOW, NOW)


def test_maintenance_is_left_out() -> None:
    each_minute(Status.HEALTHY, NOW - 60 * timedelta(minutes=1), NOW - 30 * timedelta(minutes=1))
    each_minute(Status.CRITICAL, NOW - 30 * timedelta(minutes=1), NOW)
    assert shares()["24 h"] == pytest.approx(0.5)
    exclude(NOW - timedelta(minutes=30), NOW, "Upgrade", "maintenance:1")
    assert shares()["24 h"] == 1


def test_maintenance_of_another_check_is_not() -> None:
    each_minute(Status.CRITICAL, NOW - 10 * timedelta(minutes=1), NOW)
    exclude(NOW - HOUR, NOW, "Upgrade", "maintenance:1", checks=["db"])
    assert shares()["24 h"] == 0


def test_an_outage_of_our_own_is_noted_and_left_out() -> None:
    say(Status.CRITICAL, NOW - 2 * HOUR)
    say(Status.CRITICAL, NOW - 2 * HOUR + timedelta(minutes=1))
    say(Status.HEALTHY, NOW - HOUR)
    each_minute(Status.HEALTHY, NOW - HOUR, NOW)
    (outage,) = ExcludedInterval.objects.all()
    assert (outage.reason, outage.source, outage.check_name) == (OUTAGE, "console", "disk")
    assert (outage.start, outage.end) == (NOW - 2 * HOUR + timedelta(minutes=1), NOW - HOUR)
    assert shares()["24 h"] == pytest.approx(60 / 61)


def test_an_outage_that_goes_on_counts_nothing() -> None:
    each_minute(Status.CRITICAL, NOW - 2 * HOUR, NOW - HOUR)
    each_minute(Status.HEALTHY, NOW - HOUR, NOW - HOUR + timedelta(minutes=2))
    assert shares(NOW)["24 h"] == pytest.approx(shares(NOW + 5 * HOUR)["24 h"])


def test_a_restart_is_no_outage() -> None:
    say(Status.HEALTHY, NOW)
    say(Status.HEALTHY, NOW + timedelta(seconds=90))
    assert not ExcludedInterval.objects.exists()


def test_the_past_of_many_checks_takes_as_many_queries_as_of_one(django_assert_num_queries: object) -> None:
    for name in ("disk", "db", "memory"):
        HealthCheckState.objects.create(name=name, checked_at=NOW)
    counts = []
    for number in (1, 3):
        states = list(HealthCheckState.objects.all()[:number])
        with django_assert_num_queries(4) as seen:
            past.read(states, NOW - DAY, NOW)
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_a_retired_check_stands_in_no_list_of_what_is_and_keeps_its_past() -> None:
    from monitoring.health import feed

    say(Status.CRITICAL, NOW)
    retire("disk", NOW + HOUR)
    retire("disk", NOW + 2 * HOUR)
    assert feed.newest() == []
    assert HealthRecord.objects.filter(is_transition=True).count() == 2
    say(Status.HEALTHY, NOW + 3 * HOUR)
    assert [(one.name, one.status) for one in feed.newest()] == [("disk", "healthy")]
    assert not ExcludedInterval.objects.exists()


def test_a_day_that_is_over_is_kept_with_its_numbers() -> None:
    midnight = NOW.replace(hour=0)
    each_minute(Status.HEALTHY, midnight - DAY, midnight - DAY + HOUR)
    each_minute(Status.CRITICAL, midnight - DAY + HOUR, midnight - DAY + 2 * HOUR)
    assert keep_days(midnight + HOUR) == 1
    day = HealthDay.objects.get()
    assert day.day == (midnight - DAY).date()
    assert (day.results, day.transitions, day.mean_duration_ms) == (120, 2, 4)
    assert (day.up_seconds, day.down_seconds) == pytest.approx((3600, 3600), abs=200)


def test_days_are_kept_once_however_often_and_late_results_are_added() -> None:
    midnight = NOW.replace(hour=0)
    each_minute(Status.HEALTHY, midnight - 3 * DAY, midnight - 3 * DAY + HOUR)
    keep_days(midnight)
    each_minute(Status.HEALTHY, midnight - DAY, midnight - DAY + HOUR)
    keep_days(midnight + HOUR)
    keep_days(midnight + 2 * HOUR)
    kept = dict(HealthDay.objects.values_list("day", "results"))
    assert kept[(midnight - 3 * DAY).date()] == kept[(midnight - DAY).date()] == 60


def test_an_interval_that_is_excluded_afterwards_changes_the_days_it_touches() -> None:
    midnight = NOW.replace(hour=0)
    each_minute(Status.CRITICAL, midnight - 5 * DAY, midnight - 5 * DAY + HOUR)
    keep_days(midnight)
    HealthRecord.objects.filter(is_transition=False).delete()
    exclude(midnight - 5 * DAY, midnight - 5 * DAY + 2 * HOUR, "Upgrade", "by hand")
    day = HealthDay.objects.get(day=(midnight - 5 * DAY).date())
    assert (day.down_seconds, day.results) == (0, 60)
    assert day.excluded_seconds > 3500


def test_a_check_that_has_been_well_for_longer_than_its_retention_was_up(settings: Settings) -> None:
    settings.CONFIG = replace(settings.CONFIG, health_retention_days=100)
    state = HealthCheckState.objects.create(name="disk", status="healthy", checked_at=NOW)
    at = to_ms(NOW - 200 * DAY)
    HealthRecord.objects.create(state=state, at=at, status="healthy", duration_ms=1, is_transition=True)
    delete_old_health_records(NOW, DAY)
    assert shares() == {"24 h": 1, "7 d": 1, "30 d": 1, "90 d": 1}


def test_days_whose_transitions_are_gone_stay_as_they_were(settings: Settings) -> None:
    settings.CONFIG = replace(settings.CONFIG, health_retention_days=30)
    state = HealthCheckState.objects.create(name="disk", status="healthy", checked_at=NOW)
    HealthRecord.objects.create(
        state=state, at=to_ms(NOW - 40 * DAY), status="critical", duration_ms=1, is_transition=True
    )
    for age in (40, 20):
        HealthDay.objects.create(state=state, day=(NOW - age * DAY).date(), up_seconds=86400, down_seconds=0)
    exclude(NOW - 50 * DAY, NOW - 10 * DAY, "Upgrade", "by hand")
    measure_again(ExcludedInterval.objects.get(), NOW)
    kept = dict(HealthDay.objects.values_list("day", "excluded_seconds"))
    assert kept == {(NOW - 40 * DAY).date(): 0, (NOW - 20 * DAY).date(): 86400}


def test_an_outage_of_a_host_and_maintenance_of_all_its_kind_are_left_out_of_its_uptime() -> None:
    for at, status in ((NOW - 10 * HOUR, Status.HEALTHY), (NOW - HOUR, Status.CRITICAL), (NOW, Status.HEALTHY)):
        record([Result("disk", Finding(status, "so"), 4, at)], at, "host-b", silences={"disk": 3600.0})
    exclude(NOW - HOUR, NOW - HOUR / 2, "Upgrade", "maintenance:1", checks=["disk"])
    state = HealthCheckState.objects.get(name="disk@host-b")
    uptime = past.read([state], NOW - past.LONGEST, NOW)[state.pk].uptime(to_ms(NOW - DAY), to_ms(NOW))
    assert (uptime.up_seconds, uptime.down_seconds, uptime.excluded_seconds) == (0, 1800, 9.5 * 3600)
