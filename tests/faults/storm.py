"""Every bad receiver at once, beside one that is sound: each has its own channel, one worker serves them all."""

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import psutil

from alerts.models import Channel, Notification, Rule
from alerts.outbox import send_again
from monitoring import database_now
from tests.alerts.rows import a_channel, an_alert, firing
from tests.faults.receiver import Arrival
from tests.faults.scenarios import BAD_RECEIVERS
from tests.faults.stage import Stage
from tests.faults.verdict import Verdict, judge
from tests.mailbox import PickyMailbox

KIM, LEE = "kim@example.com", "lee@example.com"
MESSAGES = 3
LARGEST_BYTES = 64 * 1024 * 1024
"""Larger than the database: the limit that plays the full disk goes for each file of the worker."""


def storm(stage: Stage, chance: random.Random) -> dict[str, Verdict]:
    """Verdicts by channel. The sound one has all it is due while the others are still bad."""
    sound, stand_in = stage.webhook("sound"), stage.webhook("stand-in")
    bad = [stage.webhook(one.name, fallback=stand_in if one.is_for_good else None) for one in BAD_RECEIVERS]
    stage.receiver.faults |= {one.name: one.fault for one in BAD_RECEIVERS}
    mail = a_channel("mail", kind="email", settings={"recipients": [KIM, LEE]})
    disk = a_channel("disk", kind="file", settings={"path": str(stage.directory / "disk.log"), "max_size_mb": 1000})
    channels = [*bad, mail, disk, sound]
    with full_disk(stage.directory / "disk.log", psutil.Process(stage.worker().pid)):
        alerts = stage.fire(channels, MESSAGES)
        _fire_for_a_disabled_rule(sound)
        stage.wait_until_told([sound], "the sound channel to be told while the others are bad")
        stage.wait_until(lambda: all(stage.receiver.hits[one.name] for one in BAD_RECEIVERS), "all to be tried")
        stage.wait_until(lambda: _tried(mail) and _tried(disk), "mail and file to be tried")
        stage.resolve(alerts[0], channels)
        stage.wait_until_told([stand_in], "the fallback to be told")
    stage.receiver.mend()
    mailbox = PickyMailbox(stage.smtp_port)
    mailbox.refusals[LEE] = "451 greylisted"
    mailbox.start()
    try:
        stage.wait_until(lambda: len(mailbox.messages) > 0, "mail to arrive")
        mailbox.refusals.clear()
        _send_again(bad)
        stage.wait_until_told([*channels, stand_in], "all to be told")
    finally:
        mailbox.stop()
    arrivals = {one.name: stage.receiver.of(one.name) for one in (*bad, sound, stand_in)}
    arrivals |= {address: list(_mails(mailbox, address)) for address in (KIM, LEE)}
    arrivals["disk"] = list(_lines(stage.directory / "disk.log"))
    return {name: judge(alerts, "mail" if "@" in name else name, came) for name, came in arrivals.items()}


@contextmanager
def full_disk(path: Path, process: psutil.Process) -> Iterator[None]:
    """The file cannot grow while the context lasts."""
    with path.open("w") as file:
        file.truncate(LARGEST_BYTES)
    process.rlimit(psutil.RLIMIT_FSIZE, (LARGEST_BYTES, psutil.RLIM_INFINITY))
    yield
    process.rlimit(psutil.RLIMIT_FSIZE, (psutil.RLIM_INFINITY, psutil.RLIM_INFINITY))


def _fire_for_a_disabled_rule(channel: Channel) -> None:
    rule = Rule.objects.create(name="switched_off", condition="value > 80", enabled=False)
    now = database_now()
    firing(an_alert(now, rule, fingerprint="off"), channel, now, due_at=now)


def _tried(channel: Channel) -> bool:
    return Notification.objects.filter(channel=channel, attempts__gt=0).exists()


def _send_again(channels: list[Channel]) -> None:
    """What a person does in the admin with what was given up."""
    for row in Notification.objects.filter(channel__in=channels, state=Notification.State.DEAD):
        assert send_again(row, database_now())


def _mails(mailbox: PickyMailbox, address: str) -> Iterator[Arrival]:
    for mail, recipients in zip(mailbox.messages, mailbox.recipients, strict=True):
        if address in recipients:
            alert_id = int(mail["References"].removeprefix("<alert-").partition("@")[0])
            status = "resolved" if mail["Subject"].startswith("[Resolved]") else "firing"
            yield Arrival(address, str(UUID(mail["Message-ID"].strip("<>").partition("@")[0])), alert_id, status, 0)


def _lines(path: Path) -> Iterator[Arrival]:
    """Of the file that was full; every line has to be whole."""
    with path.open("rb") as file:
        file.seek(LARGEST_BYTES)
        for line in filter(None, file.read().decode().split("\n")):
            told = json.loads(line)
            yield Arrival("disk", told["delivery_id"], told["alert_id"], told["kind"], 0)
