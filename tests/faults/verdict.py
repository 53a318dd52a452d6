"""What must hold after a fault: nothing lost, nothing doubled but by a crash, nothing unasked, no end before its
beginning."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from alerts.models import Alert, Notification
from tests.faults.receiver import Arrival

FIRING, RESOLVED = "firing", "resolved"
News = tuple[int, str]
"""An alert, and whether it is told to fire or to be over."""


@dataclass(frozen=True)
class Verdict:
    """``repeated`` came again with the same delivery id, which only a lost answer or a crash may cause."""

    expected: int
    may_repeat: bool
    lost: tuple[News, ...]
    unasked: tuple[News, ...]
    doubled: tuple[News, ...]
    repeated: tuple[News, ...]
    ended_untold: tuple[int, ...]
    stuck: int

    def faults(self) -> list[str]:
        found = {
            "lost": self.lost,
            "told though it is not true, or not for this channel": self.unasked,
            "told twice under different delivery ids": self.doubled,
            "told twice": () if self.may_repeat else self.repeated,
            "resolved before it was told": self.ended_untold,
            "stuck past the lease": self.stuck,
        }
        return [f"{what}: {which}" for what, which in found.items() if which]


def judge(
    alerts: Sequence[Alert],
    ended: Sequence[Alert],
    channel: str,
    arrivals: Sequence[Arrival],
    *,
    may_repeat: bool = False,
) -> Verdict:
    """Of the alerts that a channel was to hear of, those of them that ended, and what arrived there, in order."""
    due = {(alert.pk, FIRING) for alert in alerts} | {(alert.pk, RESOLVED) for alert in ended}
    came = Counter((one.alert_id, one.status, one.delivery_id) for one in arrivals)
    deliveries = Counter((alert_id, status) for alert_id, status, _ in came)
    return Verdict(
        expected=len(due),
        may_repeat=may_repeat,
        lost=tuple(sorted(due - deliveries.keys())),
        unasked=tuple(sorted(deliveries.keys() - due)),
        doubled=tuple(news for news, count in deliveries.items() if count > 1),
        repeated=tuple((alert_id, status) for (alert_id, status, _), count in came.items() if count > 1),
        ended_untold=tuple(_ended_untold(arrivals)),
        stuck=Notification.objects.filter(state=Notification.State.LEASED, channel__name=channel).count(),
    )


def _ended_untold(arrivals: Sequence[Arrival]) -> Iterator[int]:
    told: set[int] = set()
    for one in arrivals:
        if one.status == FIRING:
            told.add(one.alert_id)
        elif one.alert_id not in told:
            yield one.alert_id
