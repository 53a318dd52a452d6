"""Values and calls recorded up to now, and what a window over them answers."""

from datetime import UTC, datetime, timedelta

from alerts.conditions import Facts, cycle_facts, metric_facts, parse
from alerts.windows import Windows
from monitoring.clock import to_ms
from monitoring.models import Kind
from monitoring.samples import Sample, SeriesKey, sorted_tags
from monitoring.sketch import sketch_of
from monitoring.storage import Storage

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def store(
    name: str, values: list[float], kind: Kind = Kind.GAUGE, step: int = 60, ends_before: int = 0, **tags: str
) -> None:
    """Values a step apart, the last of them now, or that many seconds before."""
    key = SeriesKey(name, sorted_tags(tags), kind)
    first = NOW - timedelta(seconds=step * (len(values) - 1) + ends_before)
    times = [to_ms(first + timedelta(seconds=step * index)) for index in range(len(values))]
    Storage().write([Sample(key, at, value) for at, value in zip(times, values, strict=True)])


def answer(call: str, facts: Facts | None = None) -> float | None:
    (question,) = parse(f"{call} > 0").questions
    windows = Windows(to_ms(NOW))
    return windows.read(question, facts or cycle_facts(timestamp=NOW.timestamp(), windows=windows))


def of(name: str, **tags: str) -> Facts:
    return metric_facts(name=name, value=0.0, timestamp=NOW.timestamp(), tags=tags)


def store_calls(calls: list[list[float]], name: str = "db_query_duration_seconds", **tags: str) -> None:
    """Snapshots of a timing a second apart, the last of them now, each of these calls."""
    key = SeriesKey(name, sorted_tags(tags), Kind.TIMING)
    Storage().write(
        [
            Sample(
                key,
                to_ms(NOW) - 1000 * (len(calls) - 1 - place),
                max(seconds),
                count=len(seconds),
                total=sum(seconds),
                minimum=min(seconds),
                maximum=max(seconds),
                sketch=sketch_of(seconds),
            )
            for place, seconds in enumerate(calls)
        ],
        to_ms(NOW),
    )
