from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from pytest_django.fixtures import Settings
from pytest_httpserver import HTTPServer

from monitoring.health import feed, running
from monitoring.health.entering import mistakes
from monitoring.health.gone import retire_gone
from monitoring.health.history import record
from monitoring.health.running import run_and_record
from monitoring.health.status import Finding, Result
from monitoring.health.watch import current
from monitoring.health.watched import check_of, entered
from monitoring.models import HealthCheckState, HealthRecord, Status, WatchedCheck

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
Kind = WatchedCheck.Kind


def row(**fields: object) -> WatchedCheck:
    return WatchedCheck(**{"name": "api", "kind": Kind.HTTP, "target": "http://127.0.0.1:9/", **fields})


@pytest.fixture
def own_checks_only(settings: Settings) -> Iterator[None]:
    settings.HEALTH_CHECKS = ()
    yield


@pytest.mark.parametrize(
    ("kind", "target", "repr_says"),
    [
        (Kind.HTTP, "http://db/?token=hunter2", "Http(statuses='200-299'"),
        (Kind.TCP, "db:5432", "Tcp(address='db:5432'"),
        (Kind.CERTIFICATE, "db:443", "Certificate(address='db:443'"),
        (Kind.DATA, "sa2*.parquet", "DataFileCheck(pattern='sa2*.parquet'"),
    ],
)
def test_a_row_of_each_kind_is_a_check_with_its_name_interval_and_limit(
    kind: Kind, target: str, repr_says: str
) -> None:
    check = check_of(row(kind=kind, target=target, every_seconds=90, timeout_seconds=2))
    assert (check.name, check.every_seconds, check.timeout) == ("api", 90, timedelta(seconds=2))
    assert repr(check).startswith(f"api: {repr_says}")
    assert "hunter2" not in repr(check)


def test_limits_that_were_left_empty_are_the_checks_own() -> None:
    inner = check_of(row(kind=Kind.CERTIFICATE, target="db:443", warning=30)).check  # type: ignore[attr-defined]  # a check that wraps another
    assert (inner.warning_days, inner.critical_days) == (30, 7)


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({"target": "db:5432"}, "target", "http:// or https://"),
        ({"target": "http://u:p@db/"}, "target", "user name or password"),
        ({"kind": Kind.TCP, "target": "http://db/"}, "target", "host and a port"),
        ({"kind": Kind.DATA, "target": "../x"}, "target", "AHGD_DATA_DIRS"),
        ({"statuses": "2xx"}, "statuses", "no status code"),
        ({"rules": {"colums": []}}, "rules", "no rule"),
        ({"name": "disk"}, "name", "of its own"),
        ({"warning": 5, "critical": 1}, "warning", "before it is critical"),
        ({"kind": Kind.CERTIFICATE, "target": "db", "warning": 1, "critical": 5}, "warning", "Days that are left"),
        ({"kind": Kind.CERTIFICATE, "target": "db", "warning": 5}, "warning", "critical from 7 on"),
        ({"warning": 10000}, "warning", "before it is critical"),
        ({"critical": 10}, "critical", "Now it warns from 1000 on"),
        ({"name": "application"}, "name", "of its own"),
        ({"name": "draining"}, "name", "of its own"),
        ({"rules": {"ranges": {"score": [0, 10**400]}, "colums": []}}, "rules", "no rule"),
    ],
)
def test_a_mistake_is_told_at_its_field(fields: dict[str, object], field: str, says: str) -> None:
    found = mistakes(row(**fields))
    assert list(found) == [field]
    assert says in found[field]


def test_a_row_without_a_mistake_has_none(settings: Settings, tmp_path: Path) -> None:
    settings.CONFIG = replace(settings.CONFIG, data_dirs=(tmp_path,))
    good = (
        row(),
        row(kind=Kind.TCP, target="[::1]:22", warning=1, critical=5),
        row(kind=Kind.CERTIFICATE, target="example.org", warning=30, critical=5),
        row(kind=Kind.DATA, target="2021/sa2*.parquet", rules={"rows": [1, None]}),
    )
    assert [mistakes(one) for one in good] == [{}, {}, {}, {}]


@pytest.mark.django_db
@pytest.mark.usefixtures("own_checks_only")
def test_it_runs_with_the_others_and_is_recorded(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/ok").respond_with_data("ok")
    row(target=httpserver.url_for("/ok"), timeout_seconds=60, warning=1e6, critical=1e6).save()
    run_and_record(NOW)
    state = HealthCheckState.objects.get(name="api")
    assert (state.status, state.metadata["status_code"]) == ("healthy", 200)
    assert state.checked_at is not None
    seen = {result.name: result.status for result in current(state.checked_at + timedelta(seconds=90)).results}
    assert seen["api"] is Status.HEALTHY


@pytest.mark.django_db
@pytest.mark.usefixtures("own_checks_only")
def test_it_runs_when_its_own_interval_is_over() -> None:
    row(kind=Kind.TCP, target="127.0.0.1:9", every_seconds=120).save()
    for seconds in (0, 30, 60, 120, 150):
        run_and_record(NOW + timedelta(seconds=seconds))
    assert HealthRecord.objects.filter(state__name="api").count() == 2


@pytest.mark.django_db
@pytest.mark.usefixtures("own_checks_only")
@pytest.mark.parametrize("is_deleted", [True, False])
def test_one_that_is_switched_off_or_deleted_leaves_no_result_for_rules(is_deleted: bool) -> None:
    one = row(kind=Kind.TCP, target="127.0.0.1:9")
    one.save()
    run_and_record(NOW)
    assert [result.status for result in feed.newest()] == ["critical"]
    if is_deleted:
        one.delete()
    else:
        one.enabled = False
        one.save()
    assert feed.newest() == []
    assert entered() == ()
    assert HealthRecord.objects.filter(state__name="api").count() == 2


@pytest.mark.parametrize("fields", [{"timeout_seconds": 1e15}, {"timeout_seconds": 3e11}, {"kind": "carrier pigeon"}])
def test_a_row_that_no_check_can_be_made_of_is_unknown_and_says_so(fields: dict[str, object]) -> None:
    check = check_of(row(**fields))
    finding = check.find(NOW)
    assert (check.name, finding.status) == ("api", Status.UNKNOWN)
    assert finding.message.startswith("Edit it in the admin, it cannot run as it is: ValueError: ")


@pytest.mark.parametrize(("field", "value"), [("timeout_seconds", 601), ("every_seconds", 86401)])
def test_a_limit_or_an_interval_that_is_too_long_is_refused(field: str, value: float) -> None:
    with pytest.raises(ValidationError, match="less than or equal to"):
        row(**{field: value}).clean_fields()


@pytest.mark.django_db
@pytest.mark.usefixtures("own_checks_only")
def test_one_that_is_switched_off_while_it_runs_stays_off(monkeypatch: pytest.MonkeyPatch) -> None:
    one = row(kind=Kind.TCP, target="127.0.0.1:9")
    one.save()

    def switch_off(results: object, *args: object, **kwargs: object) -> None:
        WatchedCheck.objects.get(pk=one.pk).delete()
        record(results, *args, **kwargs)

    monkeypatch.setattr(running, "record", switch_off)
    monkeypatch.setattr(running, "QUICK_SECONDS", 60.0)
    run_and_record(NOW)
    assert HealthCheckState.objects.get(name="api").retired_at is not None
    assert feed.newest() == []


@pytest.mark.django_db
def test_a_check_that_was_taken_out_of_the_settings_is_retired_when_nobody_runs_it(settings: Settings) -> None:
    settings.HEALTH_CHECKS = ()
    for minutes in (9, 11):
        finding = Finding(Status.CRITICAL, "down")
        record([Result(f"{minutes}_minutes", finding, 1, None)], NOW - timedelta(minutes=minutes))
    retire_gone((), NOW)
    assert [one.name for one in feed.newest()] == ["9_minutes"]
