"""A copy that somebody made up, or damaged, is refused with the reason; nothing of the sample at fault is stored."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from monitoring.keeping import copies
from monitoring.keeping.parquet import SCHEMA
from monitoring.models import Metric, MetricChunk
from tests.monitoring.keeping.copied import take
from tests.monitoring.keeping.frames import START_MS

pytestmark = pytest.mark.django_db
SOUND: dict[str, Any] = {
    **dict.fromkeys(("unit", "category", "help"), ""),
    "metric": "beds",
    "tags": "{}",
    "kind": "gauge",
    "resolution_seconds": 0,
    "at": START_MS,
    "value": 1.0,
}
NAMED = '# HELP beds {"metric": "beds", "kind": "gauge", "unit": "", "category": "", "help": null}\n'
DEEP = "[" * 100_000


def parquet(path: Path, row: dict[str, Any]) -> Path:
    columns = {}
    for field in SCHEMA:
        is_text = pa.types.is_dictionary(field.type)
        column = pa.array([row.get(field.name)], pa.string() if is_text else field.type)
        columns[field.name] = column.dictionary_encode() if is_text else column
    pq.write_table(pa.table(columns, schema=SCHEMA), path)
    return path


def test_a_sound_row_is_taken(tmp_path: Path) -> None:
    assert take(parquet(tmp_path / "copy", SOUND), copies.PARQUET) == 1


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"metric": None}, "no name of a metric"),
        ({"metric": ""}, "no name of a metric"),
        ({"metric": "x" * 201}, "no name of a metric"),
        ({"metric": "a\0b"}, "no name of a metric"),
        ({"tags": None}, "no JSON"),
        ({"tags": "[1]"}, "no JSON object"),
        ({"tags": DEEP}, "no JSON"),
        ({"kind": "nope"}, "not a valid Kind"),
        ({"unit": None}, "the unit of beds"),
        ({"unit": "u" * 33}, "the unit of beds is no text of at most 32"),
        ({"category": "c" * 65}, "the category of beds"),
        ({"help": "\0"}, "the help of beds"),
        ({"resolution_seconds": 7}, "not a valid Resolution"),
        ({"at": 10**17}, "not of 1900-01-01 to 9000-01-01"),
        ({"at": -(10**17)}, "not of 1900-01-01 to 9000-01-01"),
        ({"value": None}, "no finite number"),
        ({"count": -5}, "a count that is not"),
        ({"count": 2**62}, "a count that is not"),
        ({"total": float("inf")}, "infinite"),
        ({"minimum": float("-inf")}, "infinite"),
    ],
)
def test_a_row_that_no_export_writes_is_refused(wrong: dict[str, Any], why: str, tmp_path: Path) -> None:
    with pytest.raises(copies.NotCopied, match=why):
        take(parquet(tmp_path / "copy", SOUND | wrong), copies.PARQUET)
    assert not MetricChunk.objects.exists()
    assert not Metric.objects.exists()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("beds 1 99999999999999999999.0\n", "line 1 .* is no time from 1900"),
        ("beds 1 99999999999999.0\n", "is no time"),
        ('beds 1 1.0\nbeds{ahgd_column="nope"} 1 1.0\n', "line 2 .* no column is called nope"),
        ('beds 1 1.0\nbeds{ahgd_column="count"} 1e300 1.0\n', "no sample counts 1e300"),
        ('beds{ahgd_tags="[1]"} 1 1.0\n', "no JSON object"),
        (f'beds{{ahgd_tags="{DEEP}"}} 1 1.0\n', "no JSON"),
        ("# HELP beds []\n", "no JSON object"),
        (f"{NAMED}beds 1 1.0\n", "the help of beds is no text"),
        (f"{'x' * 201} 1 1.0\n", "no name of a metric"),
    ],
)
def test_a_line_that_no_export_writes_is_refused(text: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "copy").write_text(text)
    with pytest.raises(copies.NotCopied, match=why):
        take(tmp_path / "copy", copies.OPENMETRICS)
    assert not MetricChunk.objects.exists()
