from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.views.ranges import PRESETS, RangeRefused, default_range, parse_range

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "back"),
    [
        ("now-90s", timedelta(seconds=90)),
        ("now-15m", timedelta(minutes=15)),
        ("now-6h", timedelta(hours=6)),
        ("now-7d", timedelta(days=7)),
        ("now-2w", timedelta(weeks=2)),
    ],
)
def test_a_relative_time_counts_back_from_now(text: str, back: timedelta) -> None:
    found = parse_range(text, "now", NOW)
    assert (found.start, found.end) == (NOW - back, NOW)


@pytest.mark.parametrize(
    "text", ["2026-03-01T11:00", "2026-03-01T11:00:00Z", "2026-03-01T22:00:00+11:00", "1772362800000"]
)
def test_an_absolute_time_is_iso_8601_or_milliseconds_and_utc_unless_it_says_otherwise(text: str) -> None:
    assert parse_range(text, "now", NOW).start == NOW - timedelta(hours=1)


@pytest.mark.parametrize(
    ("start", "end", "why"),
    [
        ("yesterday", "now", "'yesterday' is not a time"),
        ("", "now", "'' is not a time"),
        ("now-1h", "now-2h", "has to begin"),
        ("now", "now", "at least 10 seconds"),
        ("now-99999w", "now", "longer than 400 days"),
        ("999999999999999", "now", "not a time"),
        ("now-500d", "now", "longer than 400 days"),
        ("now", "2026-03-02T12:00:01", "more than a day ahead"),
        ("9999-12-31T23:00", "9999-12-31T23:59:59.9999", "more than a day ahead"),
        ("now-1h'; DROP TABLE", "now", "not a time"),
        ("\u0661\u0662", "now", "not a time"),
    ],
)
def test_what_is_no_sensible_range_is_refused_with_the_reason(start: str, end: str, why: str) -> None:
    with pytest.raises(RangeRefused, match=why):
        parse_range(start, end, NOW)


@given(st.text(), st.text())
def test_any_text_is_either_a_range_or_refused(start: str, end: str) -> None:
    try:
        found = parse_range(start, end, NOW)
    except RangeRefused:
        return
    assert found.start_ms < found.end_ms


def test_the_last_hour_is_the_default() -> None:
    assert default_range(NOW).preset == "1h"


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_is_known_again(preset: str) -> None:
    assert parse_range(f"now-{preset}", "now", NOW).preset == preset


def test_a_range_that_ended_is_no_preset() -> None:
    assert parse_range("now-1h", "now-15m", NOW).preset is None
