"""Maintenance windows, above all across changes of the clocks."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.muting.windows import Occurrence, Plan, instant

ZONES = ("Australia/Sydney", "Europe/London", "Australia/Lord_Howe", "America/New_York", "Asia/Kolkata", "UTC")
HOUR = timedelta(hours=1)
EVERY_DAY = frozenset(range(7))


def plan(zone: str, day: str, at: str, hours: float = 1, **fields: object) -> Plan:
    plain = {"zone": ZoneInfo(zone), "starts_on": date.fromisoformat(day), "starts_at": time.fromisoformat(at)}
    return Plan(**plain, duration=timedelta(hours=hours), **fields)  # type: ignore[arg-type]  # fields of a test


@pytest.mark.parametrize(
    ("zone", "local", "utc"),
    [
        ("Australia/Sydney", "2026-01-10T02:30", "2026-01-09T15:30"),
        ("Australia/Sydney", "2026-07-10T02:30", "2026-07-09T16:30"),
        ("Australia/Sydney", "2026-10-04T02:30", "2026-10-03T16:30"),  # does not exist: 03:30 summer time
        ("Australia/Sydney", "2026-04-05T02:30", "2026-04-04T15:30"),  # exists twice: the first
        ("Europe/London", "2026-03-29T01:30", "2026-03-29T01:30"),  # does not exist: 02:30 summer time
        ("Europe/London", "2026-10-25T01:30", "2026-10-25T00:30"),  # exists twice: the first
        ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:45"),  # does not exist: 02:45, half an hour on
        ("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45"),  # exists twice: the first
    ],
)
def test_a_local_time_is_one_instant_though_it_exist_never_or_twice(zone: str, local: str, utc: str) -> None:
    found = instant(datetime.fromisoformat(local), ZoneInfo(zone))
    assert found == datetime.fromisoformat(utc).replace(tzinfo=UTC)


def test_a_weekly_window_keeps_its_time_on_the_clock_across_a_change() -> None:
    weekly = plan("Australia/Sydney", "2026-03-29", "22:00", weekdays=frozenset({6}))
    starts = [one.start for one in weekly.between(datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 4, 13, tzinfo=UTC))]
    assert [start.hour for start in starts] == [11, 12, 12]


def test_a_window_that_holds_while_the_clocks_change_lasts_the_minutes_that_pass() -> None:
    (night,) = plan("Europe/London", "2026-10-25", "00:30", hours=2).between(
        datetime(2026, 10, 24, tzinfo=UTC), datetime(2026, 10, 26, tzinfo=UTC)
    )
    assert night == Occurrence(datetime(2026, 10, 24, 23, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC))


def test_a_window_over_midnight_goes_on_the_next_day() -> None:
    night = plan("UTC", "2026-05-04", "23:00", hours=3, weekdays=frozenset({0}))
    assert night.current(datetime(2026, 5, 5, 1, 59, tzinfo=UTC)) is not None
    assert night.current(datetime(2026, 5, 5, 2, 0, tzinfo=UTC)) is None
    assert night.current(datetime(2026, 5, 6, 0, 30, tzinfo=UTC)) is None


def test_a_window_takes_place_from_its_first_to_its_last_day() -> None:
    some = plan("UTC", "2026-05-04", "10:00", weekdays=EVERY_DAY, ends_on=date(2026, 5, 6))
    found = some.between(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    assert [one.start.day for one in found] == [4, 5, 6]
    assert some.next(datetime(2026, 5, 6, 12, tzinfo=UTC)) is None
    coming = some.next(datetime(2026, 1, 1, tzinfo=UTC))
    assert coming is not None and coming.start == datetime(2026, 5, 4, 10, tzinfo=UTC)


def test_a_window_without_days_takes_place_once() -> None:
    once = plan("UTC", "2026-05-04", "10:00")
    found = list(once.between(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)))
    assert [one.start for one in found] == [datetime(2026, 5, 4, 10, tzinfo=UTC)]


_PLANS = st.builds(
    Plan,
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    starts_on=st.dates(date(2025, 1, 1), date(2027, 12, 31)),
    starts_at=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    duration=st.integers(1, 7 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes)),
    weekdays=st.frozensets(st.integers(0, 6)),
)


@given(_PLANS, st.integers(0, 60))
def test_each_occurrence_begins_at_its_time_on_a_clock_that_runs_and_lasts_its_minutes(plan: Plan, days: int) -> None:
    since = datetime.combine(plan.starts_on, time(), UTC) + timedelta(days=days)
    for one in plan.between(since, since + timedelta(days=15)):
        local = one.start.astimezone(plan.zone)
        assert one.end - one.start == plan.duration
        exists = instant(local.replace(tzinfo=None), plan.zone) == one.start
        assert exists
        skipped = datetime.combine(local.date(), local.time()) - datetime.combine(local.date(), plan.starts_at)
        assert timedelta(0) <= skipped <= HOUR or local.date() != plan.starts_on


@given(_PLANS, st.integers(0, 3 * 365 * 24).map(lambda hours: datetime(2025, 1, 1, tzinfo=UTC) + hours * HOUR))
def test_a_window_goes_on_exactly_within_its_occurrences(plan: Plan, now: datetime) -> None:
    around = list(plan.between(now - timedelta(days=20), now + timedelta(days=20)))
    current = plan.current(now)
    assert (current is not None) == any(one.holds(now) for one in around)
    coming = plan.next(now)
    assert coming is None or coming.start > now
    assert [one.start for one in around] == sorted(one.start for one in around)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("zone", ["Australia/Sydney", "America/New_York"])
def test_a_window_at_the_ends_of_the_calendar_holds_nothing_up(day: str, zone: str) -> None:
    now = datetime(2026, 3, 4, tzinfo=UTC)
    for weekdays in (frozenset(), EVERY_DAY):
        far = plan(zone, day, "23:30", hours=2, weekdays=weekdays)
        coming = far.next(now)
        assert coming is None or coming.start > now
        far.current(now)
