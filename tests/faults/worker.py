"""A worker that does nothing but sweep the outbox: ``python -m tests.faults.worker SECONDS`` between sweeps."""

import logging
import sys
import time

import django
from django.db import Error, connections


def main() -> None:
    django.setup()
    from alerts.outbox import deliver_due
    from monitoring import database_now

    seconds = float(sys.argv[1])
    sys.stdout.write("sweeping\n")
    sys.stdout.flush()
    while True:
        try:
            deliver_due(database_now())
        except Error:  # the database is away; the worker of Celery goes on too
            logging.getLogger(__name__).exception("The sweep failed.")
            connections.close_all()
        time.sleep(seconds)


if __name__ == "__main__":
    main()
