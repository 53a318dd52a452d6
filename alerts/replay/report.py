"""What a replay found, as values, and in a sentence."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alerts.models import AlertEvent, Notification, Severity

NOISY_A_DAY = 10
SHORT = timedelta(minutes=1)
ENOUGH = 5


@dataclass(frozen=True, slots=True)
class Letter:
    """One thing that a channel was to be told: ``gate`` and ``reason`` say why it was not, where it was not.

    ``responsible`` is the kind and the id of the row whose doing that is: a silence, a maintenance window.
    """

    at: datetime
    channel: str
    kind: str
    event: str
    state: str
    sent_at: datetime | None
    gate: str
    reason: str
    responsible: tuple[str, int] | None = None
    held_by: str = ""
    """The gate that held it, also where its alert was over in the end before it could be told."""
    held_reason: str = ""

    @property
    def was_told(self) -> bool:
        return self.state in (Notification.State.SENT, Notification.State.NAMED)


@dataclass(frozen=True, slots=True)
class Episode:
    """One life of an alert. ``ended_at`` is None while it is open at the end of the stretch."""

    rule: str
    instance: str
    subject: str
    started_at: datetime
    ended_at: datetime | None
    severity: Severity
    value: float | None
    reason: str
    letters: tuple[Letter, ...] = ()

    def lasted(self, end: datetime) -> timedelta:
        return (self.ended_at or end) - self.started_at

    @property
    def was_notified(self) -> bool:
        return any(one.was_told and one.kind == Notification.Kind.FIRING for one in self.letters)


@dataclass(frozen=True, slots=True)
class Gap:
    """Where nothing is known of an instance: the rule could not have been judged."""

    instance: str
    subject: str
    started_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class Report:
    rule: str
    start: datetime
    end: datetime
    episodes: tuple[Episode, ...] = ()
    gaps: tuple[Gap, ...] = ()
    instances: int = 0
    samples: int = 0
    broken: str = ""
    notes: tuple[str, ...] = ()
    peaks: frozenset[float] = field(default=frozenset(), repr=False)
    """Values past the rule's threshold, to three digits: what another threshold can be chosen from."""

    @property
    def fires(self) -> int:
        return len(self.episodes)

    @property
    def notifications(self) -> int:
        """Changes and repeats that somebody was told of while the alert fired, however many channels heard."""
        told = {
            (episode.instance, one.at, one.event)
            for episode in self.episodes
            for one in episode.letters
            if one.was_told and one.kind == Notification.Kind.FIRING and one.event != AlertEvent.Kind.FLAPPING
        }
        return len(told)

    @property
    def longest(self) -> timedelta:
        return max((episode.lasted(self.end) for episode in self.episodes), default=timedelta(0))

    @property
    def withheld(self) -> dict[str, int]:
        """How many firings each gate kept back to the end, most first."""
        counts = Counter(
            one.held_by
            for episode in self.episodes
            for one in episode.letters
            if one.held_by and not one.was_told and one.kind == Notification.Kind.FIRING
        )
        return dict(counts.most_common())

    @property
    def summary(self) -> str:
        if not self.fires:
            return "fires never"
        told = f"notifies {times(self.notifications)}"
        return f"fires {times(self.fires)}, {told}, longest {in_words(self.longest)}"

    @property
    def noise(self) -> str:
        return noise_of(self.episodes, self.start, self.end)


@dataclass(frozen=True, slots=True)
class Difference:
    """What a draft does otherwise than the saved version of its rule."""

    fires: int
    notifications: int
    appeared: tuple[Episode, ...] = ()
    vanished: tuple[Episode, ...] = field(default=())


def difference(draft: Report, saved: Report) -> Difference:
    """Episodes count as the same when they are of one instance and overlap."""
    return Difference(
        draft.fires - saved.fires,
        draft.notifications - saved.notifications,
        tuple(one for one in draft.episodes if not _is_among(one, saved, draft.end)),
        tuple(one for one in saved.episodes if not _is_among(one, draft, draft.end)),
    )


def _is_among(episode: Episode, report: Report, end: datetime) -> bool:
    return any(
        other.instance == episode.instance
        and other.started_at <= (episode.ended_at or end)
        and episode.started_at <= (other.ended_at or end)
        for other in report.episodes
    )


def noise_of(episodes: Sequence[Episode], start: datetime, end: datetime) -> str:
    """A hint for whoever would be woken; empty where the rule is quiet enough."""
    if len(episodes) < ENOUGH:
        return ""
    days = max((end - start) / timedelta(days=1), 1.0)
    short = [one for one in episodes if one.ended_at is not None and one.lasted(end) <= SHORT]
    if 2 * len(short) >= len(episodes):
        return f"Noisy: {len(short)} of {len(episodes)} last a minute or less. Let it wait longer before it fires."
    worst, count = Counter(one.subject for one in episodes).most_common(1)[0]
    if len(episodes) / days > NOISY_A_DAY:
        return (
            f"Noisy: {len(episodes) / days:.0f} a day, {count} of {len(episodes)} on {worst}. Raise the limit, let it "
            "wait longer, or give it a recovery condition."
        )
    return ""


def times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")


def in_words(span: timedelta) -> str:
    """Such as 41 min; the two largest units."""
    seconds = round(span.total_seconds())
    parts = [(seconds // 86400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "min"), (seconds % 60, "s")]
    first = next((place for place, (number, _) in enumerate(parts) if number), len(parts) - 1)
    shown = parts[first : first + (1 if first == 2 and parts[2][0] >= 10 else 2)]
    return " ".join(f"{number} {unit}" for number, unit in shown if number or len(shown) == 1) or "0 s"
