from datetime import timedelta

import pytest

from monitoring import series
from monitoring.clock import from_ms
from monitoring.models import Metric
from tests.monitoring.keeping.frames import START_MS, gauges, key, write

pytestmark = pytest.mark.django_db
START = from_ms(START_MS)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def test_tags_narrow_a_range_to_one_series_or_some() -> None:
    for ward, floor in (("a", "1"), ("b", "1"), ("c", "2")):
        write(*gauges(key(ward=ward, floor=floor), 1))
    assert len(series.ranges("beds", START, START + HOUR, MINUTE)) == 3
    assert len(series.ranges("beds", START, START + HOUR, MINUTE, {"floor": "1"})) == 2
    (found,) = series.ranges("beds", START, START + HOUR, MINUTE, {"ward": "b", "floor": "1"})
    assert found.tags == {"ward": "b", "floor": "1"}
    assert series.ranges("beds", START, START + HOUR, MINUTE, {"ward": "x"}) == []


def test_series_are_found_by_words_in_name_help_and_tags() -> None:
    write(*gauges(key(ward="Ärzte"), 1), *gauges(key(name="load", ward="b"), 1, from_ms=START_MS + 5))
    Metric.objects.filter(name="load").update(help="Work that waits.")
    assert [one.tags["ward"] for one in series.search("BED ärz")] == ["Ärzte"]
    assert [one.metric for one in series.search("waits")] == ["load"]
    assert [one.metric for one in series.search("ward=")] == ["load", "beds"]  # heard of last, first
    assert series.search("ward=", most=1)[0].metric == "load"
    assert series.search("beds waits") == []


def test_latest_is_only_of_series_that_have_a_value() -> None:
    write(*gauges(key(ward="a"), 1, 4))
    (found,) = series.latest("beds")
    assert (found.value, found.tags, found.at_ms) == (4, {"ward": "a"}, START_MS + 15_000)
    assert series.latest("beds", since_ms=START_MS + 15_001) == []


def test_tags_find_every_series_that_has_them_also_beside_one_that_has_no_others() -> None:
    write(*gauges(key(ward="a", bed="1"), 1))
    before = series.window("avg", "beds", START, START + HOUR, {"ward": "a"})
    write(*gauges(key(ward="a"), 1))
    found = [answer.about.tags for answer in series.window("avg", "beds", START, START + HOUR, {"ward": "a"})]
    assert before[0].about.tags in found
    assert {"ward": "a"} in found
