"""A worker is struck while it delivers; a second one takes over what it had, and both go on if they can."""

import random
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from subprocess import Popen

from alerts.models import Alert, Notification
from monitoring import database_now
from tests.faults.receiver import Fault
from tests.faults.scenario import MESSAGES, Scenario
from tests.faults.stage import ON_ITS_WAY, Stage
from tests.faults.verdict import Verdict, judge

LIMIT = 4
HOUR = timedelta(hours=1)
GROUP = "rule=high_cpu_usage"


class Victim:
    """A worker and the channel at which it is struck."""

    def __init__(self, stage: Stage) -> None:
        stage.shorten("AHGD_LEASE_SECONDS")  # the second worker waits for its end
        self.stage, self.channel, self.process = stage, stage.webhook("victim"), stage.worker()
        self.alerts: list[Alert] = []
        self._ended: list[Alert] = []
        self._struck = threading.Event()

    def strike(self, by: Callable[["Popen[bytes]"], None], fault: Callable[[Callable[[], None]], Fault]) -> None:
        """At a message to come: ``fault`` says at which, and when."""

        def strike() -> None:
            by(self.process)
            self._struck.set()

        self.stage.receiver.faults[self.channel.name] = fault(strike)

    def fire(self, **fields: object) -> None:
        self.alerts += self.stage.fire([self.channel], MESSAGES, **fields)

    def succeed(self) -> None:
        """Once it was struck, the first and the last alert resolve, and a second worker tells all."""
        self.stage.wait_until(self._struck.is_set, "the fault to strike")
        self._ended = [self.alerts[0], self.alerts[-1]]
        for alert in self._ended:
            self.stage.resolve(alert, [self.channel])
        self.stage.worker()
        self.stage.wait_until_told([self.channel], "the second worker to tell all")

    def verdict(self) -> dict[str, Verdict]:
        self.stage.wait_until_told([self.channel], "what came later to be told")
        name = self.channel.name
        return {name: judge(self.alerts, self._ended, name, self.stage.receiver.of(name), may_repeat=True)}


def killed_before_sending(stage: Stage, chance: random.Random) -> dict[str, Verdict]:
    at, victim = chance.randrange(MESSAGES), Victim(stage)
    victim.strike(stage.kill, lambda strike: Fault(at=at, before=strike))
    return _taken_over(victim)


def killed_after_acceptance(stage: Stage, chance: random.Random) -> dict[str, Verdict]:
    at, victim = chance.randrange(MESSAGES), Victim(stage)
    victim.strike(stage.kill, lambda strike: Fault(at=at, after=strike))
    return _taken_over(victim)


def frozen_and_thawed(stage: Stage, chance: random.Random) -> dict[str, Verdict]:
    """Frozen between acceptance and recording, until its lease is over and another has done its work."""
    at, victim = chance.randrange(MESSAGES), Victim(stage)
    victim.strike(stage.freeze, lambda strike: Fault(at=at, after=strike))
    return _taken_over(victim)


def killed_with_a_group(stage: Stage, chance: random.Random) -> dict[str, Verdict]:
    """After the receiver accepted one message that names all."""
    victim = Victim(stage)
    victim.strike(stage.kill, lambda strike: Fault(at=0, after=strike))
    victim.fire(group_key=GROUP)
    victim.succeed()
    stage.pass_time(HOUR)
    victim.fire(group_key=GROUP)
    return victim.verdict()


def killed_with_a_digest(stage: Stage, chance: random.Random) -> dict[str, Verdict]:
    """After the receiver accepted the digest that names what a limit withheld until then."""
    stage.variables["AHGD_ALERT_LIMIT"] = str(LIMIT)
    victim = Victim(stage)
    victim.strike(stage.kill, lambda strike: Fault(at=LIMIT, after=strike))
    victim.fire()
    stage.wait_until(lambda: _count_withheld(victim.alerts) == MESSAGES - LIMIT, "the limit to withhold the others")
    stage.pass_time(HOUR)
    victim.succeed()
    return victim.verdict()


def _taken_over(victim: Victim) -> dict[str, Verdict]:
    victim.fire()
    victim.succeed()
    victim.stage.thaw(victim.process)
    victim.fire()
    return victim.verdict()


def _count_withheld(alerts: Sequence[Alert]) -> int:
    waiting = Notification.objects.filter(alert__in=alerts, state__in=ON_ITS_WAY)
    return waiting.filter(due_at__gt=database_now()).count()


STRUCK = (
    Scenario("worker killed before sending", killed_before_sending),
    Scenario("worker killed after acceptance, before recording", killed_after_acceptance),
    Scenario("worker killed after acceptance of a group's message", killed_with_a_group),
    Scenario("worker killed after acceptance of a digest", killed_with_a_digest),
    Scenario("worker frozen and thawed past its lease", frozen_and_thawed),
)
