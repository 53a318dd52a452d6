from datetime import UTC, datetime, timedelta

import pytest

from monitoring.clock import to_ms
from monitoring.views.tiles import SPARK_HEIGHT, SPARK_WIDTH, TILES, tile
from tests.monitoring.readings import record

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CPU, _, DISK = TILES
pytestmark = pytest.mark.django_db


def hour(value_at_start: float, value_at_end: float) -> dict[datetime, float]:
    """A reading each minute of the last hour, the first half at one value, the second at another."""
    return {NOW - timedelta(minutes=minutes): value_at_end if minutes < 30 else value_at_start for minutes in range(61)}


def test_a_tile_shows_the_newest_reading_and_whose_it_is() -> None:
    record("cpu_usage_percent", {NOW - timedelta(seconds=5): 42.34}, instance="web")
    shown = tile(CPU, NOW)
    assert (shown["level"], shown["text"], shown["detail"]) == ("ok", "42.3 %", "web")


def test_a_metric_that_was_never_recorded_has_no_data() -> None:
    shown = tile(CPU, NOW)
    assert (shown["level"], shown["text"], shown["at"], shown["spark"]) == ("unknown", "no data", None, "")


def test_a_reading_older_than_five_minutes_is_no_data_but_its_time_is_told() -> None:
    at = NOW - timedelta(minutes=6)
    record("cpu_usage_percent", {at: 42.0}, instance="web")
    shown = tile(CPU, NOW)
    assert (shown["level"], shown["at"]) == ("unknown", to_ms(at))


def test_of_several_series_the_highest_is_shown() -> None:
    record("disk_usage_percent", {NOW: 20.0}, instance="web", mount="/")
    record("disk_usage_percent", {NOW: 70.0}, instance="web", mount="/data")
    shown = tile(DISK, NOW)
    assert (shown["text"], shown["detail"]) == ("70.0 %", "/data, highest of 2")


def test_a_series_that_fell_silent_does_not_count() -> None:
    record("disk_usage_percent", {NOW: 20.0}, instance="web", mount="/")
    record("disk_usage_percent", {NOW - timedelta(hours=2): 99.0}, instance="web", mount="/gone")
    assert tile(DISK, NOW)["text"] == "20.0 %"


@pytest.mark.parametrize(
    ("before", "after", "said", "trend"),
    [
        (40.0, 52.0, "+12.0 in 1 h", "up"),
        (52.0, 40.0, "\N{MINUS SIGN}12.0 in 1 h", "down"),
        (40.0, 40.2, "steady for 1 h", "flat"),
    ],
)
def test_the_change_compares_with_an_hour_ago(before: float, after: float, said: str, trend: str) -> None:
    record("cpu_usage_percent", hour(before, after), instance="web")
    shown = tile(CPU, NOW)
    assert (shown["change"], shown["trend"]) == (said, trend)


def test_without_readings_of_an_hour_ago_no_change_is_told() -> None:
    record("cpu_usage_percent", {NOW - timedelta(minutes=2): 1.0, NOW: 90.0}, instance="web")
    assert tile(CPU, NOW)["change"] == ""


def test_the_sparkline_stays_inside_its_box() -> None:
    record("cpu_usage_percent", hour(3.0, 97.0), instance="web")
    points = [tuple(map(float, point.split(","))) for point in tile(CPU, NOW)["spark"].split()]
    assert len(points) > 10
    assert all(0 <= x <= SPARK_WIDTH and 0 <= y <= SPARK_HEIGHT for x, y in points)
