"""Reading rows exactly once: a reader's span begins where it stood and ends where every row is visible."""

from dataclasses import dataclass

from django.db import models
from django.db.models.functions import Now

from monitoring.models import ReadCursor
from monitoring.visibility import high_water


class CursorMoved(Exception):
    """Another reader of the same name went on meanwhile; what was made of the rows must not be written."""


@dataclass(frozen=True, slots=True)
class Span:
    """Rows with ids above ``position`` up to and with ``reached``."""

    reader: str
    position: int
    reached: int

    @property
    def has_rows(self) -> bool:
        return self.reached > self.position


def span(reader: str, model: type[models.Model]) -> Span:
    """What ``reader`` has not read of ``model``. A new reader begins at the present. Raises HighWaterUnknown."""
    reached = high_water(model)
    position = ReadCursor.objects.filter(pk=reader).values_list("position", flat=True).first()
    if position is None:
        present = {"position": reached, "table": model._meta.db_table, "moved_at": Now()}
        cursor, _ = ReadCursor.objects.get_or_create(reader=reader, defaults=present)
        position = cursor.position
    return Span(reader, position, max(position, reached))


def advance(read: Span) -> None:
    """Takes the span as read. Call inside the transaction that writes what was made of it.

    Raises CursorMoved when another reader took it first: let the transaction roll back.
    """
    if not read.has_rows:
        return
    unmoved = ReadCursor.objects.filter(pk=read.reader, position=read.position)
    if not unmoved.update(position=read.reached, moved_at=Now()):
        raise CursorMoved(read.reader)
