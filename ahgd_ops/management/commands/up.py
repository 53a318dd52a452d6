"""``manage.py up``: the whole console on this host, or one of its roles in the foreground."""

import contextlib
import os
import signal
import sys
import time
from types import FrameType
from typing import Any, NoReturn

import psutil
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError

from ahgd_ops import first_run
from ahgd_ops.config import ProductionConfig
from ahgd_ops.processes import broker, lifetime, ports, preload
from ahgd_ops.processes.forking import fork
from ahgd_ops.processes.roles import ROLES, Role
from ahgd_ops.processes.supervisor import Supervisor


class Command(BaseCommand):
    help = "Runs the console: prepares the stores, then keeps web, worker and beat running until stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        names = [role.name for role in ROLES]
        parser.add_argument("--only", choices=names, help="Run this role alone, unsupervised, without preparing.")

    def handle(self, *args: Any, **options: Any) -> None:
        only: str | None = options["only"]
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _end)
        if only in (None, "web"):
            _check_ports(settings.CONFIG)
            lifetime.empty_prometheus_directory()
        if only is not None:
            sys.exit(next(role.run() for role in ROLES if role.name == only))
        lifetime.show_process_as("up")
        self._say(f"Starting AHGD Ops; its state is in {settings.STATE_DIR}.")
        self._prepare()
        sys.exit(self._supervise(ROLES))

    def _prepare(self) -> None:
        """In a process of its own: the supervisor must never have had the database open."""
        _, status = os.waitpid(fork(self._prepared), 0)
        if status != 0:
            sys.exit(1)

    def _prepared(self) -> int:
        try:
            first_run.prepare(self._say)
        except (DatabaseError, OSError) as error:
            self.stderr.write(f"ahgd-ops: the stores could not be prepared: {' '.join(str(error).split())}")
            return 1
        return 0

    def _supervise(self, roles: tuple[Role, ...]) -> int:
        broker.purge_control_messages()
        preload.load()

        def greet() -> None:
            self._say(f"ready in {time.time() - psutil.Process().create_time():.1f} s")
            self._say(first_run.invitation())

        return Supervisor(roles, settings.CONFIG, self._say, greet).run()

    def _say(self, text: str) -> None:
        with contextlib.suppress(OSError):  # nobody reads any more; that is no reason to stop
            self.stdout.write(text)
            self.stdout.flush()


def _check_ports(config: ProductionConfig) -> None:
    asked = [(config.port, "AHGD_PORT")]
    if config.health_endpoint_enabled:
        asked.append((config.health_endpoint_port, "AHGD_HEALTH_PORT"))
    for port, variable in asked:
        refusal = ports.refusal(config.bind, port, variable)
        if refusal is not None:
            sys.exit(f"ahgd-ops: {refusal}")


def _end(number: int, frame: FrameType | None) -> NoReturn:
    """Until the supervisor listens: nothing to stop yet that would not end with this process."""
    sys.exit(0)
