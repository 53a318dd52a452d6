"""What a recorder tells of itself: how long its flushes take, and what it could not keep."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from monitoring.kinds import Kind
from monitoring.recorder import Recorder
from monitoring.samples import Sample, SeriesKey, sorted_tags


@dataclass(slots=True)
class RecorderSampler:
    """Asked at each flush. Counts are told as their increase, so that processes add up."""

    recorder: Recorder
    instance: str
    _told: dict[SeriesKey, int] = field(default_factory=dict, init=False)
    _told_flush: float = field(default=0.0, init=False)

    def __call__(self, now_ms: int) -> Iterable[Sample]:
        for key, count in self._counts():
            increase = count - self._told.get(key, 0)
            if increase:
                self._told[key] = count
                yield Sample(key, now_ms, increase)
        took = self.recorder.flush_took_seconds
        if took and took != self._told_flush:
            self._told_flush = took
            yield Sample(self._key("ahgd_ops_flush_duration_seconds", Kind.TIMING), now_ms, took)

    def _counts(self) -> Iterator[tuple[SeriesKey, int]]:
        yield self._key("ahgd_ops_samples_dropped_total"), self.recorder.dropped
        yield self._key("ahgd_ops_samples_refused_total"), self.recorder.refused
        for metric, count in list(self.recorder.limits.dropped.items()):
            yield self._key("ahgd_ops_series_dropped_total", metric=metric), count

    def _key(self, name: str, kind: Kind = Kind.COUNTER, **tags: str) -> SeriesKey:
        return SeriesKey(name, sorted_tags({"instance": self.instance, **tags}), kind, "console")
