"""Makes the stores ready: tables, the rows of the first start, the administrator, static files.

Safe to run whenever, and by several at once: one prepares, the others find it done.
"""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from ahgd_ops import celery, static_files
from ahgd_ops.access import first_sign_in
from alerts import starter_rules
from monitoring.locks import PREPARATION

ADMINISTRATOR = "admin"

Say = Callable[[str], None]


def prepare(say: Say) -> None:
    with _one_at_a_time():
        migrate(say)
        starter_rules.load()
        celery.ensure_schedule()
        make_administrator(say)
        if static_files.collect_when_changed():
            say("Static files collected.")
    first_sign_in.offer_link()


def migrate(say: Say) -> None:
    executor = MigrationExecutor(connection)
    steps = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if steps:
        say(f"Preparing the database: {steps} steps ...")
        call_command("migrate", interactive=False, verbosity=0)


def make_administrator(say: Say) -> None:
    """Where there is no superuser. A password from the environment is taken as long as there is no other."""
    password = settings.CONFIG.admin_password or None
    administrator = User.objects.filter(is_superuser=True).order_by("pk").first()
    if administrator is None:
        User.objects.create_superuser(ADMINISTRATOR, password=password)
        say(f"Made the administrator {ADMINISTRATOR!r}.")
    elif password and administrator.username == ADMINISTRATOR and not administrator.has_usable_password():
        administrator.set_password(password)
        administrator.save(update_fields=["password"])


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """On this host by a lock file; several hosts may share a PostgreSQL, which has a lock of its own for that."""
    with (Path(settings.STATE_DIR) / "prepare.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # ends with the file, or with the process
        if connection.vendor != "postgresql":
            yield
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [PREPARATION])
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [PREPARATION])


def invitation() -> str:
    """What to open in a browser: the last line of the first start."""
    link = first_sign_in.link_file()
    if link.exists():
        text = link.read_text(encoding="utf-8").strip()
        return f"Sign in from a browser on this machine; this link works once (it is also in {link}):\n{text}"
    config = settings.CONFIG
    as_whom = f" and sign in as {ADMINISTRATOR!r}" if config.admin_password else ""
    return f"Open {config.origin}/{as_whom}"
