from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.core.exceptions import ValidationError

from alerts.models import MaintenanceWindow
from alerts.muting import matchers
from alerts.muting.current import Mutes
from alerts.muting.maintenance import checks_of, exclude_windows, replan
from monitoring.health import Finding, Result, Status
from monitoring.health.history import record
from monitoring.models import ExcludedInterval
from tests.alerts.rows import an_alert

pytestmark = pytest.mark.django_db

START = datetime(2026, 10, 3, 16, 30, tzinfo=UTC)  # 02:30 in Sydney, which that night does not exist
HOUR = timedelta(hours=1)


def a_window(**fields: object) -> MaintenanceWindow:
    plain = {
        "name": "patching",
        "zone": "Australia/Sydney",
        "starts_on": date(2026, 9, 27),
        "starts_at": time(2, 30),
        "duration_minutes": 60,
        "weekdays": "sun",
    }
    window = MaintenanceWindow.objects.create(**plain | fields)
    MaintenanceWindow.objects.update(updated_at=START - timedelta(days=1))
    return window


def excluded() -> list[tuple[datetime, datetime, str]]:
    return list(ExcludedInterval.objects.order_by("start").values_list("start", "end", "check_name"))


def test_uptime_does_not_count_a_window_also_where_the_clocks_change() -> None:
    a_window()
    for minutes in (-50, 0, 30):
        exclude_windows(START + timedelta(minutes=minutes))

    assert excluded() == [(START, START + HOUR, "")]
    assert ExcludedInterval.objects.get().reason == "maintenance patching"


def test_a_window_about_one_check_is_left_out_of_that_checks_uptime() -> None:
    a_window(matchers="check=database")
    exclude_windows(START)
    assert excluded() == [(START, START + HOUR, "database")]


KNOWN = (("database", ""), ("disk", ""), ("disk", "web-1"), ("disk", "web-2"), ("memory", "web-1"))


@pytest.mark.parametrize(
    ("text", "checks"),
    [
        ("rule=~.*", [""]),
        ("rule=high_cpu_usage", []),
        ("severity=critical", []),
        ("team=data", []),
        ("metric=cpu_usage_percent", []),
        ("check=database\nrule=health_check_failure", ["database"]),
        ("check=not_run_yet", ["not_run_yet"]),
        ("check=~data.*", ["database"]),
        ("check=disk", ["disk"]),
        ("instance=web-1", ["disk@web-1", "memory@web-1"]),
        ("check=disk\ninstance=~web-.*", ["disk@web-1", "disk@web-2"]),
        ('subject="health check disk"', ["disk"]),
        ("check!=disk", ["database", "memory@web-1"]),
    ],
)
def test_a_window_leaves_out_the_checks_whose_labels_match(text: str, checks: list[str]) -> None:
    assert checks_of(matchers.parse(text), KNOWN) == checks


def test_a_window_about_a_host_is_left_out_of_that_hosts_checks_alone() -> None:
    result = Result("disk", Finding(Status.HEALTHY, "half"), 1, START)
    for instance in ("", "web-1", "web-2"):
        record([result], START, instance)
    a_window(matchers="instance=web-1")
    exclude_windows(START)

    assert excluded() == [(START, START + HOUR, "disk@web-1")]


@pytest.mark.parametrize("fields", [{"enabled": False}, {"counts_in_uptime": True}])
def test_a_window_that_is_switched_off_or_counts_is_not_excluded(fields: dict[str, bool]) -> None:
    a_window(**fields)
    assert exclude_windows(START) == 0
    assert excluded() == []


def test_a_window_that_is_cut_short_counts_again_from_then_on() -> None:
    window = a_window()
    exclude_windows(START)
    MaintenanceWindow.objects.update(enabled=False)
    replan(window.pk, START + HOUR / 2)

    assert excluded() == [(START, START + HOUR / 2, "")]


def test_a_window_that_is_made_longer_while_it_goes_on_is_excluded_to_its_end() -> None:
    window = a_window()
    exclude_windows(START)
    MaintenanceWindow.objects.update(duration_minutes=180)
    replan(window.pk, START + HOUR / 2)

    assert excluded() == [(START, START + 3 * HOUR, "")]


def test_only_alerts_that_match_are_in_maintenance_and_only_then() -> None:
    a_window(matchers="instance=web")
    alert, other = an_alert(START), an_alert(START, fingerprint="db", labels={"instance": "db"})

    held = Mutes.at(START).maintenance_of(alert)
    assert held is not None
    assert held.reason == "maintenance patching until 2026-10-03 17:30 UTC"
    assert Mutes.at(START).maintenance_of(other) is None
    assert Mutes.at(START - HOUR).maintenance_of(alert) is None


@pytest.mark.parametrize("field", ["starts_on", "ends_on"])
@pytest.mark.parametrize("day", [date(1, 1, 1), date(9999, 12, 31)])
def test_a_day_at_the_ends_of_the_calendar_is_refused(field: str, day: date) -> None:
    window = a_window()
    setattr(window, field, day)
    with pytest.raises(ValidationError, match=r"2000-01-01|2999-12-31|Jan. 1, 2000|Dec. 31, 2999"):
        window.full_clean()
