"""A collector reads one source; a failing one stops no other."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from monitoring.catalogue import find
from monitoring.kinds import Kind
from monitoring.samples import Sample, SampleRefused, SeriesKey, fingerprint, finite, sorted_tags


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of a metric, before it has a time and the host's own tags.

    A ``is_cumulative`` one grows since the source began, such as bytes sent since boot; its increase is what is kept.
    """

    name: str
    value: float
    tags: tuple[tuple[str, str], ...] = ()
    is_cumulative: bool = False


class Collector(Protocol):
    """``collect`` raises OSError (psutil's errors among them) when its source cannot be read."""

    @property
    def name(self) -> str: ...

    def collect(self) -> Iterable[Reading]: ...


def sample_of(reading: Reading, at_ms: int, instance: str) -> Sample:
    """Of the host ``instance``, whose name it carries as a tag; of no host when that is empty."""
    declared = find(reading.name)
    if declared is None:
        raise SampleRefused(f"{reading.name} is not in the catalogue: declare it there")
    tags = {**dict(reading.tags), **({"instance": instance} if instance else {})}
    key = SeriesKey(reading.name, sorted_tags(tags), Kind(declared.kind), declared.category)
    return Sample(key, at_ms, finite(reading.value))


def increases(readings: Iterable[Reading], memory: dict[str, float]) -> list[Reading]:
    """Readings with cumulative ones as their increase since ``memory``, which is brought up to date.

    The first of a source is only remembered; one that is lower than before began anew at 0.
    """
    found = []
    for reading in readings:
        if not reading.is_cumulative:
            found.append(reading)
            continue
        key = fingerprint(reading.name, sorted_tags(dict(reading.tags)))
        before, memory[key] = memory.get(key), reading.value
        if before is not None:
            increase = reading.value - before if reading.value >= before else reading.value
            found.append(Reading(reading.name, increase, reading.tags))
    return found
