"""The series of a case as if they had been recorded: what the evaluator asks of the database, asked of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from alerts.cases.notation import Line, Named, Value
from alerts.replay.history import History
from monitoring import series
from monitoring.health.feed import Result
from monitoring.series import Fresh, Kind, Row, Stretch, Subject, to_ms

START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Stage:
    """``steps`` intervals from ``start`` on."""

    interval_seconds: int
    steps: int
    start: datetime = START
    history: History = field(default_factory=History)
    _samples: dict[int, list[Fresh]] = field(default_factory=dict)

    @classmethod
    def of_lines(cls, lines: Sequence[Line], interval_seconds: int) -> "Stage":
        stage = cls(interval_seconds, max(len(line.values) for line in lines))
        for series_id, line in enumerate(lines, 1):
            if line.named.is_check:
                stage._say(line)
            else:
                stage._record(series_id, line)
        stage.history.results.sort(key=lambda result: result.at)
        return stage

    def subjects(self) -> Iterator[Subject]:
        return (tape.subject for tape in self.history.by_fingerprint.values())

    def samples_at(self, at_ms: int) -> Sequence[Fresh]:
        return self._samples.get(at_ms, ())

    def _say(self, line: Line) -> None:
        self.history.results += [
            Result(line.named.name, status, "", 0.0, {}, self._at(step))
            for step, status in enumerate(line.values)
            if isinstance(status, str)
        ]

    def _record(self, series_id: int, line: Line) -> None:
        kind, found = kind_of(line.named.name), subject_of(line.named)
        subject = Subject(series_id, found.name, found.category, found.tags, found.fingerprint)
        rows = [
            _row(series_id, to_ms(self._at(step)), value, kind)
            for step, value in enumerate(_increments(line.values) if kind == Kind.COUNTER else line.values)
            if isinstance(value, float)
        ]
        for row in rows:
            self._samples.setdefault(row[series.AT], []).append((series_id, row[series.AT], row[series.VALUE]))
        self.history.add(Stretch(series_id, subject.name, kind, subject.tags, rows), subject)

    def _at(self, step: int) -> datetime:
        return self.start + timedelta(seconds=step * self.interval_seconds)


def subject_of(named: Named) -> Subject:
    return series.subject(named.name, "", dict(named.tags))


def fingerprint_of(named: Named) -> str:
    """What names the subject in states and alerts."""
    return str(named) if named.is_check else subject_of(named).fingerprint


def kind_of(metric: str) -> Kind:
    """Of a metric that nobody knows what Prometheus' convention says of its name."""
    return series.kind_of(metric) or (Kind.COUNTER if metric.endswith("_total") else Kind.GAUGE)


def _increments(values: Sequence[Value]) -> Iterator[Value]:
    """Cumulative values as what they grew by, a smaller one being a counter that began again."""
    before: float | None = None
    for value in values:
        if not isinstance(value, float):
            yield None
            continue
        yield None if before is None else value - before if value >= before else value
        before = value


def _row(series_id: int, at_ms: int, value: float, kind: Kind) -> Row:
    """Of a timing each value is one call."""
    summary = (1, value, value, value) if kind == Kind.TIMING else (None, None, None, None)
    return (series_id, at_ms, value, *summary, None)
