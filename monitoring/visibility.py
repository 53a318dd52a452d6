"""Which rows a reader may take as read: on PostgreSQL ids are handed out in order but become visible out of order.

Writers hold a shared advisory lock to the end of their transaction; a reader that gets the exclusive one knows that
every id handed out before is visible, so the highest id is a bound below which nothing appears later. SQLite has one
writer at a time, so there the highest visible id always is such a bound.
"""

from django.db import OperationalError, connection, models, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Max

from monitoring.locks import WRITES

_WAIT_MS = 1500


class HighWaterUnknown(Exception):
    """A writer kept its transaction open for as long as a reader waits, so ids may yet appear below the highest one."""


def announce_write(cursor: CursorWrapper) -> None:
    """Call inside the transaction that inserts rows which are read by cursor."""
    if connection.vendor == "postgresql":
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [WRITES])


def high_water(model: type[models.Model]) -> int:
    """The id up to which all rows are visible. Raises HighWaterUnknown: try at the next cycle."""
    if connection.vendor != "postgresql":
        return _highest(model)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {_WAIT_MS}")
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [WRITES])
            return _highest(model)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") == "55P03":  # lock_not_available
            raise HighWaterUnknown(f"a writer kept its transaction open for {_WAIT_MS} ms") from error
        raise


def _highest(model: type[models.Model]) -> int:
    return model._default_manager.aggregate(highest=Max("pk"))["highest"] or 0
