"""Every fault that is played, as one table: faults of receivers, and faults of what sends to them."""

import random
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from subprocess import Popen

from tests.faults.receiver import Fault, closes_early, drips, hangs, never_ends
from tests.faults.stage import Stage
from tests.faults.verdict import Verdict, judge
from tests.servers import valkey

MESSAGES = 12
OUTAGE_SECONDS = 20.0
Play = Callable[[Stage, random.Random], dict[str, Verdict]]


@dataclass(frozen=True)
class Bad:
    """A receiver's fault. ``may_repeat``: it takes a message and then does not say so."""

    name: str
    fault: Fault
    may_repeat: bool = False
    is_for_good: bool = False
    """A person has to send again what was refused."""


BAD_RECEIVERS = (
    Bad("answers-500", Fault(status=500)),
    Bad("answers-429", Fault(status=429, headers={"Retry-After": "2"})),
    Bad("answers-404", Fault(status=404), is_for_good=True),
    Bad("hangs", Fault(talk=hangs), may_repeat=True),
    Bad("drips", Fault(talk=drips), may_repeat=True),
    Bad("never-ends", Fault(talk=never_ends)),
    Bad("closes-early", Fault(talk=closes_early), may_repeat=True),
)


@dataclass(frozen=True)
class Scenario:
    name: str
    play: Play
    may_repeat: bool = False


def killed_before_sending(stage: Stage, chance: random.Random) -> dict[str, Verdict]:
    return _struck(stage, chance, lambda at, strike: Fault(at=at, before=strike), stage.kill)


def killed_after_acceptance(stage: Stage, chance: random.Random) -> dict[str, Verdict]:
    return _struck(stage, chance, lambda at, strike: Fault(at=at, after=strike), stage.kill)


def frozen_and_thawed(stage: Stage, chance: random.Random) -> dict[str, Verdict]:
    """Frozen between acceptance and recording, until its lease is over and another has done its work."""
    return _struck(stage, chance, lambda at, strike: Fault(at=at, after=strike), _freeze)


def _struck(
    stage: Stage,
    chance: random.Random,
    fault: "Callable[[int, Callable[[], None]], Fault]",
    strike: "Callable[[Popen[bytes]], None]",
) -> dict[str, Verdict]:
    """A worker is struck at a message that is drawn by lot; a second one takes over, and both go on if they can."""
    channel, struck = stage.webhook("victim"), threading.Event()
    victim = stage.worker()

    def strike_once() -> None:
        strike(victim)
        struck.set()

    stage.receiver.faults[channel.name] = fault(chance.randrange(MESSAGES), strike_once)
    alerts = stage.fire([channel], MESSAGES)
    stage.wait_until(struck.is_set, "the fault to strike")
    stage.resolve(alerts[0], [channel])
    stage.worker()
    stage.wait_until_told([channel], "the second worker to tell all")
    stage.thaw(victim)
    alerts += stage.fire([channel], MESSAGES)
    stage.wait_until_told([channel], "both to tell what came later")
    return {channel.name: judge(alerts, channel.name, stage.receiver.of(channel.name))}


def _freeze(process: "Popen[bytes]") -> None:
    process.send_signal(signal.SIGSTOP)


def two_workers_and_two_beats(stage: Stage, chance: random.Random) -> dict[str, Verdict]:
    """As in production: the broker wakes both workers twice, and they find the same rows."""
    stage.schedule_deliveries()
    for name in ("worker", "worker", "beat", "beat"):
        stage.role(name)
    return _told_once(stage, 4)


def broker_stopped_and_emptied(stage: Stage, chance: random.Random) -> dict[str, Verdict]:
    """It goes away with all that is in it while a worker and a beat use it, and never comes back."""
    stage.schedule_deliveries()
    with valkey(stage.directory / "broker") as address:
        stage.use_broker(address)
        for name in ("worker", "beat"):
            stage.role(name)
        before = _told_once(stage, 1)
    after = _told_once(stage, 1, "without-broker")
    return before | after


def database_away(stage: Stage, chance: random.Random) -> dict[str, Verdict]:
    """It goes at a message that is drawn by lot, between acceptance and recording, and comes back."""
    channel, gone = stage.webhook("while-away"), threading.Event()
    with stage.outage() as outage:
        stage.worker()

        def go() -> None:
            outage.begin()
            gone.set()

        stage.receiver.faults[channel.name] = Fault(at=chance.randrange(MESSAGES), after=go)
        alerts = stage.fire([channel], MESSAGES)
        stage.wait_until(gone.is_set, "the database to go")
        time.sleep(OUTAGE_SECONDS * stage.scale)
        outage.end()
        stage.wait_until_told([channel], "all to be told after the outage")
    return {channel.name: judge(alerts, channel.name, stage.receiver.of(channel.name))}


def _told_once(stage: Stage, count: int, prefix: str = "channel") -> dict[str, Verdict]:
    channels = [stage.webhook(f"{prefix}-{number}") for number in range(count)]
    alerts = stage.fire(channels, MESSAGES)
    stage.wait_until_told(channels, "all to be told")
    return {one.name: judge(alerts, one.name, stage.receiver.of(one.name)) for one in channels}


SCENARIOS = (
    Scenario("worker killed before sending", killed_before_sending, may_repeat=True),
    Scenario("worker killed after acceptance, before recording", killed_after_acceptance, may_repeat=True),
    Scenario("worker frozen and thawed past its lease", frozen_and_thawed, may_repeat=True),
    Scenario("two workers and two beats", two_workers_and_two_beats),
    Scenario("broker stopped and emptied", broker_stopped_and_emptied),
    Scenario("database restarted", database_away, may_repeat=True),
)
