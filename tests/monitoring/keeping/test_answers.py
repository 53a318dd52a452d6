from datetime import timedelta

import pytest

from monitoring import series
from monitoring.clock import from_ms
from tests.monitoring.keeping.frames import START_MS, gauges, key, write

pytestmark = pytest.mark.django_db
START = from_ms(START_MS)
DAY = timedelta(days=1)


def test_answers_are_a_table_of_pandas() -> None:
    write(*gauges(key(ward="a"), 1))
    table = series.table(series.window("avg", "beds", START, START + DAY))
    assert table.to_dict("records") == [{"ward": "a", "metric": "beds", "value": 1.0}]
