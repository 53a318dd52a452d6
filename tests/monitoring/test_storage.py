import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from monitoring import series
from monitoring.models import Kind, Metric, MetricSnapshot, Series
from monitoring.recorder import Recorder
from monitoring.samples import Sample, SeriesKey, sorted_tags
from monitoring.storage import Storage
from monitoring.tracking import timed

DATABASE = pytest.mark.django_db


def sample(name: str, value: float, at_ms: int = 1000, **tags: str) -> Sample:
    return Sample(SeriesKey(name, sorted_tags(tags), Kind.GAUGE, "test"), at_ms, value)


@DATABASE
def test_samples_become_snapshots_and_latest_values() -> None:
    written = Storage().write([sample("cpu_usage_percent", 12.5, 1000), sample("cpu_usage_percent", 14.0, 2000)])
    assert written == 2
    assert list(MetricSnapshot.objects.order_by("at").values_list("at", "value")) == [(1000, 12.5), (2000, 14.0)]
    (latest,) = series.latest("cpu_usage_percent")
    assert (latest.value, latest.at_ms) == (14.0, 2000)


@DATABASE
def test_a_metric_of_the_catalogue_brings_its_unit_and_help() -> None:
    Storage().write([sample("cpu_usage_percent", 1)])
    metric = Metric.objects.get()
    assert (metric.unit, metric.category) == ("percent", "system")
    assert metric.help


@DATABASE
def test_a_metric_that_an_application_made_up_keeps_its_category() -> None:
    Storage().write([sample("user_login", 1)])
    assert Metric.objects.get().category == "test"


@DATABASE
def test_each_set_of_tags_is_a_series_of_its_own() -> None:
    storage = Storage()
    storage.write([sample("disk_usage_percent", 1, mount="/"), sample("disk_usage_percent", 2, mount="/data")])
    storage.write([sample("disk_usage_percent", 3, mount="/")])
    assert {(row.tags["mount"], row.last_value) for row in Series.objects.all()} == {("/", 3.0), ("/data", 2.0)}


@DATABASE
def test_a_late_sample_is_kept_and_does_not_become_the_latest() -> None:
    storage = Storage()
    storage.write([sample("cpu_usage_percent", 50, 2000)])
    storage.write([sample("cpu_usage_percent", 10, 1000)])
    assert MetricSnapshot.objects.count() == 2
    assert series.latest("cpu_usage_percent")[0].value == 50


@DATABASE
def test_series_that_another_process_made_are_found() -> None:
    Storage().write([sample("cpu_usage_percent", 1)])
    Storage().write([sample("cpu_usage_percent", 2, 2000)])
    assert Series.objects.count() == 1


@DATABASE
def test_known_series_cost_no_look_up() -> None:
    storage = Storage()
    storage.write([sample("cpu_usage_percent", 1)])
    with CaptureQueriesContext(connection) as queries:
        storage.write([sample("cpu_usage_percent", 2, 2000)])
    selected = [query["sql"] for query in queries if query["sql"].startswith("SELECT")]
    assert not [sql for sql in selected if Series._meta.db_table in sql]


@DATABASE
def test_nothing_to_write_touches_no_database(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        assert Storage().write([]) == 0


@pytest.mark.django_db(transaction=True)
def test_a_series_that_was_deleted_meanwhile_begins_anew() -> None:
    storage = Storage()
    storage.write([sample("cpu_usage_percent", 1)])
    Series.objects.all().delete()
    storage.write([sample("cpu_usage_percent", 2, 2000)])
    assert series.latest("cpu_usage_percent")[0].value == 2


@DATABASE
def test_a_time_ahead_of_the_clock_counts_as_now() -> None:
    storage = Storage()
    storage.write([sample("cpu_usage_percent", 5, 90_000_000)], now_ms=10_000)
    storage.write([sample("cpu_usage_percent", 99, 20_000)], now_ms=20_000)
    (latest,) = series.latest("cpu_usage_percent")
    assert (latest.value, latest.at_ms) == (99, 20_000)


@DATABASE
def test_a_latest_value_of_the_future_gives_way_once_the_clock_is_right() -> None:
    storage = Storage()
    storage.write([sample("cpu_usage_percent", 5, 90_000_000)], now_ms=90_000_000)
    storage.write([sample("cpu_usage_percent", 99, 20_000)], now_ms=20_000)
    assert series.latest("cpu_usage_percent")[0].value == 99


@DATABASE
def test_tags_that_are_no_text_for_a_database_are_stored_all_the_same() -> None:
    Storage().write([sample("page_views", 1, page="a\0b\udcff" + "x" * 1000)])
    assert Series.objects.get().tags["page"].startswith("a\N{REPLACEMENT CHARACTER}b?xxx")


@DATABASE
def test_a_limit_that_people_edit_counts_from_the_next_flush_on_though_no_series_is_new() -> None:
    recorder = Recorder(None, Storage())
    recorder.storage.limits = recorder.limits
    work = timed("work_seconds", {"ward": "B"}, recorder=recorder)
    measured = work(lambda: None)
    timed("work_seconds", {"ward": "A"}, recorder=recorder).record(1)
    recorder.flush()
    for most, expected in ((1, {"A", "overflow"}), (None, {"A", "overflow", "B"})):
        Metric.objects.filter(name="work_seconds").update(most_series=most)
        recorder.flush()  # nothing waits, so it is the flush after that notices
        timed("work_seconds", {"ward": "A"}, recorder=recorder).record(1)
        recorder.flush()
        measured()
        recorder.flush()
        assert {row.tags.get("ward", "overflow") for row in Series.objects.all()} == expected
