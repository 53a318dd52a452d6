"""The texts of the shapes that were executed, and their plans: what the figures of a query are about."""

import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from time import monotonic

from django.db import Error as DatabaseError
from django.db import transaction
from django.utils import timezone

from caching import shape
from monitoring.models import QueryShape
from monitoring.queries.executions import Asked, Planned

log = logging.getLogger(__name__)

AGAIN_SECONDS = 3600.0  # after which a text is written again if it was deleted meanwhile
MOST_KNOWN = 10_000  # shapes that a process remembers to have written; beyond, it asks the database again


class KeptShapes:
    """Writes each shape once, whichever processes execute it; and again when it was unused, and is executed anew."""

    def __init__(self) -> None:
        self._known: set[tuple[str, str]] = set()
        self._known_since = monotonic()

    def keep(self, asked: Iterable[Asked], plans: Iterable[Planned]) -> None:
        """When the database is away it is tried again with the next execution; nothing else is lost."""
        if monotonic() - self._known_since >= AGAIN_SECONDS:
            self._known, self._known_since = set(), monotonic()
        try:
            with transaction.atomic():
                for one in asked:
                    self._keep(one)
                for planned in plans:
                    _plan(planned)
        except DatabaseError as error:
            log.warning("Texts of queries could not be kept: %s", error)

    def _keep(self, asked: Asked) -> None:
        name = shape(asked[2], asked[1]).name
        if (asked[0], name) in self._known:
            return
        _row(asked)
        transaction.on_commit(partial(self._remember, (asked[0], name)))

    def _remember(self, written: tuple[str, str]) -> None:
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known.add(written)


def _row(asked: Asked) -> QueryShape:
    found = shape(asked[2], asked[1])
    row, _ = QueryShape.objects.get_or_create(
        database=asked[0],
        query=found.name,
        defaults={"vendor": asked[1], "text": found.text, "first_at": timezone.now()},
    )
    return row


def _plan(planned: Planned) -> None:
    row = _row(planned.asked)
    row.plan, row.advice = planned.plan, [list(one) for one in planned.advice]
    row.planned_at = datetime.fromtimestamp(planned.at_seconds, UTC)
    row.save(update_fields=["plan", "advice", "planned_at"])
