from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from monitoring.health import count_again, exclude
from monitoring.models import ExcludedInterval

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def kept() -> list[tuple[datetime, datetime, str]]:
    return list(ExcludedInterval.objects.order_by("start").values_list("start", "end", "reason"))


def test_an_interval_is_kept_with_its_reason() -> None:
    exclude(NOW, NOW + HOUR, "Upgrade of the database", "maintenance:12")
    assert kept() == [(NOW, NOW + HOUR, "Upgrade of the database")]


def test_an_interval_that_is_written_again_is_corrected() -> None:
    exclude(NOW, NOW + HOUR, "Upgrade", "maintenance:12")
    exclude(NOW, NOW + 2 * HOUR, "Longer upgrade", "maintenance:12")
    assert kept() == [(NOW, NOW + 2 * HOUR, "Longer upgrade")]


def test_an_interval_that_ends_where_it_began_is_taken_back() -> None:
    exclude(NOW, NOW + HOUR, "Upgrade", "maintenance:12")
    exclude(NOW, NOW, "Upgrade", "maintenance:12")
    assert kept() == []


def test_two_sources_exclude_the_same_time() -> None:
    exclude(NOW, NOW + HOUR, "Upgrade", "maintenance:12")
    exclude(NOW, NOW + HOUR, "Move", "maintenance:13")
    exclude(NOW, NOW + HOUR, "Move of one", "maintenance:13", checks=["disk"])
    assert len(kept()) == 3


def test_what_is_taken_back_is_cut_where_it_had_begun() -> None:
    exclude(NOW - HOUR, NOW + HOUR, "Begun", "maintenance:12")
    exclude(NOW + HOUR, NOW + 2 * HOUR, "To come", "maintenance:12")
    exclude(NOW + HOUR, NOW + 2 * HOUR, "Of another", "maintenance:13")
    assert count_again("maintenance:12", NOW) == 2
    assert kept() == [(NOW - HOUR, NOW, "Begun"), (NOW + HOUR, NOW + 2 * HOUR, "Of another")]


def test_the_database_refuses_an_interval_that_ends_before_it_starts() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ExcludedInterval.objects.create(start=NOW, end=NOW - HOUR, reason="x", source="y")


def test_what_is_noted_is_not_written_again(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    checks = [f"service {number}" for number in range(50)]
    exclude(NOW, NOW + HOUR, "Upgrade", "maintenance:12", checks=checks)
    with django_assert_num_queries(1):
        exclude(NOW, NOW + HOUR, "Upgrade", "maintenance:12", checks=checks)
    assert ExcludedInterval.objects.count() == 50
