"""What a channel has heard lately, for limits and groups; it counts on while a batch of rows is judged."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alerts.gates.standing import Standing

Group = tuple[str, bool]
"""A group's text, and whether of its resolves, which are gathered apart from its firings."""


@dataclass(frozen=True, slots=True)
class Paces:
    """The settings: units are in the names, or times."""

    most_messages: int = 100
    """In a window, of one channel; 0 is any number."""
    window: timedelta = timedelta(minutes=60)
    aggregates: bool = True
    gather: timedelta = timedelta(seconds=30)
    """After the first message of a group, what follows within this time goes into one."""
    every: timedelta = timedelta(minutes=5)
    """Between later messages of a group."""


@dataclass(slots=True)
class Quota:
    """At most ``limit`` messages within ``window``. ``sent`` are the times of the latest, the newest first."""

    limit: int
    window: timedelta
    sent: Sequence[datetime] = ()
    skipped: int = 0
    """How many newer ones are left out of ``sent``, which begins with the first that can matter."""
    used: int = field(default=0, init=False)

    def opens_at(self, now: datetime) -> datetime | None:
        """When one more may go; None when it may now."""
        if self.limit == 0:
            return None
        place = self.limit - 1 - self.used
        if place < 0:
            return now + self.window
        place -= self.skipped
        if not 0 <= place < len(self.sent):
            return None
        opens_at = self.sent[place] + self.window
        return opens_at if opens_at > now else None


@dataclass(frozen=True, slots=True)
class Heard:
    """The latest messages of a group: when, whether it was the first for long, and the worst they named."""

    at: datetime
    is_first: bool
    highest: int

    def next_at(self, paces: Paces) -> datetime:
        return self.at + (paces.gather if self.is_first else paces.every)


@dataclass(slots=True)
class Ledger:
    """Of one channel."""

    paces: Paces = field(default_factory=Paces)
    overall: Quota = field(default_factory=lambda: Quota(0, timedelta(minutes=60)))
    rules: dict[int, Quota] = field(default_factory=dict)
    groups: dict[Group, Heard] = field(default_factory=dict)
    last_digest_at: datetime | None = None
    passed: set[int] = field(default_factory=set, init=False)
    """Rows that were let through while this batch is judged."""
    leaders: dict[Group, int] = field(default_factory=dict, init=False)
    """The first of them, by group."""
    digest: int | None = field(default=None, init=False)

    def quota_of(self, standing: Standing) -> Quota | None:
        return self.rules.get(standing.rule_id) if standing.rule_id is not None else None

    def next_digest_at(self, now: datetime) -> datetime:
        return now if self.last_digest_at is None else max(now, self.last_digest_at + self.paces.window)

    def note(self, standing: Standing, now: datetime, *, is_digest: bool) -> None:
        """This row goes out now."""
        self.passed.add(standing.id)
        is_new = not standing.goes_again  # a receiver that knows its id takes no notice of what it names besides
        if is_digest:
            self.last_digest_at = now
            self.digest = standing.id if is_new else self.digest
        if standing.group and is_new:
            self.leaders.setdefault(group_of(standing), standing.id)
        if standing.is_resolve:
            return
        self.overall.used += 1
        quota = self.quota_of(standing)
        if quota is not None:
            quota.used += 1


def group_of(standing: Standing) -> Group:
    return standing.group, standing.is_resolve
