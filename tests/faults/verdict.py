"""What must hold after a fault: nothing lost, nothing doubled but by a crash, no end before its beginning."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from alerts.models import Alert, Notification
from tests.faults.receiver import Arrival


@dataclass(frozen=True)
class Verdict:
    """``repeated`` came again with the same delivery id, which only a lost answer or a crash may cause."""

    expected: int
    lost: tuple[int, ...]
    doubled: tuple[int, ...]
    repeated: tuple[int, ...]
    ended_untold: tuple[int, ...]
    stuck: int

    def faults(self, *, may_repeat: bool) -> list[str]:
        found = {
            "lost": self.lost,
            "told twice under different delivery ids": self.doubled,
            "told twice": () if may_repeat else self.repeated,
            "resolved before it was told": self.ended_untold,
            "stuck past the lease": self.stuck,
        }
        return [f"{what}: {which}" for what, which in found.items() if which]


def judge(alerts: Sequence[Alert], channel: str, arrivals: Sequence[Arrival]) -> Verdict:
    """Of the alerts that were due for a channel, and what arrived there, in order."""
    ids = [alert.pk for alert in alerts]
    fires = [one for one in arrivals if one.status == "firing" and one.alert_id in ids]
    came = Counter((one.alert_id, one.delivery_id) for one in fires)
    deliveries = Counter(alert_id for alert_id, _ in came)
    return Verdict(
        expected=len(ids),
        lost=tuple(pk for pk in ids if not deliveries[pk]),
        doubled=tuple(pk for pk in ids if deliveries[pk] > 1),
        repeated=tuple(pk for (pk, _), count in came.items() if count > 1),
        ended_untold=tuple(_ended_untold(arrivals)),
        stuck=Notification.objects.filter(state=Notification.State.LEASED, channel__name=channel).count(),
    )


def _ended_untold(arrivals: Sequence[Arrival]) -> list[int]:
    told: set[int] = set()
    found = []
    for one in arrivals:
        if one.status == "firing":
            told.add(one.alert_id)
        elif one.alert_id not in told:
            found.append(one.alert_id)
    return found
