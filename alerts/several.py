"""One act on several alerts at once: each is done on its own, and one that is over stops no other."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from alerts.acknowledging import NotAcknowledged
from alerts.lifecycle import AlreadyResolved
from alerts.models import Alert


@dataclass(frozen=True, slots=True)
class Done:
    """How many were acted on, and how many were over before it came to them."""

    acted: int
    late: int

    def sentence(self, verb: str, over: str = "already resolved") -> str:
        """``You resolved 3 alerts. 1 was already resolved.``"""
        said = [f"You {verb} {self.acted} alert{'s' if self.acted != 1 else ''}."] if self.acted else []
        if self.late:
            said.append(f"{self.late} {'was' if self.late == 1 else 'were'} {over}.")
        return " ".join(said)


def each(alerts: Iterable[Alert], act: Callable[[Alert], object]) -> Done:
    acted = late = 0
    for alert in alerts:
        try:
            act(alert)
        except (AlreadyResolved, NotAcknowledged):
            late += 1
        else:
            acted += 1
    return Done(acted, late)
