"""What the database keeps of a check's past: its transitions and what is excluded, read for uptime over many spans."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import OuterRef, Q, Subquery

from monitoring.clock import to_ms
from monitoring.health.running import every_check
from monitoring.health.schedule import round_seconds, silence_seconds
from monitoring.health.uptime import Uptime, measure, stretches
from monitoring.models import ExcludedInterval, HealthCheckState, HealthRecord

WINDOWS = {
    "24 h": timedelta(hours=24),
    "7 d": timedelta(days=7),
    "30 d": timedelta(days=30),
    "90 d": timedelta(days=90),
}
LONGEST = max(WINDOWS.values())


@dataclass(frozen=True, slots=True)
class Past:
    """The transitions of one check in order, what is excluded, and until when its last status is known to hold."""

    transitions: Sequence[tuple[int, str]]
    excluded: Sequence[tuple[int, int]]
    known_until_ms: int

    def uptime(self, start_ms: int, end_ms: int) -> Uptime:
        """Time after the last result is an outage of our own until the next one comes."""
        return measure(stretches(self.transitions, start_ms, min(end_ms, self.known_until_ms)), self.excluded)


def read(states: Sequence[HealthCheckState], since: datetime, now: datetime) -> dict[int, Past]:
    """The past of each check from ``since`` on, by the id of its state: the same few queries however many they are."""
    transitions = _transitions(states, to_ms(since))
    excluded = _excluded(states, since, now)
    silences = _silences(states)
    return {
        state.pk: Past(transitions[state.pk], excluded[state.name], _known_until_ms(state, silences[state.name], now))
        for state in states
    }


def uptimes(past: Past, now: datetime, windows: Mapping[str, timedelta] = WINDOWS) -> dict[str, Uptime]:
    return {name: past.uptime(to_ms(now - length), to_ms(now)) for name, length in windows.items()}


def _transitions(states: Iterable[HealthCheckState], since_ms: int) -> "defaultdict[int, list[tuple[int, str]]]":
    every = HealthRecord.objects.filter(state__in=[state.pk for state in states], is_transition=True)
    before = every.filter(state=OuterRef("pk"), at__lt=since_ms).order_by("-at", "-id").values("pk")[:1]
    begins = HealthCheckState.objects.annotate(begin=Subquery(before)).filter(begin__isnull=False).values("begin")
    found: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
    rows = (
        every.filter(Q(at__gte=since_ms) | Q(pk__in=begins)).order_by("at", "id").values_list("state", "at", "status")
    )
    for state_id, at_ms, status in rows:
        found[state_id].append((at_ms, status))
    return found


def _excluded(states: Iterable[HealthCheckState], since: datetime, now: datetime) -> dict[str, list[tuple[int, int]]]:
    rows = ExcludedInterval.objects.filter(end__gt=since, start__lt=now).order_by("start")
    by_check: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for check, start, end in rows.values_list("check_name", "start", "end"):
        by_check[check].append((to_ms(start), to_ms(end)))
    names = {state.name: {"", state.name, state.name.partition("@")[0]} for state in states}  # of every host, also
    return {name: [interval for one in about for interval in by_check[one]] for name, about in names.items()}


def _silences(states: Iterable[HealthCheckState]) -> dict[str, float]:
    every_seconds = round_seconds()
    known = {check.name: silence_seconds(check, every_seconds) for check in every_check()}
    usual = max(known.values(), default=every_seconds)
    return {state.name: known.get(state.name.partition("@")[0], usual) for state in states}


def _known_until_ms(state: HealthCheckState, seconds: float, now: datetime) -> int:
    if state.checked_at is None:
        return 0
    return to_ms(min(now, state.retired_at or now, state.checked_at + timedelta(seconds=seconds)))
