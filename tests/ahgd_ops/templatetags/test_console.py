from datetime import UTC, datetime, timedelta

import pytest

from ahgd_ops.templatetags.console import LEVEL_WORDS, ago, mark, moment, reading, span

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("back", "said"),
    [
        (timedelta(seconds=-3), "just now"),
        (timedelta(seconds=4), "just now"),
        (timedelta(seconds=59), "59 s ago"),
        (timedelta(minutes=59), "59 min ago"),
        (timedelta(hours=47), "47 h ago"),
        (timedelta(days=2), "2 d ago"),
    ],
)
def test_a_time_is_told_as_people_do(back: timedelta, said: str) -> None:
    assert ago(NOW - back, NOW) == said


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(seconds=-1), "0 s"),
        (timedelta(seconds=45), "45 s"),
        (timedelta(minutes=12), "12 min"),
        (timedelta(hours=3), "3 h"),
        (timedelta(hours=3, minutes=20), "3 h 20 min"),
        (timedelta(days=5), "5 d"),
        (timedelta(days=5, hours=2), "5 d 2 h"),
    ],
)
def test_a_length_is_told_in_two_units_at_most(length: timedelta, said: str) -> None:
    assert span(length) == said


def test_a_moment_is_exact_on_hover_whether_it_came_as_a_time_or_as_milliseconds() -> None:
    for at in (NOW, NOW.timestamp() * 1000):
        assert 'datetime="2026-03-01T12:00:00Z" title="2026-03-01 12:00:00 UTC"' in str(moment(at))


def test_what_never_was_is_said_so() -> None:
    assert moment(None) == "never"


def test_a_reading_has_as_many_figures_as_people_compare() -> None:
    assert [reading(value) for value in (92.123456, 0.000123456, 5.0)] == ["92.12", "0.0001235", "5"]


@pytest.mark.parametrize("level", LEVEL_WORDS)
def test_a_state_is_never_told_by_its_look_alone(level: str) -> None:
    assert f'<span class="visually-hidden">{LEVEL_WORDS[level]}</span>' in mark(level, LEVEL_WORDS[level])
