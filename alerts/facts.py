"""Facts as rules see them: one subject (a series or a health check) at one time, from what is new in monitoring."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.conditions import Facts, WindowReader, cycle_facts, health_facts, metric_facts
from alerts.sources import STORED, Source
from monitoring.health import feed
from monitoring.series import Fresh, Subject, from_ms, to_ms

JUDGED_FOR = timedelta(minutes=5)
CHECK_PREFIX = "check:"
CYCLE = "cycle"  # the subject of rules that are about the past only


@dataclass(frozen=True, slots=True)
class Fact:
    """``fingerprint`` names the subject for good, ``subject`` names it for people."""

    fingerprint: str
    subject: str
    name: str
    category: str | None
    tags: dict[str, str] | None
    is_health: bool
    at: datetime
    value: float
    facts: Facts

    @property
    def labels(self) -> dict[str, str]:
        """What alerts carry of their subject, for grouping and receivers."""
        if self.is_health:
            return {"check": self.name}
        return {"metric": self.name, **(self.tags or {})} if self.name else {}

    def with_metadata(self, metadata: Mapping[str, object]) -> "Fact":
        return replace(self, facts=self.facts._replace(metadata=dict(metadata)))

    @property
    def details(self) -> dict[str, object]:
        """What message templates may name."""
        return {**self.facts._asdict(), "value": self.value}


def of_sample(sample: Fresh, subject: Subject, now: datetime, windows: WindowReader | None = None) -> Fact:
    """A snapshot as a fact. A time ahead of ours counts as now, so that a fast clock cannot age a rule."""
    _, at_ms, value = sample
    return of_metric(subject, value, min(from_ms(at_ms), now), windows)


def of_metric(subject: Subject, value: float, at: datetime, windows: WindowReader | None = None) -> Fact:
    facts = metric_facts(
        name=subject.name,
        value=value,
        category=subject.category,
        tags=subject.tags,
        timestamp=at.timestamp(),
        windows=windows,
    )
    text = subject_text(subject)
    return Fact(subject.fingerprint, text, subject.name, subject.category, subject.tags, False, at, value, facts)


def of_check(result: feed.Result, now: datetime, windows: WindowReader | None = None) -> Fact:
    """A health record as a fact; its value is 0 when healthy, else 1."""
    at = min(result.at, now)
    facts = health_facts(
        name=result.name,
        status=result.status,
        message=result.message,
        duration_ms=result.duration_ms,
        metadata=result.metadata,
        timestamp=at.timestamp(),
        windows=windows,
    )
    subject = f"health check {result.name}"
    return Fact(CHECK_PREFIX + result.name, subject, result.name, None, None, True, at, facts.value, facts)


def of_cycle(subject: str, now: datetime, windows: WindowReader) -> Fact:
    """What a rule that uses no fact of a sample is judged on, once per cycle."""
    facts = cycle_facts(timestamp=now.timestamp(), windows=windows)
    return Fact(CYCLE, subject, "", None, None, False, now, 0.0, facts)


def subject_text(subject: Subject) -> str:
    inside = ", ".join(f'{key}="{value}"' for key, value in sorted(subject.tags.items()))
    return f"{subject.name}{{{inside}}}" if inside else subject.name


def in_time_order(samples: Collection[Fresh], now: datetime) -> list[Fresh]:
    """Samples by their own time. What arrived more than 5 minutes late is kept as data, never judged."""
    earliest_ms = to_ms(now - JUDGED_FOR)
    return sorted((sample for sample in samples if sample[1] >= earliest_ms), key=lambda sample: sample[1])


def latest(
    fingerprints: Collection[str], now: datetime, windows: WindowReader | None = None, source: Source = STORED
) -> dict[str, Fact]:
    """The newest fact of each of these subjects, by fingerprint."""
    checks = [text.removeprefix(CHECK_PREFIX) for text in fingerprints if text.startswith(CHECK_PREFIX)]
    found = [of_sample(sample, subject, now, windows) for subject, sample in source.newest(fingerprints)]
    found += [of_check(result, now, windows) for result in source.checks(checks)]
    return {fact.fingerprint: fact for fact in found}
