from datetime import UTC, date, datetime
from datetime import time as clock
from pathlib import Path
from typing import Any

import pyarrow as arrow
import pytest
from pyarrow import parquet

from monitoring.health.data.parquet import Unreadable, problems
from monitoring.health.data.rules import Rules


def written(path: Path, columns: dict[str, list[object]], **options: object) -> Path:
    parquet.write_table(arrow.table(columns), path, **options)
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    columns = {"code": ["a", "b", "c", None], "score": [900.5, None, 1100.0, 1000.0], "year": [2016, 2021, 2021, 2021]}
    return written(tmp_path / "seifa.parquet", columns, row_group_size=2)


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        ({}, []),
        ({"columns": ["code", "sa2"]}, ["column sa2 is missing"]),
        ({"rows": [5, None]}, ["4 rows, at least 5 expected"]),
        ({"rows": [None, 3]}, ["4 rows, at most 3 expected"]),
        ({"nulls": {"score": 0.25, "year": 0}}, []),
        ({"nulls": {"score": 0.2}}, ["25.0% of score is null, at most 20.0% expected"]),
        ({"ranges": {"score": [900, 1100]}}, []),
        ({"ranges": {"score": [901, None]}}, ["score begins at 900.5, expected from 901"]),
        ({"ranges": {"score": [None, 1000]}}, ["score goes up to 1100.0, expected up to 1000"]),
        ({"ranges": {"code": ["a", "b"]}}, ["code goes up to c, expected up to b"]),
        ({"unique": ["code"]}, []),
        ({"unique": ["year"]}, ["2 rows repeat the key year"]),
        ({"unique": ["code", "year"]}, []),
        ({"unique": ["sa2"]}, ["column sa2 is missing"]),
    ],
)
@pytest.mark.parametrize("with_statistics", [True, False])
def test_each_rule_is_held_against_the_file(
    file: Path, rules: dict[str, object], found: list[str], with_statistics: bool
) -> None:
    if not with_statistics:
        parquet.write_table(parquet.read_table(file), file, write_statistics=False)
    assert problems(file, Rules.parse(rules)) == found


def test_what_the_footer_tells_is_not_read(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **options: object) -> None:
        raise AssertionError("a column was read")

    monkeypatch.setattr(parquet.ParquetFile, "read_row_group", refuse)
    monkeypatch.setattr(parquet.ParquetFile, "read", refuse)
    rules = {"rows": [1, 9], "nulls": {"score": 0.5, "code": 0.5}, "ranges": {"score": [0, 2000], "year": [2011, None]}}
    assert problems(file, Rules.parse(rules)) == []


def test_dates_have_bounds_as_people_write_them(tmp_path: Path) -> None:
    path = written(tmp_path / "d.parquet", {"day": [date(2020, 1, 1), date(2021, 6, 30)]})
    assert problems(path, Rules.parse({"ranges": {"day": ["2020-01-01", "2021-12-31"]}})) == []
    (problem,) = problems(path, Rules.parse({"ranges": {"day": ["2020-02-01", None]}}))
    assert problem == "day begins at 2020-01-01, expected from 2020-02-01"


def test_bounds_of_another_kind_are_told(tmp_path: Path) -> None:
    path = written(tmp_path / "k.parquet", {"code": ["a"]})
    (problem,) = problems(path, Rules.parse({"ranges": {"code": [0, 5]}}))
    assert "have no order among 0 and 5" in problem


def test_a_column_of_nothing_but_nulls_breaks_only_its_share(tmp_path: Path) -> None:
    path = written(tmp_path / "n.parquet", {"x": [None, None], "y": [1, 2]})
    rules = {"ranges": {"x": [0, 1]}, "nulls": {"x": 0.5}}
    assert problems(path, Rules.parse(rules)) == ["100.0% of x is null, at most 50.0% expected"]


def test_a_file_without_rows_has_no_shares(tmp_path: Path) -> None:
    path = written(tmp_path / "e.parquet", {"x": arrow.array([], arrow.int64())})
    assert problems(path, Rules.parse({"nulls": {"x": 0}, "ranges": {"x": [0, 1]}})) == ["0 rows, at least 1 expected"]


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + b"\x00" * 100 + b"PAR1", b"no parquet at all"])
def test_a_damaged_file_is_unreadable(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.parquet"
    path.write_bytes(content)
    with pytest.raises(Unreadable):
        problems(path, Rules())


MOMENTS = [datetime(2021, 6, 29, 23, tzinfo=UTC), datetime(2021, 6, 30, 12, tzinfo=UTC)]


@pytest.mark.parametrize("values", [MOMENTS, [moment.replace(tzinfo=None) for moment in MOMENTS]])
@pytest.mark.parametrize(
    ("bounds", "is_kept"),
    [
        (["2021-06-29", "2021-06-30"], True),
        (["2021-06-30", None], False),
        ([None, "2021-06-29"], False),
        (["2021-06-29T23:00:00Z", "2021-06-30 12:00"], True),
        (["2021-06-30T00:30:00+02:00", "2021-06-30T22:00:00+10:00"], True),
        (["2021-06-29T23:00:01Z", None], False),
        ([None, "2021-06-30T11:59:59.5"], False),
    ],
)
def test_times_have_bounds_of_days_and_of_moments(
    values: list[datetime], bounds: list[str | None], is_kept: bool, tmp_path: Path
) -> None:
    path = written(tmp_path / "t.parquet", {"at": values})
    assert (problems(path, Rules.parse({"ranges": {"at": bounds}})) == []) is is_kept


@pytest.mark.parametrize(("bounds", "is_kept"), [(["09:00", "17:30:00"], True), (["09:00:01", None], False)])
def test_times_of_day_have_bounds(bounds: list[str | None], is_kept: bool, tmp_path: Path) -> None:
    path = written(tmp_path / "t.parquet", {"opens": [clock(9), clock(17, 30)]})
    assert (problems(path, Rules.parse({"ranges": {"opens": bounds}})) == []) is is_kept


def test_a_bound_that_is_no_time_says_so(tmp_path: Path) -> None:
    path = written(tmp_path / "t.parquet", {"at": MOMENTS})
    (problem,) = problems(path, Rules.parse({"ranges": {"at": ["soon", None]}}))
    assert "have no order among 'soon' and None" in problem


@pytest.mark.parametrize("values", [["a", "c", None], [1, 3, None]])
def test_a_column_of_categories_has_the_range_of_its_values(values: list[Any], tmp_path: Path) -> None:
    path = written(tmp_path / "c.parquet", {"state": arrow.array(values).dictionary_encode()})
    low, high = values[0], values[1]
    assert problems(path, Rules.parse({"ranges": {"state": [low, high]}})) == []
    assert problems(path, Rules.parse({"ranges": {"state": [None, low]}})) == [
        f"state goes up to {high}, expected up to {low}"
    ]
