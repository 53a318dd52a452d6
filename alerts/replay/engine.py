"""Replays a rule, saved or a draft, over stored snapshots: evaluation, lifecycle and gates as live, sending nothing."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings

from alerts.board import Standing
from alerts.ledger import paces
from alerts.models import Notification, Rule
from alerts.replay.course import Course, Progress
from alerts.replay.desk import Desk
from alerts.replay.drafts import Draft, with_ancestors
from alerts.replay.episodes import episodes_of
from alerts.replay.gaps import Listening
from alerts.replay.history import History
from alerts.replay.mail import Mail
from alerts.replay.mutes import PastMutes
from alerts.replay.peaks import Peaks
from alerts.replay.reading import Reading
from alerts.replay.report import Report
from alerts.roster import Key
from alerts.rulebook import Rulebook, compile_rule
from monitoring.series import to_ms

CYCLES_BETWEEN_PROGRESS = 100
"""Of a thousand series they take half a second or so."""


def replay(
    draft: Draft,
    start: datetime,
    end: datetime,
    progress: Progress | None = None,
    step: timedelta | None = None,
) -> Report:
    """What the rule would have done after ``start`` up to ``end``, beginning with nothing firing.

    A cycle takes place every ``step``, as often as live by default; a sample is judged in the first that it was there
    for. ``progress`` is told again and again how much is done, up to 1. Raises ReplayTooLarge.
    """
    every_ms = round((step or timedelta(seconds=settings.CONFIG.evaluate_seconds)) / timedelta(milliseconds=1))
    start_ms, end_ms = to_ms(start), to_ms(end)
    rules = with_ancestors(draft)
    book = Rulebook({one.id: compile_rule(one.rule, one.parents) for one in rules})
    reading = Reading(book)
    mail = _mail(rules, book, reading.history, start, end)
    course = Course.begin(book, reading.history, mail, end)
    listening = Listening(start_ms)
    moments = _Moments(start_ms + every_ms, every_ms)
    peaks = Peaks.of(book.rules[draft.id])
    samples_count = 0
    for until_ms, samples in reading.parts(start_ms, end_ms):
        course.run(_told_of(moments.until(until_ms), start_ms, end_ms, progress), samples)
        listening.hear(samples)
        peaks.see(samples, course.roster)
        samples_count += len(samples)
    if progress is not None:
        progress(1.0)
    refusal = book.rules[draft.id].refusal
    broken = course.broken.get(draft.id)
    return Report(
        rule=draft.rule.name,
        start=start,
        end=end,
        episodes=tuple(episodes_of(mail, draft.id)),
        gaps=tuple(listening.gaps(end_ms, course.roster, reading.history.kinds(), draft.id)),
        instances=listening.instances(course.roster, draft.id) or len(book.once_per_cycle),
        samples=samples_count,
        broken=refusal or (f"{broken[1]} (first at {broken[0]:%Y-%m-%d %H:%M:%S} UTC)" if broken else ""),
        notes=tuple(_notes(draft)),
        peaks=frozenset(peaks.seen),
    )


def standing_at(rule: Rule, since: datetime, at: datetime) -> Mapping[Key, Standing]:
    """Where the instances of a saved rule, and of those it depends on, would stand at a time, from nothing since."""
    rules = [replace(one, channels=()) for one in with_ancestors(Draft.of(rule))]
    book = Rulebook({one.id: compile_rule(one.rule, one.parents) for one in rules})
    reading = Reading(book)
    course = Course.begin(book, reading.history, _mail(rules, book, reading.history, since, at), at)
    every_ms = round(settings.CONFIG.evaluate_seconds * 1000)
    start_ms, end_ms = to_ms(since), to_ms(at)
    moments = _Moments(end_ms - (end_ms - start_ms) // every_ms * every_ms, every_ms)
    for until_ms, samples in reading.parts(start_ms, end_ms):
        course.run(moments.until(until_ms), samples)
    return course.standing


@dataclass(slots=True)
class _Moments:
    """When cycles take place; a part of what is read may end between two of them."""

    next_ms: int
    every_ms: int

    def until(self, end_ms: int) -> Iterator[int]:
        while self.next_ms <= end_ms:
            yield self.next_ms
            self.next_ms += self.every_ms


def _told_of(moments_ms: Iterator[int], start_ms: int, end_ms: int, progress: Progress | None) -> Iterator[int]:
    for number, now_ms in enumerate(moments_ms):
        if progress is not None and number % CYCLES_BETWEEN_PROGRESS == 0:
            progress((now_ms - start_ms) / (end_ms - start_ms))
        yield now_ms


def _mail(rules: Sequence[Draft], book: Rulebook, history: History, start: datetime, end: datetime) -> Mail:
    mutes, pace = PastMutes.between(start, end), paces()
    told = {one.id: [channel for channel in one.channels if channel.enabled] for one in rules}
    parents = {one.id: one.parents for one in rules}
    channels = {channel.pk: channel for own in told.values() for channel in own}
    others = _told_of_others(channels, [one.id for one in rules], start - pace.window, end)
    desks = {pk: Desk(one, mutes, pace, parents, others.get(pk, ())) for pk, one in channels.items()}
    return Mail(book, {one.id: one.rule for one in rules}, told, desks, history)


def _told_of_others(
    channels: Iterable[int], rules: Collection[int], start: datetime, end: datetime
) -> dict[int, list[datetime]]:
    """When these channels were really told of firings of other rules: they share the limit of the channel."""
    sent = Notification.objects.filter(
        channel__in=list(channels), kind=Notification.Kind.FIRING, state=Notification.State.SENT
    )
    rows = sent.filter(sent_at__gt=start, sent_at__lte=end).exclude(alert__rule__in=rules).order_by("sent_at")
    found: dict[int, list[datetime]] = {}
    for channel_id, at in rows.values_list("channel_id", "sent_at"):
        if at is not None:
            found.setdefault(channel_id, []).append(at)
    return found


def _notes(draft: Draft) -> Iterator[str]:
    enabled = [channel for channel in draft.channels if channel.enabled]
    for channel in draft.channels:
        if not channel.enabled:
            yield f"The channel {channel.name} is disabled, so it is told nothing."
    if not enabled:
        yield "It has no channel that is on, so nobody is told."
