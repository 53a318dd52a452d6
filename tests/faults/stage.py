"""What faults are played on: a database, workers that can be killed, channels and alerts that are due."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.db import transaction
from django.db.models import F
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from alerts.models import Alert, AlertEvent, Attempt, Channel, Notification
from monitoring import database_now
from tests.alerts.rows import a_channel, an_alert, firing, resolved
from tests.checkout import PROJECT_DIR
from tests.faults.outages import Outage, cut_off, locked
from tests.faults.receiver import TOKEN, Receiver
from tests.servers import Address, free_port

SECRET = "whsec_c2VjcmV0LW9mLXRoZS1jaGFvcy10ZXN0LTQ3MTE="
PASSWORD = "secret-of-the-mail-server-4711"
USER = "ops"
TRUE_LIMITS = {"AHGD_LEASE_SECONDS": 45.0, "AHGD_SEND_SECONDS": 10.0}
LEAST_LIMIT_SECONDS = 2.0
TRUE_PROBE_SECONDS = 30.0
TRUE_RETRIES = (0.0, 10.0, 60.0, 300.0)
TRUE_SWEEP_SECONDS = 5.0
ON_ITS_WAY = (Notification.State.DUE, Notification.State.LEASED)
TRUE_PROMISE_SECONDS = 120.0
"""Within which all has to have arrived, once a fault is over."""
TRUE_DELAY_SECONDS = 5.0
"""By which a dead channel may delay another, over the time until the next sweep."""
PATIENCE_SECONDS = 90.0
"""More than the promise scaled down: a busy machine is no fault."""


def database_url(settings: dict[str, Any]) -> str:
    """What a process has to be given as ``DATABASE_URL`` to work on the database that Django has open here."""
    if settings["ENGINE"].endswith("sqlite3"):
        return f"sqlite:///{settings['NAME']}"
    return f"postgresql://{settings['USER']}@{quote(settings['HOST'], safe='')}/{settings['NAME']}"


@dataclass
class Stage:
    """``scale`` is what waits of the console are multiplied with; 1 is as in production. Limits keep their true length,
    so that a stall of the machine breaks none, but for those that a fault is about: see ``shorten``."""

    directory: Path
    database_url: str
    receiver: Receiver
    scale: float
    smtp_port: int = field(default_factory=free_port)
    variables: dict[str, str] = field(default_factory=dict)
    struck: Counter[str] = field(default_factory=Counter)
    """How often each kind of fault took place."""
    waits: list[float] = field(default_factory=list)
    """Seconds from the end of a fault, or from what was due, until all was told."""
    delays: list[float] = field(default_factory=list)
    """Seconds from what was due to a sound channel until it arrived, beside bad ones."""
    unheard: list[Alert] = field(default_factory=list)
    """Alerts that nobody may be told of."""
    _stack: ExitStack = field(default_factory=ExitStack)
    _logs: list[Path] = field(default_factory=list)
    _passwords: list[str] = field(default_factory=lambda: [PASSWORD])

    def environment(self) -> dict[str, str]:
        return (
            dict(os.environ)
            | {name: str(seconds) for name, seconds in TRUE_LIMITS.items()}
            | {
                "DJANGO_SETTINGS_MODULE": "ahgd_ops.settings",
                "DATABASE_URL": self.database_url,
                "AHGD_PROBE_SECONDS": str(TRUE_PROBE_SECONDS * self.scale),
                "AHGD_RETRY_SECONDS": ",".join(str(seconds * self.scale) for seconds in TRUE_RETRIES),
                "AHGD_WEBHOOK_ALLOW": "127.0.0.0/8",
                "AHGD_ALERT_LIMIT": "0",  # each firing by itself, however many there are
                "AHGD_LOG_LEVEL": "DEBUG",
                "AHGD_SMTP_HOST": "127.0.0.1",
                "AHGD_SMTP_PORT": str(self.smtp_port),
                "AHGD_SMTP_TLS": "none",
                "AHGD_SMTP_USERNAME": USER,
                "AHGD_SMTP_PASSWORD": PASSWORD,
                "AHGD_ALERT_FILE_DIRS": str(self.directory),
                **self.variables,
            }
        )

    def worker(self) -> "subprocess.Popen[bytes]":
        """A process that sweeps, once it does."""
        sweep = str(TRUE_SWEEP_SECONDS * self.scale)
        process, log = self._run("-m", "tests.faults.worker", sweep)
        self.wait_until(lambda: process.poll() is not None or b"sweeping" in log.read_bytes(), "a worker to begin")
        assert process.poll() is None, log.read_text()
        return process

    def role(self, name: str) -> "subprocess.Popen[bytes]":
        """A worker or a beat as in production."""
        process, _ = self._run("manage.py", "up", "--only", name)
        return process

    def _run(self, *arguments: str) -> "tuple[subprocess.Popen[bytes], Path]":
        log = self.directory / f"process-{len(self._logs)}.log"
        self._logs.append(log)
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, *arguments], cwd=PROJECT_DIR, env=self.environment(),
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip
        self._stack.callback(end, process)
        return process, log

    def shorten(self, limit: str) -> None:
        """Scales a limit that a fault waits for, in processes that are started from now on."""
        self.variables[limit] = str(max(TRUE_LIMITS[limit] * self.scale, LEAST_LIMIT_SECONDS))

    def kill(self, process: "subprocess.Popen[bytes]") -> None:
        process.kill()
        self.struck["kill"] += 1

    def freeze(self, process: "subprocess.Popen[bytes]") -> None:
        process.send_signal(signal.SIGSTOP)
        self.struck["freeze"] += 1

    def thaw(self, process: "subprocess.Popen[bytes]") -> None:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)

    def schedule_deliveries(self) -> None:
        """What beat sends: only the sweep, at its interval or every second, whichever is longer."""
        every = max(1, round(TRUE_SWEEP_SECONDS * self.scale))
        interval, _ = IntervalSchedule.objects.get_or_create(every=every, period=IntervalSchedule.SECONDS)
        PeriodicTask.objects.get_or_create(name="deliver", task="alerts.deliver", interval=interval)

    def use_broker(self, address: Address) -> None:
        """For processes that are started from now on."""
        self._passwords.append(address.password)
        self.variables |= {
            "AHGD_REDIS_ENABLED": "true",
            "AHGD_REDIS_HOST": address.host,
            "AHGD_REDIS_PORT": str(address.port),
            "AHGD_REDIS_PASSWORD": address.password,
        }

    def outage(self) -> "AbstractContextManager[Outage]":
        """The database as processes started within see it, which can go away and come back."""
        return locked(self) if self.database_url.startswith("sqlite") else cut_off(self)

    def close(self) -> None:
        self._stack.close()

    def said(self) -> str:
        """All that the processes logged."""
        return "".join(log.read_text(encoding="utf-8", errors="replace") for log in self._logs)

    def webhook(self, name: str, **fields: Any) -> Channel:
        return a_channel(name, kind="webhook", settings={"url": self.receiver.url(name)}, **{"secret": SECRET} | fields)

    @transaction.atomic
    def fire(self, channels: Sequence[Channel], count: int, **fields: Any) -> list[Alert]:
        """As many alerts for each of the channels, due now and seen by others all at once."""
        now = database_now()
        made = [an_alert(now, fingerprint=f"{time.monotonic_ns()}-{number}", **fields) for number in range(count)]
        for alert in made:
            for channel in channels:
                firing(alert, channel, now)
        return made

    def resolve(self, alert: Alert, channels: Sequence[Channel]) -> None:
        for channel in channels:
            resolved(alert, channel, database_now())

    def pass_time(self, time: timedelta) -> None:
        """As if all that the outbox knows had been so much longer ago, and all it waits for were so much nearer."""
        Notification.objects.update(due_at=F("due_at") - time, sent_at=F("sent_at") - time)

    def wait_until_told(self, channels: Sequence[Channel], why: str) -> None:
        """Until nothing that may be told is on its way to them any more."""
        left = Notification.objects.filter(channel__in=channels, state__in=ON_ITS_WAY).exclude(alert__in=self.unheard)
        began = time.monotonic()
        self.wait_until(lambda: not left.exists(), why)
        self.waits.append(time.monotonic() - began)

    def wait_until(self, question: Callable[[], bool], why: str) -> None:
        deadline = time.monotonic() + max(PATIENCE_SECONDS, TRUE_PROMISE_SECONDS * self.scale * 2)
        while not question():
            assert time.monotonic() < deadline, f"waited in vain for {why}\n{self.said()[-3000:]}"
            time.sleep(0.02)

    def leaks(self) -> list[str]:
        """Secrets that stand in a log or in what the console shows of deliveries."""
        shown = self.said() + str(list(Channel.objects.values("last_error")))
        shown += "".join(str(list(model.objects.values())) for model in (Notification, Attempt, AlertEvent))
        return [secret for secret in (TOKEN, SECRET, *self._passwords) if secret in shown]


def end(process: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGCONT)
    process.kill()
    process.wait()
