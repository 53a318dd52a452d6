import pytest

from alerts.cases.notation import (
    MOST_VALUES,
    Named,
    NotationRefused,
    Value,
    read_line,
    read_lines,
    read_series,
    read_values,
)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("50", [50]),
        ("50x2", [50, 50, 50]),
        ("1+2x3", [1, 3, 5, 7]),
        ("-2+4x3", [-2, 2, 6, 10]),
        ("1-2x4", [1, -1, -3, -5, -7]),
        ("1 _x3 5 stale _", [1, None, None, None, 5, None, None]),
        ("1e3 .5 -0.25", [1000, 0.5, -0.25]),
    ],
)
def test_values_are_read_as_promtool_reads_them(text: str, values: list[Value]) -> None:
    assert list(read_values(text)) == values


def test_a_health_check_says_words() -> None:
    line = read_line("check:database healthyx1 critical _ unknown")
    assert line.named == Named("database", is_check=True)
    assert line.values == ("healthy", "healthy", "critical", None, "unknown")


def test_labels_may_hold_anything_in_quotes() -> None:
    named = read_series(r'cpu{path="C:\\x {1}", said="a \"b\""}')
    assert named.tags == {"path": "C:\\x {1}", "said": 'a "b"'}
    assert read_series(str(named)) == named
    assert read_line(f"{named} 1 2").named == named


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("cpu", "no series with values"),
        ("cpu 5y3", "no value"),
        ("cpu 5+3", "how often"),
        ('cpu{a="1" b="2"} 5', "no label"),
        ('cpu{a="1",a="2"} 5', "no label"),
        ("check:database 5", "no status"),
        ("cpu 1x9999999", f"more than {MOST_VALUES:,}"),
        ("cpu 1e999", "too large"),
        ("cpu " + "1" * 100_000 + "e", "too long"),
        ("cpu 1\ncpu 2", "line 2: cpu is there twice"),
        (" \n", "no series"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(text: str, part: str) -> None:
    with pytest.raises(NotationRefused, match=part.replace("+", r"\+")):
        read_lines(text)
