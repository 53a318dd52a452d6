"""Every bad receiver at once, beside one that is sound: each has its own channel, one worker serves them all."""

import json
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psutil

from alerts.models import Alert, Channel, Notification
from alerts.outbox import send_again
from monitoring import database_now
from tests.alerts.rows import a_channel
from tests.faults.receiver import Arrival, Fault, arrivals_of, closes_early, drips, hangs, never_ends
from tests.faults.stage import PASSWORD, USER, Stage
from tests.faults.unheard import fire_unheard
from tests.faults.verdict import Verdict, judge
from tests.mailbox import PickyMailbox

KIM, LEE = "kim@example.com", "lee@example.com"
MESSAGES = 3
LARGEST_BYTES = 64 * 1024 * 1024
"""Larger than the database: the limit that plays the full disk goes for each file of the worker."""


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


def storm(stage: Stage, chance: random.Random) -> dict[str, Verdict]:
    """Verdicts by channel. The sound one has all it is due while the others are still bad."""
    stage.shorten("AHGD_SEND_SECONDS")  # receivers hang for as long
    sound, stand_in = stage.webhook("sound"), stage.webhook("stand-in")
    bad = [stage.webhook(one.name, fallback=stand_in if one.is_for_good else None) for one in BAD_RECEIVERS]
    stage.receiver.faults |= {one.name: one.fault for one in BAD_RECEIVERS}
    mail = a_channel("mail", kind="email", settings={"recipients": [KIM, LEE]})
    disk = a_channel("disk", kind="file", settings={"path": str(stage.directory / "disk.log"), "max_size_mb": 1000})
    channels = [*bad, mail, disk, sound]
    with full_disk(stage.directory / "disk.log", psutil.Process(stage.worker().pid)):
        alerts = _fire(stage, channels, sound)
        stage.wait_until(lambda: all(stage.receiver.hits[one.name] for one in BAD_RECEIVERS), "all to be tried")
        stage.wait_until(lambda: _tried(mail) and _tried(disk), "mail and file to be tried")
        stage.wait_until(lambda: len(stage.receiver.of(stand_in.name)) == MESSAGES, "the fallback to be told")
        fire_unheard(stage, sound)
        stage.resolve(alerts[0], [*channels, stand_in])
        stage.wait_until_told([sound, stand_in], "the end to be told while the others are bad")
    stage.struck["bad receiver"] += len(channels) - 1
    stage.receiver.mend()
    mailbox = PickyMailbox(stage.smtp_port, (USER, PASSWORD))
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
    repeating = {one.name for one in BAD_RECEIVERS if one.may_repeat}
    return {
        name: judge(alerts, alerts[:1], "mail" if "@" in name else name, came, may_repeat=name in repeating)
        for name, came in arrivals.items()
    }


def _fire(stage: Stage, channels: list[Channel], sound: Channel) -> list[Alert]:
    """Until the sound channel has heard of all; how long that took counts as its delay."""
    due_at = time.monotonic()
    alerts = stage.fire(channels, MESSAGES)
    stage.wait_until_told([sound], "the sound channel to be told while the others are bad")
    stage.delays += [arrival.at - due_at for arrival in stage.receiver.of(sound.name)]
    return alerts


@contextmanager
def full_disk(path: Path, process: psutil.Process) -> Iterator[None]:
    """The file cannot grow while the context lasts."""
    with path.open("w") as file:
        file.truncate(LARGEST_BYTES)
    process.rlimit(psutil.RLIMIT_FSIZE, (LARGEST_BYTES, psutil.RLIM_INFINITY))
    yield
    process.rlimit(psutil.RLIMIT_FSIZE, (psutil.RLIM_INFINITY, psutil.RLIM_INFINITY))


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
            yield from arrivals_of("disk", json.loads(line))
