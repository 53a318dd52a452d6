import pytest

from monitoring import series
from monitoring.models import Kind
from monitoring.samples import Sample, SeriesKey
from monitoring.storage import Storage

pytestmark = pytest.mark.django_db
KEY = SeriesKey("cpu_usage_percent", (("instance", "a"),), Kind.GAUGE)


def write(values: list[float], step_ms: int = 1000) -> None:
    Storage().write([Sample(KEY, index * step_ms, value) for index, value in enumerate(values)])


def test_points_are_in_time_order_and_within_the_range() -> None:
    write([1, 2, 3, 4])
    (found,) = series.points("cpu_usage_percent", 1000, 2000)
    assert (found.at_ms, found.values, found.tags) == ([1000, 2000], [2, 3], {"instance": "a"})


def test_a_series_without_points_in_the_range_is_left_out() -> None:
    write([1, 2])
    assert series.points("cpu_usage_percent", 10_000, 20_000) == []


def test_many_points_are_thinned_and_spikes_survive() -> None:
    values = [10.0] * 10_000
    values[7321], values[1234] = 99.0, -5.0
    write(values)
    (found,) = series.points("cpu_usage_percent", 0, 10_000_000, most=300)
    assert len(found.values) <= 300
    assert max(found.values) == 99
    assert min(found.values) == -5
    assert found.at_ms == sorted(found.at_ms)


def test_latest_of_an_unknown_metric_is_nothing() -> None:
    assert series.latest("nobody_knows") == []


def test_newest_gives_the_latest_value_by_fingerprint() -> None:
    write([1, 2])
    (subject,) = series.subjects().values()
    ((found, fresh),) = series.newest([subject.fingerprint])
    assert found == subject
    assert fresh[2] == 2
