"""Every fault that is played, as one table: faults of what sends, of what it stands on, and of receivers."""

import random
import threading
import time

from alerts.models import Alert, Channel
from tests.faults.receiver import Fault
from tests.faults.scenario import MESSAGES, Scenario
from tests.faults.stage import Stage
from tests.faults.storm import storm
from tests.faults.struck import STRUCK
from tests.faults.verdict import Verdict, judge
from tests.servers import valkey

OUTAGE_SECONDS = 20.0


def two_workers_and_two_beats(stage: Stage, chance: random.Random) -> dict[str, Verdict]:
    """As in production: the broker wakes both workers twice, and they find the same rows."""
    stage.schedule_deliveries()
    for name in ("worker", "worker", "beat", "beat"):
        stage.role(name)
    stage.struck["second worker and beat"] += 1
    return _told_once(stage, 4)


def broker_stopped_and_emptied(stage: Stage, chance: random.Random) -> dict[str, Verdict]:
    """It goes away with all that is in it while a worker and a beat use it, and never comes back."""
    stage.schedule_deliveries()
    with valkey(stage.directory / "broker") as address:
        stage.use_broker(address)
        for name in ("worker", "beat"):
            stage.role(name)
        before = _told_once(stage, 1)
    stage.struck["outage"] += 1
    after = _told_once(stage, 1, "without-broker")
    return before | after


def database_away(stage: Stage, chance: random.Random) -> dict[str, Verdict]:
    """It goes at a message that is drawn by lot, between acceptance and recording, and comes back."""
    stage.shorten("AHGD_LEASE_SECONDS")  # what was accepted is not recorded, so that its lease has to end
    channel, gone = stage.webhook("while-away"), threading.Event()
    with stage.outage() as outage:
        stage.worker()

        def go() -> None:
            outage.begin()
            gone.set()

        stage.receiver.faults[channel.name] = Fault(at=chance.randrange(MESSAGES), after=go)
        alerts = stage.fire([channel], MESSAGES)
        stage.wait_until(gone.is_set, "the database to go")
        stage.struck["outage"] += 1
        time.sleep(OUTAGE_SECONDS * stage.scale)
        outage.end()
        stage.wait_until_told([channel], "all to be told after the outage")
        _end(stage, alerts[0], [channel])
    return {channel.name: judge(alerts, alerts[:1], channel.name, stage.receiver.of(channel.name), may_repeat=True)}


def _told_once(stage: Stage, count: int, prefix: str = "channel") -> dict[str, Verdict]:
    channels = [stage.webhook(f"{prefix}-{number}") for number in range(count)]
    alerts = stage.fire(channels, MESSAGES)
    stage.wait_until_told(channels, "all to be told")
    _end(stage, alerts[0], channels)
    return {one.name: judge(alerts, alerts[:1], one.name, stage.receiver.of(one.name)) for one in channels}


def _end(stage: Stage, alert: Alert, channels: list[Channel]) -> None:
    stage.resolve(alert, channels)
    stage.wait_until_told(channels, "its end to be told")


SCENARIOS = (
    *STRUCK,
    Scenario("two workers and two beats", two_workers_and_two_beats),
    Scenario("broker stopped and emptied", broker_stopped_and_emptied),
    Scenario("database restarted", database_away),
    Scenario("bad receivers at once", storm),
)
