"""Facts as rules see them: one subject (a series or a health check) at one time, from what is new in monitoring."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.conditions import Facts, health_facts, metric_facts
from monitoring import series
from monitoring.health import feed
from monitoring.series import Fresh, Subject

JUDGED_FOR = timedelta(minutes=5)
CHECK_PREFIX = "check:"


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
    details: dict[str, object]
    facts: Facts

    @property
    def labels(self) -> dict[str, str]:
        """What alerts carry of their subject, for grouping and receivers."""
        return {"check": self.name} if self.is_health else {"metric": self.name, **(self.tags or {})}


def of_sample(sample: Fresh, subject: Subject, now: datetime) -> Fact:
    """A snapshot as a fact. A time ahead of ours counts as now, so that a fast clock cannot age a rule."""
    at = min(sample.at, now)
    facts = metric_facts(
        name=subject.name,
        value=sample.value,
        category=subject.category,
        tags=subject.tags,
        timestamp=at.timestamp(),
    )
    details = {"name": subject.name, "value": sample.value, "category": subject.category, "tags": subject.tags}
    return Fact(
        subject.fingerprint,
        subject_text(subject),
        subject.name,
        subject.category,
        subject.tags,
        False,
        at,
        sample.value,
        details,
        facts,
    )


def of_check(result: feed.Result, now: datetime) -> Fact:
    """A health record as a fact; its value is 0 when healthy, else 1."""
    at = min(result.at, now)
    value = 0.0 if result.status == "healthy" else 1.0
    facts = health_facts(
        name=result.name,
        status=result.status,
        message=result.message,
        duration_ms=result.duration_ms,
        metadata=result.metadata,
        timestamp=at.timestamp(),
    )
    details = {
        "name": result.name,
        "value": value,
        "status": result.status,
        "message": result.message,
        "duration_ms": result.duration_ms,
        "metadata": result.metadata,
    }
    subject = f"health check {result.name}"
    fingerprint = CHECK_PREFIX + result.name
    return Fact(fingerprint, subject, result.name, None, None, True, at, value, details, facts)


def subject_text(subject: Subject) -> str:
    inside = ", ".join(f'{key}="{value}"' for key, value in sorted(subject.tags.items()))
    return f"{subject.name}{{{inside}}}" if inside else subject.name


def in_time_order(
    samples: list[Fresh], subjects: Mapping[int, Subject], checks: list[feed.Result], now: datetime
) -> list[Fact]:
    """Facts by their own time. What arrived more than 5 minutes late is kept as data, never judged."""
    earliest = now - JUDGED_FOR
    ready: list[tuple[datetime, int, Fact]] = []
    for order, sample in enumerate(samples):
        if sample.at >= earliest and sample.series_id in subjects:
            ready.append((sample.at, order, of_sample(sample, subjects[sample.series_id], now)))
    for order, result in enumerate(checks, start=len(samples)):
        if result.at >= earliest:
            ready.append((result.at, order, of_check(result, now)))
    ready.sort(key=lambda item: item[:2])
    return [fact for _, _, fact in ready]


def latest(fingerprints: Collection[str], now: datetime) -> dict[str, Fact]:
    """The newest fact of each of these subjects, by fingerprint."""
    checks = [text.removeprefix(CHECK_PREFIX) for text in fingerprints if text.startswith(CHECK_PREFIX)]
    found = [of_sample(sample, subject, now) for subject, sample in series.newest(fingerprints)]
    found += [of_check(result, now) for result in feed.newest(checks)]
    return {fact.fingerprint: fact for fact in found}
